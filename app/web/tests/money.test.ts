import { describe, expect, it } from 'vitest';
import { divide, exactDecimal, formatDecimal, parseDecimal, shift } from '../src/money/decimal';
import {
  formatBps,
  formatCompact,
  formatLots,
  formatPrice,
  formatRatio,
  formatTicks,
  moveBps,
  movePrice,
  parseLots,
  parsePrice,
  parseTicks,
  priceToTicks,
  shareBps,
  tickDigits,
  ticksToPrice,
  worth,
} from '../src/money/units';
import { formatSpan } from '../src/money/time';

const SOL = { lotExponent: -2, quoteDecimals: 6, tickSize: 100n };
const BTC = { lotExponent: -5, quoteDecimals: 6, tickSize: 10n };
const LARGE = { lotExponent: 2, quoteDecimals: 6, tickSize: 100n };

describe('an amount as a text', () => {
  it.each([
    [1_234_567_891n, 6, {}, '1,234.57'],
    [-1_234_567_891n, 6, {}, '−1,234.57'],
    [0n, 6, {}, '0.00'],
    [-1n, 6, {}, '0.00'],
    [5n, 6, { signed: true, digits: 6 }, '+0.000005'],
    [999_999n, 6, { digits: 0 }, '1'],
    [1_500_000n, 6, { digits: 6, atLeast: 0 }, '1.5'],
    [1_000_000n, 6, { digits: 6, atLeast: 2 }, '1.00'],
    [1_239_999n, 6, { round: 'down' }, '1.23'],
    [1_230_001n, 6, { round: 'up' }, '1.24'],
    [-1_230_001n, 6, { round: 'down' }, '−1.24'],
    [10n ** 30n, 6, { digits: 0 }, '1,000,000,000,000,000,000,000,000'],
  ] as const)('%s with %s decimals, %o', (amount, decimals, style, text) => {
    expect(formatDecimal(amount, decimals, style)).toBe(text);
  });

  it('is exact where it is asked to be, beyond what a binary fraction can hold', () => {
    expect(exactDecimal(9_007_199_254_740_993_000_001n, 6)).toBe('9007199254740993.000001');
    expect(exactDecimal(-1n, 9)).toBe('-0.000000001');
  });
});

describe('an amount from a text', () => {
  it.each([
    ['12.5', 6, 12_500_000n],
    ['1,234.5', 2, 123_450n],
    ['.5', 1, 5n],
    ['5.', 0, 5n],
    ['−3', 0, -3n],
    ['1.500', 1, 15n],
  ] as const)('%s', (text, decimals, amount) => {
    expect(parseDecimal(text, decimals)).toEqual({ kind: 'amount', amount });
  });

  it.each(['1.2.3', 'abc', '1e5', '.', '--1', '0x10', '9'.repeat(30)])('%s is refused', (text) => {
    expect(parseDecimal(text, 6).kind).toBe('wrong');
  });

  it('is refused where digits would be lost', () => {
    expect(parseDecimal('1.23', 1)).toEqual({ kind: 'wrong', why: 'At most 1 digits behind the point' });
    expect(parseDecimal('1.5', 0)).toEqual({ kind: 'wrong', why: 'Whole numbers only' });
  });

  it('comes back as it was written', () => {
    for (const amount of [0n, 1n, 123_456_789n, -5n, 10n ** 18n]) {
      expect(parseDecimal(formatDecimal(amount, 6, { digits: 6 }), 6)).toEqual({ kind: 'amount', amount });
    }
  });

  it('says nothing of an empty field', () => {
    expect(parseDecimal('  ', 6)).toEqual({ kind: 'empty' });
  });
});

describe('division', () => {
  it('rounds as it is told, on both sides of zero', () => {
    expect([divide(7n, 2n), divide(-7n, 2n)]).toEqual([4n, -4n]);
    expect([divide(7n, 2n, 'down'), divide(-7n, 2n, 'down')]).toEqual([3n, -4n]);
    expect([divide(7n, 2n, 'up'), divide(-7n, 2n, 'up')]).toEqual([4n, -3n]);
    expect([divide(5n, 4n), divide(-5n, 4n)]).toEqual([1n, -1n]);
    expect([divide(8n, 2n, 'up'), divide(-8n, 2n, 'down')]).toEqual([4n, -4n]);
    expect(shift(12_345n, -2, 'up')).toBe(124n);
  });
});

describe('prices', () => {
  it('have the digits that tell one tick from the next', () => {
    expect([tickDigits(SOL), tickDigits(BTC), tickDigits(LARGE)]).toEqual([2, 0, 6]);
  });

  it('are written from ticks, and read back to the same tick', () => {
    expect(formatTicks(15_032n, SOL)).toBe('150.32');
    expect(formatTicks(100_035n, BTC)).toBe('100,035');
    for (const [ticks, scale] of [
      [15_032n, SOL],
      [1n, SOL],
      [100_035n, BTC],
      [7n, LARGE],
    ] as const) {
      expect(parseTicks(formatTicks(ticks, scale), scale)).toEqual({ kind: 'amount', amount: ticks });
    }
  });

  it('between two ticks are refused, never moved', () => {
    expect(parseTicks('150.321', SOL).kind).toBe('wrong');
    expect(parseTicks('100.05', { ...SOL, tickSize: 1_000n }).kind).toBe('wrong');
    expect(parseTicks('100.1', { ...SOL, tickSize: 1_000n })).toEqual({ kind: 'amount', amount: 1_001n });
  });

  it('of the engine are written with the digits of the market, and read back', () => {
    const price = 1_503_200n << 16n;
    expect(formatPrice(price, SOL, 2)).toBe('150.32');
    expect(formatPrice(price, SOL, 6)).toBe('150.320000');
    expect(parsePrice('150.32', SOL, 2)).toEqual({ kind: 'amount', amount: price });
    expect(parsePrice('0', SOL, 2).kind).toBe('wrong');
    // A lot of 100 units: a price has fewer atoms than digits.
    expect(formatPrice(25n << 16n, LARGE, 6)).toBe('0.000000');
    expect(formatPrice(2_500n << 16n, LARGE, 6)).toBe('0.000025');
  });

  it('become ticks as the program rounds them', () => {
    const between = (1_503_250n << 16n) + 1n;
    expect(priceToTicks(between, 100n, 'down')).toBe(15_032n);
    expect(priceToTicks(between, 100n, 'up')).toBe(15_033n);
    expect(priceToTicks(ticksToPrice(15_032n, 100n), 100n, 'up')).toBe(15_032n);
  });

  it('move by basis points, never to nothing', () => {
    expect(movePrice(1_000_000n, -1_000)).toBe(900_000n);
    expect(movePrice(1n, -9_999)).toBe(1n);
    expect(moveBps(900_000n, 1_000_000n)).toBe(-1_000);
    expect(moveBps(1n, 0n)).toBeUndefined();
  });

  it('make a worth that is rounded down', () => {
    expect(worth(100n, 1_500_000n << 16n)).toBe(150_000_000n);
    expect(worth(-1n, (1n << 16n) + 1n)).toBe(-2n);
  });
});

describe('sizes', () => {
  it('are lots, and nothing between them', () => {
    expect(parseLots('1.25', SOL)).toEqual({ kind: 'amount', amount: 125n });
    expect(parseLots('1.255', SOL).kind).toBe('wrong');
    expect(formatLots(-125n, SOL)).toBe('−1.25');
    expect(parseLots('300', LARGE)).toEqual({ kind: 'amount', amount: 3n });
    expect(parseLots('250', LARGE)).toEqual({ kind: 'wrong', why: 'Sizes are multiples of 100' });
    expect(formatLots(3n, LARGE)).toBe('300');
  });
});

describe('parts', () => {
  it('are basis points and percentages', () => {
    expect(formatBps(12_345, { digits: 1 })).toBe('123.5 %');
    expect(formatBps(-50, { signed: true })).toBe('−0.50 %');
    expect(formatRatio(1 << 20)).toBe('100 %');
    expect(formatRatio(943_718)).toBe('90 %');
    expect(shareBps(1n, 3n)).toBe(3_333);
    expect(shareBps(-1n, 3n)).toBe(-3_334);
    expect(shareBps(1n, 0n)).toBeUndefined();
  });

  it('large sums are short', () => {
    expect(formatCompact(1_240_000_000_000n, 6)).toBe('1.24 M');
    expect(formatCompact(-18_340_000_000n, 6)).toBe('−18.34 k');
    expect(formatCompact(9_999_000_000n, 6)).toBe('9,999');
    expect(formatCompact(99_120_000n, 6)).toBe('99.12');
    expect(formatCompact(3_000_000_000_000_000n, 6)).toBe('3 bn');
  });

  it('spans of time are short', () => {
    expect([0, 59, 61, 3_599, 3_660, 36_001, 90_000].map(formatSpan)).toEqual([
      '0 s',
      '59 s',
      '1 min 1 s',
      '59 min',
      '1 h 1 min',
      '10 h',
      '1 d',
    ]);
  });
});
