//! Plans carried out on an embedded chain, with the program's bytecode.

mod embedded_line;

use anchor_lang::prelude::Pubkey;
use counterweight::state::Layout;
use counterweight_deploy::{Deployment, MarketMode, OutflowConfig};
use counterweight_migrations::{Error, Line, Who, apply, plan, show, upgrade, upgrade_of, verify};
use counterweight_simnet::{Chain, Exchange, Signer, Start, keypair};
use embedded_line::{Embedded, carry_out, start};

async fn steps_left(line: &mut Embedded, file: &Deployment) -> Vec<String> {
    let left = plan(line, file, &Who::default()).await.expect("a plan");
    left.steps.iter().map(ToString::to_string).collect()
}

/// Every account of a chain that belongs to the program or to the token program, by address.
fn accounts(chain: &Chain) -> Vec<(Pubkey, Pubkey, Vec<u8>)> {
    let owners = [counterweight::ID, counterweight_simnet::TOKEN_CLASSIC];
    let mut all: Vec<_> = chain
        .svm
        .accounts_db()
        .inner
        .keys()
        .filter_map(|key| {
            let account = chain.svm.get_account(key)?;
            Some((*key, account.owner, account.data))
        })
        .filter(|(_, owner, _)| owners.contains(owner))
        .collect();
    all.sort_by_key(|(key, ..)| *key);
    all
}

#[tokio::test]
async fn from_nothing_the_chain_gets_what_the_exchange_of_the_tests_deploys_to_the_byte() {
    let (mut line, mut file) = start();
    // The exchange of the tests opens its backstop by hand.
    file.backstop = false;
    let done = carry_out(&mut line, &file).await.expect("applied");
    assert_eq!(done.len(), 11, "{done:?}");
    assert!(steps_left(&mut line, &file).await.is_empty());

    let deployed = Exchange::new(Deployment::localnet(), Start::default());
    let mut x = Exchange {
        chain: line.chain,
        deployment: file,
        venue: deployed.venue,
        authority: keypair("authority"),
        guardian: keypair("authority guardian"),
        collaterals: deployed.collaterals.clone(),
        prices: deployed.prices.clone(),
    };
    x.refresh_all();
    let (made, expected) = (accounts(&x.chain), accounts(&deployed.chain));
    assert_eq!(made.len(), expected.len());
    assert!(expected.len() >= 11, "{}", expected.len());
    for (made, expected) in made.iter().zip(&expected) {
        assert_eq!(made, expected, "{}", expected.0);
    }
}

#[tokio::test]
async fn a_second_plan_is_empty_and_a_changed_parameter_is_one_step() {
    let (mut line, mut file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    assert!(steps_left(&mut line, &file).await.is_empty());
    assert!(
        carry_out(&mut line, &file)
            .await
            .expect("nothing")
            .is_empty()
    );

    file.market[1].price_band_bps = 250;
    let done = carry_out(&mut line, &file).await.expect("applied");
    assert_eq!(done, ["set the terms of market BTC-PERP"]);
    assert!(steps_left(&mut line, &file).await.is_empty());
    // Everything else that can be set, at once.
    file.guardian = Some(keypair("another guardian").pubkey());
    file.auction_seconds = 45;
    file.asset[1].deposit_cap = 2_000_000;
    let window = 3_600;
    file.asset[1].outflow = Some(OutflowConfig {
        limit: Some(5_000),
        window,
    });
    file.market[0].mode = MarketMode::ReduceOnly;
    file.market[2].order_slots = 2_048;
    let done = carry_out(&mut line, &file).await.expect("applied");
    let expected = [
        "set the guardian to",
        "set the terms of the clearinghouse",
        "set the terms of asset SOL",
        "set how much of asset SOL may leave",
        "set the terms of market SOL-PERP",
        "give the book of market ETH-PERP 80 kB more room",
        "give the book of market ETH-PERP 60 kB more room",
    ];
    assert_eq!(done.len(), expected.len(), "{done:?}");
    for (done, expected) in done.iter().zip(expected) {
        assert!(done.starts_with(expected), "{done}");
    }
    assert!(steps_left(&mut line, &file).await.is_empty());
}

/// Wherever it is interrupted, the next run goes on from there, and the end is the same.
#[tokio::test]
async fn an_interrupted_apply_goes_on_where_it_stopped() {
    let (mut whole, file) = start();
    let all = carry_out(&mut whole, &file).await.expect("applied");
    for lives in 0..all.len() {
        let (mut line, file) = start();
        line.lives = lives;
        let why = carry_out(&mut line, &file)
            .await
            .expect_err("cut")
            .to_string();
        let number = format!("step {} of {}", lives + 1, all.len());
        assert!(why.starts_with(&number), "{why}");
        assert!(why.contains("run it again"), "{why}");
        assert_eq!(steps_left(&mut line, &file).await, all[lives..]);
        line.lives = usize::MAX;
        let rest = carry_out(&mut line, &file).await.expect("applied");
        assert_eq!(rest, all[lives..]);
        assert_eq!(
            accounts(&line.chain),
            accounts(&whole.chain),
            "after {lives}"
        );
    }
}

#[tokio::test]
async fn what_is_impossible_is_refused_with_the_reason_and_nothing_is_sent() {
    let (mut line, mut file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    let before = accounts(&line.chain);
    file.market[0].tick_size = 10;
    file.auction_seconds = 45;
    let why = carry_out(&mut line, &file)
        .await
        .expect_err("a tick")
        .to_string();
    assert!(
        why.contains("a tick is fixed when the market is added"),
        "{why}"
    );
    assert_eq!(accounts(&line.chain), before);
}

#[tokio::test]
async fn nobody_but_the_authority_applies_what_needs_it() {
    let (mut line, mut file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    file.creator = Some(line.signer());
    file.market[0].order_slots = 2_048;
    // Room may be made by anybody.
    let mut other = Embedded::new(line.chain, "stranger");
    let done = carry_out(&mut other, &file).await.expect("applied");
    assert_eq!(done.len(), 2, "{done:?}");
    file.auction_seconds = 45;
    let why = carry_out(&mut other, &file)
        .await
        .expect_err("no authority");
    let authority = keypair("authority").pubkey();
    let signer = other.signer();
    assert_eq!(why, Error::NotAuthority { authority, signer });
}

/// Between the plan and its steps, somebody else has changed something: what was agreed to is no longer what is done.
#[tokio::test]
async fn a_chain_that_changes_under_a_plan_stops_it() {
    let (mut line, mut file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    file.auction_seconds = 45;
    let who = Who::default();
    let agreed = plan(&mut line, &file, &who).await.expect("a plan");
    let mut terms = file.risk_terms();
    terms.profit_maturity += 1;
    let authority = line.signer();
    let set = agreed.addresses.venue.set_risk_terms(authority, terms);
    line.send(vec![set]).await.expect("set_risk_terms");
    let done = apply(&mut line, &file, &who, &agreed, &mut |_| ()).await;
    assert!(matches!(done, Err(Error::Changed { .. })), "{done:?}");
}

#[tokio::test]
async fn a_refusal_of_the_program_is_told_with_its_step() {
    let (mut line, file) = start();
    // Lamports for nothing.
    let poor = line.signer();
    let account = counterweight_simnet::Account {
        lamports: 3_000_000,
        ..Default::default()
    };
    line.chain
        .svm
        .set_account(poor, account)
        .expect("set account");
    let why = carry_out(&mut line, &file)
        .await
        .expect_err("poor")
        .to_string();
    assert!(
        why.starts_with("step 1 of 12 (create the clearinghouse"),
        "{why}"
    );
    assert!(why.contains("was not done: refused: "), "{why}");
}

#[tokio::test]
async fn verification_finds_differences_and_audits_the_ledger() {
    let (mut line, mut file) = start();
    let who = Who::default();
    let before = verify(&mut line, &file, &who)
        .await
        .expect("a verification");
    assert!(!before.plan.is_empty() && before.audited.is_empty());
    carry_out(&mut line, &file).await.expect("applied");
    let after = verify(&mut line, &file, &who)
        .await
        .expect("a verification");
    assert!(after.plan.is_empty());
    assert_eq!(after.audited, ["USDC with markets 0 to 2", "SOL"]);
    file.auction_seconds = 45;
    let differs = verify(&mut line, &file, &who)
        .await
        .expect("a verification");
    assert_eq!((differs.plan.steps.len(), differs.audited.len()), (1, 2));
    // Tokens that the ledger knows and the vault does not have.
    let collateral = after.plan.addresses.collaterals[1];
    let key = after.plan.addresses.venue.custody(&collateral);
    let mut custody = line.chain.svm.get_account(&key).expect("a custody");
    custody.data[112] = 1;
    line.chain
        .svm
        .set_account(key, custody)
        .expect("set account");
    let why = verify(&mut line, &file, &who)
        .await
        .expect_err("a short vault")
        .to_string();
    assert!(why.starts_with("the audit of SOL failed: refused"), "{why}");
}

#[tokio::test]
async fn a_risk_book_of_the_layout_before_is_upgraded_by_anybody_and_only_once() {
    let (mut line, file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    let agreed = plan(&mut line, &file, &Who::default())
        .await
        .expect("a plan");
    let venue = agreed.addresses.venue;
    let now = line.chain.data(&venue.risk_book);
    line.chain.age_risk_book(venue.risk_book);
    // Nothing else is done to it before.
    let why = plan(&mut line, &file, &Who::default())
        .await
        .expect_err("old")
        .to_string();
    assert!(
        why.contains("layout version 1") && why.contains("counterweight-migrate upgrade"),
        "{why}"
    );

    let mut other = Embedded::new(line.chain, "stranger");
    let wanted = upgrade_of(&mut other, &venue)
        .await
        .expect("an upgrade")
        .expect("old");
    assert_eq!((wanted.from, wanted.to, wanted.calls), (1, 2, 1));
    assert_eq!(wanted.bytes_after - wanted.bytes, 3 * 256);
    let done = upgrade(&mut other, &venue).await.expect("upgraded");
    assert_eq!(done, Some(wanted));
    assert_eq!(other.chain.data(&venue.risk_book), now);
    assert_eq!(upgrade_of(&mut other, &venue).await, Ok(None));
    assert_eq!(upgrade(&mut other, &venue).await, Ok(None));
}

#[tokio::test]
async fn an_upgrade_that_was_cut_goes_on_and_an_unknown_layout_is_refused() {
    let (mut line, file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    let agreed = plan(&mut line, &file, &Who::default())
        .await
        .expect("a plan");
    let venue = agreed.addresses.venue;
    line.chain.age_risk_book(venue.risk_book);
    line.lives = 0;
    let why = upgrade(&mut line, &venue)
        .await
        .expect_err("cut")
        .to_string();
    assert!(why.contains("the line is cut"), "{why}");
    line.lives = usize::MAX;
    assert!(
        upgrade(&mut line, &venue)
            .await
            .expect("upgraded")
            .is_some()
    );

    let mut book = line
        .chain
        .svm
        .get_account(&venue.risk_book)
        .expect("a book");
    book.data[8] = counterweight::state::RiskBook::VERSION + 1;
    line.chain
        .svm
        .set_account(venue.risk_book, book)
        .expect("set account");
    let why = upgrade_of(&mut line, &venue)
        .await
        .expect_err("unknown")
        .to_string();
    assert!(
        why.contains("layout version 3") && why.contains("use another release"),
        "{why}"
    );
    let nobody = counterweight_sdk::instructions::Venue::new(&keypair("nobody").pubkey(), 0);
    let why = upgrade_of(&mut line, &nobody)
        .await
        .expect_err("none")
        .to_string();
    assert!(why.contains("there is no risk book at"), "{why}");
}

/// A table for people, and the same for programs.
#[tokio::test]
async fn a_plan_is_shown_with_old_and_new() {
    let (mut line, mut file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    let same = plan(&mut line, &file, &Who::default())
        .await
        .expect("a plan");
    assert!(show::table(&same).contains("nothing is to be done"));
    file.market[0].price_band_bps = 250;
    file.market[0].dust_notional = 50;
    let differs = plan(&mut line, &file, &Who::default())
        .await
        .expect("a plan");
    let table = show::table(&differs);
    let expected = "\
1. set the terms of market SOL-PERP
     price_band_bps  300 -> 250
     dust_notional   100 -> 50
";
    assert!(table.contains(expected), "{table}");
    let json = show::json(&differs);
    assert_eq!(json["steps"][0]["instruction"], "set_market_terms");
    assert_eq!(json["steps"][0]["changes"][1]["new"], "50");
    assert_eq!(json["authority"], line.signer().to_string());
}
