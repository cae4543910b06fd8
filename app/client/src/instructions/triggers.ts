// Trigger orders: stop-loss, take-profit, trailing stop.

import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import {
  getCancelTriggerInstruction,
  getCloseTriggersInstruction,
  getExecuteTriggerInstruction,
  getOpenTriggersInstruction,
  getPlaceTriggerInstruction,
  type Side,
} from '../generated/program/index.js';
import { triggersAddress } from '../pda.js';
import { marketOf, type Venue } from '../venue.js';
import { followedBy, type Actor } from './common.js';

/** A trigger order. It only reduces. Prices are in ticks. */
export interface TriggerTerms {
  /** Index of the market. */
  readonly market: number;
  /** Buy or sell. */
  readonly side: Side;
  /** Whether it fires at or above its price, instead of at or below. */
  readonly above: boolean;
  /** The index at which it fires. */
  readonly price: bigint;
  /** How far the price follows the index; it stays where this is left out. */
  readonly trail?: bigint | undefined;
  /** How far from the index it may trade. */
  readonly slippage: bigint;
  /** How many lots at most. */
  readonly lots: bigint;
  /** Unix seconds from which it no longer fires; never. */
  readonly expires?: bigint | undefined;
  /** What the client calls it; 0. */
  readonly clientId?: bigint | undefined;
}

/** Makes room for eight trigger orders. */
export async function openTriggers(owner: TransactionSigner, marginAccount: Address): Promise<Instruction> {
  return getOpenTriggersInstruction({ owner, marginAccount, triggers: await triggersAddress(marginAccount) });
}

/** Drops all trigger orders; the rent comes back. */
export async function closeTriggers(owner: TransactionSigner, marginAccount: Address): Promise<Instruction> {
  return getCloseTriggersInstruction({ owner, triggers: await triggersAddress(marginAccount) });
}

/** Places a trigger order. */
export async function placeTrigger(venue: Venue, { authority, marginAccount }: Actor, trigger: TriggerTerms): Promise<Instruction> {
  const { trail = 0n, expires = 0n, clientId = 0n, ...terms } = trigger;
  const triggers = await triggersAddress(marginAccount);
  const { riskBook } = venue;
  return getPlaceTriggerInstruction({ authority, riskBook, marginAccount, triggers, ...terms, trail, expires, clientId });
}

/** Drops one trigger order, by its place, 0 to 7. */
export async function cancelTrigger(venue: Venue, { authority, marginAccount }: Actor, place: number): Promise<Instruction> {
  const triggers = await triggersAddress(marginAccount);
  return getCancelTriggerInstruction({ authority, riskBook: venue.riskBook, marginAccount, triggers, place });
}

/** A trigger order that is executed. */
export interface Execution {
  /** Who executes it and earns the fee. */
  readonly executor: Actor;
  /** Whose it is. */
  readonly marginAccount: Address;
  /** Index of its market. */
  readonly market: number;
  /** Its place. */
  readonly place: number;
  /** Margin accounts of makers whose fills are settled at once. */
  readonly makers?: readonly Address[] | undefined;
}

/** Trades a trigger whose price the index has crossed, or lets one follow the index. Anyone with an account may. */
export async function executeTrigger(venue: Venue, { executor, marginAccount, market, place, makers = [] }: Execution): Promise<Instruction> {
  const built = getExecuteTriggerInstruction({
    authority: executor.authority,
    riskBook: venue.riskBook,
    market: marketOf(venue, market),
    marginAccount,
    triggers: await triggersAddress(marginAccount),
    executor: executor.marginAccount,
    place,
  });
  return followedBy(built, makers);
}
