/**
 * The units of the program, and their texts: quote atoms, token atoms, lots, ticks, risk prices (quote atoms a lot, 16
 * binary places) and ratios (20 binary places).
 */
import { divide, exactDecimal, formatDecimal, parseDecimal, shift, tenTo, type Parsed, type Style } from './decimal';

/** One, as a ratio. */
export const RATIO_ONE = 1n << 20n;
/** Binary places of a risk price. */
const PRICE_PLACES = 16n;

/** What the figures of an asset and its markets are counted in. */
export interface Scale {
  /** A lot is 10^this units of the underlying. */
  readonly lotExponent: number;
  /** Decimals of the quote token. */
  readonly quoteDecimals: number;
}

/** A market's scale: what a tick is worth besides. */
export interface TickScale extends Scale {
  /** Quote atoms a lot and tick. */
  readonly tickSize: bigint;
}

/** Quote atoms, two digits. */
export function formatQuote(atoms: bigint, quoteDecimals: number, style: Style = {}): string {
  return formatDecimal(atoms, quoteDecimals, style);
}

/** A large sum in a few characters: 1.24 M. The exact figure belongs beside it, in a tool tip. */
export function formatCompact(atoms: bigint, decimals: number): string {
  const size = atoms < 0n ? -atoms : atoms;
  const steps: [number, string][] = [
    [9, ' bn'],
    [6, ' M'],
    [3, ' k'],
  ];
  for (const [power, name] of steps) {
    // From ten thousand on: below, the digits themselves are as short.
    const from = power === 3 ? 4 : power;
    if (size >= tenTo(decimals + from)) return `${formatDecimal(atoms, decimals + power, { digits: 2, atLeast: 0 })}${name}`;
  }
  return formatDecimal(atoms, decimals, { digits: size < tenTo(decimals + 2) ? 2 : 0 });
}

/** Digits that tell one lot from the next. */
export function lotDigits(scale: Scale): number {
  return Math.max(0, -scale.lotExponent);
}

/** Lots as units of the underlying. */
export function formatLots(lots: bigint, scale: Scale, style: Style = {}): string {
  const digits = lotDigits(scale);
  const whole = scale.lotExponent > 0 ? lots * tenTo(scale.lotExponent) : lots;
  return formatDecimal(whole, digits, { digits, ...style });
}

/** Lots from a text of units of the underlying. */
export function parseLots(text: string, scale: Scale): Parsed {
  const parsed = parseDecimal(text, lotDigits(scale));
  if (parsed.kind !== 'amount' || scale.lotExponent <= 0) return parsed;
  const lot = tenTo(scale.lotExponent);
  if (parsed.amount % lot !== 0n) return { kind: 'wrong', why: `Sizes are multiples of ${lot}` };
  return { kind: 'amount', amount: parsed.amount / lot };
}

/** Digits that tell one tick from the next. */
export function tickDigits(scale: TickScale): number {
  // A tick in quote tokens a unit is tickSize · 10^power.
  let power = -scale.lotExponent - scale.quoteDecimals;
  let size = scale.tickSize;
  while (size % 10n === 0n && power < 0) {
    size /= 10n;
    power += 1;
  }
  return Math.max(0, -power);
}

/** A price in ticks, as quote tokens a unit of the underlying. */
export function formatTicks(ticks: bigint, scale: TickScale, style: Style = {}): string {
  const digits = tickDigits(scale);
  const power = -scale.lotExponent - scale.quoteDecimals + digits;
  return formatDecimal(shift(ticks * scale.tickSize, power), digits, { digits, ...style });
}

/** Ticks from a text of quote tokens a unit. A price between two ticks is refused: nobody moves a trader's price. */
export function parseTicks(text: string, scale: TickScale): Parsed {
  const digits = tickDigits(scale);
  const parsed = parseDecimal(text, digits);
  if (parsed.kind !== 'amount') return parsed;
  const power = -scale.lotExponent - scale.quoteDecimals + digits;
  // 10^-power ticks sizes fit a whole number by the choice of the digits.
  const tick = power >= 0 ? scale.tickSize * tenTo(power) : scale.tickSize / tenTo(-power);
  if (parsed.amount % tick !== 0n) {
    return { kind: 'wrong', why: `Prices move in steps of ${exactDecimal(tick, digits)}` };
  }
  return { kind: 'amount', amount: parsed.amount / tick };
}

/** A risk price as quote tokens a unit of the underlying. */
export function formatPrice(price: bigint, scale: Scale, digits: number, style: Style = {}): string {
  const power = digits - scale.lotExponent - scale.quoteDecimals;
  const scaled = power >= 0 ? price * tenTo(power) : price;
  const by = (1n << PRICE_PLACES) * (power >= 0 ? 1n : tenTo(-power));
  return formatDecimal(divide(scaled, by, style.round), digits, { digits, ...style });
}

/** A risk price from a text of quote tokens a unit, rounded down to what it can tell. */
export function parsePrice(text: string, scale: Scale, digits: number): Parsed {
  const parsed = parseDecimal(text, digits);
  if (parsed.kind !== 'amount') return parsed;
  if (parsed.amount <= 0n) return { kind: 'wrong', why: 'A price is above zero' };
  return {
    kind: 'amount',
    amount: shift(parsed.amount << PRICE_PLACES, scale.lotExponent + scale.quoteDecimals - digits, 'down'),
  };
}

/** The nearest tick of a risk price; `down` for a buyer's limit, `up` for a seller's. */
export function priceToTicks(price: bigint, tickSize: bigint, round: 'near' | 'down' | 'up' = 'near'): bigint {
  return divide(price, tickSize << PRICE_PLACES, round);
}

/** A tick as a risk price. */
export function ticksToPrice(ticks: bigint, tickSize: bigint): bigint {
  return (ticks * tickSize) << PRICE_PLACES;
}

/** Quote atoms that lots are worth at a risk price, rounded down. */
export function worth(lots: bigint, price: bigint): bigint {
  return (lots * price) >> PRICE_PLACES;
}

/** A price moved by basis points, rounded down, and never to nothing. */
export function movePrice(price: bigint, bps: number): bigint {
  const moved = (price * BigInt(10_000 + bps)) / 10_000n;
  return moved > 0n ? moved : 1n;
}

/** How far `price` is from `from`, in basis points. None without a price. */
export function moveBps(price: bigint, from: bigint): number | undefined {
  return from === 0n ? undefined : Number(divide((price - from) * 10_000n, from));
}

/** Basis points as a percentage. */
export function formatBps(bps: number | bigint, style: Style = {}): string {
  return `${formatDecimal(BigInt(bps), 2, style)} %`;
}

/** A ratio (12.20) as a percentage. */
export function formatRatio(ratio: number | bigint, style: Style = {}): string {
  return formatBps(divide(BigInt(ratio) * 10_000n, RATIO_ONE), { digits: 2, atLeast: 0, ...style });
}

/** `part / whole` in basis points, rounded down; none where there is no whole. */
export function shareBps(part: bigint, whole: bigint): number | undefined {
  return whole <= 0n ? undefined : Number(divide(part * 10_000n, whole, 'down'));
}

/**
 * A figure as a chart draws it. Pixels are all that this is good for: no amount may be computed from it.
 */
export function toPlot(amount: bigint, decimals: number): number {
  return Number(amount) / 10 ** decimals;
}

/** A risk price as a chart draws it; none before the first price. */
export function plotPrice(price: bigint | undefined, scale: Scale, digits: number): number | null {
  return price ? Number(formatPrice(price, scale, digits).replaceAll(',', '')) : null;
}

/** A value of an axis, as figures are written. */
export function formatPlot(value: number, digits: number): string {
  return formatDecimal(BigInt(Math.round(value * 10 ** digits)), digits, { digits });
}
