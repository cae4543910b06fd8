//! What options are not offered for, not traded at and not marked by, on the bytecode.

use counterweight::{Leg, error::ErrorCode};
use counterweight_sdk::terms;
use counterweight_simnet::{MarketKind::*, Signer, flat_smile, keypair};
use counterweight_tests::{
    scene::{DOLLAR, assert_numbers, localnet, refused},
    written::{PERPETUAL, SOL, TICK, WEEK, Written, same},
};

/// An asset of localnet that nobody offered options on.
const OTHER: u16 = 2;
/// The perpetual on it.
const OTHERS_PERPETUAL: u16 = 1;

#[test]
fn no_option_on_an_asset_that_has_no_range_to_scan() {
    let mut x = localnet();
    let row = x.tables().markets[usize::from(OTHERS_PERPETUAL)];
    assert_eq!(row.asset, OTHER);
    let expiry = x.chain.time() + WEEK;
    let failure = refused(&mut x, &[], ErrorCode::ParameterOutOfBounds, |x| {
        let added = x.add_option(OTHERS_PERPETUAL, "ETH-C", Call, 10_000, expiry);
        added.map(|_| unreachable!("no option can be priced"))
    });
    assert!(failure.to_string().contains("range_bps"), "{failure}");
    x.offer_options(OTHER);
    x.add_option(OTHERS_PERPETUAL, "ETH-C", Call, 10_000, expiry)
        .unwrap();
}

#[test]
fn what_options_are_priced_by_cannot_be_taken_away_while_they_live() {
    let mut w = Written::new(&[(Call, 150)]);
    let key = w.x.authority.pubkey();
    let agreed = terms::of_asset_risk(&w.tables().assets[usize::from(SOL)]);
    let (mut unscanned, mut unknown) = (agreed, agreed);
    unscanned.scan = Default::default();
    unknown.volatility.base_rate_bps = 0;
    for (taken, field) in [(unscanned, "range_bps"), (unknown, "base_rate_bps")] {
        let failure = refused(&mut w.x, &[], ErrorCode::ParameterOutOfBounds, |x| {
            x.govern(x.venue.set_asset_risk(key, SOL, taken))
        });
        assert!(failure.to_string().contains(field), "{failure}");
    }
    // Other terms may follow.
    let mut wider = agreed;
    wider.scan.range_bps = 250;
    w.x.govern(w.x.venue.set_asset_risk(key, SOL, wider))
        .unwrap();
    // Once the last of them has been settled nothing stands on it.
    let ticks = w.ticks(w.options[0]);
    w.x.govern(w.x.venue.settle_market(key, w.options[0], ticks))
        .unwrap();
    w.x.govern(w.x.venue.set_asset_risk(key, SOL, unscanned))
        .unwrap();
}

#[test]
fn a_block_trade_of_options_stays_near_what_they_are_worth() {
    let mut w = Written::new(&[(Call, 150), (Put, 120)]);
    let [call, put] = [w.options[0], w.options[1]];
    let (buyer, seller) = (same(&w.buyer), same(&w.seller));
    // As wide as that of the perpetual: 3 % of 150 dollars.
    let mark = w.tables().markets[usize::from(call)].array.mark.0 >> 16;
    let high = (mark + 45_000) / TICK;
    let index = w.x.index_ticks(PERPETUAL);
    for price in [high + 1, index] {
        let leg = Leg {
            market: call,
            lots: 10,
            price,
        };
        let failure = refused(
            &mut w.x,
            &[&buyer, &seller],
            ErrorCode::PriceOutsideBand,
            |x| x.block_trade(&buyer, &seller, &[leg]),
        );
        let price = i128::from(price * TICK) << 16;
        assert_numbers(&failure, &[("market", call.into()), ("price", price)]);
    }
    let at = |market: u16, price: u64| Leg {
        market,
        lots: 10,
        price,
    };
    w.x.block_trade(&buyer, &seller, &[at(call, high)]).unwrap();
    // What is worth next to nothing has a price all the same.
    assert!(w.ticks(put) < 50);
    w.x.block_trade(&buyer, &seller, &[at(put, 1)]).unwrap();
    refused(&mut w.x, &[&buyer, &seller], ErrorCode::ZeroQuantity, |x| {
        x.block_trade(&buyer, &seller, &[at(put, 0)])
    });
    assert!(w.view(&buyer).equity < 100_000 * DOLLAR);
    assert!(w.balances(&[]));
}

#[test]
fn a_smile_is_for_options_that_have_not_ended() {
    let mut w = Written::new(&[(Call, 150)]);
    let call = w.options[0];
    let feed = keypair("feed");
    let smile = |w: &mut Written, markets: &[u16], error| {
        let set = w.x.venue.set_smile(feed.pubkey(), markets, flat_smile(38));
        refused(&mut w.x, &[], error, |x| x.chain.send(&[set], &[&feed]))
    };
    // One of them that is none refuses all.
    let failure = smile(&mut w, &[call, PERPETUAL], ErrorCode::NotAnOption);
    assert_numbers(&failure, &[("market", PERPETUAL.into())]);
    smile(&mut w, &[call, 99], ErrorCode::UnknownMarket);
    w.x.chain.set_time(w.expiry);
    w.x.refresh_all();
    let failure = smile(&mut w, &[call], ErrorCode::ContractEnded);
    assert_numbers(&failure, &[("market", call.into())]);
}
