//! Tests against a local network, over its real JSON-RPC and websocket: what its keepers must do when prices crash,
//! processes die and connections break.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod crowd;
pub mod history;
pub mod keepers;
mod proxy;

pub use proxy::Cable;
