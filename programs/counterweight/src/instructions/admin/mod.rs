//! Governance: what the authority, the guardian and, for sweeping, anyone may do.

mod accept_authority;
mod add_asset;
mod add_market;
mod collect_fees;
mod create_clearinghouse;
mod fund_insurance;
mod grow_market;
mod list_collateral;
mod nominate_authority;
mod pause;
mod set_asset_terms;
mod set_fee_discount;
mod set_guardian;
mod set_market_terms;
mod set_risk_terms;
mod settle_market;
mod withdraw_fees;

pub use accept_authority::*;
pub use add_asset::*;
pub use add_market::*;
pub use collect_fees::*;
pub use create_clearinghouse::*;
pub use fund_insurance::*;
pub use grow_market::*;
pub use list_collateral::*;
pub(crate) use nominate_authority::*;
pub use pause::*;
pub(crate) use set_asset_terms::*;
pub use set_fee_discount::*;
pub use set_guardian::*;
pub(crate) use set_market_terms::*;
pub use set_risk_terms::*;
pub use settle_market::*;
pub use withdraw_fees::*;
