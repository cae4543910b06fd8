/** Changing a resting order: its size, its price, and what the account would be after it. */
import { useState } from 'react';
import { editOrder } from '../live/actions';
import { ask, useJudge } from '../live/judge';
import { useAction } from '../live/send';
import type { World } from '../live/world';
import { editFields, readEdit, type EditFields } from '../model/edit';
import { isUsable } from '../model/health';
import { ranked } from '../model/matching';
import { scaleOf, type MarketRow, type Resting } from '../model/types';
import { formatTicks } from '../money/units';
import { Dialog } from '../ui/dialog';
import { Button, Field, Notice } from '../ui/parts';
import { Comparison } from './comparison';

export function EditDialog(props: { world: World; market: MarketRow; order: Resting; onClose: () => void }) {
  const { market, order } = props;
  return (
    <Dialog title={`Change ${order.side} ${market.name}`} open onClose={props.onClose}>
      <Form {...props} />
    </Dialog>
  );
}

function Form({ world, market, order, onClose }: { world: World; market: MarketRow; order: Resting; onClose: () => void }) {
  const scale = scaleOf(world.book, market);
  const [fields, setFields] = useState<EditFields>(() => editFields(order, scale));
  const set = (changed: Partial<EditFields>) => setFields({ ...fields, ...changed });
  const action = useAction();
  const judge = useJudge();
  const asset = world.book.assets[market.asset];
  if (!asset) return null;
  const orders = world.markets.get(market.at)?.orders ?? [];
  // It may have traded, or have been taken out, while it was being looked at.
  const present = orders.find((one) => one.id === order.id);
  const other = ranked(orders, order.side === 'buy' ? 'sell' : 'buy', market, asset, world.now, !isUsable(asset, world.now));
  const { edit, problems } = readEdit(fields, present ?? order, { book: world.book, market, asset, other });
  const before = judge && ask(() => judge.figures());
  const after = judge && edit && ask(() => judge.figures(edit.changes));
  const quote = world.book.assets[0]?.name ?? '';
  const submit = async () => {
    if (edit && (await action.run(() => editOrder(world, market, order, edit)))) onClose();
  };
  return (
    <form
      className="stack tight"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {!present && <Notice look="bad">This order is no longer in the book.</Notice>}
      <div className="pair">
        <Field
          label={order.pegged ? 'Offset from the index' : 'Price'}
          name="edit-price"
          unit={quote}
          value={fields.price}
          onChange={(price) => set({ price })}
          wrong={problems.price}
          says={`It was ${formatTicks(order.price, scale, { signed: order.pegged })}`}
        />
        {order.pegged && (
          <Field
            label="Worst price"
            name="edit-worst"
            unit={quote}
            value={fields.worst}
            onChange={(worst) => set({ worst })}
            wrong={problems.worst}
          />
        )}
        <Field
          label="Size"
          name="edit-size"
          unit={asset.name}
          value={fields.size}
          onChange={(size) => set({ size })}
          wrong={problems.size}
        />
      </div>
      <p className="muted small" role="status" style={{ minHeight: '1.45em' }}>
        {after?.why ??
          (edit ? (edit.keepsPlace ? 'It keeps its place at its price.' : 'It goes behind the orders at its price.') : '')}
      </p>
      <Button submit wide kind="primary" busy={action.busy} disabled={!edit || !present}>
        Change the order
      </Button>
      <Comparison decimals={world.book.quoteDecimals} before={before?.answer} after={after?.answer} />
    </form>
  );
}
