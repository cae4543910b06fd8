/** Where the chain is. Kept in the browser; defaults come from the network that serves the page, or from a local one. */
import { Store, useStore } from '../ui/store';

export interface Settings {
  readonly rpc: string;
  readonly ws: string;
  readonly clearinghouse: string;
  /** Gives test tokens; empty for none. */
  readonly faucet: string;
  /** Number of the margin account; an owner may have several. */
  readonly accountId: number;
}

/** What a local network says of itself, as far as pages read it. */
export interface Localnet {
  readonly rpc: string;
  readonly ws: string;
  readonly faucet: string;
  readonly clearinghouse: string;
  readonly lookup_table?: string;
  readonly assets: readonly { readonly index: number; readonly price_account: string | null }[];
}

const KEY = 'counterweight.settings';
const NONE: Settings = { rpc: '', ws: '', clearinghouse: '', faucet: '', accountId: 0 };

export const settings = new Store<Settings>(NONE);
/** The local network that was found beside the page. */
export const localnet = new Store<Localnet | undefined>(undefined);

export function useSettings(): Settings {
  return useStore(settings);
}

function stored(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>;
  } catch {
    return {};
  }
}

function isLocalnet(value: unknown): value is Localnet {
  const found = value as Localnet | null;
  return (
    typeof found === 'object' &&
    found !== null &&
    typeof found.rpc === 'string' &&
    typeof found.clearinghouse === 'string' &&
    Array.isArray(found.assets)
  );
}

/** Asks for the addresses of a local network beside the page; none where there is none. */
async function discover(): Promise<Localnet | undefined> {
  try {
    const response = await fetch('./localnet.json', { cache: 'no-store' });
    const found: unknown = response.ok ? await response.json() : undefined;
    return isLocalnet(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Finds the settings: what was set here before, else the local network's. */
export async function load(): Promise<void> {
  const found = await discover();
  localnet.set(found);
  const kept = stored();
  settings.set({
    ...NONE,
    ...(found && { rpc: found.rpc, ws: found.ws, clearinghouse: found.clearinghouse, faucet: found.faucet }),
    ...kept,
  });
}

/** Keeps settings, in place of the defaults. */
export function keep(changed: Settings): void {
  localStorage.setItem(KEY, JSON.stringify(changed));
  settings.set(changed);
}

/** Takes another margin account, and leaves the rest as it is: the defaults stay defaults. */
export function chooseAccount(accountId: number): void {
  localStorage.setItem(KEY, JSON.stringify({ ...stored(), accountId }));
  settings.update((present) => ({ ...present, accountId }));
}

/** Forgets what was set here. */
export async function reset(): Promise<void> {
  localStorage.removeItem(KEY);
  await load();
}

/** Whether the chain is a local one, where keys are worth nothing. */
export function isLocal(rpc: string): boolean {
  try {
    return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(rpc).hostname);
  } catch {
    return false;
  }
}

/** What is wrong with an address of a node; nothing where nothing is. */
export function endpointProblem(text: string, schemes: readonly string[]): string | undefined {
  try {
    const { protocol } = new URL(text);
    return schemes.includes(protocol) ? undefined : `Begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`;
  } catch {
    return `An address such as ${schemes[0]}//127.0.0.1:8899`;
  }
}
