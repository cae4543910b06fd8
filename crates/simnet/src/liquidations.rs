//! Liquidating slices and collateral, without limits or guards.

use crate::{Exchange, Failure, Receipt, Trader};
use anchor_lang::prelude::Pubkey;
use counterweight::{CollateralArgs, SliceArgs};
use counterweight_sdk::liquidation::sliced_markets;
use solana_signer::Signer;

type Outcome = Result<Receipt, Box<Failure>>;

impl Exchange {
    /// Takes at most this fraction (2^20 is all) of every position of an account.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn liquidate_slice(
        &mut self,
        liquidator: &Trader,
        liquidatee: Pubkey,
        max_fraction: u32,
    ) -> Outcome {
        let args = SliceArgs {
            max_fraction,
            ..SliceArgs::default()
        };
        let markets = sliced_markets(&self.tables(), &self.margin(&liquidatee));
        let owner = liquidator.key.pubkey();
        let take = self
            .venue
            .liquidate_slice(owner, liquidatee, liquidator.margin, &markets, args);
        self.chain.send(&[take], &[&liquidator.key])
    }

    /// Takes at most so many token atoms of collateral against an account's debt.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn liquidate_collateral(
        &mut self,
        liquidator: &Trader,
        liquidatee: Pubkey,
        asset: u16,
        max_atoms: u64,
    ) -> Outcome {
        let args = CollateralArgs {
            asset,
            max_atoms,
            ..CollateralArgs::default()
        };
        let owner = liquidator.key.pubkey();
        let take = self
            .venue
            .liquidate_collateral(owner, liquidatee, liquidator.margin, args);
        self.chain.send(&[take], &[&liquidator.key])
    }
}
