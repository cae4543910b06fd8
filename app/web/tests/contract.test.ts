import { describe, expect, it } from 'vitest';
import { priceName, worthOf, type OptionRow } from '../src/model/contract';
import { bandTicks, ranked } from '../src/model/matching';
import { marketLimit } from '../src/model/ticket';
import { asset, desk, market, NOW, order, SOL_PRICE } from './fixtures';

/** A put struck at 140, worth 2 dollars at 150: 0.02 a lot. */
const PUT: OptionRow = {
  right: 'put',
  strike: 1_400_000n << 16n,
  expiry: NOW + 86_400n,
  mark: 20_000n << 16n,
  index: SOL_PRICE,
  delta: -(1n << 28n),
  gamma: 0n,
  volatility: 1 << 19,
};
const put = (changed: Partial<OptionRow> = {}) => market({ option: { ...PUT, ...changed } });
const at = (dollars: number) => asset(1, { index: BigInt(dollars * 10_000) << 16n });
const atoms = (price: bigint) => Number(price) / 65_536;

describe('what a lot is worth', () => {
  it('is the index, but of an option its mark', () => {
    expect(worthOf(market(), asset(1))).toBe(SOL_PRICE);
    expect(worthOf(put(), asset(1))).toBe(PUT.mark);
  });

  it('follows the index by delta, and never falls where it should rise', () => {
    expect(atoms(worthOf(put(), at(149)))).toBe(22_500);
    expect(atoms(worthOf(put(), at(151)))).toBe(17_500);
    // A curvature beyond all measure makes it no dearer than it was.
    expect(atoms(worthOf(put({ gamma: 1n << 40n }), at(151)))).toBe(20_000);
    expect(atoms(worthOf(put({ gamma: 1n << 40n }), at(149)))).toBe(27_500);
  });

  it('is never less than it could be exercised for, nor more than the right is to', () => {
    expect(atoms(worthOf(put(), at(100)))).toBe(400_000);
    expect(atoms(worthOf(put({ mark: 1n << 60n }), asset(1)))).toBe(1_400_000);
    const call = put({ right: 'call', delta: 1n << 28n });
    expect(atoms(worthOf(call, at(200)))).toBe(600_000);
    expect(atoms(worthOf(call, at(10)))).toBe(0);
  });
});

describe('the last half hour', () => {
  // A tenth of it is left; SOL stood at 135 dollars so far, 90 % of what it is at now.
  const fixed = { sum: ((1_350_000n << 16n) >> 8n) * 1_620n, seconds: 1_620n };

  it('is worth what it settles at if the index stays', () => {
    // 0.9 of 135 and 0.1 of 150.
    expect(atoms(worthOf(market({ fixed }), asset(1)))).toBe(1_365_000);
    expect(priceName(market({ fixed }))).toBe('expected mean');
    expect(bandTicks(asset(1), market({ fixed }))).toEqual({ low: 13_241n, high: 14_059n });
  });

  it('lets an option be exercised at that mean, not at the index', () => {
    expect(atoms(worthOf(market({ option: { ...PUT, mark: 0n }, fixed }), asset(1)))).toBe(35_000);
    const call: OptionRow = { ...PUT, right: 'call', strike: 1_360_000n << 16n, mark: 0n };
    expect(atoms(worthOf(market({ option: call, fixed }), asset(1)))).toBe(5_000);
  });
});

describe('the book of an option', () => {
  it('trades around the mark, as far as a share of the index', () => {
    // 3 % of 150 dollars is more than the 2 that it is worth.
    expect(bandTicks(asset(1), put())).toEqual({ low: 1n, high: 649n });
    const asks = [order('sell', 210n, 5n), order('sell', 204n, 7n)];
    expect(ranked(asks, 'sell', put(), asset(1), NOW, false).map((one) => one.ticks)).toEqual([204n, 210n]);
  });

  it('is taken from up to a share of the index beyond the mark', () => {
    const at = { ...desk([]), market: put() };
    expect(marketLimit(at, 'buy', 50)).toBe(275n);
    expect(marketLimit(at, 'sell', 50)).toBe(125n);
    expect(marketLimit(at, 'sell', 200)).toBe(1n);
  });
});
