//! `transfer`: a settled balance from one account of an owner to another.

use super::deposit::{credit, debit};
use crate::{
    error::{ErrorCode, OrRefuse},
    events::BalanceTransferred,
    instructions::{
        Guards,
        checks::{leave_liquidation_if_restored, require_initial},
    },
    state::{MarginAccount, MarginMut, PAUSE_TRANSFER, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::standard::Gains;

/// Accounts of `transfer`.
#[derive(Accounts)]
pub struct Transfer<'info> {
    /// Owner of both accounts, or delegate of both.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The account that gives.
    #[account(mut)]
    pub from: AccountLoader<'info, MarginAccount>,
    /// The account that receives.
    #[account(mut)]
    pub to: AccountLoader<'info, MarginAccount>,
}

impl Transfer<'_> {
    fn validate(
        &self,
        book: &RiskBookRef,
        from: &MarginMut,
        to: &MarginMut,
        atoms: u64,
        guards: &Guards,
    ) -> Result<()> {
        book.header.require_running(PAUSE_TRANSFER)?;
        for side in [from, to] {
            side.header.require_member(&book.header.clearinghouse)?;
            side.header.require_trader(&self.authority.key())?;
        }
        // A delegate of two owners' accounts must not move value between them.
        require_keys_eq!(from.header.owner, to.header.owner, ErrorCode::NotOwner);
        from.header.require_sequence(guards.expected_sequence)?;
        require!(atoms > 0, ErrorCode::ZeroQuantity);
        Ok(())
    }
}

/// Moves atoms of an asset between two accounts of one owner. The guards are the giver's.
///
/// # Errors
/// As `withdraw`; [`ErrorCode::SameAccount`].
pub(crate) fn transfer(
    ctx: Context<Transfer>,
    asset: u16,
    atoms: u64,
    guards: Guards,
) -> Result<()> {
    let accounts = &ctx.accounts;
    require_keys_neq!(
        accounts.from.key(),
        accounts.to.key(),
        ErrorCode::SameAccount
    );
    let book = RiskBookRef::load(&accounts.risk_book)?;
    let mut from = MarginMut::load(&accounts.from)?;
    let mut to = MarginMut::load(&accounts.to)?;
    accounts.validate(&book, &from, &to, atoms, &guards)?;

    // What has not matured in the one would be mature in the other: only the rest moves.
    let now = Clock::get()?.unix_timestamp;
    debit(&mut from.header.core, asset, atoms, now)?;
    let moment = book.header.params.moment(now);
    credit(&mut to.header.core, asset, atoms, &moment)?;

    let book = book.book();
    book.asset(asset).or_refuse()?;
    leave_liquidation_if_restored(&mut to, &accounts.to.key(), &book, now)?;
    leave_liquidation_if_restored(&mut from, &accounts.from.key(), &book, now)?;
    let from_sequence = from.header.advance();
    let view = from.view();
    let health = require_initial(&book, &view, now, guards.max_age(), Gains::Ignored)?;
    guards.require_ratio(&book, &view, now)?;
    emit!(BalanceTransferred {
        from: accounts.from.key(),
        from_sequence,
        to: accounts.to.key(),
        to_sequence: to.header.advance(),
        asset,
        atoms,
        equity: health.equity.0,
        initial_margin: health.requirement.0,
    });
    Ok(())
}
