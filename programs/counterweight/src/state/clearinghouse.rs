use crate::{
    error::OrRefuse,
    state::{Layout, MarginMut},
};
use anchor_lang::prelude::*;
use counterweight_risk::{Book, Health, QuoteAtoms, standard::maintenance};

/// Seed of a clearinghouse's address, before creator and id.
pub const CLEARINGHOUSE_SEED: &[u8] = b"clearinghouse";
/// Seed of a vault's address, before clearinghouse and mint.
pub const VAULT_SEED: &[u8] = b"vault";

/// Who governs a clearinghouse, and the part of its ledger that belongs to nobody's account.
///
/// Address: `["clearinghouse", creator, id]`. It is the authority of every vault. Trading and
/// liquidation do not touch it.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Clearinghouse {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// Number that the creator chose.
    pub id: u64,
    /// Who created it; part of the address.
    pub creator: Pubkey,
    /// Who may change parameters and withdraw fees.
    pub authority: Pubkey,
    /// Who may become the authority by accepting; the default key for nobody.
    pub nominated_authority: Pubkey,
    /// Who may pause.
    pub guardian: Pubkey,
    /// Address of the risk book.
    pub risk_book: Pubkey,
    /// Mint of the quote token.
    pub quote_mint: Pubkey,
    /// Vault of the quote token.
    pub quote_vault: Pubkey,
    /// Fees swept from the markets, in quote atoms: the authority's.
    pub fees: i64,
    /// What has come in for the insurance fund, in quote atoms, until it moves into the backstop.
    pub insurance: i64,
    /// Roundings swept from the markets, in quote atoms.
    pub residue: i64,
    /// Who may set the smiles of options; the default key for nobody.
    pub volatility_feed: Pubkey,
    /// Zero.
    pub reserved: [u64; 12],
}

const _: () = assert!(size_of::<Clearinghouse>() == 16 + 7 * 32 + 24 + 128);
const _: () = assert!(core::mem::offset_of!(Clearinghouse, authority) == 48);
const _: () = assert!(core::mem::offset_of!(Clearinghouse, fees) == 240);

impl Layout for Clearinghouse {
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }
}

/// The time at which no price is too old. What the backstop holds is judged at the prices that were recorded
/// last: a silent oracle of one asset that it once took over must not stop the defaults of all others.
pub const RECORDED: i64 = 0;

impl Clearinghouse {
    /// Moves the insurance line into the backstop's cash, and sets the day's reference where this is the
    /// first call of the day. Returns what moved, and the backstop's health afterwards.
    ///
    /// # Errors
    /// Those of the prices of what the backstop holds; [`crate::error::ErrorCode::Overflow`].
    pub fn call_backstop(
        &mut self,
        book: &Book,
        backstop: &mut MarginMut,
        now: i64,
    ) -> Result<(QuoteAtoms, Health)> {
        let moment = book.params.moment(now);
        backstop.header.core.accrue(&moment).or_refuse()?;
        let mut health = maintenance(book, &backstop.view(), RECORDED).or_refuse()?;
        let mut reference = backstop.header.reference.on(now, health.equity);
        let swept = QuoteAtoms(core::mem::take(&mut self.insurance));
        reference.add(swept).or_refuse()?;
        health.equity = health.equity.plus(swept).or_refuse()?;
        backstop.header.reference = reference;
        let core = &mut backstop.header.core;
        core.move_cash(swept, &moment).or_refuse()?;
        Ok((swept, health))
    }

    /// Seeds that sign for the vaults, without the bump's array.
    pub fn seeds(&self) -> ([u8; 8], [u8; 1]) {
        (self.id.to_le_bytes(), [self.bump])
    }
}
