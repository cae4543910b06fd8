// Accounts, as they change.
//
// A connection begins with subscriptions, then asks for everything, so that no change falls between the two. While it
// lasts, everything is compared with the chain from time to time: a notification that was lost, and an account that was
// closed, are found by it. When it is lost, the reader is told, and the next one begins with a snapshot again.

import type {
  AccountNotificationsApi,
  Address,
  ProgramNotificationsApi,
  Rpc,
  RpcSubscriptions,
  SlotNotificationsApi,
} from '@solana/kit';
import { PROGRAM_ADDRESS } from '../generated/rows.js';
import { Memory } from './memory.js';
import { Queue } from './queue.js';
import { found, memcmps, readAccounts, readProgramAccounts, type Filter, type Found, type ReadingApi } from './read.js';

/** What a node must be able to tell. */
export type WatchingApi = AccountNotificationsApi & ProgramNotificationsApi & SlotNotificationsApi;

/** A node: asked, and told by. */
export interface Line {
  /** For questions. */
  readonly rpc: Rpc<ReadingApi>;
  /** For subscriptions. */
  readonly subscriptions: RpcSubscriptions<WatchingApi>;
}

/** What to watch. */
export interface Watched {
  /** Accounts by their addresses: the risk book, markets, price accounts, a wallet's tokens. */
  readonly accounts?: readonly Address[];
  /** Accounts of the program that filters let through: `marginsOf`, `marginsOfTrader`. */
  readonly filters?: readonly Filter[];
}

/** Times, in milliseconds. What is left out has the default that is named. */
export interface FeedOptions {
  /** A line over which nothing came for so long is given up; 5,000. Slots come several times a second. */
  readonly quiet?: number | undefined;
  /** How often everything is compared with the chain; 10,000. */
  readonly verifyEvery?: number | undefined;
  /** How long a notification may be on its way before it counts as missed; 1,500. */
  readonly onItsWay?: number | undefined;
  /** How long it is waited before the next connection, at first and at most; 200 and 5,000. */
  readonly pauses?: readonly [number, number] | undefined;
  /** Ends the feed. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** A change. */
export type Update =
  /** Everything, at the beginning and after each time that the line was lost. What is not in it is gone. */
  | { readonly kind: 'snapshot'; readonly accounts: ReadonlyMap<Address, Found> }
  /** An account is new, or has changed. */
  | { readonly kind: 'account'; readonly address: Address; readonly account: Found }
  /** An account is gone. */
  | { readonly kind: 'gone'; readonly address: Address }
  /** So many changes had been missed, and have been passed on now. */
  | { readonly kind: 'mended'; readonly count: number }
  /** The line is lost, and why. Until the next snapshot, what is known grows old. */
  | { readonly kind: 'lost'; readonly reason: string };

interface Times {
  readonly quiet: number;
  readonly verifyEvery: number;
  readonly onItsWay: number;
}

const now = (): number => performance.now();

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

/** Watches accounts until the signal ends it, or the reader stops reading. */
export async function* watch(line: Line, watched: Watched, options: FeedOptions = {}): AsyncGenerator<Update, void, void> {
  const { quiet = 5_000, verifyEvery = 10_000, onItsWay = 1_500, pauses = [200, 5_000], abortSignal } = options;
  const end = new AbortController();
  const stop = () => end.abort();
  if (abortSignal?.aborted) return;
  abortSignal?.addEventListener('abort', stop, { once: true });
  let pause = pauses[0];
  try {
    while (!end.signal.aborted) {
      const [began, session] = [now(), new Session(line, watched, { quiet, verifyEvery, onItsWay }, end.signal)];
      yield* session.updates();
      if (end.signal.aborted) return;
      yield { kind: 'lost', reason: session.reason };
      // A connection that held for a while is no sign of trouble with the next.
      pause = now() - began > 4 * pauses[1] ? pauses[0] : Math.min(2 * pause, pauses[1]);
      await sleep(pause, end.signal);
    }
  } finally {
    stop();
    abortSignal?.removeEventListener('abort', stop);
  }
}

/** One connection. */
class Session {
  /** Why it ended. */
  reason = 'the line ended';
  readonly #line: Line;
  readonly #watched: Required<Watched>;
  readonly #times: Times;
  readonly #end = new AbortController();
  readonly #out = new Queue<Update>();
  readonly #memory = new Memory();
  readonly #early = new Set<Address>();
  #begun = false;
  #heard = now();

  constructor(line: Line, { accounts = [], filters = [] }: Watched, times: Times, signal: AbortSignal) {
    this.#line = line;
    this.#watched = { accounts, filters };
    this.#times = times;
    if (signal.aborted) this.#stop('nobody reads any more');
    signal.addEventListener('abort', () => this.#stop('nobody reads any more'), { once: true, signal: this.#end.signal });
  }

  /** Everything that it has to tell. */
  async *updates(): AsyncGenerator<Update, void, void> {
    try {
      void this.#run().catch((error: unknown) => this.#stop(String(error instanceof Error ? error.message : error)));
      yield* this.#out;
    } finally {
      this.#stop('nobody reads any more');
    }
  }

  #stop(reason: string): void {
    if (this.#end.signal.aborted) return;
    this.reason = reason;
    this.#end.abort();
    this.#out.close();
  }

  async #run(): Promise<void> {
    await this.#subscribe();
    await this.#snapshot();
    await Promise.all([this.#listen(), this.#verify()]);
  }

  async #subscribe(): Promise<void> {
    const { subscriptions } = this.#line;
    const config = { commitment: 'confirmed', encoding: 'base64' } as const;
    const signal = { abortSignal: this.#end.signal };
    const slots = subscriptions.slotNotifications().subscribe(signal);
    const accounts = this.#watched.accounts.map(async (address) => {
      const told = await subscriptions.accountNotifications(address, config).subscribe(signal);
      this.#follow(told, ({ value }) => this.#take(address, found(value)));
    });
    const filters = this.#watched.filters.map(async (filter) => {
      const told = await subscriptions.programNotifications(PROGRAM_ADDRESS, { ...config, filters: memcmps(filter) }).subscribe(signal);
      this.#follow(told, ({ value }) => this.#take(value.pubkey, found(value.account)));
    });
    const late = sleep(this.#times.quiet, this.#end.signal).then(() => {
      throw new Error(`no subscription within ${this.#times.quiet} ms`);
    });
    await Promise.race([Promise.all([slots, ...accounts, ...filters]), late]);
    this.#follow(await slots, () => undefined);
  }

  /** Takes what a subscription tells. That it ends, ends the connection. */
  #follow<T>(told: AsyncIterable<T>, take: (news: T) => void): void {
    const read = async () => {
      for await (const news of told) {
        this.#heard = now();
        take(news);
      }
      this.#stop('the node closed the connection');
    };
    read().catch((error: unknown) => this.#stop(error instanceof Error ? error.message : String(error)));
  }

  #take(address: Address, account: Found): void {
    if (!this.#begun) {
      this.#early.add(address);
    } else if (account.lamports === 0n || account.data.length === 0) {
      this.#gone(address);
    } else if (this.#memory.note(address, account.data, now()) === 'news') {
      this.#out.push({ kind: 'account', address, account });
    }
  }

  #gone(address: Address): boolean {
    const known = this.#memory.forget(address);
    if (known) this.#out.push({ kind: 'gone', address });
    return known;
  }

  async #everything(): Promise<Map<Address, Found>> {
    const { rpc } = this.#line;
    const { accounts, filters } = this.#watched;
    const [named, ...letThrough] = await Promise.all([readAccounts(rpc, accounts), ...filters.map((filter) => readProgramAccounts(rpc, filter))]);
    const all = new Map(letThrough.flatMap((some) => [...some]));
    accounts.forEach((address, at) => {
      const account = named[at];
      if (account) all.set(address, account);
    });
    return all;
  }

  /** Everything, with what changed while it was asked for. */
  async #snapshot(): Promise<void> {
    let asked = now();
    const all = await this.#everything();
    // Which of a notification and an answer is newer is not known where they cross: ask again until none crosses.
    while (this.#early.size > 0 && !this.#end.signal.aborted) {
      const unsure = [...this.#early];
      this.#early.clear();
      asked = now();
      const again = await readAccounts(this.#line.rpc, unsure);
      unsure.forEach((address, at) => {
        const account = again[at];
        if (account) all.set(address, account);
        else all.delete(address);
      });
    }
    this.#memory.begin(
      [...all].map(([address, account]) => [address, account.data] as const),
      asked,
    );
    this.#begun = true;
    this.#out.push({ kind: 'snapshot', accounts: all });
  }

  /** Gives up a line over which nothing comes. */
  async #listen(): Promise<void> {
    const { quiet } = this.#times;
    while (!this.#end.signal.aborted) {
      await sleep(Math.min(500, quiet / 4), this.#end.signal);
      if (now() - this.#heard > quiet) this.#stop(`nothing came over the websocket for ${quiet} ms`);
    }
  }

  /** Compares what is known with the chain, and passes on what had been missed. */
  async #verify(): Promise<void> {
    const { verifyEvery, onItsWay } = this.#times;
    for (;;) {
      await sleep(verifyEvery, this.#end.signal);
      if (this.#end.signal.aborted) return;
      const asked = now();
      const chain = await this.#everything();
      await sleep(onItsWay, this.#end.signal);
      if (this.#end.signal.aborted) return;
      this.#mend(chain, asked);
    }
  }

  #mend(chain: ReadonlyMap<Address, Found>, asked: number): void {
    let count = 0;
    for (const [address, account] of chain) {
      const back = this.#memory.overrule(address, account.data, asked);
      if (back === undefined) continue;
      // Whoever goes by sequences would not take it otherwise.
      if (back) this.#out.push({ kind: 'gone', address });
      this.#out.push({ kind: 'account', address, account });
      count += 1;
    }
    for (const address of this.#memory.keys()) {
      if (chain.has(address) || this.#memory.notedSince(address, asked)) continue;
      if (this.#gone(address)) count += 1;
    }
    if (count > 0) this.#out.push({ kind: 'mended', count });
  }
}
