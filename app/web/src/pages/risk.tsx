/** Risk: the scenario grid of the account, and how the system stands. */
import { useMemo, useRef, useState } from 'react';
import { ask, useJudge } from '../live/judge';
import type { World } from '../live/world';
import { grid, heat, MOVES, type Cell, type GridRow } from '../model/grid';
import { formatBps, formatCompact, formatQuote } from '../money/units';
import { exactDecimal } from '../money/decimal';
import { Button, Empty, Panel, Segments, TableBox } from '../ui/parts';
import { useWallet } from '../wallet/wallet';
import { openDialog } from '../ui/dialogs';
import { ChainGate } from './gate';
import { SystemHealth } from './system';

export function RiskPage() {
  return (
    <ChainGate>
      {(world) => (
        <div className="stack">
          <Scenarios world={world} />
          <SystemHealth world={world} />
        </div>
      )}
    </ChainGate>
  );
}

type Shown = 'ratio' | 'change' | 'spare';

const SHOWN: readonly (readonly [Shown, string])[] = [
  ['ratio', 'Margin ratio'],
  ['spare', 'To spare'],
  ['change', 'Profit or loss'],
];

/** What the colours mean, coldest last. */
const KEY: readonly (readonly [number, string])[] = [
  [0, 'liquidated'],
  [1, 'below 110 %'],
  [2, '110–130 %'],
  [3, '130–170 %'],
  [4, '170–250 %'],
  [5, '250–500 %'],
  [6, 'above 500 %'],
  [7, 'nothing required'],
];

function Scenarios({ world }: { world: World }) {
  const judge = useJudge();
  const wallet = useWallet();
  const [shown, setShown] = useState<Shown>('ratio');
  const [chosen, choose] = useState<At | undefined>(undefined);
  const movable = world.book.assets.filter((asset) => asset.oracle !== 'none');
  const asked = useMemo(() => judge && ask(() => grid(judge, movable)), [judge]);
  const rows = asked?.answer;
  const picked = rows?.find((row) => row.name === chosen?.row)?.cells.find((cell) => cell.bps === chosen?.bps);
  return (
    <Panel title="Scenarios of this account" end={<Segments label="Shown" value={shown} options={SHOWN} onChange={setShown} />}>
      {!rows ? (
        <Empty>
          <p>{asked?.why ?? 'The grid shows what your account would be worth and need after moves of prices.'}</p>
          {!wallet && <Button onClick={() => openDialog('wallet')}>Connect a wallet</Button>}
          {wallet && !world.account && <a href="#/collateral">Open an account by a deposit</a>}
        </Empty>
      ) : (
        <div className="stack">
          <GridTable rows={rows} shown={shown} decimals={world.book.quoteDecimals} chosen={chosen} onChoose={choose} />
          <div className="heat-key" aria-hidden="true">
            <span>Margin ratio after the move:</span>
            {KEY.map(([step, text]) => (
              <span key={step}>
                <i className={`heat-${step}`} /> {text}
              </span>
            ))}
          </div>
          <Picked cell={picked} row={chosen?.row} decimals={world.book.quoteDecimals} />
        </div>
      )}
    </Panel>
  );
}

interface At {
  readonly row: string;
  readonly bps: number;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** One stop for the tab key; arrows go from cell to cell. */
function GridTable(props: {
  rows: readonly GridRow[];
  shown: Shown;
  decimals: number;
  chosen: At | undefined;
  onChoose: (at: At) => void;
}) {
  const { rows, shown, decimals, chosen } = props;
  const table = useRef<HTMLTableElement>(null);
  const entry = chosen ?? { row: rows[0]?.name, bps: 0 };
  const step = (event: React.KeyboardEvent, y: number, x: number) => {
    const [down, right] = STEPS[event.key] ?? [0, 0];
    if (down === 0 && right === 0) return;
    event.preventDefault();
    const [row, bps] = [rows[y + down], MOVES[x + right]];
    if (!row || bps === undefined) return;
    props.onChoose({ row: row.name, bps });
    table.current
      ?.querySelector<HTMLButtonElement>(`tbody tr:nth-child(${y + down + 1}) td:nth-child(${x + right + 2}) button`)
      ?.focus();
  };
  return (
    <TableBox label="Scenario grid">
      <table className="grid-table" ref={table}>
        <thead>
          <tr>
            <th>Price of</th>
            {MOVES.map((bps) => (
              <th key={bps}>{bps === 0 ? 'now' : formatBps(bps, { digits: 0, signed: true })}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, y) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.cells.map((cell, x) => {
                const here = chosen?.row === row.name && chosen.bps === cell.bps;
                return (
                  <td key={cell.bps} className={`heat-${heat(cell)} ${here ? 'chosen' : ''}`}>
                    <button
                      type="button"
                      tabIndex={entry.row === row.name && entry.bps === cell.bps ? 0 : -1}
                      aria-pressed={here}
                      aria-label={describe(row, cell, shown, decimals)}
                      onClick={() => props.onChoose({ row: row.name, bps: cell.bps })}
                      onKeyDown={(event) => step(event, y, x)}
                    >
                      <b>{write(cell, shown, decimals)}</b>
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function write(cell: Cell, shown: Shown, decimals: number): string {
  if (shown === 'ratio')
    return cell.ratioBps === undefined
      ? '—'
      : cell.ratioBps < 0
        ? '< 0'
        : cell.ratioBps > 999_900
          ? '> 9,999 %'
          : formatBps(cell.ratioBps, { digits: 0, round: 'down' });
  return formatCompact(shown === 'spare' ? cell.spare : cell.change, decimals);
}

/** A cell in words; what is written in it is part of them. */
function describe(row: GridRow, cell: Cell, shown: Shown, decimals: number): string {
  const what = SHOWN.find(([name]) => name === shown)?.[1] ?? '';
  const moved = cell.bps === 0 ? 'now' : formatBps(cell.bps, { digits: 0, signed: true });
  return `${row.name} ${moved}: ${what} ${write(cell, shown, decimals)}${cell.spare < 0n ? ', liquidated' : ''}`;
}

function Picked({ cell, row, decimals }: { cell: Cell | undefined; row: string | undefined; decimals: number }) {
  const money = (atoms: bigint | undefined, signed = false) =>
    atoms === undefined ? '—' : formatQuote(atoms, decimals, { signed });
  return (
    <div className="market-line small" aria-live="polite">
      <strong style={{ minWidth: 190 }}>
        {cell ? `${row} ${formatBps(cell.bps, { digits: 0, signed: true })}` : 'Choose a cell for its figures'}
      </strong>
      <dl>
        {(
          [
            ['Equity', cell?.figures.equity, false],
            ['Profit or loss', cell?.change, true],
            ['Maintenance margin', cell?.figures.maintenanceMargin, false],
            ['To spare', cell?.spare, true],
            ['Initial margin', cell?.figures.initialMargin, false],
            ['Free collateral', cell?.figures.freeCollateral, true],
          ] as const
        ).map(([name, atoms, signed]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={atoms === undefined ? undefined : exactDecimal(atoms, decimals, true)}>{money(atoms, signed)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
