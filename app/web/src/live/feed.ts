/** Liquidations: those of the node's record, and new ones as the program tells of them. */
import type { Address, Signature } from '@solana/kit';
import type { EventName, Transaction } from '../model/events';
import { Store, useStore } from '../ui/store';
import { readEvents } from './events';
import { whyLost, type Node } from './node';
import { page } from './past';
import { world } from './world';

export interface Feed {
  readonly transactions: readonly Transaction[];
  readonly live: boolean;
  readonly looking: boolean;
  readonly exhausted: boolean;
  /** Transactions that were looked through. */
  readonly searched: number;
  readonly problem: string | undefined;
}

const BLANK: Feed = { transactions: [], live: false, looking: false, exhausted: false, searched: 0, problem: undefined };
const PAGE = 100;
const MOST = 500;
/** Until a broken subscription is tried again. */
const AGAIN_MS = 2_000;

const TOLD: ReadonlySet<EventName> = new Set<EventName>([
  'LiquidationFlagged',
  'Liquidated',
  'SliceLiquidated',
  'CollateralLiquidated',
  'DefaultResolved',
  'Deleveraged',
]);

const store = new Store<Feed>(BLANK);
let line: { node: Node; address: Address; oldest: Signature | undefined } | undefined;

export function useFeed(): Feed {
  return useStore(store);
}

function liquidates(transaction: Transaction): boolean {
  return !transaction.failed && transaction.events.some((told) => TOLD.has(told.name));
}

function add(fresh: readonly Transaction[]): void {
  const wanted = fresh.filter(liquidates);
  if (wanted.length === 0) return;
  store.update((feed) => {
    const known = new Set(feed.transactions.map((one) => one.signature));
    const all = [...wanted.filter((one) => !known.has(one.signature)), ...feed.transactions];
    all.sort((a, b) => (a.slot === b.slot ? 0 : a.slot < b.slot ? 1 : -1));
    return { ...feed, transactions: all.slice(0, MOST) };
  });
}

/** Begins to listen at a risk book, which every liquidation names. */
export function listen(node: Node, riskBook: Address, signal: AbortSignal): void {
  store.set(BLANK);
  line = { node, address: riskBook, oldest: undefined };
  void follow(node, riskBook, signal);
  void lookBack();
}

async function follow(node: Node, riskBook: Address, signal: AbortSignal): Promise<void> {
  const told = (signature: Signature, logs: readonly string[], failed: boolean) => {
    const present = world.get();
    // A notification has no time: it is of now.
    add([{ signature, slot: present?.slot ?? 0n, time: present?.now, failed, events: failed ? [] : readEvents(logs) }]);
  };
  while (!signal.aborted) {
    try {
      store.update((feed) => ({ ...feed, live: true }));
      await node.watchLogs(riskBook, told, signal);
    } catch {
      // Said below: the feed is not live, and tries again.
    }
    if (signal.aborted) return;
    store.update((feed) => ({ ...feed, live: false }));
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Looks through the next older transactions of the record. */
export async function lookBack(): Promise<void> {
  const at = line;
  if (!at || store.get().looking) return;
  store.update((feed) => ({ ...feed, looking: true, problem: undefined }));
  try {
    const found = await page(at.node, at.address, PAGE, at.oldest ? { before: at.oldest } : {});
    if (line !== at) return;
    at.oldest = found.oldest ?? at.oldest;
    add(found.transactions);
    store.update((feed) => ({ ...feed, searched: feed.searched + found.count, exhausted: found.count < PAGE }));
  } catch (error) {
    if (line === at) store.update((feed) => ({ ...feed, problem: `The node did not tell its record: ${whyLost(error)}` }));
  } finally {
    if (line === at) store.update((feed) => ({ ...feed, looking: false }));
  }
}
