//! How fast a local network starts, and how many transactions it carries out: the figures of docs/localnet.md.
//!
//! ```sh
//! cargo run --locked -p counterweight-localnet --example measure
//! ```

use counterweight_link::Draft;
use counterweight_localnet::{Config, Localnet};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Senders at a time.
const SENDERS: u8 = 16;
/// How long is measured.
const TIME: Duration = Duration::from_secs(20);

/// Somebody with a margin account and USDC in it.
async fn sender(net: &Localnet, seed: u8) -> Result<Keypair, Box<dyn std::error::Error>> {
    let key = Keypair::new_from_array([seed + 1; 32]);
    let owner = key.pubkey();
    net.faucet().lamports(&owner, 10_000_000_000).await?;
    let source = net.faucet().give(&owner, "USDC", 1_000_000).await?;
    let margin = net.venue().margin_account(&owner, 0);
    let open = net.venue().open_margin_account(owner, 0);
    let deposit = net
        .venue()
        .deposit(owner, margin, &net.collaterals()[0], source, 1_000_000);
    net.link()
        .send(&Draft::new(&key, vec![open, deposit], 1))
        .await?;
    Ok(key)
}

/// Transactions that were carried out a second, confirmed one by one by each sender.
async fn throughput(
    net: &Localnet,
    keys: &[Arc<Keypair>],
    preflight: bool,
) -> Result<f64, Box<dyn std::error::Error>> {
    let done = Arc::new(AtomicU64::new(0));
    let (began, mut sending) = (Instant::now(), JoinSet::new());
    for key in keys {
        let (link, venue, key, done) =
            (net.link().clone(), *net.venue(), key.clone(), done.clone());
        sending.spawn(async move {
            let margin = venue.margin_account(&key.pubkey(), 0);
            let mut number = 0u8;
            while began.elapsed() < TIME {
                number = number.wrapping_add(1);
                let delegate = anchor_lang::prelude::Pubkey::new_from_array([number; 32]);
                let change =
                    counterweight_sdk::instructions::set_delegate(key.pubkey(), margin, delegate);
                let draft = Draft {
                    preflight,
                    ..Draft::new(&key, vec![change], 1)
                };
                if link.send(&draft).await.is_ok() {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    sending.join_all().await;
    Ok(done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64())
}

/// Transactions that the network carries out a second, when they are sent as fast as it takes them and nobody waits
/// for one.
async fn flood(net: &Localnet, keys: &[Arc<Keypair>]) -> Result<f64, Box<dyn std::error::Error>> {
    let count = async || -> Result<u64, Box<dyn std::error::Error>> {
        let answer = net.link().call("getTransactionCount", json!([])).await?;
        Ok(answer.as_u64().unwrap_or(0))
    };
    let (before, began, mut sending) = (count().await?, Instant::now(), JoinSet::new());
    for key in keys {
        let (link, venue, key) = (net.link().clone(), *net.venue(), key.clone());
        sending.spawn(async move {
            let margin = venue.margin_account(&key.pubkey(), 0);
            for number in 0u64.. {
                if began.elapsed() > TIME {
                    break;
                }
                let Ok((hash, _)) = link.blockhash().await else {
                    continue;
                };
                let mut delegate = [7; 32];
                delegate[..8].copy_from_slice(&number.to_le_bytes());
                let change = counterweight_sdk::instructions::set_delegate(
                    key.pubkey(),
                    margin,
                    delegate.into(),
                );
                let Ok(transaction) = Draft::new(&key, vec![change], 1).sign(hash) else {
                    continue;
                };
                let bytes = bincode_of(&transaction);
                let params = json!([bytes, {"encoding": "base64", "skipPreflight": true}]);
                let _: Result<Value, _> = link.call("sendTransaction", params).await;
            }
        });
    }
    sending.join_all().await;
    let sent = began.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok((count().await? - before) as f64 / sent)
}

fn bincode_of(transaction: &solana_transaction::versioned::VersionedTransaction) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut bytes = vec![transaction.signatures.len() as u8];
    for signature in &transaction.signatures {
        bytes.extend_from_slice(signature.as_ref());
    }
    bytes.extend_from_slice(&transaction.message.serialize());
    STANDARD.encode(bytes)
}

/// Memory of this process in megabytes.
fn megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1_000
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = |slot| Config {
        slot: Duration::from_millis(slot),
        ..Config::quiet()
    };
    for slot in [400, 50] {
        let began = Instant::now();
        let net = Localnet::start(config(slot)).await?;
        println!(
            "slots of {slot} ms: started in {:.1} s",
            began.elapsed().as_secs_f64()
        );
        if slot == 400 {
            let mut keys = Vec::new();
            for seed in 0..SENDERS {
                keys.push(Arc::new(sender(&net, seed).await?));
            }
            println!("memory at the start: {} MB", megabytes());
            for preflight in [true, false] {
                let rate = throughput(&net, &keys, preflight).await?;
                println!(
                    "{SENDERS} senders, each waits for its confirmation, preflight {preflight}: {rate:.0} a second"
                );
            }
            println!(
                "sent without waiting: {:.0} a second",
                flood(&net, &keys).await?
            );
            println!("memory at the end: {} MB", megabytes());
        }
        let began = Instant::now();
        net.stop().await?;
        println!("ended in {:.1} s", began.elapsed().as_secs_f64());
    }
    Ok(())
}
