//! Attacks on the fund of the backstop, on the bytecode: losses that are made for it, in each of the ways in
//! which it can lose, and what it holds made unreadable.

use counterweight::{error::ErrorCode, events::Deleveraged};
use counterweight_sdk::events;
use counterweight_simnet::{AssetConfig, Deployment, Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, number, refused};

const SOL: u16 = 0;
const ETH: u16 = 2;

/// A clearinghouse whose fund of 100,000 dollars may lose so many a day, and somebody with deep pockets.
fn insured(daily_loss: u64) -> (Exchange, Trader) {
    insured_on(daily_loss, |_| ())
}

/// The same, changed before it is deployed.
fn insured_on(daily_loss: u64, change: impl FnOnce(&mut Deployment)) -> (Exchange, Trader) {
    let mut x = deployed(|d| {
        d.backstop_daily_loss = daily_loss;
        change(d);
    });
    x.open_backstop().unwrap();
    let patron = x.funded("patron", 1_000_000);
    let atoms = 100_000 * DOLLAR as u64;
    let (wallet, quote) = (x.wallet(&patron, 0, atoms), x.collateral(0));
    let fund = x
        .venue
        .fund_insurance(patron.key.pubkey(), &quote, wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).unwrap();
    (x, patron)
}

/// Somebody who is long or short so many lots of SOL, on so many dollars.
fn taker(x: &mut Exchange, other: &Trader, name: &str, dollars: u64, lots: i64) -> Trader {
    let taker = x.funded(name, dollars);
    let leg = x.leg(SOL, lots);
    x.block_trade(&taker, other, &[leg]).unwrap();
    taker
}

fn fund(x: &mut Exchange) -> i64 {
    let backstop = x.venue.backstop();
    x.view(backstop).unwrap().equity + x.clearinghouse().insurance
}

#[track_caller]
fn balances(x: &Exchange, traders: &[&Trader]) {
    let keys: Vec<_> = traders.iter().map(|trader| trader.margin).collect();
    let sums = reconcile(x, &keys);
    assert!(sums.balances(), "{sums:?}");
}

/// Each default is within the cap, and together they are not.
#[test]
fn defaults_of_a_day_are_added_up() {
    let (mut x, patron) = insured(2_000);
    let [first, second] = ["first", "second"].map(|n| taker(&mut x, &patron, n, 1_500, 15_000));
    x.set_price(1, 13_000_000_000);
    let lacking = -x.view(first.margin).unwrap().equity;
    assert!((1_001 * DOLLAR..2_000 * DOLLAR).contains(&lacking));
    x.resolve_default(first.margin).unwrap();
    let all = [&first, &second, &patron];
    let code = ErrorCode::BackstopCannotTake;
    let failure = refused(&mut x, &all, code, |x| x.resolve_default(second.margin));
    assert_eq!(
        number(&failure, "floor of the day"),
        i128::from(98_000 * DOLLAR)
    );
    let receipt = x.deleverage(second.margin, SOL).unwrap();
    let event: Vec<Deleveraged> = events::of_type(&receipt.logs);
    assert_eq!(event[0].covered, 2_000 * DOLLAR - lacking);
    assert_eq!(fund(&mut x), 98_000 * DOLLAR);
    balances(&x, &all);
}

/// What was paid for deleveraged lots counts like what was taken over.
#[test]
fn deficits_that_were_covered_are_added_up() {
    let (mut x, patron) = insured(2_000);
    let [first, second] = ["first", "second"].map(|n| taker(&mut x, &patron, n, 1_500, 15_000));
    x.set_price(1, 12_000_000_000);
    for (account, paid) in [(&first, 2_000 * DOLLAR), (&second, 0)] {
        let receipt = x.deleverage(account.margin, SOL).unwrap();
        let event: Vec<Deleveraged> = events::of_type(&receipt.logs);
        assert_eq!(event[0].covered, paid);
        assert_eq!(fund(&mut x), 98_000 * DOLLAR);
    }
    balances(&x, &[&first, &second, &patron]);
    // The next day has a cap of its own, counted from what is left.
    let third = taker(&mut x, &patron, "third", 1_500, 15_000);
    x.chain.advance(86_400);
    x.set_price(1, 9_000_000_000);
    x.deleverage(third.margin, SOL).unwrap();
    assert_eq!(fund(&mut x), 96_000 * DOLLAR);
}

/// What the backstop sells below the index is lost to it as well: whoever lets accounts of his own fail, and
/// buys them back at the discount, finds the day's cap used up by it.
#[test]
fn discounts_of_the_backstops_auction_count_as_losses_of_the_day() {
    let (mut x, patron) = insured(3_500);
    let keeper = x.funded("keeper", 200_000);
    let names = ["first", "second"];
    let [first, second] = names.map(|name| taker(&mut x, &patron, name, 10_000, 100_000));
    // Just above nothing: neither the default nor a price costs the fund anything.
    x.set_price(1, 14_010_000_000);
    let left = x.view(first.margin).unwrap().equity;
    assert!((0..100 * DOLLAR).contains(&left), "{left}");
    x.resolve_default(first.margin).unwrap();
    let backstop = x.venue.backstop();
    x.chain.advance(30);
    x.refresh_all();
    x.liquidate(&keeper, backstop, SOL, u64::MAX).unwrap();
    let lost = 100_000 * DOLLAR + left - x.view(backstop).unwrap().equity;
    assert!((2_700 * DOLLAR..3_000 * DOLLAR).contains(&lost), "{lost}");
    // A deficit that the cap alone would bear, and what is left of it does not.
    x.set_price(1, 13_900_000_000);
    let lacking = -x.view(second.margin).unwrap().equity;
    assert!((800 * DOLLAR..1_200 * DOLLAR).contains(&lacking));
    let all = [&first, &second, &patron, &keeper];
    let code = ErrorCode::BackstopCannotTake;
    refused(&mut x, &all, code, |x| x.resolve_default(second.margin));
    // The insurance share comes back with the fees, and raises the floor with the fund.
    let collect = x.venue.collect_fees(SOL);
    x.chain.send(&[collect], &[]).unwrap();
    refused(&mut x, &all, code, |x| x.resolve_default(second.margin));
    balances(&x, &all);
}

/// A price that is silent is silent for whoever holds it. The backstop is judged at the prices recorded last,
/// or one dead oracle of something that it once took over would stop the defaults of everybody.
#[test]
fn a_dead_oracle_of_what_the_backstop_holds_stops_no_default() {
    let (mut x, patron) = insured(50_000);
    let dead = x.funded("dead", 1_500);
    let leg = x.leg(ETH, 5_000);
    x.block_trade(&dead, &patron, &[leg]).unwrap();
    x.set_price(3, 371_000_000_000);
    x.resolve_default(dead.margin).unwrap();
    let [first, second] = ["first", "second"].map(|n| taker(&mut x, &patron, n, 1_500, 15_000));
    // From here ETH says nothing.
    x.chain.advance(1_000);
    x.set_price(1, 13_800_000_000);
    x.resolve_default(first.margin).unwrap();
    // Nor a deleveraging, where the fund may not lose more.
    let terms = x.deployment.risk_terms();
    let terms = counterweight_risk::RiskTerms {
        backstop_daily_loss: 0,
        ..terms
    };
    let set = x.venue.set_risk_terms(x.authority.pubkey(), terms);
    x.govern(set).unwrap();
    x.deleverage(second.margin, SOL).unwrap();
    balances(&x, &[&dead, &first, &second, &patron]);
}

/// Collateral whose oracle falls silent counts less for whoever holds it, and that is no loss of the fund: the
/// backstop is judged by the prices recorded last, or a silence would use up the day's cap by itself.
#[test]
fn a_silent_collateral_of_the_backstop_is_no_loss_of_its_day() {
    let (mut x, patron) = insured_on(500, |d| {
        let third = AssetConfig {
            name: "JUP".into(),
            start_price: 100_000_000,
            lot_exponent: 0,
            decimals: 6,
            deposit_cap: 1_000_000,
            ..d.asset[1].clone()
        };
        d.asset.push(third);
    });
    // 10,000 tokens of a dollar each, and nothing else.
    let rich = x.trader("rich");
    x.deposit(&rich, 4, 10_000 * DOLLAR as u64).unwrap();
    let leg = x.leg(SOL, 90_000);
    x.block_trade(&rich, &patron, &[leg]).unwrap();
    x.set_price(1, 14_100_000_000);
    x.resolve_default(rich.margin).unwrap();
    let keeper = x.funded("keeper", 1_000_000);
    let backstop = x.venue.backstop();
    x.liquidate(&keeper, backstop, SOL, u64::MAX).unwrap();
    let second = taker(&mut x, &patron, "second", 1_500, 15_000);
    x.chain.advance(1_000);
    x.set_price(1, 13_000_000_000);
    let all = [&rich, &second, &patron, &keeper];
    refused(&mut x, &all, ErrorCode::NotInDefault, |x| {
        x.deleverage_backstop(SOL)
    });
    // A tenth of the 10,000 would be twice what may be lost.
    x.resolve_default(second.margin).unwrap();
    balances(&x, &all);
}

/// A slice would end the backstop's auction early: it is sold market by market.
#[test]
fn nobody_takes_a_slice_of_the_backstop() {
    let (mut x, patron) = insured(50_000);
    let failing = taker(&mut x, &patron, "failing", 1_500, 15_000);
    let keeper = x.funded("keeper", 100_000);
    x.set_price(1, 14_200_000_000);
    x.resolve_default(failing.margin).unwrap();
    let backstop = x.venue.backstop();
    let watched = [&failing, &patron, &keeper];
    refused(&mut x, &watched, ErrorCode::NotLiquidatable, |x| {
        x.liquidate_slice(&keeper, backstop, 1 << 20)
    });
    // Even where it is below its own margin.
    x.set_price(1, 9_000_000_000);
    refused(&mut x, &watched, ErrorCode::NotLiquidatable, |x| {
        x.liquidate_slice(&keeper, backstop, 1 << 20)
    });
    x.liquidate(&keeper, backstop, SOL, 10).unwrap();
}
