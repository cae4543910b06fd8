//! Trading.

mod settle_block_trade;

pub use settle_block_trade::*;
