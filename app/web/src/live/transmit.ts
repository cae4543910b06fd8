/** Sends instructions as one transaction, and waits until the chain has it. */
import {
  fetchAddressesForLookupTables,
  type Address,
  type AddressesByLookupTableAddress,
  type Instruction,
  type TransactionSigner,
} from '@solana/kit';
import { explain, send } from '@counterweight/client';
import { currentNode } from './reader';
import { localnet } from './settings';

/** Compute units for each order met beyond what was measured of placing one. */
const UNITS_A_FILL = 5_000;

let tables: { readonly of: string; readonly held: AddressesByLookupTableAddress } | undefined;

/** The lookup table of the local network, where there is one: with it more makers fit a transaction. */
async function lookupTables(): Promise<AddressesByLookupTableAddress> {
  const address = localnet.get()?.lookup_table;
  const node = currentNode();
  if (!address || !node) return {};
  if (tables?.of !== address) {
    try {
      tables = { of: address, held: await fetchAddressesForLookupTables([address as Address], node.rpc) };
    } catch {
      // A table saves bytes and nothing else: without it most transactions fit all the same.
      return {};
    }
  }
  return tables.held;
}

export interface What {
  readonly signer: TransactionSigner;
  readonly instructions: readonly Instruction[];
  /** Positions of the account. */
  readonly positions: number;
  /** Orders that are met. */
  readonly fills?: number;
  /** Compute units beyond what was measured. */
  readonly extra?: number;
}

/** Sends it, and waits. What is refused is told in the program's own words. */
export async function transmit({ signer, instructions, positions, fills = 0, extra = 0 }: What): Promise<void> {
  const node = currentNode();
  if (!node) throw new Error('No network is chosen.');
  const limits = { positions: Math.max(1, positions), extraUnits: fills * UNITS_A_FILL + extra };
  try {
    await send(node.rpc, { payer: signer, instructions, limits, tables: await lookupTables() }, { look: 250 });
  } catch (error) {
    throw new Error(explain(error), { cause: error });
  }
}
