//! Risk arrays: what a lot of an option is worth, and what it would be worth in each scenario (docs/options.md).
//!
//! Pricing an option anew in every check would cost more than all else together. So anyone computes, as often as is
//! useful, one price with its greeks and sixteen scenarios ([`RiskArray::refresh`]), stamped with the index and the time
//! that they hold for. A check takes the price from there, moved by delta and gamma to the present index, and refuses an
//! array that is too old or whose index has moved too far ([`RiskArray::check`]): whoever wants to act refreshes it first.

mod market;
mod mean;

use crate::{
    asset::Asset,
    error::{Result, RiskError},
    expiry::Contract,
    fixed::{mul_div_floor, mul_shift, mul_shift_below},
    option::{Right, SviTerms},
    portfolio::explain::SCENARIOS,
    units::{Lots, MAX_PRICE, Price, Ratio},
};
use bytemuck::{Pod, Zeroable};
use mean::OnMean;

/// Seconds after which the smile of a feed is no longer believed, and the engine's own estimate is.
pub const SMILE_AGE: i64 = 900;

/// Volatilities that options are marked at: 10 % to 400 % a year.
pub const VOLATILITIES: [Ratio; 2] = [Ratio((1 << 20) / 10), Ratio(4 << 20)];

/// The index may move by the scanned range over 2^this until an array is refused.
const DRIFT: u32 = 3;

/// One, in the fixed point of a delta.
const ONE_DELTA: u64 = 1 << 30;

/// What a lot of an option is worth, and in each scenario. 256 bytes, zero before the first refresh and for everything
/// that is no option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct RiskArray {
    /// What a lot gains in each scenario, as a signed risk price; of the extreme ones, the share that counts.
    pub cells: [i64; SCENARIOS.len()],
    /// The largest of them, without sign.
    pub largest: u64,
    /// What a lot is worth.
    pub mark: Price,
    /// The index that all of it is computed at; zero before the first time.
    pub index: Price,
    /// Change of the mark by the index, 2^-30.
    pub delta: i64,
    /// Change of delta by a change of the index by all of itself, 2^-24.
    pub gamma: u64,
    /// Change of the mark by volatility, per 1.00 a year, as a risk price.
    pub vega: Price,
    /// Change of the mark by a day, as a signed risk price.
    pub theta: i64,
    /// When it was computed, unix seconds.
    pub time: i64,
    /// When the smile was set, unix seconds; zero for never.
    pub smile_time: i64,
    /// The volatility a year that it is marked at.
    pub volatility: Ratio,
    /// How much delta can differ from the one here within the range, 2^-30.
    pub slope: u32,
    /// Zero.
    pub reserved: [u64; 6],
}

const _: () = assert!(size_of::<RiskArray>() == 256);
const _: () = assert!(core::mem::offset_of!(RiskArray, largest) == 128);

/// The smile that options of a market are marked by. 24 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Smile {
    /// Its parameters.
    pub svi: SviTerms,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Smile>() == 24);

impl RiskArray {
    /// Computes everything for an option on an asset, at a volatility.
    fn refresh(&mut self, pricer: &OnMean, asset: &Asset, volatility: Ratio, now: i64) {
        let index = asset.index;
        let greeks = pricer.greeks(index, volatility);
        let price = greeks.price;
        let range = asset.scan.range;
        let shift = asset.scan.volatility_shift;
        let up = Ratio(volatility.0.saturating_add(part(volatility, shift)));
        let down = Ratio(volatility.0.saturating_sub(part(volatility, shift)));
        let mut largest = 0;
        let mut beyond = [0; 2];
        for (cell, scenario) in self.cells.iter_mut().zip(&SCENARIOS) {
            let volatility = match scenario.volatility {
                1 => up,
                -1 => down,
                _ => volatility,
            };
            let there = pricer.price(moved(index, range, scenario.thirds), volatility);
            // Both below 2^56.
            let gain = there.0.cast_signed().wrapping_sub(price.0.cast_signed());
            *cell = counted(gain, scenario.percent);
            largest = cell.unsigned_abs().max(largest);
            if scenario.volatility == 0 {
                beyond[usize::from(scenario.thirds < 0)] = there.0;
            }
        }
        (self.largest, self.mark, self.index) = (largest, price, index);
        (self.delta, self.gamma) = (greeks.delta.0, greeks.gamma.0);
        (self.vega, self.theta) = (greeks.vega, greeks.theta);
        (self.time, self.volatility) = (now, volatility);
        self.slope = self.steepness(pricer, range, volatility, beyond);
    }

    /// How much delta can differ from the one at the index within the range: a price is convex in the forward, so that
    /// the secants beyond the range on both sides hold every slope within it.
    fn steepness(&self, pricer: &OnMean, range: Ratio, volatility: Ratio, beyond: [u64; 2]) -> u32 {
        let secant = |thirds: i8, beyond: u64| {
            let end = moved(self.index, range, thirds);
            let edge = moved(self.index, range, thirds / 2);
            let apart = end.0.abs_diff(edge.0);
            let gained = beyond.abs_diff(pricer.price(edge, volatility).0);
            // Where the largest price cuts both off, nothing is known.
            mul_div_floor(gained, ONE_DELTA, apart).unwrap_or(u64::MAX)
        };
        let here = self.delta.unsigned_abs();
        let widest = secant(6, beyond[0])
            .abs_diff(here)
            .max(secant(-6, beyond[1]).abs_diff(here));
        // A unit more for the roundings; a delta is at most one.
        u32::try_from(widest.saturating_add(1).min(ONE_DELTA)).unwrap_or(1 << 30)
    }

    /// Whether the array may be used: it is as young as a price for liquidation has to be, and the index has not moved by
    /// more than an eighth of the range since.
    ///
    /// # Errors
    /// [`RiskError::StaleArray`], [`RiskError::DriftedArray`]: refresh it.
    #[inline(always)]
    pub fn check(&self, market: u16, asset: &Asset, now: i64) -> Result<()> {
        let age = now.wrapping_sub(self.time); // unix seconds, or all of them before the first time
        if age > i64::from(asset.max_age_liquidation) {
            let limit = asset.max_age_liquidation.into();
            return Err(RiskError::StaleArray { market, age, limit });
        }
        let drift = self.index.0.abs_diff(asset.index.0);
        let limit = drift_limit(self.index, asset)?;
        if drift > limit {
            return Err(RiskError::DriftedArray {
                market,
                drift,
                limit,
            });
        }
        Ok(())
    }

    /// Puts what the option is worth in the place of the prices of an asset's row.
    fn price(&self, terms: Terms, row: &mut Asset) {
        let asset = *row;
        let bounds = self.maintenance(terms, &asset);
        row.index = self.worth(terms, asset.index, Curve::Best);
        row.initial_low = self.initial(terms, &asset, true, bounds);
        row.initial_high = self.initial(terms, &asset, false, bounds);
        [row.maintenance_low, row.maintenance_high] = bounds;
    }

    /// What adding risk counts longs (or shorts) at: the least (or the most) that it can be worth.
    #[inline(always)]
    fn initial(&self, terms: Terms, asset: &Asset, long: bool, [low, high]: [Price; 2]) -> Price {
        // An option is worth least at one end of the index, and most at the other.
        let falls = (terms.0 == Right::Call) == long;
        let index = if falls {
            asset.initial_low
        } else {
            asset.initial_high
        };
        if long {
            return self.worth(terms, index, Curve::Below).min(low);
        }
        let reach = drift_limit(self.index, asset).unwrap_or(u64::MAX);
        self.worth(terms, index, Curve::Above { reach }).max(high)
    }

    /// What maintenance counts shorts and longs at: the same, but for a wide interval.
    fn maintenance(&self, terms: Terms, asset: &Asset) -> [Price; 2] {
        let at = |index: Price| self.worth(terms, index, Curve::Best);
        let index = at(asset.index);
        if asset.maintenance_low == asset.maintenance_high {
            return [index, index];
        }
        let [a, b] = [asset.maintenance_low, asset.maintenance_high].map(at);
        [a.min(b).min(index), a.max(b).max(index)]
    }

    /// What a lot is worth at another index: by its tangent, which lies below; by delta and gamma, which is the best that
    /// is known without pricing anew; or with twice the latter's curvature, and with delta as steep as it can be within
    /// the range, as far as the index may drift: near the end a price can bend where nothing bends here.
    ///
    /// Always between what it could be exercised for, at the mean if the index stayed there, and what the right is to; and
    /// it moves with the index at most, and never against it.
    fn worth(&self, (right, contract): Terms, index: Price, curve: Curve) -> Price {
        let moved = index.0.abs_diff(self.index.0);
        let (mean, strike) = (contract.mean_at(index), contract.strike);
        let (least, most, its_way) = match right {
            Right::Call => (mean.0.saturating_sub(strike.0), mean, index > self.index),
            Right::Put => (strike.0.saturating_sub(mean.0), strike, index < self.index),
        };
        if moved == 0 {
            return Price(self.mark.0.min(most.0).max(least));
        }
        let by_delta = times_delta(moved, self.delta.unsigned_abs());
        let bend = match curve {
            Curve::Below => 0,
            Curve::Best => times_delta(moved, self.bend(moved) / 2),
            Curve::Above { reach } => times_delta(moved, self.bend(moved))
                .max(times_delta(moved.min(reach), self.slope.into())),
        };
        let rises = (self.delta >= 0) == (index >= self.index);
        let straight = if rises {
            self.mark.0.saturating_add(by_delta)
        } else {
            self.mark.0.saturating_sub(by_delta)
        };
        let most = if its_way {
            most.0.min(self.mark.0.saturating_add(moved))
        } else {
            most.0.min(self.mark.0)
        };
        Price(straight.saturating_add(bend).min(most).max(least))
    }

    /// How much delta changes with a move of the index, 2^-30, at most one.
    fn bend(&self, moved: u64) -> u64 {
        let part = mul_div_floor(moved, 1 << 20, self.index.0.max(1)).unwrap_or(u64::MAX);
        // 2^-24 times 2^-20.
        (self.gamma.saturating_mul(part) >> 14).min(ONE_DELTA)
    }

    /// Adds what so many lots gain in each scenario, rounded down.
    ///
    /// **No product and no sum here wraps.** Of each position the product with the largest cell, 2^-16 of it, is below 2^47
    /// quote atoms, which is looked at once: the product itself is below 2^63. An account has at most 128 positions: sums
    /// stay below 2^62, also of those that are larger, which are summed through 128 bits.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for a position that could lose or gain 2^55 quote atoms.
    #[inline(always)]
    pub(crate) fn add_to(&self, sums: &mut [i64; SCENARIOS.len()], lots: Lots) -> Result<()> {
        let most = mul_shift_below::<16, 55>(lots.size(), self.largest);
        let (most, _) = most.ok_or(RiskError::Overflow)?;
        if most >> 47 != 0 {
            return self.add_much_to(sums, lots);
        }
        for (sum, cell) in sums.iter_mut().zip(&self.cells) {
            // A shift of signed numbers rounds down, of what is lost as of what is gained.
            *sum = sum.wrapping_add(cell.wrapping_mul(lots.0) >> 16);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn add_much_to(&self, sums: &mut [i64; SCENARIOS.len()], lots: Lots) -> Result<()> {
        for (sum, cell) in sums.iter_mut().zip(&self.cells) {
            let gain = (i128::from(*cell) * i128::from(lots.0)) >> 16;
            let gain = i64::try_from(gain).map_err(|_| RiskError::Overflow)?;
            *sum = sum.checked_add(gain).ok_or(RiskError::Overflow)?;
        }
        Ok(())
    }

    /// The most that a lot loses in a scenario, to who is long and to who is short of it.
    pub(crate) fn worst(&self) -> [u64; 2] {
        let (mut long, mut short) = (0, 0);
        for cell in self.cells {
            long = cell.min(0).unsigned_abs().max(long);
            short = cell.max(0).unsigned_abs().max(short);
        }
        [long, short]
    }

    /// Lots of the underlying that so many lots stand for by delta, rounded towards zero.
    pub(crate) fn delta_of(&self, lots: Lots) -> i64 {
        let size = times_delta(lots.size(), self.delta.unsigned_abs()).cast_signed(); // at most the lots
        if (lots.0 < 0) == (self.delta < 0) {
            size
        } else {
            size.wrapping_neg()
        }
    }

    /// The fewest and the most lots of the underlying that any number of lots between two stand for, rounded apart: of
    /// fewer numbers there are never more.
    pub(crate) fn delta_between(&self, low: Lots, high: Lots) -> [i64; 2] {
        let (low, high) = if self.delta < 0 {
            (high, low)
        } else {
            (low, high)
        };
        let product = |lots: Lots| {
            let share = mul_shift::<30>(lots.size(), self.delta.unsigned_abs());
            let (size, inexact) = share.unwrap_or((lots.size(), false)); // at most the lots
            let negative = (lots.0 < 0) != (self.delta < 0);
            (size.cast_signed(), i64::from(inexact), negative)
        };
        // Below 2^46.
        let least = match product(low) {
            (size, more, true) => size.wrapping_add(more).wrapping_neg(),
            (size, _, false) => size,
        };
        let most = match product(high) {
            (size, _, true) => size.wrapping_neg(),
            (size, more, false) => size.wrapping_add(more),
        };
        [least, most]
    }

    /// What a lot can gain or lose more in a scenario than its cell says, because the index has moved since: a scenario moves
    /// the price by a share of the index, so that one that follows it lot by lot gains that share of the drift more; and
    /// delta can differ. To the first order, and as if volatility stood still.
    #[inline(always)]
    pub(crate) fn drifted(&self, index: Price, range: Ratio) -> u64 {
        let steep = u64::from(self.slope).saturating_add(u64::from(range.0) << 10);
        times_delta(self.index.0.abs_diff(index.0), steep).saturating_add(1)
    }
}

/// What an option is a right to.
type Terms<'a> = (Right, &'a Contract);

/// Where between a tangent and a bound the price at another index is taken.
#[derive(Clone, Copy)]
enum Curve {
    Below,
    Best,
    /// As far as what it is a bound for.
    Above {
        reach: u64,
    },
}

/// How far the index may move until an array is refused.
#[inline(always)]
fn drift_limit(index: Price, asset: &Asset) -> Result<u64> {
    Ok(asset.scan.range.of_floor(index.0)? >> DRIFT)
}

/// A share of a ratio, at most all of it.
fn part(whole: Ratio, share: Ratio) -> u32 {
    let part = share.of_floor(whole.0.into()).unwrap_or(u64::from(whole.0));
    u32::try_from(part).unwrap_or(whole.0)
}

/// An index moved by thirds of a range: at least a unit, at most the largest price.
pub(crate) fn moved(index: Price, range: Ratio, thirds: i8) -> Price {
    let all = u64::from(range.0) * u64::from(thirds.unsigned_abs()); // below 2^35
    let by = mul_div_floor(index.0, all, 3 << 20).unwrap_or(index.0);
    Price(if thirds < 0 {
        index.0.saturating_sub(by).max(1)
    } else {
        index.0.saturating_add(by).min(MAX_PRICE.0)
    })
}

/// So many percent of a result: a gain rounded down, a loss up.
fn counted(gain: i64, percent: u8) -> i64 {
    // Below 2^56 times 100.
    let part = gain.unsigned_abs().wrapping_mul(percent.into());
    if gain < 0 {
        part.div_ceil(100).cast_signed().wrapping_neg()
    } else {
        (part / 100).cast_signed()
    }
}

/// A price times 2^-30, rounded down.
fn times_delta(price: u64, delta: u64) -> u64 {
    mul_shift::<30>(price, delta).map_or(u64::MAX, |(whole, _)| whole)
}

#[cfg(test)]
mod tests;
