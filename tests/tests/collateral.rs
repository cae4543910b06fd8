//! Collateral of an account that has nothing else left pays its debt.

use counterweight::{CollateralArgs, Guards, events::CollateralLiquidated};
use counterweight_sdk::events;
use counterweight_simnet::{AssetConfig, Exchange, Signer, Trader, reconcile};
use counterweight_tests::{
    hedge::ALL,
    scene::{DOLLAR, SOL, deployed, localnet},
};

/// A trader who deposited 10 SOL (1,500 dollars) and lost some 1,350 dollars with BTC; nothing is open any more,
/// and SOL has fallen to this price in dollars.
fn indebted(x: &mut Exchange, sol: i64) -> (Trader, Trader) {
    let (maker, debtor) = (x.funded("maker", 1_000_000), x.trader("debtor"));
    x.deposit(&debtor, 1, 10 * SOL).unwrap();
    let leg = x.leg(1, 25_000); // 25,000 dollars of BTC
    x.block_trade(&debtor, &maker, &[leg]).unwrap();
    x.set_price(2, 9_500_000_000_000); // −5 %
    let keeper = x.funded("keeper", 100_000);
    x.liquidate_slice(&keeper, debtor.margin, ALL).unwrap();
    if !x.margin(&debtor.margin).positions().is_empty() {
        let lots = x.margin(&debtor.margin).positions()[0].lots.0;
        let leg = x.leg(1, -lots);
        x.block_trade(&debtor, &maker, &[leg]).unwrap();
    }
    x.set_price(1, sol * 100_000_000);
    let margin = x.margin(&debtor.margin);
    assert!(margin.positions().is_empty() && margin.header.core.cash.0 < -1_000 * DOLLAR);
    (debtor, keeper)
}

fn margins(x: &Exchange, traders: &[&Trader]) -> Vec<anchor_lang::prelude::Pubkey> {
    let maker = counterweight_simnet::keypair("maker").pubkey();
    let mut keys = vec![x.venue.margin_account(&maker, 0)];
    keys.extend(traders.iter().map(|trader| trader.margin));
    keys
}

fn cash(x: &Exchange, trader: &Trader) -> i64 {
    x.margin(&trader.margin).header.core.cash.0
}

fn sol(x: &Exchange, trader: &Trader) -> u64 {
    x.margin(&trader.margin).header.core.balance(1)
}

#[test]
fn collateral_pays_the_debt_and_the_rest_stays() {
    let mut x = localnet();
    let (debtor, keeper) = indebted(&mut x, 140);
    let debt = -cash(&x, &debtor);
    let before = x.view(debtor.margin).unwrap();
    assert!(
        before.equity < 0,
        "10 SOL count 1,260 dollars: {}",
        before.equity
    );
    let paid_with = cash(&x, &keeper);
    let receipt = x
        .liquidate_collateral(&keeper, debtor.margin, 1, u64::MAX)
        .unwrap();
    // At the start of the auction there is no discount: what is owed, and less than an atom of SOL more.
    let taken = sol(&x, &keeper);
    assert_eq!(cash(&x, &debtor), 0);
    assert_eq!(paid_with - cash(&x, &keeper), debt);
    assert_eq!(taken + sol(&x, &debtor), 10 * SOL);
    let value = i128::from(taken) * 140 * i128::from(DOLLAR) / i128::from(SOL);
    assert!((value - i128::from(debt)).abs() <= 1, "{value} for {debt}");
    let after = x.view(debtor.margin).unwrap();
    assert!(after.equity > 0 && after.liquidation_start == 0);
    // What is left is the owner's.
    let rest = sol(&x, &debtor);
    x.withdraw(&debtor, 1, rest, Guards::default()).unwrap();
    assert!(reconcile(&x, &margins(&x, &[&debtor, &keeper])).balances());
    let [event] = &events::of_type::<CollateralLiquidated>(&receipt.logs)[..] else {
        panic!("one event expected");
    };
    assert_eq!((event.atoms, event.cost, event.asset), (taken, debt, 1));
    assert_eq!(event.equity, [before.equity, after.equity]);
    assert_eq!(
        event.liquidator_sequence,
        x.margin(&keeper.margin).header.sequence
    );
}

/// What taking one SOL costs after these seconds, in millionths of its price.
fn price_share(seconds: i64) -> i64 {
    let mut x = localnet();
    let (debtor, keeper) = indebted(&mut x, 140);
    x.chain
        .send(&[x.venue.flag_account(debtor.margin)], &[])
        .unwrap();
    x.chain.advance(seconds);
    let before = x.view(debtor.margin).unwrap().equity;
    let had = cash(&x, &keeper);
    x.liquidate_collateral(&keeper, debtor.margin, 1, SOL)
        .unwrap();
    assert!(
        x.view(debtor.margin).unwrap().equity > before,
        "each step raises equity"
    );
    (had - cash(&x, &keeper)) / 140
}

#[test]
fn the_discount_rises_to_half_of_what_the_weight_leaves_out() {
    // A weight of 90 %: 5 % at the end, rounded to the account's favour.
    assert_eq!(
        [0, 15, 30, 500].map(|seconds| {
            let x = price_share(seconds.min(290));
            (x + 50) / 100 * 100
        }),
        [1_000_000, 975_000, 950_000, 950_000]
    );
}

#[test]
fn what_does_not_cover_the_debt_is_taken_whole_and_a_deficit_stays() {
    let mut x = localnet();
    let (debtor, keeper) = indebted(&mut x, 60);
    let debt = -cash(&x, &debtor);
    x.liquidate_collateral(&keeper, debtor.margin, 1, u64::MAX)
        .unwrap();
    assert_eq!((sol(&x, &debtor), sol(&x, &keeper)), (0, 10 * SOL));
    let left = cash(&x, &debtor);
    assert_eq!(left, 600 * DOLLAR - debt);
    let view = x.view(debtor.margin).unwrap();
    assert!(view.equity == left && view.liquidation_start != 0);
    assert!(reconcile(&x, &margins(&x, &[&debtor, &keeper])).balances());
}

#[test]
fn small_takes_pay_no_less_than_a_large_one() {
    let taken = |sizes: &[u64]| {
        let mut x = localnet();
        let (debtor, keeper) = indebted(&mut x, 60);
        for size in sizes {
            x.liquidate_collateral(&keeper, debtor.margin, 1, *size)
                .unwrap();
        }
        (sol(&x, &keeper), cash(&x, &debtor))
    };
    let (atoms, cash_large) = taken(&[700]);
    let (same, cash_small) = taken(&[7; 100]);
    assert_eq!(atoms, same);
    // 7 atoms of SOL are less than half an atom of quote: each costs one.
    assert_eq!(cash_small - cash_large, 100 - 42);
}

#[test]
fn another_account_of_the_owner_gains_no_more_than_the_discount() {
    let mut x = localnet();
    let (debtor, _) = indebted(&mut x, 140);
    let key = debtor.key.pubkey();
    x.chain
        .send(&[x.venue.open_margin_account(key, 1)], &[&debtor.key])
        .unwrap();
    let own = Trader {
        key: debtor.key.insecure_clone(),
        margin: x.venue.margin_account(&key, 1),
    };
    x.deposit(&own, 0, 2_000 * DOLLAR as u64).unwrap();
    x.chain
        .send(&[x.venue.flag_account(debtor.margin)], &[])
        .unwrap();
    x.chain.advance(30);
    // What both are worth together, SOL in full: taking moves it, and makes no more of it.
    let worth = |x: &Exchange| {
        let atoms = i128::from(sol(x, &debtor) + sol(x, &own));
        let cash = i128::from(cash(x, &debtor) + cash(x, &own));
        cash + atoms * 140 * i128::from(DOLLAR) / i128::from(SOL)
    };
    let before = worth(&x);
    x.liquidate_collateral(&own, debtor.margin, 1, u64::MAX)
        .unwrap();
    assert_eq!(worth(&x), before);
    // Its debt is paid with its own cash, at 95 % of the price.
    let (paid, taken) = (2_000 * DOLLAR - cash(&x, &own), sol(&x, &own));
    let full = i128::from(taken) * 140 * i128::from(DOLLAR) / i128::from(SOL);
    let share = i128::from(paid) * 1_000_000 / full;
    assert!((949_990..950_010).contains(&share), "{share}");
    // It cannot take out what backs nothing: its own check counts SOL by its weight.
    assert!(x.view(own.margin).unwrap().free_collateral > 0);
}

#[test]
fn two_takes_in_one_transaction_stop_at_the_debt() {
    let mut x = localnet();
    let (debtor, keeper) = indebted(&mut x, 140);
    let take = |max_atoms| {
        let args = CollateralArgs {
            asset: 1,
            max_atoms,
            ..CollateralArgs::default()
        };
        let key = keeper.key.pubkey();
        x.venue
            .liquidate_collateral(key, debtor.margin, keeper.margin, args)
    };
    let steps = [take(SOL), take(u64::MAX)];
    let again = [take(SOL), take(u64::MAX), take(1)];
    let failure = x.chain.send(&again, &[&keeper.key]).unwrap_err();
    assert!(failure.is(counterweight::error::ErrorCode::NoDebt));
    assert_eq!(sol(&x, &keeper), 0);
    x.chain.send(&steps, &[&keeper.key]).unwrap();
    assert_eq!(cash(&x, &debtor), 0);
}

/// A clearinghouse that accepts a third token, JUP, at one dollar.
fn with_third() -> Exchange {
    deployed(|deployment| {
        let config = AssetConfig {
            name: "JUP".into(),
            start_price: 100_000_000,
            lot_exponent: 0,
            decimals: 6,
            deposit_cap: 1_000_000,
            ..deployment.asset[1].clone()
        };
        deployment.asset.push(config);
    })
}

const JUP: u16 = 4;

#[test]
fn dust_with_a_dead_oracle_does_not_block_liquidation() {
    for dust in [false, true] {
        let mut x = with_third();
        let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_500));
        if dust {
            x.deposit(&taker, JUP, 1).unwrap();
        }
        let leg = x.leg(0, 15_000);
        x.block_trade(&taker, &maker, &[leg]).unwrap();
        // JUP's oracle falls silent; SOL's goes on, and falls by 4 %.
        x.chain.advance(1_000);
        x.set_price(1, 14_400_000_000);
        let view = x.view(taker.margin).unwrap();
        assert!(view.equity < view.maintenance_margin);
        x.chain
            .send(&[x.venue.flag_account(taker.margin)], &[])
            .unwrap();
        x.liquidate(&maker, taker.margin, 0, 100).unwrap();
        x.liquidate_slice(&maker, taker.margin, 1 << 10).unwrap();
        x.liquidate(&maker, taker.margin, 0, u64::MAX).unwrap();
        assert_eq!(x.view(taker.margin).unwrap().liquidation_start, 0);
    }
}

#[test]
fn a_dead_oracle_counts_little_for_maintenance_and_nothing_for_letting_value_out() {
    let mut x = with_third();
    let trader = x.funded("trader", 100);
    x.deposit(&trader, JUP, 1_000 * DOLLAR as u64).unwrap();
    let view = x.view(trader.margin).unwrap();
    // 90 % of 1,000 dollars for maintenance; 80 % of the lower end of the interval for more risk.
    assert_eq!(
        view.equity,
        1_000 * DOLLAR - 382,
        "a weight is cut to 2^-20"
    );
    let low = view.initial_equity;
    assert!((895 * DOLLAR..900 * DOLLAR).contains(&low), "{low}");
    x.chain.advance(61);
    let view = x.view(trader.margin).unwrap();
    assert_eq!(view.initial_equity, 100 * DOLLAR);
    assert!(view.can_add_risk && view.equity > 999 * DOLLAR);
    x.chain.advance(240);
    let view = x.view(trader.margin).unwrap();
    assert_eq!((view.equity, view.initial_equity), (low, 100 * DOLLAR));
    // Its own cash it may have, all of it, and the token too: nothing stands against them.
    x.withdraw(&trader, 0, 100 * DOLLAR as u64, Guards::default())
        .unwrap();
    x.withdraw(&trader, JUP, DOLLAR as u64, Guards::default())
        .unwrap();
}

#[test]
fn other_collateral_is_taken_while_one_oracle_is_dead() {
    let mut x = with_third();
    let (debtor, keeper) = {
        let debtor = x.trader("debtor");
        x.deposit(&debtor, JUP, 10 * DOLLAR as u64).unwrap();
        let maker = x.funded("maker", 1_000_000);
        x.deposit(&debtor, 1, 10 * SOL).unwrap();
        let leg = x.leg(1, 25_000);
        x.block_trade(&debtor, &maker, &[leg]).unwrap();
        x.chain.advance(1_000); // JUP is silent from here
        x.set_price(1, 6_000_000_000);
        x.set_price(2, 9_500_000_000_000);
        let keeper = x.funded("keeper", 100_000);
        x.liquidate_slice(&keeper, debtor.margin, ALL).unwrap();
        (debtor, keeper)
    };
    assert!(x.margin(&debtor.margin).positions().is_empty());
    x.liquidate_collateral(&keeper, debtor.margin, 1, u64::MAX)
        .unwrap();
    assert_eq!(sol(&x, &debtor), 0);
    // The silent one is not for sale: nobody knows its price.
    let failure = x
        .liquidate_collateral(&keeper, debtor.margin, JUP, u64::MAX)
        .unwrap_err();
    assert!(failure.is(counterweight::error::ErrorCode::StalePrice));
    x.set_price(JUP, 100_000_000);
    x.liquidate_collateral(&keeper, debtor.margin, JUP, u64::MAX)
        .unwrap();
    assert_eq!(x.margin(&debtor.margin).header.core.balance(JUP), 0);
}
