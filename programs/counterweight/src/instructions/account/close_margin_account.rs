//! `close_margin_account`: the owner gets the rent back, once nothing is left.

use crate::{
    error::{ErrorCode, refuse},
    events::AccountChanged,
    state::{MarginAccount, MarginMut},
};
use anchor_lang::prelude::*;

/// Accounts of `close_margin_account`.
#[derive(Accounts)]
pub struct CloseMarginAccount<'info> {
    /// The owner; gets the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Closes an account that holds nothing.
///
/// # Errors
/// [`ErrorCode::AccountNotEmpty`], [`ErrorCode::NotOwner`].
pub(crate) fn close_margin_account(ctx: Context<CloseMarginAccount>) -> Result<()> {
    let accounts = &ctx.accounts;
    let event = {
        let mut margin = MarginMut::load(&accounts.margin_account)?;
        margin.header.require_owner(&accounts.owner.key())?;
        let core = &margin.header.core;
        if !core.is_empty() {
            return Err(refuse(
                ErrorCode::AccountNotEmpty,
                &[
                    ("cash", core.cash.0.into()),
                    ("positions", core.position_count.into()),
                    ("interest to be swept", core.debt.payable.0.into()),
                    ("debt that is counted", core.debt.counted.into()),
                ],
            ));
        }
        AccountChanged {
            account: accounts.margin_account.key(),
            sequence: margin.header.advance(),
            owner: margin.header.owner,
            delegate: margin.header.delegate,
            slots: 0,
        }
    };
    accounts
        .margin_account
        .close(accounts.owner.to_account_info())?;
    emit!(event);
    Ok(())
}
