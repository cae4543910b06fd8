//! Random slices, and takes of collateral.

use super::{
    Action, Kind,
    choose::{guards, trader_of},
};
use crate::{
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};
use counterweight::{CollateralArgs, SliceArgs};
use counterweight_sdk::liquidation::sliced_markets;

/// Accounts that owe cash, hold collateral, have no position, and are below what they owe.
pub(super) fn debtors(world: &World, now: &Snapshot) -> Vec<usize> {
    let owes = |seat: &usize| {
        let core = &now.margin(&world.seats[*seat].margin).header.core;
        let holds = core.balances.iter().any(|balance| balance.atoms > 0);
        let alone = core.position_count == 0 && core.cash.0 < 0 && holds;
        alone && world.health(now, *seat).is_some_and(|h| !h.is_met())
    };
    (0..world.seats.len()).filter(owes).collect()
}

/// The interest of somebody, mostly of who owes some.
pub(super) fn accrue(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let owes = |seat: &usize| now.margin(&world.seats[*seat].margin).header.core.cash.0 < 0;
    let owing: Vec<usize> = (0..world.seats.len()).filter(owes).collect();
    let seat = if owing.is_empty() || rng.chance(20) {
        rng.below(world.seats.len() as u64) as usize
    } else {
        rng.pick(&owing)
    };
    let account = world.seats[seat].margin;
    let x = &world.exchange;
    let accrue = x.venue.accrue_interest(&x.collaterals[0], account);
    let deed = Deed::Accrue { account };
    Action::new(Kind::Accrue, deed, accrue, &[], format!("of {seat}"))
}

/// Of a victim's positions, or now and then of one that has none.
pub(super) fn slice(
    world: &World,
    now: &Snapshot,
    rng: &mut Rng,
    (victim, taker): (usize, usize),
) -> Action {
    let (liquidatee, liquidator) = (world.seats[victim].margin, world.seats[taker].margin);
    let mut markets = sliced_markets(&now.tables, now.margin(&liquidatee));
    if rng.chance(4) {
        markets.reverse();
    }
    if rng.chance(3) {
        markets.pop();
    }
    let most = match rng.below(10) {
        0 => 0,
        1 => 1 + rng.below(1 << 8) as u32,
        2..5 => 1 + rng.below(1 << 20) as u32,
        _ => 1 << 20,
    };
    let args = SliceArgs {
        max_fraction: most,
        min_reward_bps: if rng.chance(10) { 40 } else { 0 },
        guards: guards(rng, now.margin(&liquidator).header.sequence),
    };
    let signer = trader_of(world, now, rng, taker);
    let venue = world.exchange.venue;
    let key = world.key(signer);
    let take = venue.liquidate_slice(key, liquidatee, liquidator, &markets, args);
    let note = format!("{victim} by {taker}, signed by {signer}: {args:?}");
    let deed = Deed::Slice {
        liquidatee,
        liquidator,
        most,
    };
    Action::new(Kind::Slice, deed, take, &[signer], note)
}

/// Of somebody who owes, or of anybody.
pub(super) fn seize(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let owing = debtors(world, now);
    let (victim, taker) = world.two_seats(rng);
    let victim = if owing.is_empty() {
        victim
    } else {
        rng.pick(&owing)
    };
    let taker = if rng.chance(65) {
        rng.pick(&[0, 2])
    } else {
        taker
    };
    let (liquidatee, liquidator) = (world.seats[victim].margin, world.seats[taker].margin);
    let core = &now.margin(&liquidatee).header.core;
    let held: Vec<_> = core.balances.iter().filter(|b| b.atoms > 0).collect();
    let asset = if held.is_empty() || rng.chance(5) {
        rng.below(now.tables.assets.len() as u64) as u16
    } else {
        held[rng.below(held.len() as u64) as usize].asset
    };
    let max_atoms = match rng.below(10) {
        0 => 0,
        1 => 1,
        2..6 => 1 + rng.below(core.balance(asset).max(1)),
        _ => u64::MAX,
    };
    let args = CollateralArgs {
        asset,
        max_atoms,
        limit_price: None,
        guards: guards(rng, now.margin(&liquidator).header.sequence),
    };
    let signer = trader_of(world, now, rng, taker);
    let venue = world.exchange.venue;
    let key = world.key(signer);
    let take = venue.liquidate_collateral(key, liquidatee, liquidator, args);
    let note = format!("{victim} by {taker}, signed by {signer}: {args:?}");
    let deed = Deed::Seize {
        liquidatee,
        liquidator,
        asset,
        most: max_atoms,
    };
    Action::new(Kind::Seize, deed, take, &[signer], note)
}
