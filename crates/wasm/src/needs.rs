//! How a scenario moves with prices, volatility and time, and why it needs what it needs by portfolio margin.

use crate::{
    refusal::{Numbered, Result},
    scenario::Scenario,
};
use counterweight_risk::{
    greeks::{self, AssetGreeks},
    portfolio::explain::{self, AssetNeed, Explanation},
};

/// The greeks of an account: of each asset with positions, and of all money together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Greeks {
    /// What all assets' money sums up to; its asset and lots mean nothing.
    pub total: AssetGreeks,
    /// Of each asset with positions, in their order.
    pub assets: Vec<AssetGreeks>,
}

/// Why an account needs what it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of each asset with positions, in their order.
    pub assets: Vec<AssetNeed>,
    /// Of all of them.
    pub whole: Explanation,
}

impl Scenario {
    /// The figures of the `greeks_view` instruction, of options as of their arrays ([`Scenario::price_options`] makes those
    /// of now).
    ///
    /// # Errors
    /// Those of the engine.
    pub fn greeks(&self) -> Result<Greeks> {
        let (book, account) = (self.tables.book(), self.margin.view());
        let total = greeks::total(&book, &account).numbered()?;
        let mut assets = Vec::new();
        let each = greeks::of_account(&book, &account, |greeks| assets.push(*greeks));
        each.numbered()?;
        Ok(Greeks { total, assets })
    }

    /// Why the account needs its maintenance margin by portfolio margin, whichever model it has chosen.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn needs(&self) -> Result<Needs> {
        let (book, account) = (self.tables.book(), self.margin.view());
        let mut assets = Vec::new();
        let whole = explain::maintenance(&book, &account, self.now, |need| assets.push(*need));
        let whole = whole.numbered()?;
        Ok(Needs { assets, whole })
    }

    /// The model that the account is judged by from now on; whether the clearinghouse offers it, and initial margin is met
    /// by it, is another question.
    pub const fn choose_model(&mut self, model: u8) {
        self.margin.header.core.model = model;
    }
}
