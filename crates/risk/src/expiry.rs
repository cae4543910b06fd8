//! Contracts that end, and the price at which they do (docs/risk.md, "Contracts that end").
//!
//! A contract settles at the mean of its underlying's index over the last half hour before its expiry, each price
//! weighted by the seconds for which it stood. Whoever records a newer price counts the one that stood until
//! then ([`Stood`]); whoever comes after the expiry settles the market ([`settle`]).

use crate::{
    asset::Asset,
    error::{BoundError, Result, RiskError, within},
    fixed::mul_div_floor,
    market::{KIND_CALL, KIND_PERPETUAL, KIND_PUT, MODE_SETTLEMENT, Market},
    position::Position,
    standard::Book,
    units::{MAX_PRICE, Price},
};
use bytemuck::{Pod, Zeroable};

/// Seconds before the expiry over which the index is averaged.
pub const SETTLEMENT_WINDOW: i64 = 1_800;
/// Seconds after the expiry from which a contract settles without a price that is as late as its expiry.
pub const SETTLEMENT_PATIENCE: i64 = 600;
/// Seconds from a market's beginning to its expiry, at least: its whole window lies ahead.
pub const LEAST_TERM: i64 = 3_600;
/// Seconds from a market's beginning to its expiry, at most: two years.
pub const LONGEST_TERM: i64 = 2 * 365 * 86_400;

/// Bits that a price loses before it is multiplied by seconds.
const CUT: u32 = 8;

/// When and at what a contract ends. 32 bytes, zero for a perpetual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Contract {
    /// When it ends, unix seconds; zero for never.
    pub expiry: i64,
    /// The strike of an option.
    pub strike: Price,
    /// The index times the seconds for which it stood, in the window before the expiry: 2^-8 quote atoms a lot
    /// times a second.
    pub sum: u64,
    /// Seconds of the window that are in `sum`.
    pub seconds: u32,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Contract>() == 32);
// A sum of prices below 2^56, cut, over the whole window, stays far below 2^64.
const _: () = assert!((1u64 << (56 - CUT)) * SETTLEMENT_WINDOW.unsigned_abs() < 1 << 60);

impl Contract {
    /// A contract of a kind, from now to its expiry; an option at a strike, in quote atoms a lot.
    ///
    /// # Errors
    /// [`BoundError`] for a kind that there is not, a perpetual with an expiry, anything else without one or with one
    /// that is too near or too far, an option without a strike or anything else with one.
    pub fn new(
        kind: u8,
        expiry: i64,
        strike: u64,
        now: i64,
    ) -> core::result::Result<Self, BoundError> {
        within("kind", kind.into(), KIND_PERPETUAL.into(), KIND_PUT.into())?;
        let (low, high) = match kind {
            KIND_PERPETUAL => (0, 0),
            _ => (now + LEAST_TERM, now + LONGEST_TERM),
        };
        // Below zero it is shown, and refused, as a huge one.
        let [found, low, high] = [expiry, low, high].map(i64::cast_unsigned);
        within("expiry", found, low, high)?;
        let (low, high) = if kind >= KIND_CALL {
            (1, MAX_PRICE.0 >> 16)
        } else {
            (0, 0)
        };
        within("strike", strike, low, high)?;
        Ok(Self {
            expiry,
            strike: Price(strike << 16), // at most 2^40
            ..Self::default()
        })
    }

    /// Whether the expiry is reached.
    #[inline(always)]
    pub const fn is_over(&self, now: i64) -> bool {
        self.expiry != 0 && now >= self.expiry
    }

    /// Seconds of the window that are not counted yet: in them the price still moves what a lot settles at.
    #[inline(always)]
    pub const fn rest(&self) -> i64 {
        SETTLEMENT_WINDOW.saturating_sub(self.seconds as i64)
    }

    /// What a lot of the underlying settles at if the index stays where it is from now on: of the mean a part is fixed.
    /// Rounded down by less than 2^-8 of a quote atom.
    #[inline(always)]
    pub fn mean_at(&self, index: Price) -> Price {
        if self.seconds == 0 {
            return index;
        }
        self.blended(index)
    }

    #[cold]
    #[inline(never)]
    fn blended(&self, index: Price) -> Price {
        let fixed = self.fixed();
        let (rest, all) = (self.rest().unsigned_abs(), SETTLEMENT_WINDOW.unsigned_abs());
        let moving = mul_div_floor(index.0, rest, all).unwrap_or(index.0);
        Price(fixed.saturating_add(moving).min(MAX_PRICE.0))
    }

    /// The part of the mean that is fixed, as a risk price.
    pub(crate) fn fixed(&self) -> u64 {
        // Below 2^60 over 2^10.
        (self.sum / SETTLEMENT_WINDOW.unsigned_abs()) << CUT
    }

    /// How many of lots below 2^46 still move with the index, rounded up.
    #[inline(always)]
    pub fn moving(&self, lots: i64) -> i64 {
        if self.seconds == 0 {
            return lots;
        }
        self.moving_part(lots)
    }

    #[cold]
    #[inline(never)]
    fn moving_part(&self, lots: i64) -> i64 {
        // Below 2^57. The chain divides without signs.
        let product = lots.unsigned_abs().wrapping_mul(self.rest().unsigned_abs());
        let all = SETTLEMENT_WINDOW.unsigned_abs();
        if lots < 0 {
            return (product / all).cast_signed().wrapping_neg();
        }
        product.div_ceil(all).cast_signed()
    }

    /// Counts a price that stood from one second to another, as far as they lie in the window. However a time in
    /// which the price stays is cut into parts, the sum is the same.
    ///
    /// # Errors
    /// [`RiskError::Overflow`]; not with prices that an asset records.
    pub fn count(&mut self, price: Price, from: i64, to: i64) -> Result<()> {
        let start = from.max(self.expiry - SETTLEMENT_WINDOW);
        let seconds = to.min(self.expiry) - start;
        if self.expiry == 0 || seconds <= 0 {
            return Ok(());
        }
        // No longer than the window.
        let seconds = u32::try_from(seconds).map_err(|_| RiskError::Overflow)?;
        let more = (price.0 >> CUT).checked_mul(seconds.into());
        let sum = more.and_then(|more| self.sum.checked_add(more));
        self.sum = sum.ok_or(RiskError::Overflow)?;
        self.seconds += seconds;
        Ok(())
    }

    /// What a lot is settled at, in whole quote atoms: the mean of the window, to the nearest. Where the newest
    /// price is older than the expiry, it stands for what of the window follows it; where nothing of the window
    /// has a price, the newest one is all there is.
    ///
    /// # Errors
    /// [`RiskError::ContractRuns`]; [`RiskError::SettlementWaits`] for a price that is as late as the expiry, until
    /// [`SETTLEMENT_PATIENCE`] is over; [`RiskError::NoPrice`].
    pub fn settles_at(&self, index: u16, asset: &Asset, now: i64) -> Result<u64> {
        let expiry = self.expiry;
        if !self.is_over(now) {
            return Err(RiskError::ContractRuns { expiry, now });
        }
        asset.check_recorded(index)?;
        let until = expiry + SETTLEMENT_PATIENCE;
        if asset.publish_time < expiry && now < until {
            let published = asset.publish_time;
            return Err(RiskError::SettlementWaits {
                published,
                expiry,
                until,
            });
        }
        let mut whole = *self;
        whole.count(asset.index, asset.publish_time, expiry)?;
        Ok(whole.mean().unwrap_or_else(|| nearest(asset.index)))
    }

    /// The mean of what was counted, to the nearest quote atom (half up); none where nothing was.
    fn mean(&self) -> Option<u64> {
        let parts = u64::from(self.seconds) << CUT;
        // Both below 2^60.
        (self.sum + (parts >> 1)).checked_div(parts)
    }
}

/// A price to the nearest quote atom a lot, half up.
fn nearest(price: Price) -> u64 {
    (price.0 >> 16) + (price.0 >> 15 & 1)
}

impl Market {
    /// What a lot pays where its underlying settles at so many quote atoms: the same, but of an option what is beyond its
    /// strike.
    fn pays_at(&self, mean: u64) -> u64 {
        let strike = self.contract.strike.0 >> 16;
        match self.kind {
            KIND_CALL => mean.saturating_sub(strike),
            KIND_PUT => strike.saturating_sub(mean),
            _ => mean,
        }
    }

    /// Whether its contract has ended and waits for its settlement price: from its expiry on, until [`settle`].
    #[inline(always)]
    pub fn awaits_settlement(&self, now: i64) -> bool {
        self.contract.is_over(now) && self.mode != MODE_SETTLEMENT
    }

    /// Refuses a market whose contract has ended and waits for its settlement price: the index is not what its lots
    /// are worth.
    ///
    /// # Errors
    /// [`RiskError::ContractEnded`].
    #[inline(always)]
    pub fn require_running(&self, market: u16, now: i64) -> Result<()> {
        if self.awaits_settlement(now) {
            return Err(ended(market, self));
        }
        Ok(())
    }
}

#[cold]
#[inline(never)]
fn ended(market: u16, row: &Market) -> RiskError {
    RiskError::ContractEnded {
        market,
        expiry: row.contract.expiry,
    }
}

/// The price of an asset that stands until a newer one is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    price: Price,
    since: i64,
}

impl Stood {
    /// The one that stands now.
    #[inline(always)]
    pub fn of(asset: &Asset) -> Self {
        Self {
            price: asset.index,
            since: asset.publish_time,
        }
    }

    /// Counts it for every contract on the asset in whose window it stood, now that a newer one is recorded.
    /// `asset` is the row with the newer one, `markets` are all of them.
    ///
    /// # Errors
    /// As [`Contract::count`].
    pub fn count(self, index: u16, asset: &Asset, markets: &mut [Market]) -> Result<()> {
        // Before the first price there was none that could have stood.
        if self.since == 0 || !is_near(asset) {
            return Ok(());
        }
        for market in markets.iter_mut().filter(|market| runs_on(market, index)) {
            let to = asset.publish_time;
            market.contract.count(self.price, self.since, to)?;
        }
        Ok(())
    }
}

/// Whether the newest price of an asset is in the window of a contract, or behind one that is not settled yet.
#[inline(always)]
pub fn is_near(asset: &Asset) -> bool {
    asset.next_expiry != 0 && asset.publish_time > asset.next_expiry - SETTLEMENT_WINDOW
}

/// Whether a market is a contract on an asset that ends and is not settled.
fn runs_on(market: &Market, asset: u16) -> bool {
    market.asset == asset && market.contract.expiry != 0 && market.mode != MODE_SETTLEMENT
}

/// The first expiry of the contracts on an asset that are not settled; zero without one. For
/// [`Asset::next_expiry`], whenever a market begins or is settled.
pub fn next_expiry(markets: &[Market], asset: u16) -> i64 {
    let all = markets.iter().filter(|market| runs_on(market, asset));
    all.map(|market| market.contract.expiry).min().unwrap_or(0)
}

/// Settles a contract that has ended: from now on every lot of it is worth the price that is returned, and anyone
/// may settle each position.
///
/// # Errors
/// [`RiskError::UnknownMarket`]; as [`Contract::settles_at`].
pub fn settle(assets: &mut [Asset], markets: &mut [Market], market: u16, now: i64) -> Result<u64> {
    let row = markets.get_mut(usize::from(market));
    let row = row.ok_or(RiskError::UnknownMarket { market })?;
    let index = row.asset;
    let asset = assets.get_mut(usize::from(index));
    let asset = asset.ok_or(RiskError::UnknownAsset { asset: index })?;
    let mean = row.contract.settles_at(index, asset, now)?;
    let price = row.pays_at(mean);
    (row.settlement_price, row.mode) = (price, MODE_SETTLEMENT);
    asset.next_expiry = next_expiry(markets, index);
    Ok(price)
}

/// Refuses an account with a position in a contract that has ended and could be settled at once, by anyone: no verdict
/// about it is passed at an index that its lots are no longer worth. While nobody can settle, the recorded index is all
/// there is to judge it by, and it is judged: or a silent oracle would make it immune.
///
/// # Errors
/// [`RiskError::ContractEnded`]; [`RiskError::UnknownMarket`], [`RiskError::UnknownAsset`].
pub fn require_settled(book: &Book, positions: &[Position], now: i64) -> Result<()> {
    let (mut current, mut over) = (u32::MAX, false);
    for position in positions {
        // Sorted by asset, and the first expiry of each says whether any contract on it has ended.
        if u32::from(position.asset) != current {
            let first = book.asset(position.asset)?.next_expiry;
            (current, over) = (u32::from(position.asset), first != 0 && now >= first);
        }
        if over {
            require_position_settled(book, position, now)?;
        }
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn require_position_settled(book: &Book, position: &Position, now: i64) -> Result<()> {
    let row = book.market(position.market)?;
    let asset = book.asset(position.asset)?;
    let can_be = || row.contract.settles_at(position.asset, asset, now).is_ok();
    if row.awaits_settlement(now) && can_be() {
        return Err(ended(position.market, row));
    }
    Ok(())
}
