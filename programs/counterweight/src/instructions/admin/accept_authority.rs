//! `accept_authority`: the second of two steps.

use crate::{
    error::ErrorCode,
    events::GovernanceChanged,
    state::{Clearinghouse, RiskBook},
};
use anchor_lang::prelude::*;

/// Accounts of `accept_authority`.
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    /// Who was nominated. Nobody can sign for the default key, so nobody is nominated by it.
    pub nominated_authority: Signer<'info>,
    /// The clearinghouse.
    #[account(mut, has_one = nominated_authority @ ErrorCode::NotNominated, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book, for the event.
    pub risk_book: AccountLoader<'info, RiskBook>,
}

/// Makes the nominated key the authority.
///
/// # Errors
/// [`ErrorCode::NotNominated`].
pub(crate) fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
    let mut clearinghouse = ctx.accounts.clearinghouse.load_mut()?;
    clearinghouse.authority = ctx.accounts.nominated_authority.key();
    clearinghouse.nominated_authority = Pubkey::default();
    emit!(GovernanceChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        authority: clearinghouse.authority,
        nominated: clearinghouse.nominated_authority,
        guardian: clearinghouse.guardian,
        paused: ctx.accounts.risk_book.load()?.pause_bits()?,
    });
    Ok(())
}
