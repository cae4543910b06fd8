// The book as a trader sees it: levels, and what an order would meet.

import { Side } from '../generated/program/index.js';
import { MAX_MATCHES, type MarketRow } from '../generated/rows.js';
import { priceToTicks } from './units.js';
import type { Lane, OrderBook, RestingOrder } from './decode.js';

/** All lots at a price. */
export interface Level {
  /** The price in ticks. */
  readonly ticks: bigint;
  /** Lots that rest there. */
  readonly lots: bigint;
  /** How many orders. */
  readonly orders: number;
}

/** Lots at a price, of one maker. */
export interface Met {
  /** The price in ticks. */
  readonly ticks: bigint;
  /** Lots. */
  readonly lots: bigint;
  /** The order. */
  readonly order: RestingOrder;
}

/** What an order would meet. */
export interface Taken {
  /** What it meets, the best price first. */
  readonly fills: readonly Met[];
  /** Lots that it meets. */
  readonly lots: bigint;
  /** Their value in quote atoms. */
  readonly value: bigint;
  /** The worst price that it meets, in ticks; undefined where it meets none. */
  readonly worst: bigint | undefined;
}

/** Which orders count: an order is good at this time, and pegged ones stand beside this index. */
export interface Standing {
  /** Unix seconds of the chain's clock. */
  readonly now: bigint;
  /** The index in ticks. Without it, or where prices do not allow adding risk, pegged orders are left out: they sleep. */
  readonly index?: IndexTicks | undefined;
}

/** The index in ticks. */
export interface IndexTicks {
  /** Rounded down: what pegged bids follow. */
  readonly floor: bigint;
  /** Rounded up: what pegged asks follow. */
  readonly ceil: bigint;
}

/** The index of a market in ticks, from the risk price of its underlying. */
export function indexTicks(index: bigint, market: MarketRow): IndexTicks {
  return { floor: priceToTicks(index, market), ceil: priceToTicks(index, market, true) };
}

/** Where an order stands, in ticks; undefined where it is expired, sleeps or stands beyond its own worst price. */
export function standsAt(order: RestingOrder, pegged: boolean, isAsk: boolean, { now, index }: Standing): bigint | undefined {
  if (order.expires !== 0n && order.expires <= now) return undefined;
  if (!pegged) return order.price;
  if (index === undefined) return undefined;
  const price = (isAsk ? index.ceil : index.floor) + order.price;
  const beyond = isAsk ? price < order.worst : price > order.worst;
  return price <= 0n || beyond ? undefined : price;
}

/** The orders of a side with their prices in ticks, the best first. */
export function resting(book: OrderBook, side: Side, standing: Standing): readonly (readonly [bigint, RestingOrder])[] {
  const isAsk = side === Side.Sell;
  const [fixed, pegged]: [Lane, Lane] = isAsk ? [book.asks, book.peggedAsks] : [book.bids, book.peggedBids];
  const placed = (lane: Lane, follows: boolean) =>
    lane.flatMap((order) => {
      const ticks = standsAt(order, follows, isAsk, standing);
      return ticks === undefined ? [] : [[ticks, order] as const];
    });
  const all = [...placed(fixed, false), ...placed(pegged, true)];
  const sign = isAsk ? 1 : -1;
  // At one price the order that came first is met first.
  return all.sort(([a, first], [b, second]) => {
    if (a !== b) return sign * (a < b ? -1 : 1);
    return first.sequence < second.sequence ? -1 : 1;
  });
}

/** The levels of a side, the best first. */
export function levels(book: OrderBook, side: Side, standing: Standing, most = Infinity): Level[] {
  const found: { ticks: bigint; lots: bigint; orders: number }[] = [];
  for (const [ticks, order] of resting(book, side, standing)) {
    const last = found.at(-1);
    if (last?.ticks === ticks) {
      last.lots += order.lots;
      last.orders += 1;
    } else if (found.length === most) {
      break;
    } else {
      found.push({ ticks, lots: order.lots, orders: 1 });
    }
  }
  return found;
}

/**
 * What an order on `side` would meet, up to a limit in ticks and `MAX_MATCHES` orders. Own orders, and what the chain
 * takes out instead of trading with it (docs/risk.md), are not known here: the chain may fill less.
 */
export function take(book: OrderBook, market: MarketRow, side: Side, lots: bigint, standing: Standing, limit?: bigint): Taken {
  const fills: Met[] = [];
  let [left, value] = [lots, 0n];
  for (const [ticks, order] of resting(book, side === Side.Buy ? Side.Sell : Side.Buy, standing)) {
    const within = limit === undefined || (side === Side.Buy ? ticks <= limit : ticks >= limit);
    if (left === 0n || !within || fills.length === MAX_MATCHES) break;
    const met = order.lots < left ? order.lots : left;
    fills.push({ ticks, lots: met, order });
    value += met * ticks * market.tickSize;
    left -= met;
  }
  return { fills, lots: lots - left, value, worst: fills.at(-1)?.ticks };
}
