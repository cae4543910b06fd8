// What went wrong, in words for a person, and what to do about it.

import {
  SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM,
  SOLANA_ERROR__INSTRUCTION_ERROR__UNKNOWN,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  SOLANA_ERROR__TRANSACTION_ERROR__UNKNOWN,
  isSolanaError,
  unwrapSimulationError,
  type Signature,
} from '@solana/kit';
import { ERRORS, ErrorCode, type ErrorName } from './generated/errors.js';

export { ERRORS, ErrorCode, type ErrorName };

/** Something that this client refuses before anything is sent. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';

  /** What was wrong, and what to do. */
  constructor(
    what: string,
    /** What to do about it. */
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${what}: ${advice}`, options);
  }
}

/** What the chain did not carry out. Nothing was changed. */
export interface Refusal {
  /** The number that a program refused with, where it was one. */
  readonly code: number | undefined;
  /** The name of the error, where the program was Counterweight. */
  readonly name: ErrorName | undefined;
  /** What is wrong, for a person. */
  readonly sentence: string;
  /** What to do about it; empty where that is not known. */
  readonly advice: string;
  /** The figures that decided, by their names. */
  readonly figures: Readonly<Record<string, bigint>>;
  /** Which instruction refused, where it is known. */
  readonly instruction: number | undefined;
  /** The log of the transaction, where there is one. */
  readonly logs: readonly string[];
}

/** A transaction that was refused. Nothing was changed. */
export class RefusedError extends ClientError {
  override readonly name = 'RefusedError';

  /** From what is known of the refusal. */
  constructor(
    /** What is known of it. */
    readonly refusal: Refusal,
    options?: ErrorOptions,
  ) {
    super(refusal.sentence, refusal.advice || 'see the log', options);
  }
}

/** A transaction whose blockhash expired before it was seen in a block. Nothing was changed, nor will be. */
export class ExpiredError extends ClientError {
  override readonly name = 'ExpiredError';

  /** Of a transaction with this signature. */
  constructor(
    /** Its signature. */
    readonly signature: Signature,
  ) {
    super(`${signature} expired before it was carried out`, 'send it again, with a higher price for a compute unit if the network is busy');
  }
}

/** A transaction that was sent and of which nothing could be learnt: it may have been carried out. */
export class UnknownFateError extends ClientError {
  override readonly name = 'UnknownFateError';

  /** Of a transaction with this signature. */
  constructor(
    /** Its signature. */
    readonly signature: Signature,
    options?: ErrorOptions,
  ) {
    super(`${signature} was sent, and whether it was carried out is not known`, 'look it up before you send it again', options);
  }
}

/** Errors that Anchor checks before the program sees an instruction. */
const ANCHOR: Readonly<Record<number, readonly [string, string]>> = {
  2001: ['An account is not the one that another names', 'make the venue anew from the risk book'],
  2006: ['An account is not at its address', 'derive it from the owner, the clearinghouse and the number'],
  3002: ['An account is of another type', 'pass the account that the instruction asks for'],
  3007: ['An account belongs to another program', 'pass an account of this program'],
  3012: ['An account does not exist yet', 'open it first'],
};
/** Errors of the token program. */
const TOKEN: Readonly<Record<number, readonly [string, string]>> = {
  1: ['There are not enough tokens in the account', 'ask for less, or bring more first'],
  3: ['The token account is of another mint', 'pass an account of the mint'],
  4: ['The token account belongs to somebody else', 'sign with its owner'],
};

/** The sentence and the advice of an error number of the program; undefined for a number that is not its own. */
export function explainCode(code: number): { name: ErrorName; sentence: string; advice: string } | undefined {
  const found = ERRORS[code];
  return found && { name: found[0], sentence: found[1], advice: found[2] };
}

/** The figures of the line before an error: `label=number` pairs, whose labels have spaces. */
export function figuresIn(logs: readonly string[]): Record<string, bigint> {
  const at = logs.findIndex((line) => line.includes('AnchorError'));
  const line = at > 0 ? logs[at - 1]?.replace(/^Program log: /, '') : undefined;
  const pairs = [...(line ?? '').matchAll(/([a-z][a-z ]*)=(-?\d+)/g)];
  return Object.fromEntries(pairs.map(([, label = '', number = '0']) => [label.trim(), BigInt(number)]));
}

/** The program that refused, by the log. */
function refusedBy(logs: readonly string[]): string | undefined {
  const line = logs.find((found) => / failed: /.test(found));
  return line?.split(' ')[1];
}

/** Whether a log ends for want of compute units. A refusal costs more than what is allowed, for the words in the log. */
export function ranOut(logs: readonly string[]): boolean {
  return logs.some((line) => /exceeded CUs meter|[Cc]omputational budget exceeded/.test(line));
}

const RAN_OUT = ['The transaction ran out of compute units', 'ask for more with the limits of the draft (extraUnits)'] as const;

/** What is known of a refusal: the number of a program, the instruction, the log, and the runtime's own words. */
export function refusalOf(code: number | undefined, instruction: number | undefined, logs: readonly string[], words: string): Refusal {
  const own = code === undefined ? undefined : explainCode(code);
  const exhausted = code === undefined && ranOut(logs) ? RAN_OUT : undefined;
  const foreign = code === undefined ? exhausted : (ANCHOR[code] ?? (refusedBy(logs)?.startsWith('Token') ? TOKEN[code] : undefined));
  return {
    code,
    name: own?.name,
    sentence: own?.sentence ?? foreign?.[0] ?? words,
    advice: own?.advice ?? foreign?.[1] ?? '',
    figures: figuresIn(logs),
    instruction,
    logs,
  };
}

/**
 * What an error of kit says of a transaction: a failed preflight or simulation, or an error of the runtime. Undefined for
 * everything else, as a connection that failed.
 */
export function refusalIn(error: unknown, logs: readonly string[] = []): Refusal | undefined {
  if (error instanceof RefusedError) return error.refusal;
  if (isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE)) {
    return refusalIn(unwrapSimulationError(error), error.context.logs ?? logs) ?? refusalOf(undefined, undefined, error.context.logs ?? logs, error.message);
  }
  if (isSolanaError(error, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM)) {
    return refusalOf(error.context.code, error.context.index, logs, error.message);
  }
  if (isSolanaError(error) && isOfRuntime(error.context.__code)) {
    const { index } = error.context as { index?: unknown };
    return refusalOf(undefined, typeof index === 'number' ? index : undefined, logs, error.message);
  }
  return undefined;
}

/** Whether a number of kit is that of an error of the runtime: of an instruction, or of the transaction. */
function isOfRuntime(code: number): boolean {
  const ranges = [SOLANA_ERROR__INSTRUCTION_ERROR__UNKNOWN, SOLANA_ERROR__TRANSACTION_ERROR__UNKNOWN];
  return ranges.some((first) => code >= first && code < first + 1_000);
}

/** Any error as a sentence for a person, with what to do. */
export function explain(error: unknown): string {
  const refusal = refusalIn(error);
  if (refusal) return refusal.advice ? `${refusal.sentence}. ${refusal.advice}` : refusal.sentence;
  return error instanceof Error ? error.message : String(error);
}
