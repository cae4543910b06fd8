// Reading bytes. Nothing keeps a reference to what it was read from.

import { getAddressDecoder, type Address, type ReadonlyUint8Array } from '@solana/kit';

const text = new TextDecoder();
const addresses = new Map<string, Address>();
const REMEMBERED = 8_192;

/** Bytes to be read by offset. */
export function viewOf(data: ReadonlyUint8Array): DataView {
  return new DataView(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** A copy of bytes. */
export function readBytes(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}

/**
 * An address. Encoding one costs more than all else of a row, and the same few come again and again, so the latest are
 * remembered.
 */
export function readAddress(view: DataView, at: number): Address {
  const words = [0, 8, 16, 24].map((word) => view.getBigUint64(at + word, true).toString(36));
  const key = words.join('.');
  let found = addresses.get(key);
  if (found === undefined) {
    found = getAddressDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, 32));
    if (addresses.size >= REMEMBERED) addresses.clear();
    addresses.set(key, found);
  }
  return found;
}

/** Text that is padded with zeros. */
export function readText(view: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  const end = bytes.indexOf(0);
  return text.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
