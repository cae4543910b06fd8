//! The backstop: what it has taken over is for sale, and where it is spent it is closed against the other side.

use super::{
    bundle::Bundle,
    defaults::{self, Called},
    job::Kind,
    prepare,
    rehearsal::Rehearsal,
    scene::{Idle, Round, Scene},
    takeover::{self, Slices, Terms, by_requirement},
    victim::{Auction, purse},
};
use counterweight_sdk::{accounts::Margin, program::state::PAUSE_LIQUIDATE};

/// Decides about the backstop.
pub fn plan(scene: &Scene, round: &mut Round) {
    let key = scene.venue().backstop();
    let Some(margin) = scene.state.backstop() else {
        return;
    };
    let holds = margin
        .header
        .core
        .balances
        .iter()
        .any(|held| held.atoms > 0);
    if round.is_full() || (margin.positions().is_empty() && !holds) {
        return;
    }
    if scene.is_paused(PAUSE_LIQUIDATE) || (scene.busy)(&key) || round.has(&key) {
        return;
    }
    if let Err(why) = decide(scene, round, margin) {
        round.leave(key, why);
    }
}

fn decide(scene: &Scene, round: &mut Round, margin: Margin) -> Result<(), Idle> {
    let duties = &scene.config.duties;
    let called = Called::upon(scene, margin.clone()).map_err(|_| Idle::Unknown)?;
    if called.is_spent() {
        if !duties.defaults.enabled || !duties.defaults.deleverage {
            return Err(Idle::Off);
        }
        return close(scene, round, margin);
    }
    if !duties.backstop.enabled {
        return Err(Idle::Off);
    }
    buy(scene, round, margin)
}

/// Buys what is worth its price.
fn buy(scene: &Scene, round: &mut Round, margin: Margin) -> Result<(), Idle> {
    let key = scene.venue().backstop();
    let own = scene.own.clone().ok_or(Idle::NoAccount)?;
    let terms = Terms {
        slices: Slices::Never,
        collateral: true,
        most: scene.config.duties.liquidations.max_takes,
        min_profit: scene.config.duties.backstop.min_profit_atoms,
    };
    let reserve = round.reserve.clone();
    let purse = purse(scene, &reserve)?;
    let mut rehearsal = Rehearsal::new(scene.tables, scene.now, margin, own);
    let steps = prepare::all(scene, &mut rehearsal, key)?;
    let mut plan = takeover::plan(scene, &rehearsal, (key, &steps), &purse, terms)?;
    plan.bundle.id.kind = match plan.bundle.id.kind {
        Kind::Collateral => Kind::BuyCollateral,
        _ => Kind::BuyLots,
    };
    let auction = Auction {
        scene,
        rehearsal: &rehearsal,
        key,
        steps: &steps,
        purse: &purse,
        terms,
    };
    let worth = plan.expected.profit() >= terms.min_profit;
    match auction.ripe_after(worth, 0) {
        Some(0) => {
            round.push(plan.job(scene));
            Ok(())
        }
        Some(seconds) => {
            round.wake_at(scene.now.saturating_add(seconds));
            Err(Idle::Waits)
        }
        None => Err(Idle::Unprofitable),
    }
}

/// Closes its positions against the other side, the one that requires most first.
fn close(scene: &Scene, round: &mut Round, margin: Margin) -> Result<(), Idle> {
    let key = scene.venue().backstop();
    let mut rehearsal = Rehearsal::new(scene.tables, scene.now, margin.clone(), margin.clone());
    let steps = prepare::all(scene, &mut rehearsal, key)?;
    for market in by_requirement(scene, &rehearsal) {
        let mut bundle = Bundle::new(Kind::DeleverageBackstop, key).of_account(scene, key, &margin);
        bundle.steps = steps.clone();
        let last = scene.venue().deleverage_backstop(market);
        if defaults::close(
            scene,
            round,
            &rehearsal.account,
            market,
            (bundle, last.into()),
        )? {
            return Ok(());
        }
    }
    Err(Idle::Stuck)
}
