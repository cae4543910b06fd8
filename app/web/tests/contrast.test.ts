import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The tokens of a theme, from the style sheet itself. */
function tokens(selector: string): Map<string, string> {
  const sheet = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
  const block = sheet.slice(sheet.indexOf(selector)).match(/\{([^}]*)\}/)?.[1] ?? '';
  return new Map([...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})\b/gi)].map(([, name = '', color = '']) => [name, color]));
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ['ink', ['ground', 'surface', 'raised', 'sunken', 'accent-soft', 'good-soft', 'bad-soft', 'warn-soft']],
  ['muted', ['ground', 'surface', 'raised', 'sunken', 'bad-soft']],
  ['accent', ['surface', 'ground', 'raised', 'accent-soft']],
  ['good', ['surface', 'raised', 'good-soft']],
  ['bad', ['surface', 'raised', 'bad-soft']],
  ['warn', ['surface', 'raised', 'warn-soft']],
  ['on-accent', ['accent']],
  ['surface', ['good', 'bad']],
];

describe.each([
  ['light', ':root {'],
  ['dark', ":root[data-theme='dark'] {"],
])('%s', (_, selector) => {
  const all = tokens(selector);

  it.each(TEXTS.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const)))(
    '%s on %s can be read',
    (text, ground) => {
      const [front, back] = [all.get(text), all.get(ground)];
      expect(front && back && contrast(front, back)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('the edge of a control can be seen', () => {
    expect(contrast(all.get('line-strong') ?? '', all.get('surface') ?? '')).toBeGreaterThanOrEqual(3);
  });
});
