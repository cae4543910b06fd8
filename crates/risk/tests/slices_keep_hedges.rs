//! Slices: the same fraction of every position. The ratio never falls, no more is taken than restores the
//! account, hedges stay within a lot of each other, and every atom of the penalty arrives somewhere.

mod common;

use common::{
    EXPONENT, NOW, PAR, World, asset_terms, flat_tiers, market_terms, reading,
    scenario::{AssetInput, Scenario, arb_scenario, price_of},
    slicing::{Account, Case, WHOLE},
};
use counterweight_risk::{
    Lots, MarketTerms, Position, Ratio,
    liquidation::{is_restored, penalty_rate},
    market::MODE_SETTLEMENT,
    price::Reading,
};
use proptest::prelude::*;

/// When the crash is published.
const CRASH: i64 = NOW + 1;
const ALL: Ratio = Ratio::ONE;

/// The price after a crash, held inside the range of prices.
fn crashed(input: &AssetInput, quote_per_usd: u64, share: i64, width: u64) -> Reading {
    let last = input.readings[1].price;
    let mut price = last / 1_000 * share;
    if price_of(input, quote_per_usd, price).is_none() {
        price = last;
    }
    Reading {
        price,
        confidence: price.unsigned_abs() / 1_000 * width,
        average: price,
        exponent: EXPONENT,
        publish_time: CRASH,
        posted_slot: u64::MAX,
    }
}

/// A random account without orders after a crash, at `ratio` thousandths of its maintenance margin.
fn after_crash(scenario: Scenario, moves: &[(i64, u64)], ratio: i64, elapsed: i64) -> Option<Case> {
    let mut scenario = scenario.without_orders();
    for (at, (input, (share, width))) in scenario.assets.iter().zip(moves).enumerate() {
        let reading = crashed(input, scenario.quote_per_usd, *share, *width);
        let world = &mut scenario.world;
        world.reprice(u16::try_from(at + 1).unwrap(), &reading);
    }
    scenario.positions.retain(|p| p.lots.0 != 0);
    let mut case = Case {
        account: Account::new(0, &scenario.positions),
        world: scenario.world,
        now: CRASH,
        elapsed,
    };
    case.set_ratio(ratio);
    (case.is_liquidatable() && !case.account.positions().is_empty()).then_some(case)
}

fn arb_crash() -> impl Strategy<Value = Vec<(i64, u64)>> {
    let width = prop_oneof![3 => Just(0u64), 1 => 0u64..1_200];
    prop::collection::vec((50i64..2_000, width), 3)
}

/// All, or any fraction of it.
fn arb_most() -> impl Strategy<Value = Ratio> {
    prop_oneof![3 => Just(ALL), 2 => (1u32..1 << 20).prop_map(Ratio), 1 => (1u32..1_000).prop_map(Ratio)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_slice_keeps_the_ratio_the_hedges_and_every_atom(
        scenario in arb_scenario(), ratio in -200i64..1_050, moves in arb_crash(),
        elapsed in 0i64..80, most in arb_most(),
    ) {
        let Some(mut case) = after_crash(scenario, &moves, ratio, elapsed) else { return Ok(()) };
        let before = case.health();
        let slice = case.slice(most);
        prop_assert!(i128::from(slice.fraction) <= i128::from(most.0) << 10);

        // Each leg is the nearest number of lots: within half a lot of the fraction, and of each other.
        let taken = case.lots_at(slice.fraction.into());
        for (position, taken) in case.account.positions().iter().zip(&taken) {
            let exact = i128::from(position.lots.size()) * i128::from(slice.fraction);
            prop_assert!((i128::from(*taken) * WHOLE - exact).abs() * 2 <= WHOLE);
        }
        prop_assert_eq!(slice.lots, taken.iter().sum::<u64>());
        prop_assert_eq!(slice.after, case.outcome(&taken), "the figures, written down once more");

        let held = case.account.positions().to_vec();
        let (quote, positions) = (case.account.quote() + (1 << 60), held.len());
        let (taker, legs, insurance, residue) = case.take(&slice);
        prop_assert_eq!(legs.len(), positions);
        for (at, (market, leg)) in legs.iter().enumerate() {
            prop_assert_eq!(leg.lots.size(), taken[at]);
            prop_assert_eq!(case.account.lots(*market) + taker.lots(*market), held[at].lots.0);
            prop_assert!(leg.insurance.0 >= 0 && leg.insurance <= leg.penalty);
            // No market's part is above what it asks.
            let row = &case.world.markets[usize::from(*market)];
            let rate = penalty_rate(row, &case.world.params, elapsed);
            prop_assert!(leg.penalty.0.unsigned_abs() <= rate.of_floor(leg.cost.0.unsigned_abs()).unwrap());
        }
        let split: i64 = legs.iter().map(|(_, leg)| leg.penalty.0).sum();
        prop_assert_eq!(split, slice.penalty.0, "the penalty is split exactly");
        prop_assert_eq!(case.account.quote() + taker.quote() + insurance + residue, quote);

        // What the slice promised is what the account now is, and that is no worse.
        prop_assert_eq!(case.health(), slice.after);
        prop_assert!(slice.after.is_no_worse_than(&before), "{:?} -> {:?}", before, slice);
        prop_assert!(before.equity.0 > 0 || slice.penalty.0 == 0);
    }

    /// Restored, or everything taken, or as much as the caller allows; and no more than that takes:
    /// a 1,024th of the fraction less, or a lot of each position less, does not restore (by more than the atoms
    /// that the roundings of requirements move).
    #[test]
    fn a_slice_is_the_smallest_that_restores(
        scenario in arb_scenario(), ratio in -200i64..1_050, moves in arb_crash(),
        elapsed in 0i64..80, most in arb_most(),
    ) {
        let Some(case) = after_crash(scenario, &moves, ratio, elapsed) else { return Ok(()) };
        let slice = case.slice(most);
        let (fraction, buffer) = (i128::from(slice.fraction), case.buffer());
        let allowed = i128::from(most.0) << 10;
        if !is_restored(&slice.after, buffer) {
            prop_assert_eq!(fraction, allowed, "{:?}", slice);
            return Ok(());
        }
        if slice.lots <= 1 || slice.after.requirement.0 == 0 {
            return Ok(());
        }
        // Below the fraction by what the search may be off; where that takes the same lots, one less.
        let largest = case.account.positions().iter().map(|p| p.lots.size()).max();
        let lot = WHOLE / i128::from(largest.unwrap());
        let less = fraction - (fraction >> 10).max(lot).max(1);
        let mut lots = case.lots_at(less.max(0));
        if slice.lots == lots.iter().sum::<u64>() {
            let begins = |(at, p): (usize, &Position)| {
                let size = i128::from(p.lots.size());
                (lots[at] > 0).then(|| ((i128::from(lots[at]) * 2 - 1) * WHOLE / size, at))
            };
            let positions = case.account.positions().iter().enumerate();
            let (_, last) = positions.filter_map(begins).max().unwrap();
            lots[last] -= 1;
        }
        let short = case.outcome(&lots);
        let one = i128::from(Ratio::ONE.0);
        let keep = one + i128::from(buffer.0);
        let over = i128::from(short.equity.0) * one - i128::from(short.requirement.0) * keep;
        let atoms = i128::try_from(case.account.positions().len()).unwrap() * 4;
        prop_assert!(over < atoms * keep, "{} atoms more than needed at {:?}", over / one, slice);
    }

    /// Liquidators who take little, call after call: the ratio never falls, and the account ends restored or
    /// empty.
    #[test]
    fn slices_upon_slices_end(
        scenario in arb_scenario(), ratio in -200i64..1_050, moves in arb_crash(),
        most in (1u32 << 18..1 << 20).prop_map(Ratio), pause in 0i64..10,
    ) {
        let Some(mut case) = after_crash(scenario, &moves, ratio, 0) else { return Ok(()) };
        let mut calls = 0;
        while case.is_liquidatable() && !case.account.positions().is_empty() {
            let before = case.health();
            let slice = case.slice(if calls < 60 { most } else { ALL });
            let _ = case.take(&slice);
            let after = case.health();
            prop_assert_eq!(after, slice.after);
            prop_assert!(after.is_no_worse_than(&before));
            case.account.core.liquidation_start = i64::from(!is_restored(&after, case.buffer()));
            case.elapsed += pause;
            calls += 1;
            prop_assert!(calls < 70, "{:?}", slice);
        }
    }
}

/// A long of one market and a short of another on the same asset, and one in another asset.
fn hedged(tiers: MarketTerms, lots: [i64; 3]) -> Case {
    let mut world = World::new(PAR);
    let a = world.add_asset(&asset_terms(), (-2, 6), &[reading(15_000_000_000, CRASH)]);
    let b = world.add_asset(
        &asset_terms(),
        (-5, 6),
        &[reading(10_000_000_000_000, CRASH)],
    );
    let markets = [a, a, b].map(|asset| world.add_market(asset, &tiers));
    let positions: Vec<_> = markets
        .iter()
        .zip([a, a, b])
        .zip(lots)
        .map(|((market, asset), lots)| Position {
            market: *market,
            asset,
            lots: Lots(lots),
            ..Position::default()
        })
        .collect();
    Case {
        account: Account::new(0, &positions),
        world,
        now: CRASH,
        elapsed: 0,
    }
}

#[test]
fn a_straight_schedule_gives_the_fraction_of_the_formula() {
    let mut case = hedged(market_terms(), [1_000_000, -1_000_000, 2_000_000]);
    case.set_ratio(900);
    let health = case.health();
    let slice = case.slice(ALL);
    // (MM·(1 + b) − E) / (MM·(1 + b) − P): 5 % maintenance, 5 % buffer, 0.5 % penalty.
    let (mm, e) = (health.requirement.0 as f64, health.equity.0 as f64);
    let penalty = mm / 0.05 * 0.005;
    let expected = (mm * 1.05 - e) / (mm * 1.05 - penalty);
    let found = f64::from(slice.fraction) / WHOLE as f64;
    assert!((found / expected - 1.0).abs() < 0.001, "{found} {expected}");
    assert!(is_restored(&slice.after, case.buffer()));
    let (taker, ..) = case.take(&slice);
    assert_eq!(case.account.lots(0), -case.account.lots(1));
    assert_eq!(taker.lots(0), -taker.lots(1));
    // Twice as many lots: within a lot.
    assert!((case.account.lots(2) - 2 * case.account.lots(0)).abs() <= 1);
}

#[test]
fn a_position_in_settlement_is_left_alone_and_counts() {
    let mut case = hedged(market_terms(), [1_000_000, -1_000_000, 2_000_000]);
    case.world.markets[1].mode = MODE_SETTLEMENT;
    case.world.markets[1].settlement_price = 1_400_000;
    case.set_ratio(900);
    let slice = case.slice(ALL);
    assert!(is_restored(&slice.after, case.buffer()) && slice.legs == 2);
    let (taker, legs, ..) = case.take(&slice);
    assert_eq!(
        (legs.len(), case.account.lots(1), taker.lots(1)),
        (2, -1_000_000, 0)
    );
    assert_eq!(case.health(), slice.after);
}

#[test]
fn a_book_of_dust_is_taken_whole_and_a_larger_one_in_part() {
    for (dust, whole) in [(400_000_000, true), (399_999_999, false)] {
        let mut terms = market_terms();
        terms.dust_notional = dust;
        let mut case = hedged(terms, [100, -100, 100]); // 150 + 150 + 100 dollars
        case.set_ratio(990);
        let slice = case.slice(ALL);
        assert_eq!(slice.fraction == 1 << 30, whole, "{slice:?}");
    }
}

#[test]
fn without_enough_equity_for_the_penalty_everything_is_taken() {
    for ratio in [-100, 0, 50] {
        let mut case = hedged(market_terms(), [1_000_000, -1_000_000, 2_000_000]);
        case.set_ratio(ratio);
        let before = case.health();
        let slice = case.slice(ALL);
        assert_eq!(i128::from(slice.fraction), WHOLE);
        let expected = before.equity.0.max(0);
        assert_eq!(
            slice.penalty.0, expected,
            "all that there is, and no debt for it"
        );
    }
}

#[test]
fn a_fraction_of_less_than_half_a_lot_takes_none() {
    let mut case = hedged(market_terms(), [10, -10, 10]);
    case.set_ratio(900);
    assert_eq!(case.slice(Ratio((1 << 20) / 21)).lots, 0);
    assert_eq!(case.slice(Ratio((1 << 20) / 19)).lots, 3);
}

/// Steep tiers, where the first fraction that is tried is far off.
#[test]
fn the_search_is_short_in_every_schedule() {
    let mut tiers = flat_tiers(10);
    for (tier, (upper, rate)) in tiers.iter_mut().zip([
        (1_000_000, 10),
        (500_000_000_000, 900),
        (900_000_000_000, 5_000),
        (u64::MAX, 10_000),
    ]) {
        (tier.upper, tier.rate_bps) = (upper, rate);
    }
    let terms = MarketTerms {
        tiers,
        penalty_start_bps: 4,
        penalty_max_bps: 4,
        price_band_bps: 10,
        ..market_terms()
    };
    for ratio in [500, 700, 900, 990, 1_000, 1_049] {
        let mut case = hedged(terms, [700_000, -650_000, 900_000]);
        case.set_ratio(ratio);
        let slice = case.slice(ALL);
        assert!(is_restored(&slice.after, case.buffer()));
        let less = case.outcome(&case.lots_at(i128::from(slice.fraction) * 1_022 / 1_024));
        assert!(!is_restored(&less, case.buffer()), "{ratio}: {slice:?}");
    }
}
