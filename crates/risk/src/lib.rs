//! # The Counterweight risk engine
//!
//! Every formula by which a margin account is judged, and every layout that a formula reads. The
//! crate is pure: no I/O, no clock, no allocation, no floats, no Solana types. Prices and the time
//! are arguments. The same code runs in the on-chain program, in a keeper, and in a browser, so a
//! preview and the check it previews are one function.
//!
//! | module | what it answers |
//! |---|---|
//! | [`units`] | which quantities exist, and which of them may be multiplied |
//! | [`fixed`] | the few multiplication kernels that everything else uses |
//! | [`price`] | what an oracle reading becomes, and for what it may be used |
//! | [`asset`], [`market`] | the rows of the risk book: prices and parameters with their bounds |
//! | [`position`], [`account`] | what an account holds, and how a fill changes it |
//! | [`orders`] | what resting orders reserve, and what they can cost at worst |
//! | [`funding`] | what longs pay shorts for a price above the index |
//! | [`params`] | what holds for a whole clearinghouse |
//! | [`tiers`] | the marginal requirement schedule of a market |
//! | [`standard`] | equity, initial and maintenance margin of an account |
//! | [`portfolio`] | the same by the worst scenario of the whole book |
//! | [`volatility`] | how far requirements follow the market's moves |
//! | [`risk_terms`] | what governance sets on the risk of an asset |
//! | [`expiry`] | contracts that end, and at which price |
//! | [`smile`] | the volatility that options are marked at |
//! | [`greeks`] | how an account moves with prices, volatility and time |
//! | [`array`] | the same and what it would be worth in each scenario, kept between checks |
//! | [`maturity`] | how much of the cash is profit that may not leave yet |
//! | [`interest`] | what negative cash pays |
//! | [`moment`] | what holds for money that changes now |
//! | [`outflow`] | how much of a token may leave, and how fast |
//! | [`liquidation`] | the auction, the penalty, and how much a liquidator may take |
//! | [`slice`] | the same of every position at once, so that a hedge stays one |
//! | [`collateral`] | what is left when no position is: collateral against a debt |
//! | [`backstop`] | who is in default, and what the backstop takes over |
//! | [`deleverage`] | what a default leaves open, closed against the other side pro rata |
//! | [`option`] | what an option is worth, and how its worth moves |
//! | [`whatif`] | at which prices an account would be liquidated |
//!
//! Rounding is always against the account that is judged; value that changes hands is never rounded.
// What Anchor's derive writes for the IDL needs the standard library; nothing else may.
#![cfg_attr(not(feature = "idl"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(clippy::pedantic)]
#![allow(
    clippy::module_name_repetitions,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    // A check of many positions is compute-bound on the chain: the kernels in its loop must not be
    // calls, and the compiler does not see that for itself when it optimises for size.
    clippy::inline_always
)]

pub mod account;
pub mod array;
pub mod asset;
pub mod backstop;
pub mod collateral;
pub mod deleverage;
pub mod error;
pub mod expiry;
pub mod fixed;
pub mod funding;
pub mod greeks;
pub mod interest;
pub mod liquidation;
pub mod market;
pub mod marks;
pub mod maturity;
pub mod moment;
pub mod option;
pub mod orders;
pub mod outflow;
pub mod params;
pub mod portfolio;
pub mod position;
pub mod price;
pub mod risk_terms;
pub mod slice;
pub mod smile;
pub mod standard;
pub mod tiers;
pub mod units;
pub mod volatility;
pub mod whatif;

pub use account::{AccountCore, AccountMut, AccountView, Balance};
pub use asset::{Asset, AssetTerms};
pub use error::{BoundError, Result, RiskError};
pub use interest::{Debt, Interest};
pub use market::{Market, MarketTerms};
pub use maturity::Immature;
pub use moment::Moment;
pub use outflow::{Outflow, OutflowTerms};
pub use params::{RiskParams, RiskTerms};
pub use position::Position;
pub use risk_terms::{AssetRiskTerms, ScanTerms};
pub use standard::{Book, Health};
pub use units::{Lots, Price, QuoteAtoms, Ratio, Ticks};
pub use volatility::VolatilityTerms;
