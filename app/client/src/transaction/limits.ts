// Limits of a transaction: compute units by what the bench measured on the bytecode. A limit that is too high costs
// priority fees, one that is too low the transaction. The same as crates/sdk/src/limits.

import { getU32Decoder, getU32Encoder, getU64Encoder, type Address, type Instruction, type ReadonlyUint8Array } from '@solana/kit';
import type { Margin, RiskTables } from '../accounts/index.js';
import { A_POSITION, A_SCANNED, A_SMILE, AN_ARRAY, ARRAYS, BUDGET, CREATING, FOREIGN, MEASURED, MOST_UNITS, SEARCHING } from '../generated/limits.js';
import { KIND_CALL, MODEL_PORTFOLIO, PROGRAM_ADDRESS } from '../generated/rows.js';
import {
  ASSOCIATED_TOKEN_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  LOOKUP_TABLE_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
} from '../programs.js';

/** What instructions of other programs use at most: what this client builds of them. */
const OTHERS: ReadonlyMap<Address, number> = new Map([
  [ASSOCIATED_TOKEN_PROGRAM, 60_000],
  [COMPUTE_BUDGET_PROGRAM, BUDGET],
  [LOOKUP_TABLE_PROGRAM, 10_000],
  [SYSTEM_PROGRAM, 1_000],
  [TOKEN_PROGRAM, 10_000],
]);
const PAGE = 32 * 1_024;

function measuredBy(data: ReadonlyUint8Array | undefined): (typeof MEASURED)[string] | undefined {
  return MEASURED[Array.from(data?.slice(0, 8) ?? [], (byte) => byte.toString(16).padStart(2, '0')).join('')];
}

/** The name of one of the program's instructions, by its data. */
export function nameOf(data: ReadonlyUint8Array): string | undefined {
  return measuredBy(data)?.[0];
}

/** The units that measured cases allow for so many positions: those of the smallest account that has as many. */
function unitsFor(cases: readonly (readonly [number, number])[], positions: number): number | undefined {
  const enough = cases.filter(([size]) => size === 0 || size >= positions);
  const size = Math.min(...enough.map(([found]) => found));
  if (enough.length > 0) return Math.max(...enough.filter(([found]) => found === size).map(([, units]) => units));
  const [largest, units] = cases.at(-1) ?? [0, undefined];
  return units === undefined ? undefined : units + (positions - largest) * A_POSITION;
}

/** The units of an instruction that computes arrays of options, by how many it is told to; undefined for others. */
function arraysOf(name: string, data: ReadonlyUint8Array | undefined): number | undefined {
  if (name !== 'refresh_arrays' && name !== 'set_smile') return undefined;
  if (data === undefined || data.length < 12) return undefined;
  const options = getU32Decoder().decode(data, 8);
  return ARRAYS + options * (AN_ARRAY + (name === 'set_smile' ? A_SMILE : 0));
}

/** The units that an instruction may use, with an account of so many positions. */
export function unitsOf(instruction: Instruction, positions: number): number {
  if (instruction.programAddress !== PROGRAM_ADDRESS) return OTHERS.get(instruction.programAddress) ?? FOREIGN;
  const found = measuredBy(instruction.data);
  if (found === undefined) return FOREIGN;
  const [name, cases] = found;
  const arrays = arraysOf(name, instruction.data);
  if (arrays !== undefined) return arrays;
  return (unitsFor(cases, positions) ?? FOREIGN) + (CREATING.includes(name) ? SEARCHING : 0);
}

/** The compute limit of a transaction, for accounts with at most so many positions: what was measured, a tenth more, and
 * what setting the limit costs. */
export function computeLimit(instructions: readonly Instruction[], positions = 8): number {
  const sum = instructions.reduce((units, instruction) => units + unitsOf(instruction, positions), 0);
  return Math.min(sum + Math.floor(sum / 10) + BUDGET, MOST_UNITS);
}

/** The units that each instruction may use beyond what was measured (`extraUnits`, times the instructions), for an account that is
 * judged by portfolio margin or holds options: what was measured is by Standard margin, of contracts without arrays. */
export function extraOf(tables: RiskTables, { core, positions }: Margin): number {
  const isOption = (market: number): boolean => (tables.markets[market]?.kind ?? 0) >= KIND_CALL;
  const heavy = core.model === MODEL_PORTFOLIO || positions.some(({ market }) => isOption(market));
  return heavy ? (positions.length + 1) * A_SCANNED : 0;
}

/** The limit on the bytes of all accounts that a transaction loads: their sum, 64 bytes for each, in whole pages. */
export function dataLimit(sizes: readonly number[]): number {
  return Math.ceil(sizes.reduce((bytes, size) => bytes + size + 64, 0) / PAGE) * PAGE;
}

/** What a transaction says of itself besides what it does. */
export interface Limits {
  /** Positions of the largest account in it; 8. */
  readonly positions?: number | undefined;
  /** Compute units beyond what was measured, for an instruction that does more than the measured cases; 0. */
  readonly extraUnits?: number | undefined;
  /** Micro-lamports that are bid for a compute unit; none. */
  readonly unitPrice?: bigint | undefined;
  /** Bytes of all accounts that it loads, programs included, where they are known. */
  readonly loadedBytes?: number | undefined;
}

function budget(tag: number, value: ReadonlyUint8Array): Instruction {
  return { programAddress: COMPUTE_BUDGET_PROGRAM, data: new Uint8Array([tag, ...value]) };
}

/** The instructions with what sets their limits before them. */
export function withLimits(instructions: readonly Instruction[], limits: Limits = {}): Instruction[] {
  const { positions, extraUnits = 0, unitPrice = 0n, loadedBytes } = limits;
  const units = Math.min(computeLimit(instructions, positions) + extraUnits, MOST_UNITS);
  const all = [budget(2, getU32Encoder().encode(units))];
  if (unitPrice > 0n) all.push(budget(3, getU64Encoder().encode(unitPrice)));
  if (loadedBytes !== undefined) all.push(budget(4, getU32Encoder().encode(dataLimit([loadedBytes]))));
  return [...all, ...instructions];
}
