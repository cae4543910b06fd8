//! `set_risk_terms`: parameters of the whole clearinghouse.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::GovernanceChanged,
    state::{Clearinghouse, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::standard::RiskTerms;

/// Accounts of every setter of the risk book.
#[derive(Accounts)]
pub struct SetTerms<'info> {
    /// The authority.
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = authority @ ErrorCode::NotAuthority, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
}

/// Sets the parameters of the clearinghouse.
///
/// # Errors
/// A parameter out of bounds.
pub(crate) fn set_risk_terms(ctx: Context<SetTerms>, terms: RiskTerms) -> Result<()> {
    terms.check().or_refuse()?;
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let now = Clock::get()?.unix_timestamp;
    book.header.params.set_terms(&terms, now).or_refuse()?;

    let clearinghouse = ctx.accounts.clearinghouse.load()?;
    emit!(GovernanceChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        authority: clearinghouse.authority,
        nominated: clearinghouse.nominated_authority,
        guardian: clearinghouse.guardian,
        paused: book.header.paused,
    });
    Ok(())
}
