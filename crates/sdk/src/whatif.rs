//! What if: the figures of an account after a trade that was not made, and the prices at which it would be
//! liquidated. The engine of the program computes all of it, so a preview is what the chain will say, to the atom.

use crate::{
    accounts::{Margin, RiskTables},
    preview,
};
use counterweight::MarginView;
use counterweight_risk::{Health, Result, standard::maintenance};

pub use counterweight_risk::whatif::Edges;

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
/// # Errors
/// Those of [`counterweight_risk::whatif::edges`].
pub fn edges(tables: &RiskTables, margin: &Margin, asset: u16, now: i64) -> Result<Edges> {
    let (mut assets, mut markets) = (tables.assets.clone(), tables.markets.clone());
    let (params, view) = (&tables.header.params, margin.view());
    counterweight_risk::whatif::edges(params, &mut assets, &mut markets, &view, asset, now)
}
