// Written by scripts/generate.mjs. Do not edit: run `make client`.

import type { Address } from '@solana/kit';
import { readAddress, readBytes, readText } from '../accounts/bytes.js';

/** The program's address. */
export const PROGRAM_ADDRESS = 'JyFC2iDV7T8k8sLRyvJ7e1Wvp3bRHdbRpDLohTzEekL' as Address<'JyFC2iDV7T8k8sLRyvJ7e1Wvp3bRHdbRpDLohTzEekL'>;

/** What addresses of the program's accounts are derived from. */
export const SEEDS = {
  clearinghouse: 'clearinghouse',
  custody: 'custody',
  marginAccount: 'margin',
  market: 'market',
  riskBook: 'risk-book',
  triggers: 'triggers',
  vault: 'vault',
} as const;

/** The layout version of each account that this client reads. */
export const VERSIONS = {
  clearinghouse: 1,
  custody: 1,
  marginAccount: 1,
  market: 1,
  riskBook: 2,
  triggers: 1,
} as const;

export const KIND_CALL = 2;
export const KIND_FUTURE = 1;
export const KIND_PERPETUAL = 0;
export const KIND_PUT = 3;
export const LANES = 4;
export const LANE_SLOTS = 1024;
export const MARGIN_CLEARINGHOUSE_OFFSET = 24;
export const MARGIN_DELEGATE_OFFSET = 88;
export const MARGIN_HEADER = 408;
export const MARGIN_OWNER_OFFSET = 56;
export const MARKET_CLEARINGHOUSE_OFFSET = 24;
export const MARKET_HEADER = 280;
export const MARKET_LARGEST = 218392;
export const MARKET_ORDERS = 21784;
export const MARKET_QUEUE = 8472;
export const MAX_LEGS = 16;
export const MAX_MATCHES = 32;
export const MAX_OPEN_ORDERS = 512;
export const MAX_QUOTES = 16;
export const MAX_REMOVALS = 64;
export const MAX_SLOTS = 128;
export const MAX_TRIGGERS = 8;
export const MIN_SLOTS = 8;
export const MODEL_PORTFOLIO = 1;
export const MODEL_STANDARD = 0;
export const MODE_ACTIVE = 0;
export const MODE_POST_ONLY = 1;
export const MODE_REDUCE_ONLY = 2;
export const MODE_SETTLEMENT = 3;
export const ORACLE_NONE = 0;
export const ORACLE_PYTH_LEGACY = 2;
export const ORACLE_PYTH_PULL = 1;
export const PAUSE_DEPOSIT = 1;
export const PAUSE_LIQUIDATE = 8;
export const PAUSE_TRADE = 4;
export const PAUSE_TRANSFER = 16;
export const PAUSE_WITHDRAW = 2;
export const PRICE_DIVERGENT = 2;
export const PRICE_ONE = 65536;
export const PRICE_WIDE = 1;
export const QUEUE_ENTRIES = 128;
export const RATIO_ONE = 1048576;
export const RISK_BOOK_HEADER = 232;
export const SEQUENCE_OFFSET = 16;
export const VERSION_OFFSET = 8;
export const MAX_LOTS = 17592186044416n;
export const MAX_PRICE = 72057594037927936n;

/** A tier of a requirement schedule. */
export interface Tier {
  /** Largest notional that it judges. */
  readonly upper: bigint;
  /** Quote atoms to subtract. */
  readonly deduction: bigint;
  /** Ratio. */
  readonly rate: number;
}

/** Bytes of Tier. */
export const TIER_SIZE = 24;

/** Reads Tier at an offset. */
export function readTier(view: DataView, at: number): Tier {
  return {
    upper: view.getBigUint64(at, true),
    deduction: view.getBigUint64(at + 8, true),
    rate: view.getUint32(at + 16, true),
  };
}

/** What is known of the volatility of an asset, and how requirements follow it. */
export interface Volatility {
  /** Squared return a second, 4.60 fixed point; half-life 30 minutes. */
  readonly fast: bigint;
  /** The same with a half-life of 24 hours. */
  readonly slow: bigint;
  /** Ratio, at present; zero stands for one. */
  readonly initial: number;
  /** Ratio, at present; zero stands for one. */
  readonly maintenance: number;
  /** Ratio. */
  readonly deviations: number;
  /** Seconds. */
  readonly horizon: number;
  /** Ratio; zero where nothing is estimated. */
  readonly baseRate: number;
  /** Ratio. */
  readonly most: number;
  /** Ratio an hour. */
  readonly ramp: number;
  /** Ratio. */
  readonly maxReturn: number;
  /** Seconds. */
  readonly maxGap: number;
}

/** Bytes of Volatility. */
export const VOLATILITY_SIZE = 56;

/** Reads Volatility at an offset. */
export function readVolatility(view: DataView, at: number): Volatility {
  return {
    fast: view.getBigUint64(at, true),
    slow: view.getBigUint64(at + 8, true),
    initial: view.getUint32(at + 16, true),
    maintenance: view.getUint32(at + 20, true),
    deviations: view.getUint32(at + 24, true),
    horizon: view.getUint32(at + 28, true),
    baseRate: view.getUint32(at + 32, true),
    most: view.getUint32(at + 36, true),
    ramp: view.getUint32(at + 40, true),
    maxReturn: view.getUint32(at + 44, true),
    maxGap: view.getUint32(at + 48, true),
  };
}

/** How an asset is scanned for portfolio margin. */
export interface Scan {
  /** Ratio. */
  readonly range: number;
  /** Ratio. */
  readonly spread: number;
  /** Ratio. */
  readonly volatilityShift: number;
}

/** Bytes of Scan. */
export const SCAN_SIZE = 16;

/** Reads Scan at an offset. */
export function readScan(view: DataView, at: number): Scan {
  return {
    range: view.getUint32(at, true),
    spread: view.getUint32(at + 4, true),
    volatilityShift: view.getUint32(at + 8, true),
  };
}

/** When and at what a contract ends. */
export interface Contract {
  /** Unix seconds. */
  readonly expiry: bigint;
  /** Price. */
  readonly strike: bigint;
  /** Index times seconds in the window before the expiry, 2^-8 quote atoms a lot times a second. */
  readonly sum: bigint;
  /** Seconds of the window that are in sum. */
  readonly seconds: number;
}

/** Bytes of Contract. */
export const CONTRACT_SIZE = 32;

/** Reads Contract at an offset. */
export function readContract(view: DataView, at: number): Contract {
  return {
    expiry: view.getBigInt64(at, true),
    strike: view.getBigUint64(at + 8, true),
    sum: view.getBigUint64(at + 16, true),
    seconds: view.getUint32(at + 24, true),
  };
}

/** Parameters of a smile. */
export interface SviTerms {
  /** Variance a year, 2^-26. */
  readonly a: number;
  /** Slope of the wings, 2^-22. */
  readonly b: number;
  /** Skew, signed, 2^-30. */
  readonly rho: number;
  /** Centre as a logarithm, signed, 2^-28. */
  readonly m: number;
  /** Roundness of the bottom, 2^-28. */
  readonly sigma: number;
}

/** Bytes of SviTerms. */
export const SVI_TERMS_SIZE = 20;

/** Reads SviTerms at an offset. */
export function readSviTerms(view: DataView, at: number): SviTerms {
  return {
    a: view.getUint32(at, true),
    b: view.getUint32(at + 4, true),
    rho: view.getInt32(at + 8, true),
    m: view.getInt32(at + 12, true),
    sigma: view.getUint32(at + 16, true),
  };
}

/** The smile that an option is marked by. */
export interface Smile {
  /** SviTerms, below. */
  readonly svi: SviTerms;
}

/** Bytes of Smile. */
export const SMILE_SIZE = 24;

/** Reads Smile at an offset. */
export function readSmile(view: DataView, at: number): Smile {
  return {
    svi: readSviTerms(view, at),
  };
}

/** What a lot of an option is worth, and in each scenario. */
export interface RiskArray {
  /** What a lot gains in each of 16 scenarios, signed prices; of the two extreme ones 35 %. */
  readonly cells: readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  /** The largest of them, without sign. */
  readonly largest: bigint;
  /** What a lot is worth. */
  readonly mark: bigint;
  /** The index that all of it holds for. */
  readonly index: bigint;
  /** Signed, 2^-30. */
  readonly delta: bigint;
  /** By a move of all of the index, 2^-24. */
  readonly gamma: bigint;
  /** Price, per 1.00 of volatility. */
  readonly vega: bigint;
  /** Signed price, a day. */
  readonly theta: bigint;
  /** Unix seconds. */
  readonly time: bigint;
  /** When the smile was set; zero for never. */
  readonly smileTime: bigint;
  /** Ratio a year. */
  readonly volatility: number;
  /** How much delta can differ within the range, 2^-30. */
  readonly slope: number;
}

/** Bytes of RiskArray. */
export const RISK_ARRAY_SIZE = 256;

/** Reads RiskArray at an offset. */
export function readRiskArray(view: DataView, at: number): RiskArray {
  return {
    cells: [view.getBigInt64(at, true), view.getBigInt64(at + 8, true), view.getBigInt64(at + 16, true), view.getBigInt64(at + 24, true), view.getBigInt64(at + 32, true), view.getBigInt64(at + 40, true), view.getBigInt64(at + 48, true), view.getBigInt64(at + 56, true), view.getBigInt64(at + 64, true), view.getBigInt64(at + 72, true), view.getBigInt64(at + 80, true), view.getBigInt64(at + 88, true), view.getBigInt64(at + 96, true), view.getBigInt64(at + 104, true), view.getBigInt64(at + 112, true), view.getBigInt64(at + 120, true)],
    largest: view.getBigUint64(at + 128, true),
    mark: view.getBigUint64(at + 136, true),
    index: view.getBigUint64(at + 144, true),
    delta: view.getBigInt64(at + 152, true),
    gamma: view.getBigUint64(at + 160, true),
    vega: view.getBigUint64(at + 168, true),
    theta: view.getBigInt64(at + 176, true),
    time: view.getBigInt64(at + 184, true),
    smileTime: view.getBigInt64(at + 192, true),
    volatility: view.getUint32(at + 200, true),
    slope: view.getUint32(at + 204, true),
  };
}

/** An asset of the risk book. */
export interface Asset {
  /** Feed id (pull) or address (legacy). */
  readonly feed: Uint8Array;
  /** Program that must own the price account. */
  readonly oracleOwner: Address;
  /** Zeros where it is no collateral. */
  readonly mint: Address;
  /** Zeros where it is no collateral. */
  readonly vault: Address;
  /** Padded with zeros. */
  readonly name: string;
  /** Index price p. */
  readonly index: bigint;
  /** Half-width c of the interval. */
  readonly confidence: bigint;
  /** Pyth's moving average e. */
  readonly average: bigint;
  /** Stable price s. */
  readonly stable: bigint;
  /** Unix seconds; 0 before the first price. */
  readonly publishTime: bigint;
  /** Slot of posting. */
  readonly postedSlot: bigint;
  /** Min(p − c, s). */
  readonly initialLow: bigint;
  /** Max(p + c, s). */
  readonly initialHigh: bigint;
  /** P, or p − c while the interval is too wide. */
  readonly maintenanceLow: bigint;
  /** P, or p + c while the interval is too wide. */
  readonly maintenanceHigh: bigint;
  /** 10^(decimals + lot exponent). */
  readonly atomsPerLot: bigint;
  /** Token atoms. */
  readonly depositCap: bigint;
  /** Seconds. */
  readonly maxAgeInitial: number;
  /** Seconds. */
  readonly maxAgeLiquidation: number;
  /** Ratio. */
  readonly maxConfidence: number;
  /** Ratio. */
  readonly maxDivergence: number;
  /** Ratio a minute. */
  readonly stableGrowth: number;
  /** Ratio, as it is at present. */
  readonly weightInitial: number;
  /** Ratio. */
  readonly weightMaintenance: number;
  /** Ratio. */
  readonly pnlWeight: number;
  /** Signed. */
  readonly lotExponent: number;
  /** Of the token. */
  readonly decimals: number;
  /** 0 none, 1 Pyth pull, 2 Pyth legacy. */
  readonly oracleKind: number;
  /** 1 too wide, 2 too far from the average. */
  readonly priceFlags: number;
  /** Token atoms. */
  readonly fullWeightDeposits: bigint;
  /** Token atoms in the vault after the last deposit or withdrawal. */
  readonly deposited: bigint;
  /** Ratio, of the terms. */
  readonly weightInitialFull: number;
  /** Volatility, below. */
  readonly volatility: Volatility;
  /** Scan, below. */
  readonly scan: Scan;
  /** Unix seconds; zero without a market that expires. */
  readonly nextExpiry: bigint;
}

/** Bytes of Asset. */
export const ASSET_SIZE = 448;

/** Reads Asset at an offset. */
export function readAsset(view: DataView, at: number): Asset {
  return {
    feed: readBytes(view, at, 32),
    oracleOwner: readAddress(view, at + 32),
    mint: readAddress(view, at + 64),
    vault: readAddress(view, at + 96),
    name: readText(view, at + 128, 16),
    index: view.getBigUint64(at + 144, true),
    confidence: view.getBigUint64(at + 152, true),
    average: view.getBigUint64(at + 160, true),
    stable: view.getBigUint64(at + 168, true),
    publishTime: view.getBigInt64(at + 176, true),
    postedSlot: view.getBigUint64(at + 184, true),
    initialLow: view.getBigUint64(at + 192, true),
    initialHigh: view.getBigUint64(at + 200, true),
    maintenanceLow: view.getBigUint64(at + 208, true),
    maintenanceHigh: view.getBigUint64(at + 216, true),
    atomsPerLot: view.getBigUint64(at + 224, true),
    depositCap: view.getBigUint64(at + 232, true),
    maxAgeInitial: view.getUint32(at + 240, true),
    maxAgeLiquidation: view.getUint32(at + 244, true),
    maxConfidence: view.getUint32(at + 248, true),
    maxDivergence: view.getUint32(at + 252, true),
    stableGrowth: view.getUint32(at + 256, true),
    weightInitial: view.getUint32(at + 260, true),
    weightMaintenance: view.getUint32(at + 264, true),
    pnlWeight: view.getUint32(at + 268, true),
    lotExponent: view.getInt8(at + 272),
    decimals: view.getUint8(at + 273),
    oracleKind: view.getUint8(at + 274),
    priceFlags: view.getUint8(at + 275),
    fullWeightDeposits: view.getBigUint64(at + 280, true),
    deposited: view.getBigUint64(at + 288, true),
    weightInitialFull: view.getUint32(at + 296, true),
    volatility: readVolatility(view, at + 304),
    scan: readScan(view, at + 360),
    nextExpiry: view.getBigInt64(at + 376, true),
  };
}

/** A market of the risk book: what trading reads. What it writes is in the account of the market. */
export interface MarketRow {
  /** The account that trading writes. */
  readonly address: Address;
  /** Padded with zeros. */
  readonly name: string;
  /** Quote atoms a lot and tick. */
  readonly tickSize: bigint;
  /** Index of the underlying. */
  readonly asset: number;
  /** 0 perpetual, 1 future, 2 call, 3 put. */
  readonly kind: number;
  /** 0 active, 1 post only, 2 reduce only, 3 settlement. */
  readonly mode: number;
  /** Four Tiers with the maintenance fraction folded in. */
  readonly maintenance: readonly [Tier, Tier, Tier, Tier];
  /** Four Tiers with scale folded in. */
  readonly initial: readonly [Tier, Tier, Tier, Tier];
  /** Cumulative quote owed a lot for long and short, signed 48.16: funding and deleveraging; a lot here is one of a side that was never deleveraged. */
  readonly index: readonly [bigint, bigint];
  /** Of long and short: how often the side was closed whole (upper 32 bits), and the share of its lots that was closed since, of 2^32. */
  readonly era: readonly [bigint, bigint];
  /** Lots. */
  readonly maxOpenInterest: bigint;
  /** Quote atoms. */
  readonly dustNotional: bigint;
  /** The four rates as governance wrote them. */
  readonly ratesBps: readonly [number, number, number, number];
  /** Ratio. */
  readonly maintenanceFraction: number;
  /** Ratio. */
  readonly penaltyStart: number;
  /** Ratio. */
  readonly penaltyMax: number;
  /** Ratio. */
  readonly insuranceShare: number;
  /** Ratio. */
  readonly priceBand: number;
  /** Ratio. */
  readonly tradeFee: number;
  /** Quote atoms a lot in settlement, else zero. */
  readonly settlementPrice: bigint;
  /** Lots. */
  readonly minOrderLots: bigint;
  /** Quote atoms. */
  readonly impactNotional: bigint;
  /** Lots. */
  readonly scaleStart: bigint;
  /** Lots. */
  readonly scaleEnd: bigint;
  /** Quote atoms. */
  readonly triggerFee: bigint;
  /** 10^-5 of the value. */
  readonly takerFeeTenths: number;
  /** 10^-5 of the value, negative for a rebate. */
  readonly makerFeeTenths: number;
  /** Seconds. */
  readonly fundingInterval: number;
  /** Ratio. */
  readonly fundingCap: number;
  /** Ratio. */
  readonly scaleMax: number;
  /** Ratio: what the initial requirement is multiplied by at present. */
  readonly scale: number;
  /** Where the index of long and short stood when the side's last epoch ended. */
  readonly closedIndex: readonly [bigint, bigint];
  /** What share of the side was left then, of 2^32; 0 where it was closed whole. */
  readonly ended: readonly [bigint, bigint];
  /** Two ratios: what volatility multiplies initial and maintenance by; zero stands for one. */
  readonly multipliers: readonly [number, number];
  /** Contract, below. */
  readonly contract: Contract;
  /** Smile, below. */
  readonly smile: Smile;
  /** RiskArray, below. */
  readonly array: RiskArray;
}

/** Bytes of MarketRow. */
export const MARKET_ROW_SIZE = 768;

/** Reads MarketRow at an offset. */
export function readMarketRow(view: DataView, at: number): MarketRow {
  return {
    address: readAddress(view, at),
    name: readText(view, at + 32, 16),
    tickSize: view.getBigUint64(at + 48, true),
    asset: view.getUint16(at + 56, true),
    kind: view.getUint8(at + 58),
    mode: view.getUint8(at + 59),
    maintenance: [readTier(view, at + 64), readTier(view, at + 88), readTier(view, at + 112), readTier(view, at + 136)],
    initial: [readTier(view, at + 160), readTier(view, at + 184), readTier(view, at + 208), readTier(view, at + 232)],
    index: [view.getBigInt64(at + 256, true), view.getBigInt64(at + 264, true)],
    era: [view.getBigUint64(at + 272, true), view.getBigUint64(at + 280, true)],
    maxOpenInterest: view.getBigInt64(at + 288, true),
    dustNotional: view.getBigUint64(at + 296, true),
    ratesBps: [view.getUint32(at + 304, true), view.getUint32(at + 308, true), view.getUint32(at + 312, true), view.getUint32(at + 316, true)],
    maintenanceFraction: view.getUint32(at + 320, true),
    penaltyStart: view.getUint32(at + 324, true),
    penaltyMax: view.getUint32(at + 328, true),
    insuranceShare: view.getUint32(at + 332, true),
    priceBand: view.getUint32(at + 336, true),
    tradeFee: view.getUint32(at + 340, true),
    settlementPrice: view.getBigUint64(at + 344, true),
    minOrderLots: view.getBigUint64(at + 352, true),
    impactNotional: view.getBigUint64(at + 360, true),
    scaleStart: view.getBigUint64(at + 368, true),
    scaleEnd: view.getBigUint64(at + 376, true),
    triggerFee: view.getBigUint64(at + 384, true),
    takerFeeTenths: view.getUint32(at + 392, true),
    makerFeeTenths: view.getInt32(at + 396, true),
    fundingInterval: view.getUint32(at + 400, true),
    fundingCap: view.getUint32(at + 404, true),
    scaleMax: view.getUint32(at + 408, true),
    scale: view.getUint32(at + 412, true),
    closedIndex: [view.getBigInt64(at + 416, true), view.getBigInt64(at + 424, true)],
    ended: [view.getBigUint64(at + 432, true), view.getBigUint64(at + 440, true)],
    multipliers: [view.getUint32(at + 448, true), view.getUint32(at + 452, true)],
    contract: readContract(view, at + 456),
    smile: readSmile(view, at + 488),
    array: readRiskArray(view, at + 512),
  };
}

/** A slot of a margin account. */
export interface Position {
  /** Index in the risk book. */
  readonly market: number;
  /** Index of its underlying. */
  readonly asset: number;
  /** Signed size. */
  readonly lots: bigint;
  /** −Σ signed lots × execution price, for the lots still open. */
  readonly quote: bigint;
  /** The market's index at the last touch. */
  readonly index: bigint;
  /** The side's era at the last touch. */
  readonly era: bigint;
  /** Lots of resting bids, and of filled ones that wait in the queue. */
  readonly bidLots: bigint;
  /** Risk price: none of them at a fixed price pays more a lot; 0 without one. */
  readonly bidPrice: bigint;
  /** The same of asks, positive. */
  readonly askLots: bigint;
  /** Risk price: none of them at a fixed price receives less a lot; 0 without one. */
  readonly askPrice: bigint;
  /** No pegged bid stands higher: its offset from the index in ticks, plus 2^31; 0 without one. */
  readonly bidPeg: number;
  /** No pegged ask stands lower. */
  readonly askPeg: number;
}

/** Bytes of Position. */
export const POSITION_SIZE = 80;

/** Reads Position at an offset. */
export function readPosition(view: DataView, at: number): Position {
  return {
    market: view.getUint16(at, true),
    asset: view.getUint16(at + 2, true),
    lots: view.getBigInt64(at + 8, true),
    quote: view.getBigInt64(at + 16, true),
    index: view.getBigInt64(at + 24, true),
    era: view.getBigUint64(at + 32, true),
    bidLots: view.getBigInt64(at + 40, true),
    bidPrice: view.getBigUint64(at + 48, true),
    askLots: view.getBigInt64(at + 56, true),
    askPrice: view.getBigUint64(at + 64, true),
    bidPeg: view.getUint32(at + 72, true),
    askPeg: view.getUint32(at + 76, true),
  };
}

/** A fill, or a removal, that waits in the fill queue. */
export interface Entry {
  /** The maker's margin account. */
  readonly maker: Address;
  /** The order. */
  readonly orderId: bigint;
  /** What the maker calls it. */
  readonly clientId: bigint;
  /** Lots that no longer rest, positive. */
  readonly lots: bigint;
  /** What the maker receives, negative for what it pays; zero for a removal. */
  readonly quote: bigint;
  /** The maker's fee, negative for a rebate. */
  readonly fee: bigint;
  /** Unix seconds. */
  readonly time: bigint;
  /** 1 filled, 2 removed without a trade, 0 settled. */
  readonly kind: number;
  /** 0 bid, 1 ask. */
  readonly side: number;
  /** 1 where nothing of the order is left in the book. */
  readonly whole: number;
  /** The market's index for the maker's side when it was matched, signed 48.16. */
  readonly index: bigint;
}

/** Bytes of Entry. */
export const ENTRY_SIZE = 104;

/** Reads Entry at an offset. */
export function readEntry(view: DataView, at: number): Entry {
  return {
    maker: readAddress(view, at),
    orderId: view.getBigUint64(at + 32, true),
    clientId: view.getBigUint64(at + 40, true),
    lots: view.getBigInt64(at + 48, true),
    quote: view.getBigInt64(at + 56, true),
    fee: view.getBigInt64(at + 64, true),
    time: view.getBigInt64(at + 72, true),
    kind: view.getUint8(at + 80),
    side: view.getUint8(at + 81),
    whole: view.getUint8(at + 82),
    index: view.getBigInt64(at + 88, true),
  };
}

/** A slot of the order book. */
export interface Order {
  /** The maker's margin account. */
  readonly maker: Address;
  /** Orders that rested before it, ever. */
  readonly sequence: bigint;
  /** Ticks; of a pegged order its offset from the index. */
  readonly price: bigint;
  /** Ticks: of a pegged order the worst price at which it trades, else its price. */
  readonly worst: bigint;
  /** Lots that are left. */
  readonly lots: bigint;
  /** What the maker calls it. */
  readonly clientId: bigint;
  /** Unix seconds from which it no longer trades; 0 for never. */
  readonly expires: bigint;
  /** While the slot is free, the next free one plus one. */
  readonly nextFree: number;
  /** 1 rests, 2 ask, 4 pegged. */
  readonly flags: number;
}

/** Bytes of Order. */
export const ORDER_SIZE = 96;

/** Reads Order at an offset. */
export function readOrder(view: DataView, at: number): Order {
  return {
    maker: readAddress(view, at),
    sequence: view.getBigUint64(at + 32, true),
    price: view.getBigInt64(at + 40, true),
    worst: view.getBigInt64(at + 48, true),
    lots: view.getBigInt64(at + 56, true),
    clientId: view.getBigUint64(at + 64, true),
    expires: view.getBigInt64(at + 72, true),
    nextFree: view.getUint16(at + 80, true),
    flags: view.getUint8(at + 82),
  };
}
