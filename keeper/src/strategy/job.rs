//! A transaction that is to be sent, and everything that is expected of it.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use std::collections::BTreeMap;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Takes lots of single markets over.
    Liquidate,
    /// Takes a slice of all positions over.
    Slice,
    /// Takes collateral against a debt.
    Collateral,
    /// Buys lots of the backstop.
    BuyLots,
    /// Buys collateral of the backstop.
    BuyCollateral,
    /// Takes orders out of books and settles fills of an account, so that it can be taken over.
    Prepare,
    /// Starts an account's auction.
    Flag,
    /// Takes a restored account's flag off.
    Unflag,
    /// Lets the backstop take an account over.
    Resolve,
    /// Closes a position of an account in default against the other side.
    Deleverage,
    /// The same of the backstop.
    DeleverageBackstop,
    /// Brings accounts up to a deleveraging.
    CatchUp,
    /// Gives the backstop what rounding has left over.
    SweepDust,
    /// Executes a trigger order.
    Trigger,
    /// Lets a trailing trigger follow the index.
    Follow,
    /// Brings prices.
    Prices,
    /// Refreshes arrays of options.
    Arrays,
    /// Settles fills that wait.
    Fills,
    /// Updates funding.
    Funding,
    /// Prunes expired orders.
    Prune,
    /// Sweeps fees.
    Fees,
    /// Sweeps interest.
    Interest,
    /// Settles positions of markets that have ended.
    Settle,
    /// Makes a lookup table, or extends it.
    Table,
}

impl Kind {
    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Liquidate => "liquidate",
            Self::Slice => "slice",
            Self::Collateral => "collateral",
            Self::BuyLots => "buy_lots",
            Self::BuyCollateral => "buy_collateral",
            Self::Prepare => "prepare",
            Self::Flag => "flag",
            Self::Unflag => "unflag",
            Self::Resolve => "resolve",
            Self::Deleverage => "deleverage",
            Self::DeleverageBackstop => "deleverage_backstop",
            Self::CatchUp => "catch_up",
            Self::SweepDust => "sweep_dust",
            Self::Trigger => "trigger",
            Self::Follow => "follow",
            Self::Prices => "prices",
            Self::Arrays => "arrays",
            Self::Fills => "fills",
            Self::Funding => "funding",
            Self::Prune => "prune",
            Self::Fees => "fees",
            Self::Interest => "interest",
            Self::Settle => "settle",
            Self::Table => "table",
        }
    }

    /// Whether it takes something over onto the keeper's own account, and so needs margin.
    pub const fn takes_over(self) -> bool {
        matches!(
            self,
            Self::Liquidate | Self::Slice | Self::Collateral | Self::BuyLots | Self::BuyCollateral
        )
    }

    /// Whether it earns something: who waits loses it to somebody else. Work that earns nothing may wait for somebody
    /// else to do it.
    pub const fn earns(self) -> bool {
        self.takes_over() || matches!(self, Self::Trigger | Self::Prepare)
    }
}

/// What is done to whom: what is not done twice at a time, and what is waited for after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// What.
    pub kind: Kind,
    /// The account, or the market, or the risk book.
    pub subject: Pubkey,
}

/// What a job brings and costs, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// What comes into the keeper's cash: its part of penalties, fees of triggers.
    pub reward: i64,
    /// What the taken is worth at the index, less what is paid for it. Below zero where a wide interval makes the
    /// price better for the account; above for collateral at a discount.
    pub edge: i64,
    /// What getting rid of it is reckoned to cost.
    pub hedge: i64,
    /// Fees of the transaction.
    pub fees: i64,
    /// Value that changes hands.
    pub volume: u64,
}

impl Expected {
    /// What is left.
    pub fn profit(&self) -> i64 {
        let costs = self.hedge.saturating_add(self.fees);
        self.reward.saturating_add(self.edge).saturating_sub(costs)
    }
}

/// What of the keeper's own account is spoken for by jobs whose outcome it does not show yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// Initial margin, quote atoms.
    pub margin: i64,
    /// Notional by asset, signed, quote atoms.
    pub notional: BTreeMap<u16, i64>,
}

impl Reserve {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.margin = self.margin.saturating_add(other.margin);
        for (asset, atoms) in &other.notional {
            let sum = self.notional.entry(*asset).or_default();
            *sum = sum.saturating_add(*atoms);
        }
    }

    /// What of an asset is spoken for.
    pub fn of(&self, asset: u16) -> i64 {
        self.notional.get(&asset).copied().unwrap_or(0)
    }

    /// All of it, without signs.
    pub fn gross(&self) -> i64 {
        let sizes = self.notional.values().map(|atoms| atoms.saturating_abs());
        sizes.fold(0, i64::saturating_add)
    }
}

/// By what it is seen that a job's outcome has arrived in what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// The margin account's sequence is above this one, or it is gone.
    Account(Pubkey, u64),
    /// The recorded price of the asset is at least from then.
    Price(u16, i64),
    /// The recorded array of the option is from after then.
    Array(u16, i64),
    /// Nothing tells: so many milliseconds after the confirmation.
    Time(u64),
}

/// A transaction that is to be sent.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it does, to whom.
    pub id: JobId,
    /// Further accounts that nothing else may be done to meanwhile.
    pub locks: Vec<Pubkey>,
    /// What it does, prices that it brings along first.
    pub instructions: Vec<Instruction>,
    /// Positions of the largest account in it.
    pub positions: u16,
    /// Compute units beyond what was measured for its instructions.
    pub extra_units: u32,
    /// Micro-lamports a unit.
    pub unit_price: u64,
    /// Whether the trader's key signs.
    pub trades: bool,
    /// Assets whose prices it brings.
    pub prices: Vec<u16>,
    /// Options whose arrays it brings.
    pub arrays: Vec<u16>,
    /// What it brings.
    pub expected: Expected,
    /// What of the keeper's account it needs.
    pub reserve: Reserve,
    /// After this time of the chain, unix seconds, it must be decided anew.
    pub deadline: i64,
    /// By what its outcome is seen.
    pub watch: Vec<Watch>,
}

impl Job {
    /// All accounts that nothing else may be done to meanwhile.
    pub fn locked(&self) -> impl Iterator<Item = &Pubkey> {
        core::iter::once(&self.id.subject).chain(&self.locks)
    }

    /// The accounts that it writes, each once.
    pub fn written(&self) -> Vec<Pubkey> {
        let metas = self.instructions.iter().flat_map(|each| &each.accounts);
        let mut keys: Vec<Pubkey> = metas
            .filter(|meta| meta.is_writable)
            .map(|meta| meta.pubkey)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}
