// From instructions to a signed transaction that fits a packet.

import {
  appendTransactionMessageInstructions,
  compressTransactionMessageUsingAddressLookupTables,
  createTransactionMessage,
  getTransactionMessageSize,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type AddressesByLookupTableAddress,
  type BlockhashLifetimeConstraint,
  type Instruction,
  type TransactionSigner,
} from '@solana/kit';
import { ClientError } from '../errors.js';
import { withLimits, type Limits } from './limits.js';

/** Bytes of a packet. */
export const PACKET = 1_232;

/** A transaction to be signed. */
export interface Draft {
  /** Pays for it, and signs. Who else signs is in the instructions. */
  readonly payer: TransactionSigner;
  /** What it does. What sets its limits is put before. */
  readonly instructions: readonly Instruction[];
  /** Lookup tables that may be used, with the addresses that they hold. */
  readonly tables?: AddressesByLookupTableAddress | undefined;
  /** What it says of itself. */
  readonly limits?: Limits | undefined;
}

/** The message of a draft, of version 0. */
export function compose(draft: Draft, lifetime: BlockhashLifetimeConstraint) {
  return pipe(
    createTransactionMessage({ version: 0 }),
    (message) => setTransactionMessageFeePayerSigner(draft.payer, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
    (message) => appendTransactionMessageInstructions(withLimits(draft.instructions, draft.limits), message),
    (message) => compressTransactionMessageUsingAddressLookupTables(message, draft.tables ?? {}),
  );
}

/** A message of a draft. */
export type Message = ReturnType<typeof compose>;

/** Refuses a message that does not fit a packet. Throws {@link ClientError}. */
export function requireFits(message: Message): void {
  const bytes = getTransactionMessageSize(message);
  if (bytes > PACKET) {
    throw new ClientError(`the transaction has ${bytes} bytes, and ${PACKET} fit a packet`, 'use a lookup table, or fewer accounts');
  }
}

/** A draft as a signed transaction. Throws {@link ClientError} for one that does not fit a packet. */
export async function sign(draft: Draft, lifetime: BlockhashLifetimeConstraint) {
  const message = compose(draft, lifetime);
  requireFits(message);
  return signTransactionMessageWithSigners(message);
}

/** A signed transaction. */
export type Signed = Awaited<ReturnType<typeof sign>>;
