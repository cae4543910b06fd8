//! Interest on negative cash: what a debt owes is what an exact formula says, in every reading and in every
//! charge; the rate follows how much is missing; a past rate is never changed.

mod common;

use common::{NOW, interest_terms};
use counterweight_risk::{
    AccountCore, Debt, Interest, Moment, QuoteAtoms, Ratio,
    interest::{Accrual, InterestTerms},
};
use proptest::prelude::*;

const YEAR: i64 = 31_536_000;

fn interest(terms: InterestTerms) -> Interest {
    let mut interest = Interest::default();
    interest.set_terms(&terms, NOW).unwrap();
    interest
}

/// What an account of `cash` is charged in a step, in 128 bits.
fn exact(cash: i64, grown: u64, surcharge: Ratio, allowance: u64) -> i128 {
    if cash >= 0 || grown == 0 {
        return 0;
    }
    let ceil = |a: u128, d: u128| a.div_ceil(d);
    let debt = u128::from(cash.unsigned_abs());
    let used = debt.min(u128::from(allowance));
    let extra = ceil(used * u128::from(surcharge.0), u128::from(allowance));
    let grown = ceil(u128::from(grown) * ((1 << 20) + extra), 1 << 20);
    i128::try_from(ceil(debt * grown, 1 << 48)).unwrap()
}

fn moment(interest: &Interest, now: i64) -> Moment {
    Moment {
        now,
        accrual: interest.accrual(now),
        ..Moment::OFF
    }
}

/// A year's interest on a debt, in basis points of it.
fn a_year(interest: &Interest, debt: i64) -> i64 {
    let owed = interest
        .accrual(NOW + YEAR)
        .owed(QuoteAtoms(-debt), interest.index);
    owed.unwrap().0 * 10_000 / debt
}

#[test]
fn the_rate_follows_what_is_missing_in_two_slopes() {
    let mut terms = interest_terms();
    terms.surcharge_bps = 0;
    let mut interest = interest(terms);
    // (debt, vault) and basis points a year: 8 % where a fifth is missing, 100 % where all of it is.
    for (debt, vault, bps) in [
        (0, 0, 0),
        (0, 1_000, 0),
        (50, 950, 200),
        (100, 900, 400),
        (200, 800, 800),
        (600, 400, 5_400),
        (1_000, 0, 10_000),
    ] {
        interest.debt = debt * 1_000_000;
        interest.set_rate(vault * 1_000_000, NOW).unwrap();
        let found = a_year(&interest, 1_000_000_000_000);
        assert!(
            (bps..=bps + 2).contains(&found),
            "{debt} of {vault}: {found}"
        );
    }
}

#[test]
fn a_larger_debt_pays_more_up_to_the_allowance() {
    let mut interest = interest(interest_terms());
    interest.debt = 200;
    interest.set_rate(800, NOW).unwrap();
    // Half as much again for the allowance of a million, in proportion below, and no more above.
    for (debt, bps) in [
        (1_000, 800),
        (500_000, 1_000),
        (1_000_000, 1_200),
        (9_000_000, 1_200),
    ] {
        let found = a_year(&interest, debt * 1_000_000);
        assert!((bps..=bps + 2).contains(&found), "{debt}: {found}");
    }
}

#[test]
fn cash_at_or_above_zero_pays_nothing_and_begins_anew() {
    let mut interest = interest(interest_terms());
    interest.debt = 500;
    interest.set_rate(500, NOW).unwrap();
    let mut core = AccountCore {
        cash: QuoteAtoms(1_000_000),
        ..AccountCore::default()
    };
    core.accrue(&moment(&interest, NOW + YEAR)).unwrap();
    assert_eq!((core.cash.0, core.debt.payable.0), (1_000_000, 0));
    // The year before the debt began is not charged to it.
    let begin = moment(&interest, NOW + YEAR);
    core.move_cash(QuoteAtoms(-2_000_000), &begin).unwrap();
    assert_eq!(core.cash.0, -1_000_000);
    core.accrue(&begin).unwrap();
    assert_eq!((core.cash.0, core.debt.payable.0), (-1_000_000, 0));
    core.accrue(&moment(&interest, NOW + YEAR + 60)).unwrap();
    assert!(core.debt.payable.0 > 0);
    // What is paid in is first charged for the time before, and then pays nothing.
    core.move_cash(QuoteAtoms(9_000_000), &moment(&interest, NOW + 2 * YEAR))
        .unwrap();
    let paid = core.debt.payable.0;
    assert_eq!(core.cash.0, 8_000_000 - paid);
    core.accrue(&moment(&interest, NOW + 9 * YEAR)).unwrap();
    assert_eq!(core.debt.payable.0, paid);
}

#[test]
fn new_terms_and_a_new_rate_leave_the_past_alone() {
    let mut interest = interest(interest_terms());
    interest.debt = 200;
    interest.set_rate(800, NOW).unwrap();
    let before = interest.accrual(NOW + 1_000).index;
    let (mut dearer, mut emptier) = (interest, interest);
    let terms = InterestTerms {
        at_kink_bps: 10_000,
        at_full_bps: 50_000,
        ..interest_terms()
    };
    dearer.set_terms(&terms, NOW + 1_000).unwrap();
    emptier.set_rate(0, NOW + 1_000).unwrap();
    assert_eq!([dearer.index, emptier.index], [before, before]);
    let rates = [interest, dearer, emptier].map(|interest| interest.rate);
    assert!(rates[0] < rates[1] && rates[0] < rates[2], "{rates:?}");
    // A clock that stands before the last change moves nothing back.
    emptier.set_rate(800, NOW).unwrap();
    assert_eq!((emptier.index, emptier.since), (before, NOW + 1_000));
    assert_eq!(emptier.accrual(0).index, before);
}

#[test]
fn a_debt_that_moves_takes_its_line_and_its_part_of_the_total_along() {
    let mut interest = interest(interest_terms());
    let mut debts = [Debt::default(); 2];
    interest.count(QuoteAtoms(-700), &mut debts[0]);
    interest.count(QuoteAtoms(-40), &mut debts[1]);
    assert_eq!(interest.debt, 740);
    interest.count(QuoteAtoms(5), &mut debts[0]);
    assert_eq!(
        (interest.debt, debts[0].counted, debts[1].counted),
        (40, 0, 40)
    );
    interest.count(QuoteAtoms(-41), &mut debts[1]);
    assert_eq!((interest.debt, debts[1].counted), (41, 41));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// What a reading takes off the cash is what a charge moves, and both are the exact figure; nothing is
    /// lost or made between cash and payable line.
    #[test]
    fn a_reading_a_charge_and_the_exact_figure_are_the_same(
        cash in -(1i64 << 55)..1 << 40, debt in 0u64..1 << 60, vault in 0u64..1 << 60,
        seconds in 0i64..200_000_000, surcharge in 0u32..=10_000, allowance in 1u64..1 << 60,
    ) {
        let terms = InterestTerms { surcharge_bps: surcharge, allowance, ..interest_terms() };
        let mut interest = interest(terms);
        interest.debt = debt;
        interest.set_rate(vault, NOW).unwrap();
        let mut core = AccountCore { cash: QuoteAtoms(cash), ..AccountCore::default() };
        core.debt.index = interest.index;
        let now = NOW + seconds;
        let read = interest.settled(core.cash, core.debt.index, now).unwrap();
        let grown = interest.rate * seconds.unsigned_abs();
        prop_assert_eq!(i128::from(cash) - i128::from(read.0), exact(cash, grown, interest.surcharge, allowance));
        core.accrue(&moment(&interest, now)).unwrap();
        prop_assert_eq!(core.cash, read);
        prop_assert_eq!(core.cash.0 + core.debt.payable.0, cash);
        // Twice in a moment is once.
        core.accrue(&moment(&interest, now)).unwrap();
        prop_assert_eq!(core.cash, read);
    }

    /// Being touched often costs an account no more than what interest on interest and an atom each time do.
    #[test]
    fn touches_cost_an_atom_each_and_interest_on_interest(
        debt in 1i64..1 << 50, seconds in 1i64..1_000_000, touches in 1i64..40,
    ) {
        let mut interest = interest(interest_terms());
        interest.debt = 500;
        interest.set_rate(500, NOW).unwrap();
        let mut core = AccountCore { cash: QuoteAtoms(-debt), ..AccountCore::default() };
        core.debt.index = interest.index;
        let end = NOW + seconds * touches;
        let once = interest.accrual(end).owed(core.cash, core.debt.index).unwrap().0;
        for touch in 1..=touches {
            core.accrue(&moment(&interest, NOW + seconds * touch)).unwrap();
        }
        let often = core.debt.payable.0;
        prop_assert!(often >= once - touches);
        // With x = once / debt ≤ 1: (1 + x/n)^n − 1 ≤ x + x², and the surcharge of the interest itself: 1.6 x².
        prop_assume!(once <= debt);
        let [once, debt, touches] = [once, debt, touches].map(i128::from);
        let most = once + 8 * once * once / (5 * debt) + 3 * touches + 1;
        prop_assert!(i128::from(often) <= most, "{} of {}", often, most);
    }

    /// The rate never falls with what is missing, and never leaves its bounds.
    #[test]
    fn the_rate_rises_with_what_is_missing(a in 0u64..1 << 50, b in 0u64..1 << 50, vault in 0u64..1 << 50) {
        let rate = |debt| {
            let mut interest = interest(interest_terms());
            interest.debt = debt;
            interest.set_rate(vault, NOW).unwrap();
            interest.rate
        };
        let (less, more) = (rate(a.min(b)), rate(a.max(b)));
        prop_assert!(less <= more);
        prop_assert!(u128::from(more) * YEAR as u128 <= (1u128 << 48) + 2 * YEAR as u128);
    }
}

#[test]
fn the_accrual_that_is_off_charges_nobody() {
    assert_eq!(
        Accrual::OFF.owed(QuoteAtoms(-5_000_000), 0),
        Ok(QuoteAtoms::ZERO)
    );
}
