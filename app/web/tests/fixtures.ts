/** A clearinghouse for tests, with the terms of migrations/localnet.toml, and an engine whose figures are easy to see. */
import type { AssetGreeks, Change, Figures, Judge } from '../src/engine/engine';
import type { Desk } from '../src/model/ticket';
import { ranked } from '../src/model/matching';
import type { AssetRow, Book, Margin, MarketRow, Resting, Side } from '../src/model/types';

const RATIO = 1 << 20;
/** 150 dollars a SOL: 1.5 a lot of 0.01. */
export const SOL_PRICE = 1_500_000n << 16n;
export const NOW = 1_800_000_000n;

export function asset(at: number, changed: Partial<AssetRow> = {}): AssetRow {
  return {
    at,
    name: at === 0 ? 'USDC' : 'SOL',
    mint: 'mint',
    oracle: at === 0 ? 'none' : 'pull',
    feed: new Uint8Array(32),
    index: at === 0 ? 65_536n : SOL_PRICE,
    confidence: 0n,
    average: SOL_PRICE,
    stable: SOL_PRICE,
    publishTime: NOW - 2n,
    maxAgeInitial: 60,
    maxAgeLiquidation: 300,
    tooWide: false,
    tooFar: false,
    weightInitial: RATIO,
    weightInitialFull: RATIO,
    weightMaintenance: RATIO,
    pnlWeight: RATIO,
    decimals: at === 0 ? 6 : 9,
    lotExponent: at === 0 ? 0 : -2,
    atomsPerLot: 10_000_000n,
    depositCap: 10n ** 15n,
    deposited: 0n,
    fullWeightDeposits: 10n ** 15n,
    ...changed,
  };
}

export function market(changed: Partial<MarketRow> = {}): MarketRow {
  return {
    at: 0,
    address: 'market',
    name: 'SOL-PERP',
    tickSize: 100n,
    asset: 1,
    mode: 'active',
    maxOpenInterest: 100_000_000n,
    minOrderLots: 10n,
    takerFeeTenths: 30,
    makerFeeTenths: -5,
    triggerFee: 50_000n,
    priceBand: Math.floor(0.03 * RATIO),
    fundingInterval: 3_600,
    fundingCap: Math.floor(0.01 * RATIO),
    scale: RATIO,
    ratesBps: [500, 800, 1_500, 1_500],
    maintenanceFraction: Math.ceil(0.6 * RATIO),
    settlementPrice: 0n,
    option: undefined,
    fixed: undefined,
    ...changed,
  };
}

export function book(changed: Partial<Book> = {}): Book {
  return {
    paused: 0,
    quoteDecimals: 6,
    auctionSeconds: 30,
    liquidationBuffer: Math.ceil(0.1 * RATIO),
    backstopLine: RATIO / 2,
    backstopDailyLoss: 250_000_000_000n,
    profitMaturity: 3_600,
    debt: 0n,
    offersPortfolio: false,
    assets: [asset(0), asset(1)],
    markets: [market()],
    ...changed,
  };
}

export function margin(lots: bigint, changed: Partial<Margin> = {}): Margin {
  const position = { market: 0, asset: 1, lots, quote: -lots * 1_500_000n, bidLots: 0n, askLots: 0n };
  return {
    owner: 'owner',
    delegate: undefined,
    id: 0,
    model: 'standard',
    sequence: 1n,
    feeDiscountBps: 0,
    cash: 1_000_000_000n,
    immature: { atoms: 0n, since: 0n, until: 0n },
    liquidationStart: 0n,
    balances: [],
    positions: lots === 0n ? [] : [position],
    openOrders: 0,
    slots: 8,
    ...changed,
  };
}

let arrivals = 0n;

/** An order at a price in ticks, or at an offset where it is pegged. The later one came later. */
export function order(side: Side, price: bigint, lots: bigint, changed: Partial<Resting> = {}): Resting {
  arrivals += 1n;
  return {
    id: arrivals << 16n,
    maker: 'maker',
    side,
    pegged: false,
    price,
    worst: price,
    lots,
    clientId: 0n,
    expires: 0n,
    ...changed,
  };
}

export function desk(orders: readonly Resting[], held = 0n, changed: Partial<MarketRow> = {}): Desk {
  const row = market(changed);
  const all = book({ markets: [row] });
  const sol = asset(1);
  return {
    book: all,
    market: row,
    asset: sol,
    margin: margin(held),
    bids: ranked(orders, 'buy', row, sol, NOW, false),
    asks: ranked(orders, 'sell', row, sol, NOW, false),
    own: 'own',
    triggers: 0,
  };
}

export function figures(equity: bigint, maintenanceMargin: bigint, changed: Partial<Figures> = {}): Figures {
  const initialMargin = maintenanceMargin * 2n;
  return {
    equity,
    maintenanceMargin,
    initialEquity: equity,
    initialMargin,
    freeCollateral: equity - initialMargin,
    canAddRisk: true,
    liquidationStart: 0n,
    ...changed,
  };
}

export function greeks(asset: number, changed: Partial<AssetGreeks> = {}): AssetGreeks {
  return { asset, lots: 0n, delta: 0n, gamma: 0n, vega: 0n, theta: 0n, ...changed };
}

/** One SOL long of 1,000 quote tokens: equity follows the price, a tenth of it is the requirement. */
export function straightJudge(): Judge {
  const judge: Judge = {
    figures(changes: readonly Change[] = []) {
      const price = changes.reduce(
        (found, change) => (change.kind === 'price' && change.asset === 1 ? change.price : found),
        SOL_PRICE,
      );
      const value = (100n * price) >> 16n;
      return figures(1_000_000_000n + value - 150_000_000n, value / 10n);
    },
    outlook: (changes) => ({ figures: judge.figures(changes), contributions: [], edges: [] }),
    greeks: () => ({ assets: [greeks(1, { lots: 100n, delta: 150_000_000n })], total: greeks(0, { delta: 150_000_000n }) }),
    withdrawable: () => 0n,
    mostLots: () => 1_000n,
    release: () => {},
  };
  return judge;
}
