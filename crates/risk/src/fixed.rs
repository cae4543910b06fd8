//! Multiplication kernels.
//!
//! A product of two 64-bit numbers that is shifted back into 64 bits is what a margin check
//! consists of. The compiler's 128-bit multiplication is a library call on the chain; these kernels
//! are inline and take the short way where a factor fits 32 bits. They wrap nowhere: each comment
//! states the bound, and the tests compare with 128-bit arithmetic.

/// `⌊a·b / 2^SHIFT⌋`, and whether anything was cut off. `SHIFT` is at most 32.
/// `None` where the result does not fit 64 bits.
#[inline(always)]
pub fn mul_shift<const SHIFT: u32>(a: u64, b: u64) -> Option<(u64, bool)> {
    mul_shift_below::<SHIFT, 64>(a, b)
}

/// As [`mul_shift`], `None` from 2^`BITS`; `BITS` is at least 64 − `SHIFT`. The bound costs nothing:
/// it is the same comparison at another place, and spares the caller his own.
#[inline(always)]
pub fn mul_shift_below<const SHIFT: u32, const BITS: u32>(a: u64, b: u64) -> Option<(u64, bool)> {
    mul_split_below::<SHIFT, BITS>(a, b).map(|(whole, rest)| (whole, rest != 0))
}

/// `a·b` split at bit `SHIFT`: what is above, and the `SHIFT` bits below. `None` from 2^`BITS` above.
#[inline(always)]
pub fn mul_split_below<const SHIFT: u32, const BITS: u32>(a: u64, b: u64) -> Option<(u64, u64)> {
    const { assert!(SHIFT <= 32 && BITS <= 64 && BITS + SHIFT >= 64) };
    if (a | b) >> 32 == 0 {
        // Both below 2^32: the product is below 2^64, and shifted below 2^(64 − SHIFT) ≤ 2^BITS.
        let product = a.wrapping_mul(b);
        return Some((product >> SHIFT, product & mask::<SHIFT>()));
    }
    if a >> 32 == 0 {
        return mul_narrow_split::<SHIFT, BITS>(b, a);
    }
    if b >> 32 == 0 {
        return mul_narrow_split::<SHIFT, BITS>(a, b);
    }
    mul_wide_split::<SHIFT>(a, b).filter(|(whole, _)| BITS == 64 || whole >> (BITS & 63) == 0)
}

/// `⌊a·b / 2^SHIFT⌋` for a 32-bit `b`, and whether anything was cut off. `SHIFT` is at most 32.
/// `None` where the result does not fit 64 bits.
#[inline(always)]
pub fn mul_u32_shift<const SHIFT: u32>(a: u64, b: u32) -> Option<(u64, bool)> {
    const { assert!(SHIFT <= 32) };
    let b = u64::from(b);
    if a >> 32 == 0 {
        // Both below 2^32: the product is below 2^64.
        let product = a.wrapping_mul(b);
        return Some((product >> SHIFT, product & mask::<SHIFT>() != 0));
    }
    mul_narrow_split::<SHIFT, 64>(a, b).map(|(whole, rest)| (whole, rest != 0))
}

/// The lowest `SHIFT` bits set.
const fn mask<const SHIFT: u32>() -> u64 {
    (1 << SHIFT) - 1
}

/// `⌈n·rate / 2^20⌉` for a notional below 2^60: the charge of a requirement. `None` from 2^62, so
/// that a charge is always money.
#[inline(always)]
pub fn charge_ceil(notional: u64, rate: u32) -> Option<u64> {
    let rate = u64::from(rate);
    if notional >> 32 == 0 {
        // The product is at most (2^32−1)² = 2^64 − 2^33 + 1: adding 2^20 − 1 does not wrap.
        return Some(notional.wrapping_mul(rate).wrapping_add(mask::<20>()) >> 20);
    }
    // notional = h·2^32 + l with h < 2^28: h·rate < 2^60, and the carry adds less than 2^32.
    let low = (notional & 0xffff_ffff).wrapping_mul(rate);
    let high = (notional >> 32).wrapping_mul(rate).wrapping_add(low >> 32);
    if high >> 50 != 0 {
        return None;
    }
    // Below 2^62, and the rounding adds at most one.
    let floor = (high << 12) | ((low & 0xffff_ffff) >> 20);
    Some(floor.wrapping_add(u64::from(low & mask::<20>() != 0)))
}

/// `narrow` is below 2^32.
#[inline(always)]
fn mul_narrow_split<const SHIFT: u32, const BITS: u32>(
    wide: u64,
    narrow: u64,
) -> Option<(u64, u64)> {
    // wide = h·2^32 + l. Both partial products are below 2^64, and h·narrow + (l·narrow >> 32) is at
    // most (2^32−1)² + 2^32 − 1 = 2^64 − 2^32: nothing wraps.
    let low = (wide & 0xffff_ffff).wrapping_mul(narrow);
    let high = (wide >> 32).wrapping_mul(narrow).wrapping_add(low >> 32);
    // The product is high·2^32 + (low mod 2^32); shifted right by SHIFT it is below 2^BITS iff
    // high < 2^(BITS + SHIFT − 32).
    if BITS + SHIFT < 96 && high >> ((BITS + SHIFT - 32) & 63) != 0 {
        return None;
    }
    let result = (high << (32 - SHIFT)) | ((low & 0xffff_ffff) >> SHIFT);
    Some((result, low & mask::<SHIFT>()))
}

/// Both factors may use all 64 bits.
#[inline(never)]
fn mul_wide_split<const SHIFT: u32>(a: u64, b: u64) -> Option<(u64, u64)> {
    let (a1, a0, b1, b0) = (a >> 32, a & 0xffff_ffff, b >> 32, b & 0xffff_ffff);
    // Schoolbook with 32-bit halves. Each partial product is at most (2^32−1)²; `middle` adds three
    // numbers below 2^32; the high word is that of a 128-bit product. Nothing wraps.
    let (ll, lh, hl, hh) = (
        a0.wrapping_mul(b0),
        a0.wrapping_mul(b1),
        a1.wrapping_mul(b0),
        a1.wrapping_mul(b1),
    );
    let middle = (ll >> 32)
        .wrapping_add(lh & 0xffff_ffff)
        .wrapping_add(hl & 0xffff_ffff);
    let low = (ll & 0xffff_ffff) | (middle << 32);
    let high = hh
        .wrapping_add(lh >> 32)
        .wrapping_add(hl >> 32)
        .wrapping_add(middle >> 32);
    if SHIFT == 0 {
        return if high == 0 { Some((low, 0)) } else { None };
    }
    if high >> SHIFT != 0 {
        return None;
    }
    Some((
        (high << (64 - SHIFT)) | (low >> SHIFT),
        low & mask::<SHIFT>(),
    ))
}

/// `⌊a·b / d⌋` through 128 bits. `None` for `d = 0` or a result beyond 64 bits.
///
/// About 300 compute units: for what happens a few times in an instruction, never once a position.
pub fn mul_div_floor(a: u64, b: u64, d: u64) -> Option<u64> {
    if d == 0 {
        return None;
    }
    if let Some(product) = a.checked_mul(b) {
        return Some(product / d);
    }
    u64::try_from(u128::from(a) * u128::from(b) / u128::from(d)).ok()
}

/// `⌈a·b / d⌉` through 128 bits. `None` for `d = 0` or a result beyond 64 bits.
pub fn mul_div_ceil(a: u64, b: u64, d: u64) -> Option<u64> {
    if d == 0 {
        return None;
    }
    if let Some(product) = a.checked_mul(b) {
        return Some(product.div_ceil(d));
    }
    u64::try_from((u128::from(a) * u128::from(b)).div_ceil(u128::from(d))).ok()
}

/// `a·b / d` towards zero for a signed `a`. `None` as for [`mul_div_floor`].
pub fn mul_div_signed(a: i64, b: u64, d: u64) -> Option<i64> {
    let size = i64::try_from(mul_div_floor(a.unsigned_abs(), b, d)?).ok()?;
    Some(if a < 0 { -size } else { size })
}

/// 10^`exponent` for exponents up to 19.
pub const fn pow10(exponent: u32) -> Option<u64> {
    10u64.checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(a: u64, b: u64, shift: u32) -> Option<(u64, bool)> {
        let product = u128::from(a) * u128::from(b);
        let cut = product & ((1u128 << shift) - 1) != 0;
        u64::try_from(product >> shift)
            .ok()
            .map(|whole| (whole, cut))
    }

    /// Numbers of every length, and the edges between them.
    fn any_width() -> impl Strategy<Value = u64> {
        (0u32..64, any::<u64>(), 0u8..4).prop_map(|(bits, raw, kind)| match kind {
            0 => (1 << bits) - 1,
            1 => 1 << bits,
            _ => raw >> bits,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn kernels_agree_with_128_bit_arithmetic(a in any_width(), b in any_width()) {
            prop_assert_eq!(mul_shift::<0>(a, b), reference(a, b, 0));
            prop_assert_eq!(mul_shift::<16>(a, b), reference(a, b, 16));
            prop_assert_eq!(mul_shift::<20>(a, b), reference(a, b, 20));
            prop_assert_eq!(mul_shift::<32>(a, b), reference(a, b, 32));
            let below = |bits: u32| reference(a, b, 16).filter(|(whole, _)| whole >> bits == 0);
            prop_assert_eq!(mul_shift_below::<16, 60>(a, b), below(60));
            prop_assert_eq!(mul_shift_below::<16, 48>(a, b), below(48));
            let narrow = u32::try_from(b >> 32).unwrap();
            let charge = (u128::from(a >> 4) * u128::from(narrow)).div_ceil(1 << 20);
            let floor = (u128::from(a >> 4) * u128::from(narrow)) >> 20;
            let expect = u64::try_from(charge).ok().filter(|_| floor < 1 << 62);
            prop_assert_eq!(charge_ceil(a >> 4, narrow), expect);
            prop_assert_eq!(mul_u32_shift::<20>(a, narrow), reference(a, u64::from(narrow), 20));
            prop_assert_eq!(mul_u32_shift::<32>(a, narrow), reference(a, u64::from(narrow), 32));
        }

        #[test]
        fn divisions_agree_with_128_bit_arithmetic(a in any_width(), b in any_width(), d in any_width()) {
            let product = u128::from(a) * u128::from(b);
            let expect = |q: u128| u64::try_from(q).ok();
            prop_assert_eq!(mul_div_floor(a, b, d), (d != 0).then(|| expect(product / u128::from(d.max(1)))).flatten());
            prop_assert_eq!(mul_div_ceil(a, b, d), (d != 0).then(|| expect(product.div_ceil(u128::from(d.max(1))))).flatten());
        }
    }

    #[test]
    fn the_edges_of_each_path_are_exact() {
        for a in [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            for b in [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
                assert_eq!(mul_shift::<16>(a, b), reference(a, b, 16), "{a} {b}");
                assert_eq!(mul_shift::<0>(a, b), reference(a, b, 0), "{a} {b}");
            }
        }
    }
}
