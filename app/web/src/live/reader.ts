/**
 * Keeps what is known of the chain up to date. Every account is read again each second or each few seconds, which is what
 * notices a dead line; subscriptions bring what changed in between. Nothing is ordered by slots, which some nodes freeze in
 * notifications: margin accounts and markets count their own changes.
 */
import type { Address } from '@solana/kit';
import { Store } from '../ui/store';
import { compose, decodeBook, keysOf, sequenceOf, type Keys } from './chain';
import { Node, whyLost, type Found } from './node';
import { note } from './samples';
import { selected } from './selected';
import type { Settings } from './settings';
import { line, world } from './world';

const EVERY_MS = 1_000;
/** Accounts that change little, or are large, are read every so many passes. */
const SLOW_PASSES = 4;
const AGAIN_MS = 700;
/** A node that misses one request is not gone. */
const FAILURES_UNTIL_LOST = 2;

const node = new Store<Node | undefined>(undefined);

export function currentNode(): Node | undefined {
  return node.get();
}

export class Reader {
  readonly #node: Node;
  readonly #settings: Settings;
  readonly #owner: Address | undefined;
  readonly #stop = new AbortController();
  readonly #known = new Map<string, Found | undefined>();
  readonly #watched = new Set<string>();
  #keys: Keys | undefined;
  /** When each account was told of by a subscription, counted in readings and notifications. */
  readonly #told = new Map<string, number>();
  #clock = 0;
  #slot = 0n;
  #failures = 0;
  #wake: () => void = () => {};

  constructor(settings: Settings, owner: Address | undefined) {
    this.#settings = settings;
    this.#owner = owner;
    this.#node = new Node(settings.rpc, settings.ws);
    node.set(this.#node);
  }

  get node(): Node {
    return this.#node;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** Reads everything again now: after something was sent. */
  hurry(): void {
    this.#wake();
  }

  async run(begun: (keys: Keys) => void): Promise<void> {
    for (let pass = 0; !this.signal.aborted; pass += 1) {
      const started = Date.now();
      try {
        const all = pass % SLOW_PASSES === 0 || this.#keys === undefined || this.#failures > 0;
        await this.#read(all, begun);
        this.#failures = 0;
        line.set({ kind: 'live' });
      } catch (error) {
        if (this.signal.aborted) return;
        this.#failed(error);
      }
      const wait = this.#failures > 0 ? AGAIN_MS : Math.max(0, EVERY_MS - (Date.now() - started));
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    const present = line.get();
    if (this.#failures < FAILURES_UNTIL_LOST) return;
    const since = present.kind === 'lost' ? present.since : (world.get()?.readAt ?? Date.now());
    line.set({ kind: 'lost', since, why: whyLost(error) });
  }

  async #read(all: boolean, begun: (keys: Keys) => void): Promise<void> {
    if (!this.#keys) {
      this.#keys = await keysOf(this.#settings, this.#owner, (keys) => this.#node.accounts(keys, this.signal));
      begun(this.#keys);
    }
    const keys = this.#keys;
    const market = keys.venue.markets[selected.get()];
    const wanted = all ? keys.all : keys.fast(market);
    this.#clock += 1;
    const asked = this.#clock;
    const { slot, found } = await this.#node.accounts(wanted, this.signal);
    this.#slot = slot;
    wanted.forEach((key, at) => {
      // What was told while the answer was on its way is newer, where it counts more changes.
      const crossed = (this.#told.get(key) ?? 0) > asked;
      if (!crossed || !this.#isOlder(keys, key, found[at])) this.#known.set(key, found[at]);
    });
    this.#watch(keys.venue.riskBook);
    if (keys.margin) this.#watch(keys.margin);
    if (market) this.#watch(market);
    this.#tell(keys);
    // A market or a collateral that was added changes which accounts there are.
    const data = this.#known.get(keys.venue.riskBook)?.data;
    if (data && decodeBook(data).shape !== keys.shape) this.#keys = undefined;
  }

  #isOlder(keys: Keys, key: Address, found: Found | undefined): boolean {
    const before = this.#known.get(key);
    if (!before || !found || !keys.counted.has(key)) return false;
    return sequenceOf(found.data) < sequenceOf(before.data);
  }

  #tell(keys: Keys): void {
    const next = compose(keys, (key) => this.#known.get(key), this.#slot);
    if (!next) return;
    world.set(next);
    note();
  }

  #watch(key: Address): void {
    if (this.#watched.has(key)) return;
    this.#watched.add(key);
    const told = (data: Uint8Array) => {
      const before = this.#known.get(key);
      const keys = this.#keys;
      if (!before || !keys || this.signal.aborted) return;
      const found = { ...before, data };
      if (this.#isOlder(keys, key, found)) return;
      this.#clock += 1;
      this.#told.set(key, this.#clock);
      this.#known.set(key, found);
      this.#tell(keys);
    };
    // Where it breaks it is taken up again by a later pass, which has read the account by then.
    void this.#node
      .watchAccount(key, told, this.signal)
      .catch(() => undefined)
      .finally(() => this.#watched.delete(key));
  }
}
