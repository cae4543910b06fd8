//! The life of a future: traded like a perpetual, without funding, and settled at the mean of its index over the last
//! half hour, by anybody, to the atom.

use counterweight::{
    error::ErrorCode,
    events::{ContractSettled, FundingUpdated},
};
use counterweight_risk::{
    expiry::{SETTLEMENT_PATIENCE, SETTLEMENT_WINDOW},
    market::{KIND_FUTURE, MODE_ACTIVE, MODE_SETTLEMENT},
    orders::Side,
};
use counterweight_sdk::events;
use counterweight_simnet::{Signer, limit, reconcile};
use counterweight_tests::{
    dated::{Dated, PERPETUAL, SOL, START_PRICE, TERM},
    rng::Rng,
};

#[test]
fn a_future_lives_and_ends_at_the_mean_of_its_last_half_hour() {
    let mut dated = Dated::new();
    let (market, expiry) = (dated.market, dated.expiry);
    let row = dated.x.tables().markets[usize::from(market)];
    assert_eq!((row.kind, row.contract.expiry), (KIND_FUTURE, expiry));
    assert_eq!(
        dated.x.tables().assets[usize::from(SOL)].next_expiry,
        expiry
    );

    // Traded on its book and between two, and its orders rest, as those of a perpetual do.
    let mid = dated.x.index_ticks(market);
    for (side, ticks) in [(Side::Sell, mid + 7), (Side::Buy, mid - 3)] {
        let order = limit(side, ticks, 3_333);
        dated.x.order(&dated.maker, market, order, &[]).unwrap();
    }
    let makers = [dated.maker.margin];
    dated
        .x
        .trade(&dated.taker, market, 1_777, mid + 9, &makers)
        .unwrap();
    dated
        .x
        .trade(&dated.taker, market, -333, mid - 9, &[])
        .unwrap();
    dated.trade(1_001);
    dated.balances();

    // A walk through the window, at moments that fit nothing.
    let mut rng = Rng::new(20_261_130);
    let (mut time, mut price) = (expiry - SETTLEMENT_WINDOW - 50, START_PRICE);
    while time < expiry {
        price += rng.below(40_000_000) as i64 - 20_000_000;
        dated.at(time, price);
        time += 1 + rng.below(40) as i64;
    }
    let expected = dated.mean();
    // What comes after the expiry counts for nothing.
    dated.at(expiry, price * 2);
    let receipt = dated.settle().unwrap();
    println!("settle_expired: {} compute units", receipt.units);
    let told: Vec<ContractSettled> = events::of_type(&receipt.logs);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].market, told[0].price), (market, expected));
    assert_eq!((told[0].expiry, told[0].seconds), (expiry, 1_800));
    let row = dated.x.tables().markets[usize::from(market)];
    assert_eq!(
        (row.mode, row.settlement_price),
        (MODE_SETTLEMENT, expected)
    );
    assert_eq!(dated.x.tables().assets[usize::from(SOL)].next_expiry, 0);

    // A stranger brings everybody what he has: orders go, fills arrive, positions are closed.
    dated.x.prune(dated.maker.margin, market).unwrap();
    dated.x.settle_fills(market, &[dated.maker.margin]).unwrap();
    let before = dated.lots();
    assert_eq!(before, [-2_445, 2_445]);
    let cash = dated.cash();
    let quotes = [&dated.maker, &dated.taker].map(|of| {
        let margin = dated.x.margin(&of.margin);
        margin.positions()[0].quote.0
    });
    for margin in [dated.maker.margin, dated.taker.margin] {
        dated.x.settle_position(margin, market).unwrap();
    }
    assert_eq!(dated.lots(), [0, 0]);
    for side in 0..2 {
        let value = before[side] * expected as i64;
        assert_eq!(dated.cash()[side], cash[side] + quotes[side] + value);
    }
    dated.balances();
    let state = dated.x.market(market);
    assert_eq!(
        (state.open_long, state.open_short, state.residue),
        (0, 0, 0)
    );
}

/// What all accounts have after the end is what they had before: a settlement makes no atom and loses none,
/// whatever its price is rounded to.
#[test]
fn many_odd_positions_are_settled_to_the_atom() {
    let mut dated = Dated::new();
    let market = dated.market;
    let others: Vec<_> = ["one", "two", "three", "four", "five"]
        .map(|name| dated.x.funded(name, 50_000))
        .into();
    let mut keys: Vec<_> = others.iter().map(|of| of.margin).collect();
    keys.extend([dated.maker.margin, dated.taker.margin]);
    let mut rng = Rng::new(7);
    for _ in 0..40 {
        let (first, step) = (rng.below(5) as usize, 1 + rng.below(4) as usize);
        let second = (first + step) % 5;
        let lots = rng.below(2_000) as i64 - 1_000;
        if lots != 0 {
            let mut leg = dated.x.leg(market, lots);
            leg.price = leg.price + rng.below(300) - 150;
            dated
                .x
                .block_trade(&others[first], &others[second], &[leg])
                .unwrap();
        }
    }
    let sums = reconcile(&dated.x, &keys);
    assert!(sums.balances(), "{sums:?}");
    let mut time = dated.expiry - 2_000;
    while time < dated.expiry {
        dated.at(time, START_PRICE + rng.below(700_000_000) as i64);
        time += 61;
    }
    dated.end(START_PRICE);
    assert_eq!(dated.price(), dated.mean());
    let sums = reconcile(&dated.x, &keys);
    assert!(sums.balances(), "{sums:?}");
    let held = keys
        .iter()
        .filter(|key| dated.x.margin(key).header.core.position_count > 0);
    let held: Vec<_> = held.copied().collect();
    assert!(held.len() >= 4);
    for key in held {
        dated.x.settle_position(key, market).unwrap();
        // Who is not settled yet holds the other side of what the others were paid.
        let sums = reconcile(&dated.x, &keys);
        let open = sums.lots[usize::from(market)] * i128::from(dated.price());
        assert!(sums.difference() == open && sums.left() == 0, "{sums:?}");
    }
    let state = dated.x.market(market);
    assert_eq!((state.open_long, state.open_short), (0, 0));
    let sums = reconcile(&dated.x, &keys);
    assert_eq!((sums.positions, sums.residue), (0, 0));
    dated.x.audit(0).unwrap();
}

#[test]
fn a_spike_of_a_second_moves_the_price_by_its_share_only() {
    let settled = |spike: Option<(i64, i64, i64)>| {
        let mut dated = Dated::traded();
        dated.at(dated.expiry - 1_900, START_PRICE);
        if let Some((before, seconds, price)) = spike {
            dated.at(dated.expiry - before, price);
            dated.at(dated.expiry - before + seconds, START_PRICE);
        }
        let price = dated.end(START_PRICE);
        assert_eq!(price, dated.mean());
        price
    };
    assert_eq!(settled(None), 1_500_000);
    // Twice the price for one second of 1,800: a 1,800th of it, wherever it stands in the window.
    for before in [1_800, 900, 1] {
        let price = settled(Some((before, 1, 2 * START_PRICE)));
        assert_eq!(price, 1_500_000 + 1_500_000 / 1_800);
    }
    // Before the window and from the expiry on, nothing.
    assert_eq!(settled(Some((1_850, 50, 2 * START_PRICE))), 1_500_000);
    // Half the price for a tenth of the window.
    assert_eq!(settled(Some((1_000, 180, START_PRICE / 2))), 1_425_000);
}

#[test]
fn how_often_a_price_is_refreshed_makes_no_difference() {
    let prices = [
        (1_900, START_PRICE),
        (1_500, 15_111_111_111),
        (700, 14_444_444_444),
    ];
    let settled = |every: i64| {
        let mut dated = Dated::traded();
        for (at, (before, price)) in prices.iter().enumerate() {
            let until = prices.get(at + 1).map_or(0, |next| next.0);
            let mut left = *before;
            while left > until {
                dated.at(dated.expiry - left, *price);
                // The same again, and in the same second: neither counts twice.
                dated.x.refresh(&[SOL, SOL]).unwrap();
                left -= every;
            }
        }
        dated.end(START_PRICE)
    };
    let seldom = settled(10_000);
    assert_eq!(settled(100), seldom);
    assert_eq!(settled(7), seldom);
}

#[test]
fn with_a_silent_oracle_the_last_price_stands_for_the_rest_ten_minutes_later() {
    let mut dated = Dated::traded();
    let expiry = dated.expiry;
    dated.at(expiry - 2_000, START_PRICE);
    dated.at(expiry - 900, 2 * START_PRICE);
    dated.x.chain.set_time(expiry + SETTLEMENT_PATIENCE - 1);
    let failure = dated.settle().expect_err("no price of the expiry");
    assert!(failure.is(ErrorCode::SettlementWaits), "{failure}");
    dated.x.chain.set_time(expiry + SETTLEMENT_PATIENCE);
    dated.settle().unwrap();
    assert_eq!(dated.price(), 2_250_000);
    // Nothing of the window at all: the last price is all there is.
    let mut dated = Dated::traded();
    dated.x.chain.set_time(expiry + SETTLEMENT_PATIENCE);
    dated.settle().unwrap();
    assert_eq!((dated.price(), dated.mean()), (1_500_000, 1_500_000));
    for margin in [dated.maker.margin, dated.taker.margin] {
        dated.x.settle_position(margin, dated.market).unwrap();
    }
    dated.balances();
}

#[test]
fn a_late_price_settles_at_once_and_counts_for_nothing_after_the_expiry() {
    let mut dated = Dated::traded();
    let expiry = dated.expiry;
    dated.at(expiry - 2_000, START_PRICE);
    dated.at(expiry - 600, 12_000_000_000);
    // Published long after; until then the other one stood.
    dated.at(expiry + 400, 99_000_000_000);
    dated.settle().unwrap();
    assert_eq!((dated.price(), dated.mean()), (1_400_000, 1_400_000));
}

#[test]
fn a_future_pays_no_funding() {
    let mut dated = Dated::new();
    let market = dated.market;
    let mid = dated.x.index_ticks(market);
    // A bid far above the index makes a premium, in both markets.
    for of in [PERPETUAL, market] {
        let bid = limit(Side::Buy, mid + 400, 100_000);
        dated.x.order(&dated.taker, of, bid, &[]).unwrap();
        dated
            .x
            .trade(&dated.maker, of, -1_000, mid, &[dated.taker.margin])
            .unwrap();
    }
    dated.x.chain.advance(3_700);
    dated.x.refresh_all();
    for (of, pays) in [(PERPETUAL, true), (market, false)] {
        let receipt = dated.x.update_funding(of).unwrap();
        let told: Vec<FundingUpdated> = events::of_type(&receipt.logs);
        assert_eq!((told[0].rate > 0, told[0].index > 0), (pays, pays));
        let row = dated.x.tables().markets[usize::from(of)];
        assert_eq!(row.index != [0, 0], pays);
    }
    let funding = dated.x.market(market).funding;
    assert_eq!((funding.start, funding.intervals), (0, 0));
}

#[test]
fn futures_on_one_asset_end_one_after_the_other() {
    let mut dated = Dated::traded();
    let (first, expiry) = (dated.market, dated.expiry);
    // One that ends inside the other's window, one that ends days later, one at the same moment on another asset.
    let second = dated
        .x
        .add_future(PERPETUAL, "SOL-SECOND", expiry + 600)
        .unwrap();
    let third = dated
        .x
        .add_future(PERPETUAL, "SOL-THIRD", expiry + 400_000)
        .unwrap();
    let other = dated.x.add_future(2, "ETH-DATED", expiry).unwrap();
    let next = |dated: &Dated, asset: usize| dated.x.tables().assets[asset].next_expiry;
    assert_eq!((next(&dated, 1), next(&dated, 3)), (expiry, expiry));
    dated.at(expiry - 1_900, START_PRICE);
    dated.at(expiry - 1_200, START_PRICE + 90_000_000);
    dated.at(expiry, START_PRICE + 600_000_000);
    dated.at(expiry + 300, START_PRICE);
    for early in [second, third] {
        let failure = dated.x.settle_expired(early).expect_err("runs");
        assert!(failure.is(ErrorCode::ContractRuns), "{failure}");
    }
    dated.settle().unwrap();
    assert_eq!(dated.price(), 1_500_000 + 9_000 * 12 / 18);
    assert_eq!(next(&dated, 1), expiry + 600);
    dated.at(expiry + 600, 1_000_000_000);
    dated.x.settle_expired(second).unwrap();
    let rows = dated.x.tables().markets;
    // 1,200 s at 9,000 more, 300 s at 60,000 more.
    let expected = 1_500_000 + (9_000 * 1_200 + 60_000 * 300) / 1_800;
    assert_eq!(rows[usize::from(second)].settlement_price, expected);
    assert_eq!(
        (next(&dated, 1), next(&dated, 3)),
        (expiry + 400_000, expiry)
    );
    assert_eq!(rows[usize::from(third)].contract.seconds, 0);
    assert_eq!(rows[usize::from(other)].mode, MODE_ACTIVE);
    let failure = dated.x.settle_expired(first).expect_err("twice");
    assert!(failure.is(ErrorCode::MarketMode), "{failure}");
}

/// The authority may end a future early, as any market; nothing of it remains to be settled at its expiry.
#[test]
fn a_future_that_the_authority_has_ended_has_no_expiry_any_more() {
    let mut dated = Dated::traded();
    let authority = dated.x.authority.pubkey();
    let end = dated.x.venue.settle_market(authority, dated.market, 15_100);
    dated.x.govern(end).unwrap();
    assert_eq!(dated.x.tables().assets[usize::from(SOL)].next_expiry, 0);
    dated.at(dated.expiry, START_PRICE);
    let failure = dated.settle().expect_err("ended before");
    assert!(failure.is(ErrorCode::MarketMode), "{failure}");
    assert_eq!(dated.price(), 1_510_000);
    for margin in [dated.maker.margin, dated.taker.margin] {
        dated.x.settle_position(margin, dated.market).unwrap();
    }
    dated.balances();
}

/// A refresh pays for contracts only while one is about to end.
#[test]
fn a_refresh_pays_for_contracts_only_near_their_end() {
    let mut dated = Dated::new();
    let far = dated.at(dated.expiry - TERM / 2, START_PRICE);
    let near = dated.at(dated.expiry - 1_000, START_PRICE);
    let again = dated.at(dated.expiry - 999, START_PRICE);
    println!("refresh_prices: {far} compute units, near an expiry {near} and {again}");
    let mut plain = counterweight_tests::scene::localnet();
    plain.chain.advance(60);
    plain.publish(SOL, START_PRICE);
    let without = plain.refresh(&[SOL]).unwrap().units;
    println!("refresh_prices without a future: {without} compute units");
    assert!(far <= without + 20, "{far} against {without}");
    assert!(near <= far + 1_500, "{near} against {far}");
}
