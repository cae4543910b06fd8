// What the feed has passed on: enough to tell news from echoes, and to see what was missed.
//
// Margin accounts and markets count their changes in a sequence, at the same offset. That orders what arrives: slots of
// notifications do not (some nodes freeze them at the time of subscription), nor does the time of arrival.

import { containsBytes, type Address } from '@solana/kit';
import { viewOf } from '../accounts/bytes.js';
import { MARGIN_ACCOUNT_DISCRIMINATOR, MARKET_DISCRIMINATOR } from '../generated/program/index.js';
import { SEQUENCE_OFFSET } from '../generated/rows.js';

/** What bytes that have arrived are, beside what was known. */
export type Arrival = 'news' | 'same' | 'older';

interface Known {
  readonly sequence: bigint | undefined;
  readonly data: Uint8Array;
  readonly noted: number;
}

/** The change counter in an account's bytes, where it has one. */
export function sequenceOf(data: Uint8Array): bigint | undefined {
  if (data.length < SEQUENCE_OFFSET + 8) return undefined;
  const counted = [MARGIN_ACCOUNT_DISCRIMINATOR, MARKET_DISCRIMINATOR].some((type) => containsBytes(data, type, 0));
  return counted ? viewOf(data).getBigUint64(SEQUENCE_OFFSET, true) : undefined;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function isOlder(arrived: Known, known: Known): boolean {
  if (known.sequence === undefined) return false;
  return arrived.sequence === undefined || arrived.sequence < known.sequence;
}

/** The accounts that were passed on. Times are of one clock that only goes forward, in milliseconds. */
export class Memory {
  readonly #known = new Map<Address, Known>();

  /** Takes note of bytes that arrived by notification. What is older changes nothing. */
  note(key: Address, data: Uint8Array, now: number): Arrival {
    const arrived = { sequence: sequenceOf(data), data, noted: now };
    const known = this.#known.get(key);
    if (known && isOlder(arrived, known)) return 'older';
    this.#known.set(key, arrived);
    return known && equal(known.data, data) ? 'same' : 'news';
  }

  /**
   * Takes note of bytes that were asked for at `asked`, whatever their sequence: an account that was closed and opened
   * again begins anew. Undefined where they are what was known, or a notification came in between, which is not older
   * than they are; else whether the account went back, so that it must be forgotten before it is taken.
   */
  overrule(key: Address, data: Uint8Array, asked: number): boolean | undefined {
    const arrived = { sequence: sequenceOf(data), data, noted: asked };
    const known = this.#known.get(key);
    if (known && (known.noted > asked || equal(known.data, data))) return undefined;
    this.#known.set(key, arrived);
    return known !== undefined && isOlder(arrived, known);
  }

  /** Whether an account was noted after a time. */
  notedSince(key: Address, asked: number): boolean {
    const known = this.#known.get(key);
    return known !== undefined && known.noted > asked;
  }

  /** Forgets an account that is gone; whether it was known. */
  forget(key: Address): boolean {
    return this.#known.delete(key);
  }

  /** Begins anew with a snapshot that was asked for at `asked`. */
  begin(accounts: Iterable<readonly [Address, Uint8Array]>, asked: number): void {
    this.#known.clear();
    for (const [key, data] of accounts) this.note(key, data, asked);
  }

  /** The accounts that are known. */
  keys(): Address[] {
    return [...this.#known.keys()];
  }
}
