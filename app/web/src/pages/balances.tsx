/** What an account holds, and how much of it counts. */
import type { Outlook } from '../engine/engine';
import type { Holder, World } from '../live/world';
import { assetScale } from '../model/types';
import { formatDecimal } from '../money/decimal';
import { formatPrice, formatRatio, tickDigits } from '../money/units';
import { priceDigits } from '../model/types';
import { Panel, TableBox } from '../ui/parts';
import { Quote } from './figures';

/** Digits of a token that people read; the rest is in the tool tip. */
export function tokenDigits(decimals: number): number {
  return Math.min(decimals, 4);
}

export function Balances(props: { world: World; account: Holder; outlook: Outlook | undefined }) {
  const { world, account, outlook } = props;
  const { book } = world;
  const quote = book.assets[0];
  const { cash } = account.margin;
  return (
    <Panel
      title="Collateral"
      flush
      end={
        <a className="small" href="#/collateral">
          Deposit, withdraw
        </a>
      }
    >
      <TableBox label="Collateral">
        <table>
          <thead>
            <tr>
              <th>Asset</th>
              <th>Balance</th>
              <th>Index</th>
              <th title="The part that counts for maintenance, and for new risk">Weights</th>
              <th title="What equity would be less without it">Counts for</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">
                {quote?.name ?? 'Quote'}
                <span className="sub">cash</span>
              </th>
              <td className={cash < 0n ? 'bad' : ''}>
                <Quote atoms={cash} decimals={book.quoteDecimals} />
                {cash < 0n && <span className="sub">owes interest</span>}
              </td>
              <td className="muted">1</td>
              <td>{formatRatio(1 << 20)}</td>
              <td>
                <Quote atoms={cash} decimals={book.quoteDecimals} />
              </td>
            </tr>
            {account.margin.balances.map((balance) => {
              const asset = book.assets[balance.asset];
              if (!asset) return null;
              const digits = priceDigits(book, asset.at, tickDigits);
              const contribution = outlook?.contributions.find((one) => one.market === undefined && one.asset === asset.at);
              return (
                <tr key={asset.at}>
                  <th scope="row">{asset.name}</th>
                  <td>{formatDecimal(balance.atoms, asset.decimals, { digits: tokenDigits(asset.decimals) })}</td>
                  <td>{formatPrice(asset.index, assetScale(book, asset.at), digits)}</td>
                  <td>
                    {formatRatio(asset.weightMaintenance)}
                    <span className="sub">{formatRatio(asset.weightInitial)} for new risk</span>
                  </td>
                  <td>{contribution ? <Quote atoms={contribution.equity} decimals={book.quoteDecimals} /> : '…'}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableBox>
    </Panel>
  );
}
