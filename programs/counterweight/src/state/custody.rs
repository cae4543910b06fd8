use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    state::Layout,
};
use anchor_lang::{Discriminator, prelude::*};
use counterweight_risk::Outflow;
use std::cell::RefMut;

/// Seed of a custody's address, before clearinghouse and mint.
pub const CUSTODY_SEED: &[u8] = b"custody";

/// What the ledger says is in the vault of a mint, and how much of it may leave.
///
/// Address: `["custody", clearinghouse, mint]`. Only what moves tokens writes it, and that writes the
/// vault anyway.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Custody {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index of the asset in the risk book; 0 is the quote token.
    pub asset: u16,
    /// Zero.
    pub padding: u32,
    /// The clearinghouse it belongs to.
    pub clearinghouse: Pubkey,
    /// The mint.
    pub mint: Pubkey,
    /// Its vault.
    pub vault: Pubkey,
    /// Token atoms that came in and did not leave.
    pub recorded: u64,
    /// How much may leave.
    pub outflow: Outflow,
    /// Zero.
    pub reserved: [u64; 16],
}

const _: () = assert!(size_of::<Custody>() == 8 + 3 * 32 + 8 + 48 + 128);
const _: () = assert!(core::mem::offset_of!(Custody, recorded) == 104);
const _: () = assert!(core::mem::offset_of!(Custody, outflow) == 112);
const _: () = assert!(size_of::<Outflow>() == 48);

impl Layout for Custody {
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }
}

impl Custody {
    /// The custody of a vault that has just been created: empty, and without a limit.
    ///
    /// # Errors
    /// The runtime's, without a clock.
    pub fn open(
        &mut self,
        bump: u8,
        asset: u16,
        [clearinghouse, mint, vault]: [Pubkey; 3],
    ) -> Result<()> {
        self.version = Self::VERSION;
        self.bump = bump;
        self.asset = asset;
        self.clearinghouse = clearinghouse;
        self.mint = mint;
        self.vault = vault;
        self.outflow = Outflow::unlimited(Clock::get()?.unix_timestamp);
        Ok(())
    }

    /// Takes an account that nobody has checked yet for a custody.
    ///
    /// # Errors
    /// Anchor's for an account of another program or type.
    pub fn load_unchecked<'a>(account: &'a AccountInfo<'_>) -> Result<RefMut<'a, Self>> {
        require!(
            *account.owner == crate::ID,
            anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram
        );
        // Borrowed already: one of the call's other accounts, and no custody.
        let data = account.try_borrow_mut_data();
        let data = data.map_err(|_| ErrorCode::WrongCustody)?;
        require!(
            data.len() == 8 + size_of::<Self>() && data[..8] == *Self::DISCRIMINATOR,
            anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch
        );
        Ok(RefMut::map(data, |data| {
            bytemuck::from_bytes_mut(&mut data[8..])
        }))
    }

    /// Refuses the custody of another mint or clearinghouse. Nothing but this program makes one, and only
    /// at the address of both.
    ///
    /// # Errors
    /// [`ErrorCode::WrongVersion`], [`ErrorCode::WrongClearinghouse`], [`ErrorCode::WrongCustody`].
    pub fn require_of(&self, clearinghouse: &Pubkey, mint: &Pubkey) -> Result<()> {
        self.require_version()?;
        require!(
            self.clearinghouse == *clearinghouse,
            ErrorCode::WrongClearinghouse
        );
        require!(self.mint == *mint, ErrorCode::WrongCustody);
        Ok(())
    }

    /// Takes note of tokens that arrived in the vault.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn record_arrival(&mut self, atoms: u64) -> Result<()> {
        let sum = self.recorded.checked_add(atoms);
        self.recorded = sum.ok_or(ErrorCode::Overflow)?;
        Ok(())
    }

    /// Takes note of tokens that are about to leave the vault, if so many may.
    ///
    /// # Errors
    /// [`ErrorCode::OutflowLimitReached`], [`ErrorCode::OutflowAboveLimit`];
    /// [`ErrorCode::LedgerShort`] for more than ever arrived.
    pub fn record_departure(&mut self, atoms: u64, now: i64) -> Result<()> {
        let Some(rest) = self.recorded.checked_sub(atoms) else {
            let numbers = [("recorded", self.recorded.into()), ("needed", atoms.into())];
            return Err(refuse(ErrorCode::LedgerShort, &numbers));
        };
        self.outflow.take(now, atoms).or_refuse()?;
        self.recorded = rest;
        Ok(())
    }
}
