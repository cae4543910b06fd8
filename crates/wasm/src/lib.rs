//! The risk engine for JavaScript: what an account is worth and needs, now and after what was not done yet.
//!
//! A [`scenario::Scenario`] is made from the bytes of a risk book and a margin account as a node has them. It is changed
//! by hypothetical trades, orders, deposits and prices, each by the function of the engine that the program calls for
//! the real one, and then asked for its figures. So what it says is what the chain will say, to the atom.
//!
//! [`bindings`] is the same for JavaScript: 64-bit figures are `bigint`, refusals carry the program's error number.
#![deny(missing_docs)]

#[forbid(unsafe_code)]
pub mod accounts;
pub mod bindings;
#[forbid(unsafe_code)]
pub mod figures;
#[forbid(unsafe_code)]
pub mod needs;
#[forbid(unsafe_code)]
pub mod refusal;
#[forbid(unsafe_code)]
pub mod scenario;
