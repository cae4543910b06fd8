// What is written by hand agrees with what is generated; what is not used is not bundled.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The size of a bundle of one line of code, kit left out. */
async function bundled(code: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-bundle-'));
  const entry = join(folder, 'entry.ts');
  writeFileSync(entry, code.replaceAll('@/', `${here('../src')}/`));
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root: here('..'),
    build: { write: false, minify: false, lib: { entry, formats: ['es'] }, rollupOptions: { external: [/^@solana\/kit/] } },
  });
  rmSync(folder, { recursive: true });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !('output' in output)) throw new Error('nothing was bundled');
  return output.output[0].code;
}

describe('the package', () => {
  it('has what is generated as it would be now', () => {
    const done = spawnSync('node', [here('../scripts/generate.mjs'), '--check'], { encoding: 'utf8' });
    expect(done.stderr.replace(/^\[JavaScript\].*\n/gm, '')).toBe('');
    expect(done.status).toBe(0);
  }, 180_000);

  it('brings along only what is used', async () => {
    const code = await bundled("export { atomsToText } from '@/index.ts';");
    expect(code).not.toContain('@solana/kit');
    expect(code.length).toBeLessThan(1_500);
    const margin = await bundled("export { decodeMargin } from '@/index.ts';");
    expect(margin).not.toContain('getLiquidateInstruction');
    expect(margin.length).toBeLessThan(30_000);
  });

  it('has no `any`, and no file that is too long, of what is written by hand', () => {
    for (const entry of readdirSync(here('../src'), { recursive: true, withFileTypes: true })) {
      const path = `${entry.parentPath}/${entry.name}`;
      if (!entry.isFile() || !path.endsWith('.ts') || /\/(generated|wasm)\//.test(path)) continue;
      const text = readFileSync(path, 'utf8');
      expect(text, path).not.toMatch(/[:<(]\s*any\b|\bas any\b|any\[\]/);
      expect(text.split('\n').length, path).toBeLessThan(500);
    }
  });

  it('has a lock that names no registry', () => {
    const lock = JSON.parse(readFileSync(here('../../package-lock.json'), 'utf8')) as { packages: Record<string, { resolved?: string }> };
    const remote = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes('://'));
    expect(remote).toEqual([]);
  });
});
