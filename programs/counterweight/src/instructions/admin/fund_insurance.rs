//! `fund_insurance`: anyone may pay into the insurance fund. Nobody can take it out again.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::LedgerMoved,
    instructions::tokens::Movement,
    state::{Clearinghouse, Custody},
};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use counterweight_risk::QuoteAtoms;

/// Accounts of `fund_insurance`.
#[derive(Accounts)]
pub struct FundInsurance<'info> {
    /// Who pays.
    pub payer: Signer<'info>,
    /// The clearinghouse.
    #[account(
        mut,
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
    /// Where the payment comes from.
    #[account(mut)]
    pub source: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that owns the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// Pays into the insurance fund.
///
/// # Errors
/// [`ErrorCode::ZeroQuantity`], [`ErrorCode::WrongCustody`], the token program's.
pub(crate) fn fund_insurance(ctx: Context<FundInsurance>, atoms: u64) -> Result<()> {
    require!(atoms > 0, ErrorCode::ZeroQuantity);
    let accounts = ctx.accounts;
    let (clearinghouse, mint) = (accounts.clearinghouse.key(), accounts.quote_mint.key());
    accounts.custody.load()?.require_of(&clearinghouse, &mint)?;
    let before = accounts.quote_vault.amount;
    let movement = Movement {
        program: &accounts.token_program,
        mint: accounts.quote_mint.as_ref().as_ref(),
        decimals: accounts.quote_mint.decimals,
        atoms,
    };
    let (source, vault) = (&accounts.source, &accounts.quote_vault);
    movement.take(
        source.as_ref().as_ref(),
        vault.as_ref().as_ref(),
        before,
        &accounts.payer,
    )?;
    accounts.custody.load_mut()?.record_arrival(atoms)?;
    let paid = QuoteAtoms::from_unsigned(atoms).or_refuse()?;
    let mut clearinghouse = accounts.clearinghouse.load_mut()?;
    clearinghouse.insurance = QuoteAtoms(clearinghouse.insurance)
        .plus(paid)
        .or_refuse()?
        .0;
    emit!(LedgerMoved {
        clearinghouse: accounts.clearinghouse.key(),
        fees: 0,
        insurance: paid.0,
    });
    Ok(())
}
