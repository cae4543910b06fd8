//! Liquidation and default: permissionless.

mod catch_up;
mod deleverage;
mod flag_account;
mod liquidate;
mod liquidate_collateral;
mod liquidate_slice;
mod open_backstop;
mod resolve_default;
mod sweep_dust;

pub use catch_up::*;
pub use deleverage::*;
pub use flag_account::*;
pub use liquidate::*;
pub use liquidate_collateral::*;
pub use liquidate_slice::*;
pub use open_backstop::*;
pub use resolve_default::*;
pub use sweep_dust::*;
