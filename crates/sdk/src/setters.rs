//! Setting terms: building the instructions.

use crate::instructions::{Venue, build};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{accounts, instruction};
use counterweight_risk::{
    AssetRiskTerms, AssetTerms, MarketTerms, portfolio::PortfolioTerms, standard::RiskTerms,
};

impl Venue {
    fn set_terms(&self, authority: Pubkey) -> accounts::SetTerms {
        accounts::SetTerms {
            authority,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
        }
    }

    /// `set_risk_terms`.
    pub fn set_risk_terms(&self, authority: Pubkey, terms: RiskTerms) -> Instruction {
        build(
            self.set_terms(authority),
            instruction::SetRiskTerms { terms },
        )
    }

    /// `set_portfolio_terms`.
    pub fn set_portfolio_terms(&self, authority: Pubkey, terms: PortfolioTerms) -> Instruction {
        build(
            self.set_terms(authority),
            instruction::SetPortfolioTerms { terms },
        )
    }

    /// `set_asset_terms`.
    pub fn set_asset_terms(&self, authority: Pubkey, asset: u16, terms: AssetTerms) -> Instruction {
        build(
            self.set_terms(authority),
            instruction::SetAssetTerms { asset, terms },
        )
    }

    /// `set_asset_risk`.
    pub fn set_asset_risk(
        &self,
        authority: Pubkey,
        asset: u16,
        terms: AssetRiskTerms,
    ) -> Instruction {
        build(
            self.set_terms(authority),
            instruction::SetAssetRisk { asset, terms },
        )
    }

    /// `set_market_terms`.
    pub fn set_market_terms(
        &self,
        authority: Pubkey,
        market: u16,
        terms: MarketTerms,
    ) -> Instruction {
        build(
            self.set_terms(authority),
            instruction::SetMarketTerms { market, terms },
        )
    }
}
