/** Transactions of the past, with what they told: from a node's record, as far as it goes. */
import type { Address, Signature } from '@solana/kit';
import type { Transaction } from '../model/events';
import { readEvents } from './events';
import type { Node, SignatureLine } from './node';

/** Requests under way at once: public nodes refuse more. */
const AT_ONCE = 4;

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      const item = items[at];
      if (item !== undefined) results[at] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}

async function read(node: Node, line: SignatureLine): Promise<Transaction> {
  const logs = line.failed ? [] : ((await node.logs(line.signature)) ?? []);
  return { signature: line.signature, slot: line.slot, time: line.time, failed: line.failed, events: readEvents(logs) };
}

export interface Page {
  readonly transactions: readonly Transaction[];
  /** How many the node told of; fewer than were asked for: it knows no older ones. */
  readonly count: number;
  readonly oldest: Signature | undefined;
  readonly newest: Signature | undefined;
}

/** The next transactions of an address, before or since others that are known. */
export async function page(
  node: Node,
  address: Address,
  limit: number,
  edges: { before?: Signature; until?: Signature },
): Promise<Page> {
  const lines = await node.signatures(address, limit, edges.before, edges.until);
  const transactions = await inOrder(lines, (line) => read(node, line));
  return { transactions, count: lines.length, oldest: lines.at(-1)?.signature, newest: lines[0]?.signature };
}
