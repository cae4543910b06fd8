// Addresses of the program's accounts. Numbers in them are little-endian.

import {
  getAddressEncoder,
  getProgramDerivedAddress,
  getU16Encoder,
  getU64Encoder,
  type Address,
  type ReadonlyUint8Array,
} from '@solana/kit';
import { PROGRAM_ADDRESS, SEEDS } from './generated/rows.js';

const key = (address: Address): ReadonlyUint8Array => getAddressEncoder().encode(address);

async function find(seeds: readonly (string | ReadonlyUint8Array)[], programAddress: Address): Promise<Address> {
  const [address] = await getProgramDerivedAddress({ programAddress, seeds: [...seeds] });
  return address;
}

/** The clearinghouse that `creator` made with `id`. */
export function clearinghouseAddress(creator: Address, id: bigint, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return find([SEEDS.clearinghouse, key(creator), getU64Encoder().encode(id)], program);
}

/** The risk book of a clearinghouse. */
export function riskBookAddress(clearinghouse: Address, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return find([SEEDS.riskBook, key(clearinghouse)], program);
}

/** The vault of a mint in a clearinghouse. */
export function vaultAddress(clearinghouse: Address, mint: Address, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return find([SEEDS.vault, key(clearinghouse), key(mint)], program);
}

/** The custody of a mint in a clearinghouse. */
export function custodyAddress(clearinghouse: Address, mint: Address, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return find([SEEDS.custody, key(clearinghouse), key(mint)], program);
}

/** The account of a market. */
export function marketAddress(clearinghouse: Address, index: number, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return find([SEEDS.market, key(clearinghouse), getU16Encoder().encode(index)], program);
}

/** The margin account that `owner` opened with `id`. */
export function marginAccountAddress(
  clearinghouse: Address,
  owner: Address,
  id: number,
  program: Address = PROGRAM_ADDRESS,
): Promise<Address> {
  return find([SEEDS.marginAccount, key(clearinghouse), key(owner), getU16Encoder().encode(id)], program);
}

/** The clearinghouse's own margin account, which holds the insurance fund. */
export function backstopAddress(clearinghouse: Address, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return marginAccountAddress(clearinghouse, clearinghouse, 0, program);
}

/** The trigger orders of a margin account. */
export function triggersAddress(marginAccount: Address, program: Address = PROGRAM_ADDRESS): Promise<Address> {
  return find([SEEDS.triggers, key(marginAccount)], program);
}
