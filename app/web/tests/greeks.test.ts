import { describe, expect, it } from 'vitest';
import { choiceOf, greekRows } from '../src/model/greeks';
import { asset, book, figures, greeks, straightJudge } from './fixtures';

describe('greeks', () => {
  const [sol, eth] = [greeks(1, { delta: 5n, vega: -2n }), greeks(2, { delta: -3n })];
  const total = greeks(0, { delta: 2n, vega: -2n });

  it('have a row for each underlying, and one for all only where there are several', () => {
    const all = book({ assets: [asset(0), asset(1), asset(2, { name: 'ETH' })] });
    expect(greekRows({ assets: [sol], total: sol }, all)).toEqual([{ name: 'SOL', of: sol }]);
    expect(greekRows({ assets: [sol, eth], total }, all)).toEqual([
      { name: 'SOL', of: sol },
      { name: 'ETH', of: eth },
      { name: 'All', of: total },
    ]);
  });

  it('are nothing where nothing is held', () => {
    expect(greekRows({ assets: [], total: greeks(0) }, book())).toEqual([]);
  });
});

describe('the choice of a model', () => {
  const judge = (found: ReturnType<typeof figures>) => ({ ...straightJudge(), figures: () => found });

  it('is open to who meets initial margin by it', () => {
    const found = figures(200n, 100n);
    expect(choiceOf(judge(found), 'portfolio')).toEqual({ figures: found, why: undefined });
    expect(choiceOf(judge(figures(199n, 100n)), 'portfolio').why).toContain('would not meet initial margin');
  });

  it('says why it is not: prices, or what the engine says', () => {
    expect(choiceOf(judge(figures(500n, 100n, { canAddRisk: false })), 'standard').why).toContain('too old');
    const silent = {
      ...straightJudge(),
      figures: () => {
        throw new Error('no price');
      },
    };
    expect(choiceOf(silent, 'portfolio')).toEqual({ figures: undefined, why: 'no price' });
  });

  it('asks for the figures by that model', () => {
    const asked: unknown[] = [];
    const listening = {
      ...straightJudge(),
      figures: (changes: unknown) => {
        asked.push(changes);
        return figures(200n, 100n);
      },
    };
    choiceOf(listening, 'portfolio');
    expect(asked).toEqual([[{ kind: 'model', model: 'portfolio' }]]);
  });
});
