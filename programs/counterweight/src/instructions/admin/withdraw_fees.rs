//! `withdraw_fees`: the authority takes fees that were collected, and nothing else. What leaves counts as a
//! trader's withdrawal does: the limit on what leaves is the vault's, whoever asks.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::LedgerMoved,
    instructions::tokens::Movement,
    state::{Clearinghouse, Custody},
};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use counterweight_risk::QuoteAtoms;

/// Accounts of `withdraw_fees`.
#[derive(Accounts)]
pub struct WithdrawFees<'info> {
    /// The authority.
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(
        mut,
        has_one = authority @ ErrorCode::NotAuthority,
        has_one = quote_mint @ ErrorCode::WrongMint,
        has_one = quote_vault @ ErrorCode::WrongVault
    )]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Mint of the quote token.
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Its vault.
    #[account(mut)]
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Its custody.
    #[account(mut)]
    pub custody: AccountLoader<'info, Custody>,
    /// Where the fees go.
    #[account(mut)]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that owns the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl WithdrawFees<'_> {
    fn validate(&self, atoms: u64) -> Result<()> {
        let available = u64::try_from(self.clearinghouse.load()?.fees).unwrap_or(0);
        if atoms == 0 || atoms > available {
            let numbers = [("fees", available.into()), ("asked for", atoms.into())];
            return Err(refuse(ErrorCode::InsufficientFees, &numbers));
        }
        Ok(())
    }
}

/// Pays out collected fees.
///
/// # Errors
/// [`ErrorCode::InsufficientFees`], [`ErrorCode::NotAuthority`], [`ErrorCode::WrongCustody`],
/// [`ErrorCode::OutflowLimitReached`], [`ErrorCode::OutflowAboveLimit`].
pub(crate) fn withdraw_fees(ctx: Context<WithdrawFees>, atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(atoms)?;
    {
        let (clearinghouse, mint) = (accounts.clearinghouse.key(), accounts.quote_mint.key());
        let mut custody = accounts.custody.load_mut()?;
        custody.require_of(&clearinghouse, &mint)?;
        custody.record_departure(atoms, Clock::get()?.unix_timestamp)?;
    }
    let paid = QuoteAtoms::from_unsigned(atoms).or_refuse()?;
    {
        let mut clearinghouse = accounts.clearinghouse.load_mut()?;
        clearinghouse.fees = QuoteAtoms(clearinghouse.fees).minus(paid).or_refuse()?.0;
    }
    let movement = Movement {
        program: &accounts.token_program,
        mint: accounts.quote_mint.as_ref().as_ref(),
        decimals: accounts.quote_mint.decimals,
        atoms,
    };
    movement.give(
        accounts.quote_vault.as_ref().as_ref(),
        accounts.destination.as_ref().as_ref(),
        &accounts.clearinghouse,
    )?;
    emit!(LedgerMoved {
        clearinghouse: accounts.clearinghouse.key(),
        fees: -paid.0,
        insurance: 0
    });
    Ok(())
}
