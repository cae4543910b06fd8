/** Trading one market: price, book, order entry, and what is open there. */
import { useEffect, useMemo, useState } from 'react';
import { ask, useJudge } from '../live/judge';
import { selectMarket, useSelectedMarket } from '../live/selected';
import { usePrices } from '../live/samples';
import type { World } from '../live/world';
import { worthOf, type OptionRow } from '../model/contract';
import { ranked } from '../model/matching';
import { isUsable } from '../model/health';
import type { Desk, Fields } from '../model/ticket';
import { scaleOf, type AssetRow, type MarketRow } from '../model/types';
import { formatDecimal } from '../money/decimal';
import { formatStamp } from '../money/time';
import {
  formatCompact,
  formatLots,
  formatPrice,
  formatRatio,
  formatPlot,
  formatTicks,
  plotPrice,
  tickDigits,
  worth,
  type TickScale,
} from '../money/units';
import { fundingRate } from '../model/health';
import { Chart } from '../ui/chart';
import { Empty, Panel, Segments, Tag } from '../ui/parts';
import { OrderBook } from './book';
import { ChainGate } from './gate';
import { OpenOrders } from './orders';
import { Positions } from './positions';
import { EMPTY_FIELDS, Ticket } from './ticket';

export function TradePage() {
  return <ChainGate>{(world) => <Trade world={world} />}</ChainGate>;
}

function Trade({ world }: { world: World }) {
  const at = useSelectedMarket();
  const market = world.book.markets[at] ?? world.book.markets[0];
  const asset = market && world.book.assets[market.asset];
  if (!market || !asset) return <Empty>This clearinghouse has no market yet.</Empty>;
  return <Market key={market.at} world={world} market={market} asset={asset} />;
}

function Market({ world, market, asset }: { world: World; market: MarketRow; asset: AssetRow }) {
  const judge = useJudge();
  const [fields, setFields] = useState<Fields>(EMPTY_FIELDS);
  const state = world.markets.get(market.at);
  const own = world.account?.address;
  const desk: Desk = useMemo(() => {
    const sleeps = !isUsable(asset, world.now);
    const orders = state?.orders ?? [];
    return {
      book: world.book,
      market,
      asset,
      margin: world.account?.margin,
      bids: ranked(orders, 'buy', market, asset, world.now, sleeps),
      asks: ranked(orders, 'sell', market, asset, world.now, sleeps),
      own,
      triggers: world.triggers?.length ?? 0,
    };
  }, [world, market, asset, state, own]);
  const scale = scaleOf(world.book, market);
  useFirstPrice(desk, fields, setFields);
  const outlook = useMemo(() => judge && ask(() => judge.outlook()).answer, [judge]);
  return (
    <div className="stack">
      <MarketLine world={world} market={market} asset={asset} />
      <div className="columns trade">
        <div className="stack chart">
          <PriceChart asset={asset} scale={scale} />
          {world.account && <OpenOrders world={world} account={world.account} />}
          {world.account && <Positions compact world={world} account={world.account} outlook={outlook} />}
        </div>
        <OrderBook
          book={world.book}
          market={market}
          asset={asset}
          bids={desk.bids}
          asks={desk.asks}
          own={own}
          onPick={(ticks) => setFields((before) => ({ ...before, price: formatTicks(ticks, scale).replaceAll(',', '') }))}
        />
        <Ticket world={world} desk={desk} judge={judge} fields={fields} onFields={setFields} />
      </div>
    </div>
  );
}

/** A price to begin with: the best of the other side, once there is one. */
function useFirstPrice(desk: Desk, fields: Fields, setFields: (fields: Fields) => void): void {
  const [begun, setBegun] = useState(false);
  const best = fields.side === 'buy' ? desk.asks[0] : desk.bids[0];
  useEffect(() => {
    if (begun || !best || fields.price !== '') return;
    setBegun(true);
    setFields({ ...fields, price: formatTicks(best.ticks, scaleOf(desk.book, desk.market)).replaceAll(',', '') });
  }, [begun, best, fields, desk, setFields]);
}

function MarketLine({ world, market, asset }: { world: World; market: MarketRow; asset: AssetRow }) {
  const scale = scaleOf(world.book, market);
  const digits = tickDigits(scale);
  const state = world.markets.get(market.at);
  const open = state?.openLong ?? 0n;
  const quote = world.book.quoteDecimals;
  return (
    <div className="panel">
      <div className="panel-body market-line">
        <Segments
          label="Market"
          value={String(market.at)}
          options={world.book.markets.map((one) => [String(one.at), one.name] as const)}
          onChange={(at) => selectMarket(Number(at))}
        />
        <span className="big">{formatPrice(worthOf(market, asset), scale, digits)}</span>
        {market.mode !== 'active' && <Tag look="warn">{market.mode}</Tag>}
        {!isUsable(asset, world.now) && <Tag look="warn">price not usable for new risk</Tag>}
        <dl className="small">
          <Stat name="Confidence" value={`± ${formatPrice(asset.confidence, scale, digits)}`} />
          <Stat name="Stable price" value={formatPrice(asset.stable, scale, digits)} />
          {market.option ? (
            <OptionTerms option={market.option} scale={scale} digits={digits} />
          ) : (
            <Stat name="Funding, this interval" value={state ? fundingRate(state, market, world.now) : '…'} />
          )}
          <Stat
            name="Open interest"
            value={`${formatLots(open, scale, { digits: 0 })} ${asset.name} (${formatCompact(worth(open, asset.index), quote)})`}
          />
          <Stat
            name="Fees, taker and maker"
            value={`${formatDecimal(BigInt(market.takerFeeTenths), 3, { digits: 3, atLeast: 2 })} % · ${formatDecimal(BigInt(market.makerFeeTenths), 3, { digits: 3, atLeast: 2 })} %`}
          />
          <Stat name="Price band" value={`± ${formatRatio(market.priceBand)}`} />
        </dl>
      </div>
    </div>
  );
}

function OptionTerms({ option, scale, digits }: { option: OptionRow; scale: TickScale; digits: number }) {
  return (
    <>
      <Stat name="Strike" value={`${formatPrice(option.strike, scale, digits)} ${option.right}`} />
      <Stat name="Ends" value={formatStamp(option.expiry)} />
      <Stat name="Volatility" value={formatRatio(option.volatility)} />
    </>
  );
}

function Stat({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function PriceChart({ asset, scale }: { asset: AssetRow; scale: TickScale }) {
  const prices = usePrices();
  const digits = tickDigits(scale);
  const values = prices.map((sample) => plotPrice(sample.prices[asset.at], scale, digits));
  return (
    <Panel title={`${asset.name} index`} end={<span className="muted small">as seen since this page was opened</span>}>
      <Chart
        label={`Index price of ${asset.name} since this page was opened`}
        height={230}
        time
        close
        x={prices.map((sample) => sample.at)}
        formatY={(value) => formatPlot(value, digits)}
        lines={[{ name: 'Index', color: '--accent', values }]}
      />
    </Panel>
  );
}
