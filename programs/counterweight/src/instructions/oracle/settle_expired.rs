//! `settle_expired`: fixes what the lots of a contract are worth that has ended, at the mean of the index before its
//! expiry. From then on anyone may close each position at it. Anyone may call it, as soon as a price is recorded that
//! is as late as the expiry, or ten minutes after it.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::ContractSettled,
    state::{RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::{expiry::settle, market::MODE_SETTLEMENT};

/// Accounts of `settle_expired`.
#[derive(Accounts)]
pub struct SettleExpired<'info> {
    /// The risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
}

/// Settles a contract that has ended. No check of any account: what is written follows from the prices alone.
///
/// # Errors
/// [`ErrorCode::UnknownMarket`], [`ErrorCode::MarketMode`] where it is in settlement already,
/// [`ErrorCode::ContractRuns`], [`ErrorCode::SettlementWaits`], [`ErrorCode::NoPrice`].
pub(crate) fn settle_expired(ctx: Context<SettleExpired>, market: u16) -> Result<()> {
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let clearinghouse = book.header.clearinghouse;
    let mode = book.market(market)?.mode;
    require!(mode != MODE_SETTLEMENT, ErrorCode::MarketMode);
    let now = Clock::get()?.unix_timestamp;
    let (assets, markets) = book.tables();
    let price = settle(assets, markets, market, now).or_refuse()?;
    let contract = markets[usize::from(market)].contract;
    emit!(ContractSettled {
        clearinghouse,
        market,
        price,
        expiry: contract.expiry,
        seconds: contract.seconds,
    });
    Ok(())
}
