//! `update_funding`: moves a market's funding index by the premium of the intervals that are complete,
//! and scales its initial requirement by its open interest. Anyone may, at any time. Only perpetuals have funding.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::FundingUpdated,
    state::{Market, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::market::{KIND_PERPETUAL, MODE_SETTLEMENT};

/// Accounts of `update_funding`.
#[derive(Accounts)]
pub struct UpdateFunding<'info> {
    /// The risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

/// Brings funding and the open-interest scale up to date.
///
/// # Errors
/// [`ErrorCode::WrongClearinghouse`], [`ErrorCode::MarketMode`] in settlement, that of a price that is
/// too old: what is pending waits for one.
pub(crate) fn update_funding(ctx: Context<UpdateFunding>) -> Result<()> {
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let mut market = ctx.accounts.market.load_mut()?;
    require!(
        market.clearinghouse == book.header.clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let now = Clock::get()?.unix_timestamp;
    let rate = apply(&mut book, &mut market, now)?;
    let row = book.market(market.index)?;
    emit!(FundingUpdated {
        market: market.index,
        rate,
        index: row.index[0],
        intervals: market.funding.intervals,
        scale: row.scale.0,
    });
    Ok(())
}

/// As the instruction; returns the rate that was applied.
pub(crate) fn apply(book: &mut RiskBookMut, market: &mut Market, now: i64) -> Result<i64> {
    let asset = book.market(market.index)?.asset;
    let price = {
        let asset_row = book.asset(asset)?;
        asset_row.check_maintenance(asset, now).or_refuse()?;
        asset_row.index
    };
    let row = book.market(market.index)?;
    require!(row.mode != MODE_SETTLEMENT, ErrorCode::MarketMode);
    // What ends is tied to the index by its end.
    let rate = if row.kind == KIND_PERPETUAL {
        let funding = &mut market.funding;
        funding.advance(now, row.funding_interval, row.funding_cap);
        funding.apply(row, price).or_refuse()?
    } else {
        0
    };
    row.rescale(market.exposure().unsigned_abs()).or_refuse()?;
    Ok(rate)
}
