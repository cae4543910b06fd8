//! The clearinghouse itself: its terms, its guardian, its backstop.

use super::{Planner, other_form};
use crate::{change, step::Action};
use counterweight::ClearinghouseSetup;
use counterweight_risk::{RiskParams, RiskTerms};
use counterweight_sdk::{accounts::RiskTables, terms};

const THE_CLEARINGHOUSE: &str = "the clearinghouse";
const CREATOR: &str = "there is no clearinghouse at its address yet, and only its creator can create it: sign with that key, \
                       or mend creator and id";

impl Planner<'_> {
    pub(super) fn clearinghouse(&mut self) {
        let Some(state) = self.chain.clearinghouse else {
            return self.create();
        };
        if let Some(guardian) = self.file.guardian
            && guardian != state.guardian
        {
            let change = change::Change {
                field: "guardian".into(),
                old: state.guardian.to_string(),
                new: guardian.to_string(),
            };
            self.step(
                Action::SetGuardian(guardian),
                THE_CLEARINGHOUSE,
                vec![change],
            );
        }
        if let Some(book) = &self.chain.risk_book {
            self.risk_terms(book);
        }
    }

    fn create(&mut self) {
        let (file, quote) = (self.file, &self.file.asset[0]);
        if let Some(creator) = file.creator {
            let who = self.context.authority;
            self.fixed(THE_CLEARINGHOUSE, "creator", who, creator, CREATOR);
        }
        // The plan's check has found mint and oracle.
        let (Some(collateral), Some(quote_oracle)) = (
            self.addresses.collaterals.first().copied(),
            quote.oracle_choice(),
        ) else {
            return;
        };
        let setup = ClearinghouseSetup {
            guardian: file.guardian.unwrap_or_default(),
            risk: file.risk_terms(),
            quote_name: quote.name16(),
            quote_oracle,
            quote: quote.terms(true),
        };
        if file.guardian.is_none() {
            self.notes.push(
                "the file names no guardian: nobody but the authority will be able to pause".into(),
            );
        }
        let action = Action::CreateClearinghouse {
            id: file.id,
            quote: collateral,
            setup: Box::new(setup),
        };
        self.step(action, THE_CLEARINGHOUSE, Vec::new());
        self.outflow(collateral, 0);
    }

    fn risk_terms(&mut self, book: &RiskTables) {
        let (wanted, params) = (self.file.risk_terms(), &book.header.params);
        let decimals = self.file.asset[0].decimals;
        let held = terms::of_clearinghouse(params);
        let mut changes = change::of_clearinghouse(&held, &wanted, decimals);
        if changes.is_empty() && rewritten(params, &wanted, self.context.now) != Some(*params) {
            changes.push(other_form());
        }
        if changes.is_empty() {
            return;
        }
        if wanted.backstop_daily_loss == 0 {
            self.notes
                .push("backstop_daily_loss is 0: every default is shared by deleveraging".into());
        }
        let action = Action::SetRiskTerms(Box::new(wanted));
        self.step(action, THE_CLEARINGHOUSE, changes);
    }

    pub(super) fn backstop(&mut self) {
        if self.file.backstop && !self.chain.backstop {
            self.step(Action::OpenBackstop, THE_CLEARINGHOUSE, Vec::new());
        }
        if !self.file.backstop && self.chain.backstop {
            self.notes
                .push("the clearinghouse has a backstop, which stays: none can be closed".into());
        }
    }
}

/// The parameters with these terms written once more. Interest goes on meanwhile: what that moves is no difference.
fn rewritten(params: &RiskParams, wanted: &RiskTerms, now: i64) -> Option<RiskParams> {
    let mut after = *params;
    after.set_terms(wanted, now).ok()?;
    let interest = params.interest;
    after.interest.index = interest.index;
    after.interest.since = interest.since;
    after.interest.rate = interest.rate;
    Some(after)
}
