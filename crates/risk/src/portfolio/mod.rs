//! Portfolio margin: the worst scenario of a whole book (docs/risk.md, section 5).
//!
//! The contracts on one asset are netted and scanned over moves of its price; opposite books on assets that move together
//! are credited; what the scan cannot see is charged by itself: that contracts on one asset do not move as one
//! ([`Scan::spread`]), that a large book takes long to close (the tiers of its markets), and that all of it may be wrong
//! ([`Portfolio::floor`]).
//!
//! Equity is that of [`crate::standard`]: only the requirement is another one.

mod credits;
pub mod explain;
mod terms;

use crate::{
    account::{AccountView, MODEL_PORTFOLIO},
    asset::Asset,
    error::{Result, RiskError},
    fixed::{mul_div_floor, mul_shift_below},
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    standard::Book,
    tiers::Schedule,
    units::{Lots, Price, QuoteAtoms, Ratio},
};
use bytemuck::{Pod, Zeroable};
pub use credits::{CREDITS, Credit};
use credits::{Net, Nets};
use explain::{AssetNeed, Explanation, FALL, RISE, STILL};
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
    /// delta on its side, none where it hedges.
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
            group.add(held, Lots::ZERO, Lots::ZERO);
            if position.market == market {
                long = held.0 > 0;
            }
        }
        if asset.scan.range.0 == 0 {
            return Ok(u64::MAX);
        }
        let (stage, now) = (Stage::Maintenance, self.now);
        group.cover(cover(&self.account, asset, row.asset, stage, now)?);
        let net = if long { group.high } else { -group.low };
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
    let terms = &book.params.portfolio;
    let mut sums = Sums::default();
    let mut nets = Nets::default();
    let mut rest = account.positions;
    while let Some(first) = rest.first() {
        let index = first.asset;
        let asset = book.asset(index)?;
        let of_asset = rest.iter().take_while(|position| position.asset == index);
        let (positions, after) = rest.split_at(of_asset.count());
        rest = after;
        let (group, summed) = gather(book, positions, stage, asset, &lots)?;
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
        let mut group = group;
        if group.low < 0 {
            need.collateral = group.cover(cover(account, asset, index, stage, now)?);
        }
        let net = group.judge(book, positions, stage, asset, &mut need)?;
        sums.scanned = sums.scanned.plus(need.sum()?)?;
        each(&need);
        nets.push(index, net);
    }
    sums.explained(terms, stage, nets.credit(&terms.credits)?)
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
            times: match stage {
                Stage::Maintenance => Ratio::ONE,
                Stage::Initial(_) | Stage::Takeover(_) => terms.initial.max(Ratio::ONE),
            },
            unscanned: self.unscanned,
            standard: self.standard,
            floor: self.standard.times_ceil(terms.floor.min(Ratio::ONE))?,
            requirement: QuoteAtoms::ZERO,
        };
        all.requirement = all.by_scenarios()?.max(all.floor);
        Ok(all)
    }
}

/// The lots on one asset. Each count is a sum of at most 128 numbers below 2^46: nothing wraps.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    /// The fewest net lots that it can become.
    low: i64,
    /// The most.
    high: i64,
    /// Lots of all that can be long.
    longs: i64,
    /// Lots of all that can be short.
    shorts: i64,
    /// The larger of both of each position, summed.
    sizes: i64,
    /// The largest of them.
    largest: i64,
}

impl Group {
    /// Counts a position: its lots, and those of its resting bids and asks.
    #[inline(always)]
    fn add(&mut self, lots: Lots, bids: Lots, asks: Lots) {
        let up = lots.0.wrapping_add(bids.0);
        let down = asks.0.wrapping_sub(lots.0);
        self.high = self.high.wrapping_add(up);
        self.low = self.low.wrapping_sub(down);
        self.longs = self.longs.wrapping_add(up.max(0));
        self.shorts = self.shorts.wrapping_add(down.max(0));
        let size = up.max(down);
        self.sizes = self.sizes.wrapping_add(size);
        self.largest = self.largest.max(size);
    }

    /// Counts collateral as far as it hedges a short: what is more of it is judged by its weight alone. Returns what it
    /// stands for.
    fn cover(&mut self, lots: u64) -> Lots {
        let lots = i64::try_from(lots).unwrap_or(i64::MAX);
        self.low = self.low.saturating_add(lots).min(self.low.max(0));
        self.high = self.high.saturating_add(lots).min(self.high.max(0));
        Lots(lots)
    }

    /// At most the lots that different contracts hedge of each other, whatever becomes of resting orders: each contract is
    /// on one side only.
    fn hedged(&self) -> i64 {
        let others = self.sizes.wrapping_sub(self.largest);
        self.longs.min(self.shorts).min(others)
    }

    /// Writes down what it needs; returns what credits may count on.
    #[inline(always)]
    fn judge(
        &self,
        book: &Book,
        positions: &[Position],
        stage: Stage,
        asset: &Asset,
        need: &mut AssetNeed,
    ) -> Result<Net> {
        let [long, short] = stage.prices(asset);
        let up = notional(self.high.max(0).unsigned_abs(), long)?;
        let down = notional(self.low.min(0).unsigned_abs(), short)?;
        let worst = up.max(down);
        let multiplier = stage.multiplier(book.market(positions[0].market)?);
        let rate = asset.scan.range.times_ceil(multiplier)?;
        need.is_scanned = true;
        (need.low, need.high, need.range) = (Lots(self.low), Lots(self.high), rate);
        need.worst = match (worst, up >= down) {
            (0, _) => STILL,
            (_, true) => FALL,
            (_, false) => RISE,
        };
        need.scan = QuoteAtoms::from_unsigned(rate.of_ceil(worst)?)?;
        let hedged = self.hedged();
        if hedged > 0 {
            // More than is held of one contract: the dearer of both prices.
            let basis = notional(hedged.unsigned_abs(), long.max(short))?;
            let charge = asset.scan.spread.times_ceil(multiplier)?.of_ceil(basis)?;
            need.hedged = Lots(hedged);
            need.spread = QuoteAtoms::from_unsigned(charge)?;
        }
        need.size = QuoteAtoms::from_unsigned(size(book, positions, stage, worst)?)?;
        let sure = [
            notional_floor(self.low.max(0).unsigned_abs(), long)?,
            notional_floor(self.high.min(0).unsigned_abs(), short)?,
        ];
        Ok(Net {
            sure,
            possible: [up, down],
            rate,
        })
    }
}

/// Sums the positions on one asset, and their Standard requirement.
#[inline(always)]
fn gather(
    book: &Book,
    positions: &[Position],
    stage: Stage,
    asset: &Asset,
    lots: &impl Fn(&Position, &Market) -> Result<Lots>,
) -> Result<(Group, QuoteAtoms)> {
    let prices = stage.prices(asset);
    let mut group = Group::default();
    let mut summed = QuoteAtoms::ZERO;
    for position in positions {
        let market = book.market(position.market)?;
        if market.mode == MODE_SETTLEMENT {
            continue;
        }
        let held = lots(position, market)?;
        let (bids, asks) = if stage == Stage::Maintenance {
            (Lots::ZERO, Lots::ZERO)
        } else {
            (position.bid_lots, position.ask_lots)
        };
        group.add(held, bids, asks);
        // Both below 2^46, as in `Group::add`.
        let largest = held.0.wrapping_add(bids.0).max(asks.0.wrapping_sub(held.0));
        let price = prices[usize::from(held.0 < 0)];
        let notional = notional(largest.max(0).unsigned_abs(), price)?;
        summed = summed.plus(stage.schedule(market).charge(notional)?)?;
    }
    Ok((group, summed))
}

/// What the tiers of the markets ask of a net position above their first rate: the most that any of them does.
#[inline(always)]
fn size(book: &Book, positions: &[Position], stage: Stage, notional: u64) -> Result<u64> {
    let mut most = 0;
    for position in positions {
        let market = book.market(position.market)?;
        let schedule = stage.schedule(market);
        let first = &schedule.tiers[0];
        if notional > first.upper && market.mode != MODE_SETTLEMENT {
            let whole = schedule.requirement(notional)?;
            let more = whole.saturating_sub(first.rate.of_ceil(notional)?);
            most = most.max(if stage == Stage::Maintenance {
                more
            } else {
                market.maintenance_fraction.of_ceil(more)?
            });
        }
    }
    Ok(most)
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

/// Lots at a price, rounded up, below 2^60.
#[inline(always)]
fn notional(lots: u64, price: Price) -> Result<u64> {
    let (floor, inexact) = mul_shift_below::<16, 60>(lots, price.0).ok_or(RiskError::Overflow)?;
    Ok(floor.wrapping_add(u64::from(inexact)))
}

/// The same, rounded down.
#[inline(always)]
fn notional_floor(lots: u64, price: Price) -> Result<u64> {
    let (floor, _) = mul_shift_below::<16, 60>(lots, price.0).ok_or(RiskError::Overflow)?;
    Ok(floor)
}
