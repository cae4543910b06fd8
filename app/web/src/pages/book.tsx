/** The order book of a market, summed by price. */
import { priceName, worthOf } from '../model/contract';
import { levels, type Level, type Standing } from '../model/matching';
import { scaleOf, type AssetRow, type Book, type MarketRow } from '../model/types';
import { formatBps, formatLots, formatPrice, formatTicks, moveBps, tickDigits, ticksToPrice } from '../money/units';
import { Empty, Panel } from '../ui/parts';

const ROWS = 8;

export function OrderBook(props: {
  book: Book;
  market: MarketRow;
  asset: AssetRow;
  bids: readonly Standing[];
  asks: readonly Standing[];
  own: string | undefined;
  onPick: (ticks: bigint) => void;
}) {
  const asks = levels(props.asks, props.own).slice(0, ROWS);
  const bids = levels(props.bids, props.own).slice(0, ROWS);
  const most = [asks.at(-1)?.total ?? 0n, bids.at(-1)?.total ?? 0n].reduce((a, b) => (b > a ? b : a));
  const scale = scaleOf(props.book, props.market);
  const digits = tickDigits(scale);
  const [bid, ask] = [bids[0]?.ticks, asks[0]?.ticks];
  const spread =
    bid !== undefined && ask !== undefined
      ? moveBps(ticksToPrice(ask, scale.tickSize), ticksToPrice(bid, scale.tickSize))
      : undefined;
  const rows = (side: 'ask' | 'bid', shown: (Level | undefined)[]) =>
    shown.map((level, at) => (
      <Row
        key={`${side}${at}`}
        side={side}
        level={level}
        most={most}
        market={props.market}
        book={props.book}
        onPick={props.onPick}
      />
    ));
  const pad = (found: Level[]): (Level | undefined)[] => Array.from({ length: ROWS }, (_, at) => found[at]);
  return (
    <Panel
      title="Order book"
      flush
      end={<span className="muted small">{spread === undefined ? '' : `spread ${formatBps(spread)}`}</span>}
    >
      <table className="ladder" aria-label={`Order book of ${props.market.name}`}>
        <thead>
          <tr>
            <th>Price</th>
            <th>Size</th>
            <th>Total</th>
          </tr>
        </thead>
        <tbody>
          {rows('ask', pad(asks).reverse())}
          <tr className="middle">
            <td colSpan={3}>
              <strong>{formatPrice(worthOf(props.market, props.asset), scale, digits)}</strong>{' '}
              <span className="muted small">{priceName(props.market)}</span>
            </td>
          </tr>
          {rows('bid', pad(bids))}
        </tbody>
      </table>
      {asks.length + bids.length === 0 && <Empty>No orders rest here.</Empty>}
    </Panel>
  );
}

function Row(props: {
  side: 'ask' | 'bid';
  level: Level | undefined;
  most: bigint;
  market: MarketRow;
  book: Book;
  onPick: (ticks: bigint) => void;
}) {
  const { level, side } = props;
  if (!level) {
    return (
      <tr aria-hidden="true">
        <td colSpan={3} />
      </tr>
    );
  }
  const scale = scaleOf(props.book, props.market);
  const share = props.most > 0n ? Number((level.total * 1_000n) / props.most) / 10 : 0;
  const color = side === 'ask' ? 'var(--depth-ask)' : 'var(--depth-bid)';
  const price = formatTicks(level.ticks, scale);
  return (
    <tr style={{ backgroundImage: `linear-gradient(${color}, ${color})`, backgroundSize: `${share}% 100%` }}>
      <td>
        <button
          type="button"
          className={`price ${side === 'ask' ? 'bad' : 'good'} ${level.own > 0n ? 'own' : ''}`}
          onClick={() => props.onPick(level.ticks)}
          aria-label={`${side} ${price}${level.own > 0n ? ', with an order of yours' : ''}: use this price`}
        >
          {price}
        </button>
      </td>
      <td>{formatLots(level.lots, scale)}</td>
      <td className="muted">{formatLots(level.total, scale)}</td>
    </tr>
  );
}
