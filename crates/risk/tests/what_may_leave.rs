//! What may leave, and when: the bucket that bounds a token's outflow, and the line by which profit
//! matures.

use counterweight_risk::{
    AccountCore, Immature, Moment, Outflow, OutflowTerms, QuoteAtoms, RiskError,
    outflow::{LOOSENING_DELAY, MAX_WINDOW, MIN_WINDOW, UNLIMITED},
};
use proptest::prelude::*;

const NOW: i64 = 1_790_000_000;

fn bucket(limit: u64, window: u32) -> Outflow {
    Outflow {
        limit,
        window,
        ..Outflow::unlimited(NOW)
    }
}

/// Pauses and amounts, as shares of the window and of the limit; many of them dust.
fn takes() -> impl Strategy<Value = Vec<(u32, u64)>> {
    let pause = prop_oneof![Just(0), 1..5u32, 1..100_000u32, 1..=2_000_000u32];
    let share = prop_oneof![Just(0u64), 1..1_000u64, 1..=1_100_000u64];
    prop::collection::vec((pause, share), 1..60)
}

fn limits() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..10u64,
        1..1_000_000u64,
        1..(1u64 << 62),
        Just(UNLIMITED - 1)
    ]
}

/// Runs the takes; those that were allowed, with their times.
fn allowed(outflow: &mut Outflow, steps: &[(u32, u64)]) -> Vec<(i64, u64)> {
    let (limit, window) = (outflow.limit, outflow.window);
    let mut now = NOW;
    let mut left = Vec::new();
    for (pause, share) in steps {
        now += i64::from(*pause) * i64::from(window) / 1_000_000;
        let atoms = (u128::from(limit) * u128::from(*share) / 1_000_000) as u64;
        let atoms = atoms.max(u64::from(*share > 0));
        if outflow.take(now, atoms).is_ok() {
            left.push((now, atoms));
        }
    }
    left
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Within any T ≤ window seconds no more than limit · (1 + T/window) leaves, both ends included: at most
    /// twice the limit within one window.
    #[test]
    fn no_interval_lets_more_leave_than_promised(
        limit in limits(), window in MIN_WINDOW..=MAX_WINDOW, steps in takes()
    ) {
        let left = allowed(&mut bucket(limit, window), &steps);
        for first in 0..left.len() {
            let mut sum = 0u128;
            for (time, atoms) in &left[first..] {
                let seconds = time - left[first].0;
                if seconds > i64::from(window) {
                    break;
                }
                sum += u128::from(*atoms);
                let span = u128::from(window) + seconds as u128;
                prop_assert!(sum * u128::from(window) <= u128::from(limit) * span);
            }
            prop_assert!(sum <= 2 * u128::from(limit));
        }
    }

    /// What is free only grows with time, comes to all of it after one window, and looking at it on the way
    /// never makes it more.
    #[test]
    fn what_is_free_grows_with_time(
        limit in limits(), window in MIN_WINDOW..=MAX_WINDOW, steps in takes(), mut looks in
        prop::collection::vec(0..MAX_WINDOW, 1..10)
    ) {
        let mut outflow = bucket(limit, window);
        allowed(&mut outflow, &steps);
        let start = outflow.since;
        looks.sort_unstable();
        let (mut before, mut stepwise) = (outflow.at(start).unwrap().free(), outflow);
        for seconds in looks {
            let now = start + i64::from(seconds);
            let free = outflow.at(now).unwrap().free();
            prop_assert!(free >= before);
            before = free;
            stepwise = stepwise.at(now).unwrap();
            prop_assert!(stepwise.used >= outflow.at(now).unwrap().used);
        }
        let end = outflow.at(start + i64::from(window)).unwrap();
        prop_assert_eq!((end.used, end.free()), (0, limit));
    }

    /// An amount is refused exactly where it is more than what is free; the wait that a refusal names is
    /// the shortest one; and a refusal changes nothing.
    #[test]
    fn a_refusal_tells_the_truth(
        limit in limits(), window in MIN_WINDOW..=MAX_WINDOW, steps in takes(), share in 0..1_200_000u64
    ) {
        let mut outflow = bucket(limit, window);
        allowed(&mut outflow, &steps);
        let atoms = (u128::from(limit) * u128::from(share) / 1_000_000).min(u128::from(u64::MAX)) as u64;
        let (now, before) = (outflow.since, outflow);
        match outflow.take(now, atoms) {
            Ok(()) => {
                prop_assert!(atoms <= before.free());
                prop_assert_eq!(outflow.used, before.used + atoms);
            }
            Err(RiskError::OutflowNever { requested, limit: most }) => {
                prop_assert!(requested == atoms && most == limit && atoms > limit);
                prop_assert_eq!(outflow, before);
            }
            Err(RiskError::OutflowLimit { requested, left, wait }) => {
                prop_assert!(requested == atoms && left == before.free() && atoms > left);
                prop_assert_eq!(outflow, before);
                let then = now + i64::try_from(wait).unwrap();
                prop_assert!(before.at(then).unwrap().free() >= atoms);
                prop_assert!(before.at(then - 1).unwrap().free() < atoms);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    /// Whatever is set, and in whatever sequence: looser terms never hold before they were announced for the
    /// whole delay, without a call in between; tighter ones hold at once; and what had left still counts.
    #[test]
    fn looser_terms_are_announced_a_day_ahead(
        sets in prop::collection::vec(
            (prop_oneof![Just(UNLIMITED), 0..5_000u64], MIN_WINDOW..500u32, 0..200_000i64), 1..20
        )
    ) {
        let mut outflow = bucket(1_000, 100);
        let mut model = (OutflowTerms { limit: 1_000, window: 100 }, None);
        let mut now = NOW;
        for (limit, window, pause) in sets {
            now += pause;
            let terms = OutflowTerms { limit, window };
            let (mut held, pending) = model;
            if let Some((from, looser)) = pending && now >= from {
                held = looser;
            }
            prop_assert_eq!(outflow.at(now).unwrap().terms(), held);
            outflow.take(now, held.limit.min(500) / 2).ok();
            let used = outflow.at(now).unwrap().used;
            let tighter = limit <= held.limit && window >= held.window || held.limit == UNLIMITED;
            model = if tighter { (terms, None) } else { (held, Some((now + LOOSENING_DELAY, terms))) };
            prop_assert_eq!(outflow.set(now, terms).unwrap(), tighter);
            prop_assert_eq!(outflow.used, used);
            let announced = (outflow.pending_from != 0).then_some(outflow.pending_from);
            prop_assert_eq!(announced, model.1.map(|(from, _)| from));
        }
    }
}

/// A profit by itself, in 2^-32 atoms: what has not matured at `at`, and when it will have.
#[derive(Clone, Copy, Debug)]
struct Parcel {
    rest: u128,
    at: i64,
    until: i64,
}

impl Parcel {
    /// Cut off at each step: the model lets out a little more than it should, never less.
    fn advance(&mut self, now: i64) {
        let (left, whole) = ((self.until - now).max(0), self.until - self.at);
        self.rest = self.rest * left as u128 / whole.max(1) as u128;
        self.at = now;
        self.until = self.until.max(now);
    }
}

/// Every profit by itself. A loss takes from them in the sequence that the caller likes.
fn parcels_after(parcels: &mut Vec<Parcel>, result: i64, maturity: Moment, newest_first: bool) {
    let now = maturity.now;
    for parcel in parcels.iter_mut() {
        parcel.advance(now);
    }
    if result > 0 && maturity.seconds > 0 {
        parcels.push(Parcel {
            rest: (result as u128) << 32,
            at: now,
            until: now + i64::from(maturity.seconds),
        });
    }
    let mut loss = u128::from(result.min(0).unsigned_abs()) << 32;
    if newest_first {
        parcels.reverse();
    }
    for parcel in parcels.iter_mut() {
        let part = loss.min(parcel.rest);
        (parcel.rest, loss) = (parcel.rest - part, loss - part);
    }
    if newest_first {
        parcels.reverse();
    }
}

/// Results of trading: pauses, amounts, how long profits take from then on.
fn results() -> impl Strategy<Value = Vec<(u32, i64, u32)>> {
    let pause = prop_oneof![Just(0), 1..60u32, 1..10_000u32];
    let result = prop_oneof![1..5i64, 1..1_000_000_000i64, -1_000_000_000..0i64, -5..0i64];
    let seconds = prop_oneof![Just(0), Just(3_600), Just(3_600), 1..=604_800u32];
    prop::collection::vec((pause, result, seconds), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// At any time no more may leave than if every profit matured by itself: whatever is gained and lost in
    /// between, in whatever pieces, and however the time that it takes is changed.
    #[test]
    fn no_more_may_leave_than_parcel_by_parcel(
        steps in results(), newest_first: bool, later in prop::collection::vec(0..700_000i64, 1..8)
    ) {
        let (mut immature, mut parcels, mut now) = (Immature::default(), Vec::new(), NOW);
        for (pause, result, seconds) in steps {
            now += i64::from(pause);
            let maturity = Moment { now, seconds, ..Moment::OFF };
            immature.note(QuoteAtoms(result), &maturity);
            parcels_after(&mut parcels, result, maturity, newest_first);
            for seconds in later.iter().copied().chain([0]) {
                let mut then = parcels.clone();
                then.iter_mut().for_each(|parcel| parcel.advance(now + seconds));
                let exact: u128 = then.iter().map(|parcel| parcel.rest).sum();
                let held = u128::from(immature.at(now + seconds)) << 32;
                prop_assert!(held >= exact, "{seconds} s later: {held} held, {exact} needed");
            }
        }
    }

    /// A profit that comes in pieces at one time is the profit that comes at once, and nothing is ever
    /// immature for longer than the longest of the times, or more than was gained.
    #[test]
    fn pieces_make_no_difference_and_all_matures(
        pieces in prop::collection::vec(1..1_000_000i64, 1..20), steps in results()
    ) {
        let mut base = Immature::default();
        let (mut now, mut gained) = (NOW, 0u128);
        for (pause, result, seconds) in steps {
            now += i64::from(pause);
            base.note(QuoteAtoms(result), &Moment { now, seconds, ..Moment::OFF });
            gained += u128::from(result.max(0).unsigned_abs());
            prop_assert!(u128::from(base.atoms) <= gained);
            prop_assert!(base.atoms == 0 || base.until <= now + 604_800);
            prop_assert_eq!(base.at(now + 604_800), 0);
        }
        let maturity = Moment { now: now + 7, seconds: 3_600, ..Moment::OFF };
        let (mut split, mut whole) = (base, base);
        for piece in &pieces {
            split.note(QuoteAtoms(*piece), &maturity);
        }
        whole.note(QuoteAtoms(pieces.iter().sum()), &maturity);
        prop_assert_eq!(split, whole);
    }

    /// What is immature falls with time, and any size that cash can have fits.
    #[test]
    fn what_is_immature_falls_with_time(
        atoms in 1..i64::MAX, seconds in 1..=604_800u32, mut looks in prop::collection::vec(0..700_000i64, 2..10)
    ) {
        let mut immature = Immature::default();
        immature.note(QuoteAtoms(atoms), &Moment { now: NOW, seconds, ..Moment::OFF });
        looks.sort_unstable();
        let rests: Vec<_> = looks.iter().map(|s| immature.at(NOW + s)).collect();
        prop_assert!(rests.windows(2).all(|w| w[0] >= w[1]));
        prop_assert!(rests.iter().all(|rest| *rest <= atoms.unsigned_abs()));
    }

    /// What may leave is cash less what is immature, and not an atom more; the wait is the shortest.
    #[test]
    fn cash_leaves_only_when_it_has_matured(
        cash in -10_000..10_000i64, profit in 1..10_000i64, elapsed in 0..4_000i64, atoms in 1..10_000u64
    ) {
        let mut core = AccountCore { cash: QuoteAtoms(cash), ..AccountCore::default() };
        let maturity = Moment { now: NOW, seconds: 3_600, ..Moment::OFF };
        core.immature.note(QuoteAtoms(profit), &maturity);
        let now = NOW + elapsed;
        let immature = core.immature.at(now);
        let held = cash.max(0).unsigned_abs();
        let before = core;
        match core.debit_cash(atoms, now) {
            Ok(()) => {
                prop_assert!(atoms + immature <= held);
                prop_assert_eq!(core.cash.0, cash - atoms as i64);
                prop_assert_eq!(core.immature, before.immature);
            }
            Err(RiskError::InsufficientBalance { available, requested }) => {
                prop_assert!(requested == atoms && available == held && atoms > held);
            }
            Err(RiskError::ProfitNotMature { available, requested, immature: found, wait }) => {
                prop_assert!(atoms <= held && atoms + immature > held);
                prop_assert_eq!((requested, found), (atoms, immature));
                prop_assert_eq!(available, held.saturating_sub(immature));
                let then = now + i64::try_from(wait).unwrap();
                prop_assert_eq!(before.clone().debit_cash(atoms, then), Ok(()));
                prop_assert!(before.clone().debit_cash(atoms, then - 1).is_err());
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    /// What one line is charged another receives, to the atom, divided or not; and what is received, or a
    /// charge that is negative, does not leave at once.
    #[test]
    fn a_charge_is_credited_as_it_was_debited(
        cash in -1_000_000..1_000_000i64, charge in -1_000..1_000_000i64, part in 0..1_000_000i64
    ) {
        let maturity = Moment { now: NOW, seconds: 3_600, ..Moment::OFF };
        let mut payer = AccountCore { cash: QuoteAtoms(cash), ..AccountCore::default() };
        let mut payee = AccountCore::default();
        let taken = payer.charge(QuoteAtoms(charge), &maturity).unwrap();
        let (share, rest) = taken.split(QuoteAtoms(part)).unwrap();
        let line = share.onto(QuoteAtoms(5)).unwrap();
        payee.earn(rest, &maturity).unwrap();
        prop_assert_eq!(payer.cash.0 + payee.cash.0 + line.0 - 5, cash);
        prop_assert_eq!(payer.immature.atoms, (-charge).max(0).unsigned_abs());
        prop_assert_eq!(payee.immature.atoms, (charge - part).max(0).unsigned_abs());
    }
}
