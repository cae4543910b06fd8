//! How two states of an account compare: without division, as the rational numbers would.

mod common;

use counterweight_risk::{
    Health, QuoteAtoms, RiskError,
    liquidation::{is_liquidatable, is_restored},
    units::Ratio,
};
use proptest::prelude::*;
use std::cmp::Ordering;

const fn health(equity: i64, requirement: i64) -> Health {
    Health {
        equity: QuoteAtoms(equity),
        requirement: QuoteAtoms(requirement),
    }
}

/// Equities of both signs, requirements from none; often small, so that ratios coincide.
fn arb_health() -> impl Strategy<Value = Health> {
    let equity = prop_oneof![4 => -6i64..=12, 1 => any::<i64>()];
    let requirement = prop_oneof![4 => 0i64..=6, 1 => 0..=i64::MAX];
    (equity, requirement).prop_map(|(equity, requirement)| health(equity, requirement))
}

/// The same with a requirement, so that there is a ratio.
fn arb_ratio() -> impl Strategy<Value = Health> {
    let least_one = |a: Health| health(a.equity.0, a.requirement.0.max(1));
    arb_health().prop_map(least_one)
}

/// The same with equity left.
fn arb_solvent() -> impl Strategy<Value = Health> {
    let positive = |a: Health| health(a.equity.0.saturating_abs().max(1), a.requirement.0);
    arb_health().prop_map(positive)
}

/// A ratio as a whole number and the rest of a division at each step: a continued fraction, so that
/// nothing here shares the engine's cross-multiplication. `None` stands for a ratio without bound.
fn ratio(health: &Health) -> Option<Vec<i64>> {
    let (mut a, mut b) = (health.equity.0, health.requirement.0);
    let mut terms = Vec::new();
    while b != 0 {
        terms.push(a.div_euclid(b));
        (a, b) = (b, a.rem_euclid(b));
    }
    if terms.is_empty() { None } else { Some(terms) }
}

/// Compares continued fractions: every second term counts the other way, and a missing term is
/// larger than any.
fn compare(a: &Option<Vec<i64>>, b: &Option<Vec<i64>>) -> Ordering {
    let (a, b) = (
        a.as_deref().unwrap_or_default(),
        b.as_deref().unwrap_or_default(),
    );
    for k in 0..=a.len().min(b.len()) {
        let order = match (a.get(k), b.get(k)) {
            (Some(x), Some(y)) => x.cmp(y),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return if k % 2 == 0 { order } else { order.reverse() };
        }
    }
    Ordering::Equal
}

/// Found by the transitivity below: with no requirement every equity had the same ratio, a loss too.
#[test]
fn an_account_that_requires_nothing_does_not_become_a_debtor_unnoticed() {
    assert!(!health(-100, 0).is_no_worse_than(&health(100, 0)));
    assert!(!health(-1, 0).is_no_worse_than(&health(1, 0)));
    assert!(health(0, 0).is_no_worse_than(&health(1, 0)));
    assert!(health(1, 0).is_no_worse_than(&health(100, 0)));
    assert!(!health(100, 1).is_no_worse_than(&health(1, 0)));
}

#[test]
fn without_equity_there_is_no_ratio_and_nothing_may_get_worse() {
    let before = health(-50, 100);
    assert!(health(-50, 100).is_no_worse_than(&before));
    assert!(health(-50, 0).is_no_worse_than(&before));
    assert!(!health(-51, 0).is_no_worse_than(&before));
    // −50/101 is the higher ratio, but it owes the same against more risk.
    assert!(!health(-50, 101).is_no_worse_than(&before));
    assert!(!health(1, 101).is_no_worse_than(&before));
}

#[test]
fn what_is_free_is_exact_or_an_error() {
    assert_eq!(health(7, 10).free(), Ok(QuoteAtoms(-3)));
    assert_eq!(health(i64::MIN + 1, 1).free(), Ok(QuoteAtoms(i64::MIN)));
    assert_eq!(health(i64::MIN, 1).free(), Err(RiskError::Overflow));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn no_worse_is_reflexive(a in arb_health()) {
        prop_assert!(a.is_no_worse_than(&a));
    }

    #[test]
    fn no_worse_is_transitive(a in arb_health(), b in arb_health(), c in arb_health()) {
        // From no equity through some to more risk than at first: two steps may do what one must
        // not, since only the first could bring in the equity that allows the second.
        let through_zero = c.equity.0 <= 0 && a.requirement > c.requirement;
        if a.is_no_worse_than(&b) && b.is_no_worse_than(&c) && !through_zero {
            prop_assert!(a.is_no_worse_than(&c), "{:?} {:?} {:?}", a, b, c);
        }
    }

    #[test]
    fn no_worse_agrees_with_the_rational_ratio(after in arb_health(), before in arb_solvent()) {
        if before.requirement.0 > 0 && (after.requirement.0 > 0 || after.equity.0 > 0) {
            let want = compare(&ratio(&after), &ratio(&before)).is_ge();
            prop_assert_eq!(after.is_no_worse_than(&before), want);
        } else {
            // No ratio on one side: nothing required, and nothing owed.
            let want = after.requirement.0 == 0 && after.equity.0 >= 0;
            prop_assert_eq!(after.is_no_worse_than(&before), want);
        }
    }

    /// What was healthy stays so, and no debtor comes of it.
    #[test]
    fn no_worse_than_healthy_is_healthy(after in arb_health(), before in arb_health()) {
        if before.is_met() && after.is_no_worse_than(&before) {
            prop_assert!(after.is_met());
        }
    }

    #[test]
    fn more_equity_and_less_requirement_is_never_worse(
        a in arb_health(), gain in 0..=i64::MAX, relief in 0..=i64::MAX,
    ) {
        let equity = a.equity.0.saturating_add(gain);
        let better = health(equity, a.requirement.0.saturating_sub(relief).max(0));
        prop_assert!(better.is_no_worse_than(&a));
    }

    #[test]
    fn a_ratio_is_at_least_what_the_rational_is(a in arb_ratio(), bps in prop_oneof![0u32..30_000, any::<u32>()]) {
        let line = health(i64::from(bps), 10_000);
        prop_assert_eq!(a.ratio_is_at_least(bps), compare(&ratio(&a), &ratio(&line)).is_ge());
        prop_assert_eq!(a.ratio_is_at_least(10_000), a.is_met());
        prop_assert!(!a.ratio_is_at_least(bps) || a.ratio_is_at_least(bps / 2));
    }

    #[test]
    fn what_is_free_has_the_sign_of_the_check(a in arb_health()) {
        match a.free() {
            Ok(free) => {
                prop_assert_eq!(free.0 >= 0, a.is_met());
                prop_assert_eq!(i128::from(free.0), i128::from(a.equity.0) - i128::from(a.requirement.0));
            }
            Err(error) => {
                prop_assert_eq!(error, RiskError::Overflow);
                prop_assert!(i128::from(a.equity.0) - i128::from(a.requirement.0) < i128::from(i64::MIN));
            }
        }
    }

    /// The buffer is a line above the requirement, and liquidation lasts from the one to the other.
    #[test]
    fn liquidation_starts_at_the_requirement_and_ends_at_the_buffer(a in arb_health(), buffer in 0u32..1 << 20) {
        let buffer = Ratio(buffer);
        prop_assert_eq!(is_restored(&a, Ratio::ZERO), a.is_met());
        prop_assert!(!is_restored(&a, buffer) || a.is_met());
        prop_assert_eq!(is_liquidatable(0, &a, buffer), !a.is_met());
        prop_assert_eq!(is_liquidatable(1, &a, buffer), !is_restored(&a, buffer));
    }
}
