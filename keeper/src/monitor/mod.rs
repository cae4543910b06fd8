//! The risk monitor: what a clearinghouse looks like at this moment, and what it would look like if prices moved.
//!
//! Three layers, each of which can be tested without the next. [`view`] computes figures from [`crate::state::State`]:
//! integers, no text but names and sentences, nothing asked for. [`ui`] turns a view into a screen and keys into a
//! question ([`ask::Ask`]). [`session`] has the terminal, the line to the cluster and the clock, and nothing else.
//!
//! The engine judges; nothing here has a formula of margin of its own.

pub mod args;
pub mod ask;
pub mod figures;
pub mod session;
pub mod ui;
pub mod view;

pub use args::MonitorArgs;
