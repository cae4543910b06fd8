//! What the common refusals cost: the whole transaction of a user who is refused.

use crate::{
    cases::{Cost, measure},
    world::{Bytecode, LotValue, exchange, open, trader},
};
use counterweight::{Guards, LiquidateArgs};
use counterweight_simnet::Signer;

/// Refusals with 8 positions an account.
pub fn all(bytecode: Bytecode) -> Vec<Cost> {
    let mut x = exchange(bytecode, LotValue::Usual);
    let maker = trader(&mut x, "maker", 10_000_000);
    let user = trader(&mut x, "user", 20_000);
    open(&mut x, &user, &maker, 0, 8, 1_000);
    let (venue, quote) = (x.venue, x.collateral(0));
    let wallet = x.wallet(&user, 0, 1_000_000_000);
    let (owner, margin, free) = (user.key.pubkey(), user.margin, Guards::default());
    let mut costs = Vec::new();
    let n = Some(8);

    let stranger = &maker.key;
    let steal = venue.withdraw(stranger.pubkey(), margin, &quote, wallet, 1, free);
    costs.push(measure(
        &mut x,
        "refused: NotOwner",
        n,
        &[steal],
        &[stranger],
        false,
    ));
    let seen = Guards {
        expected_sequence: Some(0),
        ..free
    };
    let late = venue.withdraw(owner, margin, &quote, wallet, 1, seen);
    costs.push(measure(
        &mut x,
        "refused: SequenceChanged",
        n,
        &[late],
        &[&user.key],
        false,
    ));
    let all = venue.withdraw(owner, margin, &quote, wallet, 1_000_000_000_000, free);
    costs.push(measure(
        &mut x,
        "refused: InsufficientBalance",
        n,
        &[all],
        &[&user.key],
        false,
    ));
    let args = LiquidateArgs {
        market: 0,
        max_lots: 1,
        ..LiquidateArgs::default()
    };
    let early = venue.liquidate(stranger.pubkey(), margin, maker.margin, args);
    costs.push(measure(
        &mut x,
        "refused: NotLiquidatable",
        n,
        &[early],
        &[stranger],
        false,
    ));
    let sides = [
        (owner, margin, free),
        (stranger.pubkey(), maker.margin, free),
    ];
    let mut leg = x.leg(0, 10);
    leg.price += leg.price / 10;
    let off = venue.settle_block_trade(sides[0], sides[1], &[leg]);
    let keys = [&user.key, stranger];
    costs.push(measure(
        &mut x,
        "refused: PriceOutsideBand",
        n,
        &[off],
        &keys,
        false,
    ));
    let legs = [x.leg(1, 10), x.leg(0, 10)];
    let unsorted = venue.settle_block_trade(sides[0], sides[1], &legs);
    costs.push(measure(
        &mut x,
        "refused: LegsNotSorted",
        n,
        &[unsorted],
        &keys,
        false,
    ));

    let authority = counterweight_simnet::keypair("authority");
    let pause = venue.pause(authority.pubkey(), 31);
    x.chain.send(&[pause], &[&authority]).expect("pause");
    let paused = venue.deposit(owner, margin, &quote, wallet, 1);
    costs.push(measure(
        &mut x,
        "refused: Paused",
        n,
        &[paused],
        &[&user.key],
        false,
    ));
    let lift = venue.pause(authority.pubkey(), 0);
    x.chain.send(&[lift], &[&authority]).expect("pause");

    // Nearly everything that a refused user pays for here is the check itself.
    let legs = [x.leg(0, 1_000_000)];
    let big = venue.settle_block_trade(sides[0], sides[1], &legs);
    costs.push(measure(
        &mut x,
        "refused: InitialMarginNotMet",
        n,
        &[big],
        &keys,
        false,
    ));
    x.chain.advance(120);
    let stale = venue.withdraw(owner, margin, &quote, wallet, 1, free);
    costs.push(measure(
        &mut x,
        "refused: StalePrice",
        n,
        &[stale],
        &[&user.key],
        false,
    ));
    x.refresh_all();
    x.chain.advance(1);
    let price = x.prices[1];
    x.publish_with(1, price, price.unsigned_abs() / 10, price);
    x.refresh(&[1]).expect("refresh_prices");
    let wide = venue.withdraw(owner, margin, &quote, wallet, 1, free);
    costs.push(measure(
        &mut x,
        "refused: WidePrice",
        n,
        &[wide],
        &[&user.key],
        false,
    ));
    costs
}
