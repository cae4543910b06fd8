// Accounts as a node has them.

import {
  getBase58Decoder,
  getBase64Encoder,
  type Address,
  type Base58EncodedBytes,
  type Base64EncodedDataResponse,
  type GetMultipleAccountsApi,
  type GetProgramAccountsApi,
  type Lamports,
  type ReadonlyUint8Array,
  type Rpc,
} from '@solana/kit';
import { viewOf } from '../accounts/bytes.js';
import { MARGIN_ACCOUNT_DISCRIMINATOR, MARKET_DISCRIMINATOR } from '../generated/program/index.js';
import {
  MARGIN_CLEARINGHOUSE_OFFSET,
  MARGIN_DELEGATE_OFFSET,
  MARGIN_OWNER_OFFSET,
  MARKET_CLEARINGHOUSE_OFFSET,
  PROGRAM_ADDRESS,
} from '../generated/rows.js';
import { CLOCK } from '../programs.js';

/** Accounts that a node gives in one answer. */
const A_REQUEST = 100;

/** An account as a node has it. */
export interface Found {
  /** Its bytes. */
  readonly data: Uint8Array;
  /** What it holds. */
  readonly lamports: bigint;
  /** The program that it belongs to. */
  readonly owner: Address;
}

/** Which of the program's accounts are meant: bytes that stand at offsets. */
export type Filter = readonly { readonly offset: number; readonly bytes: ReadonlyUint8Array | Address }[];

/** What a node must be able to do. */
export type ReadingApi = GetMultipleAccountsApi & GetProgramAccountsApi;

/** All margin accounts of a clearinghouse. */
export function marginsOf(clearinghouse: Address): Filter {
  return [
    { offset: 0, bytes: MARGIN_ACCOUNT_DISCRIMINATOR },
    { offset: MARGIN_CLEARINGHOUSE_OFFSET, bytes: clearinghouse },
  ];
}

/** The margin accounts of an owner in a clearinghouse, or those that a delegate trades with. */
export function marginsOfTrader(clearinghouse: Address, trader: Address, as: 'owner' | 'delegate' = 'owner'): Filter {
  const offset = as === 'owner' ? MARGIN_OWNER_OFFSET : MARGIN_DELEGATE_OFFSET;
  return [...marginsOf(clearinghouse), { offset, bytes: trader }];
}

/** All markets of a clearinghouse. */
export function marketsOf(clearinghouse: Address): Filter {
  return [
    { offset: 0, bytes: MARKET_DISCRIMINATOR },
    { offset: MARKET_CLEARINGHOUSE_OFFSET, bytes: clearinghouse },
  ];
}

/** A filter as a node takes it. */
export function memcmps(filter: Filter) {
  return filter.map(({ offset, bytes }) => {
    const text = typeof bytes === 'string' ? bytes : getBase58Decoder().decode(bytes);
    return { memcmp: { bytes: text as string as Base58EncodedBytes, encoding: 'base58', offset: BigInt(offset) } } as const;
  });
}

/** An account of an answer or a notification. */
export function found(account: { readonly data: Base64EncodedDataResponse; readonly lamports: Lamports; readonly owner: Address }): Found {
  const { data, lamports, owner } = account;
  return { data: new Uint8Array(getBase64Encoder().encode(data[0])), lamports, owner };
}

/** Accounts by their addresses, in their order; undefined where there is none. */
export async function readAccounts(rpc: Rpc<ReadingApi>, addresses: readonly Address[]): Promise<(Found | undefined)[]> {
  const chunks = Array.from({ length: Math.ceil(addresses.length / A_REQUEST) }, (_, at) => addresses.slice(at * A_REQUEST, (at + 1) * A_REQUEST));
  const answers = await Promise.all(
    chunks.map((chunk) => rpc.getMultipleAccounts(chunk, { commitment: 'confirmed', encoding: 'base64' }).send()),
  );
  return answers.flatMap(({ value }) => value.map((account) => (account ? found(account) : undefined)));
}

/** The program's accounts that a filter lets through. */
export async function readProgramAccounts(rpc: Rpc<ReadingApi>, filter: Filter): Promise<Map<Address, Found>> {
  const config = { commitment: 'confirmed', encoding: 'base64', filters: memcmps(filter) } as const;
  const answer = await rpc.getProgramAccounts(PROGRAM_ADDRESS, config).send();
  return new Map(answer.map(({ pubkey, account }) => [pubkey, found(account)]));
}

/** The chain's clock. Prices are judged by it, not by that of the machine. */
export interface Clock {
  /** Slot. */
  readonly slot: bigint;
  /** Unix seconds. */
  readonly time: bigint;
}

/** The clock from the bytes of its account. */
export function decodeClock(data: Uint8Array): Clock {
  const view = viewOf(data);
  return { slot: view.getBigUint64(0, true), time: view.getBigInt64(32, true) };
}

/** Asks for the chain's clock. */
export async function readClock(rpc: Rpc<ReadingApi>): Promise<Clock> {
  const [account] = await readAccounts(rpc, [CLOCK]);
  if (!account) throw new Error('the node has no clock: check its address');
  return decodeClock(account.data);
}
