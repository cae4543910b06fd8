//! Portfolio margin and options: they are marked and quoted, and a hedge bought there lowers what an account needs.

mod common;

use common::{DOLLAR, Person, tables};
use counterweight::{Guards, TradeArgs};
use counterweight_localnet::{Config, Localnet};
use counterweight_risk::{account::MODEL_PORTFOLIO, orders::Side};
use counterweight_sdk::{accounts, preview};
use std::time::{Duration, Instant};

/// The perpetual, and the put of two weeks.
const PERPETUAL: u16 = 0;
const PUT: u16 = 3;
/// Lots of both: 20 SOL.
const LOTS: u64 = 2_000;

/// Waits for something, not for ever.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(
            began.elapsed() < Duration::from_secs(40),
            "{what}: not after 40 seconds"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What a lot of a market is worth now, in ticks; none where an option's array is too old or too far.
async fn worth(net: &Localnet, market: u16) -> Option<u64> {
    let (tables, now) = (tables(net).await, net.link().clock().await.expect("a time"));
    let row = &tables.markets[usize::from(market)];
    let asset = &tables.assets[usize::from(row.asset)];
    let priced = row.priced(market, asset, now.time).ok()?;
    Some((priced.index.0 >> 16) / row.tick_size)
}

/// Bids and asks at fixed prices.
async fn resting(net: &Localnet, market: u16) -> [usize; 2] {
    let key = net.venue().market(market);
    let found = net.link().account(&key).await.expect("an answer");
    let book = accounts::order_book(&found.expect("a market").data).expect("a market");
    [Side::Buy, Side::Sell].map(|side| book.resting(side, false).count())
}

/// Whether it buys at a price that its maker asks.
async fn buys(net: &Localnet, person: &Person, market: u16) -> bool {
    let Some(worth) = worth(net, market).await else {
        return false;
    };
    let args = TradeArgs {
        side: Side::Buy,
        lots: LOTS,
        limit: worth + worth / 50 + 2,
        reduce_only: false,
    };
    let trade = net
        .venue()
        .trade(&person.actor(market), args, Guards::default(), &[]);
    let sent = person.send(net, vec![trade]).await;
    if let Err(error) = &sent {
        eprintln!("market {market}: {error}");
    }
    sent.is_ok()
}

async fn maintenance(net: &Localnet, person: &Person) -> i64 {
    let (tables, now) = (tables(net).await, net.link().clock().await.expect("a time"));
    let view = preview::margin_view(&tables, &person.account(net).await, now.time);
    view.expect("a view").maintenance_margin
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_are_quoted_and_a_put_lowers_what_its_account_needs() {
    let config = Config {
        makers: true,
        options: true,
        ..Config::quiet()
    };
    let net = Localnet::start(config).await.expect("it starts");
    let markets = &net.addresses().markets;
    let names: Vec<_> = markets.iter().map(|market| market.name.as_str()).collect();
    assert_eq!(names[usize::from(PUT)], "SOL-2W-140-P");
    assert_eq!(names.len(), 7);
    for market in PUT..7 {
        until("both sides of an option's book", async || {
            resting(&net, market).await.iter().all(|side| *side == 3)
        })
        .await;
    }

    let person = Person::with(&net, 11, 3_000).await;
    for market in [PERPETUAL, PUT] {
        until("what it buys", async || buys(&net, &person, market).await).await;
    }
    let standard = maintenance(&net, &person).await;
    let (owner, guards) = (
        solana_signer::Signer::pubkey(&person.key),
        Guards::default(),
    );
    let choose = net
        .venue()
        .set_risk_model(owner, person.margin, MODEL_PORTFOLIO, guards);
    person
        .send(&net, vec![choose])
        .await
        .expect("it is offered");
    let portfolio = maintenance(&net, &person).await;
    assert!(
        portfolio > 0 && portfolio < standard,
        "{standard} {portfolio}"
    );

    // Farther than an array may be from the index: it is computed anew, and quoted around.
    let before = worth(&net, PUT).await.expect("a price");
    net.set_price("SOL", 146 * DOLLAR)
        .await
        .expect("it is published");
    until("a dearer put", async || {
        worth(&net, PUT)
            .await
            .is_some_and(|now| now > before * 13 / 10)
    })
    .await;
    until("it is sold at its new price", async || {
        buys(&net, &person, PUT).await
    })
    .await;
    net.stop().await.expect("it ends");
}
