//! `refresh_arrays`: computes what options are worth, and in each scenario, at the index and the time of now. Anyone may, as
//! often as is useful: whoever trades or liquidates options does it first where others have not.

use crate::{
    error::OrRefuse,
    state::{RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;

/// Accounts of `refresh_arrays`.
#[derive(Accounts)]
pub struct RefreshArrays<'info> {
    /// The risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
}

/// Refreshes the arrays of options. No event: the row says all there is.
///
/// # Errors
/// [`crate::error::ErrorCode::UnknownMarket`], [`crate::error::ErrorCode::NotAnOption`],
/// [`crate::error::ErrorCode::NoPrice`].
pub(crate) fn refresh_arrays(ctx: Context<RefreshArrays>, markets: Vec<u16>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    for market in markets {
        let (row, asset) = book.market_and_asset(market)?;
        row.refresh_array(market, asset, now).or_refuse()?;
    }
    Ok(())
}
