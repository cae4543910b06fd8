//! What if: the prices at which an account would be liquidated.

use crate::{
    account::AccountView,
    asset::Asset,
    error::{Result, RiskError},
    market::Market,
    params::RiskParams,
    standard::{Book, maintenance},
    units::{MAX_PRICE, Price},
};

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

/// Where an account that meets maintenance would fail it if the price of one asset moved alone, with a narrow
/// interval. The tables are lent for trying prices on: lend copies. What options are worth at each price is computed anew.
///
/// Without options equity is linear in a price and each requirement convex in it, so what is left over is concave: the
/// account holds on one stretch of prices, and one search on each side finds where it ends. With long options it may hold
/// again farther away: what is found is then one of the ends.
///
/// # Errors
/// [`RiskError::UnknownAsset`]; those of [`maintenance`] at the present price.
pub fn edges(
    params: &RiskParams,
    assets: &mut [Asset],
    markets: &mut [Market],
    account: &AccountView,
    asset: u16,
    now: i64,
) -> Result<Edges> {
    let at = usize::from(asset);
    let before = *assets.get(at).ok_or(RiskError::UnknownAsset { asset })?;
    let options = |market: &Market| market.asset == asset && market.is_option();
    let any = markets.iter().any(options);
    let holds = |price: u64| {
        let row = &mut assets[at];
        (row.index, row.maintenance_low, row.maintenance_high) =
            (Price(price), Price(price), Price(price));
        row.publish_time = row.publish_time.max(now);
        if any {
            let row = *row;
            let held = |market: &&mut Market| options(market);
            for market in markets.iter_mut().filter(held) {
                // The index of the row is of no account here: only its error would name it.
                market.refresh_array(u16::MAX, &row, now)?;
            }
        }
        // What leaves the range of money is no price that a market could have.
        let book = Book {
            params,
            assets,
            markets,
        };
        maintenance(&book, account, now).map(|health| health.is_met())
    };
    let found = search(before.index.0, holds);
    assets[at] = before;
    found.map(|(below, above)| Edges {
        asset,
        below,
        above,
    })
}

/// The ends of the stretch around the present price, where there are any.
fn search(
    present: u64,
    mut holds: impl FnMut(u64) -> Result<bool>,
) -> Result<(Option<Price>, Option<Price>)> {
    let (mut below, mut above) = (None, None);
    if present == 0 || !holds(present)? {
        return Ok((below, above));
    }
    if !holds(1).unwrap_or(true) {
        below = Some(Price(boundary(1, present, &mut holds)));
    }
    let furthest = present.saturating_mul(FURTHEST).min(MAX_PRICE.0);
    if furthest > present && !holds(furthest).unwrap_or(true) {
        above = Some(Price(boundary(furthest, present, &mut holds)));
    }
    Ok((below, above))
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
