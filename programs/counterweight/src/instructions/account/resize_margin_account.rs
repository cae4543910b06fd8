//! `resize_margin_account`: more slots for more positions, or fewer for less rent.

use crate::{
    error::{ErrorCode, refuse},
    events::AccountChanged,
    instructions::tokens::resize,
    state::{MAX_SLOTS, MIN_SLOTS, MarginAccount, MarginMut},
};
use anchor_lang::prelude::*;

/// Accounts of `resize_margin_account`.
#[derive(Accounts)]
pub struct ResizeMarginAccount<'info> {
    /// The owner; pays the rent or gets it back.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

impl ResizeMarginAccount<'_> {
    fn validate(&self, slots: u16) -> Result<()> {
        let margin = MarginMut::load(&self.margin_account)?;
        margin.header.require_owner(&self.owner.key())?;
        let lowest = margin.header.core.position_count.max(MIN_SLOTS);
        if slots < lowest || slots > MAX_SLOTS {
            return Err(refuse(
                ErrorCode::InvalidSlotCount,
                &[
                    ("slots", slots.into()),
                    ("lowest", lowest.into()),
                    ("highest", MAX_SLOTS.into()),
                ],
            ));
        }
        Ok(())
    }
}

/// Sets the number of slots. Unused slots are zero, before and after.
///
/// # Errors
/// [`ErrorCode::InvalidSlotCount`], [`ErrorCode::NotOwner`].
pub(crate) fn resize_margin_account(ctx: Context<ResizeMarginAccount>, slots: u16) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(slots)?;
    resize(
        accounts.margin_account.as_ref(),
        &accounts.owner,
        &accounts.system_program,
        MarginAccount::space(slots),
    )?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    emit!(AccountChanged {
        account: accounts.margin_account.key(),
        sequence: margin.header.advance(),
        owner: margin.header.owner,
        delegate: margin.header.delegate,
        slots,
    });
    Ok(())
}
