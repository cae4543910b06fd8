/** Collateral: what is accepted and how much of it counts, deposits and withdrawals. */
import { useState } from 'react';
import type { Judge } from '../engine/engine';
import { transfer } from '../live/accounts';
import { deposit, faucet, withdraw } from '../live/actions';
import { ask, useJudge } from '../live/judge';
import { useAction } from '../live/send';
import { isLocal, useSettings } from '../live/settings';
import type { Holder, World } from '../live/world';
import { immature, outflowLeft } from '../model/custody';
import { usage } from '../model/health';
import { assetScale, priceDigits, type AssetRow } from '../model/types';
import { exactDecimal, formatDecimal, parseDecimal } from '../money/decimal';
import { formatSpan } from '../money/time';
import { formatBps, formatPrice, formatRatio, tickDigits } from '../money/units';
import { openDialog } from '../ui/dialogs';
import { Button, Choice, Field, Meter, Notice, Panel, Segments, TableBox } from '../ui/parts';
import { useWallet } from '../wallet/wallet';
import { tokenDigits } from './balances';
import { Comparison } from './comparison';
import { ChainGate } from './gate';

export function CollateralPage() {
  return <ChainGate>{(world) => <Collateral world={world} />}</ChainGate>;
}

function Collateral({ world }: { world: World }) {
  return (
    <div className="columns side">
      <div className="stack">
        <Accepted world={world} />
        <Rules world={world} />
      </div>
      <div className="stack">
        <Move world={world} />
        <Faucet world={world} />
      </div>
    </div>
  );
}

/** Whether an asset can be deposited. */
function isCollateral(asset: AssetRow): boolean {
  return asset.mint !== undefined;
}

function heldBy(world: World, asset: number): bigint {
  const margin = world.account?.margin;
  if (!margin) return 0n;
  return asset === 0 ? margin.cash : (margin.balances.find((one) => one.asset === asset)?.atoms ?? 0n);
}

function Accepted({ world }: { world: World }) {
  const { book } = world;
  const amount = (atoms: bigint, asset: AssetRow) =>
    formatDecimal(atoms, asset.decimals, { digits: tokenDigits(asset.decimals) });
  return (
    <Panel title="Accepted collateral" flush>
      <TableBox label="Accepted collateral">
        <table>
          <thead>
            <tr>
              <th>Asset</th>
              <th>In the account</th>
              <th>In the wallet</th>
              <th>Index</th>
              <th title="The part of its value that counts for maintenance margin">For maintenance</th>
              <th title="The part that counts for new risk; it falls with how much of the asset all accounts hold">
                For new risk
              </th>
              <th>Deposited, of the cap</th>
            </tr>
          </thead>
          <tbody>
            {book.assets.filter(isCollateral).map((asset) => {
              const used = usage(asset.deposited, asset.depositCap);
              const reduced = asset.weightInitial < asset.weightInitialFull;
              return (
                <tr key={asset.at}>
                  <th scope="row">{asset.name}</th>
                  <td>{world.account ? amount(heldBy(world, asset.at), asset) : '—'}</td>
                  <td>{world.purse ? amount(world.purse.tokens.get(asset.at) ?? 0n, asset) : '—'}</td>
                  <td>
                    {asset.at === 0
                      ? '1'
                      : formatPrice(asset.index, assetScale(book, asset.at), priceDigits(book, asset.at, tickDigits))}
                  </td>
                  <td>
                    {formatRatio(asset.weightMaintenance)}
                    <span className="sub">haircut {formatRatio((1 << 20) - asset.weightMaintenance)}</span>
                  </td>
                  <td>
                    {formatRatio(asset.weightInitial)}
                    <span className={`sub ${reduced ? 'warn' : ''}`}>
                      {reduced
                        ? `of ${formatRatio(asset.weightInitialFull)}: much is deposited`
                        : `haircut ${formatRatio((1 << 20) - asset.weightInitial)}`}
                    </span>
                  </td>
                  <td>
                    <span className="share">
                      <Meter bps={used.bps} look={used.look} label={`Deposited ${asset.name} of its cap`} />
                      {formatBps(used.bps, { digits: 1 })}
                    </span>
                    <span className="sub">cap {formatDecimal(asset.depositCap, asset.decimals, { digits: 0 })}</span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableBox>
    </Panel>
  );
}

function Rules({ world }: { world: World }) {
  const { book, account, now } = world;
  const young = account ? immature(account.margin, now) : 0n;
  return (
    <Panel title="What may leave">
      <ul className="stack tight" style={{ paddingLeft: 18 }}>
        <li>A withdrawal must leave initial margin met without any unrealised gain.</li>
        <li>
          Realised profit leaves as it matures, over {formatSpan(book.profitMaturity)}
          {young > 0n && account
            ? `: ${formatDecimal(young, book.quoteDecimals)} of yours cannot leave yet, all of it in ${formatSpan(Number(account.margin.immature.until - now))}`
            : ''}
          .
        </li>
        {[...world.custodies.values()].map((custody) => {
          const asset = book.assets[custody.asset];
          const left = outflowLeft(custody, now);
          return (
            asset && (
              <li key={custody.asset}>
                {left === undefined
                  ? `No limit on how much ${asset.name} may leave the vault.`
                  : `Of ${asset.name}, ${formatDecimal(left, asset.decimals, { digits: 2 })} may leave the vault now, for all accounts together.`}
              </li>
            )
          );
        })}
      </ul>
    </Panel>
  );
}

type Direction = 'deposit' | 'withdraw' | 'transfer';

const TITLES: Record<Direction, string> = { deposit: 'Deposit', withdraw: 'Withdraw', transfer: 'Move' };

function Move({ world }: { world: World }) {
  const wallet = useWallet();
  const judge = useJudge();
  const action = useAction();
  const [direction, setDirection] = useState<Direction>('deposit');
  const [chosen, choose] = useState(0);
  const [text, setText] = useState('');
  const others = world.accounts.filter(({ address }) => address !== world.account?.address);
  const [receiver, setReceiver] = useState('');
  const to: Holder | undefined = others.find(({ address }) => address === receiver) ?? others[0];
  const assets = world.book.assets.filter(isCollateral);
  const asset = assets.find((one) => one.at === chosen) ?? assets[0];
  if (!asset) return null;
  const most = mostOf(direction, asset, world, judge);
  const parsed = parseDecimal(text, asset.decimals);
  const wrong =
    parsed.kind === 'wrong' ? parsed.why : parsed.kind === 'amount' ? amountProblem(parsed.amount, most, direction) : undefined;
  const atoms = parsed.kind === 'amount' && !wrong ? parsed.amount : undefined;
  const before = judge && ask(() => judge.figures()).answer;
  const after =
    judge && atoms !== undefined
      ? ask(() => judge.figures([{ kind: direction === 'deposit' ? 'deposit' : 'withdraw', asset: asset.at, atoms }]))
      : undefined;
  const submit = async () => {
    if (atoms === undefined || !wallet) return;
    const act = () => {
      if (direction === 'deposit') return deposit(world, asset, atoms);
      if (direction === 'withdraw') return withdraw(world, asset, atoms);
      if (!to) throw new Error('There is no other account to move it to.');
      return transfer(world, to, asset, atoms);
    };
    if (await action.run(async () => act())) setText('');
  };
  return (
    <Panel title={TITLES[direction]}>
      <form
        className="stack tight"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Segments
          label="Direction"
          wide
          value={direction}
          options={[
            ['deposit', 'Deposit'],
            ['withdraw', 'Withdraw'],
            ['transfer', 'Move'],
          ]}
          onChange={setDirection}
        />
        {direction === 'transfer' && to && (
          <Choice
            label={`From account ${world.account?.margin.id ?? ''} to`}
            value={to.address}
            options={others.map((one) => [one.address, `Account ${one.margin.id}`] as const)}
            onChange={setReceiver}
          />
        )}
        {direction === 'transfer' && !to && (
          <Notice>
            You have one margin account. <a href="#/account">Open another</a> to move balances between them.
          </Notice>
        )}
        <Choice
          label="Asset"
          value={String(asset.at)}
          options={assets.map((one) => [String(one.at), one.name] as const)}
          onChange={(at) => choose(Number(at))}
        />
        <Field
          label="Amount"
          name="amount"
          unit={asset.name}
          value={text}
          onChange={setText}
          wrong={wrong}
          corner={
            most !== undefined && (
              <button type="button" className="link" onClick={() => setText(exactDecimal(most, asset.decimals))}>
                {direction === 'deposit' ? 'wallet' : 'at most'}{' '}
                {formatDecimal(most, asset.decimals, { digits: tokenDigits(asset.decimals), round: 'down' })}
              </button>
            )
          }
        />
        {after?.why !== undefined && <Notice look="warn">{after.why}</Notice>}
        {wallet ? (
          <Button
            submit
            wide
            kind="primary"
            busy={action.busy}
            disabled={atoms === undefined || (direction === 'transfer' && !to)}
          >
            {direction === 'deposit' && !world.account ? 'Open an account and deposit' : TITLES[direction]}
          </Button>
        ) : (
          <Button wide kind="primary" onClick={() => openDialog('wallet')}>
            Connect a wallet
          </Button>
        )}
        <Comparison decimals={world.book.quoteDecimals} before={before} after={after?.answer} />
      </form>
    </Panel>
  );
}

/** The most that can be moved: what the wallet has and the cap lets in, or what margin, maturity and the vault let out. */
function mostOf(direction: Direction, asset: AssetRow, world: World, judge: Judge | undefined): bigint | undefined {
  if (direction === 'deposit') {
    if (!world.purse) return undefined;
    const owned = world.purse.tokens.get(asset.at) ?? 0n;
    const room = asset.depositCap > asset.deposited ? asset.depositCap - asset.deposited : 0n;
    return owned < room ? owned : room;
  }
  const own = judge && ask(() => judge.withdrawable(asset.at)).answer;
  // Nothing leaves the vault by a move between accounts.
  if (direction === 'transfer') return own;
  const custody = world.custodies.get(asset.at);
  const vault = custody && outflowLeft(custody, world.now);
  return own === undefined || vault === undefined || own < vault ? own : vault;
}

function amountProblem(amount: bigint, most: bigint | undefined, direction: Direction): string | undefined {
  if (amount <= 0n) return 'An amount is above zero';
  if (most === undefined || amount <= most) return undefined;
  return direction === 'deposit' ? 'More than the wallet holds, or than the cap lets in' : 'More than may leave now';
}

/** Test tokens, on a local network. */
function Faucet({ world }: { world: World }) {
  const settings = useSettings();
  const wallet = useWallet();
  const action = useAction();
  if (!wallet || !settings.faucet || !isLocal(settings.rpc)) return null;
  const quote = world.book.assets[0];
  return (
    <Panel title="Test tokens" end={<span className="muted small">local network only</span>}>
      <div className="stack tight">
        <p className="muted">
          Gives this wallet 10 SOL for fees and rent, 100,000 {quote?.name}, and some of each other collateral. They are worth
          nothing.
        </p>
        <Button busy={action.busy} onClick={() => void action.run(() => faucet(world, wallet.address))}>
          Get test tokens
        </Button>
      </div>
    </Panel>
  );
}
