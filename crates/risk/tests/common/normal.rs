//! The normal distribution and Black's formula in floating point, written without a look at the engine.

use std::f64::consts::{PI, SQRT_2};

/// Density.
pub fn density(u: f64) -> f64 {
    (-u * u / 2.0).exp() / (2.0 * PI).sqrt()
}

/// (1 − N(u)) / n(u) for u ≥ 0: near the centre the series of Laplace, whose terms are all positive,
/// else his continued fraction.
pub fn mills(u: f64) -> f64 {
    if u < 2.5 {
        let (mut term, mut sum, mut odd) = (u, u, 1.0);
        while term > 1e-18 {
            odd += 2.0;
            term *= u * u / odd;
            sum += term;
        }
        return (PI / 2.0).sqrt() * (u * u / 2.0).exp() - sum;
    }
    let mut fraction = u;
    for level in (1..=300).rev() {
        fraction = u + f64::from(level) / fraction;
    }
    1.0 / fraction
}

/// N(d).
pub fn cdf(d: f64) -> f64 {
    let beyond = density(d) * mills(d.abs());
    if d < 0.0 { beyond } else { 1.0 - beyond }
}

/// Call, put, delta of the call, gamma·F, vega, theta a day.
#[allow(dead_code)] // not of the tests that only want the distribution
pub fn black(forward: f64, strike: f64, volatility: f64, seconds: f64) -> [f64; 6] {
    let root = (seconds / 31_536_000.0).sqrt();
    let s = volatility * root;
    // As a quotient near one, by the difference: the quotient alone would lose it.
    let log = ((forward - strike) / strike).ln_1p();
    let (d1, d2) = (log / s + s / 2.0, log / s - s / 2.0);
    let call = forward * cdf(d1) - strike * cdf(d2);
    let put = strike * cdf(-d2) - forward * cdf(-d1);
    let slope = forward * density(d1);
    [
        call,
        put,
        cdf(d1),
        density(d1) / s,
        slope * root,
        -slope * volatility / (2.0 * root) / 365.0,
    ]
}

/// Against values of 20 digits.
pub fn check() {
    for (u, above, ratio) in [
        (0.0, 0.5, 1.253_314_137_315_500_3),
        (0.5, 0.308_537_538_725_986_9, 0.876_364_456_453_692_3),
        (1.0, 0.158_655_253_931_457_05, 0.655_679_542_418_798_5),
        (2.4, 0.008_197_535_924_596_131, 0.366_050_808_687_150_33),
        (2.6, 0.004_661_188_023_718_749, 0.343_164_145_005_869_1),
        (4.0, 3.167_124_183_311_992e-5, 0.236_652_382_913_560_67),
        (8.0, 6.220_960_574_271_784e-16, 0.123_131_963_257_932_3),
        (12.0, 1.776_482_112_077_679e-33, 0.082_766_286_501_369_18),
    ] {
        let off = (cdf(-u) - above).abs() / above;
        assert!(off < 3e-14, "N(-{u}) is off by {off:e}");
        assert!((cdf(u) - (1.0 - above)).abs() < 1e-15);
        let off = (mills(u) - ratio).abs() / ratio;
        assert!(off < 3e-14, "M({u}) is off by {off:e}");
    }
    assert!((SQRT_2 * mills(0.0) - PI.sqrt()).abs() < 1e-15);
}
