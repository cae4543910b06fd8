use crate::error::{ErrorCode, OrRefuse, refuse};
use anchor_lang::prelude::*;
use counterweight_risk::{Market as MarketRow, QuoteAtoms, position::FillEffect};

/// Seed of a market's address, before clearinghouse and index.
pub const MARKET_SEED: &[u8] = b"market";

/// What trading writes in one market; what a check needs stands in the risk book.
///
/// Address: `["market", clearinghouse, index]`.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Market {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index in the risk book.
    pub index: u16,
    /// Zero.
    pub padding: u32,
    /// Counts the changes of this market.
    pub sequence: u64,
    /// The clearinghouse it belongs to.
    pub clearinghouse: Pubkey,
    /// Lots held long by all accounts.
    pub open_long: i64,
    /// Lots held short by all accounts, positive. Equal to the long ones, always.
    pub open_short: i64,
    /// Trading fees that have accrued here, in quote atoms, until they are collected.
    pub fees: i64,
    /// Insurance shares of penalties that have accrued here, in quote atoms.
    pub insurance: i64,
    /// Roundings of funding and deleveraging, in quote atoms.
    pub residue: i64,
    /// Quote atoms traded, ever; wraps at 2^64.
    pub volume: u64,
    /// Zero.
    pub reserved: [u64; 18],
}

const _: () = assert!(size_of::<Market>() == 240);
const _: () = assert!(core::mem::offset_of!(Market, open_long) == 48);

impl Market {
    /// Applies what a fill did to open interest, and what settling the indices left.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn apply(&mut self, effect: &FillEffect, owed: QuoteAtoms) -> Result<()> {
        let add = |total: i64, change: i64| total.checked_add(change).ok_or(ErrorCode::Overflow);
        self.open_long = add(self.open_long, effect.long_change)?;
        self.open_short = add(self.open_short, effect.short_change)?;
        self.residue = add(self.residue, owed.0)?;
        Ok(())
    }

    /// Takes a fee or an insurance share that an account was charged.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn accrue(&mut self, fee: QuoteAtoms, insurance: QuoteAtoms) -> Result<()> {
        self.fees = QuoteAtoms(self.fees).plus(fee).or_refuse()?.0;
        self.insurance = QuoteAtoms(self.insurance).plus(insurance).or_refuse()?.0;
        Ok(())
    }

    /// Refuses open interest above the cap where it grew since `before`.
    ///
    /// # Errors
    /// [`ErrorCode::OpenInterestCapReached`].
    pub fn require_cap(&self, row: &MarketRow, before: i64) -> Result<()> {
        if self.open_long > before && self.open_long > row.max_open_interest.0 {
            return Err(refuse(
                ErrorCode::OpenInterestCapReached,
                &[
                    ("market", self.index.into()),
                    ("lots", self.open_long.into()),
                    ("cap", row.max_open_interest.0.into()),
                ],
            ));
        }
        Ok(())
    }

    /// Counts a change, and what was traded in it.
    pub fn advance(&mut self, value: QuoteAtoms) {
        self.sequence = self.sequence.wrapping_add(1);
        self.volume = self.volume.wrapping_add(value.0.unsigned_abs());
    }
}
