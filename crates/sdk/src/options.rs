//! Building the instructions of options: their arrays, smiles and greeks, and the model that nets them.

use crate::instructions::{Venue, build};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{Guards, accounts, instruction};
use counterweight_risk::option::SviTerms;

impl Venue {
    /// `set_risk_model`: one of the engine's `MODEL_` values.
    pub fn set_risk_model(
        &self,
        owner: Pubkey,
        margin_account: Pubkey,
        model: u8,
        guards: Guards,
    ) -> Instruction {
        let accounts = accounts::SetRiskModel {
            owner,
            risk_book: self.risk_book,
            margin_account,
        };
        build(accounts, instruction::SetRiskModel { model, guards })
    }

    /// `greeks_view`.
    pub fn greeks_view(&self, margin_account: Pubkey) -> Instruction {
        let accounts = accounts::ViewMargin {
            risk_book: self.risk_book,
            margin_account,
        };
        build(accounts, instruction::GreeksView {})
    }

    /// `refresh_arrays`.
    pub fn refresh_arrays(&self, markets: &[u16]) -> Instruction {
        let accounts = accounts::RefreshArrays {
            risk_book: self.risk_book,
        };
        let markets = markets.to_vec();
        build(accounts, instruction::RefreshArrays { markets })
    }

    /// `set_smile`.
    pub fn set_smile(
        &self,
        volatility_feed: Pubkey,
        markets: &[u16],
        svi: SviTerms,
    ) -> Instruction {
        let accounts = accounts::SetSmile {
            volatility_feed,
            clearinghouse: self.clearinghouse,
            risk_book: self.risk_book,
        };
        let markets = markets.to_vec();
        build(accounts, instruction::SetSmile { markets, svi })
    }
}
