//! A crash of many random accounts: keepers in turn leave none that fails, what they decide succeeds on the bytecode,
//! and nothing is liquidated twice.

mod common;

use anchor_lang::prelude::Pubkey;
use common::{DOLLAR, Member, World};
use counterweight_keeper::{refusal::number, strategy::Kind};
use counterweight_risk::Health;
use counterweight_sdk::{
    accounts::Margin,
    events,
    program::{error::ErrorCode, events::Liquidated},
};
use counterweight_simnet::{Deployment, Rng, reconcile};
use std::collections::HashSet;

/// Random books against a few makers. Returns how many accounts have a position.
fn populate(world: &mut World, rng: &mut Rng, users: usize) -> usize {
    let makers: Vec<usize> = (0..3)
        .map(|n| world.admit(&format!("maker {n}"), 5_000_000))
        .collect();
    let mut open = 0;
    for n in 0..users {
        let dollars = 200 << rng.below(7);
        let user = world.admit(&format!("user {n}"), dollars);
        if rng.chance(15) {
            let trader = &world.traders[user];
            let sol = (dollars * 1_000_000_000 / 150).max(1);
            world.x.deposit(trader, 1, sol).expect("deposit of SOL");
        }
        // Leverage from 4 to 12, over one to three markets.
        let notional = dollars as i64 * (4 + rng.below(9) as i64);
        let markets: Vec<u16> = (0..3u16).filter(|_| rng.chance(45)).collect();
        let mut opened = false;
        for market in &markets {
            // Lots of 1.5, 1 and 4 dollars.
            let lot = [1.5, 1.0, 4.0][usize::from(*market)];
            let part = notional as f64 / markets.len() as f64 / lot;
            let side = if rng.chance(75) { 1 } else { -1 };
            let mut lots = part as i64;
            while lots > 0
                && !world.trade(
                    user,
                    makers[rng.below(3) as usize],
                    &[(*market, side * lots)],
                )
            {
                lots = lots * 3 / 4;
            }
            opened |= lots > 0;
        }
        open += usize::from(opened);
    }
    open
}

/// Prices fall in Pyth's accounts; nobody has recorded them.
fn fall(world: &mut World, bps: &[i64; 3]) {
    world.pass(7);
    for (asset, bps) in (1u16..).zip(bps) {
        let price = world.x.prices[usize::from(asset)];
        world.publish(asset, price - price / 10_000 * bps);
    }
}

/// Rounds without a transaction after which nothing more is expected: longer than an account is left alone.
const IDLE: usize = 8;

/// Keepers in turn, until none of them has anything to do.
fn attend(world: &mut World, keepers: &mut [Member]) {
    let mut idle = 0;
    for _ in 0..1_000 {
        let through: usize = keepers.iter_mut().map(|keeper| keeper.step(world)).sum();
        idle = if through == 0 { idle + 1 } else { 0 };
        if idle > IDLE {
            return;
        }
        // Their clocks go on: who left an account alone for a moment looks again.
        world.now += 500;
    }
    panic!("keepers do not come to an end");
}

/// Each takeover found an account that failed or was not restored, and none came after the account was restored at the
/// same prices (unless accounts share losses: deleveraging takes of them too). `before` is how many transactions each keeper had sent before these prices.
fn nothing_was_taken_twice(
    (backstop, shares): (Pubkey, bool),
    keepers: &[Member],
    before: &[usize],
) {
    let mut restored: HashSet<Pubkey> = HashSet::new();
    let news = keepers
        .iter()
        .zip(before)
        .flat_map(|(keeper, before)| keeper.order.iter().zip(&keeper.sent).skip(*before));
    let mut news: Vec<_> = news.collect();
    news.sort_by_key(|(order, _)| **order);
    for (_, (_, outcome)) in news {
        let Ok(logs) = outcome else { continue };
        for event in events::of_type::<Liquidated>(logs) {
            let [before, after] = [0, 1].map(|at| (event.equity[at], event.maintenance_margin[at]));
            // The backstop sells whatever it has.
            if event.account == backstop {
                continue;
            }
            // Restored is a tenth above.
            let ratio =
                |(equity, margin): (i64, i64)| i128::from(equity) * 10 >= i128::from(margin) * 11;
            assert!(
                event.liquidator != event.account && (!ratio(before) || before.1 == 0),
                "{}: {before:?}",
                event.account
            );
            assert!(
                shares || !restored.contains(&event.account),
                "{} was restored and is taken again",
                event.account
            );
            if ratio(after) {
                restored.insert(event.account);
            }
        }
    }
}

/// Whether nothing is left of an account but cash below zero.
fn is_bare_debt(margin: &Margin) -> bool {
    let core = &margin.header.core;
    let tokens = core.balances.iter().any(|held| held.atoms > 0);
    margin.positions().is_empty() && !tokens && core.cash.0 < 0
}

fn crash(
    seed: u64,
    mut world: World,
    (users, fund): (usize, u64),
    min_profit: i64,
    falls: &[[i64; 3]],
) -> Vec<Kind> {
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    world.fund(fund);
    let open = populate(&mut world, &mut rng, users);
    assert!(open > users / 3, "{open} of {users} have a position");
    let mut config = world.config();
    config.duties.liquidations.min_profit_atoms = min_profit;
    config.duties.defaults.every_seconds = 1;
    config.duties.backstop.min_profit_atoms = -DOLLAR;
    config.duties.sweeps.enabled = true;
    let mut keepers: Vec<Member> = [2_000_000, 300_000, 20_000]
        .into_iter()
        .enumerate()
        .map(|(n, dollars)| {
            let mut config = config.clone();
            config.backoff.seed = n as u64 + 1;
            world.keeper(&format!("keeper {n}"), dollars, config)
        })
        .collect();
    let (mut failed, is_spent) = (0, fund < 10_000);
    for bps in falls {
        let before: Vec<usize> = keepers.iter().map(|keeper| keeper.sent.len()).collect();
        fall(&mut world, bps);
        // What fails at the new prices is known to a keeper before the chain knows.
        keepers[0].feed(&world);
        let launches = keepers[0].decide(&world);
        failed = failed.max(keepers[0].keeper.state().fleet().failing().len());
        keepers[0].carry(&mut world, launches);
        attend(&mut world, &mut keepers);
        // What nobody can end is for sale, and pays when its auction has gone on for long enough.
        for _ in 0..40 {
            if world.failing().is_empty() {
                break;
            }
            world.pass(1);
            attend(&mut world, &mut keepers);
        }
        nothing_was_taken_twice((world.x.venue.backstop(), is_spent), &keepers, &before);
        let left = world.failing();
        let bare = |(key, _): &(Pubkey, Health)| is_bare_debt(&world.x.margin(key));
        // A debt with nothing behind it that the fund cannot pay stays until it can.
        assert!(
            left.iter().all(|each| is_spent && bare(each)),
            "seed {seed}: {} accounts are left: {left:?}",
            left.len()
        );
    }
    assert!(failed > 5, "seed {seed}: only {failed} failed");
    let refused: Vec<_> = keepers.iter().flat_map(Member::refusals).collect();
    // Of jobs of one round, a deleveraging may come before the slice of an account that holds the market.
    let behind = Some(number(ErrorCode::CatchUpFirst));
    assert!(
        refused.len() < 5 && refused.iter().all(|(_, code)| is_spent && *code == behind),
        "seed {seed}: what is decided succeeds: {refused:?}"
    );
    let kinds: Vec<Kind> = keepers.iter().flat_map(Member::kinds).collect();
    let count = |kind: Kind| kinds.iter().filter(|other| **other == kind).count();
    println!(
        "{failed} failed at once; {} liquidations, {} slices, {} collaterals, {} defaults, {} bought of the backstop, {} deleveraged",
        count(Kind::Liquidate),
        count(Kind::Slice),
        count(Kind::Collateral),
        count(Kind::Resolve),
        count(Kind::BuyLots) + count(Kind::BuyCollateral),
        count(Kind::Deleverage) + count(Kind::DeleverageBackstop)
    );
    assert!(count(Kind::Liquidate) + count(Kind::Slice) > 3);
    let accounts: Vec<Pubkey> = world.traders.iter().map(|trader| trader.margin).collect();
    let sums = reconcile(&world.x, &accounts);
    assert!(sums.balances(), "seed {seed}: {sums:?}");
    kinds
}

const FALLS: [[i64; 3]; 4] = [
    [300, 250, 350],
    [400, 300, 500],
    [900, 700, 1_200],
    [-300, -200, -400],
];
const GAPS: [[i64; 3]; 3] = [
    [1_500, 1_200, 2_000],
    [800, 500, 900],
    [2_000, 2_200, 2_100],
];

#[test]
fn keepers_in_turn_leave_no_account_that_fails() {
    for seed in [1, 2] {
        crash(seed, World::new(), (200, 500_000), i64::MIN, &FALLS);
    }
}

#[test]
fn the_same_where_prices_gap() {
    for seed in [3, 4] {
        crash(seed, World::new(), (150, 500_000), i64::MIN, &GAPS);
    }
}

#[test]
fn the_same_where_only_what_pays_is_taken_and_the_fund_is_soon_spent() {
    for seed in [5, 6] {
        let mut deployment = Deployment::localnet();
        deployment.backstop_daily_loss = 3_000;
        let kinds = crash(seed, World::of(deployment), (150, 8_000), -DOLLAR, &GAPS);
        for kind in [Kind::Resolve, Kind::Deleverage, Kind::CatchUp] {
            assert!(
                kinds.contains(&kind),
                "seed {seed}: {} never happened",
                kind.name()
            );
        }
    }
}
