//! `accrue_interest`: takes what an account's negative cash owes until now, sweeps it to the insurance fund,
//! counts the debt anew in what all accounts owe, and sets the rate by that. Anyone may, for any account.
//!
//! Trading does none of it: an account accrues for itself whenever its cash changes, and only this writes
//! what all accounts share.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::InterestAccrued,
    state::{Clearinghouse, Custody, MarginAccount, MarginMut, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::QuoteAtoms;

/// Accounts of `accrue_interest`.
#[derive(Accounts)]
pub struct AccrueInterest<'info> {
    /// The clearinghouse: receives the interest for its insurance fund.
    #[account(mut, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The quote token's custody: what the vault holds.
    #[account(has_one = clearinghouse @ ErrorCode::WrongClearinghouse)]
    pub custody: AccountLoader<'info, Custody>,
    /// The account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl AccrueInterest<'_> {
    /// Returns what the vault of the quote token holds.
    fn validate(&self, margin: &MarginMut) -> Result<u64> {
        margin.header.require_member(&self.clearinghouse.key())?;
        let custody = self.custody.load()?;
        custody.require_of(
            &self.clearinghouse.key(),
            &self.clearinghouse.load()?.quote_mint,
        )?;
        Ok(custody.recorded)
    }
}

/// Accrues and sweeps the interest of an account.
///
/// # Errors
/// [`ErrorCode::WrongClearinghouse`], [`ErrorCode::WrongCustody`] for that of another token.
pub(crate) fn accrue_interest(ctx: Context<AccrueInterest>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    let vault = accounts.validate(&margin)?;
    let mut book = RiskBookMut::load(&accounts.risk_book)?;
    let now = Clock::get()?.unix_timestamp;
    let moment = book.header.params.moment(now);

    let core = &mut margin.header.core;
    core.accrue(&moment).or_refuse()?;
    let swept = core.debt.sweep();
    let interest = &mut book.header.params.interest;
    interest.count(core.cash, &mut core.debt);
    interest.set_rate(vault, now).or_refuse()?;

    let mut clearinghouse = accounts.clearinghouse.load_mut()?;
    let paid = swept.atoms();
    let line = swept.onto(QuoteAtoms(clearinghouse.insurance));
    clearinghouse.insurance = line.or_refuse()?.0;
    emit!(InterestAccrued {
        account: accounts.margin_account.key(),
        sequence: margin.header.advance(),
        cash: margin.header.core.cash.0,
        swept: paid.0,
        debt: interest.debt,
        vault,
        index: interest.index,
        rate: interest.rate,
    });
    Ok(())
}
