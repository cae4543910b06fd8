//! What explains a portfolio requirement is the requirement (`portfolio::explain`), on random books and terms.

mod common;

use common::{NOW, portfolio::arb_offered, scenario::Scenario};
use counterweight_risk::{
    QuoteAtoms, Ratio,
    account::MODEL_STANDARD,
    portfolio::explain::{self, AssetNeed, Bound, Explanation, SCENARIOS},
    standard::{Gains, initial, maintenance},
};
use proptest::prelude::*;

type Explained = (Vec<AssetNeed>, Explanation);

fn keeping(scenario: &Scenario) -> Explained {
    let (book, account) = (scenario.world.book(), scenario.account());
    let mut needs = Vec::new();
    let all = explain::maintenance(&book, &account, NOW, |need| needs.push(*need)).unwrap();
    (needs, all)
}

fn adding(scenario: &Scenario) -> Explained {
    let (book, account) = (scenario.world.book(), scenario.account());
    let mut needs = Vec::new();
    let all = explain::initial(&book, &account, NOW, u32::MAX, |n| needs.push(*n)).unwrap();
    (needs, all)
}

/// The requirement put together from the parts, by nothing but additions, one product and the larger of two.
fn put_together((needs, all): &Explained, floor: Ratio) -> (QuoteAtoms, Bound) {
    let sum = |of: &dyn Fn(&AssetNeed) -> i64| needs.iter().map(of).sum::<i64>();
    let parts = sum(&|need| {
        assert!(need.is_scanned || need.scan.0 + need.size.0 + need.spread.0 == 0);
        need.scan.0 + need.size.0 + need.spread.0
    });
    let others = sum(&|need| if need.is_scanned { 0 } else { need.standard.0 });
    assert_eq!(parts, all.scanned.0);
    assert_eq!(others, all.unscanned.0);
    assert_eq!(sum(&|need| need.standard.0), all.standard.0);
    let least = all.standard.times_ceil(floor).unwrap().0;
    assert_eq!(least, all.floor.0);
    let net = QuoteAtoms(parts - all.credits.0).times_ceil(all.times);
    let asked = net.unwrap().0 + others;
    if asked >= least {
        (QuoteAtoms(asked), Bound::Scenarios)
    } else {
        (QuoteAtoms(least), Bound::Floor)
    }
}

/// What net lots lose in a scenario, in 2^-36 atoms times three hundred.
fn loss(lots: i64, price: u64, range: Ratio, scenario: usize) -> i128 {
    let scenario = SCENARIOS[scenario];
    let moved = i128::from(range.0) * i128::from(scenario.thirds) * i128::from(scenario.percent);
    -i128::from(lots) * i128::from(price) * moved
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Parts, credits and floor are the requirement to the atom, of both checks.
    #[test]
    fn the_parts_are_the_requirement((scenario, _) in arb_offered()) {
        let (book, account) = (scenario.world.book(), scenario.account());
        let floor = book.params.portfolio.floor;
        let explained = keeping(&scenario);
        let (together, bound) = put_together(&explained, floor);
        let health = maintenance(&book, &account, NOW).unwrap();
        prop_assert_eq!(health.requirement, together);
        prop_assert_eq!(explained.1.requirement, together);
        prop_assert_eq!(explained.1.bound().unwrap(), bound);
        prop_assert_eq!(explained.1.times, Ratio::ONE);
        if let Ok(health) = initial(&book, &account, NOW, u32::MAX, Gains::Weighted) {
            let explained = adding(&scenario);
            let (together, bound) = put_together(&explained, floor);
            prop_assert_eq!(health.requirement, together);
            prop_assert_eq!(explained.1.requirement, together);
            prop_assert_eq!(explained.1.bound().unwrap(), bound);
        }
    }

    /// No scenario costs more than the one that is named, and it costs what the scan says.
    #[test]
    fn the_worst_scenario_is_named((scenario, _) in arb_offered()) {
        let (needs, _) = keeping(&scenario);
        for need in needs.iter().filter(|need| need.is_scanned) {
            let asset = &scenario.world.assets[usize::from(need.asset)];
            let of = |at| {
                let falls = loss(need.high.0.max(0), asset.maintenance_high.0, need.range, at);
                falls.max(loss(need.low.0.min(0), asset.maintenance_low.0, need.range, at))
            };
            let named = of(need.worst);
            for at in 0..SCENARIOS.len() {
                prop_assert!(of(at) <= named, "{at} {need:?}");
                prop_assert!(at >= need.worst || of(at) < named, "an earlier one: {at} {need:?}");
            }
            let exact = named / (300 << 36);
            let scan = i128::from(need.scan.0);
            prop_assert!((exact..=exact + 2).contains(&scan), "{exact} {need:?}");
            let sign = i64::from(need.low.0 < 0) - i64::from(need.high.0 > 0);
            prop_assert!(need.low != need.high || need.worst_move().signum() == sign);
        }
    }

    /// Each asset is told once, in the account's order; which model the account has chosen does not matter.
    #[test]
    fn a_standard_account_is_told_what_it_would_need((scenario, _) in arb_offered()) {
        let explained = keeping(&scenario);
        let mut other = scenario.clone();
        other.model = MODEL_STANDARD;
        prop_assert_eq!(&keeping(&other), &explained);
        let health = maintenance(&other.world.book(), &other.account(), NOW).unwrap();
        prop_assert_eq!(health.requirement, explained.1.standard);
        let mut assets: Vec<u16> = scenario.positions.iter().map(|position| position.asset).collect();
        assets.dedup();
        let told: Vec<u16> = explained.0.iter().map(|need| need.asset).collect();
        prop_assert_eq!(told, assets);
    }
}

#[test]
fn scenarios_are_seven_moves_with_volatility_both_ways_and_two_beyond() {
    let mut moves: Vec<(i8, i8, u8)> = SCENARIOS
        .iter()
        .map(|scenario| (scenario.thirds, scenario.volatility, scenario.percent))
        .collect();
    moves.sort_unstable();
    let mut wanted: Vec<(i8, i8, u8)> = (-3..=3)
        .flat_map(|thirds| [(thirds, -1, 100), (thirds, 1, 100)])
        .chain([(-6, 0, 35), (6, 0, 35)])
        .collect();
    wanted.sort_unstable();
    assert_eq!(moves, wanted);
    let range = Ratio::from_bps_floor(600);
    assert_eq!(SCENARIOS[explain::FALL].move_of(range), -i64::from(range.0));
    assert_eq!(SCENARIOS[explain::RISE].move_of(range), range.0.into());
    assert_eq!(SCENARIOS[explain::STILL].move_of(range), 0);
}
