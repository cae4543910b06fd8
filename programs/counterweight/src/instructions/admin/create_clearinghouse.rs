//! `create_clearinghouse`: anyone may, and governs what he created. Clearinghouses share nothing.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::ClearinghouseCreated,
    instructions::{OracleChoice, tokens::require_plain_mint},
    state::{
        CLEARINGHOUSE_SEED, CUSTODY_SEED, Clearinghouse, Custody, Layout, RISK_BOOK_HEADER,
        RISK_BOOK_SEED, RiskBook, VAULT_SEED,
    },
};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use bytemuck::Zeroable;
use counterweight_risk::{Asset, AssetTerms, asset::ORACLE_NONE, standard::RiskTerms};

/// What a clearinghouse starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct ClearinghouseSetup {
    /// Who may pause.
    pub guardian: Pubkey,
    /// Parameters of the clearinghouse.
    pub risk: RiskTerms,
    /// The quote token's name, padded with zeros.
    pub quote_name: [u8; 16],
    /// The quote token's price feed; with none it is taken for one dollar.
    pub quote_oracle: OracleChoice,
    /// Terms of the quote token: both weights are 10,000 bps.
    pub quote: AssetTerms,
}

/// Accounts of `create_clearinghouse`.
#[derive(Accounts)]
#[instruction(id: u64)]
pub struct CreateClearinghouse<'info> {
    /// Pays, and becomes the authority.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The clearinghouse.
    #[account(
        init,
        payer = creator,
        space = 8 + size_of::<Clearinghouse>(),
        seeds = [CLEARINGHOUSE_SEED, creator.key().as_ref(), &id.to_le_bytes()],
        bump
    )]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book, with room for the quote token's row.
    #[account(
        init,
        payer = creator,
        space = RiskBook::space(1, 0),
        seeds = [RISK_BOOK_SEED, clearinghouse.key().as_ref()],
        bump
    )]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// Mint of the quote token.
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Its vault.
    #[account(
        init,
        payer = creator,
        token::mint = quote_mint,
        token::authority = clearinghouse,
        token::token_program = token_program,
        seeds = [VAULT_SEED, clearinghouse.key().as_ref(), quote_mint.key().as_ref()],
        bump
    )]
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Its custody.
    #[account(
        init,
        payer = creator,
        space = 8 + size_of::<Custody>(),
        seeds = [CUSTODY_SEED, clearinghouse.key().as_ref(), quote_mint.key().as_ref()],
        bump
    )]
    pub custody: AccountLoader<'info, Custody>,
    /// The token program that owns the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateClearinghouse<'_> {
    fn validate(&self, setup: &ClearinghouseSetup) -> Result<()> {
        require_plain_mint(self.quote_mint.as_ref().as_ref())?;
        setup.risk.check().or_refuse()?;
        setup.quote.check(true, true).or_refuse()?;
        if setup.quote_oracle.kind != ORACLE_NONE {
            setup.quote_oracle.check()?;
        }
        require_keys_neq!(
            self.creator.key(),
            Pubkey::default(),
            ErrorCode::NotAuthority
        );
        Ok(())
    }
}

/// Creates a clearinghouse with its quote token as the first asset.
///
/// # Errors
/// A parameter out of bounds, an oracle or a mint that is not accepted.
pub(crate) fn create_clearinghouse(
    ctx: Context<CreateClearinghouse>,
    id: u64,
    setup: ClearinghouseSetup,
) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate(&setup)?;

    let mut clearinghouse = accounts.clearinghouse.load_init()?;
    clearinghouse.version = Clearinghouse::VERSION;
    clearinghouse.bump = ctx.bumps.clearinghouse;
    clearinghouse.id = id;
    clearinghouse.creator = accounts.creator.key();
    clearinghouse.authority = accounts.creator.key();
    clearinghouse.guardian = setup.guardian;
    clearinghouse.risk_book = accounts.risk_book.key();
    clearinghouse.quote_mint = accounts.quote_mint.key();
    clearinghouse.quote_vault = accounts.quote_vault.key();

    {
        let mut book = accounts.risk_book.load_init()?;
        book.version = RiskBook::VERSION;
        book.bump = ctx.bumps.risk_book;
        book.clearinghouse = accounts.clearinghouse.key();
        book.asset_count = 1;
        book.params.quote_per_usd = 1 << 32;
        book.params.quote_decimals = accounts.quote_mint.decimals;
        let now = Clock::get()?.unix_timestamp;
        book.params.set_terms(&setup.risk, now).or_refuse()?;
    }
    let keys = [
        accounts.clearinghouse.key(),
        clearinghouse.quote_mint,
        clearinghouse.quote_vault,
    ];
    let mut custody = accounts.custody.load_init()?;
    custody.open(ctx.bumps.custody, 0, keys)?;

    let row = quote_row(accounts, &setup)?;
    let mut data = accounts.risk_book.as_ref().try_borrow_mut_data()?;
    data[RISK_BOOK_HEADER..].copy_from_slice(bytemuck::bytes_of(&*row));

    emit!(ClearinghouseCreated {
        clearinghouse: accounts.clearinghouse.key(),
        authority: clearinghouse.authority,
        quote_mint: clearinghouse.quote_mint,
    });
    Ok(())
}

/// The quote token's row: a lot is one whole token.
fn quote_row(accounts: &CreateClearinghouse, setup: &ClearinghouseSetup) -> Result<Box<Asset>> {
    let mut row = Box::new(Asset::zeroed());
    row.name = setup.quote_name;
    row.mint = accounts.quote_mint.key().to_bytes();
    row.vault = accounts.quote_vault.key().to_bytes();
    setup.quote_oracle.write(&mut row);
    row.set_lot(0, accounts.quote_mint.decimals).or_refuse()?;
    row.set_terms(&setup.quote).or_refuse()?;
    Ok(row)
}
