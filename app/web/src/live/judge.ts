/** The engine on what was read last. */
import { useEffect, useMemo } from 'react';
import type { Judge } from '../engine/engine';
import { Store, useStore } from '../ui/store';
import { useWorld, type World } from './world';

/** Makes a judge of an account: the bytes of risk book and margin account, and the chain's time. */
export type MakeJudge = (book: Uint8Array, margin: Uint8Array, now: bigint) => Judge;

/** The engine, once it is loaded. */
export const engine = new Store<MakeJudge | undefined>(undefined);
/** Why it could not be loaded. */
export const engineProblem = new Store<string | undefined>(undefined);

export function judgeOf(make: MakeJudge, of: Pick<World, 'bookBytes' | 'now'>, holder: World['account']): Judge | undefined {
  return holder && make(of.bookBytes, holder.bytes, of.now);
}

/** The judge of the reader's account. Another one after each reading. */
export function useJudge(): Judge | undefined {
  const make = useStore(engine);
  const world = useWorld();
  // Accounts that the engine cannot read are told of by the reader; here there is only no judge.
  const judge = useMemo(
    () => (make && world ? ask(() => judgeOf(make, world, world.account)).answer : undefined),
    [make, world],
  );
  // The module's memory is not the collector's to watch. What is replaced is given back after the frame that used it.
  useEffect(() => () => judge?.release(), [judge]);
  return judge;
}

/** What a judge says, or why it cannot say it: a price that is missing, say. */
export function ask<T>(question: () => T): { answer: T; why?: undefined } | { answer?: undefined; why: string } {
  try {
    return { answer: question() };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
