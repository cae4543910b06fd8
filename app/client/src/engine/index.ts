/** The risk engine. Load it once, before anything else of it is called. */
import init, { type InitInput } from '../wasm/engine.js';

export * from './core.js';

let loading: Promise<unknown> | undefined;

/** Loads the engine: the file beside this one, or what is passed instead (an address, a response, bytes, a module). */
export async function loadEngine(source?: InitInput | Promise<InitInput>): Promise<void> {
  loading ??= source === undefined ? init() : init({ module_or_path: source });
  try {
    await loading;
  } catch (error) {
    // So that another try is possible: the network may have failed.
    loading = undefined;
    throw error;
  }
}
