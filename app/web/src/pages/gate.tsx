/** What has to be there before a page can show an account, and what to do where it is not. */
import type { ReactNode } from 'react';
import { isLocal, useSettings } from '../live/settings';
import { useLine, useWorld, type Holder, type World } from '../live/world';
import { openDialog } from '../ui/dialogs';
import { Button, Panel } from '../ui/parts';
import { makeBurner } from '../wallet/burner';
import { useWallet } from '../wallet/wallet';

/** A panel of the size that the page will have, so that nothing jumps. */
export function Loading({ what }: { what: string }) {
  return (
    <Panel title={what}>
      <div style={{ minHeight: 320 }} className="muted" role="status">
        Reading the chain …
      </div>
    </Panel>
  );
}

/** Shows its children with what was read of the chain. */
export function ChainGate(props: { children: (world: World) => ReactNode }) {
  const line = useLine();
  const world = useWorld();
  if (world) return props.children(world);
  if (line.kind === 'unset') {
    return (
      <Welcome title="Which network?">
        <p>
          This page reads a clearinghouse from any Solana node. Name the node and the clearinghouse; both stay in this browser.
        </p>
        <div className="row">
          <Button kind="primary" onClick={() => openDialog('settings')}>
            Choose a network
          </Button>
        </div>
        <p className="muted">
          A local network that runs beside this page (make localnet) is found by itself when the page is loaded.
        </p>
      </Welcome>
    );
  }
  return <Loading what="Clearinghouse" />;
}

/** Shows its children with the reader's account, or how to get one. */
export function Gate(props: { children: (world: World, account: Holder) => ReactNode }) {
  const wallet = useWallet();
  const { rpc } = useSettings();
  return (
    <ChainGate>
      {(world) => {
        if (!wallet) {
          return (
            <Welcome title="Connect to see your account">
              <p>
                Prices, order books, risk and liquidations are open to everybody. What is yours needs your address; your key
                stays in your wallet.
              </p>
              <div className="row">
                <Button kind="primary" onClick={() => openDialog('wallet')}>
                  Connect a wallet
                </Button>
                {isLocal(rpc) && <Button onClick={() => void makeBurner()}>Make a burner key</Button>}
              </div>
              {isLocal(rpc) && (
                <p className="muted">
                  A burner is a key of this tab for local networks, where nothing has a value. Closing the tab ends it.
                </p>
              )}
            </Welcome>
          );
        }
        if (!world.account) {
          return (
            <Welcome title="No margin account yet">
              <p>Your first deposit opens one. Everything that you deposit backs all of your positions together.</p>
              <div className="row">
                <a className="button primary" href="#/collateral">
                  Deposit
                </a>
              </div>
            </Welcome>
          );
        }
        return props.children(world, world.account);
      }}
    </ChainGate>
  );
}

function Welcome(props: { title: string; children: ReactNode }) {
  return (
    <section className="panel welcome">
      <div className="panel-body stack" style={{ padding: 24 }}>
        <h2>{props.title}</h2>
        {props.children}
      </div>
    </section>
  );
}
