// What the integers of accounts mean. Exact where it can be; what becomes a `number` is for the eye only.

import { PRICE_ONE, RATIO_ONE, type Asset, type MarketRow, type Position } from '../generated/rows.js';

const TENTHS = 100_000;

/** A ratio (12.20 fixed point) as a number: 2^20 is one. */
export function ratio(raw: number): number {
  return raw / RATIO_ONE;
}

/** Tenths of a basis point, as fees are stored, as a number: 100,000 is one. */
export function tenthsOfBps(tenths: number): number {
  return tenths / TENTHS;
}

/** Units of the underlying in a lot, as a number. */
export function lotSize(asset: Asset): number {
  return 10 ** asset.lotExponent;
}

/** A risk price (quote atoms a lot, 48.16) in quote tokens a unit of the underlying. */
export function priceToNumber(price: bigint, asset: Asset, quoteDecimals: number): number {
  return Number(price) / PRICE_ONE / 10 ** quoteDecimals / lotSize(asset);
}

/** A price in quote tokens a unit of the underlying as a risk price, rounded to the nearest. */
export function priceFromNumber(price: number, asset: Asset, quoteDecimals: number): bigint {
  return BigInt(Math.round(price * 10 ** quoteDecimals * lotSize(asset) * PRICE_ONE));
}

/** Ticks of a market as a risk price. */
export function ticksToPrice(ticks: bigint, market: MarketRow): bigint {
  return ticks * market.tickSize * BigInt(PRICE_ONE);
}

/** A risk price in ticks of a market, rounded down, or up. */
export function priceToTicks(price: bigint, market: MarketRow, up = false): bigint {
  const tick = market.tickSize * BigInt(PRICE_ONE);
  return (price + (up ? tick - 1n : 0n)) / tick;
}

/** Ticks of a market in quote tokens a unit of the underlying. */
export function ticksToNumber(ticks: bigint, market: MarketRow, asset: Asset, quoteDecimals: number): number {
  return Number(ticks * market.tickSize) / 10 ** quoteDecimals / lotSize(asset);
}

/** Quote tokens a unit of the underlying in ticks of a market, rounded down, or up. */
export function ticksFromNumber(price: number, market: MarketRow, asset: Asset, quoteDecimals: number, up = false): bigint {
  const ticks = (price * 10 ** quoteDecimals * lotSize(asset)) / Number(market.tickSize);
  // A price that was written in decimals lies a hair beside its tick.
  const nearest = Math.round(ticks);
  if (Math.abs(ticks - nearest) < 1e-6 * Math.max(1, Math.abs(ticks) * 1e-6)) return BigInt(nearest);
  return BigInt(up ? Math.ceil(ticks) : Math.floor(ticks));
}

/** Lots as units of the underlying. */
export function lotsToNumber(lots: bigint, asset: Asset): number {
  return Number(lots) * lotSize(asset);
}

/** Units of the underlying in lots, rounded to the nearest. */
export function lotsFromNumber(size: number, asset: Asset): bigint {
  return BigInt(Math.round(size / lotSize(asset)));
}

/** Token atoms as whole tokens. */
export function atomsToNumber(atoms: bigint, decimals: number): number {
  return Number(atoms) / 10 ** decimals;
}

/**
 * Token atoms of an amount as a person writes it ("1250.5"). Exact: a text with more decimals than the token has is
 * refused.
 */
export function atomsFromText(text: string, decimals: number): bigint {
  const found = /^(\d+)(?:\.(\d*))?$/.exec(text.trim());
  const fraction = found?.[2] ?? '';
  if (!found || fraction.length > decimals) {
    throw new RangeError(`'${text}' is not an amount with at most ${decimals} decimals: write it like 1250.5`);
  }
  return BigInt(found[1] + fraction.padEnd(decimals, '0'));
}

/** Token atoms as a person writes them, exact. */
export function atomsToText(atoms: bigint, decimals: number): string {
  const digits = (atoms < 0n ? -atoms : atoms).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = decimals > 0 ? digits.slice(-decimals).replace(/0+$/, '') : '';
  return `${atoms < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`;
}

/** The price at which a position's open lots were traded on average, as a risk price; none without lots. */
export function entryPrice(position: Pick<Position, 'lots' | 'quote'>): bigint | undefined {
  return position.lots === 0n ? undefined : (-position.quote * BigInt(PRICE_ONE)) / position.lots;
}
