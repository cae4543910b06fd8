//! The accounts: one file each. All are zero-copy, with sizes and offsets asserted.

mod clearinghouse;
mod custody;
mod margin_account;
mod market;
mod risk_book;
mod triggers;

pub use clearinghouse::*;
pub use custody::*;
pub use margin_account::*;
pub use market::*;
pub use risk_book::*;
pub use triggers::*;

use crate::error::{ErrorCode, refuse};
use anchor_lang::prelude::{Error, Result};

/// An account whose bytes say in which layout they are. Each type counts its own versions: a change of one
/// layout leaves the accounts of all others as they are.
pub trait Layout {
    /// The version that this program writes, and the only one that it accepts.
    const VERSION: u8;

    /// The version of these bytes.
    fn version(&self) -> u8;

    /// Refuses another version.
    ///
    /// # Errors
    /// [`ErrorCode::WrongVersion`].
    #[inline(always)]
    fn require_version(&self) -> Result<()> {
        require_version(self.version(), Self::VERSION)
    }
}

/// Refuses another version than the one that is known.
///
/// # Errors
/// [`ErrorCode::WrongVersion`], with both in the log.
#[inline(always)]
pub fn require_version(found: u8, known: u8) -> Result<()> {
    if found == known {
        return Ok(());
    }
    Err(wrong_version(found, known))
}

#[cold]
#[inline(never)]
fn wrong_version(found: u8, known: u8) -> Error {
    let numbers = [("version", found.into()), ("known", known.into())];
    refuse(ErrorCode::WrongVersion, &numbers)
}
