/** Who signs. A wallet gets a transaction and gives it back signed; no key ever comes here. */
import type { TransactionSigner } from '@solana/kit';
import { Store, useStore } from '../ui/store';

export interface Wallet {
  readonly name: string;
  readonly icon: string | undefined;
  readonly address: string;
  /** A key of this page, for a local network only. */
  readonly burner: boolean;
  /** What instructions are built with. */
  readonly signer: TransactionSigner;
  /** Forgets it here. */
  disconnect(): Promise<void>;
}

export const wallet = new Store<Wallet | undefined>(undefined);

export function useWallet(): Wallet | undefined {
  return useStore(wallet);
}

/** Lets the present wallet go. */
export async function disconnect(): Promise<void> {
  const present = wallet.get();
  wallet.set(undefined);
  await present?.disconnect();
}
