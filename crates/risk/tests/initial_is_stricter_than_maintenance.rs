//! Whatever meets the initial check meets maintenance: at usable prices equity is never higher and
//! the requirement never lower.

mod common;

use common::{
    NOW, PAR, World, asset_terms, dollars, market_terms, reading,
    scenario::{arb_scenario, arb_tiers},
};
use counterweight_risk::{
    AccountView, AssetTerms, Health, Lots, Position, QuoteAtoms, RiskError,
    price::Reading,
    standard::{Gains, initial, initial_for_takeover, maintenance},
    tiers::{self, Schedule, TierTerms},
    units::Ratio,
};
use proptest::prelude::*;

fn position(asset: u16, market: u16, lots: i64, quote: i64) -> Position {
    Position {
        market,
        asset,
        lots: Lots(lots),
        quote: QuoteAtoms(quote),
        ..Position::default()
    }
}

fn judge(world: &World, cash: i64, positions: &[Position], gains: Gains) -> (Health, Health) {
    let account = AccountView {
        cash: QuoteAtoms(cash),
        interest: 0,
        balances: &[],
        positions,
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    let book = world.book();
    (
        initial(&book, &account, NOW, u32::MAX, gains).unwrap(),
        maintenance(&book, &account, NOW).unwrap(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    /// With orders and without, which only make it stricter.
    #[test]
    fn each_figure_is_stricter(scenario in arb_scenario(), ignored: bool) {
        let gains = if ignored { Gains::Ignored } else { Gains::Weighted };
        let (book, account) = (scenario.world.book(), scenario.account());
        let first = initial(&book, &account, NOW, u32::MAX, gains).unwrap();
        let second = maintenance(&book, &account, NOW).unwrap();
        prop_assert!(first.equity <= second.equity, "{:?} {:?}", first, second);
        prop_assert!(first.requirement >= second.requirement, "{:?} {:?}", first, second);
        let bare = scenario.clone().without_orders();
        let first = initial(&book, &bare.account(), NOW, u32::MAX, gains).unwrap();
        prop_assert!(first.equity <= second.equity && first.requirement >= second.requirement);
    }

    #[test]
    fn gains_that_are_ignored_never_add(scenario in arb_scenario()) {
        let (book, account) = (scenario.world.book(), scenario.account());
        let check = |gains| initial(&book, &account, NOW, u32::MAX, gains).unwrap().free().unwrap();
        prop_assert!(check(Gains::Ignored) <= check(Gains::Weighted));
    }

    /// Taking over a position is judged by the same figures, as long as there are any for adding risk.
    #[test]
    fn a_takeover_is_judged_as_added_risk(scenario in arb_scenario()) {
        let (book, account) = (scenario.world.book(), scenario.account());
        let added = initial(&book, &account, NOW, u32::MAX, Gains::Weighted);
        prop_assert_eq!(initial_for_takeover(&book, &account, NOW, u32::MAX), added);
    }

    /// A quarter to 95 per cent of the rates, at any notional: the roundings do not cross.
    #[test]
    fn a_maintenance_schedule_is_never_above_the_initial_one(
        tiers in arb_tiers(), fraction in 2_500u32..=9_500, near in -3i64..=3, tier in 0usize..4,
        raw in 0u64..1 << 46,
    ) {
        let initial = Schedule::fold(&tiers, Ratio::ONE).unwrap();
        let maintenance = Schedule::fold(&tiers, Ratio::from_bps_ceil(fraction)).unwrap();
        let edge = tiers[tier].upper;
        let beside = edge.saturating_add_signed(near);
        for notional in [raw, if edge == u64::MAX { raw >> 20 } else { beside }] {
            let (i, m) = (initial.requirement(notional), maintenance.requirement(notional));
            prop_assert!(i.unwrap() >= m.unwrap(), "at {}", notional);
        }
    }

    /// A long and a short of one asset in two markets: whatever the price does, what one leg gains
    /// pays what the other loses, even where a net gain would not count at all.
    #[test]
    fn legs_on_one_asset_net_in_full(
        lots in 1i64..1 << 24, entry in 100i64..10_000, now in 100i64..10_000, weight in 0u32..=10_000,
        ignored: bool,
    ) {
        let gains = if ignored { Gains::Ignored } else { Gains::Weighted };
        let terms = AssetTerms { pnl_weight_bps: weight, ..asset_terms() };
        let mut world = World::new(PAR);
        // Lots of 0.0001: a hundred atoms for each dollar.
        let asset = world.add_asset(&terms, (-4, 6), &[reading(dollars(now), NOW)]);
        let first = world.add_market(asset, &market_terms());
        let second = world.add_market(asset, &market_terms());
        let cost = lots * entry * 100;
        let legs = [position(asset, first, lots, -cost), position(asset, second, -lots, cost)];
        let (i, m) = judge(&world, 1_000, &legs, gains);
        prop_assert_eq!((i.equity.0, m.equity.0), (1_000, 1_000));
        // One lot less on the losing side leaves a net gain, and only that is weighted.
        let moved = (now - entry) * 100;
        let kept = if moved >= 0 { 0 } else { 1 };
        let mut legs = legs;
        legs[1 - kept].lots.0 -= legs[1 - kept].lots.0.signum();
        legs[1 - kept].quote.0 -= entry * 100 * legs[1 - kept].quote.0.signum();
        legs.iter_mut().for_each(|leg| if leg.lots.0 == 0 { leg.quote = QuoteAtoms(0) });
        let (i, m) = judge(&world, 1_000, &legs, gains);
        prop_assert_eq!(m.equity.0, 1_000 + moved.abs());
        let counts = if ignored { 0 } else { i64::from(Ratio::from_bps_floor(weight).0) };
        prop_assert_eq!(i.equity.0, 1_000 + ((moved.abs() * counts) >> 20));
    }
}

/// Found by search: among tiers of a fraction of a quote token the roundings of the deductions add up
/// to more than the requirements are apart. Such schedules are not accepted.
#[test]
fn tiers_so_narrow_that_roundings_would_cross_are_refused() {
    let tier = |upper, rate_bps| TierTerms { upper, rate_bps };
    let tiers = [
        tier(5_916, 2),
        tier(12_178, 36),
        tier(13_720, 2_565),
        tier(u64::MAX, 5_096),
    ];
    let at = |multiplier| {
        Schedule::fold(&tiers, multiplier)
            .unwrap()
            .requirement(5_936)
    };
    assert_eq!(
        (at(Ratio::ONE), at(Ratio::from_bps_ceil(9_363))),
        (Ok(2), Ok(3))
    );
    let refused = tiers::check(&tiers).unwrap_err();
    assert_eq!((refused.field, refused.low), ("tier size", tiers::MIN_TIER));
}

/// On two assets the gain is weighted before it meets the loss.
#[test]
fn a_gain_on_one_asset_pays_a_loss_on_another_by_its_weight_only() {
    let mut world = World::new(PAR);
    let half = AssetTerms {
        pnl_weight_bps: 5_000,
        ..asset_terms()
    };
    let prices = [reading(dollars(20), NOW)]; // 2,000 atoms a lot
    let a = world.add_asset(&half, (-4, 6), &prices);
    let b = world.add_asset(&half, (-4, 6), &prices);
    let (on_a, on_b) = (
        world.add_market(a, &market_terms()),
        world.add_market(b, &market_terms()),
    );
    let legs = [
        position(a, on_a, 10, -10_000),
        position(b, on_b, -10, 10_000),
    ];
    let (i, m) = judge(&world, 0, &legs, Gains::Weighted);
    assert_eq!((i.equity.0, m.equity.0), (5_000 - 10_000, 0));
    let (i, _) = judge(&world, 0, &legs, Gains::Ignored);
    assert_eq!(i.equity.0, -10_000);
}

/// A wide interval favours the account in maintenance; for more risk it is refused, and for a takeover
/// it counts against the account in full.
#[test]
fn a_wide_price_is_kind_in_maintenance_and_refused_for_more_risk() {
    let mut world = World::new(PAR);
    let wide = Reading {
        confidence: dollars(1).unsigned_abs(),
        ..reading(dollars(20), NOW)
    };
    let asset = world.add_asset(&asset_terms(), (-4, 6), &[wide]);
    let market = world.add_market(asset, &market_terms());
    for (lots, equity, taken) in [(10, 21_000, 19_000), (-10, -19_000, -21_000)] {
        let account = AccountView {
            cash: QuoteAtoms(0),
            interest: 0,
            balances: &[],
            positions: &[position(asset, market, lots, 0)],
            model: counterweight_risk::account::MODEL_STANDARD,
        };
        let health = maintenance(&world.book(), &account, NOW).unwrap();
        assert_eq!(health.equity.0, equity);
        let takeover = initial_for_takeover(&world.book(), &account, NOW, u32::MAX).unwrap();
        assert_eq!(takeover.equity.0, taken);
        assert_eq!(takeover.requirement.0, 2_101); // of 21,000 at ten per cent, up
        let refused = initial(&world.book(), &account, NOW, u32::MAX, Gains::Weighted);
        assert_eq!(
            refused,
            Err(RiskError::WidePrice {
                asset,
                confidence: 100 << 16,
                limit: ((2_000 << 16) * 20_971) >> 20, // two per cent, rounded down
            })
        );
    }
}

/// A takeover needs prices as fresh as liquidation does, or as its caller asks.
#[test]
fn a_takeover_needs_fresh_prices() {
    let mut world = World::new(PAR);
    let asset = world.add_asset(&asset_terms(), (-4, 6), &[reading(dollars(20), NOW)]);
    let market = world.add_market(asset, &market_terms());
    let positions = [position(asset, market, 1, 0)];
    let account = AccountView {
        cash: QuoteAtoms(0),
        interest: 0,
        balances: &[],
        positions: &positions,
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    let book = world.book();
    let check = |age, max_age| initial_for_takeover(&book, &account, NOW + age, max_age);
    let stale = |age, limit| Err(RiskError::StalePrice { asset, age, limit });
    assert!(check(600, u32::MAX).is_ok() && check(7, 7).is_ok());
    assert_eq!(check(601, u32::MAX), stale(601, 600));
    assert_eq!(check(8, 7), stale(8, 7));
}
