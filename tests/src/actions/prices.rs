//! Time and prices: small moves, jumps, wide intervals, averages that lag, gaps.

use super::{Action, Kind, Quote};
use crate::{
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};
use counterweight_risk::asset::ORACLE_NONE;

/// Nothing but the passing of time.
pub(super) fn elapse(kind: Kind, seconds: i64, note: String) -> Action {
    Action {
        kind,
        deed: Deed::Surroundings,
        seconds,
        quotes: Vec::new(),
        instructions: Vec::new(),
        signers: Vec::new(),
        note,
    }
}

pub(super) fn clock(_: &World, _: &Snapshot, rng: &mut Rng) -> Action {
    let (low, high) = rng.weighted(&[(70, (1, 20)), (20, (21, 90)), (10, (250, 400))]);
    let seconds = rng.range(low, high);
    elapse(Kind::Clock, seconds, format!("{seconds} seconds"))
}

pub(super) fn with_oracle(now: &Snapshot) -> Vec<u16> {
    let has = |asset: &u16| now.tables.assets[usize::from(*asset)].oracle_kind != ORACLE_NONE;
    (0..now.tables.assets.len() as u16).filter(has).collect()
}

pub(super) fn calm(world: &World, asset: u16) -> Quote {
    let price = world.exchange.prices[usize::from(asset)];
    Quote {
        asset,
        price,
        confidence: price.unsigned_abs() / 2_000,
        average: price,
    }
}

/// A new price of an asset: small moves, jumps, wide intervals, averages that lag.
fn moved(world: &World, rng: &mut Rng, asset: u16) -> Quote {
    let before = world.exchange.prices[usize::from(asset)];
    let start = world.start_prices[usize::from(asset)];
    let permille = match (asset, rng.below(10)) {
        (0, 0) => rng.range(-25, 25), // the quote token is stable, mostly
        (0, _) => rng.range(-3, 3),
        (_, 0..3) => rng.range(-15, 15),
        (_, 3..6) => rng.range(-60, 60),
        _ => rng.range(-150, 150),
    };
    // Back towards where it started from far away.
    let (low, high) = if asset == 0 {
        (start * 97 / 100, start * 103 / 100)
    } else {
        (start / 3, start * 3)
    };
    let price = (before + before / 1_000 * permille + rng.range(0, 999)).clamp(low, high);
    let confidence = match rng.below(20) {
        0 => price / rng.range(20, 90), // beyond 1 %
        1 => 0,
        _ => price / rng.range(300, 5_000),
    };
    let average = match rng.below(12) {
        0 => before,
        1 => price / 1_000 * rng.range(850, 1_150), // divergent, often
        _ => price - price / 1_000 * rng.range(-20, 20),
    };
    Quote {
        asset,
        price,
        confidence: confidence.unsigned_abs(),
        average,
    }
}

/// A jump to the loss of whoever holds these lots; the average follows, mostly.
fn against(world: &World, rng: &mut Rng, asset: u16, lots: i64) -> Quote {
    let start = world.start_prices[usize::from(asset)];
    let before = world.exchange.prices[usize::from(asset)];
    let change = before / 1_000 * rng.range(30, 140) * -lots.signum();
    let price = (before + change).clamp(start / 3, start * 3);
    let average = if rng.chance(80) { price } else { before };
    Quote {
        asset,
        price,
        confidence: price.unsigned_abs() / 1_000,
        average,
    }
}

pub(super) fn price_move(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let mut asset = rng.pick(&with_oracle(now));
    let mut quote = moved(world, rng, asset);
    let held = now.margin(&rng.pick(&world.seats).margin).positions();
    if !held.is_empty() && rng.chance(40) {
        let position = held[rng.below(held.len() as u64) as usize];
        asset = position.asset;
        quote = against(world, rng, asset, position.lots.0);
    }
    let mut action = elapse(Kind::PriceMove, rng.range(1, 3), format!("{quote:?}"));
    action.quotes = vec![quote];
    action.instructions = vec![world.exchange.refresh_instruction(&[asset])];
    action
}

/// A price that nobody brings to the chain.
pub(super) fn price_gap(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let asset = rng.pick(&with_oracle(now));
    let quote = moved(world, rng, asset);
    let mut action = elapse(Kind::PriceGap, rng.range(1, 3), format!("{quote:?}"));
    action.quotes = vec![quote];
    action
}

/// Calm prices of some or all assets; sometimes with the wrong accounts.
pub(super) fn refresh(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let mut assets = with_oracle(now);
    if rng.chance(20) {
        let one = rng.pick(&assets);
        assets.retain(|asset| *asset == one || rng.chance(50));
    }
    let quotes = assets.iter().map(|asset| calm(world, *asset)).collect();
    let mut action = elapse(Kind::Refresh, rng.range(1, 2), format!("{assets:?}"));
    action.quotes = quotes;
    action.instructions = vec![world.exchange.refresh_instruction(&assets)];
    if rng.chance(5) {
        let at = rng.below(assets.len() as u64) as usize;
        let wrong = (assets[at] % 3) + 1;
        let wrong = if wrong == assets[at] { 3 } else { wrong };
        let mut pairs: Vec<_> = assets
            .iter()
            .map(|asset| (*asset, world.exchange.price_account(*asset)))
            .collect();
        pairs[at].1 = world.exchange.price_account(wrong);
        action.instructions = vec![world.exchange.venue.refresh_prices(&pairs)];
        action.note = format!("{assets:?}, the wrong account for {}", assets[at]);
    }
    action
}
