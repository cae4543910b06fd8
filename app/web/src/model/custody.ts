/** What may leave a vault, as the program counts it. */
import { divide } from '../money/decimal';
import type { CustodyState, Margin } from './types';

/** The limit of a vault without one. */
const NO_LIMIT = (1n << 64n) - 1n;

/** Token atoms that may leave the vault now; none where nothing limits it. */
export function outflowLeft(custody: CustodyState, now: bigint): bigint | undefined {
  if (custody.limit === NO_LIMIT || custody.window === 0) return undefined;
  const elapsed = now > custody.since ? now - custody.since : 0n;
  const window = BigInt(custody.window);
  const used = elapsed >= window ? 0n : divide(custody.used * (window - elapsed), window, 'up');
  return used >= custody.limit ? 0n : custody.limit - used;
}

/** Profit that may not leave yet, quote atoms. */
export function immature(margin: Margin, now: bigint): bigint {
  const { atoms, since, until } = margin.immature;
  if (atoms === 0n || now >= until) return 0n;
  if (now <= since) return atoms;
  return divide(atoms * (until - now), until - since, 'up');
}
