// Liquidation, default, and what anyone may do for a market.

import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import type { Margin, RiskTables } from '../accounts/index.js';
import {
  getCatchUpInstruction,
  getDeleverageBackstopInstruction,
  getDeleverageInstruction,
  getFlagAccountInstruction,
  getFundInsuranceInstruction,
  getLiquidateCollateralInstruction,
  getLiquidateInstruction,
  getLiquidateSliceInstruction,
  getOpenBackstopInstruction,
  getResolveDefaultInstruction,
  getSweepDustInstruction,
  getUpdateFundingInstruction,
} from '../generated/program/index.js';
import { MODE_SETTLEMENT, RATIO_ONE } from '../generated/rows.js';
import { tokenAddress } from '../tokens.js';
import { collateralOf, marketOf, type Venue } from '../venue.js';
import { followedBy, guardsOf, type Actor, type Guards } from './common.js';

/** Who takes over, from whom. */
export interface Takeover {
  /** The account that takes over, and its key. */
  readonly liquidator: Actor;
  /** The account that is liquidated. */
  readonly liquidatee: Address;
  /** The liquidator's own limits. */
  readonly guards?: Guards | undefined;
}

function parties(venue: Venue, { liquidator, liquidatee }: Takeover) {
  return { authority: liquidator.authority, riskBook: venue.riskBook, liquidatee, liquidator: liquidator.marginAccount };
}

/** Starts the auction of an account below maintenance margin, or ends that of a restored one. Anyone may. */
export function flagAccount(venue: Venue, marginAccount: Address): Instruction {
  return getFlagAccountInstruction({ riskBook: venue.riskBook, marginAccount });
}

/** Lots of one market that are taken over. */
export interface LiquidationTerms {
  /** Index of the market. */
  readonly market: number;
  /** Most lots; as many as restore the account. */
  readonly maxLots?: bigint | undefined;
  /** The worst price in ticks; none. */
  readonly limitPrice?: bigint | null | undefined;
}

/** Takes lots of an account below maintenance margin, at the index and for a penalty. */
export function liquidate(venue: Venue, takeover: Takeover, { market, maxLots, limitPrice }: LiquidationTerms): Instruction {
  return getLiquidateInstruction({
    ...parties(venue, takeover),
    market: marketOf(venue, market),
    marketArg: market,
    maxLots: maxLots ?? (1n << 64n) - 1n,
    limitPrice: limitPrice ?? null,
    guards: guardsOf(takeover.guards),
  });
}

/** The markets of a slice of an account: those of its positions, in their order, without those that have ended. */
export function slicedMarkets(tables: RiskTables, margin: Margin): number[] {
  const markets = margin.positions.map((position) => position.market);
  return markets.filter((market) => tables.markets[market]?.mode !== MODE_SETTLEMENT);
}

/** A slice: the same fraction of every position. */
export interface SliceTerms {
  /** The markets, as `slicedMarkets` says. */
  readonly markets: readonly number[];
  /** The largest fraction, 2^20 for all; all that restores. */
  readonly maxFraction?: number | undefined;
  /** The least reward, in basis points of what is taken; 0. */
  readonly minRewardBps?: number | undefined;
}

/** Takes the same fraction of every position of an account below maintenance margin, so that a hedged book stays hedged. */
export function liquidateSlice(venue: Venue, takeover: Takeover, { markets, maxFraction = RATIO_ONE, minRewardBps = 0 }: SliceTerms): Instruction {
  const args = { maxFraction, minRewardBps, guards: guardsOf(takeover.guards) };
  const built = getLiquidateSliceInstruction({ ...parties(venue, takeover), ...args });
  return followedBy(built, markets.map((market) => marketOf(venue, market)));
}

/** Collateral that is taken. */
export interface CollateralTerms {
  /** Index of the asset. */
  readonly asset: number;
  /** Most token atoms; as many as pay the debt. */
  readonly maxAtoms?: bigint | undefined;
  /** The highest price to pay; none. */
  readonly limitPrice?: bigint | null | undefined;
}

/** Takes collateral of an account that has no position left and owes cash, and pays its debt. */
export function liquidateCollateral(venue: Venue, takeover: Takeover, { asset, maxAtoms, limitPrice }: CollateralTerms): Instruction {
  return getLiquidateCollateralInstruction({
    ...parties(venue, takeover),
    asset,
    maxAtoms: maxAtoms ?? (1n << 64n) - 1n,
    limitPrice: limitPrice ?? null,
    guards: guardsOf(takeover.guards),
  });
}

/** Opens the clearinghouse's own margin account. Anyone may. */
export function openBackstop(venue: Venue, payer: TransactionSigner): Instruction {
  return getOpenBackstopInstruction({ payer, riskBook: venue.riskBook, backstop: venue.backstop });
}

/** Lets the backstop take over an account in default. `markets` are those in which both hold a position. Anyone may. */
export function resolveDefault(venue: Venue, marginAccount: Address, markets: readonly number[]): Instruction {
  const { clearinghouse, riskBook, backstop } = venue;
  const built = getResolveDefaultInstruction({ clearinghouse, riskBook, marginAccount, backstop });
  return followedBy(built, markets.map((market) => marketOf(venue, market)));
}

/** Closes a position of an account in default against the whole other side. Anyone may. */
export function deleverage(venue: Venue, marginAccount: Address, market: number): Instruction {
  const { clearinghouse, riskBook, backstop } = venue;
  return getDeleverageInstruction({ clearinghouse, riskBook, market: marketOf(venue, market), marginAccount, backstop });
}

/** The same for the backstop. Anyone may. */
export function deleverageBackstop(venue: Venue, market: number): Instruction {
  const { clearinghouse, riskBook, backstop } = venue;
  return getDeleverageBackstopInstruction({ clearinghouse, riskBook, market: marketOf(venue, market), backstop });
}

/** Writes down what deleveraging has made of a position. Anyone may. */
export function catchUp(venue: Venue, marginAccount: Address, market: number): Instruction {
  return getCatchUpInstruction({ riskBook: venue.riskBook, market: marketOf(venue, market), marginAccount });
}

/** Gives the backstop the lots that rounding has left over, of the longs (0) or the shorts (1). Anyone may. */
export function sweepDust(venue: Venue, market: number, side: 0 | 1): Instruction {
  return getSweepDustInstruction({ riskBook: venue.riskBook, market: marketOf(venue, market), backstop: venue.backstop, side });
}

/** Brings a market's funding up to date. Anyone may. */
export function updateFunding(venue: Venue, market: number): Instruction {
  return getUpdateFundingInstruction({ riskBook: venue.riskBook, market: marketOf(venue, market) });
}

/** Pays into the insurance fund, from the payer's associated token account where no source is named. Nobody takes it out. */
export async function fundInsurance(venue: Venue, payer: TransactionSigner, atoms: bigint, source?: Address): Promise<Instruction> {
  const quote = collateralOf(venue, 0);
  return getFundInsuranceInstruction({
    payer,
    clearinghouse: venue.clearinghouse,
    quoteMint: quote.mint,
    quoteVault: quote.vault,
    custody: quote.custody,
    source: source ?? (await tokenAddress(payer.address, quote)),
    tokenProgram: quote.tokenProgram,
    atoms,
  });
}
