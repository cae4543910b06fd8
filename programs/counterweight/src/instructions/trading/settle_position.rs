//! `settle_position`: closes an account's position in a market that is in settlement, at the settlement
//! price, exactly. Anyone may; needs no price and no margin check.

use crate::{
    error::{ErrorCode, OrRefuse, explain, refuse},
    events::PositionSettled,
    state::{MarginAccount, MarginMut, Market, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{RiskError, market::MODE_SETTLEMENT};

/// Accounts of `settle_position`.
#[derive(Accounts)]
pub struct SettlePosition<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Closes a position at the settlement price.
///
/// # Errors
/// [`ErrorCode::NotInSettlement`], [`ErrorCode::ContractEnded`] before `settle_expired`,
/// [`ErrorCode::NoPosition`], [`ErrorCode::OrdersStillRest`].
pub(crate) fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
    let risk_book = RiskBookRef::load(&ctx.accounts.risk_book)?;
    let mut market = ctx.accounts.market.load_mut()?;
    let mut margin = MarginMut::load(&ctx.accounts.margin_account)?;
    let clearinghouse = risk_book.header.clearinghouse;
    margin.header.require_member(&clearinghouse)?;
    require!(
        market.clearinghouse == clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let book = risk_book.book();
    let index = market.index;
    let row = book.market(index).or_refuse()?;
    let now = Clock::get()?.unix_timestamp;
    row.require_running(index, now).or_refuse()?;
    if row.mode != MODE_SETTLEMENT {
        let numbers = [("mode", row.mode.into())];
        return Err(refuse(ErrorCode::NotInSettlement, &numbers));
    }
    let position = margin.account().position(row.asset, index).copied();
    let missing = || explain(RiskError::NoPosition { market: index });
    let position = position.ok_or_else(missing)?;
    if position.bid_lots.0 != 0 || position.ask_lots.0 != 0 {
        return Err(ErrorCode::OrdersStillRest.into());
    }

    let held = position.held(row);
    let closing = held.negated().or_refuse()?;
    let received = row.settlement_value(held).or_refuse()?;
    let moment = book.params.moment(now);
    let (effect, owed) = margin
        .account()
        .fill(index, row, closing, received, &moment)
        .or_refuse()?;
    market.apply(&effect, owed)?;
    emit!(PositionSettled {
        account: ctx.accounts.margin_account.key(),
        sequence: margin.header.advance(),
        market: index,
        lots: held.0,
        value: received.0,
        realised: effect.realised.0,
        owed: owed.0,
    });
    Ok(())
}
