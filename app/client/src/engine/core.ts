// The risk engine of the program, compiled to WebAssembly: what an account is worth and needs, now and after what was not
// done yet. Equal to the chain to the atom, because it is the same code.

import type { Reading } from '../accounts/oracle.js';
import { ClientError, RefusedError, refusalOf } from '../errors.js';
import { Side } from '../generated/program/index.js';
import { Refused, Scenario as Raw } from '../wasm/engine.js';

/** How an account stands, in quote atoms: the figures of the `margin_view` instruction. */
export interface Figures {
  /** Equity by the rules of maintenance. */
  readonly equity: bigint;
  /** The account may be liquidated where equity is below. */
  readonly maintenanceMargin: bigint;
  /** Equity by the rules of adding risk. */
  readonly initialEquity: bigint;
  /** Risk may be added while initial equity is at least this. */
  readonly initialMargin: bigint;
  /** Initial equity less initial margin; negative where it is not met. */
  readonly freeCollateral: bigint;
  /** Whether prices allow adding risk; without it the initial figures are zero. */
  readonly canAddRisk: boolean;
  /** Unix seconds since when the account is in liquidation; 0 for not. */
  readonly liquidationStart: bigint;
  /** The account's change counter, as it was read. */
  readonly sequence: bigint;
}

/** Where an account would be liquidated if one asset's price moved alone. Risk prices. */
export interface LiquidationPrice {
  /** The asset. */
  readonly asset: number;
  /** The highest price below the present one at which maintenance fails; undefined where it fails at none. */
  readonly below: bigint | undefined;
  /** The lowest price above the present one at which it fails; undefined up to a thousand times the present price. */
  readonly above: bigint | undefined;
}

/** What a position or a collateral does to the figures: each is the figure with it less the figure without it. */
export interface Holding {
  /** The market of a position; undefined for a collateral. */
  readonly market: number | undefined;
  /** The underlying, or the collateral. */
  readonly asset: number;
  /** Signed lots of a position; token atoms of a collateral. */
  readonly size: bigint;
  /** Of equity, by the rules of maintenance. */
  readonly equity: bigint;
  /** Of the maintenance margin; negative for a hedge that saves margin. */
  readonly maintenanceMargin: bigint;
  /** Of equity, by the rules of adding risk; zero while prices do not allow it. */
  readonly initialEquity: bigint;
  /** Of the initial margin; zero while prices do not allow adding risk. */
  readonly initialMargin: bigint;
}

/** How the positions on one asset move, or all of them: the figures of the `greeks_view` instruction, quote atoms. */
export interface Greeks {
  /** The asset; means nothing of the total. */
  readonly asset: number;
  /** Lots of the underlying that all of it stands for; means nothing of the total. */
  readonly lots: bigint;
  /** Gained where the index doubles and delta stayed: what the lots are worth. */
  readonly delta: bigint;
  /** By which delta grows where the index rises by a hundredth of itself. */
  readonly gamma: bigint;
  /** Gained where volatility rises by a hundredth. */
  readonly vega: bigint;
  /** Gained by a day that passes. */
  readonly theta: bigint;
}

/** What the contracts on one asset need for maintenance by portfolio margin, quote atoms. */
export interface Need {
  /** The asset. */
  readonly asset: number;
  /** Whether it is scanned. Where it is not, it needs what Standard margin asks. */
  readonly isScanned: boolean;
  /** The worst scenario's move of the price, a share of it in 2^-20. */
  readonly worstMove: bigint;
  /** The loss in it. */
  readonly scan: bigint;
  /** What the tiers add for the size of the net position. */
  readonly size: bigint;
  /** What hedged lots are charged. */
  readonly spread: bigint;
  /** What Standard margin asks for the same positions. */
  readonly standard: bigint;
}

/** What a whole account needs for maintenance by portfolio margin, quote atoms. */
export interface Needed {
  /** Scan, size and spread of all assets that are scanned. */
  readonly scanned: bigint;
  /** What pairs of assets save. */
  readonly credits: bigint;
  /** Standard requirement of the assets that are not scanned. */
  readonly unscanned: bigint;
  /** Standard requirement of all. */
  readonly standard: bigint;
  /** The least that is asked. */
  readonly floor: bigint;
  /** What is asked. */
  readonly requirement: bigint;
  /** Whether that is the least. */
  readonly isFloor: boolean;
  /** Whether it is what the options are worth, because nothing else is held. */
  readonly isOwned: boolean;
}

/** Lots at a price in ticks. */
export interface Fill {
  /** Lots. */
  readonly lots: bigint;
  /** The price. */
  readonly ticks: bigint;
}

/** What was not done yet. */
export type Change =
  /** Signed lots for quote atoms (negative for what is paid) and a fee (negative for a rebate). */
  | { readonly kind: 'trade'; readonly market: number; readonly lots: bigint; readonly quote: bigint; readonly fee: bigint }
  /** A leg of a block trade: signed lots at a price in ticks, with its fee. */
  | { readonly kind: 'block'; readonly market: number; readonly lots: bigint; readonly ticks: bigint }
  /** What an order takes from the book (`take` in accounts), with the taker's fee and the account's discount. */
  | { readonly kind: 'take'; readonly market: number; readonly side: Side; readonly fills: readonly Fill[] }
  /** An order that comes to rest at a price in ticks. */
  | { readonly kind: 'rest'; readonly market: number; readonly side: Side; readonly lots: bigint; readonly ticks: bigint }
  /** An order that comes to rest at an offset from the index, in ticks. */
  | { readonly kind: 'peg'; readonly market: number; readonly side: Side; readonly lots: bigint; readonly offset: number }
  /** Lots of a resting order that are cancelled; `whole` (true) where nothing of it is left. */
  | { readonly kind: 'cancel'; readonly market: number; readonly side: Side; readonly lots: bigint; readonly whole?: boolean }
  /** A deposit of token atoms. */
  | { readonly kind: 'deposit'; readonly asset: number; readonly atoms: bigint }
  /** A withdrawal of token atoms, as far as the account goes. */
  | { readonly kind: 'withdraw'; readonly asset: number; readonly atoms: bigint }
  /** A price (risk price) once it has settled there: average and stable price have arrived too, the interval is narrow. */
  | { readonly kind: 'price'; readonly asset: number; readonly price: bigint }
  /** A reading of the oracle, as `refresh_prices` records it. */
  | { readonly kind: 'refresh'; readonly asset: number; readonly reading: Reading }
  /** Another time, in unix seconds. */
  | { readonly kind: 'wait'; readonly until: bigint }
  /** Options on an asset priced anew, as `refresh_arrays` does. */
  | { readonly kind: 'price options'; readonly asset: number }
  /** Another model of margin: `MODEL_STANDARD` or `MODEL_PORTFOLIO`. */
  | { readonly kind: 'model'; readonly model: number };

/** Turns what the engine throws into an error with the program's sentence. */
function asked<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, detail } = error;
    error.free();
    if (code === 0) throw new ClientError(detail, 'pass a risk book and a margin account of it, as a node has them');
    throw new RefusedError(refusalOf(code, undefined, [detail], detail));
  }
}

const GREEKS = ['asset', 'lots', 'delta', 'gamma', 'vega', 'theta'] as const;

/** Figures of the engine's memory as an object of their own. */
function lifted<T extends { free(): void }, K extends keyof T>(raw: T, ...names: K[]): Pick<T, K> {
  const copy = Object.fromEntries(names.map((name) => [name, raw[name]])) as Pick<T, K>;
  raw.free();
  return copy;
}

/**
 * An account at a time, to be changed and asked. A change that is refused leaves it as it was.
 *
 * It lives in the engine's memory: `free` it, or declare it with `using`, or leave it to the collector.
 */
export class Scenario {
  readonly #raw: Raw;

  private constructor(raw: Raw) {
    this.#raw = raw;
  }

  /** From the bytes of a risk book and a margin account, judged at `now` (unix seconds of the chain's clock). */
  static of(riskBook: Uint8Array, marginAccount: Uint8Array, now: bigint): Scenario {
    return new Scenario(asked(() => new Raw(riskBook, marginAccount, now)));
  }

  /** A copy, to go another way. */
  fork(): Scenario {
    return new Scenario(this.#raw.fork());
  }

  /** Gives its memory back. */
  free(): void {
    this.#raw.free();
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.free();
  }

  /** Applies changes, one after another. Throws {@link RefusedError}; those before it stay. */
  apply(...changes: readonly Change[]): this {
    for (const change of changes) asked(() => applyTo(this.#raw, change));
    return this;
  }

  /** The figures of the `margin_view` instruction. */
  view(): Figures {
    return lifted(
      asked(() => this.#raw.view()),
      'equity',
      'maintenanceMargin',
      'initialEquity',
      'initialMargin',
      'freeCollateral',
      'canAddRisk',
      'liquidationStart',
      'sequence',
    );
  }

  /** Equity / maintenance margin in basis points, rounded down; undefined without a requirement. */
  ratioBps(): bigint | undefined {
    return asked(() => this.#raw.ratioBps());
  }

  /** Whether initial margin is met at usable prices: what adding risk asks for. */
  meetsInitial(): boolean {
    return this.#raw.meetsInitial();
  }

  /** Where the account would be liquidated, for each asset that it is exposed to; empty where it already fails. */
  liquidationPrices(): LiquidationPrice[] {
    return asked(() => this.#raw.liquidationPrices()).map((raw) => lifted(raw, 'asset', 'below', 'above'));
  }

  /** The same for one asset. */
  liquidationPrice(asset: number): LiquidationPrice {
    return lifted(
      asked(() => this.#raw.liquidationPrice(asset)),
      'asset',
      'below',
      'above',
    );
  }

  /** Every position and collateral with what it does to the figures. */
  holdings(): Holding[] {
    const names = ['market', 'asset', 'size', 'equity', 'maintenanceMargin', 'initialEquity', 'initialMargin'] as const;
    return asked(() => this.#raw.holdings()).map((raw) => lifted(raw, ...names));
  }

  /** The greeks of each asset with positions, of options as of their arrays. */
  greeks(): Greeks[] {
    return asked(() => this.#raw.greeks()).map((raw) => lifted(raw, ...GREEKS));
  }

  /** What all assets' money sums up to. */
  totalGreeks(): Greeks {
    return lifted(
      asked(() => this.#raw.totalGreeks()),
      ...GREEKS,
    );
  }

  /** What each asset with positions needs for maintenance by portfolio margin, whichever model the account has chosen. */
  needs(): Need[] {
    const names = ['asset', 'isScanned', 'worstMove', 'scan', 'size', 'spread', 'standard'] as const;
    return asked(() => this.#raw.needs()).map((raw) => lifted(raw, ...names));
  }

  /** What the whole account needs for it. */
  needed(): Needed {
    return lifted(
      asked(() => this.#raw.needed()),
      'scanned',
      'credits',
      'unscanned',
      'standard',
      'floor',
      'requirement',
      'isFloor',
      'isOwned',
    );
  }

  /** The most atoms of an asset that the account may give up now; the vault's own limit is not part of it. */
  withdrawable(asset: number): bigint {
    return this.#raw.withdrawable(asset);
  }

  /** The most lots that can be traded at a price in ticks, at the taker's fee, with initial margin met afterwards; 0 where it is
   * not met before. The market's caps are not part of it. */
  mostLots(market: number, side: Side, ticks: bigint): bigint {
    return this.#raw.mostLots(market, side === Side.Sell, ticks);
  }
}

function applyTo(raw: Raw, change: Change): void {
  const sells = 'side' in change && change.side === Side.Sell;
  switch (change.kind) {
    case 'trade':
      return raw.trade(change.market, change.lots, change.quote, change.fee);
    case 'block':
      return raw.blockTrade(change.market, change.lots, change.ticks);
    case 'take': {
      const [lots, ticks] = [change.fills.map((fill) => fill.lots), change.fills.map((fill) => fill.ticks)];
      return raw.take(change.market, sells, new BigUint64Array(lots), new BigUint64Array(ticks));
    }
    case 'rest':
      return raw.rest(change.market, sells, change.lots, change.ticks);
    case 'peg':
      return raw.restPegged(change.market, sells, change.lots, change.offset);
    case 'cancel':
      return raw.cancel(change.market, sells, change.lots, change.whole ?? true);
    case 'deposit':
      return raw.deposit(change.asset, change.atoms);
    case 'withdraw':
      return raw.withdraw(change.asset, change.atoms);
    case 'price':
      return raw.movePrice(change.asset, change.price);
    case 'wait':
      return raw.waitUntil(change.until);
    case 'price options':
      return raw.priceOptions(change.asset);
    case 'model':
      return raw.chooseModel(change.model);
    case 'refresh': {
      const { price, confidence, average, exponent, publishTime, postedSlot } = change.reading;
      return raw.refresh(change.asset, price, confidence, average, exponent, publishTime, postedSlot);
    }
  }
}

/** The figures of an account before and after changes. */
export interface Preview {
  /** As it is. */
  readonly before: Figures;
  /** As it would be. */
  readonly after: Figures;
  /** Whether initial margin would be met. */
  readonly meetsInitial: boolean;
}

/** What changes would make of an account. Throws {@link RefusedError} for a change that the engine refuses. */
export function preview(riskBook: Uint8Array, marginAccount: Uint8Array, now: bigint, changes: readonly Change[]): Preview {
  const scenario = Scenario.of(riskBook, marginAccount, now);
  try {
    const before = scenario.view();
    scenario.apply(...changes);
    return { before, after: scenario.view(), meetsInitial: scenario.meetsInitial() };
  } finally {
    scenario.free();
  }
}
