/** Choosing who signs. */
import { useState } from 'react';
import { isLocal, useSettings } from '../live/settings';
import { closeDialog, useDialog } from '../ui/dialogs';
import { Dialog } from '../ui/dialog';
import { Button, Notice, Tag } from '../ui/parts';
import { makeBurner } from '../wallet/burner';
import { connect, useBrowserWallets } from '../wallet/standard';
import { disconnect, useWallet } from '../wallet/wallet';

export function WalletDialog() {
  const open = useDialog() === 'wallet';
  const wallet = useWallet();
  return (
    <Dialog title={wallet ? 'Wallet' : 'Connect a wallet'} open={open} onClose={closeDialog}>
      {wallet ? <Connected /> : <Choose />}
    </Dialog>
  );
}

function Connected() {
  const wallet = useWallet();
  if (!wallet) return null;
  return (
    <div className="stack">
      <div className="row">
        <strong>{wallet.name}</strong>
        {wallet.burner && <Tag look="warn">burner, this tab only</Tag>}
      </div>
      <p className="mono" style={{ overflowWrap: 'anywhere' }}>
        {wallet.address}
      </p>
      {wallet.burner && <Notice look="warn">This key lives in the tab and ends with it. Use it for nothing of value.</Notice>}
      <div className="row">
        <Button onClick={() => void navigator.clipboard.writeText(wallet.address)}>Copy address</Button>
        <Button
          onClick={() => {
            closeDialog();
            void disconnect();
          }}
        >
          Disconnect
        </Button>
      </div>
    </div>
  );
}

function Choose() {
  const wallets = useBrowserWallets();
  const { rpc } = useSettings();
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const attempt = async (action: () => Promise<void>) => {
    setProblem(undefined);
    try {
      await action();
      closeDialog();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="stack">
      {problem !== undefined && <Notice look="bad">{problem}</Notice>}
      <ul className="wallet-list">
        {wallets.map((wallet) => (
          <li key={wallet.name}>
            <Button wide onClick={() => void attempt(() => connect(wallet))}>
              <img src={wallet.icon} alt="" /> {wallet.name}
            </Button>
          </li>
        ))}
      </ul>
      {wallets.length === 0 && <p className="muted">This browser has no Solana wallet that follows the wallet standard.</p>}
      {isLocal(rpc) && (
        <>
          <Button wide onClick={() => void attempt(makeBurner)}>
            Make a burner key <Tag look="warn">local network only</Tag>
          </Button>
          <p className="muted small">
            A burner is made in this tab, kept in its session storage, and gone when the tab is closed.
          </p>
        </>
      )}
      <p className="muted small">A wallet signs each transaction itself; its key never comes to this page.</p>
    </div>
  );
}
