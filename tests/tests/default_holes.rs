//! What somebody could have done with the rules of default.

use counterweight::error::ErrorCode;
use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, Signer, limit, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, refused};

const SOL: u16 = 0;
const ETH: u16 = 2;

fn insure(x: &mut Exchange, dollars: u64) {
    let patron = x.trader("patron");
    let atoms = dollars * DOLLAR as u64;
    let wallet = x.wallet(&patron, 0, atoms);
    let quote = x.collateral(0);
    let fund = x
        .venue
        .fund_insurance(patron.key.pubkey(), &quote, wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).unwrap();
}

/// A position that only has orders is not waited for before its side is closed whole again: it must still
/// be judged, or its account could never be liquidated.
#[test]
fn an_account_with_an_order_of_an_old_epoch_can_be_judged() {
    let mut x = deployed(|_| ());
    x.open_backstop().unwrap();
    let trader = x.funded("trader", 2_000);
    let other = x.funded("other", 500_000);
    let leg = x.leg(SOL, 10_000);
    x.block_trade(&trader, &other, &[leg]).unwrap();
    let bid = limit(Side::Buy, 300_000, 10);
    x.order(&trader, ETH, bid, &[]).unwrap();
    let mut price = 400_000_000_000;
    for names in [["thin", "long"], ["thinner", "longer"]] {
        let (thin, long) = (x.funded(names[0], 30), x.funded(names[1], 5_000));
        let leg = x.leg(ETH, -100);
        x.block_trade(&thin, &long, &[leg]).unwrap();
        price += price / 10;
        x.set_price(3, price);
        x.deleverage(thin.margin, ETH).unwrap();
        x.catch_up(long.margin, ETH).unwrap();
        // The stable price follows.
        x.chain.advance(1_500);
        x.refresh_all();
    }
    x.view(trader.margin).unwrap();
    x.set_price(1, 13_000_000_000);
    x.prune(trader.margin, ETH).unwrap();
    x.deleverage(trader.margin, SOL).unwrap();
}

/// The backstop pays for the lots that are closed. Whoever keeps others keeps their loss too, or he would
/// have the next rise for nothing.
#[test]
fn the_backstop_pays_for_the_lots_that_are_closed_and_no_others() {
    let mut x = deployed(|_| ());
    x.open_backstop().unwrap();
    insure(&mut x, 700);
    let (taker, other) = (x.funded("taker", 1_500), x.funded("other", 50_000));
    // 22,500 dollars of SOL and 40 of ETH.
    for leg in [x.leg(SOL, 15_000), x.leg(ETH, 10)] {
        x.block_trade(&taker, &other, &[leg]).unwrap();
    }
    x.set_price(1, 13_800_000_000);
    let lacking = -x.view(taker.margin).unwrap().equity;
    assert!(lacking > 300 * DOLLAR);
    x.deleverage(taker.margin, ETH).unwrap();
    let backstop = x.venue.backstop();
    let paid = 700 * DOLLAR - x.view(backstop).unwrap().equity;
    assert!((1..=lacking * 40 / 20_740 + 2).contains(&paid), "{paid}");
    assert!(x.view(taker.margin).unwrap().equity <= paid - lacking);
}

/// Nobody is closed against his will at the edge of a wide interval.
#[test]
fn nobody_is_deleveraged_on_noise() {
    let mut x = deployed(|_| ());
    x.open_backstop().unwrap();
    let (taker, other) = (x.funded("taker", 1_500), x.funded("other", 50_000));
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&taker, &other, &[leg]).unwrap();
    x.chain.advance(1);
    x.publish_with(1, 13_000_000_000, 400_000_000, 13_000_000_000);
    x.refresh(&[1]).unwrap();
    let failure = x.deleverage(taker.margin, SOL).unwrap_err();
    assert!(failure.is(ErrorCode::WidePrice), "{failure}");
    x.set_price(1, 13_000_000_000);
    x.deleverage(taker.margin, SOL).unwrap();
}

/// The backstop has nothing left to sell: the auction is over, and the next begins at its start.
#[test]
fn a_takeover_that_leaves_the_backstop_without_lots_ends_its_auction() {
    let mut x = deployed(|_| ());
    x.open_backstop().unwrap();
    insure(&mut x, 10_000);
    let other = x.funded("other", 500_000);
    let [bull, bear] = [("bull", 15_000), ("bear", -15_000)].map(|(name, lots)| {
        let trader = x.funded(name, 1_500);
        let leg = x.leg(SOL, lots);
        x.block_trade(&trader, &other, &[leg]).unwrap();
        trader
    });
    let backstop = x.venue.backstop();
    x.set_price(1, 14_200_000_000);
    x.resolve_default(bull.margin).unwrap();
    assert_ne!(x.view(backstop).unwrap().liquidation_start, 0);
    x.set_price(1, 15_900_000_000);
    x.resolve_default(bear.margin).unwrap();
    assert!(x.margin(&backstop).positions().is_empty());
    assert_eq!(x.view(backstop).unwrap().liquidation_start, 0);
    let failure = x.resolve_default(backstop).unwrap_err();
    assert!(failure.is(ErrorCode::SameAccount));
}

/// A self-made loss with a night in between: the day's cap counts from the end of the last call, not from what the
/// fund is worth when somebody calls again.
#[test]
fn a_night_in_between_does_not_renew_the_cap() {
    let mut x = deployed(|d| d.backstop_daily_loss = 2_000);
    x.open_backstop().unwrap();
    insure(&mut x, 100_000);
    let (short, long) = (x.funded("short", 1_500), x.funded("long", 50_000));
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&long, &short, &[leg]).unwrap();
    let equity = |x: &mut Exchange| {
        let worth = [&short, &long].map(|t| x.view(t.margin).unwrap().equity);
        worth[0] + worth[1]
    };
    let start = equity(&mut x);
    x.set_price(1, 15_830_000_000);
    x.resolve_default(short.margin).unwrap();
    x.chain.advance(86_400);
    let mut price = 15_830_000_000;
    for _ in 0..8 {
        price += price / 20;
        x.set_price(1, price);
    }
    x.deleverage_backstop(SOL).unwrap();
    let gain = equity(&mut x) - start;
    assert!(gain <= 2_000 * DOLLAR, "the attacker has gained {gain}");
    let backstop = x.venue.backstop();
    let fund = x.view(backstop).unwrap().equity;
    assert!(fund >= 98_000 * DOLLAR - 1, "the fund has {fund}");
    assert!(reconcile(&x, &[short.margin, long.margin]).balances());
}

/// The discount of the auction brings the fund no lower than the floor of the day; on a later day it may again.
#[test]
fn no_discount_brings_the_fund_below_the_floor_of_the_day() {
    let mut x = deployed(|d| d.backstop_daily_loss = 500);
    x.open_backstop().unwrap();
    insure(&mut x, 100_000);
    let (taker, maker) = (x.funded("taker", 7_400), x.funded("maker", 1_000_000));
    let leg = x.leg(SOL, 90_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    x.set_price(1, 14_200_000_000);
    let backstop = x.venue.backstop();
    x.resolve_default(taker.margin).unwrap();
    let had = x.view(backstop).unwrap().equity;
    // 2 % of some 128,000 dollars is 2,500 dollars: the cap allows 500.
    x.chain.advance(40);
    x.set_price(1, 14_200_000_000);
    let keeper = x.funded("keeper", 200_000);
    let lots = |x: &Exchange| {
        x.margin(&backstop)
            .positions()
            .first()
            .map_or(0, |p| p.lots.0)
    };
    assert!(lots(&x) > 0);
    x.liquidate(&keeper, backstop, SOL, 45_000).unwrap();
    let left = x.view(backstop).unwrap().equity;
    let floor = x.margin(&backstop).header.reference.equity - 500 * DOLLAR;
    assert!(
        (floor..=floor + 1).contains(&left),
        "{left} of {had}, floor {floor}"
    );
    x.liquidate(&keeper, backstop, SOL, 22_500).unwrap();
    assert_eq!(
        x.view(backstop).unwrap().equity,
        left,
        "no more is given away today"
    );
    // Nothing is stuck: tomorrow it may lose as much again.
    x.chain.advance(86_400);
    x.set_price(1, 14_200_000_000);
    x.liquidate(&keeper, backstop, SOL, u64::MAX).unwrap();
    let later = x.view(backstop).unwrap().equity;
    assert!(later < left && later >= left - 500 * DOLLAR, "{later}");
    assert_eq!(lots(&x), 0);
    let keys = [taker.margin, maker.margin, keeper.margin];
    assert!(reconcile(&x, &keys).balances());
}

/// The silent oracle of one asset does not stop the sale of another.
#[test]
fn one_dead_oracle_does_not_stop_the_sale_of_the_rest() {
    let mut x = deployed(|d| d.backstop_daily_loss = 50_000);
    x.open_backstop().unwrap();
    insure(&mut x, 100_000);
    let maker = x.funded("maker", 1_000_000);
    for (name, market, lots) in [("first", 2, 5_000), ("second", SOL, 15_000)] {
        let trader = x.funded(name, 1_500);
        let leg = x.leg(market, lots);
        x.block_trade(&trader, &maker, &[leg]).unwrap();
    }
    x.set_price(3, 374_000_000_000);
    x.set_price(1, 14_100_000_000);
    for name in ["first", "second"] {
        let key = counterweight_simnet::keypair(name).pubkey();
        let margin = x.venue.margin_account(&key, 0);
        x.resolve_default(margin).unwrap();
    }
    x.chain.advance(1_000);
    x.set_price(1, 14_100_000_000);
    let keeper = x.funded("keeper", 200_000);
    let backstop = x.venue.backstop();
    x.liquidate(&keeper, backstop, SOL, u64::MAX).unwrap();
    assert_eq!(x.margin(&backstop).positions().len(), 1);
    refused(&mut x, &[&keeper], ErrorCode::StalePrice, |x| {
        x.liquidate(&keeper, backstop, 2, u64::MAX)
    });
}
