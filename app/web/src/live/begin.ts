/** Starts everything, and starts reading anew where the network or the wallet changes. */
import type { Address } from '@solana/kit';
import { restoreBurner } from '../wallet/burner';
import { wallet } from '../wallet/wallet';
import { isLocal, load, settings } from './settings';
import { engine, engineProblem } from './judge';
import { listen } from './feed';
import { Reader } from './reader';
import { line, world, type World } from './world';
import { selected } from './selected';
import type { Keys } from './chain';

let reader: Reader | undefined;
/** Which accounts there are, for what is sent. */
let keys: Keys | undefined;

export function currentKeys(): Keys | undefined {
  return keys;
}

/** Reads everything again now. */
export function hurry(): void {
  reader?.hurry();
}

async function loadEngine(): Promise<void> {
  try {
    const { loadJudge } = await import('../engine/wasm');
    engine.set(await loadJudge());
  } catch (error) {
    engineProblem.set(error instanceof Error ? error.message : String(error));
  }
}

function restart(): void {
  const present = settings.get();
  reader?.stop();
  reader = undefined;
  keys = undefined;
  if (present.rpc === '' || present.clearinghouse === '') {
    line.set({ kind: 'unset' });
    world.set(undefined);
    return;
  }
  // A key of a local network is never shown to another one.
  const signer = wallet.get();
  if (signer?.burner && !isLocal(present.rpc)) {
    wallet.set(undefined);
    return;
  }
  line.set({ kind: 'connecting', since: Date.now() });
  const next = new Reader(present, signer?.address as Address | undefined);
  reader = next;
  let listening = false;
  void next.run((found) => {
    keys = found;
    if (!listening) listen(next.node, found.venue.riskBook, next.signal);
    listening = true;
  });
}

/** The world with another of the reader's accounts, as it was read beside the one before. */
function withAccount(present: World, id: number): World {
  if (present.account?.margin.id === id) return present;
  return { ...present, account: present.accounts.find(({ margin }) => margin.id === id), triggers: undefined };
}

export async function begin(): Promise<void> {
  void loadEngine();
  await load();
  if (isLocal(settings.get().rpc)) await restoreBurner();
  let network = '';
  settings.subscribe(() => {
    const { rpc, clearinghouse, accountId } = settings.get();
    // Figures of one network must not stand under the name of another, nor those of an account under another's number.
    if (network !== `${rpc}|${clearinghouse}`) world.set(undefined);
    else world.update((present) => present && withAccount(present, accountId));
    network = `${rpc}|${clearinghouse}`;
    restart();
  });
  wallet.subscribe(() => {
    world.update(
      (present) => present && { ...present, account: undefined, triggers: undefined, accounts: [], purse: undefined },
    );
    restart();
  });
  selected.subscribe(hurry);
  restart();
}
