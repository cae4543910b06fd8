//! How operations end, as `instructions/checks.rs` has it.

use crate::ledger::{BACKSTOP, Ledger, Outcome, require};
use counterweight_risk::{
    Health,
    liquidation::is_restored,
    standard::{Gains, initial, initial_for_takeover},
};

/// What an account must meet after a trade.
#[derive(Clone, Copy, Debug)]
pub enum Baseline {
    /// Initial margin.
    Initial,
    /// To be no worse than this.
    NoWorse(Health),
}

impl Ledger {
    /// Equity and initial margin now.
    pub fn initial(&self, at: usize, gains: Gains) -> Outcome<Health> {
        let view = self.accounts[at].view();
        Ok(initial(&self.book(), &view, self.now, u32::MAX, gains)?)
    }

    /// The same at prices that are good enough to take something over.
    pub fn takeover(&self, at: usize) -> Outcome<Health> {
        let view = self.accounts[at].view();
        Ok(initial_for_takeover(
            &self.book(),
            &view,
            self.now,
            u32::MAX,
        )?)
    }

    /// Refuses an account below initial margin.
    pub fn require_initial(&self, at: usize, gains: Gains) -> Outcome {
        require(self.initial(at, gains)?.is_met(), "initial margin")
    }

    /// What a trade must leave.
    pub fn baseline(&self, at: usize, reduces: bool) -> Outcome<Baseline> {
        if !reduces {
            return Ok(Baseline::Initial);
        }
        match self.initial(at, Gains::Weighted) {
            Ok(health) if health.is_met() => Ok(Baseline::Initial),
            _ => Ok(Baseline::NoWorse(self.health(at)?)),
        }
    }

    /// Refuses what leaves less.
    pub fn require_baseline(&self, at: usize, baseline: Baseline) -> Outcome {
        match baseline {
            Baseline::Initial => self.require_initial(at, Gains::Weighted),
            Baseline::NoWorse(before) => {
                let after = self.health(at)?;
                require(after.is_no_worse_than(&before), "would be worse")
            }
        }
    }

    /// Ends a liquidation that is over.
    pub fn leave_if_restored(&mut self, at: usize) {
        if self.accounts[at].core.liquidation_start == 0 || at == BACKSTOP {
            return;
        }
        let buffer = self.params.liquidation_buffer;
        if self.health(at).is_ok_and(|h| is_restored(&h, buffer)) {
            self.accounts[at].core.liquidation_start = 0;
        }
    }
}
