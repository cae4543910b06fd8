//! `open_margin_account`: an account of 8 slots; its rent comes back when it is closed.

use crate::{
    events::AccountChanged,
    state::{Layout, MARGIN_SEED, MIN_SLOTS, MarginAccount, RiskBook},
};
use anchor_lang::prelude::*;

/// Accounts of `open_margin_account`.
#[derive(Accounts)]
#[instruction(id: u16)]
pub struct OpenMarginAccount<'info> {
    /// The owner; pays the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The risk book of the clearinghouse to join.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        init,
        payer = owner,
        space = MarginAccount::space(MIN_SLOTS),
        seeds = [
            MARGIN_SEED,
            risk_book.load()?.clearinghouse.as_ref(),
            owner.key().as_ref(),
            &id.to_le_bytes()
        ],
        bump
    )]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Opens an account; an owner can have one for each `id`.
///
/// # Errors
/// The system program's for an account that exists.
pub(crate) fn open_margin_account(ctx: Context<OpenMarginAccount>, id: u16) -> Result<()> {
    let accounts = &ctx.accounts;
    let book = accounts.risk_book.load()?;
    book.require_version()?;
    let mut margin = accounts.margin_account.load_init()?;
    margin.version = MarginAccount::VERSION;
    margin.bump = ctx.bumps.margin_account;
    margin.id = id;
    margin.clearinghouse = book.clearinghouse;
    margin.owner = accounts.owner.key();

    emit!(AccountChanged {
        account: accounts.margin_account.key(),
        sequence: margin.advance(),
        owner: margin.owner,
        delegate: margin.delegate,
        slots: MIN_SLOTS,
    });
    Ok(())
}
