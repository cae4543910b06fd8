//! Transactions as the SDK assembles them: prices refreshed first, limits that were measured, and packets that
//! lookup tables make small enough.

use counterweight::Guards;
use counterweight_sdk::{
    assemble::{Limits, stale, with_limits},
    instructions::resize_margin_account,
};
use counterweight_simnet::{Exchange, PACKET, Signer, Trader, keypair, limit, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, localnet};

/// Positions in so many markets on SOL.
fn wide(x: &mut Exchange, maker: &Trader, name: &str, markets: u16) -> Trader {
    let trader = x.funded(name, 30_000);
    let resize = resize_margin_account(trader.key.pubkey(), trader.margin, 64);
    x.chain.send(&[resize], &[&trader.key]).unwrap();
    let legs: Vec<_> = (0..markets).map(|market| x.leg(market, 6_000)).collect();
    for legs in legs.chunks(8) {
        x.block_trade(&trader, maker, legs).unwrap();
    }
    trader
}

/// The most that a takeover may net fits a packet of 1,232 bytes, and the units that the SDK asks for.
#[test]
fn a_takeover_of_48_netted_markets_fits_one_packet() {
    let mut x = deployed(|deployment| {
        let market = deployment.market[0].clone();
        deployment.market = (0..48)
            .map(|at| {
                let mut market = market.clone();
                (market.name, market.order_slots) = (format!("M{at}"), 0);
                market
            })
            .collect();
        deployment.backstop_daily_loss = 10_000_000;
    });
    x.open_backstop().unwrap();
    let maker = x.funded("maker", 20_000_000);
    let resize = resize_margin_account(maker.key.pubkey(), maker.margin, 64);
    x.chain.send(&[resize], &[&maker.key]).unwrap();
    let (wallet, quote) = (
        x.wallet(&maker, 0, 10_000_000 * DOLLAR as u64),
        x.collateral(0),
    );
    let fund = x.venue.fund_insurance(
        maker.key.pubkey(),
        &quote,
        wallet,
        10_000_000 * DOLLAR as u64,
    );
    x.chain.send(&[fund], &[&maker.key]).unwrap();
    let traders = ["first", "second"].map(|name| wide(&mut x, &maker, name, 48));
    for price in [14_900_000_000, 14_400_000_000, 14_170_000_000] {
        x.set_price(1, price);
    }
    let first = x.venue.resolve_default(traders[0].margin, &[]);
    x.chain.send(&[first], &[]).unwrap();

    let prices: Vec<_> = (1..=3).map(|asset| x.price_account(asset)).collect();
    let addresses = x
        .venue
        .table_addresses(&x.tables(), &x.collaterals, &prices);
    let table = x.chain.place_table(keypair("table").pubkey(), &addresses);
    let markets: Vec<u16> = (0..48).collect();
    let call = x.venue.resolve_default(traders[1].margin, &markets);
    let limits = Limits {
        positions: 48,
        unit_price: 10,
        ..Limits::default()
    };
    let calls = with_limits(vec![call], limits);
    let (receipt, bytes) = x.chain.send_with_tables(&calls, &[], &[table]).unwrap();
    assert!(bytes <= PACKET, "{bytes} bytes");
    assert!(x.margin(&traders[1].margin).positions().is_empty());
    println!("{bytes} bytes, {} units", receipt.units);
    let keys = [traders[0].margin, traders[1].margin, maker.margin];
    assert!(reconcile(&x, &keys).balances());
}

/// An order whose prices are too old goes through with what the SDK puts before it, and is refused without; where
/// nothing is too old, nothing is put there.
#[test]
fn an_order_brings_the_prices_that_it_needs() {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 100_000), x.funded("taker", 100_000));
    let leg = x.leg(1, 1_000);
    x.block_trade(&maker, &taker, &[leg]).unwrap();
    x.chain.advance(100);
    for asset in 1..=3 {
        x.publish(asset, x.prices[usize::from(asset)]);
    }
    let tables = x.tables();
    let margin = x.margin(&maker.margin);
    let now = x.chain.time();
    // BTC by the position, SOL by the order; the quote token has no feed.
    let old = stale(&tables, &[&margin], &[1], 30, now);
    assert_eq!(old, [1, 2]);
    let order = limit(
        counterweight_risk::orders::Side::Buy,
        x.index_ticks(0) - 10,
        100,
    );
    let actor = x.actor(&maker, 0);
    let place = x.venue.place_order(&actor, order, Guards::default(), &[]);
    let alone = with_limits(
        vec![place.clone()],
        Limits {
            positions: 8,
            ..Limits::default()
        },
    );
    assert!(
        x.chain
            .send_with_tables(&alone, &[&maker.key], &[])
            .is_err()
    );
    let keys: Vec<_> = (0..=3)
        .map(|asset| {
            if asset == 0 {
                x.venue.risk_book
            } else {
                x.price_account(asset)
            }
        })
        .collect();
    let calls = x
        .venue
        .refreshed(&old, |asset| keys[usize::from(asset)], vec![place.clone()]);
    assert_eq!(calls.len(), 2);
    let calls = with_limits(
        calls,
        Limits {
            positions: 8,
            ..Limits::default()
        },
    );
    x.chain
        .send_with_tables(&calls, &[&maker.key], &[])
        .unwrap();
    let again = stale(&x.tables(), &[&margin], &[1], 30, now);
    assert!(again.is_empty());
    assert_eq!(
        x.venue
            .refreshed(&again, |_| x.venue.risk_book, vec![place.clone()]),
        [place]
    );
}
