/** Trigger orders: what waits for the index, and then closes at once. They only ever reduce a position. */
import { divide } from '../money/decimal';
import { formatTicks, parseTicks, type TickScale } from '../money/units';
import { worthOf } from './contract';
import { indexTicks } from './matching';
import type { Desk, Fields, Problems } from './ticket';
import { scaleOf, type Side, type TriggerRow } from './types';

export type TriggerKind = 'stop' | 'profit' | 'trail';

/** Trigger orders that an account may have. */
export const MOST_TRIGGERS = 8;

/** When a trigger order fires, and how far from the index it may then trade; ticks. */
export interface Firing {
  /** At or above its price; else at or below. */
  readonly above: boolean;
  readonly price: bigint;
  /** How far the price follows the index; 0 where it stays. */
  readonly trail: bigint;
  readonly slippage: bigint;
}

export function isTrigger(kind: string): kind is TriggerKind {
  return kind === 'stop' || kind === 'profit' || kind === 'trail';
}

/** A stop is beyond the index where it hurts, a take-profit where it pays. */
function firesAbove(kind: TriggerKind, side: Side): boolean {
  return (kind === 'profit') === (side === 'sell');
}

/** What a trigger order that waits is called. */
export function triggerName(trigger: Pick<TriggerRow, 'side' | 'above' | 'trail'>): string {
  if (trigger.trail > 0n) return 'trailing stop';
  return firesAbove('profit', trigger.side) === trigger.above ? 'take-profit' : 'stop-loss';
}

/** The worst price at which it trades, if it fires at its own. */
export function worstTicks(side: Side, { price, slippage }: Pick<Firing, 'price' | 'slippage'>): bigint {
  if (side === 'buy') return price + slippage;
  return price > slippage ? price - slippage : 1n;
}

/** When it fires, in a few characters. */
export function formatFiring({ above, price }: Pick<Firing, 'above' | 'price'>, scale: TickScale): string {
  return `index ${above ? '≥' : '≤'} ${formatTicks(price, scale)}`;
}

function positive(text: string, scale: TickScale, wrong: (why: string) => void, what: string): bigint | undefined {
  const parsed = parseTicks(text, scale);
  if (parsed.kind === 'wrong') wrong(parsed.why);
  if (parsed.kind !== 'amount') return undefined;
  if (parsed.amount > 0n) return parsed.amount;
  wrong(`${what} is above zero`);
  return undefined;
}

/** The price at which it fires. Of a trailing stop it is what the index and the distance make of it now. */
function readPrice(kind: TriggerKind, above: boolean, fields: Fields, desk: Desk, problems: Problems): bigint | undefined {
  const scale = scaleOf(desk.book, desk.market);
  const index = worthOf(desk.market, desk.asset);
  if (kind === 'trail') {
    const distance = positive(fields.offset, scale, (why) => (problems.offset = why), 'A distance');
    if (distance === undefined) return undefined;
    const price = indexTicks(index, scale.tickSize, 'buy') + (above ? distance : -distance);
    if (price > 0n) return price;
    problems.offset = 'Farther from the index than zero is';
    return undefined;
  }
  const price = positive(fields.price, scale, (why) => (problems.price = why), 'A price');
  if (price === undefined) return undefined;
  const there = above ? price <= indexTicks(index, scale.tickSize, 'buy') : price >= indexTicks(index, scale.tickSize, 'sell');
  if (!there) return price;
  problems.price = `The index is ${above ? 'above' : 'below'} it already: it would fire at once`;
  return undefined;
}

/** Reads when a trigger order fires, from the fields of the ticket. */
export function readFiring(kind: TriggerKind, fields: Fields, desk: Desk, problems: Problems): Firing | undefined {
  if (desk.triggers >= MOST_TRIGGERS)
    problems.form = `An account has room for ${MOST_TRIGGERS} trigger orders: cancel one first`;
  const above = firesAbove(kind, fields.side);
  const price = readPrice(kind, above, fields, desk, problems);
  if (price === undefined) return undefined;
  const slippage = divide(price * BigInt(fields.slippageBps), 10_000n, 'up');
  const trail = kind === 'trail' ? parseTicks(fields.offset, scaleOf(desk.book, desk.market)) : undefined;
  return { above, price, trail: trail?.kind === 'amount' ? trail.amount : 0n, slippage };
}
