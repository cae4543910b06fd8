/** From accounts to what pages read: which accounts there are, and what their bytes mean. */
import type { Address } from '@solana/kit';
import { ACCOUNTS_LISTED } from '../model/accounts';
import type { OptionRow } from '../model/contract';
import type {
  AssetRow,
  Book,
  CustodyState,
  Ledger,
  Margin,
  MarketRow,
  MarketState,
  Resting,
  Side,
  TriggerRow,
} from '../model/types';
import { MODES } from '../model/types';
import {
  CLOCK,
  decodeClearinghouse,
  decodeCustody,
  decodeMargin,
  decodeOrderBook,
  decodeRiskBook,
  decodeTriggers,
  KIND_CALL,
  MODEL_PORTFOLIO,
  marginAccountAddress,
  riskBookAddress,
  SEQUENCE_OFFSET,
  Side as ClientSide,
  SYSTEM_PROGRAM,
  tokenAddress,
  triggersAddress,
  venueOf,
  waitingTriggers,
  type Venue,
} from '@counterweight/client';
import type { Found } from './node';
import type { Settings } from './settings';
import type { Holder, Purse, World } from './world';

/** Which accounts pages need. */
export interface Keys {
  readonly venue: Venue;
  readonly owner: Address | undefined;
  readonly margin: Address | undefined;
  /** Where its trigger orders are, once there is room for them. */
  readonly triggers: Address | undefined;
  /** The owner's margin accounts of the numbers that are looked for, and that one. */
  readonly accounts: readonly Address[];
  /** The owner's token accounts, by asset. */
  readonly wallets: ReadonlyMap<number, Address>;
  /** What of the risk book decides which accounts there are. */
  readonly shape: string;
  /** Those that count their changes. */
  readonly counted: ReadonlySet<Address>;
  /** All accounts. */
  readonly all: readonly Address[];
  /** Those that are watched closely, with the market that is traded. */
  fast(market: Address | undefined): Address[];
}

function shapeOf(assets: readonly AssetRow[], markets: readonly MarketRow[]): string {
  return `${assets.map((asset) => asset.mint ?? '-').join()}|${markets.length}`;
}

/** A risk book with what decides which accounts there are. */
export function decodeBook(data: Uint8Array): Book & { readonly shape: string } {
  const tables = decodeRiskBook(data);
  const assets = tables.assets.map((row, at): AssetRow => {
    const mint = row.mint === SYSTEM_PROGRAM ? undefined : row.mint;
    const oracle = (['none', 'pull', 'legacy'] as const)[row.oracleKind] ?? 'none';
    return { ...row, at, mint, oracle, tooWide: (row.priceFlags & 1) !== 0, tooFar: (row.priceFlags & 2) !== 0 };
  });
  const markets = tables.markets.map((row, at): MarketRow => ({
    ...row,
    at,
    mode: MODES[row.mode] ?? 'active',
    option: optionOf(row),
    fixed: fixedOf(row),
  }));
  const { params } = tables;
  return {
    paused: tables.paused,
    quoteDecimals: params.quoteDecimals,
    auctionSeconds: params.auctionSeconds,
    liquidationBuffer: params.liquidationBuffer,
    backstopLine: params.backstopLine,
    backstopDailyLoss: params.backstopDailyLoss,
    profitMaturity: params.profitMaturity,
    debt: params.interest.debt,
    offersPortfolio: params.portfolio.floor > 0,
    assets,
    markets,
    shape: shapeOf(assets, markets),
  };
}

function optionOf({ kind, contract, array }: ReturnType<typeof decodeRiskBook>['markets'][number]): OptionRow | undefined {
  if (kind < KIND_CALL) return undefined;
  const { mark, index, delta, gamma, volatility } = array;
  const right = kind === KIND_CALL ? 'call' : 'put';
  return { right, strike: contract.strike, expiry: contract.expiry, mark, index, delta, gamma, volatility };
}

function fixedOf({ contract }: ReturnType<typeof decodeRiskBook>['markets'][number]): MarketRow['fixed'] {
  return contract.seconds > 0 ? { sum: contract.sum, seconds: BigInt(contract.seconds) } : undefined;
}

type Fetch = (keys: readonly Address[]) => Promise<{ found: (Found | undefined)[] }>;

/** Finds out which accounts there are. */
export async function keysOf(settings: Settings, owner: Address | undefined, fetch: Fetch): Promise<Keys> {
  const clearinghouse = settings.clearinghouse as Address;
  const [found] = (await fetch([await riskBookAddress(clearinghouse)])).found;
  if (!found) throw new Error('There is no clearinghouse at this address on this network. Check both in the network settings.');
  const tables = decodeRiskBook(found.data);
  const mints = tables.assets.map((asset) => asset.mint).filter((mint) => mint !== SYSTEM_PROGRAM);
  const owners = (await fetch(mints)).found.map((mint) => mint?.owner as Address | undefined);
  const tokenPrograms = new Map(mints.flatMap((mint, at) => (owners[at] ? [[mint, owners[at]] as const] : [])));
  const venue = await venueOf(tables, { tokenPrograms });
  const wallets = new Map<number, Address>();
  for (const collateral of owner ? venue.collaterals.values() : []) {
    if (owner) wallets.set(collateral.asset, await tokenAddress(owner, collateral));
  }
  const margin = owner && (await marginAccountAddress(clearinghouse, owner, settings.accountId));
  const triggers = margin && (await triggersAddress(margin));
  const numbers = new Set([...Array.from({ length: ACCOUNTS_LISTED }, (_, id) => id), settings.accountId]);
  const accounts = owner ? await Promise.all([...numbers].map((id) => marginAccountAddress(clearinghouse, owner, id))) : [];
  const own = [...accounts, ...(triggers ? [triggers] : []), ...(owner ? [owner] : []), ...wallets.values()];
  const custodies = [...venue.collaterals.values()].map((one) => one.custody);
  return {
    venue,
    owner,
    margin,
    triggers,
    accounts,
    wallets,
    shape: decodeBook(found.data).shape,
    counted: new Set([...accounts, venue.backstop, ...venue.markets]),
    all: [CLOCK, venue.riskBook, clearinghouse, venue.backstop, ...own, ...venue.markets, ...custodies],
    fast: (market) => [CLOCK, venue.riskBook, ...own, ...(market ? [market] : [])],
  };
}

/** The change counter of a margin account or a market. */
export function sequenceOf(data: Uint8Array): bigint {
  return new DataView(data.buffer, data.byteOffset).getBigUint64(SEQUENCE_OFFSET, true);
}

function marginOf(data: Uint8Array): Margin {
  const account = decodeMargin(data);
  const { core } = account;
  return {
    owner: account.owner,
    delegate: account.delegate === SYSTEM_PROGRAM ? undefined : account.delegate,
    id: account.id,
    model: core.model === MODEL_PORTFOLIO ? 'portfolio' : 'standard',
    sequence: account.sequence,
    feeDiscountBps: account.feeDiscountBps,
    cash: cashOf(core.cash),
    immature: core.immature,
    liquidationStart: core.liquidationStart,
    balances: core.balances.filter((balance) => balance.atoms > 0n),
    positions: account.positions,
    openOrders: core.openOrders,
    slots: account.slots,
  };
}

function triggersOf(data: Uint8Array): readonly TriggerRow[] {
  return waitingTriggers(decodeTriggers(data)).map((one) => ({ ...one, side: one.side === ClientSide.Buy ? 'buy' : 'sell' }));
}

/** A unit type of the program is a struct of one field in the IDL. */
function cashOf(cash: bigint | readonly [bigint] | { readonly fields: readonly [bigint] }): bigint {
  if (typeof cash === 'bigint') return cash;
  return 'fields' in cash ? cash.fields[0] : cash[0];
}

function marketOf(data: Uint8Array): MarketState {
  const market = decodeOrderBook(data);
  const lane = (orders: typeof market.bids, side: Side, pegged: boolean): Resting[] =>
    orders.map((order) => ({ ...order, side, pegged }));
  return {
    sequence: market.sequence,
    openLong: market.openLong,
    openShort: market.openShort,
    insurance: market.insurance,
    fees: market.fees,
    volume: market.volume,
    queued: market.waiting.length,
    funding: market.funding,
    orders: [
      ...lane(market.bids, 'buy', false),
      ...lane(market.peggedBids, 'buy', true),
      ...lane(market.asks, 'sell', false),
      ...lane(market.peggedAsks, 'sell', true),
    ],
  };
}

function custodyOf(data: Uint8Array): CustodyState {
  const { asset, recorded, outflow } = decodeCustody(data);
  return { asset, recorded, limit: outflow.limit, used: outflow.used, since: outflow.since, window: outflow.window };
}

function ledgerOf(data: Uint8Array): Ledger {
  const { insurance, fees, residue, authority } = decodeClearinghouse(data);
  return { insurance, fees, residue, authority };
}

/** What was decoded of the same bytes before: most accounts stay as they are from one pass to the next. */
const decoded = new WeakMap<Uint8Array, unknown>();

function once<T>(found: Found | undefined, decode: (data: Uint8Array) => T): T | undefined {
  if (!found) return undefined;
  const before = decoded.get(found.data) as T | undefined;
  if (before !== undefined) return before;
  const value = decode(found.data);
  decoded.set(found.data, value as object);
  return value;
}

function holderOf(address: Address | undefined, found: Found | undefined): Holder | undefined {
  const margin = address && found && found.data.length > 0 ? once(found, marginOf) : undefined;
  return address && found && margin && { address, margin, bytes: found.data };
}

function purseOf(keys: Keys, read: (key: Address) => Found | undefined): Purse | undefined {
  if (!keys.owner) return undefined;
  const tokens = new Map<number, bigint>();
  for (const [asset, wallet] of keys.wallets) {
    const data = read(wallet)?.data;
    // The amount of a token account stands behind its mint and its owner.
    if (data && data.length >= 72) tokens.set(asset, new DataView(data.buffer, data.byteOffset).getBigUint64(64, true));
  }
  return { address: keys.owner, lamports: read(keys.owner)?.lamports ?? 0n, tokens };
}

/** Everything together; nothing before risk book and clock were read. */
export function compose(keys: Keys, read: (key: Address) => Found | undefined, slot: bigint): World | undefined {
  const clock = read(CLOCK)?.data;
  const riskBook = read(keys.venue.riskBook);
  const book = once(riskBook, decodeBook);
  if (!clock || !riskBook || !book) return undefined;
  const now = new DataView(clock.buffer, clock.byteOffset).getBigInt64(32, true);
  const markets = new Map<number, MarketState>();
  keys.venue.markets.forEach((key, at) => {
    const state = once(read(key), marketOf);
    if (state) markets.set(at, state);
  });
  const custodies = new Map<number, CustodyState>();
  for (const { asset, custody } of keys.venue.collaterals.values()) {
    const state = once(read(custody), custodyOf);
    if (state) custodies.set(asset, state);
  }
  return {
    readAt: Date.now(),
    now,
    slot,
    book,
    bookBytes: riskBook.data,
    ledger: once(read(keys.venue.clearinghouse), ledgerOf),
    markets,
    custodies,
    backstop: holderOf(keys.venue.backstop, read(keys.venue.backstop)),
    account: holderOf(keys.margin, keys.margin && read(keys.margin)),
    triggers: once(keys.triggers && read(keys.triggers), triggersOf),
    accounts: keys.accounts.flatMap((key) => holderOf(key, read(key)) ?? []).sort((a, b) => a.margin.id - b.margin.id),
    purse: purseOf(keys, read),
  };
}
