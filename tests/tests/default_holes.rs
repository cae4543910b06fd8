//! What somebody could have done with the rules of default.

use counterweight::error::ErrorCode;
use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, Signer, limit};
use counterweight_tests::scene::{DOLLAR, deployed};

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
