/** The risk engine, for Node: it reads the file beside it. */
import { readFile } from 'node:fs/promises';
import type { InitInput } from '../wasm/engine.js';
import { loadEngine as load } from './index.js';

export * from './core.js';

/** Loads the engine. Call it once, before anything else of it. */
export async function loadEngine(source?: InitInput | Promise<InitInput>): Promise<void> {
  await load(source ?? (await readFile(new URL('../wasm/engine_bg.wasm', import.meta.url))));
}
