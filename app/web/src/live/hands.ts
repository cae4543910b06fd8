/** What every action needs: who signs and for which account, and the way to the chain. */
import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import * as client from '@counterweight/client';
import { wallet } from '../wallet/wallet';
import { currentKeys, hurry } from './begin';
import type { Keys } from './chain';
import { priceAccounts } from './prices';
import { transmit } from './transmit';
import type { World } from './world';

export interface Hands {
  readonly signer: TransactionSigner;
  readonly keys: Keys;
  readonly margin: Address;
}

/** Who signs, and the accounts; says what is missing. */
export function hands(): Hands {
  const signer = wallet.get()?.signer;
  const keys = currentKeys();
  if (!signer) throw new Error('Connect a wallet first.');
  if (!keys?.margin || keys.owner !== signer.address)
    throw new Error('The accounts are still being read: try again in a moment.');
  return { signer, keys, margin: keys.margin };
}

/** Units of the first option that an account opens. */
const FIRST_OPTION = 20_000;

/** Units that each instruction may use more because there are options, or portfolio margin. */
function extraOf(world: World): number {
  const tables = client.decodeRiskBook(world.bookBytes);
  const opens = tables.markets.some(({ kind }) => kind >= client.KIND_CALL) ? FIRST_OPTION : 0;
  if (!world.account) return opens;
  return client.extraOf(tables, client.decodeMargin(world.account.bytes)) + opens;
}

export async function send(
  world: World,
  signer: TransactionSigner,
  instructions: readonly Instruction[],
  fills = 0,
): Promise<void> {
  // One more than there are: the trade may open it.
  const positions = (world.account?.margin.positions.length ?? 0) + 1;
  try {
    await transmit({ signer, instructions, positions, fills, extra: extraOf(world) * instructions.length });
  } finally {
    hurry();
  }
}

/** The instructions with prices refreshed before them, where one that counts is too old, and options priced behind those: the
 * ones that the account holds, and the markets that are named. */
export async function fresh(
  world: World,
  keys: Keys,
  assets: readonly number[],
  instructions: readonly Instruction[],
  markets: readonly number[] = [],
): Promise<Instruction[]> {
  const tables = client.decodeRiskBook(world.bookBytes);
  const margins = world.account ? [client.decodeMargin(world.account.bytes)] : [];
  const old = client.stale(tables, { margins, assets, now: world.now });
  const arrays = client.staleArrays(tables, { margins, markets, refreshed: old, now: world.now });
  const priced = arrays.length === 0 ? instructions : [client.refreshArrays(keys.venue, arrays), ...instructions];
  if (old.length === 0) return [...priced];
  return client.refreshed(keys.venue, old, await priceAccounts(world.book.assets), priced);
}
