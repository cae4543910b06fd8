//! `sweep_dust`: gives the backstop the lots that rounding has left over when accounts caught up with a
//! deleveraging. They are long and cost nothing: every account rounds against itself. Anyone may.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::DustSwept,
    state::{MarginAccount, MarginMut, Market, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{Lots, QuoteAtoms, market::MODE_SETTLEMENT};

/// Accounts of `sweep_dust`.
#[derive(Accounts)]
pub struct SweepDust<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The backstop.
    #[account(mut)]
    pub backstop: AccountLoader<'info, MarginAccount>,
}

/// Sweeps what a side (0 long, 1 short) has left over.
///
/// # Errors
/// [`ErrorCode::CatchUpFirst`], [`ErrorCode::NothingToSettle`], [`ErrorCode::NotBackstop`],
/// [`ErrorCode::NoFreeSlot`].
pub(crate) fn sweep_dust(ctx: Context<SweepDust>, side: u8) -> Result<()> {
    let risk_book = RiskBookRef::load(&ctx.accounts.risk_book)?;
    let mut market = ctx.accounts.market.load_mut()?;
    let mut backstop = MarginMut::load(&ctx.accounts.backstop)?;
    let clearinghouse = risk_book.header.clearinghouse;
    backstop.header.require_backstop(&clearinghouse)?;
    require!(
        market.clearinghouse == clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let (book, index) = (risk_book.book(), market.index);
    let row = book.market(index).or_refuse()?;
    let lots = market.take_dust(usize::from(side != 0))?;
    if lots <= 0 {
        return Err(ErrorCode::NothingToSettle.into());
    }
    let now = Clock::get()?.unix_timestamp;
    // The auction of what it had before, and has no longer, is over.
    if backstop.header.core.position_count == 0 {
        backstop.header.core.liquidation_start = 0;
    }
    let moment = book.params.moment(now);
    let (effect, owed) = backstop
        .account()
        .fill(index, row, Lots(lots), QuoteAtoms::ZERO, &moment)
        .or_refuse()?;
    market.apply(&effect, owed)?;
    let core = &mut backstop.header.core;
    if core.position_count == 0 {
        core.liquidation_start = 0;
    } else if row.mode != MODE_SETTLEMENT && core.liquidation_start == 0 {
        core.liquidation_start = now;
    }
    emit!(DustSwept {
        market: index,
        backstop: ctx.accounts.backstop.key(),
        sequence: backstop.header.advance(),
        lots,
        owed: owed.0,
    });
    Ok(())
}
