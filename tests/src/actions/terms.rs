//! Random changes of parameters, some of them out of bounds or by the wrong signer.

use super::{Action, Kind};
use crate::{
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::{AUTHORITY, GUARDIAN, STRANGER, World},
};
use counterweight_risk::{
    OutflowTerms,
    market::{MODE_ACTIVE, MODE_REDUCE_ONLY},
    outflow::UNLIMITED,
};

/// New terms of a market, an asset, or the clearinghouse.
pub(super) fn change(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let signer = if rng.chance(92) { AUTHORITY } else { GUARDIAN };
    let key = world.key(signer);
    let venue = &world.exchange.venue;
    let (kind, instruction, note) = match rng.below(5) {
        0..3 => {
            let market = rng.below(now.tables.markets.len() as u64) as u16;
            let terms = market_terms(world, rng, market);
            let note = format!("{market}: {terms:?}");
            let instruction = venue.set_market_terms(key, market, terms);
            (Kind::MarketTerms, instruction, note)
        }
        3 => {
            let asset = rng.range(1, now.tables.assets.len() as i64 - 1) as u16;
            let terms = asset_terms(world, rng, asset);
            let note = format!("{asset}: {terms:?}");
            let instruction = venue.set_asset_terms(key, asset, terms);
            (Kind::AssetTerms, instruction, note)
        }
        _ => {
            let mut terms = world.exchange.deployment.risk_terms();
            terms.liquidation_buffer_bps = rng.range(50, 2_000) as u32;
            terms.auction_seconds = rng.range(0, 90) as u32;
            terms.profit_maturity = rng.pick(&[0, 60, 600, 3_600, 604_800]);
            let instruction = venue.set_risk_terms(key, terms);
            (Kind::RiskTerms, instruction, format!("{terms:?}"))
        }
    };
    Action::new(kind, Deed::Surroundings, instruction, &[signer], note)
}

/// Another limit on what leaves: none, a part of what is there, or a window out of bounds.
pub(super) fn limit_outflow(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let signer = rng.weighted(&[(65, AUTHORITY), (25, GUARDIAN), (10, STRANGER)]);
    let of = rng.pick(&world.exchange.collaterals);
    let share = rng.weighted(&[(30, (0, 0)), (40, (20, 200)), (30, (1, 20))]);
    let recorded = now.custody(of.asset).recorded;
    let limit = match rng.range(share.0, share.1) as u64 {
        0 => UNLIMITED,
        share => recorded / 100 * share,
    };
    let window = rng.range(50, 4_000) as u32;
    let terms = OutflowTerms { limit, window };
    let venue = &world.exchange.venue;
    let instruction = venue.set_outflow_limit(world.key(signer), &of, terms);
    let note = format!("{}: {terms:?} by {signer}", of.asset);
    let deed = Deed::Surroundings;
    Action::new(Kind::OutflowLimit, deed, instruction, &[signer], note)
}

fn market_terms(world: &World, rng: &mut Rng, market: u16) -> counterweight_risk::MarketTerms {
    let mut config = world.exchange.deployment.market[usize::from(market)].clone();
    let percent = rng.range(80, 150) as u64;
    for tier in &mut config.tiers {
        tier[1] = tier[1] * percent / 100;
    }
    config.maintenance_fraction_bps = rng.range(5_500, 8_000) as u32;
    // At most, and sometimes above, what the band allows.
    config.price_band_bps = rng.range(100, 400) as u32;
    config.trade_fee_tenths_bps = rng.range(0, 60) as u32;
    config.insurance_share_bps = rng.range(0, 8_200) as u32;
    config.dust_notional = rng.pick(&[0, 20, 100, 500]);
    let mut terms = config.terms(1_000_000);
    terms.mode = if rng.chance(20) {
        MODE_REDUCE_ONLY
    } else {
        MODE_ACTIVE
    };
    terms
}

fn asset_terms(world: &World, rng: &mut Rng, asset: u16) -> counterweight_risk::AssetTerms {
    let config = &world.exchange.deployment.asset[usize::from(asset)];
    let mut terms = config.terms(config.is_collateral());
    if config.is_collateral() {
        terms.weight_maintenance_bps = rng.range(6_000, 10_000) as u32;
        terms.weight_initial_bps = rng.range(4_000, 8_500) as u32;
    }
    terms.pnl_weight_bps = rng.range(0, 10_000) as u32;
    terms.stable_growth_bps = rng.range(20, 400) as u32;
    terms
}
