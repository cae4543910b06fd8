//! Options: what one is worth, and how its worth moves (docs/options.md).
//!
//! | module | what it answers |
//! |---|---|
//! | [`black`] | price and greeks of a European call or put on a forward |
//! | [`tenor`] | how much time is left, and its square root |
//! | [`svi`] | the volatility of a strike on a smile of five parameters |
//! | [`math`] | root, logarithm and normal distribution in integers |
//!
//! Settled in the quote token at expiry, so nothing is discounted. Nothing here fails: outside of the
//! range in which the error bounds hold (strikes of 1/8 to 8 forwards, 5 % to 500 % a year, a minute to
//! two years) results go over into what they tend to.

pub mod black;
pub mod math;
pub mod svi;
mod tables;
pub mod tenor;

pub use black::{Delta, Gamma, Greeks, Moneyness, Pricer, Right, black76};
pub use svi::SviTerms;
pub use tenor::{Deviation, Tenor};
