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
mod terms;

use crate::{
    account::{AccountView, MODEL_PORTFOLIO},
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_div_floor,
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    standard::Book,
    tiers::Schedule,
    units::{Lots, Price, QuoteAtoms, Ratio},
};
use bytemuck::{Pod, Zeroable};
pub use credits::{CREDITS, Credit};
use credits::{Net, Nets};
use explain::{AssetNeed, Explanation};
use group::{Group, Terms};
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
    /// By which weight a collateral hedges. None where its price may not be used.
    fn weight(self, asset: &Asset, index: u16, now: i64) -> Ratio {
        let usable = match self {
            Self::Maintenance if asset.is_fresh(now) => return asset.weight_maintenance,
            Self::Maintenance => return asset.weight_initial_full,
            Self::Initial(max_age) => asset.check_initial(index, now, max_age),
            Self::Takeover(max_age) => asset.check_maintenance_within(index, now, max_age),
        };
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

/// An account of which the requirement is asked at a stage, perhaps with other lots than it has.
#[derive(Clone, Copy, Debug)]
pub struct Scanner<'a> {
    book: Book<'a>,
    account: AccountView<'a>,
    now: i64,
}

impl<'a> Scanner<'a> {
    /// An account that is scanned ([`is_scanned`]); nothing for one by Standard margin.
    pub fn of(book: &Book<'a>, account: &AccountView<'a>, now: i64) -> Option<Self> {
        is_scanned(book, account).then_some(Self {
            book: *book,
            account: *account,
            now,
        })
    }

    /// The maintenance requirement that the account would have with these lots.
    ///
    /// # Errors
    /// [`RiskError::Overflow`], [`RiskError::UnknownAsset`], [`RiskError::UnknownMarket`].
    pub fn maintenance_with(
        &self,
        lots: impl Fn(&Position, &Market) -> Result<Lots>,
    ) -> Result<QuoteAtoms> {
        requirement(
            &self.book,
            &self.account,
            self.now,
            Stage::Maintenance,
            lots,
        )
    }

    /// How many lots of a position can be closed before the scan of its asset rises again: what is left of the net
    /// delta on its side, none where it hedges. Of an option any number: its scan decides.
    ///
    /// # Errors
    /// As [`Scanner::maintenance_with`].
    pub fn unhedged(&self, market: u16) -> Result<u64> {
        let row = self.book.market(market)?;
        let asset = self.book.asset(row.asset)?;
        let positions = self.account.positions.iter();
        let mut group = Group::default();
        let mut long = false;
        for position in positions.filter(|position| position.asset == row.asset) {
            let other = self.book.market(position.market)?;
            if other.mode == MODE_SETTLEMENT {
                continue;
            }
            let held = position.held(other);
            if other.is_option() {
                group.add_delta(other.array.delta_of(held));
            } else {
                group.add(held, Lots::ZERO, Lots::ZERO);
            }
            if position.market == market {
                long = held.0 > 0;
            }
        }
        if asset.scan.range.0 == 0 || row.is_option() {
            return Ok(u64::MAX);
        }
        let (stage, now) = (Stage::Maintenance, self.now);
        group.cover(cover(&self.account, asset, row.asset, stage, now)?);
        let net = if long {
            group.net_high()
        } else {
            group.net_low().saturating_neg()
        };
        Ok(net.max(0).unsigned_abs())
    }
}

/// What a whole book needs at a stage.
///
/// # Errors
/// [`RiskError::Overflow`], [`RiskError::UnknownAsset`], [`RiskError::UnknownMarket`].
#[inline(never)]
pub(crate) fn requirement(
    book: &Book,
    account: &AccountView,
    now: i64,
    stage: Stage,
    lots: impl Fn(&Position, &Market) -> Result<Lots>,
) -> Result<QuoteAtoms> {
    pass(book, account, now, stage, lots, |_| {}).map(|all| all.requirement)
}

/// The pass over a book that [`requirement`] is, and that [`explain`] looks on at: who looks on changes nothing.
#[inline(always)]
fn pass(
    book: &Book,
    account: &AccountView,
    now: i64,
    stage: Stage,
    lots: impl Fn(&Position, &Market) -> Result<Lots>,
    mut each: impl FnMut(&AssetNeed),
) -> Result<Explanation> {
    let terms = Terms { book, stage, now };
    let offer = &book.params.portfolio;
    let mut sums = Sums::default();
    let mut nets = Nets::default();
    let mut rest = account.positions;
    while let Some(first) = rest.first() {
        let index = first.asset;
        let asset = book.asset(index)?;
        let of_asset = rest.iter().take_while(|position| position.asset == index);
        let (positions, after) = rest.split_at(of_asset.count());
        rest = after;
        let (mut group, summed) = Group::gather(&terms, positions, asset, &lots)?;
        sums.standard = sums.standard.plus(summed)?;
        let mut need = AssetNeed {
            asset: index,
            standard: summed,
            ..AssetNeed::default()
        };
        if asset.scan.range.0 == 0 {
            sums.unscanned = sums.unscanned.plus(summed)?;
            each(&need);
            continue;
        }
        if group.net_low() < 0 {
            need.collateral = group.cover(cover(account, asset, index, stage, now)?);
        }
        let net = group.judge(&terms, positions, asset, &mut need)?;
        sums.scanned = sums.scanned.plus(need.sum()?)?;
        each(&need);
        nets.push(index, net);
    }
    sums.explained(offer, stage, nets.credit(&offer.credits)?)
}

/// What the assets of an account need, summed.
#[derive(Default)]
struct Sums {
    /// Scan, size and spread of those that are scanned.
    scanned: QuoteAtoms,
    /// Standard requirement of those that are not.
    unscanned: QuoteAtoms,
    /// Standard requirement of all.
    standard: QuoteAtoms,
}

impl Sums {
    /// What all of it needs, less what pairs save.
    #[inline(always)]
    fn explained(
        &self,
        terms: &Portfolio,
        stage: Stage,
        credits: QuoteAtoms,
    ) -> Result<Explanation> {
        let mut all = Explanation {
            scanned: self.scanned,
            credits,
            times: stage.times(terms),
            unscanned: self.unscanned,
            standard: self.standard,
            floor: self.standard.times_ceil(terms.floor.min(Ratio::ONE))?,
            requirement: QuoteAtoms::ZERO,
        };
        all.requirement = all.by_scenarios()?.max(all.floor);
        Ok(all)
    }
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
