/** Liquidations as they happen, and those that the node still tells of. */
import { lookBack, useFeed } from '../live/feed';
import type { World } from '../live/world';
import { FEED_WORDS, feedLines, type FeedLine } from '../model/liquidations';
import { shortAddress } from '../money/address';
import { formatStamp } from '../money/time';
import { formatBps } from '../money/units';
import { Button, Empty, Notice, Panel, TableBox, Tag } from '../ui/parts';
import { Quote } from './figures';
import { ChainGate } from './gate';

export function LiquidationsPage() {
  return <ChainGate>{(world) => <Liquidations world={world} />}</ChainGate>;
}

const LOOKS: Record<FeedLine['kind'], 'good' | 'warn' | 'bad'> = {
  flagged: 'warn',
  restored: 'good',
  part: 'bad',
  slice: 'bad',
  collateral: 'bad',
  default: 'bad',
  deleveraged: 'bad',
};

function Liquidations({ world }: { world: World }) {
  const feed = useFeed();
  const lines = feed.transactions.flatMap((transaction) => feedLines(transaction, world.book));
  return (
    <Panel
      title="Liquidations"
      flush
      end={
        <>
          <Tag look={feed.live ? 'good' : 'warn'}>{feed.live ? 'live' : 'not live'}</Tag>
          <Button small busy={feed.looking} disabled={feed.exhausted} onClick={() => void lookBack()}>
            {feed.exhausted ? 'All that the node tells' : 'Look further back'}
          </Button>
        </>
      }
    >
      {feed.problem !== undefined && <Notice look="warn">{feed.problem}</Notice>}
      {lines.length === 0 ? (
        <Empty>
          {feed.looking
            ? 'Looking through the last transactions …'
            : `No liquidation in the ${feed.searched} transactions that were looked through. New ones appear here as they happen.`}
        </Empty>
      ) : (
        <TableBox label="Liquidations">
          <table>
            <thead>
              <tr>
                <th>Time</th>
                <th className="text">What</th>
                <th className="text">Account</th>
                <th className="text">Taken over</th>
                <th className="text">By</th>
                <th>Penalty</th>
                <th title="Equity of maintenance margin, before and after">Margin ratio</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <Line key={line.key} line={line} world={world} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </Panel>
  );
}

function Line({ line, world }: { line: FeedLine; world: World }) {
  const own = world.account?.address;
  const who = (address: string) =>
    address === own ? (
      <strong>you</strong>
    ) : address === world.backstop?.address ? (
      'backstop'
    ) : (
      <span className="mono">{shortAddress(address)}</span>
    );
  const ratio = (bps: number | undefined) => (bps === undefined ? '' : formatBps(bps, { digits: 1 }));
  const [before, after] = line.ratio;
  return (
    <tr data-kind={line.kind}>
      <td title={line.signature}>{line.time === undefined ? `slot ${line.slot}` : formatStamp(line.time)}</td>
      <td className="text">
        <Tag look={LOOKS[line.kind]}>{FEED_WORDS[line.kind]}</Tag>
      </td>
      <td className="text" title={line.account}>
        {who(line.account)}
      </td>
      <td className="text">{line.what}</td>
      <td className="text" title={line.by}>
        {line.by && who(line.by)}
      </td>
      <td>
        {line.penalty !== undefined && <Quote atoms={line.penalty} decimals={world.book.quoteDecimals} />}
        {line.insurance !== undefined && line.insurance > 0n && (
          <span className="sub">
            <Quote atoms={line.insurance} decimals={world.book.quoteDecimals} /> to insurance
          </span>
        )}
      </td>
      <td>
        {ratio(before)}
        {before !== undefined && after !== undefined && ' → '}
        {ratio(after)}
      </td>
    </tr>
  );
}
