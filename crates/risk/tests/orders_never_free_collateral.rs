//! A resting order can only cost: it never makes an account better in an initial check, its going never
//! makes it worse, and what a position remembers of it is enough until it has gone.

mod common;

use common::{
    NOW, PAR, World, asset_terms, dollars, market_terms,
    orders::{OrderShape, RestingOrder, Trader, arb_order},
    reading,
    scenario::{Scenario, arb_scenario},
};
use counterweight_risk::{
    AccountCore, AccountMut, AccountView, AssetTerms, Health, Lots, Position, Price, QuoteAtoms,
    RiskError,
    orders::{MAX_OPEN_ORDERS, OrderPrice, Peg, Side},
    standard::{Gains, initial, maintenance},
    units::{MAX_LOTS, MAX_PRICE},
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

fn place(trader: &mut Trader, shapes: &[OrderShape]) {
    for shape in shapes {
        if let Some(order) = trader.order(shape) {
            trader.add(order);
        }
    }
}

/// 2,000 atoms a lot, low and high 100 below and above by the confidence; one market.
fn world(pnl_weight_bps: u32, tick_size: u64) -> World {
    let mut world = World::new(PAR);
    let terms = AssetTerms {
        pnl_weight_bps,
        max_confidence_bps: 1_000,
        ..asset_terms()
    };
    let mut price = reading(dollars(20), NOW);
    price.confidence = dollars(1).unsigned_abs();
    let asset = world.add_asset(&terms, (-4, 6), &[price]);
    let market = world.add_market(asset, &market_terms());
    world.markets[usize::from(market)].tick_size = tick_size;
    world
}

fn judge(world: &World, position: &Position) -> Health {
    let account = AccountView {
        cash: QuoteAtoms(0),
        interest: 0,
        balances: &[],
        positions: std::slice::from_ref(position),
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    initial(&world.book(), &account, NOW, u32::MAX, Gains::Weighted).unwrap()
}

fn held(lots: i64) -> Position {
    Position {
        asset: 1,
        lots: Lots(lots),
        quote: QuoteAtoms(-2_000 * lots),
        ..Position::default()
    }
}

/// A position with orders on one side.
fn resting(lots: i64, side: Side, orders: i64, price: Option<u64>, peg: Option<i32>) -> Position {
    let mut position = held(lots);
    match side {
        Side::Buy => position.bid_lots = Lots(orders),
        Side::Sell => position.ask_lots = Lots(orders),
    }
    let price = price.map(|atoms| Price(atoms << 16));
    position.bound(side, price, peg.map(|ticks| Peg::of(ticks).unwrap()));
    position
}

/// A long of 100 lots has gained 100,000 atoms and requires 21,000 (of 210,000, up); the cash is just
/// that. An ask that gives up most of the gain would close the position, and take the requirement with
/// it, before it has.
#[test]
fn an_ask_that_gives_up_an_uncounted_gain_does_not_release_the_requirement() {
    let world = world(0, 1);
    let mut position = held(100);
    position.quote = QuoteAtoms(-90_000);
    assert_eq!(judge(&world, &position).free(), Ok(QuoteAtoms(-21_001)));
    (position.ask_lots, position.ask_price) = (Lots(100), Price(1_900 << 16));
    assert_eq!(judge(&world, &position).free(), Ok(QuoteAtoms(-21_001)));
}

/// What a single order costs, by hand: opened at 1,950 a long is valued at 1,900, closed at 1,950 a short
/// was valued at 2,100.
#[test]
fn an_order_costs_what_it_is_through_the_price_that_its_lots_are_valued_at() {
    let world = world(10_000, 1);
    let loss = |position: &Position| {
        let free = |p: &Position| judge(&world, p).equity.0;
        let mut without = *position;
        (without.bid_lots, without.ask_lots) = (Lots::ZERO, Lots::ZERO);
        free(&without) - free(position)
    };
    for (lots, side, price, want) in [
        (0, Side::Buy, 1_950, 10 * 50),
        (5, Side::Buy, 1_950, 10 * 50),
        (0, Side::Buy, 1_900, 0),
        (-4, Side::Buy, 1_950, 6 * 50),
        (-4, Side::Buy, 2_150, 6 * 250 + 4 * 50),
        (-40, Side::Buy, 2_150, 10 * 50),
        (0, Side::Sell, 2_050, 10 * 50),
        (-5, Side::Sell, 2_050, 10 * 50),
        (0, Side::Sell, 2_100, 0),
        (4, Side::Sell, 2_050, 6 * 50),
        (4, Side::Sell, 1_850, 6 * 250 + 4 * 50),
        (40, Side::Sell, 1_850, 10 * 50),
    ] {
        assert_eq!(loss(&resting(lots, side, 10, Some(price), None)), want);
        // A pegged order is counted from the conservative price of its side.
        let from = if side == Side::Buy { 2_100 } else { 1_900 };
        let offset = i32::try_from(price).unwrap() - from;
        assert_eq!(loss(&resting(lots, side, 10, None, Some(offset))), want);
    }
    // The better of both kinds, and both sides at once.
    assert_eq!(
        loss(&resting(0, Side::Buy, 10, Some(1_950), Some(-130))),
        10 * 70
    );
    assert_eq!(
        loss(&resting(0, Side::Sell, 10, Some(2_050), Some(130))),
        10 * 70
    );
    let mut both = resting(0, Side::Buy, 10, Some(1_950), None);
    (both.ask_lots, both.ask_price) = (Lots(3), Price(2_000 << 16));
    assert_eq!(loss(&both), 10 * 50 + 3 * 100);
}

/// However far the offset reaches, a pegged order has a price between nothing and the largest one.
#[test]
fn the_price_of_a_peg_saturates() {
    for tick_size in [1, 1_000, 1 << 40, u64::MAX] {
        let world = world(10_000, tick_size);
        let cost = |side, ticks| {
            judge(&world, &resting(0, side, 1, None, Some(ticks)))
                .equity
                .0
        };
        let far = tick_size >= 1_000;
        let highest = i64::try_from(MAX_PRICE.0 >> 16).unwrap();
        let reached = if far {
            highest
        } else {
            2_100 + i64::from(i32::MAX)
        };
        assert_eq!(cost(Side::Buy, i32::MAX), 1_900 - reached, "{tick_size}");
        assert_eq!(cost(Side::Sell, -i32::MAX), -2_100);
        assert_eq!(
            (cost(Side::Buy, -i32::MAX), cost(Side::Sell, i32::MAX)),
            (0, 0)
        );
        assert_eq!((cost(Side::Buy, 0), cost(Side::Sell, 0)), (-200, -200));
    }
    // 2^30 ticks of 2^18 atoms are 2^64 as a risk price, and not nothing.
    let (world, highest) = (
        world(10_000, 1 << 18),
        i64::try_from(MAX_PRICE.0 >> 16).unwrap(),
    );
    let dearest = judge(&world, &resting(0, Side::Buy, 1, None, Some(1 << 30)));
    assert_eq!(dearest.equity.0, 1_900 - highest);
    assert_eq!(Peg::of(i32::MIN), Err(RiskError::Overflow));
    assert!(Peg::of(-i32::MAX).unwrap() > Peg::NONE);
    assert!(Peg::of(-1).unwrap() < Peg::of(0).unwrap());
}

#[test]
fn what_can_not_rest_is_refused_and_changes_nothing() {
    let world = world(0, 1);
    let (market, price) = (world.markets[0], OrderPrice::Fixed(Price(1 << 16)));
    let (mut core, mut slots) = (AccountCore::default(), [Position::default(); 1]);
    let mut account = AccountMut {
        core: &mut core,
        slots: &mut slots,
    };
    let mut add = |lots| account.add_order(0, &market, Side::Buy, Lots(lots), price);
    assert_eq!(add(MAX_LOTS), Ok(()));
    for lots in [1, 0, -1, i64::MAX, i64::MIN] {
        assert_eq!(add(lots), Err(RiskError::Overflow), "{lots}");
    }
    assert_eq!(
        (account.core.open_orders, account.slots[0].bid_lots.0),
        (1, MAX_LOTS)
    );
    let mut remove = |side, lots| account.remove_order(0, &market, side, Lots(lots), false);
    assert_eq!(remove(Side::Sell, 1), Err(RiskError::Overflow));
    assert_eq!(remove(Side::Buy, MAX_LOTS + 1), Err(RiskError::Overflow));
    assert_eq!(remove(Side::Buy, -1), Err(RiskError::Overflow));
    assert_eq!(account.slots[0].bid_lots.0, MAX_LOTS);
    let missing = account.remove_order(7, &market, Side::Buy, Lots(1), true);
    assert_eq!(missing, Err(RiskError::NoPosition { market: 7 }));
    account.core.open_orders = MAX_OPEN_ORDERS;
    let full = account.add_order(0, &market, Side::Sell, Lots(1), price);
    assert_eq!(full, Err(RiskError::TooManyOrders { limit: 512 }));
    account.core.open_orders = 0;
    let none = account.remove_order(0, &market, Side::Buy, Lots(1), true);
    assert_eq!(none, Err(RiskError::Overflow));
}

/// Whether a position's bounds of a side cover an order, so that it is no better than they say.
fn covers(position: &Position, order: &RestingOrder) -> bool {
    match (order.side, order.price) {
        (Side::Buy, OrderPrice::Fixed(price)) => position.bid_price >= price,
        (Side::Buy, OrderPrice::Pegged(peg)) => position.bid_peg >= peg,
        (Side::Sell, OrderPrice::Fixed(price)) => {
            position.ask_price != Price::ZERO && position.ask_price <= price
        }
        (Side::Sell, OrderPrice::Pegged(peg)) => {
            position.ask_peg != Peg::NONE && position.ask_peg <= peg
        }
    }
}

fn totals_are_those_of_the_orders(trader: &mut Trader) -> Result<(), TestCaseError> {
    for market in 0..u16::try_from(trader.scenario.markets.len()).unwrap() {
        let position = trader.position(market);
        for side in [Side::Buy, Side::Sell] {
            let here = |o: &&RestingOrder| o.market == market && o.side == side;
            let lots: i64 = trader.orders.iter().filter(here).map(|o| o.lots).sum();
            prop_assert_eq!(position.resting(side), Lots(lots));
            prop_assert!(
                trader
                    .orders
                    .iter()
                    .filter(here)
                    .all(|o| covers(&position, o))
            );
            if lots == 0 {
                let mut bare = position;
                bare.bound(side, None, None);
                prop_assert_eq!(position, bare);
            }
        }
    }
    prop_assert_eq!(usize::from(trader.core.open_orders), trader.orders.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_500))]

    #[test]
    fn orders_never_free_collateral(scenario in arb_scenario(), ignored: bool) {
        let with = check(&scenario, gains_of(ignored));
        let without = check(&scenario.without_orders(), gains_of(ignored));
        prop_assert!(with.equity <= without.equity);
        prop_assert!(with.requirement >= without.requirement);
    }

    /// Nor do they cost anything in maintenance: nobody is liquidated for orders.
    #[test]
    fn orders_do_not_count_in_maintenance(scenario in arb_scenario()) {
        let judge = |s: &Scenario| maintenance(&s.world.book(), &s.account(), NOW).unwrap();
        let with = judge(&scenario);
        prop_assert_eq!(with, judge(&scenario.without_orders()));
    }

    #[test]
    fn an_order_more_never_raises_the_surplus_and_one_less_never_lowers_it(
        scenario in arb_scenario(), shapes in prop::collection::vec(arb_order(), 1..=6), ignored: bool,
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0i64..=1_000, any::<bool>()), 6),
    ) {
        let mut trader = Trader::new(scenario);
        let mut before = trader.health(gains_of(ignored));
        for shape in &shapes {
            place(&mut trader, std::slice::from_ref(shape));
            totals_are_those_of_the_orders(&mut trader)?;
            let after = trader.health(gains_of(ignored));
            prop_assert!(after.equity <= before.equity && after.requirement >= before.requirement);
            before = after;
        }
        for (at, share, tighten) in steps {
            if trader.orders.is_empty() {
                break;
            }
            let at = at.index(trader.orders.len());
            let order = trader.orders[at];
            trader.cancel(at, (order.lots * share / 1_000).max(1));
            totals_are_those_of_the_orders(&mut trader)?;
            if tighten {
                trader.tighten(order.market, order.side);
                totals_are_those_of_the_orders(&mut trader)?;
            }
            let after = trader.health(gains_of(ignored));
            prop_assert!(after.equity >= before.equity && after.requirement <= before.requirement);
            before = after;
        }
    }

    /// The requirement of the largest position that any of the orders can make, tried one by one.
    #[test]
    fn the_requirement_is_that_of_the_largest_position_the_orders_can_make(
        lots in -20i64..20, bids in 0i64..20, asks in 0i64..20,
    ) {
        let world = world(0, 1);
        let mut position = resting(lots, Side::Buy, bids, (bids > 0).then_some(1), None);
        position.ask_lots = Lots(asks);
        position.ask_price = Price(if asks > 0 { 1 << 40 } else { 0 });
        let reached = (0..=bids).flat_map(|b| (0..=asks).map(move |a| lots + b - a));
        let want = reached.map(|lots| judge(&world, &held(lots)).requirement).max();
        prop_assert_eq!(Some(judge(&world, &position).requirement), want);
    }
}
