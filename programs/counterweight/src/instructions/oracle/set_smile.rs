//! `set_smile`: the volatility feed says at which volatilities the options of an expiry are marked. It can do so only within
//! bounds, and no faster than a rate; where it is silent, the engine's own estimate takes its place.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::SmileSet,
    state::{Clearinghouse, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::{RiskError, option::SviTerms};

/// Accounts of `set_smile`.
#[derive(Accounts)]
pub struct SetSmile<'info> {
    /// The volatility feed.
    pub volatility_feed: Signer<'info>,
    /// The clearinghouse.
    #[account(
        has_one = volatility_feed @ ErrorCode::NotVolatilityFeed,
        has_one = risk_book @ ErrorCode::WrongClearinghouse
    )]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
}

/// Sets one smile for the options of `markets`, and refreshes their arrays with it.
///
/// # Errors
/// [`ErrorCode::NotVolatilityFeed`], [`ErrorCode::NotAnOption`], a parameter or a volatility out of its bounds,
/// [`ErrorCode::UnknownMarket`], [`ErrorCode::NoPrice`], [`ErrorCode::ContractEnded`].
pub(crate) fn set_smile(ctx: Context<SetSmile>, markets: Vec<u16>, svi: SviTerms) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    for market in &markets {
        let market = *market;
        let (row, asset) = book.market_and_asset(market)?;
        if !row.is_option() {
            return Err(RiskError::NotAnOption { market }).or_refuse();
        }
        row.require_running(market, now).or_refuse()?;
        asset.check_recorded(row.asset).or_refuse()?;
        row.set_smile(asset, &svi, now).or_refuse()?;
        row.refresh_array(market, asset, now).or_refuse()?;
    }
    emit!(SmileSet {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        markets,
        a: svi.a,
        b: svi.b,
        rho: svi.rho,
        m: svi.m,
        sigma: svi.sigma,
    });
    Ok(())
}
