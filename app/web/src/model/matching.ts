/**
 * What an order would meet, as the program matches it: price before time, orders of a lane and pegged ones merged, what
 * has expired or stands off the band passed, pegged orders only where their maker's account is at hand.
 */
import { divide, tenTo } from '../money/decimal';
import { priceToTicks } from '../money/units';
import { worthOf } from './contract';
import type { AssetRow, MarketRow, Resting, Side } from './types';

/** The most orders that one instruction meets. */
export const MAX_MATCHES = 32;
/** Makers' accounts that fit a transaction beside everything else. */
export const MAX_MAKERS = 8;

/** An order with the price at which it stands now, in ticks. */
export interface Standing extends Resting {
  readonly ticks: bigint;
}

/** Orders at one price. */
export interface Level {
  readonly ticks: bigint;
  readonly lots: bigint;
  /** Lots of this level and all better ones. */
  readonly total: bigint;
  readonly pegged: bigint;
  readonly own: bigint;
  readonly orders: number;
}

/** The index in ticks as pegged orders of a side follow it: never better for the taker than the index. */
export function indexTicks(price: bigint, tickSize: bigint, side: Side): bigint {
  return priceToTicks(price, tickSize, side === 'buy' ? 'down' : 'up');
}

/** The lowest and the highest price at which anything trades, in ticks: around what a lot is worth, a share of the index wide. */
export function bandTicks(asset: AssetRow, market: MarketRow): { low: bigint; high: bigint } {
  const price = worthOf(market, asset);
  // Of an option as wide as that of a linear contract on the same index.
  const width = ((market.option ? asset.index : price) * BigInt(market.priceBand)) >> 20n;
  const low = price - width;
  return {
    low: priceToTicks(low > 0n ? low : 1n, market.tickSize, 'up'),
    high: priceToTicks(price + width, market.tickSize, 'down'),
  };
}

/** A side of the book, best first, without what cannot trade now. */
export function ranked(
  orders: readonly Resting[],
  side: Side,
  market: MarketRow,
  asset: AssetRow,
  now: bigint,
  pegsSleep: boolean,
): Standing[] {
  const band = bandTicks(asset, market);
  const peg = indexTicks(worthOf(market, asset), market.tickSize, side);
  const better = (a: bigint, than: bigint) => (side === 'buy' ? a > than : a < than);
  const live: Standing[] = [];
  for (const order of orders) {
    if (order.side !== side || (order.expires !== 0n && order.expires <= now)) continue;
    const ticks = order.pegged ? peg + order.price : order.price;
    const beyond = order.pegged && (pegsSleep || better(ticks, order.worst));
    const offBand = side === 'buy' ? ticks > band.high : ticks < band.low;
    if (ticks > 0n && !beyond && !offBand) live.push({ ...order, ticks });
  }
  // The number of an order's arrival is the upper part of its id.
  return live.sort((a, b) => (a.ticks === b.ticks ? (a.id >> 16n < b.id >> 16n ? -1 : 1) : better(a.ticks, b.ticks) ? -1 : 1));
}

/** Orders of a side summed by price. `own` is the reader's margin account. */
export function levels(standing: readonly Standing[], own: string | undefined): Level[] {
  const found: { -readonly [K in keyof Level]: Level[K] }[] = [];
  let total = 0n;
  for (const order of standing) {
    total += order.lots;
    let level = found.at(-1);
    if (level?.ticks !== order.ticks) {
      level = { ticks: order.ticks, lots: 0n, total, pegged: 0n, own: 0n, orders: 0 };
      found.push(level);
    }
    level.lots += order.lots;
    level.total = total;
    level.orders += 1;
    if (order.pegged) level.pegged += order.lots;
    if (order.maker === own) level.own += order.lots;
  }
  return found;
}

/** What an order meets. */
export interface Meeting {
  readonly lots: bigint[];
  readonly ticks: bigint[];
  /** Lots that are traded. */
  readonly traded: bigint;
  /** Quote atoms of all fills. */
  readonly value: bigint;
  /** Makers whose accounts the transaction is to name. */
  readonly makers: string[];
  /** Own orders that are cancelled because they stand in the way. */
  readonly ownCancelled: number;
  /** Lots that are left. */
  readonly left: bigint;
  /** Whether live orders that cross were passed over or are beyond the limit of matches: then nothing comes to rest. */
  readonly stillCrosses: boolean;
}

/**
 * Walks the other side of the book. `other` is that side as [`ranked`] gives it.
 *
 * The first makers met get their accounts into the transaction; pegged orders of later ones are passed over, as the
 * program passes them.
 */
export function meet(
  other: readonly Standing[],
  side: Side,
  lots: bigint,
  limit: bigint,
  tickSize: bigint,
  own: string | undefined,
): Meeting {
  const crosses = (ticks: bigint) => (side === 'buy' ? ticks <= limit : ticks >= limit);
  const out = { lots: [] as bigint[], ticks: [] as bigint[], makers: [] as string[] };
  let [left, traded, value, ownCancelled, steps, stillCrosses] = [lots, 0n, 0n, 0, MAX_MATCHES, false];
  for (const order of other) {
    if (!crosses(order.ticks)) break;
    if (left === 0n) break;
    if (steps === 0) {
      stillCrosses = true;
      break;
    }
    if (order.maker === own) {
      ownCancelled += 1;
      steps -= 1;
      continue;
    }
    if (!out.makers.includes(order.maker)) {
      if (out.makers.length < MAX_MAKERS) out.makers.push(order.maker);
      else if (order.pegged) {
        stillCrosses = true;
        continue;
      }
    }
    steps -= 1;
    const taken = order.lots < left ? order.lots : left;
    out.lots.push(taken);
    out.ticks.push(order.ticks);
    left -= taken;
    traded += taken;
    value += taken * order.ticks * tickSize;
  }
  return { ...out, traded, value, ownCancelled, left, stillCrosses };
}

/** The mean price of a meeting in ticks, rounded against the taker. */
export function meanTicks(meeting: Meeting, side: Side, tickSize: bigint): bigint | undefined {
  if (meeting.traded === 0n) return undefined;
  return divide(meeting.value, meeting.traded * tickSize, side === 'buy' ? 'up' : 'down');
}

/** The taker's fee, as the program rounds it: up, on each fill. */
export function takerFee(meeting: Meeting, market: MarketRow, discountBps: number): bigint {
  const rate = BigInt(Math.max(0, market.takerFeeTenths));
  const full = tenTo(5);
  let fee = 0n;
  meeting.lots.forEach((lots, at) => {
    const value = lots * (meeting.ticks[at] ?? 0n) * market.tickSize;
    fee += divide(value * rate * BigInt(10_000 - discountBps), full * 10_000n, 'up');
  });
  return fee;
}
