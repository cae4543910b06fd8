//! What portfolio margin promises (docs/risk.md, section 16), on random books and terms.

mod common;

use common::{
    NOW, PAR, World, asset_terms, dollars, flat_tiers, market_terms,
    portfolio::{arb_offered, arb_terms, net, offer, open, times, worst_loss},
    reading,
    scenario::{Scenario, arb_scenario},
};
use counterweight_risk::{
    AccountView, Balance, Lots, MarketTerms, Position, QuoteAtoms, Ratio,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    portfolio::{Credit, Portfolio, Scan},
    standard::{Gains, initial, initial_for_takeover, maintenance},
};
use proptest::prelude::*;

fn needed(scenario: &Scenario) -> i128 {
    let health = maintenance(&scenario.world.book(), &scenario.account(), NOW).unwrap();
    health.requirement.0.into()
}

fn needed_by_standard(scenario: &Scenario) -> i128 {
    let mut account = scenario.account();
    account.model = MODEL_STANDARD;
    let health = maintenance(&scenario.world.book(), &account, NOW).unwrap();
    health.requirement.0.into()
}

fn without_credits(mut scenario: Scenario) -> Scenario {
    scenario.world.params.portfolio.credits = Default::default();
    scenario
}

fn without_floor(mut scenario: Scenario) -> Scenario {
    scenario.world.params.portfolio.floor = Ratio(1);
    scenario
}

/// Flat schedules: what remains is the scan and the charge for spreads.
fn flat(mut scenario: Scenario) -> Scenario {
    for market in &mut scenario.world.markets {
        let first = market.maintenance.tiers[0];
        market.maintenance.tiers = [counterweight_risk::tiers::Tier {
            upper: u64::MAX,
            ..first
        }; 4];
    }
    scenario
}

/// Rounding of a requirement: up once for a notional, a scan and a spread of each asset.
const ATOMS: i128 = 16;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Against the scan written out: every scenario of every asset by itself, in exact numbers.
    #[test]
    fn the_scan_is_the_worst_of_all_scenarios((scenario, _) in arb_offered()) {
        let mut scenario = flat(without_floor(without_credits(scenario)));
        scenario.balances.clear();
        let mut exact = 0i128; // in 2^-36 atoms times 600
        let mut standard = 0i128;
        for at in 1..scenario.world.assets.len() {
            let asset = &scenario.world.assets[at];
            let index = u16::try_from(at).unwrap();
            let (lots, hedged) = net(&scenario, index);
            if asset.scan.range.0 == 0 {
                let mut alone = scenario.clone();
                alone.positions.retain(|position| position.asset == index);
                standard += needed_by_standard(&alone);
                continue;
            }
            let price = if lots >= 0 { asset.maintenance_high } else { asset.maintenance_low };
            exact += worst_loss(lots, price.0, asset.scan.range);
            let basis = i128::from(hedged) * i128::from(asset.maintenance_high.0);
            exact += basis * i128::from(asset.scan.spread.0) * 600;
        }
        let exact = exact / (600 << 36);
        // The least floor that there is binds where everything is hedged.
        let wanted = (exact + standard).max(needed_by_standard(&scenario) >> 20);
        let found = needed(&scenario);
        prop_assert!(found >= wanted && found <= wanted + ATOMS, "{found} {exact} {standard}");
    }

    /// Never below the floor, and before credits never below what the net deltas can lose within the range.
    #[test]
    fn the_floor_and_the_net_deltas_hold((scenario, _) in arb_offered()) {
        let floor = scenario.world.params.portfolio.floor;
        let standard = needed_by_standard(&scenario);
        let share = (standard * i128::from(floor.0)) >> 20;
        prop_assert!(needed(&scenario) >= share);
        let plain = without_credits(scenario);
        let mut least = 0i128;
        for (at, asset) in plain.world.assets.iter().enumerate().skip(1) {
            let held = plain.balances.iter().any(|held| usize::from(held.asset) == at);
            if !held {
                let (lots, _) = net(&plain, u16::try_from(at).unwrap());
                let price = if lots >= 0 { asset.maintenance_high } else { asset.maintenance_low };
                let notional = (i128::from(lots).abs() * i128::from(price.0)) >> 16;
                least += (notional * i128::from(asset.scan.range.0)) >> 20;
            }
        }
        prop_assert!(needed(&plain) >= least);
    }

    /// With one linear contract on each asset, nothing is hedged, and nothing costs more than the sum does.
    #[test]
    fn one_contract_an_asset_never_costs_more_than_standard((scenario, _) in arb_offered()) {
        let mut scenario = scenario;
        scenario.positions.dedup_by_key(|position| position.asset);
        prop_assert!(needed(&scenario) <= needed_by_standard(&scenario));
    }

    /// k books need k times what one does, but for roundings (and what a larger book's tiers add).
    #[test]
    fn the_scan_is_homogeneous((scenario, _) in arb_offered(), factor in 2i64..5) {
        let mut scenario = without_credits(scenario.without_orders());
        scenario.balances.clear();
        let many = times(&scenario, factor);
        let (one, all) = (needed(&scenario), needed(&many));
        let factor = i128::from(factor);
        prop_assert!(all + ATOMS >= (one - ATOMS) * factor, "{one} {all}");
        let (one, all) = (needed(&flat(scenario)), needed(&flat(many)));
        prop_assert!(all <= one * factor && all + ATOMS * factor >= one * factor, "{one} {all}");
    }

    /// Two books together never need more than each by itself: netting never costs.
    #[test]
    fn the_scan_is_subadditive((scenario, _) in arb_offered(), parts in prop::collection::vec(-2_000i64..3_000, 4)) {
        let whole = flat(without_floor(without_credits(scenario.without_orders())));
        let (mut left, mut right) = (whole.clone(), whole.clone());
        left.balances.clear();
        for (at, part) in parts.iter().enumerate().take(whole.positions.len()) {
            let lots = whole.positions[at].lots.0;
            let some = i64::try_from(i128::from(lots) * i128::from(*part) / 1_000).unwrap();
            left.positions[at].lots = Lots(some);
            right.positions[at].lots = Lots(lots - some);
        }
        // Prices of longs and shorts differ while an interval is wide: a net of both has one of them.
        prop_assume!(whole.world.assets.iter().all(|asset| asset.maintenance_low == asset.maintenance_high));
        prop_assert!(needed(&whole) <= needed(&left) + needed(&right) + ATOMS);
    }

    /// Credits save no more than half of what is scanned.
    #[test]
    fn credits_are_bounded((scenario, _) in arb_offered()) {
        let scenario = without_floor(flat(scenario));
        let (with, without) = (needed(&scenario), needed(&without_credits(scenario.clone())));
        prop_assert!(with <= without && 2 * with + ATOMS >= without, "{with} {without}");
    }

    /// Whatever the prices: initial margin is never below maintenance margin.
    #[test]
    fn initial_is_never_below_maintenance((scenario, _) in arb_offered()) {
        let (book, account) = (scenario.world.book(), scenario.account());
        let keeping = maintenance(&book, &account, NOW).unwrap();
        if let Ok(adding) = initial(&book, &account, NOW, u32::MAX, Gains::Weighted) {
            prop_assert!(adding.requirement >= keeping.requirement, "{adding:?} {keeping:?}");
            prop_assert!(adding.equity <= keeping.equity);
        }
        if let Ok(taking) = initial_for_takeover(&book, &account, NOW, u32::MAX) {
            prop_assert!(taking.requirement >= keeping.requirement, "{taking:?} {keeping:?}");
        }
    }

    /// Any part of any resting order may fill at any moment: what is required never rises by it, nor by a cancel.
    #[test]
    fn no_fill_raises_the_requirement(
        (scenario, _) in arb_offered(), fills in prop::collection::vec((0i64..=1_000, 0i64..=1_000, any::<bool>()), 4),
    ) {
        let before = initial(&scenario.world.book(), &scenario.account(), NOW, u32::MAX, Gains::Weighted);
        prop_assume!(before.is_ok());
        let mut after = scenario.clone();
        for (position, (bids, asks, cancel)) in after.positions.iter_mut().zip(&fills) {
            let bids = position.bid_lots.0 * bids / 1_000;
            let asks = position.ask_lots.0 * asks / 1_000;
            position.bid_lots = Lots(position.bid_lots.0 - bids);
            position.ask_lots = Lots(position.ask_lots.0 - asks);
            if !cancel {
                position.lots = Lots(position.lots.0 + bids - asks);
            }
        }
        let after = initial(&after.world.book(), &after.account(), NOW, u32::MAX, Gains::Weighted).unwrap();
        prop_assert!(after.requirement.0 <= before.unwrap().requirement.0 + 8);
    }

    /// More collateral never costs, and hedges no more than all of a short.
    #[test]
    fn collateral_only_hedges((scenario, _) in arb_offered(), atoms in 1u64..1 << 40, at in 1u16..=3) {
        let assets = u16::try_from(scenario.world.assets.len()).unwrap();
        let at = 1 + at % (assets - 1);
        let scenario = without_credits(scenario);
        let mut more = scenario.clone();
        match more.balances.iter_mut().find(|held| held.asset == at) {
            Some(held) => held.atoms += atoms,
            None => more.balances.push(Balance { atoms, asset: at, ..Balance::default() }),
        }
        // Each rounds a charge for the spread up.
        prop_assert!(needed(&more) <= needed(&scenario) + ATOMS);
        let mut longs = more;
        longs.positions.retain(|position| position.lots.0 >= 0);
        let mut bare = longs.clone();
        bare.balances.clear();
        prop_assert_eq!(needed(&longs), needed(&bare), "a long is not hedged by what is long");
    }

    /// An account by Standard margin is judged as if nothing of this were offered.
    #[test]
    fn standard_accounts_do_not_notice(scenario in arb_scenario(), terms in arb_terms()) {
        let mut offered = offer(scenario.clone(), &terms);
        offered.model = MODEL_STANDARD;
        prop_assert_eq!(needed(&offered), needed(&scenario));
        // And where it is not offered, nobody is judged by it.
        let mut closed = offer(scenario, &terms);
        closed.world.params.portfolio = Portfolio::default();
        prop_assert_eq!(needed(&closed), needed_by_standard(&closed));
        prop_assert!(open(&closed).count() <= closed.positions.len());
    }
}

/// SOL and ETH, each with a perpetual and a future; ranges of 5 %.
struct Desk {
    world: World,
    balances: Vec<Balance>,
    positions: Vec<Position>,
}

impl Desk {
    fn new() -> Self {
        let mut world = World::new(PAR);
        let terms = MarketTerms {
            tiers: flat_tiers(1_000),
            ..market_terms()
        };
        for price in [100, 4_000] {
            let asset = world.add_asset(&asset_terms(), (-2, 6), &[reading(dollars(price), NOW)]);
            world.add_market(asset, &terms);
            world.add_market(asset, &terms);
            world.assets[usize::from(asset)].scan = Scan {
                range: Ratio::from_bps_floor(500),
                spread: Ratio::from_bps_floor(50),
                ..Scan::default()
            };
        }
        world.params.portfolio = Portfolio {
            floor: Ratio::from_bps_floor(500),
            initial: Ratio::from_bps_ceil(13_000),
            ..Portfolio::default()
        };
        Self {
            world,
            balances: Vec::new(),
            positions: Vec::new(),
        }
    }

    fn hold(&mut self, market: u16, lots: i64) {
        self.positions.push(Position {
            market,
            asset: self.world.markets[usize::from(market)].asset,
            lots: Lots(lots),
            ..Position::default()
        });
    }

    fn needs(&self, model: u8) -> i64 {
        let account = AccountView {
            cash: QuoteAtoms(0),
            interest: 0,
            balances: &self.balances,
            positions: &self.positions,
            model,
        };
        let health = maintenance(&self.world.book(), &account, NOW).unwrap();
        health.requirement.0
    }
}

/// A lot is 0.01 SOL: 10,000 lots are worth 10,000 dollars.
const THOUSANDS: i64 = 1_000;

#[test]
fn a_calendar_spread_needs_its_basis_and_no_more() {
    let mut desk = Desk::new();
    desk.hold(0, 10 * THOUSANDS);
    desk.hold(1, -10 * THOUSANDS);
    // 5 % of 20,000 dollars, against half a percent of 10,000; the floor is 5 % of the former.
    assert!((desk.needs(MODEL_STANDARD) - 1_000_000_000).abs() < 4_000);
    assert!((desk.needs(MODEL_PORTFOLIO) - 50_000_000).abs() < 20_000);
}

#[test]
fn sol_that_is_held_hedges_sol_that_is_sold() {
    let mut desk = Desk::new();
    desk.hold(1, -10 * THOUSANDS);
    let bare = desk.needs(MODEL_PORTFOLIO);
    assert!((bare - 500_000_000).abs() < 20_000);
    // 100 SOL by a weight of nine tenths.
    desk.balances.push(Balance {
        atoms: 100_000_000,
        asset: 1,
        ..Balance::default()
    });
    // Ten SOL are left, and half a percent of the ninety that are hedged.
    let carried = desk.needs(MODEL_PORTFOLIO);
    assert!((carried - 95_000_000).abs() < 60_000, "{carried}");
    // Twice as many hedge it whole: what is left is the charge for the spread.
    desk.balances[0].atoms *= 2;
    let whole = desk.needs(MODEL_PORTFOLIO);
    assert!((whole - 50_000_000).abs() < 20_000, "{whole}");
}

#[test]
fn a_pair_is_credited_by_its_ratio_once_and_in_turn() {
    let mut desk = Desk::new();
    desk.hold(0, 10 * THOUSANDS); // 10,000 dollars
    desk.hold(2, -500); // 20,000 dollars
    let bare = desk.needs(MODEL_PORTFOLIO);
    assert!((bare - 1_500_000_000).abs() < 40_000);
    let credit = |ratio_bps, credit_bps| Credit {
        ratio: Ratio::from_bps_floor(ratio_bps),
        credit_bps,
        first: 1,
        second: 2,
    };
    // A dollar of SOL against half a dollar of ETH: 10,000 against 5,000, and four tenths of the smaller scan.
    desk.world.params.portfolio.credits[0] = credit(5_000, 4_000);
    let paired = desk.needs(MODEL_PORTFOLIO);
    assert!((bare - paired - 100_000_000).abs() < 20_000, "{paired}");
    // Nothing of SOL is left for a second entry.
    desk.world.params.portfolio.credits[1] = credit(10_000, 9_000);
    assert_eq!(desk.needs(MODEL_PORTFOLIO), paired);
    // The other way round, the second is the first.
    desk.world.params.portfolio.credits.swap(0, 1);
    let better = desk.needs(MODEL_PORTFOLIO);
    assert!((bare - better - 450_000_000).abs() < 20_000, "{better}");
    // Two longs hedge nothing.
    desk.positions[1].lots = Lots(500);
    assert_eq!(desk.needs(MODEL_PORTFOLIO), bare);
}

/// A counterexample of `no_fill_raises_the_requirement`: a pair that comes early and saves little uses up the delta of one
/// that comes late and saves much, once a bid of its other side has filled.
#[test]
fn a_fill_that_feeds_an_early_pair_starves_no_late_one() {
    let mut desk = Desk::new();
    let third = desk
        .world
        .add_asset(&asset_terms(), (-2, 6), &[reading(dollars(100), NOW)]);
    desk.world.add_market(third, &market_terms());
    desk.world.assets[usize::from(third)].scan = desk.world.assets[1].scan;
    let credit = |second, credit_bps| Credit {
        ratio: Ratio::ONE,
        credit_bps,
        first: 1,
        second,
    };
    desk.world.params.portfolio.credits[0] = credit(2, 1);
    desk.world.params.portfolio.credits[1] = credit(3, 9_000);
    desk.hold(0, 10 * THOUSANDS);
    desk.hold(2, 0);
    desk.hold(4, -10 * THOUSANDS);
    let needs = |desk: &Desk| {
        let account = AccountView {
            cash: QuoteAtoms(0),
            interest: 0,
            balances: &[],
            positions: &desk.positions,
            model: MODEL_PORTFOLIO,
        };
        let health = initial(&desk.world.book(), &account, NOW, u32::MAX, Gains::Weighted);
        health.unwrap().requirement.0
    };
    let alone = needs(&desk);
    desk.positions[1].ask_lots = Lots(250);
    let before = needs(&desk);
    (desk.positions[1].ask_lots, desk.positions[1].lots) = (Lots::ZERO, Lots(-250));
    let after = needs(&desk);
    assert!(after <= before && alone < after, "{alone} {before} {after}");
    // What the order might use up is not credited: that is its price while it rests.
    assert!(before - alone > 13 * 45_000_000);
}
