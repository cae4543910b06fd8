//! `set_risk_model`: by which model the account's margin is judged from now on.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::ModelChanged,
    instructions::checks::{Guards, leave_liquidation_if_restored, require_initial},
    state::{MarginAccount, MarginMut, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    error::within,
    standard::Gains,
};

/// Accounts of `set_risk_model`.
#[derive(Accounts)]
pub struct SetRiskModel<'info> {
    /// The owner. A delegate trades by the model that the owner has chosen.
    pub owner: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl SetRiskModel<'_> {
    fn validate(&self, book: &RiskBookRef, margin: &MarginMut, model: u8) -> Result<()> {
        margin.header.require_member(&book.header.clearinghouse)?;
        margin.header.require_owner(&self.owner.key())?;
        let (found, last) = (model.into(), MODEL_PORTFOLIO.into());
        within("model", found, MODEL_STANDARD.into(), last).or_refuse()?;
        if model == MODEL_PORTFOLIO && book.header.params.portfolio.floor.0 == 0 {
            return Err(refuse(
                ErrorCode::ModelNotOffered,
                &[("model", model.into())],
            ));
        }
        Ok(())
    }
}

/// Chooses the model. The account must meet initial margin by it: a choice brings nobody into liquidation, and out of one
/// only who is as good as an account that may add risk.
///
/// # Errors
/// [`ErrorCode::NotOwner`], [`ErrorCode::ModelNotOffered`], [`ErrorCode::InitialMarginNotMet`], those of the guards and
/// of prices, a model that there is not.
pub(crate) fn set_risk_model(ctx: Context<SetRiskModel>, model: u8, guards: Guards) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    accounts.validate(&risk_book, &margin, model)?;
    margin.header.require_sequence(guards.expected_sequence)?;
    let (book, now) = (risk_book.book(), Clock::get()?.unix_timestamp);

    margin.header.core.model = model;
    require_initial(
        &book,
        &margin.view(),
        now,
        guards.max_age(),
        Gains::Weighted,
    )?;
    guards.require_ratio(&book, &margin.view(), now)?;
    let account = accounts.margin_account.key();
    leave_liquidation_if_restored(&mut margin, &account, &book, now)?;
    emit!(ModelChanged {
        account,
        sequence: margin.header.advance(),
        model,
    });
    Ok(())
}
