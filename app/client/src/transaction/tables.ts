// Lookup tables, without which many accounts do not fit the bytes of a packet.

import {
  AccountRole,
  getAddressEncoder,
  getProgramDerivedAddress,
  getU64Encoder,
  type Address,
  type Instruction,
  type TransactionSigner,
} from '@solana/kit';
import { LOOKUP_TABLE_PROGRAM, SYSTEM_PROGRAM } from '../programs.js';
import { signing } from '../tokens.js';
import type { Venue } from '../venue.js';

/** Addresses that one instruction adds, so that it fits a packet. */
const A_CHUNK = 20;

/** The addresses that a lookup table of a venue holds: what transactions of many people name, and nobody's own accounts. */
export function tableAddresses(venue: Venue, priceAccounts: readonly Address[] = []): Address[] {
  const tokens = [...venue.collaterals.values()].flatMap(({ mint, vault, custody, tokenProgram }) => [mint, vault, custody, tokenProgram]);
  const all = [venue.clearinghouse, venue.riskBook, venue.backstop, ...tokens, ...priceAccounts, ...venue.markets];
  return [...new Set(all)];
}

/** A lookup table that is to be created: its address, and the instruction. `slot` is a recent one. */
export async function createTable(authority: TransactionSigner, slot: bigint): Promise<{ table: Address; instruction: Instruction }> {
  const recent = getU64Encoder().encode(slot);
  const [table, bump] = await getProgramDerivedAddress({
    programAddress: LOOKUP_TABLE_PROGRAM,
    seeds: [getAddressEncoder().encode(authority.address), recent],
  });
  const instruction: Instruction = {
    programAddress: LOOKUP_TABLE_PROGRAM,
    accounts: [
      { address: table, role: AccountRole.WRITABLE },
      signing(authority, AccountRole.READONLY_SIGNER),
      signing(authority, AccountRole.WRITABLE_SIGNER),
      { address: SYSTEM_PROGRAM, role: AccountRole.READONLY },
    ],
    data: new Uint8Array([0, 0, 0, 0, ...recent, bump]),
  };
  return { table, instruction };
}

/** The instructions that bring a table up to these addresses from those that it has; each fits a transaction of its own. */
export function extendTable(
  table: Address,
  authority: TransactionSigner,
  has: readonly Address[],
  wanted: readonly Address[],
): Instruction[] {
  const missing = wanted.filter((address) => !has.includes(address));
  const chunks = Array.from({ length: Math.ceil(missing.length / A_CHUNK) }, (_, at) => missing.slice(at * A_CHUNK, (at + 1) * A_CHUNK));
  return chunks.map((chunk) => ({
    programAddress: LOOKUP_TABLE_PROGRAM,
    accounts: [
      { address: table, role: AccountRole.WRITABLE },
      signing(authority, AccountRole.READONLY_SIGNER),
      signing(authority, AccountRole.WRITABLE_SIGNER),
      { address: SYSTEM_PROGRAM, role: AccountRole.READONLY },
    ],
    data: new Uint8Array([
      ...[2, 0, 0, 0],
      ...getU64Encoder().encode(BigInt(chunk.length)),
      ...chunk.flatMap((address) => [...getAddressEncoder().encode(address)]),
    ]),
  }));
}
