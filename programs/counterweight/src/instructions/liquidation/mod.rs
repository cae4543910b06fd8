//! Liquidation: permissionless.

mod flag_account;
mod liquidate;

pub use flag_account::*;
pub use liquidate::*;
