/** What pages read: the accounts of a clearinghouse as they were decoded. Names and units are those of docs/architecture.md. */
import type { OptionRow } from './contract';
import type { TickScale, Scale } from '../money/units';

/** A row of the risk book. Prices are risk prices. */
export interface AssetRow {
  readonly at: number;
  readonly name: string;
  readonly mint: string | undefined;
  readonly oracle: 'none' | 'pull' | 'legacy';
  readonly feed: Uint8Array;
  readonly index: bigint;
  readonly confidence: bigint;
  readonly average: bigint;
  readonly stable: bigint;
  /** Unix seconds; 0 before the first price. */
  readonly publishTime: bigint;
  readonly maxAgeInitial: number;
  readonly maxAgeLiquidation: number;
  readonly tooWide: boolean;
  readonly tooFar: boolean;
  readonly weightInitial: number;
  readonly weightInitialFull: number;
  readonly weightMaintenance: number;
  readonly pnlWeight: number;
  readonly decimals: number;
  readonly lotExponent: number;
  readonly atomsPerLot: bigint;
  readonly depositCap: bigint;
  readonly deposited: bigint;
  readonly fullWeightDeposits: bigint;
}

export const MODES = ['active', 'post only', 'reduce only', 'in settlement'] as const;
export type Mode = (typeof MODES)[number];

/** A market's row of the risk book. */
export interface MarketRow {
  readonly at: number;
  readonly address: string;
  readonly name: string;
  readonly tickSize: bigint;
  readonly asset: number;
  readonly mode: Mode;
  readonly maxOpenInterest: bigint;
  readonly minOrderLots: bigint;
  /** 10^-5 of the value. */
  readonly takerFeeTenths: number;
  readonly makerFeeTenths: number;
  /** Quote atoms for whoever executes a trigger order. */
  readonly triggerFee: bigint;
  readonly priceBand: number;
  readonly fundingInterval: number;
  readonly fundingCap: number;
  /** Ratio: what the initial requirement is multiplied by at present. */
  readonly scale: number;
  readonly ratesBps: readonly number[];
  readonly maintenanceFraction: number;
  readonly settlementPrice: bigint;
  /** None of a perpetual and a future. */
  readonly option: OptionRow | undefined;
  /** What of the mean that a contract settles at is fixed, in its last half hour: prices in 2^-8 quote atoms a lot times the
   * seconds for which they stood, and those seconds. None before. */
  readonly fixed: { readonly sum: bigint; readonly seconds: bigint } | undefined;
}

/** The risk book. */
export interface Book {
  readonly paused: number;
  readonly quoteDecimals: number;
  readonly auctionSeconds: number;
  readonly liquidationBuffer: number;
  readonly backstopLine: number;
  readonly backstopDailyLoss: bigint;
  readonly profitMaturity: number;
  /** Interest: quote atoms that all accounts owe. */
  readonly debt: bigint;
  /** Whether margin may be judged by the scenarios of whole books. */
  readonly offersPortfolio: boolean;
  readonly assets: readonly AssetRow[];
  readonly markets: readonly MarketRow[];
}

/** A position of a margin account. */
export interface Position {
  readonly market: number;
  readonly asset: number;
  readonly lots: bigint;
  /** Minus what the open lots have cost, quote atoms. */
  readonly quote: bigint;
  readonly bidLots: bigint;
  readonly askLots: bigint;
}

/** A margin account. */
export interface Margin {
  readonly owner: string;
  readonly delegate: string | undefined;
  readonly id: number;
  /** By which model its margin is judged. */
  readonly model: Model;
  readonly sequence: bigint;
  readonly feeDiscountBps: number;
  readonly cash: bigint;
  readonly immature: { readonly atoms: bigint; readonly since: bigint; readonly until: bigint };
  readonly liquidationStart: bigint;
  readonly balances: readonly { readonly asset: number; readonly atoms: bigint }[];
  readonly positions: readonly Position[];
  readonly openOrders: number;
  readonly slots: number;
}

export type Side = 'buy' | 'sell';

/** How margin is judged: contract by contract, or by the worst scenario of the whole book. */
export type Model = 'standard' | 'portfolio';

/** An order as it rests. */
export interface Resting {
  readonly id: bigint;
  readonly maker: string;
  readonly side: Side;
  readonly pegged: boolean;
  /** Ticks; of a pegged order its offset from the index. */
  readonly price: bigint;
  readonly worst: bigint;
  readonly lots: bigint;
  readonly clientId: bigint;
  readonly expires: bigint;
}

/** A trigger order that waits for the index. Prices are ticks. */
export interface TriggerRow {
  /** Its place among those of the account. */
  readonly place: number;
  readonly market: number;
  readonly side: Side;
  /** Whether it fires at or above its price; else at or below. */
  readonly above: boolean;
  readonly price: bigint;
  /** How far the price follows the index; 0 where it stays. */
  readonly trail: bigint;
  /** How far from the index it may trade. */
  readonly slippage: bigint;
  readonly lots: bigint;
  readonly expires: bigint;
}

/** A market's account: what is open, and its book. */
export interface MarketState {
  readonly sequence: bigint;
  readonly openLong: bigint;
  readonly openShort: bigint;
  readonly insurance: bigint;
  readonly fees: bigint;
  readonly volume: bigint;
  readonly queued: number;
  readonly funding: {
    readonly start: bigint;
    readonly sum: bigint;
    readonly pending: bigint;
    readonly sampled: bigint;
    readonly premium: bigint;
  };
  readonly orders: readonly Resting[];
}

/** The ledger of the clearinghouse. */
export interface Ledger {
  readonly insurance: bigint;
  readonly fees: bigint;
  readonly residue: bigint;
  readonly authority: string;
}

/** What one mint's vault holds and lets out. */
export interface CustodyState {
  readonly asset: number;
  readonly recorded: bigint;
  readonly limit: bigint;
  readonly used: bigint;
  readonly since: bigint;
  readonly window: number;
}

/** The scale in which a market's figures are written. */
export function scaleOf(book: Book, market: MarketRow): TickScale {
  return { ...assetScale(book, market.asset), tickSize: market.tickSize };
}

/** The scale of an asset. */
export function assetScale(book: Book, asset: number): Scale {
  return { lotExponent: book.assets[asset]?.lotExponent ?? 0, quoteDecimals: book.quoteDecimals };
}

/** Digits with which prices of an asset are written: those of its market, or two. */
export function priceDigits(book: Book, asset: number, tickDigits: (scale: TickScale) => number): number {
  const market = book.markets.find((row) => row.asset === asset);
  return market ? tickDigits(scaleOf(book, market)) : 4;
}
