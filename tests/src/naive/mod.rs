//! A naive exchange in memory, written from the rules and not from the program: a plain list of orders
//! that is sorted whenever somebody looks, a list of what waits for makers, and every figure counted
//! anew from those lists. It says what each action does, or with which number it is refused; the
//! program has to agree on all of it (`tests/differential.rs`).
//!
//! Only three things are the engine's: the margin figures of an account (on positions that are put
//! together here), folding a market's terms into its row, and the prices that the oracle instruction
//! recorded. Each has tests of its own.

mod account;
mod action;
mod arena;
mod book;
mod choose;
mod compare;
mod funding;
mod matching;
mod quoting;
mod trading;
mod upkeep;

pub use account::{Account, Holding};
pub use action::{Action, Place};
pub use arena::Arena;
pub use book::{Market, Order, Waiting};
pub use choose::{Style, choose};
pub use compare::{same_events, same_state};

use anchor_lang::Event;
use counterweight::error::ErrorCode;
use counterweight_risk::{
    AccountView, Health, Market as Row, RiskError,
    standard::{Gains, initial, maintenance},
};
use counterweight_sdk::accounts::RiskTables;

/// The number with which an action is refused.
pub type Refusal = u32;
/// What an action brings, or the number with which it is refused.
pub type Outcome<T> = Result<T, Refusal>;

fn refuse<T>(code: ErrorCode) -> Outcome<T> {
    Err(code.into())
}

/// The number of a refusal by the engine.
fn number_of(error: RiskError) -> Refusal {
    use ErrorCode as C;
    let code = match error {
        RiskError::Overflow => C::Overflow,
        RiskError::NoPrice { .. } => C::NoPrice,
        RiskError::StalePrice { .. } => C::StalePrice,
        RiskError::WidePrice { .. } => C::WidePrice,
        RiskError::DivergentPrice { .. } => C::DivergentPrice,
        RiskError::QuoteOffPar { .. } => C::QuoteOffPar,
        RiskError::ZeroQuantity => C::ZeroQuantity,
        other => panic!("the engine has no reason for {other:?} here"),
    };
    code.into()
}

/// The exchange.
#[derive(Clone)]
pub struct Naive {
    /// Unix seconds.
    pub time: i64,
    /// Everybody.
    pub accounts: Vec<Account>,
    /// The books.
    pub markets: Vec<Market>,
    /// Assets as the oracle recorded them, and the rows of the markets.
    pub tables: RiskTables,
    /// The events of the action in progress.
    events: Vec<Vec<u8>>,
}

impl Naive {
    /// Does an action: the events that tell of it, or the number of the refusal, after which nothing
    /// has changed.
    ///
    /// # Errors
    /// The number.
    pub fn perform(&mut self, action: &Action) -> Outcome<Vec<Vec<u8>>> {
        let before = self.clone();
        let done = match action {
            Action::Place(place) => self.place(place),
            Action::Trade {
                who,
                market,
                args,
                guards,
                hand,
            } => self.trade((*who, *market), args, *guards, hand),
            Action::Edit(place, id) => self.edit(place, *id),
            Action::Cancel {
                who,
                market,
                which,
                limit,
            } => self.cancel_orders(*who, *market, *which, *limit),
            Action::Quotes {
                who,
                market,
                args,
                guards,
                hand,
            } => self.quotes((*who, *market), args, *guards, hand),
            Action::Prune { who, market, limit } => self.prune(*who, *market, *limit),
            Action::Settle {
                market,
                makers,
                limit,
            } => self.settle_fills(*market, makers, *limit),
            Action::Funding(market) => self.update_funding(*market),
            Action::Discount { who, bps } => self.set_discount(*who, *bps),
            Action::Terms { market, terms } => self.set_terms(*market, terms),
            Action::Flag(who) => self.flag(*who),
            // The oracle's; whoever runs this brings the time and the prices.
            Action::Price { .. } | Action::Time(_) => Ok(()),
        };
        let events = std::mem::take(&mut self.events);
        match done {
            Ok(()) => Ok(events),
            Err(number) => {
                *self = before;
                Err(number)
            }
        }
    }

    fn tell(&mut self, event: &impl Event) {
        self.events.push(event.data());
    }

    fn row(&self, market: usize) -> &Row {
        &self.tables.markets[market]
    }

    /// Equity and maintenance margin.
    pub fn maintenance(&self, who: usize) -> Outcome<Health> {
        let positions = self.positions(who);
        let view = AccountView {
            cash: counterweight_risk::QuoteAtoms(self.accounts[who].cash),
            interest: 0,
            balances: &[],
            positions: &positions,
            model: counterweight_risk::account::MODEL_STANDARD,
        };
        maintenance(&self.tables.book(), &view, self.time).map_err(number_of)
    }

    /// Equity and initial margin.
    pub fn initial(&self, who: usize, max_age: u32) -> Outcome<Health> {
        let positions = self.positions(who);
        let view = AccountView {
            cash: counterweight_risk::QuoteAtoms(self.accounts[who].cash),
            interest: 0,
            balances: &[],
            positions: &positions,
            model: counterweight_risk::account::MODEL_STANDARD,
        };
        let book = self.tables.book();
        initial(&book, &view, self.time, max_age, Gains::Weighted).map_err(number_of)
    }
}
