/** What happened to the account, from the node's own record of transactions. */
import { useEffect } from 'react';
import { loadMore, useHistory } from '../live/history';
import type { Holder, World } from '../live/world';
import { download, toCsv } from '../model/csv';
import { CSV_HEAD, csvRow, historyLines, type HistoryLine } from '../model/history';
import { formatStamp } from '../money/time';
import { Button, Empty, Notice, Panel, TableBox } from '../ui/parts';
import { Quote } from './figures';
import { Gate } from './gate';

export function HistoryPage() {
  return <Gate>{(world, account) => <History world={world} account={account} />}</Gate>;
}

function History({ world, account }: { world: World; account: Holder }) {
  const history = useHistory(account.address);
  const newest = account.margin.sequence;
  useEffect(() => {
    void loadMore(account.address, 'newer');
  }, [account.address, newest]);
  const lines = history.transactions.flatMap((transaction) => historyLines(transaction, account.address, world.book));
  const save = () =>
    download(
      `counterweight-${account.address.slice(0, 8)}.csv`,
      toCsv(
        CSV_HEAD,
        lines.map((line) => csvRow(line, world.book.quoteDecimals)),
      ),
    );
  return (
    <Panel
      title="History"
      flush
      end={
        <>
          <span className="muted small">{history.transactions.length} transactions</span>
          <Button
            small
            busy={history.loading}
            disabled={history.exhausted}
            onClick={() => void loadMore(account.address, 'older')}
          >
            {history.exhausted ? 'All that the node tells' : 'Load older'}
          </Button>
          <Button small disabled={lines.length === 0} onClick={save}>
            Save as CSV
          </Button>
        </>
      }
    >
      {history.problem !== undefined && <Notice look="warn">{history.problem}</Notice>}
      {lines.length === 0 ? (
        <Empty>
          {history.loading
            ? 'Reading transactions …'
            : 'The node tells of no transaction of this account. Nodes keep them for a limited time, and some keep none: what they do not tell cannot be shown.'}
        </Empty>
      ) : (
        <TableBox label="History">
          <table>
            <thead>
              <tr>
                <th>Time</th>
                <th className="text">Kind</th>
                <th className="text">Market</th>
                <th className="text">What</th>
                <th>Fee</th>
                <th title="What was paid or received, fee taken off; what a trade pays stands in the position until it is closed">
                  Paid or received
                </th>
                <th className="text">Transaction</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <Row key={line.key} line={line} decimals={world.book.quoteDecimals} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </Panel>
  );
}

function Row({ line, decimals }: { line: HistoryLine; decimals: number }) {
  return (
    <tr>
      <td>{line.time === undefined ? `slot ${line.slot}` : formatStamp(line.time)}</td>
      <td className="text">{line.kind}</td>
      <td className="text">{line.market}</td>
      <td className="text">{line.what}</td>
      <td>
        {line.fee !== undefined && line.fee !== 0n && <Quote atoms={line.fee} decimals={decimals} style={{ digits: 4 }} />}
      </td>
      <td>{line.cash !== undefined && <Quote atoms={line.cash} decimals={decimals} tone />}</td>
      <td className="text mono" title={line.signature}>
        {line.signature.slice(0, 8)}…
      </td>
    </tr>
  );
}
