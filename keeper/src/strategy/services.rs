//! Work that earns nothing and keeps the clearinghouse going: fills, funding, expired orders, fees and interest, markets
//! that have ended.

use super::{
    Turns,
    bundle::{Bundle, Part, Step, prices_of, share_out},
    job::{JobId, Kind, Watch},
    prepare,
    scene::{Round, Scene},
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    accounts::{Margin, OrderBook},
    program::book::Order,
    risk::{Asset, Market, market::MODE_SETTLEMENT},
};
use std::collections::BTreeMap;

/// How long the change of an account without a sequence is waited for after its confirmation.
const SEEN_MS: u64 = 3_000;
/// A scale of the requirement is written anew when it is off by so much, of 2^20: one percent.
const SCALE: u32 = (1 << 20) / 100;
/// A debt is counted anew when it is off by so many times the least interest that is swept.
const COUNTED: u64 = 100;

/// Decides about all of them.
pub fn plan(scene: &Scene, turns: Turns, round: &mut Round) {
    let duties = &scene.config.duties;
    if turns.fills && duties.fills.enabled {
        fills(scene, round);
    }
    if turns.settlement && duties.settlement.enabled {
        ended(scene, round);
    }
    if turns.funding && duties.funding.enabled {
        funding(scene, round);
    }
    if turns.pruning && duties.pruning.enabled {
        expired(scene, round);
    }
    if turns.sweeps && duties.sweeps.enabled {
        fees(scene, round);
        interest(scene, round);
    }
}

/// A margin account that nothing is under way with.
fn idle(scene: &Scene, round: &Round, key: &Pubkey) -> Option<Margin> {
    if (scene.busy)(key) || round.has(key) {
        return None;
    }
    scene.state.fleet().margin(key)
}

fn push_all(scene: &Scene, round: &mut Round, (kind, subject): (Kind, Pubkey), parts: Vec<Part>) {
    for job in share_out(scene, JobId { kind, subject }, &[], parts) {
        round.push(job);
    }
}

/// Fills that wait too long, or too many that wait.
fn fills(scene: &Scene, round: &mut Round) {
    let duty = &scene.config.duties.fills;
    for (market, book) in scene.state.markets() {
        let oldest = book.queue.iter().map(|entry| entry.time).min();
        let late = oldest
            .is_some_and(|time| scene.now.saturating_sub(time) >= i64::from(duty.max_wait_seconds));
        if !late && book.queue.len() < duty.max_waiting {
            continue;
        }
        let mut waiting: BTreeMap<Pubkey, usize> = BTreeMap::new();
        for entry in &book.queue {
            *waiting
                .entry(Pubkey::new_from_array(entry.maker))
                .or_default() += 1;
        }
        let parts = waiting.into_iter().filter_map(|(maker, entries)| {
            let margin = idle(scene, round, &maker)?;
            let steps = prepare::settlements(scene, maker, market, entries);
            Some(Part::of_account(maker, &margin, steps))
        });
        let parts = parts.collect();
        push_all(
            scene,
            round,
            (Kind::Fills, scene.venue().market(market)),
            parts,
        );
    }
}

/// Contracts that have ended, and positions in markets that are in settlement, orders and fills in them first.
fn ended(scene: &Scene, round: &mut Round) {
    for (market, book) in scene.state.markets() {
        let row = scene.tables.markets.get(usize::from(market));
        if row.is_some_and(|row| row.awaits_settlement(scene.now)) {
            settle_expired(scene, round, market);
        }
        let header = &book.header;
        let left = header.open_long > 0 || header.open_short > 0 || header.unsettled != [0, 0];
        if left && row.is_some_and(|row| row.mode == MODE_SETTLEMENT) {
            settle_market(scene, round, market, book);
        }
    }
}

/// Fixes what a contract is worth that has ended, as soon as that is possible: until then nobody is liquidated by it.
/// Brings the price of its end along where that is not recorded yet.
fn settle_expired(scene: &Scene, round: &mut Round, market: u16) {
    let book = scene.tables.book();
    let price = book.market(market).and_then(|row| {
        let asset = book.asset(row.asset)?;
        row.contract.settles_at(row.asset, asset, scene.now)?;
        Ok(row.asset)
    });
    let subject = scene.venue().market(market);
    let (Ok(asset), false) = (price, (scene.busy)(&subject)) else {
        return;
    };
    let mut bundle = Bundle::new(Kind::Settle, subject);
    bundle.prices = prices_of(scene, &[], &[asset]);
    bundle.watch = vec![Watch::Time(SEEN_MS)];
    bundle
        .steps
        .push(scene.venue().settle_expired(market).into());
    if let Some(job) = bundle.service(scene) {
        round.push(job);
    }
}

fn settle_market(scene: &Scene, round: &mut Round, market: u16, book: &OrderBook) {
    let fleet = scene.state.fleet();
    let mut keys: Vec<Pubkey> = fleet.keys().collect();
    keys.sort_unstable();
    let mut parts = Vec::new();
    for key in keys {
        let Some(margin) = idle(scene, round, &key) else {
            continue;
        };
        if !margin
            .positions()
            .iter()
            .any(|position| position.market == market)
        {
            continue;
        }
        let orders = prepare::orders_of(book, &key).count();
        let entries = prepare::entries_of(book, &key).count();
        let mut steps = prepare::prunes(scene, key, market, orders);
        steps.extend(prepare::settlements(scene, key, market, entries));
        if has_lots_after(&margin, market, book, &key) {
            steps.push(scene.venue().settle_position(key, market).into());
        }
        parts.push(Part::of_account(key, &margin, steps));
    }
    push_all(
        scene,
        round,
        (Kind::Settle, scene.venue().market(market)),
        parts,
    );
}

/// Whether an account still has a position once its orders are gone and its fills have arrived: one without lots goes
/// with its last order.
fn has_lots_after(margin: &Margin, market: u16, book: &OrderBook, key: &Pubkey) -> bool {
    let found = margin
        .positions()
        .iter()
        .find(|position| position.market == market);
    let filled: i64 = prepare::entries_of(book, key)
        .filter(|entry| entry.kind == counterweight_sdk::program::book::queue::FILLED)
        .map(|entry| {
            if entry.side == 0 {
                entry.lots
            } else {
                -entry.lots
            }
        })
        .sum();
    found.is_some_and(|position| position.lots.0.saturating_add(filled) != 0)
}

/// Markets whose funding has come to something, or whose requirement is scaled by what open interest was.
fn funding(scene: &Scene, round: &mut Round) {
    let (mut parts, mut prices) = (Vec::new(), Vec::new());
    for (market, book) in scene.state.markets() {
        let Some(row) = scene.tables.markets.get(usize::from(market)) else {
            continue;
        };
        let Ok(asset) = scene.tables.book().asset(row.asset) else {
            continue;
        };
        if moves(scene, row, asset, book) {
            parts.push(Part::alone(scene.venue().update_funding(market)));
            if scene.state.due().contains(&row.asset) {
                prices.push(row.asset);
            }
        }
    }
    let subject = scene.venue().clearinghouse;
    if parts.is_empty() || (scene.busy)(&subject) {
        return;
    }
    prices.sort_unstable();
    prices.dedup();
    if scene.state.due().first() == Some(&0) && !prices.is_empty() {
        prices.insert(0, 0);
    }
    let id = JobId {
        kind: Kind::Funding,
        subject,
    };
    for mut job in share_out(scene, id, &prices, parts) {
        job.watch = vec![Watch::Time(SEEN_MS)];
        round.push(job);
    }
}

fn moves(scene: &Scene, row: &Market, asset: &Asset, book: &OrderBook) -> bool {
    let fresh = asset.check_maintenance(row.asset, scene.now).is_ok();
    if row.mode == MODE_SETTLEMENT || !fresh {
        return false;
    }
    let mut funding = book.header.funding;
    funding.advance(scene.now, row.funding_interval, row.funding_cap);
    let mut scaled = *row;
    let exposure = book.header.exposure().unsigned_abs();
    let off = scaled.rescale(exposure).is_ok() && scaled.scale.0.abs_diff(row.scale.0) >= SCALE;
    funding.pending != 0 || off
}

/// Orders that have expired, by maker.
fn expired(scene: &Scene, round: &mut Round) {
    let least = scene.config.duties.pruning.min_orders;
    let is_over = |order: &&Order| order.expires != 0 && order.expires <= scene.now;
    for (market, book) in scene.state.markets() {
        let mut found: BTreeMap<Pubkey, usize> = BTreeMap::new();
        let slots = book.lanes.iter().flatten();
        let orders = slots.filter_map(|slot| book.orders.get(usize::from(*slot)));
        for order in orders.filter(is_over) {
            *found
                .entry(Pubkey::new_from_array(order.maker))
                .or_default() += 1;
        }
        let parts = found.into_iter().filter(|(_, orders)| *orders >= least);
        let parts = parts.filter_map(|(maker, orders)| {
            let margin = idle(scene, round, &maker)?;
            let steps = prepare::prunes(scene, maker, market, orders);
            Some(Part::of_account(maker, &margin, steps))
        });
        let parts = parts.collect();
        push_all(
            scene,
            round,
            (Kind::Prune, scene.venue().market(market)),
            parts,
        );
    }
}

/// What has accrued in markets.
fn fees(scene: &Scene, round: &mut Round) {
    for (market, book) in scene.state.markets() {
        let subject = scene.venue().market(market);
        let sum = book.header.fees.saturating_add(book.header.insurance);
        let enough =
            u64::try_from(sum).is_ok_and(|sum| sum >= scene.config.duties.sweeps.min_fees_atoms);
        if !enough || sum == 0 || (scene.busy)(&subject) {
            continue;
        }
        let mut bundle = Bundle::new(Kind::Fees, subject);
        bundle.watch = vec![Watch::Time(SEEN_MS)];
        bundle.steps.push(scene.venue().collect_fees(market).into());
        if let Some(job) = bundle.service(scene) {
            round.push(job);
        }
    }
}

/// Accounts whose interest is worth sweeping, or whose debt is counted as something else than it is.
fn interest(scene: &Scene, round: &mut Round) {
    let Some(quote) = scene.state.collateral(0) else {
        return;
    };
    let fleet = scene.state.fleet();
    let mut keys: Vec<Pubkey> = fleet.keys().collect();
    keys.sort_unstable();
    let mut parts = Vec::new();
    for key in keys {
        let Some(margin) = idle(scene, round, &key) else {
            continue;
        };
        if owes(scene, &margin) {
            let step: Step = scene.venue().accrue_interest(&quote, key).into();
            parts.push(Part::of_account(key, &margin, vec![step]));
        }
    }
    push_all(
        scene,
        round,
        (Kind::Interest, scene.venue().clearinghouse),
        parts,
    );
}

fn owes(scene: &Scene, margin: &Margin) -> bool {
    let least = scene.config.duties.sweeps.min_interest_atoms;
    let core = &margin.header.core;
    let accrual = scene.tables.header.params.interest.accrual(scene.now);
    let owed = if core.cash.0 < 0 {
        accrual
            .owed(core.cash, core.debt.index)
            .map_or(0, |owed| owed.0)
    } else {
        0
    };
    let due = owed.saturating_add(core.debt.payable.0);
    let debt = core.cash.0.min(0).unsigned_abs();
    let off = debt.abs_diff(core.debt.counted);
    let swept = u64::try_from(due).is_ok_and(|due| due > 0 && due >= least);
    swept || (off > 0 && off >= least.saturating_mul(COUNTED))
}
