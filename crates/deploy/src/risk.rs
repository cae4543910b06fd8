//! What the file says of an asset's risk: how its requirements follow volatility, and how portfolio margin scans it.

use crate::{
    change::Change,
    check::{Problem, Section, market_section},
    config::{AssetConfig, Deployment, MarketConfig, MarketMode},
    text::number,
};
use counterweight_risk::{AssetRiskTerms, ScanTerms, VolatilityTerms};
use serde::Deserialize;

/// How requirements follow volatility, in basis points and seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolatilityConfig {
    /// Standard deviations that a requirement covers, in basis points of one.
    pub deviations_bps: u32,
    /// Seconds that it covers.
    pub horizon: u32,
    /// The maintenance rate that covers them in calm times.
    pub base_rate_bps: u32,
    /// The largest multiplier, in basis points of one.
    pub most_bps: u32,
    /// How much the maintenance multiplier rises in an hour at most, in basis points of one.
    pub ramp_per_hour_bps: u32,
    /// The largest return that counts.
    pub max_return_bps: u32,
    /// Seconds beyond which the fast average begins anew.
    pub max_gap: u32,
}

/// How portfolio margin scans an asset, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanConfig {
    /// The largest move of the price.
    pub range_bps: u32,
    /// What a lot needs that is hedged by another contract on the asset.
    #[serde(default)]
    pub spread_bps: u32,
    /// How far volatility is moved up and down, of itself.
    #[serde(default)]
    pub volatility_shift_bps: u32,
}

impl AssetConfig {
    /// Its risk terms; what the file leaves out is off.
    pub fn risk_terms(&self) -> AssetRiskTerms {
        let volatility = self.volatility.map(|of| VolatilityTerms {
            deviations_bps: of.deviations_bps,
            horizon: of.horizon,
            base_rate_bps: of.base_rate_bps,
            most_bps: of.most_bps,
            ramp_per_hour_bps: of.ramp_per_hour_bps,
            max_return_bps: of.max_return_bps,
            max_gap: of.max_gap,
        });
        let scan = self.scan.map(|of| ScanTerms {
            range_bps: of.range_bps,
            spread_bps: of.spread_bps,
            volatility_shift_bps: of.volatility_shift_bps,
        });
        AssetRiskTerms {
            volatility: volatility.unwrap_or_default(),
            scan: scan.unwrap_or_default(),
        }
    }
}

/// What the file calls a field of the risk terms.
pub(crate) fn field_of(field: &'static str) -> (&'static str, &'static str) {
    let name = match field {
        "deviations_bps" => "volatility.deviations_bps",
        "horizon" => "volatility.horizon",
        "base_rate_bps" => "volatility.base_rate_bps",
        "most_bps" => "volatility.most_bps",
        "ramp_per_hour_bps" => "volatility.ramp_per_hour_bps",
        "max_return_bps" => "volatility.max_return_bps",
        "max_gap" => "volatility.max_gap",
        "range_bps" => "scan.range_bps",
        "spread_bps" => "scan.spread_bps",
        "volatility_shift_bps" => "scan.volatility_shift_bps",
        other => other,
    };
    (name, "")
}

/// The bounds that the risk terms of an asset have by themselves.
pub(crate) fn check_risk(section: &mut Section, asset: &AssetConfig, is_quote: bool) {
    let terms = asset.risk_terms();
    if is_quote && terms != AssetRiskTerms::default() {
        let needed = "nothing: no market stands on the quote token";
        return section.say("volatility or scan", "set", needed);
    }
    section.bound(terms.check(), field_of);
}

impl Deployment {
    /// No scan reaches farther than the first maintenance rate of a perpetual or future on the asset.
    pub(crate) fn check_ranges(&self, problems: &mut Vec<Problem>) {
        let lives =
            |market: &&MarketConfig| !market.kind.is_option() && market.mode != MarketMode::Ended;
        for market in self.market.iter().filter(lives) {
            let underlying = self.asset.iter().find(|asset| asset.name == market.asset);
            let range = underlying.map_or(0, |asset| asset.risk_terms().scan.range_bps);
            let [_, rate] = market.tiers.first().copied().unwrap_or_default();
            let first = rate.saturating_mul(market.maintenance_fraction_bps.into()) / 10_000;
            if u64::from(range) > first {
                let found = format!("{} bps, by the first tier", number(first));
                let needed = format!(
                    "{} or more: scan.range_bps of {}",
                    number(range.into()),
                    market.asset
                );
                let mut section = Section::of(market_section(market), problems);
                section.say("the first maintenance rate", found, needed);
            }
        }
    }
}

/// What differs between risk terms of an asset. Takes them apart without a rest, as those of [`crate::change`] do.
pub fn of_asset_risk(old: &AssetRiskTerms, new: &AssetRiskTerms) -> Vec<Change> {
    let AssetRiskTerms { volatility, scan } = *old;
    let VolatilityTerms {
        deviations_bps,
        horizon,
        base_rate_bps,
        most_bps,
        ramp_per_hour_bps,
        max_return_bps,
        max_gap,
    } = volatility;
    let ScanTerms {
        range_bps,
        spread_bps,
        volatility_shift_bps,
    } = scan;
    let v = &new.volatility;
    let fields = [
        ("deviations_bps", deviations_bps, v.deviations_bps),
        ("horizon", horizon, v.horizon),
        ("base_rate_bps", base_rate_bps, v.base_rate_bps),
        ("most_bps", most_bps, v.most_bps),
        ("ramp_per_hour_bps", ramp_per_hour_bps, v.ramp_per_hour_bps),
        ("max_return_bps", max_return_bps, v.max_return_bps),
        ("max_gap", max_gap, v.max_gap),
        ("range_bps", range_bps, new.scan.range_bps),
        ("spread_bps", spread_bps, new.scan.spread_bps),
        (
            "volatility_shift_bps",
            volatility_shift_bps,
            new.scan.volatility_shift_bps,
        ),
    ];
    let differ = fields.into_iter().filter(|(_, old, new)| old != new);
    differ
        .map(|(field, old, new)| Change {
            field: field_of(field).0.into(),
            old: number(old.into()),
            new: number(new.into()),
        })
        .collect()
}
