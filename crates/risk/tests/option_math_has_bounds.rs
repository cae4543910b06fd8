//! Root, logarithm and normal distribution are off by no more than their documents say, and take every
//! argument.

#[path = "common/normal.rs"]
mod normal;

use counterweight_risk::option::math::{
    FAR, ONE, density, log_ratio, mills, part, root, tail, times_40, times_share, wide,
};
use proptest::prelude::*;

const U: f64 = 8_589_934_592.0; // 2^33
const UNIT: f64 = 68_719_476_736.0; // 2^36

/// The largest distance of a function of 2^-33 from the exact one, on a fine grid with every node.
#[allow(clippy::cast_precision_loss)] // below 2^53
fn worst(end: u64, of: fn(u64) -> u64, exact: fn(f64) -> f64) -> (f64, f64) {
    let mut worst = (0.0, 0.0);
    for at in 0..=200_000u64 {
        let node = (at / 4) << 30; // and the three places around each
        let spread = end / 200_000 * at + at % 977;
        let places = [
            spread,
            (node + at % 4).saturating_sub(1) % end,
            (node + (1 << 29)) % end,
        ];
        for u in places {
            let off = (of(u) as f64 / UNIT - exact(u as f64 / U)).abs();
            if off > worst.0 {
                worst = (off, u as f64 / U);
            }
        }
    }
    worst
}

#[test]
fn the_reference_has_fourteen_digits() {
    normal::check();
}

#[test]
fn the_normal_distribution_is_within_its_bounds() {
    let found = [
        ("density", 4e-11, worst(9 << 33, density, normal::density)),
        ("mills", 6e-11, worst(13 << 33, mills, normal::mills)),
        ("tail", 5e-11, worst(9 << 33, tail, |u| normal::cdf(-u))),
    ];
    for (name, bound, (off, at)) in found {
        println!("{name}: off by at most {off:.3e}, at {at}");
        assert!(off <= bound, "{name} is off by {off:e} at {at}");
    }
    assert_eq!(density(FAR), 0);
    assert_eq!(tail(u64::MAX), 0);
    assert!(mills((13 << 33) - 1) > ONE / 14);
    assert_eq!((mills(13 << 33), mills(u64::MAX)), (0, 0));
    assert!(tail(0).abs_diff(ONE / 2) <= 4);
}

/// What `black.rs` takes from one without looking: the most is at the centre, by a unit.
#[test]
fn no_probability_is_above_one() {
    for a in 0..3_000_000 {
        for b in [a, a + 1, a + 2] {
            assert!(part(density(a), mills(a) + mills(b)) < ONE);
        }
    }
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn a_logarithm_is_within_its_bound() {
    let (mut worst, mut state) = (0f64, 1u64);
    for round in 0..2_000_000u32 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let low = (state | 1 << 63) >> (round % 63);
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // As often near as far.
        let high = match round % 3 {
            0 => low.saturating_add(low / 1_000 * (state >> 55)),
            1 => low.saturating_add(state >> 40),
            _ => low.max(state >> (round % 61)),
        };
        let exact = ((high - low) as f64 / low as f64).ln_1p();
        let off = (log_ratio(high, low) as f64 / 2f64.powi(38) - exact).abs();
        worst = worst.max(off);
        assert!(off <= 2e-11, "ln({high}/{low}) is off by {off:e}");
    }
    // Just below the double, where both lose bits: the low one may lose more.
    for low in (1u64 << 41)..(1 << 41) + 16 {
        let off = log_ratio(2 * low - 1, low).abs_diff(190_530_846_196);
        assert!(off <= 8, "ln 2 is off by {off} at {low}");
    }
    println!("log_ratio: off by at most {worst:.3e}");
    assert!(log_ratio(u64::MAX, 1) < 1 << 44);
    for bits in 0..64 {
        assert_eq!(log_ratio(u64::MAX >> bits, u64::MAX >> bits), 0);
    }
}

fn any_width() -> impl Strategy<Value = u64> {
    (0u32..64, any::<u64>()).prop_map(|(bits, raw)| raw >> bits)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_root_is_right_to_its_last_bit(n in any_width()) {
        // root² ≈ n·2^62, in 128 bits.
        let (found, exact) = (u128::from(root(n)), u128::from(n) << 62);
        prop_assert!(found.saturating_sub(1).pow(2) <= exact && exact < (found + 2).pow(2), "{n}");
    }

    #[test]
    fn products_are_those_of_128_bits(a in any_width(), b in any_width(), share in 0..=ONE) {
        let product = u128::from(a) * u128::from(b);
        let (high, low) = wide(a, b);
        prop_assert_eq!(u128::from(high) << 64 | u128::from(low), product);
        prop_assert_eq!(times_40(a, b), u64::try_from(product >> 40).unwrap_or(u64::MAX));
        prop_assert_eq!(u128::from(times_share(a, share)), (u128::from(a) * u128::from(share)) >> 36);
        let (density, ratio) = (a >> 28, b >> 26);
        prop_assert_eq!(
            u128::from(part(density, ratio)),
            (u128::from(density) * u128::from(ratio)) >> 36
        );
    }

    /// In the debug build, where what wraps by mistake would panic.
    #[test]
    fn nothing_panics(a in any_width(), b in any_width()) {
        let _ = (density(a), mills(a), tail(a), root(a), log_ratio(a.max(b).max(1), a.min(b).max(1)));
    }
}

#[test]
fn a_root_takes_the_ends_of_its_range() {
    for (n, want) in [(0, 0), (1, 1 << 31), (4, 1 << 32), (1 << 62, 1 << 62)] {
        assert_eq!(root(n), want);
    }
    assert!((1u64 << 63).abs_diff(root(u64::MAX)) <= 1);
}
