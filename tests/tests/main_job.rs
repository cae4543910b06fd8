//! The main job, end to end on the bytecode: deposit once, hold positions, be judged as a whole, be
//! liquidated by anybody.

use counterweight_sdk::preview;
use counterweight_simnet::{Deployment, Exchange, Start, reconcile};

#[test]
fn an_account_is_judged_as_a_whole_and_liquidated_by_anybody() {
    let mut x = Exchange::new(Deployment::localnet(), Start::default());
    let maker = x.funded("maker", 1_000_000);
    let long = x.funded("long", 1_500);
    let keeper = x.funded("keeper", 100_000);
    let accounts = [maker.margin, long.margin, keeper.margin];

    // 150 SOL at 150 dollars: 22,500 of notional on 1,500 of collateral.
    let leg = x.leg(0, 15_000);
    x.block_trade(&long, &maker, &[leg]).unwrap();
    let before = x.view(long.margin).unwrap();
    assert!(before.equity > before.initial_margin && before.can_add_risk);
    assert!(reconcile(&x, &accounts).balances());

    let code = x
        .liquidate(&keeper, long.margin, 0, u64::MAX)
        .unwrap_err()
        .code;
    assert_eq!(code, Some(6500), "a healthy account cannot be liquidated");

    x.set_price(1, 14_400_000_000); // −4 %
    let failing = x.view(long.margin).unwrap();
    assert!(failing.equity < failing.maintenance_margin);
    assert_eq!(
        failing,
        preview::margin_view(&x.tables(), &x.margin(&long.margin), x.chain.time()).unwrap()
    );

    let receipt = x.liquidate(&keeper, long.margin, 0, u64::MAX).unwrap();
    println!("liquidate: {} compute units", receipt.units);
    let after = x.view(long.margin).unwrap();
    assert!(
        after.equity * 10 >= after.maintenance_margin * 11,
        "restored to the buffer"
    );
    let left = x.margin(&long.margin).positions()[0].lots.0;
    assert!(left > 0 && left < 15_000, "partially: {left} lots left");
    assert_eq!(
        x.margin(&keeper.margin).positions()[0].lots.0,
        15_000 - left
    );
    let sums = reconcile(&x, &accounts);
    assert!(sums.balances(), "{sums:?}");
    assert!(sums.insurance > 0 && sums.fees > 0);
}
