//! Options on a mean of which a part may be fixed (docs/options.md, "The last half hour").

use crate::{
    expiry::{Contract, SETTLEMENT_WINDOW},
    fixed::mul_div_floor,
    option::{Delta, Gamma, Greeks, Pricer, Right, Tenor},
    units::{MAX_PRICE, Price, Ratio},
};

/// Seconds of the whole window.
const WINDOW: u64 = SETTLEMENT_WINDOW.unsigned_abs();

/// Prices an option on a mean of which a part may be fixed. With a part A fixed and a share r of the window left, the mean
/// is A + r·S, so that the option is r options on S, at the strike (K − A) / r; or, of a call that ends above its strike
/// for sure, r·S and A − K.
pub(super) struct OnMean {
    pricer: Pricer,
    /// Seconds of the window that are left; all of them before it.
    rest: u64,
    /// What it is worth for sure.
    sure: u64,
}

impl OnMean {
    pub(super) fn new(right: Right, contract: &Contract, tenor: Tenor) -> Self {
        let (strike, rest) = (contract.strike, contract.rest().unsigned_abs());
        if contract.seconds == 0 {
            let pricer = Pricer::new(right, strike, tenor);
            return Self {
                pricer,
                rest,
                sure: 0,
            };
        }
        let fixed = contract.fixed();
        let left = strike.0.saturating_sub(fixed);
        let of_rest = mul_div_floor(left, WINDOW, rest.max(1)).unwrap_or(MAX_PRICE.0);
        let sure = match right {
            Right::Call => fixed.saturating_sub(strike.0),
            Right::Put if rest == 0 => left,
            Right::Put => 0,
        };
        Self {
            pricer: Pricer::new(right, Price(of_rest.clamp(1, MAX_PRICE.0)), tenor),
            rest,
            sure,
        }
    }

    /// What of a number still moves, rounded down.
    fn part(&self, whole: u64) -> u64 {
        if self.rest == WINDOW {
            return whole;
        }
        mul_div_floor(whole, self.rest, WINDOW).unwrap_or(whole)
    }

    pub(super) fn price(&self, index: Price, volatility: Ratio) -> Price {
        let moving = self.part(self.pricer.price(index, volatility).0);
        Price(moving.saturating_add(self.sure).min(MAX_PRICE.0))
    }

    pub(super) fn greeks(&self, index: Price, volatility: Ratio) -> Greeks {
        let all = self.pricer.greeks(index, volatility);
        let signed = |number: i64| {
            let size = self.part(number.unsigned_abs()).cast_signed();
            if number < 0 { -size } else { size }
        };
        Greeks {
            price: Price(
                self.part(all.price.0)
                    .saturating_add(self.sure)
                    .min(MAX_PRICE.0),
            ),
            delta: Delta(signed(all.delta.0)),
            gamma: Gamma(self.part(all.gamma.0)),
            vega: Price(self.part(all.vega.0)),
            theta: signed(all.theta),
        }
    }
}
