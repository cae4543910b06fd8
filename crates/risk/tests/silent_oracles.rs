//! An asset whose oracle is silent: as collateral it counts for little and then for nothing, as what a position is
//! on for what it was last. It stops no maintenance check.

mod common;

use common::{
    NOW, PAR, World, asset_terms, dollars, reading,
    reference::{self, Figures, Rounding, UNIT},
    scenario::{Scenario, arb_scenario},
};
use counterweight_risk::{
    AccountView, Balance, Health, QuoteAtoms, Ratio, RiskError,
    backstop::merged,
    price::Reading,
    standard::{Gains, check_ages, initial, initial_for_takeover, maintenance},
};
use proptest::prelude::*;

/// Nobody is immune because of an asset whose oracle is silent: its collateral counts for little, then for
/// nothing, and stops no check.
#[test]
fn a_collateral_without_a_usable_price_stops_no_check() {
    let mut world = World::new(PAR);
    let certain = Reading {
        confidence: dollars(1).unsigned_abs() / 5, // 20 cents: one per cent
        ..reading(dollars(20), NOW)
    };
    let asset = world.add_asset(&asset_terms(), (0, 6), &[certain]);
    let never = world.add_asset(&asset_terms(), (0, 6), &[]);
    let balances = [asset, never].map(|asset| Balance {
        atoms: 1_000_000,
        asset,
        ..Balance::default()
    });
    let account = AccountView {
        cash: QuoteAtoms(5),
        interest: 0,
        balances: &balances,
        positions: &[],
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    let book = world.book();
    let weigh =
        |atoms: u64, bps| i64::try_from(Ratio::from_bps_floor(bps).of_floor(atoms).unwrap());
    let kept = |now| maintenance(&book, &account, now).unwrap().equity.0;
    // 20 dollars by nine tenths, then 19.80 by eight tenths, and never nothing again.
    assert_eq!(kept(NOW + 600), 5 + weigh(20_000_000, 9_000).unwrap());
    let last = 5 + weigh(19_800_000, 8_000).unwrap();
    assert_eq!([kept(NOW + 601), kept(NOW + 1_000_000)], [last, last]);
    // For adding risk and for letting value out: 19.80 by eight tenths, and then nothing.
    let adding = |now| {
        initial(&book, &account, now, u32::MAX, Gains::Ignored)
            .unwrap()
            .equity
            .0
    };
    assert_eq!([adding(NOW + 60), adding(NOW + 61)], [last, 5]);
    // For a takeover the same, as long as the price serves for liquidation.
    let taking = |now| {
        initial_for_takeover(&book, &account, now, u32::MAX)
            .unwrap()
            .equity
            .0
    };
    assert_eq!([taking(NOW + 600), taking(NOW + 601)], [last, 5]);
    // What the caller asks for is refused all the same, and a price that never was is older than any limit.
    let asked = |balance: usize, max_age| {
        let account = AccountView {
            balances: &balances[balance..=balance],
            ..account
        };
        initial(&book, &account, NOW + 30, max_age, Gains::Weighted).map(|health| health.equity.0)
    };
    let stale = RiskError::StalePrice {
        asset,
        age: 30,
        limit: 29,
    };
    assert_eq!([asked(0, 29), asked(0, 30)], [Err(stale), Ok(last)]);
    assert_eq!(asked(1, 29), Err(RiskError::NoPrice { asset: never }));
    assert_eq!(asked(1, u32::MAX), Ok(5));
}

/// A price that is too uncertain, or too far from its average, counts nothing where value could be let out.
#[test]
fn a_collateral_with_a_doubtful_price_counts_nothing_initially_and_in_full_for_maintenance() {
    for doubtful in [
        Reading {
            confidence: dollars(1).unsigned_abs(),
            ..reading(dollars(20), NOW)
        },
        Reading {
            average: dollars(10),
            ..reading(dollars(20), NOW)
        },
    ] {
        let mut world = World::new(PAR);
        let asset = world.add_asset(&asset_terms(), (0, 6), &[doubtful]);
        let balances = [Balance {
            atoms: 1_000_000,
            asset,
            ..Balance::default()
        }];
        let account = AccountView {
            cash: QuoteAtoms(5),
            interest: 0,
            balances: &balances,
            positions: &[],
            model: counterweight_risk::account::MODEL_STANDARD,
        };
        let (book, kept) = (world.book(), Ratio::from_bps_floor(9_000));
        let health = initial(&book, &account, NOW, u32::MAX, Gains::Weighted).unwrap();
        assert_eq!(health.equity.0, 5);
        let high = world.assets[usize::from(asset)].maintenance_high.0 >> 16;
        let health = maintenance(&book, &account, NOW).unwrap();
        assert_eq!(
            health.equity.0.unsigned_abs(),
            5 + kept.of_floor(high).unwrap()
        );
    }
}

fn figures(health: &Health) -> Figures {
    Figures {
        equity: i128::from(health.equity.0) * UNIT,
        requirement: i128::from(health.requirement.0) * UNIT,
    }
}

/// The scenario without positions: collateral and cash.
fn only_collateral(mut scenario: Scenario) -> Scenario {
    scenario.positions.clear();
    scenario
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    /// At any age of any price: the figures of the reference, maintenance never below initial, and neither ever
    /// more than it was while the prices were fresh.
    #[test]
    fn collateral_of_any_age_counts_as_the_reference_says(scenario in arb_scenario(), later in 0i64..4_000) {
        let scenario = only_collateral(scenario);
        let (book, account) = (scenario.world.book(), scenario.account());
        let kept = maintenance(&book, &account, NOW + later).unwrap();
        prop_assert_eq!(figures(&kept), reference::maintenance_at(&scenario, Rounding::Rounded, NOW + later));
        let free = initial(&book, &account, NOW + later, u32::MAX, Gains::Ignored).unwrap();
        prop_assert_eq!(figures(&free), reference::initial_at(&scenario, Rounding::Rounded, false, NOW + later));
        let taken = initial_for_takeover(&book, &account, NOW + later, u32::MAX).unwrap();
        prop_assert!(free.equity <= taken.equity && taken.equity <= kept.equity);
        prop_assert!(kept.equity <= maintenance(&book, &account, NOW).unwrap().equity);
    }

    /// A position whose oracle is silent is judged by the price that was recorded last: it neither stops the
    /// check of the rest nor moves by itself. Adding risk is refused, and so is whatever asks for fresh prices.
    #[test]
    fn a_position_without_a_fresh_price_is_judged_by_the_last_one(scenario in arb_scenario(), later in 301i64..4_000) {
        let mut scenario = scenario;
        scenario.balances.clear();
        let (book, account, now) = (scenario.world.book(), scenario.account(), NOW + later);
        let stale = scenario.positions.iter().any(|p| {
            let asset = &scenario.assets[usize::from(p.asset) - 1];
            now - asset.readings[1].publish_time > i64::from(asset.terms.max_age_liquidation)
        });
        let kept = maintenance(&book, &account, now);
        prop_assert_eq!(kept, maintenance(&book, &account, NOW));
        prop_assert_eq!(check_ages(&book, &account, now, u32::MAX).is_err(), stale);
        prop_assert_eq!(initial_for_takeover(&book, &account, now, u32::MAX).is_err(), stale);
        // Every price is older than the most that adding risk may allow.
        prop_assert!(scenario.positions.is_empty()
            || initial(&book, &account, now, u32::MAX, Gains::Weighted).is_err());
    }
}

/// Found by the fuzzer `chain`: an account in default only because its collateral is silent was taken over at the last
/// price of that collateral, so that the fund paid the debt for tokens that nobody could price.
#[test]
fn the_backstop_takes_silent_collateral_at_its_bound() {
    let mut world = World::new(PAR);
    let asset = world.add_asset(&asset_terms(), (0, 6), &[reading(dollars(20), NOW)]);
    let balances = [Balance {
        atoms: 1_000_000,
        asset,
        ..Balance::default()
    }];
    let of = |cash, balances| AccountView {
        cash: QuoteAtoms(cash),
        interest: 0,
        balances,
        positions: &[],
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    let (fund, failing) = (of(1_000_000, &balances[..]), of(-17_000_000, &balances[..]));
    let book = world.book();
    let equity = |now| {
        let both = merged(&book, (&fund, 0), (&failing, now)).unwrap();
        both.health.equity.0
    };
    // Of what it holds already, nine tenths of 20 dollars whatever the time. Of what it takes, that while the price is
    // fresh, then eight tenths.
    let fresh = 1_000_000 + 18_000_000 - 17_000_000 + 18_000_000;
    assert!((equity(NOW + 600) - fresh).abs() < 100);
    assert!((equity(NOW + 601) - (fresh - 2_000_000)).abs() < 100);
}
