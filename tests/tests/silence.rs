//! Positions whose oracle is silent, on the bytecode: they stop nothing but what would happen at their price.

use counterweight::{Guards, error::ErrorCode};
use counterweight_risk::backstop::judged_kindly;
use counterweight_simnet::{Exchange, Trader, reconcile};
use counterweight_tests::{
    hedge::ALL,
    scene::{DOLLAR, localnet, refused},
};

const SOL: u16 = 0;
const BTC: u16 = 1;

/// A trader with 25,000 dollars of BTC on 1,500 dollars, and a few lots of SOL; then BTC falls while SOL is silent.
fn failing(lots: i64, btc: i64) -> (Exchange, Trader, Trader) {
    let mut x = localnet();
    let (maker, victim) = (x.funded("maker", 1_000_000), x.funded("victim", 1_500));
    let legs = [x.leg(SOL, lots), x.leg(BTC, 25_000)];
    x.block_trade(&victim, &maker, &legs).unwrap();
    x.chain.advance(301);
    x.set_price(2, btc);
    (x, maker, victim)
}

/// Dust in a market whose oracle is dead does not shelter the rest of the account.
#[test]
fn a_lot_with_a_dead_oracle_does_not_block_liquidation() {
    let (mut x, maker, victim) = failing(1, 9_630_000_000_000);
    let keeper = x.funded("keeper", 100_000);
    let view = x.view(victim.margin).unwrap();
    assert!(view.equity < view.maintenance_margin && view.equity > 0);
    let lots = |x: &Exchange| x.margin(&victim.margin).positions().to_vec();
    let before = lots(&x);
    x.liquidate(&keeper, victim.margin, BTC, u64::MAX).unwrap();
    let after = lots(&x);
    assert_eq!(after[0], before[0], "the silent leg has not changed hands");
    assert!(
        after
            .get(1)
            .is_none_or(|left| left.lots.0 < before[1].lots.0)
    );
    assert!(reconcile(&x, &[maker.margin, victim.margin, keeper.margin]).balances());
}

/// Nothing changes hands at a silent price, and nothing leaves.
#[test]
fn nothing_changes_hands_at_a_silent_price() {
    let (mut x, maker, victim) = failing(100, 9_630_000_000_000);
    let keeper = x.funded("keeper", 100_000);
    let all = [&maker, &victim, &keeper];
    let stale = ErrorCode::StalePrice;
    refused(&mut x, &all, stale, |x| {
        x.liquidate(&keeper, victim.margin, SOL, u64::MAX)
    });
    refused(&mut x, &all, stale, |x| {
        x.liquidate_slice(&keeper, victim.margin, ALL)
    });
    refused(&mut x, &all, stale, |x| {
        x.withdraw(&victim, 0, 1, Guards::default())
    });
    let leg = x.leg(SOL, -100);
    refused(&mut x, &all, stale, |x| {
        x.block_trade(&victim, &maker, &[leg])
    });
}

/// A liquidator who would have nothing left there is not judged by that price, and still takes nothing at it.
#[test]
fn who_nets_a_silent_position_away_does_not_take_it_either() {
    let (mut x, maker, victim) = {
        let mut x = localnet();
        let (maker, victim) = (x.funded("maker", 1_000_000), x.funded("victim", 1_500));
        let legs = [x.leg(SOL, 100), x.leg(BTC, 25_000)];
        x.block_trade(&victim, &maker, &legs).unwrap();
        (x, maker, victim)
    };
    let keeper = x.funded("keeper", 100_000);
    let leg = x.leg(SOL, -100);
    x.block_trade(&keeper, &maker, &[leg]).unwrap();
    x.chain.advance(301);
    x.set_price(2, 9_500_000_000_000);
    let all = [&maker, &victim, &keeper];
    refused(&mut x, &all, ErrorCode::StalePrice, |x| {
        x.liquidate(&keeper, victim.margin, SOL, u64::MAX)
    });
    refused(&mut x, &all, ErrorCode::StalePrice, |x| {
        x.liquidate_slice(&keeper, victim.margin, ALL)
    });
}

/// Its owner may still reduce what has a price, and add nothing.
#[test]
fn the_owner_reduces_what_has_a_price() {
    let (mut x, maker, victim) = failing(100, 9_630_000_000_000);
    let (less, more) = (x.leg(BTC, -5_000), x.leg(BTC, 1));
    refused(&mut x, &[&maker, &victim], ErrorCode::StalePrice, |x| {
        x.block_trade(&victim, &maker, &[more])
    });
    // The maker's side only reduces too.
    x.block_trade(&victim, &maker, &[less]).unwrap();
    assert!(reconcile(&x, &[maker.margin, victim.margin]).balances());
}

fn insured(x: &mut Exchange) {
    x.open_backstop().unwrap();
    let patron = x.trader("patron");
    let atoms = 100_000 * DOLLAR as u64;
    let (wallet, quote) = (x.wallet(&patron, 0, atoms), x.collateral(0));
    let signer = counterweight_simnet::Signer::pubkey(&patron.key);
    let fund = x.venue.fund_insurance(signer, &quote, wallet, atoms);
    x.chain.send(&[fund], &[&patron.key]).unwrap();
}

/// A default takes everything: dust with a dead oracle does not stop it, a position that could turn the verdict
/// does.
#[test]
fn a_default_grants_a_silent_position_its_whole_notional() {
    // One lot is worth 1.50 dollars; the account lacks some hundreds.
    let (mut x, maker, victim) = failing(1, 9_370_000_000_000);
    insured(&mut x);
    assert!(x.view(victim.margin).unwrap().equity < -50 * DOLLAR);
    x.resolve_default(victim.margin).unwrap();
    assert!(x.margin(&victim.margin).positions().is_empty());
    assert!(reconcile(&x, &[maker.margin, victim.margin]).balances());

    // 300 lots are 450 dollars: more than it lacks.
    let (mut x, maker, victim) = failing(300, 9_370_000_000_000);
    insured(&mut x);
    let lacks = -x.view(victim.margin).unwrap().equity;
    assert!((50 * DOLLAR..400 * DOLLAR).contains(&lacks), "{lacks}");
    let kindly = {
        let (tables, margin) = (x.tables(), x.margin(&victim.margin));
        judged_kindly(&tables.book(), &margin.view(), x.chain.time()).unwrap()
    };
    assert_eq!(kindly.equity.0, 450 * DOLLAR - lacks);
    // At least half of what it needs then: not in default.
    let all = [&maker, &victim];
    if kindly.equity.0 * 2 < kindly.requirement.0 {
        panic!("{kindly:?}");
    }
    refused(&mut x, &all, ErrorCode::NotInDefault, |x| {
        x.resolve_default(victim.margin)
    });
    // With the price back, the verdict is the true one.
    x.set_price(1, 15_000_000_000);
    x.resolve_default(victim.margin).unwrap();
}
