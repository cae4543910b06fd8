//! A node that answers from an embedded chain, and the commands that ask it.

use crate::scene::{DOLLAR, SOL, Scene};
use anchor_lang::prelude::Pubkey;
use axum::{Router, body::Bytes, extract::State, routing::post};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

/// The chain's clock account.
const CLOCK: &str = "SysvarC1ock11111111111111111111111111111111";

/// What it answers from.
struct Chain {
    program: Vec<String>,
    accounts: HashMap<String, Vec<u8>>,
}

impl Chain {
    fn of(scene: &Scene) -> Self {
        let reading = scene.reading();
        let program = reading
            .accounts
            .iter()
            .map(|(key, _)| key.to_string())
            .collect();
        let mut accounts: HashMap<String, Vec<u8>> = HashMap::new();
        let all = reading.accounts.iter().chain(&reading.prices);
        accounts.extend(all.map(|(key, data)| (key.to_string(), data.clone())));
        accounts.extend(
            reading
                .vaults
                .iter()
                .map(|cut| (cut.vault.to_string(), cut.vault_data.clone())),
        );
        // Slot, start of the epoch, epoch, epoch of the leader schedule, time.
        let words = [
            reading.moment.slot,
            0,
            0,
            0,
            reading.moment.time.cast_unsigned(),
        ];
        accounts.insert(
            CLOCK.into(),
            words.into_iter().flat_map(u64::to_le_bytes).collect(),
        );
        Self { program, accounts }
    }

    fn account(&self, key: &str) -> Value {
        let Some(data) = self.accounts.get(key) else {
            return Value::Null;
        };
        json!({
            "data": [BASE64_STANDARD.encode(data), "base64"],
            "executable": false,
            "lamports": 1_000_000,
            "owner": counterweight_sdk::PROGRAM_ID.to_string(),
            "rentEpoch": 0,
            "space": data.len(),
        })
    }

    fn answer(&self, method: &str, params: &Value) -> Value {
        let context = json!({"slot": 1, "apiVersion": "4.0.0"});
        match method {
            "getProgramAccounts" => {
                let keys = self.program.iter();
                keys.map(|key| json!({"pubkey": key, "account": self.account(key)}))
                    .collect()
            }
            "getMultipleAccounts" => {
                let keys = params[0].as_array().expect("keys");
                let found: Vec<Value> = keys
                    .iter()
                    .map(|key| self.account(key.as_str().unwrap()))
                    .collect();
                json!({"context": context, "value": found})
            }
            _ => Value::Null,
        }
    }
}

async fn handle(State(chain): State<Arc<Chain>>, body: Bytes) -> String {
    let request: Value = serde_json::from_slice(&body).expect("a request");
    let method = request["method"].as_str().expect("a method");
    let result = chain.answer(method, &request["params"]);
    json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string()
}

/// Runs the keeper's binary against a node that answers from a scene: what it ended with, wrote and complained of.
fn keeper(scene: &Scene, words: &[&str]) -> (i32, String, String) {
    let (chain, clearinghouse) = (Arc::new(Chain::of(scene)), scene.x.venue.clearinghouse);
    run(chain, clearinghouse, words)
}

fn run(chain: Arc<Chain>, clearinghouse: Pubkey, words: &[&str]) -> (i32, String, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = Router::new().route("/", post(handle)).with_state(chain);
        let serving = tokio::spawn(async move { axum::serve(listener, node).await });
        let address = clearinghouse.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterweight-keeper"));
        command
            .args(words)
            .args(["--clearinghouse", &address, "--url", &url]);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        serving.abort();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().expect("a code"),
            text(output.stdout),
            text(output.stderr),
        )
    })
}

#[test]
fn the_report_of_a_node_ends_with_zero_where_books_balance() {
    let (code, text, complaints) = keeper(&Scene::busy(), &["report"]);
    assert_eq!((code, complaints.as_str()), (0, ""), "{text}");
    assert!(
        text.starts_with("# Clearinghouse ") && text.contains("**Balanced.**"),
        "{text}"
    );
}

#[test]
fn the_report_of_a_node_ends_with_two_where_books_do_not_balance() {
    let scene = Scene::busy();
    let mut chain = Chain::of(&scene);
    let bull = scene.margin("bull").to_string();
    chain.accounts.get_mut(&bull).unwrap()[120] ^= 1; // an atom of cash
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("unbalanced.json");
    let path = file.to_str().unwrap();
    let words = ["report", "--format", "json", "--out", path];
    let (code, text, complaints) = run(Arc::new(chain), scene.x.venue.clearinghouse, &words);
    assert_eq!((code, text.as_str(), complaints.as_str()), (2, "", ""));
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(report["books"]["balanced"], false);
}

#[test]
fn one_document_of_a_node_has_the_shock_that_was_asked_for() {
    let scene = Scene::busy();
    let words = [
        "monitor",
        "--once",
        "--shock",
        "SOL=-20",
        "--rows",
        "2",
        "--no-curves",
    ];
    let (code, text, complaints) = keeper(&scene, &words);
    assert_eq!((code, complaints.as_str()), (0, ""), "{text}");
    let view: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(view["body"]["shock"]["failing"], 1);
    assert_eq!(
        view["body"]["shock"]["accounts"][0]["address"],
        scene.margin("bull").to_string()
    );
    assert_eq!(
        view["body"]["accounts"]["rows"].as_array().unwrap().len(),
        2
    );
    assert_eq!(view["body"]["curves"], json!([]));
    let (code, _, complaints) = keeper(&scene, &["monitor", "--once", "--shock", "DOGE=-20"]);
    assert_eq!(code, 1);
    assert!(
        complaints.contains("there is no asset DOGE"),
        "{complaints}"
    );
}

#[test]
fn prices_of_pyth_count_unless_recorded_ones_are_asked_for() {
    let mut scene = Scene::quiet();
    scene.x.chain.advance(1);
    scene.x.publish(SOL, 12_000_000_000);
    let config = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prices.toml");
    let accounts: Vec<String> = scene
        .prices()
        .named
        .iter()
        .map(|(name, key)| format!("{name} = \"{key}\"\n"))
        .collect();
    let text = format!(
        "[clearinghouse]\naddress = \"{}\"\n[duties.prices.accounts]\n{}",
        scene.x.venue.clearinghouse,
        accounts.concat()
    );
    std::fs::write(&config, text).unwrap();
    let failing = |more: &[&str]| {
        let words = [
            "monitor",
            "--once",
            "--no-curves",
            "--config",
            config.to_str().unwrap(),
        ];
        let (code, text, complaints) = keeper(&scene, &[&words, more].concat());
        assert_eq!((code, complaints.as_str()), (0, ""), "{text}");
        let view: Value = serde_json::from_str(&text).unwrap();
        let missing: i128 = view["body"]["insurance"]["negative_equity"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        (
            view["body"]["totals"]["failing"].as_u64().unwrap(),
            missing > 4_000 * DOLLAR,
        )
    };
    assert_eq!(failing(&[]), (1, true));
    assert_eq!(failing(&["--recorded"]), (0, false));
}

#[test]
fn a_stream_of_documents_goes_on_without_a_line_and_says_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterweight-keeper"));
    let words = [
        "monitor",
        "--json",
        "--every",
        "1",
        "--url",
        "http://127.0.0.1:1",
        "--clearinghouse",
    ];
    let nobody = Pubkey::new_from_array([7; 32]).to_string();
    let mut child = command
        .args(words)
        .arg(nobody)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let documents: Vec<Value> = lines
        .take(2)
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    child.kill().unwrap();
    child.wait().unwrap();
    for document in &documents {
        assert_eq!(document["feed"]["connection"], "lost");
        assert!(
            document["feed"]["reason"].is_string() && document["body"].is_null(),
            "{document}"
        );
    }
    assert_eq!(documents.len(), 2);
}

#[test]
fn what_can_not_be_done_is_told_with_what_to_do() {
    let scene = Scene::empty();
    let nobody = Pubkey::new_from_array([7; 32]);
    let (code, _, complaints) = run(Arc::new(Chain::of(&scene)), nobody, &["report"]);
    assert_eq!(code, 1);
    assert!(
        complaints.contains("there is no clearinghouse at"),
        "{complaints}"
    );
    // Not a terminal.
    let (code, _, complaints) = keeper(&scene, &["monitor"]);
    assert_eq!(code, 1);
    assert!(complaints.contains("--json"), "{complaints}");
    // Nobody listens there.
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterweight-keeper"));
    let words = ["report", "--url", "http://127.0.0.1:1", "--clearinghouse"];
    let output = command
        .args(words)
        .arg(nobody.to_string())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("check the address"), "{complaint}");
}
