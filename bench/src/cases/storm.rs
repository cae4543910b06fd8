//! What it costs that requirements follow volatility: a refresh whose price changes a step refolds the markets of its
//! asset. The limits of a refresh must carry that, or prices would stop in a storm.

use super::{Cost, measure};
use counterweight_risk::{AssetRiskTerms, ScanTerms, VolatilityTerms};
use counterweight_simnet::{Exchange, Signer, keypair};

/// Assets that follow.
const ASSETS: u16 = 20;

const TERMS: AssetRiskTerms = AssetRiskTerms {
    volatility: VolatilityTerms {
        deviations_bps: 30_000,
        horizon: 3_600,
        base_rate_bps: 300,
        most_bps: 30_000,
        ramp_per_hour_bps: 10_000,
        max_return_bps: 1_000,
        max_gap: 900,
    },
    scan: ScanTerms {
        range_bps: 100,
        spread_bps: 20,
        volatility_shift_bps: 0,
    },
};

pub(super) fn costs(x: &mut Exchange) -> Vec<Cost> {
    let authority = keypair("authority");
    let set = |x: &Exchange, asset| x.venue.set_asset_risk(authority.pubkey(), asset, TERMS);
    let first = set(x, 5);
    let mut costs = vec![measure(
        x,
        "set_asset_risk",
        None,
        &[first],
        &[&authority],
        true,
    )];
    for asset in 1..=ASSETS {
        let terms = set(x, asset);
        x.chain
            .send(&[terms], &[&authority])
            .expect("set_asset_risk");
    }
    let mut refreshed = |name: &str, assets: &[u16], thousandths: i64| {
        x.chain.advance(10);
        for asset in assets {
            x.publish(*asset, x.prices[usize::from(*asset)] / 1_000 * thousandths);
        }
        let refresh = x.refresh_instruction(assets);
        costs.push(measure(
            x,
            name,
            None,
            std::slice::from_ref(&refresh),
            &[],
            true,
        ));
        x.chain.send(&[refresh], &[]).expect("refresh_prices");
    };
    let all: Vec<u16> = (1..=ASSETS).collect();
    refreshed(
        "refresh_prices, 1 pull that follows volatility",
        &[1],
        1_000,
    );
    refreshed("refresh_prices, 1 pull in a storm", &[1], 1_100);
    refreshed("refresh_prices, 20 mixed in a storm", &all, 1_050);
    costs
}
