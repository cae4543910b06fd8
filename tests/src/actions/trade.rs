//! Random block trades: sizes from one lot to far beyond margin, prices inside and sometimes outside
//! the band, reducing and flipping.

use super::{Action, Kind};
use crate::{
    actions::choose::{guards, trader_of},
    derivatives::worth,
    invariants::lots_in,
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};
use counterweight::{Guards, Leg};

/// What a trade is meant to do to the positions of its first side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    OneLot,
    Sized,
    TooLarge,
    Reduce,
    Flip,
}

/// A trade of one to four legs.
pub(super) fn trade(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let (mut first, mut second) = world.two_seats(rng);
    // Those that must not add risk try to get out, at any price.
    let poor = |seat: &usize| world.free(now, *seat).is_none_or(|free| free <= 0);
    let poor: Vec<usize> = (0..world.seats.len()).filter(poor).collect();
    if !poor.is_empty() && rng.chance(30) {
        first = rng.pick(&poor);
        second = (first + 1) % world.seats.len();
    }
    // Mostly against a large account, so that something is open everywhere.
    if rng.chance(60) && first != 0 {
        second = 0;
    }
    let holds = !now
        .margin(&world.seats[first].margin)
        .positions()
        .is_empty();
    let may_add = world.free(now, first).is_some_and(|free| free > 0) || rng.chance(20);
    let aim = rng.weighted(&[
        (8, Aim::OneLot),
        (if may_add || !holds { 52 } else { 0 }, Aim::Sized),
        (7, Aim::TooLarge),
        (if holds { 26 } else { 0 }, Aim::Reduce),
        (if holds { 8 } else { 0 }, Aim::Flip),
    ]);
    let legs = legs(world, now, rng, (first, second), aim);
    let kind = match aim {
        Aim::Reduce => Kind::Reduce,
        Aim::Flip => Kind::Flip,
        _ => Kind::Trade,
    };
    let signers = [
        trader_of(world, now, rng, first),
        trader_of(world, now, rng, second),
    ];
    let sequence = |seat: usize| now.margin(&world.seats[seat].margin).header.sequence;
    let mut limits = [guards(rng, sequence(first)), guards(rng, sequence(second))];
    if kind == Kind::Reduce && rng.chance(20) {
        limits[0].max_price_age = Some(rng.range(0, 30) as u32);
    }
    agreed(world, (first, second), signers, legs, limits, kind)
}

/// A trade of these legs.
pub(super) fn agreed(
    world: &World,
    (first, second): (usize, usize),
    signers: [usize; 2],
    legs: Vec<Leg>,
    limits: [Guards; 2],
    kind: Kind,
) -> Action {
    let (a, b) = (world.seats[first].margin, world.seats[second].margin);
    let keys = signers.map(|person| world.key(person));
    let instruction = world.exchange.venue.settle_block_trade(
        (keys[0], a, limits[0]),
        (keys[1], b, limits[1]),
        &legs,
    );
    let note = format!("{first} with {second}, by {signers:?}: {legs:?} {limits:?}");
    let deed = Deed::Trade {
        first: a,
        second: b,
        legs,
    };
    Action::new(kind, deed, instruction, &signers, note)
}

fn legs(
    world: &World,
    now: &Snapshot,
    rng: &mut Rng,
    (first, second): (usize, usize),
    aim: Aim,
) -> Vec<Leg> {
    let margin = now.margin(&world.seats[first].margin);
    let count = rng.weighted(&[(60, 1), (25, 2), (10, 3), (5, 4)]);
    let mut markets: Vec<u16> = if matches!(aim, Aim::Reduce | Aim::Flip) {
        margin.positions().iter().map(|p| p.market).collect()
    } else {
        (0..now.tables.markets.len() as u16).collect()
    };
    while markets.len() > count {
        markets.remove(rng.below(markets.len() as u64) as usize);
    }
    markets.sort_unstable();
    let free = |seat| world.free(now, seat).unwrap_or(1_000_000_000);
    let mut budget = free(first).min(free(second)).max(1_000_000);
    if rng.chance(85) {
        budget = budget.min(10_000_000_000); // mostly inside the first tier
    }
    let budget = budget / markets.len() as i64;
    let leg = |market: u16| {
        let held = lots_in(margin, market);
        let lots = match aim {
            Aim::OneLot => rng.pick(&[-1, 1]),
            Aim::Sized if rng.chance(40) => sized(now, rng, market, budget, 50, 96),
            Aim::Sized => sized(now, rng, market, budget, 5, 60),
            Aim::TooLarge if rng.chance(10) => rng.pick(&[-1, 1]) << rng.range(30, 46),
            Aim::TooLarge => sized(now, rng, market, budget, 120, 3_000),
            Aim::Reduce if rng.chance(40) => -held,
            Aim::Reduce => -held.signum() * rng.range(1, held.abs()),
            Aim::Flip => -held.signum() * rng.range(held.abs() + 1, held.abs() * 2 + 1),
        };
        Leg {
            market,
            lots,
            price: price(now, rng, market, aim == Aim::Reduce),
        }
    };
    markets.into_iter().map(leg).collect()
}

/// Lots that need between `low` and `high` per cent of a budget as initial margin, either way.
fn sized(now: &Snapshot, rng: &mut Rng, market: u16, budget: i64, low: i64, high: i64) -> i64 {
    let row = &now.tables.markets[usize::from(market)];
    let asset = &now.tables.assets[usize::from(row.asset)];
    let percent = i128::from(rng.range(low, high));
    let price = i128::from(asset.index.0 >> 16).max(1);
    let rate = i128::from(row.rates_bps[0].max(1));
    let lots = i128::from(budget) * percent * 100 / (price * rate);
    let lots = lots.clamp(1, 1 << 44) as i64;
    rng.pick(&[-lots, lots])
}

/// A price in ticks: near what a lot is worth, at the edge of the band, or outside.
pub(super) fn price(now: &Snapshot, rng: &mut Rng, market: u16, reduces: bool) -> u64 {
    let row = &now.tables.markets[usize::from(market)];
    let asset = &now.tables.assets[usize::from(row.asset)];
    // Whoever only reduces may be asked for a price that costs more than it releases.
    let edge = if reduces { 50 } else { 9 };
    let permille = rng.weighted(&[(86, 150), (edge, 990), (5, 1_600)]);
    let share = i128::from(rng.range(-permille, permille));
    let index = i128::from(asset.index.0);
    let away = ((index * i128::from(row.price_band.0)) >> 20) * share / 1_000;
    let fair = i128::from(worth(now, market).0);
    let least = i128::from(row.is_option());
    (((fair + away) >> 16) / i128::from(row.tick_size)).max(least) as u64
}
