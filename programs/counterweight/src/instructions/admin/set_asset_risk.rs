//! `set_asset_risk`: how the requirements of an asset's markets follow its volatility, and how portfolio margin scans
//! it.

use super::SetTerms;
use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::AssetChanged,
    state::RiskBookMut,
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    AssetRiskTerms,
    risk_terms::{check_optionable, check_range},
};

/// Sets the risk terms of an asset; its markets follow at once.
///
/// # Errors
/// A parameter out of bounds, by itself or against the markets on the asset; [`ErrorCode::UnknownAsset`], also for
/// the quote token: no market stands on it.
pub(crate) fn set_asset_risk(
    ctx: Context<SetTerms>,
    asset: u16,
    terms: AssetRiskTerms,
) -> Result<()> {
    terms.check().or_refuse()?;
    if asset == 0 {
        return Err(refuse(ErrorCode::UnknownAsset, &[("asset", 0)]));
    }
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    let row = book.asset(asset)?;
    row.set_risk_terms(&terms);
    let scan = row.scan;
    let (assets, markets) = book.tables();
    check_range(&scan, asset, markets).or_refuse()?;
    if markets
        .iter()
        .any(|market| market.is_option() && market.follows(asset))
    {
        check_optionable(&assets[usize::from(asset)]).or_refuse()?;
    }
    book.follow_volatility(asset)?;

    emit!(AssetChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        asset
    });
    Ok(())
}
