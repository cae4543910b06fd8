/** Order entry: the order as it is typed, and what the account would be after it. */
import { useMemo } from 'react';
import type { Figures, Judge } from '../engine/engine';
import { placeOrder } from '../live/actions';
import { ask } from '../live/judge';
import { useAction } from '../live/send';
import type { World } from '../live/world';
import { priceName, worthOf } from '../model/contract';
import {
  held,
  KINDS,
  mayReduceOnly,
  marketLimit,
  onlyReduces,
  orderValue,
  outcome,
  partOf,
  read,
  takesPrice,
  type Desk,
  type Fields,
  type Order,
  type Outcome,
} from '../model/ticket';
import { formatFiring, isTrigger } from '../model/triggers';
import { scaleOf } from '../model/types';
import { exactDecimal } from '../money/decimal';
import {
  formatLots,
  formatPrice,
  formatTicks,
  lotDigits,
  tickDigits,
  ticksToPrice,
  worth,
  type TickScale,
} from '../money/units';
import { Button, Check, Choice, Fact, Field, Panel, Segments } from '../ui/parts';
import { Quote } from './figures';
import { Comparison } from './comparison';

export const EMPTY_FIELDS: Fields = {
  kind: 'limit',
  side: 'buy',
  size: '',
  price: '',
  offset: '',
  slippageBps: 50,
  reduceOnly: false,
  expiresIn: 0,
};

const LIVES: readonly (readonly [string, string])[] = [
  ['0', 'Until cancelled'],
  ['60', '1 minute'],
  ['3600', '1 hour'],
  ['86400', '1 day'],
];

const SLIPPAGES: readonly (readonly [string, string])[] = [
  ['10', '0.1 %'],
  ['50', '0.5 %'],
  ['100', '1 %'],
  ['200', '2 %'],
  ['300', '3 %'],
];

export function Ticket(props: {
  world: World;
  desk: Desk;
  judge: Judge | undefined;
  fields: Fields;
  onFields: (change: (before: Fields) => Fields) => void;
}) {
  const { desk, judge, fields } = props;
  // From the fields as they are by then: what was typed while an order was on its way stays.
  const set = (changed: Partial<Fields>) => props.onFields((before) => ({ ...before, ...changed }));
  const scale = scaleOf(desk.book, desk.market);
  const { order, problems } = useMemo(() => read(fields, desk), [fields, desk]);
  const result = useMemo(() => order && outcome(order, desk), [order, desk]);
  const before = judge && ask(() => judge.figures());
  const after = judge && result && ask(() => judge.figures(result.changes));
  const action = useAction();
  const kind = KINDS.find(([name]) => name === fields.kind);
  const refused = result?.refused ?? after?.why ?? short(after?.answer, order, result);

  const submit = async () => {
    if (!order || !result) return;
    const done = await action.run(() => placeOrder(props.world, desk, order, result));
    if (done) props.onFields((before) => (before.size === fields.size ? { ...before, size: '' } : before));
  };

  return (
    <Panel title="Order">
      <form
        className="stack tight"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Segments
          label="Side"
          wide
          value={fields.side}
          options={[
            ['buy', 'Buy', 'buy'],
            ['sell', 'Sell', 'sell'],
          ]}
          onChange={(side) => set({ side })}
        />
        <Choice
          label="Kind"
          value={fields.kind}
          options={KINDS.map(([name, text]) => [name, text] as const)}
          // A price in the book is none to wait for: the index is there.
          onChange={(chosen) => set({ kind: chosen, ...(isTrigger(chosen) !== isTrigger(fields.kind) && { price: '' }) })}
        />
        <p className="muted small" style={{ minHeight: '2.9em', marginTop: -4 }}>
          {kind?.[2]}
        </p>
        <div className="pair">
          <PriceFields fields={fields} set={set} scale={scale} problems={problems} desk={desk} />
          <SizeField fields={fields} set={set} scale={scale} wrong={problems.size} desk={desk} />
        </div>
        <Parts fields={fields} set={set} scale={scale} judge={judge} desk={desk} order={order} />
        <div className="row apart">
          <Check
            label="Reduce only"
            value={onlyReduces(fields)}
            disabled={!mayReduceOnly(fields.kind) || isTrigger(fields.kind)}
            onChange={(reduceOnly) => set({ reduceOnly })}
            title="Only brings the position nearer to zero; nothing of it rests"
          />
          <Choice
            label="Lives"
            bare
            value={String(fields.expiresIn)}
            options={LIVES}
            onChange={(seconds) => set({ expiresIn: Number(seconds) })}
          />
        </div>
        {isTrigger(fields.kind) ? (
          <Waits order={order} desk={desk} scale={scale} />
        ) : (
          <Expected result={result} desk={desk} scale={scale} />
        )}
        <p className={`small ${refused || problems.form ? 'bad' : 'muted'}`} style={{ minHeight: '1.45em' }} role="status">
          {problems.form ?? refused ?? (judge ? '' : 'Open an account by a deposit to trade.')}
        </p>
        <Button submit wide kind={fields.side} busy={action.busy} disabled={!order || !judge || Boolean(refused)}>
          {fields.side === 'buy' ? 'Buy' : 'Sell'} {order ? `${formatLots(order.lots, scale)} ` : ''}
          {desk.market.name}
        </Button>
        <Comparison decimals={desk.book.quoteDecimals} before={before?.answer} after={after?.answer} />
      </form>
    </Panel>
  );
}

/** Why the program would refuse an order that the engine can compute. */
function short(after: Figures | undefined, order: Order | undefined, result: Outcome | undefined): string | undefined {
  if (!after || !order || !result) return undefined;
  if (order.reduceOnly) return undefined;
  if (after.liquidationStart !== 0n) return 'The account is in liquidation: only what reduces is accepted';
  if (!after.canAddRisk) return 'A price is too old or too uncertain to add risk';
  if (after.initialEquity < after.initialMargin) return 'Not enough margin: equity after it would be below the initial margin';
  if (result.meeting.traded === 0n && result.rests === 0n) return 'Nothing crosses at this price, and nothing of it would rest';
  return undefined;
}

function PriceFields(props: {
  fields: Fields;
  set: (changed: Partial<Fields>) => void;
  scale: TickScale;
  problems: { price?: string; offset?: string };
  desk: Desk;
}) {
  const { fields, set, scale, desk } = props;
  const quote = desk.book.assets[0]?.name ?? '';
  const slippage = (
    <Choice
      label="Slippage, at most"
      value={String(fields.slippageBps)}
      options={SLIPPAGES}
      onChange={(bps) => set({ slippageBps: Number(bps) })}
    />
  );
  if (fields.kind === 'market') {
    const limit = formatTicks(marketLimit(desk, fields.side, fields.slippageBps), scale);
    return (
      <div>
        {slippage}
        <p className="muted small">{`${fields.side === 'buy' ? 'Pays up to' : 'Down to'} ${limit}`}</p>
      </div>
    );
  }
  if (isTrigger(fields.kind)) {
    const trails = fields.kind === 'trail';
    return (
      <>
        <Field
          label={trails ? 'Distance' : 'Trigger price'}
          name={trails ? 'offset' : 'price'}
          unit={quote}
          value={trails ? fields.offset : fields.price}
          onChange={(text) => set(trails ? { offset: text } : { price: text })}
          wrong={trails ? props.problems.offset : props.problems.price}
          says={`The ${priceName(desk.market)} is ${formatPrice(worthOf(desk.market, desk.asset), scale, tickDigits(scale))}`}
        />
        {slippage}
      </>
    );
  }
  const price = (
    <Field
      label={takesPrice(fields.kind) ? 'Price' : 'Worst price'}
      name="price"
      unit={quote}
      value={fields.price}
      onChange={(text) => set({ price: text })}
      wrong={props.problems.price}
      corner={<BestPrice desk={desk} scale={scale} side={fields.side} onPick={(text) => set({ price: text })} />}
    />
  );
  if (fields.kind !== 'peg') return price;
  return (
    <>
      <Field
        label="Offset from the index"
        name="offset"
        value={fields.offset}
        onChange={(text) => set({ offset: text })}
        wrong={props.problems.offset}
        says={fields.side === 'buy' ? 'Negative: below the index' : 'Positive: above the index'}
        unit={quote}
      />
      {price}
    </>
  );
}

function BestPrice(props: { desk: Desk; scale: TickScale; side: 'buy' | 'sell'; onPick: (text: string) => void }) {
  const best = props.side === 'buy' ? props.desk.asks[0] : props.desk.bids[0];
  if (!best) return null;
  const text = formatTicks(best.ticks, props.scale);
  return (
    <button type="button" className="link" onClick={() => props.onPick(text.replaceAll(',', ''))}>
      best {text}
    </button>
  );
}

function SizeField(props: {
  fields: Fields;
  set: (changed: Partial<Fields>) => void;
  scale: TickScale;
  wrong: string | undefined;
  desk: Desk;
}) {
  const { fields, scale, desk } = props;
  const position = held(desk.margin, desk.market.at);
  return (
    <Field
      label="Size"
      name="size"
      unit={desk.asset.name}
      value={fields.size}
      onChange={(size) => props.set({ size })}
      wrong={props.wrong}
      corner={position !== 0n && <span>held {formatLots(position, scale, { signed: true })}</span>}
    />
  );
}

/** Sizes as parts of the largest one that margin allows, or of the position where it is only reduced. */
function Parts(props: {
  fields: Fields;
  set: (changed: Partial<Fields>) => void;
  scale: TickScale;
  judge: Judge | undefined;
  desk: Desk;
  order: Order | undefined;
}) {
  const { fields, desk, judge } = props;
  const most = (): bigint => {
    const position = held(desk.margin, desk.market.at);
    if (onlyReduces(fields)) return position < 0n ? -position : position;
    const limit = props.order?.limit ?? marketLimit(desk, fields.side, fields.slippageBps);
    return judge ? judge.mostLots(desk.market.at, fields.side === 'sell', limit) : 0n;
  };
  const fill = (percent: number) =>
    props.set({ size: exactDecimal(partOf(ask(most).answer ?? 0n, percent), lotDigits(props.scale)) });
  return (
    <div className="ticks" role="group" aria-label="Part of the largest size that margin allows">
      {[10, 25, 50, 100].map((percent) => (
        <Button key={percent} small disabled={!judge} onClick={() => fill(percent)}>
          {percent === 100 ? 'Max' : `${percent} %`}
        </Button>
      ))}
    </div>
  );
}

/** What a trigger order waits for, and what it does then. As many lines as of other orders, so that nothing jumps. */
function Waits({ order, desk, scale }: { order: Order | undefined; desk: Desk; scale: TickScale }) {
  const dash = <span className="muted">—</span>;
  const firing = order?.firing;
  const { quoteDecimals } = desk.book;
  return (
    <dl className="facts small">
      <Fact name="Fires at">{firing ? formatFiring(firing, scale) : dash}</Fact>
      <Fact name="Follows the index by">{firing && firing.trail > 0n ? formatTicks(firing.trail, scale) : dash}</Fact>
      <Fact name="Then trades at worst" title="If it fires at its price: the slippage is counted from the index at that time">
        {order && firing ? formatTicks(order.limit, scale) : dash}
      </Fact>
      <Fact name="Value">
        {order && firing ? (
          <Quote atoms={worth(order.lots, ticksToPrice(firing.price, desk.market.tickSize))} decimals={quoteDecimals} />
        ) : (
          dash
        )}
      </Fact>
      <Fact name="Fee of whoever executes it">
        <Quote atoms={desk.market.triggerFee} decimals={quoteDecimals} style={{ digits: 4 }} />
      </Fact>
    </dl>
  );
}

function Expected({ result, desk, scale }: { result: Outcome | undefined; desk: Desk; scale: TickScale }) {
  const dash = <span className="muted">—</span>;
  return (
    <dl className="facts small">
      <Fact name="Trades at once">
        {result && result.meeting.traded > 0n
          ? `${formatLots(result.meeting.traded, scale)} at ${formatTicks(result.mean ?? 0n, scale)}`
          : dash}
      </Fact>
      <Fact name="Rests">
        {result && result.rests > 0n ? `${formatLots(result.rests, scale)} at ${formatTicks(result.at, scale)}` : dash}
      </Fact>
      <Fact name="Cancelled">{result && result.cancelled > 0n ? formatLots(result.cancelled, scale) : dash}</Fact>
      <Fact name="Value">
        {result ? <Quote atoms={orderValue(result, desk.market)} decimals={desk.book.quoteDecimals} /> : dash}
      </Fact>
      <Fact name="Fee">
        {result && result.fee > 0n ? (
          <Quote atoms={result.fee} decimals={desk.book.quoteDecimals} style={{ digits: 4 }} />
        ) : (
          dash
        )}
      </Fact>
    </dl>
  );
}
