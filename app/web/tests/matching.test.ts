import { describe, expect, it } from 'vitest';
import {
  bandTicks,
  indexTicks,
  levels,
  MAX_MAKERS,
  MAX_MATCHES,
  meanTicks,
  meet,
  ranked,
  takerFee,
} from '../src/model/matching';
import { asset, market, NOW, order, SOL_PRICE } from './fixtures';

const row = market();
const sol = asset(1);
const rank = (orders: ReturnType<typeof order>[], side: 'buy' | 'sell', sleeps = false) =>
  ranked(orders, side, row, sol, NOW, sleeps);

describe('the order in which orders are met', () => {
  it('is price before time, on both sides', () => {
    const [late, early, best] = [order('sell', 15_010n, 5n), order('sell', 15_010n, 6n), order('sell', 15_005n, 7n)];
    expect(rank([late, early, best], 'sell').map((one) => one.lots)).toEqual([7n, 5n, 6n]);
    const bids = [order('buy', 14_990n, 1n), order('buy', 14_995n, 2n)];
    expect(rank(bids, 'buy').map((one) => one.lots)).toEqual([2n, 1n]);
  });

  it('merges pegged orders where the index puts them: bids from below, asks from above', () => {
    const index = SOL_PRICE + 1n;
    expect(indexTicks(index, 100n, 'buy')).toBe(15_000n);
    expect(indexTicks(index, 100n, 'sell')).toBe(15_001n);
    const orders = [order('sell', 15_006n, 1n), order('sell', 5n, 2n, { pegged: true, worst: 14_000n })];
    const found = ranked(orders, 'sell', row, asset(1, { index }), NOW, false);
    expect(found.map((one) => [one.ticks, one.lots])).toEqual([
      [15_006n, 1n],
      [15_006n, 2n],
    ]);
  });

  it('leaves out what cannot trade: expired, beyond its worst price, off the band, asleep', () => {
    const { low, high } = bandTicks(sol, row);
    const orders = [
      order('sell', 15_010n, 1n, { expires: NOW }),
      order('sell', -20n, 2n, { pegged: true, worst: 15_000n }),
      order('sell', low - 1n, 3n),
      order('sell', high + 1_000n, 4n),
      order('sell', 15_010n, 5n, { expires: NOW + 1n }),
      order('sell', 3n, 6n, { pegged: true, worst: 1n }),
    ];
    expect(rank(orders, 'sell').map((one) => one.lots)).toEqual([6n, 5n, 4n]);
    expect(rank(orders, 'sell', true).map((one) => one.lots)).toEqual([5n, 4n]);
  });

  it('sums to levels, with what is pegged and what is own', () => {
    const asks = rank(
      [
        order('sell', 15_010n, 5n, { maker: 'own' }),
        order('sell', 10n, 6n, { pegged: true, worst: 1n }),
        order('sell', 15_020n, 7n),
      ],
      'sell',
    );
    expect(levels(asks, 'own')).toEqual([
      { ticks: 15_010n, lots: 11n, total: 11n, pegged: 6n, own: 5n, orders: 2 },
      { ticks: 15_020n, lots: 7n, total: 18n, pegged: 0n, own: 0n, orders: 1 },
    ]);
  });
});

describe('what an order meets', () => {
  it('stops at its limit and at its size, and values each fill exactly', () => {
    const asks = rank([order('sell', 15_010n, 5n), order('sell', 15_020n, 7n), order('sell', 15_030n, 9n)], 'sell');
    const met = meet(asks, 'buy', 100n, 15_020n, 100n, 'own');
    expect(met).toMatchObject({ lots: [5n, 7n], ticks: [15_010n, 15_020n], traded: 12n, left: 88n, stillCrosses: false });
    expect(met.value).toBe((5n * 15_010n + 7n * 15_020n) * 100n);
    expect(meanTicks(met, 'buy', 100n)).toBe(15_016n);
    expect(meet(asks, 'buy', 6n, 15_030n, 100n, 'own')).toMatchObject({ lots: [5n, 1n], left: 0n });
  });

  it('cancels own orders in the way, which trade nothing', () => {
    const bids = rank([order('buy', 15_000n, 5n, { maker: 'own' }), order('buy', 14_990n, 5n)], 'buy');
    expect(meet(bids, 'sell', 5n, 14_990n, 100n, 'own')).toMatchObject({
      lots: [5n],
      ticks: [14_990n],
      ownCancelled: 1,
      makers: ['maker'],
    });
  });

  it('names a few makers, and passes pegged orders of later ones', () => {
    const crowd = Array.from({ length: MAX_MAKERS + 2 }, (_, at) =>
      order('sell', BigInt(at), 1n, { pegged: true, worst: 1n, maker: `maker ${at}` }),
    );
    const met = meet(rank(crowd, 'sell'), 'buy', 100n, 16_000n, 100n, 'own');
    expect(met.makers).toHaveLength(MAX_MAKERS);
    expect(met).toMatchObject({ traded: BigInt(MAX_MAKERS), stillCrosses: true });
  });

  it('meets no more orders than an instruction does', () => {
    const many = Array.from({ length: MAX_MATCHES + 1 }, () => order('sell', 15_010n, 1n));
    expect(meet(rank(many, 'sell'), 'buy', 100n, 15_010n, 100n, 'own')).toMatchObject({
      traded: BigInt(MAX_MATCHES),
      stillCrosses: true,
    });
  });

  it('pays a fee that is rounded up on each fill', () => {
    const asks = rank([order('sell', 15_010n, 1n), order('sell', 15_020n, 1n)], 'sell');
    const met = meet(asks, 'buy', 2n, 15_020n, 100n, 'own');
    // 0.03 % of 1,501,000 and of 1,502,000 atoms: 450.3 and 450.6.
    expect(takerFee(met, row, 0)).toBe(902n);
    expect(takerFee(met, row, 5_000)).toBe(452n);
    expect(takerFee(met, row, 10_000)).toBe(0n);
  });
});
