//! At what a contract settles: the mean of the index over the window before its expiry, against a computation that
//! looks at every second.

use bytemuck::Zeroable;
use counterweight_risk::{
    Asset, Market, Price, RiskError,
    expiry::{
        Contract, LEAST_TERM, LONGEST_TERM, SETTLEMENT_PATIENCE, SETTLEMENT_WINDOW, Stood,
        next_expiry, settle,
    },
    market::{KIND_CALL, KIND_FUTURE, KIND_PERPETUAL, KIND_PUT, MODE_SETTLEMENT},
    units::MAX_PRICE,
};
use proptest::prelude::*;

const EXPIRY: i64 = 1_800_000_000;

fn contract() -> Contract {
    Contract {
        expiry: EXPIRY,
        ..Contract::default()
    }
}

fn asset(price: Price, publish_time: i64) -> Asset {
    let mut asset = Asset::zeroed();
    (asset.index, asset.publish_time) = (price, publish_time);
    asset
}

/// What a contract on the asset of index 1 has after this series of prices, each recorded when it was published.
fn after(expiries: &[i64], series: &[(i64, Price)]) -> (Asset, Vec<Market>) {
    let mut markets: Vec<Market> = expiries.iter().map(|expiry| future(*expiry)).collect();
    let mut row = Asset::zeroed();
    row.next_expiry = next_expiry(&markets, 1);
    for (time, price) in series {
        if *time <= row.publish_time {
            continue; // `Asset::record` takes none that is not newer
        }
        let stood = Stood::of(&row);
        (row.index, row.publish_time) = (*price, *time);
        stood.count(1, &row, &mut markets).unwrap();
    }
    (row, markets)
}

fn future(expiry: i64) -> Market {
    let mut market = Market::zeroed();
    (market.asset, market.kind, market.contract.expiry) = (1, KIND_FUTURE, expiry);
    market
}

/// The same second by second: what stood in each of the window, if anything did.
fn by_seconds(expiry: i64, series: &[(i64, Price)]) -> Option<u64> {
    let (mut sum, mut seconds) = (0u128, 0u128);
    let mut newest = 0;
    let mut taken = Vec::new();
    for (time, price) in series {
        if *time > newest {
            newest = *time;
            taken.push((*time, *price));
        }
    }
    for second in expiry - SETTLEMENT_WINDOW..expiry {
        let stands = taken.iter().rev().find(|(time, _)| *time <= second);
        if let Some((_, price)) = stands {
            sum += u128::from(price.0 >> 8);
            seconds += 1;
        }
    }
    let last = taken.last()?.1.0;
    if seconds == 0 {
        return Some(((u128::from(last) + (1 << 15)) >> 16) as u64);
    }
    // Twice the mean in halves of an atom, up: the nearest, half up.
    Some(((2 * sum + (seconds << 8)) / (2 * (seconds << 8))) as u64)
}

/// A series with gaps, duplicates, times that go back, and jumps over the whole range of prices.
fn series() -> impl Strategy<Value = Vec<(i64, Price)>> {
    let step = prop_oneof![
        4 => 0i64..4,
        4 => 0i64..120,
        1 => 0i64..2_000,
        1 => -50i64..1,
    ];
    let price = prop_oneof![
        3 => (1u64 << 16)..(1 << 40),
        1 => Just(MAX_PRICE.0),
        1 => Just(1),
        1 => 1..=MAX_PRICE.0,
    ];
    let begin = EXPIRY - 4_000..EXPIRY + 300;
    (begin, prop::collection::vec((step, price), 1..60)).prop_map(|(mut time, steps)| {
        let each = steps.into_iter().map(|(step, price)| {
            time += step;
            (time, Price(price))
        });
        each.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The mean is that of a computation which looks at every second; what is missing at the end is the newest
    /// price, and what is missing at the beginning is left out.
    #[test]
    fn it_is_the_mean_of_every_second(series in series()) {
        let (row, markets) = after(&[EXPIRY], &series);
        let now = EXPIRY + SETTLEMENT_PATIENCE;
        let settled = markets[0].contract.settles_at(1, &row, now);
        prop_assert_eq!(settled.ok(), by_seconds(EXPIRY, &series));
    }

    /// The same price published again, at any moment in between, changes nothing: who refreshes often and who
    /// refreshes seldom write the same sum.
    #[test]
    fn it_does_not_depend_on_how_often_a_price_is_sampled(
        series in series(),
        again in prop::collection::vec(EXPIRY - 5_000..EXPIRY + 500, 0..40),
    ) {
        let (row, markets) = after(&[EXPIRY], &series);
        let mut taken: Vec<(i64, Price)> = Vec::new();
        for (time, price) in series {
            if taken.last().is_none_or(|last| time > last.0) {
                taken.push((time, price));
            }
        }
        for time in again {
            let at = taken.partition_point(|(other, _)| *other <= time);
            if at > 0 && taken[at - 1].0 < time {
                let price = taken[at - 1].1;
                taken.insert(at, (time, price));
            }
        }
        let (row_again, markets_again) = after(&[EXPIRY], &taken);
        let now = EXPIRY + SETTLEMENT_PATIENCE;
        prop_assert_eq!(
            markets[0].contract.settles_at(1, &row, now),
            markets_again[0].contract.settles_at(1, &row_again, now)
        );
    }

    /// Contracts that end one after the other, their windows one in the other, each count their own.
    #[test]
    fn each_contract_counts_its_own_window(
        series in series(),
        apart in prop::collection::vec(-2_500i64..2_500, 1..5),
    ) {
        let expiries: Vec<i64> = apart.iter().map(|apart| EXPIRY + apart).collect();
        let (_, together) = after(&expiries, &series);
        for (at, expiry) in expiries.iter().enumerate() {
            let (_, alone) = after(&[*expiry], &series);
            prop_assert_eq!(together[at].contract, alone[0].contract);
        }
    }

    /// A price that stood for a second moves the mean by a window's share of what it differs by, and no more.
    #[test]
    fn a_spike_counts_for_the_seconds_that_it_lasts(
        price in 1u64 << 20..1 << 40,
        spike in 1u64..=MAX_PRICE.0,
        at in 0i64..1_799,
        lasts in 1i64..30,
    ) {
        let from = EXPIRY - SETTLEMENT_WINDOW + at;
        let to = from + lasts;
        let begin = EXPIRY - 3_000;
        let calm = [(begin, Price(price)), (EXPIRY, Price(price))];
        let spiked = [(begin, Price(price)), (from, Price(spike)), (to, Price(price)), (EXPIRY + 30, Price(price))];
        let settled = |series: &[(i64, Price)]| {
            let (row, markets) = after(&[EXPIRY], series);
            markets[0].contract.settles_at(1, &row, EXPIRY + 30).unwrap()
        };
        let inside = u64::try_from(to.min(EXPIRY) - from).unwrap();
        let moved = settled(&spiked).abs_diff(settled(&calm));
        // In whole atoms, and the two roundings.
        let share = price.abs_diff(spike) / 65_536 * inside / 1_800;
        prop_assert!(moved.abs_diff(share) <= 2, "{} and not {}", moved, share);
    }

    /// The largest price over the whole window, in any cuts, stays in 64 bits; more than the window cannot be counted.
    #[test]
    fn no_sum_leaves_its_range(cuts in prop::collection::vec(0i64..=1_800, 0..20)) {
        let mut cuts = cuts;
        cuts.extend([0, 1_800]);
        cuts.sort_unstable();
        let mut contract = contract();
        let start = EXPIRY - SETTLEMENT_WINDOW;
        for pair in cuts.windows(2) {
            contract.count(MAX_PRICE, start + pair[0], start + pair[1]).unwrap();
        }
        // What lies before and behind counts for nothing.
        contract.count(MAX_PRICE, 0, start).unwrap();
        contract.count(MAX_PRICE, EXPIRY, i64::MAX).unwrap();
        prop_assert_eq!(contract.seconds, 1_800);
        prop_assert_eq!(contract.sum, (1 << 48) * 1_800);
        let row = asset(MAX_PRICE, EXPIRY);
        prop_assert_eq!(contract.settles_at(1, &row, EXPIRY), Ok(1 << 40));
    }
}

#[test]
fn a_contract_settles_with_a_price_of_its_expiry_or_ten_minutes_later() {
    let at = |published, now| contract().settles_at(1, &asset(Price(7 << 16), published), now);
    let runs = Err(RiskError::ContractRuns {
        expiry: EXPIRY,
        now: EXPIRY - 1,
    });
    // A price of the expiry may come before the clock of the chain does.
    assert_eq!(at(EXPIRY + 29, EXPIRY - 1), runs);
    assert_eq!(at(EXPIRY, EXPIRY), Ok(7));
    let until = EXPIRY + SETTLEMENT_PATIENCE;
    let waits = Err(RiskError::SettlementWaits {
        published: EXPIRY - 1,
        expiry: EXPIRY,
        until,
    });
    assert_eq!(at(EXPIRY - 1, EXPIRY), waits);
    assert_eq!(at(EXPIRY - 1, until - 1), waits);
    assert_eq!(at(EXPIRY - 1, until), Ok(7));
    // Published before the window: it stood through all of it.
    assert_eq!(at(1, until), Ok(7));
    assert_eq!(at(0, until + 1), Err(RiskError::NoPrice { asset: 1 }));
    let perpetual = Contract::default();
    let row = asset(Price(7 << 16), EXPIRY);
    assert!(perpetual.settles_at(1, &row, i64::MAX).is_err());
}

#[test]
fn the_mean_is_rounded_to_the_nearest_atom() {
    for (low, high, seconds, expected) in [
        (10, 11, 900, 11),
        (10, 11, 901, 10),
        (10, 11, 899, 11),
        (1, 1, 1, 1),
    ] {
        let start = EXPIRY - SETTLEMENT_WINDOW;
        let series = [
            (start, Price(low << 16)),
            (start + seconds, Price(high << 16)),
            (EXPIRY, Price(999 << 16)),
        ];
        let (row, markets) = after(&[EXPIRY], &series);
        let settled = markets[0].contract.settles_at(1, &row, EXPIRY);
        assert_eq!(settled, Ok(expected), "{low} for {seconds} s, then {high}");
    }
    // Nothing of the window has a price: the newest one, to the nearest.
    for (raw, expected) in [(3 << 15, 2), ((3 << 15) - 1, 1), (1, 0)] {
        let row = asset(Price(raw), EXPIRY + 5);
        assert_eq!(contract().settles_at(1, &row, EXPIRY + 5), Ok(expected));
    }
}

#[test]
fn markets_of_an_asset_settle_one_after_the_other() {
    let now = EXPIRY + 60;
    let mut assets = vec![Asset::zeroed(), asset(Price(7 << 16), now)];
    let expiries = [0, EXPIRY + 3_600, EXPIRY, EXPIRY + 60];
    let mut markets: Vec<Market> = expiries.iter().map(|expiry| future(*expiry)).collect();
    markets[0].kind = KIND_PERPETUAL;
    // Of another asset, and earlier.
    markets.push(Market {
        asset: 0,
        ..future(EXPIRY - 99)
    });
    assert_eq!(next_expiry(&markets, 1), EXPIRY);
    assert_eq!(next_expiry(&markets[..1], 1), 0);
    let unknown = settle(&mut assets, &mut markets, 9, now);
    assert_eq!(unknown, Err(RiskError::UnknownMarket { market: 9 }));
    for runs in [0, 1] {
        let before = markets.clone();
        let refused = settle(&mut assets, &mut markets, runs, now);
        let runs = matches!(refused, Err(RiskError::ContractRuns { .. }));
        assert!(runs && markets == before, "{refused:?}");
    }
    assert_eq!(settle(&mut assets, &mut markets, 3, now), Ok(7));
    assert_eq!(
        (markets[3].settlement_price, markets[3].mode),
        (7, MODE_SETTLEMENT)
    );
    assert_eq!(assets[1].next_expiry, EXPIRY);
    assert_eq!(settle(&mut assets, &mut markets, 2, now), Ok(7));
    assert_eq!(assets[1].next_expiry, EXPIRY + 3_600);
    // One that the authority has ended before waits for nothing.
    markets[1].mode = MODE_SETTLEMENT;
    assert_eq!(next_expiry(&markets, 1), 0);
    assert!(!markets[1].awaits_settlement(i64::MAX));
}

#[test]
fn a_contract_begins_an_hour_to_two_years_before_its_end() {
    let now = 1_700_000_000;
    let new = |kind, expiry| Contract::new(kind, expiry, 0, now).map(|contract| contract.expiry);
    assert_eq!(new(KIND_PERPETUAL, 0), Ok(0));
    for expiry in [now + LEAST_TERM, now + LONGEST_TERM] {
        assert_eq!(new(KIND_FUTURE, expiry), Ok(expiry));
        assert_eq!(new(KIND_PERPETUAL, expiry).unwrap_err().field, "expiry");
    }
    for expiry in [
        i64::MIN,
        -1,
        0,
        now,
        now + LEAST_TERM - 1,
        now + LONGEST_TERM + 1,
        i64::MAX,
    ] {
        assert_eq!(
            new(KIND_FUTURE, expiry).unwrap_err().field,
            "expiry",
            "{expiry}"
        );
    }
    assert_eq!(new(4, now + LEAST_TERM).unwrap_err().field, "kind");
    let option = |kind, strike| Contract::new(kind, now + LEAST_TERM, strike, now);
    for kind in [KIND_CALL, KIND_PUT] {
        assert_eq!(option(kind, 5).unwrap().strike, Price(5 << 16));
        assert_eq!(option(kind, 0).unwrap_err().field, "strike");
        assert_eq!(option(kind, (1 << 40) + 1).unwrap_err().field, "strike");
    }
    assert_eq!(option(KIND_FUTURE, 5).unwrap_err().field, "strike");
}
