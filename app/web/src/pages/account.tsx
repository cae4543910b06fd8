/** The account as a whole: what it is worth, what it needs, and what each holding does to both. */
import { useMemo } from 'react';
import type { Edge, Figures, Outlook } from '../engine/engine';
import { useSamples, type Sample } from '../live/samples';
import { ask, useJudge } from '../live/judge';
import type { Holder, World } from '../live/world';
import { assetScale, priceDigits, type Book } from '../model/types';
import { LOOK, marginRatioBps, MEANING, standing } from '../model/vitals';
import { formatBps, formatPlot, formatPrice, moveBps, tickDigits, toPlot } from '../money/units';
import { formatClock } from '../money/time';
import { Chart } from '../ui/chart';
import { Empty, Fact, Notice, Panel, Tag } from '../ui/parts';
import { Accounts } from './accounts';
import { Gate } from './gate';
import { MarginBar, Quote } from './figures';
import { GreeksPanel, RiskModel } from './greeks';
import { Positions } from './positions';
import { Balances } from './balances';

export function AccountPage() {
  return <Gate>{(world, account) => <Account world={world} account={account} />}</Gate>;
}

function Account({ world, account }: { world: World; account: Holder }) {
  const judge = useJudge();
  const asked = useMemo(() => judge && ask(() => judge.outlook()), [judge]);
  if (asked?.why !== undefined) return <Notice look="bad">The engine cannot judge this account: {asked.why}</Notice>;
  const outlook = asked?.answer;
  return (
    <div className="columns side">
      <div className="stack">
        <Positions world={world} account={account} outlook={outlook} />
        <GreeksPanel world={world} account={account} />
        <Balances world={world} account={account} outlook={outlook} />
        <Session decimals={world.book.quoteDecimals} />
      </div>
      <div className="stack">
        <MarginPanel figures={outlook?.figures} world={world} />
        <RiskModel world={world} account={account} />
        <Edges book={world.book} edges={outlook?.edges} outlook={outlook} />
        <Accounts world={world} account={account} />
      </div>
    </div>
  );
}

function MarginPanel({ figures, world }: { figures: Figures | undefined; world: World }) {
  const decimals = world.book.quoteDecimals;
  if (!figures) return <Panel title="Margin">…</Panel>;
  const state = standing(figures);
  const ratio = marginRatioBps(figures);
  return (
    <Panel title="Margin" end={<Tag look={LOOK[state]}>{state}</Tag>}>
      <MarginBar figures={figures} tall />
      <dl className="facts">
        <Fact name="Equity">
          <Quote atoms={figures.equity} decimals={decimals} />
        </Fact>
        <Fact name="Maintenance margin">
          <Quote atoms={figures.maintenanceMargin} decimals={decimals} style={{ round: 'up' }} />
        </Fact>
        <Fact name="Margin ratio" title="Equity / maintenance margin; liquidation begins below 100 %">
          {ratio === undefined ? '—' : formatBps(ratio, { digits: 1, round: 'down' })}
        </Fact>
        <Fact name="To spare before liquidation">
          <Quote atoms={figures.equity - figures.maintenanceMargin} decimals={decimals} style={{ round: 'down' }} />
        </Fact>
        <div className="rule" />
        {figures.canAddRisk ? (
          <>
            <Fact name="Equity, cautious" title="At the far end of price intervals, lower weights, gains counted in part">
              <Quote atoms={figures.initialEquity} decimals={decimals} style={{ round: 'down' }} />
            </Fact>
            <Fact name="Initial margin">
              <Quote atoms={figures.initialMargin} decimals={decimals} style={{ round: 'up' }} />
            </Fact>
            <Fact name="Free collateral">
              <Quote atoms={figures.freeCollateral} decimals={decimals} style={{ round: 'down' }} />
            </Fact>
          </>
        ) : (
          <p className="warn" style={{ gridColumn: '1 / -1' }}>
            A price is too old, too uncertain or too far from its average: no risk may be added until it recovers.
          </p>
        )}
      </dl>
      <p className="muted small" style={{ marginTop: 10, minHeight: '2.9em' }}>
        {MEANING[state]}
      </p>
    </Panel>
  );
}

function Edges({ book, edges, outlook }: { book: Book; edges: readonly Edge[] | undefined; outlook: Outlook | undefined }) {
  const failing = outlook !== undefined && outlook.figures.equity < outlook.figures.maintenanceMargin;
  const shown = edges?.filter((edge) => edge.below !== undefined || edge.above !== undefined) ?? [];
  return (
    <Panel title="Liquidation prices" flush end={<span className="muted small">if one price moves alone</span>}>
      {shown.length === 0 ? (
        <Empty>
          {failing ? 'The account fails at the present prices.' : 'No single price can bring this account to liquidation.'}
        </Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th>Underlying</th>
              <th>Now</th>
              <th>Below</th>
              <th>Above</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((edge) => (
              <EdgeRow key={edge.asset} book={book} edge={edge} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function EdgeRow({ book, edge }: { book: Book; edge: Edge }) {
  const asset = book.assets[edge.asset];
  if (!asset) return null;
  const digits = priceDigits(book, edge.asset, tickDigits);
  const scale = assetScale(book, edge.asset);
  const price = (at: bigint | undefined) => {
    if (at === undefined) return <span className="muted">—</span>;
    const move = moveBps(at, asset.index);
    const near = move !== undefined && Math.abs(move) < 1_000;
    return (
      <>
        {formatPrice(at, scale, digits)}
        <span className={`sub ${near ? 'bad' : ''}`}>{move !== undefined && formatBps(move, { digits: 1, signed: true })}</span>
      </>
    );
  };
  return (
    <tr>
      <th scope="row">{asset.name}</th>
      <td>{formatPrice(asset.index, scale, digits)}</td>
      <td>{price(edge.below)}</td>
      <td>{price(edge.above)}</td>
    </tr>
  );
}

function Session({ decimals }: { decimals: number }) {
  const samples = useSamples();
  const draw = (pick: (sample: Sample) => bigint) => samples.map((sample) => toPlot(pick(sample), decimals));
  const first = samples[0];
  return (
    <Panel
      title="Equity and requirements"
      end={first && <span className="muted small">as seen by this page since {formatClock(new Date(first.at * 1_000))}</span>}
    >
      <Chart
        label="Equity, initial margin and maintenance margin since this page was opened"
        height={190}
        time
        x={samples.map((sample) => sample.at)}
        formatY={(value) => formatPlot(value, 0)}
        lines={[
          { name: 'Equity', color: '--accent', values: draw((sample) => sample.figures.equity), fill: true },
          { name: 'Initial margin', color: '--muted', dash: [4, 4], values: draw((sample) => sample.figures.initialMargin) },
          { name: 'Maintenance margin', color: '--bad', values: draw((sample) => sample.figures.maintenanceMargin) },
        ]}
      />
    </Panel>
  );
}
