// A node in front of the embedded chain: kit talks to it as to any other.

import {
  createSolanaRpcFromTransport,
  getBase58Decoder,
  getBase58Encoder,
  getBase64Decoder,
  getBase64Encoder,
  getTransactionDecoder,
  type Address,
  type Base58EncodedBytes,
  type EncodedAccount,
  type Rpc,
  type RpcSubscriptions,
  type RpcTransport,
} from '@solana/kit';
import { FailedTransactionMetadata, type SimulatedTransactionInfo, type TransactionMetadata } from 'litesvm';
import type { ReadingApi, SendingApi, WatchingApi } from '../../src/index.js';
import { Queue } from '../../src/live/queue.js';
import type { Chain } from './chain.js';
import { failure } from './chain.js';

type Params = readonly unknown[];
interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}
interface Memcmp {
  readonly memcmp: { readonly bytes: Base58EncodedBytes; readonly offset: bigint };
}

/** The error of a failed transaction, as a node says it. */
function told(result: FailedTransactionMetadata): unknown {
  const { refusal } = failure(result);
  const why = refusal.code === undefined ? 'ProgramFailedToComplete' : { Custom: refusal.code };
  return refusal.instruction === undefined ? 'AccountNotFound' : { InstructionError: [refusal.instruction, why] };
}

/** The node. What it is told to lose, it loses. */
export class FakeNode {
  readonly rpc: Rpc<ReadingApi & SendingApi>;
  readonly subscriptions: RpcSubscriptions<WatchingApi>;
  /** Methods that were called, in their order. */
  readonly calls: string[] = [];
  /** How many transactions are lost on the way: the answer says that they were taken. */
  loses = 0;
  /** Whether it says of no transaction what became of it. */
  silent = false;
  height = 100n;
  #asked = 0;
  readonly #fates = new Map<string, unknown>();
  readonly #subscribers = new Set<{ readonly key: string; readonly queue: Queue<unknown> }>();

  constructor(readonly chain: Chain) {
    // What was signed a moment ago is good for a while.
    chain.svm.withBlockhashCheck(false);
    const transport: RpcTransport = <T>({ payload }: { payload: unknown }) => {
      const { id, method, params } = payload as { id: string; method: string; params: Params };
      this.calls.push(method);
      return Promise.resolve({ id, jsonrpc: '2.0', ...this.#answer(method, params) } as T);
    };
    this.rpc = createSolanaRpcFromTransport(transport) as unknown as Rpc<ReadingApi & SendingApi>;
    const api = {
      accountNotifications: (address: Address) => this.#subscription(address),
      programNotifications: () => this.#subscription('program'),
      slotNotifications: () => this.#subscription('slots'),
    };
    this.subscriptions = api as unknown as RpcSubscriptions<WatchingApi>;
  }

  #subscription(key: string) {
    return {
      subscribe: ({ abortSignal }: { abortSignal: AbortSignal }) => {
        const subscriber = { key, queue: new Queue<unknown>() };
        this.#subscribers.add(subscriber);
        abortSignal.addEventListener('abort', () => subscriber.queue.close());
        return Promise.resolve(subscriber.queue);
      },
    };
  }

  /** A slot goes by. */
  tick(): void {
    this.#tell('slots', { slot: this.chain.slot });
  }

  /** Tells subscribers of an account as it is, or as it was. */
  notify(address: Address, data = this.#account(address)?.data): void {
    const account = { ...this.#shown(address), ...(data && { data: [getBase64Decoder().decode(data), 'base64'] }) };
    this.#tell(address, { context: { slot: 1n }, value: account });
  }

  #tell(key: string, news: unknown): void {
    for (const subscriber of this.#subscribers) if (subscriber.key === key) subscriber.queue.push(news);
  }

  /** Cuts the line: all subscriptions end. */
  cut(): void {
    for (const { queue } of this.#subscribers) queue.close();
    this.#subscribers.clear();
  }

  #account(address: Address): EncodedAccount | undefined {
    const account = this.chain.svm.getAccount(address);
    return account.exists && account.lamports > 0n ? account : undefined;
  }

  #shown(address: Address) {
    const account = this.#account(address);
    if (!account) return null;
    const { data, lamports, programAddress } = account;
    return { data: [getBase64Decoder().decode(data), 'base64'], executable: false, lamports, owner: programAddress, space: BigInt(data.length) };
  }

  #answer(method: string, params: Params): Answer {
    const { svm } = this.chain;
    const context = { slot: this.chain.slot };
    switch (method) {
      case 'getLatestBlockhash':
        // Two get the same one, as from a real node.
        this.#asked += 1;
        if (this.#asked % 2 === 1) svm.expireBlockhash();
        return { result: { context, value: { blockhash: svm.latestBlockhash(), lastValidBlockHeight: this.height + 150n } } };
      case 'getBlockHeight':
        return { result: this.height };
      case 'getMultipleAccounts':
        return { result: { context, value: (params[0] as Address[]).map((address) => this.#shown(address)) } };
      case 'getProgramAccounts':
        return { result: this.#filtered(params[0] as Address, params[1] as { filters?: Memcmp[] }) };
      case 'getSignatureStatuses':
        return { result: { context, value: [this.silent ? null : (this.#fates.get((params[0] as string[])[0]!) ?? null)] } };
      case 'sendTransaction':
        return this.#send(params[0] as string, params[1] as { skipPreflight: boolean });
      case 'simulateTransaction':
        return { result: { context, value: this.#simulated(params[0] as string) } };
      default:
        return { error: { code: -32601, message: `Method not found: ${method}` } };
    }
  }

  #filtered(program: Address, { filters = [] }: { filters?: Memcmp[] }) {
    const wanted = filters.map(({ memcmp }) => [Number(memcmp.offset), getBase58Encoder().encode(memcmp.bytes)] as const);
    const accounts = this.chain.svm.getProgramAccounts(program);
    const chosen = accounts.filter(({ data }) => wanted.every(([offset, bytes]) => bytes.every((byte, at) => data[offset + at] === byte)));
    return chosen.map(({ address }) => ({ pubkey: address, account: this.#shown(address) }));
  }

  #send(wire: string, { skipPreflight }: { skipPreflight: boolean }): Answer {
    const transaction = getTransactionDecoder().decode(getBase64Encoder().encode(wire));
    if (!skipPreflight) {
      const tried = this.#simulated(wire);
      if (tried.err) return { error: { code: -32002, message: 'Transaction simulation failed', data: tried } };
    }
    const signature = signatureOf(wire);
    if (this.loses > 0) {
      this.loses -= 1;
    } else if (!this.#fates.has(signature)) {
      const result = this.chain.svm.sendTransaction(transaction);
      const err = result instanceof FailedTransactionMetadata ? told(result) : null;
      this.#fates.set(signature, { confirmationStatus: 'confirmed', confirmations: 1n, err, slot: this.chain.slot, status: err ? { Err: err } : { Ok: null } });
    }
    return { result: signature };
  }

  #simulated(wire: string) {
    const { svm } = this.chain;
    const transaction = getTransactionDecoder().decode(getBase64Encoder().encode(wire));
    const signed = Object.values(transaction.signatures).every((signature) => signature !== null);
    // What nobody signed is tried without a look at signatures.
    svm.withSigverify(signed);
    const result: FailedTransactionMetadata | SimulatedTransactionInfo = svm.simulateTransaction(transaction);
    svm.withSigverify(true);
    const failed = result instanceof FailedTransactionMetadata;
    const meta: TransactionMetadata = result.meta();
    const data = getBase64Decoder().decode(new Uint8Array(meta.returnData().data()));
    return {
      accounts: null,
      err: failed ? told(result) : null,
      logs: meta.logs(),
      returnData: { data: [data, 'base64'], programId: '11111111111111111111111111111111' },
      unitsConsumed: meta.computeUnitsConsumed(),
    };
  }
}

/** The first signature of a transaction. */
function signatureOf(wire: string): string {
  const bytes = getBase64Encoder().encode(wire).slice(1, 65);
  return getBase58Decoder().decode(bytes);
}

