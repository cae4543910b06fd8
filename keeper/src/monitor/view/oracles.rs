//! Prices: how old, how wide, how far from their average, and what they may be used for (docs/risk.md, section 2).

use super::{Scene, nearest_bps};
use crate::monitor::figures::{name, price, text};
use counterweight_risk::{
    Asset, Price,
    asset::{ORACLE_NONE, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL, PRICE_DIVERGENT, PRICE_WIDE},
};
use serde::Serialize;

/// Digits behind the point of a price in the document.
const DIGITS: u32 = 6;

/// What a price may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usable {
    /// Everything.
    AddingRisk,
    /// Liquidating and reducing.
    Liquidating,
    /// Nothing: positions are judged by it, and nothing changes hands.
    Silent,
    /// There never was one.
    NeverPriced,
    /// The asset has no oracle: it is worth one dollar.
    NoOracle,
}

impl Usable {
    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AddingRisk => "adding risk",
            Self::Liquidating => "liquidating",
            Self::Silent => "nothing",
            Self::NeverPriced => "never priced",
            Self::NoOracle => "no oracle",
        }
    }
}

/// An asset's price as it is recorded on the chain, against the limits of its terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oracle {
    /// The asset.
    pub asset: u16,
    /// Its name.
    pub name: String,
    /// `pyth pull`, `pyth legacy` or `none`.
    pub kind: &'static str,
    /// What the recorded price may be used for.
    pub usable: Usable,
    /// Quote tokens a unit of the asset, cut after six digits.
    pub price: String,
    /// The same as a risk price: quote atoms a lot, 48.16 fixed point.
    #[serde(serialize_with = "text")]
    pub raw: u64,
    /// One lot is 10^this units of the asset.
    pub lot_exponent: i8,
    /// Its decimals as a token.
    pub decimals: u8,
    /// When it was published, unix seconds; 0 before the first.
    pub publish_time: i64,
    /// Seconds since then.
    pub age: i64,
    /// Oldest for adding risk, seconds.
    pub max_age_initial: u32,
    /// Oldest for liquidating, seconds.
    pub max_age_liquidation: u32,
    /// Half-width of the confidence interval, basis points of the price, rounded up.
    pub confidence_bps: i64,
    /// Widest for adding risk.
    pub max_confidence_bps: i64,
    /// Distance from Pyth's moving average, basis points of that, rounded up.
    pub divergence_bps: i64,
    /// Farthest for adding risk.
    pub max_divergence_bps: i64,
    /// Stable price less the price, basis points of the price, rounded towards zero: how far it lags.
    pub stable_gap_bps: i64,
    /// Whether the interval is too wide for adding risk.
    pub wide: bool,
    /// Whether it is too far from its average for adding risk.
    pub divergent: bool,
    /// Distance from one dollar in basis points, rounded up, of the quote token with an oracle; null of any other.
    pub off_par_bps: Option<i64>,
    /// Whether Pyth's account has a newer price that accounts are judged by already, and the chain will be once it is
    /// recorded.
    pub newer_at_source: bool,
    /// Why Pyth's account cannot be used; null where it can, was not looked at, or there is none.
    pub source_problem: Option<String>,
}

/// `part / whole` in basis points, rounded up.
fn bps_up(part: u64, whole: u64) -> i64 {
    let whole = u128::from(whole.max(1));
    i64::try_from((u128::from(part) * 10_000).div_ceil(whole)).unwrap_or(i64::MAX)
}

const fn kind(asset: &Asset) -> &'static str {
    match asset.oracle_kind {
        ORACLE_PYTH_PULL => "pyth pull",
        ORACLE_PYTH_LEGACY => "pyth legacy",
        _ => "none",
    }
}

fn usable(asset: &Asset, index: u16, now: i64) -> Usable {
    if asset.oracle_kind == ORACLE_NONE {
        return Usable::NoOracle;
    }
    if asset.publish_time == 0 {
        return Usable::NeverPriced;
    }
    if asset.check_initial(index, now, u32::MAX).is_ok() {
        return Usable::AddingRisk;
    }
    if asset.check_maintenance(index, now).is_ok() {
        return Usable::Liquidating;
    }
    Usable::Silent
}

impl Oracle {
    /// Whether there is a recorded price, which has an age and a width.
    pub const fn is_priced(&self) -> bool {
        !matches!(self.usable, Usable::NoOracle | Usable::NeverPriced)
    }

    /// Of every asset, as it is recorded.
    pub(super) fn all(scene: &Scene) -> Vec<Self> {
        let recorded = scene.state.recorded().unwrap_or(scene.tables);
        let rows = (0u16..).zip(&recorded.assets);
        rows.map(|(index, asset)| Self::of(scene, index, asset))
            .collect()
    }

    fn of(scene: &Scene, at: u16, asset: &Asset) -> Self {
        let params = &scene.tables.header.params;
        let priced = asset.publish_time != 0;
        let gap = i128::from(asset.stable.0) - i128::from(asset.index.0);
        let gap = (gap * 10_000)
            .checked_div(asset.index.0.into())
            .unwrap_or(0);
        let is_quote = at == 0 && asset.oracle_kind != ORACLE_NONE;
        let off_par = |par: Price| bps_up(asset.index.0.abs_diff(par.0), par.0);
        // Without an oracle it is worth a dollar.
        let index = if asset.oracle_kind == ORACLE_NONE {
            params.par()
        } else {
            asset.index
        };
        let found = scene.state.prices().reading(at);
        Self {
            asset: at,
            name: name(&asset.name),
            kind: kind(asset),
            usable: usable(asset, at, scene.now),
            price: price(
                index,
                asset.lot_exponent,
                params.quote_decimals.into(),
                DIGITS,
            ),
            raw: index.0,
            lot_exponent: asset.lot_exponent,
            decimals: asset.decimals,
            publish_time: asset.publish_time,
            age: if priced {
                scene.now.saturating_sub(asset.publish_time)
            } else {
                0
            },
            max_age_initial: asset.max_age_initial,
            max_age_liquidation: asset.max_age_liquidation,
            confidence_bps: bps_up(asset.confidence.0, asset.index.0),
            max_confidence_bps: nearest_bps(asset.max_confidence),
            divergence_bps: bps_up(asset.index.0.abs_diff(asset.average.0), asset.average.0),
            max_divergence_bps: nearest_bps(asset.max_divergence),
            stable_gap_bps: i64::try_from(gap).unwrap_or(i64::MAX),
            wide: asset.price_flags & PRICE_WIDE != 0,
            divergent: asset.price_flags & PRICE_DIVERGENT != 0,
            off_par_bps: (is_quote && priced).then(|| off_par(params.par())),
            newer_at_source: scene.state.due().contains(&at),
            source_problem: found
                .and_then(|found| found.err())
                .map(|problem| problem.to_string()),
        }
    }
}
