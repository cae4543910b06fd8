//! `margin_view`: equity and margin as return data, for wallets, other programs and simulations.

use crate::{
    error::{ErrorCode, OrRefuse},
    state::{MarginAccount, MarginRef, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::standard::{Gains, initial, maintenance};

/// Accounts of `margin_view`.
#[derive(Accounts)]
pub struct ViewMargin<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// How an account stands, in quote atoms.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarginView {
    /// Equity by the rules of maintenance.
    pub equity: i64,
    /// MM: the account may be liquidated where equity is below.
    pub maintenance_margin: i64,
    /// Equity by the rules of adding risk.
    pub initial_equity: i64,
    /// IM: risk may be added and value withdrawn while initial equity is at least this.
    pub initial_margin: i64,
    /// Initial equity − IM; negative where it is not met.
    pub free_collateral: i64,
    /// Whether prices allow adding risk; without it the initial figures are zero.
    pub can_add_risk: bool,
    /// Unix seconds since when the account is in liquidation; 0 for not.
    pub liquidation_start: i64,
    /// The account's change counter.
    pub sequence: u64,
}

/// Returns how the account stands at the recorded prices.
///
/// # Errors
/// [`ErrorCode::WrongClearinghouse`], a price too old even for maintenance.
pub(crate) fn margin_view(ctx: Context<ViewMargin>) -> Result<MarginView> {
    let book = RiskBookRef::load(&ctx.accounts.risk_book)?;
    let margin = MarginRef::load(&ctx.accounts.margin_account)?;
    require!(
        margin.header.clearinghouse == book.header.clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let now = Clock::get()?.unix_timestamp;
    let (book, account) = (book.book(), margin.view());
    let health = maintenance(&book, &account, now).or_refuse()?;
    let mut view = MarginView {
        equity: health.equity.0,
        maintenance_margin: health.requirement.0,
        liquidation_start: margin.header.core.liquidation_start,
        sequence: margin.header.sequence,
        ..MarginView::default()
    };
    if let Ok(health) = initial(&book, &account, now, u32::MAX, Gains::Weighted) {
        view.initial_equity = health.equity.0;
        view.initial_margin = health.requirement.0;
        view.free_collateral = health.free().or_refuse()?.0;
        view.can_add_risk = true;
    }
    Ok(view)
}
