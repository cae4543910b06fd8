// Prices that are fresh enough.

import { AccountRole, type Address, type Instruction } from '@solana/kit';
import type { Margin, RiskTables } from '../accounts/index.js';
import { ClientError } from '../errors.js';
import { getRefreshPricesInstruction } from '../generated/program/index.js';
import { ORACLE_NONE } from '../generated/rows.js';
import type { Venue } from '../venue.js';
import { followedBy } from './common.js';

/** Records the prices of assets, each from its price account. Anyone may. */
export function refreshPrices(venue: Venue, prices: readonly (readonly [asset: number, account: Address])[]): Instruction {
  const built = getRefreshPricesInstruction({ riskBook: venue.riskBook, assets: prices.map(([asset]) => asset) });
  return followedBy(built, prices.map(([, account]) => account), AccountRole.READONLY);
}

/** The assets that an account's worth depends on, sorted. */
export function exposures(margin: Margin): number[] {
  const held = margin.core.balances.filter((balance) => balance.atoms > 0n).map((balance) => balance.asset);
  const assets = new Set([...held, ...margin.positions.map((position) => position.asset)]);
  return [...assets].sort((a, b) => a - b);
}

/** What needs fresh prices. */
export interface Freshness {
  /** Accounts that are judged. */
  readonly margins?: readonly Margin[];
  /** Assets besides. */
  readonly assets?: readonly number[];
  /** Oldest price, in seconds; the assets' own limit for adding risk where it is left out. */
  readonly most?: number | undefined;
  /** Unix seconds of the chain's clock. */
  readonly now: bigint;
}

/**
 * The assets whose prices count and are too old: what to refresh first. The quote token comes first, because other prices
 * are converted by its own. A few seconds are taken off each limit, for the way to the chain.
 */
export function stale(tables: RiskTables, { margins = [], assets = [], most, now }: Freshness): number[] {
  const all = new Set([0, ...margins.flatMap(exposures), ...assets]);
  const old = (index: number): boolean => {
    const row = tables.assets[index];
    if (row === undefined || row.oracleKind === ORACLE_NONE) return false;
    const limit = most ?? Math.max(0, row.maxAgeInitial - 5);
    return now - row.publishTime > BigInt(limit);
  };
  return [...all].filter(old).sort((a, b) => a - b);
}

/** The instructions with a refresh of what is stale before them; as they are where nothing is. */
export function refreshed(
  venue: Venue,
  assets: readonly number[],
  priceAccounts: ReadonlyMap<number, Address>,
  instructions: readonly Instruction[],
): Instruction[] {
  if (assets.length === 0) return [...instructions];
  const prices = assets.map((asset) => {
    const account = priceAccounts.get(asset);
    if (account === undefined) {
      throw new ClientError(`the price account of asset ${asset} is not known`, 'name it: it is the account that Pyth writes this feed to');
    }
    return [asset, account] as const;
  });
  return [refreshPrices(venue, prices), ...instructions];
}
