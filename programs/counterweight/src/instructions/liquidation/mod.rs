//! Liquidation and default: permissionless.

mod catch_up;
mod deleverage;
mod flag_account;
mod liquidate;
mod open_backstop;
mod resolve_default;
mod sweep_dust;

pub use catch_up::*;
pub use deleverage::*;
pub use flag_account::*;
pub use liquidate::*;
pub use open_backstop::*;
pub use resolve_default::*;
pub use sweep_dust::*;
