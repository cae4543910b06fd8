//! Bringing prices into the risk book: both Pyth formats, several at once, by anyone.

use counterweight::{
    OracleChoice,
    oracle::{PYTH_LEGACY_DEVNET, PYTH_RECEIVER_SECOND},
};
use counterweight_risk::Price;
use counterweight_simnet::{Exchange, LegacyPrice, PullPrice, Signer, keypair, name16};
use counterweight_tests::scene::{deployed, localnet};

/// A dollar price at exponent −8 as quote atoms a lot, 48.16.
fn risk_price(price: i64, lot_exponent: i32) -> Price {
    let power = 8 - 6 - lot_exponent; // from 10^-8 dollars a unit to quote atoms a lot
    Price((price as u64) * 65_536 / 10u64.pow(power as u32))
}

#[test]
fn a_pull_price_becomes_quote_atoms_per_lot() {
    let mut x = localnet();
    x.chain.advance(60);
    x.publish_with(1, 15_679_769_099, 16_197_271, 15_660_921_800);
    x.refresh(&[1]).unwrap();
    let row = x.tables().assets[1];
    assert_eq!(row.index, risk_price(15_679_769_099, -2));
    assert_eq!(row.average, risk_price(15_660_921_800, -2));
    assert_eq!(
        row.confidence.0,
        risk_price(16_197_271, -2).0 + 1,
        "rounds up"
    );
    assert_eq!(
        (row.publish_time, row.posted_slot),
        (x.chain.time(), x.chain.slot())
    );
    assert_eq!(row.price_flags, 0);
    // The stable price follows by 1 % a minute: from 150 to 151.5.
    assert!(
        row.stable < row.index && row.stable.0.abs_diff(risk_price(15_150_000_000, -2).0) < 1 << 18
    );
    assert_eq!(row.initial_low, row.stable);
}

#[test]
fn a_legacy_price_becomes_quote_atoms_per_lot() {
    let mut x = localnet();
    x.chain.advance(1);
    x.publish_with(2, 10_100_000_000_000, 5_000_000_000, 10_050_000_000_000);
    x.refresh(&[2]).unwrap();
    let row = x.tables().assets[2];
    assert_eq!(row.index, risk_price(10_100_000_000_000, -5));
    assert_eq!(row.average, risk_price(10_050_000_000_000, -5));
    assert_eq!(
        (row.publish_time, row.posted_slot),
        (x.chain.time(), x.chain.slot())
    );
}

#[test]
fn several_prices_of_both_formats_come_in_one_instruction_in_any_order() {
    let mut x = localnet();
    x.chain.advance(5);
    let prices = [
        (3, 401_000_000_000),
        (1, 15_100_000_000),
        (2, 10_100_000_000_000),
    ];
    for (asset, price) in prices {
        x.publish(asset, price);
    }
    x.refresh(&[3, 1, 2]).unwrap();
    let tables = x.tables();
    assert_eq!(tables.assets[1].index, risk_price(15_100_000_000, -2));
    assert_eq!(tables.assets[2].index, risk_price(10_100_000_000_000, -5));
    assert_eq!(tables.assets[3].index, risk_price(401_000_000_000, -3));
    // None at all is no mistake either.
    x.refresh(&[]).unwrap();
}

#[test]
fn a_price_that_is_recorded_already_is_accepted_and_changes_nothing() {
    let mut x = localnet();
    let before = x.chain.data(&x.venue.risk_book);
    x.refresh(&[1, 2, 3]).unwrap();
    x.refresh(&[1, 1]).unwrap();
    // The same publish time with another price is not another price.
    x.publish(1, 1);
    x.refresh(&[1]).unwrap();
    assert_eq!(x.chain.data(&x.venue.risk_book), before);
}

#[test]
fn prices_are_refreshed_in_the_transaction_that_needs_them() {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 10_000), x.funded("taker", 10_000));
    x.chain.advance(1_000);
    x.publish(1, 15_200_000_000);
    let refresh = x.refresh_instruction(&[1]);
    let mut leg = x.leg(0, 10);
    leg.price = 15_200;
    let sides = (
        (taker.key.pubkey(), taker.margin, Default::default()),
        (maker.key.pubkey(), maker.margin, Default::default()),
    );
    let trade = x.venue.settle_block_trade(sides.0, sides.1, &[leg]);
    x.chain
        .send(&[refresh, trade], &[&maker.key, &taker.key])
        .unwrap();
    assert_eq!(
        x.margin(&taker.margin).positions()[0].quote.0,
        -10 * 1_520_000
    );
}

#[test]
fn a_publish_time_up_to_30_seconds_ahead_is_a_clock_that_lags() {
    let mut x = localnet();
    let time = x.chain.time();
    x.chain.set_time(time + 30);
    x.publish(1, 15_000_000_000);
    x.chain.set_time(time);
    x.refresh(&[1]).unwrap();
    assert_eq!(x.tables().assets[1].publish_time, time + 30);
}

/// Adds an asset that reads another deployment of Pyth.
fn add(x: &mut Exchange, kind: u8, owner: anchor_lang::prelude::Pubkey, feed: [u8; 32]) -> u16 {
    let setup = counterweight::AssetSetup {
        name: name16("JUP"),
        oracle: OracleChoice { kind, owner, feed },
        lot_exponent: 0,
        decimals: 6,
        terms: x.deployment.asset[2].terms(false),
    };
    let index = x.tables().header.asset_count;
    x.govern(x.venue.add_asset(x.authority.pubkey(), setup))
        .unwrap();
    index
}

#[test]
fn pyths_other_deployments_are_read_as_well() {
    let mut x = localnet();
    let key = keypair("price JUP").pubkey();
    let pull = add(&mut x, 1, PYTH_RECEIVER_SECOND, [7; 32]);
    let update = PullPrice {
        feed: [7; 32],
        price: 50,
        confidence: 0,
        average: 50,
        exponent: -2,
        publish_time: x.chain.time(),
        posted_slot: 1,
        fully_verified: true,
    };
    x.chain.set_pull_price(key, &update);
    let data = x.chain.data(&key);
    x.chain.set_account(key, PYTH_RECEIVER_SECOND, data);
    x.chain
        .send(&[x.venue.refresh_prices(&[(pull, key)])], &[])
        .unwrap();
    assert_eq!(x.tables().assets[usize::from(pull)].index.0, 500_000 << 16);

    let legacy = add(&mut x, 2, PYTH_LEGACY_DEVNET, key.to_bytes());
    let update = LegacyPrice {
        price: 7,
        confidence: 0,
        average: 7,
        exponent: 0,
        publish_time: x.chain.time(),
        slot: 1,
        trading: true,
    };
    x.chain.set_legacy_price(key, &update);
    let data = x.chain.data(&key);
    x.chain.set_account(key, PYTH_LEGACY_DEVNET, data);
    x.chain
        .send(&[x.venue.refresh_prices(&[(legacy, key)])], &[])
        .unwrap();
    assert_eq!(
        x.tables().assets[usize::from(legacy)].index.0,
        7_000_000 << 16
    );
}

#[test]
fn a_quote_token_below_par_makes_every_price_dearer_in_it() {
    let mut x = deployed(|deployment| deployment.asset[0].oracle = "pull".into());
    assert_eq!(x.tables().assets[1].index, risk_price(15_000_000_000, -2));
    x.chain.advance(1);
    x.publish(0, 98_000_000);
    x.publish(1, 14_700_000_000);
    x.refresh(&[0, 1]).unwrap();
    // 147 dollars are 150 quote tokens of 98 cents, to the rounding.
    let found = x.tables().assets[1].index.0;
    assert!(
        risk_price(15_000_000_000, -2).0.abs_diff(found) < 1 << 8,
        "{found}"
    );
}
