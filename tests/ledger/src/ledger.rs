//! What the clearinghouse has written down.

use counterweight_risk::{
    AccountCore, AccountMut, AccountView, Asset, Book, Health, Lots, Market, Moment, Outflow,
    Position, QuoteAtoms, RiskError, RiskParams, backstop::Reference, deleverage::Settled,
    funding::Funding, orders::Side, position::FillEffect, standard::maintenance,
};

/// Margin accounts; the first is the backstop.
pub const ACCOUNTS: usize = 6;
/// The backstop.
pub const BACKSTOP: usize = 0;
/// Markets.
pub const MARKETS: usize = 3;
/// Assets: the quote token and two that are traded and are collateral.
pub const ASSETS: usize = 3;
/// Slots of an account.
pub const SLOTS: usize = 4;
/// At this time every recorded price is fresh.
pub const RECORDED: i64 = 0;

/// Refuses a liquidation that would lower the account's ratio.
pub const HARM: &str = "LiquidationWouldHarm";

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// By the engine.
    Risk(#[allow(dead_code)] RiskError), // for the log
    /// By a rule of the program's own.
    Rule(#[allow(dead_code)] &'static str), // for the log
}

impl From<RiskError> for Refusal {
    fn from(error: RiskError) -> Self {
        Self::Risk(error)
    }
}

/// What an operation comes to.
pub type Outcome<T = ()> = Result<T, Refusal>;

/// Refuses by a rule of the program's own.
pub fn require(condition: bool, rule: &'static str) -> Outcome {
    if condition {
        Ok(())
    } else {
        Err(Refusal::Rule(rule))
    }
}

/// A margin account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who owns it; the backstop is nobody's.
    pub owner: u8,
    /// Cash, collateral, liquidation state.
    pub core: AccountCore,
    /// All slots.
    pub slots: [Position; SLOTS],
}

impl Account {
    /// The account as it is changed.
    pub fn mutable(&mut self) -> AccountMut<'_> {
        AccountMut {
            core: &mut self.core,
            slots: &mut self.slots,
        }
    }

    /// Positions in use.
    pub fn positions(&self) -> &[Position] {
        &self.slots[..usize::from(self.core.position_count)]
    }

    /// The account as it is judged.
    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            cash: self.core.cash,
            interest: self.core.debt.index,
            balances: &self.core.balances,
            positions: self.positions(),
            model: self.core.model,
        }
    }

    /// Whether orders of it rest, or fills of it wait.
    pub fn has_orders(&self) -> bool {
        let lots = |p: &Position| p.bid_lots.0 + p.ask_lots.0;
        self.positions().iter().map(lots).sum::<i64>() != 0
    }
}

/// A market's own ledger, as `state/market.rs` keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Lots open long and short.
    pub open: [i64; 2],
    /// Lots of both sides whose accounts lag behind a deleveraging.
    pub behind: [i64; 2],
    /// Lots that were closed and are still written down.
    pub unsettled: [i64; 2],
    /// Lots that wait in the queue, bought and sold by makers.
    pub pending: [i64; 2],
    /// What makers receive for them.
    pub pending_quote: i64,
    /// Fees until collected.
    pub fees: i64,
    /// Insurance shares until collected.
    pub insurance: i64,
    /// Roundings until collected.
    pub residue: i64,
    /// The premium.
    pub funding: Funding,
}

impl Line {
    /// Counts a fill, and what settling the indices charged.
    pub fn apply(&mut self, effect: &FillEffect, owed: QuoteAtoms) {
        self.open[0] += effect.long_change;
        self.open[1] += effect.short_change;
        self.residue += owed.0;
        self.caught_up(&effect.settled);
    }

    /// Counts an account that has caught up.
    pub fn caught_up(&mut self, settled: &Settled) {
        self.behind[settled.side] -= settled.behind;
        self.unsettled[settled.side] -= settled.closed;
    }

    /// Lots of the larger side, with what waits.
    pub fn exposure(&self) -> i64 {
        (self.open[0] + self.pending[0]).max(self.open[1] + self.pending[1])
    }
}

/// An order that rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose.
    pub maker: usize,
    /// Where.
    pub market: usize,
    /// Bid or ask.
    pub side: Side,
    /// At what price.
    pub ticks: u64,
    /// How many are left.
    pub lots: i64,
}

/// A fill whose maker was not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The order, with the lots that were filled.
    pub order: Order,
    /// What the maker receives.
    pub quote: i64,
    /// Its fee.
    pub fee: i64,
    /// The market's index when it was matched.
    pub index: i64,
    /// Whether nothing of the order is left.
    pub whole: bool,
}

/// Lines that all markets share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Collected fees.
    pub fees: i64,
    /// What has come in for the backstop.
    pub insurance: i64,
    /// Collected roundings.
    pub residue: i64,
    /// The backstop's day.
    pub reference: Reference,
    /// When it last took over collateral, unix seconds.
    pub took_collateral: i64,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Parameters of the clearinghouse.
    pub params: RiskParams,
    /// Assets.
    pub assets: [Asset; ASSETS],
    /// Markets.
    pub markets: [Market; MARKETS],
    /// Their ledgers.
    pub lines: [Line; MARKETS],
    /// Accounts.
    pub accounts: [Account; ACCOUNTS],
    /// Orders.
    pub orders: Vec<Order>,
    /// The queues of all markets.
    pub queue: Vec<Waiting>,
    /// Shared lines.
    pub house: House,
    /// Tokens in the vaults.
    pub vaults: [u64; ASSETS],
    /// What has left them.
    pub outflow: [Outflow; ASSETS],
    /// Unix seconds.
    pub now: i64,
    /// Prices in 10^-8 dollars.
    pub mantissas: [i64; ASSETS],
    /// By how much funding has moved the indices in all, either way, 48.16 a lot.
    pub funded: [i128; MARKETS],
    /// Assets whose oracles are silent.
    pub silent: [bool; ASSETS],
}

impl Ledger {
    /// What checks read.
    pub fn book(&self) -> Book<'_> {
        Book {
            params: &self.params,
            assets: &self.assets,
            markets: &self.markets,
        }
    }

    /// What holds for money that changes now.
    pub fn moment(&self) -> Moment {
        self.params.moment(self.now)
    }

    /// Maintenance equity and margin now.
    pub fn health(&self, at: usize) -> Outcome<Health> {
        Ok(maintenance(
            &self.book(),
            &self.accounts[at].view(),
            self.now,
        )?)
    }

    /// Lots held in a market, deleveraging applied.
    pub fn lots(&self, at: usize, market: usize) -> i64 {
        let view = self.accounts[at].view();
        view.lots(market as u16, &self.markets[market]).0
    }

    /// Applies a fill to an account and its market. Nothing else moves lots.
    pub fn fill(&mut self, at: usize, market: usize, lots: i64, quote: i64) -> Outcome<FillEffect> {
        let (moment, row) = (self.moment(), self.markets[market]);
        let mut account = self.accounts[at].mutable();
        let quote = QuoteAtoms(quote);
        let (effect, owed) = account.fill(market as u16, &row, Lots(lots), quote, &moment)?;
        self.lines[market].apply(&effect, owed);
        Ok(effect)
    }

    /// As [`Ledger::fill`], with a fee that goes to the market.
    pub fn trade(&mut self, at: usize, market: usize, lots: i64, quote: i64, fee: i64) -> Outcome {
        let (moment, row) = (self.moment(), self.markets[market]);
        let mut account = self.accounts[at].mutable();
        let (quote, fee) = (QuoteAtoms(quote), QuoteAtoms(fee));
        let (effect, owed, fee) =
            account.trade(market as u16, &row, Lots(lots), quote, fee, &moment)?;
        self.lines[market].apply(&effect, owed);
        let line = &mut self.lines[market].fees;
        *line = fee.onto(QuoteAtoms(*line))?.0;
        Ok(())
    }
}
