/** A resting order that is being changed: what its fields mean, and what would come of it. */
import type { Change } from '../engine/engine';
import { exactDecimal } from '../money/decimal';
import { formatLots, formatTicks, lotDigits, parseLots, parseTicks, type Scale, type TickScale } from '../money/units';
import { worthOf } from './contract';
import { bandTicks, indexTicks, type Standing } from './matching';
import { scaleOf, type AssetRow, type Book, type MarketRow, type Resting } from './types';

/** The fields as they were typed. Of a pegged order the price is its offset from the index. */
export interface EditFields {
  readonly size: string;
  readonly price: string;
  readonly worst: string;
}

/** What an order becomes. */
export interface Edit {
  readonly lots: bigint;
  /** Ticks; of a pegged order its offset. */
  readonly price: bigint;
  readonly worst: bigint;
  /** Whether it only gets smaller: then it keeps its place among the orders of its price. */
  readonly keepsPlace: boolean;
  /** For the engine. */
  readonly changes: readonly Change[];
}

export interface EditProblems {
  size?: string;
  price?: string;
  worst?: string;
}

/** What is known where an order is changed. */
export interface EditDesk {
  readonly book: Book;
  readonly market: MarketRow;
  readonly asset: AssetRow;
  /** The other side of the book, best first. */
  readonly other: readonly Standing[];
}

const plain = (text: string) => text.replaceAll(',', '').replace('−', '-');

/** The fields of an order as it rests. */
export function editFields(order: Resting, scale: TickScale & Scale): EditFields {
  return {
    size: exactDecimal(order.lots, lotDigits(scale)),
    price: plain(formatTicks(order.price, scale)),
    worst: order.pegged ? plain(formatTicks(order.worst, scale)) : '',
  };
}

/** Reads the fields. There is no edit while something is missing or wrong, or nothing has changed. */
export function readEdit(
  fields: EditFields,
  order: Resting,
  desk: EditDesk,
): { readonly edit: Edit | undefined; readonly problems: EditProblems } {
  const problems: EditProblems = {};
  const { market, asset } = desk;
  const scale = scaleOf(desk.book, market);
  const read = (name: keyof EditFields, parse: typeof parseTicks): bigint | undefined => {
    const parsed = parse(fields[name], scale);
    if (parsed.kind === 'wrong') problems[name] = parsed.why;
    return parsed.kind === 'amount' ? parsed.amount : undefined;
  };
  const lots = read('size', parseLots);
  const price = read('price', parseTicks);
  // An order at a fixed price is its own worst price.
  const worst = order.pegged ? read('worst', parseTicks) : price;
  if (lots !== undefined && lots < market.minOrderLots) problems.size = `At least ${formatLots(market.minOrderLots, scale)}`;
  if (price === undefined || worst === undefined || lots === undefined) return { edit: undefined, problems };

  const stands = order.pegged ? indexTicks(worthOf(market, asset), scale.tickSize, order.side) + price : price;
  const wrong = standsWrong(order, stands, worst, desk, scale);
  if (wrong) problems.price = wrong;
  const same = price === order.price && (!order.pegged || worst === order.worst);
  if (Object.keys(problems).length > 0 || (same && lots === order.lots)) return { edit: undefined, problems };
  const changes = changesOf(order, market.at, { lots, price });
  return { edit: { lots, price, worst, keepsPlace: same && lots < order.lots, changes }, problems };
}

/** Why an order may not stand there. An edited order only rests: what would trade is refused. */
function standsWrong(order: Resting, stands: bigint, worst: bigint, desk: EditDesk, scale: TickScale): string | undefined {
  const buys = order.side === 'buy';
  if (stands <= 0n) return 'A price is above zero';
  if (order.pegged && (buys ? stands > worst : stands < worst))
    return `It would stand at ${formatTicks(stands, scale)}, beyond its worst price`;
  const band = bandTicks(desk.asset, desk.market);
  if (buys && stands > band.high) return `Above the price band: at most ${formatTicks(band.high, scale)}`;
  if (!buys && stands < band.low) return `Below the price band: at least ${formatTicks(band.low, scale)}`;
  const top = desk.other[0]?.ticks;
  if (!order.pegged && top !== undefined && (buys ? stands >= top : stands <= top))
    return `Would trade at ${formatTicks(top, scale)}: an edited order only rests`;
  return undefined;
}

function changesOf(order: Resting, market: number, to: { lots: bigint; price: bigint }): Change[] {
  const sells = order.side === 'sell';
  const rests: Change = order.pegged
    ? { kind: 'peg', market, sells, lots: to.lots, offset: Number(to.price) }
    : { kind: 'rest', market, sells, lots: to.lots, ticks: to.price };
  return [{ kind: 'cancel', market, sells, lots: order.lots }, rests];
}
