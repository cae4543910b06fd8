//! All margin accounts of a clearinghouse in memory, judged by the engine.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod arena;
mod bits;
mod fleet;
mod judge;
mod kernel;
mod moved;
mod report;
mod store;
mod types;

pub use fleet::Fleet;
pub use types::{AssetExposure, Census, Moved, Put, Shock, Standing};
