//! Square root, logarithm and the normal distribution in 64-bit integers.
//!
//! | function | argument | result | off by at most |
//! |---|---|---|---|
//! | [`root`] | an integer | 2^-31 | 2^-31 |
//! | [`log_ratio`] | two integers | 2^-38 | 2e-11 |
//! | [`density`] | 2^-33 | 2^-36 | 4e-11 |
//! | [`mills`] | 2^-33 | 2^-36 | 6e-11 |
//! | [`tail`] | 2^-33 | 2^-36 | 5e-11 |
//!
//! The transcendental ones are polynomials of degree five between the nodes of a table, fitted at the
//! Chebyshev nodes of each interval (`tests/data/options.py`). A multiplication of 64 bits costs one
//! compute unit and one of 128 bits some fifty, so every product here has factors that fit. Overflow
//! checks are on in the program's build: what provably does not wrap says so and uses the wrapping form.

use super::tables::{DENSITY, LOG, MILLS, Row};

/// Bits of the place inside an interval of a table.
const PLACE: u32 = 30;
/// One of a density, a probability, or a Mills ratio.
pub const ONE: u64 = 1 << 36;
/// From here on a density is less than its fixed point can say (5e-15).
pub const FAR: u64 = 8 << 33;
/// ln 2, 2^-44: up to 63 of it leave no error at 2^-38.
const LN_2: u64 = 12_193_974_156_573;

/// The polynomial of a row at a place from -2^29 to 2^29, and the slope of the secant to it.
#[inline(always)]
fn quintic(row: &Row, place: i64) -> (i64, i64) {
    // No coefficient and no partial sum of the three tables is above 2^34 but for the constants, which
    // are multiplied with nothing: products are below 2^63. The script that made them checks each.
    let step =
        |value: i64, coefficient: i64| coefficient.wrapping_add(value.wrapping_mul(place) >> PLACE);
    let slope = step(step(step(step(row[5], row[4]), row[3]), row[2]), row[1]);
    (step(slope, row[0]), slope)
}

/// Which eighth an argument (2^-33) is in, and its place in there.
#[inline(always)]
fn eighth(u: u64) -> (usize, i64) {
    let place = (u & ((1 << PLACE) - 1)).cast_signed();
    #[allow(clippy::cast_possible_truncation)] // usize has 64 bits, and the result is below 2^10
    ((u >> PLACE) as usize, place.wrapping_sub(1 << (PLACE - 1)))
}

/// Density of the normal distribution: exp(-u²/2) / √(2π).
#[inline(always)]
pub fn density(u: u64) -> u64 {
    let (index, place) = eighth(u);
    match DENSITY.get(index) {
        // Never negative: at least one unit at each of the 2^30 places of the last fourteen rows, and the
        // others stand far above their error.
        Some(row) => quintic(row, place).0.cast_unsigned(),
        None => 0,
    }
}

/// Mills ratio of the normal distribution: (1 − N(u)) / n(u), and 0 from 13. It falls slowly, but what it
/// is multiplied with there is zero: b² − a² = 2·ln(hi/lo) < 90, so that b > 12.5 has |a| above 8.
#[inline(always)]
pub fn mills(u: u64) -> u64 {
    let (index, place) = eighth(u);
    MILLS
        .get(index)
        .map_or(0, |row| quintic(row, place).0.cast_unsigned())
}

/// What is above u: 1 − N(u), as the product of its density and its Mills ratio.
#[inline(always)]
pub fn tail(u: u64) -> u64 {
    part(density(u), mills(u))
}

/// `density · ratio` of 2^-36 each, rounded down. The density is below 2^36, the ratio below 2^38.
#[inline(always)]
pub fn part(density: u64, ratio: u64) -> u64 {
    // Both products are below 2^56: the ratio's halves have 20 and 18 bits.
    let low = density.wrapping_mul(ratio & 0x3_ffff) >> 18;
    density.wrapping_mul(ratio >> 18).wrapping_add(low) >> 18
}

/// ln(high / low), 2^-38, for high ≥ low > 0; below 2^44.
#[inline(always)]
pub fn log_ratio(high: u64, low: u64) -> u64 {
    debug_assert!(high >= low && low > 0);
    let (mut high, mut low, mut doublings) = (high, low, 0u64);
    // At most 63 times, and three times where the strike is within 1/8 to 8 of the forward.
    while high >> 1 >= low {
        low <<= 1;
        doublings = doublings.wrapping_add(1);
    }
    // Now low ≤ high < 2·low. Down to 41 bits, of which at least 37 are left: each loses 2^-36 of itself
    // at most, and the logarithm as much.
    while low >> 41 != 0 {
        low >>= 4;
        high >>= 4;
    }
    // Rounding both down may have made high 2·low + 1.
    let rest = high.wrapping_sub(low).min(low.wrapping_sub(1));
    // y = rest / low to 2^-40 by two steps of a long division: rest < low < 2^41, so no shift overflows.
    let first = (rest << 23) / low;
    let y = (first << 17) | ((((rest << 23) % low) << 17) / low);
    // y < 2^40: the row is below 32, and its place has 35 bits, of which the polynomial takes 30.
    #[allow(clippy::cast_possible_truncation)]
    let row = &LOG[(y >> 35) as usize & 31];
    let place = (y & 0x7_ffff_ffff).cast_signed().wrapping_sub(1 << 34);
    let (value, slope) = quintic(row, place >> 5);
    // The other five along the secant. The slope is below 2^34.
    let value = value.wrapping_add(slope.wrapping_mul(place & 31) >> 35);
    // Zero where y is 0, and rising from there: not negative.
    let value = value.cast_unsigned();
    // At most 64·ln 2 < 2^5.5: below 2^43.5.
    value.wrapping_add(doublings.wrapping_mul(LN_2) >> 6)
}

/// √n, 2^-31, to the last bit.
#[inline(always)]
pub fn root(n: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    // An even shift, so that its half can be taken back from the root: n is now in [2^62, 2^64).
    let even = n.leading_zeros() & !1;
    let n = n << even;
    // The chord of the root over [1/4, 1] lies below it by 5.6 % at most; each of Newton's steps squares
    // half of that: 1.6e-3, 1.2e-6, 8e-13, which is less than one of the 32 bits.
    let mut r = 0x5555_5555 + n / 0x1_8000_0000;
    r = r.wrapping_add(n / r) >> 1;
    r = r.wrapping_add(n / r) >> 1;
    r = r.wrapping_add(n / r) >> 1;
    // The mean is never below the root, rounded down; it may be one above.
    if n / r < r {
        r = r.wrapping_sub(1);
    }
    // n − r² ≤ 2r < 2^33: another 31 bits by a last step, which overshoots by rest²/8r³ ≤ 1/2r: half of
    // the last of them.
    let rest = n.wrapping_sub(r.wrapping_mul(r));
    ((r << 31).wrapping_add((rest << 30) / r)) >> (even >> 1)
}

/// The 128 bits of a·b: high, low.
#[inline(always)]
pub fn wide(a: u64, b: u64) -> (u64, u64) {
    let (a1, a0, b1, b0) = (a >> 32, a & 0xffff_ffff, b >> 32, b & 0xffff_ffff);
    // Schoolbook, as fixed.rs has it: each partial product is at most (2^32−1)², so that a word of 32
    // bits and another can be added to it without a carry.
    let low = a0.wrapping_mul(b0);
    let first = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let second = a0.wrapping_mul(b1).wrapping_add(first & 0xffff_ffff);
    let high = a1
        .wrapping_mul(b1)
        .wrapping_add(first >> 32)
        .wrapping_add(second >> 32);
    (high, (second << 32) | (low & 0xffff_ffff))
}

/// `a · share` for a share of 2^-36, rounded down; `a` for a share of one.
#[inline(always)]
pub fn times_share(a: u64, share: u64) -> u64 {
    if share >= ONE {
        return a;
    }
    wide(a, share << 28).0
}

/// `⌊a·b / 2^40⌋`, or `u64::MAX` where that does not fit.
#[inline(always)]
pub fn times_40(a: u64, b: u64) -> u64 {
    let (high, low) = wide(a, b);
    if high >> 40 != 0 {
        return u64::MAX;
    }
    (high << 24) | (low >> 40)
}
