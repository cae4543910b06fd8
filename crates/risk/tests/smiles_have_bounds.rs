//! A smile gives the volatility that its formula says, for every parameter and every strike one within
//! the bounds, and takes no parameters that would make options far out worth more than can be.

use bytemuck::Zeroable;
use counterweight_risk::{
    Price, Ratio,
    option::{Moneyness, SviTerms, Tenor},
};
use proptest::prelude::*;

const WEEK: u64 = 604_800;
const LEAST: Ratio = Ratio((1 << 20) / 20);
const MOST: Ratio = Ratio(5 << 20);

/// A smile of a week on bitcoin: 40 % at its lowest, wings of 1.3 and 0.7 a year.
const USUAL: SviTerms = SviTerms {
    a: (1 << 26) / 10,
    b: 1 << 22,
    rho: -3 * ((1 << 30) / 10),
    m: (1 << 28) / 50,
    sigma: (1 << 28) / 16,
};

fn exact(terms: &SviTerms, k: f64) -> f64 {
    let (a, b) = (
        f64::from(terms.a) / 2f64.powi(26),
        f64::from(terms.b) / 2f64.powi(22),
    );
    let rho = f64::from(terms.rho) / 2f64.powi(30);
    let from = k.clamp(-4.0, 4.0) - f64::from(terms.m) / 2f64.powi(28);
    let sigma = f64::from(terms.sigma) / 2f64.powi(28);
    (a + b * (rho * from + from.hypot(sigma))).sqrt()
}

fn checked() -> impl Strategy<Value = SviTerms> {
    (
        any::<u32>(),
        0u32..32,
        any::<u32>(),
        0u32..32,
        -(1i32 << 30) + 1..1 << 30,
        -(1i32 << 30)..=1 << 30,
        1u32..1 << 31,
        0u32..31,
    )
        .prop_map(|(a, a_bits, b, b_bits, rho, m, sigma, bits)| SviTerms {
            a: a >> a_bits,
            b: b >> b_bits,
            rho,
            m: m >> (bits / 2),
            sigma: (sigma >> bits).max(1),
        })
}

#[test]
fn a_smile_is_the_formula_at_every_strike() {
    let forward = Price(6_553_600_000);
    let mut worst = 0f64;
    for at in 1..4_000u32 {
        let strike = Price(forward.0 * u64::from(at) / 500);
        let found = USUAL.volatility(Moneyness::of(forward, strike).log(), LEAST, MOST);
        let want = exact(&USUAL, (f64::from(at) / 500.0).ln()).clamp(0.05, 5.0);
        let off = (f64::from(found.0) / 1_048_576.0 - want).abs();
        worst = worst.max(off);
        assert!(
            off < 1.0 / 1_048_576.0,
            "K/F {}: {off:e}",
            f64::from(at) / 500.0
        );
    }
    println!("volatility: off by at most {worst:.3e}");
}

#[test]
fn a_smile_is_flat_where_it_was_not_fitted_and_within_its_bounds() {
    let at = |k: i64, least, most| USUAL.volatility(k << 38, least, most);
    assert_eq!(at(5, Ratio::ZERO, MOST), at(4, Ratio::ZERO, MOST));
    assert_eq!(
        at(-25_000_000, Ratio::ZERO, MOST),
        at(-4, Ratio::ZERO, MOST)
    );
    assert_eq!(at(4, LEAST, Ratio::ONE), Ratio::ONE);
    assert_eq!(SviTerms::zeroed().volatility(0, LEAST, MOST), LEAST);
    // Bounds that contradict each other: the upper one.
    assert_eq!(at(0, MOST, LEAST), LEAST);
}

#[test]
fn a_variance_below_zero_is_none() {
    // A skew of −2, which no check lets through.
    let terms = SviTerms {
        rho: i32::MIN,
        a: 1 << 24,
        ..USUAL
    };
    let found = terms.volatility(2 << 38, Ratio::ZERO, MOST);
    assert_eq!(found, Ratio(1 << 19));
}

#[test]
fn parameters_beyond_their_bounds_are_refused_by_name() {
    let refused = |seconds, mutate: fn(&mut SviTerms)| {
        let mut terms = USUAL;
        mutate(&mut terms);
        terms
            .check(Tenor::new(seconds))
            .map_err(|error| error.field)
    };
    assert_eq!(refused(WEEK, |_| ()), Ok(()));
    assert_eq!(refused(WEEK, |t| t.rho = 1 << 30), Err("svi rho"));
    assert_eq!(refused(WEEK, |t| t.rho = -(1 << 30)), Err("svi rho"));
    assert_eq!(refused(WEEK, |t| t.rho = i32::MIN), Err("svi rho"));
    assert_eq!(refused(WEEK, |t| t.rho = (1 << 30) - 1), Ok(()));
    assert_eq!(refused(WEEK, |t| t.m = (4 << 28) + 1), Err("svi m"));
    assert_eq!(refused(WEEK, |t| t.m = i32::MIN), Err("svi m"));
    assert_eq!(refused(WEEK, |t| t.m = -(4 << 28)), Ok(()));
    assert_eq!(refused(WEEK, |t| t.sigma = 0), Err("svi sigma"));
    assert_eq!(refused(WEEK, |t| t.sigma = 1 << 31), Err("svi sigma"));
    assert_eq!(refused(WEEK, |t| t.sigma = (1 << 31) - 1), Ok(()));
}

#[test]
fn wings_rise_no_faster_than_options_can_be_worth() {
    // b·(1 + |ρ|)·T ≤ 2: with ρ of a half, b of 4/3 in a year, of 16/3 in a quarter.
    let at = |rho: i32, b: u32, days: u64| {
        let terms = SviTerms { rho, b, ..USUAL };
        terms.check(Tenor::new(days * 86_400))
    };
    let edge = (4 << 22) / 3;
    for rho in [1 << 29, -(1 << 29)] {
        assert_eq!(at(rho, edge, 365), Ok(()));
        assert_eq!(at(rho, edge + 1, 365).unwrap_err().field, "svi b");
        assert_eq!(at(rho, 2 * edge, 182), Ok(()));
        assert!(at(rho, 2 * edge, 183).is_err());
    }
    // No slope that can be written is too steep for a few hours, and none is refused at the end.
    assert_eq!(at(0, u32::MAX, 0), Ok(()));
    assert!(at(0, u32::MAX, 1).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    /// To a unit of the ratio, and what the roundings of k (2^-29) and of the variance make of it.
    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn every_checked_smile_is_its_formula(terms in checked(), log in -(5i64 << 38)..5 << 38, bits in 0u32..40) {
        prop_assert!(terms.check(Tenor::EXPIRED).is_ok() || terms.b > 1 << 30);
        let log = log >> bits;
        let want = exact(&terms, log as f64 / 2f64.powi(38));
        let found = f64::from(terms.volatility(log, Ratio::ZERO, Ratio(u32::MAX)).0) / 1_048_576.0;
        let steep = f64::from(terms.b) / 2f64.powi(22) * 2.0 * 2f64.powi(-29);
        let variance = (found * found - want * want).abs();
        let allowed = 2.0 * (want + 1e-6) * 0.51 / 1_048_576.0 + steep + 2f64.powi(-25);
        prop_assert!(variance <= allowed, "{} for {}: {:e} > {:e}", found, want, variance, allowed);
    }

    #[test]
    fn every_parameter_and_every_strike_gives_a_volatility_within_the_bounds(
        raw in any::<[u8; 20]>(), log in any::<i64>(), near in -(8i64 << 38)..8 << 38, least in 0u32..1 << 24, more in 0u32..1 << 24,
    ) {
        let terms: SviTerms = bytemuck::pod_read_unaligned(&raw);
        for log in [log, near] {
            let found = terms.volatility(log, Ratio(least), Ratio(least + more));
            prop_assert!((least..=least + more).contains(&found.0));
        }
    }

    #[test]
    fn every_parameter_can_be_checked(raw in any::<[u8; 20]>(), seconds in any::<u64>()) {
        let terms: SviTerms = bytemuck::pod_read_unaligned(&raw);
        let _ = terms.check(Tenor::new(seconds));
    }
}
