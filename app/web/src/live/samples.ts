/** How the account and the indices stood since the page was opened. The chain keeps no history that a node would tell. */
import type { Figures } from '../engine/engine';
import { Store, useStore } from '../ui/store';
import { engine } from './judge';
import { world } from './world';

export interface Sample {
  /** Unix seconds of the reader's clock. */
  readonly at: number;
  readonly figures: Figures;
}

export interface PriceSample {
  readonly at: number;
  /** Risk prices, by asset. */
  readonly prices: readonly bigint[];
}

/** An hour of readings of one a second. */
const MOST = 3_600;

const samples = new Store<readonly Sample[]>([]);
const prices = new Store<readonly PriceSample[]>([]);
let sampled: string | undefined;

/** Notes how things stand. Called after every reading. */
export function note(): void {
  const present = world.get();
  if (!present) return;
  const at = present.readAt / 1_000;
  const last = prices.get().at(-1);
  if (!last || at - last.at >= 0.9) {
    prices.update((all) => [...all, { at, prices: present.book.assets.map((asset) => asset.index) }].slice(-MOST));
  }
  const make = engine.get();
  const { account } = present;
  if (account?.address !== sampled) {
    sampled = account?.address;
    samples.set([]);
  }
  const before = samples.get().at(-1);
  if (!make || !account || (before && at - before.at < 0.9)) return;
  const judge = make(present.bookBytes, account.bytes, present.now);
  try {
    const figures = judge.figures();
    samples.update((all) => [...all, { at, figures }].slice(-MOST));
  } catch {
    // A price that is missing leaves a gap in the line, and its reason stands where the figures would.
  } finally {
    judge.release();
  }
}

export function useSamples(): readonly Sample[] {
  return useStore(samples);
}

export function usePrices(): readonly PriceSample[] {
  return useStore(prices);
}
