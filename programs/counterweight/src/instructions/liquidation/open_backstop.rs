//! `open_backstop`: the clearinghouse's own margin account, whose equity is the insurance fund. Anyone
//! may open it, once; nobody signs for its owner, so nothing can be withdrawn from it, and no order of it
//! ever rests.

use crate::{
    events::AccountChanged,
    state::{Layout, MARGIN_SEED, MarginAccount, RiskBook},
};
use anchor_lang::prelude::*;

/// Slots of the backstop: as many as one instruction can create.
pub const BACKSTOP_SLOTS: u16 = 120;

const _: () = assert!(MarginAccount::space(BACKSTOP_SLOTS) <= 10_240);

/// Accounts of `open_backstop`.
#[derive(Accounts)]
pub struct OpenBackstop<'info> {
    /// Pays the rent, which does not come back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The risk book of the clearinghouse.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The backstop.
    #[account(
        init,
        payer = payer,
        space = MarginAccount::space(BACKSTOP_SLOTS),
        seeds = [
            MARGIN_SEED,
            risk_book.load()?.clearinghouse.as_ref(),
            risk_book.load()?.clearinghouse.as_ref(),
            &0u16.to_le_bytes()
        ],
        bump
    )]
    pub backstop: AccountLoader<'info, MarginAccount>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Opens the backstop.
///
/// # Errors
/// The system program's for one that exists.
pub(crate) fn open_backstop(ctx: Context<OpenBackstop>) -> Result<()> {
    let accounts = &ctx.accounts;
    let book = accounts.risk_book.load()?;
    book.require_version()?;
    let mut backstop = accounts.backstop.load_init()?;
    backstop.version = MarginAccount::VERSION;
    backstop.bump = ctx.bumps.backstop;
    backstop.clearinghouse = book.clearinghouse;
    backstop.owner = book.clearinghouse;

    emit!(AccountChanged {
        account: accounts.backstop.key(),
        sequence: backstop.advance(),
        owner: backstop.owner,
        delegate: backstop.delegate,
        slots: BACKSTOP_SLOTS,
    });
    Ok(())
}
