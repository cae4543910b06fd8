//! Work that earns nothing, and triggers: each is done when it is due, succeeds, and is not done again.

mod common;

use common::{Member, World};
use counterweight::TriggerArgs;
use counterweight_keeper::{
    config::{Config, Duties},
    strategy::Kind,
};
use counterweight_risk::orders::Side;
use counterweight_simnet::limit;

/// Only what a test is about, and prices.
fn only(world: &World, set: impl Fn(&mut Duties)) -> Config {
    let mut config = world.config();
    let duties = &mut config.duties;
    duties.liquidations.enabled = false;
    duties.backstop.enabled = false;
    duties.defaults.enabled = false;
    duties.triggers.enabled = false;
    duties.fills.enabled = false;
    duties.funding.enabled = false;
    duties.pruning.enabled = false;
    duties.sweeps.enabled = false;
    duties.settlement.enabled = false;
    duties.prices.enabled = false;
    set(duties);
    config
}

fn place(world: &mut World, at: usize, args: counterweight::OrderArgs) {
    let trader = &world.traders[at];
    world.x.order(trader, 0, args, &[]).expect("order");
}

/// Does nothing for as long as nothing is due, then this, once.
fn does_once(world: &mut World, keeper: &mut Member, kind: Kind) {
    keeper.settle(world);
    assert_eq!(keeper.kinds(), [kind], "{:?}", keeper.refusals());
    for _ in 0..3 {
        world.pass(1);
        keeper.settle(world);
    }
    assert_eq!(keeper.kinds(), [kind]);
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
}

#[test]
fn prices_are_brought_when_they_are_old_or_far() {
    let mut world = World::new();
    let config = only(&world, |duties| duties.prices.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    // Newer, but neither far nor is the recorded one old.
    world.pass(5);
    let price = world.x.prices[1];
    world.publish(1, price + price / 10_000 * 9);
    keeper.settle(&mut world);
    assert!(keeper.kinds().is_empty());
    world.pass(1);
    world.publish(1, price + price / 10_000 * 10);
    does_once(&mut world, &mut keeper, Kind::Prices);
    let recorded = world.x.tables().assets[1].publish_time;
    assert_eq!(keeper.sent[0].0.prices, [1]);
    // Old: the same price again.
    world.pass(20);
    world.publish(1, price + price / 10_000 * 10);
    keeper.settle(&mut world);
    assert_eq!(keeper.kinds().len(), 2);
    assert!(world.x.tables().assets[1].publish_time > recorded);
}

#[test]
fn fills_that_wait_too_long_are_settled_for_all_makers_at_once() {
    let mut world = World::new();
    let (maker, other, taker) = (
        world.admit("maker", 50_000),
        world.admit("other", 50_000),
        world.admit("taker", 50_000),
    );
    let mid = world.x.index_ticks(0);
    place(&mut world, maker, limit(Side::Sell, mid + 1, 100));
    place(&mut world, other, limit(Side::Sell, mid + 2, 100));
    place(&mut world, taker, limit(Side::Buy, mid + 2, 200));
    let config = only(&world, |duties| duties.fills.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    world.pass(29);
    keeper.settle(&mut world);
    assert!(keeper.kinds().is_empty());
    world.pass(10);
    does_once(&mut world, &mut keeper, Kind::Fills);
    assert_eq!(world.x.market(0).queue.open, 0);
}

#[test]
fn funding_is_updated_when_it_has_come_to_something() {
    let mut world = World::new();
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 500_000));
    assert!(world.trade(taker, maker, &[(0, 1_000)]));
    let mid = world.x.index_ticks(0);
    let config = only(&world, |duties| {
        duties.funding.enabled = true;
        duties.prices.enabled = true;
    });
    let mut keeper = world.keeper("keeper", 0, config);
    // A bid above the index that holds the impact notional: a premium.
    place(&mut world, maker, limit(Side::Buy, mid + mid / 500, 20_000));
    keeper.settle(&mut world);
    let funded = |keeper: &Member| {
        keeper
            .kinds()
            .iter()
            .filter(|kind| **kind == Kind::Funding)
            .count()
    };
    assert_eq!(funded(&keeper), 0);
    world.pass(3_700);
    for asset in 1..=3u16 {
        world.publish(asset, world.x.prices[usize::from(asset)]);
    }
    let index = world.x.tables().markets[0].index[0];
    keeper.settle(&mut world);
    assert_eq!(
        funded(&keeper),
        1,
        "{:?} {:?}",
        keeper.kinds(),
        keeper.refusals()
    );
    assert!(world.x.tables().markets[0].index[0] > index);
    world.pass(20);
    keeper.settle(&mut world);
    assert_eq!(funded(&keeper), 1);
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
}

#[test]
fn expired_orders_are_pruned_many_at_a_time() {
    let mut world = World::new();
    let (maker, mid) = (world.admit("maker", 500_000), world.x.index_ticks(0));
    let expires = world.x.chain.time() + 10;
    for n in 0..40 {
        let order = limit(Side::Buy, mid - 10 - n, 10);
        place(
            &mut world,
            maker,
            counterweight::OrderArgs { expires, ..order },
        );
    }
    let config = only(&world, |duties| duties.pruning.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    assert!(keeper.kinds().is_empty());
    world.pass(31);
    does_once(&mut world, &mut keeper, Kind::Prune);
    assert_eq!(world.x.margin(&world.key(maker)).header.core.open_orders, 0);
}

#[test]
fn fees_are_swept_when_they_are_worth_it() {
    let mut world = World::new();
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 500_000));
    let config = only(&world, |duties| duties.sweeps.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    assert!(world.trade(taker, maker, &[(0, 50_000)])); // 75,000 dollars at 2 basis points a side
    world.pass(301);
    does_once(&mut world, &mut keeper, Kind::Fees);
    assert!(world.x.clearinghouse().fees > 10_000_000);
}

#[test]
fn markets_that_have_ended_are_settled_with_their_orders_and_fills() {
    let mut world = World::new();
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 500_000));
    let mid = world.x.index_ticks(0);
    assert!(world.trade(taker, maker, &[(0, 5_000)]));
    place(&mut world, maker, limit(Side::Sell, mid + 1, 100));
    place(&mut world, taker, limit(Side::Buy, mid + 1, 50));
    place(&mut world, taker, limit(Side::Buy, mid - 100, 50));
    let authority = world.x.authority.insecure_clone();
    use counterweight_simnet::Signer;
    let end = world.x.venue.settle_market(authority.pubkey(), 0, mid);
    world.x.govern(end).expect("settle_market");
    let config = only(&world, |duties| duties.settlement.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    assert!(keeper.kinds().iter().all(|kind| *kind == Kind::Settle) && !keeper.kinds().is_empty());
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
    assert_eq!(
        (world.x.market(0).open_long, world.x.market(0).queue.open),
        (0, 0)
    );
    for at in [maker, taker] {
        assert!(world.x.margin(&world.key(at)).positions().is_empty());
    }
}

#[test]
fn a_contract_that_has_ended_is_settled_with_the_price_of_its_end_and_then_its_positions() {
    let mut world = World::new();
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 500_000));
    let expiry = world.x.chain.time() + 3_600;
    let future = world
        .x
        .add_future(0, "SOL-DATED", expiry)
        .expect("a future");
    assert!(world.trade(taker, maker, &[(future, 5_000)]));
    let config = only(&world, |duties| duties.settlement.enabled = true);
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    world.pass(3_600);
    // Nobody has told the price of the end.
    keeper.settle(&mut world);
    assert!(keeper.kinds().is_empty(), "{:?}", keeper.kinds());
    let price = world.x.prices[1];
    world.publish(1, price);
    for _ in 0..3 {
        world.pass(10);
        keeper.settle(&mut world);
    }
    assert!(keeper.kinds().iter().all(|kind| *kind == Kind::Settle));
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
    assert_eq!(keeper.sent[0].0.prices, [1]);
    let row = world.x.tables().markets[usize::from(future)];
    assert_eq!((row.mode, row.settlement_price), (3, 1_500_000));
    assert_eq!(world.x.market(future).open_long, 0);
    let sent = keeper.kinds().len();
    for _ in 0..3 {
        world.pass(10);
        keeper.settle(&mut world);
    }
    assert_eq!(keeper.kinds().len(), sent, "once");
}

#[test]
fn a_trigger_is_executed_once_its_price_is_crossed_and_the_book_holds_something() {
    let mut world = World::new();
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 50_000));
    assert!(world.trade(taker, maker, &[(0, 2_000)]));
    let mid = world.x.index_ticks(0);
    let trader = &world.traders[taker];
    world.x.open_triggers(trader).unwrap();
    let stop = TriggerArgs {
        market: 0,
        side: Side::Sell,
        above: false,
        price: mid - mid / 50,
        trail: 0,
        slippage: mid / 20,
        lots: 2_000,
        expires: 0,
        client_id: 5,
    };
    world.x.place_trigger(trader, stop).unwrap();
    let config = only(&world, |duties| duties.triggers.enabled = true);
    let mut keeper = world.keeper("keeper", 1_000, config);
    keeper.settle(&mut world);
    world.pass(5);
    let price = world.x.prices[1];
    world.publish(1, price - price / 33); // 3 % down
    keeper.settle(&mut world);
    assert!(keeper.kinds().is_empty(), "the book holds nothing for it");
    world.x.refresh(&[1]).unwrap();
    let mid = world.x.index_ticks(0);
    place(&mut world, maker, limit(Side::Buy, mid - 10, 3_000));
    let cash =
        |world: &World, keeper: &Member| world.x.margin(&keeper.trader.margin).header.core.cash.0;
    let before = cash(&world, &keeper);
    does_once(&mut world, &mut keeper, Kind::Trigger);
    let reward = keeper.sent[0].0.expected.reward;
    assert_eq!(cash(&world, &keeper) - before, reward);
    assert_eq!(reward, 100_000, "all of it was traded");
    assert!(world.x.margin(&world.key(taker)).positions().is_empty());
}

#[test]
fn a_trailing_trigger_follows_the_index_in_steps() {
    let mut world = World::new();
    let (maker, taker) = (world.admit("maker", 500_000), world.admit("taker", 50_000));
    assert!(world.trade(taker, maker, &[(0, 2_000)]));
    let mid = world.x.index_ticks(0);
    let trader = &world.traders[taker];
    world.x.open_triggers(trader).unwrap();
    let trailing = TriggerArgs {
        market: 0,
        side: Side::Sell,
        above: false,
        price: mid - mid / 50,
        trail: mid / 50,
        slippage: mid / 20,
        lots: 2_000,
        expires: 0,
        client_id: 5,
    };
    world.x.place_trigger(trader, trailing).unwrap();
    let config = only(&world, |duties| duties.triggers.enabled = true);
    let mut keeper = world.keeper("keeper", 1_000, config);
    keeper.settle(&mut world);
    let price = world.x.prices[1];
    world.pass(5);
    world.publish(1, price + price / 1_000); // less than a quarter of a percent
    keeper.settle(&mut world);
    assert!(keeper.kinds().is_empty());
    world.pass(5);
    world.publish(1, price + price / 100);
    keeper.settle(&mut world);
    assert_eq!(keeper.kinds(), [Kind::Follow], "{:?}", keeper.refusals());
    let key = world.key(taker);
    assert!(world.x.triggers(&key).entries[0].price > (mid - mid / 50) as i64);
    world.pass(5);
    keeper.settle(&mut world);
    assert_eq!(keeper.kinds(), [Kind::Follow]);
}
