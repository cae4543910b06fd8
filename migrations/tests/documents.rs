//! What docs/deployment.md shows is what is there, and the file for devnet is one that can be applied.

mod embedded_line;

use anchor_lang::prelude::Pubkey;
use counterweight_deploy::{Deployment, TOKEN_CLASSIC};
use counterweight_migrations::{Who, apply, plan, show};
use counterweight_simnet::{Chain, Start};
use embedded_line::{Embedded, carry_out, start};

const DOCUMENT: &str = include_str!("../../docs/deployment.md");

fn devnet() -> Deployment {
    let text = include_str!("../devnet.toml");
    Deployment::parse(text).unwrap_or_else(|why| panic!("devnet.toml: {why}"))
}

/// Puts a mint at an address.
fn mint(chain: &mut Chain, key: Pubkey, decimals: u8) {
    let made = chain.create_mint("a mint", decimals);
    let account = chain.svm.get_account(&made).expect("a mint");
    assert_eq!(account.owner, TOKEN_CLASSIC);
    chain.svm.set_account(key, account).expect("set account");
}

#[tokio::test]
async fn the_file_for_devnet_can_be_applied_as_it_is() {
    let file = devnet();
    assert_eq!(file.check(), Ok(()));
    let mut line = Embedded::new(Chain::start(Start::default()), "authority");
    for asset in file.asset.iter().filter(|asset| asset.mint.is_some()) {
        mint(&mut line.chain, asset.mint.expect("a mint"), asset.decimals);
    }
    let done = carry_out(&mut line, &file).await.expect("applied");
    assert_eq!(done.len(), 11, "{done:?}");
    let left = plan(&mut line, &file, &Who::default())
        .await
        .expect("a plan");
    assert!(left.is_empty() && left.notes.is_empty(), "{:?}", left.notes);
}

/// The addresses that Pyth's documents list for these feeds.
#[test]
fn prices_are_read_where_pyths_own_pushers_keep_them() {
    let sources: Vec<_> = devnet()
        .asset
        .iter()
        .map(|asset| asset.price_source().expect("a source").to_string())
        .collect();
    let listed = [
        "Dpw1EAVrSB1ibxiDQyTAW6Zip3J4Btk2x4SgApQCeFbX",
        "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE",
        "4cSM2e6rvbGQUFiJbqytoVMi5GgghSMr8LwVrT9VPSPo",
    ];
    assert_eq!(sources, listed);
}

#[tokio::test]
async fn the_plan_of_the_document_is_what_is_shown() {
    let (mut line, mut file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    file.auction_seconds = 45;
    file.market[0].price_band_bps = 250;
    file.market[0].dust_notional = 50;
    file.market[2].order_slots = 650;
    let differs = plan(&mut line, &file, &Who::default())
        .await
        .expect("a plan");
    let table = show::table(&differs);
    // Without the line of the addresses.
    let steps = table.split_once('\n').expect("a first line").1;
    assert!(
        DOCUMENT.contains(&format!("```text\n{steps}```")),
        "{steps}"
    );
    apply(&mut line, &file, &Who::default(), &differs, &mut |_| ())
        .await
        .expect("applied");
}

#[test]
fn the_problem_of_the_document_is_what_is_said() {
    let mut file = devnet();
    file.market[0].penalty_bps[1] = 300;
    let why = file.check().expect_err("a penalty").to_string();
    assert!(DOCUMENT.contains(&format!("devnet.toml: {why}\n")), "{why}");
}

/// Every field of the file that is no parameter is explained.
#[test]
fn every_field_besides_the_parameters_is_in_the_document() {
    for field in [
        "id",
        "creator",
        "guardian",
        "backstop",
        "mint",
        "token_program",
        "oracle",
        "feed",
        "price_account",
        "oracle_owner",
        "outflow",
        "mode",
        "order_slots",
        "start_price",
    ] {
        assert!(DOCUMENT.contains(&format!("\n| `{field}` | ")), "{field}");
    }
}
