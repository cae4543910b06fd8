//! A keeper: watches a clearinghouse, liquidates, settles, funds, refreshes, and says what it did and why.
//!
//! [`state`] is what is known, fed by `counterweight-link`. [`strategy`] decides from it, purely. [`engine`] remembers
//! what is under way and what was refused, and drives both on a chain. [`run`] puts them together.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod backoff;
pub mod bids;
pub mod chain;
pub mod cli;
pub mod config;
pub mod engine;
pub mod flights;
pub mod metrics;
pub mod monitor;
pub mod refusal;
pub mod report;
mod run;
pub mod server;
pub mod state;
pub mod strategy;

pub use engine::{Summary, drive::Mode};
pub use run::{Handle, RunError, run, run_on, run_with};
