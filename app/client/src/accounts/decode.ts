// Accounts from their bytes. Headers are read by the generated codecs, what stands behind them by the generated rows.

import { containsBytes, type Decoder, type ReadonlyUint8Array } from '@solana/kit';
import {
  CLEARINGHOUSE_DISCRIMINATOR,
  CUSTODY_DISCRIMINATOR,
  MARGIN_ACCOUNT_DISCRIMINATOR,
  MARKET_DISCRIMINATOR,
  RISK_BOOK_DISCRIMINATOR,
  TRIGGERS_DISCRIMINATOR,
  getClearinghouseDecoder,
  getCustodyDecoder,
  getMarginAccountDecoder,
  getMarketDecoder,
  getRiskBookDecoder,
  getTriggersDecoder,
  type Clearinghouse,
  type Custody,
  type MarginAccount,
  type Market,
  type RiskBook,
  type Triggers,
} from '../generated/program/index.js';
import {
  ASSET_SIZE,
  ENTRY_SIZE,
  LANES,
  LANE_SLOTS,
  MARGIN_HEADER,
  MARKET_HEADER,
  MARKET_ORDERS,
  MARKET_QUEUE,
  MARKET_ROW_SIZE,
  ORDER_SIZE,
  POSITION_SIZE,
  QUEUE_ENTRIES,
  RISK_BOOK_HEADER,
  VERSIONS,
  VERSION_OFFSET,
  readAsset,
  readEntry,
  readMarketRow,
  readOrder,
  readPosition,
  type Asset,
  type Entry,
  type MarketRow,
  type Order,
  type Position,
} from '../generated/rows.js';
import { viewOf } from './bytes.js';

/** Bytes that are not the account that was asked for. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A margin account: its header, the positions in use, and room for how many. */
export interface Margin extends MarginAccount {
  /** Positions in use, sorted by asset and market. */
  readonly positions: readonly Position[];
  /** Slots for positions. */
  readonly slots: number;
}

/** A risk book: its header and its rows. */
export interface RiskTables extends RiskBook {
  /** All assets; the first is the quote token. */
  readonly assets: readonly Asset[];
  /** All markets, by index. */
  readonly markets: readonly MarketRow[];
}

/** An order that rests, with its id. */
export interface RestingOrder extends Order {
  /** What `edit_order` and `cancel_orders` call it. */
  readonly id: bigint;
}

/** The orders of one side and kind, the best first. */
export type Lane = readonly RestingOrder[];

/** A market: its header, order book and fill queue. */
export interface OrderBook extends Market {
  /** Bids at a fixed price: `price` is in ticks. */
  readonly bids: Lane;
  /** Bids that follow the index: `price` is an offset in ticks. */
  readonly peggedBids: Lane;
  /** Asks at a fixed price. */
  readonly asks: Lane;
  /** Asks that follow the index. */
  readonly peggedAsks: Lane;
  /** Fills and removals that wait for their makers, the oldest first. */
  readonly waiting: readonly Entry[];
  /** Orders that the book has room for. */
  readonly room: number;
}

function header<T>(data: ReadonlyUint8Array, what: keyof typeof VERSIONS, type: ReadonlyUint8Array, decoder: Decoder<T>, size: number): T {
  if (data.length < size || !containsBytes(data, type, 0)) {
    throw new DecodeError(`these bytes are not an account of type ${what}`);
  }
  const [found, known] = [data[VERSION_OFFSET], VERSIONS[what]];
  if (found !== known) {
    const next = found !== undefined && found < known ? 'the account must be migrated' : 'use a newer client';
    throw new DecodeError(`layout version ${found} of ${what} found, this client knows ${known}: ${next}`);
  }
  return decoder.decode(data);
}

function rows<T>(view: DataView, from: number, count: number, size: number, read: (view: DataView, at: number) => T): T[] {
  if (from + count * size > view.byteLength) {
    throw new DecodeError('its header counts more than the account has room for');
  }
  return Array.from({ length: count }, (_, index) => read(view, from + index * size));
}

/** Decodes a margin account. Throws {@link DecodeError} for other bytes. */
export function decodeMargin(data: ReadonlyUint8Array): Margin {
  const account = header(data, 'marginAccount', MARGIN_ACCOUNT_DISCRIMINATOR, getMarginAccountDecoder(), MARGIN_HEADER);
  const slots = Math.floor((data.length - MARGIN_HEADER) / POSITION_SIZE);
  const positions = rows(viewOf(data), MARGIN_HEADER, account.core.positionCount, POSITION_SIZE, readPosition);
  return { ...account, positions, slots };
}

/** Decodes a risk book. Throws {@link DecodeError} for other bytes. */
export function decodeRiskBook(data: ReadonlyUint8Array): RiskTables {
  const account = header(data, 'riskBook', RISK_BOOK_DISCRIMINATOR, getRiskBookDecoder(), RISK_BOOK_HEADER);
  const view = viewOf(data);
  const assets = rows(view, RISK_BOOK_HEADER, account.assetCount, ASSET_SIZE, readAsset);
  const from = RISK_BOOK_HEADER + account.assetCount * ASSET_SIZE;
  return { ...account, assets, markets: rows(view, from, account.marketCount, MARKET_ROW_SIZE, readMarketRow) };
}

/** Decodes the header of a market. Throws {@link DecodeError} for other bytes. */
export function decodeMarket(data: ReadonlyUint8Array): Market {
  return header(data, 'market', MARKET_DISCRIMINATOR, getMarketDecoder(), MARKET_HEADER);
}

/** Decodes a market with its book and its queue. Throws {@link DecodeError} for other bytes. */
export function decodeOrderBook(data: ReadonlyUint8Array): OrderBook {
  const account = decodeMarket(data);
  const view = viewOf(data);
  const room = Math.max(0, Math.floor((data.length - MARKET_ORDERS) / ORDER_SIZE));
  const lanes = Array.from({ length: LANES }, (_, lane) => readLane(view, lane, account.book.lengths[lane] ?? 0, room));
  const [bids = [], peggedBids = [], asks = [], peggedAsks = []] = lanes;
  return { ...account, bids, peggedBids, asks, peggedAsks, waiting: readQueue(view, account), room };
}

function readLane(view: DataView, lane: number, length: number, room: number): Lane {
  if (length > LANE_SLOTS) throw new DecodeError('its header counts more orders than a side can have');
  const start = MARKET_HEADER + lane * LANE_SLOTS * 2;
  const slots = rows(view, start, length, 2, (from, at) => from.getUint16(at, true));
  return slots.reverse().map((slot) => {
    if (slot >= room) throw new DecodeError('an order lies behind the end of the account');
    const order = readOrder(view, MARKET_ORDERS + slot * ORDER_SIZE);
    return { ...order, id: order.sequence * 65_536n + BigInt(slot) };
  });
}

function readQueue(view: DataView, { queue }: Market): Entry[] {
  if (queue.length > QUEUE_ENTRIES) throw new DecodeError('its header counts more fills than the queue can have');
  const places = Array.from({ length: queue.length }, (_, turn) => (queue.head + turn) % QUEUE_ENTRIES);
  const entries = places.flatMap((place) => rows(view, MARKET_QUEUE + place * ENTRY_SIZE, 1, ENTRY_SIZE, readEntry));
  return entries.filter((entry) => entry.kind !== 0);
}

/** Decodes the trigger orders of a margin account. Throws {@link DecodeError} for other bytes. */
export function decodeTriggers(data: ReadonlyUint8Array): Triggers {
  return header(data, 'triggers', TRIGGERS_DISCRIMINATOR, getTriggersDecoder(), getTriggersDecoder().fixedSize);
}

/** Decodes a clearinghouse. Throws {@link DecodeError} for other bytes. */
export function decodeClearinghouse(data: ReadonlyUint8Array): Clearinghouse {
  const decoder = getClearinghouseDecoder();
  return header(data, 'clearinghouse', CLEARINGHOUSE_DISCRIMINATOR, decoder, decoder.fixedSize);
}

/** Decodes a custody. Throws {@link DecodeError} for other bytes. */
export function decodeCustody(data: ReadonlyUint8Array): Custody {
  return header(data, 'custody', CUSTODY_DISCRIMINATOR, getCustodyDecoder(), getCustodyDecoder().fixedSize);
}
