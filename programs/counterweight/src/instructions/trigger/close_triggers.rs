//! `close_triggers`: drops all trigger orders of an account; the owner gets the rent back.

use crate::{
    error::ErrorCode,
    state::{Layout, Triggers},
};
use anchor_lang::prelude::*;

/// Accounts of `close_triggers`.
#[derive(Accounts)]
pub struct CloseTriggers<'info> {
    /// The owner; receives the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The triggers.
    #[account(mut, close = owner, has_one = owner @ ErrorCode::NotOwner)]
    pub triggers: AccountLoader<'info, Triggers>,
}

/// Closes the account, also when the margin account is closed already.
///
/// # Errors
/// [`ErrorCode::NotOwner`].
pub(crate) fn close_triggers(ctx: Context<CloseTriggers>) -> Result<()> {
    ctx.accounts.triggers.load()?.require_version()
}
