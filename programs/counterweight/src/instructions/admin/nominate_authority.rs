//! `nominate_authority`: the first of two steps, so that a mistyped key cannot lose the
//! clearinghouse.

use crate::instructions::Govern;
use anchor_lang::prelude::*;

/// Names who may become the authority; the default key withdraws a nomination.
///
/// # Errors
/// [`crate::error::ErrorCode::NotAuthority`].
pub(crate) fn nominate_authority(ctx: Context<Govern>, nominated: Pubkey) -> Result<()> {
    let mut clearinghouse = ctx.accounts.clearinghouse.load_mut()?;
    clearinghouse.nominated_authority = nominated;
    emit!(ctx.accounts.changed(&clearinghouse)?);
    Ok(())
}
