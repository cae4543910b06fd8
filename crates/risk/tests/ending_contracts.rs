//! In its last half hour a part of what a contract settles at is fixed: it is valued, scanned and hedges as what is left of
//! it, and nothing happens to an account when it settles.

mod common;

use common::{
    NOW, market_terms,
    options::{Desk, add_option, plain},
};
use counterweight_risk::{
    Price, Ratio,
    expiry::{Contract, SETTLEMENT_WINDOW},
    greeks::AssetGreeks,
    market::{KIND_CALL, KIND_FUTURE, KIND_PUT, MODE_SETTLEMENT, Market},
    portfolio::explain,
    standard::Gains,
};
use proptest::prelude::*;

/// A hundred dollars for a hundred lots.
const INDEX: u64 = 1_000_000 << 16;

/// A contract of whose window so many seconds are over, at prices in thousandths of the index.
fn ending(kind: u8, strike: u64, seconds: i64, prices: &[u64]) -> Contract {
    let expiry = NOW + SETTLEMENT_WINDOW - seconds;
    let mut contract = Contract::new(kind, expiry, strike, expiry - 86_400).unwrap();
    let begun = expiry - SETTLEMENT_WINDOW;
    let count = i64::try_from(prices.len()).unwrap();
    for (at, price) in (0i64..).zip(prices) {
        let (from, to) = (seconds * at / count, seconds * (at + 1) / count);
        let price = Price(INDEX / 1_000 * price);
        contract.count(price, begun + from, begun + to).unwrap();
    }
    assert_eq!(i64::from(contract.seconds), seconds);
    contract
}

/// The desk with a future on its asset as well; returns its market.
fn with_future(desk: &mut Desk, contract: Contract) -> u16 {
    let market = desk.world.add_market(1, &market_terms());
    let row = &mut desk.world.markets[usize::from(market)];
    (row.kind, row.contract) = (KIND_FUTURE, contract);
    market
}

fn row(desk: &mut Desk, market: u16) -> &mut Market {
    &mut desk.world.markets[usize::from(market)]
}

/// Settles a market as if the index stayed where it is.
fn settle(desk: &mut Desk, market: u16) {
    let asset = desk.world.assets[1];
    let row = row(desk, market);
    let mut asset = asset;
    asset.publish_time = row.contract.expiry;
    let mut counted = row.contract;
    counted
        .count(asset.index, NOW, row.contract.expiry)
        .unwrap();
    let mean = counted.settles_at(1, &asset, row.contract.expiry).unwrap();
    let strike = row.contract.strike.0 >> 16;
    row.settlement_price = match row.kind {
        KIND_CALL => mean.saturating_sub(strike),
        KIND_PUT => strike.saturating_sub(mean),
        _ => mean,
    };
    row.mode = MODE_SETTLEMENT;
}

fn needs(desk: &Desk) -> i64 {
    let (book, view) = (desk.world.book(), desk.view());
    let all = explain::maintenance(&book, &view, NOW, |_| {}).unwrap();
    all.by_scenarios().unwrap().0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What a future is valued at is what it settles at if the index stays: nobody gains or loses by the settlement.
    #[test]
    fn a_settlement_changes_nobodys_equity(
        seconds in 1i64..=SETTLEMENT_WINDOW, prices in prop::collection::vec(300u64..3_000, 1..6),
        lots in -1_000_000i64..1_000_000, hedge in -1_000_000i64..1_000_000, scanned: bool,
    ) {
        let mut desk = plain(300, 2_000);
        if !scanned {
            desk = desk.by(counterweight_risk::account::MODEL_STANDARD);
        }
        let future = with_future(&mut desk, ending(KIND_FUTURE, 0, seconds, &prices));
        desk.hold(0, hedge, -hedge * 1_000_000);
        desk.hold(future, lots, -lots * 1_000_000);
        let before = (desk.keeping().equity.0, desk.adding(Gains::Weighted));
        settle(&mut desk, future);
        let after = desk.keeping().equity.0;
        // A settlement price is a whole number of atoms a lot, and a sum is cut below 2^-8 of one.
        prop_assert!((after - before.0).abs() <= lots.abs() + 2, "{} {after}", before.0);
        prop_assert!(before.1.requirement.0 >= 0);
    }

    /// A future that is sold against a perpetual is scanned for what is fixed of it: as so much of the perpetual alone.
    #[test]
    fn what_is_fixed_hedges_nothing(
        seconds in 0i64..=SETTLEMENT_WINDOW, prices in prop::collection::vec(300u64..3_000, 1..6), lots in 1i64..1_000_000,
    ) {
        let mut hedged = plain(300, 2_000);
        let future = with_future(&mut hedged, ending(KIND_FUTURE, 0, seconds, &prices));
        hedged.hold(0, lots, -lots * 1_000_000);
        hedged.hold(future, -lots, lots * 1_000_000);
        let mut bare = plain(300, 2_000);
        let fixed = lots - lots * (SETTLEMENT_WINDOW - seconds) / SETTLEMENT_WINDOW;
        bare.hold(0, fixed, -fixed * 1_000_000);
        let (hedged, bare) = (needs(&hedged), needs(&bare));
        prop_assert!((hedged - bare).abs() <= 100_000, "{hedged} {bare}");
    }

    /// An option on a mean that is fixed in part is worth what it pays if nothing happens any more, at least; and at the
    /// end that is all of it.
    #[test]
    fn an_option_is_worth_what_it_pays_on_the_mean(
        seconds in 1i64..=SETTLEMENT_WINDOW, prices in prop::collection::vec(600u64..1_600, 1..6), near in 700u64..1_400, put: bool,
    ) {
        let mut desk = plain(300, 2_000);
        let kind = if put { KIND_PUT } else { KIND_CALL };
        let option = add_option(&mut desk, kind, near, 30);
        let strike = row(&mut desk, option).contract.strike.0 >> 16;
        row(&mut desk, option).contract = ending(kind, strike, seconds, &prices);
        let asset = desk.world.assets[1];
        let market = row(&mut desk, option);
        market.refresh_array(option, &asset, NOW).unwrap();
        let mean = market.contract.mean_at(asset.index).0;
        let pays = if put { market.contract.strike.0.saturating_sub(mean) } else { mean.saturating_sub(market.contract.strike.0) };
        let array = market.array;
        let rest = u64::try_from(SETTLEMENT_WINDOW - seconds).unwrap();
        // By the convexity of what it pays; but for roundings of the formula and of sums.
        let off = asset.index.0 >> 20;
        prop_assert!(array.mark.0 + off >= pays, "{} {pays}", array.mark.0);
        // Half an hour at 60 % a year is a deviation of 0.45 %: of what is left of the mean.
        let most = asset.index.0 / 400 * rest / 1_800;
        prop_assert!(array.mark.0 <= pays + most + off, "{} {pays}", array.mark.0);
        prop_assert!(array.delta.unsigned_abs() * 1_800 <= (rest << 30) + 1_800, "{}", array.delta);
        let priced = market.priced(option, &asset, NOW).unwrap();
        prop_assert!(priced.index.0.abs_diff(array.mark.0) <= off);
        if rest == 0 {
            prop_assert!(array.mark.0.abs_diff(pays) <= off);
            prop_assert!(array.cells.iter().all(|cell| *cell == 0));
        }
    }
}

/// A mean of ninety with a tenth of the window left is mostly that: a call at ninety-five is out of the money, though the
/// index is at a hundred; a put is in it. By the index alone it would be the other way round.
#[test]
fn the_mean_decides_and_not_the_index() {
    for (kind, pays) in [(KIND_CALL, 0), (KIND_PUT, 40_000u64)] {
        let mut desk = plain(300, 2_000);
        let option = add_option(&mut desk, kind, 950, 30);
        row(&mut desk, option).contract = ending(kind, 950_000, 1_620, &[900]);
        let asset = desk.world.assets[1];
        let market = row(&mut desk, option);
        market.refresh_array(option, &asset, NOW).unwrap();
        let mark = market.array.mark.0 >> 16;
        assert!(mark.abs_diff(pays) < 10, "{mark}");
        assert_eq!(market.array.volatility, Ratio((3 << 20) / 5));
    }
}

/// The worst case of two accounts that trade with each other: what the one gains by the settlement the other must have.
#[test]
fn a_hedge_that_is_opened_late_is_judged_by_the_mean() {
    let mut desk = plain(300, 2_000);
    let future = with_future(&mut desk, ending(KIND_FUTURE, 0, 1_740, &[1_100]));
    // Short the future at the index and long the perpetual, a minute before the end.
    desk.core.cash.0 = 100_000_000_000;
    desk.hold(0, 1_000_000, -1_000_000 * 1_000_000);
    desk.hold(future, -1_000_000, 1_000_000 * 1_000_000);
    // The mean is 9.67 per cent above the index: of a million dollars 96,667, of the hundred thousand that are there.
    let equity = desk.keeping().equity.0;
    assert!((3_333_333_333 - equity).abs() < 10_000, "{equity}");
    let greeks = |desk: &Desk, market: u16| {
        let position = desk.positions().iter().find(|held| held.market == market);
        let row = &desk.world.markets[usize::from(market)];
        AssetGreeks::of(position.unwrap(), row, Price(INDEX)).unwrap()
    };
    let (perpetual, future) = (greeks(&desk, 0), greeks(&desk, future));
    assert_eq!((perpetual.lots, future.lots), (1_000_000, -33_333));
}
