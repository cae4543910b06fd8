//! Accounts that lag behind a deleveraging of their market, and what rounding leaves over once none does.

use super::{
    Turns,
    bundle::{Bundle, Part, share_out},
    job::{JobId, Kind, Reserve},
    scene::{Round, Scene},
};
use anchor_lang::prelude::Pubkey;
use counterweight_sdk::{accounts::OrderBook, risk::Position};

/// Brings accounts up, and sweeps what is left over.
pub fn plan(scene: &Scene, turns: Turns, round: &mut Round) {
    let duty = &scene.config.duties.defaults;
    if !duty.enabled || !duty.catch_up || !turns.laggards {
        return;
    }
    for (market, book) in scene.state.markets() {
        if book.header.behind != [0, 0] {
            catch_up(scene, round, market);
        }
        sweep(scene, round, market, book);
    }
}

/// Brings all accounts up that lag in a market; whether there is something to do.
pub fn catch_up(scene: &Scene, round: &mut Round, market: u16) -> bool {
    let Some(row) = scene.tables.markets.get(usize::from(market)) else {
        return false;
    };
    let lags = |position: &&Position| {
        position.market == market && position.lots.0 != 0 && !position.is_current(row)
    };
    let fleet = scene.state.fleet();
    let mut keys: Vec<Pubkey> = fleet.keys().collect();
    keys.sort_unstable();
    let mut parts = Vec::new();
    for key in keys {
        // Takeovers bring the keeper's own account up by themselves, and may come before.
        let taking = key == scene.identity.account && round.reserve != Reserve::default();
        if taking || (scene.busy)(&key) || round.has(&key) {
            continue;
        }
        let Some(margin) = fleet.margin(&key) else {
            continue;
        };
        if margin.positions().iter().any(|position| lags(&position)) {
            let step = scene.venue().catch_up(key, market).into();
            parts.push(Part::of_account(key, &margin, vec![step]));
        }
    }
    let any = !parts.is_empty();
    let id = JobId {
        kind: Kind::CatchUp,
        subject: scene.venue().market(market),
    };
    for job in share_out(scene, id, &[], parts) {
        round.push(job);
    }
    any
}

/// Gives the backstop the lots that nobody has after everybody caught up: long ones, which longs gave up and shorts
/// kept.
fn sweep(scene: &Scene, round: &mut Round, market: u16, book: &OrderBook) {
    let backstop = scene.venue().backstop();
    let Some(margin) = scene.state.backstop() else {
        return;
    };
    for (side, sign) in [(0u8, -1), (1u8, 1)] {
        let at = usize::from(side);
        let left = book.header.unsettled[at].saturating_mul(sign);
        if book.header.behind[at] != 0 || left <= 0 || (scene.busy)(&backstop) {
            continue;
        }
        let mut bundle = Bundle::new(Kind::SweepDust, scene.venue().market(market))
            .of_account(scene, backstop, &margin);
        bundle.locks.push(backstop);
        bundle
            .steps
            .push(scene.venue().sweep_dust(market, side).into());
        if let Some(job) = bundle.service(scene) {
            round.push(job);
        }
    }
}
