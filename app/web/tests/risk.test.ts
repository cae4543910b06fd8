import { describe, expect, it } from 'vitest';
import { immature, outflowLeft } from '../src/model/custody';
import { curve, grid, heat, MOVES } from '../src/model/grid';
import { fundingRate, isUsable, paused, priceState, usage } from '../src/model/health';
import { gauge, marginRatioBps, standing } from '../src/model/vitals';
import { asset, book, figures, margin, market, NOW, SOL_PRICE, straightJudge } from './fixtures';

describe('the standing of an account', () => {
  it.each([
    [figures(100n, 0n), 'idle'],
    [figures(1_000n, 100n), 'healthy'],
    [figures(210n, 100n), 'close'],
    [figures(199n, 100n), 'restricted'],
    [figures(1_000n, 100n, { canAddRisk: false }), 'restricted'],
    [figures(99n, 100n), 'failing'],
    [figures(-5n, 0n), 'failing'],
    [figures(1_000n, 100n, { liquidationStart: 5n }), 'in liquidation'],
  ] as const)('%o is %s', (of, state) => {
    expect(standing(of)).toBe(state);
  });

  it('has a ratio only where something is required, rounded down', () => {
    expect(marginRatioBps(figures(199_999n, 100_000n))).toBe(19_999);
    expect(marginRatioBps(figures(5n, 0n))).toBeUndefined();
  });

  it('marks lengths on a bar that ends beyond the largest', () => {
    expect(gauge(figures(1_000n, 100n))).toEqual({ equity: 9_600, maintenance: 960, initial: 1_920 });
    expect(gauge(figures(-1_000n, 100n))).toEqual({ equity: 0, maintenance: 4_800, initial: 9_600 });
    expect(gauge(figures(0n, 0n))).toBeUndefined();
  });
});

describe('the scenario grid', () => {
  const rows = grid(straightJudge(), [asset(1)]);

  it('has a row for each asset, and one for all only where there are several', () => {
    expect(rows.map((row) => row.name)).toEqual(['SOL']);
    expect(grid(straightJudge(), [asset(1), asset(2, { name: 'BTC' })]).map((row) => row.name)).toEqual([
      'All together',
      'SOL',
      'BTC',
    ]);
  });

  it('moves one price at a time from where it is', () => {
    const cells = rows[0]?.cells ?? [];
    expect(cells.map((cell) => cell.bps)).toEqual([...MOVES]);
    const at = (bps: number) => cells.find((cell) => cell.bps === bps);
    expect(at(0)?.change).toBe(0n);
    expect(at(-1_000)?.change).toBe(-15_000_000n);
    expect(at(5_000)?.change).toBe(75_000_000n);
    expect(at(-1_000)?.spare).toBe(985_000_000n - 13_500_000n);
  });

  it('leaves out what has no price', () => {
    expect(grid(straightJudge(), [asset(1, { index: 0n })])).toEqual([]);
  });

  it('is warmer the nearer liquidation is', () => {
    const cell = (equity: bigint, requirement: bigint) => {
      const of = figures(equity, requirement);
      return { bps: 0, figures: of, change: 0n, spare: equity - requirement, ratioBps: marginRatioBps(of) };
    };
    expect([99n, 100n, 110n, 130n, 170n, 250n, 500n].map((equity) => heat(cell(equity, 100n)))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(heat(cell(5n, 0n))).toBe(7);
    expect(heat(cell(-5n, 0n))).toBe(0);
  });

  it('goes along a curve from one end to the other', () => {
    const points = curve(straightJudge(), asset(1), -1_000, 1_000, 4);
    expect(points.map((point) => point.bps)).toEqual([-1_000, -500, 0, 500, 1_000]);
    expect(points.map((point) => point.figures.equity - 1_000_000_000n)).toEqual([
      -15_000_000n,
      -7_500_000n,
      0n,
      7_500_000n,
      15_000_000n,
    ]);
  });
});

describe('prices', () => {
  it.each([
    [{}, 'usable', true],
    [{ publishTime: 0n }, 'no price yet', false],
    [{ publishTime: NOW - 61n }, 'too old for new risk', false],
    [{ publishTime: NOW - 301n }, 'silent', false],
    [{ tooWide: true }, 'too uncertain', false],
    [{ tooFar: true }, 'far from its average', false],
    [{ oracle: 'none', publishTime: 0n }, 'fixed', true],
  ] as const)('%o: %s', (changed, word, usable) => {
    expect(priceState(asset(1, changed), NOW).word).toBe(word);
    expect(isUsable(asset(1, changed), NOW)).toBe(usable);
  });
});

describe('the system', () => {
  it('says how much of a cap is used', () => {
    expect(usage(50n, 100n)).toEqual({ bps: 5_000, look: 'good' });
    expect(usage(80n, 100n).look).toBe('warn');
    expect(usage(99n, 100n).look).toBe('bad');
    expect(usage(1n, 0n).bps).toBe(0);
  });

  it('says what is paused', () => {
    expect(paused(book({ paused: 0b10101 }))).toEqual(['deposits', 'trading', 'transfers']);
    expect(paused(book())).toEqual([]);
  });

  it('tells the funding of the running interval, within its cap', () => {
    const state = (premium: bigint) => ({
      sequence: 0n,
      openLong: 0n,
      openShort: 0n,
      insurance: 0n,
      fees: 0n,
      volume: 0n,
      queued: 0,
      orders: [],
      funding: { start: NOW - 100n, sampled: NOW - 50n, premium, sum: 0n, pending: 0n },
    });
    // A premium of 0.1 % for half of the time so far; and a cap that is stored a little below 1 %.
    expect(fundingRate(state((1n << 32n) / 1_000n), market(), NOW)).toBe('+0.0500 %');
    expect(fundingRate(state(-(1n << 32n)), market(), NOW)).toBe('−0.9999 %');
    expect(fundingRate(state(0n), market(), NOW)).toBe('0.0000 %');
  });
});

describe('what may leave', () => {
  const custody = { asset: 0, recorded: 0n, limit: 1_000n, used: 600n, since: NOW - 50n, window: 100 };

  it('leaks with time, and what has left rounds up', () => {
    expect(outflowLeft(custody, NOW)).toBe(700n);
    expect(outflowLeft({ ...custody, used: 601n }, NOW)).toBe(699n);
    expect(outflowLeft({ ...custody, since: NOW - 100n }, NOW)).toBe(1_000n);
    expect(outflowLeft({ ...custody, used: 5_000n, since: NOW }, NOW)).toBe(0n);
    expect(outflowLeft({ ...custody, limit: (1n << 64n) - 1n }, NOW)).toBeUndefined();
  });

  it('matures in a straight line, rounded against the account', () => {
    const of = (now: bigint) => immature(margin(0n, { immature: { atoms: 1_000n, since: 100n, until: 400n } }), now);
    expect([of(50n), of(100n), of(250n), of(399n), of(400n)]).toEqual([1_000n, 1_000n, 500n, 4n, 0n]);
    expect(immature(margin(0n), NOW)).toBe(0n);
  });
});

it('the fixture is the price that it says', () => {
  expect(SOL_PRICE >> 16n).toBe(1_500_000n);
});
