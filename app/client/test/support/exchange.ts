// A clearinghouse with traders, on an embedded chain: USDC, SOL and ETH, with a perpetual on each of the last two.

import { getAddressDecoder, getI32Encoder, getI64Encoder, getU64Encoder, type Address, type Instruction, type KeyPairSigner } from '@solana/kit';
import {
  RefusedError,
  SYSTEM_PROGRAM,
  custodyAddress,
  clearinghouseAddress,
  decodeMargin,
  decodeMarginView,
  decodeOrderBook,
  decodeRiskBook,
  deposit,
  marginAccountAddress,
  marketAddress,
  openMarginAccount,
  refreshPrices,
  riskBookAddress,
  vaultAddress,
  venueOf,
  viewMargin,
  type Actor,
  type Margin,
  type OrderBook,
  type RiskTables,
  type Venue,
} from '../../src/index.js';
import {
  getAddAssetInstruction,
  getAddMarketInstruction,
  getCreateClearinghouseInstruction,
  getGrowMarketInstruction,
  getListCollateralInstruction,
  type AssetTermsArgs,
  type MarginView,
  type MarketTermsArgs,
} from '../../src/generated/program/index.js';
import { Chain, PYTH_RECEIVER } from './chain.js';

/** Power of ten of the prices. */
export const EXPONENT = -8;
const DOLLAR = 100_000_000n;

const QUOTE: AssetTermsArgs = {
  maxAgeInitial: 60,
  maxAgeLiquidation: 300,
  maxConfidenceBps: 100,
  maxDivergenceBps: 1_000,
  stableGrowthBps: 100,
  weightInitialBps: 10_000,
  weightMaintenanceBps: 10_000,
  pnlWeightBps: 10_000,
  depositCap: 1_000_000_000_000_000n,
  fullWeightDeposits: 1_000_000_000_000_000n,
};
const UNLISTED: AssetTermsArgs = { ...QUOTE, weightInitialBps: 0, weightMaintenanceBps: 0, pnlWeightBps: 9_000, depositCap: 0n, fullWeightDeposits: 0n };
const LISTED: AssetTermsArgs = {
  ...UNLISTED,
  weightInitialBps: 8_000,
  weightMaintenanceBps: 9_000,
  depositCap: 1_000_000_000_000_000n,
  // Few, so that a deposit weighs on the weight of all.
  fullWeightDeposits: 15_000_000_000n,
};
const RISK = {
  maxDepegBps: 200,
  liquidationBufferBps: 1_000,
  auctionSeconds: 30,
  backstopLineBps: 5_000,
  backstopDailyLoss: 250_000_000_000n,
  profitMaturity: 3_600,
  interest: { atKinkBps: 800, atFullBps: 10_000, kinkBps: 2_000, surchargeBps: 5_000, allowance: 1_000_000_000_000n },
};
const MOST = (1n << 64n) - 1n;
/** A contract that never ends. */
const PERPETUAL = { kind: 0, expiry: 0n, strike: 0n };
/** The terms of every market. */
export const MARKET: MarketTermsArgs = {
  tiers: [
    { upper: 250_000_000_000n, rateBps: 500 },
    { upper: 1_000_000_000_000n, rateBps: 800 },
    { upper: MOST, rateBps: 1_500 },
    { upper: MOST, rateBps: 1_500 },
  ],
  maintenanceFractionBps: 6_000,
  penaltyStartBps: 50,
  penaltyMaxBps: 200,
  insuranceShareBps: 3_000,
  priceBandBps: 300,
  tradeFeeTenthsBps: 20,
  maxOpenInterest: 100_000_000n,
  dustNotional: 100_000_000n,
  takerFeeTenthsBps: 30,
  makerFeeTenthsBps: -5,
  minOrderLots: 10n,
  fundingInterval: 3_600,
  fundingCapBps: 100,
  impactNotional: 10_000_000_000n,
  scaleStart: 20_000_000n,
  scaleEnd: 100_000_000n,
  scaleMaxBps: 20_000,
  triggerFee: 100_000n,
  mode: 0,
};

/** What a feed says. */
export interface Price {
  readonly price: bigint;
  readonly confidence: bigint;
  readonly average: bigint;
}

/** An asset besides the quote token. */
interface Listing {
  readonly name: string;
  readonly decimals: number;
  readonly lotExponent: number;
  readonly start: bigint;
  readonly tickSize: bigint;
  readonly collateral: boolean;
}

const LISTINGS: readonly Listing[] = [
  { name: 'SOL', decimals: 9, lotExponent: -2, start: 150n * DOLLAR, tickSize: 100n, collateral: true },
  { name: 'ETH', decimals: 8, lotExponent: -3, start: 4_000n * DOLLAR, tickSize: 10n, collateral: false },
];

const nameBytes = (name: string): Uint8Array => new Uint8Array([...new TextEncoder().encode(name), ...new Uint8Array(16)].slice(0, 16));
const feedOf = (asset: number): Uint8Array => new Uint8Array(32).fill(asset);

/** A `PriceUpdateV2` account, as Pyth's receiver writes it. */
export function priceBytes(asset: number, { price, confidence, average }: Price, publishTime: bigint, slot: bigint): Uint8Array {
  const [signed, unsigned] = [getI64Encoder(), getU64Encoder()];
  return new Uint8Array([
    ...[34, 241, 35, 99, 157, 126, 244, 205],
    ...new Uint8Array(32), // who may write it
    1, // fully verified
    ...feedOf(asset),
    ...signed.encode(price),
    ...unsigned.encode(confidence),
    ...getI32Encoder().encode(EXPONENT),
    ...signed.encode(publishTime),
    ...signed.encode(publishTime - 1n),
    ...signed.encode(average),
    ...unsigned.encode(confidence),
    ...unsigned.encode(slot),
  ]);
}

/** A trader: who signs, and the margin account. */
export interface Trader extends Actor {
  readonly authority: KeyPairSigner;
}

/** The clearinghouse. */
export class Exchange {
  readonly prices = new Map<number, Price>();
  readonly priceAccounts = new Map<number, Address>();

  private constructor(
    readonly chain: Chain,
    readonly authority: KeyPairSigner,
    public venue: Venue,
    readonly mints: readonly Address[],
  ) {}

  static async start(): Promise<Exchange> {
    const chain = await Chain.start();
    const authority = await chain.person('authority');
    const mints = [await chain.mint('USDC', 6), ...(await Promise.all(LISTINGS.map(({ name, decimals }) => chain.mint(name, decimals))))];
    const clearinghouse = await clearinghouseAddress(authority.address, 1n);
    await chain.run([await create(authority, clearinghouse, mints[0]!)]);
    const exchange = new Exchange(chain, authority, await venueOf(tablesOf(chain, await riskBookAddress(clearinghouse))), mints);
    for (const [at, listing] of LISTINGS.entries()) await exchange.#list(at + 1, listing);
    exchange.venue = await venueOf(exchange.tables());
    for (const [at] of LISTINGS.entries()) await exchange.#grow(at, 14);
    await exchange.refresh();
    return exchange;
  }

  async #list(asset: number, { name, decimals, lotExponent, start, tickSize, collateral }: Listing): Promise<void> {
    const { authority } = this;
    const { clearinghouse, riskBook } = this.venue;
    const accounts = { authority, clearinghouse, riskBook };
    const oracle = { kind: 1, owner: PYTH_RECEIVER, feed: feedOf(asset) };
    await this.chain.run([getAddAssetInstruction({ ...accounts, name: nameBytes(name), oracle, lotExponent, decimals, terms: UNLISTED })]);
    if (collateral) {
      const mint = this.mints[asset]!;
      const tokens = { mint, vault: await vaultAddress(clearinghouse, mint), custody: await custodyAddress(clearinghouse, mint) };
      await this.chain.run([getListCollateralInstruction({ ...accounts, ...tokens, asset, terms: LISTED })]);
    }
    const index = asset - 1;
    const market = await marketAddress(clearinghouse, index);
    await this.chain.run([getAddMarketInstruction({ ...accounts, market, index, name: nameBytes(`${name}-PERP`), asset, tickSize, ...PERPETUAL, terms: MARKET })]);
    this.prices.set(asset, { price: start, confidence: start / 10_000n, average: start });
    this.priceAccounts.set(asset, getAddressDecoder().decode(new Uint8Array(32).fill(100 + asset)));
  }

  async #grow(index: number, times: number): Promise<void> {
    const market = this.venue.markets[index]!;
    for (let at = 0; at < times; at += 7) {
      const count = Math.min(7, times - at);
      await this.chain.run(Array.from({ length: count }, () => getGrowMarketInstruction({ payer: this.authority, market })));
    }
  }

  /** The risk book's bytes. */
  book(): Uint8Array {
    return this.chain.data(this.venue.riskBook);
  }

  tables(): RiskTables {
    return decodeRiskBook(this.book());
  }

  margin({ marginAccount }: Actor): Margin {
    return decodeMargin(this.chain.data(marginAccount));
  }

  orders(market: number): OrderBook {
    return decodeOrderBook(this.chain.data(this.venue.markets[market]!));
  }

  /** What the chain says of an account. */
  async view(trader: Actor): Promise<MarginView> {
    const { returnData } = await this.chain.run([viewMargin(this.venue, trader.marginAccount)]);
    return decodeMarginView(returnData);
  }

  /** Writes the price accounts as of now. */
  publish(): void {
    for (const [asset, price] of this.prices) {
      const bytes = priceBytes(asset, price, this.chain.time, this.chain.slot);
      this.chain.setAccount(this.priceAccounts.get(asset)!, PYTH_RECEIVER, bytes);
    }
  }

  refreshing(): Instruction {
    return refreshPrices(this.venue, [...this.priceAccounts]);
  }

  /** Publishes the prices a second later, and records them. */
  async refresh(): Promise<void> {
    this.chain.advance(1n);
    this.publish();
    await this.chain.run([this.refreshing()]);
  }

  /** Somebody with a margin account and so much USDC in it. */
  async trader(name: string, usdc = 10_000n): Promise<Trader> {
    const authority = await this.chain.person(name);
    const marginAccount = await marginAccountAddress(this.venue.clearinghouse, authority.address, 0);
    await this.chain.tokens(authority.address, this.mints[0]!, 1_000_000_000_000n);
    const open = await openMarginAccount(this.venue, authority);
    const pay = usdc > 0n ? await deposit(this.venue, { authority, marginAccount, asset: 0, atoms: usdc * 1_000_000n }) : [];
    await this.chain.run([open, ...pay]);
    return { authority, marginAccount };
  }
}

function tablesOf(chain: Chain, riskBook: Address): RiskTables {
  return decodeRiskBook(chain.data(riskBook));
}

async function create(creator: KeyPairSigner, clearinghouse: Address, quoteMint: Address): Promise<Instruction> {
  return getCreateClearinghouseInstruction({
    creator,
    clearinghouse,
    riskBook: await riskBookAddress(clearinghouse),
    quoteMint,
    quoteVault: await vaultAddress(clearinghouse, quoteMint),
    custody: await custodyAddress(clearinghouse, quoteMint),
    id: 1n,
    guardian: SYSTEM_PROGRAM,
    risk: RISK,
    quoteName: nameBytes('USDC'),
    quoteOracle: { kind: 0, owner: SYSTEM_PROGRAM, feed: new Uint8Array(32) },
    quote: QUOTE,
  });
}

/** The refusal of what must be refused. */
export async function refused(doing: Promise<unknown>): Promise<RefusedError> {
  try {
    await doing;
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

