/** How the system stands: prices, open interest, insurance. */
import { divide, formatDecimal } from '../money/decimal';
import { shareBps } from '../money/units';
import type { AssetRow, Book, MarketRow, MarketState } from './types';

export type Look = 'good' | 'warn' | 'bad' | undefined;

/** Seconds since a price was published; none before the first. */
export function age(asset: AssetRow, now: bigint): number | undefined {
  return asset.publishTime === 0n ? undefined : Math.max(0, Number(now - asset.publishTime));
}

/** Whether a price may be used for new risk. An asset without an oracle has a fixed one. */
export function isUsable(asset: AssetRow, now: bigint): boolean {
  if (asset.oracle === 'none') return true;
  const seconds = age(asset, now);
  return seconds !== undefined && seconds <= asset.maxAgeInitial && !asset.tooWide && !asset.tooFar;
}

export interface PriceState {
  readonly look: Look;
  /** What it may be used for. */
  readonly word: string;
  readonly age: number | undefined;
}

/** What the price of an asset may be used for now. */
export function priceState(asset: AssetRow, now: bigint): PriceState {
  if (asset.oracle === 'none') return { look: undefined, word: 'fixed', age: undefined };
  const seconds = age(asset, now);
  if (seconds === undefined) return { look: 'bad', word: 'no price yet', age: undefined };
  if (seconds > asset.maxAgeLiquidation) return { look: 'bad', word: 'silent', age: seconds };
  if (seconds > asset.maxAgeInitial) return { look: 'warn', word: 'too old for new risk', age: seconds };
  if (asset.tooWide) return { look: 'warn', word: 'too uncertain', age: seconds };
  if (asset.tooFar) return { look: 'warn', word: 'far from its average', age: seconds };
  return { look: 'good', word: 'usable', age: seconds };
}

/** How much of a cap is used, and how that looks. */
export function usage(part: bigint, cap: bigint): { bps: number; look: Look } {
  const bps = shareBps(part, cap) ?? 0;
  return { bps, look: bps >= 9_500 ? 'bad' : bps >= 8_000 ? 'warn' : 'good' };
}

/** The mean premium of the present interval as far as it has come, clamped to the cap; signed 32.32. */
function runningRate(state: MarketState, market: MarketRow, now: bigint): bigint {
  const { start, sampled, premium, sum } = state.funding;
  if (start === 0n || now <= start) return 0n;
  const total = sum + (now > sampled ? premium * (now - sampled) : 0n);
  const mean = divide(total, now - start);
  const cap = BigInt(market.fundingCap) << 12n;
  return mean > cap ? cap : mean < -cap ? -cap : mean;
}

/** The running funding rate as a percentage of an interval. Positive: longs pay. */
export function fundingRate(state: MarketState, market: MarketRow, now: bigint): string {
  const millionths = divide(runningRate(state, market, now) * 1_000_000n, 1n << 32n);
  return `${formatDecimal(millionths, 4, { digits: 4, signed: true })} %`;
}

/** What the pause bits stop, in words. */
const PAUSES = ['deposits', 'withdrawals', 'trading', 'liquidation', 'transfers'] as const;

export function paused(book: Book): string[] {
  return PAUSES.filter((_, bit) => (book.paused & (1 << bit)) !== 0);
}
