//! Prices, funding, and what contracts are worth that have ended: permissionless.

mod refresh_prices;
mod settle_expired;
mod update_funding;

pub use refresh_prices::*;
pub use settle_expired::*;
pub(crate) use update_funding::apply as apply_funding;
pub use update_funding::*;
