//! Trading.

mod cancel_orders;
mod desk;
mod edit_order;
mod matching;
mod order_args;
mod place_order;
mod place_orders;
mod premium;
mod prune_orders;
mod settle_block_trade;
mod settle_fills;
mod settle_position;
mod trade;

pub(crate) use cancel_orders::*;
pub(crate) use desk::{Desk, require_lots};
pub(crate) use edit_order::*;
pub use order_args::*;
pub use place_order::*;
pub use place_orders::*;
pub use prune_orders::*;
pub use settle_block_trade::*;
pub use settle_fills::*;
pub use settle_position::*;
pub use trade::*;
