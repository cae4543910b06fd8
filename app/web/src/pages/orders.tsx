/** The reader's orders: those that rest, in all markets whose accounts were read, and those that wait for the index. */
import { useState } from 'react';
import { cancelAll, cancelOrder } from '../live/actions';
import { cancelTrigger } from '../live/triggers';
import { useAction } from '../live/send';
import type { Holder, World } from '../live/world';
import { formatFiring, triggerName, worstTicks } from '../model/triggers';
import { scaleOf, type MarketRow, type Resting, type TriggerRow } from '../model/types';
import { formatSpan } from '../money/time';
import { formatLots, formatTicks } from '../money/units';
import { Button, Empty, Panel, TableBox } from '../ui/parts';
import { EditDialog } from './edit';

export function OpenOrders({ world, account }: { world: World; account: Holder }) {
  const open = world.book.markets.flatMap((market) => {
    const own = world.markets.get(market.at)?.orders.filter((order) => order.maker === account.address) ?? [];
    return own.map((order) => ({ market, order }));
  });
  const markets = [...new Set(open.map(({ market }) => market))];
  const triggers = world.triggers ?? [];
  const none = open.length + triggers.length === 0;
  const action = useAction();
  const [edited, edit] = useState<{ market: MarketRow; order: Resting } | undefined>(undefined);
  return (
    <Panel
      title="Open orders"
      flush
      end={
        !none && (
          <Button
            small
            kind="plain"
            busy={action.busy}
            onClick={() => void action.run(() => cancelAll(world, markets, triggers))}
          >
            Cancel all
          </Button>
        )
      }
    >
      {none ? (
        <Empty>No order rests, and none waits for a price.</Empty>
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
                  <span className="hidden-text">Change or cancel</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {open.map(({ market, order }) => (
                <OrderRow
                  key={`${market.at}-${order.id}`}
                  world={world}
                  market={market}
                  order={order}
                  onEdit={() => edit({ market, order })}
                />
              ))}
              {triggers.map((trigger) => (
                <TriggerLine key={`trigger-${trigger.place}`} world={world} trigger={trigger} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {edited && <EditDialog world={world} market={edited.market} order={edited.order} onClose={() => edit(undefined)} />}
    </Panel>
  );
}

/** The time until something ends. */
function expiry(expires: bigint, now: bigint): string {
  return expires === 0n ? 'never' : formatSpan(Number(expires - now));
}

function TriggerLine({ world, trigger }: { world: World; trigger: TriggerRow }) {
  const action = useAction();
  const market = world.book.markets[trigger.market];
  if (!market) return null;
  const scale = scaleOf(world.book, market);
  const name = triggerName(trigger);
  return (
    <tr>
      <th scope="row">
        {market.name}
        <span className="sub">{name}</span>
      </th>
      <td className={`text ${trigger.side === 'buy' ? 'good' : 'bad'}`}>{trigger.side}</td>
      <td>{formatLots(trigger.lots, scale)}</td>
      <td>
        {formatFiring(trigger, scale)}
        <span className="sub">
          worst {formatTicks(worstTicks(trigger.side, trigger), scale)}
          {trigger.trail > 0n && `, follows by ${formatTicks(trigger.trail, scale)}`}
        </span>
      </td>
      <td>{expiry(trigger.expires, world.now)}</td>
      <td>
        <Button
          small
          kind="plain"
          busy={action.busy}
          onClick={() => void action.run(() => cancelTrigger(world, trigger))}
          label={`Cancel ${name}, ${trigger.side} at ${formatTicks(trigger.price, scale)}`}
        >
          Cancel
        </Button>
      </td>
    </tr>
  );
}

function OrderRow(props: { world: World; market: MarketRow; order: Resting; onEdit: () => void }) {
  const { world, market, order } = props;
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
      <td>{expiry(order.expires, world.now)}</td>
      <td>
        <Button small kind="plain" onClick={props.onEdit} label={`Change ${order.side} ${price}`}>
          Change
        </Button>
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
