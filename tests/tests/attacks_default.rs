//! Attacks that have emptied other venues, on the bytecode: by accounts that are made to fail.

use counterweight::{Guards, error::ErrorCode};
use counterweight_risk::{liquidation::is_liquidatable, standard::maintenance};
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, refused};

const SOL: u16 = 0;

fn insure(x: &mut Exchange, dollars: u64) {
    x.open_backstop().unwrap();
    let patron = x.trader("patron");
    let atoms = dollars * DOLLAR as u64;
    let (wallet, quote) = (x.wallet(&patron, 0, atoms), x.collateral(0));
    let fund = x
        .venue
        .fund_insurance(patron.key.pubkey(), &quote, wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).unwrap();
}

fn equity(x: &mut Exchange, traders: &[&Trader]) -> i64 {
    let views = traders.iter().map(|t| x.view(t.margin).unwrap().equity);
    views.sum()
}

/// JELLY, 2025: one hand holds both sides of a thin market, lets one side fail so that the house takes it
/// over, and pumps the price. Nobody liquidates the house. Its fund bears no more than a day's cap; what
/// is beyond it, the winner pays, who is the attacker.
#[test]
fn a_loss_that_is_made_for_the_backstop_is_worth_no_more_than_its_daily_cap() {
    let mut x = deployed(|d| d.backstop_daily_loss = 2_000);
    insure(&mut x, 100_000);
    let (short, long) = (x.funded("short", 1_500), x.funded("long", 50_000));
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&long, &short, &[leg]).unwrap();
    let start = equity(&mut x, &[&short, &long]);
    x.set_price(1, 15_830_000_000);
    x.resolve_default(short.margin).unwrap();
    let mut price = 15_830_000_000;
    for _ in 0..8 {
        price += price / 20;
        x.set_price(1, price);
    }
    // Now the long has gained some 11,000 dollars that the house has lost.
    assert!(equity(&mut x, &[&long]) > 58_000 * DOLLAR);
    x.deleverage_backstop(SOL).unwrap();
    let gain = equity(&mut x, &[&short, &long]) - start;
    assert!(gain <= 2_000 * DOLLAR, "the attacker has gained {gain}");
    let backstop = x.venue.backstop();
    let fund = x.view(backstop).unwrap().equity;
    assert!(fund >= 98_000 * DOLLAR - 1, "the fund has {fund}");
    assert!(reconcile(&x, &[short.margin, long.margin]).balances());
}

/// The same without a default in between: the account is left to fail far below zero, and nobody resolves it
/// before. The deficit beyond the cap comes out of the winner.
#[test]
fn a_deficit_between_own_accounts_is_paid_by_the_winner() {
    for fund in [0, 100_000] {
        let mut x = deployed(|d| d.backstop_daily_loss = 2_000);
        insure(&mut x, fund.max(1));
        let (short, long) = (x.funded("short", 1_500), x.funded("long", 50_000));
        let leg = x.leg(SOL, 15_000);
        x.block_trade(&long, &short, &[leg]).unwrap();
        let start = equity(&mut x, &[&short, &long]);
        x.set_price(1, 30_000_000_000);
        assert!(equity(&mut x, &[&short]) < -20_000 * DOLLAR);
        x.deleverage(short.margin, SOL).unwrap();
        let gain = equity(&mut x, &[&short, &long]) - start;
        let most = if fund == 0 { DOLLAR } else { 2_000 * DOLLAR };
        assert!(gain <= most, "{gain} with a fund of {fund}");
        assert_eq!(x.view(short.margin).unwrap().equity, 0);
        assert!(reconcile(&x, &[short.margin, long.margin]).balances());
    }
}

/// Mango, 2022: a thin market is pumped, and the unrealised gain is borrowed against. Here it can neither be
/// withdrawn nor transferred, whatever it is.
#[test]
fn a_pumped_gain_is_not_borrowed_against() {
    let mut x = deployed(|_| ());
    let (short, long) = (x.funded("short", 50_000), x.funded("long", 20_000));
    let leg = x.leg(SOL, 60_000);
    x.block_trade(&long, &short, &[leg]).unwrap();
    let mut price = 15_000_000_000;
    for _ in 0..8 {
        price += price / 20;
        x.set_price(1, price);
    }
    let gain = equity(&mut x, &[&long]) - 20_000 * DOLLAR;
    assert!(gain > 40_000 * DOLLAR, "{gain}");
    // Collateral may leave only as far as it is not needed without the gain; more than was paid in, never.
    let most = 20_000 * DOLLAR as u64;
    for atoms in [most * 3 / 4, most, most + 1] {
        let cash = x.margin(&long.margin).header.core.cash.0;
        let code = if atoms > cash as u64 {
            ErrorCode::InsufficientBalance
        } else {
            ErrorCode::InitialMarginNotMet
        };
        refused(&mut x, &[&long, &short], code, |x| {
            x.withdraw(&long, 0, atoms, Guards::default())
        });
    }
    // The price falls back, and the account still has what it paid in, but for the fee.
    x.set_price(1, 15_000_000_000);
    assert!(equity(&mut x, &[&long]) > 19_950 * DOLLAR);
}

/// A venue that moves its clock (its funding, its indices) without looking at risky accounts can be stepped
/// past a liquidation. Here an account that fails stays liquidatable, whatever moves in between, until it is
/// restored: by the engine's own word, and the program's.
#[test]
fn moving_the_clock_and_the_indices_hides_no_failing_account() {
    let mut x = deployed(|_| ());
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_500));
    let keeper = x.funded("keeper", 100_000);
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000);
    for _ in 0..5 {
        x.chain.advance(3_600);
        x.refresh_all();
        x.update_funding(SOL).unwrap();
        let (tables, margin) = (x.tables(), x.margin(&taker.margin));
        let health = maintenance(&tables.book(), &margin.view(), x.chain.time()).unwrap();
        let buffer = tables.header.params.liquidation_buffer;
        assert!(is_liquidatable(0, &health, buffer));
    }
    x.liquidate(&keeper, taker.margin, SOL, u64::MAX).unwrap();
    let keys = [maker.margin, taker.margin, keeper.margin];
    assert!(reconcile(&x, &keys).balances());
}

/// The backstop's auction cannot be set back by flagging it, by paying something into it, or by selling a
/// lot of it: who waits for the discount has waited.
#[test]
fn nobody_sets_the_backstops_auction_back() {
    let mut x = deployed(|_| ());
    insure(&mut x, 10_000);
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_500));
    let keeper = x.funded("keeper", 100_000);
    let leg = x.leg(SOL, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    x.set_price(1, 14_200_000_000);
    x.resolve_default(taker.margin).unwrap();
    let backstop = x.venue.backstop();
    let start = x.view(backstop).unwrap().liquidation_start;
    x.chain.advance(10);
    x.refresh_all();
    refused(&mut x, &[&maker], ErrorCode::NotLiquidatable, |x| {
        let flag = x.venue.flag_account(backstop);
        x.chain.send(&[flag], &[])
    });
    let gift = Trader {
        key: maker.key.insecure_clone(),
        margin: backstop,
    };
    // Only owner or delegate deposits, and the backstop has neither.
    refused(&mut x, &[&maker], ErrorCode::NotOwnerOrDelegate, |x| {
        x.deposit(&gift, 0, 1_000_000)
    });
    x.liquidate(&keeper, backstop, SOL, 1).unwrap();
    assert_eq!(x.view(backstop).unwrap().liquidation_start, start);
}
