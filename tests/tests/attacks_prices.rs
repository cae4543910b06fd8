//! Attacks with prices, on the bytecode: what is pumped, brought in a useful order, or brought too often.

use counterweight::{Guards, LiquidateArgs, error::ErrorCode};
use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, PullPrice, Signer, Trader, keypair, limit, reconcile};
use counterweight_tests::scene::{DOLLAR, localnet, refused};

const SOL: u16 = 0;
const ETH: u16 = 2;
/// 150 dollars.
const PRICE: i64 = 15_000_000_000;

fn cash(x: &Exchange, trader: &Trader) -> i64 {
    x.margin(&trader.margin).header.core.cash.0
}

#[track_caller]
fn balances(x: &Exchange, traders: &[&Trader]) {
    let keys: Vec<_> = traders.iter().map(|trader| trader.margin).collect();
    let sums = reconcile(x, &keys);
    assert!(sums.balances(), "{sums:?}");
}

/// Somebody long 60,000 lots of SOL (90,000 dollars) on 20,000 dollars, and the other side.
fn long(x: &mut Exchange) -> [Trader; 2] {
    let (long, maker) = (x.funded("long", 20_000), x.funded("maker", 1_000_000));
    let leg = x.leg(SOL, 60_000);
    x.block_trade(&long, &maker, &[leg]).unwrap();
    [long, maker]
}

/// SOL rises by a fifth in so many steps of so many seconds.
fn pump(x: &mut Exchange, steps: i64, seconds: i64) {
    for step in 1..=steps {
        x.chain.advance(seconds);
        x.publish(1, PRICE + PRICE / 5 * step / steps);
        x.refresh(&[1]).unwrap();
    }
}

/// Mango, 2022, and the stable price alone: a gain counts for more risk by its weight, but not before the
/// stable price has followed.
#[test]
fn a_gain_of_seconds_buys_nothing_until_the_stable_price_has_followed() {
    // Carried by 20,000 dollars and a gain of some 16,000, and not without it.
    let buy = |x: &mut Exchange, [long, maker]: &[Trader; 2]| {
        let leg = x.leg(ETH, 85_000);
        x.block_trade(long, maker, &[leg])
    };
    let mut x = localnet();
    let pair = long(&mut x);
    pump(&mut x, 30, 60);
    x.refresh_all();
    buy(&mut x, &pair).unwrap();

    let mut x = localnet();
    let pair = long(&mut x);
    pump(&mut x, 4, 1);
    x.refresh_all();
    let [who, maker] = &pair;
    refused(&mut x, &[who, maker], ErrorCode::InitialMarginNotMet, |x| {
        buy(x, &pair)
    });
    balances(&x, &[who, maker]);
}

/// The same, and the weight at withdrawal alone: the stable price has followed, the gain carries new risk, and
/// still nothing of it leaves, nor cash that the position needs without it.
#[test]
fn a_gain_that_the_stable_price_has_followed_is_not_borrowed_against() {
    let mut x = localnet();
    let [long, maker] = long(&mut x);
    pump(&mut x, 30, 60);
    let view = x.view(long.margin).unwrap();
    assert!(view.initial_equity > 35_000 * DOLLAR, "it counts in full");
    let both = [&long, &maker];
    let all = cash(&x, &long);
    // Five per cent of 108,000 dollars, and the interval, must stay.
    for atoms in [all, all - 5_300 * DOLLAR] {
        refused(&mut x, &both, ErrorCode::InitialMarginNotMet, |x| {
            x.withdraw(&long, 0, atoms.unsigned_abs(), Guards::default())
        });
    }
    let atoms = (all - 5_500 * DOLLAR).unsigned_abs();
    x.withdraw(&long, 0, atoms, Guards::default()).unwrap();
    balances(&x, &both);
}

/// A venue that moves its funding index, and looks at nobody, steps past a liquidation. Here funding alone
/// takes an account below its margin, and whoever reads it next sees it, although nobody has touched it.
#[test]
fn funding_fails_an_account_that_nobody_has_touched() {
    let mut x = localnet();
    let (taker, maker) = (x.funded("taker", 1_500), x.funded("maker", 1_000_000));
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    // A bid above the index: longs pay.
    let bid = limit(Side::Buy, leg.price + 400, 20_000);
    x.order(&maker, SOL, bid, &[]).unwrap();
    let touched = x.margin(&taker.margin).header.sequence;
    x.chain.advance(3_600);
    x.refresh_all();
    let mut hours = 0;
    loop {
        x.update_funding(SOL).unwrap();
        let view = x.view(taker.margin).unwrap();
        if view.equity < view.maintenance_margin {
            break;
        }
        let flag = x.venue.flag_account(taker.margin);
        refused(&mut x, &[&taker], ErrorCode::NotLiquidatable, |x| {
            x.chain.send(&[flag], &[])
        });
        hours += 1;
        assert!(hours < 12, "twelve hours of funding change nothing");
        x.chain.advance(3_600);
        x.refresh_all();
    }
    assert!(hours > 0);
    let position = x.margin(&taker.margin).positions()[0];
    assert_eq!(x.margin(&taker.margin).header.sequence, touched);
    assert_eq!(position.index, 0, "nobody has settled it");
    let flag = x.venue.flag_account(taker.margin);
    x.chain.send(&[flag], &[]).unwrap();
    let keeper = x.funded("keeper", 100_000);
    x.liquidate(&keeper, taker.margin, SOL, 1_000).unwrap();
    balances(&x, &[&taker, &maker, &keeper]);
}

/// What is owed by funding does not leave either, settled or not.
#[test]
fn funding_that_is_owed_is_not_withdrawn_before_it_is_settled() {
    let mut x = localnet();
    let (taker, maker) = (x.funded("taker", 5_000), x.funded("maker", 1_000_000));
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    let bid = limit(Side::Buy, leg.price + 400, 20_000);
    x.order(&maker, SOL, bid, &[]).unwrap();
    for _ in 0..5 {
        x.chain.advance(3_600);
        x.refresh_all();
        x.update_funding(SOL).unwrap();
    }
    let row = x.tables().markets[usize::from(SOL)];
    let owed = x.margin(&taker.margin).positions()[0].owed(&row).unwrap().0;
    assert!(owed > 500 * DOLLAR, "{owed}");
    // What initial margin leaves free, without what is owed and with it. The interval: a few dollars.
    let free = cash(&x, &taker) - 1_140 * DOLLAR;
    refused(&mut x, &[&taker], ErrorCode::InitialMarginNotMet, |x| {
        x.withdraw(&taker, 0, free.unsigned_abs(), Guards::default())
    });
    let rest = (free - owed).unsigned_abs();
    x.withdraw(&taker, 0, rest, Guards::default()).unwrap();
    balances(&x, &[&taker, &maker]);
}

/// The signed price of a second, posted now.
fn posted(x: &Exchange, price: i64, publish_time: i64) -> PullPrice {
    PullPrice {
        feed: x.tables().assets[1].feed,
        price,
        confidence: price.unsigned_abs() / 2_000,
        average: price,
        exponent: -8,
        publish_time,
        posted_slot: x.chain.slot(),
        fully_verified: true,
    }
}

/// A price of Pyth's stays signed, and anyone may post it again. A dip that is over is not brought back to
/// liquidate somebody at it, not even between two refreshes of one transaction.
#[test]
fn a_dip_that_is_over_is_not_brought_back_for_a_liquidation() {
    let mut x = localnet();
    let (victim, honest) = (x.funded("victim", 1_500), x.funded("honest", 1_000_000));
    let keeper = x.funded("keeper", 100_000);
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&victim, &honest, &[leg]).unwrap();
    let dipped = x.chain.time() + 1;
    x.set_price(1, 14_400_000_000);
    x.set_price(1, PRICE);
    x.chain.advance(1);
    let dip = keypair("the dip").pubkey();
    let again = posted(&x, 14_400_000_000, dipped);
    x.chain.set_pull_price(dip, &again);
    let args = LiquidateArgs {
        market: SOL,
        max_lots: u64::MAX,
        ..LiquidateArgs::default()
    };
    let key = keeper.key.pubkey();
    let steps = [
        x.venue.refresh_prices(&[(1, dip)]),
        x.venue.liquidate(key, victim.margin, keeper.margin, args),
    ];
    let watched = [&victim, &honest, &keeper];
    refused(&mut x, &watched, ErrorCode::PriceNotMonotone, |x| {
        x.chain.send(&steps, &[&keeper.key])
    });
    // At the price that is recorded he is healthy.
    refused(&mut x, &watched, ErrorCode::NotLiquidatable, |x| {
        x.chain.send(&steps[1..], &[&keeper.key])
    });
}

/// Of two prices of one second the first stands: whoever brings the other one gets no second price out of
/// that second.
#[test]
fn two_prices_of_one_second_are_not_both_used_in_one_transaction() {
    let mut x = localnet();
    let (victim, honest) = (x.funded("victim", 1_500), x.funded("honest", 1_000_000));
    let keeper = x.funded("keeper", 100_000);
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&victim, &honest, &[leg]).unwrap();
    x.chain.advance(1);
    let [first, second] = ["first", "second"].map(|name| keypair(name).pubkey());
    let now = x.chain.time();
    for (key, price) in [(first, PRICE), (second, 14_400_000_000)] {
        let update = posted(&x, price, now);
        x.chain.set_pull_price(key, &update);
    }
    let args = LiquidateArgs {
        market: SOL,
        max_lots: u64::MAX,
        ..LiquidateArgs::default()
    };
    let key = keeper.key.pubkey();
    let steps = [
        x.venue.refresh_prices(&[(1, first)]),
        x.venue.refresh_prices(&[(1, second)]),
        x.venue.liquidate(key, victim.margin, keeper.margin, args),
    ];
    let watched = [&victim, &honest, &keeper];
    refused(&mut x, &watched, ErrorCode::NotLiquidatable, |x| {
        x.chain.send(&steps, &[&keeper.key])
    });
}

/// The stable price goes by the time between prices, not by how many there are: two refreshes in one
/// transaction, or one a second, move it no farther than one.
#[test]
fn prices_that_are_brought_often_move_the_stable_price_no_faster() {
    let mut x = localnet();
    let pair = long(&mut x);
    let start = x.tables().assets[1].stable.0;
    let mut keys = Vec::new();
    x.chain.advance(20);
    let time = x.chain.time();
    for at in 1..=20 {
        let key = keypair(&format!("second {at}")).pubkey();
        let update = posted(&x, PRICE + PRICE / 5, time - 20 + at);
        x.chain.set_pull_price(key, &update);
        keys.push((1, key));
    }
    for few in keys.chunks(10) {
        let steps: Vec<_> = few
            .iter()
            .map(|of| x.venue.refresh_prices(&[*of]))
            .collect();
        x.chain.send(&steps, &[]).unwrap();
    }
    let moved = x.tables().assets[1].stable.0 - start;
    // A hundredth a minute, compounded twenty times.
    let least = start / 100 / 3;
    assert!((least..least + least / 100).contains(&moved), "{moved}");
    // The gain still buys nothing.
    x.publish(3, 400_000_000_000);
    x.refresh(&[3]).unwrap();
    let [who, maker] = &pair;
    refused(&mut x, &[who, maker], ErrorCode::InitialMarginNotMet, |x| {
        let leg = x.leg(ETH, 85_000);
        x.block_trade(who, maker, &[leg])
    });
}
