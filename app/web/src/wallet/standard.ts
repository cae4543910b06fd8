/** Wallets that the browser has, by the wallet standard. */
import { getTransactionDecoder, getTransactionEncoder, type Address, type TransactionModifyingSigner } from '@solana/kit';
import { getWallets } from '@wallet-standard/app';
import type { Wallet as StandardWallet, WalletAccount } from '@wallet-standard/base';
import { Store, useStore } from '../ui/store';
import { wallet, type Wallet } from './wallet';

const CONNECT = 'standard:connect';
const DISCONNECT = 'standard:disconnect';
const EVENTS = 'standard:events';
const SIGN = 'solana:signTransaction';

interface Connect {
  connect(input?: { silent?: boolean }): Promise<{ accounts: readonly WalletAccount[] }>;
}

interface Sign {
  signTransaction(
    ...inputs: readonly { account: WalletAccount; transaction: Uint8Array; chain?: string }[]
  ): Promise<readonly { signedTransaction: Uint8Array }[]>;
}

interface Events {
  on(event: 'change', listener: (changed: { accounts?: readonly WalletAccount[] }) => void): () => void;
}

function feature<T>(of: StandardWallet, name: string): T | undefined {
  return (of.features as Record<string, unknown>)[name] as T | undefined;
}

/** Those that can connect and sign for Solana. */
function usable(found: readonly StandardWallet[]): readonly StandardWallet[] {
  return found.filter(
    (one) => CONNECT in one.features && SIGN in one.features && one.chains.some((chain) => chain.startsWith('solana:')),
  );
}

const registry = getWallets();
const present = new Store(usable(registry.get()));
const reread = () => present.set(usable(registry.get()));
registry.on('register', reread);
registry.on('unregister', reread);

export function useBrowserWallets(): readonly StandardWallet[] {
  return useStore(present);
}

/** A wallet may change what it signs: a higher fee, a guard of its own. What it gives back is what is sent. */
function signerOf(of: StandardWallet, account: WalletAccount): TransactionModifyingSigner {
  const [encoder, decoder] = [getTransactionEncoder(), getTransactionDecoder()];
  return {
    address: account.address as Address,
    async modifyAndSignTransactions(transactions) {
      const inputs = transactions.map((transaction) => ({ account, transaction: new Uint8Array(encoder.encode(transaction)) }));
      const signed = (await feature<Sign>(of, SIGN)?.signTransaction(...inputs)) ?? [];
      return transactions.map((transaction, at) => {
        const bytes = signed[at]?.signedTransaction;
        if (!bytes) throw new Error(`${of.name} gave back no signed transaction`);
        return { ...transaction, ...decoder.decode(bytes) };
      }) as unknown as Awaited<ReturnType<TransactionModifyingSigner['modifyAndSignTransactions']>>;
    },
  };
}

function asWallet(of: StandardWallet, account: WalletAccount): Wallet {
  let ended = () => {};
  const events = feature<Events>(of, EVENTS);
  if (events) {
    // The reader chose another account, or took this page's right away: both are said by the list of accounts.
    ended = events.on('change', ({ accounts }) => {
      if (!accounts || accounts.some((one) => one.address === account.address)) return;
      ended();
      wallet.set(accounts[0] && asWallet(of, accounts[0]));
    });
  }
  return {
    name: of.name,
    icon: of.icon,
    address: account.address,
    burner: false,
    signer: signerOf(of, account),
    async disconnect() {
      ended();
      await feature<{ disconnect(): Promise<void> }>(of, DISCONNECT)?.disconnect();
    },
  };
}

/** Connects a wallet of the browser. The wallet asks its owner. */
export async function connect(chosen: StandardWallet): Promise<void> {
  const connected = await feature<Connect>(chosen, CONNECT)?.connect();
  const account = connected?.accounts.find((one) => one.chains.some((chain) => chain.startsWith('solana:')));
  if (!account) throw new Error(`${chosen.name} has shared no account: choose one in the wallet`);
  wallet.set(asWallet(chosen, account));
}
