//! Books with options in liquidation, by both models: single markets and slices. The ratio never falls, accounts are
//! restored or everything asked for is taken, what a step promises is what a fresh check says, and every atom arrives.

mod common;

use common::{
    NOW, flat_tiers, market_terms,
    options::{Desk, add_option, plain, random::arb_desk},
};
use counterweight_risk::{
    Health, Lots, Market, MarketTerms, Moment, Position, QuoteAtoms, Ratio, RiskError,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    liquidation::{Candidate, Step, is_liquidatable, is_restored, penalty_rate},
    market::{KIND_CALL, KIND_PUT},
    marks::Marks,
    portfolio::OneLeg,
    slice::{Slice, Slicer},
};
use proptest::prelude::*;

/// The account in liquidation, who takes from it, and what went to the insurance fund.
struct Case {
    desk: Desk,
    taker: Desk,
    insurance: i128,
    elapsed: i64,
}

impl Case {
    /// The account of a desk without its orders, with an equity of so many thousandths of its maintenance margin. Longs
    /// and shorts at different prices where the interval is wide.
    fn new(desk: Desk, ratio: i64, elapsed: i64, wide: bool) -> Self {
        let mut desk = desk.without_orders();
        if wide {
            for asset in &mut desk.world.assets {
                (asset.maintenance_low, asset.maintenance_high) =
                    (asset.initial_low, asset.initial_high);
            }
        }
        // Positions without lots were those of orders.
        let mut held: Vec<Position> = desk.positions().to_vec();
        held.retain(|position| position.lots.0 != 0);
        desk.core.position_count = u16::try_from(held.len()).unwrap();
        desk.slots[..held.len()].copy_from_slice(&held);
        let health = desk.keeping();
        let wanted = i128::from(health.requirement.0) * i128::from(ratio) / 1_000;
        let cash = i128::from(desk.core.cash.0) + wanted - i128::from(health.equity.0);
        desk.core.cash = QuoteAtoms(i64::try_from(cash).unwrap());
        desk.core.liquidation_start = i64::from(ratio >= 1_000);
        let mut taker = Desk::new(desk.world.clone(), MODEL_STANDARD);
        taker.core.cash = QuoteAtoms(1 << 60);
        Self {
            desk,
            taker,
            insurance: 0,
            elapsed,
        }
    }

    fn buffer(&self) -> Ratio {
        self.desk.world.params.liquidation_buffer
    }

    fn is_liquidatable(&self) -> bool {
        let start = self.desk.core.liquidation_start;
        is_liquidatable(start, &self.desk.keeping(), self.buffer())
    }

    fn market(&self, position: &Position) -> &Market {
        &self.desk.world.markets[usize::from(position.market)]
    }

    fn rate(&self, position: &Position) -> Ratio {
        let params = &self.desk.world.params;
        penalty_rate(self.market(position), params, self.elapsed)
    }

    fn marks(&self, position: &Position) -> Marks {
        let book = self.desk.world.book();
        Marks::of(&book, position.market, position.lots, NOW).unwrap()
    }

    /// Runs `act` on the candidate that a position is.
    fn candidate<R>(&self, position: &Position, act: impl Fn(&Candidate) -> R) -> R {
        let (book, view) = (self.desk.world.book(), self.desk.view());
        let mut leg = None;
        let health = OneLeg::judge(&book, &view, NOW, position.market, &mut leg).unwrap();
        assert_eq!(health, self.desk.keeping());
        act(&Candidate {
            health,
            market: self.market(position),
            lots: position.lots,
            marks: self.marks(position),
            rate: self.rate(position),
            buffer: self.buffer(),
            floor: None,
            scanned: leg.as_ref(),
        })
    }

    /// Lots change hands for quote, which both sides count.
    fn exchange(&mut self, market: u16, lots: i64, cost: i64, [penalty, insurance]: [i64; 2]) {
        let row = self.desk.world.markets[usize::from(market)];
        let sides = [
            (&mut self.desk, -lots, cost),
            (&mut self.taker, lots, -cost),
        ];
        for (side, lots, quote) in sides.into_iter().filter(|side| side.1 != 0) {
            let (lots, quote) = (Lots(lots), QuoteAtoms(quote));
            let filled = side.account().fill(market, &row, lots, quote, &Moment::OFF);
            let _ = filled.unwrap();
        }
        self.desk.core.cash.0 -= penalty;
        self.taker.core.cash.0 += penalty - insurance;
        self.insurance += i128::from(insurance);
    }

    fn take(&mut self, position: &Position, step: &Step) {
        let lots = step.signed(position.lots).unwrap().0;
        let insurance = step.insurance(self.market(position)).unwrap().0;
        let cost = step.value.0 * lots.signum();
        self.exchange(position.market, lots, cost, [step.penalty.0, insurance]);
    }

    fn slice(&self, most: Ratio) -> Slice {
        let (book, view) = (self.desk.world.book(), self.desk.view());
        let times = (NOW, self.elapsed);
        let slicer = Slicer::new(&book, &view, self.desk.keeping(), times).unwrap();
        slicer.step(most).unwrap()
    }

    fn quote(&self) -> i128 {
        self.desk.quote() + self.taker.quote() + self.insurance
    }

    fn lots(&self) -> Vec<i64> {
        let markets = 0..u16::try_from(self.desk.world.markets.len()).unwrap();
        let both = |market| self.desk.lots(market) + self.taker.lots(market);
        markets.map(both).collect()
    }

    /// What a penalty on lots can be at most: a share of their value, of a short option of its notional.
    fn most_penalty(&self, position: &Position, lots: u64) -> u64 {
        let marks = self.marks(position);
        let short_option = self.market(position).is_option() && position.lots.0 < 0;
        let price = if short_option {
            marks.notional
        } else {
            marks.price
        };
        let volume = Lots(i64::try_from(lots).unwrap()).notional(price).unwrap();
        self.rate(position).of_floor(volume).unwrap()
    }

    /// The health with other lots of one position, by a fresh check.
    fn requirement_with(&self, market: u16, lots: i64) -> i64 {
        let mut desk = self.desk.clone();
        let held = desk
            .slots
            .iter_mut()
            .find(|held| held.market == market && held.lots.0 != 0);
        held.unwrap().lots = Lots(lots);
        desk.keeping().requirement.0
    }
}

/// What is over what restores; negative where something is missing, in atoms times 2^-20.
fn over(health: &Health, buffer: Ratio) -> i128 {
    let one = i128::from(Ratio::ONE.0);
    i128::from(health.equity.0) * one
        - i128::from(health.requirement.0) * (one + i128::from(buffer.0))
}

/// All, or any fraction of it.
fn arb_most() -> impl Strategy<Value = Ratio> {
    prop_oneof![3 => Just(Ratio::ONE), 2 => (1u32..1 << 20).prop_map(Ratio), 1 => (1u32..1_000).prop_map(Ratio)]
}

/// A step that is refused or taken, of a position: what must hold in either case. Returns whether it was taken.
fn step_and_check(case: &mut Case, position: &Position, most: u64) -> Result<bool, TestCaseError> {
    let before = case.desk.keeping();
    let (quote, lots) = (case.quote(), case.lots());
    let found = case.candidate(position, |candidate| candidate.step(most));
    let market = position.market;
    let step = match found {
        Ok(step) => step,
        Err(refused) => {
            prop_assert_eq!(refused, RiskError::LegIsHedge { market });
            prop_assert_eq!(case.desk.core.model, MODEL_PORTFOLIO);
            if case.market(position).is_option() {
                // Taking what was asked for would release nothing.
                let taken = i64::try_from(most.min(position.lots.size())).unwrap();
                let rest = position.lots.0 - position.lots.0.signum() * taken;
                prop_assert!(case.requirement_with(market, rest) >= before.requirement.0);
            }
            return Ok(false);
        }
    };
    prop_assert!(step.lots > 0 && step.lots <= most.min(position.lots.size()));
    prop_assert!(step.penalty.0.unsigned_abs() <= case.most_penalty(position, step.lots));
    prop_assert!(step.penalty.0 >= 0 && (before.equity.0 > 0 || step.penalty.0 == 0));
    let insurance = step.insurance(case.market(position)).unwrap();
    prop_assert!(insurance.0 >= 0 && insurance <= step.penalty);
    let restored = is_restored(&step.after, case.buffer());
    if case.desk.core.model == MODEL_STANDARD {
        let dust = position
            .lots
            .notional(case.marks(position).notional)
            .unwrap()
            <= case.market(position).dust_notional;
        prop_assert!(restored || step.lots == most.min(position.lots.size()));
        if restored && step.lots > 1 && !dust {
            let less = case
                .candidate(position, |candidate| candidate.take(step.lots - 1))
                .unwrap();
            prop_assert!(!is_restored(&less.after, case.buffer()));
        }
    }
    case.take(position, &step);
    let after = case.desk.keeping();
    prop_assert_eq!(
        after,
        step.after,
        "what was promised is what a fresh check says"
    );
    prop_assert!(
        after.is_no_worse_than(&before),
        "{before:?} {after:?} {step:?}"
    );
    prop_assert_eq!(case.quote(), quote);
    prop_assert_eq!(case.lots(), lots);
    case.desk.core.liquidation_start = i64::from(!is_restored(&after, case.buffer()));
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// By Standard margin one call a position restores the account or empties it; by portfolio margin a call is refused
    /// where it would not help.
    #[test]
    fn a_market_at_a_time(
        desk in arb_desk(), ratio in -200i64..1_050, elapsed in 0i64..80, wide: bool,
        order in prop::collection::vec(any::<prop::sample::Index>(), 7),
    ) {
        let mut case = Case::new(desk, ratio, elapsed, wide);
        let positions = case.desk.positions().len();
        let (mut calls, mut refused) = (0, false);
        for at in order {
            if !case.is_liquidatable() || case.desk.positions().is_empty() {
                break;
            }
            let position = case.desk.positions()[at.index(case.desk.positions().len())];
            refused |= !step_and_check(&mut case, &position, u64::MAX)?;
            calls += 1;
        }
        let standard = case.desk.core.model == MODEL_STANDARD;
        prop_assert!(calls <= positions || !standard, "{calls} calls for {positions}");
        prop_assert!(!refused || !standard);
    }

    /// Liquidators who take little.
    #[test]
    fn small_steps(
        desk in arb_desk(), ratio in -200i64..1_050, elapsed in 0i64..80, wide: bool,
        calls in prop::collection::vec((any::<prop::sample::Index>(), 1u64..1 << 22), 1..8),
    ) {
        let mut case = Case::new(desk, ratio, elapsed, wide);
        for (at, most) in calls {
            if !case.is_liquidatable() || case.desk.positions().is_empty() {
                break;
            }
            let position = case.desk.positions()[at.index(case.desk.positions().len())];
            step_and_check(&mut case, &position, most)?;
        }
    }

    /// The same fraction of everything: hedges shrink with what they hedge.
    #[test]
    fn a_slice_of_everything(
        desk in arb_desk(), ratio in -200i64..1_050, elapsed in 0i64..80, wide: bool, most in arb_most(),
    ) {
        let mut case = Case::new(desk, ratio, elapsed, wide);
        if !case.is_liquidatable() || case.desk.positions().is_empty() {
            return Ok(());
        }
        let before = case.desk.keeping();
        let slice = case.slice(most);
        let allowed = u64::from(most.0) << 10;
        prop_assert!(u64::from(slice.fraction) <= allowed);
        let restored = is_restored(&slice.after, case.buffer());
        prop_assert!(restored || u64::from(slice.fraction) == allowed, "{slice:?}");
        let (quote, lots) = (case.quote(), case.lots());
        let held = case.desk.positions().to_vec();
        let (mut split, mut penalties, mut insured) = (slice.split(), 0, 0);
        for position in &held {
            let book = case.desk.world.clone();
            let leg = split.leg(&book.book(), position, (NOW, elapsed)).unwrap().unwrap();
            prop_assert!(leg.penalty.0 >= 0 && leg.insurance.0 >= 0 && leg.insurance <= leg.penalty);
            prop_assert!(leg.penalty.0.unsigned_abs() <= case.most_penalty(position, leg.lots.size()));
            penalties += leg.penalty.0;
            insured += i128::from(leg.insurance.0);
            case.exchange(position.market, leg.lots.0, leg.cost.0, [leg.penalty.0, leg.insurance.0]);
        }
        prop_assert_eq!(penalties, slice.penalty.0, "the penalty is split exactly");
        prop_assert_eq!((case.insurance, case.quote(), case.lots()), (insured, quote, lots));
        let after = case.desk.keeping();
        prop_assert_eq!(after, slice.after, "what was promised is what a fresh check says");
        // Legs are whole lots: what hedges can be half a lot short. A slice that costs by that (which the program refuses)
        // costs no penalty, and no more than a lot of each.
        let lots = case.desk.positions().iter().map(|held| case.desk.asset(held).maintenance_high.0 >> 15);
        let uneven = i64::try_from(lots.sum::<u64>()).unwrap() + 8;
        let unhurt = slice.penalty.0 == 0 && after.equity >= before.equity
            && after.requirement.0 <= before.requirement.0 + uneven;
        prop_assert!(
            after.is_no_worse_than(&before) || case.desk.core.model == MODEL_PORTFOLIO && unhurt,
            "{before:?} {after:?} {slice:?}"
        );
    }

    /// By Standard margin, a 1,024th less of everything does not restore, by more than the atoms that roundings move.
    #[test]
    fn no_slice_is_larger_than_restores(
        desk in arb_desk(), ratio in -200i64..1_050, elapsed in 0i64..80,
    ) {
        let case = Case::new(desk.by(MODEL_STANDARD), ratio, elapsed, false);
        if !case.is_liquidatable() || case.desk.positions().is_empty() {
            return Ok(());
        }
        let slice = case.slice(Ratio::ONE);
        let largest = case.desk.positions().iter().map(|held| held.lots.size()).max().unwrap();
        let lot = (1u64 << 30) / largest;
        let less = u64::from(slice.fraction).saturating_sub((u64::from(slice.fraction) >> 9).max(2 * lot)) >> 10;
        if !is_restored(&slice.after, case.buffer()) || less == 0 {
            return Ok(());
        }
        let short = case.slice(Ratio(u32::try_from(less).unwrap()));
        let keep = i128::from(Ratio::ONE.0) + i128::from(case.buffer().0);
        let atoms = i128::try_from(case.desk.positions().len()).unwrap() * 4;
        prop_assert!(short.lots == slice.lots || over(&short.after, case.buffer()) < atoms * keep, "{short:?} {slice:?}");
    }
}

fn in_liquidation(desk: Desk, ratio: i64, elapsed: i64) -> Case {
    let case = Case::new(desk, ratio, elapsed, false);
    assert!(case.is_liquidatable());
    case
}

/// Calls of three times the index with a day left: worth nothing, and a notional of a million dollars.
fn worthless(model: u8, lots: i64) -> (Desk, u16) {
    let mut desk = plain(500, 3_000).by(model);
    let call = add_option(&mut desk, KIND_CALL, 3_000, 1);
    desk.hold(call, lots, 0);
    assert_eq!(desk.row(call).index.0, 0);
    (desk, call)
}

#[test]
fn a_short_option_worth_nothing_pays_by_its_notional() {
    for ratio in [900, 20, 0, -100] {
        let (desk, _) = worthless(MODEL_STANDARD, -1_000_000);
        let mut case = in_liquidation(desk, ratio, 0);
        let (position, before) = (case.desk.positions()[0], case.desk.keeping());
        let step = case
            .candidate(&position, |candidate| candidate.step(u64::MAX))
            .unwrap();
        let full = case.most_penalty(&position, step.lots);
        assert_eq!(step.value.0, 0);
        let penalty = step.penalty.0.unsigned_abs();
        if ratio == 900 {
            assert_eq!(penalty, full);
            assert!(penalty > 0 && is_restored(&step.after, case.buffer()));
        } else {
            assert!(penalty < full, "capped by what there is: {penalty} {full}");
            assert_eq!(penalty, before.equity.0.max(0).unsigned_abs());
        }
        step_and_check(&mut case, &position, u64::MAX).unwrap();
    }
}

#[test]
fn a_bought_option_worth_nothing_can_be_taken_and_costs_nothing() {
    let (mut desk, call) = worthless(MODEL_STANDARD, 1_000_000);
    desk.hold(0, 1_000, 0);
    let mut case = in_liquidation(desk, 500, 60);
    let held = case
        .desk
        .positions()
        .iter()
        .find(|held| held.market == call);
    let position = *held.unwrap();
    let step = case
        .candidate(&position, |candidate| candidate.step(u64::MAX))
        .unwrap();
    assert_eq!((step.lots, step.value.0, step.penalty.0), (1_000_000, 0, 0));
    step_and_check(&mut case, &position, u64::MAX).unwrap();
}

/// Nothing but options that are worth nothing, and a debt: a slice takes them all by either model, so that what is left is
/// a debt against collateral.
#[test]
fn a_slice_takes_what_is_worth_nothing() {
    for model in [MODEL_STANDARD, MODEL_PORTFOLIO] {
        let (mut desk, _) = worthless(model, 1_000_000);
        desk.core.cash = QuoteAtoms(-1_000);
        let mut case = Case::new(desk, 1_000, 60, false);
        case.desk.core.cash = QuoteAtoms(-1_000);
        assert!(case.is_liquidatable());
        let slice = case.slice(Ratio::ONE);
        assert_eq!(
            (slice.lots, slice.value.0, slice.penalty.0),
            (1_000_000, 0, 0)
        );
    }
}

/// What hedges a book that is scanned is not to be had alone: the put of a covered perpetual, and the wing of a spread.
#[test]
fn a_leg_that_hedges_is_refused() {
    let mut desk = plain(500, 3_000);
    let put = add_option(&mut desk, KIND_PUT, 1_000, 30);
    desk.hold(0, 10_000, 0);
    desk.hold(put, 10_000, 0);
    let case = in_liquidation(desk, 900, 0);
    let refused = |case: &Case, market: u16| {
        let held = case
            .desk
            .positions()
            .iter()
            .find(|held| held.market == market);
        let found = case.candidate(held.unwrap(), |candidate| candidate.step(u64::MAX));
        assert_eq!(found, Err(RiskError::LegIsHedge { market }));
    };
    refused(&case, put);
    let mut desk = plain(500, 3_000);
    let near = add_option(&mut desk, KIND_CALL, 1_000, 30);
    let wing = add_option(&mut desk, KIND_CALL, 1_050, 30);
    desk.hold(near, -10_000, 0);
    desk.hold(wing, 10_000, 0);
    let mut case = in_liquidation(desk, 900, 0);
    refused(&case, wing);
    let held = case
        .desk
        .positions()
        .iter()
        .find(|held| held.market == near);
    let short = *held.unwrap();
    // Of the short some can be had: all of it would leave the wing alone.
    assert!(step_and_check(&mut case, &short, 2_000).unwrap());
}

/// The last lot of a market with steep tiers is taken, and its tiers are gone with it; the last of an option, and what is
/// left is a linear book. Both were still counted in what the step said that it would leave.
#[test]
fn what_is_closed_whole_is_not_judged_any_more() {
    let mut tiers = flat_tiers(10_000);
    (tiers[0].upper, tiers[0].rate_bps) = (1_000_000, 1_000);
    for option in [false, true] {
        let mut desk = plain(500, 3_000);
        let terms = MarketTerms {
            tiers,
            ..market_terms()
        };
        let steep = desk.world.add_market(1, &terms);
        let call = add_option(&mut desk, KIND_CALL, 1_000, 30);
        desk.world.markets[usize::from(call)].multipliers = [Ratio(1_310_721); 2];
        desk.world.markets[0].multipliers = [Ratio(1_310_721); 2];
        desk.hold(0, 1_000_003, 0);
        let last = if option { call } else { steep };
        desk.hold(last, if option { 1_000 } else { 1 }, 0);
        let mut case = in_liquidation(desk, 500, 0);
        let held = case
            .desk
            .positions()
            .iter()
            .find(|held| held.market == last);
        let position = *held.unwrap();
        assert!(step_and_check(&mut case, &position, u64::MAX).unwrap());
    }
}

/// Short of calls in the money, long of others far out of it, with collateral: where the price falls, the former gain what
/// the collateral loses. It was counted as a long there, so that to take of the short calls raised what is required.
#[test]
fn a_slice_of_calls_leaves_no_collateral_uncovered() {
    let mut desk = plain(2_300, 0);
    let call = add_option(&mut desk, KIND_CALL, 900, 1);
    desk.core.balances[0].atoms = 6_000_000_000; // 600,000 lots by a weight of nine tenths: 540,000
    desk.core.balances[0].asset = 1;
    desk.hold(call, -1_000_000, 0);
    let far = add_option(&mut desk, KIND_CALL, 1_100, 1);
    desk.hold(far, 2_500_000, 0);
    let before = desk.keeping().requirement;
    let mut half = desk.clone();
    half.hold(call, 400_000, 0);
    assert!(half.keeping().requirement <= before);
}
