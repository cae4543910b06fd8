//! How often the move of an hour exceeds maintenance margin, and what margin costs, by model of margin and with
//! requirements that follow volatility or do not.
//!
//! Prices, bases and books are made up, in floating point: [`path`], [`books`]. Every judgement is the engine's: prices are
//! recorded by `Asset::record`, which keeps the estimate of volatility; requirements and equity come from
//! `standard::maintenance` and `standard::initial` ([`clearing`], [`judge`]). `make study` writes `bench/STUDY.md` and its
//! pictures ([`report`], [`plot`]).
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(clippy::pedantic)]
#![allow(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    // Simulated prices are floats; what the engine is given is rounded once, to its own units.
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

pub mod books;
pub mod clearing;
pub mod implied;
pub mod judge;
pub mod model;
pub mod path;
pub mod plot;
pub mod random;
pub mod report;
pub mod run;
pub mod settings;
pub mod tally;
