//! The accounts: one file each. All are zero-copy, with sizes and offsets asserted.

mod clearinghouse;
mod custody;
mod margin_account;
mod market;
mod risk_book;
mod triggers;

pub use clearinghouse::*;
pub use custody::*;
pub use margin_account::*;
pub use market::*;
pub use risk_book::*;
pub use triggers::*;

/// Layout version that this program writes and accepts.
pub const VERSION: u8 = 1;
