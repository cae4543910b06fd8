//! What changes for accounts from one risk book to the next.

use crate::types::Moved;
use counterweight_risk::{Asset, Market};
use counterweight_sdk::accounts::RiskTables;

/// What a maintenance check reads of an asset's row. Not its publish time, but for whether there is one: whether a
/// price is too old is asked when accounts are judged, since time alone can change it.
fn judged_asset(row: &Asset) -> impl PartialEq + use<> {
    (
        (row.publish_time != 0, row.max_age_liquidation),
        (row.maintenance_low, row.maintenance_high, row.initial_low),
        (row.weight_maintenance, row.weight_initial_full),
        (row.atoms_per_lot, row.index, row.scan),
    )
}

/// What a maintenance check reads of a market's row.
fn judged_market(row: &Market) -> impl PartialEq + use<> {
    (
        (row.asset, row.mode, row.settlement_price),
        (row.maintenance, row.index, row.era),
        (row.closed_index, row.ended),
        (row.multipliers, row.array),
        // In its last half hour a contract's mean grows, whether the price moves or not.
        (row.kind, row.contract),
    )
}

/// What a new book changes.
pub(crate) struct Change {
    /// Who is to be judged again.
    pub(crate) moved: Moved,
    /// Whether a position may have become current, or ceased to be: see [`crate::kernel::is_plain`].
    pub(crate) eras: bool,
}

/// Compares two books of a clearinghouse.
///
/// A position is in a market on its own asset ([`counterweight_risk::Position::open`]), so whatever happens to a
/// market concerns accounts that hold its asset, and nobody else.
pub(crate) fn compare(before: Option<&RiskTables>, after: &RiskTables) -> Change {
    let Some(before) = before.filter(|before| has_shape_of(before, after)) else {
        return Change {
            moved: Moved {
                assets: Vec::new(),
                all: true,
            },
            eras: true,
        };
    };
    let rows = after.assets.iter().enumerate();
    let changed = rows.filter(|(at, row)| {
        let old = before.assets.get(*at).map(judged_asset);
        old != Some(judged_asset(row))
    });
    // There are at most 64 assets.
    let mut assets: Vec<u16> = changed.filter_map(|(at, _)| at.try_into().ok()).collect();
    let all = before.header.params.portfolio != after.header.params.portfolio;
    let mut eras = false;
    for (at, row) in after.markets.iter().enumerate() {
        let old = before.markets.get(at);
        if old.map(judged_market) != Some(judged_market(row)) {
            eras |= old.map(|old| old.era) != Some(row.era);
            assets.push(row.asset);
        }
    }
    assets.sort_unstable();
    assets.dedup();
    Change {
        moved: Moved { assets, all },
        eras,
    }
}

/// Whether the rows of one are those of the other: rows are added, never removed or given to another asset.
fn has_shape_of(before: &RiskTables, after: &RiskTables) -> bool {
    let markets = before.markets.iter().zip(&after.markets);
    before.header.clearinghouse == after.header.clearinghouse
        && before.assets.len() <= after.assets.len()
        && before.markets.len() <= after.markets.len()
        && markets.into_iter().all(|(old, new)| old.asset == new.asset)
}
