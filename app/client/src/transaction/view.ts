// The chain's own word on an account.

import type { Address, Rpc, TransactionSigner } from '@solana/kit';
import { getGreeksViewDecoder, getMarginViewDecoder, type GreeksView, type MarginView } from '../generated/program/index.js';
import { viewMargin } from '../instructions/account.js';
import type { Venue } from '../venue.js';
import { simulate, type SendingApi } from './send.js';

/** A simulation costs nothing: as much as an account full of options takes. */
const VIEWED = 600_000;

/** The return data of `margin_view`. */
export function decodeMarginView(data: Uint8Array): MarginView {
  return getMarginViewDecoder().decode(data);
}

/** The return data of `greeks_view`. */
export function decodeGreeksView(data: Uint8Array): GreeksView {
  return getGreeksViewDecoder().decode(data);
}

/** Equity and margins of an account as the chain sees them now, by a simulation. Throws as `simulate`. */
export async function askMargin(rpc: Rpc<SendingApi>, venue: Venue, payer: TransactionSigner, marginAccount: Address): Promise<MarginView> {
  const instructions = [viewMargin(venue, marginAccount)];
  const { returnData } = await simulate(rpc, { payer, instructions, limits: { positions: 128, extraUnits: VIEWED } });
  return decodeMarginView(returnData);
}
