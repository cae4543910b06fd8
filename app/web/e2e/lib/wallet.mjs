// A wallet of the browser, by the wallet standard, as an extension would be one: it signs, and keeps its key to itself.

/** Runs in the page, before its own scripts. */
export function installWallet() {
  const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const base58 = (bytes) => {
    let value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    let text = '';
    for (; value > 0n; value /= 58n) text = DIGITS[Number(value % 58n)] + text;
    return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text;
  };
  const chains = ['solana:localnet'];
  let account;
  let key;
  const connect = async () => {
    if (!account) {
      const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
      const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
      key = pair.privateKey;
      account = { address: base58(publicKey), publicKey, chains, features: ['solana:signTransaction'] };
    }
    return { accounts: [account] };
  };
  const signTransaction = (...inputs) =>
    Promise.all(
      inputs.map(async ({ transaction }) => {
        // A count, that many signatures of 64 bytes, then the message. Who pays signs first.
        const message = transaction.slice(1 + 64 * transaction[0]);
        const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
        const signedTransaction = transaction.slice();
        signedTransaction.set(signature, 1);
        return { signedTransaction };
      }),
    );
  const wallet = {
    version: '1.0.0',
    name: 'Test Wallet',
    icon: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=',
    chains,
    accounts: [],
    features: {
      'standard:connect': { version: '1.0.0', connect },
      'standard:disconnect': { version: '1.0.0', disconnect: async () => undefined },
      'standard:events': { version: '1.0.0', on: () => () => undefined },
      'solana:signTransaction': { version: '1.0.0', supportedTransactionVersions: ['legacy', 0], signTransaction },
    },
  };
  const register = (api) => api.register(wallet);
  window.addEventListener('wallet-standard:app-ready', (event) => register(event.detail));
  window.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }));
}
