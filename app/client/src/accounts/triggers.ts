// Trigger orders as they wait.

import { Side, type Trigger, type Triggers } from '../generated/program/index.js';

/** Bits of `Trigger.flags`, as in the program's `state/triggers.rs`. */
const [USED, SELLS, ABOVE] = [1, 2, 4];

/** A trigger order that waits. */
export interface WaitingTrigger extends Omit<Trigger, 'flags' | 'padding'> {
  /** Its place, 0 to 7: what `cancel_trigger` and `execute_trigger` call it. */
  readonly place: number;
  /** Buy or sell. */
  readonly side: Side;
  /** Whether it fires at or above its price, instead of at or below. */
  readonly above: boolean;
}

/** The trigger orders that wait, by place; places that are free are left out. */
export function waitingTriggers({ entries }: Pick<Triggers, 'entries'>): WaitingTrigger[] {
  return entries.flatMap(({ flags, padding: _, ...rest }, place) => {
    if ((flags & USED) === 0) return [];
    return [{ ...rest, place, side: (flags & SELLS) === 0 ? Side.Buy : Side.Sell, above: (flags & ABOVE) !== 0 }];
  });
}
