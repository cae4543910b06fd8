// Sending: retries, expiry, refusals, sizes, limits.

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountRole, address, getAddressDecoder, type Address, type Instruction } from '@solana/kit';
import {
  ClientError,
  ExpiredError,
  PACKET,
  UnknownFateError,
  askMargin,
  blockTrade,
  computeLimit,
  createTable,
  dataLimit,
  deposit,
  extendTable,
  marginAccountAddress,
  openMarginAccount,
  refreshed,
  send,
  sign,
  simulate,
  stale,
  tableAddresses,
  updateFunding,
  viewMargin,
  withdraw,
  withLimits,
} from '../src/index.js';
import { MEASURED } from '../src/generated/limits.js';
import { Exchange, refused, type Trader } from './support/exchange.js';
import { FakeNode } from './support/node.js';

const quick = { look: 1, resend: 5 };
const key = (at: number): Address => getAddressDecoder().decode(new Uint8Array(32).fill(at));

describe('a transaction', () => {
  let exchange: Exchange;
  let node: FakeNode;
  let alice: Trader;

  beforeAll(async () => {
    exchange = await Exchange.start();
    alice = await exchange.trader('alice');
  });
  beforeEach(() => {
    node = new FakeNode(exchange.chain);
  });

  const paying = async (atoms: bigint) => ({ payer: alice.authority, instructions: await deposit(exchange.venue, { ...alice, asset: 0, atoms }) });

  it('is sent and confirmed', async () => {
    const before = exchange.margin(alice).core.cash;
    const sent = await send(node.rpc, await paying(5n), quick);
    expect(sent.slot).toBe(exchange.chain.slot);
    expect(exchange.margin(alice).core.cash).toBe(before + 5n);
  });

  it('is sent again where it was lost, and carried out once', async () => {
    const before = exchange.margin(alice).core.cash;
    node.loses = 2;
    await send(node.rpc, await paying(7n), quick);
    expect(node.calls.filter((method) => method === 'sendTransaction').length).toBe(3);
    expect(exchange.margin(alice).core.cash).toBe(before + 7n);
  });

  it('expires where it was not seen in time', async () => {
    const before = exchange.margin(alice).core.cash;
    node.loses = 1_000;
    const sending = send(node.rpc, await paying(9n), quick);
    setTimeout(() => (node.height += 151n), 30);
    await expect(sending).rejects.toBeInstanceOf(ExpiredError);
    expect(exchange.margin(alice).core.cash).toBe(before);
  });

  it('may have been carried out where nobody says so', async () => {
    node.silent = true;
    await expect(send(node.rpc, await paying(1n), { ...quick, patience: 40 })).rejects.toBeInstanceOf(UnknownFateError);
  });

  it('is refused before it is sent, with the reason in words', async () => {
    const { authority: owner, marginAccount } = alice;
    const instructions = await withdraw(exchange.venue, { owner, marginAccount, asset: 0, atoms: 1n << 60n });
    const error = await refused(send(node.rpc, { payer: owner, instructions }, quick));
    expect(error.refusal).toMatchObject({ code: 6304, name: 'InsufficientBalance', instruction: 2 });
    expect(error.refusal.figures['requested']).toBe(1n << 60n);
    expect(error.message).toMatch(/only settled balances can leave: Ask for at most what is settled/);
    expect(node.calls.filter((method) => method === 'getSignatureStatuses')).toEqual([]);
  });

  it('is refused on the chain where nobody tried it before', async () => {
    const { authority: owner, marginAccount } = alice;
    const instructions = await withdraw(exchange.venue, { owner, marginAccount, asset: 0, atoms: 1n << 60n });
    const limits = { extraUnits: 100_000 };
    const error = await refused(send(node.rpc, { payer: owner, instructions, limits }, { ...quick, preflight: false }));
    expect(error.refusal).toMatchObject({ name: 'InsufficientBalance', logs: [] });
  });

  it('asks for what it needs where that was not known', async () => {
    const instructions = Array.from({ length: 2 }, () => viewMargin(exchange.venue, alice.marginAccount));
    const draft = { payer: alice.authority, instructions, limits: { extraUnits: -computeLimit(instructions) + 2_000 } };
    await send(node.rpc, draft, quick);
    const methods = node.calls.filter((method) => method !== 'getLatestBlockhash' && method !== 'getSignatureStatuses');
    expect(methods).toEqual(['sendTransaction', 'simulateTransaction', 'sendTransaction']);
  });

  it('is not signed twice into the same', async () => {
    const draft = await paying(2n);
    const before = exchange.margin(alice).core.cash;
    await Promise.all([send(node.rpc, draft, quick), send(node.rpc, draft, quick)]);
    expect(exchange.margin(alice).core.cash).toBe(before + 4n);
  });

  it('is simulated without a signature', async () => {
    const done = await simulate(node.rpc, { payer: alice.authority, instructions: [viewMargin(exchange.venue, alice.marginAccount)] });
    expect(done.units).toBeGreaterThan(1_000n);
    expect(await askMargin(node.rpc, exchange.venue, alice.authority, alice.marginAccount)).toEqual(await exchange.view(alice));
  });

  it('refreshes the prices that count first', async () => {
    await exchange.refresh();
    const bob = await exchange.trader('bob');
    const legs = [{ market: 0, lots: 100n, price: 15_000n }];
    await exchange.chain.run([blockTrade(exchange.venue, alice, bob, legs)]);
    exchange.chain.advance(100n);
    exchange.publish();
    const asked = { margins: [exchange.margin(alice)], now: exchange.chain.time };
    expect(stale(exchange.tables(), asked)).toEqual([1]);
    expect(stale(exchange.tables(), { ...asked, assets: [2] })).toEqual([1, 2]);
    expect(stale(exchange.tables(), { ...asked, most: 200 })).toEqual([]);
    const more = [blockTrade(exchange.venue, alice, bob, legs)];
    const payer = alice.authority;
    await expect(refused(send(node.rpc, { payer, instructions: more }, quick))).resolves.toMatchObject({ refusal: { name: 'StalePrice' } });
    await send(node.rpc, { payer, instructions: refreshed(exchange.venue, [1], exchange.priceAccounts, more) }, quick);
    expect(exchange.margin(alice).positions).toMatchObject([{ lots: 200n }]);
    expect(() => refreshed(exchange.venue, [9], exchange.priceAccounts, more)).toThrow(/price account of asset 9/);
  });

  it('that does not fit a packet is refused, and fits with a lookup table', async () => {
    const far: Instruction = {
      programAddress: exchange.venue.clearinghouse,
      accounts: Array.from({ length: 40 }, (_, at) => ({ address: key(at + 1), role: AccountRole.READONLY })),
    };
    const draft = { payer: alice.authority, instructions: [far] };
    const lifetime = { blockhash: exchange.chain.svm.latestBlockhash(), lastValidBlockHeight: 1n };
    await expect(sign(draft, lifetime)).rejects.toThrow(ClientError);
    await expect(sign(draft, lifetime)).rejects.toThrow(new RegExp(`and ${PACKET} fit a packet: use a lookup table`));
    const table = address('AddressLookupTab1e1111111111111111111111111');
    const signed = await sign({ ...draft, tables: { [table]: far.accounts!.map(({ address }) => address) } }, lifetime);
    expect(signed.messageBytes.length).toBeLessThan(400);
  });

  it('makes a lookup table that a transaction can use', async () => {
    const { chain, venue } = exchange;
    chain.svm.warpToSlot(200n);
    chain.svm.setSlotHashes([{ slot: 199n, hash: chain.svm.latestBlockhash() }]);
    const { table, instruction } = await createTable(alice.authority, 199n);
    const addresses = tableAddresses(venue, [...exchange.priceAccounts.values()]);
    const grown = extendTable(table, alice.authority, [], addresses);
    expect(extendTable(table, alice.authority, addresses, addresses)).toEqual([]);
    await chain.run([instruction]);
    for (const chunk of grown) await chain.run([chunk]);
    chain.svm.warpToSlot(210n);
    const used = { payer: alice.authority, instructions: [viewMargin(venue, alice.marginAccount)], tables: { [table]: addresses } };
    const view = await simulate(node.rpc, used);
    expect(view.returnData.length).toBeGreaterThan(0);
  });
});

describe('limits', () => {
  it('are those of the smallest measured account that is large enough, as in the SDK', async () => {
    const exchange = await Exchange.start();
    const funding = updateFunding(exchange.venue, 0);
    const measured = (name: string) => Object.values(MEASURED).find(([found]) => found === name)![1];
    const dearest = (name: string) => Math.max(...measured(name).map(([, units]) => units));
    const sum = dearest('update_funding');
    expect(computeLimit([funding], 8)).toBe(sum + Math.floor(sum / 10) + 300);
    const view = viewMargin(exchange.venue, exchange.venue.backstop);
    const at = (positions: number) => computeLimit([view], positions);
    expect(at(1)).toBeLessThan(at(2));
    expect(at(2)).toBe(at(8));
    expect(at(9)).toBe(at(16));
    expect(at(200)).toBeGreaterThan(at(128));
    const owner = await exchange.chain.person('opener');
    expect(computeLimit([await openMarginAccount(exchange.venue, owner)])).toBeGreaterThan(20_000);
    expect(await marginAccountAddress(exchange.venue.clearinghouse, owner.address, 0)).toHaveLength(44);
  });

  it('come first', () => {
    const nothing: Instruction = { programAddress: key(7) };
    const all = withLimits([nothing], { unitPrice: 5n, loadedBytes: 40_000 });
    expect(all.map(({ data }) => data?.[0])).toEqual([2, 3, 4, undefined]);
    expect([...all[2]!.data!.slice(1)]).toEqual([0, 0, 1, 0]);
    expect(dataLimit([])).toBe(0);
    expect([dataLimit([1]), dataLimit([32_768 - 64]), dataLimit([32_768 - 63])]).toEqual([32_768, 32_768, 65_536]);
  });
});
