import { describe, expect, it } from 'vitest';
import { marketLimit, mayRest, outcome, partOf, read, type Fields } from '../src/model/ticket';
import { desk, order } from './fixtures';

const FIELDS: Fields = {
  kind: 'limit',
  side: 'buy',
  size: '1',
  price: '150',
  offset: '',
  slippageBps: 50,
  reduceOnly: false,
  expiresIn: 0,
};
const asks = () => [order('sell', 15_010n, 50n), order('sell', 15_020n, 70n)];

function made(fields: Partial<Fields>, of = desk(asks())) {
  const { order: found, problems } = read({ ...FIELDS, ...fields }, of);
  if (!found) throw new Error(JSON.stringify(problems));
  return { order: found, result: outcome(found, of) };
}

describe('reading an order', () => {
  it('takes sizes in lots and prices in ticks', () => {
    expect(read(FIELDS, desk([])).order).toMatchObject({ lots: 100n, limit: 15_000n, offset: undefined });
  });

  it('finds nothing wrong with what is not written yet', () => {
    expect(read({ ...FIELDS, size: '', price: '' }, desk([]))).toEqual({ order: undefined, problems: {} });
  });

  it.each([
    [{ size: '0.001' }, 'size', 'At most 2 digits behind the point'],
    [{ size: '0.05' }, 'size', 'At least 0.10'],
    [{ size: '-1' }, 'size', 'At least 0.10'],
    [{ price: '150.001' }, 'price', 'At most 2 digits behind the point'],
    [{ price: '160' }, 'price', 'Above the price band: at most 154.49'],
    [{ price: '140', side: 'sell' }, 'price', 'Below the price band: at least 145.51'],
  ] as const)('%o is refused', (fields, where, why) => {
    const { order: found, problems } = read({ ...FIELDS, ...fields }, desk([]));
    expect(found).toBeUndefined();
    // A negative size is wrong in two ways; either is said.
    expect(problems[where]).toContain(fields && 'size' in fields && fields.size === '-1' ? 'above zero' : why);
  });

  it('reduces no more than there is, and nothing where nothing is', () => {
    const held = desk([], -40n);
    expect(read({ ...FIELDS, reduceOnly: true, size: '5' }, held).order?.lots).toBe(40n);
    expect(read({ ...FIELDS, reduceOnly: true, side: 'sell' }, held).problems.form).toContain('Nothing to reduce');
    expect(read({ ...FIELDS, reduceOnly: true, size: '0.01' }, held).order?.lots).toBe(1n);
  });

  it('pegs at an offset within the worst price', () => {
    const fields = { ...FIELDS, kind: 'peg', offset: '-0.50', price: '151' } as const;
    expect(read(fields, desk([])).order).toMatchObject({ offset: -50n, limit: 15_100n });
    expect(read({ ...fields, price: '149' }, desk([])).problems.price).toContain('149.50');
  });

  it('says what the mode of a market allows', () => {
    expect(read(FIELDS, desk([], 0n, { mode: 'post only' })).problems.form).toContain('post-only');
    expect(read({ ...FIELDS, kind: 'post' }, desk([], 0n, { mode: 'post only' })).order).toBeDefined();
    expect(read(FIELDS, desk([], 0n, { mode: 'reduce only' })).problems.form).toContain('reduce');
    expect(read(FIELDS, desk([], 0n, { mode: 'in settlement' })).problems.form).toContain('ended');
  });
});

describe('what would come of an order', () => {
  it('trades what crosses, and the rest rests', () => {
    const { result } = made({ price: '150.10', size: '1' });
    expect(result).toMatchObject({ rests: 50n, at: 15_010n, cancelled: 0n, refused: undefined });
    expect(result.changes).toEqual([
      { kind: 'take', market: 0, sells: false, lots: [50n], ticks: [15_010n] },
      { kind: 'rest', market: 0, sells: false, lots: 50n, ticks: 15_010n },
    ]);
  });

  it('cancels the rest of what is immediate or only reduces', () => {
    expect(made({ kind: 'ioc', price: '150.10' }).result).toMatchObject({ rests: 0n, cancelled: 50n });
    const reducing = made({ price: '150.10', reduceOnly: true }, desk(asks(), -80n));
    expect(mayRest(reducing.order)).toBe(false);
    expect(reducing.result).toMatchObject({ rests: 0n, cancelled: 30n });
  });

  it('refuses a post-only order that would trade, and slides one that may', () => {
    expect(made({ kind: 'post', price: '150.10' }).result.refused).toContain('Would trade at 150.10');
    expect(made({ kind: 'slide', price: '150.15' }).result).toMatchObject({ at: 15_009n, rests: 100n, refused: undefined });
    expect(made({ kind: 'post', price: '150.09' }).result).toMatchObject({ rests: 100n, refused: undefined });
  });

  it('fills whole or not at all where it says so', () => {
    expect(made({ kind: 'fok', size: '1.20', price: '150.20' }).result.refused).toBeUndefined();
    expect(made({ kind: 'fok', size: '1.21', price: '150.20' }).result.refused).toContain('does not hold');
  });

  it('at the market goes as far as the slippage, and never beyond the band', () => {
    const of = desk(asks());
    expect(marketLimit(of, 'buy', 50)).toBe(15_075n);
    expect(marketLimit(of, 'sell', 50)).toBe(14_925n);
    expect(marketLimit(of, 'buy', 1_000)).toBe(15_449n);
    expect(made({ kind: 'market', size: '5' }, of).result).toMatchObject({ rests: 0n, cancelled: 380n });
  });

  it('tells the engine of a pegged order by its offset', () => {
    const { result } = made({ kind: 'peg', offset: '-1', price: '150' });
    expect(result.changes).toEqual([{ kind: 'peg', market: 0, sells: false, lots: 100n, offset: -100 }]);
    expect(result.at).toBe(14_900n);
  });
});

it('a part of the largest size is whole lots', () => {
  expect([partOf(999n, 25), partOf(999n, 100), partOf(3n, 10)]).toEqual([249n, 999n, 0n]);
});
