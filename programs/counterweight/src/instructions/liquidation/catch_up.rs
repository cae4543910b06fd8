//! `catch_up`: brings an account's position up to its market's funding and deleveraging. Anyone may: it
//! changes what is written down, not what the account is worth or required.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::CaughtUp,
    state::{MarginAccount, MarginMut, Market, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::QuoteAtoms;

/// Accounts of `catch_up`.
#[derive(Accounts)]
pub struct CatchUp<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Settles a position's indices.
///
/// # Errors
/// [`ErrorCode::NoPosition`]; [`ErrorCode::NothingToSettle`] where its side was not deleveraged since.
pub(crate) fn catch_up(ctx: Context<CatchUp>) -> Result<()> {
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
    let row = book.market(market.index).or_refuse()?;
    let moment = book.params.moment(Clock::get()?.unix_timestamp);
    let settled = margin
        .account()
        .catch_up(market.index, row, &moment)
        .or_refuse()?;
    // Else anybody could round funding up against somebody else, atom by atom.
    require!(settled.behind != 0, ErrorCode::NothingToSettle);
    market.caught_up(&settled)?;
    market.residue = QuoteAtoms(market.residue).plus(settled.owed).or_refuse()?.0;
    emit!(CaughtUp {
        account: ctx.accounts.margin_account.key(),
        sequence: margin.header.advance(),
        market: market.index,
        held: settled.behind,
        closed: settled.closed,
        realised: settled.realised.0,
        owed: settled.owed.0,
    });
    Ok(())
}
