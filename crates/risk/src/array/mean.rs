//! Options on a mean of which a part may be fixed (docs/options.md, "The last half hour").

use super::ONE_DELTA;
use crate::{
    expiry::{Contract, SETTLEMENT_WINDOW},
    fixed::mul_div_floor,
    option::{Delta, Gamma, Greeks, Pricer, Right, Tenor},
    units::{MAX_PRICE, Price, Ratio},
};

/// Seconds of the whole window.
const WINDOW: u64 = SETTLEMENT_WINDOW.unsigned_abs();

/// Prices an option on a mean of which a part may be fixed. With a part A fixed and a share r of the window left, the mean
/// is A + r·S, so that a call is r calls on S at the strike (K − A)/r; or, where A is above K, r·S and A − K. A put is the
/// call, and K − A − r·S: the strike that the rest has to reach grows beyond all prices as the rest shrinks, where a call is
/// worth nothing, and a put is not.
pub(super) struct OnMean {
    /// The option before the window; in it, the call on what is left.
    pricer: Pricer,
    /// In the window.
    ending: Option<Ending>,
}

/// What is left of an option on a mean, and what is not.
struct Ending {
    right: Right,
    /// Seconds of the window that are left.
    rest: u64,
    /// What of the strike is not fixed: K − A, and A − K. One of them is zero.
    left: u64,
    beyond: u64,
}

impl OnMean {
    pub(super) fn new(right: Right, contract: &Contract, tenor: Tenor) -> Self {
        let strike = contract.strike;
        if contract.seconds == 0 {
            return Self {
                pricer: Pricer::new(right, strike, tenor),
                ending: None,
            };
        }
        let (fixed, rest) = (contract.fixed(), contract.rest().unsigned_abs());
        let left = strike.0.saturating_sub(fixed);
        // As far as there are prices: a call so far away is worth nothing.
        let of_rest = mul_div_floor(left, WINDOW, rest.max(1)).unwrap_or(MAX_PRICE.0);
        let of_rest = Price(of_rest.clamp(1, MAX_PRICE.0));
        Self {
            pricer: Pricer::new(Right::Call, of_rest, tenor),
            ending: Some(Ending {
                right,
                rest,
                left,
                beyond: fixed.saturating_sub(strike.0),
            }),
        }
    }

    pub(super) fn price(&self, index: Price, volatility: Ratio) -> Price {
        let price = self.pricer.price(index, volatility);
        match &self.ending {
            Some(ending) => ending.price(index, price),
            None => price,
        }
    }

    pub(super) fn greeks(&self, index: Price, volatility: Ratio) -> Greeks {
        let greeks = self.pricer.greeks(index, volatility);
        match &self.ending {
            Some(ending) => ending.greeks(index, &greeks),
            None => greeks,
        }
    }
}

impl Ending {
    /// What of a number still moves, rounded down.
    fn part(&self, whole: u64) -> u64 {
        mul_div_floor(whole, self.rest, WINDOW).unwrap_or(whole)
    }

    /// What the option is worth where the call on what is left is worth so much.
    fn price(&self, index: Price, call: Price) -> Price {
        let call = self.part(call.0).saturating_add(self.beyond);
        let worth = match self.right {
            Right::Call => call,
            // call + K − A − r·S; the sum before it is taken off is at least r·S.
            Right::Put => call
                .saturating_add(self.left)
                .saturating_sub(self.beyond)
                .saturating_sub(self.part(index.0)),
        };
        Price(worth.min(MAX_PRICE.0))
    }

    fn greeks(&self, index: Price, call: &Greeks) -> Greeks {
        let signed = |number: i64| {
            let size = self.part(number.unsigned_abs()).cast_signed();
            if number < 0 { -size } else { size }
        };
        let delta = match self.right {
            Right::Call => call.delta.0,
            // At most one.
            Right::Put => call.delta.0 - ONE_DELTA.cast_signed(),
        };
        Greeks {
            price: self.price(index, call.price),
            delta: Delta(signed(delta)),
            gamma: Gamma(self.part(call.gamma.0)),
            vega: Price(self.part(call.vega.0)),
            theta: signed(call.theta),
        }
    }
}
