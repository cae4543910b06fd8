//! Arrays of options that nothing else brings.

use super::{
    bundle::{Bundle, prices_of},
    job::{Kind, Watch},
    scene::{Round, Scene},
};
use crate::state::arrays::is_held;

/// Refreshes the options that are due, that lots are held of, and that no job of the round brings along: in as few
/// transactions as hold them, each with the newer prices that they are computed at.
pub fn plan(scene: &Scene, round: &mut Round) {
    let most = scene.config.duties.arrays.max_options;
    let mut bundle = begin();
    for market in wanted(scene, round) {
        let mut with = bundle.clone();
        add(scene, &mut with, market);
        if with.arrays.len() <= most && with.fit(scene).is_some() {
            bundle = with;
            continue;
        }
        finish(scene, round, bundle);
        bundle = begin();
        add(scene, &mut bundle, market);
    }
    finish(scene, round, bundle);
}

fn wanted(scene: &Scene, round: &Round) -> Vec<u16> {
    let due = scene.state.due_arrays().iter().copied();
    let open = due.filter(|market| {
        let subject = scene.venue().market(*market);
        let held = scene.state.market(*market).is_some_and(is_held);
        held && !(scene.busy)(&subject) && !round.has(&subject)
    });
    let brought = |market: &u16| round.jobs.iter().any(|job| job.arrays.contains(market));
    open.filter(|market| !brought(market)).collect()
}

fn begin() -> Bundle {
    Bundle::new(Kind::Arrays, anchor_lang::prelude::Pubkey::default())
}

fn add(scene: &Scene, bundle: &mut Bundle, market: u16) {
    let Some(row) = scene.tables.markets.get(usize::from(market)) else {
        return;
    };
    // What is recorded, not what it will be.
    let recorded = scene.state.recorded();
    let recorded = recorded.and_then(|book| book.markets.get(usize::from(market)));
    let before = recorded.map_or(0, |row| row.array.time);
    bundle.arrays.push(market);
    bundle.watch.push(Watch::Array(market, before));
    bundle.locks.push(scene.venue().market(market));
    let mut prices = prices_of(scene, &[], &[row.asset]);
    // The quote token's alone moves nothing.
    prices.retain(|asset| *asset != 0 || scene.state.due().contains(&row.asset));
    bundle.prices.extend(prices);
    bundle.prices.sort_unstable();
    bundle.prices.dedup();
}

/// The first market names the job.
fn finish(scene: &Scene, round: &mut Round, mut bundle: Bundle) {
    if bundle.arrays.is_empty() {
        return;
    }
    bundle.id.subject = bundle.locks.remove(0);
    if let Some(job) = bundle.service(scene) {
        round.push(job);
    }
}
