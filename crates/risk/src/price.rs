//! From an oracle's reading to the risk prices that a check uses (docs/risk.md, section 1).

use crate::{
    error::{Result, RiskError},
    fixed::{mul_div_ceil, mul_div_floor, mul_shift, pow10},
    units::{MAX_PRICE, Price, Ratio},
};

/// How far ahead of the chain's clock a publish time may be, in seconds. The chain's clock lags the
/// wall by up to a few seconds; more than this is a broken or hostile reading.
pub const MAX_CLOCK_LEAD: i64 = 30;

/// What an oracle says, before it is judged. Mantissas are in units of 10^`exponent` dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Price mantissa.
    pub price: i64,
    /// Half-width of the confidence interval, same exponent.
    pub confidence: u64,
    /// Exponential moving average of the price, same exponent.
    pub average: i64,
    /// Power of ten of the mantissas.
    pub exponent: i32,
    /// When the price was published, unix seconds.
    pub publish_time: i64,
    /// The slot at which the reading was written on this chain.
    pub posted_slot: u64,
}

/// The three figures of a reading as risk prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskReading {
    /// Index price.
    pub index: Price,
    /// Half-width of the confidence interval, rounded up.
    pub confidence: Price,
    /// Moving average.
    pub average: Price,
}

/// Turns dollar mantissas into quote atoms per lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// `exponent + lot_exponent + quote_decimals`: power of ten from mantissa to quote atoms a lot.
    pub power: i32,
    /// Quote tokens a dollar buys, 32.32 binary fixed point (2^32 where the quote has no feed).
    pub quote_per_usd: u64,
}

impl Scale {
    /// A mantissa as a risk price.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`] for zero (unless `round_up`), and for what leaves
    /// [`MAX_PRICE`].
    fn convert(self, mantissa: u64, round_up: bool) -> Result<Price> {
        let refuse = RiskError::PriceOutOfRange {
            mantissa: mantissa.cast_signed(),
        };
        let factor = pow10(self.power.unsigned_abs()).ok_or(refuse)?;
        let usd = if self.power >= 0 {
            mantissa
                .checked_mul(factor)
                .filter(|atoms| atoms >> 47 == 0)
                .map(|atoms| atoms << 16)
        } else if mantissa >> 48 == 0 {
            let raw = mantissa << 16;
            Some(if round_up {
                raw.div_ceil(factor)
            } else {
                raw / factor
            })
        } else if round_up {
            mul_div_ceil(mantissa, 1 << 16, factor)
        } else {
            mul_div_floor(mantissa, 1 << 16, factor)
        }
        .ok_or(refuse)?;
        let (floor, inexact) = mul_shift::<32>(usd, self.quote_per_usd).ok_or(refuse)?;
        let price = floor
            .checked_add(u64::from(inexact && round_up))
            .ok_or(refuse)?;
        if price > MAX_PRICE.0 || (price == 0 && !round_up) {
            return Err(refuse);
        }
        Ok(Price(price))
    }

    /// All three figures of a reading.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`] for a price or average that is not positive or not
    /// representable.
    pub fn apply(self, reading: &Reading) -> Result<RiskReading> {
        let positive = |mantissa: i64| {
            u64::try_from(mantissa)
                .ok()
                .filter(|m| *m > 0)
                .ok_or(RiskError::PriceOutOfRange { mantissa })
        };
        Ok(RiskReading {
            index: self.convert(positive(reading.price)?, false)?,
            confidence: self.convert(reading.confidence, true)?,
            average: self.convert(positive(reading.average)?, false)?,
        })
    }
}

/// The stable price follows the index by at most `growth` of itself a minute, either way.
///
/// # Errors
/// [`RiskError::Overflow`] for figures that cannot come from a refresh.
pub fn follow(stable: Price, index: Price, growth: Ratio, seconds: i64) -> Result<Price> {
    // Beyond a day the band is as wide as it is going to be used; this bounds the product.
    let seconds = u64::try_from(seconds).unwrap_or(0).min(86_400);
    let step = mul_div_floor(stable.0, u64::from(growth.0) * seconds, 60 << 20)
        .unwrap_or(u64::MAX)
        .max(u64::from(seconds > 0));
    let low = stable.0.saturating_sub(step);
    let high = stable.0.saturating_add(step);
    Ok(Price(index.0.clamp(low, high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOLLAR: u64 = 1 << 32;

    fn scale(exponent: i32, lot_exponent: i32) -> Scale {
        Scale {
            power: exponent + lot_exponent + 6,
            quote_per_usd: DOLLAR,
        }
    }

    #[test]
    fn a_recorded_sol_price_becomes_quote_atoms_per_lot() {
        // 156.79769099 dollars at exponent −8, lots of 0.01 SOL: 1,567,976.9099 atoms.
        let reading = Reading {
            price: 15_679_769_099,
            confidence: 16_197_271,
            average: 15_660_921_800,
            exponent: -8,
            publish_time: 1_721_133_402,
            posted_slot: 277_875_167,
        };
        let risk = scale(-8, -2).apply(&reading).unwrap();
        assert_eq!(risk.index.0 >> 16, 1_567_976);
        assert_eq!(risk.index.0, (15_679_769_099u64 << 16) / 10_000);
        assert_eq!(risk.confidence.0, (16_197_271u64 << 16).div_ceil(10_000));
    }

    #[test]
    fn a_quote_token_below_par_makes_everything_dearer_in_it() {
        let at_par = Scale {
            power: -2,
            quote_per_usd: DOLLAR,
        };
        let below = Scale {
            power: -2,
            quote_per_usd: DOLLAR * 100 / 98,
        };
        let mantissa = 1_000_000;
        let (a, b) = (
            at_par.convert(mantissa, false).unwrap(),
            below.convert(mantissa, false).unwrap(),
        );
        assert!(b > a);
        assert!((b.0 * 98).abs_diff(a.0 * 100) <= 200);
    }

    #[test]
    fn prices_that_are_not_positive_or_not_representable_are_refused() {
        let mut reading = Reading {
            price: 0,
            confidence: 0,
            average: 1,
            exponent: 0,
            publish_time: 0,
            posted_slot: 0,
        };
        let unit = Scale {
            power: 0,
            quote_per_usd: DOLLAR,
        };
        assert_eq!(
            unit.apply(&reading),
            Err(RiskError::PriceOutOfRange { mantissa: 0 })
        );
        reading.price = -5;
        assert_eq!(
            unit.apply(&reading),
            Err(RiskError::PriceOutOfRange { mantissa: -5 })
        );
        reading.price = i64::MAX;
        assert!(unit.apply(&reading).is_err());
        reading.price = 1;
        assert!(unit.apply(&reading).is_ok());
        assert!(
            Scale { power: -19, ..unit }.apply(&reading).is_err(),
            "rounds to nothing"
        );
        assert!(Scale { power: 40, ..unit }.apply(&reading).is_err());
    }

    proptest! {
        #[test]
        fn a_conversion_is_the_exact_product_rounded_as_asked(
            mantissa in 1u64..(1 << 62), power in -12i32..3, quote in (DOLLAR / 2)..(DOLLAR * 2), up: bool,
        ) {
            let got = Scale { power, quote_per_usd: quote }.convert(mantissa, up);
            // Exact to within the two roundings (each below one unit of the intermediate).
            let numerator = u128::from(mantissa) << 16;
            let usd = if power >= 0 {
                numerator * u128::from(pow10(power.unsigned_abs()).unwrap())
            } else {
                let d = u128::from(pow10(power.unsigned_abs()).unwrap());
                if up { numerator.div_ceil(d) } else { numerator / d }
            };
            if usd >> 64 == 0 {
                let exact = usd * u128::from(quote);
                let expect = if up { (exact + (1 << 32) - 1) >> 32 } else { exact >> 32 };
                if expect <= u128::from(MAX_PRICE.0) && (up || expect > 0) && (power < 0 || usd >> 63 == 0) {
                    prop_assert_eq!(got.map(|p| u128::from(p.0)), Ok(expect));
                } else {
                    prop_assert!(got.is_err());
                }
            } else {
                prop_assert!(got.is_err());
            }
        }

        #[test]
        fn the_stable_price_moves_towards_the_index_and_never_past_its_band(
            stable in 1u64..(1 << 50), index in 1u64..(1 << 50), growth in 0u32..(1 << 20), seconds in 0i64..100_000,
        ) {
            let next = follow(Price(stable), Price(index), Ratio(growth), seconds).unwrap().0;
            let bound = (u128::from(stable) * u128::from(growth) * u128::try_from(seconds.min(86_400)).unwrap()
                / (60 << 20)).max(u128::from(seconds > 0));
            prop_assert!(u128::from(next.abs_diff(stable)) <= bound);
            prop_assert!(next.abs_diff(index) <= stable.abs_diff(index));
            if seconds == 0 { prop_assert_eq!(next, stable); }
        }
    }
}
