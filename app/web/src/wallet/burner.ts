/**
 * A key made in the page, for local networks: what it holds is worth nothing. It lives in this tab's session storage, so
 * that a reload keeps it and closing the tab ends it. It is never sent anywhere, and never offered on another network.
 */
import { createKeyPairSignerFromPrivateKeyBytes, type KeyPairSigner } from '@solana/kit';
import { wallet, type Wallet } from './wallet';

const KEY = 'counterweight.burner';

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{64}$/.test(text)) return undefined;
  return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

function asWallet(signer: KeyPairSigner): Wallet {
  return {
    name: 'Burner',
    icon: undefined,
    address: signer.address,
    burner: true,
    signer,
    disconnect() {
      sessionStorage.removeItem(KEY);
      return Promise.resolve();
    },
  };
}

async function use(seed: Uint8Array): Promise<void> {
  wallet.set(asWallet(await createKeyPairSignerFromPrivateKeyBytes(seed)));
}

/** Makes a key and connects it. */
export async function makeBurner(): Promise<void> {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  sessionStorage.setItem(KEY, toHex(seed));
  await use(seed);
}

/** Connects the key of this tab again, if it has one. */
export async function restoreBurner(): Promise<void> {
  const seed = fromHex(sessionStorage.getItem(KEY) ?? '');
  if (seed) await use(seed);
}
