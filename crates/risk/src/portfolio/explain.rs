//! Why an account needs what it needs by portfolio margin: the same figures, in their parts.
//!
//! It is the requirement's own pass over the account, with somebody who looks on. Nothing is allocated: each asset is told
//! as it is judged.

use super::{Stage, Tally, as_held};
use crate::{
    account::AccountView,
    error::Result,
    standard::Book,
    units::{Lots, QuoteAtoms, Ratio},
};

/// One of the moves that a book is scanned over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Thirds of the range by which the price moves.
    pub thirds: i8,
    /// Which way volatility moves: up 1, down −1. Says nothing of linear contracts.
    pub volatility: i8,
    /// What part of the loss counts, in percent.
    pub percent: u8,
}

/// All scenarios: seven moves within the range, each with volatility up and down, and two beyond it.
pub const SCENARIOS: [Scenario; 16] = [
    within(0, 1),
    within(0, -1),
    within(1, 1),
    within(1, -1),
    within(-1, 1),
    within(-1, -1),
    within(2, 1),
    within(2, -1),
    within(-2, 1),
    within(-2, -1),
    within(3, 1),
    within(3, -1),
    within(-3, 1),
    within(-3, -1),
    beyond(6),
    beyond(-6),
];

/// In [`SCENARIOS`]: nothing moves.
pub const STILL: usize = 0;
/// In [`SCENARIOS`]: the price rises by the whole range.
pub const RISE: usize = 10;
/// In [`SCENARIOS`]: the price falls by the whole range.
pub const FALL: usize = 12;

const fn within(thirds: i8, volatility: i8) -> Scenario {
    Scenario {
        thirds,
        volatility,
        percent: 100,
    }
}

const fn beyond(thirds: i8) -> Scenario {
    Scenario {
        thirds,
        volatility: 0,
        percent: 35,
    }
}

impl Scenario {
    /// The move of the price for a range, as a share of the price in 2^-20, towards zero.
    pub fn move_of(&self, range: Ratio) -> i64 {
        i64::from(range.0) * i64::from(self.thirds) / 3
    }
}

/// What the contracts on one asset need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetNeed {
    /// Index of the asset.
    pub asset: u16,
    /// Whether it is scanned. Where it is not, it needs what Standard margin asks.
    pub is_scanned: bool,
    /// The fewest net lots that it can become, whatever resting orders do; a short less what collateral hedges of it.
    pub low: Lots,
    /// The most.
    pub high: Lots,
    /// Lots that the account's collateral of the asset stands for, by its weight, where there can be a short.
    pub collateral: Lots,
    /// Lots that different contracts hedge of each other.
    pub hedged: Lots,
    /// The range that is scanned, times the multiplier of volatility.
    pub range: Ratio,
    /// The worst of [`SCENARIOS`], by its number; the first of several.
    pub worst: usize,
    /// The loss in it.
    pub scan: QuoteAtoms,
    /// What the tiers add for the size of the net position.
    pub size: QuoteAtoms,
    /// What hedged lots are charged for that contracts on one asset do not move as one.
    pub spread: QuoteAtoms,
    /// What Standard margin asks for the same positions.
    pub standard: QuoteAtoms,
}

impl AssetNeed {
    /// What it adds to the requirement before credits: scan, size and spread, or the Standard requirement.
    ///
    /// # Errors
    /// [`crate::RiskError::Overflow`]; not of what was explained.
    #[inline(always)]
    pub fn sum(&self) -> Result<QuoteAtoms> {
        if self.is_scanned {
            self.scan.plus(self.size)?.plus(self.spread)
        } else {
            Ok(self.standard)
        }
    }

    /// The move of the price in the worst scenario, as a share of the price in 2^-20.
    pub fn worst_move(&self) -> i64 {
        SCENARIOS[self.worst].move_of(self.range)
    }
}

/// Which of the figures a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What the scenarios of all assets need, less credits.
    Scenarios,
    /// The share of the Standard requirement below which none falls.
    Floor,
    /// What the account's options are worth, where it owns them and nothing else: it can lose no more.
    Owned,
}

/// What a whole account needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Scan, size and spread of all assets that are scanned.
    pub scanned: QuoteAtoms,
    /// What pairs of assets save.
    pub credits: QuoteAtoms,
    /// By what the former two are multiplied: one against liquidation.
    pub times: Ratio,
    /// Standard requirement of the assets that are not scanned.
    pub unscanned: QuoteAtoms,
    /// Standard requirement of all, by the same prices.
    pub standard: QuoteAtoms,
    /// The least that is asked.
    pub floor: QuoteAtoms,
    /// Where there is nothing but options that are held long, for which no order rests: what they are worth in equity.
    pub owned: Option<QuoteAtoms>,
    /// The larger of (scanned − credits) × times + unscanned, and the floor; but no more than what is owned is worth.
    pub requirement: QuoteAtoms,
}

impl Explanation {
    /// Which bound the requirement is; the scenarios where both are the same.
    pub fn bound(&self) -> Result<Bound> {
        let scenarios = self.by_scenarios()?;
        let asked = scenarios.max(self.floor);
        Ok(if self.owned.is_some_and(|worth| worth < asked) {
            Bound::Owned
        } else if scenarios < self.floor {
            Bound::Floor
        } else {
            Bound::Scenarios
        })
    }

    /// What would be asked without a floor, and of whatever is held.
    pub fn by_scenarios(&self) -> Result<QuoteAtoms> {
        let mut scanned = self.scanned.minus(self.credits)?;
        if self.times != Ratio::ONE {
            scanned = scanned.times_ceil(self.times)?;
        }
        scanned.plus(self.unscanned)
    }
}

/// Why the account needs its maintenance margin by portfolio margin, whichever model it has chosen: of each asset to
/// `each`, and of all.
///
/// # Errors
/// [`crate::RiskError::Overflow`], [`crate::RiskError::UnknownAsset`], [`crate::RiskError::UnknownMarket`].
pub fn maintenance(
    book: &Book,
    account: &AccountView,
    now: i64,
    each: impl FnMut(&AssetNeed),
) -> Result<Explanation> {
    explained(book, account, now, Stage::Maintenance, each)
}

/// The same of its initial margin, with all that resting orders can make of it. It does not ask whether prices may be used:
/// [`crate::standard::initial`] does.
///
/// # Errors
/// As [`maintenance`].
pub fn initial(
    book: &Book,
    account: &AccountView,
    now: i64,
    max_age: u32,
    each: impl FnMut(&AssetNeed),
) -> Result<Explanation> {
    explained(book, account, now, Stage::Initial(max_age), each)
}

fn explained(
    book: &Book,
    account: &AccountView,
    now: i64,
    stage: Stage,
    each: impl FnMut(&AssetNeed),
) -> Result<Explanation> {
    let mut tally = Tally::new(book, account, now, stage, as_held, each);
    tally.add_all()?;
    tally.finish()
}
