/** How the clearinghouse stands: prices, open interest, and what stands behind losses. */
import type { ReactNode } from 'react';
import { engine, judgeOf, ask } from '../live/judge';
import type { World } from '../live/world';
import { fundingRate, paused, priceState, usage } from '../model/health';
import { assetScale, priceDigits, scaleOf, type AssetRow, type MarketRow } from '../model/types';
import { formatSpan } from '../money/time';
import { formatBps, formatCompact, formatLots, formatPrice, formatRatio, moveBps, tickDigits, worth } from '../money/units';
import { useStore } from '../ui/store';
import { Fact, Meter, Panel, TableBox, Tag } from '../ui/parts';
import { Quote } from './figures';

export function SystemHealth({ world }: { world: World }) {
  return (
    <>
      <div className="columns half">
        <Oracles world={world} />
        <Backing world={world} />
      </div>
      <Markets world={world} />
    </>
  );
}

function Oracles({ world }: { world: World }) {
  return (
    <Panel title="Prices" flush>
      <TableBox label="Prices">
        <table>
          <thead>
            <tr>
              <th>Asset</th>
              <th>Index</th>
              <th title="Half of the oracle's confidence interval, of the price">Interval</th>
              <th title="How far the slow price is from the index">Stable</th>
              <th>Age</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {world.book.assets.map((asset) => (
              <OracleRow key={asset.at} world={world} asset={asset} />
            ))}
          </tbody>
        </table>
      </TableBox>
    </Panel>
  );
}

function OracleRow({ world, asset }: { world: World; asset: AssetRow }) {
  const { book, now } = world;
  const state = priceState(asset, now);
  const fixed = asset.oracle === 'none';
  const interval = moveBps(asset.index + asset.confidence, asset.index);
  const stable = moveBps(asset.stable, asset.index);
  return (
    <tr>
      <th scope="row">{asset.name}</th>
      <td>{fixed ? '1' : formatPrice(asset.index, assetScale(book, asset.at), priceDigits(book, asset.at, tickDigits))}</td>
      <td>{fixed || interval === undefined ? '—' : `± ${formatBps(interval)}`}</td>
      <td>{fixed || stable === undefined ? '—' : formatBps(stable, { signed: true })}</td>
      <td>{state.age === undefined ? '—' : formatSpan(state.age)}</td>
      <td>
        <Tag look={state.look}>{state.word}</Tag>
      </td>
    </tr>
  );
}

function Backing({ world }: { world: World }) {
  const { book, ledger, backstop } = world;
  const make = useStore(engine);
  const judge = make && judgeOf(make, world, backstop);
  const figures = judge && ask(() => judge.figures()).answer;
  judge?.release();
  const stopped = paused(book);
  const uncollected = [...world.markets.values()].reduce((sum, market) => sum + market.insurance, 0n);
  const money = (atoms: bigint | undefined): ReactNode =>
    atoms === undefined ? '—' : <Quote atoms={atoms} decimals={book.quoteDecimals} />;
  return (
    <Panel
      title="What stands behind losses"
      end={stopped.length > 0 ? <Tag look="bad">paused: {stopped.join(', ')}</Tag> : <Tag look="good">nothing paused</Tag>}
    >
      <dl className="facts">
        <Fact name="Insurance fund, in the backstop (equity)">
          {figures ? money(figures.equity) : backstop ? '…' : 'not opened'}
        </Fact>
        <Fact name="Maintenance margin of what it has taken over">{money(figures?.maintenanceMargin)}</Fact>
        <Fact name="Insurance, not yet in the backstop">{money(ledger?.insurance)}</Fact>
        <Fact name="Insurance, still with the markets">{money(uncollected)}</Fact>
        <Fact name="Most that the backstop loses in a day">{money(book.backstopDailyLoss)}</Fact>
        <div className="rule" />
        <Fact name="Fees collected">{money(ledger?.fees)}</Fact>
        <Fact name="Owed by all accounts, with interest">{money(book.debt)}</Fact>
        <Fact name="An account is in default below">{formatRatio(book.backstopLine)} of maintenance margin</Fact>
        <Fact name="Liquidation ends at">{formatRatio((1 << 20) + book.liquidationBuffer)} of maintenance margin</Fact>
      </dl>
    </Panel>
  );
}

function Markets({ world }: { world: World }) {
  return (
    <Panel title="Markets" flush>
      <TableBox label="Markets">
        <table>
          <thead>
            <tr>
              <th>Market</th>
              <th>Open interest</th>
              <th>Value</th>
              <th>Of its cap</th>
              <th title="What the initial requirement is multiplied by at this open interest">Requirement ×</th>
              <th>Funding, running</th>
              <th>Volume, ever</th>
              <th title="Fills that wait for their makers' accounts">In the queue</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {world.book.markets.map((market) => (
              <MarketLine key={market.at} world={world} market={market} />
            ))}
          </tbody>
        </table>
      </TableBox>
    </Panel>
  );
}

function MarketLine({ world, market }: { world: World; market: MarketRow }) {
  const { book } = world;
  const state = world.markets.get(market.at);
  const asset = book.assets[market.asset];
  if (!asset) return null;
  const open = state?.openLong ?? 0n;
  const used = usage(open, market.maxOpenInterest);
  const scale = scaleOf(book, market);
  return (
    <tr>
      <th scope="row">{market.name}</th>
      <td>
        {formatLots(open, scale, { digits: 2 })} <span className="muted">{asset.name}</span>
      </td>
      <td>{formatCompact(worth(open, asset.index), book.quoteDecimals)}</td>
      <td>
        <span className="share">
          <Meter bps={used.bps} look={used.look} label={`Open interest of ${market.name}, of its cap`} />
          {formatBps(used.bps, { digits: 2 })}
        </span>
      </td>
      <td>{formatRatio(market.scale)}</td>
      <td>{state ? fundingRate(state, market, world.now) : '…'}</td>
      <td>{state ? formatCompact(state.volume, book.quoteDecimals) : '…'}</td>
      <td>{state?.queued ?? '…'}</td>
      <td>
        <Tag look={market.mode === 'active' ? 'good' : 'warn'}>{market.mode}</Tag>
      </td>
    </tr>
  );
}
