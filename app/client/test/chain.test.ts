// The client against the program's bytecode: open, deposit, trade, view, withdraw, close.

import { beforeAll, describe, expect, it } from 'vitest';
import {
  ErrorCode,
  Side,
  OrderKind,
  atomsFromText,
  blockTrade,
  cancelOrders,
  closeMarginAccount,
  deposit,
  editOrder,
  eventsOf,
  explain,
  levels,
  placeOrder,
  placeOrders,
  resizeMarginAccount,
  setDelegate,
  take,
  tokenAddress,
  trade,
  transfer,
  withdraw,
  marginAccountAddress,
  openMarginAccount,
  collateralOf,
} from '../src/index.js';
import { Exchange, refused, type Trader } from './support/exchange.js';

describe('a trader', () => {
  let exchange: Exchange;
  let [alice, bob]: Trader[] = [];
  const traders = (): [Trader, Trader] => [alice!, bob!];

  beforeAll(async () => {
    exchange = await Exchange.start();
    alice = await exchange.trader('alice');
    bob = await exchange.trader('bob');
  });

  it('opens an account, deposits and is told what it is worth', async () => {
    const [alice] = traders();
    const view = await exchange.view(alice);
    expect(view).toMatchObject({ equity: 10_000_000_000n, initialMargin: 0n, freeCollateral: 10_000_000_000n, canAddRisk: true });
    const margin = exchange.margin(alice);
    expect(margin).toMatchObject({ owner: alice.authority.address, id: 0, slots: 8, positions: [] });
    expect(margin.core.cash).toBe(10_000_000_000n);
  });

  it('is told by the risk book what there is', () => {
    const tables = exchange.tables();
    expect(tables.assets.map((asset) => asset.name)).toEqual(['USDC', 'SOL', 'ETH']);
    expect(tables.markets.map((market) => market.name)).toEqual(['SOL-PERP', 'ETH-PERP']);
    expect(tables.markets.map((market) => market.address)).toEqual(exchange.venue.markets);
    expect(tables.assets[1]).toMatchObject({ lotExponent: -2, decimals: 9, oracleKind: 1, index: (1_500_000n << 16n), maxAgeInitial: 60 });
    expect(tables.markets[0]).toMatchObject({ tickSize: 100n, asset: 1, kind: 0, mode: 0, takerFeeTenths: 30, makerFeeTenths: -5, minOrderLots: 10n });
    expect(tables.markets[0]!.initial[0]).toEqual({ upper: 250_000_000_000n, deduction: 0n, rate: Math.ceil(0.05 * 2 ** 20) });
  });

  it('rests orders, which the book shows, edits and cancels them', async () => {
    const [alice, bob] = traders();
    const on = { ...alice, market: 0 };
    const bid = { side: Side.Buy, lots: 100n, price: 14_990n, kind: OrderKind.PostOnly, clientId: 7n };
    await exchange.chain.run([placeOrder(exchange.venue, on, bid)]);
    await exchange.chain.run([placeOrder(exchange.venue, on, { ...bid, price: { offset: -30, worst: 15_200n } })]);
    const quotes = [14_980n, 14_990n].map((price, at) => ({ side: Side.Buy, price, lots: 50n, clientId: BigInt(at) }));
    await exchange.chain.run([placeOrders(exchange.venue, { ...bob, market: 0 }, { cancel: null, quotes })]);
    const book = exchange.orders(0);
    expect(book.bids.map((order) => [order.maker, order.price, order.lots])).toEqual([
      [alice.marginAccount, 14_990n, 100n],
      [bob.marginAccount, 14_990n, 50n],
      [bob.marginAccount, 14_980n, 50n],
    ]);
    expect(book.peggedBids).toMatchObject([{ price: -30n, worst: 15_200n, lots: 100n, clientId: 7n }]);
    const index = { floor: 15_000n, ceil: 15_000n };
    expect(levels(book, Side.Buy, { now: exchange.chain.time, index })).toEqual([
      { ticks: 14_990n, lots: 150n, orders: 2 },
      { ticks: 14_980n, lots: 50n, orders: 1 },
      { ticks: 14_970n, lots: 100n, orders: 1 },
    ]);
    expect(exchange.margin(alice).positions).toMatchObject([{ market: 0, asset: 1, lots: 0n, bidLots: 200n, bidPrice: 1_499_000n << 16n }]);

    const [first] = book.bids;
    const receipt = await exchange.chain.run([editOrder(exchange.venue, on, first!.id, { ...bid, lots: 60n })]);
    expect(eventsOf(receipt.logs, 'OrderEdited')).toHaveLength(1);
    expect(exchange.orders(0).bids[0]).toMatchObject({ id: first!.id, lots: 60n });
    await exchange.chain.run([cancelOrders(exchange.venue, on), cancelOrders(exchange.venue, { ...bob, market: 0 }, { side: Side.Buy })]);
    expect(exchange.orders(0).bids).toEqual([]);
    expect(exchange.margin(alice).positions).toEqual([]);
  });

  it('takes from the book what the book says', async () => {
    const [alice, bob] = traders();
    const asks = [15_010n, 15_020n].map((price) => ({ side: Side.Sell, price, lots: 100n, clientId: 0n }));
    await exchange.chain.run([placeOrders(exchange.venue, { ...bob, market: 0 }, { quotes: asks, cancel: null })]);
    const market = exchange.tables().markets[0]!;
    const wanted = take(exchange.orders(0), market, Side.Buy, 150n, { now: exchange.chain.time });
    expect(wanted).toMatchObject({ lots: 150n, worst: 15_020n, value: (100n * 15_010n + 50n * 15_020n) * 100n });

    const on = { ...alice, market: 0, makers: [bob.marginAccount] };
    const receipt = await exchange.chain.run([trade(exchange.venue, on, { side: Side.Buy, lots: 150n, limit: 15_020n })]);
    const [event] = eventsOf(receipt.logs, 'OrderProcessed');
    expect(event).toMatchObject({ lots: wanted.lots, value: wanted.value, account: alice.marginAccount });
    expect(exchange.margin(alice).positions).toMatchObject([{ lots: 150n, quote: -wanted.value }]);
    expect(exchange.margin(bob).positions).toMatchObject([{ lots: -150n, askLots: 50n }]);
    await exchange.chain.run([cancelOrders(exchange.venue, { ...bob, market: 0 })]);
  });

  it('finds its fills in the queue where the maker was not named', async () => {
    const [alice, bob] = traders();
    await exchange.chain.run([placeOrder(exchange.venue, { ...bob, market: 1 }, { side: Side.Sell, lots: 40n, price: 400_100n, kind: OrderKind.PostOnly })]);
    await exchange.chain.run([trade(exchange.venue, { ...alice, market: 1 }, { side: Side.Buy, lots: 40n, limit: 400_100n })]);
    expect(exchange.orders(1).waiting).toMatchObject([{ maker: bob.marginAccount, lots: 40n, kind: 1, side: 1, whole: 1, quote: 40n * 400_100n * 10n }]);
  });

  it('settles a block trade, legs in any order', async () => {
    const [alice, bob] = traders();
    const legs = [
      { market: 1, lots: -10n, price: 400_000n },
      { market: 0, lots: -50n, price: 15_000n },
    ];
    const receipt = await exchange.chain.run([blockTrade(exchange.venue, alice, bob, legs)]);
    const [event] = eventsOf(receipt.logs, 'BlockTradeSettled');
    expect(event?.legs.map((leg) => [leg.market, leg.lots])).toEqual([
      [0, -50n],
      [1, -10n],
    ]);
  });

  it('is told in words why it is refused', async () => {
    const [alice] = traders();
    const huge = trade(exchange.venue, { ...alice, market: 0 }, { side: Side.Buy, lots: 10n, limit: 20_000n });
    const band = await refused(exchange.chain.run([huge]));
    expect(band.refusal).toMatchObject({ code: ErrorCode.PriceOutsideBand, name: 'PriceOutsideBand', instruction: 1 });
    expect(band.refusal.figures).toMatchObject({ ticks: 20_000n, highest: 15_449n });

    const greedy = await withdraw(exchange.venue, { owner: alice.authority, marginAccount: alice.marginAccount, asset: 0, atoms: atomsFromText('9999', 6) });
    const short = await refused(exchange.chain.run(greedy));
    expect(short.refusal.name).toBe('InitialMarginNotMet');
    expect(explain(short)).toMatch(/^Not enough margin: .* Deposit, or ask for less/);

    const guarded = { expectedSequence: 1n };
    const old = trade(exchange.venue, { ...alice, market: 0, guards: guarded }, { side: Side.Sell, lots: 10n, limit: 14_900n });
    expect((await refused(exchange.chain.run([old]))).refusal.name).toBe('SequenceChanged');
  });

  it('withdraws into a token account that is opened for it', async () => {
    const [alice] = traders();
    const { authority, marginAccount } = alice;
    const source = await exchange.chain.tokens(authority.address, exchange.mints[1]!, 5_000_000_000n, 'SOL of alice');
    await exchange.chain.run(await deposit(exchange.venue, { ...alice, asset: 1, atoms: 5_000_000_000n, source }));
    const address = await tokenAddress(authority.address, collateralOf(exchange.venue, 1));
    expect(exchange.chain.balance(address)).toBe(0n);
    await exchange.chain.run(await withdraw(exchange.venue, { owner: authority, marginAccount, asset: 1, atoms: 2_000_000_000n }));
    expect(exchange.chain.balance(address)).toBe(2_000_000_000n);
    expect(exchange.margin(alice).core.balances[0]).toMatchObject({ asset: 1, atoms: 3_000_000_000n });
  });

  it('moves value between its accounts, grows and closes them', async () => {
    const [alice] = traders();
    const { authority, marginAccount } = alice;
    const second = await marginAccountAddress(exchange.venue.clearinghouse, authority.address, 1);
    await exchange.chain.run([await openMarginAccount(exchange.venue, authority, 1), resizeMarginAccount(authority, second, 20)]);
    await exchange.chain.run([transfer(exchange.venue, { authority, from: marginAccount, to: second, asset: 0, atoms: 1_000_000n })]);
    expect(exchange.margin({ ...alice, marginAccount: second })).toMatchObject({ slots: 20, id: 1, core: { cash: 1_000_000n } });
    await exchange.chain.run([setDelegate(authority, second, bob!.authority.address)]);
    expect(exchange.margin({ ...alice, marginAccount: second }).delegate).toBe(bob!.authority.address);
    await exchange.chain.run([transfer(exchange.venue, { authority, from: second, to: marginAccount, asset: 0, atoms: 1_000_000n })]);
    await exchange.chain.run([closeMarginAccount(authority, second)]);
    expect(() => exchange.margin({ ...alice, marginAccount: second })).toThrow();
  });
});
