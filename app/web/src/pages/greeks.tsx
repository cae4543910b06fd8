/** How the account moves with prices, volatility and time, and the model that its margin is judged by. */
import { useMemo } from 'react';
import type { Greeks } from '../engine/engine';
import { chooseModel } from '../live/accounts';
import { ask, useJudge } from '../live/judge';
import { useAction } from '../live/send';
import type { Holder, World } from '../live/world';
import { choiceOf, greekRows, GREEKS, MODELS } from '../model/greeks';
import type { Book } from '../model/types';
import { Button, Fact, Panel, TableBox, Tag } from '../ui/parts';
import { Quote } from './figures';

export function GreeksPanel({ world, account }: { world: World; account: Holder }) {
  const judge = useJudge();
  const greeks = useMemo(() => judge && ask(() => judge.greeks()).answer, [judge]);
  if (account.margin.positions.length === 0 || !greeks || greeks.assets.length === 0) return null;
  return (
    <Panel title="Greeks" flush end={<span className="muted small">options as priced last</span>}>
      <GreeksTable greeks={greeks} book={world.book} />
    </Panel>
  );
}

function GreeksTable({ greeks, book }: { greeks: Greeks; book: Book }) {
  return (
    <TableBox label="Greeks">
      <table>
        <thead>
          <tr>
            <th>Underlying</th>
            {GREEKS.map(([key, name, title]) => (
              <th key={key} title={title}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {greekRows(greeks, book).map(({ name, of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {GREEKS.map(([key]) => (
                <td key={key}>
                  <Quote atoms={of[key]} decimals={book.quoteDecimals} tone />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

/** The model, and a switch to the other one where the clearinghouse offers it. */
export function RiskModel({ world, account }: { world: World; account: Holder }) {
  const judge = useJudge();
  const action = useAction();
  const { model } = account.margin;
  const other = model === 'portfolio' ? 'standard' : 'portfolio';
  const choice = useMemo(() => judge && choiceOf(judge, other), [judge, other]);
  const decimals = world.book.quoteDecimals;
  if (!world.book.offersPortfolio) return null;
  return (
    <Panel title="Risk model" end={<Tag>{MODELS[model]}</Tag>}>
      <p className="muted small">
        {model === 'portfolio'
          ? 'Margin is what the whole book loses in the worst of sixteen scenarios.'
          : 'Margin is asked contract by contract.'}
      </p>
      {choice?.figures && (
        <dl className="facts">
          <Fact name={`Maintenance margin by ${MODELS[other]}`}>
            <Quote atoms={choice.figures.maintenanceMargin} decimals={decimals} style={{ round: 'up' }} />
          </Fact>
          <Fact name={`Initial margin by ${MODELS[other]}`}>
            <Quote atoms={choice.figures.initialMargin} decimals={decimals} style={{ round: 'up' }} />
          </Fact>
        </dl>
      )}
      <div className="row" style={{ marginTop: 10 }}>
        <Button
          small
          busy={action.busy}
          disabled={!choice || choice.why !== undefined}
          onClick={() => void action.run(() => chooseModel(world, other))}
        >
          Switch to {MODELS[other]}
        </Button>
      </div>
      {choice?.why !== undefined && <p className="muted small">{choice.why}</p>}
    </Panel>
  );
}
