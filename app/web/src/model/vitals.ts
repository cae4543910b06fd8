/** How an account stands, in words and marks. */
import type { Figures } from '../engine/engine';
import { shareBps } from '../money/units';

/** From calm to gone: what an account may still do. */
export type Standing = 'idle' | 'healthy' | 'close' | 'restricted' | 'failing' | 'in liquidation';

/** A sentence for each: what it means, and what to do. */
export const MEANING: Record<Standing, string> = {
  idle: 'No position: nothing is required.',
  healthy: 'Initial margin is met: risk may be added.',
  close: 'Initial margin is met, with little to spare: a small move against you stops new risk.',
  restricted: 'Below initial margin: only what reduces risk is accepted. Deposit, or close a part.',
  failing: 'Below maintenance margin: anyone may liquidate. Deposit or reduce now.',
  'in liquidation':
    'In liquidation: others take positions over, for a penalty that rises with time, until the buffer is restored.',
};

export const LOOK: Record<Standing, 'good' | 'warn' | 'bad' | undefined> = {
  idle: undefined,
  healthy: 'good',
  close: 'warn',
  restricted: 'warn',
  failing: 'bad',
  'in liquidation': 'bad',
};

/** Less than a tenth of initial margin to spare is close. */
const CLOSE_BPS = 11_000;

export function standing(figures: Figures): Standing {
  if (figures.liquidationStart !== 0n) return 'in liquidation';
  if (figures.equity < figures.maintenanceMargin) return 'failing';
  if (figures.maintenanceMargin === 0n && figures.initialMargin === 0n) return 'idle';
  // Without usable prices the initial figures mean nothing, and no risk may be added.
  if (!figures.canAddRisk || figures.initialEquity < figures.initialMargin) return 'restricted';
  const cover = shareBps(figures.initialEquity, figures.initialMargin);
  return cover !== undefined && cover < CLOSE_BPS ? 'close' : 'healthy';
}

/** Equity / maintenance margin, basis points; none without a requirement. */
export function marginRatioBps(figures: Figures): number | undefined {
  return shareBps(figures.equity, figures.maintenanceMargin);
}

/** Marks on a bar from nothing to equity or the requirement, whichever is more: parts of 10,000. */
export interface Gauge {
  readonly equity: number;
  readonly maintenance: number;
  readonly initial: number;
}

/** Where the marks of the margin bar stand. The bar ends a little beyond the largest of the three. */
export function gauge(figures: Figures): Gauge | undefined {
  const { equity, maintenanceMargin, initialMargin } = figures;
  const most = [equity, maintenanceMargin, initialMargin].reduce((a, b) => (b > a ? b : a));
  if (most <= 0n) return undefined;
  const place = (value: bigint) => shareBps((value < 0n ? 0n : value) * 96n, most * 100n) ?? 0;
  return { equity: place(equity), maintenance: place(maintenanceMargin), initial: place(initialMargin) };
}
