/** The frame: navigation, the state of the line, the vital figures, and the page. */
import { useEffect, useState } from 'react';
import { useStore } from './ui/store';
import { engineProblem, useJudge, ask } from './live/judge';
import { isLocal, useSettings } from './live/settings';
import { useLine, useWorld, type Line } from './live/world';
import { LOOK, marginRatioBps, standing } from './model/vitals';
import { shortAddress } from './money/address';
import { formatClock, formatSpan } from './money/time';
import { formatBps, formatQuote } from './money/units';
import { MarginBar } from './pages/figures';
import { AccountPage } from './pages/account';
import { CollateralPage } from './pages/collateral';
import { HistoryPage } from './pages/history';
import { LiquidationsPage } from './pages/liquidations';
import { RiskPage } from './pages/risk';
import { SettingsDialog } from './pages/settings';
import { TradePage } from './pages/trade';
import { WalletDialog } from './pages/connect';
import { WhatIfPage } from './pages/whatif';
import { Boundary } from './ui/boundary';
import { openDialog } from './ui/dialogs';
import { Button, Tag } from './ui/parts';
import { PAGES, usePage, type Page } from './ui/route';
import { setTheme, useTheme, type Theme } from './ui/theme';
import { Toasts } from './ui/toasts';
import { useWallet } from './wallet/wallet';

const VIEWS: Record<Page, () => React.ReactNode> = {
  account: AccountPage,
  trade: TradePage,
  'what-if': WhatIfPage,
  collateral: CollateralPage,
  risk: RiskPage,
  liquidations: LiquidationsPage,
  history: HistoryPage,
};

export function App() {
  const page = usePage();
  const line = useLine();
  const View = VIEWS[page];
  useEffect(() => {
    document.title = `${PAGES[page]} · Counterweight`;
  }, [page]);
  return (
    <div className={line.kind === 'lost' ? 'stale' : ''}>
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById('main')?.focus())}>
        To the content
      </a>
      <header className="top">
        <div className="bar">
          <a className="brand" href="#/account">
            <Mark /> Counterweight
          </a>
          <nav className="pages" aria-label="Pages">
            {Object.entries(PAGES).map(([name, title]) => (
              <a key={name} href={`#/${name}`} aria-current={name === page ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </nav>
          <div className="end">
            <Network line={line} />
            <ThemeButton />
            <WalletButton />
          </div>
        </div>
        <Vitals />
      </header>
      <Outage line={line} />
      <main id="main" tabIndex={-1}>
        <h1>{PAGES[page]}</h1>
        <Boundary key={page}>
          <View />
        </Boundary>
      </main>
      <Toasts />
      <WalletDialog />
      <SettingsDialog />
    </div>
  );
}

/** A beam with two weights: the balance that the program keeps. */
function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" fill="currentColor">
      <path d="M2 5.2 18 2.8v1.6L2 6.8z" />
      <path d="M9.2 4h1.6v12.4h4V18H5.2v-1.6h4z" />
      <rect x="1" y="7" width="5.5" height="5.5" rx="1" />
      <circle cx="16" cy="7.5" r="2.5" />
    </svg>
  );
}

const LINES: Record<Line['kind'], readonly [string, string]> = {
  unset: ['', 'no network'],
  connecting: ['warn', 'connecting'],
  live: ['good', 'live'],
  lost: ['bad', 'disconnected'],
};

function Network({ line }: { line: Line }) {
  const settings = useSettings();
  const [dot, word] = LINES[line.kind];
  const name = settings.rpc === '' ? 'none' : isLocal(settings.rpc) ? 'local network' : new URL(settings.rpc).hostname;
  return (
    <Button
      kind="plain"
      onClick={() => openDialog('settings')}
      title={`${name}: ${word}. Change the network`}
      label={`Network: ${name}, ${word}`}
    >
      <span className={`dot ${dot}`} aria-hidden="true" />
      <span className="wide-only">{name}</span>
    </Button>
  );
}

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_WORDS: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

function ThemeButton() {
  const theme = useTheme();
  return (
    <button
      type="button"
      className="icon-button"
      onClick={() => setTheme(NEXT[theme])}
      title={`Colours: ${THEME_WORDS[theme]}`}
      aria-label={`Colours: ${THEME_WORDS[theme]}. Change`}
    >
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" />
        {theme !== 'light' && <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />}
        {theme === 'dark' && <path d="M8 2a6 6 0 0 0 0 12z" fill="currentColor" />}
      </svg>
    </button>
  );
}

function WalletButton() {
  const wallet = useWallet();
  if (!wallet) {
    return (
      <Button kind="primary" onClick={() => openDialog('wallet')}>
        Connect
      </Button>
    );
  }
  return (
    <Button onClick={() => openDialog('wallet')} title={wallet.address}>
      {wallet.burner && <Tag look="warn">burner</Tag>}
      <span className={`mono ${wallet.burner ? 'wide-only' : ''}`}>{shortAddress(wallet.address)}</span>
    </Button>
  );
}

/** What is shown while nothing new arrives, and of when it is. */
function Outage({ line }: { line: Line }) {
  const world = useWorld();
  const problem = useStore(engineProblem);
  const now = useSeconds(line.kind === 'lost');
  if (problem !== undefined) {
    return (
      <div className="outage" role="alert">
        The risk engine could not be loaded, so no figure of an account can be shown: {problem}
      </div>
    );
  }
  if (line.kind !== 'lost') return null;
  const since = Math.max(0, (now - line.since) / 1_000);
  return (
    <div className="outage" role="alert">
      <strong>Disconnected since {formatClock(new Date(line.since))}</strong> ({formatSpan(since)}).{' '}
      {world ? `All figures are of ${formatClock(new Date(world.readAt))}. ` : 'Nothing was read yet. '}
      <span className="muted">Trying again by itself. {line.why}</span>
    </div>
  );
}

/** The reader's clock, each second, while it is asked for. */
function useSeconds(on: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!on) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [on]);
  return now;
}

/** The account in one line, on every page. It keeps its place before there is one. */
function Vitals() {
  const judge = useJudge();
  const world = useWorld();
  const figures = judge && ask(() => judge.figures()).answer;
  const decimals = world?.book.quoteDecimals ?? 6;
  const state = figures && standing(figures);
  const ratio = figures && marginRatioBps(figures);
  const money = (atoms: bigint | undefined, round: 'up' | 'down') =>
    atoms === undefined ? '—' : formatQuote(atoms, decimals, { round });
  return (
    <section className="vitals" aria-label="The account">
      <div className="vital">
        <div className="name row apart">
          <span>
            Margin ratio <strong>{ratio === undefined ? '—' : formatBps(ratio, { digits: 1, round: 'down' })}</strong>
          </span>
          {state && <Tag look={LOOK[state]}>{state}</Tag>}
        </div>
        {figures ? <MarginBar figures={figures} /> : <div className="margin-bar" />}
      </div>
      <Vital name="Equity" value={money(figures?.equity, 'down')} />
      <Vital name="Free collateral" value={figures && !figures.canAddRisk ? '—' : money(figures?.freeCollateral, 'down')} />
      <Vital name="Maintenance margin" value={money(figures?.maintenanceMargin, 'up')} />
      <Vital name="Initial margin" value={figures && !figures.canAddRisk ? '—' : money(figures?.initialMargin, 'up')} />
      <Vital name="To spare" value={money(figures && figures.equity - figures.maintenanceMargin, 'down')} />
    </section>
  );
}

function Vital({ name, value }: { name: string; value: string }) {
  return (
    <div className="vital">
      <div className="name">{name}</div>
      <div className="value" data-vital={name}>
        {value}
      </div>
    </div>
  );
}
