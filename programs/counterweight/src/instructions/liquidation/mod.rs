//! Liquidation: permissionless.

mod flag_account;
mod liquidate;
mod liquidate_collateral;
mod liquidate_slice;

pub use flag_account::*;
pub use liquidate::*;
pub use liquidate_collateral::*;
pub use liquidate_slice::*;
