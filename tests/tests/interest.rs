//! Interest on negative cash, on the bytecode: who pays what for which time, into which line, and that nobody
//! gets round it.

use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, error::ErrorCode, events::InterestAccrued};
use counterweight_risk::Interest;
use counterweight_sdk::events;
use counterweight_simnet::{Exchange, Trader, reconcile};
use counterweight_tests::{
    assert_refused,
    scene::{DOLLAR, SOL, WRONG_TYPE, deployed, number, refused, refused_by_runtime, with_account},
};

const YEAR: i64 = 31_536_000;
/// A tenth of the vault may be missing before the rate turns up.
const KINK: u32 = 1_000;

/// A clearinghouse with a dear interest, a maker, and somebody who deposited 100 SOL (15,000 dollars) and lost
/// some 9,000 dollars with BTC.
fn indebted() -> (Exchange, Trader, Trader) {
    let mut x = deployed(|deployment| {
        deployment.interest.at_kink_bps = 2_000;
        deployment.interest.at_full_bps = 20_000;
        deployment.interest.kink_bps = KINK;
        deployment.interest.surcharge_bps = 0;
    });
    let (maker, debtor) = (x.funded("maker", 100_000), x.trader("debtor"));
    x.deposit(&debtor, 1, 100 * SOL).unwrap();
    let leg = x.leg(1, 90_000); // 90,000 dollars of BTC
    x.block_trade(&debtor, &maker, &[leg]).unwrap();
    x.set_price(2, 9_000_000_000_000); // −10 %
    let leg = x.leg(1, -90_000);
    x.block_trade(&debtor, &maker, &[leg]).unwrap();
    let lost = cash(&x, &debtor);
    assert!((-9_200 * DOLLAR..-9_000 * DOLLAR).contains(&lost), "{lost}");
    (x, maker, debtor)
}

fn cash(x: &Exchange, trader: &Trader) -> i64 {
    x.margin(&trader.margin).header.core.cash.0
}

fn payable(x: &Exchange, trader: &Trader) -> i64 {
    x.margin(&trader.margin).header.core.debt.payable.0
}

fn interest(x: &Exchange) -> Interest {
    x.tables().header.params.interest
}

fn insurance(x: &Exchange) -> i64 {
    x.clearinghouse().insurance
}

fn vault(x: &Exchange) -> i64 {
    x.custody(0).recorded as i64
}

/// `accrue_interest`, and what it tells.
fn accrue(x: &mut Exchange, account: Pubkey) -> InterestAccrued {
    let call = x.venue.accrue_interest(&x.collateral(0), account);
    let receipt = x.chain.send(&[call], &[]).unwrap();
    let mut told = events::of_type::<InterestAccrued>(&receipt.logs);
    assert_eq!(told.len(), 1);
    told.remove(0)
}

/// What a debt owes after some seconds at 20 % a year where a tenth of the vault is missing, in dollars and by
/// hand: the program's own formula has no part in it.
fn by_hand(debt: i64, vault: i64, seconds: i64) -> f64 {
    let [debt, vault] = [debt, vault].map(|atoms| atoms as f64 / DOLLAR as f64);
    let missing = debt / (debt + vault);
    let yearly = if missing <= 0.1 {
        0.2 * missing / 0.1
    } else {
        0.2 + 1.8 * (missing - 0.1) / 0.9
    };
    debt * yearly * seconds as f64 / YEAR as f64
}

#[test]
fn a_debt_pays_the_insurance_fund_by_what_is_missing_from_the_vault() {
    let (mut x, maker, debtor) = indebted();
    // Nothing is counted yet: nothing is owed, whatever time passes.
    x.chain.advance(86_400);
    let debt = -cash(&x, &debtor);
    let counted = accrue(&mut x, debtor.margin);
    assert_eq!((counted.swept, counted.cash), (0, -debt));
    assert_eq!(counted.debt as i64, debt);
    assert_eq!(counted.vault as i64, vault(&x));
    assert_eq!(interest(&x).debt as i64, debt);
    // Now it is, and the account is worth less every second, before anybody touches it.
    let month = 30 * 86_400;
    let (before, fund) = (x.view(debtor.margin).unwrap().equity, insurance(&x));
    x.chain.advance(month);
    let owed = before - x.view(debtor.margin).unwrap().equity;
    let expected = by_hand(debt, vault(&x), month);
    let found = owed as f64 / DOLLAR as f64;
    assert!(
        (found - expected).abs() < 0.001 * expected,
        "{found} for {expected}"
    );
    // What a reading has taken off is what is swept, to the atom; and nobody else has paid.
    let others = cash(&x, &maker);
    let paid = accrue(&mut x, debtor.margin);
    assert_eq!((paid.swept, paid.cash), (owed, -debt - owed));
    assert_eq!(insurance(&x) - fund, owed);
    assert_eq!((cash(&x, &maker), payable(&x, &debtor)), (others, 0));
    assert_eq!(x.view(debtor.margin).unwrap().equity, before - owed);
    assert!(reconcile(&x, &[maker.margin, debtor.margin]).balances());
    // Twice in a second is once.
    let again = accrue(&mut x, debtor.margin);
    assert_eq!((again.swept, again.cash), (0, paid.cash));
    // Who owes nothing pays nothing.
    let free = accrue(&mut x, maker.margin);
    assert_eq!((free.swept, free.cash), (0, others));
}

/// A debt pays for the time that it was there: paying it back just before somebody accrues saves nothing.
#[test]
fn a_debt_that_is_paid_back_pays_for_its_time_first() {
    let (mut x, maker, debtor) = indebted();
    accrue(&mut x, debtor.margin);
    let debt = -cash(&x, &debtor);
    x.chain.advance(YEAR / 2);
    let owed = by_hand(debt, vault(&x), YEAR / 2);
    x.deposit(&debtor, 0, 20_000 * DOLLAR as u64).unwrap();
    let kept = payable(&x, &debtor);
    assert!(
        (kept as f64 / DOLLAR as f64 - owed).abs() < 0.001 * owed,
        "{kept} for {owed}"
    );
    assert_eq!(cash(&x, &debtor), 20_000 * DOLLAR - debt - kept);
    // From then on there is no debt, and nothing more is owed.
    x.chain.advance(YEAR);
    let fund = insurance(&x);
    let swept = accrue(&mut x, debtor.margin);
    assert_eq!((swept.swept, swept.debt), (kept, 0));
    assert_eq!(insurance(&x) - fund, kept);
    assert_eq!(interest(&x).rate, 0);
    assert!(reconcile(&x, &[maker.margin, debtor.margin]).balances());
}

/// A debt that begins pays from its beginning, not for the time in which the account had cash.
#[test]
fn a_debt_does_not_pay_for_the_time_before_it_began() {
    let (mut x, maker, debtor) = indebted();
    accrue(&mut x, debtor.margin);
    let late = x.trader("late");
    x.deposit(&late, 1, 100 * SOL).unwrap();
    x.chain.advance(YEAR);
    x.set_price(1, 15_000_000_000);
    x.set_price(2, 9_000_000_000_000);
    let leg = x.leg(1, 1_000);
    x.block_trade(&late, &maker, &[leg]).unwrap();
    let leg = x.leg(1, -1_000);
    x.block_trade(&late, &maker, &[leg]).unwrap();
    let fee = -cash(&x, &late);
    assert!(fee > 0);
    let told = accrue(&mut x, late.margin);
    assert_eq!((told.swept, told.cash), (0, -fee));
}

/// A deposit lowers the rate, but no longer than it stays; and a rate holds from then on only.
#[test]
fn a_deposit_lowers_the_rate_no_longer_than_it_stays() {
    let (mut x, maker, debtor) = indebted();
    accrue(&mut x, debtor.margin);
    let rate = interest(&x).rate;
    assert!(rate > 0);
    let deep = x.funded("deep", 3_000_000);
    let low = interest(&x).rate;
    assert!(low * 20 < rate, "{low} after {rate}");
    x.withdraw(&deep, 0, 3_000_000 * DOLLAR as u64, Guards::default())
        .unwrap();
    assert_eq!(interest(&x).rate, rate);
    // Whoever takes tokens out leaves the debts dearer, from now on.
    let (before, since) = (interest(&x).index, x.chain.time());
    x.chain.advance(1_000);
    let out = cash(&x, &maker) as u64 / 4;
    x.chain.advance(3_600);
    x.withdraw(&maker, 0, out, Guards::default()).unwrap();
    let now = interest(&x);
    assert!(now.rate > rate);
    let passed = (x.chain.time() - since).unsigned_abs();
    assert_eq!(now.index, before + rate * passed);
}

/// What interest makes of an account, anybody can act upon; the account cannot look away.
#[test]
fn interest_alone_makes_an_account_liquidatable() {
    let (mut x, _maker, debtor) = indebted();
    x.set_price(1, 10_500_000_000); // 100 SOL count 9,450 dollars
    accrue(&mut x, debtor.margin);
    let flag = x.venue.flag_account(debtor.margin);
    let view = x.view(debtor.margin).unwrap();
    assert!(view.equity > 0);
    let call = flag.clone();
    assert_refused(&mut x, &[debtor.margin], ErrorCode::NotLiquidatable, |x| {
        x.chain.send(&[call], &[])
    });
    x.chain.advance(YEAR / 3);
    x.set_price(1, 10_500_000_000);
    assert!(x.view(debtor.margin).unwrap().equity < 0);
    x.chain.send(&[flag], &[]).unwrap();
    let keeper = x.funded("keeper", 100_000);
    let owed = -cash(&x, &debtor);
    x.liquidate_collateral(&keeper, debtor.margin, 1, u64::MAX)
        .unwrap();
    // The debt with its interest was paid (and an atom for what an atom of SOL is worth), and the interest is
    // the fund's.
    let (interest, over) = (payable(&x, &debtor), cash(&x, &debtor));
    assert!(interest > 0 && (0..=1).contains(&over));
    assert_eq!(100_000 * DOLLAR - cash(&x, &keeper), owed + interest + over);
}

/// An account that still owes the fund something, or has a part in the total, is not closed.
#[test]
fn an_account_is_closed_only_without_interest_and_without_a_part_in_the_total() {
    let (mut x, maker, debtor) = indebted();
    accrue(&mut x, debtor.margin);
    x.chain.advance(86_400);
    x.deposit(&debtor, 0, 20_000 * DOLLAR as u64).unwrap();
    for asset in [1, 2] {
        x.set_price(
            asset,
            [15_000_000_000, 9_000_000_000_000][usize::from(asset) - 1],
        );
    }
    let left = cash(&x, &debtor) as u64;
    x.withdraw(&debtor, 0, left, Guards::default()).unwrap();
    x.withdraw(&debtor, 1, 100 * SOL, Guards::default())
        .unwrap();
    let close = counterweight_sdk::instructions::close_margin_account(
        counterweight_simnet::Signer::pubkey(&debtor.key),
        debtor.margin,
    );
    let call = close.clone();
    let failure = refused(&mut x, &[&debtor], ErrorCode::AccountNotEmpty, |x| {
        x.chain.send(&[call], &[&debtor.key])
    });
    // It says what is left, where cash and positions are nothing.
    assert_eq!(
        (number(&failure, "cash"), number(&failure, "positions")),
        (0, 0)
    );
    assert!(number(&failure, "interest to be swept") > 0);
    assert!(number(&failure, "debt that is counted") > 0);
    accrue(&mut x, debtor.margin);
    x.chain.send(&[close], &[&debtor.key]).unwrap();
    assert!(reconcile(&x, &[maker.margin]).balances());
}

/// Whoever is taken over takes interest and his part in the total along.
#[test]
fn a_default_takes_the_interest_along() {
    let (mut x, maker, debtor) = indebted();
    x.open_backstop().unwrap();
    let patron = x.funded("patron", 50_000);
    let (wallet, quote) = (
        x.wallet(&patron, 0, 30_000 * DOLLAR as u64),
        x.collateral(0),
    );
    let signer = counterweight_simnet::Signer::pubkey(&patron.key);
    let fund = x
        .venue
        .fund_insurance(signer, &quote, wallet, 30_000 * DOLLAR as u64);
    x.chain.send(&[fund], &[&patron.key]).unwrap();
    accrue(&mut x, debtor.margin);
    let total = interest(&x).debt;
    x.chain.advance(86_400);
    for asset in [1, 2] {
        x.set_price(
            asset,
            [8_000_000_000, 9_000_000_000_000][usize::from(asset) - 1],
        );
    }
    x.resolve_default(debtor.margin).unwrap();
    let left = x.margin(&debtor.margin).header.core.debt;
    assert_eq!((left.payable.0, left.counted), (0, 0));
    let backstop = x.margin(&x.venue.backstop()).header.core.debt;
    assert!(backstop.payable.0 > 0 && backstop.counted == total);
    // The fund owes nothing: counted again, its part is gone.
    let key = x.venue.backstop();
    let told = accrue(&mut x, key);
    assert_eq!((told.swept, told.debt), (backstop.payable.0, 0));
    let traders = [maker.margin, debtor.margin, patron.margin];
    assert!(reconcile(&x, &traders).balances());
}

#[test]
fn the_custody_is_the_quote_tokens_and_of_this_clearinghouse() {
    let (mut x, _maker, debtor) = indebted();
    let (quote, sol) = (x.collateral(0), x.collateral(1));
    let call = x.venue.accrue_interest(&quote, debtor.margin);
    let (right, wrong) = (x.venue.custody(&quote), x.venue.custody(&sol));
    let bent = with_account(call.clone(), right, wrong);
    refused(&mut x, &[&debtor], ErrorCode::WrongCustody, |x| {
        x.chain.send(&[bent], &[])
    });
    let bent = with_account(call, right, debtor.margin);
    refused_by_runtime(&mut x, &[&debtor], Some(WRONG_TYPE), |x| {
        x.chain.send(&[bent], &[])
    });
}
