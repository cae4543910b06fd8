//! What a price may be used for: every refusal, at its limit and one beyond, with its numbers.

mod common;

use bytemuck::Zeroable;
use common::{EXPONENT, NOW, PAR, World, asset_terms, dollars, market_terms, reading, scale};
use counterweight_risk::{
    AccountView, Asset, AssetTerms, Balance, Lots, Position, Price, QuoteAtoms, RiskError,
    asset::{ORACLE_PYTH_PULL, PRICE_DIVERGENT, PRICE_WIDE},
    price::{MAX_CLOCK_LEAD, Reading},
    standard::{Gains, check_ages, initial, maintenance},
    units::MAX_PRICE,
};
use proptest::prelude::*;

/// The index of the asset under test, which the errors must name.
const ASSET: u16 = 7;
/// Lots of 0.0001 at 20 dollars: 2,000 quote atoms.
const LOT: i8 = -4;
const TWENTY: u64 = 2_000 << 16;

fn priced(terms: &AssetTerms, first: &Reading) -> Asset {
    let mut asset = Asset::zeroed();
    asset.set_lot(LOT, 6).unwrap();
    asset.set_terms(terms).unwrap();
    assert_eq!(asset.record(first, scale(LOT, PAR), NOW), Ok(true));
    asset
}

fn at_twenty() -> Asset {
    priced(&asset_terms(), &reading(dollars(20), NOW))
}

/// The record is refused, and refused means unchanged.
fn refused(asset: &mut Asset, reading: &Reading, now: i64) -> RiskError {
    let before = *asset;
    let error = asset.record(reading, scale(LOT, PAR), now).unwrap_err();
    assert_eq!(*asset, before);
    error
}

#[test]
fn an_older_publish_time_is_refused() {
    let mut asset = at_twenty();
    let (found, recorded) = (NOW - 1, NOW);
    let error = refused(&mut asset, &reading(dollars(21), found), NOW);
    assert_eq!(error, RiskError::PriceNotMonotone { found, recorded });
}

#[test]
fn a_publish_time_that_is_no_time_is_refused() {
    let mut asset = Asset::zeroed();
    for found in [0, -1, i64::MIN] {
        let odd = Reading {
            publish_time: found,
            ..reading(dollars(20), NOW)
        };
        let error = refused(&mut asset, &odd, NOW);
        assert_eq!(error, RiskError::PriceNotMonotone { found, recorded: 0 });
    }
}

#[test]
fn an_older_slot_is_refused_even_with_a_newer_time() {
    let mut asset = at_twenty();
    let recorded = asset.posted_slot;
    let mut newer = reading(dollars(21), NOW + 1);
    newer.posted_slot = recorded - 1;
    let signed = |slot: u64| i64::try_from(slot).unwrap();
    let error = refused(&mut asset, &newer, NOW + 1);
    assert_eq!(
        error,
        RiskError::PriceNotMonotone {
            found: signed(recorded - 1),
            recorded: signed(recorded)
        }
    );
    // Several prices are posted in one slot.
    newer.posted_slot = recorded;
    assert_eq!(asset.record(&newer, scale(LOT, PAR), NOW + 1), Ok(true));
}

#[test]
fn a_price_from_the_future_is_refused_beyond_the_lead_of_the_clock() {
    let mut asset = at_twenty();
    let latest = NOW + MAX_CLOCK_LEAD;
    let error = refused(&mut asset, &reading(dollars(21), latest + 1), NOW);
    let found = latest + 1;
    assert_eq!(error, RiskError::PriceFromFuture { found, latest });
    assert_eq!(
        asset.record(&reading(dollars(21), latest), scale(LOT, PAR), NOW),
        Ok(true)
    );
    assert_eq!(asset.check_initial(ASSET, NOW, 0), Ok(()));
}

#[test]
fn a_mantissa_out_of_range_is_refused_by_its_value() {
    let mut asset = at_twenty();
    // 2^40 atoms a lot are 1,099,511,627,776 · 10^6 mantissas.
    let most = 1_099_511_627_776_000_000;
    let next = |price| Reading {
        average: dollars(20),
        ..reading(price, NOW + 1)
    };
    for mantissa in [0, -1, i64::MIN, most + 16, i64::MAX] {
        let error = refused(&mut asset, &next(mantissa), NOW + 1);
        assert_eq!(error, RiskError::PriceOutOfRange { mantissa });
        let average = Reading {
            average: mantissa,
            ..reading(dollars(20), NOW + 1)
        };
        let error = refused(&mut asset, &average, NOW + 1);
        assert_eq!(error, RiskError::PriceOutOfRange { mantissa });
    }
    let wide = Reading {
        confidence: u64::MAX,
        ..reading(dollars(20), NOW + 1)
    };
    let error = refused(&mut asset, &wide, NOW + 1);
    assert_eq!(error, RiskError::PriceOutOfRange { mantissa: -1 });
    // A mantissa that rounds to nothing is no price either: 2^-16 atoms are 15.26 mantissas.
    let error = refused(&mut asset, &next(15), NOW + 1);
    assert_eq!(error, RiskError::PriceOutOfRange { mantissa: 15 });
    assert_eq!(
        asset.record(&next(most), scale(LOT, PAR), NOW + 1),
        Ok(true)
    );
    assert_eq!(asset.index, MAX_PRICE);
    assert_eq!(
        asset.record(
            &Reading {
                publish_time: NOW + 2,
                posted_slot: u64::MAX,
                ..next(16)
            },
            scale(LOT, PAR),
            NOW + 2
        ),
        Ok(true)
    );
    assert_eq!(asset.index, Price(1));
}

#[test]
fn the_recorded_publish_time_again_changes_nothing_and_is_no_error() {
    let mut asset = at_twenty();
    let before = asset;
    let mut again = reading(dollars(40), NOW);
    again.posted_slot += 9;
    assert_eq!(asset.record(&again, scale(LOT, PAR), NOW), Ok(false));
    // Not even what could not be recorded.
    again.price = -1;
    again.posted_slot = 0;
    assert_eq!(asset.record(&again, scale(LOT, PAR), NOW), Ok(false));
    assert_eq!(asset, before);
}

#[test]
fn the_stable_price_starts_at_the_index_and_follows_by_its_growth() {
    let mut asset = at_twenty();
    assert_eq!(asset.stable, Price(TWENTY));
    let growth = u64::from(asset.stable_growth.0); // one per cent a minute, rounded down
    let next = |price, after, asset: &mut Asset| {
        let time = asset.publish_time + after;
        let reading = reading(price, time);
        assert_eq!(asset.record(&reading, scale(LOT, PAR), time), Ok(true));
    };
    next(dollars(40), 60, &mut asset);
    let first = TWENTY + ((TWENTY * growth) >> 20);
    assert_eq!((asset.index.0, asset.stable.0), (2 * TWENTY, first));
    // Longs count at the stable price, shorts at the index.
    assert_eq!(
        (asset.initial_low.0, asset.initial_high.0),
        (first, 2 * TWENTY)
    );
    next(dollars(10), 30, &mut asset);
    let second = first - first * growth / (2 << 20);
    assert_eq!((asset.index.0, asset.stable.0), (TWENTY / 2, second));
    assert_eq!(
        (asset.initial_low.0, asset.initial_high.0),
        (TWENTY / 2, second)
    );
    // Within reach it meets the index and stops there.
    next(dollars(20), 86_400, &mut asset);
    assert_eq!(asset.stable, Price(TWENTY));
}

#[test]
fn no_price_is_not_a_stale_price() {
    let mut asset = Asset::zeroed();
    asset.set_terms(&asset_terms()).unwrap();
    let none = Err(RiskError::NoPrice { asset: ASSET });
    assert_eq!(asset.check_maintenance(ASSET, NOW), none);
    assert_eq!(asset.check_initial(ASSET, NOW, u32::MAX), none);
}

#[test]
fn a_price_ages_by_the_limit_of_its_use_and_by_the_callers_own() {
    let asset = at_twenty();
    let stale = |age: i64, limit: i64| {
        Err(RiskError::StalePrice {
            asset: ASSET,
            age,
            limit,
        })
    };
    assert_eq!(asset.check_maintenance(ASSET, NOW + 600), Ok(()));
    assert_eq!(asset.check_maintenance(ASSET, NOW + 601), stale(601, 600));
    assert_eq!(asset.check_initial(ASSET, NOW + 60, u32::MAX), Ok(()));
    assert_eq!(
        asset.check_initial(ASSET, NOW + 61, u32::MAX),
        stale(61, 60)
    );
    // The caller may be stricter than the asset, and not laxer.
    assert_eq!(asset.check_initial(ASSET, NOW + 5, 5), Ok(()));
    assert_eq!(asset.check_initial(ASSET, NOW + 6, 5), stale(6, 5));
    assert_eq!(asset.check_initial(ASSET, NOW + 61, 100), stale(61, 60));
    assert_eq!(asset.check_initial(ASSET, NOW, 0), Ok(()));
    assert_eq!(asset.check_initial(ASSET, NOW + 1, 0), stale(1, 0));
    // Ahead of the clock is fresh.
    assert_eq!(asset.check_initial(ASSET, NOW - MAX_CLOCK_LEAD, 0), Ok(()));
}

#[test]
fn a_wide_interval_stops_more_risk_and_favours_the_account_in_maintenance() {
    let limit = (TWENTY * 20_971) >> 20; // two per cent, rounded down
    let with = |confidence| {
        let reading = Reading {
            confidence,
            ..reading(dollars(20), NOW)
        };
        priced(&asset_terms(), &reading)
    };
    // The last mantissa (10^-6 atoms) that stays within the limit, and the next.
    let most = (limit * 1_000_000) >> 16;
    let fine = with(most);
    assert!(fine.confidence.0 <= limit);
    assert_eq!(fine.price_flags, 0);
    assert_eq!(fine.check_initial(ASSET, NOW, u32::MAX), Ok(()));
    let index = Price(TWENTY);
    assert_eq!(
        (fine.maintenance_low, fine.maintenance_high),
        (index, index)
    );
    let c = fine.confidence.0;
    assert_eq!(
        (fine.initial_low.0, fine.initial_high.0),
        (TWENTY - c, TWENTY + c)
    );
    let wide = with(most + 1);
    let confidence = wide.confidence.0;
    assert_eq!(confidence, limit + 1);
    assert_eq!(wide.price_flags, PRICE_WIDE);
    assert_eq!(
        wide.check_initial(ASSET, NOW, u32::MAX),
        Err(RiskError::WidePrice {
            asset: ASSET,
            confidence,
            limit
        })
    );
    assert_eq!(wide.check_maintenance(ASSET, NOW), Ok(()));
    assert_eq!(wide.maintenance_low, Price(TWENTY - confidence));
    assert_eq!(wide.maintenance_high, Price(TWENTY + confidence));
    // Wider than the price itself: nothing below zero.
    let wider = with(dollars(21).unsigned_abs());
    assert_eq!(
        (wider.maintenance_low, wider.initial_low),
        (Price::ZERO, Price::ZERO)
    );
}

#[test]
fn a_price_far_from_its_average_stops_more_risk_only() {
    let average = 2_500 << 16; // 25 dollars
    let limit = (average * 104_857) >> 20; // ten per cent, rounded down
    let with = |price| {
        let reading = Reading {
            average: dollars(25),
            ..reading(price, NOW)
        };
        priced(&asset_terms(), &reading)
    };
    let most = i64::try_from((limit * 1_000_000) >> 16).unwrap(); // as a mantissa
    for side in [-1, 1] {
        let fine = with(dollars(25) + side * most);
        assert_eq!(fine.price_flags, 0);
        assert_eq!(fine.check_initial(ASSET, NOW, u32::MAX), Ok(()));
        let far = with(dollars(25) + side * (most + 16));
        let distance = far.index.0.abs_diff(average);
        assert!(distance > limit && distance <= limit + 2);
        assert_eq!(far.price_flags, PRICE_DIVERGENT);
        assert_eq!(
            far.check_initial(ASSET, NOW, u32::MAX),
            Err(RiskError::DivergentPrice {
                asset: ASSET,
                distance,
                limit
            })
        );
        assert_eq!(far.check_maintenance(ASSET, NOW), Ok(()));
        let index = far.index;
        assert_eq!((far.maintenance_low, far.maintenance_high), (index, index));
    }
}

#[test]
fn new_terms_judge_the_recorded_price_at_once() {
    let wide = Reading {
        confidence: 20_000_000,
        ..reading(dollars(20), NOW)
    };
    let mut asset = priced(&asset_terms(), &wide); // one per cent
    assert_eq!(asset.price_flags, 0);
    let strict = AssetTerms {
        max_confidence_bps: 50,
        ..asset_terms()
    };
    asset.set_terms(&strict).unwrap();
    assert_eq!(asset.price_flags, PRICE_WIDE);
}

/// A book whose quote token has a feed, at this dollar price.
fn with_quote(price: i64, published: i64) -> World {
    let mut world = World::new(PAR);
    let quote = &mut world.assets[0];
    quote.oracle_kind = ORACLE_PYTH_PULL;
    let terms = AssetTerms {
        weight_initial_bps: 10_000,
        weight_maintenance_bps: 10_000,
        ..asset_terms()
    };
    terms.check(true, true).unwrap();
    quote.set_terms(&terms).unwrap();
    world.reprice(0, &reading(price, published));
    world
}

#[test]
fn a_quote_token_off_par_stops_more_risk() {
    let par = 1_000_000 << 16;
    let most = ((par * 10_485) >> 20) * 100_000_000 / par; // one per cent, as a mantissa
    let most = i64::try_from(most).unwrap();
    for side in [-1, 1] {
        let world = with_quote(dollars(1) + side * most, NOW);
        assert_eq!(world.book().check_quote(NOW, u32::MAX), Ok(()));
        let world = with_quote(dollars(1) + side * (most + 1), NOW);
        let price = world.assets[0].index.0;
        let off = Err(RiskError::QuoteOffPar { price, par });
        assert_eq!(world.book().check_quote(NOW, u32::MAX), off);
        // An account with nothing but cash may not take it out either.
        let account = AccountView {
            cash: QuoteAtoms(5),
            interest: 0,
            balances: &[],
            positions: &[],
            model: counterweight_risk::account::MODEL_STANDARD,
        };
        let check = initial(&world.book(), &account, NOW, u32::MAX, Gains::Ignored);
        assert_eq!(check.map(|_| ()), off);
        assert!(maintenance(&world.book(), &account, NOW).is_ok());
    }
}

#[test]
fn a_quote_token_with_a_feed_needs_a_fresh_price_and_one_without_needs_none() {
    let world = with_quote(dollars(1), NOW);
    let stale = |age, limit| {
        let asset = 0;
        Err(RiskError::StalePrice { asset, age, limit })
    };
    assert_eq!(world.book().check_quote(NOW + 61, u32::MAX), stale(61, 60));
    assert_eq!(world.book().check_quote(NOW + 9, 8), stale(9, 8));
    let world = World::new(PAR);
    assert_eq!(world.book().check_quote(NOW, 0), Ok(()));
}

/// Every asset that an account holds is asked, and the error names the one that failed.
#[test]
fn a_check_asks_each_price_that_it_uses_and_no_other() {
    let mut world = World::new(PAR);
    let readings = [0, 1, 2].map(|old| reading(dollars(20), NOW - old));
    let [a, b, unused] = readings.map(|r| world.add_asset(&asset_terms(), (LOT, 6), &[r]));
    let market = world.add_market(b, &market_terms());
    world.assets[usize::from(unused)].publish_time = 0;
    let balances = [Balance {
        atoms: 100,
        asset: a,
        ..Balance::default()
    }];
    let positions = [Position {
        market,
        asset: b,
        lots: Lots(1),
        ..Position::default()
    }];
    let account = AccountView {
        cash: QuoteAtoms(1_000),
        interest: 0,
        balances: &balances,
        positions: &positions,
        model: counterweight_risk::account::MODEL_STANDARD,
    };
    let book = world.book();
    let adding = |now| initial(&book, &account, now, u32::MAX, Gains::Weighted).map(|_| ());
    let keeping = |now| maintenance(&book, &account, now).map(|_| ());
    let stale = |asset, age, limit| Err(RiskError::StalePrice { asset, age, limit });
    assert_eq!(adding(NOW + 59), Ok(()));
    assert_eq!(adding(NOW + 60), stale(b, 61, 60));
    assert_eq!(keeping(NOW + 599), Ok(()));
    // Maintenance judges by what was recorded last, whatever its age.
    assert_eq!(keeping(NOW + 600), Ok(()));
    // What the caller asks for holds for every price, that of a collateral first.
    let asking = |now, max_age| initial(&book, &account, now, max_age, Gains::Weighted).map(|_| ());
    assert_eq!(asking(NOW + 9, 9), stale(b, 10, 9));
    assert_eq!(asking(NOW + 10, 9), stale(a, 10, 9));
    assert_eq!(check_ages(&book, &account, NOW + 9, 9), stale(b, 10, 9));
    assert_eq!(check_ages(&book, &account, NOW + 10, 9), stale(a, 10, 9));
    // A caller who asks for less than the asset does is not held to the asset's limit by a collateral.
    assert_eq!(check_ages(&book, &account, NOW + 599, 900), Ok(()));
    assert_eq!(
        check_ages(&book, &account, NOW + 600, 900),
        stale(b, 601, 600)
    );
    let nowhere = [Position {
        asset: unused,
        ..positions[0]
    }];
    let without = AccountView {
        positions: &nowhere,
        ..account
    };
    let never = Err(RiskError::NoPrice { asset: unused });
    assert_eq!(maintenance(&book, &without, NOW), never);
    let unknown = [Balance {
        asset: 99,
        ..balances[0]
    }];
    let account = AccountView {
        balances: &unknown,
        ..account
    };
    let unknown = Err(RiskError::UnknownAsset { asset: 99 });
    assert_eq!(maintenance(&book, &account, NOW), unknown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is brought, in whatever order: time and slot never run back, the prices of a check
    /// enclose the index, and a refusal changes nothing.
    #[test]
    fn any_sequence_of_readings_keeps_the_row_consistent(
        readings in prop::collection::vec(
            (-100i64..2_000_000_000_000, 0u64..1 << 40, -100i64..2_000_000_000_000, -50i64..100, 0u64..1_000),
            1..20,
        )
    ) {
        let mut asset = Asset::zeroed();
        asset.set_lot(LOT, 6).unwrap();
        asset.set_terms(&asset_terms()).unwrap();
        for (price, confidence, average, time, posted_slot) in readings {
            let before = asset;
            let publish_time = NOW + time;
            let reading = Reading { price, confidence, average, exponent: EXPONENT, publish_time, posted_slot };
            if asset.record(&reading, scale(LOT, PAR), NOW) != Ok(true) {
                prop_assert_eq!(asset, before);
                continue;
            }
            prop_assert!(asset.publish_time > before.publish_time && asset.publish_time <= NOW + MAX_CLOCK_LEAD);
            prop_assert!(asset.posted_slot >= before.posted_slot);
            prop_assert!(asset.index.0 > 0 && asset.stable.0 > 0);
            prop_assert!(asset.initial_low <= asset.stable && asset.stable <= asset.initial_high);
            prop_assert!(asset.initial_low <= asset.maintenance_low && asset.maintenance_low <= asset.index);
            prop_assert!(asset.index <= asset.maintenance_high && asset.maintenance_high <= asset.initial_high);
        }
    }
}
