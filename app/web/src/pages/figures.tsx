/** Figures of the chain in their places: each with what it is exactly in a tool tip. */
import type { Figures } from '../engine/engine';
import { gauge, LOOK, standing } from '../model/vitals';
import { exactDecimal, type Style } from '../money/decimal';
import { formatQuote } from '../money/units';

/** Quote atoms. */
export function Quote(props: { atoms: bigint; decimals: number; style?: Style; tone?: boolean }) {
  const { atoms, decimals } = props;
  const tone = props.tone && atoms !== 0n ? (atoms > 0n ? 'good' : 'bad') : undefined;
  return (
    <span className={tone} title={exactDecimal(atoms, decimals, true)}>
      {formatQuote(atoms, decimals, { ...(props.tone && { signed: true }), ...props.style })}
    </span>
  );
}

/** Equity against what is required, as lengths. */
export function MarginBar(props: { figures: Figures; tall?: boolean }) {
  const marks = gauge(props.figures);
  const look = LOOK[standing(props.figures)];
  const at = (parts: number) => ({ left: `${parts / 100}%` });
  const edge = (parts: number) => (parts < 1_500 ? 'near-start' : '');
  return (
    <div className={`margin-bar ${props.tall ? 'tall' : ''} ${look ?? ''}`} aria-hidden="true">
      {marks && (
        <>
          <span className="equity" style={{ width: `${marks.equity / 100}%` }} />
          {props.figures.initialMargin > 0n && (
            <span className="mark initial" style={at(marks.initial)}>
              {props.tall && <b className={edge(marks.initial)}>initial</b>}
            </span>
          )}
          {props.figures.maintenanceMargin > 0n && (
            <span className="mark maintenance" style={at(marks.maintenance)}>
              {props.tall && <b className={edge(marks.maintenance)}>maintenance</b>}
            </span>
          )}
        </>
      )}
    </div>
  );
}
