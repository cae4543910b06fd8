/** The legs of an account, each with what it does to equity and requirement. */
import type { Contribution, Outlook } from '../engine/engine';
import { closePosition } from '../live/actions';
import { useAction } from '../live/send';
import type { Holder, World } from '../live/world';
import { worthOf } from '../model/contract';
import { assetScale, scaleOf, type Position } from '../model/types';
import { divide } from '../money/decimal';
import { formatBps, formatLots, formatPrice, shareBps, tickDigits, worth } from '../money/units';
import { Button, Empty, Meter, Panel, TableBox } from '../ui/parts';
import { Quote } from './figures';

export function Positions(props: { world: World; account: Holder; outlook: Outlook | undefined; compact?: boolean }) {
  const { world, account, outlook, compact = false } = props;
  const open = account.margin.positions.filter((position) => position.lots !== 0n);
  return (
    <Panel
      title="Positions"
      flush
      end={<span className="muted small">{open.length === 0 ? '' : `${open.length} of ${account.margin.slots} slots`}</span>}
    >
      {open.length === 0 ? (
        <Empty>
          <p>No open position.</p>
          {!compact && <a href="#/trade">Trade</a>}
        </Empty>
      ) : (
        <TableBox label="Positions">
          <table>
            <thead>
              <tr>
                <th>Market</th>
                <th>Size</th>
                <th>Entry</th>
                <th title="The index; of an option what it is marked at">Price</th>
                {!compact && <th>Value</th>}
                <th>Unrealised</th>
                <th title="What the maintenance margin would be less without this leg">Maintenance</th>
                {!compact && <th title="Its part of the account's maintenance margin">Share</th>}
                <th>
                  <span className="hidden-text">Close</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {open.map((position) => (
                <Leg key={position.market} world={world} position={position} outlook={outlook} compact={compact} />
              ))}
            </tbody>
            {outlook && open.length > 1 && <Total world={world} outlook={outlook} compact={compact} />}
          </table>
        </TableBox>
      )}
    </Panel>
  );
}

/** The mean price of what is open, as a risk price. */
export function entryPrice(position: Position): bigint {
  const size = position.lots < 0n ? -position.lots : position.lots;
  const cost = position.lots < 0n ? position.quote : -position.quote;
  return divide(cost << 16n, size);
}

function Leg(props: { world: World; position: Position; outlook: Outlook | undefined; compact: boolean }) {
  const { world, position, outlook, compact } = props;
  const { book } = world;
  const market = book.markets[position.market];
  const asset = book.assets[position.asset];
  const action = useAction();
  if (!market || !asset) return null;
  const scale = scaleOf(book, market);
  const digits = tickDigits(scale);
  const contribution = outlook?.contributions.find((one) => one.market === position.market);
  const long = position.lots > 0n;
  const price = worthOf(market, asset);
  return (
    <tr>
      <th scope="row">
        {market.name}
        <span className={`sub ${long ? 'good' : 'bad'}`}>{long ? 'long' : 'short'}</span>
      </th>
      <td className={long ? 'good' : 'bad'}>
        {formatLots(position.lots, scale, { signed: true })} <span className="muted">{asset.name}</span>
      </td>
      <td>{formatPrice(entryPrice(position), assetScale(book, position.asset), digits)}</td>
      <td>{formatPrice(price, scale, digits)}</td>
      {!compact && (
        <td>
          <Quote atoms={worth(position.lots, price)} decimals={book.quoteDecimals} />
        </td>
      )}
      <td>{contribution ? <Quote atoms={contribution.equity} decimals={book.quoteDecimals} tone /> : '…'}</td>
      <td>{contribution ? <Quote atoms={contribution.maintenanceMargin} decimals={book.quoteDecimals} /> : '…'}</td>
      {!compact && (
        <td>{contribution && outlook && <Share contribution={contribution} outlook={outlook} name={market.name} />}</td>
      )}
      <td>
        <Button
          small
          kind="plain"
          busy={action.busy}
          onClick={() => void action.run(() => closePosition(world, position))}
          title="Closes it at once, at up to 1 % from the index"
          label={`Close ${market.name}`}
        >
          Close
        </Button>
      </td>
    </tr>
  );
}

function Share({ contribution, outlook, name }: { contribution: Contribution; outlook: Outlook; name: string }) {
  const bps = shareBps(contribution.maintenanceMargin, outlook.figures.maintenanceMargin);
  if (bps === undefined) return <>—</>;
  return (
    <span className="share">
      <Meter bps={bps} label={`Part of ${name} in the maintenance margin`} />
      <span>{formatBps(bps, { digits: 0 })}</span>
    </span>
  );
}

function Total({ world, outlook, compact }: { world: World; outlook: Outlook; compact: boolean }) {
  const legs = outlook.contributions.filter((one) => one.market !== undefined);
  const sum = (pick: (one: Contribution) => bigint) => legs.reduce((total, one) => total + pick(one), 0n);
  return (
    <tfoot>
      <tr>
        <th scope="row">Together</th>
        <td colSpan={compact ? 3 : 4} />
        <td>
          <Quote atoms={sum((one) => one.equity)} decimals={world.book.quoteDecimals} tone />
        </td>
        <td>
          <Quote atoms={outlook.figures.maintenanceMargin} decimals={world.book.quoteDecimals} />
        </td>
        <td colSpan={compact ? 1 : 2} />
      </tr>
    </tfoot>
  );
}
