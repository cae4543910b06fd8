//! Portfolio margin of the clearinghouse, and who says at which volatilities options are marked.

use super::{Planner, other_form};
use crate::{change::Change, portfolio::of_portfolio, step::Action};
use anchor_lang::prelude::Pubkey;
use counterweight_risk::portfolio::{Portfolio, PortfolioTerms};

const THE_CLEARINGHOUSE: &str = "the clearinghouse";

impl Planner<'_> {
    /// Behind assets, which a credit names by their place.
    pub(super) fn portfolio(&mut self) {
        let book = self.chain.risk_book.as_ref();
        let held = book.map_or(Portfolio::default(), |book| book.header.params.portfolio);
        let (before, wanted) = (held.terms(), self.file.portfolio_terms());
        let name = |index: u8| {
            let asset = self.file.asset.get(usize::from(index));
            asset.map_or_else(|| format!("asset {index}"), |asset| asset.name.clone())
        };
        let mut changes = of_portfolio(&before, &wanted, name);
        if changes.is_empty() && wanted.fold() != held {
            changes.push(other_form());
        }
        if changes.is_empty() {
            return;
        }
        if wanted == PortfolioTerms::default() {
            let note = "without [portfolio], portfolio margin is switched off: every account is judged by Standard \
                        margin at once";
            self.notes.push(note.into());
        }
        let action = Action::SetPortfolioTerms(Box::new(wanted));
        self.step(action, THE_CLEARINGHOUSE, changes);
    }

    /// Without one in the file, whoever is named stays.
    pub(super) fn volatility_feed(&mut self) {
        let held = self.chain.clearinghouse;
        let held = held.map_or(Pubkey::default(), |state| state.volatility_feed);
        let Some(feed) = self.file.volatility_feed.filter(|feed| *feed != held) else {
            return;
        };
        let old = if held == Pubkey::default() {
            "nobody".into()
        } else {
            held.to_string()
        };
        let change = Change {
            field: "volatility_feed".into(),
            old,
            new: feed.to_string(),
        };
        let action = Action::SetVolatilityFeed(feed);
        self.step(action, THE_CLEARINGHOUSE, vec![change]);
    }
}
