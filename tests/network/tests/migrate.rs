//! `counterweight-migrate` against a network that runs, as an operator uses it.

use counterweight_deploy::Deployment;
use counterweight_localnet::{Config, Localnet, keys};
use counterweight_migrations::cli::{self, DIFFERS, FAILED, SAME};
use counterweight_sdk::accounts;
use counterweight_simnet::risk_book_version_1;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The file for devnet: it names its mints and feeds, so that the network is made of it as it is.
const FILE: &str = include_str!("../../../migrations/devnet.toml");

/// An operator: a file, a key, and a cluster.
struct Operator {
    folder: PathBuf,
    url: String,
}

impl Operator {
    fn of(net: &Localnet, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let key = json!(keys::authority().to_bytes().to_vec()).to_string();
        std::fs::write(folder.join("key.json"), key).expect("a key");
        let url = net.link().endpoint().http.clone();
        let operator = Self { folder, url };
        operator.writes(FILE);
        operator
    }

    fn writes(&self, text: &str) {
        std::fs::write(self.folder.join("file.toml"), text).expect("a file");
    }

    /// Runs the command, and returns its exit code.
    async fn runs(&self, command: &str) -> u8 {
        let [file, key] = ["file.toml", "key.json"].map(|name| self.folder.join(name));
        let mut arguments = vec!["counterweight-migrate".into(), command.into(), file.into()];
        arguments.extend(["--keypair".into(), key.into_os_string()]);
        arguments.extend(["--url".into(), self.url.clone().into()]);
        if ["apply", "upgrade"].contains(&command) {
            arguments.push("--yes".into());
        }
        cli::run(arguments).await
    }
}

async fn network() -> Localnet {
    let mut deployment = Deployment::parse(FILE).expect("the file for devnet");
    // Which only a local network has to know.
    for (asset, dollars) in deployment.asset.iter_mut().zip([1, 150, 100_000]) {
        asset.start_price = dollars * 100_000_000;
    }
    let config = Config {
        deployment,
        // Nobody acts but the operator.
        chores: false,
        ..Config::quiet()
    };
    Localnet::start(config).await.expect("it starts")
}

#[tokio::test]
async fn an_operator_plans_applies_and_verifies() {
    let net = network().await;
    let operator = Operator::of(&net, "operator");
    assert_eq!(operator.runs("plan").await, SAME);
    assert_eq!(operator.runs("verify").await, SAME);

    let changed = FILE.replace("auction_seconds = 60", "auction_seconds = 45");
    let changed = changed.replace("order_slots = 512", "order_slots = 1_500");
    operator.writes(&changed);
    assert_eq!(operator.runs("plan").await, DIFFERS);
    assert_eq!(operator.runs("apply").await, SAME);
    assert_eq!(operator.runs("plan").await, SAME);
    assert_eq!(operator.runs("verify").await, SAME);
    let book = net.link().account(&net.venue().risk_book).await;
    let book = book.expect("an answer").expect("a risk book");
    let tables = accounts::risk_book(&book.data).expect("a risk book");
    assert_eq!(tables.header.params.auction_seconds, 45);

    operator.writes(&changed.replace("tick_size = 100 ", "tick_size = 10 "));
    assert_eq!(operator.runs("apply").await, FAILED);
    net.stop().await.expect("it stops");
}

/// A network whose risk book is still in the layout before: nothing is done to it until it was upgraded.
#[tokio::test]
async fn an_operator_upgrades_a_risk_book_of_the_layout_before() {
    let net = network().await;
    let operator = Operator::of(&net, "upgrade");
    let (link, key) = (net.link(), net.venue().risk_book);
    let book = link
        .account(&key)
        .await
        .expect("an answer")
        .expect("a risk book");
    let old = risk_book_version_1(&book.data);
    let digits: String = old.iter().map(|byte| format!("{byte:02x}")).collect();
    let account = json!({
        "lamports": 1_000_000_000u64,
        "owner": counterweight::ID.to_string(),
        "data": digits,
        "executable": false,
        "rentEpoch": 0,
    });
    let set = link
        .call("surfnet_setAccount", json!([key.to_string(), account]))
        .await;
    set.expect("it takes any account");

    assert_eq!(operator.runs("plan").await, FAILED);
    assert_eq!(operator.runs("upgrade").await, SAME);
    assert_eq!(operator.runs("upgrade").await, SAME);
    let after = link
        .account(&key)
        .await
        .expect("an answer")
        .expect("a risk book");
    assert_eq!(after.data, book.data);
    assert_eq!(operator.runs("verify").await, SAME);
    net.stop().await.expect("it stops");
}
