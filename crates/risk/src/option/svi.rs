//! A smile of five parameters: Gatheral's raw SVI ("A parsimonious arbitrage-free implied volatility
//! parameterization", 2004), by the year.
//!
//! ```text
//! σ²(k) = a + b · ( ρ(k − m) + √((k − m)² + sigma²) )        k = ln(K/F)
//! ```
//!
//! σ² is the variance a year; the total variance to expiry is w(k) = σ²(k)·T. Parameters fitted to total
//! variance are divided by T (a and b; the others stay). A year's variance is stored because a total
//! one ranges from 5e-9 (5 % for a minute) to 50 (500 % for two years), which no 32-bit fixed point
//! holds, and because a smile of totals that is not renewed would let volatility rise without bound as
//! time runs out.

use super::{
    math,
    tenor::{Tenor, YEAR},
};
use crate::{
    error::{BoundError, within},
    units::Ratio,
};
use bytemuck::{Pod, Zeroable};

/// Farthest logarithm of strike and forward that a smile tells apart, 2^-28: 4, or a factor of 54. The
/// smile is flat beyond.
const FARTHEST: i64 = 4 << 28;

/// Parameters of a smile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
#[repr(C)]
pub struct SviTerms {
    /// Variance a year below the lowest of the smile, 2^-26: 0 to 64.
    pub a: u32,
    /// Slope of the wings, in variance a year per unit of logarithm, 2^-22: 0 to 1024.
    pub b: u32,
    /// Skew, 2^-30: more than −1, less than 1.
    pub rho: i32,
    /// Where the smile is centred, as the logarithm of strike over forward, 2^-28: −4 to 4.
    pub m: i32,
    /// How round its bottom is, 2^-28: more than 0, less than 8.
    pub sigma: u32,
}

const _: () = assert!(size_of::<SviTerms>() == 20 && align_of::<SviTerms>() == 4);

impl SviTerms {
    /// Checks the parameters for a time to expiry.
    ///
    /// Variance is not negative anywhere, because a and b are not. The wings are held to Lee's bound
    /// ("The moment formula", 2004): total variance grows by at most 2 per unit of logarithm,
    /// b·(1 + |ρ|)·T ≤ 2, else options far out would be worth more than can be. That bound is necessary
    /// for a smile without butterfly arbitrage, and holds for all shorter times; it does not exclude
    /// every arbitrage between strikes near the centre.
    ///
    /// # Errors
    /// [`BoundError`] naming the first parameter that does not fit.
    pub fn check(&self, tenor: Tenor) -> Result<(), BoundError> {
        let rho = u64::from(self.rho.unsigned_abs());
        within("svi rho", rho, 0, (1 << 30) - 1)?;
        within("svi m", u64::from(self.m.unsigned_abs()), 0, 4 << 28)?;
        within("svi sigma", u64::from(self.sigma), 1, (1 << 31) - 1)?;
        // b below 2^32, 1 + |ρ| below 2^31: rounded up, the steeper wing's slope in b's fixed point.
        let wing = (u64::from(self.b) * ((1 << 30) + rho)).div_ceil(1 << 30);
        within("svi b", wing, 0, (2 << 22) * YEAR / tenor.seconds().max(1))
    }

    /// The volatility a year at a logarithm of strike over forward (2^-38, as
    /// [`super::Moneyness::log`] has it), rounded to the nearest and held between two bounds.
    ///
    /// Never fails: parameters that were not checked give some volatility within the bounds, the upper
    /// one where the two contradict each other.
    pub fn volatility(&self, log: i64, least: Ratio, most: Ratio) -> Ratio {
        let variance = self.variance(log);
        // 2^-26 to 2^-40, whose root is 2^-20. A variance is below 2^43, its root below 2^29.
        let root = math::root(variance << 14);
        let volatility = root.wrapping_add(1 << 30) >> 31;
        let volatility = Ratio(u32::try_from(volatility).unwrap_or(u32::MAX));
        volatility.max(least).min(most)
    }

    /// The variance a year, 2^-26; below 2^43.
    fn variance(&self, log: i64) -> u64 {
        // To 2^-28, nearest.
        let k = (log >> 9).wrapping_add(1) >> 1;
        let from_centre = k.clamp(-FARTHEST, FARTHEST).wrapping_sub(i64::from(self.m));
        // Checked parameters have the centre within 4 and sigma below 8, so that both are at most 2^31 and
        // the sum of their squares at most 2^63. Others may wrap here, to some other smile.
        let (side, sigma) = (from_centre.unsigned_abs(), u64::from(self.sigma));
        let squares = side
            .wrapping_mul(side)
            .wrapping_add(sigma.wrapping_mul(sigma));
        // 2^-28 with 31 more bits: to 2^-32, at most 2^36.
        let hypotenuse = (math::root(squares) >> 27).cast_signed();
        // |ρ| is at most 2^31 and the side below 2^32, even unchecked: below 2^63, to 2^-32.
        let skew = i64::from(self.rho).wrapping_mul(side.cast_signed()) >> 26;
        let shape = if from_centre < 0 {
            hypotenuse.wrapping_sub(skew)
        } else {
            hypotenuse.wrapping_add(skew)
        };
        // Negative for an unchecked ρ, or by a unit of rounding. Below 2^38.
        let shape = shape.max(0).cast_unsigned();
        // 38 bits by 32, from 2^-54 to 2^-26: by halves of the shape, of 22 and 16 bits.
        let b = u64::from(self.b);
        let low = (shape & 0xffff).wrapping_mul(b) >> 16;
        let slope = (shape >> 16).wrapping_mul(b).wrapping_add(low) >> 12;
        slope.wrapping_add(u64::from(self.a))
    }
}
