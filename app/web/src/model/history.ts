/** What happened to an account, as lines of a table and of a file. */
import { exactDecimal, formatDecimal } from '../money/decimal';
import { isoStamp } from '../money/time';
import { formatLots, formatTicks } from '../money/units';
import type { Told, Transaction } from './events';
import { FEED_WORDS } from './liquidations';
import { scaleOf, type Book } from './types';

export interface HistoryLine {
  readonly key: string;
  readonly signature: string;
  readonly time: bigint | undefined;
  readonly slot: bigint;
  readonly kind: string;
  readonly market: string;
  /** In words, with sizes and prices. */
  readonly what: string;
  /** Units of the underlying or of the token, plain, with its sign; empty for none. */
  readonly size: string;
  readonly price: string;
  /** Change of cash by the trade itself and its fee, quote atoms; none where there is none. */
  readonly cash: bigint | undefined;
  readonly fee: bigint | undefined;
}

type Facts = Omit<HistoryLine, 'key' | 'signature' | 'time' | 'slot'>;

const BLANK = { market: '', size: '', price: '', cash: undefined, fee: undefined } as const;

interface Traded {
  readonly market: number;
  /** Signed: what the account received. */
  readonly lots: bigint;
  /** Quote atoms that it received, negative for paid. */
  readonly quote: bigint;
  readonly fee: bigint;
}

function trade(kind: string, traded: Traded, book: Book): Facts {
  const market = book.markets[traded.market];
  if (!market) return { ...BLANK, kind, what: `${traded.lots} lots` };
  const scale = scaleOf(book, market);
  const size = formatLots(traded.lots, scale, { signed: true });
  const count = traded.lots < 0n ? -traded.lots : traded.lots;
  const value = traded.quote < 0n ? -traded.quote : traded.quote;
  const ticks = count === 0n ? 0n : value / (count * market.tickSize);
  const price = formatTicks(ticks, scale);
  return {
    kind,
    market: market.name,
    what: `${traded.lots < 0n ? 'sold' : 'bought'} ${formatLots(count, scale)} at ${price}`,
    size: size.replaceAll(',', '').replace('−', '-').replace('+', ''),
    price: price.replaceAll(',', ''),
    cash: traded.quote - traded.fee,
    fee: traded.fee,
  };
}

function facts(told: Told, account: string, book: Book): Facts[] {
  const { name, data } = told;
  const name_of = (market: number) => book.markets[market]?.name ?? `market ${market}`;
  switch (name) {
    case 'AccountChanged':
      return data.account === account
        ? [
            {
              ...BLANK,
              kind: data.slots === 0 ? 'closed' : 'account',
              what: data.slots === 0 ? 'account closed' : `account with ${data.slots} slots`,
            },
          ]
        : [];
    case 'BalanceMoved':
      return data.account === account ? [moved(data.asset, data.atoms, book)] : [];
    case 'BalanceTransferred':
      if (data.from !== account && data.to !== account) return [];
      return [{ ...moved(data.asset, data.from === account ? -data.atoms : data.atoms, book), kind: 'transfer' }];
    case 'OrderProcessed': {
      const lines: Facts[] = [];
      const own = data.account === account;
      const buys = data.side === 0;
      if (own && data.lots > 0n) {
        lines.push(
          trade(
            'trade',
            { market: data.market, lots: buys ? data.lots : -data.lots, quote: buys ? -data.value : data.value, fee: data.fee },
            book,
          ),
        );
      }
      if (own && data.rested > 0n) lines.push(rested(data.market, buys, data.rested, book));
      for (const fill of data.fills) {
        if (fill.maker !== account || !fill.filled || !fill.settled) continue;
        lines.push(
          trade(
            'fill',
            { market: data.market, lots: fill.bid ? fill.lots : -fill.lots, quote: fill.quote, fee: fill.fee },
            book,
          ),
        );
      }
      return lines;
    }
    case 'FillsSettled':
      if (data.account !== account) return [];
      return data.fills
        .filter((fill) => fill.filled)
        .map((fill) =>
          trade(
            'fill',
            { market: data.market, lots: fill.bid ? fill.lots : -fill.lots, quote: fill.quote, fee: fill.fee },
            book,
          ),
        );
    case 'OrdersCancelled':
      return data.account === account && data.orderIds.length > 0
        ? [
            {
              ...BLANK,
              kind: 'cancel',
              market: name_of(data.market),
              what: `${data.orderIds.length} ${data.orderIds.length === 1 ? 'order' : 'orders'} cancelled`,
            },
          ]
        : [];
    case 'BlockTradeSettled': {
      if (data.first !== account && data.second !== account) return [];
      const sign = data.first === account ? 1n : -1n;
      return data.legs.map((leg) =>
        trade('block trade', { market: leg.market, lots: sign * leg.lots, quote: -sign * leg.cost, fee: leg.fee }, book),
      );
    }
    case 'PositionSettled':
      return data.account === account
        ? [trade('settlement', { market: data.market, lots: -data.lots, quote: data.value, fee: 0n }, book)]
        : [];
    case 'TriggerChanged':
      return data.account === account
        ? [{ ...BLANK, kind: 'trigger', what: data.lots === 0n ? 'trigger order cancelled' : 'trigger order placed or moved' }]
        : [];
    case 'TriggerExecuted':
      return data.account === account ? [{ ...BLANK, kind: 'trigger', what: 'trigger order executed', fee: data.fee }] : [];
    case 'LiquidationFlagged':
      return data.account === account
        ? [{ ...BLANK, kind: 'liquidation', what: data.start === 0n ? FEED_WORDS.restored : FEED_WORDS.flagged }]
        : [];
    case 'Liquidated': {
      const fee = data.penalty;
      if (data.account === account)
        return [trade('liquidation', { market: data.market, lots: -data.lots, quote: data.cost, fee }, book)];
      if (data.liquidator !== account) return [];
      return [
        trade(
          'took over',
          { market: data.market, lots: data.lots, quote: -data.cost, fee: data.insurance - data.penalty },
          book,
        ),
      ];
    }
    case 'SliceLiquidated':
      return data.legs.flatMap((leg) => {
        if (data.outcome.account === account)
          return [trade('liquidation', { market: leg.market, lots: -leg.lots, quote: leg.cost, fee: leg.penalty }, book)];
        if (data.outcome.liquidator !== account) return [];
        return [
          trade('took over', { market: leg.market, lots: leg.lots, quote: -leg.cost, fee: leg.insurance - leg.penalty }, book),
        ];
      });
    case 'CollateralLiquidated': {
      if (data.account !== account && data.liquidator !== account) return [];
      const gave = data.account === account;
      const line = moved(data.asset, gave ? -data.atoms : data.atoms, book);
      return [{ ...line, kind: gave ? 'liquidation' : 'took over', cash: gave ? data.cost : -data.cost }];
    }
    case 'DefaultResolved':
      return data.account === account ? [{ ...BLANK, kind: 'default', what: FEED_WORDS.default }] : [];
    case 'Deleveraged':
      return data.account === account
        ? [trade('deleveraged', { market: data.market, lots: -data.lots, quote: data.received, fee: 0n }, book)]
        : [];
    case 'CaughtUp':
      return data.account === account
        ? [
            {
              ...BLANK,
              kind: 'deleveraged',
              market: name_of(data.market),
              what: 'brought up to the deleveraging of its market',
              cash: data.realised,
            },
          ]
        : [];
    case 'InterestAccrued':
      return data.account === account && data.swept > 0n
        ? [{ ...BLANK, kind: 'interest', what: 'interest on negative cash', cash: -data.swept }]
        : [];
    default:
      return [];
  }
}

function moved(at: number, atoms: bigint, book: Book): Facts {
  const asset = book.assets[at];
  const kind = atoms < 0n ? 'withdrawal' : 'deposit';
  if (!asset) return { ...BLANK, kind, what: `${atoms} atoms` };
  const size = atoms < 0n ? -atoms : atoms;
  return {
    ...BLANK,
    kind,
    what: `${formatDecimal(size, asset.decimals, { digits: asset.decimals, atLeast: 2 })} ${asset.name}`,
    size: exactDecimal(atoms, asset.decimals),
    ...(at === 0 && { cash: atoms }),
  };
}

function rested(at: number, buys: boolean, lots: bigint, book: Book): Facts {
  const market = book.markets[at];
  const size = market ? formatLots(lots, scaleOf(book, market)) : `${lots} lots`;
  return { ...BLANK, kind: 'order', market: market?.name ?? '', what: `${buys ? 'bid' : 'ask'} for ${size} rests` };
}

/** The lines of a transaction that concern an account, the last first. */
export function historyLines(transaction: Transaction, account: string, book: Book): HistoryLine[] {
  if (transaction.failed) return [];
  const { signature, slot, time } = transaction;
  const lines = transaction.events.flatMap((told) => facts(told, account, book));
  return lines.map((line, at) => ({ ...line, key: `${signature}.${at}`, signature, slot, time })).reverse();
}

export const CSV_HEAD = ['time', 'slot', 'signature', 'kind', 'market', 'size', 'price', 'cash', 'fee', 'description'] as const;

/** A line as a row of the file: figures whole, times in UTC. */
export function csvRow(line: HistoryLine, quoteDecimals: number): string[] {
  const money = (atoms: bigint | undefined) => (atoms === undefined ? '' : exactDecimal(atoms, quoteDecimals));
  return [
    line.time === undefined ? '' : isoStamp(line.time),
    String(line.slot),
    line.signature,
    line.kind,
    line.market,
    line.size,
    line.price,
    money(line.cash),
    money(line.fee),
    line.what,
  ];
}
