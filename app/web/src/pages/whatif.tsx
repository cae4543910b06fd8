/** What if: prices moved and trades added, and the account judged as the chain would. Nothing of it is sent. */
import { useMemo, useState } from 'react';
import type { Change, Edge } from '../engine/engine';
import { ask, useJudge } from '../live/judge';
import type { Holder, World } from '../live/world';
import { priceName, worthOf } from '../model/contract';
import { curve } from '../model/grid';
import { assetScale, priceDigits, scaleOf, type AssetRow, type Book } from '../model/types';
import {
  formatBps,
  formatPlot,
  formatPrice,
  moveBps,
  movePrice,
  parseLots,
  parsePrice,
  parseTicks,
  priceToTicks,
  tickDigits,
  toPlot,
  formatTicks,
  plotPrice,
} from '../money/units';
import { Chart } from '../ui/chart';
import { Button, Choice, Field, Notice, Panel, Segments } from '../ui/parts';
import { Comparison } from './comparison';
import { Gate } from './gate';

export function WhatIfPage() {
  return <Gate>{(world, account) => <WhatIf world={world} account={account} />}</Gate>;
}

/** A trade that was not made. */
interface Draft {
  readonly key: number;
  readonly market: number;
  readonly side: 'buy' | 'sell';
  readonly size: string;
  /** Empty for what a lot is worth now. */
  readonly price: string;
}

let nextKey = 1;

function WhatIf({ world }: { world: World; account: Holder }) {
  const { book } = world;
  const judge = useJudge();
  const [moves, setMoves] = useState<ReadonlyMap<number, number>>(new Map());
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const movable = book.assets.filter((asset) => asset.oracle !== 'none' && asset.index > 0n);
  const trades = useMemo(() => drafts.flatMap((draft) => tradeOf(draft, book)), [drafts, book]);
  const changes = useMemo<Change[]>(() => [...trades, ...priceChanges(moves, book)], [trades, moves, book]);
  const before = useMemo(() => judge && ask(() => judge.outlook()), [judge]);
  const after = useMemo(() => judge && ask(() => judge.outlook(changes)), [judge, changes]);
  const touched = changes.length > 0;
  const set = (asset: number, bps: number) => setMoves((all) => new Map(all).set(asset, bps));
  return (
    <div className="columns side">
      <div className="stack">
        <Panel
          title="Prices"
          end={
            <Button small kind="plain" disabled={!touched} onClick={() => (setMoves(new Map()), setDrafts([]))}>
              As they are
            </Button>
          }
        >
          <div className="stack">
            <SliderRow
              name="All"
              bps={common(moves, movable)}
              onMove={(bps) => setMoves(new Map(movable.map((asset) => [asset.at, bps])))}
            />
            {movable.map((asset) => (
              <PriceRow
                key={asset.at}
                asset={asset}
                book={book}
                bps={moves.get(asset.at) ?? 0}
                onMove={(bps) => set(asset.at, bps)}
              />
            ))}
          </div>
        </Panel>
        <Trades book={book} drafts={drafts} onDrafts={setDrafts} />
        <Curves world={world} trades={trades} moves={moves} movable={movable} />
      </div>
      <div className="stack">
        {after?.why !== undefined && <Notice look="warn">This cannot be: {after.why}</Notice>}
        <Panel title="The account" flush>
          <Comparison
            decimals={book.quoteDecimals}
            before={before?.answer?.figures}
            after={(touched ? after : before)?.answer?.figures}
          />
        </Panel>
        <LiquidationPrices book={book} before={before?.answer?.edges} after={(touched ? after : before)?.answer?.edges} />
        <p className="muted small">
          Computed in this page by the program's own engine, compiled to WebAssembly. A moved price counts as settled: its
          average and stable price have arrived there, its interval is narrow. Trades fill at the price given and pay the
          taker's fee.
        </p>
      </div>
    </div>
  );
}

function common(moves: ReadonlyMap<number, number>, assets: readonly AssetRow[]): number {
  const found = new Set(assets.map((asset) => moves.get(asset.at) ?? 0));
  return found.size === 1 ? ([...found][0] ?? 0) : 0;
}

/** Moved prices, from the present ones. */
function priceChanges(moves: ReadonlyMap<number, number>, book: Book): Change[] {
  return [...moves].flatMap(([at, bps]) => {
    const asset = book.assets[at];
    return asset && bps !== 0 ? [{ kind: 'price', asset: at, price: movePrice(asset.index, bps) } as const] : [];
  });
}

function tradeOf(draft: Draft, book: Book): Change[] {
  const market = book.markets[draft.market];
  const asset = market && book.assets[market.asset];
  if (!market || !asset) return [];
  const scale = scaleOf(book, market);
  const size = parseLots(draft.size, scale);
  const price = parseTicks(draft.price, scale);
  const ticks =
    price.kind === 'amount'
      ? price.amount
      : price.kind === 'empty'
        ? priceToTicks(worthOf(market, asset), market.tickSize)
        : 0n;
  if (size.kind !== 'amount' || size.amount <= 0n || ticks <= 0n) return [];
  return [{ kind: 'take', market: market.at, sells: draft.side === 'sell', lots: [size.amount], ticks: [ticks] }];
}

function SliderRow(props: { name: string; bps: number; onMove: (bps: number) => void; children?: React.ReactNode }) {
  return (
    <div className="slider-row">
      <strong>{props.name}</strong>
      <input
        type="range"
        min={-90}
        max={100}
        step={1}
        value={Math.round(props.bps / 100)}
        onChange={(event) => props.onMove(Number(event.target.value) * 100)}
        aria-label={`Move of ${props.name}`}
        aria-valuetext={formatBps(props.bps, { digits: 0, signed: true })}
      />
      {props.children ?? <span />}
      <span className={`move ${props.bps > 0 ? 'good' : props.bps < 0 ? 'bad' : 'muted'}`}>
        {formatBps(props.bps, { digits: 1, signed: true })}
      </span>
    </div>
  );
}

function PriceRow({ asset, book, bps, onMove }: { asset: AssetRow; book: Book; bps: number; onMove: (bps: number) => void }) {
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const digits = priceDigits(book, asset.at, tickDigits);
  const scale = assetScale(book, asset.at);
  const type = (text: string) => {
    setTyped(text);
    const parsed = parsePrice(text, scale, digits);
    if (parsed.kind === 'amount') onMove(moveBps(parsed.amount, asset.index) ?? 0);
  };
  return (
    <SliderRow name={asset.name} bps={bps} onMove={(moved) => (setTyped(undefined), onMove(moved))}>
      <span className="box">
        <input
          inputMode="decimal"
          value={typed ?? formatPrice(movePrice(asset.index, bps), scale, digits)}
          onChange={(event) => type(event.target.value)}
          onBlur={() => setTyped(undefined)}
          aria-label={`Price of ${asset.name}`}
        />
      </span>
    </SliderRow>
  );
}

function Trades(props: { book: Book; drafts: readonly Draft[]; onDrafts: (drafts: readonly Draft[]) => void }) {
  const { book, drafts, onDrafts } = props;
  const change = (key: number, changed: Partial<Draft>) =>
    onDrafts(drafts.map((draft) => (draft.key === key ? { ...draft, ...changed } : draft)));
  const add = () =>
    onDrafts([...drafts, { key: nextKey++, market: book.markets[0]?.at ?? 0, side: 'buy', size: '', price: '' }]);
  return (
    <Panel
      title="Trades"
      end={
        <Button small disabled={book.markets.length === 0} onClick={add}>
          Add a trade
        </Button>
      }
    >
      {drafts.length === 0 && <p className="muted">None. Add one to see the account with it, before prices move.</p>}
      <div className="stack tight">
        {drafts.map((draft) => (
          <TradeRow
            key={draft.key}
            book={book}
            draft={draft}
            onChange={(changed) => change(draft.key, changed)}
            onRemove={() => onDrafts(drafts.filter((one) => one.key !== draft.key))}
          />
        ))}
      </div>
    </Panel>
  );
}

function TradeRow(props: { book: Book; draft: Draft; onChange: (changed: Partial<Draft>) => void; onRemove: () => void }) {
  const { book, draft, onChange } = props;
  const market = book.markets[draft.market];
  const asset = market && book.assets[market.asset];
  if (!market || !asset) return null;
  const scale = scaleOf(book, market);
  const size = parseLots(draft.size, scale);
  const price = parseTicks(draft.price, scale);
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <Choice
        label="Market"
        value={String(draft.market)}
        options={book.markets.map((one) => [String(one.at), one.name] as const)}
        onChange={(at) => onChange({ market: Number(at) })}
      />
      <div style={{ paddingTop: 19 }}>
        <Segments
          label="Side"
          value={draft.side}
          options={[
            ['buy', 'Buy', 'buy'],
            ['sell', 'Sell', 'sell'],
          ]}
          onChange={(side) => onChange({ side })}
        />
      </div>
      <div style={{ width: 150 }}>
        <Field
          label="Size"
          unit={asset.name}
          value={draft.size}
          onChange={(text) => onChange({ size: text })}
          wrong={size.kind === 'wrong' ? size.why : undefined}
        />
      </div>
      <div style={{ width: 160 }}>
        <Field
          label="Price"
          value={draft.price}
          placeholder={formatTicks(priceToTicks(worthOf(market, asset), market.tickSize), scale)}
          onChange={(text) => onChange({ price: text })}
          wrong={price.kind === 'wrong' ? price.why : undefined}
          says={draft.price === '' ? `the ${priceName(market)}` : ''}
        />
      </div>
      <div style={{ paddingTop: 19 }}>
        <Button kind="plain" onClick={props.onRemove}>
          Remove
        </Button>
      </div>
    </div>
  );
}

const STEPS = 48;

function Curves(props: {
  world: World;
  trades: readonly Change[];
  moves: ReadonlyMap<number, number>;
  movable: readonly AssetRow[];
}) {
  const { world, trades, moves, movable } = props;
  const { book } = world;
  const judge = useJudge();
  const [chosen, choose] = useState(movable[0]?.at ?? 0);
  const asset = movable.find((one) => one.at === chosen) ?? movable[0];
  const points = useMemo(() => {
    if (!judge || !asset) return [];
    const others = priceChanges(new Map([...moves].filter(([at]) => at !== asset.at)), book);
    return ask(() => curve(judge, asset, -4_000, 4_000, STEPS, [...trades, ...others])).answer ?? [];
  }, [judge, asset, trades, moves, book]);
  if (!asset) return null;
  const digits = priceDigits(book, asset.at, tickDigits);
  const scale = assetScale(book, asset.at);
  const at = (bps: number) => plotPrice(movePrice(asset.index, bps), scale, digits) ?? 0;
  const move = moves.get(asset.at) ?? 0;
  return (
    <Panel
      title="Over the price of"
      end={
        <Segments
          label="Underlying"
          value={String(asset.at)}
          options={movable.map((one) => [String(one.at), one.name] as const)}
          onChange={(text) => choose(Number(text))}
        />
      }
    >
      <Chart
        label={`Equity and requirements over the price of ${asset.name}`}
        height={240}
        x={points.map((point) => at(point.bps))}
        formatX={(value) => formatPlot(value, 0)}
        formatY={(value) => formatPlot(value, 0)}
        lines={[
          {
            name: 'Equity',
            color: '--accent',
            values: points.map((point) => toPlot(point.figures.equity, book.quoteDecimals)),
          },
          {
            name: 'Initial margin',
            color: '--muted',
            dash: [4, 4],
            values: points.map((point) => toPlot(point.figures.initialMargin, book.quoteDecimals)),
          },
          {
            name: 'Maintenance margin',
            color: '--bad',
            values: points.map((point) => toPlot(point.figures.maintenanceMargin, book.quoteDecimals)),
          },
        ]}
        marks={[{ at: at(move), color: '--ink', name: move === 0 ? 'now' : 'moved' }]}
      />
    </Panel>
  );
}

function LiquidationPrices({
  book,
  before,
  after,
}: {
  book: Book;
  before: readonly Edge[] | undefined;
  after: readonly Edge[] | undefined;
}) {
  const assets = [...new Set([...(before ?? []), ...(after ?? [])].map((edge) => edge.asset))].sort((a, b) => a - b);
  const text = (edges: readonly Edge[] | undefined, asset: number) => {
    const edge = edges?.find((one) => one.asset === asset);
    const digits = priceDigits(book, asset, tickDigits);
    const write = (price: bigint | undefined, arrow: string) =>
      price === undefined ? [] : [`${arrow} ${formatPrice(price, assetScale(book, asset), digits)}`];
    const all = edge ? [...write(edge.below, '↓'), ...write(edge.above, '↑')] : [];
    return all.length === 0 ? '—' : all.map((one) => <div key={one}>{one}</div>);
  };
  return (
    <Panel title="Liquidation prices" flush>
      <table className="compare">
        <thead>
          <tr>
            <th>Underlying</th>
            <th>now</th>
            <th>after</th>
          </tr>
        </thead>
        <tbody>
          {assets.map((asset) => (
            <tr key={asset}>
              <td>{book.assets[asset]?.name}</td>
              <td>{text(before, asset)}</td>
              <td>{text(after, asset)}</td>
            </tr>
          ))}
          {assets.length === 0 && (
            <tr>
              <td colSpan={3} className="muted">
                No price can bring this account to liquidation, or it fails already.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </Panel>
  );
}
