use crate::error::OrRefuse;
use anchor_lang::prelude::*;
use counterweight_risk::{QuoteAtoms, backstop::Losses};

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
    /// The day (counted from 1970) of the backstop's last losses.
    pub loss_day: i64,
    /// What the backstop has lost by defaults on that day, in quote atoms.
    pub loss_today: i64,
    /// Zero.
    pub reserved: [u64; 14],
}

const _: () = assert!(size_of::<Clearinghouse>() == 16 + 7 * 32 + 24 + 128);
const _: () = assert!(core::mem::offset_of!(Clearinghouse, authority) == 48);
const _: () = assert!(core::mem::offset_of!(Clearinghouse, fees) == 240);

impl Clearinghouse {
    /// The backstop's losses of the day in which `now` lies.
    pub fn losses(&self, now: i64) -> Losses {
        let (day, atoms) = (self.loss_day, self.loss_today);
        Losses { day, atoms }.on(now)
    }

    /// Counts a loss of the backstop.
    ///
    /// # Errors
    /// [`crate::error::ErrorCode::Overflow`].
    pub fn lose(&mut self, loss: QuoteAtoms, now: i64) -> Result<()> {
        let mut losses = self.losses(now);
        losses.add(loss).or_refuse()?;
        (self.loss_day, self.loss_today) = (losses.day, losses.atoms);
        Ok(())
    }

    /// Seeds that sign for the vaults, without the bump's array.
    pub fn seeds(&self) -> ([u8; 8], [u8; 1]) {
        (self.id.to_le_bytes(), [self.bump])
    }
}
