//! Random terms of portfolio margin on random books, and the scan written out: every scenario by itself.

use super::scenario::{Scenario, arb_scenario};
use counterweight_risk::{
    Lots, Market, Position, Ratio,
    account::MODEL_PORTFOLIO,
    market::MODE_SETTLEMENT,
    portfolio::{Credit, Portfolio, Scan},
    units::BPS,
};
use proptest::prelude::*;

/// Terms in thousandths of what is allowed.
#[derive(Clone, Debug)]
pub struct Terms {
    pub floor_bps: u32,
    pub initial_bps: u32,
    pub ranges: Vec<u32>,
    pub spreads: Vec<u32>,
    pub credits: Vec<(u8, u8, u16, u32)>,
}

prop_compose! {
    pub fn arb_terms()(
        floor_bps in prop_oneof![Just(1u32), 1u32..10_000], initial_bps in 11_000u32..=30_000,
        ranges in prop::collection::vec(prop_oneof![1 => Just(0u32), 6 => 1u32..=1_000, 2 => Just(1_000u32)], 3),
        spreads in prop::collection::vec(0u32..=1_000, 3),
        credits in prop::collection::vec((1u8..=3, 1u8..=3, 1u16..10_000, 1u32..5_000), 0..=4),
    ) -> Terms {
        Terms { floor_bps, initial_bps, ranges, spreads, credits }
    }
}

/// The largest range that the markets of an asset allow: their first maintenance rate, in basis points.
fn largest_range(scenario: &Scenario, asset: usize) -> u32 {
    let markets = scenario.markets.iter();
    markets
        .filter(|market| usize::from(market.asset) == asset)
        .map(|market| {
            market.terms.tiers[0].rate_bps * market.terms.maintenance_fraction_bps / 10_000
        })
        .min()
        .unwrap_or(1_000)
}

/// Offers portfolio margin on these terms, and judges the account by it.
pub fn offer(mut scenario: Scenario, terms: &Terms) -> Scenario {
    for at in 1..scenario.world.assets.len() {
        let range = largest_range(&scenario, at) * terms.ranges[at - 1] / 1_000;
        let range = Ratio::from_bps_floor(range);
        scenario.world.assets[at].scan = Scan {
            range,
            spread: Ratio(range.0 / 2 * terms.spreads[at - 1] / 1_000),
            ..Scan::default()
        };
    }
    let mut portfolio = Portfolio {
        floor: Ratio::from_bps_floor(terms.floor_bps),
        initial: Ratio::from_bps_ceil(terms.initial_bps),
        ..Portfolio::default()
    };
    let pairs = terms.credits.iter().filter(|pair| pair.0 != pair.1);
    for (slot, &(first, second, credit_bps, ratio)) in portfolio.credits.iter_mut().zip(pairs) {
        *slot = Credit {
            ratio: Ratio::from_bps_floor(ratio * 10),
            credit_bps,
            first,
            second,
        };
    }
    scenario.world.params.portfolio = portfolio;
    scenario.model = MODEL_PORTFOLIO;
    scenario
}

/// A random book that is scanned, on random terms.
pub fn arb_offered() -> impl Strategy<Value = (Scenario, Terms)> {
    (arb_scenario(), arb_terms()).prop_map(|(scenario, terms)| {
        let offered = offer(scenario, &terms);
        (offered, terms)
    })
}

/// Moves of a price that are scanned, in sixths of the range, and what share of the loss counts, in percent: seven
/// moves within the range, and two extreme ones.
pub const MOVES: [(i64, u32); 9] = [
    (0, 100),
    (2, 100),
    (-2, 100),
    (4, 100),
    (-4, 100),
    (6, 100),
    (-6, 100),
    (12, 35),
    (-12, 35),
];

/// The worst loss of net lots over all scenarios, in 2^-36 quote atoms times six hundred: nothing is rounded.
pub fn worst_loss(lots: i64, price: u64, range: Ratio) -> i128 {
    let exact = |sixths: i64, percent: u32| {
        -i128::from(lots)
            * i128::from(price)
            * i128::from(range.0)
            * i128::from(sixths)
            * i128::from(percent)
    };
    MOVES
        .iter()
        .map(|&(sixths, percent)| exact(sixths, percent))
        .max()
        .unwrap_or(0)
}

/// Lots of an account's positions that are still open on an asset, netted, and how many of them hedge each other.
pub fn net(scenario: &Scenario, asset: u16) -> (i64, i64) {
    let held: Vec<i64> = open(scenario)
        .filter(|(position, _)| position.asset == asset)
        .map(|(position, market)| position.held(market).0)
        .collect();
    let (longs, shorts): (i64, i64) = held.iter().fold((0, 0), |(longs, shorts), lots| {
        (longs + lots.max(&0), shorts - lots.min(&0))
    });
    (held.iter().sum(), longs.min(shorts))
}

/// Positions of markets that have not ended.
pub fn open(scenario: &Scenario) -> impl Iterator<Item = (&Position, &Market)> {
    let markets = &scenario.world.markets;
    let pairs = scenario.positions.iter();
    pairs
        .map(|position| (position, &markets[usize::from(position.market)]))
        .filter(|(_, market)| market.mode != MODE_SETTLEMENT)
}

/// The same account with every position times a number.
pub fn times(scenario: &Scenario, factor: i64) -> Scenario {
    let mut scenario = scenario.clone();
    for position in &mut scenario.positions {
        position.lots = Lots(position.lots.0 * factor);
    }
    scenario
}

/// A share in basis points, rounded up.
pub fn share(of: i128, bps: u32) -> i128 {
    (of * i128::from(bps) + i128::from(BPS) - 1) / i128::from(BPS)
}
