//! What a plan says of a chain.

mod common;

use anchor_lang::prelude::Pubkey;
use common::{NOW, bare, context, deployed, file, key, outflow, plan_of, sentences};
use counterweight::state::MARKET_LARGEST;
use counterweight_deploy::{Action, MarketMode, OnChain, PlanError, plan};
use counterweight_risk::market::MODE_SETTLEMENT;

#[test]
fn from_nothing_everything_is_made_in_order() {
    let file = file();
    let plan = plan_of(&file, &bare(&file));
    let (usdc, sol) = (key("mint USDC"), key("mint SOL"));
    let expected = [
        format!("create the clearinghouse, which counts in USDC (mint {usdc})"),
        "add asset SOL".into(),
        format!("make asset SOL depositable (mint {sol})"),
        "add asset BTC".into(),
        "add asset ETH".into(),
        "add market SOL-PERP".into(),
        "give the book of market SOL-PERP 70 kB more room".into(),
        "add market BTC-PERP".into(),
        "give the book of market BTC-PERP 70 kB more room".into(),
        "add market ETH-PERP".into(),
        "give the book of market ETH-PERP 70 kB more room".into(),
        "open the backstop".into(),
    ];
    assert_eq!(sentences(&plan), expected);
    assert!(plan.needs_authority());
    // As many instructions as the largest step that fits a packet.
    for step in &plan.steps {
        let instructions = step.instructions(&plan.addresses, plan.authority, plan.payer);
        assert!((1..=8).contains(&instructions.len()));
        assert!(
            instructions
                .iter()
                .all(|one| one.program_id == counterweight::ID)
        );
    }
}

#[test]
fn where_the_chain_has_everything_nothing_is_to_be_done() {
    let file = file();
    let plan = plan_of(&file, &deployed(&file));
    assert_eq!(sentences(&plan), [""; 0]);
    assert_eq!(plan.notes, [""; 0]);
}

/// What trading has changed is no difference: prices, deposits, interest, the scale of a requirement.
#[test]
fn what_lives_is_no_difference() {
    let file = file();
    let mut chain = deployed(&file);
    let book = chain.risk_book.as_mut().expect("a book");
    book.header.params.interest.debt = 5_000_000_000;
    book.header
        .params
        .interest
        .set_rate(100_000_000_000, NOW - 100)
        .expect("a rate");
    assert!(book.header.params.interest.rate > 0);
    book.assets[1]
        .note_deposits(700_000_000_000_000)
        .expect("deposits");
    assert!(book.assets[1].weight_initial < book.assets[1].weight_initial_full);
    book.markets[0].rescale(60_000_000).expect("open interest");
    book.markets[0].index = [5, -7];
    book.markets[0].era = [1 << 32, 3];
    assert_eq!(sentences(&plan_of(&file, &chain)), [""; 0]);
}

#[test]
fn what_is_new_comes_behind_the_last_row() {
    let mut wider = file();
    let chain = deployed(&wider);
    let mut market = wider.market[0].clone();
    market.name = "SOL-MINI".into();
    market.order_slots = 0;
    wider.market.push(market);
    let said = sentences(&plan_of(&wider, &chain));
    let expected = [
        "add market SOL-MINI",
        "give the book of market SOL-MINI 20 kB more room",
    ];
    assert_eq!(said, expected);
}

#[test]
fn an_asset_becomes_collateral_with_all_of_its_terms_in_one_step() {
    let mut file = file();
    let chain = deployed(&file);
    file.asset[3].weights_bps = [8_000, 9_000];
    file.asset[3].deposit_cap = 1_000;
    file.asset[3].mint = Some(key("mint ETH"));
    file.asset[3].pnl_weight_bps = 9_000;
    file.asset[3].outflow = Some(outflow(Some(100), 3_600));
    let chain = OnChain {
        mints: bare(&file).mints,
        ..chain
    };
    let plan = plan_of(&file, &chain);
    let said = sentences(&plan);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("make asset ETH depositable"),
        "{}",
        said[0]
    );
    assert_eq!(said[1], "set how much of asset ETH may leave");
    let Action::ListCollateral { terms, .. } = &plan.steps[0].action else {
        panic!("{:?}", plan.steps[0]);
    };
    assert_eq!(**terms, file.asset[3].terms(true));
}

#[test]
fn the_book_grows_by_steps_that_fit_a_transaction_up_to_the_largest() {
    let mut file = file();
    file.market[0].order_slots = 2_048;
    let mut chain = deployed(&file);
    assert_eq!(chain.market_bytes[0], Some(MARKET_LARGEST));
    assert!(plan_of(&file, &chain).is_empty());
    // More room than the file asks for stays.
    file.market[0].order_slots = 10;
    assert!(plan_of(&file, &chain).is_empty());
    file.market[0].order_slots = 2_048;
    chain.market_bytes[0] = Some(8_472);
    let plan = plan_of(&file, &chain);
    let calls: Vec<_> = plan
        .steps
        .iter()
        .map(|step| {
            step.instructions(&plan.addresses, plan.authority, plan.payer)
                .len()
        })
        .collect();
    assert_eq!(calls, [8, 8, 5]);
    let last = plan.steps.last().expect("a step");
    assert_eq!(last.changes[0].new, "2,048");
}

#[test]
fn a_market_that_has_ended_is_left_alone_where_the_file_says_so() {
    let mut file = file();
    let mut chain = deployed(&file);
    chain.risk_book.as_mut().expect("a book").markets[1].mode = MODE_SETTLEMENT;
    let Err(PlanError::Impossible(found)) = plan(&file, &context(), &chain) else {
        panic!("an ended market is opened again");
    };
    assert!(
        found[0].why.contains("write mode = \"ended\""),
        "{}",
        found[0]
    );
    file.market[1].mode = MarketMode::Ended;
    // Nothing of its terms can be set any more.
    file.market[1].price_band_bps += 1;
    assert!(plan_of(&file, &chain).is_empty());
    // And none is born so.
    let bare = bare(&file);
    let why = plan(&file, &context(), &bare)
        .expect_err("an ended market")
        .to_string();
    assert!(
        why.contains("a market that is not there cannot have ended"),
        "{why}"
    );
}

#[test]
fn a_looser_limit_takes_a_day_and_a_tighter_one_is_there_at_once() {
    let mut file = file();
    file.asset[0].outflow = Some(outflow(Some(1_000), 86_400));
    let mut chain = deployed(&file);
    let mint = key("mint USDC");
    // Looser, by the authority: pending.
    file.asset[0].outflow = Some(outflow(Some(2_000), 86_400));
    let wanted = file.asset[0].outflow.expect("a limit").terms(6);
    let plan = plan_of(&file, &chain);
    assert_eq!(sentences(&plan), ["set how much of asset USDC may leave"]);
    assert!(
        plan.notes[0].contains("a day after it is set"),
        "{}",
        plan.notes[0]
    );
    let custody = chain.custodies.get_mut(&mint).expect("a custody");
    assert!(!custody.outflow.set(NOW, wanted).expect("a limit"));
    let plan = plan_of(&file, &chain);
    assert!(plan.is_empty(), "{:?}", sentences(&plan));
    assert!(
        plan.notes[0].contains("holds from 1790086400"),
        "{}",
        plan.notes[0]
    );
    // Put back before it holds: what waits is dropped.
    file.asset[0].outflow = Some(outflow(Some(1_000), 86_400));
    assert_eq!(plan_of(&file, &chain).steps.len(), 1);
    // A day later it holds.
    file.asset[0].outflow = Some(outflow(Some(2_000), 86_400));
    let mut later = context();
    later.now = NOW + 86_400;
    let after = counterweight_deploy::plan(&file, &later, &chain).expect("a plan");
    assert!(after.is_empty() && after.notes.is_empty());
}

/// A guardian has tightened a limit in an emergency: a file that knows nothing of limits does not undo it.
#[test]
fn a_limit_that_the_file_does_not_know_stays_and_is_told() {
    let file = file();
    let mut chain = deployed(&file);
    let custody = chain
        .custodies
        .get_mut(&key("mint USDC"))
        .expect("a custody");
    custody.outflow.limit = 5_000_000;
    let plan = plan_of(&file, &chain);
    assert!(plan.is_empty());
    assert_eq!(
        plan.notes,
        ["asset USDC: outflow.limit is 5, of which the file says nothing: it stays"]
    );
}

#[test]
fn a_guardian_that_the_file_does_not_name_stays() {
    let mut file = file();
    let chain = deployed(&file);
    file.guardian = None;
    assert!(plan_of(&file, &chain).is_empty());
    let created = plan_of(&file, &bare(&file));
    assert!(
        created.notes[0].contains("names no guardian"),
        "{}",
        created.notes[0]
    );
}

#[test]
fn whoever_governs_must_sign_and_is_named() {
    let mut file = file();
    let mut chain = deployed(&file);
    chain.clearinghouse.as_mut().expect("one").authority = key("multisig");
    file.creator = Some(key("authority"));
    file.auction_seconds += 1;
    let plan = plan_of(&file, &chain);
    assert_eq!(plan.authority, key("multisig"));
    let note = format!("the authority is {}, and must sign", key("multisig"));
    assert!(plan.notes[0].starts_with(&note), "{}", plan.notes[0]);
    let signs = |key: Pubkey| {
        let all = plan.steps[0].instructions(&plan.addresses, plan.authority, plan.payer);
        all[0]
            .accounts
            .iter()
            .any(|meta| meta.is_signer && meta.pubkey == key)
    };
    assert!(signs(key("multisig")));
}

#[test]
fn nobody_creates_the_clearinghouse_of_somebody_else() {
    let mut file = file();
    let chain = bare(&file);
    file.creator = Some(key("somebody"));
    let why = plan(&file, &context(), &chain)
        .expect_err("another creator")
        .to_string();
    assert!(why.contains("only its creator can create it"), "{why}");
}

#[test]
fn a_backstop_is_opened_once_and_stays() {
    let mut file = file();
    let mut chain = deployed(&file);
    chain.backstop = false;
    assert_eq!(sentences(&plan_of(&file, &chain)), ["open the backstop"]);
    assert!(!plan_of(&file, &chain).needs_authority());
    file.backstop = false;
    assert!(plan_of(&file, &chain).is_empty());
    chain.backstop = true;
    assert!(plan_of(&file, &chain).notes[0].contains("stays"));
}

/// Rows that an earlier program has folded otherwise are written anew, though no term differs.
#[test]
fn another_stored_form_of_the_same_terms_is_a_difference() {
    let file = file();
    let mut chain = deployed(&file);
    chain.risk_book.as_mut().expect("a book").markets[0]
        .maintenance
        .tiers[0]
        .rate
        .0 += 1;
    let plan = plan_of(&file, &chain);
    assert_eq!(sentences(&plan), ["set the terms of market SOL-PERP"]);
    assert_eq!(plan.steps[0].changes[0].field, "stored form");
}
