// A trader's own account.

import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import {
  getAccrueInterestInstruction,
  getCloseMarginAccountInstruction,
  getDepositInstruction,
  getMarginViewInstruction,
  getOpenMarginAccountInstruction,
  getResizeMarginAccountInstruction,
  getSetDelegateInstruction,
  getTransferInstruction,
  getWithdrawInstruction,
} from '../generated/program/index.js';
import { marginAccountAddress } from '../pda.js';
import { SYSTEM_PROGRAM, WRAPPED_SOL } from '../programs.js';
import { openTokenAccount, tokenAddress, unwrapSol, wrapSol } from '../tokens.js';
import { collateralOf, type Venue } from '../venue.js';
import { guardsOf, type Actor, type Guards } from './common.js';

/** Opens a margin account with eight slots. An owner tells accounts apart by their number. */
export async function openMarginAccount(venue: Venue, owner: TransactionSigner, id = 0): Promise<Instruction> {
  const marginAccount = await marginAccountAddress(venue.clearinghouse, owner.address, id);
  return getOpenMarginAccountInstruction({ owner, riskBook: venue.riskBook, marginAccount, id });
}

/** Closes an empty margin account; its rent comes back. */
export function closeMarginAccount(owner: TransactionSigner, marginAccount: Address): Instruction {
  return getCloseMarginAccountInstruction({ owner, marginAccount });
}

/** Sets the number of slots for positions, 8 to 128. */
export function resizeMarginAccount(owner: TransactionSigner, marginAccount: Address, slots: number): Instruction {
  return getResizeMarginAccountInstruction({ owner, marginAccount, slots });
}

/** Sets who may trade besides the owner; nobody where it is left out. */
export function setDelegate(owner: TransactionSigner, marginAccount: Address, delegate: Address = SYSTEM_PROGRAM): Instruction {
  return getSetDelegateInstruction({ owner, marginAccount, delegate });
}

/** A deposit. */
export interface Deposit extends Actor {
  /** Index of the asset; 0 is the quote token. */
  readonly asset: number;
  /** Token atoms. */
  readonly atoms: bigint;
  /** Where they come from; the authority's associated token account where it is left out. */
  readonly source?: Address | undefined;
  /** Whether SOL is wrapped first. Left out, it is wherever the asset is wrapped SOL and no source is named. */
  readonly wrap?: boolean | undefined;
}

/** Deposits token atoms; SOL is wrapped first. */
export async function deposit(venue: Venue, { authority, marginAccount, asset, atoms, ...rest }: Deposit): Promise<Instruction[]> {
  const collateral = collateralOf(venue, asset);
  const source = rest.source ?? (await tokenAddress(authority.address, collateral));
  const wraps = rest.wrap ?? (rest.source === undefined && collateral.mint === WRAPPED_SOL);
  const { riskBook } = venue;
  const instruction = getDepositInstruction({ authority, riskBook, marginAccount, ...collateral, source, asset, atoms });
  return [...(wraps ? await wrapSol(authority, atoms) : []), instruction];
}

/** A withdrawal. */
export interface Withdrawal {
  /** The owner, who signs. */
  readonly owner: TransactionSigner;
  /** The margin account. */
  readonly marginAccount: Address;
  /** Index of the asset; 0 is the quote token. */
  readonly asset: number;
  /** Token atoms. */
  readonly atoms: bigint;
  /** Where they go; the owner's associated token account, which is opened if need be, where it is left out. */
  readonly destination?: Address | undefined;
  /** Whether wrapped SOL becomes SOL: all of it in that account. Left out, it does where no destination is named. */
  readonly unwrap?: boolean | undefined;
  /** The owner's own limits. */
  readonly guards?: Guards | undefined;
}

/** Withdraws token atoms into the owner's token account, which is opened where there is none; wrapped SOL becomes SOL. */
export async function withdraw(venue: Venue, { owner, marginAccount, asset, atoms, guards, ...rest }: Withdrawal): Promise<Instruction[]> {
  const collateral = collateralOf(venue, asset);
  const own = rest.destination === undefined;
  const destination = rest.destination ?? (await tokenAddress(owner.address, collateral));
  const unwraps = collateral.mint === WRAPPED_SOL && (rest.unwrap ?? own);
  const { clearinghouse, riskBook } = venue;
  const accounts = { owner, clearinghouse, riskBook, marginAccount, ...collateral, destination };
  return [
    ...(own ? [await openTokenAccount(owner, owner.address, collateral)] : []),
    getWithdrawInstruction({ ...accounts, asset, atoms, guards: guardsOf(guards) }),
    ...(unwraps ? [await unwrapSol(owner)] : []),
  ];
}

/** A settled balance that moves between two accounts of one owner. */
export interface Movement {
  /** Owner or delegate of both. */
  readonly authority: TransactionSigner;
  /** The account that gives. */
  readonly from: Address;
  /** The account that receives. */
  readonly to: Address;
  /** Index of the asset; 0 is the quote token. */
  readonly asset: number;
  /** Token atoms. */
  readonly atoms: bigint;
  /** The giver's own limits. */
  readonly guards?: Guards | undefined;
}

/** Moves a settled balance between two accounts of one owner. */
export function transfer(venue: Venue, { guards, ...movement }: Movement): Instruction {
  return getTransferInstruction({ ...movement, riskBook: venue.riskBook, guards: guardsOf(guards) });
}

/** Moves the interest of an account's negative cash to the insurance fund. Anyone may. */
export function accrueInterest(venue: Venue, marginAccount: Address): Instruction {
  const { clearinghouse, riskBook } = venue;
  return getAccrueInterestInstruction({ clearinghouse, riskBook, custody: collateralOf(venue, 0).custody, marginAccount });
}

/** Returns equity and margins as return data (`decodeMarginView`). For simulations; changes nothing. */
export function viewMargin(venue: Venue, marginAccount: Address): Instruction {
  return getMarginViewInstruction({ riskBook: venue.riskBook, marginAccount });
}
