//! `set_delegate`: lets another key trade with the account, and never withdraw.

use crate::{
    events::AccountChanged,
    state::{MARGIN_HEADER, MarginAccount, MarginMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::Position;

/// Accounts of `set_delegate`.
#[derive(Accounts)]
pub struct SetDelegate<'info> {
    /// The owner.
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Sets the delegate; the default key for none.
///
/// # Errors
/// [`crate::error::ErrorCode::NotOwner`].
pub(crate) fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
    let accounts = &ctx.accounts;
    let info: &AccountInfo = accounts.margin_account.as_ref();
    let slots = (info.data_len() - MARGIN_HEADER) / size_of::<Position>();
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    margin.header.require_owner(&accounts.owner.key())?;
    margin.header.delegate = delegate;
    emit!(AccountChanged {
        account: accounts.margin_account.key(),
        sequence: margin.header.advance(),
        owner: margin.header.owner,
        delegate,
        slots: u16::try_from(slots).unwrap_or(u16::MAX),
    });
    Ok(())
}
