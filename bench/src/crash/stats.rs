//! What is counted.

use super::path::MARKETS;
use counterweight::events::{DefaultResolved, Deleveraged, Liquidated};
use std::collections::{BTreeMap, BTreeSet};

/// Counts and sums of a crash; sums in quote atoms.
#[derive(Default)]
pub struct Stats {
    /// By call: done, refused, most compute units.
    pub calls: BTreeMap<&'static str, [u64; 3]>,
    /// Refusals by call and number.
    pub refusals: BTreeMap<(&'static str, u32), u64>,
    /// Accounts of which a keeper took lots.
    pub touched: BTreeSet<usize>,
    /// Accounts that came into default.
    pub failed: BTreeSet<usize>,
    /// Accounts with a debt that nobody can bear yet.
    pub stranded: BTreeSet<usize>,
    /// Liquidations, and the value that they took.
    pub liquidations: u64,
    pub volume: i64,
    pub penalties: i64,
    pub insurance: i64,
    /// What the backstop sold: value and discount.
    pub sold: i64,
    pub discounts: i64,
    pub takeovers: u64,
    /// Lots and value closed by deleveraging, by market.
    pub lots: [i64; MARKETS],
    pub values: [i64; MARKETS],
    pub deleveragings: u64,
    pub of_backstop: u64,
    /// What of the value was closed at a price other than the index, and what that cost the other side.
    pub wide: i64,
    pub off: i64,
    /// What of the value was of accounts that still had equity.
    pub solvent: i64,
    /// Deficits that the other side shared, and what the backstop paid of them.
    pub shared: i64,
    pub covered: i64,
    /// What of the shared ones was the backstop's own.
    pub shared_of_backstop: i64,
    /// The lowest that the insurance fund stood at, and the step.
    pub lowest_fund: Option<(i64, usize)>,
    /// Dust swept, lots by market.
    pub dust: [i64; MARKETS],
    /// Sum over steps of accounts that could not be judged for want of a price.
    pub unjudged: u64,
    /// Sum over steps of accounts that were liquidatable and that no keeper could serve.
    pub unserved: u64,
    /// Highest value that keepers held at the end of a step.
    pub inventory: i64,
}

impl Stats {
    pub fn done(&mut self, name: &'static str, units: u64) {
        let call = self.calls.entry(name).or_default();
        call[0] += 1;
        call[2] = call[2].max(units);
    }

    pub fn refused(&mut self, name: &'static str, code: u32) {
        self.calls.entry(name).or_default()[1] += 1;
        *self.refusals.entry((name, code)).or_default() += 1;
    }

    pub fn liquidated(&mut self, account: usize, backstop: bool, event: &Liquidated) {
        self.insurance += event.insurance;
        if backstop {
            self.sold += event.cost.abs();
            self.discounts += event.penalty;
            return;
        }
        self.touched.insert(account);
        self.liquidations += 1;
        self.volume += event.cost.abs();
        self.penalties += event.penalty;
    }

    pub fn taken_over(&mut self, account: usize, _event: &DefaultResolved) {
        self.failed.insert(account);
        self.stranded.remove(&account);
        self.takeovers += 1;
    }

    pub fn deleveraged(
        &mut self,
        account: usize,
        backstop: usize,
        value: i64,
        event: &Deleveraged,
    ) {
        if account == backstop {
            self.of_backstop += 1;
            self.shared_of_backstop += event.deficit;
        } else {
            self.failed.insert(account);
            self.deleveragings += 1;
        }
        let market = usize::from(event.market);
        self.lots[market] += event.lots.abs();
        self.values[market] += value;
        // Received for a long, or paid for a short: what the index would have been is `value`.
        let at_index = if event.lots > 0 { value } else { -value };
        let off = event.received - event.deficit - at_index;
        if off.abs() > value / 1_000 {
            self.wide += value;
            self.off += off;
        }
        if event.equity > 0 {
            self.solvent += value;
        }
        self.shared += event.deficit;
        self.covered += event.covered;
    }

    /// The call that was dearest.
    pub fn dearest(&self) -> (&'static str, u64) {
        let most = self.calls.iter().max_by_key(|(_, call)| call[2]);
        most.map_or(("none", 0), |(name, call)| (name, call[2]))
    }

    /// Transactions that succeeded and that were refused.
    pub fn transactions(&self) -> [u64; 2] {
        let sum = |at: usize| self.calls.values().map(|call| call[at]).sum();
        [sum(0), sum(1)]
    }
}
