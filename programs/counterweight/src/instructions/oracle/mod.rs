//! Prices and funding: permissionless.

mod refresh_prices;
mod update_funding;

pub use refresh_prices::*;
pub(crate) use update_funding::apply as apply_funding;
pub use update_funding::*;
