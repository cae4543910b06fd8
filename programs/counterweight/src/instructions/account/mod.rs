//! A trader's own account: opening, funding, looking, closing.

mod accrue_interest;
mod close_margin_account;
mod deposit;
mod greeks_view;
mod margin_view;
mod open_margin_account;
mod resize_margin_account;
mod set_delegate;
mod set_risk_model;
mod transfer;
mod withdraw;

pub use accrue_interest::*;
pub use close_margin_account::*;
pub use deposit::*;
pub use greeks_view::*;
pub use margin_view::*;
pub use open_margin_account::*;
pub use resize_margin_account::*;
pub use set_delegate::*;
pub use set_risk_model::*;
pub use transfer::*;
pub use withdraw::*;
