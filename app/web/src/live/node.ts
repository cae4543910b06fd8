/** The node: what is asked of it, each with a limit in time, so that a dead line is noticed. */
import { createSolanaRpc, createSolanaRpcSubscriptions, type Address, type Signature } from '@solana/kit';

const TIMEOUT_MS = 5_000;
/** Nodes refuse more keys in one call. */
const MOST_KEYS = 100;

export interface Found {
  readonly data: Uint8Array;
  readonly lamports: bigint;
  readonly owner: string;
}

export interface SignatureLine {
  readonly signature: Signature;
  readonly slot: bigint;
  readonly time: bigint | undefined;
  readonly failed: boolean;
}

function fromBase64(text: string): Uint8Array {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** A try by a signal of its own, given when it ends: the library remembers a subscription, also one that failed, for as long as
 * somebody's signal wants it, and would answer the next try with the same failure. */
async function once(signal: AbortSignal, attempt: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const own = new AbortController();
  try {
    await attempt(AbortSignal.any([signal, own.signal]));
  } finally {
    own.abort();
  }
}

/** A line to a node. */
export class Node {
  readonly rpc;
  readonly subscriptions;

  constructor(rpc: string, ws: string) {
    this.rpc = createSolanaRpc(rpc);
    this.subscriptions = createSolanaRpcSubscriptions(ws);
  }

  #limit(signal?: AbortSignal): { abortSignal: AbortSignal } {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return { abortSignal: signal ? AbortSignal.any([signal, timeout]) : timeout };
  }

  /** Accounts in the order of their keys; none where there is none. */
  async accounts(keys: readonly Address[], signal?: AbortSignal): Promise<{ slot: bigint; found: (Found | undefined)[] }> {
    let slot = 0n;
    const found: (Found | undefined)[] = [];
    for (let at = 0; at < keys.length; at += MOST_KEYS) {
      const part = keys.slice(at, at + MOST_KEYS);
      const { context, value } = await this.rpc
        .getMultipleAccounts(part, { encoding: 'base64', commitment: 'confirmed' })
        .send(this.#limit(signal));
      slot = context.slot;
      found.push(
        ...value.map((one) => (one ? { data: fromBase64(one.data[0]), lamports: one.lamports, owner: one.owner } : undefined)),
      );
    }
    return { slot, found };
  }

  /** Transactions that name an address, the last first. */
  async signatures(address: Address, limit: number, before?: Signature, until?: Signature): Promise<SignatureLine[]> {
    const options = { limit, commitment: 'confirmed' as const, ...(before && { before }), ...(until && { until }) };
    const lines = await this.rpc.getSignaturesForAddress(address, options).send(this.#limit());
    return lines.map((line) => ({
      signature: line.signature,
      slot: line.slot,
      time: line.blockTime === null ? undefined : BigInt(line.blockTime),
      failed: line.err !== null,
    }));
  }

  /** The log of a transaction; none where the node has forgotten it. */
  async logs(signature: Signature): Promise<readonly string[] | undefined> {
    const found = await this.rpc
      .getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0, encoding: 'base64' })
      .send(this.#limit());
    return found?.meta?.logMessages ?? undefined;
  }

  /** Tells of an account each time it changes, until the signal; ends by an error where the line breaks. */
  async watchAccount(key: Address, told: (data: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    await once(signal, async (abortSignal) => {
      const changes = await this.subscriptions
        .accountNotifications(key, { commitment: 'confirmed', encoding: 'base64' })
        .subscribe({ abortSignal });
      for await (const { value } of changes) told(fromBase64(value.data[0]));
    });
  }

  /** Tells the logs of each transaction that names an address. */
  async watchLogs(
    key: Address,
    told: (signature: Signature, logs: readonly string[], failed: boolean) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await once(signal, async (abortSignal) => {
      const all = await this.subscriptions
        .logsNotifications({ mentions: [key] }, { commitment: 'confirmed' })
        .subscribe({ abortSignal });
      for await (const { value } of all) told(value.signature, value.logs ?? [], value.err !== null);
    });
  }
}

/** What went wrong on the line, in a few words. */
export function whyLost(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'The node does not answer in time.';
  if (error instanceof TypeError) return 'The node cannot be reached.';
  return error instanceof Error ? error.message : String(error);
}
