//! One account at a time: what is decided is carried out by the bytecode, and brings what was expected, to the atom.

mod common;

use common::{DOLLAR, World};
use counterweight_keeper::strategy::{Kind, exposure};
use counterweight_risk::orders::Side;
use counterweight_risk::standard::initial_for_takeover;
use counterweight_simnet::limit;

/// A long of SOL on 5x that fails when the price falls by so many percent.
fn crowd(world: &mut World) -> (usize, usize) {
    let maker = world.admit("maker", 1_000_000);
    let alice = world.admit("alice", 1_500);
    assert!(world.trade(alice, maker, &[(0, 15_000)]));
    (maker, alice)
}

#[test]
fn a_price_that_makes_an_account_fail_is_brought_and_the_account_taken_over_in_one_transaction() {
    let mut world = World::new();
    let (_, alice) = crowd(&mut world);
    let mut keeper = world.keeper("keeper", 100_000, world.config());
    assert_eq!(keeper.settle(&mut world), 0, "nothing to do costs nothing");

    world.pass(5);
    world.publish(1, 14_400_000_000); // 4 % down, in Pyth's account only
    keeper.feed(&world);
    let launches = keeper.decide(&world);
    assert_eq!(launches.len(), 1);
    let job = launches[0].job.clone();
    assert_eq!(
        (job.id.kind, job.id.subject),
        (Kind::Liquidate, world.key(alice))
    );
    assert_eq!((job.prices.clone(), job.instructions.len()), (vec![1], 2));
    assert!(world.failing().is_empty(), "the chain does not know yet");

    let before = world.x.margin(&keeper.trader.margin);
    assert_eq!(keeper.carry(&mut world, launches), 1);
    let after = world.x.margin(&keeper.trader.margin);
    let tables = world.x.tables();
    assert_eq!(
        after.header.core.cash.0 - before.header.core.cash.0,
        job.expected.reward
    );
    let position = after.positions()[0];
    let worth = exposure::value(&tables, 1, position.lots.0) + position.quote.0;
    assert_eq!(worth, job.expected.edge);
    assert_eq!(position.quote.0.unsigned_abs(), job.expected.volume);
    assert!(
        job.expected.reward > 0 && job.expected.profit() > 10_000,
        "{:?}",
        job.expected
    );
    assert!(world.failing().is_empty());

    world.pass(2);
    assert_eq!(keeper.settle(&mut world), 0, "it is done once");
    assert_eq!(keeper.keeper.summary().profit, job.expected.profit());
    let text = keeper.keeper.metrics().text();
    assert!(
        text.contains("counterweight_keeper_confirmed_total{kind=\"liquidate\"} 1"),
        "{text}"
    );
    assert!(
        text.contains(&format!("hedge_lots{{asset=\"SOL\"}} -{}", position.lots.0)),
        "{text}"
    );
}

#[test]
fn orders_and_fills_of_an_account_go_in_the_same_transaction() {
    let mut world = World::new();
    let (maker, alice) = crowd(&mut world);
    let mid = world.x.index_ticks(0);
    let order = |world: &mut World, at: usize, market: u16, args| {
        let trader = &world.traders[at];
        world.x.order(trader, market, args, &[]).expect("order");
    };
    // An ask of alice's that the maker hits, so that a fill waits, and bids far below.
    order(&mut world, alice, 0, limit(Side::Sell, mid + 1, 200));
    order(&mut world, maker, 0, limit(Side::Buy, mid + 1, 100));
    for n in 0..3 {
        order(&mut world, alice, 0, limit(Side::Buy, mid - 300 - n, 20));
    }
    let mut keeper = world.keeper("keeper", 100_000, world.config());
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 14_350_000_000);
    keeper.feed(&world);
    let launches = keeper.decide(&world);
    assert_eq!(launches.len(), 1);
    let (job, own) = (
        launches[0].job.clone(),
        world.x.margin(&keeper.trader.margin),
    );
    // Price, prune, settle, liquidate.
    assert_eq!((job.id.kind, job.instructions.len()), (Kind::Liquidate, 4));
    assert_eq!(
        keeper.carry(&mut world, launches),
        1,
        "{:?}",
        keeper.refusals()
    );
    let cash = world.x.margin(&keeper.trader.margin).header.core.cash.0;
    assert_eq!(cash - own.header.core.cash.0, job.expected.reward);
    let left = world.x.margin(&world.key(alice));
    assert_eq!(left.header.core.open_orders, 0);
    assert!(world.failing().is_empty());
}

#[test]
fn a_hedged_book_is_taken_by_the_slice() {
    let mut world = World::new();
    let maker = world.admit("maker", 1_000_000);
    let alice = world.admit("alice", 5_000);
    // Long 300 SOL, short 11 ETH: 45,000 against 44,000 dollars. Neither alone is enough to restore her.
    assert!(world.trade(alice, maker, &[(0, 30_000)]));
    let shorts = (1..=11)
        .filter(|_| world.trade(alice, maker, &[(2, -1_000)]))
        .count();
    assert_eq!(shorts, 11, "the hedge was opened");
    let mut keeper = world.keeper("keeper", 1_000_000, world.config());
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 14_400_000_000);
    world.publish(3, 415_200_000_000);
    keeper.feed(&world);
    let launches = keeper.decide(&world);
    assert_eq!(
        launches[0].job.id.kind,
        Kind::Slice,
        "{:?}",
        launches[0].job.expected
    );
    let (job, before) = (
        launches[0].job.clone(),
        world.x.margin(&keeper.trader.margin),
    );
    assert_eq!(
        keeper.carry(&mut world, launches),
        1,
        "{:?}",
        keeper.refusals()
    );
    let after = world.x.margin(&keeper.trader.margin);
    let cash = after.header.core.cash.0 - before.header.core.cash.0;
    assert_eq!(cash, job.expected.reward);
    assert_eq!(after.positions().len(), 2);
    assert!(world.failing().is_empty());
}

#[test]
fn no_more_is_taken_than_the_keepers_margin_and_bounds_allow() {
    for (dollars, leverage, position) in [
        (200, 50_000, 0),
        (100_000, 50_000, 3_000),
        (2_000, 5_000, 0),
    ] {
        let mut world = World::new();
        let (_, alice) = crowd(&mut world);
        let mut config = world.config();
        config.account.max_leverage_bps = leverage;
        config.account.max_position_atoms = position * DOLLAR as u64;
        config.duties.liquidations.min_profit_atoms = 0;
        let mut keeper = world.keeper("keeper", dollars, config);
        keeper.settle(&mut world);
        world.pass(5);
        world.publish(1, 14_400_000_000);
        keeper.feed(&world);
        let launches = keeper.decide(&world);
        assert_eq!(launches.len(), 1, "with {dollars} dollars");
        assert_eq!(
            keeper.carry(&mut world, launches),
            1,
            "{:?}",
            keeper.refusals()
        );
        let (tables, now) = (world.x.tables(), world.x.chain.time());
        let own = world.x.margin(&keeper.trader.margin);
        let lots = own.positions()[0].lots.0;
        let value = exposure::value(&tables, 1, lots);
        let health = initial_for_takeover(&tables.book(), &own.view(), now, u32::MAX).unwrap();
        // One lot more would have been too many, or there was no more to take.
        let lot = exposure::value(&tables, 1, 1);
        let kept = health.requirement.0 / 10;
        let margin = health.free().unwrap().0 >= kept && health.free().unwrap().0 - kept < 2 * lot;
        let equity = dollars as i64 * DOLLAR;
        let levered = (value + lot) * 10_000 >= i64::from(leverage) * equity;
        let bounded = position > 0
            && value <= position as i64 * DOLLAR
            && value + lot > position as i64 * DOLLAR;
        assert!(
            margin || levered || bounded,
            "{dollars}: {value} of {health:?}"
        );
        assert!(
            !world.failing().is_empty(),
            "{alice} is not restored by a part"
        );
    }
}

#[test]
fn what_does_not_pay_yet_is_flagged_and_taken_when_it_does() {
    let mut world = World::new();
    let (_, alice) = crowd(&mut world);
    let mut config = world.config();
    // At the start of the auction half a percent of some 7,000 dollars; later two.
    config.duties.liquidations.min_profit_atoms = 40 * DOLLAR;
    let mut keeper = world.keeper("keeper", 100_000, config);
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 14_400_000_000);
    keeper.settle(&mut world);
    assert_eq!(keeper.kinds(), [Kind::Flag]);
    let mut waited = 0;
    while keeper.kinds().len() < 2 {
        world.pass(1);
        waited += 1;
        keeper.step(&mut world);
        assert!(waited <= 30, "the auction is over");
    }
    assert!(waited > 5, "it waited {waited} seconds only");
    let (job, outcome) = keeper.sent.last().unwrap();
    assert!(
        outcome.is_ok() && job.expected.profit() >= 40 * DOLLAR,
        "{:?}",
        job.expected
    );
    assert_eq!(job.id.subject, world.key(alice));
}

#[test]
fn a_competition_horizon_waits_for_more_and_no_longer() {
    let mut world = World::new();
    crowd(&mut world);
    let mut config = world.config();
    config.duties.liquidations.competition_horizon_seconds = 10;
    let mut keeper = world.keeper("keeper", 100_000, config);
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 14_400_000_000);
    keeper.settle(&mut world);
    // It would pay at once: the clock is started, and ten seconds are waited.
    assert_eq!(keeper.kinds(), [Kind::Flag]);
    for second in 1..=10 {
        world.pass(1);
        keeper.step(&mut world);
        let taken = keeper.kinds().contains(&Kind::Liquidate);
        assert_eq!(taken, second == 10, "after {second} seconds");
    }
}

#[test]
fn dust_that_never_pays_is_left_alone_and_costs_nothing() {
    let mut world = World::new();
    let maker = world.admit("maker", 1_000_000);
    let dust = world.admit("dust", 2);
    assert!(world.trade(dust, maker, &[(0, 15)]));
    let mut config = world.config();
    config.duties.liquidations.min_profit_atoms = DOLLAR;
    let mut keeper = world.keeper("keeper", 100_000, config);
    keeper.settle(&mut world);
    world.pass(5);
    world.x.set_price(1, 14_000_000_000);
    assert_eq!(world.failing().len(), 1);
    let before = keeper.sent.len();
    for _ in 0..40 {
        world.pass(1);
        keeper.step(&mut world);
    }
    let new: Vec<_> = keeper.sent[before..]
        .iter()
        .map(|(job, _)| job.id.kind)
        .collect();
    assert!(new.iter().all(|kind| *kind == Kind::Prices), "{new:?}");
}
