//! Helpers of the tests: expecting a refusal that changes nothing, and the invariants.
#![deny(missing_docs)]

pub mod actions;
pub mod dated;
pub mod derivatives;
pub mod fixture;
pub mod fuzz;
pub mod hedge;
pub mod history;
pub mod hostile;
pub mod invariants;
pub mod naive;
pub mod pit;
pub mod reached;
pub mod rng;
pub mod scene;
pub mod snapshot;
pub mod world;
pub mod written;

use anchor_lang::prelude::Pubkey;
use counterweight::error::ErrorCode;
use counterweight_simnet::{Exchange, Failure, Receipt};

/// Asserts that an action is refused with `code`, and that none of `watched` changed by it.
///
/// # Panics
/// If it succeeds, fails otherwise, or changes a byte.
#[track_caller]
pub fn assert_refused(
    exchange: &mut Exchange,
    watched: &[Pubkey],
    code: ErrorCode,
    action: impl FnOnce(&mut Exchange) -> Result<Receipt, Box<Failure>>,
) -> Box<Failure> {
    let before: Vec<_> = watched.iter().map(|key| exchange.chain.data(key)).collect();
    let failure = match action(exchange) {
        Ok(_) => panic!("expected {code:?}, but it succeeded"),
        Err(failure) => failure,
    };
    assert!(
        failure.is(code),
        "expected {code:?} ({}), got {failure}",
        u32::from(code)
    );
    for (key, bytes) in watched.iter().zip(before) {
        assert_eq!(
            exchange.chain.data(key),
            bytes,
            "a refused action changed {key}"
        );
    }
    failure
}

#[cfg(doctest)]
mod forbidden;

/// The examples of the documents, compiled and run by `cargo test -p counterweight-tests --doc`.
#[cfg(doctest)]
mod examples {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/integration.md")]
    struct Integration;
}
