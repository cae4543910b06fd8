// Sending, and learning what became of it.

import {
  compileTransaction,
  getBase64EncodedWireTransaction,
  getBase64Encoder,
  getSignatureFromTransaction,
  getSolanaErrorFromTransactionError,
  type BlockhashLifetimeConstraint,
  type Commitment,
  type GetBlockHeightApi,
  type GetLatestBlockhashApi,
  type GetSignatureStatusesApi,
  type Rpc,
  type SendTransactionApi,
  type Signature,
  type SimulateTransactionApi,
  type TransactionError,
} from '@solana/kit';
import { ExpiredError, RefusedError, UnknownFateError, ranOut, refusalIn, refusalOf } from '../errors.js';
import { MOST_UNITS } from '../generated/limits.js';
import { compose, requireFits, sign, type Draft, type Signed } from './compose.js';
import { computeLimit } from './limits.js';

/** What a node must be able to do. */
export type SendingApi = GetBlockHeightApi & GetLatestBlockhashApi & GetSignatureStatusesApi & SendTransactionApi & SimulateTransactionApi;

/** How transactions are sent. What is left out has the default that is named. */
export interface SendOptions {
  /** What counts as carried out; 'confirmed'. */
  readonly commitment?: 'processed' | 'confirmed' | 'finalized' | undefined;
  /** Whether the node is to try it before: a refusal is known sooner, and costs no fee; true. */
  readonly preflight?: boolean | undefined;
  /** Milliseconds between questions what became of it; 400. */
  readonly look?: number | undefined;
  /** Milliseconds between sending it again; 2,000. */
  readonly resend?: number | undefined;
  /** Milliseconds after which nothing is asked any more; 90,000: a blockhash lives for about a minute. */
  readonly patience?: number | undefined;
  /** Ends the waiting. The transaction may be carried out all the same. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** What became of a transaction that was carried out. */
export interface Sent {
  /** Its signature. */
  readonly signature: Signature;
  /** The slot of its block. */
  readonly slot: bigint;
}

/** What a transaction would do. */
export interface Simulated {
  /** Compute units. */
  readonly units: bigint;
  /** Its log. */
  readonly logs: readonly string[];
  /** Return data of the last instruction that set any. */
  readonly returnData: Uint8Array;
}

const LEVELS = ['processed', 'confirmed', 'finalized'];

function reached(status: Commitment | null, wanted: Commitment): boolean {
  return LEVELS.indexOf(status ?? 'processed') >= LEVELS.indexOf(wanted);
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(done, milliseconds);
    function done() {
      signal?.removeEventListener('abort', stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
}

function refused(error: TransactionError, logs: readonly string[] = []): RefusedError {
  const known = getSolanaErrorFromTransactionError(error);
  return new RefusedError(refusalIn(known, logs) ?? refusalOf(undefined, undefined, logs, known.message), { cause: known });
}

/** What became of a transaction; undefined while it is not known. Throws {@link RefusedError}. */
async function fate(rpc: Rpc<SendingApi>, signature: Signature, wanted: Commitment): Promise<Sent | undefined> {
  const { value } = await rpc.getSignatureStatuses([signature]).send();
  const status = value[0];
  if (!status) return undefined;
  if (status.err) throw refused(status.err);
  return reached(status.confirmationStatus, wanted) ? { signature, slot: status.slot } : undefined;
}

/** The block height up to which a transaction is good. */
function lastHeight({ lifetimeConstraint }: Signed): bigint {
  return 'lastValidBlockHeight' in lifetimeConstraint ? lifetimeConstraint.lastValidBlockHeight : (1n << 64n) - 1n;
}

/** Sends what is signed, and again, until it is carried out or no longer can be. Throws as {@link send}. */
export async function deliver(rpc: Rpc<SendingApi>, signed: Signed, options: SendOptions = {}): Promise<Sent> {
  const { commitment = 'confirmed', preflight = true, look = 400, resend = 2_000, patience = 90_000, abortSignal } = options;
  const signature = getSignatureFromTransaction(signed);
  const wire = getBase64EncodedWireTransaction(signed);
  const post = (skipPreflight: boolean) =>
    rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: commitment, skipPreflight, maxRetries: 0n }).send();
  let trouble: unknown;
  try {
    await post(!preflight);
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal) throw new RefusedError(refusal, { cause: error });
    // The node may have it all the same: an answer that was lost is no refusal.
    trouble = error;
  }
  const began = Date.now();
  let last = began;
  while (Date.now() - began < patience) {
    await pause(look, abortSignal);
    try {
      const found = await fate(rpc, signature, commitment);
      if (found) return found;
      if (Date.now() - last < resend) continue;
      last = Date.now();
      const height = await rpc.getBlockHeight({ commitment }).send();
      if (height > lastHeight(signed)) {
        // Asked after the height: what is not in a block by then never is.
        const late = await fate(rpc, signature, commitment);
        if (late) return late;
        throw new ExpiredError(signature);
      }
      await post(true);
    } catch (error) {
      if (error instanceof RefusedError || error instanceof ExpiredError) throw error;
      trouble = error;
    }
  }
  throw new UnknownFateError(signature, { cause: trouble });
}

/** The signatures of late, so that nothing is signed into the same transaction twice. */
const signedOfLate: Signature[] = [];
const REMEMBERED = 512;

/** A blockhash for a new transaction, and the block height up to which it is good. */
export async function latestBlockhash(rpc: Rpc<SendingApi>, commitment: Commitment = 'confirmed'): Promise<BlockhashLifetimeConstraint> {
  const { value } = await rpc.getLatestBlockhash({ commitment }).send();
  return value;
}

/**
 * Signs a draft into a transaction that was not signed before: the same instructions with the same blockhash would be the
 * same transaction, which is carried out once however often it is sent.
 */
export async function signAnew(rpc: Rpc<SendingApi>, draft: Draft, options: SendOptions = {}): Promise<Signed> {
  for (;;) {
    const signed = await sign(draft, await latestBlockhash(rpc, options.commitment));
    const signature = getSignatureFromTransaction(signed);
    if (!signedOfLate.includes(signature)) {
      signedOfLate.push(signature);
      if (signedOfLate.length > REMEMBERED) signedOfLate.shift();
      return signed;
    }
    await pause(options.look ?? 400, options.abortSignal);
  }
}

/**
 * Signs a draft, sends it, and again, until it is carried out or no longer can be.
 *
 * Throws {@link RefusedError} where the chain refused it and {@link ExpiredError} where it came too late: nothing was
 * changed. Throws {@link UnknownFateError} where nothing could be learnt: it may have been carried out.
 */
export async function send(rpc: Rpc<SendingApi>, draft: Draft, options: SendOptions = {}): Promise<Sent> {
  try {
    return await deliver(rpc, await signAnew(rpc, draft, options), options);
  } catch (error) {
    const preflight = options.preflight ?? true;
    if (!preflight || !(error instanceof RefusedError) || !ranOut(error.refusal.logs)) throw error;
    // It was tried by the node only. What it needs, or what it is really refused for, is said by trying it without a limit.
    const enough = await needs(rpc, draft, options.commitment);
    return deliver(rpc, await signAnew(rpc, enough, options), options);
  }
}

/**
 * A draft with the units that it needs, a tenth more. Throws {@link RefusedError} where it is refused whatever it may use:
 * a refusal puts its reason into the log, which costs more than what is measured of an instruction that succeeds.
 */
async function needs(rpc: Rpc<SendingApi>, draft: Draft, commitment?: Commitment): Promise<Draft> {
  const { units } = await simulate(rpc, { ...draft, limits: { ...draft.limits, extraUnits: MOST_UNITS } }, commitment);
  const allowed = computeLimit(draft.instructions, draft.limits?.positions);
  const extraUnits = Math.max(0, Math.ceil(Number(units) * 1.1) - allowed);
  return { ...draft, limits: { ...draft.limits, extraUnits } };
}

/** What a draft would do now; nobody signs. Throws {@link RefusedError} where it would be refused. */
export async function simulate(rpc: Rpc<SendingApi>, draft: Draft, commitment: Commitment = 'confirmed'): Promise<Simulated> {
  const message = compose(draft, await latestBlockhash(rpc, commitment));
  requireFits(message);
  const wire = getBase64EncodedWireTransaction(compileTransaction(message));
  const config = { commitment, encoding: 'base64', replaceRecentBlockhash: true, sigVerify: false } as const;
  const { value } = await rpc.simulateTransaction(wire, config).send();
  const logs = value.logs ?? [];
  if (value.err) throw refused(value.err, logs);
  const data = value.returnData?.data[0];
  return {
    units: value.unitsConsumed ?? 0n,
    logs,
    returnData: data === undefined ? new Uint8Array() : new Uint8Array(getBase64Encoder().encode(data)),
  };
}
