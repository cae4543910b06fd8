//! What is in the vaults, and what may leave: building the instructions.

use crate::{
    instructions::{Collateral, Venue, build},
    pda,
};
use anchor_lang::{
    prelude::{AccountMeta, Pubkey},
    solana_program::instruction::Instruction,
};
use counterweight::{accounts, instruction};
use counterweight_risk::OutflowTerms;

impl Venue {
    /// The custody of a collateral.
    pub fn custody(&self, collateral: &Collateral) -> Pubkey {
        pda::custody(&self.clearinghouse, &collateral.mint)
    }

    /// `set_outflow_limit`: token atoms a window.
    pub fn set_outflow_limit(
        &self,
        signer: Pubkey,
        collateral: &Collateral,
        terms: OutflowTerms,
    ) -> Instruction {
        let accounts = accounts::SetOutflowLimit {
            signer,
            clearinghouse: self.clearinghouse,
            custody: self.custody(collateral),
        };
        let data = instruction::SetOutflowLimit {
            limit: terms.limit,
            window_seconds: terms.window,
        };
        build(accounts, data)
    }

    /// `accrue_interest`: of any account; `quote` is the quote token.
    pub fn accrue_interest(&self, quote: &Collateral, margin_account: Pubkey) -> Instruction {
        let accounts = accounts::AccrueInterest {
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            custody: self.custody(quote),
            margin_account,
        };
        build(accounts, instruction::AccrueInterest {})
    }

    /// `audit`: with markets only for the quote token, sorted.
    pub fn audit(&self, collateral: &Collateral, markets: &[u16]) -> Instruction {
        let accounts = accounts::Audit {
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
            custody: self.custody(collateral),
            vault: self.vault(collateral),
        };
        let mut built = build(accounts, instruction::Audit {});
        let markets = markets.iter().map(|index| self.market(*index));
        built
            .accounts
            .extend(markets.map(|key| AccountMeta::new_readonly(key, false)));
        built
    }
}
