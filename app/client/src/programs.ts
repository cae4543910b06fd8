// Programs of others.

import type { Address } from '@solana/kit';

/** The system program; the address of nobody. */
export const SYSTEM_PROGRAM = '11111111111111111111111111111111' as Address;
/** The classic token program. */
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' as Address;
/** Token-2022. */
export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb' as Address;
/** Creates token accounts at the address that everybody expects. */
export const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL' as Address;
/** Sets the limits of a transaction. */
export const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111' as Address;
/** Keeps lookup tables. */
export const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111' as Address;
/** The mint of wrapped SOL. */
export const WRAPPED_SOL = 'So11111111111111111111111111111111111111112' as Address;
/** The account of the chain's clock. */
export const CLOCK = 'SysvarC1ock11111111111111111111111111111111' as Address;
