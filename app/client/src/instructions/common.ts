// What the builders share.

import { AccountRole, type Address, type Instruction, type TransactionSigner } from '@solana/kit';
import type { GuardsArgs } from '../generated/program/index.js';

/** A client's own limits. Each is optional. */
export interface Guards {
  /** Refuse if the account has changed since it was read. */
  readonly expectedSequence?: bigint | undefined;
  /** Refuse if equity / maintenance margin would afterwards be below this, in basis points. */
  readonly minMarginRatioAfterBps?: number | undefined;
  /** Refuse if a price that counts is older than this, in seconds. */
  readonly maxPriceAge?: number | undefined;
}

/** Who acts: the key that signs, and its margin account. */
export interface Actor {
  /** Owner or delegate. */
  readonly authority: TransactionSigner;
  /** The margin account. */
  readonly marginAccount: Address;
}

/** Guards as the program takes them. */
export function guardsOf(guards: Guards = {}): GuardsArgs {
  return {
    expectedSequence: guards.expectedSequence ?? null,
    minMarginRatioAfterBps: guards.minMarginRatioAfterBps ?? null,
    maxPriceAge: guards.maxPriceAge ?? null,
  };
}

/** The instruction with further accounts behind the named ones. */
export function followedBy(instruction: Instruction, addresses: readonly Address[], role = AccountRole.WRITABLE): Instruction {
  const accounts = addresses.map((address) => ({ address, role }));
  return { ...instruction, accounts: [...(instruction.accounts ?? []), ...accounts] };
}
