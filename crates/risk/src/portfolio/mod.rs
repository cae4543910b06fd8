//! Portfolio margin: the worst scenario of a whole book (docs/risk.md, section 16).
//!
//! The contracts on one asset are netted and scanned over moves of its price; opposite books on assets that move together
//! are credited; what the scan cannot see is charged by itself: that contracts on one asset do not move as one
//! ([`Scan::spread`]), that a large book takes long to close (the tiers of its markets), and that all of it may be wrong
//! ([`Portfolio::floor`]).
//!
//! Equity is that of [`crate::standard`]: only the requirement is another one.

mod credits;
pub mod explain;
mod group;
mod leg;
mod linear;
mod tally;
mod terms;

use crate::{
    account::{AccountView, MODEL_PORTFOLIO},
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_div_floor,
    market::Market,
    position::Position,
    standard::Book,
    tiers::Schedule,
    units::{Lots, Price, Ratio},
};
use bytemuck::{Pod, Zeroable};
pub use credits::{CREDITS, Credit};
use credits::{Net, Nets};
use explain::{AssetNeed, Explanation};
use group::Group;
pub use leg::OneLeg;
pub(crate) use tally::Tally;
pub use terms::{CreditTerms, PortfolioTerms};

/// How an asset is scanned. 16 bytes, zero where it is not: its markets then count by their Standard requirement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Scan {
    /// The largest move of the price that is scanned.
    pub range: Ratio,
    /// What a lot needs that is hedged by another contract on the same asset, share of its notional.
    pub spread: Ratio,
    /// How far volatility is moved up and down, as a share of itself.
    pub volatility_shift: Ratio,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Scan>() == 16);

/// Terms of portfolio margin for a whole clearinghouse. 72 bytes, zero where it is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Portfolio {
    /// The share of the Standard requirement below which none falls; zero where portfolio margin is not offered.
    pub floor: Ratio,
    /// What the initial requirement is, of the maintenance one at initial prices.
    pub initial: Ratio,
    /// Credits in the order of their priority.
    pub credits: [Credit; CREDITS],
}

const _: () = assert!(size_of::<Portfolio>() == 72);

/// For which check a book is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Against liquidation: as it is, at maintenance prices.
    Maintenance,
    /// For adding risk: with all that resting orders can make of it, at initial prices; the oldest price that counts.
    Initial(u32),
    /// For taking over from another: as the former, at prices that are good enough for that.
    Takeover(u32),
}

impl Stage {
    /// Whether the price of an asset may be used.
    pub(crate) fn check_price(self, asset: &Asset, index: u16, now: i64) -> Result<()> {
        match self {
            Self::Maintenance => asset.check_recorded(index),
            Self::Initial(max_age) => asset.check_initial(index, now, max_age),
            Self::Takeover(max_age) => asset.check_maintenance_within(index, now, max_age),
        }
    }

    /// The oldest price that counts, seconds.
    pub(crate) fn max_age(self) -> u32 {
        match self {
            Self::Maintenance => u32::MAX,
            Self::Initial(max_age) | Self::Takeover(max_age) => max_age,
        }
    }

    /// By which weight a collateral hedges. None where its price may not be used.
    fn weight(self, asset: &Asset, index: u16, now: i64) -> Ratio {
        if self == Self::Maintenance {
            return if asset.is_fresh(now) {
                asset.weight_maintenance
            } else {
                asset.weight_initial_full
            };
        }
        let usable = self.check_price(asset, index, now);
        usable.map_or(Ratio::ZERO, |()| asset.weight_initial)
    }

    /// What longs and shorts are counted at.
    fn prices(self, asset: &Asset) -> [Price; 2] {
        match self {
            Self::Maintenance => [asset.maintenance_high, asset.maintenance_low],
            Self::Initial(_) | Self::Takeover(_) => [asset.initial_high; 2],
        }
    }

    fn schedule(self, market: &Market) -> &Schedule {
        match self {
            Self::Maintenance => &market.maintenance,
            Self::Initial(_) | Self::Takeover(_) => &market.initial,
        }
    }

    /// What is scanned is multiplied by this.
    fn times(self, terms: &Portfolio) -> Ratio {
        match self {
            Self::Maintenance => Ratio::ONE,
            Self::Initial(_) | Self::Takeover(_) => terms.initial.max(Ratio::ONE),
        }
    }

    /// The lots of resting bids and asks that count.
    #[inline(always)]
    fn orders(self, position: &Position) -> (Lots, Lots) {
        match self {
            Self::Maintenance => (Lots::ZERO, Lots::ZERO),
            Self::Initial(_) | Self::Takeover(_) => (position.bid_lots, position.ask_lots),
        }
    }

    /// Which of the multipliers of volatility counts.
    fn multiplier(self, market: &Market) -> Ratio {
        let at = usize::from(self == Self::Maintenance);
        market.multipliers[at].max(Ratio::ONE)
    }
}

/// Whether an account's requirement is that of its worst scenario.
#[inline(always)]
pub fn is_scanned(book: &Book, account: &AccountView) -> bool {
    account.model == MODEL_PORTFOLIO && book.params.portfolio.floor.0 > 0
}

/// An account of which the maintenance requirement is asked with other lots than it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanner<'a> {
    book: Book<'a>,
    account: AccountView<'a>,
    now: i64,
}

impl<'a> Scanner<'a> {
    /// An account that is scanned ([`is_scanned`]); nothing for one by Standard margin.
    pub(crate) fn of(book: &Book<'a>, account: &AccountView<'a>, now: i64) -> Option<Self> {
        is_scanned(book, account).then_some(Self {
            book: *book,
            account: *account,
            now,
        })
    }

    /// Counts nothing yet, of positions that have these lots.
    pub(crate) fn tally<L>(&self, lots: L) -> Tally<'a, L, impl FnMut(&AssetNeed)>
    where
        L: Fn(&Position, &Market) -> Result<Lots>,
    {
        let stage = Stage::Maintenance;
        Tally::new(&self.book, &self.account, self.now, stage, lots, |_| {})
    }
}

/// The lots of a position as they are.
#[allow(clippy::unnecessary_wraps)] // as those that can fail
pub(crate) fn as_held(position: &Position, market: &Market) -> Result<Lots> {
    Ok(position.held(market))
}

/// The lots of an asset that its collateral is counted as, after its weight; whole ones.
fn cover(account: &AccountView, asset: &Asset, index: u16, stage: Stage, now: i64) -> Result<u64> {
    let held = account
        .balances
        .iter()
        .find(|held| held.atoms > 0 && held.asset == index);
    let Some(held) = held else { return Ok(0) };
    let weight = stage.weight(asset, index, now);
    mul_div_floor(
        held.atoms,
        weight.0.into(),
        asset.atoms_per_lot.max(1) << 20, // atoms_per_lot ≤ 10^12 < 2^40
    )
    .ok_or(RiskError::Overflow)
}
