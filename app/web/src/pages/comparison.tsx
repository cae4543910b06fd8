/** Figures before and after something that was not done yet. */
import type { Figures } from '../engine/engine';
import { LOOK, marginRatioBps, standing } from '../model/vitals';
import { formatBps, formatQuote } from '../money/units';
import type { Rounding } from '../money/decimal';
import { Tag } from '../ui/parts';

const ROWS: readonly (readonly [string, (figures: Figures) => bigint, Rounding])[] = [
  ['Equity', (figures) => figures.equity, 'down'],
  ['Maintenance margin', (figures) => figures.maintenanceMargin, 'up'],
  ['Initial margin', (figures) => figures.initialMargin, 'up'],
  ['Free collateral', (figures) => figures.freeCollateral, 'down'],
];

/** The table stands there always; only its figures come and go. */
export function Comparison(props: {
  decimals: number;
  before: Figures | undefined;
  after: Figures | undefined;
  label?: string;
}) {
  const { before, after, decimals } = props;
  const figure = (of: Figures | undefined, pick: (figures: Figures) => bigint, round: Rounding) =>
    of ? formatQuote(pick(of), decimals, { round }) : '—';
  const ratio = (of: Figures | undefined) => {
    const bps = of && marginRatioBps(of);
    return bps === undefined ? '—' : formatBps(bps, { digits: 1, round: 'down' });
  };
  return (
    <table className="compare tight small" aria-label={props.label ?? 'The account now and after this'}>
      <thead>
        <tr>
          <th>Account</th>
          <th>now</th>
          <th>after</th>
        </tr>
      </thead>
      <tbody>
        {ROWS.map(([name, pick, round]) => (
          <tr key={name}>
            <td className="muted">{name}</td>
            <td>{figure(before, pick, round)}</td>
            <td data-after={name}>{figure(after, pick, round)}</td>
          </tr>
        ))}
        <tr>
          <td className="muted">Margin ratio</td>
          <td>{ratio(before)}</td>
          <td>{ratio(after)}</td>
        </tr>
        <tr>
          <td className="muted">State</td>
          <td>{before ? <State figures={before} /> : '—'}</td>
          <td>{after ? <State figures={after} /> : '—'}</td>
        </tr>
      </tbody>
    </table>
  );
}

function State({ figures }: { figures: Figures }) {
  const state = standing(figures);
  return <Tag look={LOOK[state]}>{state}</Tag>;
}
