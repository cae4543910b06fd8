// Options: arrays that are fresh enough, and the model that margin is judged by.

import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import type { Margin, RiskTables } from '../accounts/index.js';
import { getGreeksViewInstruction, getRefreshArraysInstruction, getSetRiskModelInstruction } from '../generated/program/index.js';
import { KIND_CALL, type Asset, type MarketRow } from '../generated/rows.js';
import type { Venue } from '../venue.js';
import { guardsOf, type Guards } from './common.js';

/** Computes what options are worth, and in each scenario, at the index and the time of now. Anyone may. */
export function refreshArrays(venue: Venue, markets: readonly number[]): Instruction {
  return getRefreshArraysInstruction({ riskBook: venue.riskBook, markets: [...markets] });
}

/** What needs fresh arrays. */
export interface Priced {
  /** Accounts that are judged: their options count. */
  readonly margins?: readonly Margin[];
  /** Markets besides, such as the one that is traded in. */
  readonly markets?: readonly number[];
  /** Assets whose prices are recorded anew before: their options are priced behind. */
  readonly refreshed?: readonly number[];
  /** Unix seconds of the chain's clock. */
  readonly now: bigint;
}

/** Whether half of an array's time, or of the way that its index may go, is used up: a check refuses it at all of either. */
function isDue(row: MarketRow, asset: Asset, now: bigint): boolean {
  const { index, time } = row.array;
  const drift = index > asset.index ? index - asset.index : asset.index - index;
  // An eighth of the scanned range, a ratio in 2^-20.
  const way = (index * BigInt(asset.scan.range)) >> 23n;
  return (now - time) * 2n > BigInt(asset.maxAgeLiquidation) || drift * 2n > way;
}

/** The options whose arrays count and are, or may come to be, too old: what to refresh first, behind prices. */
export function staleArrays(tables: RiskTables, { margins = [], markets = [], refreshed = [], now }: Priced): number[] {
  const held = margins.flatMap((margin) => margin.positions.map((position) => position.market));
  const due = (market: number): boolean => {
    const row = tables.markets[market];
    const asset = row && tables.assets[row.asset];
    if (row === undefined || asset === undefined || row.kind < KIND_CALL) return false;
    return refreshed.includes(row.asset) || isDue(row, asset, now);
  };
  return [...new Set([...held, ...markets])].filter(due).sort((a, b) => a - b);
}

/** The choice of a model. */
export interface ModelChoice {
  /** The owner, who signs. */
  readonly owner: TransactionSigner;
  /** The margin account. */
  readonly marginAccount: Address;
  /** `MODEL_STANDARD` or `MODEL_PORTFOLIO`. */
  readonly model: number;
  /** The owner's own limits. */
  readonly guards?: Guards | undefined;
}

/** Chooses by which model the account's margin is judged. It must meet initial margin by it. */
export function setRiskModel(venue: Venue, { owner, marginAccount, model, guards }: ModelChoice): Instruction {
  return getSetRiskModelInstruction({ owner, riskBook: venue.riskBook, marginAccount, model, guards: guardsOf(guards) });
}

/** Returns the greeks of an account as return data (`decodeGreeksView`). For simulations; changes nothing. */
export function viewGreeks(venue: Venue, marginAccount: Address): Instruction {
  return getGreeksViewInstruction({ riskBook: venue.riskBook, marginAccount });
}
