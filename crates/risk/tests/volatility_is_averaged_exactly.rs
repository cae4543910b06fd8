//! The averages of the squared return are what their definition says, at whatever times prices come; and no
//! single price moves them farther than the terms allow.

mod common;

use bytemuck::Zeroable;
use common::{
    NOW, PAR, dollars, reading, scale,
    volatility::{
        Tick, arb_series, arb_volatility_terms, asset_following, averages, float, following,
        observe, volatility_terms,
    },
};
use counterweight_risk::{
    Price, Ratio, VolatilityTerms,
    volatility::{FAST, SLOW, Volatility},
};
use proptest::prelude::*;

/// One rounding of an average, to the nearest.
const ROUNDING: f64 = 1.0 / (1u64 << 60) as f64;

fn close(got: u64, exact: f64, roundings: f64) -> Result<(), TestCaseError> {
    // A return has 40 binary places: of one of a ten-thousandth, 2^-26 are lost, and twice that of its square.
    let error = (float(got) - exact).abs();
    prop_assert!(
        error <= exact * 1e-6 + ROUNDING * roundings,
        "{} against {exact}",
        float(got)
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn averages_agree_with_their_definition_in_floating_point(
        series in arb_series(200_000), terms in arb_volatility_terms(),
    ) {
        let mut row = following(&terms);
        observe(&mut row, &series, |_, _| {});
        let [fast, slow] = averages(&series, &terms);
        close(row.fast, fast, series.1.len() as f64)?;
        close(row.slow, slow, series.1.len() as f64)?;
    }

    /// Refreshing more often while nothing happens changes nothing.
    #[test]
    fn an_interval_without_a_move_may_be_split(
        series in arb_series(900), parts in proptest::collection::vec(1u32..=300, 1..40),
    ) {
        let terms = VolatilityTerms { max_gap: 86_400, ..volatility_terms() };
        let mut whole = following(&terms);
        observe(&mut whole, &series, |_, _| {});
        let last = series.1.last().unwrap().price;
        let mut split = whole;
        for seconds in &parts {
            split.observe(Price(last), Price(last), i64::from(*seconds));
        }
        whole.observe(Price(last), Price(last), parts.iter().copied().map(i64::from).sum());
        let roundings = parts.len() as u64 + 1;
        prop_assert!(whole.fast.abs_diff(split.fast) <= roundings);
        prop_assert!(whole.slow.abs_diff(split.slow) <= roundings);
    }

    /// One print, of whatever size, weighs as the largest return that counts, once there and once back.
    #[test]
    fn one_outlier_moves_the_averages_no_more_than_the_largest_return(
        series in arb_series(900), outlier in 1u64..1 << 56, there in 1u32..=60, back in 1u32..=60,
    ) {
        let terms = volatility_terms();
        let mut row = following(&terms);
        observe(&mut row, &series, |_, _| {});
        let last = series.1.last().unwrap().price;
        let before = row;
        row.observe(Price(last), Price(outlier), there.into());
        row.observe(Price(outlier), Price(last), back.into());
        let most = (f64::from(terms.max_return_bps) / 10_000.0).powi(2);
        for (before, after, half_life) in [(before.fast, row.fast, FAST), (before.slow, row.slow, SLOW)] {
            let rise = |seconds: u32| {
                let seconds = f64::from(seconds);
                most / seconds * (1.0 - (-seconds / half_life as f64).exp2())
            };
            prop_assert!(float(after) <= float(before) + (rise(there) + rise(back)) * 1.000_001 + 2.0 * ROUNDING);
        }
    }

    /// Whatever stands in the row, whatever the prices: no panic, and a multiplier that can be used.
    #[test]
    fn nothing_wraps_for_any_bytes(
        words in proptest::array::uniform7(any::<u64>()), before: u64, after: u64, seconds: i64,
        widths in (0u32..64, 0u32..64, 0u32..64),
    ) {
        let mut row: Volatility = bytemuck::cast(words);
        row.observe(Price(before >> widths.0), Price(after >> widths.1), seconds >> widths.2);
        row.observe(Price(before), Price(after), seconds.saturating_abs() >> widths.2);
        let ([initial, maintenance], steps) = (row.multipliers(), row.steps());
        prop_assert!(initial >= Ratio::ONE && maintenance >= Ratio::ONE);
        prop_assert!(steps[0] >= Ratio::ONE && steps[1] >= Ratio::ONE);
        prop_assert_eq!(row.deviations, bytemuck::cast::<_, Volatility>(words).deviations);
    }
}

#[test]
fn a_steady_return_is_its_own_average() {
    // A thousandth a minute, for two days.
    let mut row = following(&volatility_terms());
    for _ in 0..2_880 {
        row.observe(Price(1_000 << 32), Price(1_001 << 32), 60);
    }
    let sample = 1e-6 / 60.0;
    assert!((float(row.fast) / sample - 1.0).abs() < 1e-6);
    assert!(
        (float(row.slow) / sample - 0.75).abs() < 1e-6,
        "two half-lives"
    );
}

/// Up to the gap both averages go on; beyond it the fast one begins at the slow one, which has the interval in it.
#[test]
fn after_a_gap_the_fast_average_begins_at_the_slow_one() {
    let terms = volatility_terms();
    let mut stormy = following(&terms);
    for _ in 0..60 {
        stormy.observe(Price(1_000 << 32), Price(1_020 << 32), 60);
    }
    assert!(stormy.fast > 10 * stormy.slow);
    let (mut at, mut beyond) = (stormy, stormy);
    at.observe(Price(1_000 << 32), Price(1_000 << 32), terms.max_gap.into());
    assert!(at.fast > stormy.fast / 2 && at.fast < stormy.fast);
    beyond.observe(
        Price(1_000 << 32),
        Price(1_000 << 32),
        i64::from(terms.max_gap) + 1,
    );
    assert_eq!(beyond.fast, beyond.slow);
    assert!(beyond.slow < stormy.slow);
    // A jump over the gap counts for what it is: one return of so many seconds.
    let mut jumped = stormy;
    jumped.observe(Price(1_000 << 32), Price(1_050 << 32), 3_600);
    let left = (-3_600.0f64 / SLOW as f64).exp2();
    let exact = float(stormy.slow) * left + 0.05f64.powi(2) / 3_600.0 * (1.0 - left);
    assert!((float(jumped.slow) / exact - 1.0).abs() < 1e-6);
    assert_eq!(jumped.fast, jumped.slow);
}

#[test]
fn only_a_price_with_a_newer_publish_time_is_a_return() {
    let mut asset = asset_following(&volatility_terms(), NOW);
    assert_eq!(asset.volatility.fast, 0, "the first price is no return");
    let lots = scale(-4, PAR);
    // The same publish time, as another transaction brings it.
    assert_eq!(
        asset.record(&reading(dollars(30), NOW), lots, NOW),
        Ok(false)
    );
    assert_eq!(asset.volatility.fast, 0);
    let next = reading(dollars(21), NOW + 10);
    assert_eq!(asset.record(&next, lots, NOW + 10), Ok(true));
    let ticks = vec![Tick {
        seconds: 10,
        price: 2_100 << 16,
    }];
    let [fast, slow] = averages(&(2_000 << 16, ticks), &volatility_terms());
    assert!((float(asset.volatility.fast) / fast - 1.0).abs() < 1e-6);
    assert!((float(asset.volatility.slow) / slow - 1.0).abs() < 1e-6);
}

#[test]
fn what_does_not_follow_volatility_estimates_nothing() {
    let mut row = Volatility::zeroed();
    row.observe(Price(1_000), Price(2_000), 10);
    assert_eq!(row, Volatility::zeroed());
    // And forgets what it knew.
    let mut row = following(&volatility_terms());
    row.observe(Price(1_000), Price(2_000), 10);
    assert!(row.fast > 0);
    row.set_terms(&VolatilityTerms::default());
    assert_eq!(row, Volatility::zeroed());
}
