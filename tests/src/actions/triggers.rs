//! Trigger orders near the index, so that they fire, and whoever executes them.

use super::{
    Action, Kind,
    choose::{seat, trader_of},
};
use crate::{
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};
use anchor_lang::prelude::Pubkey;
use counterweight::TriggerArgs;
use counterweight_risk::orders::Side;
use counterweight_sdk::{
    accounts,
    trading::{Actor, open_triggers},
};

/// The triggers of a seat, where it has opened them.
fn triggers(world: &World, account: &Pubkey) -> Option<counterweight::state::Triggers> {
    let key = world.exchange.venue.triggers(account);
    accounts::triggers(&world.exchange.chain.data(&key)).ok()
}

/// Places a trigger order; opens the account for them before.
pub(super) fn place(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let at = seat(world, rng);
    let account = world.seats[at].margin;
    let deed = Deed::Manage { account };
    if triggers(world, &account).is_none() {
        let owner = world.seats[at].owner;
        let open = open_triggers(world.key(owner), account);
        return Action::new(Kind::OpenTriggers, deed, open, &[owner], format!("of {at}"));
    }
    let positions = now.margin(&account).positions();
    let (market, lots) = match positions.is_empty() || rng.chance(5) {
        true => (rng.below(now.markets.len() as u64) as u16, 1),
        false => {
            let position = rng.pick(positions);
            (position.market, position.lots.0)
        }
    };
    let row = &now.tables.markets[usize::from(market)];
    let asset = &now.tables.assets[usize::from(row.asset)];
    let ticks = (asset.index.0 >> 16) / row.tick_size;
    let near = |rng: &mut Rng, permille: u64| ticks / 1_000 * rng.below(permille);
    let above = rng.chance(50);
    let off = near(rng, 30);
    // Half of them have been crossed already.
    let price = if above == rng.chance(50) {
        ticks + off
    } else {
        ticks - off
    };
    let args = TriggerArgs {
        market,
        side: if lots > 0 { Side::Sell } else { Side::Buy },
        above,
        price,
        trail: if rng.chance(15) { near(rng, 20) } else { 0 },
        slippage: near(rng, 60) + 1,
        lots: 1 + rng.below(lots.unsigned_abs().max(1)),
        expires: if rng.chance(10) {
            now.time + rng.range(-10, 600)
        } else {
            0
        },
        client_id: 0,
    };
    let signer = trader_of(world, now, rng, at);
    let venue = &world.exchange.venue;
    let place = venue.place_trigger(world.key(signer), account, args);
    let note = format!("of {at}, by {signer}: {args:?}");
    Action::new(Kind::PlaceTrigger, deed, place, &[signer], note)
}

/// Executes one, with makers at hand or not.
pub(super) fn execute(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let mut found = Vec::new();
    for (at, seat) in world.seats.iter().enumerate() {
        let Some(triggers) = triggers(world, &seat.margin) else {
            continue;
        };
        for (place, entry) in triggers.entries.iter().enumerate() {
            if entry.lots != 0 {
                found.push((at, place as u8, entry.market));
            }
        }
    }
    if found.is_empty() {
        return place(world, now, rng);
    }
    let (at, place, market) = rng.pick(&found);
    let by = if rng.chance(95) {
        (at + 1 + rng.below(5) as usize) % 6
    } else {
        at
    };
    let signer = trader_of(world, now, rng, by);
    let actor = Actor {
        authority: world.key(signer),
        margin_account: world.seats[by].margin,
        market,
    };
    let makers: Vec<Pubkey> = world
        .seats
        .iter()
        .enumerate()
        .filter(|(seat, _)| *seat != at && *seat != by && rng.chance(70))
        .map(|(_, seat)| seat.margin)
        .collect();
    let account = world.seats[at].margin;
    let venue = &world.exchange.venue;
    let execute = venue.execute_trigger(&actor, account, place, &makers);
    let deed = Deed::Trigger {
        account,
        executor: actor.margin_account,
        market,
    };
    let note = format!(
        "{place} of {at} in {market}, by {by}, makers {}",
        makers.len()
    );
    Action::new(Kind::Execute, deed, execute, &[signer], note)
}
