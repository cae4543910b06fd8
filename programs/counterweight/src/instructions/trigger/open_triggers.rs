//! `open_triggers`: room for 8 trigger orders of a margin account; the rent comes back on closing.

use crate::{
    error::ErrorCode,
    state::{Layout, MarginAccount, TRIGGERS_SEED, Triggers},
};
use anchor_lang::prelude::*;

/// Accounts of `open_triggers`.
#[derive(Accounts)]
pub struct OpenTriggers<'info> {
    /// The owner; pays the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(has_one = owner @ ErrorCode::NotOwner)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Its triggers.
    #[account(
        init,
        payer = owner,
        space = 8 + size_of::<Triggers>(),
        seeds = [TRIGGERS_SEED, margin_account.key().as_ref()],
        bump
    )]
    pub triggers: AccountLoader<'info, Triggers>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Opens the account.
///
/// # Errors
/// The system program's for an account that exists.
pub(crate) fn open_triggers(ctx: Context<OpenTriggers>) -> Result<()> {
    let mut triggers = ctx.accounts.triggers.load_init()?;
    triggers.version = Triggers::VERSION;
    triggers.bump = ctx.bumps.triggers;
    triggers.margin_account = ctx.accounts.margin_account.key();
    triggers.owner = ctx.accounts.owner.key();
    Ok(())
}
