// Accounts as they change, over a line that loses things.

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '@solana/kit';
import {
  CLOCK,
  Memory,
  closeMarginAccount,
  decodeMargin,
  deposit,
  marginAccountAddress,
  marginsOf,
  marginsOfTrader,
  marketsOf,
  openMarginAccount,
  readAccounts,
  readClock,
  readProgramAccounts,
  sequenceOf,
  watch,
  type FeedOptions,
  type Update,
  type Watched,
} from '../src/index.js';
import { Exchange, type Trader } from './support/exchange.js';
import { FakeNode } from './support/node.js';

const KEY = CLOCK;

describe('what is remembered', () => {
  let account: (sequence: bigint, rest: number) => Uint8Array;

  beforeAll(async () => {
    const exchange = await Exchange.start();
    const bytes = exchange.chain.data((await exchange.trader('anybody')).marginAccount);
    account = (sequence, rest) => {
      const copy = bytes.slice();
      new DataView(copy.buffer).setBigUint64(16, sequence, true);
      copy[copy.length - 1] = rest;
      return copy;
    };
  });

  it('tells news from echoes by the sequence', () => {
    const memory = new Memory();
    expect(sequenceOf(account(3n, 0))).toBe(3n);
    expect(memory.note(KEY, account(3n, 0), 1)).toBe('news');
    expect(memory.note(KEY, account(3n, 0), 2)).toBe('same');
    expect(memory.note(KEY, account(2n, 9), 3)).toBe('older');
    expect(memory.note(KEY, account(4n, 0), 4)).toBe('news');
    // Without a sequence, whatever comes later is news.
    const other = '11111111111111111111111111111112' as Address;
    expect(memory.note(other, new Uint8Array([2]), 5)).toBe('news');
    expect(memory.note(other, new Uint8Array([1]), 6)).toBe('news');
  });

  it('forgets an account before it takes one that begins anew', () => {
    const memory = new Memory();
    memory.note(KEY, account(5n, 0), 1);
    expect(memory.overrule(KEY, account(5n, 0), 2)).toBeUndefined();
    expect(memory.overrule(KEY, account(1n, 0), 2)).toBe(true);
    expect(memory.overrule(KEY, account(2n, 0), 2)).toBe(false);
    memory.note(KEY, account(3n, 0), 3);
    expect(memory.overrule(KEY, account(2n, 1), 2)).toBeUndefined();
    expect([memory.forget(KEY), memory.forget(KEY)]).toEqual([true, false]);
  });
});

describe('a feed', () => {
  let exchange: Exchange;
  let alice: Trader;
  let node: FakeNode;
  let end: AbortController;
  let seen: Update[];
  let slots: NodeJS.Timeout;

  beforeEach(async () => {
    exchange = await Exchange.start();
    alice = await exchange.trader('alice');
    node = new FakeNode(exchange.chain);
    end = new AbortController();
    seen = [];
    slots = setInterval(() => node.tick(), 10);
  });
  afterEach(() => {
    clearInterval(slots);
    end.abort();
  });

  const start = (watched: Watched, options: FeedOptions = {}): Promise<void> => {
    const times = { quiet: 300, verifyEvery: 60_000, onItsWay: 10, pauses: [10, 20] as const, abortSignal: end.signal, ...options };
    return (async () => {
      for await (const update of watch(node, watched, times)) seen.push(update);
    })();
  };
  const until = async (what: (update: Update) => boolean): Promise<Update> => {
    for (let tries = 0; tries < 400; tries += 1) {
      const found = seen.find(what);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`it was not told: ${seen.map(({ kind }) => kind).join(', ')}`);
  };
  const pay = async (atoms: bigint) => exchange.chain.run(await deposit(exchange.venue, { ...alice, asset: 0, atoms }));
  const cash = (update: Update): bigint | undefined => (update.kind === 'account' && update.address === alice.marginAccount ? decodeMargin(update.account.data).core.cash : undefined);

  it('begins with everything, and goes on with changes, each once', async () => {
    const feeding = start({ accounts: [exchange.venue.riskBook, alice.marginAccount] });
    const first = await until(({ kind }) => kind === 'snapshot');
    expect(first.kind === 'snapshot' && [...first.accounts.keys()].sort()).toEqual([exchange.venue.riskBook, alice.marginAccount].sort());
    const old = exchange.chain.data(alice.marginAccount);
    await pay(5n);
    node.notify(alice.marginAccount);
    node.notify(alice.marginAccount);
    node.notify(alice.marginAccount, old);
    await pay(6n);
    node.notify(alice.marginAccount);
    await until((update) => cash(update) === 10_000_000_011n);
    expect(seen.flatMap((update) => cash(update) ?? [])).toEqual([10_000_000_005n, 10_000_000_011n]);
    end.abort();
    await feeding;
  });

  it('tells that the line was lost, and begins with everything again', async () => {
    void start({ accounts: [alice.marginAccount] });
    await until(({ kind }) => kind === 'snapshot');
    node.cut();
    await pay(7n);
    await until(({ kind }) => kind === 'lost');
    seen.length = 0;
    const again = await until(({ kind }) => kind === 'snapshot');
    expect(again.kind === 'snapshot' && decodeMargin(again.accounts.get(alice.marginAccount)!.data).core.cash).toBe(10_000_000_007n);
    node.notify(alice.marginAccount);
    await pay(1n);
    node.notify(alice.marginAccount);
    await until((update) => cash(update) === 10_000_000_008n);
  });

  it('gives up a line over which nothing comes', async () => {
    void start({ accounts: [alice.marginAccount] }, { quiet: 60 });
    await until(({ kind }) => kind === 'snapshot');
    clearInterval(slots);
    const lost = await until(({ kind }) => kind === 'lost');
    expect(lost).toMatchObject({ reason: 'nothing came over the websocket for 60 ms' });
  });

  it('finds what it was not told', async () => {
    void start({ accounts: [exchange.venue.riskBook, alice.marginAccount] }, { verifyEvery: 30 });
    await until(({ kind }) => kind === 'snapshot');
    await pay(9n);
    await until((update) => cash(update) === 10_000_000_009n);
    // The account, and the risk book, which notes the deposit.
    expect(await until(({ kind }) => kind === 'mended')).toEqual({ kind: 'mended', count: 2 });
  });

  it('finds accounts that come and go', async () => {
    const { authority } = alice;
    const second = await marginAccountAddress(exchange.venue.clearinghouse, authority.address, 1);
    void start({ filters: [marginsOfTrader(exchange.venue.clearinghouse, authority.address)] }, { verifyEvery: 30 });
    await until(({ kind }) => kind === 'snapshot');
    await exchange.chain.run([await openMarginAccount(exchange.venue, authority, 1)]);
    await until((update) => update.kind === 'account' && update.address === second);
    await exchange.chain.run([closeMarginAccount(authority, second)]);
    await until((update) => update.kind === 'gone' && update.address === second);
  });

  it('reads accounts by their addresses and by what they are', async () => {
    const { clearinghouse, markets } = exchange.venue;
    const bob = await exchange.trader('bob');
    const all = await readProgramAccounts(node.rpc, marginsOf(clearinghouse));
    expect([...all.keys()].sort()).toEqual([alice.marginAccount, bob.marginAccount].sort());
    expect([...(await readProgramAccounts(node.rpc, marketsOf(clearinghouse))).keys()].sort()).toEqual([...markets].sort());
    const none = await marginAccountAddress(clearinghouse, bob.authority.address, 5);
    const [found, missing] = await readAccounts(node.rpc, [bob.marginAccount, none]);
    expect([found?.data.length, missing]).toEqual([1_048, undefined]);
    expect((await readClock(node.rpc)).time).toBe(exchange.chain.time);
  });
});
