// Options against the program's bytecode: which arrays are stale, greeks equal to the chain's, the choice of a model.

import { beforeAll, describe, expect, it } from 'vitest';
import { Scenario, loadEngine } from '../src/engine/node.js';
import {
  MODEL_PORTFOLIO,
  blockTrade,
  computeLimit,
  decodeGreeksView,
  decodeMarginView,
  extraOf,
  marketAddress,
  refreshArrays,
  setRiskModel,
  staleArrays,
  venueOf,
  viewGreeks,
  viewMargin,
} from '../src/index.js';
import {
  getAddMarketInstruction,
  getSetAssetRiskInstruction,
  getSetPortfolioTermsInstruction,
} from '../src/generated/program/index.js';
import { Exchange, MARKET, type Trader } from './support/exchange.js';

const [SOL, CALL] = [1, 2];
const VOLATILITY = {
  deviationsBps: 30_000,
  horizon: 3_600,
  baseRateBps: 300,
  mostBps: 10_000,
  rampPerHourBps: 5_000,
  maxReturnBps: 1_000,
  maxGap: 3_600,
};
const SCAN = { rangeBps: 200, spreadBps: 20, volatilityShiftBps: 2_500 };

describe('options', () => {
  let exchange: Exchange;
  let [me, other]: Trader[] = [];

  beforeAll(async () => {
    await loadEngine();
    exchange = await Exchange.start();
    const { authority, venue, chain } = exchange;
    const { clearinghouse, riskBook } = venue;
    const accounts = { authority, clearinghouse, riskBook };
    await chain.run([getSetAssetRiskInstruction({ ...accounts, asset: SOL, volatility: VOLATILITY, scan: SCAN })]);
    const option = { kind: 2, strike: 1_550_000n, expiry: chain.time + 14n * 86_400n };
    const name = new Uint8Array(16).fill(79);
    const market = await marketAddress(clearinghouse, CALL);
    await chain.run([
      getAddMarketInstruction({ ...accounts, market, index: CALL, name, asset: SOL, tickSize: 100n, ...option, terms: MARKET }),
    ]);
    exchange.venue = await venueOf(exchange.tables());
    [me, other] = [await exchange.trader('me', 50_000n), await exchange.trader('other', 500_000n)];
  });

  it('are refreshed where they count, and for half of the time only once', async () => {
    const { chain, venue } = exchange;
    const stale = (from: Partial<Parameters<typeof staleArrays>[1]>) => staleArrays(exchange.tables(), { now: chain.time, ...from });
    // Never priced; a perpetual has no array.
    expect(stale({ markets: [0, CALL] })).toEqual([CALL]);
    expect(stale({ markets: [0] })).toEqual([]);
    const refresh = refreshArrays(venue, [CALL]);
    const { units } = await chain.run([refresh]);
    expect(units).toBeLessThan(BigInt(computeLimit([refresh])));
    expect(computeLimit([refreshArrays(venue, [2, 3, 4])])).toBeGreaterThan(2 * computeLimit([refresh]));
    expect(stale({ markets: [CALL] })).toEqual([]);
    // A price that is recorded before may move the index.
    expect(stale({ markets: [CALL], refreshed: [SOL] })).toEqual([CALL]);
    const half = BigInt(exchange.tables().assets[SOL]!.maxAgeLiquidation) / 2n;
    expect(stale({ markets: [CALL], now: chain.time + half })).toEqual([]);
    expect(stale({ markets: [CALL], now: chain.time + half + 1n })).toEqual([CALL]);
  });

  it('have the greeks that the chain says, to the atom', async () => {
    const { chain, venue } = exchange;
    const mark = exchange.tables().markets[CALL]!.array.mark;
    const legs = [
      { market: 0, lots: -700n, price: 15_000n },
      { market: CALL, lots: 1_000n, price: (mark >> 16n) / 100n },
    ];
    await chain.run([blockTrade(venue, me!, other!, legs)]);
    expect(staleArrays(exchange.tables(), { margins: [exchange.margin(me!)], refreshed: [SOL], now: chain.time })).toEqual([CALL]);
    const { returnData } = await chain.run([viewGreeks(venue, me!.marginAccount)]);
    const view = decodeGreeksView(returnData);
    using scenario = Scenario.of(exchange.book(), chain.data(me!.marginAccount), chain.time);
    expect(scenario.greeks()).toEqual(view.assets);
    expect(scenario.totalGreeks()).toMatchObject({ delta: view.total.delta, vega: view.total.vega, theta: view.total.theta });
    expect(view.total.gamma > 0n && view.total.vega > 0n && view.total.theta < 0n).toBe(true);
  });

  it('are judged by another model where it is offered, as the engine says', async () => {
    const { authority, chain, venue } = exchange;
    const { clearinghouse, riskBook } = venue;
    const none = { first: 0, second: 0, creditBps: 0, ratioBps: 0 };
    const credits = Array.from({ length: 8 }, () => none);
    const accounts = { authority, clearinghouse, riskBook };
    await chain.run([getSetPortfolioTermsInstruction({ ...accounts, floorBps: 500, initialBps: 15_000, credits })]);
    using scenario = Scenario.of(exchange.book(), chain.data(me!.marginAccount), chain.time);
    const expected = scenario.apply({ kind: 'model', model: MODEL_PORTFOLIO }).view();
    const needed = scenario.needed();
    expect(needed.requirement).toBe(expected.maintenanceMargin);
    expect(needed.requirement).toBeLessThan(needed.standard);
    expect(scenario.needs()).toMatchObject([{ asset: SOL, isScanned: true }]);
    await chain.run([setRiskModel(venue, { owner: me!.authority, marginAccount: me!.marginAccount, model: MODEL_PORTFOLIO })]);
    expect(exchange.margin(me!).core.model).toBe(MODEL_PORTFOLIO);
    const extraUnits = extraOf(exchange.tables(), exchange.margin(me!));
    const { returnData, units } = await chain.run([viewMargin(venue, me!.marginAccount)], { extraUnits });
    expect(decodeMarginView(returnData).maintenanceMargin).toBe(expected.maintenanceMargin);
    expect(units).toBeGreaterThan(BigInt(computeLimit([viewMargin(venue, me!.marginAccount)])));
  });
});
