/** The reader's margin accounts: which there are, opening one more, and who else may trade for the one that is shown. */
import { useMemo, useState } from 'react';
import { openAccount, setDelegate } from '../live/accounts';
import { ask, engine, judgeOf } from '../live/judge';
import { useAction } from '../live/send';
import { chooseAccount } from '../live/settings';
import type { Holder, World } from '../live/world';
import { delegateProblem, nextNumber } from '../model/accounts';
import { shortAddress } from '../money/address';
import { Button, Field, Panel, Tag } from '../ui/parts';
import { useStore } from '../ui/store';
import { Quote } from './figures';

export function Accounts({ world, account }: { world: World; account: Holder }) {
  const action = useAction();
  const next = nextNumber(world.accounts.map(({ margin }) => margin.id));
  return (
    <Panel
      title="Your margin accounts"
      flush
      end={
        next !== undefined && (
          <Button small kind="plain" busy={action.busy} onClick={() => void action.run(() => openAccount(world, next))}>
            Open another
          </Button>
        )
      }
    >
      <table aria-label="Your margin accounts">
        <thead>
          <tr>
            <th>Account</th>
            <th>Equity</th>
            <th>Positions</th>
            <th>
              <span className="hidden-text">Show</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {world.accounts.map((one) => (
            <Line key={one.address} world={world} holder={one} shown={one.address === account.address} />
          ))}
        </tbody>
      </table>
      <Delegate key={account.address} world={world} account={account} />
    </Panel>
  );
}

function Line({ world, holder, shown }: { world: World; holder: Holder; shown: boolean }) {
  const make = useStore(engine);
  const { book, bookBytes, now } = world;
  const equity = useMemo(() => {
    const judge = make && ask(() => judgeOf(make, { bookBytes, now }, holder)).answer;
    const found = judge && ask(() => judge.figures().equity).answer;
    judge?.release();
    return found;
  }, [make, bookBytes, now, holder]);
  const { id, positions } = holder.margin;
  return (
    <tr>
      <th scope="row" title={holder.address}>
        {id}
      </th>
      <td data-account={id}>
        {equity === undefined ? '—' : <Quote atoms={equity} decimals={book.quoteDecimals} style={{ round: 'down' }} />}
      </td>
      <td>{positions.filter(({ lots }) => lots !== 0n).length}</td>
      <td>
        {shown ? (
          <Tag look="accent">shown</Tag>
        ) : (
          <Button small kind="plain" onClick={() => chooseAccount(id)} label={`Show account ${id}`}>
            Show
          </Button>
        )}
      </td>
    </tr>
  );
}

function Delegate({ world, account }: { world: World; account: Holder }) {
  const { owner, delegate, id } = account.margin;
  const action = useAction();
  const [text, setText] = useState('');
  const wrong = delegateProblem(text, owner, delegate);
  const set = async (to: string | undefined) => {
    if (await action.run(() => setDelegate(world, to))) setText('');
  };
  return (
    <form
      className="stack tight padded"
      onSubmit={(event) => {
        event.preventDefault();
        void set(text.trim());
      }}
    >
      <Field
        text
        label={`Delegate of account ${id}`}
        name="delegate"
        value={text}
        onChange={setText}
        wrong={wrong}
        says="May trade and deposit, and never withdraw"
        placeholder="An address"
        corner={
          delegate === undefined ? (
            <span>nobody</span>
          ) : (
            <span className="mono" title={delegate}>
              {shortAddress(delegate)}
            </span>
          )
        }
      />
      <div className="row">
        <Button submit small busy={action.busy} disabled={text.trim() === '' || wrong !== undefined}>
          Set delegate
        </Button>
        {delegate !== undefined && (
          <Button small kind="plain" busy={action.busy} onClick={() => void set(undefined)}>
            Remove delegate
          </Button>
        )}
      </div>
    </form>
  );
}
