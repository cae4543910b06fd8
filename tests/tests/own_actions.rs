//! What an account's own actions do and do not get around.

use counterweight::{Guards, error::ErrorCode, events::LiquidationFlagged};
use counterweight_sdk::events;
use counterweight_simnet::{Deployment, Exchange, Signer, Start};
use counterweight_tests::assert_refused;

#[test]
fn a_deposit_that_restores_an_account_ends_its_liquidation_with_an_event() {
    let mut x = Exchange::new(Deployment::localnet(), Start::default());
    let maker = x.funded("maker", 1_000_000);
    let long = x.funded("long", 1_500);
    let leg = x.leg(0, 15_000);
    x.block_trade(&long, &maker, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000); // −4 %
    let flag = x.venue.flag_account(long.margin);
    x.chain.send(&[flag], &[]).unwrap();
    let start = x.margin(&long.margin).header.core.liquidation_start;
    assert_eq!(start, x.chain.time());

    // Too little to restore: still in liquidation, and no event says otherwise.
    let receipt = x.deposit(&long, 0, 1_000_000).unwrap();
    assert!(events::of_type::<LiquidationFlagged>(&receipt.logs).is_empty());
    assert_eq!(x.margin(&long.margin).header.core.liquidation_start, start);

    let receipt = x.deposit(&long, 0, 1_000_000_000).unwrap();
    let ended = events::of_type::<LiquidationFlagged>(&receipt.logs);
    assert_eq!(
        (ended.len(), ended[0].start, ended[0].account),
        (1, 0, long.margin)
    );
    assert_eq!(x.margin(&long.margin).header.core.liquidation_start, 0);
}

#[test]
fn a_clients_limit_on_price_age_holds_for_a_trade_that_only_reduces() {
    let mut x = Exchange::new(Deployment::localnet(), Start::default());
    let maker = x.funded("maker", 1_000_000);
    let trader = x.funded("trader", 10_000);
    let legs = [x.leg(0, 1_000), x.leg(2, 1_000)];
    x.block_trade(&trader, &maker, &legs).unwrap();

    // SOL is fresh; ETH, which the trade does not touch, is 40 seconds old.
    x.chain.advance(40);
    x.set_price(1, 15_000_000_000);
    let leg = x.leg(0, -500);
    let strict = Guards {
        max_price_age: Some(5),
        ..Guards::default()
    };
    let (venue, owner, other) = (x.venue, trader.key.pubkey(), maker.key.pubkey());
    let trade = |guards: Guards| {
        let first = (owner, trader.margin, guards);
        venue.settle_block_trade(first, (other, maker.margin, Guards::default()), &[leg])
    };
    let keys = [&trader.key, &maker.key];
    assert_refused(
        &mut x,
        &[trader.margin, maker.margin],
        ErrorCode::StalePrice,
        |x| x.chain.send(&[trade(strict)], &keys),
    );
    x.chain.send(&[trade(Guards::default())], &keys).unwrap();
}
