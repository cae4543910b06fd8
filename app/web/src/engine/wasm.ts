/** The engine that the program runs, as WebAssembly. Handles into its memory never leave this file. */
import { explainCode } from '../live/client';
import init, { Refused, Scenario, type Figures as Handle } from '../../../client/src/wasm/engine.js';
import moduleUrl from '../../../client/src/wasm/engine_bg.wasm?url';
import type { MakeJudge } from '../live/judge';
import { EngineRefusal, type Change, type Contribution, type Edge, type Figures, type Judge } from './engine';

function plain(handle: Handle): Figures {
  const { equity, maintenanceMargin, initialEquity, initialMargin, freeCollateral, canAddRisk, liquidationStart } = handle;
  handle.free();
  return { equity, maintenanceMargin, initialEquity, initialMargin, freeCollateral, canAddRisk, liquidationStart };
}

function apply(scenario: Scenario, change: Change): void {
  switch (change.kind) {
    case 'take':
      return scenario.take(change.market, change.sells, BigUint64Array.from(change.lots), BigUint64Array.from(change.ticks));
    case 'rest':
      return scenario.rest(change.market, change.sells, change.lots, change.ticks);
    case 'peg':
      return scenario.restPegged(change.market, change.sells, change.lots, change.offset);
    case 'deposit':
      return scenario.deposit(change.asset, change.atoms);
    case 'withdraw':
      return scenario.withdraw(change.asset, change.atoms);
    case 'price':
      return scenario.movePrice(change.asset, change.price);
  }
}

/** A refusal of the engine in the program's own words. */
function refusal(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  const { code, detail } = error;
  error.free();
  const known = explainCode(code);
  return new EngineRefusal(code, known ? `${known.sentence}. ${known.advice}` : detail);
}

class WasmJudge implements Judge {
  readonly #base: Scenario;
  #released = false;

  constructor(book: Uint8Array, margin: Uint8Array, now: bigint) {
    this.#base = new Scenario(book, margin, now);
  }

  /** Asks a copy, which is given back whatever comes of it. */
  #ask<T>(changes: readonly Change[], question: (scenario: Scenario) => T): T {
    if (this.#released) throw new EngineRefusal(0, 'The account was read anew meanwhile.');
    const copy = this.#base.fork();
    try {
      for (const change of changes) apply(copy, change);
      return question(copy);
    } catch (error) {
      throw refusal(error);
    } finally {
      copy.free();
    }
  }

  figures(changes: readonly Change[] = []): Figures {
    return this.#ask(changes, (scenario) => plain(scenario.view()));
  }

  outlook(changes: readonly Change[] = []) {
    return this.#ask(changes, (scenario) => {
      const contributions = scenario.holdings().map((holding): Contribution => {
        const { market, asset, size, equity, maintenanceMargin, initialMargin } = holding;
        holding.free();
        return { market, asset, size, equity, maintenanceMargin, initialMargin };
      });
      const edges = scenario.liquidationPrices().map((found): Edge => {
        const { asset, below, above } = found;
        found.free();
        return { asset, below, above };
      });
      return { figures: plain(scenario.view()), contributions, edges };
    });
  }

  withdrawable(asset: number): bigint {
    return this.#ask([], (scenario) => scenario.withdrawable(asset));
  }

  mostLots(market: number, sells: boolean, ticks: bigint): bigint {
    return this.#ask([], (scenario) => scenario.mostLots(market, sells, ticks));
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#base.free();
  }
}

/** Loads the module. Judges can be made once it has arrived. */
export async function loadJudge(): Promise<MakeJudge> {
  await init({ module_or_path: moduleUrl });
  return (book, margin, now) => {
    try {
      return new WasmJudge(book, margin, now);
    } catch (error) {
      throw refusal(error);
    }
  };
}
