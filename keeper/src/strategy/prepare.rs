//! What has to be done to an account before anything of it can change hands: its orders go, its fills arrive, its
//! positions in markets that have ended are closed, and those that lag behind a deleveraging catch up.

use super::{
    bundle::Step,
    rehearsal::Rehearsal,
    scene::{Idle, Scene},
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{
    accounts::{Margin, OrderBook},
    program::book::{Entry, Order},
    risk::{Position, market::MODE_SETTLEMENT, orders::Side},
};

/// Orders that one instruction prunes; it could do more, and would need more memory for its event.
const PRUNED: usize = 32;
/// Units of each order beyond the first. Measured: some 1,200.
const AN_ORDER: u32 = 2_000;
/// Entries that one instruction settles.
const SETTLED: usize = 24;
/// Entries that were measured, and units of each beyond.
const MEASURED: usize = 8;
const AN_ENTRY: u32 = 3_000;

/// All orders of an account in a book: side and lots.
pub fn orders_of<'a>(book: &'a OrderBook, key: &Pubkey) -> impl Iterator<Item = &'a Order> {
    let maker = key.to_bytes();
    let slots = book.lanes.iter().flatten();
    slots
        .filter_map(|slot| book.orders.get(usize::from(*slot)))
        .filter(move |order| order.maker == maker)
}

/// What waits for an account in a queue.
pub fn entries_of<'a>(book: &'a OrderBook, key: &Pubkey) -> impl Iterator<Item = &'a Entry> {
    let maker = key.to_bytes();
    book.queue.iter().filter(move |entry| entry.maker == maker)
}

/// The steps that prune so many orders.
pub fn prunes(scene: &Scene, key: Pubkey, market: u16, orders: usize) -> Vec<Step> {
    parts(orders, PRUNED)
        .map(|(number, limit)| Step {
            instruction: scene.venue().prune_orders(key, market, limit),
            extra: (number.saturating_sub(1)) * AN_ORDER,
        })
        .collect()
}

/// The steps that settle so many entries of one maker.
pub fn settlements(scene: &Scene, key: Pubkey, market: u16, entries: usize) -> Vec<Step> {
    parts(entries, SETTLED)
        .map(|(number, limit)| Step {
            instruction: scene.venue().settle_fills(market, &[key], limit),
            extra: extra_of_entries(number as usize),
        })
        .collect()
}

/// Units of so many entries beyond what was measured.
pub fn extra_of_entries(entries: usize) -> u32 {
    let more = u32::try_from(entries.saturating_sub(MEASURED)).unwrap_or(0);
    more * AN_ENTRY
}

/// A number in parts of at most `most`: each as a count of work, and as the instruction's limit.
fn parts(all: usize, most: usize) -> impl Iterator<Item = (u32, u8)> {
    (0..all).step_by(most).map(move |done| {
        let part = (all - done).min(most);
        (
            u32::try_from(part).unwrap_or(0),
            u8::try_from(part).unwrap_or(u8::MAX),
        )
    })
}

/// Prepares an account in a rehearsal; the steps that do it on the chain.
///
/// # Errors
/// [`Idle::Unsettled`] where a book that is known does not fit the account.
pub fn all(scene: &Scene, rehearsal: &mut Rehearsal, key: Pubkey) -> Result<Vec<Step>, Idle> {
    let mut steps = Vec::new();
    for position in with_orders(&rehearsal.account) {
        clear(scene, rehearsal, key, position.market, &mut steps)?;
    }
    for position in rehearsal.account.positions().to_vec() {
        let market = position.market;
        let row = scene
            .tables
            .markets
            .get(usize::from(market))
            .ok_or(Idle::Unknown)?;
        if row.mode == MODE_SETTLEMENT {
            rehearsal
                .settle_position(market)
                .map_err(|_| Idle::Unknown)?;
            steps.push(scene.venue().settle_position(key, market).into());
        } else if !position.is_current(row) && position.lots.0 != 0 {
            rehearsal.catch_up(market).map_err(|_| Idle::Unknown)?;
            steps.push(scene.venue().catch_up(key, market).into());
        }
    }
    Ok(steps)
}

fn with_orders(margin: &Margin) -> Vec<Position> {
    let rests = |position: &&Position| position.bid_lots.0 != 0 || position.ask_lots.0 != 0;
    margin.positions().iter().filter(rests).copied().collect()
}

/// Takes an account's orders out of one market, and brings it what waits for it there.
fn clear(
    scene: &Scene,
    rehearsal: &mut Rehearsal,
    key: Pubkey,
    market: u16,
    steps: &mut Vec<Step>,
) -> Result<(), Idle> {
    let book = scene.state.market(market).ok_or(Idle::Unsettled)?;
    let orders: Vec<(Side, i64)> = orders_of(book, &key)
        .map(|order| (order.side(), order.lots))
        .collect();
    for (side, lots) in &orders {
        rehearsal
            .prune(market, *side, *lots)
            .map_err(|_| Idle::Unsettled)?;
    }
    let entries: Vec<Entry> = entries_of(book, &key).copied().collect();
    for entry in &entries {
        rehearsal
            .settle(market, entry)
            .map_err(|_| Idle::Unsettled)?;
    }
    let left = with_orders(&rehearsal.account);
    if left.iter().any(|position| position.market == market) {
        return Err(Idle::Unsettled);
    }
    steps.extend(prunes(scene, key, market, orders.len()));
    steps.extend(settlements(scene, key, market, entries.len()));
    Ok(())
}
