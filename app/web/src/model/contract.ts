/** What a lot of a contract is worth: of an option what it is marked at, moved to the present index; of a contract in its last
 * half hour what it settles at if the index stays; of all else the index. */
import type { AssetRow, MarketRow } from './types';

/** An option's terms, and what a lot of it was worth when it was priced last. Prices are risk prices. */
export interface OptionRow {
  readonly right: 'call' | 'put';
  readonly strike: bigint;
  /** Unix seconds. */
  readonly expiry: bigint;
  readonly mark: bigint;
  /** The index that the mark holds for. */
  readonly index: bigint;
  /** Signed, 2^-30. */
  readonly delta: bigint;
  /** Change of delta by a move of all of the index, 2^-24. */
  readonly gamma: bigint;
  /** Ratio: the volatility a year that it is marked at. */
  readonly volatility: number;
}

/** One whole delta, and the largest change of it. */
const DELTA_PLACES = 30n;

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const most = (a: bigint, b: bigint) => (a > b ? a : b);

/** By delta and gamma, as the program does between two pricings (docs/risk.md): never outside what the right is to, and never
 * against the index. */
function marked(option: OptionRow, index: bigint, mean: bigint): bigint {
  const up = index > option.index;
  const moved = up ? index - option.index : option.index - index;
  const call = option.right === 'call';
  const exercised = most(call ? mean - option.strike : option.strike - mean, 0n);
  const reach = call ? mean : option.strike;
  if (moved === 0n) return most(least(option.mark, reach), exercised);
  const size = option.delta < 0n ? -option.delta : option.delta;
  const byDelta = (moved * size) >> DELTA_PLACES;
  const bend = least((option.gamma * ((moved << 20n) / most(option.index, 1n))) >> 14n, 1n << DELTA_PLACES);
  const rises = option.delta >= 0n === index >= option.index;
  const straight = rises ? option.mark + byDelta : most(option.mark - byDelta, 0n);
  const cap = least(reach, up === call ? option.mark + moved : option.mark);
  return most(least(straight + ((moved * (bend / 2n)) >> DELTA_PLACES), cap), exercised);
}

/** Seconds of the window over which the index is averaged. */
const WINDOW = 1_800n;

/** What a contract settles at if the index stays, as the program rounds it. */
function meanAt({ fixed }: MarketRow, index: bigint): bigint {
  if (fixed === undefined) return index;
  return ((fixed.sum / WINDOW) << 8n) + (index * (WINDOW - fixed.seconds)) / WINDOW;
}

/** What a lot is worth now, as a risk price. */
export function worthOf(market: MarketRow, asset: AssetRow): bigint {
  const mean = meanAt(market, asset.index);
  return market.option ? marked(market.option, asset.index, mean) : mean;
}

/** What that price is called. */
export function priceName(market: MarketRow): string {
  if (market.option) return 'mark';
  return market.fixed ? 'expected mean' : 'index';
}
