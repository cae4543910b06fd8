//! A network from its start to its end, as those use it who build on it.

mod common;

use common::{DOLLAR, Person, USDC, balance, network, tables};
use counterweight::Guards;
use counterweight_localnet::{Config, Error, Localnet, Ports, keys, token_account};
use counterweight_risk::orders::Side;
use counterweight_simnet::limit;
use serde_json::{Value, json};
use solana_rpc_client_api::client_error::reqwest;
use solana_signer::Signer;
use std::{net::TcpListener, path::PathBuf, time::Duration};

fn ports(net: &Localnet) -> [u16; 3] {
    let at = net.addresses();
    [&at.rpc, &at.ws, &at.faucet].map(|url| url.rsplit(':').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn who_is_given_tokens_deposits_trades_and_withdraws() {
    let net = network().await;
    let (alice, bob) = (
        Person::with(&net, 1, 5_000).await,
        Person::with(&net, 2, 5_000).await,
    );
    let index = tables(&net).await.assets[1].index.0 >> 16;
    let ticks = index / tables(&net).await.markets[0].tick_size;

    // Alice offers, Bob takes and passes her account.
    let ask = net.venue().place_order(
        &alice.actor(0),
        limit(Side::Sell, ticks, 100),
        Guards::default(),
        &[],
    );
    alice.send(&net, vec![ask]).await.expect("it rests");
    let bid = net.venue().place_order(
        &bob.actor(0),
        limit(Side::Buy, ticks, 100),
        Guards::default(),
        &[alice.margin],
    );
    bob.send(&net, vec![bid]).await.expect("it trades");
    let lots = |account: counterweight_sdk::accounts::Margin| account.positions()[0].lots.0;
    assert_eq!(lots(alice.account(&net).await), -100);
    assert_eq!(lots(bob.account(&net).await), 100);

    // What is free leaves, what is needed does not.
    let to = token_account(&bob.key.pubkey(), "USDC");
    let withdraw = |atoms| {
        let (owner, quote) = (bob.key.pubkey(), &net.collaterals()[0]);
        net.venue()
            .withdraw(owner, bob.margin, quote, to, atoms, Guards::default())
    };
    bob.send(&net, vec![withdraw(1_000 * USDC)])
        .await
        .expect("it is free");
    assert_eq!(balance(&net, &to).await, 1_000 * USDC);
    let refused = bob
        .send(&net, vec![withdraw(3_999 * USDC)])
        .await
        .expect_err("it is not free");
    assert!(refused.code().is_some(), "{refused}");
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn prices_of_both_formats_come_into_the_risk_book() {
    let config = Config {
        chores: false,
        ..Config::quiet()
    };
    let net = Localnet::start(config).await.expect("it starts");
    let formats: Vec<&str> = net
        .addresses()
        .assets
        .iter()
        .map(|asset| asset.oracle.as_str())
        .collect();
    assert_eq!(formats, ["none", "pull", "legacy", "pull"]);
    let before = tables(&net).await;
    for (asset, dollars) in [("SOL", 120), ("BTC", 90_000), ("ETH", 3_500)] {
        net.set_price(asset, dollars * DOLLAR)
            .await
            .expect("it is published");
    }
    net.refresh().await.expect("they are taken");
    let after = tables(&net).await;
    for (asset, part) in [(1, 120_000 / 150), (2, 900), (3, 875)] {
        let expected = before.assets[asset].index.0 / 1_000 * part;
        let found = after.assets[asset].index.0;
        assert!(
            found.abs_diff(expected) * 100_000 < expected,
            "asset {asset}: {found}, {expected}"
        );
        assert!(after.assets[asset].publish_time > before.assets[asset].publish_time);
    }

    // A price set again at once is newer all the same, and a silent feed gets none.
    net.set_price("SOL", 121 * DOLLAR)
        .await
        .expect("it is published");
    net.publisher().silence("SOL").expect("it has a feed");
    net.refresh().await.expect("it is taken");
    let (first, second) = (after.assets[1], tables(&net).await.assets[1]);
    assert!(second.index > first.index && second.publish_time > first.publish_time);
    assert!(
        net.set_price("USDC", DOLLAR).await.is_err(),
        "it has no oracle"
    );
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn two_networks_in_one_process_know_nothing_of_each_other() {
    let (one, other) = tokio::join!(network(), network());
    let used: Vec<u16> = [ports(&one), ports(&other)].concat();
    assert!(
        used.iter()
            .all(|port| used.iter().filter(|other| *other == port).count() == 1),
        "{used:?}"
    );
    let rich = Person::with(&one, 7, 100).await;
    let elsewhere = other.link().account(&rich.margin).await.expect("an answer");
    assert!(elsewhere.is_none());

    let freed = ports(&one);
    one.stop().await.expect("it ends");
    for port in freed {
        TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    }
    let before = other
        .link()
        .clock()
        .await
        .expect("the other one lives")
        .slot;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(other.link().clock().await.expect("it lives").slot > before);
    other.stop().await.expect("it ends");
}

#[tokio::test]
async fn a_network_that_is_dropped_ends_too_and_starts_again_on_its_ports() {
    let net = network().await;
    let [rpc, ws, faucet] = ports(&net);
    drop(net);
    let again = Config {
        ports: Ports { rpc, ws, faucet },
        ..Config::quiet()
    };
    let mut outcome = Localnet::start(again.clone()).await;
    for _ in 0..100 {
        // Nobody waited for the ports.
        if !matches!(outcome, Err(Error::PortInUse(..))) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        outcome = Localnet::start(again.clone()).await;
    }
    let net = outcome.expect("it starts again");
    assert_eq!(ports(&net), [rpc, ws, faucet]);
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn what_is_missing_is_named_with_what_to_do() {
    let refused = async |config: Config| match Localnet::start(config).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    };
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = holder.local_addr().expect("an address").port();
    let on = |ports| Config {
        ports,
        ..Config::quiet()
    };
    for (name, ports) in [
        (
            "rpc",
            Ports {
                rpc: taken,
                ..Ports::default()
            },
        ),
        (
            "ws",
            Ports {
                ws: taken,
                ..Ports::default()
            },
        ),
        (
            "faucet",
            Ports {
                faucet: taken,
                ..Ports::default()
            },
        ),
    ] {
        let error = refused(on(ports)).await;
        assert!(
            error.contains(&format!("port {taken} ({name}) is in use")),
            "{error}"
        );
        assert!(error.contains(&format!("--{name}-port")), "{error}");
    }
    let elsewhere = |program: PathBuf| Config {
        program,
        ..Config::quiet()
    };
    let error = refused(elsewhere("no/such.so".into())).await;
    assert!(error.contains("no/such.so: make build-sbf"), "{error}");
    let error = refused(elsewhere(
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into(),
    ))
    .await;
    assert!(
        error.contains("does not run the program") && error.contains("make build-sbf"),
        "{error}"
    );
}

#[tokio::test]
async fn the_faucet_gives_over_http_and_says_what_is_wrong() {
    let folder = std::env::temp_dir().join(format!(
        "counterweight-localnet-test-{}",
        std::process::id()
    ));
    let config = Config {
        folder: Some(folder.clone()),
        ..Config::quiet()
    };
    let net = Localnet::start(config).await.expect("it starts");
    let (url, owner) = (net.addresses().faucet.clone(), keys::trader(77).pubkey());
    let client = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let sent = client
            .post(format!("{url}/{path}"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        let (status, origin) = (
            sent.status().as_u16(),
            sent.headers()["access-control-allow-origin"].clone(),
        );
        assert_eq!(origin, "*", "a page may read it");
        (status, sent.json::<Value>().await.expect("JSON"))
    };
    let gift = |asset: &str, amount: Value| json!({"owner": owner.to_string(), "asset": asset, "amount": amount});

    let (status, answer) = post("faucet", gift("USDC", json!("1500.5"))).await;
    assert_eq!(
        (status, answer["atoms"].as_str()),
        (200, Some("1500500000")),
        "{answer}"
    );
    let (status, _) = post("faucet", gift("USDC", json!(2))).await;
    assert_eq!(status, 200);
    assert_eq!(
        balance(&net, &token_account(&owner, "USDC")).await,
        1_502_500_000
    );
    let (status, _) = post("faucet", gift("lamports", json!(5_000_000))).await;
    let found = net
        .link()
        .account(&owner)
        .await
        .expect("an answer")
        .expect("an account");
    assert_eq!((status, found.lamports), (200, 5_000_000));

    for (body, expected) in [
        (
            gift("DOGE", json!(1)),
            "there is no token DOGE here: USDC, SOL, and lamports",
        ),
        (gift("USDC", json!(0)), "the amount is zero"),
        (gift("USDC", json!("-3")), "\"-3\" is no figure"),
        (gift("USDC", json!("0.0000001")), "more than 6 decimals"),
        (
            json!({"owner": "me", "asset": "USDC", "amount": 1}),
            "\"me\" is no address",
        ),
        (json!({"asset": "USDC"}), "missing field `owner`"),
    ] {
        let (status, answer) = post("faucet", body.clone()).await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(
            status == 400 && error.contains(expected),
            "{body}: {answer}"
        );
    }

    let (status, _) = post("price", json!({"asset": "SOL", "price": "99.5"})).await;
    assert_eq!(
        (status, net.publisher().latest("SOL")),
        (200, Some(9_950_000_000))
    );
    let (status, _) = post("price", json!({"asset": "USDC", "price": "1"})).await;
    assert_eq!(status, 400);

    let told: Value = client
        .get(format!("{url}/localnet.json"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let written = std::fs::read_to_string(folder.join("localnet.json")).expect("a file");
    assert_eq!(told, serde_json::from_str::<Value>(&written).expect("JSON"));
    assert_eq!(told["markets"][1]["name"], "BTC-PERP");
    let key = std::fs::read_to_string(folder.join("authority.json")).expect("a key");
    let key: Vec<u8> = serde_json::from_str(&key).expect("a list of bytes");
    assert_eq!(key, keys::authority().to_bytes());
    net.stop().await.expect("it ends");
    std::fs::remove_dir_all(folder).expect("it was ours");
}
