//! `refresh_arrays`: computes what options are worth, and in each scenario, at the index and the time of now. Anyone may, as
//! often as is useful: whoever trades or liquidates options does it first where others have not.

use crate::{
    error::OrRefuse,
    state::{RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::RiskError;

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
    let (assets, rows) = book.tables();
    for market in markets {
        let row = rows.get_mut(usize::from(market));
        let row = row.ok_or(RiskError::UnknownMarket { market }).or_refuse()?;
        let asset = assets.get(usize::from(row.asset));
        let unknown = RiskError::UnknownAsset { asset: row.asset };
        let asset = asset.ok_or(unknown).or_refuse()?;
        row.refresh_array(market, asset, now).or_refuse()?;
    }
    Ok(())
}
