//! What goes in and what comes out.

use anchor_lang::prelude::Pubkey;
use counterweight_risk::Health;
use std::cmp::Ordering;

/// What [`crate::Fleet::put`] made of an account's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was not there.
    New,
    /// It took the place of an earlier state.
    Changed,
    /// It is what is there already.
    Same,
    /// Its sequence is lower than that of the account that is there: it was not taken.
    Older,
}

/// What a new risk book changes for the accounts that are judged by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The assets whose judged prices or terms changed, or those of a market on them (its requirement, funding,
    /// deleveraging, mode); ascending.
    pub assets: Vec<u16>,
    /// Whether every account has to be judged again: the first book, or one of another shape.
    pub all: bool,
}

impl Moved {
    /// Whether nothing changed that an account is judged by.
    pub fn is_empty(&self) -> bool {
        !self.all && self.assets.is_empty()
    }
}

/// What a round of judging found, of the accounts that it judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Accounts that were judged, with those whose figures are not known.
    pub judged: usize,
    /// Those of them that are below maintenance margin or flagged.
    pub failing: usize,
    /// Those of them that the engine could not judge: see [`crate::Fleet::unknown`].
    pub unknown: usize,
    /// Those of them that something is out of the ordinary of, so that the engine itself judged them. It takes five
    /// times as long for an account; nothing else is different.
    pub by_engine: usize,
    /// The sum of what they are worth, in quote atoms.
    pub equity: i128,
    /// The sum of their maintenance margins, in quote atoms.
    pub requirement: i128,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub key: Pubkey,
    /// Equity and maintenance margin.
    pub health: Health,
    /// Unix seconds since when the account is flagged as in liquidation; 0 where it is not.
    pub in_liquidation_since: i64,
    /// Positions in use.
    pub positions: u16,
    /// Whether orders of it rest, or fills of it wait in a queue.
    pub has_orders: bool,
    /// Whether it is the clearinghouse's backstop.
    pub backstop: bool,
    /// The time at which these figures hold, unix seconds.
    pub judged_at: i64,
}

impl Standing {
    /// Whether the account is below maintenance margin, or flagged as in liquidation.
    pub fn is_failing(&self) -> bool {
        !self.health.is_met() || self.in_liquidation_since != 0
    }

    /// Orders by equity / requirement, the worst first, by cross-multiplication; accounts without a requirement
    /// come last, but for those that owe, which come first. Equal ones by equity, then by key.
    pub fn by_ratio(&self, other: &Self) -> Ordering {
        ratio_order(&self.health, &other.health).then_with(|| self.key.cmp(&other.key))
    }
}

/// The order of [`Standing::by_ratio`] without the key.
pub(crate) fn ratio_order(a: &Health, b: &Health) -> Ordering {
    // Without a requirement: a debt is worse than any ratio, anything else better.
    let class = |health: &Health| match (health.requirement.0, health.equity.0) {
        (1.., _) => 1,
        (_, ..0) => 0,
        _ => 2,
    };
    let cross = |a: &Health, b: &Health| i128::from(a.equity.0) * i128::from(b.requirement.0);
    let classes = class(a).cmp(&class(b));
    classes
        .then_with(|| match class(a) {
            1 => cross(a, b).cmp(&cross(b, a)),
            _ => Ordering::Equal,
        })
        .then_with(|| a.equity.cmp(&b.equity))
}

/// Prices that move at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shock {
    /// Asset and change of its price in basis points of it.
    pub moves: Vec<(u16, i32)>,
}

/// What all accounts hold of an asset together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetExposure {
    /// The asset.
    pub asset: u16,
    /// Accounts that hold it, as collateral or in positions.
    pub accounts: usize,
    /// Lots held long in all markets on it.
    pub long_lots: u128,
    /// Lots held short in all markets on it, positive.
    pub short_lots: u128,
    /// The long lots at the index price, in quote atoms.
    pub long_notional: u128,
    /// The short lots at the index price, in quote atoms.
    pub short_notional: u128,
    /// Token atoms deposited as collateral.
    pub deposited: u128,
    /// The account with the largest net position, where anyone has one.
    pub largest: Option<Pubkey>,
    /// Its lots, netted over all markets on the asset; negative is short.
    pub largest_lots: i128,
    /// What share of the lots on its side it has, in basis points, rounded down.
    pub largest_share_bps: u32,
}
