// A clearinghouse as instructions need it: every address that they name, looked up once.

import type { Address, Rpc } from '@solana/kit';
import { decodeRiskBook, type RiskTables } from './accounts/index.js';
import { ClientError } from './errors.js';
import { readAccounts, type ReadingApi } from './live/read.js';
import { backstopAddress, custodyAddress, riskBookAddress } from './pda.js';
import { SYSTEM_PROGRAM, TOKEN_PROGRAM } from './programs.js';

/** An asset that can be deposited: what moving its tokens needs. */
export interface Collateral {
  /** Index in the risk book; 0 is the quote token. */
  readonly asset: number;
  /** Its mint. */
  readonly mint: Address;
  /** Where the clearinghouse keeps it. */
  readonly vault: Address;
  /** What the clearinghouse knows of the vault. */
  readonly custody: Address;
  /** The token program that owns the mint. */
  readonly tokenProgram: Address;
}

/** A clearinghouse: the addresses that instructions name. */
export interface Venue {
  /** The clearinghouse. */
  readonly clearinghouse: Address;
  /** Its risk book. */
  readonly riskBook: Address;
  /** Its own margin account, which holds the insurance fund. */
  readonly backstop: Address;
  /** The accounts of its markets, by index. */
  readonly markets: readonly Address[];
  /** What can be deposited, by index of the asset. */
  readonly collaterals: ReadonlyMap<number, Collateral>;
}

/** What a risk book does not say. */
export interface VenueOptions {
  /** The token programs of mints that the classic token program does not own. */
  readonly tokenPrograms?: ReadonlyMap<Address, Address>;
}

/** The venue of a risk book. Make it anew when an asset or a market was added. */
export async function venueOf(tables: RiskTables, options: VenueOptions = {}): Promise<Venue> {
  const { clearinghouse } = tables;
  const listed = tables.assets.map((row, asset) => ({ row, asset })).filter(({ row }) => row.vault !== SYSTEM_PROGRAM);
  const collaterals = await Promise.all(
    listed.map(async ({ row, asset }): Promise<[number, Collateral]> => {
      const custody = await custodyAddress(clearinghouse, row.mint);
      const tokenProgram = options.tokenPrograms?.get(row.mint) ?? TOKEN_PROGRAM;
      return [asset, { asset, mint: row.mint, vault: row.vault, custody, tokenProgram }];
    }),
  );
  return {
    clearinghouse,
    riskBook: await riskBookAddress(clearinghouse),
    backstop: await backstopAddress(clearinghouse),
    markets: tables.markets.map((row) => row.address),
    collaterals: new Map(collaterals),
  };
}

/**
 * The venue of a clearinghouse, and its risk book, as a node has them. Throws {@link ClientError} where there is none at
 * this address.
 */
export async function readVenue(rpc: Rpc<ReadingApi>, clearinghouse: Address): Promise<{ venue: Venue; tables: RiskTables }> {
  const [book] = await readAccounts(rpc, [await riskBookAddress(clearinghouse)]);
  if (!book) throw new ClientError(`there is no clearinghouse at ${clearinghouse}`, 'check the address, and that of the network');
  const tables = decodeRiskBook(book.data);
  const mints = tables.assets.map((row) => row.mint).filter((mint) => mint !== SYSTEM_PROGRAM);
  const owners = await readAccounts(rpc, mints);
  const tokenPrograms = new Map(mints.map((mint, at) => [mint, owners[at]?.owner ?? TOKEN_PROGRAM] as const));
  return { venue: await venueOf(tables, { tokenPrograms }), tables };
}

/** The account of a market. Throws {@link ClientError} for an index that there is not. */
export function marketOf(venue: Venue, market: number): Address {
  const found = venue.markets[market];
  if (found === undefined) {
    throw new ClientError(`there is no market ${market}: the venue has ${venue.markets.length}`, 'make the venue anew from the risk book');
  }
  return found;
}

/** What moving an asset's tokens needs. Throws {@link ClientError} for an asset that is no collateral. */
export function collateralOf(venue: Venue, asset: number): Collateral {
  const found = venue.collaterals.get(asset);
  if (found === undefined) {
    const known = [...venue.collaterals.keys()].join(', ');
    throw new ClientError(`asset ${asset} cannot be deposited`, `these can: ${known}`);
  }
  return found;
}
