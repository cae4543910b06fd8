//! What all deposits of an asset count for together, on the bytecode.

use counterweight::{Guards, error::ErrorCode};
use counterweight_risk::Ratio;
use counterweight_simnet::{Exchange, Trader};
use counterweight_tests::scene::{DOLLAR, SOL, deployed, refused};

/// Of SOL 1,000 count in full, and 10,000 may be deposited. The initial weight is 80 %, that for maintenance 90 %.
fn venue() -> Exchange {
    deployed(|deployment| {
        deployment.asset[1].full_weight_deposits = 1_000;
        deployment.asset[1].deposit_cap = 10_000;
    })
}

fn holder(x: &mut Exchange, name: &str, sol: u64) -> Trader {
    let trader = x.trader(name);
    x.deposit(&trader, 1, sol * SOL).unwrap();
    trader
}

/// Initial equity (at 149.925 dollars, the low end of the interval) and equity for maintenance, in whole
/// dollars, rounded.
fn dollars(x: &mut Exchange, trader: &Trader) -> [i64; 2] {
    let view = x.view(trader.margin).unwrap();
    [view.initial_equity, view.equity].map(|atoms| (atoms + DOLLAR / 2) / DOLLAR)
}

#[test]
fn deposits_beyond_the_full_ones_lower_the_initial_weight_of_all() {
    let mut x = venue();
    let first = holder(&mut x, "first", 1_000);
    assert_eq!(dollars(&mut x, &first), [119_940, 135_000]);
    let second = holder(&mut x, "second", 3_000);
    // 4,000 SOL count as 1,000 do: a quarter of 80 % each. Nobody is nearer to liquidation by it.
    assert_eq!(dollars(&mut x, &first), [29_985, 135_000]);
    assert_eq!(dollars(&mut x, &second), [89_955, 405_000]);
    let row = x.tables().assets[1];
    assert_eq!(row.deposited, 4_000 * SOL);
    assert_eq!(row.weight_initial.0, Ratio::from_bps_floor(8_000).0 / 4);
    // What leaves makes room again, at once.
    x.withdraw(&second, 1, 3_000 * SOL, Guards::default())
        .unwrap();
    assert_eq!(dollars(&mut x, &first), [119_940, 135_000]);
}

/// The depositor's own tokens count at once: a mountain of a thin token lets nobody take more out or more
/// risk on than the full deposits would, not even in the transaction of the deposit.
#[test]
fn a_mountain_of_a_thin_token_carries_no_more_than_the_full_deposits() {
    let mut x = venue();
    let (whale, maker) = (
        holder(&mut x, "whale", 9_000),
        x.funded("maker", 10_000_000),
    );
    assert_eq!(dollars(&mut x, &whale)[0], 119_939);
    // 120,000 dollars carry 2.3 million dollars of BTC at 5 %, and no more.
    let leg = x.leg(1, 2_600_000);
    refused(
        &mut x,
        &[&whale, &maker],
        ErrorCode::InitialMarginNotMet,
        |x| x.block_trade(&whale, &maker, &[leg]),
    );
    let leg = x.leg(1, 1_000_000);
    x.block_trade(&whale, &maker, &[leg]).unwrap();
    // The cap stands besides.
    let wallet = x.wallet(&whale, 1, 2_000 * SOL);
    let collateral = x.collateral(1);
    let signer = counterweight_simnet::Signer::pubkey(&whale.key);
    let more = x
        .venue
        .deposit(signer, whale.margin, &collateral, wallet, 1_001 * SOL);
    refused(&mut x, &[&whale], ErrorCode::DepositCapReached, |x| {
        x.chain.send(&[more], &[&whale.key])
    });
}
