//! Brings a clearinghouse on a chain to what a TOML file describes, and its accounts to the layout of the program.
//!
//! [`plan`] says what differs, [`apply`] carries it out step by step, [`verify`] says whether all of it is there and the
//! ledger holds, [`upgrade()`] migrates account layouts. They act on a [`Line`]: a cluster ([`Cluster`]), or whatever a test has.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod cli;
mod error;
mod line;
mod run;
pub mod show;
mod upgrade;
mod verify;

pub use error::Error;
pub use line::{Cluster, Line, LineError};
pub use run::{Progress, Who, apply, plan, read};
pub use upgrade::{Upgrade, upgrade, upgrade_of};
pub use verify::{Verified, verify};

/// The example of the document, compiled and run by `cargo test -p counterweight-migrations --doc`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/deployment.md")]
mod example {}
