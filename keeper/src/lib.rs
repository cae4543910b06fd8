//! A keeper: watches a clearinghouse, liquidates, settles, funds, refreshes, and says what it did and why.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod config;
pub mod state;
