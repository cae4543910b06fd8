//! Liquidation by anybody: flagged or not, long or short, in part or whole.

use counterweight::{LiquidateArgs, MarginView};
use counterweight_simnet::{Exchange, Signer, Trader, reconcile};
use counterweight_tests::scene::{DOLLAR, SOL, deployed, localnet, signing_as};

/// A maker, and a taker with these dollars and lots of SOL at 150 dollars.
fn traders(x: &mut Exchange, dollars: u64, lots: i64) -> (Trader, Trader) {
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", dollars));
    let leg = x.leg(0, lots);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    (maker, taker)
}

fn flag(x: &mut Exchange, trader: &Trader) {
    x.chain
        .send(&[x.venue.flag_account(trader.margin)], &[])
        .unwrap();
}

fn fails(view: &MarginView) -> bool {
    view.equity < view.maintenance_margin
}

#[test]
fn anyone_flags_a_failing_account_and_clears_one_that_recovered() {
    let mut x = localnet();
    let (_, taker) = traders(&mut x, 1_500, 15_000);
    x.set_price(1, 14_400_000_000);
    flag(&mut x, &taker);
    let view = x.view(taker.margin).unwrap();
    assert!(fails(&view));
    assert_eq!(view.liquidation_start, x.chain.time());
    x.set_price(1, 15_000_000_000);
    flag(&mut x, &taker);
    let view = x.view(taker.margin).unwrap();
    assert_eq!(view.liquidation_start, 0);
    assert!(view.equity * 10 >= view.maintenance_margin * 11);
}

#[test]
fn an_account_leaves_liquidation_by_its_own_deposit_trade_or_receipt() {
    for way in 0..3 {
        let mut x = localnet();
        let (maker, taker) = traders(&mut x, 1_500, 15_000);
        let key = taker.key.pubkey();
        x.chain
            .send(&[x.venue.open_margin_account(key, 1)], &[&taker.key])
            .unwrap();
        let own = Trader {
            key: taker.key.insecure_clone(),
            margin: x.venue.margin_account(&key, 1),
        };
        x.deposit(&own, 0, 1_000 * DOLLAR as u64).unwrap();
        x.set_price(1, 14_400_000_000);
        flag(&mut x, &taker);
        match way {
            0 => drop(x.deposit(&taker, 0, 1_000 * DOLLAR as u64).unwrap()),
            1 => {
                let leg = x.leg(0, -10_000);
                x.block_trade(&taker, &maker, &[leg]).unwrap();
            }
            _ => {
                let atoms = 1_000 * DOLLAR as u64;
                let guards = Default::default();
                let transfer = x
                    .venue
                    .transfer(key, own.margin, taker.margin, 0, atoms, guards);
                x.chain.send(&[transfer], &[&taker.key]).unwrap();
            }
        }
        assert_eq!(
            x.view(taker.margin).unwrap().liquidation_start,
            0,
            "way {way}"
        );
    }
}

#[test]
fn a_deposit_that_is_too_small_leaves_the_account_in_liquidation() {
    let mut x = localnet();
    let (_, taker) = traders(&mut x, 1_500, 15_000);
    x.set_price(1, 14_400_000_000);
    flag(&mut x, &taker);
    let view = x.view(taker.margin).unwrap();
    // Above maintenance margin, below the buffer of 10 %.
    let missing = (view.maintenance_margin - view.equity) as u64;
    x.deposit(&taker, 0, missing + 1).unwrap();
    let view = x.view(taker.margin).unwrap();
    assert!(!fails(&view) && view.liquidation_start != 0);
    x.liquidate(&x.trader_named("maker"), taker.margin, 0, u64::MAX)
        .unwrap();
    assert_eq!(x.view(taker.margin).unwrap().liquidation_start, 0);
}

/// A trader again, by name.
trait Named {
    fn trader_named(&self, name: &str) -> Trader;
}

impl Named for Exchange {
    fn trader_named(&self, name: &str) -> Trader {
        let key = counterweight_simnet::keypair(name);
        let margin = self.venue.margin_account(&key.pubkey(), 0);
        Trader { key, margin }
    }
}

#[test]
fn a_long_and_a_short_are_taken_over_as_far_as_restores_them() {
    for (lots, price) in [(15_000, 14_400_000_000i64), (-15_000, 15_700_000_000)] {
        let mut x = localnet();
        let (maker, taker) = traders(&mut x, 1_500, lots);
        let keeper = x.funded("keeper", 100_000);
        let accounts = [maker.margin, taker.margin, keeper.margin];
        x.set_price(1, price);
        let before = x.view(taker.margin).unwrap();
        assert!(fails(&before));
        x.liquidate(&keeper, taker.margin, 0, u64::MAX).unwrap();

        let after = x.view(taker.margin).unwrap();
        let restored = |view: &MarginView| view.equity * 10 >= view.maintenance_margin * 11;
        assert!(restored(&after) && after.liquidation_start == 0);
        let left = x.margin(&taker.margin).positions()[0].lots.0;
        let taken = x.margin(&keeper.margin).positions()[0].lots.0;
        assert_eq!(left + taken, lots);
        assert!(left.signum() == lots.signum() && taken.signum() == lots.signum());
        // By one lot less it would not have been restored: about 1.4 dollars · 3 % · 1.1.
        assert!(after.equity * 10 < after.maintenance_margin * 11 + 11 * DOLLAR / 10);
        // The keeper's gain and the fund's are the account's loss.
        let penalty = before.equity - after.equity;
        let fund = x.market(0).insurance;
        let reward = x.view(keeper.margin).unwrap().equity - 100_000 * DOLLAR;
        assert!(
            (reward + fund - penalty).abs() <= 2,
            "{reward} + {fund} = {penalty}"
        );
        let share = fund * 10_000 / penalty;
        assert!(
            (2_999..=3_000).contains(&share),
            "30 % of the penalty, not {share} bps"
        );
        assert!(reconcile(&x, &accounts).balances());
    }
}

#[test]
fn a_liquidator_takes_no_more_than_it_asks_for() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 1_500, 15_000);
    x.set_price(1, 14_300_000_000);
    let mut left = 15_000;
    for asked in [1, 10, 500] {
        x.liquidate(&maker, taker.margin, 0, asked).unwrap();
        left -= asked as i64;
        assert_eq!(x.margin(&taker.margin).positions()[0].lots.0, left);
        assert_ne!(x.margin(&taker.margin).header.core.liquidation_start, 0);
    }
    assert!(reconcile(&x, &[maker.margin, taker.margin]).balances());
}

#[test]
fn a_position_of_dust_is_taken_whole_and_a_larger_one_in_part() {
    for (dust, whole) in [(100, true), (0, false)] {
        let mut x = deployed(|deployment| deployment.market[0].dust_notional = dust);
        let (maker, taker) = traders(&mut x, 5, 60); // 90 dollars
        x.set_price(1, 14_400_000_000);
        assert!(fails(&x.view(taker.margin).unwrap()));
        x.liquidate(&maker, taker.margin, 0, u64::MAX).unwrap();
        let margin = x.margin(&taker.margin);
        assert_eq!(margin.positions().is_empty(), whole);
        assert_eq!(margin.header.core.liquidation_start, 0);
        assert!(reconcile(&x, &[maker.margin, taker.margin]).balances());
        if whole {
            // What is left can be withdrawn, and the account closed.
            let cash = margin.header.core.cash.0 as u64;
            assert!(cash > 0);
            x.withdraw(&taker, 0, cash, Default::default()).unwrap();
        }
    }
}

/// What the penalty of taking 10 lots is, in basis points of their value, after these seconds.
fn penalty_bps(seconds: i64) -> i64 {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 1_500, 15_000);
    x.set_price(1, 14_400_000_000);
    flag(&mut x, &taker);
    x.chain.advance(seconds);
    let before = x.view(taker.margin).unwrap().equity;
    x.liquidate(&maker, taker.margin, 0, 10).unwrap();
    let paid = before - x.view(taker.margin).unwrap().equity;
    let value = 10 * 1_440_000;
    (paid * 10_000 + value / 2) / value
}

#[test]
fn the_penalty_rises_from_its_start_to_its_end() {
    let found = [0, 15, 30, 200].map(penalty_bps);
    assert_eq!(found, [50, 125, 200, 200]);
}

#[test]
fn a_delegate_liquidates_for_an_account_within_its_limits() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 1_500, 15_000);
    let delegate = signing_as(&mut x, "delegate", maker.margin);
    let key = delegate.key.pubkey();
    let set = counterweight_sdk::instructions::set_delegate(maker.key.pubkey(), maker.margin, key);
    x.chain.send(&[set], &[&maker.key]).unwrap();
    x.set_price(1, 14_400_000_000);
    let price = x.tables().assets[1].index.0;
    let args = LiquidateArgs {
        market: 0,
        max_lots: 5,
        limit_price: Some(price),
        ..LiquidateArgs::default()
    };
    let liquidate = x.venue.liquidate(key, taker.margin, maker.margin, args);
    x.chain.send(&[liquidate], &[&delegate.key]).unwrap();
    assert_eq!(x.margin(&taker.margin).positions()[0].lots.0, 14_995);
}

#[test]
fn collateral_carries_an_account_until_its_price_falls() {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 1_000_000), x.trader("taker"));
    x.deposit(&taker, 1, 10 * SOL).unwrap();
    let leg = x.leg(1, 25_000); // 25,000 dollars of BTC on 10 SOL
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    assert!(!fails(&x.view(taker.margin).unwrap()));
    x.set_price(1, 6_000_000_000); // BTC stays, the collateral falls to 540
    assert!(fails(&x.view(taker.margin).unwrap()));
    x.liquidate(&maker, taker.margin, 1, u64::MAX).unwrap();
    assert!(!fails(&x.view(taker.margin).unwrap()));
    assert_eq!(x.margin(&taker.margin).header.core.balance(1), 10 * SOL);
    assert!(reconcile(&x, &[maker.margin, taker.margin]).balances());
}

#[test]
fn an_account_without_equity_is_taken_over_without_a_penalty() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 1_500, 15_000);
    x.set_price(1, 13_000_000_000); // −13 %: 3,000 dollars lost
    let before = x.view(taker.margin).unwrap();
    assert!(before.equity < 0);
    x.liquidate(&maker, taker.margin, 0, u64::MAX).unwrap();
    let after = x.view(taker.margin).unwrap();
    assert_eq!((after.equity, after.maintenance_margin), (before.equity, 0));
    assert_eq!(x.market(0).insurance, 0);
    assert!(reconcile(&x, &[maker.margin, taker.margin]).balances());
}

/// However long the auction has run, and however small the pieces: what a failing account has left for each
/// atom of requirement does not get less by being liquidated.
#[test]
fn a_late_penalty_leaves_the_ratio_where_it_was() {
    for price in [14_100_000_000, 14_250_000_000] {
        let mut x = localnet();
        let (maker, taker) = traders(&mut x, 1_500, 15_000);
        x.set_price(1, price);
        flag(&mut x, &taker);
        x.chain.advance(30);
        let mut before = x.view(taker.margin).unwrap();
        assert!(before.equity > 100 * DOLLAR);
        for lots in [1, 10, 1_000, 3_000] {
            x.liquidate(&maker, taker.margin, 0, lots).unwrap();
            let after = x.view(taker.margin).unwrap();
            let [then, now] = [
                i128::from(before.equity) * i128::from(after.maintenance_margin),
                i128::from(after.equity) * i128::from(before.maintenance_margin),
            ];
            assert!(now >= then, "{before:?}, then {after:?}");
            before = after;
        }
        assert!(reconcile(&x, &[maker.margin, taker.margin]).balances());
    }
}
