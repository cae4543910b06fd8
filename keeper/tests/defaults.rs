//! Defaults: the backstop takes over, the other side bears what it cannot, accounts catch up, dust is swept, and what
//! the backstop holds is bought.

mod common;

use common::{DOLLAR, World};
use counterweight_keeper::strategy::Kind;
use counterweight_simnet::Deployment;

/// Alice is long on 5x, the maker short; SOL falls at once so far that nothing of her is left.
fn gap(world: &mut World, dollars: u64) -> usize {
    let maker = world.admit("maker", 1_000_000);
    let alice = world.admit("alice", dollars);
    // Five times what she has, in lots of 1.5 dollars.
    let lots = dollars as i64 * 10 / 3;
    assert!(world.trade(alice, maker, &[(0, lots)]));
    alice
}

#[test]
fn the_backstop_takes_over_what_nobody_gains_by_and_sells_it_to_whoever_does() {
    let mut world = World::new();
    world.fund(200_000);
    gap(&mut world, 1_500);
    let mut config = world.config();
    config.duties.liquidations.enabled = false;
    let mut keeper = world.keeper("keeper", 100_000, config);
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 12_100_000_000);
    keeper.settle(&mut world);
    assert_eq!(
        keeper.kinds().first(),
        Some(&Kind::Resolve),
        "{:?}",
        keeper.refusals()
    );
    assert!(world.failing().is_empty());
    // Its auction rises; the keeper buys as soon as a lot of it pays, and until nothing is left.
    for _ in 0..40 {
        world.pass(1);
        keeper.settle(&mut world);
    }
    let backstop = world.x.margin(&world.x.venue.backstop());
    assert!(backstop.positions().is_empty(), "{:?}", keeper.kinds());
    assert!(keeper.kinds().contains(&Kind::BuyLots));
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
    assert!(keeper.keeper.summary().profit > 0);
}

#[test]
fn what_the_backstop_cannot_bear_is_borne_by_the_other_side_and_everybody_catches_up() {
    let mut deployment = Deployment::localnet();
    deployment.backstop_daily_loss = 10;
    let mut world = World::of(deployment);
    world.fund(50);
    let alice = gap(&mut world, 60_000);
    // Another short, so that the closing is shared and rounds.
    let bob = world.admit("bob", 500_000);
    let carol = world.admit("carol", 500_000);
    assert!(world.trade(carol, bob, &[(0, 33_333)]));
    let mut config = world.config();
    config.duties.liquidations.enabled = false;
    let mut keeper = world.keeper("keeper", 0, config);
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 11_900_000_000);
    keeper.settle(&mut world);
    assert!(
        keeper.kinds().contains(&Kind::Deleverage),
        "{:?} {:?}",
        keeper.kinds(),
        keeper.refusals()
    );
    assert!(world.x.margin(&world.key(alice)).positions().is_empty());
    let behind = |world: &World| world.x.market(0).behind;
    assert!(behind(&world) != [0, 0] || keeper.kinds().contains(&Kind::CatchUp));
    for _ in 0..3 {
        world.pass(11);
        keeper.settle(&mut world);
    }
    assert_eq!(behind(&world), [0, 0], "{:?}", keeper.refusals());
    assert!(keeper.kinds().contains(&Kind::CatchUp));
    let unsettled = world.x.market(0).unsettled;
    assert!(
        unsettled[0] >= 0 && unsettled[1] <= 0,
        "dust is swept: {unsettled:?}, {:?}",
        keeper.kinds()
    );
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
}

/// Alice has sold nothing of her 10 SOL, has lost 900 dollars on BTC, and SOL falls until it no longer covers the debt.
fn owing(world: &mut World) -> usize {
    let maker = world.admit("maker", 1_000_000);
    let alice = world.admit("alice", 0);
    let trader = &world.traders[alice];
    world.x.deposit(trader, 1, 10_000_000_000).unwrap();
    assert!(world.trade(alice, maker, &[(1, 5_000)]));
    world.x.set_price(2, 8_200_000_000_000);
    assert!(world.trade(maker, alice, &[(1, 5_000)]));
    assert!(world.x.margin(&world.key(alice)).positions().is_empty());
    alice
}

#[test]
fn without_positions_collateral_pays_a_debt_as_soon_as_its_discount_pays() {
    let mut world = World::new();
    let alice = owing(&mut world);
    let mut config = world.config();
    config.duties.defaults.enabled = false;
    let mut keeper = world.keeper("keeper", 50_000, config);
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 9_800_000_000);
    for _ in 0..40 {
        keeper.settle(&mut world);
        world.pass(1);
    }
    let kinds = keeper.kinds();
    assert!(
        kinds.starts_with(&[Kind::Flag]) && kinds.contains(&Kind::Collateral),
        "{kinds:?}"
    );
    assert!(keeper.refusals().is_empty(), "{:?}", keeper.refusals());
    assert!(world.x.margin(&world.key(alice)).header.core.cash.0 >= 0);
    assert!(world.failing().is_empty(), "{:?}", world.failing());
    let own = world.x.margin(&keeper.trader.margin);
    assert!(own.header.core.balance(1) > 0 && own.header.core.cash.0 < 50_000 * DOLLAR);
    assert!(keeper.keeper.summary().profit > 0);
}

#[test]
fn collateral_that_the_backstop_took_over_is_bought_of_it() {
    let mut world = World::new();
    world.fund(10_000);
    owing(&mut world);
    let mut keeper = world.keeper("keeper", 50_000, world.config());
    keeper.settle(&mut world);
    world.pass(5);
    world.publish(1, 9_800_000_000);
    for _ in 0..40 {
        keeper.settle(&mut world);
        world.pass(1);
    }
    assert_eq!(
        keeper.kinds()[..2],
        [Kind::Resolve, Kind::BuyCollateral],
        "{:?}",
        keeper.refusals()
    );
    let backstop = world.x.margin(&world.x.venue.backstop());
    assert_eq!(backstop.header.core.balance(1), 0);
    assert!(keeper.refusals().is_empty() && keeper.keeper.summary().profit > 0);
}
