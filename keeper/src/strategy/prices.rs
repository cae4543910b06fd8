//! Prices that nothing else brings.

use super::{
    bundle::Bundle,
    job::{Kind, Watch},
    scene::{Round, Scene},
};

/// Brings the newer prices that count and that no job of the round brings along, as many as a transaction may.
pub fn plan(scene: &Scene, round: &mut Round) {
    let book = scene.venue().risk_book;
    if round.is_full() || (scene.busy)(&book) || round.has(&book) {
        return;
    }
    let brought: Vec<u16> = round
        .jobs
        .iter()
        .flat_map(|job| job.prices.clone())
        .collect();
    let due = scene.state.due().iter().copied();
    let most = scene.config.duties.prices.max_assets;
    let mut wanted: Vec<u16> = due
        .filter(|asset| !brought.contains(asset))
        .take(most)
        .collect();
    while !wanted.is_empty() {
        let mut bundle = Bundle::new(Kind::Prices, book);
        bundle.prices.clone_from(&wanted);
        bundle.watch = wanted
            .iter()
            .filter_map(|asset| watch(scene, *asset))
            .collect();
        if let Some(job) = bundle.service(scene) {
            round.push(job);
            return;
        }
        wanted.pop();
    }
}

fn watch(scene: &Scene, asset: u16) -> Option<Watch> {
    let row = scene.tables.assets.get(usize::from(asset))?;
    Some(Watch::Price(asset, row.publish_time))
}
