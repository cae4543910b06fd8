/**
 * The risk engine, as pages use it: plain figures instead of handles into the module's memory, so that nothing has to
 * be freed by whoever reads them, and a test can hand in an engine of its own.
 */

import type { Model } from '../model/types';

/** What `margin_view` says, quote atoms. */
export interface Figures {
  readonly equity: bigint;
  readonly maintenanceMargin: bigint;
  readonly initialEquity: bigint;
  readonly initialMargin: bigint;
  readonly freeCollateral: bigint;
  readonly canAddRisk: boolean;
  readonly liquidationStart: bigint;
}

/** What one holding does to the figures: with it less without it. */
export interface Contribution {
  /** None for a collateral. */
  readonly market: number | undefined;
  readonly asset: number;
  readonly size: bigint;
  readonly equity: bigint;
  readonly maintenanceMargin: bigint;
  readonly initialMargin: bigint;
}

/** Where an account would be liquidated if one price moved alone; risk prices. */
export interface Edge {
  readonly asset: number;
  readonly below: bigint | undefined;
  readonly above: bigint | undefined;
}

/** How the positions on one asset move, quote atoms: delta by the index, gamma is delta's change by a hundredth of it, vega by a
 * hundredth of volatility, theta by a day. */
export interface AssetGreeks {
  readonly asset: number;
  /** Lots of the underlying that all of it stands for. */
  readonly lots: bigint;
  readonly delta: bigint;
  readonly gamma: bigint;
  readonly vega: bigint;
  readonly theta: bigint;
}

/** Of each asset with positions, and of all money together. */
export interface Greeks {
  readonly assets: readonly AssetGreeks[];
  readonly total: AssetGreeks;
}

/** One thing that was not done yet. */
export type Change =
  | {
      readonly kind: 'take';
      readonly market: number;
      readonly sells: boolean;
      readonly lots: readonly bigint[];
      readonly ticks: readonly bigint[];
    }
  | { readonly kind: 'rest'; readonly market: number; readonly sells: boolean; readonly lots: bigint; readonly ticks: bigint }
  | { readonly kind: 'peg'; readonly market: number; readonly sells: boolean; readonly lots: bigint; readonly offset: number }
  | { readonly kind: 'cancel'; readonly market: number; readonly sells: boolean; readonly lots: bigint }
  | { readonly kind: 'deposit'; readonly asset: number; readonly atoms: bigint }
  | { readonly kind: 'withdraw'; readonly asset: number; readonly atoms: bigint }
  | { readonly kind: 'price'; readonly asset: number; readonly price: bigint }
  | { readonly kind: 'model'; readonly model: Model };

/** Everything that is asked of an account at once. */
export interface Outlook {
  readonly figures: Figures;
  readonly contributions: readonly Contribution[];
  readonly edges: readonly Edge[];
}

/** Why a change cannot be, in a sentence with what to do. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';
}

/** An account at a moment, and what becomes of it. */
export interface Judge {
  /** The figures after some changes, each applied to what the one before left. */
  figures(changes?: readonly Change[]): Figures;
  /** Figures, contributions and liquidation prices. */
  outlook(changes?: readonly Change[]): Outlook;
  /** How the account moves with prices, volatility and time. */
  greeks(): Greeks;
  /** The most atoms that may leave now. */
  withdrawable(asset: number): bigint;
  /** The most lots that may be traded at a price in ticks. */
  mostLots(market: number, sells: boolean, ticks: bigint): bigint;
  /** Gives the memory back. */
  release(): void;
}
