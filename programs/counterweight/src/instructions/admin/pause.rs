//! `pause`: the authority sets what is paused; the guardian may only add to it.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::GovernanceChanged,
    state::{Clearinghouse, PAUSE_ALL, PAUSE_BY_GUARDIAN, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::error::within;

/// Accounts of `pause`.
#[derive(Accounts)]
pub struct Pause<'info> {
    /// The authority or the guardian.
    pub signer: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
}

impl Pause<'_> {
    fn validate(&self, before: u8, after: u8) -> Result<()> {
        within("paused", after.into(), 0, PAUSE_ALL.into()).or_refuse()?;
        let clearinghouse = self.clearinghouse.load()?;
        if self.signer.key() == clearinghouse.authority {
            return Ok(());
        }
        require_keys_eq!(
            self.signer.key(),
            clearinghouse.guardian,
            ErrorCode::NotGuardian
        );
        let (added, lifted) = (after & !before, before & !after);
        if lifted != 0 || added & !PAUSE_BY_GUARDIAN != 0 {
            let numbers = [("paused", before.into()), ("asked for", after.into())];
            return Err(refuse(ErrorCode::GuardianMayOnlyPause, &numbers));
        }
        Ok(())
    }
}

/// Sets what is paused, as `PAUSE_` bits.
///
/// # Errors
/// [`ErrorCode::NotGuardian`], [`ErrorCode::GuardianMayOnlyPause`], a bit that does not exist.
pub(crate) fn pause(ctx: Context<Pause>, paused: u8) -> Result<()> {
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    ctx.accounts.validate(book.header.paused, paused)?;
    book.header.paused = paused;

    let clearinghouse = ctx.accounts.clearinghouse.load()?;
    emit!(GovernanceChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        authority: clearinghouse.authority,
        nominated: clearinghouse.nominated_authority,
        guardian: clearinghouse.guardian,
        paused,
    });
    Ok(())
}
