//! One file for each instruction: its arguments, its accounts, `validate`, and the handler.

pub mod account;
pub mod admin;
pub mod checks;
pub mod liquidation;
pub mod oracle;
pub mod tokens;
pub mod trading;
pub mod trigger;

pub use account::*;
pub use admin::*;
pub use checks::Guards;
pub use liquidation::*;
pub use oracle::*;
pub use trading::*;
pub use trigger::*;
