//! `set_asset_terms`: ages, confidence, weights, caps of an asset. Feed and lot never change.

use crate::{error::OrRefuse, events::AssetChanged, instructions::SetTerms, state::RiskBookMut};
use anchor_lang::prelude::*;
use counterweight_risk::AssetTerms;

/// Sets the terms of an asset.
///
/// # Errors
/// A parameter out of bounds, [`crate::error::ErrorCode::UnknownAsset`].
pub(crate) fn set_asset_terms(ctx: Context<SetTerms>, asset: u16, terms: AssetTerms) -> Result<()> {
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let row = book.asset(asset)?;
    let is_collateral = row.vault != [0; 32];
    terms.check(is_collateral, asset == 0).or_refuse()?;
    row.set_terms(&terms).or_refuse()?;

    emit!(AssetChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        asset
    });
    Ok(())
}
