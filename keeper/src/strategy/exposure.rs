//! What an account holds of each asset in positions, and what it would take to be flat.

use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    risk::{greeks::AssetGreeks, market::MODE_SETTLEMENT},
};
use std::collections::BTreeMap;

/// Net notional by asset at the index, signed, quote atoms. Positions in markets that have ended are none: their price
/// no longer moves.
pub type Exposure = BTreeMap<u16, i64>;

/// The value of lots at the index of an asset, signed, towards zero.
pub fn value(tables: &RiskTables, asset: u16, lots: i64) -> i64 {
    let index = tables
        .assets
        .get(usize::from(asset))
        .map_or(0, |row| row.index.0);
    at(index, lots)
}

/// What lots of a market are worth, signed, towards zero: at the index, or at what an option is worth there.
pub fn worth(tables: &RiskTables, market: u16, lots: i64) -> i64 {
    let Some(row) = tables.markets.get(usize::from(market)) else {
        return 0;
    };
    if !row.is_derived() {
        return value(tables, row.asset, lots);
    }
    let asset = tables.assets.get(usize::from(row.asset));
    // Whether the array may still be used is asked where something is decided by it.
    let priced = asset.and_then(|asset| row.priced(market, asset, row.array.time).ok());
    at(priced.map_or(row.array.mark.0, |asset| asset.index.0), lots)
}

fn at(price: u64, lots: i64) -> i64 {
    let atoms = (i128::from(lots) * i128::from(price)) / (1 << 16);
    i64::try_from(atoms).unwrap_or(if lots < 0 { i64::MIN } else { i64::MAX })
}

/// The value of token atoms at the index of an asset, rounded down.
pub fn value_of_tokens(tables: &RiskTables, asset: u16, atoms: u64) -> i64 {
    let Some(row) = tables.assets.get(usize::from(asset)) else {
        return 0;
    };
    let per_lot = u128::from(row.atoms_per_lot.max(1)) << 16;
    let value = u128::from(atoms) * u128::from(row.index.0) / per_lot;
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Net lots by asset, deleveraging applied; options count as the lots of the underlying that their delta stands for.
pub fn lots(tables: &RiskTables, margin: &Margin) -> BTreeMap<u16, i64> {
    let mut net: BTreeMap<u16, i64> = BTreeMap::new();
    for position in margin.positions() {
        let Some(row) = tables.markets.get(usize::from(position.market)) else {
            continue;
        };
        if row.mode != MODE_SETTLEMENT {
            let index = tables.assets.get(usize::from(position.asset));
            let index = index.map_or_else(Default::default, |asset| asset.index);
            let stands = AssetGreeks::of(position, row, index);
            let lots = stands.map_or(position.held(row).0, |greeks| greeks.lots);
            let sum = net.entry(position.asset).or_default();
            *sum = sum.saturating_add(lots);
        }
    }
    net
}

/// Net notional by asset.
pub fn net(tables: &RiskTables, margin: &Margin) -> Exposure {
    let lots = lots(tables, margin).into_iter();
    lots.map(|(asset, lots)| (asset, value(tables, asset, lots)))
        .collect()
}

/// Notional of all positions, without netting and signs; of options too, that of the underlying.
pub fn gross(tables: &RiskTables, margin: &Margin) -> i64 {
    let sizes = margin.positions().iter().filter_map(|position| {
        let row = tables.markets.get(usize::from(position.market))?;
        let open = row.mode != MODE_SETTLEMENT;
        open.then(|| value(tables, position.asset, position.held(row).0).saturating_abs())
    });
    sizes.fold(0, i64::saturating_add)
}

/// What changes from one exposure to another, by asset, without what stays.
pub fn change(before: &Exposure, after: &Exposure) -> Exposure {
    let assets = before.keys().chain(after.keys());
    let of = |exposure: &Exposure, asset: &u16| exposure.get(asset).copied().unwrap_or(0);
    let changes = assets.map(|asset| (*asset, of(after, asset).saturating_sub(of(before, asset))));
    changes.filter(|(_, change)| *change != 0).collect()
}
