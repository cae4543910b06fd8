//! `set_fee_discount`: what an account pays less for trading on the books.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::AccountChanged,
    state::{Clearinghouse, Layout, MarginAccount},
};
use anchor_lang::prelude::*;
use counterweight_risk::error::within;

/// Accounts of `set_fee_discount`.
#[derive(Accounts)]
pub struct SetFeeDiscount<'info> {
    /// The authority.
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = authority @ ErrorCode::NotAuthority)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// The account.
    #[account(mut, has_one = clearinghouse @ ErrorCode::WrongClearinghouse)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Sets the discount, 0 to 10,000 basis points of each fee. A rebate stays what it is, and is never
/// more than what the taker pays.
///
/// # Errors
/// A discount out of bounds.
pub(crate) fn set_fee_discount(ctx: Context<SetFeeDiscount>, discount_bps: u16) -> Result<()> {
    within("discount_bps", discount_bps.into(), 0, 10_000).or_refuse()?;
    // Before the data is borrowed for writing.
    let info: &AccountInfo = ctx.accounts.margin_account.as_ref();
    let slots = MarginAccount::slots_in(info.data_len());
    let mut margin = ctx.accounts.margin_account.load_mut()?;
    margin.require_version()?;
    margin.fee_discount_bps = discount_bps;
    emit!(AccountChanged {
        account: ctx.accounts.margin_account.key(),
        sequence: margin.advance(),
        owner: margin.owner,
        delegate: margin.delegate,
        slots,
    });
    Ok(())
}
