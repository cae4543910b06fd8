//! Contracts that end: the clock goes there, anybody settles them, and then each position.

use super::{
    Action, Kind, orders,
    prices::{calm, elapse, with_oracle},
};
use crate::{
    derivatives::ended,
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};
use counterweight_risk::{
    expiry::{SETTLEMENT_PATIENCE, SETTLEMENT_WINDOW},
    market::MODE_SETTLEMENT,
};

/// Towards the next end of a contract: into the half hour before, up to it or beyond it; mostly with prices of then.
pub(super) fn approach(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let rows = now.tables.markets.iter();
    let open = rows.filter(|row| row.contract.expiry != 0 && row.mode != MODE_SETTLEMENT);
    let Some(expiry) = open.map(|row| row.contract.expiry).min() else {
        return super::prices::clock(world, now, rng);
    };
    let window = expiry - SETTLEMENT_WINDOW;
    let to = if now.time < window && rng.chance(70) {
        window + rng.range(-300, 600)
    } else if now.time < expiry && rng.chance(35) {
        now.time + rng.range(1, (expiry - now.time).max(1))
    } else if now.time < expiry {
        expiry + rng.range(-2, 12)
    } else {
        expiry + SETTLEMENT_PATIENCE + rng.range(-20, 60)
    };
    let seconds = (to - now.time).max(1);
    let mut action = elapse(
        Kind::Expire,
        seconds,
        format!("{seconds} seconds, to {} before an end", expiry - to),
    );
    if rng.chance(75) {
        let assets = with_oracle(now);
        action.quotes = assets.iter().map(|asset| calm(world, *asset)).collect();
        for quote in action.quotes.iter_mut().filter(|quote| quote.asset != 0) {
            quote.price += quote.price / 1_000 * rng.range(-12, 12);
            quote.average = quote.price;
        }
        action.instructions = vec![world.exchange.refresh_instruction(&assets)];
    }
    action
}

/// Settles a contract that has ended, or closes a position in one that was settled; now and then what has not ended.
pub(super) fn settle(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let waiting = ended(now);
    let mut held = Vec::new();
    for (key, margin) in &now.margins {
        let over = margin.positions().iter().filter(|position| {
            now.tables.markets[usize::from(position.market)].mode == MODE_SETTLEMENT
        });
        held.extend(over.map(|position| (*key, *position)));
    }
    let venue = &world.exchange.venue;
    if rng.chance(5) || (waiting.is_empty() && held.is_empty() && rng.chance(30)) {
        let market = rng.below(now.markets.len() as u64) as u16;
        let settle = venue.settle_expired(market);
        let note = format!("{market}");
        return Action::new(Kind::SettleExpired, Deed::Surroundings, settle, &[], note);
    }
    if !waiting.is_empty() && (held.is_empty() || rng.chance(70)) {
        let market = rng.pick(&waiting);
        let settle = venue.settle_expired(market);
        let note = format!("{market}");
        return Action::new(Kind::SettleExpired, Deed::Surroundings, settle, &[], note);
    }
    if held.is_empty() {
        return approach(world, now, rng);
    }
    let (account, position) = rng.pick(&held);
    let seat = world.seats.iter().position(|seat| seat.margin == account);
    let open = position.bid_lots.0 + position.ask_lots.0 > 0;
    if let Some(seat) = seat.filter(|_| open && rng.chance(85)) {
        return orders::clear(world, now, rng, seat);
    }
    let market = position.market;
    let deed = Deed::SettlePosition { account, market };
    let settle = venue.settle_position(account, market);
    let note = format!("{account} in {market}: {} lots", position.lots.0);
    Action::new(Kind::SettlePosition, deed, settle, &[], note)
}
