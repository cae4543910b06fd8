//! What the backstop can take over, and how what it took over becomes money again.

use counterweight::{
    error::ErrorCode,
    events::{CollateralLiquidated, Deleveraged},
};
use counterweight_sdk::{events, instructions::resize_margin_account};
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{DOLLAR, SOL, deployed, number, refused};

fn insure(x: &mut Exchange, dollars: u64) {
    let patron = x.trader("patron");
    let atoms = dollars * DOLLAR as u64;
    let (wallet, quote) = (x.wallet(&patron, 0, atoms), x.collateral(0));
    let fund = x
        .venue
        .fund_insurance(patron.key.pubkey(), &quote, wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).unwrap();
}

/// Somebody with 10 SOL (1,500 dollars) who lost 1,350 dollars with BTC, taken over once SOL has fallen to 140.
fn taken_over(name: &str) -> (Exchange, Trader) {
    let mut x = deployed(|_| ());
    x.open_backstop().unwrap();
    insure(&mut x, 10_000);
    let maker = x.funded("maker", 1_000_000);
    take_over(&mut x, &maker, name);
    (x, maker)
}

fn take_over(x: &mut Exchange, maker: &Trader, name: &str) {
    x.set_price(1, 15_000_000_000);
    x.set_price(2, 10_000_000_000_000);
    let debtor = x.trader(name);
    x.deposit(&debtor, 1, 10 * SOL).unwrap();
    let leg = x.leg(1, 22_000);
    x.block_trade(&debtor, maker, &[leg]).unwrap();
    x.set_price(2, 9_400_000_000_000);
    x.set_price(1, 14_000_000_000);
    x.resolve_default(debtor.margin).unwrap();
}

fn sol_of_backstop(x: &Exchange) -> u64 {
    x.margin(&x.venue.backstop()).header.core.balance(1)
}

/// What a SOL of the backstop costs `seconds` after the takeover, in millionths of its price.
fn share(seconds: i64) -> i64 {
    let (mut x, _) = taken_over("debtor");
    let keeper = x.funded("keeper", 100_000);
    let backstop = x.venue.backstop();
    x.chain.advance(seconds);
    let before = x.view(backstop).unwrap().equity;
    let receipt = x.liquidate_collateral(&keeper, backstop, 1, SOL).unwrap();
    assert!(x.view(backstop).unwrap().equity > before);
    let told = events::of_type::<CollateralLiquidated>(&receipt.logs);
    told[0].cost / 140
}

/// What the backstop took over is for sale, with positions still there and cash above zero, and at a price
/// that falls from the moment of the takeover.
#[test]
fn collateral_that_was_taken_over_is_for_sale_by_an_auction() {
    let shares = [0, 15, 30, 200].map(|seconds| (share(seconds) + 500) / 1_000);
    // The takeover was a second ago or two.
    assert!((997..=1_000).contains(&shares[0]), "{shares:?}");
    assert!((972..=975).contains(&shares[1]), "{shares:?}");
    assert_eq!(shares[2..], [950, 950]);
}

#[test]
fn it_is_sold_whole_and_the_auction_of_positions_is_another() {
    let (mut x, maker) = taken_over("debtor");
    let keeper = x.funded("keeper", 100_000);
    let backstop = x.venue.backstop();
    let start = x.margin(&backstop).header.core.liquidation_start;
    assert!(start > 0 && sol_of_backstop(&x) == 10 * SOL);
    x.chain.advance(40);
    x.liquidate_collateral(&keeper, backstop, 1, u64::MAX)
        .unwrap();
    assert_eq!(sol_of_backstop(&x), 0);
    let core = x.margin(&backstop).header.core;
    assert_eq!(core.liquidation_start, start, "its lots are still for sale");
    refused(&mut x, &[&keeper], ErrorCode::InsufficientBalance, |x| {
        x.liquidate_collateral(&keeper, backstop, 1, 1)
    });
    // A later takeover of collateral begins a new auction for it, and none for the lots.
    take_over(&mut x, &maker, "second");
    let header = x.margin(&backstop).header;
    assert_eq!(header.core.liquidation_start, start);
    assert!(x.chain.time() - header.took_collateral <= 1);
}

/// Somebody with a lot or more in each of these markets, all of them on SOL.
fn wide(x: &mut Exchange, maker: &Trader, name: &str, markets: u16) -> Trader {
    let trader = x.funded(name, 30_000);
    let resize = resize_margin_account(trader.key.pubkey(), trader.margin, 64);
    x.chain.send(&[resize], &[&trader.key]).unwrap();
    let legs: Vec<_> = (0..markets).map(|market| x.leg(market, 6_000)).collect();
    for legs in legs.chunks(8) {
        x.block_trade(&trader, maker, legs).unwrap();
    }
    trader
}

/// A takeover names every market in which both hold a position, and a transaction locks 64 accounts. Where
/// more overlap than it can name, the account is deleveraged, and not left.
#[test]
fn an_account_that_overlaps_in_too_many_markets_is_deleveraged() {
    let mut x = deployed(|deployment| {
        let market = deployment.market[0].clone();
        deployment.market = (0..49)
            .map(|at| {
                let mut market = market.clone();
                market.name = format!("M{at}");
                market.order_slots = 0;
                market
            })
            .collect();
        deployment.backstop_daily_loss = 10_000_000;
    });
    x.open_backstop().unwrap();
    insure(&mut x, 10_000_000);
    let maker = x.funded("maker", 10_000_000);
    let resize = resize_margin_account(maker.key.pubkey(), maker.margin, 64);
    x.chain.send(&[resize], &[&maker.key]).unwrap();
    let (first, second, third) = (
        wide(&mut x, &maker, "first", 49),
        wide(&mut x, &maker, "second", 49),
        wide(&mut x, &maker, "third", 48),
    );
    for price in [14_900_000_000, 14_400_000_000, 14_170_000_000] {
        x.set_price(1, price);
    }
    let none = x.venue.resolve_default(first.margin, &[]);
    x.chain.send(&[none], &[]).unwrap();
    // 49 are too many, whatever is named.
    let all: Vec<u16> = (0..49).collect();
    let call = x.venue.resolve_default(second.margin, &all);
    let failure = refused(
        &mut x,
        &[&first, &second, &maker],
        ErrorCode::BackstopCannotTake,
        |x| x.chain.send(&[call], &[]),
    );
    assert_eq!(number(&failure, "netted"), 49);
    let receipt = x.deleverage(second.margin, 0).unwrap();
    let told = events::of_type::<Deleveraged>(&receipt.logs);
    assert_eq!((told[0].lots, told[0].insurance), (6_000, 0));
    // 48 fit one transaction.
    let call = x.venue.resolve_default(third.margin, &all[..48]);
    let receipt = x.chain.send(&[call], &[]).unwrap();
    assert!(receipt.units < 1_000_000, "{} units", receipt.units);
    assert!(x.margin(&third.margin).positions().is_empty());
    let keys = [first.margin, second.margin, third.margin, maker.margin];
    assert!(reconcile(&x, &keys).balances());
}
