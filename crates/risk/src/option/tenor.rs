//! The time that is left, with its square root: taken once for everything that expires together.

use super::math;
use crate::units::Ratio;

/// Seconds in the year of volatilities: 365 days.
pub const YEAR: u64 = 31_536_000;

/// Largest standard deviation: 32. The logarithm of two prices is below 45, so with this one a call is
/// worth its forward and a put its strike to the last bit.
const LARGEST: u64 = 32 << 40;

/// 2^56 / √[`YEAR`].
const ROOT_SCALE: u64 = 12_831_471_205_676;

/// A time to expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tenor {
    seconds: u64,
    root: u64,
}

/// The standard deviation of the logarithm of the price at expiry, 2^-40: volatility times the root of
/// the years left. Saturates at 32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation(u64);

impl Tenor {
    /// No time left.
    pub const EXPIRED: Self = Self {
        seconds: 0,
        root: 0,
    };

    /// So many seconds; beyond 2^32 − 1 (136 years) they are that.
    pub fn new(seconds: u64) -> Self {
        let seconds = seconds.min(u64::from(u32::MAX));
        // The root of 32 bits is below 2^16: 47 bits with the 31 behind the point, 64 with 17 more.
        let root = math::wide(math::root(seconds) << 17, ROOT_SCALE).0;
        Self { seconds, root }
    }

    /// From now to an expiry, both in unix seconds; none left where the expiry is not later.
    pub fn until(expiry: i64, now: i64) -> Self {
        if expiry <= now {
            return Self::EXPIRED;
        }
        Self::new(expiry.abs_diff(now))
    }

    /// Seconds left.
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// √years, 2^-40; below 12.
    pub const fn root(self) -> u64 {
        self.root
    }

    /// What a volatility a year comes to until then.
    #[inline(always)]
    pub fn deviation(self, volatility: Ratio) -> Deviation {
        // 44 bits by 32: each partial product is below 2^64, and the sum below 2^56.
        let volatility = u64::from(volatility.0);
        let low = (self.root & 0xf_ffff).wrapping_mul(volatility) >> 20;
        Deviation::new((self.root >> 20).wrapping_mul(volatility).wrapping_add(low))
    }
}

impl Deviation {
    /// From 2^-40.
    #[inline(always)]
    pub const fn new(raw: u64) -> Self {
        if raw > LARGEST {
            return Self(LARGEST);
        }
        Self(raw)
    }

    /// As 2^-40.
    #[inline(always)]
    pub const fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_365_days_and_a_root_of_one() {
        assert_eq!(YEAR, 365 * 86_400);
        assert!(Tenor::new(YEAR).root().abs_diff(1 << 40) <= 1);
        assert!(Tenor::new(4 * YEAR).root().abs_diff(2 << 40) <= 1);
        let deviation = Tenor::new(YEAR).deviation(Ratio(3 << 19));
        assert!(deviation.get().abs_diff(3 << 39) <= 2);
    }

    #[test]
    fn the_root_of_the_years_is_exact_to_two_units() {
        let mut seconds = 1u64;
        while seconds < 1 << 32 {
            // (root − 2)² ≤ seconds / YEAR ≤ (root + 2)², with 80 binary places: below 2^113.
            let root = u128::from(Tenor::new(seconds).root());
            let years = |root: u128| root * root * u128::from(YEAR);
            let exact = u128::from(seconds) << 80;
            assert!(
                years(root - 2) <= exact && exact <= years(root + 2),
                "{seconds}: {root}"
            );
            seconds += 1 + seconds / 97;
        }
    }

    #[test]
    fn time_and_deviation_saturate() {
        assert_eq!(Tenor::new(0), Tenor::EXPIRED);
        assert_eq!(Tenor::new(u64::MAX), Tenor::new(u64::from(u32::MAX)));
        assert_eq!(Tenor::until(5, 5), Tenor::EXPIRED);
        assert_eq!(Tenor::until(i64::MIN, i64::MAX), Tenor::EXPIRED);
        assert_eq!(Tenor::until(i64::MAX, i64::MIN), Tenor::new(u64::MAX));
        assert_eq!(Tenor::until(70, 10), Tenor::new(60));
        assert_eq!(Deviation::new(u64::MAX).get(), 32 << 40);
        let longest = Tenor::new(u64::MAX).deviation(Ratio(u32::MAX));
        assert_eq!(longest.get(), 32 << 40);
    }
}
