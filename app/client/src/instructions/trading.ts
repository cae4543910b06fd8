// Orders, trades with the book, and block trades.

import type { Address, Instruction } from '@solana/kit';
import {
  OrderKind,
  SelfTrade,
  getCancelOrdersInstruction,
  getEditOrderInstruction,
  getPlaceOrderInstruction,
  getPlaceOrdersInstruction,
  getPruneOrdersInstruction,
  getSettleBlockTradeInstruction,
  getSettleFillsInstruction,
  getSettlePositionInstruction,
  getTradeInstruction,
  type OrderArgsArgs,
  type PriceArgsArgs,
  type QuoteArgs,
  type Side,
  type WhichArgs,
} from '../generated/program/index.js';
import { MAX_LEGS, MAX_MATCHES, MAX_QUOTES, MAX_REMOVALS } from '../generated/rows.js';
import { ClientError } from '../errors.js';
import { marketOf, type Venue } from '../venue.js';
import { followedBy, guardsOf, type Actor, type Guards } from './common.js';

/** A price in ticks, or an offset from the index with the worst price at which it trades. */
export type OrderPrice = bigint | { readonly offset: number; readonly worst: bigint };

/** An order. What is left out has the default that is named. */
export interface OrderTerms {
  /** Buy or sell. */
  readonly side: Side;
  /** How many lots. */
  readonly lots: bigint;
  /** The worst price at which it trades. */
  readonly price: OrderPrice;
  /** How it may trade; `OrderKind.Limit`. */
  readonly kind?: OrderKind | undefined;
  /** What happens where it meets an own order; the resting one is cancelled. */
  readonly selfTrade?: SelfTrade | undefined;
  /** Whether it may only bring the position nearer to zero; false. */
  readonly reduceOnly?: boolean | undefined;
  /** Unix seconds from which it no longer trades; never. */
  readonly expires?: bigint | undefined;
  /** What the client calls it; 0. */
  readonly clientId?: bigint | undefined;
  /** Most orders that it may meet, 1 to 32; 32. */
  readonly matchLimit?: number | undefined;
}

/** Where somebody acts, with which limits, and whose fills are settled at once. */
export interface OnBook extends Actor {
  /** Index of the market. */
  readonly market: number;
  /** The trader's own limits. */
  readonly guards?: Guards | undefined;
  /** Margin accounts of makers whose fills are settled at once; those of others wait in the queue. Pegged orders trade only
   * with makers that are named. */
  readonly makers?: readonly Address[] | undefined;
}

function act(venue: Venue, { authority, marginAccount, market }: OnBook) {
  return { authority, riskBook: venue.riskBook, market: marketOf(venue, market), marginAccount };
}

function priceArgs(price: OrderPrice): PriceArgsArgs {
  return typeof price === 'bigint' ? { __kind: 'Fixed', fields: [price] } : { __kind: 'Pegged', ...price };
}

function orderArgs(order: OrderTerms): OrderArgsArgs {
  return {
    side: order.side,
    price: priceArgs(order.price),
    lots: order.lots,
    kind: order.kind ?? OrderKind.Limit,
    selfTrade: order.selfTrade ?? SelfTrade.CancelProvide,
    reduceOnly: order.reduceOnly ?? false,
    expires: order.expires ?? 0n,
    clientId: order.clientId ?? 0n,
    matchLimit: order.matchLimit ?? MAX_MATCHES,
  };
}

/** Places an order: what crosses trades, the rest comes to rest as its kind says. */
export function placeOrder(venue: Venue, on: OnBook, order: OrderTerms): Instruction {
  const built = getPlaceOrderInstruction({ ...act(venue, on), args: orderArgs(order), guards: guardsOf(on.guards) });
  return followedBy(built, on.makers ?? []);
}

/** Puts an order in place of another; one that only gets smaller keeps its place. */
export function editOrder(venue: Venue, on: OnBook, orderId: bigint, order: OrderTerms): Instruction {
  const built = getEditOrderInstruction({ ...act(venue, on), orderId, args: orderArgs(order), guards: guardsOf(on.guards) });
  return followedBy(built, on.makers ?? []);
}

/** Which orders are meant: all of the market, those of a side, one by its id, or those that the client calls so. */
export type Which = 'all' | { readonly side: Side } | { readonly id: bigint } | { readonly clientId: bigint };

function whichArgs(which: Which): WhichArgs {
  if (which === 'all') return { __kind: 'All' };
  if ('side' in which) return { __kind: 'Side', fields: [which.side] };
  if ('id' in which) return { __kind: 'Id', fields: [which.id] };
  return { __kind: 'ClientId', fields: [which.clientId] };
}

/** Cancels own orders in a market, at most 64 at a time. */
export function cancelOrders(venue: Venue, on: OnBook, which: Which = 'all', limit: number = MAX_REMOVALS): Instruction {
  return getCancelOrdersInstruction({ ...act(venue, on), which: whichArgs(which), limit });
}

/** An order of a re-quote. */
export interface Quote {
  /** Buy or sell. */
  readonly side: Side;
  /** Where it rests. */
  readonly price: OrderPrice;
  /** How many lots. */
  readonly lots: bigint;
  /** What the client calls it; 0. */
  readonly clientId?: bigint | undefined;
}

/** A re-quote: what is cancelled, and what comes to rest. */
export interface Requote {
  /** Which orders are cancelled first; all. Null for none. */
  readonly cancel?: Which | null | undefined;
  /** What comes to rest, at most 16. */
  readonly quotes: readonly Quote[];
  /** Whether one that would trade stands one tick before the other side instead of being refused; false. */
  readonly slide?: boolean | undefined;
  /** Unix seconds from which they no longer trade; never. */
  readonly expires?: bigint | undefined;
}

function quoteArgs({ side, price, lots, clientId = 0n }: Quote): QuoteArgs {
  return { side, price: priceArgs(price), lots, clientId };
}

/** Cancels orders and places others in one go. */
export function placeOrders(venue: Venue, on: OnBook, { cancel = 'all', quotes, slide = false, expires = 0n }: Requote): Instruction {
  if (quotes.length === 0 || quotes.length > MAX_QUOTES) {
    throw new ClientError(`${quotes.length} orders`, `a re-quote has 1 to ${MAX_QUOTES}`);
  }
  const args = { cancel: cancel === null ? null : whichArgs(cancel), quotes: quotes.map(quoteArgs), slide, expires };
  return getPlaceOrdersInstruction({ ...act(venue, on), ...args, guards: guardsOf(on.guards) });
}

/** A trade with the book, at once. */
export interface Take {
  /** Buy or sell. */
  readonly side: Side;
  /** How many lots at most. */
  readonly lots: bigint;
  /** The worst price in ticks. */
  readonly limit: bigint;
  /** Whether it may only bring the position nearer to zero; false. */
  readonly reduceOnly?: boolean | undefined;
}

/** Takes from the book at once, up to a price; what the book does not hold is cancelled. */
export function trade(venue: Venue, on: OnBook, { side, lots, limit, reduceOnly = false }: Take): Instruction {
  const built = getTradeInstruction({ ...act(venue, on), side, lots, limit, reduceOnly, guards: guardsOf(on.guards) });
  return followedBy(built, on.makers ?? []);
}

/** A side of a block trade. */
export interface BlockSide extends Actor {
  /** Its own limits. */
  readonly guards?: Guards | undefined;
}

/** A leg of a block trade: what the first side buys (negative: sells), at a price in ticks. */
export interface BlockLeg {
  /** Index of the market. */
  readonly market: number;
  /** Signed lots of the first side. */
  readonly lots: bigint;
  /** Price in ticks. */
  readonly price: bigint;
}

/** Settles up to 16 legs between two accounts. Legs are sorted by market, as the program asks for. */
export function blockTrade(venue: Venue, first: BlockSide, second: BlockSide, legs: readonly BlockLeg[]): Instruction {
  const sorted = [...legs].sort((a, b) => a.market - b.market);
  if (sorted.length === 0 || sorted.length > MAX_LEGS) throw new ClientError(`${legs.length} legs`, `a block trade has 1 to ${MAX_LEGS}`);
  const twice = sorted.find((leg, at) => leg.market === sorted[at + 1]?.market);
  if (twice) throw new ClientError(`market ${twice.market} is in two legs`, 'merge them into one');
  const built = getSettleBlockTradeInstruction({
    firstAuthority: first.authority,
    secondAuthority: second.authority,
    riskBook: venue.riskBook,
    first: first.marginAccount,
    second: second.marginAccount,
    legs: sorted,
    firstGuards: guardsOf(first.guards),
    secondGuards: guardsOf(second.guards),
  });
  return followedBy(built, sorted.map((leg) => marketOf(venue, leg.market)));
}

/** Brings makers what waits for them in a market's queue. Anyone may. */
export function settleFills(venue: Venue, market: number, makers: readonly Address[], limit = 32): Instruction {
  const built = getSettleFillsInstruction({ riskBook: venue.riskBook, market: marketOf(venue, market), limit });
  return followedBy(built, makers);
}

/** Cancels an account's orders that are no longer good. Anyone may. */
export function pruneOrders(venue: Venue, market: number, marginAccount: Address, limit: number = MAX_REMOVALS): Instruction {
  return getPruneOrdersInstruction({ riskBook: venue.riskBook, market: marketOf(venue, market), marginAccount, limit });
}

/** Closes a position at the settlement price of a market that has ended. Anyone may. */
export function settlePosition(venue: Venue, market: number, marginAccount: Address): Instruction {
  return getSettlePositionInstruction({ riskBook: venue.riskBook, market: marketOf(venue, market), marginAccount });
}

