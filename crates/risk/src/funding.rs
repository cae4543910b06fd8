//! Funding: what ties a perpetual to its index (docs/risk.md, section 7).
//!
//! The premium is how far the book stands from the index. It is constant between two samples, so its
//! mean over an interval is exact whenever it is asked for; each complete interval's mean, clamped, is
//! that interval's rate. Rates are applied to the market's cumulative indices by whoever comes.

use crate::{
    deleverage::{WHOLE, left},
    error::{Result, RiskError},
    fixed::{mul_div_floor, mul_shift},
    market::Market,
    units::{Price, Ratio},
};
use bytemuck::{Pod, Zeroable};

/// One, as a premium or a rate: they are signed 32.32 binary fixed point.
pub const ONE: i64 = 1 << 32;

/// The premium of a market since its last sample, and what it has come to. 48 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Funding {
    /// When the present interval began, unix seconds; 0 before the first sample.
    pub start: i64,
    /// When the premium was last sampled.
    pub sampled: i64,
    /// The premium since then, at most one in size.
    pub premium: i64,
    /// Premium × seconds of the present interval, up to the last sample.
    pub sum: i64,
    /// The rates of complete intervals that were not applied yet.
    pub pending: i64,
    /// Complete intervals, ever.
    pub intervals: u64,
}

const _: () = assert!(size_of::<Funding>() == 48);

/// How far a book stands from the index: above it where the impact bid does, below it where the impact
/// ask does, else nothing. A missing side counts as one that does not reach the index.
///
/// The middle of the two would be whatever the last maker of a wide or one-sided book wants it to be.
pub fn premium(index: Price, bid: Option<Price>, ask: Option<Price>) -> i64 {
    let share = |distance: u64| {
        let share = mul_div_floor(distance, ONE.unsigned_abs(), index.0).unwrap_or(u64::MAX);
        share.min(ONE.unsigned_abs()).cast_signed() // at most 2^32
    };
    match (bid, ask) {
        (Some(bid), _) if bid > index => share(bid.0 - index.0),
        (_, Some(ask)) if ask < index => -share(index.0 - ask.0),
        _ => 0,
    }
}

impl Funding {
    /// Brings the sums up to `now`: the premium has been the same since the last sample. Closes every
    /// interval that is complete.
    pub fn advance(&mut self, now: i64, interval: u32, cap: Ratio) {
        if self.start == 0 {
            (self.start, self.sampled) = (now, now);
        }
        if now <= self.sampled || interval == 0 {
            return;
        }
        let interval = i64::from(interval);
        // |premium| ≤ 2^32 and an interval has at most 86,400 seconds: a sum stays below 2^49. Times
        // are unix seconds.
        let end = self.start + interval;
        if now >= end {
            self.sum += self.premium * (end - self.sampled);
            self.close(self.sum / interval, 1, cap);
            (self.start, self.sampled, self.sum) = (end, end, 0);
            let whole = (now - end) / interval;
            if whole > 0 {
                self.close(self.premium, whole, cap);
                self.start += whole * interval;
                self.sampled = self.start;
            }
        }
        self.sum += self.premium * (now - self.sampled);
        self.sampled = now;
    }

    fn close(&mut self, mean: i64, times: i64, cap: Ratio) {
        let cap = i64::from(cap.0) << 12;
        let rate = mean.clamp(-cap, cap);
        // A cap of at most a tenth and fewer than 2^26 intervals a century: no saturation happens.
        self.pending = self.pending.saturating_add(rate.saturating_mul(times));
        self.intervals = self.intervals.wrapping_add(times.unsigned_abs());
    }

    /// Takes a sample: `premium` holds from `now`, to which the sums must have been advanced.
    pub fn sample(&mut self, premium: i64) {
        self.premium = premium.clamp(-ONE, ONE);
    }

    /// Moves the market's indices by the pending rates at a price. Longs and shorts owe the same a
    /// lot with opposite signs, so that what one side pays the other receives. Returns the rate that
    /// was applied.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where an index leaves its range.
    pub fn apply(&mut self, market: &mut Market, price: Price) -> Result<i64> {
        let rate = self.pending;
        let (size, _) = mul_shift::<32>(price.0, rate.unsigned_abs()).ok_or(RiskError::Overflow)?;
        let size = i64::try_from(size).map_err(|_| RiskError::Overflow)?;
        let moved = if rate < 0 { -size } else { size };
        for (side, index) in market.index.iter_mut().enumerate() {
            // An index counts per lot of a side that was never deleveraged.
            let moved = scaled(moved, left(market.era[side]), side == 0);
            *index = index.checked_add(moved).ok_or(RiskError::Overflow)?;
        }
        self.pending = 0;
        Ok(rate)
    }
}

/// What an index moves by where this share of the side is left: rounded up for longs, down for
/// shorts, so that either side pays more or receives less.
fn scaled(moved: i64, left: u64, up: bool) -> i64 {
    if left == WHOLE {
        return moved;
    }
    let product = i128::from(moved) * i128::from(left);
    let whole = i128::from(WHOLE);
    let inexact = product.rem_euclid(whole) != 0;
    let scaled = product.div_euclid(whole) + i128::from(up && inexact);
    // No larger than `moved`, which it is a share of.
    i64::try_from(scaled).unwrap_or(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CAP: Ratio = Ratio(1 << 15); // a thirty-second

    #[test]
    fn the_premium_is_the_distance_of_the_nearer_impact_price() {
        let p = |x: u64| Price(x << 16);
        assert_eq!(premium(p(100), Some(p(101)), Some(p(102))), ONE / 100);
        assert_eq!(premium(p(100), Some(p(97)), Some(p(99))), -(ONE / 100));
        assert_eq!(premium(p(100), Some(p(99)), Some(p(120))), 0);
        assert_eq!(premium(p(100), None, Some(p(120))), 0);
        assert_eq!(premium(p(100), Some(p(500)), None), ONE);
        assert_eq!(premium(p(100), None, None), 0);
    }

    #[test]
    fn a_rate_moves_both_indices_alike() {
        let mut market = Market::zeroed();
        let mut funding = Funding {
            pending: -ONE / 1_000,
            ..Funding::default()
        };
        let price = Price::from_atoms(1_500_000).unwrap();
        assert_eq!(funding.apply(&mut market, price), Ok(-ONE / 1_000));
        // A thousandth of 1,500,000 atoms, but for what the rate is cut at 2^-32.
        assert!((market.index[0] + (1_500 << 16)).abs() <= 23);
        assert_eq!((market.index[0], funding.pending), (market.index[1], 0));
    }

    proptest! {
        /// Whoever comes, and however often: the rates are those of somebody who came every second.
        #[test]
        fn missed_intervals_are_caught_up_exactly(
            steps in prop::collection::vec((0i64..500, -ONE / 10..ONE / 10), 1..40),
            interval in 60u32..200,
        ) {
            let (mut seldom, mut often) = (Funding::default(), Funding::default());
            let mut now = 1_000;
            seldom.advance(now, interval, CAP);
            often.advance(now, interval, CAP);
            for (wait, premium) in steps {
                for _ in 0..wait {
                    now += 1;
                    often.advance(now, interval, CAP);
                }
                seldom.advance(now, interval, CAP);
                often.advance(now, interval, CAP);
                prop_assert_eq!(seldom, often);
                seldom.sample(premium);
                often.sample(premium);
            }
        }
    }
}
