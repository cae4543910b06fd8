//! Requirements that follow volatility (docs/risk.md, section 14).
//!
//! Two exponentially weighted averages of the squared return a second stand for what the market does. Requirements are
//! multiplied by how many of the resulting standard deviations the calm rate would not cover, never by less than one:
//! the initial one at once, the maintenance one on a ramp, so that nobody is liquidated because a figure jumped.

mod decay;

use crate::{
    error::{BoundError, within},
    fixed::mul_shift,
    units::{MAX_PRICE, Price, Ratio},
};
use bytemuck::{Pod, Zeroable};
use decay::{blend, left_after};

/// Half-life of the fast average, in seconds.
pub const FAST: u64 = 1_800;
/// Half-life of the slow one.
pub const SLOW: u64 = 86_400;
/// Seconds in an hour.
const HOUR: u64 = 3_600;
/// What multipliers are folded into schedules in: a 64th.
const STEP: u32 = Ratio::ONE.0 / 64;

/// What is known of an asset's volatility, and the terms on which it multiplies requirements. 56 bytes, zero where
/// nothing is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Volatility {
    /// Squared return a second, averaged with a half-life of 30 minutes, 4.60 fixed point.
    pub fast: u64,
    /// The same with a half-life of 24 hours.
    pub slow: u64,
    /// What initial requirements are multiplied by at present; zero stands for one.
    pub initial: Ratio,
    /// What maintenance requirements are multiplied by at present; zero stands for one.
    pub maintenance: Ratio,
    /// Standard deviations that a requirement covers (z).
    pub deviations: Ratio,
    /// Seconds that it covers.
    pub horizon: u32,
    /// The maintenance rate that covers them in calm times; zero where requirements do not follow volatility.
    pub base_rate: Ratio,
    /// The largest multiplier.
    pub most: Ratio,
    /// How much the maintenance multiplier rises in an hour at most.
    pub ramp: Ratio,
    /// The largest return that counts.
    pub max_return: Ratio,
    /// The interval, in seconds, beyond which the fast average begins anew.
    pub max_gap: u32,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Volatility>() == 56);

/// What governance sets on how an asset's requirements follow its volatility. All zero: they do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct VolatilityTerms {
    /// Standard deviations that a requirement covers, 10,000 to 100,000 bps of one.
    pub deviations_bps: u32,
    /// Seconds that it covers, 60 to 86,400.
    pub horizon: u32,
    /// The maintenance rate that covers them in calm times, 10 to 5,000 bps.
    pub base_rate_bps: u32,
    /// The largest multiplier, 10,000 to 50,000 bps.
    pub most_bps: u32,
    /// How much the maintenance multiplier rises in an hour at most, 500 to 50,000 bps of one.
    pub ramp_per_hour_bps: u32,
    /// The largest return that counts, 10 to 5,000 bps.
    pub max_return_bps: u32,
    /// The interval beyond which the fast average begins anew, 60 to 86,400 seconds.
    pub max_gap: u32,
}

impl VolatilityTerms {
    /// Checks every bound; all zero is allowed.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self) -> core::result::Result<(), BoundError> {
        if *self == Self::default() {
            return Ok(());
        }
        let u = u64::from;
        within("deviations_bps", u(self.deviations_bps), 10_000, 100_000)?;
        within("horizon", u(self.horizon), 60, 86_400)?;
        within("base_rate_bps", u(self.base_rate_bps), 10, 5_000)?;
        within("most_bps", u(self.most_bps), 10_000, 50_000)?;
        // Below, the rounding of a ramp by the second would show.
        within("ramp_per_hour_bps", u(self.ramp_per_hour_bps), 500, 50_000)?;
        within("max_return_bps", u(self.max_return_bps), 10, 5_000)?;
        within("max_gap", u(self.max_gap), 60, 86_400)
    }
}

impl Volatility {
    /// Writes checked terms. What was estimated stays, and is judged by them at once; what they lower falls at once, and
    /// the maintenance multiplier rises by its ramp from the next price on. All zero forgets everything.
    pub fn set_terms(&mut self, terms: &VolatilityTerms) {
        if *terms == VolatilityTerms::default() {
            *self = Self::default();
            return;
        }
        // The requirement rounds up: what multiplies it up, what divides it down. The ramp and the cap are promises.
        self.deviations = Ratio::from_bps_ceil(terms.deviations_bps);
        self.horizon = terms.horizon;
        self.base_rate = Ratio::from_bps_floor(terms.base_rate_bps);
        self.most = Ratio::from_bps_ceil(terms.most_bps);
        self.ramp = Ratio::from_bps_floor(terms.ramp_per_hour_bps);
        self.max_return = Ratio::from_bps_floor(terms.max_return_bps);
        self.max_gap = terms.max_gap;
        self.follow(0);
    }

    /// Takes note of a new price, `seconds` after the one before. Never fails, whatever the figures: no price is
    /// refused because of what it does to requirements.
    pub fn observe(&mut self, before: Price, after: Price, seconds: i64) {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        if self.base_rate == Ratio::ZERO || seconds == 0 {
            return;
        }
        let sample = squared(capped_return(before, after, self.max_return)) / seconds;
        self.slow = blend(self.slow, sample, left_after(seconds, SLOW));
        self.fast = if seconds > u64::from(self.max_gap) {
            // Nobody knows what the market did meanwhile, so what was known of the last half hour is void. The slow
            // average, which has this interval in it, is the best that is left. Zero would forget a storm, and the
            // sample alone would take one return for all that is known.
            self.slow
        } else {
            blend(self.fast, sample, left_after(seconds, FAST))
        };
        // After a silence nobody has had the time to prepare in: it counts for the ramp only as far as it is no gap.
        self.follow(seconds.min(u64::from(self.max_gap)));
    }

    /// Both multipliers by the averages, after so many seconds of ramp.
    fn follow(&mut self, seconds: u64) {
        let target = self.target();
        // u32 · seconds of at most 2^32: no wrap. Rounded down each time, so that many short intervals never add up
        // to more than a long one.
        let rise = u64::from(self.ramp.0).wrapping_mul(seconds) / HOUR;
        let [_, maintenance] = self.multipliers();
        let ramped = u64::from(maintenance.0).saturating_add(rise);
        self.initial = target;
        self.maintenance = u32::try_from(ramped).map_or(target, |ramped| target.min(Ratio(ramped)));
    }

    /// clamp( z · σ(horizon) / base rate , 1 , most ), rounded up.
    fn target(&self) -> Ratio {
        if self.base_rate == Ratio::ZERO {
            return Ratio::ONE;
        }
        // 4.60, at most 16. A variance that would be larger is one of four hundred per cent: by the bounds of the terms it
        // asks for a multiplier of eight at least, and the largest is five. So nothing is lost by the limit.
        let variance = self.fast.max(self.slow);
        let variance = variance.saturating_mul(u64::from(self.horizon));
        let root = variance.isqrt();
        // root < 2^32 has 30 binary places; rounding up leaves it at most 2^32.
        let sigma = root + u64::from(root * root != variance);
        // (2^32 − 1) · 2^32 < 2^64; 50 binary places over 30 leave 20.
        let covered = u64::from(self.deviations.0) * sigma;
        let multiplier = covered.div_ceil(u64::from(self.base_rate.0) << 10);
        let bounded = u32::try_from(multiplier).map_or(self.most, |m| self.most.min(Ratio(m)));
        bounded.max(Ratio::ONE)
    }

    /// What initial and maintenance requirements are multiplied by at present.
    pub fn multipliers(&self) -> [Ratio; 2] {
        [
            self.initial.max(Ratio::ONE),
            self.maintenance.max(Ratio::ONE),
        ]
    }

    /// The same in steps of a 64th, as they are folded into schedules: the initial one up, the maintenance one down, so
    /// that the second is never above the first.
    pub fn steps(&self) -> [Ratio; 2] {
        let [initial, maintenance] = self.multipliers();
        // Saturating: beyond 4095 nothing was checked.
        let up = initial.0.div_ceil(STEP).saturating_mul(STEP);
        [Ratio(up), Ratio(maintenance.0 / STEP * STEP)]
    }
}

/// |after − before| / before with 40 binary places, rounded down, at most `most`. What is no price moved as far as that.
fn capped_return(before: Price, after: Price, most: Ratio) -> u64 {
    let moved = after.0.abs_diff(before.0);
    match before.times_floor(most) {
        // Whole numbers: not above the product rounded down is not above the product.
        Ok(limit) if moved <= limit.0 && (1..=MAX_PRICE.0).contains(&before.0) => {
            divide(moved, before.0)
        }
        _ => u64::from(most.0) << 20,
    }
}

/// `part / whole` with 40 binary places, rounded down: a long division of digits of eight bits, since 128-bit numbers are
/// dear to divide. `whole` is at most 2^56 and the quotient below 2^12, so that nothing is shifted out.
fn divide(part: u64, whole: u64) -> u64 {
    let (mut quotient, mut rest) = (part / whole, part % whole);
    for _ in 0..5 {
        rest <<= 8;
        quotient = (quotient << 8) | (rest / whole);
        rest %= whole;
    }
    quotient
}

/// The square of a return with 40 binary places, in 4.60; the largest number for one of 400 per cent and more.
fn squared(size: u64) -> u64 {
    mul_shift::<20>(size, size).map_or(u64::MAX, |(square, _)| square)
}
