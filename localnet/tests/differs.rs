//! What docs/localnet.md says of this network: what it does as a cluster does, and what it does not.

mod common;

use anchor_lang::{Discriminator, prelude::Pubkey};
use common::{DOLLAR, Person, USDC, network};
use counterweight::{Guards, state::MarginAccount};
use counterweight_link::{Draft, Filter, SendError};
use counterweight_localnet::{Localnet, keys, token_account};
use counterweight_sdk::{PROGRAM_ID, accounts, assemble::v0, instructions::set_delegate};
use serde_json::{Value, json};
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::{
    client_error::reqwest,
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig},
    filter::{Memcmp, RpcFilterType},
};
use solana_signer::Signer;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where a margin account names its clearinghouse.
const CLEARINGHOUSE: usize = 8 + core::mem::offset_of!(MarginAccount, clearinghouse);

async fn call(net: &Localnet, method: &str, params: Value) -> Value {
    let answer = net.link().call(method, params).await;
    answer.unwrap_or_else(|error| panic!("{method}: {error}"))
}

fn margins(net: &Localnet, slice: Option<(usize, usize)>) -> Filter {
    Filter {
        discriminator: MarginAccount::DISCRIMINATOR.try_into().expect("8 bytes"),
        clearinghouse: Some((CLEARINGHOUSE, net.venue().clearinghouse)),
        slice,
    }
}

/// Changes nothing but the delegate and the sequence.
async fn touch(net: &Localnet, person: &Person, delegate: u8) {
    let owner = person.key.pubkey();
    let delegate = Pubkey::new_from_array([delegate; 32]);
    let touch = set_delegate(owner, person.margin, delegate);
    person
        .send(net, vec![touch])
        .await
        .expect("it is the owner");
}

async fn lamports(net: &Localnet, key: &Pubkey) -> u64 {
    net.link()
        .account(key)
        .await
        .expect("an answer")
        .map_or(0, |found| found.lamports)
}

#[tokio::test]
async fn accounts_are_found_by_what_they_hold_and_cut_afterwards() {
    let net = network().await;
    let (alice, bob) = (
        Person::with(&net, 1, 50).await,
        Person::with(&net, 2, 50).await,
    );
    // The backstop is a margin account, too.
    let mut expected = [alice.margin, bob.margin, net.venue().backstop()];
    expected.sort_unstable();
    for (slice, length) in [(Some((0, 0)), 0), (Some((8, 16)), 16)] {
        let found = net
            .link()
            .program_accounts(&margins(&net, slice))
            .await
            .expect("an answer");
        let mut keys: Vec<Pubkey> = found.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        assert_eq!(keys, expected);
        assert!(found.iter().all(|(_, found)| found.data.len() == length));
    }
    let stranger = Pubkey::new_from_array([9; 32]);
    let found = net
        .link()
        .accounts(&[alice.margin, stranger, bob.margin])
        .await
        .expect("an answer");
    let there: Vec<bool> = found.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false, true]);
    assert!(
        found[0]
            .as_ref()
            .is_some_and(|found| found.owner == PROGRAM_ID)
    );
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn a_transaction_is_carried_out_once_and_grows_old() {
    let net = network().await;
    let alice = Person::with(&net, 1, 50).await;
    let (hash, height) = net.link().blockhash().await.expect("an answer");
    let view = vec![net.venue().margin_view(alice.margin)];
    let transaction = Draft::new(&alice.key, view, 0)
        .sign(hash)
        .expect("it is signed");
    let before = lamports(&net, &alice.key.pubkey()).await;
    for preflight in [true, false, true] {
        let sent = net.link().deliver(&transaction, height, preflight).await;
        assert_eq!(
            sent.expect("it is carried out").signature,
            transaction.signatures[0]
        );
    }
    assert_eq!(
        lamports(&net, &alice.key.pubkey()).await,
        before - 5_000,
        "paid for once"
    );

    let began = Instant::now();
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("finalized")) && began.elapsed() < Duration::from_secs(20) {
        let signature = json!([[transaction.signatures[0].to_string()]]);
        let status =
            call(&net, "getSignatureStatuses", signature).await["value"][0]["confirmationStatus"]
                .take();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(seen, [json!("confirmed"), json!("finalized")]);
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn a_refusal_has_code_and_log_in_the_preflight_and_costs_a_fee_without() {
    let net = network().await;
    let alice = Person::with(&net, 1, 50).await;
    let (owner, to) = (
        alice.key.pubkey(),
        token_account(&alice.key.pubkey(), "USDC"),
    );
    let withdraw = net.venue().withdraw(
        owner,
        alice.margin,
        &net.collaterals()[0],
        to,
        51 * USDC,
        Guards::default(),
    );
    let mut draft = Draft::new(&alice.key, vec![withdraw], 8);
    let before = lamports(&net, &owner).await;
    let (simulated, refused) = (
        net.link().simulate(&draft).await,
        net.link().send(&draft).await,
    );
    assert_eq!(lamports(&net, &owner).await, before);
    draft.preflight = false;
    let failed = net
        .link()
        .send(&draft)
        .await
        .expect_err("it is more than there is");
    assert_eq!(lamports(&net, &owner).await, before - 5_000);
    let mut logs = Vec::new();
    for error in [
        simulated.map(drop).expect_err("as it is sent"),
        refused.map(drop).expect_err("as well"),
        failed,
    ] {
        let expected = u32::from(counterweight::error::ErrorCode::InsufficientBalance);
        assert_eq!(error.code(), Some(expected), "{error}");
        if let SendError::Refused(refusal) = error {
            logs.push(!refusal.logs.is_empty());
        }
    }
    assert_eq!(logs, [true, true, false], "statuses have no log");
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn lookup_tables_shorten_transactions() {
    let net = network().await;
    let alice = Person::with(&net, 1, 50).await;
    let view = net.venue().margin_view(alice.margin);
    let (hash, _) = net.link().blockhash().await.expect("an answer");
    let message = v0::Message::try_compile(
        &alice.key.pubkey(),
        core::slice::from_ref(&view),
        net.tables(),
        hash,
    );
    assert_eq!(message.expect("it fits").address_table_lookups.len(), 1);
    let draft = Draft {
        tables: net.tables(),
        ..Draft::new(&alice.key, vec![view], 0)
    };
    let simulated = net.link().simulate(&draft).await.expect("it is found");
    assert!(simulated.units > 1_000 && !simulated.return_data.is_empty());
    net.link().send(&draft).await.expect("it is found");
    let found = net
        .link()
        .account(&net.tables()[0].key)
        .await
        .expect("an answer")
        .expect("a table");
    // Behind 56 bytes of its own the addresses stand one after another.
    let addresses: Vec<Pubkey> = found.data[56..]
        .chunks_exact(32)
        .map(|key| Pubkey::try_from(key).expect("32 bytes"))
        .collect();
    assert_eq!(addresses, net.tables()[0].addresses);
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn changes_come_at_once_and_their_slot_stands_still() {
    use futures_util::StreamExt;
    let net = network().await;
    let alice = Person::with(&net, 1, 50).await;
    let ws = PubsubClient::new(&net.addresses().ws)
        .await
        .expect("a connection");
    let account = RpcAccountInfoConfig {
        encoding: Some(solana_account_decoder_client_types::UiAccountEncoding::Base64),
        commitment: Some(solana_commitment_config::CommitmentConfig::confirmed()),
        ..RpcAccountInfoConfig::default()
    };
    let memcmp =
        |offset, bytes: &[u8]| RpcFilterType::Memcmp(Memcmp::new_base58_encoded(offset, bytes));
    let config = RpcProgramAccountsConfig {
        filters: Some(vec![
            memcmp(0, MarginAccount::DISCRIMINATOR),
            memcmp(CLEARINGHOUSE, net.venue().clearinghouse.as_ref()),
        ]),
        account_config: account.clone(),
        ..RpcProgramAccountsConfig::default()
    };
    let (mut changes, _) = ws
        .program_subscribe(&PROGRAM_ID, Some(config))
        .await
        .expect("a subscription");
    let price = keys::price_account("SOL");
    let (mut prices, _) = ws
        .account_subscribe(&price, Some(account))
        .await
        .expect("a subscription");
    let (mut slots, _) = ws.slot_subscribe().await.expect("a subscription");

    // Between two of them the risk book changes, too, which is of another kind and not told.
    let (mut told, mut moved) = (Vec::new(), Vec::new());
    for delegate in 1..=3 {
        let began = Instant::now();
        touch(&net, &alice, delegate).await;
        let change = tokio::time::timeout(Duration::from_secs(5), changes.next())
            .await
            .expect("in time")
            .expect("a change");
        assert_eq!(change.value.pubkey, alice.margin.to_string());
        let data = change.value.account.data.decode().expect("bytes");
        assert_eq!(
            accounts::margin(&data)
                .expect("a margin account")
                .header
                .delegate,
            Pubkey::new_from_array([delegate; 32])
        );
        told.push(change.context.slot);
        moved.push(net.link().clock().await.expect("an answer").slot);
        assert!(began.elapsed() < Duration::from_secs(5));
        net.refresh().await.expect("prices are there");
    }
    assert!(moved[0] < moved[2], "slots go on: {moved:?}");
    assert!(
        told.iter().all(|slot| *slot == told[0]),
        "what is told does not say so: {told:?}"
    );

    net.set_price("SOL", 99 * DOLLAR)
        .await
        .expect("it is published");
    let price = tokio::time::timeout(Duration::from_secs(5), prices.next())
        .await
        .expect("in time");
    assert!(price.is_some(), "an account that is set is told of as well");
    let (first, second) = (
        slots.next().await.expect("a slot"),
        slots.next().await.expect("a slot"),
    );
    assert_eq!(second.slot, first.slot + 1);
    net.stop().await.expect("it ends");
}

#[tokio::test]
async fn what_is_different_from_a_cluster() {
    let net = network().await;
    assert_eq!(
        call(&net, "getRecentPrioritizationFees", json!([])).await,
        json!([])
    );

    // The chain's clock is behind the wall's, and not far.
    let wall = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
        .cast_signed();
    let behind = wall - net.link().clock().await.expect("an answer").time;
    assert!((0..10).contains(&behind), "{behind} seconds");

    // A page of any origin may ask.
    let asked = reqwest::Client::new()
        .post(&net.addresses().rpc)
        .header("origin", "https://somewhere.example");
    let asked = asked
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "getHealth"}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        asked.headers()["access-control-allow-origin"],
        "https://somewhere.example"
    );

    // Anybody may set an account.
    let somebody = Pubkey::new_from_array([3; 32]);
    let set = json!([somebody.to_string(), {"lamports": 7}]);
    call(&net, "surfnet_setAccount", set).await;
    assert_eq!(lamports(&net, &somebody).await, 7);

    // No program is taken for one, without a word.
    let junk = Pubkey::new_from_array([4; 32]);
    let written = net
        .link()
        .call(
            "surfnet_writeProgram",
            json!([junk.to_string(), "00ff00ff", 0]),
        )
        .await;
    assert!(written.is_ok(), "{written:?}");
    net.stop().await.expect("it ends");
}
