// What the examples of README.md share, in front of an embedded chain.

import { OrderKind, Side, placeOrder } from '../../src/index.js';
import { Exchange } from './exchange.js';
import { FakeNode } from './node.js';

export const exchange = await Exchange.start();
export const node = new FakeNode(exchange.chain);
const maker = await exchange.trader('maker', 100_000n);
await exchange.chain.run([
  placeOrder(exchange.venue, { ...maker, market: 0 }, { side: Side.Sell, lots: 8_000n, price: 15_005n, kind: OrderKind.PostOnly }),
  placeOrder(exchange.venue, { ...maker, market: 0 }, { side: Side.Sell, lots: 8_000n, price: 15_010n, kind: OrderKind.PostOnly }),
]);

export const { rpc, subscriptions } = node;
export const owner = await exchange.chain.person('owner');
await exchange.chain.tokens(owner.address, exchange.mints[0]!, 10_000_000_000n);
export const { clearinghouse } = exchange.venue;
export const prices = exchange.priceAccounts;
