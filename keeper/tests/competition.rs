//! Several keepers, and one that starts anew: races are lost once, nobody spins, nothing is remembered that is needed.

mod common;

use common::{DOLLAR, Member, World};
use counterweight_keeper::{chain::Failure, engine::Outcome, refusal::number, strategy::Kind};
use counterweight_link::Update;
use counterweight_sdk::program::error::ErrorCode;
use counterweight_simnet::Trader;

/// So many accounts that fail with the next price.
fn crowd(world: &mut World, users: usize) {
    let maker = world.admit("maker", 5_000_000);
    for n in 0..users {
        let user = world.admit(&format!("user {n}"), 1_500);
        assert!(world.trade(user, maker, &[(0, 15_000)]));
    }
}

fn same_keeper(trader: &Trader) -> Trader {
    Trader {
        key: trader.key.insecure_clone(),
        margin: trader.margin,
    }
}

#[test]
fn who_loses_a_race_backs_off_and_does_not_spin() {
    let mut world = World::new();
    crowd(&mut world, 6);
    let config = world.config();
    let mut first = world.keeper("first", 100_000, config.clone());
    let mut second = world.keeper("second", 100_000, config);
    first.settle(&mut world);
    second.settle(&mut world);
    world.pass(5);
    world.publish(1, 14_400_000_000);
    for keeper in [&mut first, &mut second] {
        keeper.feed(&world);
    }
    let (won, lost) = (first.decide(&world), second.decide(&world));
    assert_eq!((won.len(), lost.len()), (6, 6), "both see the same");
    assert_eq!(first.carry(&mut world, won), 6);
    // The second knows nothing of it yet, and is refused everywhere.
    assert_eq!(second.carry(&mut world, lost), 0);
    let healthy = Some(number(ErrorCode::NotLiquidatable));
    assert!(
        second.refusals().iter().all(|(_, code)| *code == healthy),
        "{:?}",
        second.refusals()
    );
    // Even without news it does not try again at once; and with news there is nothing left.
    assert!(second.decide(&world).is_empty());
    second.settle(&mut world);
    assert_eq!(second.sent.len(), 6);
    assert!(
        second
            .keeper
            .metrics()
            .text()
            .contains("lesson=\"already_healthy\"")
    );
}

#[test]
fn an_account_that_refuses_again_and_again_is_tried_less_and_less() {
    let mut world = World::new();
    crowd(&mut world, 1);
    let mut keeper = world.keeper("keeper", 100_000, world.config());
    keeper.settle(&mut world);
    world.pass(5);
    world.x.set_price(1, 14_400_000_000);
    keeper.feed(&world);
    let code = Some(number(ErrorCode::OrdersStillRest));
    let mut tries = 0;
    for _ in 0..600 {
        world.now += 100;
        // The clock is heard of, and the price stays.
        keeper.feed(&world);
        for launch in keeper.decide(&world) {
            tries += 1;
            let sentence = "something is in the way".to_owned();
            let refused = Outcome::Failed(Failure::Refused { code, sentence });
            keeper.keeper.landed(launch.ticket, refused, world.now);
        }
    }
    // Within a minute: doubling from 0.4 seconds, each between half and all.
    assert!((6..=12).contains(&tries), "{tries} tries");
}

#[test]
fn a_victim_on_its_way_is_not_attacked_again_until_its_change_is_seen() {
    let mut world = World::new();
    crowd(&mut world, 1);
    let mut keeper = world.keeper("keeper", 200, world.config());
    keeper.settle(&mut world);
    world.pass(5);
    world.x.set_price(1, 14_400_000_000);
    keeper.feed(&world);
    let launches = keeper.decide(&world);
    assert_eq!(launches.len(), 1);
    // A part only: it fails afterwards too. Nothing is known of it, however often the keeper looks.
    for _ in 0..5 {
        world.now += 1_000;
        assert!(keeper.decide(&world).is_empty());
    }
    let parcel = keeper.keeper.parcel(&launches[0].job);
    world.carry(&parcel, &keeper.trader).expect("carried out");
    let unknown = Outcome::Failed(Failure::Unknown("no answer".into()));
    keeper.keeper.landed(launches[0].ticket, unknown, world.now);
    world.now += 1_000;
    assert!(
        keeper.decide(&world).is_empty(),
        "whether it was carried out is not known yet"
    );
    assert!(!world.failing().is_empty());
    keeper.feed(&world);
    assert!(keeper.keeper.flights().len() <= 1);
    let _ = keeper.decide(&world);
    assert!(keeper.keeper.flights().in_the_air() <= 1);
}

#[test]
fn a_keeper_whose_margin_does_not_suffice_stops_and_says_so_until_it_changes() {
    let mut world = World::new();
    crowd(&mut world, 2);
    let mut keeper = world.keeper("keeper", 100_000, world.config());
    keeper.settle(&mut world);
    world.pass(5);
    world.x.set_price(1, 14_400_000_000);
    keeper.feed(&world);
    let launches = keeper.decide(&world);
    assert_eq!(launches.len(), 2);
    let code = Some(number(ErrorCode::InitialMarginNotMet));
    for launch in launches {
        let sentence = "not enough margin".to_owned();
        let refused = Outcome::Failed(Failure::Refused { code, sentence });
        keeper.keeper.landed(launch.ticket, refused, world.now);
    }
    world.now += 5_000;
    keeper.feed(&world);
    let takeovers = |keeper: &mut Member, world: &World| {
        let launches = keeper.decide(world);
        let takes = launches
            .iter()
            .filter(|launch| launch.job.id.kind.takes_over())
            .count();
        for launch in launches {
            keeper
                .keeper
                .landed(launch.ticket, Outcome::Failed(Failure::Expired), world.now);
        }
        takes
    };
    assert_eq!(takeovers(&mut keeper, &world), 0, "it rests");
    world.now += 1_000;
    keeper.feed(&world);
    takeovers(&mut keeper, &world);
    assert!(keeper.keeper.metrics().text().contains("short_of_margin 1"));
    // A deposit changes the account.
    let trader = same_keeper(&keeper.trader);
    world.x.deposit(&trader, 0, 1_000 * DOLLAR as u64).unwrap();
    world.now += 5_000;
    keeper.feed(&world);
    assert_eq!(takeovers(&mut keeper, &world), 2);
}

#[test]
fn a_keeper_that_starts_anew_goes_on_from_what_the_chain_has() {
    let mut world = World::new();
    crowd(&mut world, 3);
    let config = world.config();
    let mut keeper = world.keeper("keeper", 100_000, config.clone());
    keeper.settle(&mut world);
    world.pass(5);
    world.x.set_price(1, 14_400_000_000);
    keeper.feed(&world);
    let mut launches = keeper.decide(&world);
    assert_eq!(launches.len(), 3);
    // One transaction arrives; then the process is gone, with everything that it remembered.
    launches.truncate(1);
    keeper.carry(&mut world, launches);
    let trader = same_keeper(&keeper.trader);
    drop(keeper);
    let mut anew = world.member(trader, config);
    assert_eq!(anew.settle(&mut world), 2, "{:?}", anew.refusals());
    assert_eq!(anew.kinds(), [Kind::Liquidate; 2]);
    assert!(world.failing().is_empty() && anew.refusals().is_empty());
}

#[test]
fn nothing_is_decided_while_the_line_is_lost_and_everything_is_known_after_the_next_snapshot() {
    let mut world = World::new();
    crowd(&mut world, 2);
    let mut keeper = world.keeper("keeper", 100_000, world.config());
    keeper.settle(&mut world);
    keeper.keeper.take(Update::Lost("cut".into()), world.now);
    world.pass(5);
    world.x.set_price(1, 14_400_000_000);
    assert!(keeper.decide(&world).is_empty());
    // An account goes meanwhile, and is not in the next snapshot.
    let gone = world.admit("guest", 0);
    let key = world.key(gone);
    let all: Vec<_> = world
        .keys()
        .into_iter()
        .filter(|other| *other != key)
        .map(|key| (key, world.x.chain.data(&key)))
        .filter(|(_, data)| !data.is_empty())
        .collect();
    keeper.keeper.take(Update::Snapshot(all), world.now);
    assert_eq!(keeper.keeper.state().feed().resyncs(), 1);
    let moment = counterweight_link::Moment {
        slot: world.x.chain.slot(),
        time: world.x.chain.time(),
    };
    keeper.keeper.take(Update::Moment(moment), world.now);
    let launches = keeper.decide(&world);
    assert_eq!(keeper.carry(&mut world, launches), 2);
    assert!(keeper.keeper.state().fleet().sequence(&key).is_none());
}
