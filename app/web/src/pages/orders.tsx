/** The reader's resting orders, in all markets whose accounts were read. */
import { cancelAll, cancelOrder } from '../live/actions';
import { useAction } from '../live/send';
import type { Holder, World } from '../live/world';
import { scaleOf, type MarketRow, type Resting } from '../model/types';
import { formatSpan } from '../money/time';
import { formatLots, formatTicks } from '../money/units';
import { Button, Empty, Panel, TableBox } from '../ui/parts';

export function OpenOrders({ world, account }: { world: World; account: Holder }) {
  const open = world.book.markets.flatMap((market) => {
    const own = world.markets.get(market.at)?.orders.filter((order) => order.maker === account.address) ?? [];
    return own.map((order) => ({ market, order }));
  });
  const markets = [...new Set(open.map(({ market }) => market))];
  const action = useAction();
  return (
    <Panel
      title="Open orders"
      flush
      end={
        open.length > 0 && (
          <Button small kind="plain" busy={action.busy} onClick={() => void action.run(() => cancelAll(world, markets))}>
            Cancel all
          </Button>
        )
      }
    >
      {open.length === 0 ? (
        <Empty>No resting order.</Empty>
      ) : (
        <TableBox label="Open orders">
          <table>
            <thead>
              <tr>
                <th>Market</th>
                <th className="text">Side</th>
                <th>Size</th>
                <th>Price</th>
                <th>Expires</th>
                <th>
                  <span className="hidden-text">Cancel</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {open.map(({ market, order }) => (
                <OrderRow key={`${market.at}-${order.id}`} world={world} market={market} order={order} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </Panel>
  );
}

function OrderRow({ world, market, order }: { world: World; market: MarketRow; order: Resting }) {
  const action = useAction();
  const scale = scaleOf(world.book, market);
  const price = order.pegged ? `index ${formatTicks(order.price, scale, { signed: true })}` : formatTicks(order.price, scale);
  return (
    <tr>
      <th scope="row">{market.name}</th>
      <td className={`text ${order.side === 'buy' ? 'good' : 'bad'}`}>{order.side}</td>
      <td>{formatLots(order.lots, scale)}</td>
      <td>
        {price}
        {order.pegged && <span className="sub">worst {formatTicks(order.worst, scale)}</span>}
      </td>
      <td>{order.expires === 0n ? 'never' : formatSpan(Number(order.expires - world.now))}</td>
      <td>
        <Button
          small
          kind="plain"
          busy={action.busy}
          onClick={() => void action.run(() => cancelOrder(world, market, order))}
          label={`Cancel ${order.side} ${price}`}
        >
          Cancel
        </Button>
      </td>
    </tr>
  );
}
