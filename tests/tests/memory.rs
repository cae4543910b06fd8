//! The chain gives a program 32 kB of memory, and takes none back: the largest that one instruction can
//! have to tell must fit.

use counterweight::{OrderArgs, PriceArgs, Quote, QuotesArgs, error::ErrorCode};
use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, Trader, limit};
use counterweight_tests::scene::deployed;

const SOL_PERP: u16 = 0;

fn quotes(side: Side, ticks: u64) -> QuotesArgs {
    let quote = |n| Quote {
        side,
        price: PriceArgs::Fixed(ticks),
        lots: 10,
        client_id: n,
    };
    QuotesArgs {
        cancel: None,
        quotes: (0..16).map(quote).collect(),
        slide: false,
        expires: 0,
    }
}

/// A book with room for 74 orders whose asks are full, and in which so many times 16 bids have become too
/// dear: the index has fallen below their band.
fn crowded(bids: usize) -> (Exchange, Trader) {
    let mut x = deployed(|deployment| deployment.market[0].order_slots = 20);
    let (own, other) = (x.funded("own", 1_000_000), x.funded("other", 1_000_000));
    let mid = x.index_ticks(SOL_PERP);
    for _ in 0..bids {
        let bids = quotes(Side::Buy, mid);
        x.quotes(&other, SOL_PERP, bids).unwrap();
    }
    for _ in 0..2 {
        let asks = quotes(Side::Sell, mid + 100);
        x.quotes(&other, SOL_PERP, asks).unwrap();
    }
    for n in 0..5 {
        let ask = limit(Side::Sell, mid + 90 - n, 10);
        x.order(&other, SOL_PERP, ask, &[]).unwrap();
    }
    let price = x.prices[1];
    x.chain.advance(20);
    x.set_price(1, price - price / 25);
    (x, own)
}

#[test]
fn a_requote_may_sweep_16_dead_orders_and_make_room_16_times() {
    let (mut x, own) = crowded(1);
    let sells = quotes(Side::Sell, x.index_ticks(SOL_PERP) + 50);
    x.quotes(&own, SOL_PERP, sells).unwrap();
    assert_eq!(x.order_book(SOL_PERP).queue.len(), 32);
}

#[test]
fn a_requote_that_would_have_to_sweep_more_is_refused_with_a_reason() {
    let (mut x, own) = crowded(2);
    let ticks = x.index_ticks(SOL_PERP) + 50;
    let sells = quotes(Side::Sell, ticks);
    let failure = x.quotes(&own, SOL_PERP, sells.clone()).unwrap_err();
    assert!(failure.is(ErrorCode::PostOnlyWouldCross), "{failure}");
    // What anyone sweeps by taking is out of the way.
    let sweep = OrderArgs {
        match_limit: 32,
        ..limit(Side::Sell, ticks, 10)
    };
    x.order(&own, SOL_PERP, sweep, &[]).unwrap();
    x.quotes(&own, SOL_PERP, sells).unwrap();
}
