// What holds on every page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PAGES = ['account', 'trade', 'what-if', 'collateral', 'risk', 'liquidations', 'history'];

/** Looks for what keeps people out: axe's rules for WCAG 2.2 AA. */
export async function accessible(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
  );
  if (violations.length === 0) return;
  const told = violations.flatMap((one) =>
    one.nodes.map(
      (node) => `${one.id}: ${node.html.slice(0, 160)}\n    ${node.failureSummary?.split('\n').slice(1, 3).join(' ')}`,
    ),
  );
  throw new Error(`${where} keeps people out:\n  ${told.slice(0, 8).join('\n  ')}`);
}

/** What was to be drawn is drawn. */
export function painted(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** Nothing sticks out of the window sideways. */
export async function fits(page, where) {
  const [width, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  if (width > window) {
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter(
          (one) =>
            one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !one.closest('.scroll, .pages'),
        )
        .slice(0, 3)
        .map((one) => one.outerHTML.slice(0, 120)),
    );
    throw new Error(`${where} is ${width} px wide in a window of ${window}: ${wide.join(' | ')}`);
  }
}
