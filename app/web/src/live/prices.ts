/** Where the prices of assets are published, so that a transaction can refresh what is too old. */
import { getAddressDecoder, getProgramDerivedAddress, type Address } from '@solana/kit';
import type { AssetRow } from '../model/types';
import { localnet } from './settings';

/** Pyth's push oracle: its feeds are at addresses that everybody can derive. */
const PUSH_ORACLE = 'pythWSnswVUd12oZpwFP8e9CVaEqJg25g1Vtc2biRsT' as Address;

/** The price account of an asset; none where it has no oracle. */
async function priceAccount(asset: AssetRow): Promise<Address | undefined> {
  if (asset.oracle === 'none') return undefined;
  const local = localnet.get()?.assets.find((one) => one.index === asset.at)?.price_account;
  if (local) return local as Address;
  if (asset.oracle === 'legacy') return getAddressDecoder().decode(asset.feed);
  const [address] = await getProgramDerivedAddress({ programAddress: PUSH_ORACLE, seeds: [new Uint8Array(2), asset.feed] });
  return address;
}

export async function priceAccounts(assets: readonly AssetRow[]): Promise<Map<number, Address>> {
  const found = await Promise.all(assets.map(async (asset) => [asset.at, await priceAccount(asset)] as const));
  return new Map(found.flatMap(([at, address]) => (address ? [[at, address] as const] : [])));
}
