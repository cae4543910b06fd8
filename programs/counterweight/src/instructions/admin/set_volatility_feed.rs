//! `set_volatility_feed`: who may set the smiles that options are marked by.

use super::Govern;
use anchor_lang::prelude::*;

/// Sets the volatility feed; the default key for nobody.
///
/// # Errors
/// [`crate::error::ErrorCode::NotAuthority`].
pub(crate) fn set_volatility_feed(ctx: Context<Govern>, feed: Pubkey) -> Result<()> {
    let mut clearinghouse = ctx.accounts.clearinghouse.load_mut()?;
    clearinghouse.volatility_feed = feed;
    emit!(ctx.accounts.changed(&clearinghouse)?);
    Ok(())
}
