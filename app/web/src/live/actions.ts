/** What a reader can do: each action as one transaction, and in words what came of it. */
import type { Address } from '@solana/kit';
import { mayRest, type Desk, type Kind, type Order, type Outcome } from '../model/ticket';
import { worthOf } from '../model/contract';
import type { Edit } from '../model/edit';
import { isTrigger, type TriggerKind } from '../model/triggers';
import { scaleOf, type AssetRow, type MarketRow, type Position, type Resting, type TriggerRow } from '../model/types';
import { divide, exactDecimal, formatDecimal } from '../money/decimal';
import { formatLots, formatTicks, priceToTicks } from '../money/units';
import { hurry } from './begin';
import * as client from '@counterweight/client';
import { fresh, hands, send } from './hands';
import type { Done } from './send';
import { settings } from './settings';
import { cancelTriggers, placeTrigger } from './triggers';
import type { World } from './world';

export async function deposit(world: World, asset: AssetRow, atoms: bigint): Promise<Done> {
  const { signer, keys, margin } = hands();
  const { accountId } = settings.get();
  const open = world.account ? [] : [await client.openMarginAccount(keys.venue, signer, accountId)];
  const move = await client.deposit(keys.venue, { authority: signer, marginAccount: margin, asset: asset.at, atoms });
  await send(world, signer, [...open, ...move]);
  return { title: `Deposited ${formatDecimal(atoms, asset.decimals, { digits: asset.decimals, atLeast: 2 })} ${asset.name}` };
}

export async function withdraw(world: World, asset: AssetRow, atoms: bigint): Promise<Done> {
  const { signer, keys, margin } = hands();
  const move = await client.withdraw(keys.venue, { owner: signer, marginAccount: margin, asset: asset.at, atoms });
  await send(world, signer, await fresh(world, keys, [], move));
  return { title: `Withdrew ${formatDecimal(atoms, asset.decimals, { digits: asset.decimals, atLeast: 2 })} ${asset.name}` };
}

const KINDS: Record<Exclude<Kind, 'market' | TriggerKind>, client.OrderKind> = {
  limit: client.OrderKind.Limit,
  post: client.OrderKind.PostOnly,
  slide: client.OrderKind.PostOnlySlide,
  peg: client.OrderKind.PostOnly,
  ioc: client.OrderKind.ImmediateOrCancel,
  fok: client.OrderKind.FillOrKill,
};

export async function placeOrder(world: World, desk: Desk, order: Order, result: Outcome): Promise<Done> {
  if (order.firing || isTrigger(order.kind)) {
    if (!order.firing) throw new Error('A trigger order needs a price.');
    return placeTrigger(world, desk, order, order.firing);
  }
  const { signer, keys, margin } = hands();
  const side = order.side === 'buy' ? client.Side.Buy : client.Side.Sell;
  const makers = result.meeting.makers as Address[];
  const on = { authority: signer, marginAccount: margin, market: desk.market.at, makers };
  const { lots, reduceOnly } = order;
  const instruction =
    order.kind === 'market'
      ? client.trade(keys.venue, on, { side, lots, limit: order.limit, reduceOnly })
      : client.placeOrder(keys.venue, on, {
          side,
          lots,
          reduceOnly,
          price: order.offset === undefined ? order.limit : { offset: Number(order.offset), worst: order.limit },
          kind: KINDS[order.kind],
          expires: order.expiresIn === 0 ? 0n : world.now + BigInt(order.expiresIn),
        });
  const told = await fresh(world, keys, [desk.asset.at], [instruction], [desk.market.at]);
  await send(world, signer, told, result.meeting.lots.length);
  const scale = scaleOf(desk.book, desk.market);
  const verb = order.side === 'buy' ? 'Buy' : 'Sell';
  const where = mayRest(order) && result.rests > 0n ? 'rests in the book' : 'was traded';
  return {
    title: `${verb} ${formatLots(order.lots, scale)} ${desk.market.name}: done`,
    text: result.meeting.traded > 0n && result.rests > 0n ? 'Traded in part, the rest rests in the book.' : `It ${where}.`,
  };
}

export async function cancelOrder(world: World, market: MarketRow, order: Resting): Promise<Done> {
  const { signer, keys, margin } = hands();
  const on = { authority: signer, marginAccount: margin, market: market.at };
  await send(world, signer, [client.cancelOrders(keys.venue, on, { id: order.id })]);
  return { title: `Cancelled ${order.side} ${formatLots(order.lots, scaleOf(world.book, market))} ${market.name}` };
}

/** Puts an order in place of another. It only rests: what would trade is refused. */
export async function editOrder(world: World, market: MarketRow, order: Resting, edit: Edit): Promise<Done> {
  const { signer, keys, margin } = hands();
  const on = { authority: signer, marginAccount: margin, market: market.at };
  const instruction = client.editOrder(keys.venue, on, order.id, {
    side: order.side === 'buy' ? client.Side.Buy : client.Side.Sell,
    lots: edit.lots,
    price: order.pegged ? { offset: Number(edit.price), worst: edit.worst } : edit.price,
    kind: client.OrderKind.PostOnly,
    expires: order.expires,
    clientId: order.clientId,
  });
  await send(world, signer, await fresh(world, keys, [market.asset], [instruction], [market.at]));
  return {
    title: `Changed ${order.side} ${market.name} to ${formatLots(edit.lots, scaleOf(world.book, market))}`,
    text: edit.keepsPlace ? 'It keeps its place.' : 'It stands behind the orders that were at its price.',
  };
}

export async function cancelAll(world: World, markets: readonly MarketRow[], triggers: readonly TriggerRow[]): Promise<Done> {
  const who = hands();
  const { signer, keys, margin } = who;
  const each = markets.map((market) =>
    client.cancelOrders(keys.venue, { authority: signer, marginAccount: margin, market: market.at }),
  );
  await send(world, signer, [...each, ...(await cancelTriggers(who, triggers))]);
  const all = new Set([...markets.map(({ at }) => at), ...triggers.map(({ market }) => market)]);
  const names = world.book.markets.filter(({ at }) => all.has(at)).map(({ name }) => name);
  return { title: `Cancelled all orders in ${names.join(', ')}` };
}

/** How far from the index a position is closed at once, basis points. */
const CLOSE_SLIPPAGE = 100n;
/** Makers whose accounts a closing names; fills of others wait in the queue. */
const CLOSE_MAKERS = 6;

export async function closePosition(world: World, position: Position): Promise<Done> {
  const { signer, keys, margin } = hands();
  const market = world.book.markets[position.market];
  const asset = world.book.assets[position.asset];
  if (!market || !asset) throw new Error('The market of this position is not known.');
  const sells = position.lots > 0n;
  const size = sells ? position.lots : -position.lots;
  const worst = worthOf(market, asset) + divide(asset.index * (sells ? -CLOSE_SLIPPAGE : CLOSE_SLIPPAGE), 10_000n, 'down');
  const limit = priceToTicks(worst > 0n ? worst : 1n, market.tickSize, sells ? 'up' : 'down');
  const resting =
    world.markets.get(market.at)?.orders.filter((order) => order.side === (sells ? 'buy' : 'sell') && order.maker !== margin) ??
    [];
  const makers = [...new Set(resting.map((order) => order.maker))].slice(0, CLOSE_MAKERS) as Address[];
  const on = { authority: signer, marginAccount: margin, market: market.at, makers };
  const take = client.trade(keys.venue, on, {
    side: sells ? client.Side.Sell : client.Side.Buy,
    lots: size,
    limit,
    reduceOnly: true,
  });
  await send(world, signer, await fresh(world, keys, [asset.at], [take]), resting.length);
  const scale = scaleOf(world.book, market);
  return {
    title: `Closing ${formatLots(size, scale)} ${market.name}: done`,
    text: `Down to ${formatTicks(limit, scale)}, as far as the book went.`,
  };
}

/** What the faucet gives, in whole tokens: the quote token, and each other collateral. */
const GIFTS: readonly (readonly [string, bigint])[] = [['lamports', 10_000_000_000n]];
const QUOTE_GIFT = '100000';
const OTHER_GIFT = '500';

export async function faucet(world: World, owner: string): Promise<Done> {
  const { faucet: url } = settings.get();
  const ask = async (asset: string, amount: string) => {
    const response = await fetch(`${url}/faucet`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner, asset, amount }),
    });
    if (response.ok) return;
    const { error } = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(error ?? `The faucet answered ${response.status}.`);
  };
  for (const [asset, amount] of GIFTS) await ask(asset, exactDecimal(amount, 0));
  for (const asset of world.book.assets) {
    if (asset.mint !== undefined) await ask(asset.name, asset.at === 0 ? QUOTE_GIFT : OTHER_GIFT);
  }
  hurry();
  return { title: 'Test tokens have arrived in the wallet' };
}
