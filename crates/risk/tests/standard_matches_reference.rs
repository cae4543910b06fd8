//! Standard margin is what its rules say: the same numbers as a naive model in 128-bit rationals,
//! equal where the rounding is defined, and never to the account's favour against the exact rule.

mod common;

use common::{
    NOW,
    reference::{self, Figures, Rounding, UNIT},
    scenario::{Scenario, arb_scenario},
};
use counterweight_risk::{
    Health,
    standard::{Gains, initial, maintenance},
};
use proptest::prelude::*;

fn figures(health: &Health) -> Figures {
    Figures {
        equity: i128::from(health.equity.0) * UNIT,
        requirement: i128::from(health.requirement.0) * UNIT,
    }
}

fn engine_initial(scenario: &Scenario, gains: Gains) -> Figures {
    let book = scenario.world.book();
    let health = initial(&book, &scenario.account(), NOW, u32::MAX, gains);
    figures(&health.unwrap())
}

/// The same figures where the rounding is defined, and never better than without any.
fn agrees(scenario: &Scenario, ignored: bool) -> Result<(), TestCaseError> {
    let gains = if ignored {
        Gains::Ignored
    } else {
        Gains::Weighted
    };
    let got = engine_initial(scenario, gains);
    prop_assert_eq!(
        got,
        reference::initial(scenario, Rounding::Rounded, !ignored)
    );
    let exact = reference::initial(scenario, Rounding::Exact, !ignored);
    prop_assert!(got.equity <= exact.equity && got.requirement >= exact.requirement);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    #[test]
    fn risk_prices_are_the_reference(scenario in arb_scenario()) {
        for (input, asset) in scenario.assets.iter().zip(&scenario.world.assets[1..]) {
            let want = reference::prices(input, scenario.quote_per_usd);
            prop_assert_eq!(i128::from(asset.index.0), want.index);
            prop_assert_eq!(i128::from(asset.initial_low.0), want.low);
            prop_assert_eq!(i128::from(asset.initial_high.0), want.high);
            prop_assert_eq!(asset.maintenance_low, asset.index);
            prop_assert_eq!(asset.maintenance_high, asset.index);
            prop_assert_eq!(asset.price_flags, 0);
        }
    }

    #[test]
    fn maintenance_is_the_reference(scenario in arb_scenario()) {
        let health = maintenance(&scenario.world.book(), &scenario.account(), NOW).unwrap();
        let got = figures(&health);
        prop_assert_eq!(got, reference::maintenance(&scenario, Rounding::Rounded));
        let exact = reference::maintenance(&scenario, Rounding::Exact);
        prop_assert!(got.equity <= exact.equity && got.requirement >= exact.requirement);
    }

    #[test]
    fn initial_without_orders_is_the_reference(scenario in arb_scenario(), ignored: bool) {
        let scenario = scenario.without_orders();
        agrees(&scenario, ignored)?;
    }

    #[test]
    fn initial_with_orders_is_the_reference(scenario in arb_scenario(), ignored: bool) {
        agrees(&scenario, ignored)?;
    }
}
