// Pyth's price accounts, both formats, as the program reads them.

import { containsBytes, type ReadonlyUint8Array } from '@solana/kit';
import { ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL, type Asset } from '../generated/rows.js';
import { readBytes, viewOf } from './bytes.js';
import { DecodeError } from './decode.js';

/** What an oracle says. Mantissas are in units of 10^exponent dollars. */
export interface Reading {
  /** Price. */
  readonly price: bigint;
  /** Half-width of the confidence interval. */
  readonly confidence: bigint;
  /** Moving average. */
  readonly average: bigint;
  /** Power of ten of the mantissas. */
  readonly exponent: number;
  /** Unix seconds. */
  readonly publishTime: bigint;
  /** Slot of posting. */
  readonly postedSlot: bigint;
}

/** The type of `PriceUpdateV2`, and where it goes on after the writer's key. */
const PULL = new Uint8Array([34, 241, 35, 99, 157, 126, 244, 205]);
const VERIFICATION = 40;
const FULL = 1;
const PULL_LENGTH = 133;
/** The first words of a legacy price account: magic, version, type. */
const LEGACY = new Uint8Array([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 0, 0, 3, 0, 0, 0]);
const LEGACY_LENGTH = 240;
const TRADING = 1;

function pull(data: ReadonlyUint8Array, feed: Uint8Array): Reading {
  if (data.length < PULL_LENGTH || !containsBytes(data, PULL, 0)) throw new DecodeError("this is no price account of Pyth's receiver");
  const view = viewOf(data);
  if (view.getUint8(VERIFICATION) !== FULL) throw new DecodeError('this price was only partially verified: post it with full verification');
  const at = VERIFICATION + 1;
  if (readBytes(view, at, 32).some((byte, index) => byte !== feed[index])) throw new DecodeError('this price account is of another feed');
  return {
    price: view.getBigInt64(at + 32, true),
    confidence: view.getBigUint64(at + 40, true),
    exponent: view.getInt32(at + 48, true),
    publishTime: view.getBigInt64(at + 52, true),
    average: view.getBigInt64(at + 68, true),
    postedSlot: view.getBigUint64(at + 84, true),
  };
}

function legacy(data: ReadonlyUint8Array): Reading {
  if (data.length < LEGACY_LENGTH || !containsBytes(data, LEGACY, 0)) throw new DecodeError("this is no price account of Pyth's legacy program");
  const view = viewOf(data);
  if (view.getUint32(224, true) !== TRADING) throw new DecodeError('this price feed is not trading at present');
  return {
    price: view.getBigInt64(208, true),
    confidence: view.getBigUint64(216, true),
    exponent: view.getInt32(20, true),
    publishTime: view.getBigInt64(96, true),
    average: view.getBigInt64(48, true),
    postedSlot: view.getBigUint64(232, true),
  };
}

/** What the price account of an asset says. Throws {@link DecodeError} for what `refresh_prices` would refuse to read. */
export function decodeReading(data: ReadonlyUint8Array, asset: Asset): Reading {
  if (asset.oracleKind === ORACLE_PYTH_PULL) return pull(data, asset.feed);
  if (asset.oracleKind === ORACLE_PYTH_LEGACY) return legacy(data);
  throw new DecodeError(`${asset.name} has no oracle: there is nothing to read`);
}
