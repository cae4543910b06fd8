/** Liquidations as lines of a feed. */
import { formatDecimal } from '../money/decimal';
import { formatBps, formatLots, shareBps } from '../money/units';
import type { Told, Transaction } from './events';
import { scaleOf, type Book } from './types';

export interface FeedLine {
  readonly key: string;
  readonly signature: string;
  readonly time: bigint | undefined;
  readonly slot: bigint;
  readonly account: string;
  /** Who took over; none where nobody did. */
  readonly by: string | undefined;
  readonly kind: 'flagged' | 'restored' | 'part' | 'slice' | 'collateral' | 'default' | 'deleveraged';
  /** What was taken, in words. */
  readonly what: string;
  /** Quote atoms. */
  readonly penalty: bigint | undefined;
  readonly insurance: bigint | undefined;
  /** Equity / maintenance margin before and after, basis points. */
  readonly ratio: readonly [number | undefined, number | undefined];
}

export const FEED_WORDS: Record<FeedLine['kind'], string> = {
  flagged: 'auction begins',
  restored: 'restored',
  part: 'partial liquidation',
  slice: 'slice of all positions',
  collateral: 'collateral sold',
  default: 'taken over by the backstop',
  deleveraged: 'deleveraged',
};

type Facts = Omit<FeedLine, 'key' | 'signature' | 'time' | 'slot'>;

const NONE = { by: undefined, penalty: undefined, insurance: undefined, ratio: [undefined, undefined] } as const;

/** Lots that an account gave up: the opposite of what the liquidator received. */
function sizes(legs: readonly { market: number; lots: bigint }[], book: Book): string {
  const one = (leg: { market: number; lots: bigint }) => {
    const market = book.markets[leg.market];
    if (!market) return `${leg.lots} lots of market ${leg.market}`;
    const side = leg.lots > 0n ? 'long' : 'short';
    const size = leg.lots < 0n ? -leg.lots : leg.lots;
    return `${formatLots(size, scaleOf(book, market))} ${side} ${market.name}`;
  };
  return legs.map(one).join(', ');
}

function facts(told: Told, book: Book): Facts | undefined {
  const { name, data } = told;
  switch (name) {
    case 'LiquidationFlagged': {
      const ratio = shareBps(data.equity, data.maintenanceMargin);
      const kind = data.start === 0n ? 'restored' : 'flagged';
      return {
        ...NONE,
        account: data.account,
        kind,
        what: '',
        ratio: kind === 'flagged' ? [ratio, undefined] : [undefined, ratio],
      };
    }
    case 'Liquidated':
      return {
        account: data.account,
        by: data.liquidator,
        kind: 'part',
        what: sizes([data], book),
        penalty: data.penalty,
        insurance: data.insurance,
        ratio: [shareBps(data.equity[0], data.maintenanceMargin[0]), shareBps(data.equity[1], data.maintenanceMargin[1])],
      };
    case 'SliceLiquidated': {
      const { outcome, legs } = data;
      const sum = (pick: (leg: (typeof legs)[number]) => bigint) => legs.reduce((total, leg) => total + pick(leg), 0n);
      return {
        account: outcome.account,
        by: outcome.liquidator,
        kind: 'slice',
        what: `${formatBps((BigInt(outcome.fraction) * 10_000n) >> 30n, { digits: 1 })}: ${sizes(legs, book)}`,
        penalty: sum((leg) => leg.penalty),
        insurance: sum((leg) => leg.insurance),
        ratio: [
          shareBps(outcome.equity[0], outcome.maintenanceMargin[0]),
          shareBps(outcome.equity[1], outcome.maintenanceMargin[1]),
        ],
      };
    }
    case 'CollateralLiquidated': {
      const asset = book.assets[data.asset];
      const what = asset
        ? `${formatDecimal(data.atoms, asset.decimals, { digits: 4, atLeast: 0 })} ${asset.name}`
        : `${data.atoms} atoms`;
      return { ...NONE, account: data.account, by: data.liquidator, kind: 'collateral', what };
    }
    case 'DefaultResolved':
      return {
        ...NONE,
        account: data.account,
        by: data.backstop,
        kind: 'default',
        what: `${data.positions} ${data.positions === 1 ? 'position' : 'positions'}`,
        ratio: [shareBps(data.equity, data.maintenanceMargin), undefined],
      };
    case 'Deleveraged':
      return {
        ...NONE,
        account: data.account,
        kind: 'deleveraged',
        what: sizes([data], book),
        ratio: [shareBps(data.equity, data.maintenanceMargin), undefined],
      };
    default:
      return undefined;
  }
}

/** The lines of a transaction; none for one that liquidates nobody. */
export function feedLines(transaction: Transaction, book: Book): FeedLine[] {
  if (transaction.failed) return [];
  const { signature, slot, time } = transaction;
  return transaction.events.flatMap((told, at) => {
    const found = facts(told, book);
    return found ? [{ ...found, key: `${signature}.${at}`, signature, slot, time }] : [];
  });
}
