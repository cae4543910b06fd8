//! Random accounts, one at a time: with orders, with fills that wait, with SOL as collateral, hedged or not, through
//! random prices. Every job succeeds on the bytecode, and a takeover brings what was expected.

mod common;

use common::{DOLLAR, Member, World};
use counterweight_keeper::strategy::{Kind, exposure};
use counterweight_risk::orders::Side;
use counterweight_sdk::accounts::Margin;
use counterweight_simnet::{Rng, limit};

/// What an account is worth at the index: cash, positions, collateral.
fn worth(world: &World, margin: &Margin) -> i64 {
    let tables = world.x.tables();
    let positions = margin.positions().iter().map(|position| {
        position.quote.0 + exposure::value(&tables, position.asset, position.lots.0)
    });
    let core = &margin.header.core;
    let tokens = core.balances.iter().filter(|held| held.atoms > 0);
    let tokens = tokens.map(|held| exposure::value_of_tokens(&tables, held.asset, held.atoms));
    core.cash.0 + positions.sum::<i64>() + tokens.sum::<i64>()
}

/// A random book with random leverage against the maker, and what rests and waits of it.
fn open(world: &mut World, rng: &mut Rng, maker: usize) -> usize {
    let dollars = 500 + rng.below(20_000) as i64;
    let sol = rng.chance(30);
    let user = world.admit("user", if sol { 50 } else { dollars as u64 });
    if sol {
        let trader = &world.traders[user];
        let atoms = dollars as u64 * 1_000_000_000 / 150;
        world.x.deposit(trader, 1, atoms).expect("deposit of SOL");
    }
    let leverage = rng.range(13, 19);
    let lot = [3, 2, 8]; // half dollars
    let markets: Vec<u16> = (0..3u16).filter(|_| rng.chance(60)).collect();
    for market in &markets {
        let side = if rng.chance(75) { 1 } else { -1 };
        let mut lots = dollars * leverage * 2 / lot[usize::from(*market)] / markets.len() as i64;
        while lots > 0 && !world.trade(user, maker, &[(*market, side * lots)]) {
            lots = lots * 4 / 5;
        }
    }
    for market in 0..3u16 {
        if rng.chance(40) {
            rest(world, rng, (user, maker), market);
        }
    }
    user
}

fn rest(world: &mut World, rng: &mut Rng, (user, maker): (usize, usize), market: u16) {
    let mid = world.x.index_ticks(market);
    for n in 0..1 + rng.below(12) {
        let lots = 10 + rng.below(30);
        let (side, price) = if rng.chance(50) {
            (Side::Buy, mid - mid / 200 - n)
        } else {
            (Side::Sell, mid + mid / 200 + n)
        };
        let _ = world
            .x
            .order(&world.traders[user], market, limit(side, price, lots), &[]);
    }
    if rng.chance(60) {
        // The maker sweeps through some of them: fills wait.
        let lots = rng.range(10, 60);
        let (lots, bound) = if rng.chance(50) {
            (lots, mid + mid / 100)
        } else {
            (-lots, mid - mid / 100)
        };
        let _ = world
            .x
            .trade(&world.traders[maker], market, lots, bound, &[]);
    }
}

fn attend(world: &mut World, keeper: &mut Member) -> usize {
    let mut taken = 0;
    for _ in 0..60 {
        let before = world.x.margin(&keeper.trader.margin);
        keeper.feed(world);
        let mut launches = keeper.decide(world);
        // One at a time, so that what each brings can be told; the rest is decided anew.
        for other in launches.split_off(launches.len().min(1)) {
            let expired = counterweight_keeper::chain::Failure::Expired;
            let dropped = counterweight_keeper::engine::Outcome::Failed(expired);
            keeper.keeper.landed(other.ticket, dropped, world.now);
        }
        let Some(launch) = launches.first() else {
            return taken;
        };
        let job = launch.job.clone();
        assert_eq!(
            keeper.carry(world, launches),
            1,
            "{:?} {:?}",
            job.id,
            keeper.refusals()
        );
        if job.id.kind.takes_over() {
            taken += 1;
            let after = world.x.margin(&keeper.trader.margin);
            let brought = worth(world, &after) - worth(world, &before);
            let expected = job.expected.reward + job.expected.edge;
            let rounding = 2 * (before.positions().len() + after.positions().len() + 2) as i64;
            assert!(
                (brought - expected).abs() <= rounding,
                "{brought}, not {expected}: {job:?}"
            );
            if before.positions().is_empty() && job.id.kind != Kind::Collateral {
                let cash = after.header.core.cash.0 - before.header.core.cash.0;
                assert_eq!(cash, job.expected.reward, "{job:?}");
            }
        }
    }
    panic!("it does not come to an end");
}

#[test]
fn jobs_succeed_and_bring_what_was_expected() {
    let (mut taken, mut prepared, mut kinds) = (0, 0, Vec::new());
    for seed in 1..=120 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut world = World::new();
        world.fund(1_000_000);
        let maker = world.admit("maker", 20_000_000);
        let user = open(&mut world, &mut rng, maker);
        let mut config = world.config();
        config.duties.liquidations.min_profit_atoms = i64::MIN;
        config.duties.backstop.min_profit_atoms = -DOLLAR;
        config.duties.liquidations.max_takes = 1 + rng.below(3) as usize;
        let dollars = rng.pick(&[2_000, 50_000, 1_000_000]);
        let mut keeper = world.keeper("keeper", dollars, config);
        for _ in 0..8 {
            world.pass(rng.range(2, 12));
            for asset in 1..=3u16 {
                let price = world.x.prices[usize::from(asset)];
                let moved = price / 10_000 * rng.range(-280, 240);
                let confidence = price.unsigned_abs() / rng.pick(&[2_000, 2_000, 60]);
                world
                    .x
                    .publish_with(asset, price + moved, confidence, price + moved);
            }
            let rests = world.x.margin(&world.key(user)).header.core.open_orders > 0;
            let now = attend(&mut world, &mut keeper);
            taken += now;
            prepared += usize::from(now > 0 && rests);
        }
        kinds.extend(keeper.kinds());
    }
    for kind in [
        Kind::Liquidate,
        Kind::Slice,
        Kind::Collateral,
        Kind::Resolve,
        Kind::BuyLots,
        Kind::Prices,
        Kind::Flag,
    ] {
        let count = kinds.iter().filter(|other| **other == kind).count();
        println!("{count} of {}", kind.name());
    }
    println!("{taken} takeovers, {prepared} of accounts with orders");
    assert!(taken > 20 && prepared > 3, "{taken}, {prepared}");
    for kind in [Kind::Liquidate, Kind::Slice, Kind::Resolve] {
        assert!(kinds.contains(&kind), "{} never happened", kind.name());
    }
}
