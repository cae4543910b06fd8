//! What if: the figures of an account after a trade that was not made, and the prices at which it would be
//! liquidated. The engine of the program computes all of it, so a preview is what the chain will say, to the atom.

use crate::{
    accounts::{Margin, RiskTables},
    preview,
};
use counterweight::MarginView;
use counterweight_risk::{Health, Price, Result, standard::maintenance, units::MAX_PRICE};

/// How far above the present price a liquidation price is looked for.
const FURTHEST: u64 = 1_000;

/// Where an account would be liquidated if one asset's price moved alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edges {
    /// The asset.
    pub asset: u16,
    /// The highest price below the present one at which it fails maintenance; none, where it fails at no price.
    pub below: Option<Price>,
    /// The lowest price above the present one at which it fails maintenance; none, up to a thousand times the
    /// present price.
    pub above: Option<Price>,
}

/// An account as it would stand.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The figures of `margin_view`.
    pub view: MarginView,
    /// Equity / maintenance margin in basis points, rounded down; none without a requirement.
    pub ratio_bps: Option<i64>,
    /// For each asset that the account is exposed to. Empty where it already fails.
    pub edges: Vec<Edges>,
}

/// How an account stands, and what it could bear.
///
/// # Errors
/// Those of [`preview::margin_view`].
pub fn outlook(tables: &RiskTables, margin: &Margin, now: i64) -> Result<Outlook> {
    let view = preview::margin_view(tables, margin, now)?;
    let health = maintenance(&tables.book(), &margin.view(), now)?;
    let edges = if health.is_met() {
        exposures(margin)
            .into_iter()
            .map(|asset| edges(tables, margin, asset, now))
            .collect::<Result<_>>()?
    } else {
        Vec::new()
    };
    let ratio = |health: Health| {
        let bps = i128::from(health.equity.0) * 10_000;
        let ratio = bps.div_euclid(i128::from(health.requirement.0));
        i64::try_from(ratio).unwrap_or(i64::MAX)
    };
    Ok(Outlook {
        view,
        ratio_bps: (health.requirement.0 > 0).then(|| ratio(health)),
        edges,
    })
}

/// The assets that an account's worth depends on, sorted.
pub fn exposures(margin: &Margin) -> Vec<u16> {
    let balances = margin.header.core.balances.iter();
    let held = balances
        .filter(|held| held.atoms > 0)
        .map(|held| held.asset);
    let mut assets: Vec<u16> = held
        .chain(margin.positions().iter().map(|position| position.asset))
        .collect();
    assets.sort_unstable();
    assets.dedup();
    assets
}

/// Where an account that meets maintenance would fail it if the price of one asset moved alone, with a narrow
/// interval.
///
/// Equity is linear in a price and each requirement convex in it, so what is left over is concave: the account
/// holds on one stretch of prices, and one search on each side finds where it ends.
///
/// # Errors
/// Those of [`maintenance`] at the present price.
pub fn edges(tables: &RiskTables, margin: &Margin, asset: u16, now: i64) -> Result<Edges> {
    let present = tables.book().asset(asset)?.index;
    let mut moved = tables.clone();
    let row = usize::from(asset);
    let mut holds = |price: u64| {
        let row = &mut moved.assets[row];
        (row.index, row.maintenance_low, row.maintenance_high) =
            (Price(price), Price(price), Price(price));
        row.publish_time = row.publish_time.max(now);
        // What leaves the range of money is no price that a market could have.
        maintenance(&moved.book(), &margin.view(), now).map(|health| health.is_met())
    };
    let mut edges = Edges {
        asset,
        below: None,
        above: None,
    };
    if present.0 == 0 || !holds(present.0)? {
        return Ok(edges);
    }
    if !holds(1).unwrap_or(true) {
        edges.below = Some(Price(boundary(1, present.0, &mut holds)));
    }
    let furthest = present.0.saturating_mul(FURTHEST).min(MAX_PRICE.0);
    if furthest > present.0 && !holds(furthest).unwrap_or(true) {
        edges.above = Some(Price(boundary(furthest, present.0, &mut holds)));
    }
    Ok(edges)
}

/// The last price that fails, on the way from one that fails to one that holds.
fn boundary(fails: u64, held: u64, holds: &mut impl FnMut(u64) -> Result<bool>) -> u64 {
    let (mut fails, mut held) = (fails, held);
    while fails.abs_diff(held) > 1 {
        let middle = fails.min(held) + fails.abs_diff(held) / 2;
        if holds(middle).unwrap_or(false) {
            held = middle;
        } else {
            fails = middle;
        }
    }
    fails
}
