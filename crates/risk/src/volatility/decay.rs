//! How much of an average is left after a time: 2^(−seconds / half-life), and averages by it.
//!
//! Nothing here divides 128-bit numbers: it runs in every refresh of a price.

/// One, with 63 binary places.
pub(super) const ONE: u64 = 1 << 63;

/// ln 2, with 64 binary places.
const LN_2: u64 = 12_786_308_645_202_655_660;

/// 2^(−i/16) for i from 1, with 64 binary places; the one of i = 0 does not fit.
const SIXTEENTHS: [u64; 15] = [
    0xf525_7d15_2486_cc2c,
    0xeac0_c6e7_dd24_392f,
    0xe0cc_deec_2a94_e111,
    0xd744_fcca_d69d_6af4,
    0xce24_8c15_1f84_80e4,
    0xc567_2a11_5506_dadd,
    0xbd08_a39f_580c_36bf,
    0xb504_f333_f9de_6484,
    0xad58_3eea_42a1_4ac6,
    0xa5fe_d6a9_b151_38ea,
    0x9ef5_3260_91a1_11ae,
    0x9837_f051_8db8_a96f,
    0x91c3_d373_ab11_c336,
    0x8b95_c1e3_ea8b_d6e7,
    0x85aa_c367_cc48_7b15,
];

/// 2^(−`seconds` / `half_life`) with 63 binary places, to 2^-60. `half_life` is at most 2^17.
pub(super) fn left_after(seconds: u64, half_life: u64) -> u64 {
    let halvings = seconds / half_life;
    if halvings > 63 {
        return 0;
    }
    // The rest of a half-life with 64 binary places, by a long division of two digits of 32 bits: what remains of
    // each is below the half-life, so that nothing leaves 2^49.
    let rest = (seconds % half_life) << 32;
    let fraction = ((rest / half_life) << 32) | (((rest % half_life) << 32) / half_life);
    left_of_a_half_life(fraction) >> halvings
}

/// 2^(−`fraction`) with 63 binary places, of a fraction with 64.
fn left_of_a_half_life(fraction: u64) -> u64 {
    // The four highest bits from the table. For the rest, y = ln 2 · rest < 0.0434: nine terms of e^−y, by Horner's
    // rule, leave out y^10 / 10! < 2^-66.
    let y = high(fraction & (u64::MAX >> 4), LN_2);
    let mut series = ONE;
    for k in (1..=9).rev() {
        // `high` is at most a 23rd of one.
        series = ONE - high(series, y) / k;
    }
    let sixteenths = usize::try_from(fraction >> 60).unwrap_or(0);
    match sixteenths.checked_sub(1) {
        None => series,
        Some(at) => high(series, SIXTEENTHS[at]),
    }
}

/// `before · left + now · (1 − left)`, to the nearest; `left` has 63 binary places and is at most one. Between the two
/// in any case.
pub(super) fn blend(before: u64, now: u64, left: u64) -> u64 {
    // Each product is at most 2^64 · its weight, so that both are at most 2^127 together, and a half more does not wrap.
    let sum = wide(before, left) + wide(now, ONE - left) + u128::from(ONE / 2);
    #[allow(clippy::cast_possible_truncation)] // not above the larger of the two
    let nearest = (sum >> 63) as u64;
    nearest
}

fn wide(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// The upper half of a product.
fn high(a: u64, b: u64) -> u64 {
    #[allow(clippy::cast_possible_truncation)] // 64 of 128 bits are left
    let upper = (wide(a, b) >> 64) as u64;
    upper
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALF_LIVES: [u64; 2] = [1_800, 86_400];

    /// The only function with this property that is a half after a half-life is 2^(−seconds / half-life).
    fn assert_multiplies(a: u64, b: u64, half_life: u64) {
        let at = |seconds| left_after(seconds, half_life);
        let product = u64::try_from(wide(at(a), at(b)) >> 63).unwrap();
        assert!(
            product.abs_diff(at(a + b)) <= 16,
            "{a} + {b} of {half_life}"
        );
    }

    #[test]
    fn a_half_is_left_after_each_half_life() {
        for half_life in HALF_LIVES {
            assert_eq!(left_after(0, half_life), ONE);
            for halvings in 1..64 {
                assert_eq!(left_after(halvings * half_life, half_life), ONE >> halvings);
            }
            assert_eq!(left_after(64 * half_life, half_life), 0);
            assert_eq!(left_after(u64::MAX, half_life), 0);
        }
    }

    #[test]
    fn every_second_leaves_less_and_is_the_root_of_its_double() {
        for half_life in HALF_LIVES {
            let mut before = ONE;
            for seconds in 1..=3 * half_life {
                let left = left_after(seconds, half_life);
                assert!(left < before);
                assert_multiplies(seconds, seconds, half_life);
                assert_multiplies(seconds, half_life - seconds % half_life, half_life);
                before = left;
            }
        }
    }

    /// To the last bit but the rounding, by another way: the factors of a half-life's halves, which are square roots, and
    /// which its sixteenths and what is between them have to meet.
    #[test]
    fn binary_parts_of_a_half_life_are_iterated_square_roots() {
        let half_life = 1 << 17;
        let mut root = ONE / 2; // 2^(−1/1)
        for halvings in 1..=17 {
            // √(root · ONE): the product is below 2^126.
            root = u64::try_from((wide(root, ONE)).isqrt()).unwrap();
            let left = left_after(half_life >> halvings, half_life);
            assert!(left.abs_diff(root) <= 8, "{halvings}: {left} {root}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_left_after_two_times_is_the_product(a in 0u64..300_000, b in 0u64..300_000, which in 0usize..2) {
            assert_multiplies(a, b, HALF_LIVES[which]);
        }

        #[test]
        fn a_blend_lies_between_and_is_the_nearest(before: u64, now: u64, left in 0u64..=ONE) {
            let got = blend(before, now, left);
            prop_assert!((before.min(now)..=before.max(now)).contains(&got));
            // The exact one has a rest of 63 bits: |got · 2^63 − exact| is at most half of that.
            let exact = wide(before, left) + wide(now, ONE - left);
            prop_assert!((u128::from(got) << 63).abs_diff(exact) <= u128::from(ONE / 2));
        }
    }
}
