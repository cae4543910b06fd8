//! Prices, funding, and what contracts are worth that have ended: permissionless.

mod refresh_arrays;
mod refresh_prices;
mod set_smile;
mod settle_expired;
mod update_funding;

pub use refresh_arrays::*;
pub use refresh_prices::*;
pub use set_smile::*;
pub use settle_expired::*;
pub(crate) use update_funding::apply as apply_funding;
pub use update_funding::*;
