//! A line to a cluster: reading accounts, a feed of everything that belongs to a clearinghouse which misses no
//! change of it, and sending transactions until they are confirmed or can no longer be.
//!
//! Everything here is transport. What accounts mean is in `counterweight-sdk`; what to do about them is its callers'.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod error;
mod feed;
mod memory;
mod read;
mod send;

pub use error::{LinkError, Refusal, SendError};
pub use feed::{Feed, Update, watch};
pub use memory::{Freshness, Memory};
pub use read::{Endpoint, Filter, Found, Link, Moment};
pub use send::{Draft, Sent, Simulated};
