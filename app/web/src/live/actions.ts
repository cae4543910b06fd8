import type { World } from './world';
import type { Done } from './send';
import type { AssetRow, MarketRow, Position, Resting } from '../model/types';
import type { Desk, Order, Outcome } from '../model/ticket';
export async function deposit(_world: World, _asset: AssetRow, _atoms: bigint): Promise<Done> { throw new Error('later'); }
export async function withdraw(_world: World, _asset: AssetRow, _atoms: bigint): Promise<Done> { throw new Error('later'); }
export async function placeOrder(_world: World, _desk: Desk, _order: Order, _result: Outcome): Promise<Done> { throw new Error('later'); }
export async function cancelOrder(_world: World, _market: MarketRow, _order: Resting): Promise<Done> { throw new Error('later'); }
export async function cancelAll(_world: World, _markets: readonly MarketRow[]): Promise<Done> { throw new Error('later'); }
export async function closePosition(_world: World, _position: Position): Promise<Done> { throw new Error('later'); }
export async function faucet(_world: World, _owner: string): Promise<Done> { throw new Error('later'); }
