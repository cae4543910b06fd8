//! Prices one after the other, and terms by which they are judged.

use super::{asset_terms, dollars, reading, scale};
use bytemuck::Zeroable;
use counterweight_risk::{
    Asset, Price, Ratio, VolatilityTerms,
    volatility::{FAST, SLOW, Volatility},
};
use proptest::prelude::*;

/// Three deviations of an hour against six per cent: calm up to 190 % a year.
pub fn volatility_terms() -> VolatilityTerms {
    VolatilityTerms {
        deviations_bps: 30_000,
        horizon: 3_600,
        base_rate_bps: 600,
        most_bps: 40_000,
        ramp_per_hour_bps: 10_000,
        max_return_bps: 1_000,
        max_gap: 900,
    }
}

pub fn following(terms: &VolatilityTerms) -> Volatility {
    terms.check().unwrap();
    let mut row = Volatility::default();
    row.set_terms(terms);
    row
}

/// An interval in seconds, and the price that it ends with.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    pub seconds: u32,
    pub price: u64,
}

/// Intervals of every length and moves of every size, from a random price on.
pub fn arb_series(longest: u32) -> impl Strategy<Value = (u64, Vec<Tick>)> {
    let seconds = prop_oneof![3 => 1u32..=3, 3 => 1u32..=120, 1 => 1..=longest];
    let moves =
        prop_oneof![2 => -20i64..=20, 4 => -500i64..=500, 1 => -9_000i64..=20_000, 1 => Just(0)];
    let ticks = proptest::collection::vec((seconds, moves), 1..120);
    (1u64 << 24..1 << 50, ticks).prop_map(|(start, ticks)| {
        let mut price = start;
        let ticks = ticks.into_iter().map(|(seconds, move_bps)| {
            let moved = i128::from(price) * i128::from(10_000 + move_bps) / 10_000;
            price = u64::try_from(moved.clamp(1 << 20, 1 << 55)).unwrap();
            Tick { seconds, price }
        });
        (start, ticks.collect())
    })
}

pub fn arb_volatility_terms() -> impl Strategy<Value = VolatilityTerms> {
    let size = (10_000u32..=100_000, 60u32..=86_400, 10u32..=5_000);
    let limits = (
        10_000u32..=50_000,
        500u32..=50_000,
        10u32..=5_000,
        60u32..=86_400,
    );
    (size, limits).prop_map(|(size, limits)| VolatilityTerms {
        deviations_bps: size.0,
        horizon: size.1,
        base_rate_bps: size.2,
        most_bps: limits.0,
        ramp_per_hour_bps: limits.1,
        max_return_bps: limits.2,
        max_gap: limits.3,
    })
}

/// Shows a series to a row, and calls with the time and the row after each price.
pub fn observe(
    row: &mut Volatility,
    (start, ticks): &(u64, Vec<Tick>),
    mut after: impl FnMut(&Tick, &Volatility),
) {
    let mut before = *start;
    for tick in ticks {
        row.observe(Price(before), Price(tick.price), tick.seconds.into());
        before = tick.price;
        after(tick, row);
    }
}

/// The averages of a series in floating point, straight from their definition: [fast, slow].
pub fn averages((start, ticks): &(u64, Vec<Tick>), terms: &VolatilityTerms) -> [f64; 2] {
    // As it is stored: a whole number of 2^-20.
    let most = f64::from(Ratio::from_bps_floor(terms.max_return_bps).0) / f64::from(Ratio::ONE.0);
    let (mut fast, mut slow, mut before) = (0.0, 0.0, *start as f64);
    for tick in ticks {
        let (price, seconds) = (tick.price as f64, f64::from(tick.seconds));
        let move_of = ((price - before).abs() / before).min(most);
        let sample = move_of * move_of / seconds;
        let blend = |average: f64, half_life: u64| {
            let left = (-seconds / half_life as f64).exp2();
            average * left + sample * (1.0 - left)
        };
        slow = blend(slow, SLOW);
        fast = if tick.seconds > terms.max_gap {
            slow
        } else {
            blend(fast, FAST)
        };
        before = price;
    }
    [fast, slow]
}

/// 4.60 fixed point as a float.
pub fn float(average: u64) -> f64 {
    average as f64 / (1u64 << 60) as f64
}

/// An asset with a lot of 0.0001 at twenty dollars, which follows these terms.
pub fn asset_following(terms: &VolatilityTerms, now: i64) -> Asset {
    let mut asset = Asset::zeroed();
    asset.set_lot(-4, 6).unwrap();
    asset.set_terms(&asset_terms()).unwrap();
    asset.volatility.set_terms(terms);
    let first = reading(dollars(20), now);
    assert_eq!(asset.record(&first, scale(-4, super::PAR), now), Ok(true));
    asset
}
