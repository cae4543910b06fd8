// An embedded chain with the program's bytecode.

import {
  createKeyPairSignerFromPrivateKeyBytes,
  getAddressEncoder,
  getU64Encoder,
  lamports,
  type Address,
  type EncodedAccount,
  type Instruction,
  type KeyPairSigner,
} from '@solana/kit';
import { Clock, FailedTransactionMetadata, LiteSVM } from 'litesvm';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SYSTEM_PROGRAM, TOKEN_PROGRAM, refusalOf, sign, tokenAddress, type Limits } from '../../src/index.js';
import { PROGRAM_ADDRESS } from '../../src/generated/rows.js';
import { RefusedError, ranOut } from '../../src/errors.js';
import { MOST_UNITS } from '../../src/generated/limits.js';

const ELF = process.env['COUNTERWEIGHT_ELF'] ?? fileURLToPath(new URL('../../../../target/deploy/counterweight.so', import.meta.url));

/** Where Pyth's receiver would write. */
export const PYTH_RECEIVER = 'rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ' as Address;

/** What a transaction that was carried out says. */
export interface Receipt {
  readonly units: bigint;
  readonly logs: readonly string[];
  readonly returnData: Uint8Array;
}

/** A key pair that is made of a name: the same in every run. */
export function keypair(name: string): Promise<KeyPairSigner> {
  return createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(createHash('sha256').update(name).digest()));
}

/** The error number of a failed transaction, and which instruction it was of. */
export function failure(result: FailedTransactionMetadata): RefusedError {
  const error = result.err();
  const logs = result.meta().logs();
  const words = `${result.toString()}\n${logs.join('\n')}`;
  if (typeof error === 'object' && 'index' in error && 'err' in error) {
    const inner = error.err();
    const code = typeof inner === 'object' && 'code' in inner ? inner.code : undefined;
    return new RefusedError(refusalOf(code, error.index, logs, words));
  }
  return new RefusedError(refusalOf(undefined, undefined, logs, words));
}

/** The chain. */
export class Chain {
  readonly svm: LiteSVM;
  readonly payer: KeyPairSigner;

  private constructor(svm: LiteSVM, payer: KeyPairSigner) {
    this.svm = svm;
    this.payer = payer;
  }

  static async start(time = 1_790_000_000n): Promise<Chain> {
    const svm = new LiteSVM().withTransactionHistory(0n).withLogBytesLimit(100_000n);
    svm.addProgramFromFile(PROGRAM_ADDRESS, ELF);
    const chain = new Chain(svm, await keypair('payer'));
    chain.fund(chain.payer.address);
    chain.setTime(time);
    return chain;
  }

  get time(): bigint {
    return this.svm.getClock().unixTimestamp;
  }

  get slot(): bigint {
    return this.svm.getClock().slot;
  }

  setTime(time: bigint): void {
    const { slot, epochStartTimestamp, epoch, leaderScheduleEpoch } = this.svm.getClock();
    this.svm.setClock(new Clock(slot + 1n, epochStartTimestamp, epoch, leaderScheduleEpoch, time));
  }

  advance(seconds: bigint): void {
    this.setTime(this.time + seconds);
  }

  fund(address: Address): void {
    this.svm.airdrop(address, lamports(1_000_000_000_000n));
  }

  /** Somebody who has SOL. */
  async person(name: string): Promise<KeyPairSigner> {
    const key = await keypair(name);
    this.fund(key.address);
    return key;
  }

  setAccount(address: Address, programAddress: Address, data: Uint8Array): void {
    const account: EncodedAccount = {
      address,
      programAddress,
      data,
      executable: false,
      lamports: lamports(this.svm.minimumBalanceForRentExemption(BigInt(data.length))),
      space: BigInt(data.length),
    };
    this.svm.setAccount(account);
  }

  /** The bytes of an account; of one that there is not, a test asks by mistake. */
  data(address: Address): Uint8Array {
    const account = this.svm.getAccount(address);
    if (!account.exists) throw new Error(`there is no account ${address}`);
    return new Uint8Array(account.data);
  }

  /** Carries out instructions, with the limits that the client sets. Throws {@link RefusedError}. */
  async run(instructions: readonly Instruction[], limits: Limits = {}): Promise<Receipt> {
    try {
      return await this.#once(instructions, limits);
    } catch (error) {
      if (!(error instanceof RefusedError) || !ranOut(error.refusal.logs)) throw error;
      // As `send` does: a refusal costs more than what is allowed. What succeeds now had too low a limit.
      await this.#once(instructions, { ...limits, extraUnits: MOST_UNITS });
      throw error;
    }
  }

  async #once(instructions: readonly Instruction[], limits: Limits): Promise<Receipt> {
    this.svm.expireBlockhash();
    const blockhash = { blockhash: this.svm.latestBlockhash(), lastValidBlockHeight: 1_000n };
    const signed = await sign({ payer: this.payer, instructions, limits }, blockhash);
    const result = this.svm.sendTransaction(signed);
    if (result instanceof FailedTransactionMetadata) throw failure(result);
    return { units: result.computeUnitsConsumed(), logs: result.logs(), returnData: new Uint8Array(result.returnData().data()) };
  }

  /** A mint of the classic token program. */
  async mint(name: string, decimals: number): Promise<Address> {
    const data = new Uint8Array(82);
    data.set(getU64Encoder().encode(1n << 62n), 36);
    data[44] = decimals;
    data[45] = 1; // initialised
    const { address } = await keypair(`mint ${name}`);
    this.setAccount(address, TOKEN_PROGRAM, data);
    return address;
  }

  /** A token account of an owner, holding so much: the associated one, or another that has a name. */
  async tokens(owner: Address, mint: Address, atoms: bigint, name?: string): Promise<Address> {
    const associated = tokenAddress(owner, { mint, tokenProgram: TOKEN_PROGRAM });
    const address = name === undefined ? await associated : (await keypair(name)).address;
    const data = new Uint8Array(165);
    data.set(getAddressEncoder().encode(mint), 0);
    data.set(getAddressEncoder().encode(owner), 32);
    data.set(getU64Encoder().encode(atoms), 64);
    data[108] = 1; // initialised
    this.setAccount(address, TOKEN_PROGRAM, data);
    return address;
  }

  /** What a token account holds; nothing where there is none. */
  balance(address: Address): bigint {
    const account = this.svm.getAccount(address);
    return account.exists && account.programAddress !== SYSTEM_PROGRAM ? new DataView(account.data.slice().buffer).getBigUint64(64, true) : 0n;
  }
}

