import { describe, expect, it } from 'vitest';
import { delegateProblem, nextNumber } from '../src/model/accounts';
import { editFields, readEdit, type EditFields } from '../src/model/edit';
import { ranked } from '../src/model/matching';
import { outcome, read, type Fields } from '../src/model/ticket';
import { formatFiring, MOST_TRIGGERS, triggerName, worstTicks } from '../src/model/triggers';
import { scaleOf, type Resting } from '../src/model/types';
import { asset, book, desk, market, NOW, order } from './fixtures';

describe('a trigger order', () => {
  const FIELDS: Fields = {
    kind: 'stop',
    side: 'sell',
    size: '1',
    price: '145',
    offset: '',
    slippageBps: 50,
    reduceOnly: false,
    expiresIn: 0,
  };
  const long = desk([], 400n);
  const short = desk([], -400n);
  const firing = (fields: Partial<Fields>, of = long) => read({ ...FIELDS, ...fields }, of).order?.firing;
  const problem = (fields: Partial<Fields>, of = long) => read({ ...FIELDS, ...fields }, of).problems;

  it('waits where it hurts, or where it pays', () => {
    expect(firing({})).toEqual({ above: false, price: 14_500n, trail: 0n, slippage: 73n });
    expect(firing({ kind: 'profit', price: '160' })).toMatchObject({ above: true, price: 16_000n });
    expect(firing({ side: 'buy', price: '155' }, short)).toMatchObject({ above: true, price: 15_500n });
    expect(firing({ side: 'buy', kind: 'profit', price: '140' }, short)).toMatchObject({ above: false });
  });

  it('trails the index from where it is', () => {
    expect(firing({ kind: 'trail', offset: '2.5' })).toMatchObject({ above: false, price: 14_750n, trail: 250n });
    expect(firing({ kind: 'trail', offset: '2.5', side: 'buy' }, short)).toMatchObject({ above: true, price: 15_250n });
    expect(problem({ kind: 'trail', offset: '150' }).offset).toContain('Farther');
    expect(problem({ kind: 'trail', offset: '-1' }).offset).toContain('above zero');
  });

  it('is refused where the index is already', () => {
    expect(problem({ price: '150' }).price).toBe('The index is below it already: it would fire at once');
    expect(problem({ price: '150', kind: 'profit' }).price).toContain('above it already');
    expect(problem({ price: '149.99' }).price).toBeUndefined();
    expect(problem({ price: '150', side: 'buy' }, short).price).toContain('fire at once');
    expect(problem({ price: '0' }).price).toContain('above zero');
  });

  it('only reduces, at most what there is', () => {
    expect(read({ ...FIELDS, size: '99' }, long).order).toMatchObject({ lots: 400n, reduceOnly: true });
    expect(problem({}, desk([])).form).toContain('Nothing to reduce');
    expect(problem({ side: 'buy', price: '155' }).form).toContain('Nothing to reduce');
  });

  it('needs one of the places', () => {
    expect(problem({}, { ...long, triggers: MOST_TRIGGERS - 1 }).form).toBeUndefined();
    expect(problem({}, { ...long, triggers: MOST_TRIGGERS }).form).toContain('cancel one first');
  });

  it('changes nothing at once, and trades in any mode but the last', () => {
    const { order: found } = read(FIELDS, long);
    if (!found) throw new Error('an order was expected');
    expect(outcome(found, long)).toMatchObject({ changes: [], rests: 0n, cancelled: 0n, refused: undefined, at: 14_427n });
    expect(problem({}, desk([], 400n, { mode: 'post only' })).form).toBeUndefined();
    expect(problem({}, desk([], 400n, { mode: 'in settlement' })).form).toContain('ended');
  });

  it('says what it is', () => {
    const of = (side: 'buy' | 'sell', above: boolean, trail = 0n) => triggerName({ side, above, trail });
    expect([of('sell', false), of('sell', true), of('buy', true), of('buy', false)]).toEqual([
      'stop-loss',
      'take-profit',
      'stop-loss',
      'take-profit',
    ]);
    expect(of('sell', false, 5n)).toBe('trailing stop');
    const scale = scaleOf(book(), market());
    expect(formatFiring({ above: false, price: 14_500n }, scale)).toBe('index ≤ 145.00');
    expect(formatFiring({ above: true, price: 14_500n }, scale)).toBe('index ≥ 145.00');
    expect([worstTicks('sell', { price: 50n, slippage: 80n }), worstTicks('buy', { price: 50n, slippage: 80n })]).toEqual([
      1n,
      130n,
    ]);
  });
});

describe('an order that is changed', () => {
  const of = (orders: readonly Resting[] = []) => ({
    book: book(),
    market: market(),
    asset: asset(1),
    other: ranked(orders, 'sell', market(), asset(1), NOW, false),
  });
  const bid = order('buy', 14_900n, 250n);
  const fields = editFields(bid, scaleOf(book(), market()));
  const changed = (to: Partial<EditFields>, which = bid, on = of()) => readEdit({ ...fields, ...to }, which, on);

  it('begins as it rests, with nothing to do', () => {
    expect(fields).toEqual({ size: '2.5', price: '149.00', worst: '' });
    expect(changed({})).toEqual({ edit: undefined, problems: {} });
    expect(changed({ size: '' })).toEqual({ edit: undefined, problems: {} });
  });

  it('keeps its place only where it gets smaller', () => {
    expect(changed({ size: '2' }).edit).toMatchObject({ lots: 200n, price: 14_900n, keepsPlace: true });
    expect(changed({ size: '3' }).edit).toMatchObject({ lots: 300n, keepsPlace: false });
    expect(changed({ size: '2', price: '148.5' }).edit).toMatchObject({ price: 14_850n, keepsPlace: false });
  });

  it('tells the engine that the old one goes first', () => {
    expect(changed({ price: '148.5' }).edit?.changes).toEqual([
      { kind: 'cancel', market: 0, sells: false, lots: 250n },
      { kind: 'rest', market: 0, sells: false, lots: 250n, ticks: 14_850n },
    ]);
  });

  it('must be one that can rest', () => {
    expect(changed({ size: '0.05' }).problems.size).toBe('At least 0.10');
    expect(changed({ price: '160' }).problems.price).toContain('Above the price band');
    expect(changed({ price: '0' }).problems.price).toContain('above zero');
    const met = of([order('sell', 15_010n, 50n)]);
    expect(changed({ price: '150.1' }, bid, met).problems.price).toContain('Would trade at 150.10');
    expect(changed({ price: '150.09' }, bid, met).edit).toBeDefined();
  });

  it('may be pegged: then its offset and its worst price change', () => {
    const peg = order('buy', -75n, 100n, { pegged: true, worst: 15_100n });
    const start = editFields(peg, scaleOf(book(), market()));
    expect(start).toEqual({ size: '1', price: '-0.75', worst: '151.00' });
    expect(readEdit(start, peg, of()).edit).toBeUndefined();
    expect(readEdit({ ...start, price: '-1' }, peg, of()).edit).toMatchObject({
      price: -100n,
      worst: 15_100n,
      keepsPlace: false,
    });
    expect(readEdit({ ...start, size: '0.5' }, peg, of()).edit).toMatchObject({ keepsPlace: true });
    expect(readEdit({ ...start, size: '0.5' }, peg, of()).edit?.changes[1]).toMatchObject({ kind: 'peg', offset: -75 });
    expect(readEdit({ ...start, worst: '149' }, peg, of()).problems.price).toContain('beyond its worst price');
  });
});

describe('accounts of an owner', () => {
  it('get the lowest number that is free', () => {
    expect([nextNumber([]), nextNumber([0, 1, 3]), nextNumber([0, 1, 2, 3, 4, 5, 6, 7])]).toEqual([0, 2, undefined]);
  });

  it('may have a delegate that is somebody else', () => {
    const [owner, other] = ['11111111111111111111111111111112', 'SysvarC1ock11111111111111111111111111111111'];
    expect(delegateProblem('', owner, undefined)).toBeUndefined();
    expect(delegateProblem(other, owner, undefined)).toBeUndefined();
    expect(delegateProblem('somebody', owner, undefined)).toContain('base58');
    expect(delegateProblem(owner, owner, undefined)).toContain('anyhow');
    expect(delegateProblem(other, owner, other)).toContain('already');
  });
});
