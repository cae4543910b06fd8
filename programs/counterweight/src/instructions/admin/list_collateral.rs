//! `list_collateral`: gives an asset a mint and a vault, so that it can be deposited.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::AssetChanged,
    instructions::tokens::require_plain_mint,
    state::{CUSTODY_SEED, Clearinghouse, Custody, RiskBook, RiskBookMut, VAULT_SEED},
};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use counterweight_risk::AssetTerms;

/// Accounts of `list_collateral`.
#[derive(Accounts)]
pub struct ListCollateral<'info> {
    /// Pays for vault and custody.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = authority @ ErrorCode::NotAuthority, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// Mint of the asset's token.
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Its vault. A second asset with the same mint has the same address and is refused.
    #[account(
        init,
        payer = authority,
        token::mint = mint,
        token::authority = clearinghouse,
        token::token_program = token_program,
        seeds = [VAULT_SEED, clearinghouse.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Its custody.
    #[account(
        init,
        payer = authority,
        space = 8 + size_of::<Custody>(),
        seeds = [CUSTODY_SEED, clearinghouse.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub custody: AccountLoader<'info, Custody>,
    /// The token program that owns the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates vault and custody.
    pub system_program: Program<'info, System>,
}

impl ListCollateral<'_> {
    fn validate(&self, terms: &AssetTerms) -> Result<()> {
        require_plain_mint(self.mint.as_ref().as_ref())?;
        terms.check(true, false).or_refuse()
    }
}

/// Makes an asset depositable on the given terms.
///
/// # Errors
/// [`ErrorCode::AlreadyCollateral`], [`ErrorCode::WrongMint`] for other decimals, a parameter out of
/// bounds, a mint that is not accepted.
pub(crate) fn list_collateral(
    ctx: Context<ListCollateral>,
    asset: u16,
    terms: AssetTerms,
) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(&terms)?;
    let mut book = RiskBookMut::load(&accounts.risk_book)?;
    let row = book.asset(asset)?;
    require!(row.vault == [0; 32], ErrorCode::AlreadyCollateral);
    if accounts.mint.decimals != row.decimals {
        return Err(refuse(
            ErrorCode::WrongMint,
            &[
                ("decimals", accounts.mint.decimals.into()),
                ("expected", row.decimals.into()),
            ],
        ));
    }
    row.mint = accounts.mint.key().to_bytes();
    row.vault = accounts.vault.key().to_bytes();
    row.set_terms(&terms).or_refuse()?;
    let keys = [
        accounts.clearinghouse.key(),
        accounts.mint.key(),
        accounts.vault.key(),
    ];
    let mut custody = accounts.custody.load_init()?;
    custody.open(ctx.bumps.custody, asset, keys)?;

    emit!(AssetChanged {
        clearinghouse: accounts.clearinghouse.key(),
        asset
    });
    Ok(())
}
