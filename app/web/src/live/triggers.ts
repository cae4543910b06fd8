/** Trigger orders, placed and cancelled. */
import * as client from '@counterweight/client';
import type { Instruction } from '@solana/kit';
import { KINDS, type Desk, type Order } from '../model/ticket';
import { triggerName, type Firing } from '../model/triggers';
import { scaleOf, type TriggerRow } from '../model/types';
import { formatLots } from '../money/units';
import { hands, send, type Hands } from './hands';
import type { Done } from './send';
import type { World } from './world';

export async function placeTrigger(world: World, desk: Desk, order: Order, firing: Firing): Promise<Done> {
  const { signer, keys, margin } = hands();
  // The first one makes the room for all of them, of which the rent comes back when the room is closed.
  const room = world.triggers ? [] : [await client.openTriggers(signer, margin)];
  const place = await client.placeTrigger(
    keys.venue,
    { authority: signer, marginAccount: margin },
    {
      ...firing,
      market: desk.market.at,
      side: order.side === 'buy' ? client.Side.Buy : client.Side.Sell,
      lots: order.lots,
      expires: order.expiresIn === 0 ? 0n : world.now + BigInt(order.expiresIn),
    },
  );
  await send(world, signer, [...room, place]);
  const name = KINDS.find(([kind]) => kind === order.kind)?.[1] ?? order.kind;
  const size = formatLots(order.lots, scaleOf(desk.book, desk.market));
  return {
    title: `${name}, ${order.side} ${size} ${desk.market.name}: placed`,
    text: 'It waits with your open orders, and whoever executes it earns a fee.',
  };
}

export async function cancelTriggers({ keys, signer, margin }: Hands, all: readonly TriggerRow[]): Promise<Instruction[]> {
  const actor = { authority: signer, marginAccount: margin };
  return Promise.all(all.map(({ place }) => client.cancelTrigger(keys.venue, actor, place)));
}

export async function cancelTrigger(world: World, trigger: TriggerRow): Promise<Done> {
  const who = hands();
  await send(world, who.signer, await cancelTriggers(who, [trigger]));
  const market = world.book.markets[trigger.market];
  const size = market ? `${formatLots(trigger.lots, scaleOf(world.book, market))} ${market.name}` : `${trigger.lots} lots`;
  return { title: `Cancelled ${triggerName(trigger)}, ${trigger.side} ${size}` };
}
