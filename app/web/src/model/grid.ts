/** The scenario grid: what an account is worth and needs after moves of prices. */
import type { Change, Figures, Judge } from '../engine/engine';
import { movePrice, shareBps } from '../money/units';
import type { AssetRow } from './types';

/** Moves in basis points, from the worst to the best. */
export const MOVES = [-5_000, -4_000, -3_000, -2_000, -1_000, -500, 0, 500, 1_000, 2_000, 3_000, 5_000] as const;

/** A cell: one row's assets moved by one column's size. */
export interface Cell {
  readonly bps: number;
  readonly figures: Figures;
  /** Equity less the present equity. */
  readonly change: bigint;
  /** Equity / maintenance margin; none without a requirement. */
  readonly ratioBps: number | undefined;
  /** Equity less maintenance margin: below zero the account is liquidated. */
  readonly spare: bigint;
}

export interface GridRow {
  readonly name: string;
  readonly assets: readonly number[];
  readonly cells: readonly Cell[];
}

/** A row for all assets at once, and one for each. Assets without a price cannot be moved. */
export function grid(judge: Judge, assets: readonly AssetRow[], moves: readonly number[] = MOVES): GridRow[] {
  const present = judge.figures();
  const priced = assets.filter((asset) => asset.index > 0n);
  const cell = (moved: readonly AssetRow[], bps: number): Cell => {
    const changes: Change[] =
      bps === 0 ? [] : moved.map((asset) => ({ kind: 'price', asset: asset.at, price: movePrice(asset.index, bps) }));
    const figures = judge.figures(changes);
    return {
      bps,
      figures,
      change: figures.equity - present.equity,
      ratioBps: shareBps(figures.equity, figures.maintenanceMargin),
      spare: figures.equity - figures.maintenanceMargin,
    };
  };
  const row = (name: string, moved: readonly AssetRow[]): GridRow => ({
    name,
    assets: moved.map((asset) => asset.at),
    cells: moves.map((bps) => cell(moved, bps)),
  });
  const each = priced.map((asset) => row(asset.name, [asset]));
  return priced.length > 1 ? [row('All together', priced), ...each] : each;
}

/** How warm a cell is: 0 is liquidated, 1 to 6 from close to safe, and 7 where nothing is required. */
export function heat(cell: Cell): number {
  if (cell.spare < 0n) return 0;
  if (cell.ratioBps === undefined) return 7;
  const steps = [11_000, 13_000, 17_000, 25_000, 50_000];
  return steps.filter((step) => cell.ratioBps !== undefined && cell.ratioBps >= step).length + 1;
}

/** Points of a curve: figures at prices around the present one of one asset. */
export function curve(
  judge: Judge,
  asset: AssetRow,
  fromBps: number,
  toBps: number,
  steps: number,
  before: readonly Change[] = [],
): { bps: number; figures: Figures }[] {
  return Array.from({ length: steps + 1 }, (_, at) => {
    const bps = Math.round(fromBps + ((toBps - fromBps) * at) / steps);
    const change: Change = { kind: 'price', asset: asset.at, price: movePrice(asset.index, bps) };
    return { bps, figures: judge.figures([...before, change]) };
  });
}
