// Token accounts of a person: where they are, and wrapping SOL.

import {
  AccountRole,
  getAddressEncoder,
  getProgramDerivedAddress,
  getStructEncoder,
  getU32Encoder,
  getU64Encoder,
  type AccountSignerMeta,
  type Address,
  type Instruction,
  type TransactionSigner,
} from '@solana/kit';
import { ASSOCIATED_TOKEN_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM, WRAPPED_SOL } from './programs.js';

/** A mint and the token program that owns it. */
export interface Mint {
  /** The mint. */
  readonly mint: Address;
  /** The token program that owns it. */
  readonly tokenProgram: Address;
}

/** An account that signs, with who signs for it. */
export function signing(signer: TransactionSigner, role: AccountSignerMeta['role']): AccountSignerMeta {
  return { address: signer.address, role, signer };
}

/** The associated token account of an owner and a mint. */
export async function tokenAddress(owner: Address, { mint, tokenProgram }: Mint): Promise<Address> {
  const key = getAddressEncoder();
  const seeds = [key.encode(owner), key.encode(tokenProgram), key.encode(mint)];
  const [address] = await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN_PROGRAM, seeds });
  return address;
}

/** Creates the associated token account of an owner and a mint, where there is none yet. */
export async function openTokenAccount(payer: TransactionSigner, owner: Address, of: Mint): Promise<Instruction> {
  return {
    programAddress: ASSOCIATED_TOKEN_PROGRAM,
    accounts: [
      signing(payer, AccountRole.WRITABLE_SIGNER),
      { address: await tokenAddress(owner, of), role: AccountRole.WRITABLE },
      { address: owner, role: AccountRole.READONLY },
      { address: of.mint, role: AccountRole.READONLY },
      { address: SYSTEM_PROGRAM, role: AccountRole.READONLY },
      { address: of.tokenProgram, role: AccountRole.READONLY },
    ],
    data: new Uint8Array([1]), // create, or leave as it is
  };
}

/** Puts lamports into the owner's account of wrapped SOL, which is opened where there is none. */
export async function wrapSol(owner: TransactionSigner, lamports: bigint): Promise<Instruction[]> {
  const mint = { mint: WRAPPED_SOL, tokenProgram: TOKEN_PROGRAM };
  const account = await tokenAddress(owner.address, mint);
  const encoder = getStructEncoder([
    ['instruction', getU32Encoder()],
    ['lamports', getU64Encoder()],
  ]);
  const pay: Instruction = {
    programAddress: SYSTEM_PROGRAM,
    accounts: [
      signing(owner, AccountRole.WRITABLE_SIGNER),
      { address: account, role: AccountRole.WRITABLE },
    ],
    data: encoder.encode({ instruction: 2, lamports }), // transfer
  };
  const count: Instruction = {
    programAddress: TOKEN_PROGRAM,
    accounts: [{ address: account, role: AccountRole.WRITABLE }],
    data: new Uint8Array([17]), // sync native
  };
  return [await openTokenAccount(owner, owner.address, mint), pay, count];
}

/** Closes the owner's account of wrapped SOL: all of it becomes SOL again. */
export async function unwrapSol(owner: TransactionSigner): Promise<Instruction> {
  const account = await tokenAddress(owner.address, { mint: WRAPPED_SOL, tokenProgram: TOKEN_PROGRAM });
  return {
    programAddress: TOKEN_PROGRAM,
    accounts: [
      { address: account, role: AccountRole.WRITABLE },
      { address: owner.address, role: AccountRole.WRITABLE },
      signing(owner, AccountRole.READONLY_SIGNER),
    ],
    data: new Uint8Array([9]), // close account
  };
}
