// What befalls accounts: triggers, fills that wait, liquidation, the backstop.

import { beforeEach, describe, expect, it } from 'vitest';
import {
  OrderKind,
  Side,
  blockTrade,
  cancelTrigger,
  closeTriggers,
  decodeTriggers,
  deposit,
  eventsOf,
  executeTrigger,
  flagAccount,
  fundInsurance,
  liquidate,
  liquidateCollateral,
  liquidateSlice,
  openBackstop,
  openTriggers,
  placeOrder,
  placeTrigger,
  pruneOrders,
  resolveDefault,
  settleFills,
  slicedMarkets,
  trade,
  triggersAddress,
  updateFunding,
  waitingTriggers,
  accrueInterest,
  type Actor,
} from '../src/index.js';
import { Exchange, refused, type Trader } from './support/exchange.js';

describe('an account', () => {
  let exchange: Exchange;
  let alice: Trader;
  let bob: Trader;
  const DOLLAR = 100_000_000n;

  beforeEach(async () => {
    exchange = await Exchange.start();
    alice = await exchange.trader('alice');
    bob = await exchange.trader('bob', 500_000n);
  });

  async function run(...instructions: Parameters<Exchange['chain']['run']>[0]) {
    return exchange.chain.run(instructions);
  }
  const move = async (asset: number, price: bigint) => {
    exchange.prices.set(asset, { price, confidence: 0n, average: price });
    await exchange.refresh();
  };
  const long = (lots: bigint) => blockTrade(exchange.venue, alice, bob, [{ market: 0, lots, price: 15_000n }]);
  const lots = (who: Actor) => exchange.margin(who).positions.map((position) => position.lots);

  it('is stopped out by whoever executes its trigger', async () => {
    await run(long(1_000n), await openTriggers(alice.authority, alice.marginAccount));
    const stop = { market: 0, side: Side.Sell, above: false, price: 14_500n, slippage: 200n, lots: 1_000n, clientId: 5n };
    await run(await placeTrigger(exchange.venue, alice, stop));
    await run(await placeTrigger(exchange.venue, alice, { ...stop, above: true, price: 16_000n }));
    const entries = () => triggersAddress(alice.marginAccount).then((address) => decodeTriggers(exchange.chain.data(address)).entries);
    expect((await entries()).slice(0, 3).map(({ flags, price, lots }) => [flags, price, lots])).toEqual([
      [3, 14_500n, 1_000n],
      [7, 16_000n, 1_000n],
      [0, 0n, 0n],
    ]);
    const waiting = () => triggersAddress(alice.marginAccount).then((address) => waitingTriggers(decodeTriggers(exchange.chain.data(address))));
    expect(await waiting()).toMatchObject([
      { place: 0, side: Side.Sell, above: false, price: 14_500n, slippage: 200n, clientId: 5n },
      { place: 1, side: Side.Sell, above: true, price: 16_000n },
    ]);
    await run(await cancelTrigger(exchange.venue, alice, 0), await placeTrigger(exchange.venue, alice, stop));
    await run(await cancelTrigger(exchange.venue, alice, 1));
    expect((await waiting()).map(({ place }) => place)).toEqual([0]);
    const execution = { executor: bob, marginAccount: alice.marginAccount, market: 0, place: 0 };
    expect((await refused(run(await executeTrigger(exchange.venue, execution)))).refusal.name).toBe('TriggerNotReached');
    await move(1, 144n * DOLLAR);
    const carol = await exchange.trader('carol', 100_000n);
    await run(placeOrder(exchange.venue, { ...carol, market: 0 }, { side: Side.Buy, lots: 1_000n, price: 14_390n, kind: OrderKind.PostOnly }));
    const receipt = await run(await executeTrigger(exchange.venue, { ...execution, makers: [carol.marginAccount] }));
    expect(eventsOf(receipt.logs, 'TriggerExecuted')).toHaveLength(1);
    expect([lots(alice), lots(carol)]).toEqual([[], [1_000n]]);
    await run(await closeTriggers(alice.authority, alice.marginAccount));
  });

  it('gets its fills from the queue', async () => {
    await run(placeOrder(exchange.venue, { ...bob, market: 0 }, { side: Side.Sell, lots: 100n, price: 15_010n, kind: OrderKind.PostOnly }));
    await run(trade(exchange.venue, { ...alice, market: 0 }, { side: Side.Buy, lots: 100n, limit: 15_010n }));
    expect([lots(alice), lots(bob)]).toEqual([[100n], [0n]]);
    await run(settleFills(exchange.venue, 0, [bob.marginAccount]));
    expect([lots(bob), exchange.orders(0).waiting]).toEqual([[-100n], []]);
    await run(updateFunding(exchange.venue, 0));
  });

  it('below its margin is flagged, pruned and liquidated', async () => {
    await run(long(10_000n));
    await run(placeOrder(exchange.venue, { ...alice, market: 1 }, { side: Side.Buy, lots: 10n, price: 390_000n, kind: OrderKind.PostOnly }));
    await move(1, 51n * DOLLAR);
    await run(flagAccount(exchange.venue, alice.marginAccount));
    const takeover = { liquidator: bob, liquidatee: alice.marginAccount };
    const terms = { market: 0, maxLots: 100n };
    expect((await refused(run(liquidate(exchange.venue, takeover, terms)))).refusal.name).toBe('OrdersStillRest');
    await run(pruneOrders(exchange.venue, 1, alice.marginAccount));
    const receipt = await run(liquidate(exchange.venue, takeover, terms));
    expect(eventsOf(receipt.logs, 'Liquidated')[0]).toMatchObject({ lots: 100n, market: 0 });
    expect(lots(alice)).toEqual([9_900n]);
    const markets = slicedMarkets(exchange.tables(), exchange.margin(alice));
    expect(markets).toEqual([0]);
    await run(liquidateSlice(exchange.venue, takeover, { markets }));
    expect(lots(alice)[0]!).toBeLessThan(9_900n);
  });

  it('that owes cash and holds only collateral loses some of it', async () => {
    const source = await exchange.chain.tokens(alice.authority.address, exchange.mints[1]!, 100_000_000_000n, 'SOL of alice');
    await run(...(await deposit(exchange.venue, { ...alice, asset: 1, atoms: 100_000_000_000n, source })), long(10_000n));
    // 100 SOL at 150 dollars, then a loss of 11,000 dollars, which is realised at 40.
    await move(1, 40n * DOLLAR);
    const close = blockTrade(exchange.venue, alice, bob, [{ market: 0, lots: -10_000n, price: 4_000n }]);
    await run(close);
    expect(exchange.margin(alice).core.cash).toBeLessThan(-900_000_000n);
    await move(1, 9n * DOLLAR);
    await run(accrueInterest(exchange.venue, alice.marginAccount));
    const receipt = await run(liquidateCollateral(exchange.venue, { liquidator: bob, liquidatee: alice.marginAccount }, { asset: 1, maxAtoms: 1_000_000_000n }));
    expect(eventsOf(receipt.logs, 'CollateralLiquidated')).toHaveLength(1);
    expect(exchange.margin(bob).core.balances[0]).toMatchObject({ asset: 1, atoms: 1_000_000_000n });
  });

  it('in default is taken over by the backstop', async () => {
    await run(await fundInsurance(exchange.venue, bob.authority, 50_000_000_000n), openBackstop(exchange.venue, bob.authority));
    await run(long(10_000n));
    await move(1, (101n * DOLLAR) / 2n);
    await run(resolveDefault(exchange.venue, alice.marginAccount, [0]));
    expect(lots(alice)).toEqual([]);
    expect(lots({ ...bob, marginAccount: exchange.venue.backstop })).toEqual([10_000n]);
  });
});
