/** What is known of the chain, and when it was read. */
import { Store, useStore } from '../ui/store';
import type { Book, CustodyState, Ledger, Margin, MarketState, TriggerRow } from '../model/types';

/** A margin account as it was read. */
export interface Holder {
  readonly address: string;
  readonly margin: Margin;
  readonly bytes: Uint8Array;
}

/** What the connected key holds outside the clearinghouse. */
export interface Purse {
  readonly address: string;
  readonly lamports: bigint;
  /** Token atoms by index of the asset. */
  readonly tokens: ReadonlyMap<number, bigint>;
}

export interface World {
  /** When it was read, milliseconds of the reader's clock. */
  readonly readAt: number;
  /** Unix seconds of the chain's clock. */
  readonly now: bigint;
  readonly slot: bigint;
  readonly book: Book;
  readonly bookBytes: Uint8Array;
  readonly ledger: Ledger | undefined;
  readonly markets: ReadonlyMap<number, MarketState>;
  readonly custodies: ReadonlyMap<number, CustodyState>;
  readonly backstop: Holder | undefined;
  /** The reader's margin account; none where it was not opened yet. */
  readonly account: Holder | undefined;
  /** Its trigger orders; none where there is no room for them yet. */
  readonly triggers: readonly TriggerRow[] | undefined;
  /** All margin accounts of the reader that were looked for, by number. */
  readonly accounts: readonly Holder[];
  readonly purse: Purse | undefined;
}

/** How the line to the node is. Times are milliseconds of the reader's clock. */
export type Line =
  | { readonly kind: 'unset' }
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly since: number; readonly why: string };

export const world = new Store<World | undefined>(undefined);
export const line = new Store<Line>({ kind: 'unset' });

export function useWorld(): World | undefined {
  return useStore(world);
}

export function useLine(): Line {
  return useStore(line);
}
