// The engine in WebAssembly against the program's bytecode: equal to the atom.

import { beforeAll, describe, expect, it } from 'vitest';
import type { Instruction } from '@solana/kit';
import { Scenario, loadEngine, preview, type Change, type Figures } from '../src/engine/node.js';
import {
  ClientError,
  OrderKind,
  RefusedError,
  Side,
  blockTrade,
  cancelOrders,
  deposit,
  flagAccount,
  placeOrder,
  take,
  trade,
  withdraw,
} from '../src/index.js';
import { EXPONENT, Exchange, refused, type Trader } from './support/exchange.js';
import { Random } from './support/random.js';

const DAY = 86_400n;

/** What somebody does, and how the engine is told of it. */
interface Step {
  readonly instructions: readonly Instruction[];
  readonly changes: readonly Change[];
}

const withoutSequence = ({ sequence: _, ...figures }: Figures): Omit<Figures, 'sequence'> => figures;

/** Whether something was allowed; other failures are failures of the test. */
const allowed = (doing: Promise<unknown>): Promise<boolean> =>
  doing.then(
    () => true,
    (error: unknown) => {
      if (error instanceof RefusedError) return false;
      throw error;
    },
  );

class Scene {
  constructor(
    readonly exchange: Exchange,
    readonly random: Random,
    readonly me: Trader,
    readonly other: Trader,
  ) {}

  static async start(seed: bigint): Promise<Scene> {
    const exchange = await Exchange.start();
    const [me, other] = [await exchange.trader('me', 50_000n), await exchange.trader('other', 500_000n)];
    await exchange.chain.tokens(me.authority.address, exchange.mints[1]!, 1_000_000_000_000n);
    return new Scene(exchange, new Random(seed), me, other);
  }

  tick(market: number): bigint {
    const { index } = this.exchange.tables().assets[market + 1]!;
    return index / (this.exchange.tables().markets[market]!.tickSize << 16n);
  }

  /** A price within so many basis points of the index, in ticks. */
  near(market: number, bps: bigint): bigint {
    const tick = this.tick(market);
    return tick + (tick * this.random.between(-bps, bps)) / 10_000n;
  }

  async step(): Promise<Step> {
    const { random, exchange, me } = this;
    const market = Number(random.between(0n, 1n));
    const side = random.of([Side.Buy, Side.Sell]);
    const lots = random.between(10n, 600n);
    const kind = random.of(['deposit', 'withdraw', 'block', 'block', 'take', 'take', 'rest', 'rest', 'peg', 'price', 'wait'] as const);
    const on = { ...me, market };
    switch (kind) {
      case 'deposit': {
        const asset = Number(random.between(0n, 1n));
        const atoms = random.between(1n, asset === 0 ? 2_000_000_000n : 20_000_000_000n);
        return { instructions: await deposit(exchange.venue, { ...me, asset, atoms, wrap: false }), changes: [{ kind, asset, atoms }] };
      }
      case 'withdraw': {
        const asset = Number(random.between(0n, 1n));
        const atoms = random.between(1n, 1_000_000_000n);
        const owner = me.authority;
        return { instructions: await withdraw(exchange.venue, { ...me, owner, asset, atoms }), changes: [{ kind, asset, atoms }] };
      }
      case 'block': {
        const [signed, ticks] = [side === Side.Buy ? lots : -lots, this.near(market, 200n)];
        return { instructions: [blockTrade(exchange.venue, me, this.other, [{ market, lots: signed, price: ticks }])], changes: [{ kind, market, lots: signed, ticks }] };
      }
      case 'take':
        return this.#take(market, side, lots);
      case 'rest': {
        const price = this.near(market, 250n);
        return { instructions: [placeOrder(exchange.venue, on, { side, lots, price, kind: OrderKind.PostOnly })], changes: [{ kind, market, side, lots, ticks: price }] };
      }
      case 'peg': {
        const offset = Number(random.between(5n, 60n)) * (side === Side.Buy ? -1 : 1);
        const worst = side === Side.Buy ? this.tick(market) * 2n : 1n;
        const order = { side, lots, price: { offset, worst }, kind: OrderKind.PostOnly };
        return { instructions: [placeOrder(exchange.venue, on, order)], changes: [{ kind, market, side, lots, offset }] };
      }
      case 'price':
        return this.#price(market + 1);
      case 'wait':
        exchange.chain.advance(random.between(1n, 20n));
        return { instructions: [], changes: [] };
    }
  }

  async #take(market: number, side: Side, lots: bigint): Promise<Step> {
    const { exchange, me, other } = this;
    const offered = { side: side === Side.Buy ? Side.Sell : Side.Buy, lots: lots / 2n + 10n, kind: OrderKind.PostOnly };
    // Own orders would be taken out on the way.
    await allowed(exchange.chain.run([cancelOrders(exchange.venue, { ...me, market })]));
    for (let at = 0; at < 2; at += 1) {
      const order = { ...offered, price: this.near(market, 100n) };
      await allowed(exchange.chain.run([placeOrder(exchange.venue, { ...other, market }, order)]));
    }
    const book = exchange.orders(market);
    const limit = side === Side.Buy ? this.tick(market) * 2n : 1n;
    const { fills } = take(book, exchange.tables().markets[market]!, side, lots, { now: exchange.chain.time });
    const worst = fills.at(-1)?.ticks ?? limit;
    const on = { ...me, market, makers: [other.marginAccount] };
    return {
      instructions: [trade(exchange.venue, on, { side, lots, limit: worst })],
      changes: fills.length === 0 ? [] : [{ kind: 'take', market, side, fills: fills.map(({ lots, ticks }) => ({ lots, ticks })) }],
    };
  }

  #price(asset: number): Step {
    const { exchange, random } = this;
    exchange.chain.advance(random.between(1n, 10n));
    const { price } = exchange.prices.get(asset)!;
    const moved = price + (price * random.between(-150n, 150n)) / 10_000n;
    const reading = { price: moved, confidence: moved / random.between(200n, 5_000n), average: (price + moved) / 2n };
    exchange.prices.set(asset, reading);
    const changes = [...exchange.prices].map(([of, { price, confidence, average }]): Change => {
      const { time, slot } = exchange.chain;
      return { kind: 'refresh', asset: of, reading: { price, confidence, average, exponent: EXPONENT, publishTime: time, postedSlot: slot } };
    });
    exchange.publish();
    return { instructions: [exchange.refreshing()], changes };
  }
}

describe('the engine', () => {
  beforeAll(() => loadEngine());

  it('says of a hundred random steps what the chain says afterwards, to the atom', async () => {
    const seed = BigInt(process.env['SEED'] ?? '20261130');
    console.info(`SEED=${seed}`);
    const scene = await Scene.start(seed);
    const { exchange, me } = scene;
    const counts = new Map<string, number>();
    for (let previews = 0; previews < 100; ) {
      const step = await scene.step();
      const [book, account, now] = [exchange.book(), exchange.chain.data(me.marginAccount), exchange.chain.time];
      // What is refused may still be asked about, but the chain says nothing to it.
      if (!(await allowed(exchange.chain.run(step.instructions)))) continue;
      const expected = withoutSequence(await exchange.view(me));
      const figures = preview(book, account, now, step.changes);
      expect(withoutSequence(figures.after), `step ${previews}: ${JSON.stringify(step.changes, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`).toEqual(expected);
      previews += 1;
      for (const { kind } of step.changes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    console.info(Object.fromEntries(counts));
    for (const kind of ['deposit', 'withdraw', 'block', 'take', 'rest', 'peg', 'refresh']) expect(counts.get(kind), kind).toBeGreaterThan(2);
    expect(exchange.margin(me).positions.length).toBeGreaterThan(0);
    // Deposits weighed on the weight of all, or the previews of deposits would have shown little.
    const { weightInitial, weightInitialFull } = exchange.tables().assets[1]!;
    expect(weightInitial).toBeLessThan(weightInitialFull);
  });

  describe('of a leveraged account', () => {
    let exchange: Exchange;
    let [me, whale]: Trader[] = [];

    beforeAll(async () => {
      exchange = await Exchange.start();
      me = await exchange.trader('me', 10_000n);
      whale = await exchange.trader('whale', 900_000n);
      await exchange.chain.run([placeOrder(exchange.venue, { ...whale, market: 0 }, { side: Side.Sell, lots: 200_000n, price: 15_010n, kind: OrderKind.PostOnly })]);
    });

    const scenario = (): Scenario => Scenario.of(exchange.book(), exchange.chain.data(me!.marginAccount), exchange.chain.time);

    it('knows the most lots that initial margin allows', async () => {
      const most = scenario().mostLots(0, Side.Buy, 15_010n);
      const on = { ...me!, market: 0, makers: [whale!.marginAccount] };
      const more = await refused(exchange.chain.run([trade(exchange.venue, on, { side: Side.Buy, lots: most + 1n, limit: 15_010n })]));
      expect(more.refusal.name).toBe('InitialMarginNotMet');
      await exchange.chain.run([trade(exchange.venue, on, { side: Side.Buy, lots: most, limit: 15_010n })]);
      expect(exchange.margin(me!).positions).toMatchObject([{ lots: most }]);
      expect(most).toBeGreaterThan(100_000n);
    });

    it('says what each holding does to the figures', async () => {
      const source = await exchange.chain.tokens(me!.authority.address, exchange.mints[1]!, 10_000_000_000n);
      await exchange.chain.run(await deposit(exchange.venue, { ...me!, asset: 1, atoms: 10_000_000_000n, source }));
      const [holdings, view] = [scenario().holdings(), scenario().view()];
      expect(holdings.map(({ market, asset }) => [market, asset])).toEqual([
        [0, 1],
        [undefined, 1],
      ]);
      const cash = exchange.margin(me!).core.cash;
      expect(cash + holdings.reduce((sum, { equity }) => sum + equity, 0n)).toBe(view.equity);
      expect(holdings.reduce((sum, { maintenanceMargin }) => sum + maintenanceMargin, 0n)).toBe(view.maintenanceMargin);
      expect(holdings[0]!.initialMargin).toBe(view.initialMargin);
      // 10 SOL at 150 dollars, by the weight.
      const equity = (1_500_000_000n * BigInt(exchange.tables().assets[1]!.weightMaintenance)) >> 20n;
      expect(holdings[1]).toMatchObject({ size: 10_000_000_000n, maintenanceMargin: 0n, initialMargin: 0n, equity });
    });

    it('knows what may be withdrawn', async () => {
      const lots = scenario().mostLots(0, Side.Buy, 15_010n) / 2n;
      const on = { ...me!, market: 0, makers: [whale!.marginAccount] };
      await exchange.chain.run([trade(exchange.venue, on, { side: Side.Buy, lots, limit: 15_010n })]);
      const most = scenario().withdrawable(1);
      const leave = async (atoms: bigint) => exchange.chain.run(await withdraw(exchange.venue, { ...me!, owner: me!.authority, asset: 1, atoms }));
      expect(most).toBeGreaterThan(0n);
      expect((await refused(leave(most + 1n))).refusal.name).toBe('InitialMarginNotMet');
      await leave(most);
      expect(scenario().withdrawable(1)).toBe(0n);
    });

    it('says what a price does once it has settled there', async () => {
      const price = 15_230_000_000n;
      exchange.prices.set(1, { price, confidence: 0n, average: price });
      const asked = scenario();
      exchange.chain.advance(DAY / 24n);
      await exchange.refresh();
      const { index } = exchange.tables().assets[1]!;
      expect(index).toBe((price * 65_536n) / 10_000n);
      asked.apply({ kind: 'wait', until: exchange.chain.time }, { kind: 'price', asset: 1, price: index });
      expect(withoutSequence(asked.view())).toEqual(withoutSequence(await exchange.view(me!)));
    });

    it('knows the price at which it is liquidated', async () => {
      const { below, above } = scenario().liquidationPrice(1);
      expect(scenario().liquidationPrices().find(({ asset }) => asset === 1)).toEqual({ asset: 1, below, above });
      expect(above).toBeUndefined();
      const fails = (below! * 10_000n) / 65_536n;
      const set = async (price: bigint) => {
        exchange.prices.set(1, { price, confidence: 0n, average: price });
        await exchange.refresh();
      };
      await set(fails + 1n);
      const flag = exchange.chain.run([flagAccount(exchange.venue, me!.marginAccount)]);
      expect((await refused(flag)).refusal).toMatchObject({ name: 'NotLiquidatable' });
      await set(fails);
      await exchange.chain.run([flagAccount(exchange.venue, me!.marginAccount)]);
      expect(scenario().view().liquidationStart).toBe(exchange.chain.time);
      expect(scenario().liquidationPrices()).toEqual([]);
    });

    it('ends the liquidation of an account that a deposit restores, as the chain does', async () => {
      const atoms = 9_000_000_000n;
      const asked = scenario().apply({ kind: 'deposit', asset: 0, atoms });
      expect(asked.view().liquidationStart).toBe(0n);
      // A deposit of an account in liquidation is judged, which was not measured.
      await exchange.chain.run(await deposit(exchange.venue, { ...me!, asset: 0, atoms }), { extraUnits: 20_000 });
      expect(withoutSequence(asked.view())).toEqual(withoutSequence(await exchange.view(me!)));
    });

    it('refuses what the engine refuses, by the number and the sentence of the program', () => {
      const asked = scenario();
      const before = asked.view();
      expect(() => asked.apply({ kind: 'withdraw', asset: 1, atoms: 1n << 60n })).toThrow(/less of this asset than was asked for/);
      expect(() => asked.apply({ kind: 'rest', market: 9, side: Side.Buy, lots: 1n, ticks: 1n })).toThrow(RefusedError);
      expect(() => asked.apply({ kind: 'price', asset: 1, price: 0n })).toThrow(/outside the range/);
      expect(asked.view()).toEqual(before);
      expect(() => Scenario.of(new Uint8Array(300), new Uint8Array(8), 0n)).toThrow(ClientError);
      const other = exchange.book().slice();
      other[16]! ^= 1;
      expect(() => Scenario.of(other, exchange.chain.data(me!.marginAccount), 0n)).toThrow(/different clearinghouses/);
    });

    it('goes two ways from one account', () => {
      using asked = scenario();
      using other = asked.fork().apply({ kind: 'block', market: 1, lots: 100n, ticks: 400_000n });
      expect(other.view().maintenanceMargin).toBeGreaterThan(asked.view().maintenanceMargin);
      other.apply({ kind: 'rest', market: 1, side: Side.Buy, lots: 50n, ticks: 399_000n });
      const ordered = other.view();
      other.apply({ kind: 'cancel', market: 1, side: Side.Buy, lots: 50n });
      expect(other.view().freeCollateral).toBeGreaterThan(ordered.freeCollateral);
      expect(asked.ratioBps()).toBe((asked.view().equity * 10_000n) / asked.view().maintenanceMargin);
    });
  });
});
