/** An order as it is being written: read from fields, checked by the rules of the program, and what would come of it. */
import type { Change } from '../engine/engine';
import { divide } from '../money/decimal';
import { formatLots, formatTicks, parseLots, parseTicks, priceToTicks, ticksToPrice, worth } from '../money/units';
import { worthOf } from './contract';
import { bandTicks, indexTicks, meanTicks, meet, takerFee, type Meeting, type Standing } from './matching';
import { isTrigger, readFiring, worstTicks, type Firing, type TriggerKind } from './triggers';
import { scaleOf, type AssetRow, type Book, type MarketRow, type Margin, type Side } from './types';

export type Kind = 'limit' | 'market' | 'post' | 'slide' | 'peg' | 'ioc' | 'fok' | TriggerKind;

/** The kinds with their names and what each does. */
export const KINDS: readonly (readonly [Kind, string, string])[] = [
  ['limit', 'Limit', 'Trades up to your price; what is left rests in the book.'],
  ['market', 'Market', 'Trades at once, up to the slippage you allow; what is left is cancelled.'],
  ['post', 'Post only', 'Only rests; refused where it would trade.'],
  ['slide', 'Post, slide', 'Only rests; where it would trade it stands one tick before the other side.'],
  ['peg', 'Pegged', 'Follows the index at an offset, never beyond your worst price.'],
  ['ioc', 'Immediate or cancel', 'Trades up to your price at once; what is left is cancelled.'],
  ['fok', 'Fill or kill', 'Trades whole at once, up to your price, or not at all.'],
  ['stop', 'Stop-loss', 'Waits until the index has gone against you to a price, then closes at once.'],
  ['profit', 'Take-profit', 'Waits until the index has gone your way to a price, then closes at once.'],
  ['trail', 'Trailing stop', 'Follows the index at a distance, and closes at once when it turns back by as much.'],
];

/** The fields as they were typed. */
export interface Fields {
  readonly kind: Kind;
  readonly side: Side;
  readonly size: string;
  readonly price: string;
  readonly offset: string;
  readonly slippageBps: number;
  readonly reduceOnly: boolean;
  /** Seconds from now until which it may trade; 0 for as long as it rests. */
  readonly expiresIn: number;
}

/** An order that can be sent. */
export interface Order {
  readonly kind: Kind;
  readonly side: Side;
  readonly lots: bigint;
  /** The worst price in ticks. */
  readonly limit: bigint;
  /** Ticks from the index, of a pegged order. */
  readonly offset: bigint | undefined;
  readonly reduceOnly: boolean;
  readonly expiresIn: number;
  /** What it waits for, where it does not go to the book at once. */
  readonly firing: Firing | undefined;
}

/** What is wrong with which field; what stands under `form` is of none of them. */
export interface Problems {
  size?: string;
  price?: string;
  offset?: string;
  form?: string;
}

export interface Read {
  /** None while something is missing or wrong. */
  readonly order: Order | undefined;
  readonly problems: Problems;
}

/** What is known where an order is written. */
export interface Desk {
  readonly book: Book;
  readonly market: MarketRow;
  readonly asset: AssetRow;
  readonly margin: Margin | undefined;
  /** Both sides as they can be met, best first. */
  readonly bids: readonly Standing[];
  readonly asks: readonly Standing[];
  readonly own: string | undefined;
  /** How many trigger orders the account has. */
  readonly triggers: number;
}

/** Which kinds take a price. */
export function takesPrice(kind: Kind): boolean {
  return kind !== 'market' && kind !== 'peg' && kind !== 'trail';
}

/** Whether an order of this kind only reduces: a trigger order always does. */
export function onlyReduces({ kind, reduceOnly }: Pick<Fields, 'kind' | 'reduceOnly'>): boolean {
  return isTrigger(kind) || (reduceOnly && mayReduceOnly(kind));
}

/** Which kinds may be told to only reduce: those of which nothing has to rest. */
export function mayReduceOnly(kind: Kind): boolean {
  return kind !== 'post' && kind !== 'slide' && kind !== 'peg';
}

/** Whether something of this order may come to rest. */
export function mayRest(order: Order): boolean {
  return !order.reduceOnly && (order.kind === 'limit' || !mayReduceOnly(order.kind));
}

export function held(margin: Margin | undefined, market: number): bigint {
  return margin?.positions.find((position) => position.market === market)?.lots ?? 0n;
}

function readPrice(fields: Fields, desk: Desk, problems: Problems): bigint | undefined {
  const parsed = parseTicks(fields.price, scaleOf(desk.book, desk.market));
  if (parsed.kind === 'wrong') problems.price = parsed.why;
  if (parsed.kind !== 'amount') return undefined;
  if (parsed.amount <= 0n) {
    problems.price = 'A price is above zero';
    return undefined;
  }
  return parsed.amount;
}

/** The worst price of an order at the market, in ticks: what a lot is worth and the slippage, a share of the index, never beyond
 * the band. */
export function marketLimit(desk: Desk, side: Side, slippageBps: number): bigint {
  const bps = BigInt(side === 'buy' ? slippageBps : -slippageBps);
  const worst = worthOf(desk.market, desk.asset) + divide(desk.asset.index * bps, 10_000n, 'down');
  const wanted = priceToTicks(worst, desk.market.tickSize, side === 'buy' ? 'down' : 'up');
  const band = bandTicks(desk.asset, desk.market);
  return side === 'buy' ? (wanted < band.high ? wanted : band.high) : wanted > band.low ? wanted : band.low;
}

function readPeg(fields: Fields, desk: Desk, problems: Problems): { offset: bigint; worst: bigint } | undefined {
  const scale = scaleOf(desk.book, desk.market);
  const parsed = parseTicks(fields.offset, scale);
  if (parsed.kind === 'wrong') problems.offset = parsed.why;
  if (parsed.kind !== 'amount') return undefined;
  const stands = indexTicks(worthOf(desk.market, desk.asset), scale.tickSize, fields.side) + parsed.amount;
  const parsedWorst = parseTicks(fields.price, scale);
  if (parsedWorst.kind === 'wrong') problems.price = parsedWorst.why;
  if (parsedWorst.kind !== 'amount') return undefined;
  const worst = parsedWorst.amount;
  if (fields.side === 'buy' ? stands > worst : stands < worst) {
    problems.price = `It would stand at ${formatTicks(stands, scale)}, beyond its worst price`;
    return undefined;
  }
  return { offset: parsed.amount, worst };
}

function offBand(desk: Desk, side: Side, ticks: bigint): string | undefined {
  const band = bandTicks(desk.asset, desk.market);
  const scale = scaleOf(desk.book, desk.market);
  if (side === 'buy' && ticks > band.high) return `Above the price band: at most ${formatTicks(band.high, scale)}`;
  if (side === 'sell' && ticks < band.low) return `Below the price band: at least ${formatTicks(band.low, scale)}`;
  return undefined;
}

/** Reads the fields. An empty field is no mistake; it only means that there is no order yet. */
export function read(fields: Fields, desk: Desk): Read {
  const problems: Problems = {};
  const scale = scaleOf(desk.book, desk.market);
  const reduceOnly = onlyReduces(fields);
  const mode = modeRefuses(desk.market, fields.kind, reduceOnly);
  if (mode) problems.form = mode;

  const size = parseLots(fields.size, scale);
  if (size.kind === 'wrong') problems.size = size.why;
  let lots = size.kind === 'amount' ? size.amount : 0n;
  if (size.kind === 'amount' && lots <= 0n) problems.size = 'A size is above zero';
  if (lots > 0n && lots < desk.market.minOrderLots && !reduceOnly) {
    problems.size = `At least ${formatLots(desk.market.minOrderLots, scale)}`;
  }
  if (reduceOnly && lots > 0n) {
    const position = held(desk.margin, desk.market.at);
    const open = fields.side === 'buy' ? -position : position;
    if (open <= 0n)
      problems.form = `Nothing to reduce: no ${fields.side === 'buy' ? 'short' : 'long'} position in ${desk.market.name}`;
    else if (lots > open) lots = open;
  }

  let limit: bigint | undefined;
  let offset: bigint | undefined;
  let firing: Firing | undefined;
  if (isTrigger(fields.kind)) {
    firing = readFiring(fields.kind, fields, desk, problems);
    limit = firing && worstTicks(fields.side, firing);
  } else if (fields.kind === 'market') limit = marketLimit(desk, fields.side, fields.slippageBps);
  else if (fields.kind === 'peg')
    ({ worst: limit, offset } = readPeg(fields, desk, problems) ?? { worst: undefined, offset: undefined });
  else {
    limit = readPrice(fields, desk, problems);
    const off = limit !== undefined && offBand(desk, fields.side, limit);
    if (off) problems.price = off;
  }
  const complete = limit !== undefined && lots > 0n && Object.keys(problems).length === 0;
  if (!complete || limit === undefined) return { order: undefined, problems };
  return {
    order: { kind: fields.kind, side: fields.side, lots, limit, offset, reduceOnly, expiresIn: fields.expiresIn, firing },
    problems,
  };
}

function modeRefuses(market: MarketRow, kind: Kind, reduceOnly: boolean): string | undefined {
  if (market.mode === 'in settlement') return `${market.name} has ended: positions are settled at its fixed price`;
  if (market.mode === 'post only' && kind !== 'post' && kind !== 'slide' && !isTrigger(kind))
    return `${market.name} takes only post-only orders at present`;
  if (market.mode === 'reduce only' && !reduceOnly) return `${market.name} takes only orders that reduce at present`;
  return undefined;
}

/** What would come of an order. */
export interface Outcome {
  readonly meeting: Meeting;
  readonly fee: bigint;
  /** Mean price in ticks. */
  readonly mean: bigint | undefined;
  /** Lots that come to rest, and at which price in ticks. */
  readonly rests: bigint;
  readonly at: bigint;
  /** Lots that are cancelled at once. */
  readonly cancelled: bigint;
  /** Why the program would refuse it. */
  readonly refused: string | undefined;
  /** For the engine. */
  readonly changes: readonly Change[];
}

/** Where a pegged order stands, or a post-only one that slides. */
function standsAt(order: Order, desk: Desk): bigint {
  if (order.offset === undefined) return order.limit;
  return indexTicks(worthOf(desk.market, desk.asset), desk.market.tickSize, order.side) + order.offset;
}

function resting(order: Order, market: number, lots: bigint, ticks: bigint): Change {
  const sells = order.side === 'sell';
  if (order.offset !== undefined) return { kind: 'peg', market, sells, lots, offset: Number(order.offset) };
  return { kind: 'rest', market, sells, lots, ticks };
}

const NOTHING: Meeting = {
  lots: [],
  ticks: [],
  traded: 0n,
  value: 0n,
  makers: [],
  ownCancelled: 0,
  left: 0n,
  stillCrosses: false,
};

/** What comes of a trigger order at once: nothing. */
function waiting({ lots, limit }: Order): Outcome {
  const meeting = { ...NOTHING, left: lots };
  return { meeting, fee: 0n, mean: undefined, rests: 0n, at: limit, cancelled: 0n, refused: undefined, changes: [] };
}

/** What would come of an order, by the book as it was read. */
export function outcome(order: Order, desk: Desk): Outcome {
  const { market } = desk;
  if (order.firing) return waiting(order);
  const other = order.side === 'buy' ? desk.asks : desk.bids;
  let stands = standsAt(order, desk);
  let refused: string | undefined;
  let meeting: Meeting = { ...NOTHING, left: order.lots };
  if (order.kind === 'post' || order.kind === 'slide') {
    const top = other[0]?.ticks;
    const crosses = top !== undefined && (order.side === 'buy' ? stands >= top : stands <= top);
    if (crosses && order.kind === 'slide') stands = order.side === 'buy' ? top - 1n : top + 1n;
    else if (crosses) refused = `Would trade at ${formatTicks(top, scaleOf(desk.book, market))}: post only`;
  } else {
    meeting = meet(other, order.side, order.lots, stands, market.tickSize, desk.own);
  }
  if (order.kind === 'fok' && meeting.left > 0n) refused = 'The book does not hold the whole size at this price';
  const rests = mayRest(order) && !meeting.stillCrosses && !refused ? meeting.left : 0n;
  const changes: Change[] = [];
  if (meeting.traded > 0n) {
    changes.push({ kind: 'take', market: market.at, sells: order.side === 'sell', lots: meeting.lots, ticks: meeting.ticks });
  }
  if (rests > 0n) changes.push(resting(order, market.at, rests, stands));
  return {
    meeting,
    fee: takerFee(meeting, market, desk.margin?.feeDiscountBps ?? 0),
    mean: meanTicks(meeting, order.side, market.tickSize),
    rests,
    at: stands,
    cancelled: meeting.left - rests,
    refused,
    changes,
  };
}

/** The quote value of an order: at its mean price what trades, at its own what rests. */
export function orderValue(result: Outcome, market: MarketRow): bigint {
  return result.meeting.value + worth(result.rests, ticksToPrice(result.at, market.tickSize));
}

/** A part of the largest size, in whole lots. */
export function partOf(most: bigint, percent: number): bigint {
  return (most * BigInt(percent)) / 100n;
}
