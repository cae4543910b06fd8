//! Makers and traders: the network lives by itself.

mod common;

use common::{Person, tables};
use counterweight::{Guards, TradeArgs};
use counterweight_localnet::{Config, Counted, Localnet, Source};
use counterweight_risk::orders::Side;
use counterweight_sdk::accounts;
use std::time::{Duration, Instant};

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

async fn resting(net: &Localnet, market: u16) -> [usize; 2] {
    let key = net.venue().market(market);
    let data = net
        .link()
        .account(&key)
        .await
        .expect("an answer")
        .expect("a market")
        .data;
    let book = accounts::order_book(&data).expect("a market");
    [Side::Buy, Side::Sell]
        .map(|side| book.resting(side, true).count() + book.resting(side, false).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn makers_quote_traders_trade_and_prices_move() {
    let config = Config {
        makers: true,
        traders: 3,
        prices: Source::Trending,
        time_scale: 20,
        ..Config::quiet()
    };
    let net = Localnet::start(config).await.expect("it starts");
    for market in 0..3 {
        until("both sides of every book", async || {
            resting(&net, market).await.iter().all(|side| *side >= 5)
        })
        .await;
    }
    let start = tables(&net).await.assets[1].index;
    until("a trade", async || {
        let (line, _) = net.status(Counted::default()).await.expect("a status");
        assert!(
            line.contains("no keeper") && line.contains("SOL "),
            "{line}"
        );
        !line.contains("| 0 trades") && !line.contains(", 0 USDC")
    })
    .await;
    until("another price", async || {
        tables(&net).await.assets[1].index != start
    })
    .await;

    // Somebody else takes, and passes nobody's account: the level at a fixed price is there for him, and the fill waits
    // in the queue until the chores bring it to the maker.
    let person = Person::with(&net, 9, 2_000).await;
    let key = net.venue().market(0);
    until("a trade of one who passes no maker", async || {
        let row = tables(&net).await;
        let index = (row.assets[1].index.0 >> 16) / row.markets[0].tick_size;
        let args = TradeArgs {
            side: Side::Buy,
            lots: 20,
            limit: index * 101 / 100,
            reduce_only: false,
        };
        let trade = net
            .venue()
            .trade(&person.actor(0), args, Guards::default(), &[]);
        person.send(&net, vec![trade]).await.is_ok()
    })
    .await;
    until("an empty queue", async || {
        let data = net
            .link()
            .account(&key)
            .await
            .expect("an answer")
            .expect("a market")
            .data;
        accounts::order_book(&data)
            .expect("a market")
            .queue
            .is_empty()
    })
    .await;
    assert_eq!(person.account(&net).await.positions()[0].lots.0, 20);
    net.stop().await.expect("it ends");
}
