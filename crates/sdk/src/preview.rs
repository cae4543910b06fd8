//! What the chain would say: the engine on decoded accounts.

use crate::accounts::{Margin, RiskTables};
use counterweight::{GreeksView, MOST_GREEKS, MarginView};
use counterweight_risk::{
    AccountMut, Lots, QuoteAtoms, Result, greeks,
    portfolio::explain::{self, AssetNeed, Explanation},
    standard::{Gains, initial, maintenance},
};

/// The figures of the `margin_view` instruction, computed here.
///
/// # Errors
/// A price too old even for maintenance.
pub fn margin_view(tables: &RiskTables, margin: &Margin, now: i64) -> Result<MarginView> {
    let (book, account) = (tables.book(), margin.view());
    let health = maintenance(&book, &account, now)?;
    let mut view = MarginView {
        equity: health.equity.0,
        maintenance_margin: health.requirement.0,
        liquidation_start: margin.header.core.liquidation_start,
        sequence: margin.header.sequence,
        ..MarginView::default()
    };
    if let Ok(health) = initial(&book, &account, now, u32::MAX, Gains::Weighted) {
        view.initial_equity = health.equity.0;
        view.initial_margin = health.requirement.0;
        view.free_collateral = health.free()?.0;
        view.can_add_risk = true;
    }
    Ok(view)
}

/// The figures of the `greeks_view` instruction, computed here. Of options as of the arrays in `tables`: refresh those
/// first for figures of now (`Market::refresh_array`).
///
/// # Errors
/// A sum beyond its range.
pub fn greeks_view(tables: &RiskTables, margin: &Margin) -> Result<GreeksView> {
    let (book, account) = (tables.book(), margin.view());
    let mut view = GreeksView {
        total: greeks::total(&book, &account)?,
        assets: Vec::new(),
    };
    greeks::of_account(&book, &account, |of_asset| view.assets.push(*of_asset))?;
    view.assets.truncate(MOST_GREEKS);
    Ok(view)
}

/// Why an account needs what it needs by portfolio margin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of each asset with positions, in their order.
    pub assets: Vec<AssetNeed>,
    /// Of all of them.
    pub whole: Explanation,
}

/// Why an account needs its maintenance margin by portfolio margin, whichever model it has chosen.
///
/// # Errors
/// Those of the engine.
pub fn maintenance_needs(tables: &RiskTables, margin: &Margin, now: i64) -> Result<Needs> {
    let mut assets = Vec::new();
    let (book, account) = (tables.book(), margin.view());
    let whole = explain::maintenance(&book, &account, now, |need| assets.push(*need))?;
    Ok(Needs { assets, whole })
}

/// The same of its initial margin, with all that resting orders can make of it.
///
/// # Errors
/// Those of the engine.
pub fn initial_needs(tables: &RiskTables, margin: &Margin, now: i64) -> Result<Needs> {
    let mut assets = Vec::new();
    let (book, account) = (tables.book(), margin.view());
    let whole = explain::initial(&book, &account, now, u32::MAX, |need| assets.push(*need))?;
    Ok(Needs { assets, whole })
}

/// The account after a hypothetical trade, at `now`, of `lots` for `quote` (minus what it pays) and a
/// fee.
///
/// # Errors
/// As the engine's fill: no free slot, a size beyond the limit.
pub fn after_trade(
    tables: &RiskTables,
    margin: &Margin,
    market: u16,
    lots: Lots,
    quote: QuoteAtoms,
    fee: QuoteAtoms,
    now: i64,
) -> Result<Margin> {
    let mut after = margin.clone();
    let row = tables.book().market(market)?;
    let mut account = AccountMut {
        core: &mut after.header.core,
        slots: &mut after.slots,
    };
    let moment = tables.header.params.moment(now);
    let _ = account.trade(market, row, lots, quote, fee, &moment)?;
    Ok(after)
}
