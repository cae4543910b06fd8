/** What a reader can do: each action as one transaction, and in words what came of it. */
import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import { mayRest, type Desk, type Kind, type Order, type Outcome } from '../model/ticket';
import { scaleOf, type AssetRow, type MarketRow, type Position, type Resting } from '../model/types';
import { exactDecimal, formatDecimal } from '../money/decimal';
import { formatLots, formatTicks, priceToTicks } from '../money/units';
import { wallet } from '../wallet/wallet';
import { currentKeys, hurry } from './begin';
import * as client from '@counterweight/client';
import type { Keys } from './chain';
import { priceAccounts } from './prices';
import type { Done } from './send';
import { settings } from './settings';
import { transmit } from './transmit';
import type { World } from './world';

interface Hands {
  readonly signer: TransactionSigner;
  readonly keys: Keys;
  readonly margin: Address;
}

/** Who signs, and the accounts; says what is missing. */
function hands(): Hands {
  const signer = wallet.get()?.signer;
  const keys = currentKeys();
  if (!signer) throw new Error('Connect a wallet first.');
  if (!keys?.margin || keys.owner !== signer.address)
    throw new Error('The accounts are still being read: try again in a moment.');
  return { signer, keys, margin: keys.margin };
}

async function send(world: World, signer: TransactionSigner, instructions: readonly Instruction[], fills = 0): Promise<void> {
  // One more than there are: the trade may open it.
  const positions = (world.account?.margin.positions.length ?? 0) + 1;
  try {
    await transmit({ signer, instructions, positions, fills });
  } finally {
    hurry();
  }
}

/** The instructions with prices refreshed before them, where one that counts is too old. */
async function fresh(
  world: World,
  keys: Keys,
  assets: readonly number[],
  instructions: readonly Instruction[],
): Promise<Instruction[]> {
  const tables = client.decodeRiskBook(world.bookBytes);
  const margins = world.account ? [client.decodeMargin(world.account.bytes)] : [];
  const old = client.stale(tables, { margins, assets, now: world.now });
  if (old.length === 0) return [...instructions];
  return client.refreshed(keys.venue, old, await priceAccounts(world.book.assets), instructions);
}

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

const KINDS: Record<Exclude<Kind, 'market'>, client.OrderKind> = {
  limit: client.OrderKind.Limit,
  post: client.OrderKind.PostOnly,
  slide: client.OrderKind.PostOnlySlide,
  peg: client.OrderKind.PostOnly,
  ioc: client.OrderKind.ImmediateOrCancel,
  fok: client.OrderKind.FillOrKill,
};

export async function placeOrder(world: World, desk: Desk, order: Order, result: Outcome): Promise<Done> {
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
  await send(world, signer, await fresh(world, keys, [desk.asset.at], [instruction]), result.meeting.lots.length);
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

export async function cancelAll(world: World, markets: readonly MarketRow[]): Promise<Done> {
  const { signer, keys, margin } = hands();
  const each = markets.map((market) =>
    client.cancelOrders(keys.venue, { authority: signer, marginAccount: margin, market: market.at }),
  );
  await send(world, signer, each);
  return { title: `Cancelled all orders in ${markets.map((market) => market.name).join(', ')}` };
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
  const worst = (asset.index * (sells ? 10_000n - CLOSE_SLIPPAGE : 10_000n + CLOSE_SLIPPAGE)) / 10_000n;
  const limit = priceToTicks(worst, market.tickSize, sells ? 'up' : 'down');
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
