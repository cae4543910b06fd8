//! `set_guardian`: who may pause besides the authority.

use crate::{
    error::ErrorCode,
    events::GovernanceChanged,
    state::{Clearinghouse, RiskBook},
};
use anchor_lang::prelude::*;

/// Accounts of `set_guardian` and `nominate_authority`.
#[derive(Accounts)]
pub struct Govern<'info> {
    /// The authority.
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(mut, has_one = authority @ ErrorCode::NotAuthority, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book, for the event.
    pub risk_book: AccountLoader<'info, RiskBook>,
}

impl Govern<'_> {
    /// The event of a change of roles.
    pub(super) fn changed(&self, state: &Clearinghouse) -> Result<GovernanceChanged> {
        Ok(GovernanceChanged {
            clearinghouse: self.clearinghouse.key(),
            authority: state.authority,
            nominated: state.nominated_authority,
            guardian: state.guardian,
            paused: self.risk_book.load()?.pause_bits()?,
        })
    }
}

/// Sets the guardian; the default key for none.
///
/// # Errors
/// [`ErrorCode::NotAuthority`].
pub(crate) fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
    let mut clearinghouse = ctx.accounts.clearinghouse.load_mut()?;
    clearinghouse.guardian = guardian;
    emit!(ctx.accounts.changed(&clearinghouse)?);
    Ok(())
}
