/** The engine that the program runs, as WebAssembly. Scenarios live in its memory and never leave this file. */
import { explain, MODEL_PORTFOLIO, MODEL_STANDARD, Side } from '@counterweight/client';
import { loadEngine, Scenario, type Change as ClientChange } from '@counterweight/client/engine';
import moduleUrl from '@counterweight/client/engine.wasm?url';
import type { MakeJudge } from '../live/judge';
import { EngineRefusal, type Change, type Figures, type Greeks, type Judge, type Outlook } from './engine';

const sideOf = (sells: boolean): Side => (sells ? Side.Sell : Side.Buy);

function forClient(change: Change): ClientChange {
  switch (change.kind) {
    case 'take': {
      const { market, sells, lots, ticks } = change;
      return {
        kind: 'take',
        market,
        side: sideOf(sells),
        fills: lots.map((size, at) => ({ lots: size, ticks: ticks[at] ?? 0n })),
      };
    }
    case 'rest':
    case 'peg':
    case 'cancel':
      return { ...change, side: sideOf(change.sells) };
    case 'model':
      return { kind: 'model', model: change.model === 'portfolio' ? MODEL_PORTFOLIO : MODEL_STANDARD };
    default:
      return change;
  }
}

class WasmJudge implements Judge {
  readonly #base: Scenario;
  #released = false;

  constructor(book: Uint8Array, margin: Uint8Array, now: bigint) {
    this.#base = Scenario.of(book, margin, now);
  }

  /** Asks a copy, which is given back whatever comes of it. */
  #ask<T>(changes: readonly Change[], question: (scenario: Scenario) => T): T {
    if (this.#released) throw new EngineRefusal('The account was read anew meanwhile.');
    const copy = this.#base.fork();
    try {
      return question(copy.apply(...changes.map(forClient)));
    } catch (error) {
      throw new EngineRefusal(explain(error), { cause: error });
    } finally {
      copy.free();
    }
  }

  figures(changes: readonly Change[] = []): Figures {
    return this.#ask(changes, (scenario) => scenario.view());
  }

  outlook(changes: readonly Change[] = []): Outlook {
    return this.#ask(changes, (scenario) => ({
      figures: scenario.view(),
      contributions: scenario.holdings(),
      edges: scenario.liquidationPrices(),
    }));
  }

  greeks(): Greeks {
    return this.#ask([], (scenario) => ({ assets: scenario.greeks(), total: scenario.totalGreeks() }));
  }

  withdrawable(asset: number): bigint {
    return this.#ask([], (scenario) => scenario.withdrawable(asset));
  }

  mostLots(market: number, sells: boolean, ticks: bigint): bigint {
    return this.#ask([], (scenario) => scenario.mostLots(market, sideOf(sells), ticks));
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#base.free();
  }
}

/** Loads the module. Judges can be made once it has arrived. */
export async function loadJudge(): Promise<MakeJudge> {
  await loadEngine(moduleUrl);
  return (book, margin, now) => new WasmJudge(book, margin, now);
}
