//! Options are priced as Black's formula says: against floating point on a grid of 100,000 options,
//! against 50 digits on a file of 210, and for every integer there is within the bounds that hold
//! without any formula.

#[path = "common/normal.rs"]
mod normal;

use counterweight_risk::{
    Price, Ratio,
    option::{Delta, Deviation, Gamma, Greeks, Moneyness, Pricer, Right, Tenor, black76},
};
use normal::black;
use proptest::prelude::*;

const YEAR: f64 = 31_536_000.0;
const ROOT_2_PI: f64 = 2.506_628_274_631_000_5;

/// What a price may be off by anywhere, in the lower of forward and strike: 2^-32.
const PRICE_ERROR: f64 = 2.3e-10;
/// What each figure may be off by on the grid: price and delta as they are, the others on their own scale.
const BOUNDS: [f64; 5] = [1.2e-10, 1e-8, 1.5e-6, 2.5e-8, 2.5e-8];
const FIGURES: [&str; 5] = ["price / F", "delta", "gamma", "vega", "theta"];

/// The largest differences, and for which option.
#[derive(Default)]
struct Worst([(f64, String); 5]);

impl Worst {
    /// Both rights of an option against a reference: call, put, delta, gamma·F, vega, theta.
    #[allow(clippy::cast_precision_loss)]
    fn compare(
        &mut self,
        forward: u64,
        strike: u64,
        volatility: u32,
        seconds: u64,
        exact: [f64; 6],
    ) {
        let priced = |right| {
            black76(
                right,
                Price(forward),
                Price(strike),
                Ratio(volatility),
                seconds,
            )
        };
        let (call, put) = (priced(Right::Call), priced(Right::Put));
        assert!(parity(&call, &put, forward, strike));
        let (size, root) = (forward as f64, (seconds as f64 / YEAR).sqrt());
        let vol = f64::from(volatility) / 1_048_576.0;
        // What rounding down to a raw price takes is not an error of the formula.
        let whole = |found: f64, exact: f64| ((found - exact).abs() - 1.0).max(0.0);
        let price = whole(call.price.0 as f64, exact[0]).max(whole(put.price.0 as f64, exact[1]));
        let bound = Moneyness::of(Price(forward), Price(strike)).error_bound();
        // The reference's own 53 bits, with prices of 60.
        let reference = 1e-15 * size.max(strike as f64);
        assert!((call.price.0 as f64 - exact[0]).abs() <= bound as f64 + reference);
        assert!((put.price.0 as f64 - exact[1]).abs() <= bound as f64 + reference);
        let scale = 1.0 / ROOT_2_PI;
        let off = [
            price / size,
            (call.delta.0 as f64 / 2f64.powi(30) - exact[2]).abs(),
            (call.gamma.0 as f64 / 2f64.powi(24) - exact[3]).abs() * vol * root / scale,
            whole(call.vega.0 as f64, exact[4]) / (size * root * scale),
            whole(call.theta as f64, exact[5]) / (size * vol / (730.0 * root) * scale),
        ];
        for ((worst, at), off) in self.0.iter_mut().zip(off) {
            if off > *worst {
                *worst = off;
                *at = format!(
                    "F {forward}, K/F {}, vol {vol}, {seconds} s",
                    strike as f64 / size
                );
            }
        }
    }

    fn report(&self) {
        for ((name, (worst, at)), bound) in FIGURES.iter().zip(&self.0).zip(BOUNDS) {
            println!("{name}: off by at most {worst:.3e} (allowed {bound:e}), at {at}");
        }
        for ((name, (worst, at)), bound) in FIGURES.iter().zip(&self.0).zip(BOUNDS) {
            assert!(*worst <= bound, "{name} is off by {worst:e} at {at}");
        }
    }
}

/// Call − put = F − K, exactly, and the greeks of one are those of the other.
fn parity(call: &Greeks, put: &Greeks, forward: u64, strike: u64) -> bool {
    let prices = i128::from(call.price.0) - i128::from(put.price.0);
    prices == i128::from(forward) - i128::from(strike)
        && call.delta.0 - put.delta.0 == 1 << 30
        && (call.gamma, call.vega, call.theta) == (put.gamma, put.vega, put.theta)
}

/// `count` numbers from `low` to `high`, in equal factors.
fn factors(low: f64, high: f64, count: u32) -> impl Iterator<Item = f64> + Clone {
    (0..count).map(move |at| low * (high / low).powf(f64::from(at) / f64::from(count - 1)))
}

#[test]
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn a_hundred_thousand_options_are_priced_as_in_floating_point() {
    normal::check();
    let (mut worst, mut count) = (Worst::default(), 0);
    let ratios = factors(0.125, 8.0, 49).chain(factors(0.98, 1.02, 9));
    for forward in [6_553_600_000u64, 1 << 37, (1 << 44) + 12_345, 1 << 56] {
        for ratio in ratios.clone() {
            let strike = (forward as f64 * ratio) as u64;
            for volatility in factors(0.05, 5.0, 21) {
                let volatility = (volatility * 1_048_576.0).round() as u32;
                for seconds in factors(60.0, 2.0 * YEAR, 23) {
                    let seconds = seconds.round() as u64;
                    let vol = f64::from(volatility) / 1_048_576.0;
                    let exact = black(forward as f64, strike as f64, vol, seconds as f64);
                    worst.compare(forward, strike, volatility, seconds, exact);
                    count += 1;
                }
            }
        }
    }
    println!("{count} options:");
    assert!(count >= 100_000);
    worst.report();
}

#[test]
fn options_are_priced_as_with_fifty_digits() {
    let mut worst = Worst::default();
    let rows = include_str!("data/options.csv").lines().skip(1);
    let mut count = 0;
    for row in rows {
        let columns: Vec<&str> = row.split(',').collect();
        let whole = |at: usize| columns[at].parse::<u64>().unwrap();
        let figure = |at: usize| columns[at].parse::<f64>().unwrap();
        let exact = [4, 5, 6, 7, 8, 9].map(figure);
        let volatility = u32::try_from(whole(2)).unwrap();
        worst.compare(whole(0), whole(1), volatility, whole(3), exact);
        count += 1;
    }
    println!("{count} options:");
    assert_eq!(count, 210);
    worst.report();
}

#[test]
fn without_time_or_volatility_an_option_is_worth_what_it_would_be_settled_at() {
    let (low, high) = (Price(5_000_000), Price(7_000_000));
    for (volatility, seconds) in [(Ratio::ZERO, 86_400), (Ratio::ONE, 0), (Ratio::ZERO, 0)] {
        let at = |right, forward, strike| black76(right, forward, strike, volatility, seconds);
        let sure = |price: u64, delta: i64| Greeks {
            price: Price(price),
            delta: Delta(delta << 30),
            ..Greeks::default()
        };
        assert_eq!(at(Right::Call, high, low), sure(2_000_000, 1));
        assert_eq!(at(Right::Call, low, high), sure(0, 0));
        assert_eq!(at(Right::Put, high, low), sure(0, 0));
        assert_eq!(at(Right::Put, low, high), sure(2_000_000, -1));
        assert_eq!(at(Right::Call, low, low).price, Price::ZERO);
    }
}

#[test]
fn a_price_of_zero_leaves_nothing_to_chance() {
    let at =
        |right, forward, strike| black76(right, Price(forward), Price(strike), Ratio::ONE, 9_999);
    assert_eq!(at(Right::Call, 0, 77).price, Price::ZERO);
    assert_eq!(at(Right::Put, 0, 77).price, Price(77));
    assert_eq!(at(Right::Put, 0, 77).delta, Delta(-1 << 30));
    assert_eq!(at(Right::Call, 77, 0).price, Price(77));
    assert_eq!(at(Right::Call, 77, 0).delta, Delta(1 << 30));
    assert_eq!(at(Right::Put, 77, 0).price, Price::ZERO);
    assert_eq!(at(Right::Call, 0, 0), Greeks::default());
}

#[test]
fn with_volatility_without_bound_a_call_is_worth_its_forward_and_a_put_its_strike() {
    for (forward, strike) in [(1, u64::MAX), (u64::MAX, 1), (1 << 40, 1 << 41), (9, 9)] {
        for deviation in [Deviation::new(u64::MAX), Deviation::new(32 << 40)] {
            let at = Moneyness::of(Price(forward), Price(strike));
            assert_eq!(at.price(Right::Call, deviation), Price(forward));
            assert_eq!(at.price(Right::Put, deviation), Price(strike));
        }
    }
}

#[test]
fn what_is_far_out_of_the_money_is_worth_nothing_and_has_no_greeks() {
    let week = Tenor::new(604_800);
    for (forward, strike, delta) in [(1 << 40, 1 << 42, 0), (1 << 42, 1 << 40, 1i64)] {
        let (forward, strike) = (Price(forward), Price(strike));
        let found = Pricer::new(Right::Call, strike, week).greeks(forward, Ratio(1 << 19));
        assert_eq!(
            found.price,
            Moneyness::of(forward, strike).intrinsic(Right::Call)
        );
        assert_eq!(found.delta, Delta(delta << 30));
        assert_eq!((found.gamma, found.vega, found.theta), Default::default());
    }
}

#[test]
fn the_smallest_deviations_do_not_wrap() {
    // 1.5 forwards are 8 deviations of a twentieth away, and further with less.
    for bits in 0..36 {
        let deviation = Deviation::new(1 << bits);
        for (forward, strike) in [
            (2, 3),
            (3, 2),
            (1, 999),
            (999, 1),
            (1, 1 << 20),
            (1 << 20, 1),
        ] {
            let (forward, strike) = (Price(forward << 40), Price(strike << 40));
            let at = Moneyness::of(forward, strike);
            let found = at.greeks(Right::Call, deviation, Tenor::new(1));
            assert_eq!(found.price, at.intrinsic(Right::Call), "{bits}");
            assert_eq!(
                found.delta,
                Delta(i64::from(forward > strike) << 30),
                "{bits}"
            );
        }
    }
    // Deviations of a unit of the normal functions' arguments: a and b are neighbours. The price is
    // below 0.4 of the deviation.
    for deviation in 128..256 {
        for apart in 0..8_000 {
            let at = Moneyness::of(Price(1 << 40), Price((1 << 40) + apart));
            let price = at.price(Right::Call, Deviation::new(deviation)).0;
            assert!(price < 1 << 9, "{deviation} {apart}: {price}");
        }
    }
}

/// Tenors of seconds with volatilities of thousands: the only way out of the range.
#[test]
fn theta_saturates_and_does_not_wrap() {
    let at = |price| black76(Right::Call, Price(price), Price(price), Ratio(u32::MAX), 1);
    assert_eq!(at(1 << 56).theta, -i64::MAX);
    assert_eq!(at(u64::MAX).theta, -i64::MAX);
    assert!(at(1 << 48).theta > -i64::MAX && at(1 << 48).theta < 0);
    // Vega of the largest price there can be, for the longest time.
    let longest = Pricer::new(Right::Put, Price(u64::MAX), Tenor::new(u64::MAX));
    assert_eq!(
        longest.greeks(Price(u64::MAX), Ratio(1 << 16)).vega,
        Price(u64::MAX)
    );
}

#[test]
fn an_option_is_the_same_by_volatility_and_by_deviation() {
    let (forward, strike) = (Price(6_553_600_000), Price(7_000_000_000));
    let tenor = Tenor::new(1_209_600);
    let volatility = Ratio(700_000);
    let deviation = tenor.deviation(volatility);
    for right in [Right::Call, Right::Put] {
        let pricer = Pricer::new(right, strike, tenor);
        let whole = black76(right, forward, strike, volatility, 1_209_600);
        assert_eq!(pricer.greeks(forward, volatility), whole);
        assert_eq!(pricer.greeks_at(forward, deviation), whole);
        assert_eq!(pricer.price(forward, volatility), whole.price);
        assert_eq!(pricer.price_at(forward, deviation), whole.price);
    }
}

/// Numbers of every length.
fn any_width() -> impl Strategy<Value = u64> {
    (0u32..64, any::<u64>()).prop_map(|(bits, raw)| raw >> bits)
}

fn any_ratio() -> impl Strategy<Value = Ratio> {
    (0u32..32, any::<u32>()).prop_map(|(bits, raw)| Ratio(raw >> bits))
}

/// A pair of prices, as often near each other as anywhere.
fn any_prices() -> impl Strategy<Value = (u64, u64)> {
    (any_width(), any_width(), 0u64..2_048, 0u8..4).prop_map(|(a, b, part, kind)| match kind {
        0 | 1 => (a, b),
        2 => (a, a.saturating_add(a / 8_192 * part)),
        _ => (a, a - a / 8_192 * part),
    })
}

/// By how much two prices may stand in the wrong order: each its error, and a unit of rounding.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn slack(a: u64, b: u64) -> u64 {
    (2.0 * PRICE_ERROR * a.max(b) as f64) as u64 + 2
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    fn every_option_is_within_its_bounds(
        (forward, strike) in any_prices(), volatility in any_ratio(), seconds in any_width(),
    ) {
        let at = |right| black76(right, Price(forward), Price(strike), volatility, seconds);
        let (call, put) = (at(Right::Call), at(Right::Put));
        prop_assert!(call.price.0 >= forward.saturating_sub(strike) && call.price.0 <= forward);
        prop_assert!(put.price.0 >= strike.saturating_sub(forward) && put.price.0 <= strike);
        prop_assert!(parity(&call, &put, forward, strike));
        prop_assert!((0..=1 << 30).contains(&call.delta.0));
        prop_assert!(call.theta <= 0);
    }

    #[test]
    fn every_deviation_and_every_time_has_a_price(
        (forward, strike) in any_prices(), deviation in any_width(),
        expiry in any::<i64>(), now in any::<i64>(),
    ) {
        let deviation = Deviation::new(deviation);
        let pricer = |right| Pricer::new(right, Price(strike), Tenor::until(expiry, now));
        let (call, put) = (
            pricer(Right::Call).greeks_at(Price(forward), deviation),
            pricer(Right::Put).greeks_at(Price(forward), deviation),
        );
        prop_assert!(parity(&call, &put, forward, strike));
        prop_assert_eq!(call.price, pricer(Right::Call).price_at(Price(forward), deviation));
    }

    #[test]
    fn a_call_rises_with_the_forward_and_falls_with_the_strike(
        (forward, strike) in any_prices(), more in any_width(), deviation in 0u64..8 << 40, bits in 0u32..40,
    ) {
        let deviation = Deviation::new(deviation >> bits);
        let call = |forward, strike| {
            Moneyness::of(Price(forward), Price(strike)).price(Right::Call, deviation).0
        };
        let higher = forward.saturating_add(more);
        let lo = forward.min(strike);
        let room = slack(lo, higher.min(strike));
        prop_assert!(call(forward, strike) <= call(higher, strike).saturating_add(room));
        let above = strike.saturating_add(more);
        let room = slack(lo, forward.min(above));
        prop_assert!(call(forward, above) <= call(forward, strike).saturating_add(room));
    }

    #[test]
    fn every_option_rises_with_volatility_and_time(
        (forward, strike) in any_prices(), volatility in any_ratio(), more in any_ratio(),
        seconds in any_width(), longer in any_width(),
    ) {
        let at = |volatility, seconds| {
            black76(Right::Put, Price(forward), Price(strike), Ratio(volatility), seconds).price.0
        };
        let lo = forward.min(strike);
        let price = at(volatility.0, seconds);
        let limit = |later: u64| later.saturating_add(slack(lo, lo));
        prop_assert!(price <= limit(at(volatility.0.saturating_add(more.0), seconds)));
        prop_assert!(price <= limit(at(volatility.0, seconds.saturating_add(longer))));
    }

    /// Far beyond the grid too: a million times the strike, deviations from a millionth to 30.
    #[test]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn beyond_the_grid_prices_hold(
        forward in 1u64 << 44..1 << 46, apart in -20.0f64..20.0, near in 0u8..3, log_s in -20.0f64..5.0,
    ) {
        let s = log_s.exp2();
        // Within a few deviations, where the price is neither nothing nor everything, or anywhere.
        let apart = if near > 0 { (apart / 4.0 * s).clamp(-20.0, 20.0) } else { apart };
        let strike = (forward as f64 * apart.exp2()) as u64;
        let deviation = (s * 2f64.powi(40)) as u64;
        let exact = black(forward as f64, strike as f64, deviation as f64 / 2f64.powi(40), YEAR);
        let at = Moneyness::of(Price(forward), Price(strike));
        let right = if strike >= forward { Right::Call } else { Right::Put };
        let exact = exact[usize::from(right == Right::Put)];
        let off = (at.price(right, Deviation::new(deviation)).0 as f64 - exact).abs() - 1.0;
        // The reference itself has the rounding of the larger price, of 53 bits.
        let lo = forward.min(strike) as f64;
        let reference = 1e-15 * (forward.max(strike) as f64);
        prop_assert!(off <= PRICE_ERROR * lo + reference + 1.0, "{} of {lo}", off);
    }
}

#[test]
fn gamma_is_of_the_smallest_deviation_too() {
    let at = Moneyness::of(Price(1 << 40), Price(1 << 40));
    let found = at.greeks(Right::Call, Deviation::new(1), Tenor::new(1));
    // n(0) / 2^-40, in 2^-24: no more than 64 bits.
    assert!(found.gamma > Gamma(1 << 62) && found.gamma < Gamma(1 << 63));
}
