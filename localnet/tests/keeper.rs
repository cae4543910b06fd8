//! The keeper's process: it is started with a configuration that a keeper understands, and ends with the network.
#![cfg(unix)]

mod common;

use common::{DOLLAR, tables};
use counterweight_keeper::config::{self, Signers};
use counterweight_localnet::{Config, Keeper, Localnet, keys};
use solana_signer::Signer;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// A network whose keeper is a shell with this script; `{config}` stands for its configuration.
async fn with_script(name: &str, script: &str) -> (Localnet, PathBuf) {
    let folder = format!("counterweight-localnet-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    let config = Config {
        chores: false,
        keeper: Some(Keeper {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
        }),
        folder: Some(folder.clone()),
        ..Config::quiet()
    };
    (Localnet::start(config).await.expect("it starts"), folder)
}

#[tokio::test]
async fn a_keeper_understands_its_configuration_and_is_asked_to_end() {
    let script = "trap 'echo asked > {config}.end; exit' TERM; while :; do sleep 0.1; done";
    let (mut net, folder) = with_script("asks", script).await;
    assert!(net.addresses().keeper && net.keeper_ended().is_none());

    let config = config::Config::load(Some(&folder.join("keeper.toml"))).expect("it is understood");
    let at = net.addresses();
    assert_eq!(config.cluster.http, at.rpc);
    assert_eq!(config.cluster.ws, at.ws);
    assert_eq!(config.clearinghouse.address.to_string(), at.clearinghouse);
    assert_eq!(config.tables.addresses[0].to_string(), at.lookup_table);
    for asset in at.assets.iter().filter(|asset| asset.oracle != "none") {
        let account = config.duties.prices.accounts[&asset.name].to_string();
        assert_eq!(Some(account), asset.price_account);
    }
    let signers = Signers::load(&config).expect("its key is there");
    assert_eq!(signers.payer.pubkey(), keys::keeper().pubkey());
    let margin = net.venue().margin_account(&signers.trader.pubkey(), 0);
    let found = net.link().account(&margin).await.expect("an answer");
    let account = counterweight_sdk::accounts::margin(&found.expect("an account").data);
    assert!(account.expect("a margin account").header.core.cash.0 > 0);

    net.stop().await.expect("it ends");
    let said = std::fs::read_to_string(folder.join("keeper.toml.end")).expect("it was asked");
    assert_eq!(said, "asked\n");
    std::fs::remove_dir_all(folder).expect("it was ours");
}

#[tokio::test]
async fn a_keeper_that_ends_is_told_of_and_its_chores_are_done() {
    let (mut net, folder) = with_script("ends", "echo no luck; exit 3").await;
    let began = Instant::now();
    let sentence = loop {
        if let Some(sentence) = net.keeper_ended() {
            break sentence;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "it does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let log = folder.join("keeper.log");
    assert!(sentence.contains("exit status: 3"), "{sentence}");
    assert!(sentence.contains(&log.display().to_string()), "{sentence}");
    assert_eq!(std::fs::read_to_string(log).expect("a log"), "no luck\n");
    assert!(net.keeper_ended().is_none(), "told once");
    assert!(!net.addresses().keeper);

    let before = tables(&net).await.assets[1].index;
    net.set_price("SOL", 120 * DOLLAR)
        .await
        .expect("it is published");
    while tables(&net).await.assets[1].index == before {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "nobody refreshes"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    net.stop().await.expect("it ends");
    std::fs::remove_dir_all(folder).expect("it was ours");
}
