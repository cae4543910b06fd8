/**
 * Figures as people read and write them, and nothing in between: amounts stay `bigint` up to the text on the screen and
 * from the text in a field, so that no figure ever passes through a binary fraction.
 */

/** How a figure that has more digits than are shown is rounded. */
export type Rounding = 'near' | 'down' | 'up';

/** What a text of a figure looks like. */
export interface Style {
  /** Digits behind the point. */
  digits?: number;
  /** A plus in front of what is above zero. */
  signed?: boolean;
  /** `down` and `up` are towards minus and plus infinity. */
  round?: Rounding;
  /** Zeros at the end are left out, down to this many digits. */
  atLeast?: number;
}

/** A true minus sign: as wide as a digit, so that columns stay in line. */
const MINUS = '−';

/** A power of ten. */
export function tenTo(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** `value / by`, rounded. `by` is positive. */
export function divide(value: bigint, by: bigint, round: Rounding = 'near'): bigint {
  const floor = value / by - (value % by < 0n ? 1n : 0n);
  const rest = value - floor * by;
  if (round === 'down' || rest === 0n) return floor;
  if (round === 'up') return floor + 1n;
  // A half goes away from zero, the same on both sides of it.
  const half = rest * 2n;
  return half > by || (half === by && value >= 0n) ? floor + 1n : floor;
}

/** `value · 10^exponent`, rounded where the exponent is negative. */
export function shift(value: bigint, exponent: number, round: Rounding = 'near'): bigint {
  return exponent >= 0 ? value * tenTo(exponent) : divide(value, tenTo(-exponent), round);
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** An amount of `decimals` decimals as a text: `formatDecimal(1234500000n, 6)` is "1,234.50". */
export function formatDecimal(amount: bigint, decimals: number, style: Style = {}): string {
  const { digits = 2, signed = false, round = 'near', atLeast } = style;
  const scaled = shift(amount, digits - decimals, round);
  const size = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0');
  const whole = group(size.slice(0, size.length - digits));
  let rest = digits === 0 ? '' : size.slice(-digits);
  if (atLeast !== undefined) {
    while (rest.length > atLeast && rest.endsWith('0')) rest = rest.slice(0, -1);
  }
  const sign = scaled < 0n ? MINUS : signed && scaled > 0n ? '+' : '';
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}

/** The whole of an amount, nothing rounded away: for a tool tip, a file, or a field. */
export function exactDecimal(amount: bigint, decimals: number, grouped = false): string {
  const text = formatDecimal(amount, decimals, { digits: decimals, atLeast: 0 });
  return grouped ? text : text.replaceAll(',', '').replace(MINUS, '-');
}

/** What was read from a text: an amount, nothing (an empty field), or what is wrong with it. */
export type Parsed =
  | { readonly kind: 'amount'; readonly amount: bigint }
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong'; readonly why: string };

/** The amount that a text means, in units of 10^-decimals. Digits that would be lost are refused, never rounded. */
export function parseDecimal(text: string, decimals: number): Parsed {
  const plain = text.replaceAll(/[\s,_]/g, '').replace(MINUS, '-');
  if (plain === '') return { kind: 'empty' };
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(plain);
  if (!match || (match[2] === '' && (match[3] ?? '') === '')) return { kind: 'wrong', why: 'Write a number, such as 12.5' };
  const rest = (match[3] ?? '').replace(/0+$/, '');
  if (rest.length > decimals) {
    const why = decimals === 0 ? 'Whole numbers only' : `At most ${decimals} digits behind the point`;
    return { kind: 'wrong', why };
  }
  // Longer than any amount on the chain; a paste of rubbish must not make a number of megabytes.
  if ((match[2] ?? '').length > 24) return { kind: 'wrong', why: 'This number is too large' };
  const size = BigInt(`${match[2] === '' ? '0' : match[2]}${rest.padEnd(decimals, '0')}`);
  return { kind: 'amount', amount: match[1] === '-' ? -size : size };
}
