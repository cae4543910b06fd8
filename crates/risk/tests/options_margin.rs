//! What the margin of options promises, by both models: on random books, and of the positions that have names.

mod common;

use common::{
    NOW,
    options::{Desk, Resting, add_option, arb_desk, plain},
};
use counterweight_risk::{
    Lots, Position, Price, QuoteAtoms, Ratio,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::{KIND_CALL, KIND_PUT},
    orders::Side,
    portfolio::explain::{self, Explanation, SCENARIOS},
    standard::Gains,
};
use proptest::prelude::*;

/// Roundings of a requirement: up once for each notional, cell, scan and spread.
const ATOMS: i64 = 32;

fn arb_gains() -> impl Strategy<Value = Gains> {
    prop_oneof![Just(Gains::Weighted), Just(Gains::Ignored)]
}

/// The maintenance requirement in its parts, whichever model the account is judged by.
fn explained(desk: &Desk) -> Explanation {
    explain::maintenance(&desk.world.book(), &desk.view(), NOW, |_| {}).unwrap()
}

/// The scan of the first asset, and the scenario that it is of.
fn scan(desk: &Desk) -> (i64, usize) {
    let mut found = (0, 0);
    explain::maintenance(&desk.world.book(), &desk.view(), NOW, |need| {
        found = (need.scan.0, need.worst);
    })
    .unwrap();
    found
}

/// What a fill may cost by roundings: those of [`ATOMS`], and of an account that is scanned those of credits' rates.
fn fill_tolerance(desk: &Desk) -> i64 {
    let gross = desk.positions().iter().map(|held| {
        let size = held.lots.size() + held.bid_lots.size() + held.ask_lots.size();
        let product = u128::from(size) * u128::from(desk.asset(held).initial_high.0);
        i64::try_from(product >> 36).unwrap()
    });
    ATOMS + gross.sum::<i64>()
}

/// The fee on what an ask earns above every price that the position knows of, where that counts for less than the fee.
fn fee_beyond(desk: &Desk, order: &Resting, lots: i64, gains: Gains) -> i64 {
    let row = desk.row(order.market);
    let market = &desk.world.markets[usize::from(order.market)];
    let weight = if gains == Gains::Ignored { 0 } else { row.pnl_weight.0 };
    let tenths = i128::from(market.maker_fee_tenths.max(0));
    if order.side == Side::Buy || i128::from(weight) * 100_000 >= tenths << 20 {
        return 0;
    }
    let held = desk.positions().iter().find(|held| held.market == order.market);
    let dearest = row.initial_high.max(held.unwrap().bid_price);
    let beyond = i128::from(lots) * i128::from(order.ticks)
        - ((i128::from(lots) * i128::from(dearest.0)) >> 16);
    i64::try_from((beyond.max(0) * tenths + 99_999) / 100_000).unwrap()
}

/// The same account with every position times a number.
fn times(desk: &Desk, factor: i64) -> Desk {
    let mut desk = desk.clone();
    let count = usize::from(desk.core.position_count);
    for position in &mut desk.slots[..count] {
        position.lots = Lots(position.lots.0 * factor);
    }
    desk
}

/// Flat schedules, no collateral, no credits, the least floor: what remains is the scan and the charge for spreads.
fn bare(desk: Desk) -> Desk {
    let mut desk = desk.without_orders().by(MODEL_PORTFOLIO);
    for market in &mut desk.world.markets {
        market.maintenance.tiers = [market.maintenance.tiers[0]; 4];
        market.maintenance.tiers.iter_mut().for_each(|tier| tier.upper = u64::MAX);
    }
    desk.core.balances = Default::default();
    desk.world.params.portfolio.credits = Default::default();
    desk.world.params.portfolio.floor = Ratio(1);
    desk
}

/// What a lot of each asset of the account is worth: a delta in whole lots is off by one of them a position.
fn lot_of_each(desk: &Desk) -> i64 {
    let lots = desk.positions().iter();
    let sum: u64 = lots.map(|held| (desk.asset(held).initial_high.0 >> 16) + 1).sum();
    i64::try_from(sum).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_requirement_is_negative(desk in arb_desk(), gains in arb_gains()) {
        for model in [MODEL_STANDARD, MODEL_PORTFOLIO] {
            let desk = desk.clone().by(model);
            prop_assert!(desk.keeping().requirement.0 >= 0);
            prop_assert!(desk.adding(gains).requirement.0 >= 0);
        }
    }

    /// Whatever meets the initial check meets maintenance, whatever the prices: with orders and without.
    #[test]
    fn what_is_free_initially_is_free_for_maintenance(desk in arb_desk(), gains in arb_gains()) {
        let keeping = desk.keeping().free().unwrap().0;
        prop_assert!(desk.surplus(gains) <= keeping, "{} {keeping}", desk.surplus(gains));
        let plain = desk.without_orders();
        prop_assert!(plain.surplus(gains) <= keeping, "{} {keeping}", plain.surplus(gains));
    }

    /// Any part of any order, in any sequence, at its own price: equity less initial margin does not fall.
    #[test]
    fn a_fill_never_lowers_the_surplus(
        mut desk in arb_desk(), gains in arb_gains(),
        fills in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(1_000i64), 0i64..=1_000]), 1..=9),
    ) {
        for (at, share) in fills {
            if desk.orders.is_empty() {
                break;
            }
            let at = at.index(desk.orders.len());
            let order = desk.orders[at];
            let lots = (order.lots * share / 1_000).max(1);
            let allowed = fill_tolerance(&desk) + fee_beyond(&desk, &order, lots, gains);
            let before = desk.surplus(gains);
            desk.fill(at, lots);
            let after = desk.surplus(gains);
            prop_assert!(after + allowed >= before, "{after} + {allowed} < {before}: {lots} of {order:?}");
        }
    }

    #[test]
    fn portfolio_margin_never_falls_below_its_floor(desk in arb_desk()) {
        let standard = desk.clone().by(MODEL_STANDARD).keeping().requirement.0;
        let floor = desk.world.params.portfolio.floor.of_ceil(standard.unsigned_abs()).unwrap();
        let scanned = desk.by(MODEL_PORTFOLIO).keeping();
        prop_assert!(scanned.requirement.0.unsigned_abs() >= floor);
    }

    /// Credits save no more than half of what is scanned.
    #[test]
    fn credits_are_bounded(desk in arb_desk()) {
        let mut scans = 0;
        let each = |need: &explain::AssetNeed| scans += need.scan.0;
        let all = explain::maintenance(&desk.world.book(), &desk.view(), NOW, each).unwrap();
        prop_assert!(all.credits.0 >= 0 && 2 * all.credits.0 <= scans + ATOMS, "{all:?} {scans}");
    }

    /// So many books need so many times what one does, but for roundings.
    #[test]
    fn the_scan_is_homogeneous(desk in arb_desk(), factor in 2i64..5) {
        let one = bare(desk);
        let many = times(&one, factor);
        let off = ATOMS + lot_of_each(&one);
        let (one, many) = (one.keeping().requirement.0 * factor, many.keeping().requirement.0);
        prop_assert!((one - many).abs() <= off * factor * 2, "{one} {many} {off}");
    }

    /// Netting never costs: two books together need no more than each by itself, but for roundings.
    #[test]
    fn the_scan_is_subadditive(desk in arb_desk(), parts in prop::collection::vec(-2_000i64..3_000, 7)) {
        let whole = bare(desk);
        let assets = &whole.world.assets;
        prop_assume!(assets.iter().all(|asset| asset.maintenance_low == asset.maintenance_high));
        let (mut left, mut right) = (whole.clone(), whole.clone());
        for (at, part) in parts.iter().enumerate().take(whole.positions().len()) {
            let lots = whole.slots[at].lots.0;
            let some = lots * part / 1_000;
            (left.slots[at].lots, right.slots[at].lots) = (Lots(some), Lots(lots - some));
        }
        let off = ATOMS + lot_of_each(&whole) * 3;
        let needs = |desk: &Desk| desk.keeping().requirement.0;
        prop_assert!(needs(&whole) <= needs(&left) + needs(&right) + off);
    }

    /// Who only bought options can lose what he paid, and by Standard margin is never asked for more.
    #[test]
    fn bought_options_cost_what_was_paid(mut desk in arb_desk(), cash in 0i64..1 << 50) {
        let mut paid = 0i128;
        let mut kept = Vec::new();
        for position in desk.clone().without_orders().positions() {
            if desk.world.markets[usize::from(position.market)].is_option() && position.lots.0 != 0 {
                let held = Position { lots: Lots(position.lots.0.abs()), quote: QuoteAtoms(-position.quote.0.abs()), ..*position };
                paid -= i128::from(held.quote.0);
                kept.push(held);
            }
        }
        desk = desk.without_orders();
        desk.core.position_count = u16::try_from(kept.len()).unwrap();
        desk.slots[..kept.len()].copy_from_slice(&kept);
        (desk.core.balances, desk.core.cash) = (Default::default(), QuoteAtoms(cash));
        let standard = desk.clone().by(MODEL_STANDARD).keeping();
        prop_assert!(i128::from(standard.equity.0) >= i128::from(cash) - paid);
        prop_assert!(i128::from(standard.free().unwrap().0) >= i128::from(cash) - paid);
        let scanned = desk.by(MODEL_PORTFOLIO).keeping();
        prop_assert_eq!(scanned.equity, standard.equity);
    }
}
