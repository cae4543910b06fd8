/** The record of the reader's account, page by page. */
import type { Address, Signature } from '@solana/kit';
import type { Transaction } from '../model/events';
import { Store, useStore } from '../ui/store';
import { page } from './past';
import { currentNode } from './reader';
import { whyLost } from './node';

export interface History {
  readonly address: string;
  readonly transactions: readonly Transaction[];
  readonly loading: boolean;
  /** Whether the node has told all that it knows. */
  readonly exhausted: boolean;
  readonly problem: string | undefined;
}

const PAGE = 50;
const store = new Store<History>(blank(''));
let [oldest, newest]: (Signature | undefined)[] = [];
let under: Promise<void> = Promise.resolve();

function blank(address: string): History {
  return { address, transactions: [], loading: false, exhausted: false, problem: undefined };
}

export function useHistory(address: string): History {
  const present = useStore(store);
  return present.address === address ? present : { ...blank(address), loading: true };
}

/** Reads older transactions, or those since the last reading. One reading at a time. */
export function loadMore(address: string, which: 'older' | 'newer'): Promise<void> {
  under = under.then(() => load(address, which));
  return under;
}

async function load(address: string, which: 'older' | 'newer'): Promise<void> {
  const node = currentNode();
  if (!node) return;
  if (store.get().address !== address) {
    store.set(blank(address));
    [oldest, newest] = [undefined, undefined];
  }
  const first = newest === undefined;
  store.update((history) => ({ ...history, loading: true, problem: undefined }));
  try {
    const edges = first ? {} : which === 'older' ? { ...(oldest && { before: oldest }) } : { ...(newest && { until: newest }) };
    const found = await page(node, address as Address, PAGE, edges);
    if (store.get().address !== address) return;
    if (first || which === 'newer') newest = found.newest ?? newest;
    if (first || which === 'older') oldest = found.oldest ?? oldest;
    store.update((history) => {
      const known = new Set(history.transactions.map((one) => one.signature));
      const fresh = found.transactions.filter((one) => !known.has(one.signature));
      const transactions =
        which === 'older' && !first ? [...history.transactions, ...fresh] : [...fresh, ...history.transactions];
      const exhausted = first || which === 'older' ? found.count < PAGE : history.exhausted;
      return { ...history, transactions, exhausted };
    });
  } catch (error) {
    store.update((history) => ({ ...history, problem: `The node did not tell its record: ${whyLost(error)}` }));
  } finally {
    store.update((history) => ({ ...history, loading: false }));
  }
}
