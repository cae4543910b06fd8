//! `set_market_terms`: tiers, penalties, band, caps and mode of a market.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::MarketChanged,
    instructions::SetTerms,
    state::RiskBookMut,
};
use anchor_lang::prelude::*;
use core::slice::from_ref;
use counterweight_risk::{MarketTerms, market::MODE_SETTLEMENT, risk_terms::check_range};

/// Sets the terms of a market.
///
/// # Errors
/// A parameter out of bounds, [`ErrorCode::UnknownMarket`], [`ErrorCode::MarketMode`] in
/// settlement, [`ErrorCode::ContractEnded`] before it.
pub(crate) fn set_market_terms(
    ctx: Context<SetTerms>,
    market: u16,
    terms: MarketTerms,
) -> Result<()> {
    terms.check().or_refuse()?;
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let asset = book.market(market)?.asset;
    let scan = book.asset(asset)?.scan;
    let row = book.market(market)?;
    // Settlement has no way back.
    require!(row.mode != MODE_SETTLEMENT, ErrorCode::MarketMode);
    let now = Clock::get()?.unix_timestamp;
    row.require_running(market, now).or_refuse()?;
    row.set_terms(&terms).or_refuse()?;
    check_range(&scan, asset, from_ref(row)).or_refuse()?;

    emit!(MarketChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        market
    });
    Ok(())
}
