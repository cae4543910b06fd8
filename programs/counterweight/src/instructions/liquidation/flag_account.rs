//! `flag_account`: starts the auction of an account below its maintenance margin, or ends it for one
//! that has recovered. Anyone may, so that no account is stuck in either state.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::LiquidationFlagged,
    state::{MarginAccount, MarginMut, PAUSE_LIQUIDATE, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    expiry::require_settled, liquidation::is_restored, standard::maintenance,
};

/// Accounts of `flag_account`.
#[derive(Accounts)]
pub struct FlagAccount<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl FlagAccount<'_> {
    fn validate(book: &RiskBookRef, margin: &MarginMut) -> Result<()> {
        book.header.require_running(PAUSE_LIQUIDATE)?;
        margin.header.require_member(&book.header.clearinghouse)
    }
}

/// Records or clears that an account is in liquidation.
///
/// # Errors
/// [`ErrorCode::NotLiquidatable`] where neither applies: the account is healthy and not flagged, or
/// flagged and not yet restored to the buffer. [`ErrorCode::ContractEnded`].
pub(crate) fn flag_account(ctx: Context<FlagAccount>) -> Result<()> {
    let risk_book = RiskBookRef::load(&ctx.accounts.risk_book)?;
    let mut margin = MarginMut::load(&ctx.accounts.margin_account)?;
    FlagAccount::validate(&risk_book, &margin)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;

    require_settled(&book, margin.view().positions, now).or_refuse()?;
    let health = maintenance(&book, &margin.view(), now).or_refuse()?;
    let flagged = margin.header.core.liquidation_start != 0;
    // The backstop's auction runs while it has something to sell: nobody may set it back.
    let start = if margin.header.is_backstop() {
        return Err(ErrorCode::NotLiquidatable.into());
    } else if flagged && is_restored(&health, book.params.liquidation_buffer) {
        0
    } else if !flagged && !health.is_met() {
        now
    } else {
        return Err(refuse(
            ErrorCode::NotLiquidatable,
            &[
                ("equity", health.equity.0.into()),
                ("maintenance margin", health.requirement.0.into()),
                ("flagged", flagged.into()),
            ],
        ));
    };
    margin.header.core.liquidation_start = start;
    emit!(LiquidationFlagged {
        account: ctx.accounts.margin_account.key(),
        sequence: margin.header.advance(),
        start,
        equity: health.equity.0,
        maintenance_margin: health.requirement.0,
    });
    Ok(())
}
