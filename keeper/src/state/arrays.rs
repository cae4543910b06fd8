//! Options as they will be once their arrays are computed anew.
//!
//! A check that needs an array refuses one that is older than a price for liquidation may be, or whose index has moved by
//! more than an eighth of the scanned range. Here an array is *due* once half of either is used up: accounts are judged as
//! if it were refreshed, and whoever acts on a verdict brings it along, as it brings prices. So no account is out of
//! sight because nobody has refreshed.

use counterweight_sdk::{
    accounts::{OrderBook, RiskTables},
    risk::{Asset, Market, market::MODE_SETTLEMENT},
};

/// An array is refused at a range over 2^3 of drift: half of it.
const HALF_A_DRIFT: u32 = 4;

/// Whether lots of a market are held, or may come to be by what is in its book.
pub(super) fn is_used(book: &OrderBook) -> bool {
    let header = &book.header;
    is_held(book) || header.unsettled != [0, 0] || book.lanes.iter().any(|lane| !lane.is_empty())
}

/// Whether lots of a market are held.
pub fn is_held(book: &OrderBook) -> bool {
    let header = &book.header;
    header.open_long != 0 || header.open_short != 0 || !book.queue.is_empty()
}

/// Whether half of an array's time, or of the distance that its index may move, is used up.
pub fn is_due(row: &Market, asset: &Asset, now: i64) -> bool {
    if !row.is_option() || row.mode == MODE_SETTLEMENT || asset.publish_time == 0 {
        return false;
    }
    let age = now.saturating_sub(row.array.time);
    let drift = row.array.index.0.abs_diff(asset.index.0);
    let limit = asset.scan.range.of_floor(row.array.index.0).unwrap_or(0) >> HALF_A_DRIFT;
    age.saturating_mul(2) > i64::from(asset.max_age_liquidation) || drift > limit
}

/// Which options of a book are due, of those that are used.
pub(super) fn due<'a>(
    tables: &'a RiskTables,
    is_used: impl Fn(u16) -> bool + 'a,
    now: i64,
) -> impl Iterator<Item = u16> + 'a {
    let rows = (0u16..).zip(&tables.markets);
    let due = rows.filter(move |(_, row)| {
        let asset = tables.assets.get(usize::from(row.asset));
        asset.is_some_and(|asset| is_due(row, asset, now))
    });
    due.map(|(market, _)| market)
        .filter(move |market| is_used(*market))
}

/// Refreshes what is due, at the prices of the book; returns which options those are, ascending. Exactly what
/// `refresh_arrays` will make of them, but for the seconds until then.
pub(super) fn project(
    tables: &mut RiskTables,
    is_used: impl Fn(u16) -> bool,
    now: i64,
) -> Vec<u16> {
    let wanted: Vec<u16> = due(tables, is_used, now).collect();
    let refreshed = wanted.into_iter().filter(|market| {
        let rows = &mut tables.markets;
        let row = rows.get_mut(usize::from(*market));
        row.is_some_and(|row| {
            let asset = tables.assets.get(usize::from(row.asset));
            asset.is_some_and(|asset| row.refresh_array(*market, asset, now).is_ok())
        })
    });
    refreshed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use counterweight_sdk::risk::{Price, Ratio, market::KIND_CALL};

    const NOW: i64 = 1_790_000_000;

    fn option() -> (Market, Asset) {
        let (mut row, mut asset) = (Market::zeroed(), Asset::zeroed());
        row.kind = KIND_CALL;
        (asset.publish_time, asset.max_age_liquidation) = (NOW, 300);
        (asset.index, asset.scan.range) = (Price(1 << 40), Ratio((1 << 20) / 50));
        (row.array.index, row.array.time) = (asset.index, NOW);
        (row, asset)
    }

    #[test]
    fn an_array_is_due_once_half_of_its_time_or_of_its_way_is_used_up() {
        let (row, asset) = option();
        assert!(!is_due(&row, &asset, NOW + 150) && is_due(&row, &asset, NOW + 151));
        let half = asset.scan.range.of_floor(1 << 40).expect("a range") / 16;
        for (moved, due) in [(half, false), (half + 1, true)] {
            for index in [(1 << 40) + moved, (1 << 40) - moved] {
                let mut asset = asset;
                asset.index = Price(index);
                assert_eq!(is_due(&row, &asset, NOW), due, "{moved}");
                // Half of it is well within what a check allows.
                assert!(row.array.check(0, &asset, NOW).is_ok());
            }
        }
    }

    #[test]
    fn what_is_no_option_or_has_ended_or_has_no_price_is_never_due() {
        let (option, asset) = option();
        let late = NOW + 1_000;
        assert!(is_due(&option, &asset, late));
        let mut ended = option;
        ended.mode = MODE_SETTLEMENT;
        let mut perpetual = option;
        perpetual.kind = 0;
        for row in [ended, perpetual] {
            assert!(!is_due(&row, &asset, late));
        }
        let mut silent = asset;
        silent.publish_time = 0;
        assert!(!is_due(&option, &silent, late));
    }
}
