//! `greeks_view`: how an account moves with prices, volatility and time, as return data.

use super::ViewMargin;
use crate::{
    error::{ErrorCode, OrRefuse},
    state::{MarginRef, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::greeks::{AssetGreeks, of_account, total};

/// Assets that fit the return data.
pub const MOST_GREEKS: usize = 22;

/// The greeks of an account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct GreeksView {
    /// What all assets' money sums up to; its asset and lots mean nothing.
    pub total: AssetGreeks,
    /// Of each asset with positions, at most [`MOST_GREEKS`] of them.
    pub assets: Vec<AssetGreeks>,
}

/// Returns the greeks of an account, of options as of their arrays.
///
/// # Errors
/// [`ErrorCode::WrongClearinghouse`], [`ErrorCode::Overflow`].
pub(crate) fn greeks_view(ctx: Context<ViewMargin>) -> Result<GreeksView> {
    let book = RiskBookRef::load(&ctx.accounts.risk_book)?;
    let margin = MarginRef::load(&ctx.accounts.margin_account)?;
    require!(
        margin.header.clearinghouse == book.header.clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let (book, account) = (book.book(), margin.view());
    let mut view = GreeksView {
        total: total(&book, &account).or_refuse()?,
        assets: Vec::with_capacity(MOST_GREEKS),
    };
    of_account(&book, &account, |greeks| {
        if view.assets.len() < MOST_GREEKS {
            view.assets.push(*greeks);
        }
    })
    .or_refuse()?;
    Ok(view)
}
