//! Multipliers: the initial one follows the averages at once, the maintenance one rises by its ramp and no faster,
//! and what they multiply stays what requirements are: ascending, and maintenance never above initial.

mod common;

use bytemuck::Zeroable;
use common::{
    NOW, PAR, dollars, market_terms, reading, scale,
    scenario::{arb_market_terms, arb_tiers},
    volatility::{
        arb_series, arb_volatility_terms, asset_following, float, following, observe,
        volatility_terms,
    },
};
use counterweight_risk::{
    AssetRiskTerms, BoundError, Market, MarketTerms, Price, Ratio, RiskError, ScanTerms,
    VolatilityTerms,
    market::{KIND_FUTURE, MODE_SETTLEMENT},
    risk_terms::check_range,
    tiers::{self, TierTerms},
    volatility::Volatility,
};
use proptest::prelude::*;

const STEP: u32 = Ratio::ONE.0 / 64;

/// A multiplier as the terms define it, in floating point.
fn target(row: &Volatility, terms: &VolatilityTerms) -> f64 {
    let sigma = (float(row.fast.max(row.slow)) * f64::from(terms.horizon)).sqrt();
    let covered = f64::from(terms.deviations_bps) / 10_000.0 * sigma;
    let multiplier = covered / (f64::from(terms.base_rate_bps) / 10_000.0);
    multiplier.clamp(1.0, f64::from(terms.most_bps) / 10_000.0)
}

fn number(ratio: Ratio) -> f64 {
    f64::from(ratio.0) / f64::from(Ratio::ONE.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_initial_multiplier_is_the_targets_at_once(
        series in arb_series(200_000), terms in arb_volatility_terms(),
    ) {
        let mut row = following(&terms);
        let mut wrong = None;
        observe(&mut row, &series, |_, row| {
            let (got, exact) = (number(row.multipliers()[0]), target(row, &terms));
            // The base rate has 20 binary places: a tenth of a per cent of the smallest is lost.
            let near = (got / exact - 1.0).abs() < 1e-3;
            let most = Ratio::from_bps_ceil(terms.most_bps);
            if !near || row.initial < Ratio::ONE || row.initial > most {
                wrong = Some((got, exact));
            }
        });
        prop_assert_eq!(wrong, None);
    }

    /// In whichever window, however often prices come; and never above the initial one.
    #[test]
    fn the_maintenance_multiplier_never_rises_faster_than_its_ramp(
        series in arb_series(4_000), terms in arb_volatility_terms(),
    ) {
        let mut row = following(&terms);
        let mut points = vec![(0u64, Ratio::ONE, Ratio::ONE)];
        observe(&mut row, &series, |tick, row| {
            let [initial, maintenance] = row.multipliers();
            let (time, ..) = points[points.len() - 1];
            points.push((time + u64::from(tick.seconds), maintenance, initial));
        });
        let ramp = u64::from(Ratio::from_bps_floor(terms.ramp_per_hour_bps).0);
        for (at, (end, after, initial)) in points.iter().enumerate() {
            prop_assert!(after <= initial && *after >= Ratio::ONE);
            for (start, before, _) in &points[..at] {
                let rise = u64::from(after.0.saturating_sub(before.0));
                prop_assert!(rise * 3_600 <= ramp * (end - start));
            }
        }
    }

    /// Of two that see the same prices, the one that is shown the last one again and again rises no higher.
    #[test]
    fn many_refreshes_do_not_add_up_to_more_than_one(
        seconds in 1u32..=900, moves in 1i64..=1_000, calls in 1u32..=900, ramp in 500u32..=50_000,
    ) {
        let terms = VolatilityTerms { ramp_per_hour_bps: ramp, base_rate_bps: 10, ..volatility_terms() };
        let calls = calls.min(seconds);
        let price = 1_000u64 << 32;
        let moved = Price(price + price / 10_000 * moves.unsigned_abs());
        let mut once = following(&terms);
        once.observe(Price(price), moved, 1);
        let mut often = once;
        once.observe(moved, moved, seconds.into());
        for call in 0..calls {
            let part = seconds / calls + u32::from(call < seconds % calls);
            often.observe(moved, moved, part.into());
        }
        prop_assert!(often.maintenance <= once.maintenance.max(once.initial));
        let rise = |row: &Volatility| row.maintenance.0 - Ratio::ONE.0;
        prop_assert!(rise(&often) <= rise(&once));
        // And lags by less than a unit a call.
        prop_assert!(rise(&often) + calls + 1 >= rise(&once));
    }

    /// After a silence, however long, it has risen as far as in the longest interval that is no gap.
    #[test]
    fn a_silence_is_no_time_to_prepare_in(seconds in prop_oneof![1i64..40_000, 1i64..1 << 40]) {
        let terms = volatility_terms();
        let mut row = following(&terms);
        for _ in 0..20 {
            row.observe(Price(1_000 << 32), Price(1_090 << 32), 10);
        }
        let before = row.maintenance.0;
        row.observe(Price(1_000 << 32), Price(2_000 << 32), seconds);
        let ramp = u64::from(Ratio::from_bps_floor(terms.ramp_per_hour_bps).0);
        let rise = u64::from(row.maintenance.0.saturating_sub(before));
        prop_assert!(rise * 3_600 <= ramp * u64::from(terms.max_gap));
    }

    /// Steps: at most a 64th from the multiplier, the initial one up and the maintenance one down.
    #[test]
    fn steps_keep_their_order(series in arb_series(4_000), terms in arb_volatility_terms()) {
        let mut row = following(&terms);
        observe(&mut row, &series, |_, row| {
            let ([initial, maintenance], steps) = (row.multipliers(), row.steps());
            assert!(steps.iter().all(|step| step.0 % STEP == 0));
            assert!(steps[0] >= initial && steps[0].0 - initial.0 < STEP);
            assert!(steps[1] <= maintenance && maintenance.0 - steps[1].0 < STEP);
            assert!(Ratio::ONE <= steps[1] && steps[1] <= steps[0]);
        });
    }
}

fn arb_steps() -> impl Strategy<Value = [Ratio; 2]> {
    (64u32..=320, 64u32..=320).prop_map(|(a, b)| [Ratio(a.max(b) * STEP), Ratio(a.min(b) * STEP)])
}

fn market_of(terms: &MarketTerms, steps: [Ratio; 2], open_interest: u64) -> Market {
    let mut market = Market::zeroed();
    market.set_terms(terms).unwrap();
    market.set_multipliers(steps).unwrap();
    market.rescale(open_interest).unwrap();
    market
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn maintenance_is_never_above_initial_and_both_rise_with_what_multiplies_them(
        terms in arb_market_terms(), steps in arb_steps(), more in arb_steps(), interest in 0u64..1 << 26,
        further in 0u64..1 << 26, notional in 0u64..1 << 46, larger in 0u64..1 << 46, near in -3i64..=3,
        tier in 0usize..3,
    ) {
        let market = market_of(&terms, steps, interest);
        let both = |market: &Market, notional| {
            (market.initial.requirement(notional).unwrap(), market.maintenance.requirement(notional).unwrap())
        };
        let edge = market.initial.tiers[tier].upper.saturating_add_signed(near);
        for notional in [notional, if edge >> 50 == 0 { edge } else { notional >> 20 }] {
            let (initial, maintenance) = both(&market, notional);
            prop_assert!(initial >= maintenance);
            // In each factor by itself, and never below what the terms ask for; to the atom that each of three
            // deductions may be cut by.
            let at_least = |more: (u64, u64), less: (u64, u64)| more.0 + 3 >= less.0 && more.1 + 3 >= less.1;
            let higher = [steps[0].max(more[0]), steps[1].max(more[1])];
            let higher = both(&market_of(&terms, higher, interest), notional);
            prop_assert!(at_least(higher, (initial, maintenance)));
            let wider = both(&market_of(&terms, steps, interest + further), notional);
            prop_assert!(at_least(wider, (initial, maintenance)) && wider.1 == maintenance);
            let bigger = both(&market, notional + larger);
            prop_assert!(bigger.0 >= initial && bigger.1 >= maintenance);
            let plain = both(&market_of(&terms, [Ratio::ONE; 2], interest), notional);
            prop_assert!(at_least((initial, maintenance), plain));
        }
    }

    /// Rates are the product of the terms', the scale and the multiplier, each rounded up.
    #[test]
    fn every_factor_multiplies(terms in arb_market_terms(), steps in arb_steps(), interest in 0u64..1 << 26) {
        let market = market_of(&terms, steps, interest);
        for (tier, rate_bps) in market.rates_bps.iter().enumerate() {
            let rate = number(Ratio::from_bps_ceil(*rate_bps));
            let fraction = number(market.maintenance_fraction);
            let initial = number(market.initial.tiers[tier].rate) - rate * number(market.scale) * number(steps[0]);
            let maintenance = number(market.maintenance.tiers[tier].rate) - rate * fraction * number(steps[1]);
            // A unit for each of two products, the first of which is multiplied by a rate of at most one.
            let units = [initial, maintenance].map(|over| over * f64::from(Ratio::ONE.0));
            prop_assert!(units.iter().all(|over| (-1e-3..2.0).contains(over)), "{:?}", units);
        }
    }

    /// What the terms keep below the first rates stays below them.
    #[test]
    fn the_penalty_stays_below_the_first_maintenance_rate(
        terms in arb_market_terms(), steps in arb_steps(),
    ) {
        let market = market_of(&terms, steps, 0);
        prop_assert!(terms.penalty_max_bps == 0 || market.penalty_max < market.maintenance.tiers[0].rate);
        prop_assert!(market.price_band <= market.initial.tiers[0].rate);
    }

    /// Terms, open interest and volatility come in any order.
    #[test]
    fn one_composition_whatever_came_last(
        terms in arb_market_terms(), steps in arb_steps(), before in arb_steps(), interest in 0u64..1 << 26,
    ) {
        let market = market_of(&terms, steps, interest);
        let mut other = Market::zeroed();
        other.set_terms(&terms).unwrap();
        other.set_multipliers(before).unwrap();
        other.rescale(interest).unwrap();
        other.set_multipliers(steps).unwrap();
        prop_assert_eq!(market, other);
        other.set_terms(&terms).unwrap();
        prop_assert_eq!(market, other);
    }

    /// No terms that are accepted, of whatever sizes, can stop a market from following; what has no
    /// requirement in the range of money is refused, and nothing wraps.
    #[test]
    fn every_market_that_is_accepted_follows(
        mut terms in arb_market_terms(), tiers in arb_tiers(), widths in (0u32..20, 0u32..20, 0u32..20),
        notional in 0u64..=1 << 60, interest: u64,
    ) {
        terms.tiers = tiers;
        for (tier, width) in terms.tiers.iter_mut().zip([widths.0, widths.1, widths.2]) {
            if tier.upper != u64::MAX {
                tier.upper = tier.upper.saturating_mul(1 << width);
            }
        }
        if tiers::check(&terms.tiers).is_ok() {
            let market = market_of(&terms, [Ratio(320 * STEP); 2], interest);
            let mut exact = (0u128, 0u64);
            for tier in &terms.tiers {
                let part = notional.min(tier.upper).saturating_sub(exact.1);
                exact = (exact.0 + u128::from(part) * u128::from(tier.rate_bps), tier.upper);
            }
            match market.initial.requirement(notional) {
                Ok(got) => prop_assert!(u128::from(got) * 10_000 >= exact.0 * 5),
                Err(error) => {
                    prop_assert_eq!(error, RiskError::Overflow);
                    // Only where the marginal rate on all of it leaves the range.
                    let rate = u128::from(market.initial.tier_of(notional).rate.0);
                    prop_assert!(u128::from(notional) * rate >= 1 << 82);
                }
            }
        }
    }
}

#[test]
fn a_storm_raises_initial_at_once_and_maintenance_by_its_ramp() {
    let terms = volatility_terms();
    let mut asset = asset_following(&terms, NOW);
    let lots = scale(-4, PAR);
    let mut price = 20;
    for minute in 1..=10 {
        price = if price == 20 { 21 } else { 20 };
        let at = NOW + 60 * minute;
        asset
            .record(&reading(dollars(price), at), lots, at)
            .unwrap();
    }
    let [initial, maintenance] = asset.volatility.multipliers();
    // Five per cent a minute: three deviations of an hour are over a hundred per cent, of which six are covered.
    assert_eq!(initial, Ratio::from_bps_ceil(40_000));
    // Ten minutes of a ramp of one an hour, rounded down each time.
    let risen = maintenance.0 - Ratio::ONE.0;
    assert!(
        (Ratio::ONE.0 / 6 - 20..=Ratio::ONE.0 / 6).contains(&risen),
        "{risen}"
    );
    // Calm again: maintenance goes on rising to what the average asks for, and both fall with it.
    let mut tops = [initial, maintenance];
    let mut at = NOW + 600;
    for _ in 0..1_200 {
        at += 60;
        asset
            .record(&reading(dollars(price), at), lots, at)
            .unwrap();
        let now = asset.volatility.multipliers();
        assert!(now[0] <= tops[0] && now[1] <= now[0]);
        tops[0] = now[0];
        tops[1] = tops[1].max(now[1]);
    }
    assert!(tops[1] > Ratio(5 * Ratio::ONE.0 / 2), "{tops:?}");
    let [initial, maintenance] = asset.volatility.multipliers();
    assert_eq!(initial, maintenance);
    assert!(initial < tops[1]);
}

#[test]
fn new_terms_lower_both_at_once_and_raise_only_the_initial_one() {
    let terms = volatility_terms();
    let mut row = following(&terms);
    for _ in 0..60 {
        row.observe(Price(1_000 << 32), Price(1_010 << 32), 60);
    }
    let [initial, maintenance] = row.multipliers();
    assert!(initial > maintenance && maintenance > Ratio::ONE);
    let mut stricter = row;
    stricter.set_terms(&VolatilityTerms {
        deviations_bps: 40_000,
        ..terms
    });
    assert!(stricter.initial > initial);
    assert_eq!(stricter.maintenance, maintenance);
    let mut looser = row;
    looser.set_terms(&VolatilityTerms {
        most_bps: 11_000,
        ..terms
    });
    assert_eq!(looser.multipliers(), [Ratio::from_bps_ceil(11_000); 2]);
    let mut off = row;
    off.set_terms(&VolatilityTerms::default());
    assert_eq!(off.multipliers(), [Ratio::ONE; 2]);
    assert_eq!(off.steps(), [Ratio::ONE; 2]);
}

/// Off, everything is what it was without.
#[test]
fn a_row_without_multipliers_has_the_schedules_of_its_terms() {
    let mut market = Market::zeroed();
    market.set_terms(&market_terms()).unwrap();
    let mut one = market;
    one.set_multipliers([Ratio::ONE; 2]).unwrap();
    assert_eq!(
        (market.initial, market.maintenance),
        (one.initial, one.maintenance)
    );
}

#[test]
fn the_bounds_of_an_assets_risk_are_named() {
    let on = AssetRiskTerms {
        volatility: volatility_terms(),
        scan: ScanTerms {
            range_bps: 1_000,
            spread_bps: 500,
            volatility_shift_bps: 9_000,
        },
    };
    assert_eq!(on.check(), Ok(()));
    assert_eq!(AssetRiskTerms::default().check(), Ok(()), "off");
    type Case = (&'static str, u64, u64, fn(&mut AssetRiskTerms, u32));
    let cases: [Case; 10] = [
        ("deviations_bps", 10_000, 100_000, |t, v| {
            t.volatility.deviations_bps = v
        }),
        ("horizon", 60, 86_400, |t, v| t.volatility.horizon = v),
        ("base_rate_bps", 10, 5_000, |t, v| {
            t.volatility.base_rate_bps = v
        }),
        ("most_bps", 10_000, 50_000, |t, v| t.volatility.most_bps = v),
        ("ramp_per_hour_bps", 500, 50_000, |t, v| {
            t.volatility.ramp_per_hour_bps = v
        }),
        ("max_return_bps", 10, 5_000, |t, v| {
            t.volatility.max_return_bps = v
        }),
        ("max_gap", 60, 86_400, |t, v| t.volatility.max_gap = v),
        ("range_bps", 10, 5_000, |t, v| {
            t.scan.range_bps = v;
            t.scan.spread_bps = 0;
        }),
        ("spread_bps", 0, 500, |t, v| t.scan.spread_bps = v),
        ("volatility_shift_bps", 0, 9_000, |t, v| {
            t.scan.volatility_shift_bps = v
        }),
    ];
    for (field, low, high, set) in cases {
        let check = |value: u64| {
            let mut terms = on;
            set(&mut terms, u32::try_from(value).unwrap());
            terms.check()
        };
        assert_eq!((check(low), check(high)), (Ok(()), Ok(())), "{field}");
        for found in [low.checked_sub(1), Some(high + 1)].into_iter().flatten() {
            let refused = BoundError {
                field,
                found,
                low,
                high,
            };
            assert_eq!(check(found), Err(refused));
        }
    }
    // Without a range there is nothing to shift, and half of the terms are none.
    let mut scan = ScanTerms {
        volatility_shift_bps: 1,
        ..ScanTerms::default()
    };
    assert_eq!(scan.check().unwrap_err().field, "volatility_shift_bps");
    scan = ScanTerms {
        spread_bps: 1,
        ..ScanTerms::default()
    };
    assert_eq!(scan.check().unwrap_err().field, "spread_bps");
    let half = VolatilityTerms {
        max_gap: 0,
        ..volatility_terms()
    };
    assert_eq!(half.check().unwrap_err().field, "max_gap");
}

/// At most the first maintenance rate of each market on the asset that is linear and goes on.
#[test]
fn a_range_stays_within_the_first_maintenance_rates() {
    let flat = |rate_bps| {
        [TierTerms {
            upper: u64::MAX,
            rate_bps,
        }; 4]
    };
    let market = |asset, rate_bps, maintenance_fraction_bps| {
        let mut market = Market::zeroed();
        market.asset = asset;
        let terms = MarketTerms {
            tiers: flat(rate_bps),
            maintenance_fraction_bps,
            ..market_terms()
        };
        market.set_terms(&terms).unwrap();
        market
    };
    let mut asset = asset_following(&volatility_terms(), NOW);
    let mut checked = |range_bps: u32, markets: &[Market]| {
        asset.set_risk_terms(&AssetRiskTerms {
            scan: ScanTerms {
                range_bps,
                ..ScanTerms::default()
            },
            ..AssetRiskTerms::default()
        });
        check_range(&asset.scan, 1, markets)
    };
    // 7.77 % · 60.01 % = 466.2777 bps.
    let mut markets = [
        market(1, 1_000, 6_000),
        market(1, 777, 6_001),
        market(2, 100, 5_000),
    ];
    assert_eq!(checked(466, &markets), Ok(()));
    let refused = BoundError {
        field: "range_bps",
        found: 467,
        low: 0,
        high: 466,
    };
    assert_eq!(checked(467, &markets), Err(refused));
    // What volatility multiplies has no part in it, nor has the mode but the last.
    markets[1]
        .set_multipliers([Ratio(5 * Ratio::ONE.0); 2])
        .unwrap();
    assert_eq!(checked(467, &markets), Err(refused));
    markets[1].kind = KIND_FUTURE;
    assert_eq!(checked(467, &markets), Err(refused));
    markets[1].kind = 9;
    assert_eq!(checked(467, &markets), Ok(()));
    markets[1].kind = KIND_FUTURE;
    markets[1].mode = MODE_SETTLEMENT;
    assert_eq!(checked(600, &markets), Ok(()));
    assert!(checked(601, &markets).is_err());
    assert_eq!(checked(5_000, &[]), Ok(()));
    // Every range that is accepted is at most the rate that is charged.
    for range in 10..=466 {
        let charged = market(1, 777, 6_001).maintenance.tiers[0].rate;
        assert!(Ratio::from_bps_ceil(range) <= charged);
    }
}
