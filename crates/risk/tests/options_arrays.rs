//! What an option's risk array says: each scenario against a repricing of its own, prices between refreshes against a
//! refresh, and what is too old or has moved too far. For every index, strike, range, volatility and time that there is.

mod common;

use bytemuck::Zeroable;
use common::NOW;
use counterweight_risk::{
    Asset, Market, Price, Ratio, RiskError,
    market::{KIND_CALL, KIND_PUT},
    option::{Moneyness, Pricer, Right, SviTerms, Tenor, black76},
    portfolio::Scan,
    units::MAX_PRICE,
};
use proptest::prelude::*;

/// The scenarios once more: thirds of the range, which way volatility moves, percent that count.
const EXPECTED: [(i128, i8, i128); 16] = [
    (0, 1, 100),
    (0, -1, 100),
    (1, 1, 100),
    (1, -1, 100),
    (-1, 1, 100),
    (-1, -1, 100),
    (2, 1, 100),
    (2, -1, 100),
    (-2, 1, 100),
    (-2, -1, 100),
    (3, 1, 100),
    (3, -1, 100),
    (-3, 1, 100),
    (-3, -1, 100),
    (6, 0, 35),
    (-6, 0, 35),
];
const YEARS: u64 = 2 * 365 * 86_400;
const ONE: f64 = 1_073_741_824.0; // of a delta, 2^30

/// An option and the asset that it is on.
#[derive(Clone, Copy, Debug)]
struct Input {
    right: Right,
    index: u64,
    strike: u64,
    range_bps: u32,
    shift_bps: u32,
    volatility: Ratio,
    tenor: u64,
}

impl Input {
    fn rows(&self) -> (Asset, Market) {
        let mut asset = asset(self.index);
        asset.scan = Scan {
            range: Ratio::from_bps_ceil(self.range_bps),
            volatility_shift: Ratio::from_bps_ceil(self.shift_bps),
            ..Scan::default()
        };
        let mut market = Market::zeroed();
        market.kind = match self.right {
            Right::Call => KIND_CALL,
            Right::Put => KIND_PUT,
        };
        market.contract.expiry = NOW + i64::try_from(self.tenor).unwrap();
        market.contract.strike = Price(self.strike);
        market.smile.svi = flat(self.volatility);
        market.array.smile_time = NOW;
        (asset, market)
    }

    /// Both rows, refreshed.
    fn refreshed(&self) -> (Asset, Market) {
        let (asset, mut market) = self.rows();
        market.refresh_array(0, &asset, NOW).unwrap();
        (asset, market)
    }

    fn price(&self, index: u64, volatility: u32) -> u64 {
        let (forward, strike) = (Price(index), Price(self.strike));
        black76(self.right, forward, strike, Ratio(volatility), self.tenor)
            .price
            .0
    }

    /// What prices at an index may be off by.
    fn error(&self, index: u64) -> u64 {
        Moneyness::of(Price(index), Price(self.strike)).error_bound()
    }
}

/// A smile that is the same volatility everywhere, to a rounding.
fn flat(volatility: Ratio) -> SviTerms {
    let variance = (u64::from(volatility.0) * u64::from(volatility.0)) >> 14;
    SviTerms {
        a: u32::try_from(variance).unwrap(),
        sigma: 1,
        ..SviTerms::default()
    }
}

/// An asset whose prices are all the same.
fn asset(index: u64) -> Asset {
    let mut asset = Asset::zeroed();
    (asset.publish_time, asset.max_age_liquidation) = (NOW, 600);
    priced_at(&mut asset, index);
    asset
}

fn priced_at(asset: &mut Asset, index: u64) {
    asset.index = Price(index);
    (asset.initial_low, asset.initial_high) = (asset.index, asset.index);
    (asset.maintenance_low, asset.maintenance_high) = (asset.index, asset.index);
}

fn arb_right() -> impl Strategy<Value = Right> {
    prop_oneof![Just(Right::Call), Just(Right::Put)]
}

fn arb_tenor() -> impl Strategy<Value = u64> {
    prop_oneof![
        1 => Just(0u64),
        1 => 1u64..60,
        2 => 60u64..86_400,
        4 => 86_400u64..=YEARS,
    ]
}

fn arb_terms() -> impl Strategy<Value = (u32, u32, Ratio, u64)> {
    let volatility = prop_oneof![(1u32 << 20) / 10..=4 << 20, (1u32 << 18)..=3 << 19];
    (
        10u32..=5_000,
        0u32..=9_000,
        volatility.prop_map(Ratio),
        arb_tenor(),
    )
}

prop_compose! {
    /// Options that trade: strikes of a third to three times an index of at least sixteen quote atoms.
    fn arb_option()(
        right in arb_right(), index in 1u64 << 20..1 << 54, drop in 0u32..34,
        near in prop_oneof![333u64..3_000, 900u64..1_100, Just(1_000u64)],
        (range_bps, shift_bps, volatility, tenor) in arb_terms(),
    ) -> Input {
        let index = (index >> drop).max(1 << 20);
        let strike = u64::try_from(u128::from(index) * u128::from(near) / 1_000).unwrap();
        Input { right, index, strike, range_bps, shift_bps, volatility, tenor }
    }
}

prop_compose! {
    /// Any index and any strike.
    fn arb_any()(
        right in arb_right(), index in 1u64..=MAX_PRICE.0, strike in 1u64..=MAX_PRICE.0,
        drops in (0u32..56, 0u32..56), edge in 0u8..8,
        (range_bps, shift_bps, volatility, tenor) in arb_terms(),
    ) -> Input {
        let of = |raw: u64, drop: u32| (raw >> drop).max(1);
        let (mut index, mut strike) = (of(index, drops.0), of(strike, drops.1));
        match edge {
            0 => index = MAX_PRICE.0,
            1 => strike = MAX_PRICE.0,
            2 => (index, strike) = (1, 1),
            3 => strike = index,
            _ => {}
        }
        Input { right, index, strike, range_bps, shift_bps, volatility, tenor }
    }
}

/// A part of a whole in thousandths, signed.
fn thousandths(whole: u64, part: i64) -> i64 {
    i64::try_from(i128::from(whole) * i128::from(part) / 1_000).unwrap()
}

/// An index moved by thirds of a range, in 128 bits.
fn moved(index: u64, range: Ratio, thirds: i128) -> u64 {
    let by = i128::from(index) * i128::from(range.0) * thirds.abs() / (3 << 20);
    let there = i128::from(index) + by * thirds.signum();
    u64::try_from(there.clamp(1, MAX_PRICE.0.into())).unwrap()
}

/// Each cell by itself. Of the two extremes 35 %: a gain rounded down, a loss up.
fn check_cells(input: &Input) -> Result<(), TestCaseError> {
    let (asset, market) = input.refreshed();
    let array = &market.array;
    let volatility = array.volatility.0;
    let off = i64::from(volatility) - i64::from(input.volatility.0);
    prop_assert!(off.abs() <= 8, "volatility off by {off}");
    let shift = (u64::from(volatility) * u64::from(asset.scan.volatility_shift.0)) >> 20;
    let shift = u32::try_from(shift).unwrap();
    prop_assert_eq!(array.mark.0, input.price(input.index, volatility));
    let mark = i128::from(array.mark.0);
    let mut largest = 0;
    for (cell, (thirds, way, percent)) in array.cells.iter().zip(EXPECTED) {
        let volatility = match way {
            1 => volatility + shift,
            -1 => volatility - shift,
            _ => volatility,
        };
        let there = moved(input.index, asset.scan.range, thirds);
        let gain = i128::from(input.price(there, volatility)) - mark;
        let exact = (gain * percent).div_euclid(100);
        prop_assert_eq!(i128::from(*cell), exact, "{} thirds", thirds);
        largest = cell.unsigned_abs().max(largest);
    }
    prop_assert_eq!(array.largest, largest);
    prop_assert_eq!((array.index.0, array.time), (input.index, NOW));
    Ok(())
}

/// Whatever is asked of an array, at any index: errors at most.
fn exercise(input: &Input, drift: i64, pause: i64) -> Result<(), TestCaseError> {
    let (mut asset, market) = input.refreshed();
    let there = i128::from(input.index) + i128::from(drift);
    let there = u64::try_from(there.clamp(1, MAX_PRICE.0.into())).unwrap();
    priced_at(&mut asset, there);
    for (low, high) in [(there, there), (1, MAX_PRICE.0), (there / 2, there)] {
        (asset.initial_low, asset.initial_high) = (Price(low), Price(high));
        let found = market.priced(0, &asset, NOW.saturating_add(pause));
        if let Ok(row) = found {
            prop_assert!(row.initial_low <= row.maintenance_low);
            prop_assert!(row.maintenance_low <= row.index && row.index <= row.maintenance_high);
            prop_assert!(row.maintenance_high <= row.initial_high);
            let most = match input.right {
                Right::Call => MAX_PRICE.0,
                Right::Put => input.strike,
            };
            prop_assert!(row.initial_high.0 <= most, "{:?}", row.initial_high);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_scenario_is_a_repricing(input in arb_option()) {
        check_cells(&input)?;
    }

    /// In the debug build, where what wraps by mistake would panic.
    #[test]
    fn every_index_and_strike_has_its_cells(input in arb_any(), drift: i64, pause in any::<i64>(), small in -1_000i64..1_000) {
        check_cells(&input)?;
        exercise(&input, drift >> 8, pause)?;
        exercise(&input, small, small)?;
    }

    /// The slope bounds every difference of deltas within the range: by secants of the pricer, whose error over their
    /// width is the tolerance, as is that over the range for the slope's own secants.
    #[test]
    fn the_slope_holds_every_delta_within_the_range(input in arb_option(), at in -1_000i64..=990) {
        let (asset, market) = input.refreshed();
        let array = &market.array;
        let width = asset.scan.range.of_floor(input.index).unwrap();
        let step = (width / 100).max(1);
        let from = input.index.checked_add_signed(thousandths(width, at)).unwrap();
        let Some(from) = (from + step <= input.index + width).then_some(from) else { return Ok(()) };
        let error = input.error(input.index * 2) as f64;
        let gained = input.price(from + step, array.volatility.0) as f64 - input.price(from, array.volatility.0) as f64;
        let there = gained / step as f64 * ONE;
        let tolerance = (2.0 * error / step as f64 + 2.0 * error / width as f64 + 1e-8) * ONE + 1.0;
        let apart = (there - array.delta as f64).abs();
        prop_assert!(apart <= f64::from(array.slope) + tolerance, "{apart} {} {tolerance}", array.slope);
    }

    /// As far as the index may drift, the tangent is at or below a fresh price, and what shorts are counted at is at or
    /// above. But for the errors of both prices, and of a delta (1e-8, times the drift).
    #[test]
    fn prices_for_adding_risk_enclose_a_fresh_one(input in arb_option(), part in -1_000i64..=1_000) {
        let (mut asset, market) = input.refreshed();
        let limit = asset.scan.range.of_floor(input.index).unwrap() >> 3;
        let there = input.index.checked_add_signed(thousandths(limit, part)).unwrap();
        priced_at(&mut asset, there);
        let row = market.priced(0, &asset, NOW).unwrap();
        let fresh = input.price(there, market.array.volatility.0);
        let drift = there.abs_diff(input.index);
        let tolerance = input.error(there) + input.error(input.index) + drift / 100_000_000 + 2;
        prop_assert!(row.initial_low.0 <= fresh + tolerance, "{:?} {fresh}", row.initial_low);
        prop_assert!(row.initial_high.0 + tolerance >= fresh, "{:?} {fresh}", row.initial_high);
        // An option follows its index lot by lot at most, and is worth what it could be exercised for at least.
        let own = Moneyness::of(asset.index, Price(input.strike)).intrinsic(input.right);
        for price in [row.initial_low, row.index, row.initial_high] {
            prop_assert!(price >= own);
            prop_assert!(price.0.abs_diff(market.array.mark.0) <= drift + tolerance);
        }
        if drift == 0 {
            let mark = market.array.mark;
            prop_assert_eq!([row.index, row.initial_low, row.initial_high, row.maintenance_low, row.maintenance_high], [mark; 5]);
        }
    }

    /// Whatever the prices of the underlying are: what is ordered stays so.
    #[test]
    fn maintenance_prices_lie_between_initial_ones(
        input in arb_option(), part in -1_000i64..=1_000, mut shares in prop::array::uniform5(500u64..2_000),
    ) {
        let (mut asset, market) = input.refreshed();
        let limit = asset.scan.range.of_floor(input.index).unwrap() >> 3;
        let there = input.index.checked_add_signed(thousandths(limit, part)).unwrap();
        shares.sort_unstable();
        let [a, b, middle, c, d] = shares;
        let of = |share: u64| Price((u128::from(there) * u128::from(share) / u128::from(middle)) as u64);
        asset.index = Price(there);
        (asset.initial_low, asset.maintenance_low) = (of(a), of(b));
        (asset.maintenance_high, asset.initial_high) = (of(c), of(d));
        let row = market.priced(0, &asset, NOW).unwrap();
        prop_assert!(row.initial_low <= row.maintenance_low && row.maintenance_low <= row.index);
        prop_assert!(row.index <= row.maintenance_high && row.maintenance_high <= row.initial_high);
    }

    #[test]
    fn what_is_too_old_or_has_moved_too_far_is_refused(input in arb_option(), more in 1i64..1_000, up: bool) {
        let (mut asset, mut market) = input.refreshed();
        let limit = asset.scan.range.of_floor(input.index).unwrap() >> 3;
        prop_assert!(market.priced(7, &asset, NOW + 600).is_ok());
        let stale = RiskError::StaleArray { market: 7, age: 600 + more, limit: 600 };
        prop_assert_eq!(market.priced(7, &asset, NOW + 600 + more).unwrap_err(), stale);
        let far = |drift: u64| if up { input.index + drift } else { input.index - drift };
        priced_at(&mut asset, far(limit));
        prop_assert!(market.priced(7, &asset, NOW).is_ok());
        let drift = limit + more.unsigned_abs();
        priced_at(&mut asset, far(drift));
        let drifted = RiskError::DriftedArray { market: 7, drift, limit };
        prop_assert_eq!(market.priced(7, &asset, NOW).unwrap_err(), drifted);
        let now = NOW + 600 + more;
        market.refresh_array(7, &asset, now).unwrap();
        prop_assert!(market.priced(7, &asset, now).is_ok());
        prop_assert_eq!((market.array.index, market.array.time), (asset.index, now));
    }

    /// From the expiry on: what it could be exercised for, and a payoff with a corner.
    #[test]
    fn after_its_expiry_an_option_is_worth_what_it_pays(input in arb_option(), late in 0i64..1 << 40) {
        let (asset, mut market) = input.rows();
        let now = market.contract.expiry + late;
        market.refresh_array(0, &asset, now).unwrap();
        let pays = |index: u64| Moneyness::of(Price(index), Price(input.strike)).intrinsic(input.right).0;
        prop_assert_eq!(market.array.mark.0, pays(input.index));
        let mark = i128::from(market.array.mark.0);
        for (cell, (thirds, _, percent)) in market.array.cells.iter().zip(EXPECTED) {
            let gain = i128::from(pays(moved(input.index, asset.scan.range, thirds))) - mark;
            prop_assert_eq!(i128::from(*cell), (gain * percent).div_euclid(100));
        }
        prop_assert_eq!((market.array.gamma, market.array.vega.0, market.array.theta), (0, 0, 0));
    }
}

#[test]
fn what_was_never_computed_and_what_is_no_option_is_told_so() {
    let input = Input {
        right: Right::Call,
        index: 100 << 16,
        strike: 100 << 16,
        range_bps: 1_000,
        shift_bps: 3_000,
        volatility: Ratio(1 << 19),
        tenor: 86_400,
    };
    let (asset, mut market) = input.rows();
    let never = market.priced(3, &asset, NOW).unwrap_err();
    let stale = RiskError::StaleArray {
        market: 3,
        age: NOW,
        limit: 600,
    };
    assert_eq!(never, stale);
    market.kind = 1;
    let refused = market.refresh_array(3, &asset, NOW);
    assert_eq!(refused, Err(RiskError::NotAnOption { market: 3 }));
    // A lot of a linear contract is worth the index.
    assert_eq!(market.priced(3, &asset, NOW), Ok(asset));
}

/// A minute before its end a call a little out of the money has no curvature where the index stands. Where the index
/// drifts to its strike and beyond, twice of nothing bounds nothing: shorts were counted at less than it is worth, and
/// longs in maintenance at less than they could be exercised for.
#[test]
fn a_corner_ahead_is_seen_from_where_nothing_bends() {
    let input = Input {
        right: Right::Call,
        index: 100_000 << 16,
        strike: 101_000 << 16,
        range_bps: 2_000,
        shift_bps: 3_000,
        volatility: Ratio(1 << 19),
        tenor: 60,
    };
    let (mut asset, market) = input.refreshed();
    assert_eq!((market.array.mark.0, market.array.gamma), (0, 0));
    priced_at(&mut asset, 102_000 << 16);
    let row = market.priced(0, &asset, NOW).unwrap();
    let fresh = input.price(102_000 << 16, market.array.volatility.0);
    assert_eq!(fresh, 1_000 << 16);
    assert!(row.initial_high.0 >= fresh && row.index.0 >= fresh);
}

/// At its strike a minute before its end a call bends more than it can go on to: by delta and gamma alone it would rise
/// where the index falls.
#[test]
fn a_call_never_rises_where_its_index_falls() {
    let input = Input {
        right: Right::Call,
        index: 100_000 << 16,
        strike: 100_050 << 16,
        range_bps: 2_000,
        shift_bps: 3_000,
        volatility: Ratio(1 << 19),
        tenor: 60,
    };
    let (mut asset, market) = input.refreshed();
    priced_at(&mut asset, 98_000 << 16);
    let row = market.priced(0, &asset, NOW).unwrap();
    assert!(row.index <= market.array.mark, "{:?}", row.index);
    let pricer = Pricer::new(input.right, Price(input.strike), Tenor::new(60));
    assert_eq!(
        pricer.price(Price(98_000 << 16), market.array.volatility).0,
        0
    );
}

/// The range is cut off by the largest price on both sides of its upper end: no secant is there, and its slope is not zero.
#[test]
fn where_the_largest_price_cuts_off_a_range_no_slope_is_flat() {
    let input = Input {
        right: Right::Call,
        index: MAX_PRICE.0 / 20 * 19,
        strike: MAX_PRICE.0,
        range_bps: 2_000,
        shift_bps: 3_000,
        volatility: Ratio(1 << 19),
        tenor: 3_600,
    };
    let (_, market) = input.refreshed();
    assert!(market.array.delta < 1 << 20);
    assert!(market.array.slope > 1 << 28, "{}", market.array.slope);
}
