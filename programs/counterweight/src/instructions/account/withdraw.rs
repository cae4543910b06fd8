//! `withdraw`: settled balances to the owner, if initial margin is met without them and without any
//! unrealised gain, as far as profit has matured, and as much as may leave the vault.

use super::deposit::{debit, require_collateral};
use crate::{
    error::{ErrorCode, OrRefuse},
    events::BalanceMoved,
    instructions::{
        Guards,
        checks::{leave_liquidation_if_restored, require_initial},
        tokens::{Movement, require_tokens},
    },
    state::{
        Clearinghouse, Custody, MarginAccount, MarginMut, PAUSE_WITHDRAW, RiskBook, RiskBookMut,
        RiskBookRef,
    },
};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use counterweight_risk::{QuoteAtoms, standard::Gains};

/// Accounts of `withdraw`.
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// The owner; never a delegate.
    pub owner: Signer<'info>,
    /// The clearinghouse: signs for the vault. Its address is the one that the risk book names.
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book: takes note of what the vault holds.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Mint of the asset.
    /// CHECK: its address is the one that the risk book names.
    pub mint: UncheckedAccount<'info>,
    /// The asset's vault.
    /// CHECK: its address is the one that the risk book names.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The asset's custody.
    /// CHECK: `leave` takes it for one, when everything else is good: a refusal does not pay for it.
    #[account(mut)]
    pub custody: UncheckedAccount<'info>,
    /// Where the tokens go: any account that the owner names by signing.
    /// CHECK: the token program credits nothing but a token account of the mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The token program that owns the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Withdraw<'_> {
    fn validate(
        &self,
        book: &RiskBookRef,
        margin: &MarginMut,
        asset: u16,
        atoms: u64,
        guards: &Guards,
    ) -> Result<()> {
        book.header.require_running(PAUSE_WITHDRAW)?;
        require!(
            *self.clearinghouse.as_ref().key == book.header.clearinghouse,
            ErrorCode::WrongClearinghouse
        );
        margin.header.require_member(&book.header.clearinghouse)?;
        margin.header.require_owner(self.owner.key)?;
        margin.header.require_sequence(guards.expected_sequence)?;
        let row = book.asset(asset)?;
        require_collateral(row, self.mint.key, self.vault.key)?;
        require!(
            *self.destination.key != *self.vault.key,
            ErrorCode::SameAccount
        );
        require!(atoms > 0, ErrorCode::ZeroQuantity);
        Ok(())
    }

    /// Refuses token accounts of another program, and takes note in custody and risk book of what leaves, if
    /// so much may.
    fn leave(&self, clearinghouse: &Pubkey, asset: u16, atoms: u64, now: i64) -> Result<()> {
        let tokens = [&*self.mint, &*self.vault, &*self.destination];
        require_tokens(tokens, &self.token_program)?;
        let mut custody = Custody::load_unchecked(&self.custody)?;
        custody.require_of(clearinghouse, self.mint.key)?;
        custody.record_departure(atoms, now)?;
        RiskBookMut::load(&self.risk_book)?.note_vault(asset, custody.recorded, now)
    }
}

/// Withdraws atoms of an asset.
///
/// # Errors
/// [`ErrorCode::InitialMarginNotMet`], [`ErrorCode::InsufficientBalance`],
/// [`ErrorCode::ProfitNotMature`], [`ErrorCode::OutflowLimitReached`],
/// [`ErrorCode::OutflowAboveLimit`], [`ErrorCode::WrongCustody`], [`ErrorCode::NotOwner`],
/// [`ErrorCode::Paused`], those of the guards, and those of prices that cannot be used.
pub(crate) fn withdraw(
    ctx: Context<Withdraw>,
    asset: u16,
    atoms: u64,
    guards: Guards,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let book = RiskBookRef::load(&accounts.risk_book)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    accounts.validate(&book, &margin, asset, atoms, &guards)?;

    let now = Clock::get()?.unix_timestamp;
    debit(&mut margin.header.core, asset, atoms, now)?;
    let (health, sequence, decimals) = {
        let book = book.book();
        leave_liquidation_if_restored(&mut margin, &accounts.margin_account.key(), &book, now)?;
        let sequence = margin.header.advance();
        let view = margin.view();
        let health = require_initial(&book, &view, now, guards.max_age(), Gains::Ignored)?;
        guards.require_ratio(&book, &view, now)?;
        (health, sequence, book.asset(asset).or_refuse()?.decimals)
    };
    let clearinghouse = book.header.clearinghouse;
    drop(book);
    accounts.leave(&clearinghouse, asset, atoms, now)?;

    // Last, so that a refusal does not pay for a transfer that is undone.
    let movement = Movement {
        program: &accounts.token_program,
        mint: &accounts.mint,
        decimals,
        atoms,
    };
    movement.give(
        &accounts.vault,
        &accounts.destination,
        &accounts.clearinghouse,
    )?;
    emit!(BalanceMoved {
        account: accounts.margin_account.key(),
        sequence,
        asset,
        atoms: QuoteAtoms::from_unsigned(atoms)
            .and_then(QuoteAtoms::negated)
            .or_refuse()?
            .0,
        equity: health.equity.0,
        initial_margin: health.requirement.0,
    });
    Ok(())
}
