//! What the margin of options promises, by both models: on random books, and of the positions that have names.

mod common;

use common::{
    NOW,
    options::{Desk, Resting, add_option, plain, random::arb_desk},
};
use counterweight_risk::{
    Lots, Position, QuoteAtoms, Ratio,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::{KIND_CALL, KIND_PUT},
    orders::Side,
    portfolio::explain::{self, SCENARIOS},
    standard::Gains,
};
use proptest::prelude::*;

/// Roundings of a requirement: up once for each notional, cell, scan and spread.
const ATOMS: i64 = 32;

fn arb_gains() -> impl Strategy<Value = Gains> {
    prop_oneof![Just(Gains::Weighted), Just(Gains::Ignored)]
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

/// What a fill may cost by roundings: those of [`ATOMS`], and where pairs are credited those of the rate of a credit, a
/// 2^-20 of what is held.
fn fill_tolerance(desk: &Desk) -> i64 {
    let credits = &desk.world.params.portfolio.credits;
    if desk.core.model == MODEL_STANDARD || credits[0].credit_bps == 0 {
        return ATOMS;
    }
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
    let weight = if gains == Gains::Ignored {
        0
    } else {
        row.pnl_weight.0
    };
    let tenths = i128::from(market.maker_fee_tenths.max(0));
    if order.side == Side::Buy || i128::from(weight) * 100_000 >= tenths << 20 {
        return 0;
    }
    let held = desk
        .positions()
        .iter()
        .find(|held| held.market == order.market);
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
        market
            .maintenance
            .tiers
            .iter_mut()
            .for_each(|tier| tier.upper = u64::MAX);
    }
    desk.core.balances = Default::default();
    desk.world.params.portfolio.credits = Default::default();
    desk.world.params.portfolio.floor = Ratio(1);
    desk
}

/// What a lot of each asset of the account is worth: a delta in whole lots is off by one of them a position.
fn lot_of_each(desk: &Desk) -> i64 {
    let lots = desk.positions().iter();
    let sum: u64 = lots
        .map(|held| (desk.asset(held).initial_high.0 >> 16) + 1)
        .sum();
    i64::try_from(sum).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

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
            // What collateral saves is the difference of two scans, each rounded up and multiplied.
            let allowed = fill_tolerance(&desk) + fee_beyond(&desk, &order, lots, gains) + 3 * ATOMS;
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

    /// Collateral never costs: where it hedges nothing, it is judged by its weight alone, and it is charged for no more
    /// spread than it saves.
    #[test]
    fn collateral_never_raises_a_requirement(desk in arb_desk(), atoms in 1u64..1 << 44) {
        let mut desk = desk.by(MODEL_PORTFOLIO);
        desk.world.params.portfolio.credits = Default::default();
        desk.core.balances = Default::default();
        let mut more = desk.clone();
        more.core.balances[0].atoms = atoms;
        more.core.balances[0].asset = 1;
        // A charge for the spread rounds up by itself.
        let keeping = |desk: &Desk| i128::from(desk.keeping().requirement.0);
        prop_assert!(keeping(&more) <= keeping(&desk) + i128::from(ATOMS));
        let adding = |desk: &Desk| i128::from(desk.adding(Gains::Weighted).requirement.0);
        prop_assert!(adding(&more) <= adding(&desk) + i128::from(ATOMS));
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

    /// Netting never costs: two books together are scanned for no more than each by itself, but for roundings. What
    /// lots are charged is left aside: it goes by delta, and a delta that is hedged need not be a scan that is smaller.
    #[test]
    fn the_scan_is_subadditive(desk in arb_desk(), parts in prop::collection::vec(-2_000i64..3_000, 7)) {
        let mut whole = bare(desk);
        whole.world.assets.iter_mut().for_each(|asset| asset.scan.spread = Ratio::ZERO);
        let assets = &whole.world.assets;
        prop_assume!(assets.iter().all(|asset| asset.maintenance_low == asset.maintenance_high));
        let (mut left, mut right) = (whole.clone(), whole.clone());
        for (at, part) in parts.iter().enumerate().take(whole.positions().len()) {
            let lots = whole.slots[at].lots.0;
            let some = lots * part / 1_000;
            (left.slots[at].lots, right.slots[at].lots) = (Lots(some), Lots(lots - some));
        }
        let off = ATOMS + lot_of_each(&whole) * 3;
        prop_assert!(needs(&whole) <= needs(&left) + needs(&right) + off);
    }

    /// Who only bought options can lose what he paid, and by neither model is ever asked for more, in either check.
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
        desk = desk.by(MODEL_PORTFOLIO);
        let scanned = desk.keeping();
        prop_assert_eq!(scanned.equity, standard.equity);
        prop_assert!(i128::from(scanned.free().unwrap().0) >= i128::from(cash) - paid);
        let worth = |held: &Position| held.lots.value(desk.row(held.market).initial_low).unwrap().0;
        let least: i64 = desk.positions().iter().map(worth).sum();
        prop_assert!(desk.adding(Gains::Weighted).requirement.0 <= least);
    }
}

/// What the scenarios ask of an account, and the floor.
fn needs(desk: &Desk) -> i64 {
    let (book, view) = (desk.world.book(), desk.view());
    let all = explain::maintenance(&book, &view, NOW, |_| {}).unwrap();
    all.by_scenarios().unwrap().max(all.floor).0
}

/// What maintenance counts a lot at.
fn desk_price(desk: &Desk, market: u16) -> u64 {
    desk.row(market).index.0
}

/// What a scenario may be off by, for so many lots in so many legs: 2^-8 quote atoms for each price of a lot, and the
/// share of a linear contract's notional is a whole number of 2^-20.
fn off(lots: i64, legs: i64) -> i64 {
    ATOMS + ((lots * legs) >> 8) + ((lots * INDEX) >> 19)
}

/// A book of options of one expiry on [`plain`], in lots by kind and strike.
fn book(range_bps: u32, shift_bps: u32, days: i64, legs: &[(u8, u64, i64)]) -> Desk {
    let mut desk = plain(range_bps, shift_bps);
    for (kind, near, lots) in legs {
        let market = add_option(&mut desk, *kind, *near, days);
        desk.hold(market, *lots, 0);
    }
    desk
}

/// The index of [`plain`] in quote atoms.
const INDEX: i64 = 1_000_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// A call less a put is a forward: it is scanned as the linear contract is, and hedged by one it needs nothing.
    #[test]
    fn a_call_less_a_put_is_a_forward(
        range in 10u32..=4_000, shift in 0u32..=9_000, days in 1i64..700, near in 300u64..3_000, lots in 1i64..1 << 24, short: bool,
    ) {
        let lots = if short { -lots } else { lots };
        let mut desk = book(range, shift, days, &[(KIND_CALL, near, lots), (KIND_PUT, near, -lots)]);
        let mut linear = plain(range, shift);
        linear.hold(0, lots, 0);
        let (forward, perpetual) = (scan(&desk).0, scan(&linear).0);
        prop_assert!((forward - perpetual).abs() <= off(lots.abs(), 2), "{forward} {perpetual}");
        desk.hold(0, -lots, 0);
        prop_assert!(scan(&desk).0 <= off(lots.abs(), 2), "{}", scan(&desk).0);
    }

    /// Two strikes of one right, bought or sold, lose no more than what is between them; bought, no more than their worth.
    #[test]
    fn a_spread_needs_no_more_than_its_width(
        range in 10u32..=4_000, shift in 0u32..=9_000, days in 1i64..700, near in 300u64..2_000, wider in 1u64..1_000,
        lots in 1i64..1 << 24, kind in prop_oneof![Just(KIND_CALL), Just(KIND_PUT)], sold: bool,
    ) {
        let signed = if sold { -lots } else { lots };
        let desk = book(range, shift, days, &[(kind, near, signed), (kind, near + wider, -signed)]);
        let width = i64::try_from(wider).unwrap() * (INDEX / 1_000) * lots;
        let (loss, _) = scan(&desk);
        prop_assert!(loss <= width + off(lots, 4), "{loss} {width}");
        // Of calls who has the lower strike has bought, of puts who has the higher one.
        if sold != (kind == KIND_CALL) {
            let worth = desk.keeping().equity.0;
            prop_assert!(loss <= worth + off(lots, 4), "{loss} {worth}");
        }
    }

    /// Who is short of both rights loses most at an end of the range with volatility up, or beyond it.
    #[test]
    fn a_short_straddle_is_worst_at_an_end(
        range in 10u32..=4_000, shift in 0u32..=9_000, days in 1i64..700, near in 700u64..1_400, lots in 1i64..1 << 24,
    ) {
        let desk = book(range, shift, days, &[(KIND_CALL, near, -lots), (KIND_PUT, near, -lots)]);
        let (loss, worst) = scan(&desk);
        let scenario = SCENARIOS[worst];
        let at_an_end = scenario.thirds.abs() == 3 && scenario.volatility == 1;
        // Where nothing moves by an atom, the first of all is as bad.
        prop_assert!(at_an_end || scenario.thirds.abs() == 6 || loss <= off(lots, 2), "{scenario:?} {loss}");
    }

    /// Four strikes: of both wings only one can be lost.
    #[test]
    fn an_iron_condor_needs_no_more_than_its_wider_wing(
        range in 10u32..=4_000, shift in 0u32..=9_000, days in 1i64..700, lots in 1i64..1 << 24,
        near in 400u64..1_000, apart in prop::array::uniform3(1u64..400),
    ) {
        let [a, b] = [near, near + apart[0]];
        let [c, d] = [b + apart[1], b + apart[1] + apart[2]];
        let legs = [(KIND_PUT, a, lots), (KIND_PUT, b, -lots), (KIND_CALL, c, -lots), (KIND_CALL, d, lots)];
        let desk = book(range, shift, days, &legs);
        let wider = i64::try_from(apart[0].max(apart[2])).unwrap() * (INDEX / 1_000) * lots;
        prop_assert!(scan(&desk).0 <= wider + off(lots, 8), "{} {wider}", scan(&desk).0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    /// An option that is bought, at what shorts of it are counted at or above, takes what is paid for it from what is free
    /// and no more: by Standard margin whatever else is held, and by the scan where nothing multiplies it. (More of an
    /// option that is held already may cost its marginal tier, where that is above its price: never more than all are worth.)
    #[test]
    fn buying_an_option_costs_its_price_and_no_more(
        desk in arb_desk(), at in any::<prop::sample::Index>(), lots in 1i64..1 << 22, above in 0u64..1_000, gains in arb_gains(),
    ) {
        let is_fresh = |at: &u16| {
            let held = desk.positions().iter().find(|held| held.market == *at);
            let held = held.copied().unwrap_or_default();
            desk.world.markets[usize::from(*at)].is_option() && held.lots.0 <= 0 && (held.bid_lots.0 | held.ask_lots.0) == 0
        };
        let fresh: Vec<u16> = (0..desk.world.markets.len()).map(|at| u16::try_from(at).unwrap()).filter(is_fresh).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let at = fresh[at.index(fresh.len())];
        let index = desk.world.assets[usize::from(desk.world.markets[usize::from(at)].asset)].index.0;
        // Beyond a notional of 2^52 or so a check refuses to judge.
        let lots = lots.min(i64::try_from((1u128 << 68) / u128::from(index)).unwrap());
        let ticks = (desk.row(at).initial_high.0 >> 16) + 1 + above;
        let paid = lots * i64::try_from(ticks).unwrap();
        let standard = desk.clone().by(MODEL_STANDARD);
        let mut bought = standard.clone();
        bought.hold(at, lots, -paid);
        prop_assert!(bought.surplus(gains) + paid + ATOMS >= standard.surplus(gains));
        let free = |desk: &Desk| desk.keeping().free().unwrap().0;
        prop_assert!(free(&bought) + paid + ATOMS >= free(&standard));
        let mut scanned = bare(desk);
        for market in &mut scanned.world.markets {
            market.multipliers = [Ratio::ONE; 2];
        }
        scanned.world.assets.iter_mut().for_each(|asset| asset.scan.spread = Ratio::ZERO);
        let mut bought = scanned.clone();
        bought.hold(at, lots, -paid);
        // An array's scenarios are those of the index that it was computed at, as is the worth that can be lost.
        let (now, then) = (desk_price(&bought, at), bought.world.markets[usize::from(at)].array.mark.0);
        let drifted = i64::try_from((u128::from(lots.unsigned_abs()) * u128::from(then.saturating_sub(now))) >> 16).unwrap();
        let off = ATOMS + lot_of_each(&bought) + lots / 256 + drifted;
        prop_assert!(free(&bought) + paid + off >= free(&scanned), "{} {paid} {}", free(&bought), free(&scanned));
    }
}
