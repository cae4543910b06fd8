/** The reader's margin accounts: opening one more, moving balances between them, and who else may trade. */
import * as client from '@counterweight/client';
import type { Address } from '@solana/kit';
import { MODELS } from '../model/greeks';
import type { AssetRow, Model } from '../model/types';
import { shortAddress } from '../money/address';
import { formatDecimal } from '../money/decimal';
import { fresh, hands, send } from './hands';
import type { Done } from './send';
import type { Holder, World } from './world';

export async function openAccount(world: World, id: number): Promise<Done> {
  const { signer, keys } = hands();
  await send(world, signer, [await client.openMarginAccount(keys.venue, signer, id)]);
  return { title: `Opened margin account ${id}`, text: 'It is judged by itself: what is in the others does not back it.' };
}

export async function transfer(world: World, to: Holder, asset: AssetRow, atoms: bigint): Promise<Done> {
  const { signer, keys, margin } = hands();
  const move = client.transfer(keys.venue, {
    authority: signer,
    from: margin,
    to: to.address as Address,
    asset: asset.at,
    atoms,
  });
  await send(world, signer, await fresh(world, keys, [], [move]));
  const amount = formatDecimal(atoms, asset.decimals, { digits: asset.decimals, atLeast: 2 });
  return { title: `Moved ${amount} ${asset.name} to account ${to.margin.id}` };
}

/** Lets the account's margin be judged by another model. The program asks for initial margin by it. */
export async function chooseModel(world: World, model: Model): Promise<Done> {
  const { signer, keys, margin } = hands();
  const number = model === 'portfolio' ? client.MODEL_PORTFOLIO : client.MODEL_STANDARD;
  const choose = client.setRiskModel(keys.venue, { owner: signer, marginAccount: margin, model: number });
  await send(world, signer, await fresh(world, keys, [], [choose]));
  return { title: `Margin is judged by the ${MODELS[model]} model now` };
}

/** Sets who may trade besides the owner; nobody where it is left out. */
export async function setDelegate(world: World, delegate: string | undefined): Promise<Done> {
  const { signer, margin } = hands();
  await send(world, signer, [client.setDelegate(signer, margin, delegate as Address | undefined)]);
  return { title: delegate === undefined ? 'Nobody else may trade now' : `${shortAddress(delegate)} may trade now` };
}
