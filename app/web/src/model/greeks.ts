/** Greeks for a reader, and what another model of margin would make of an account. */
import { ask } from '../live/judge';
import type { AssetGreeks, Figures, Greeks, Judge } from '../engine/engine';
import type { Book, Model } from './types';

/** What is shown of an underlying, or of all. */
export interface GreekRow {
  readonly name: string;
  readonly of: AssetGreeks;
}

/** What each column means. */
export const GREEKS = [
  ['delta', 'Delta', 'What the positions are worth as an amount of the underlying: gained where its price doubles'],
  ['gamma', 'Gamma', 'How much delta grows where the price rises by 1 %'],
  ['vega', 'Vega', 'Gained where volatility rises by one percentage point'],
  ['theta', 'Theta', 'Gained, or lost, by a day that passes'],
] as const;

/** Each underlying with positions, and all of them together where there are several. */
export function greekRows(greeks: Greeks, book: Book): readonly GreekRow[] {
  const rows = greeks.assets.map((of) => ({ name: book.assets[of.asset]?.name ?? `asset ${of.asset}`, of }));
  return rows.length > 1 ? [...rows, { name: 'All', of: greeks.total }] : rows;
}

/** What the models are called. */
export const MODELS: Readonly<Record<Model, string>> = { standard: 'Standard', portfolio: 'Portfolio' };

/** What a model would make of the account. */
export interface Choice {
  readonly figures: Figures | undefined;
  /** Why it cannot be chosen now, in a sentence. */
  readonly why: string | undefined;
}

/** Whether an account may be judged by a model: the program asks for initial margin by it. */
export function choiceOf(judge: Judge, model: Model): Choice {
  const { answer: figures, why } = ask(() => judge.figures([{ kind: 'model', model }]));
  if (figures === undefined) return { figures, why };
  if (!figures.canAddRisk) return { figures, why: 'A price is too old or too uncertain to choose by.' };
  const short = figures.initialEquity < figures.initialMargin;
  return { figures, why: short ? 'The account would not meet initial margin by it.' : undefined };
}
