import { describe, expect, it } from 'vitest';
import { toCsv } from '../src/model/csv';
import type { Told, Transaction } from '../src/model/events';
import { csvRow, CSV_HEAD, historyLines } from '../src/model/history';
import { feedLines } from '../src/model/liquidations';
import { book } from './fixtures';

function transaction(...events: Told[]): Transaction {
  return { signature: 'signature', slot: 7n, time: 1_800_000_000n, failed: false, events };
}

const FILL = {
  maker: 'maker',
  orderId: 1n,
  lots: 30n,
  quote: 45_030_000n,
  fee: -2_251n,
  owed: 0n,
  price: 15_010n,
  bid: false,
  filled: true,
  settled: true,
};

const ORDER: Told = {
  name: 'OrderProcessed',
  data: {
    market: 0,
    account: 'me',
    side: 0,
    lots: 30n,
    value: 45_030_000n,
    fee: 13_509n,
    owed: 0n,
    orderId: 9n,
    rested: 20n,
    price: 15_010n,
    fills: [FILL],
  },
};

const LIQUIDATED: Told = {
  name: 'Liquidated',
  data: {
    account: 'me',
    liquidator: 'them',
    market: 0,
    lots: 50n,
    cost: 75_000_000n,
    penalty: 400_000n,
    insurance: 120_000n,
    equity: [90n, 95n],
    maintenanceMargin: [100n, 80n],
  },
};

describe('the record of an account', () => {
  const lines = (told: Told, account = 'me') => historyLines(transaction(told), account, book());

  it('tells what traded and what rests, the last first', () => {
    expect(lines(ORDER)).toMatchObject([
      { kind: 'order', what: 'bid for 0.20 rests' },
      {
        kind: 'trade',
        market: 'SOL-PERP',
        what: 'bought 0.30 at 150.10',
        size: '0.30',
        price: '150.10',
        cash: -45_043_509n,
        fee: 13_509n,
      },
    ]);
  });

  it('tells a maker of its fills, with the rebate', () => {
    expect(lines(ORDER, 'maker')).toMatchObject([
      { kind: 'fill', what: 'sold 0.30 at 150.10', size: '-0.30', cash: 45_032_251n, fee: -2_251n },
    ]);
    expect(lines(ORDER, 'somebody')).toEqual([]);
  });

  it('passes over fills that wait: they are told of when they are settled', () => {
    const waits: Told = {
      name: 'OrderProcessed',
      data: { ...ORDER.data, fills: [{ ...FILL, settled: false }] } as typeof ORDER.data & { fills: (typeof FILL)[] },
    };
    expect(lines(waits, 'maker')).toEqual([]);
    const settled: Told = {
      name: 'FillsSettled',
      data: { market: 0, account: 'maker', fills: [FILL, { ...FILL, filled: false }] },
    };
    expect(lines(settled, 'maker')).toHaveLength(1);
  });

  it('tells deposits and withdrawals whole', () => {
    const moved = (asset: number, atoms: bigint): Told => ({ name: 'BalanceMoved', data: { account: 'me', asset, atoms } });
    expect(lines(moved(0, -1_500_001n))).toMatchObject([
      { kind: 'withdrawal', what: '1.500001 USDC', size: '-1.500001', cash: -1_500_001n },
    ]);
    expect(lines(moved(1, 2_000_000_000n))).toMatchObject([{ kind: 'deposit', what: '2.00 SOL', size: '2', cash: undefined }]);
  });

  it('tells both sides of a liquidation, the penalty as its fee', () => {
    expect(lines(LIQUIDATED)).toMatchObject([
      { kind: 'liquidation', what: 'sold 0.50 at 150.00', cash: 74_600_000n, fee: 400_000n },
    ]);
    expect(lines(LIQUIDATED, 'them')).toMatchObject([
      { kind: 'took over', what: 'bought 0.50 at 150.00', cash: -74_720_000n, fee: -280_000n },
    ]);
  });

  it('tells nothing of what failed', () => {
    expect(historyLines({ ...transaction(ORDER), failed: true }, 'me', book())).toEqual([]);
  });

  it('becomes a file with plain figures and times in UTC', () => {
    const rows = lines(ORDER).map((line) => csvRow(line, 6));
    expect(rows[1]).toEqual([
      '2027-01-15T08:00:00Z',
      '7',
      'signature',
      'trade',
      'SOL-PERP',
      '0.30',
      '150.10',
      '-45.043509',
      '0.013509',
      'bought 0.30 at 150.10',
    ]);
    expect(rows[1]).toHaveLength(CSV_HEAD.length);
  });
});

it('the record tells of trigger orders', () => {
  const changed = (lots: bigint): Told => ({ name: 'TriggerChanged', data: { account: 'me', place: 0, lots, price: 14_500n } });
  const what = (told: Told, account = 'me') => historyLines(transaction(told), account, book()).map((line) => line.what);
  expect(what(changed(10n))).toEqual(['trigger order placed or moved']);
  expect(what(changed(0n))).toEqual(['trigger order cancelled']);
  expect(what(changed(10n), 'them')).toEqual([]);
  const executed: Told = { name: 'TriggerExecuted', data: { account: 'me', executor: 'them', lots: 10n, fee: 50_000n } };
  expect(historyLines(transaction(executed), 'me', book())).toMatchObject([{ kind: 'trigger', fee: 50_000n }]);
});

describe('a file', () => {
  it('quotes what needs it, and begins no formula', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          ['1,5', 'say "x"'],
          ['=1+1', '-2.5'],
          ['-cmd', '@x'],
        ],
      ),
    ).toBe('a,b\r\n"1,5","say ""x"""\r\n\'=1+1,-2.5\r\n\'-cmd,\'@x\r\n');
  });
});

describe('the feed of liquidations', () => {
  const feed = (...told: Told[]) => feedLines(transaction(...told), book());

  it('tells what was taken, for which penalty, and what it did to the ratio', () => {
    expect(feed(LIQUIDATED)).toMatchObject([
      {
        kind: 'part',
        account: 'me',
        by: 'them',
        what: '0.50 long SOL-PERP',
        penalty: 400_000n,
        insurance: 120_000n,
        ratio: [9_000, 11_875],
      },
    ]);
  });

  it('tells a slice as one line', () => {
    const leg = { market: 0, lots: -20n, cost: -30_000_000n, penalty: 5n, insurance: 2n, owed: 0n };
    const slice: Told = {
      name: 'SliceLiquidated',
      data: {
        legs: [leg, { ...leg, lots: 7n }],
        outcome: { account: 'me', liquidator: 'them', fraction: 1 << 28, equity: [90n, 95n], maintenanceMargin: [100n, 80n] },
      },
    };
    expect(feed(slice)).toMatchObject([
      { kind: 'slice', what: '25.0 %: 0.20 short SOL-PERP, 0.07 long SOL-PERP', penalty: 10n, insurance: 4n },
    ]);
  });

  it('tells when an auction begins and ends, and passes over the rest', () => {
    const flag = (start: bigint): Told => ({
      name: 'LiquidationFlagged',
      data: { account: 'me', start, equity: 90n, maintenanceMargin: 100n },
    });
    expect(feed(flag(5n), ORDER, flag(0n)).map((line) => [line.kind, ...line.ratio])).toEqual([
      ['flagged', 9_000, undefined],
      ['restored', undefined, 9_000],
    ]);
  });
});
