//! A resting order can only cost: it never makes an account better in an initial check, and what
//! reaches the check by filling it never makes an account worse than the check had said.

mod common;

use common::{
    NOW, World, asset_terms, dollars, market_terms, reading,
    scenario::{Scenario, arb_scenario},
};
use counterweight_risk::{
    AccountView, AssetTerms, Health, Lots, Market, Position, QuoteAtoms,
    standard::{Gains, initial},
};
use proptest::prelude::*;

fn check(scenario: &Scenario, gains: Gains) -> Health {
    let book = scenario.world.book();
    initial(&book, &scenario.account(), NOW, u32::MAX, gains).unwrap()
}

fn gains_of(ignored: bool) -> Gains {
    if ignored {
        Gains::Ignored
    } else {
        Gains::Weighted
    }
}

/// A share of the bids (or asks) fills at the orders' own prices; all other orders go.
fn fill(position: &mut Position, bids: bool, thousandths: i64) {
    let (lots, quote, sign) = if bids {
        (position.bid_lots.0, position.bid_quote.0, 1)
    } else {
        (position.ask_lots.0, position.ask_quote.0, -1)
    };
    let filled = lots * thousandths / 1_000;
    let paid = if lots == 0 {
        0
    } else {
        i64::try_from(i128::from(quote) * i128::from(filled) / i128::from(lots)).unwrap()
    };
    position.lots.0 += sign * filled;
    position.quote.0 -= sign * paid;
    (position.bid_lots, position.bid_quote) = (Lots::ZERO, QuoteAtoms::ZERO);
    (position.ask_lots, position.ask_quote) = (Lots::ZERO, QuoteAtoms::ZERO);
}

/// A long of 100 lots has gained 100,000 atoms and requires 20,000; the cash is just that
/// (one atom more: ten per cent is no binary fraction).
/// An ask that would give up most of the gain closes the position: by value − requirement it is the
/// worst of the three books, but where gains do not count it would take the requirement with it and
/// let the cash be withdrawn.
#[test]
fn an_ask_that_gives_up_an_uncounted_gain_does_not_release_the_requirement() {
    let mut world = World::new(common::PAR);
    let terms = AssetTerms {
        pnl_weight_bps: 0,
        ..asset_terms()
    };
    let asset = world.add_asset(&terms, (-4, 6), &[reading(dollars(20), NOW)]); // 2,000 atoms a lot
    let market = world.add_market(asset, &market_terms());
    let mut position = Position {
        asset,
        market,
        lots: Lots(100),
        quote: QuoteAtoms(-100_000),
        ..Position::default()
    };
    let free = |position: &Position, gains| {
        let account = AccountView {
            cash: QuoteAtoms(20_001),
            balances: &[],
            positions: std::slice::from_ref(position),
        };
        initial(&world.book(), &account, NOW, u32::MAX, gains)
            .unwrap()
            .free()
            .unwrap()
            .0
    };
    assert_eq!(free(&position, Gains::Ignored), 0);
    assert_eq!(free(&position, Gains::Weighted), 0);
    (position.ask_lots, position.ask_quote) = (Lots(100), QuoteAtoms(110_000));
    assert_eq!(free(&position, Gains::Ignored), 0);
    assert_eq!(free(&position, Gains::Weighted), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    #[test]
    fn orders_never_free_collateral(scenario in arb_scenario(), ignored: bool) {
        let with = check(&scenario, gains_of(ignored));
        let without = check(&scenario.without_orders(), gains_of(ignored));
        prop_assert!(with.free().unwrap() <= without.free().unwrap());
    }

    /// Whatever part of one side of one position fills, the check had already counted with it. The
    /// orders between are worth a mixture of the two ends, but for an atom at each rounding.
    #[test]
    fn a_fill_of_resting_orders_was_already_counted(
        mut scenario in arb_scenario(), at: prop::sample::Index, bids: bool, ignored: bool,
        thousandths in prop_oneof![Just(1_000i64), 0i64..=1_000],
    ) {
        let at = at.index(scenario.positions.len());
        // What is owed follows the sign of the lots, which the fill may change: settled before.
        let market = scenario.world.markets[at];
        scenario.positions[at].settle(&market).unwrap();
        let before = check(&scenario, gains_of(ignored)).free().unwrap().0;
        fill(&mut scenario.positions[at], bids, thousandths);
        let position = &mut scenario.positions[at];
        position.index = market.index[Market::side(position.lots)];
        let after = check(&scenario, gains_of(ignored)).free().unwrap().0;
        let roundings = if thousandths % 1_000 == 0 { 0 } else { 8 };
        prop_assert!(after + roundings >= before, "{} < {}", after, before);
    }
}
