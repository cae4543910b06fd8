//! Building the liquidations that take more than one market: slices, and collateral.

use crate::{
    accounts::{Margin, RiskTables},
    instructions::{Venue, build},
    trading::followed_by,
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{CollateralArgs, SliceArgs, accounts, instruction};
use counterweight_risk::market::MODE_SETTLEMENT;

/// The markets of a slice of this account: those of its positions, in their order, but for the ones that
/// are in settlement.
pub fn sliced_markets(tables: &RiskTables, margin: &Margin) -> Vec<u16> {
    let ended = |market: u16| {
        let row = tables.markets.get(usize::from(market));
        row.is_some_and(|row| row.mode == MODE_SETTLEMENT)
    };
    let markets = margin.positions().iter().map(|position| position.market);
    markets.filter(|market| !ended(*market)).collect()
}

impl Venue {
    /// `liquidate_slice`; `markets` as [`sliced_markets`] says.
    pub fn liquidate_slice(
        &self,
        authority: Pubkey,
        liquidatee: Pubkey,
        liquidator: Pubkey,
        markets: &[u16],
        args: SliceArgs,
    ) -> Instruction {
        let accounts = accounts::LiquidateSlice {
            authority,
            risk_book: self.risk_book,
            liquidatee,
            liquidator,
        };
        let markets: Vec<_> = markets.iter().map(|market| self.market(*market)).collect();
        followed_by(
            build(accounts, instruction::LiquidateSlice { args }),
            &markets,
        )
    }

    /// `liquidate_collateral`.
    pub fn liquidate_collateral(
        &self,
        authority: Pubkey,
        liquidatee: Pubkey,
        liquidator: Pubkey,
        args: CollateralArgs,
    ) -> Instruction {
        let accounts = accounts::LiquidateCollateral {
            authority,
            risk_book: self.risk_book,
            liquidatee,
            liquidator,
        };
        build(accounts, instruction::LiquidateCollateral { args })
    }
}
