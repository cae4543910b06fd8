//! Black's formula of 1976 for European options on a forward, without discounting.
//!
//! With lo ≤ hi the two of forward F and strike K, x = ln(hi/lo), and s the standard deviation of the
//! logarithm until expiry, the option that is out of the money is worth
//!
//! ```text
//! lo · N(a) − hi · N(−b)      a = s/2 − x/s,  b = s/2 + x/s
//! ```
//!
//! whether it is the call (K ≥ F) or the put: the formula does not change when forward and strike are
//! exchanged. Because n(a)·lo = n(b)·hi, with the Mills ratio M(u) = (1 − N(u))/n(u) this is
//!
//! ```text
//! lo · n(a) · ( M(−a) − M(b) )  for a < 0,    lo · ( 1 − n(a) · ( M(a) + M(b) ) )  for a ≥ 0
//! ```
//!
//! which has no quotient of prices in it, and no difference of large numbers where the option is nearly
//! worthless (Jäckel's "Let's be rational" builds on the same identity). The option in the money is
//! worth the distance of forward and strike more: parity holds to the last bit.

use super::{
    math::{self, FAR, ONE},
    tenor::{Deviation, Tenor},
};
use crate::units::{Price, Ratio};

/// 24 hours in seconds, halved: theta is a day's, and its formula has a two below.
const HALF_DAY: u64 = 43_200;

/// What an option is a right to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To the forward less the strike.
    Call,
    /// To the strike less the forward.
    Put,
}

/// Change of an option's price per change of the forward's, 2^-30: from 0 to 1 for a call, from −1 to 0
/// for a put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delta(pub i64);

/// Change of delta per change of the forward by all of itself (gamma · F), 2^-24.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gamma(pub u64);

/// A price and how it moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Greeks {
    /// What one lot is worth.
    pub price: Price,
    /// By the forward, once.
    pub delta: Delta,
    /// By the forward, twice. The same for call and put.
    pub gamma: Gamma,
    /// By the volatility, per 1.00 a year. The same for call and put.
    pub vega: Price,
    /// By time, per day that passes, as a raw price: at the pace of this moment, even where less than a
    /// day is left. Never positive, the same for call and put.
    pub theta: i64,
}

/// Where a forward stands to a strike: what one logarithm serves for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moneyness {
    forward: u64,
    strike: u64,
    /// ln(hi/lo), 2^-38. Zero where one of them is.
    distance: u64,
}

/// How many deviations forward and strike are apart, seen from both.
struct Normal {
    /// a in the module's text, 2^-33. No density is left from −[`FAR`] down and from [`FAR`] up.
    near: i64,
    /// b in the module's text, 2^-33.
    far: u64,
}

impl Moneyness {
    /// Of two prices.
    pub fn of(forward: Price, strike: Price) -> Self {
        let (forward, strike) = (forward.0, strike.0);
        let (lo, hi) = ordered(forward, strike);
        Self {
            forward,
            strike,
            distance: if lo == 0 { 0 } else { math::log_ratio(hi, lo) },
        }
    }

    /// ln(K/F), 2^-38. Zero where one of them is.
    #[inline(always)]
    pub fn log(&self) -> i64 {
        // Below 2^44.
        let distance = self.distance.cast_signed();
        if self.strike >= self.forward {
            distance
        } else {
            -distance
        }
    }

    /// What an option is worth now if it were settled now.
    pub fn intrinsic(&self, right: Right) -> Price {
        Price(match right {
            Right::Call => self.forward.saturating_sub(self.strike),
            Right::Put => self.strike.saturating_sub(self.forward),
        })
    }

    /// What [`Moneyness::price`] may be off by, either way: 2^-32 of the lower of forward and
    /// strike, and a unit for rounding down. A check against an account adds it to what the account is
    /// short of, and takes it from what it has.
    pub const fn error_bound(&self) -> u64 {
        let (lo, _) = ordered(self.forward, self.strike);
        // Two: the shift rounds down as well.
        (lo >> 32).wrapping_add(2)
    }

    /// The price of an option: between its intrinsic value and the forward (a call) or the strike (a
    /// put). Rounded down.
    pub fn price(&self, right: Right, deviation: Deviation) -> Price {
        let Some(normal) = self.normal(deviation) else {
            return self.intrinsic(right);
        };
        let density = math::density(normal.near.unsigned_abs());
        self.with_time(right, normal.share(density, normal.near_ratio()))
    }

    /// The price with its greeks. They are zero (delta: zero or one) where nothing can happen any more.
    pub fn greeks(&self, right: Right, deviation: Deviation, tenor: Tenor) -> Greeks {
        let Some(normal) = self.normal(deviation) else {
            return Greeks {
                price: self.intrinsic(right),
                delta: delta(right, if self.forward > self.strike { ONE } else { 0 }),
                ..Greeks::default()
            };
        };
        let density = math::density(normal.near.unsigned_abs());
        let ratio = normal.near_ratio();
        let share = normal.share(density, ratio);
        // d1 of the textbooks is a where the strike is above, else b. What is beyond is at most a half.
        let (above, at_d1) = if self.strike >= self.forward {
            let beyond = math::part(density, ratio);
            let above = if normal.near < 0 {
                beyond
            } else {
                ONE.wrapping_sub(beyond)
            };
            (above, density)
        } else {
            let at_far = math::density(normal.far);
            let beyond = math::part(at_far, math::mills(normal.far));
            (ONE.wrapping_sub(beyond), at_far)
        };
        // F·n(d1) = lo·n(a): no need of the forward's own density.
        let (lo, _) = ordered(self.forward, self.strike);
        let slope = math::times_share(lo, density);
        Greeks {
            price: self.with_time(right, share),
            delta: delta(right, above),
            // 2^-64 over 2^-40. A density is below 0.4, so that it fits; the deviation is not zero.
            gamma: Gamma((at_d1 << 28).checked_div(deviation.get()).unwrap_or(0)),
            vega: Price(math::times_40(slope, tenor.root())),
            theta: theta(slope, deviation, tenor),
        }
    }

    /// `None` where nothing can happen any more.
    #[inline(always)]
    fn normal(&self, deviation: Deviation) -> Option<Normal> {
        let s = deviation.get();
        if s == 0 || self.forward == 0 || self.strike == 0 {
            return None;
        }
        // x/s from 2^-38 over 2^-40 to 2^-33, by two steps of a long division. x < 2^44 and s ≤ 2^45: no
        // shift loses anything.
        let dividend = self.distance << 20;
        let first = dividend / s;
        if first >= 40 << 18 {
            // 40 deviations: a ≤ 16 − 40.
            return Some(Normal {
                near: -FAR.cast_signed(),
                far: FAR,
            });
        }
        let apart = (first << 15).wrapping_add(((dividend % s) << 15) / s);
        // Both below 2^39. b − a is the deviation to the last bit: an error of a, common to both, moves
        // the price little, an error of their difference moves it by vega.
        let (s, half) = (s >> 7, s >> 8);
        let near = half.cast_signed().wrapping_sub(apart.cast_signed());
        let far = s.wrapping_sub(half).wrapping_add(apart);
        Some(Normal { near, far })
    }

    /// The price of an option, where the one out of the money is worth this share of the lower of
    /// forward and strike.
    #[inline(always)]
    fn with_time(&self, right: Right, share: u64) -> Price {
        let (lo, _) = ordered(self.forward, self.strike);
        let time = math::times_share(lo, share);
        // At most lo more than hi − lo.
        Price(self.intrinsic(right).0.wrapping_add(time))
    }
}

impl Normal {
    #[inline(always)]
    fn near_ratio(&self) -> u64 {
        math::mills(self.near.unsigned_abs())
    }

    /// What the option out of the money is worth, in the lower of forward and strike, 2^-36, for the
    /// density and the Mills ratio of |a|.
    #[inline(always)]
    fn share(&self, density: u64, ratio: u64) -> u64 {
        let far = math::mills(self.far);
        if self.near < 0 {
            // Of neighbouring arguments the ratios may be a unit in the wrong order.
            math::part(density, ratio.saturating_sub(far))
        } else {
            // At most n(0)·2M(0), which is a unit below one (a test looks at each place around).
            ONE.wrapping_sub(math::part(density, ratio.wrapping_add(far)))
        }
    }
}

#[inline(always)]
const fn ordered(a: u64, b: u64) -> (u64, u64) {
    if a < b { (a, b) } else { (b, a) }
}

/// The delta of a right whose call has N(d1), 2^-36.
#[inline(always)]
const fn delta(right: Right, above: u64) -> Delta {
    // At most 2^36.
    let call = (above >> 6).cast_signed();
    Delta(match right {
        Right::Call => call,
        Right::Put => call.wrapping_sub(1 << 30),
    })
}

/// −F·n(d1)·s / 2T a day. Beyond the range of a raw price only for tenors of seconds with volatilities of
/// thousands; then that.
#[inline(always)]
fn theta(slope: u64, deviation: Deviation, tenor: Tenor) -> i64 {
    // The deviation is at most 2^45: below 2^61.
    let pace = deviation
        .get()
        .wrapping_mul(HALF_DAY)
        .checked_div(tenor.seconds());
    let size = math::times_40(slope, pace.unwrap_or(0));
    if size >> 63 != 0 {
        return -i64::MAX;
    }
    size.cast_signed().wrapping_neg()
}

/// One option, priced at many forwards and volatilities: what does not change is computed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pricer {
    right: Right,
    strike: Price,
    tenor: Tenor,
}

impl Pricer {
    /// For an option with so much time left.
    pub const fn new(right: Right, strike: Price, tenor: Tenor) -> Self {
        Self {
            right,
            strike,
            tenor,
        }
    }

    /// The price at a volatility a year.
    pub fn price(&self, forward: Price, volatility: Ratio) -> Price {
        self.price_at(forward, self.tenor.deviation(volatility))
    }

    /// The price at a deviation until expiry.
    pub fn price_at(&self, forward: Price, deviation: Deviation) -> Price {
        Moneyness::of(forward, self.strike).price(self.right, deviation)
    }

    /// Price and greeks at a volatility a year.
    pub fn greeks(&self, forward: Price, volatility: Ratio) -> Greeks {
        self.greeks_at(forward, self.tenor.deviation(volatility))
    }

    /// Price and greeks at a deviation until expiry.
    pub fn greeks_at(&self, forward: Price, deviation: Deviation) -> Greeks {
        Moneyness::of(forward, self.strike).greeks(self.right, deviation, self.tenor)
    }
}

/// Price and greeks of an option in one call.
pub fn black76(
    right: Right,
    forward: Price,
    strike: Price,
    volatility: Ratio,
    seconds: u64,
) -> Greeks {
    Pricer::new(right, strike, Tenor::new(seconds)).greeks(forward, volatility)
}
