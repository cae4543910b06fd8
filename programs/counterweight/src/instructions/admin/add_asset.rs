//! `add_asset`: anything with a Pyth price, so that markets can stand on it.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::AssetChanged,
    instructions::tokens::resize,
    oracle::require_accepted,
    state::{Clearinghouse, RiskBook, RiskBookMut},
};
use anchor_lang::prelude::*;
use bytemuck::Zeroable;
use counterweight_risk::{Asset, AssetTerms};

/// Which price account an asset reads. It cannot be changed afterwards.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OracleChoice {
    /// 0 none (the quote token only), 1 Pyth pull, 2 Pyth legacy.
    pub kind: u8,
    /// The oracle program that must own the price account.
    pub owner: Pubkey,
    /// Feed id (pull) or address of the price account (legacy).
    pub feed: [u8; 32],
}

impl OracleChoice {
    /// Refuses anything but Pyth's own programs.
    ///
    /// # Errors
    /// [`ErrorCode::OracleNotAccepted`].
    pub fn check(&self) -> Result<()> {
        require_accepted(self.kind, &self.owner)
    }

    /// Writes the choice into an asset's row.
    pub fn write(&self, row: &mut Asset) {
        row.oracle_kind = self.kind;
        row.oracle_owner = self.owner.to_bytes();
        row.feed = self.feed;
    }
}

/// What an asset starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct AssetSetup {
    /// A name for people, padded with zeros.
    pub name: [u8; 16],
    /// Its price feed.
    pub oracle: OracleChoice,
    /// One lot is 10^this units of it, for every contract on it.
    pub lot_exponent: i8,
    /// Decimals of its token, should it become collateral.
    pub decimals: u8,
    /// Its terms; collateral weights and deposit cap are zero until it is listed as collateral.
    pub terms: AssetTerms,
}

/// Accounts of `add_asset`.
#[derive(Accounts)]
pub struct AddAsset<'info> {
    /// Pays for the row.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// The clearinghouse.
    #[account(has_one = authority @ ErrorCode::NotAuthority, has_one = risk_book @ ErrorCode::WrongClearinghouse)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// Its risk book; grows by a row.
    #[account(mut)]
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

impl AddAsset<'_> {
    fn validate(setup: &AssetSetup) -> Result<()> {
        setup.oracle.check()?;
        setup.terms.check(false, false).or_refuse()
    }
}

/// Adds an asset as the next row.
///
/// # Errors
/// A parameter out of bounds, an oracle that is not accepted, [`ErrorCode::RiskBookFull`].
pub(crate) fn add_asset(ctx: Context<AddAsset>, setup: AssetSetup) -> Result<()> {
    AddAsset::validate(&setup)?;
    let accounts = &ctx.accounts;
    let mut row = Box::new(Asset::zeroed());
    row.name = setup.name;
    setup.oracle.write(&mut row);
    row.set_lot(setup.lot_exponent, setup.decimals)
        .or_refuse()?;
    row.set_terms(&setup.terms).or_refuse()?;

    let book: &AccountInfo = accounts.risk_book.as_ref();
    let length = book.data_len() + size_of::<Asset>();
    resize(book, &accounts.authority, &accounts.system_program, length)?;
    let asset = RiskBookMut::load(&accounts.risk_book)?.push_asset(*row)?;

    emit!(AssetChanged {
        clearinghouse: accounts.clearinghouse.key(),
        asset
    });
    Ok(())
}
