//! What a file may say, and what it is told where it may not.

mod common;

use common::{bare, context, deployed, file, key};
use counterweight_deploy::{
    Deployment, MarketMode, OutflowConfig, PlanError, Problem, TokenProgram, plan,
};

/// The problems of the file of the local network, changed.
fn problems(change: impl FnOnce(&mut Deployment)) -> Vec<Problem> {
    let mut changed = file();
    change(&mut changed);
    changed.check().err().map_or_else(Vec::new, |all| all.0)
}

/// Asserts that a change makes one problem, which says this.
#[track_caller]
fn refused(change: impl FnOnce(&mut Deployment), sentence: &str) {
    let found: Vec<_> = problems(change).iter().map(ToString::to_string).collect();
    assert_eq!(found, [sentence]);
}

#[test]
fn the_file_of_the_local_network_is_valid_as_it_is_and_leaves_nothing_to_chance() {
    let file = Deployment::localnet();
    assert_eq!(file.check(), Ok(()));
    assert_eq!((file.id, file.creator, file.guardian), (0, None, None));
    assert!(file.backstop, "without a word, there is a backstop");
    assert!(
        file.market
            .iter()
            .all(|market| market.mode == MarketMode::Active)
    );
    assert_eq!(file.asset[1].token_program, TokenProgram::Classic);
}

#[test]
fn what_toml_has_no_type_for_is_read_or_refused_with_a_sentence() {
    let text = include_str!("../../../migrations/localnet.toml");
    let with = |line: &str| {
        let name = "name = \"SOL\"\n";
        Deployment::parse(&text.replace(name, &format!("{name}{line}\n")))
    };
    let feed = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
    let asset = |line: &str| with(line).expect(line).asset[1].clone();
    assert_eq!(
        asset(&format!("feed = \"0x{feed}\"")).feed.map(|id| id[0]),
        Some(0xef)
    );
    let mint = "So11111111111111111111111111111111111111112";
    assert_eq!(
        asset(&format!("mint = \"{mint}\"")).mint,
        Some(mint.parse().unwrap())
    );
    let program = asset("token_program = \"token-2022\"").token_program;
    assert_eq!(program, TokenProgram::Token2022);
    let outflow = asset("outflow = { limit = 5 }").outflow;
    let window = 86_400;
    assert_eq!(
        outflow,
        Some(OutflowConfig {
            limit: Some(5),
            window
        })
    );
    for (line, sentence) in [
        ("feed = \"ef0d\"", "64 hexadecimal digits are needed"),
        ("mint = \"So111\"", "32 bytes in base 58 are needed"),
        (
            "token_program = \"spl\"",
            "expected `classic` or `token-2022`",
        ),
        ("deposit_caps = 5", "unknown field `deposit_caps`"),
    ] {
        let why = with(line).expect_err(line);
        assert!(why.contains(sentence), "{why}");
        assert!(why.contains("line "), "the place in the file: {why}");
    }
    let why = Deployment::parse("asset = []").expect_err("no terms");
    assert!(why.contains("missing field"), "{why}");
}

#[test]
fn bounds_are_the_engines_and_told_in_the_files_words() {
    refused(
        |file| file.max_depeg_bps = 5,
        "the clearinghouse: max_depeg_bps is 5, needed is 10 to 1,000",
    );
    refused(
        |file| file.interest.kink_bps = 9_999,
        "the clearinghouse: interest.kink_bps is 9,999, needed is 100 to 9,900",
    );
    refused(
        |file| file.asset[1].weights_bps = [9_100, 9_000],
        "[[asset]] SOL: weights_bps (the first) is 9,100, needed is 1 to 9,000",
    );
    refused(
        |file| file.asset[1].lot_exponent = -12,
        "[[asset]] SOL: lot_exponent + decimals is -3, needed is 0 to 12",
    );
    refused(
        |file| file.market[0].penalty_bps = [50, 300],
        "[[market]] SOL-PERP: penalty_bps (the second) is 300, needed is 0 to 299",
    );
    refused(
        |file| file.market[0].tick_size = 0,
        "[[market]] SOL-PERP: tick_size is 0, needed is 1 to 1,099,511,627,776",
    );
    refused(
        |file| file.market[0].dust_notional = 2_000_000,
        "[[market]] SOL-PERP: dust_notional is 2,000,000,000,000 quote atoms, needed is 0 to 1,099,511,627,776 quote atoms",
    );
    refused(
        |file| file.market[1].book_fees_tenths_bps = [25, -26],
        "[[market]] BTC-PERP: book_fees_tenths_bps (the second, as it is without its sign) is 26, needed is 0 to 25",
    );
    refused(
        |file| file.market[0].tiers[1] = [250_000, 800],
        "[[market]] SOL-PERP: tiers: a size is 250,000,000,000 quote atoms, needed is 250,000,000,001 to \
         18,446,744,073,709,551,615 quote atoms",
    );
}

#[test]
fn what_does_not_fit_together_is_refused() {
    refused(
        |file| file.market[2].asset = "DOGE".into(),
        "[[market]] ETH-PERP: asset is \"DOGE\", needed is one of the assets behind the quote token: SOL, BTC, ETH",
    );
    refused(
        |file| file.market[2].asset = "USDC".into(),
        "[[market]] ETH-PERP: asset is \"USDC\", needed is one of the assets behind the quote token: SOL, BTC, ETH",
    );
    refused(
        |file| file.market[1].name = "SOL-PERP".into(),
        "[[market]] SOL-PERP: name is there twice, needed is a name of its own",
    );
    refused(
        |file| {
            file.asset[3].name = "a name of 18 bytes".into();
            file.market[2].asset = "BTC".into();
        },
        "[[asset]] a name of 18 bytes: name is 18 bytes long, needed is 1 to 16 bytes, none of them zero",
    );
    refused(
        |file| file.asset[1].oracle = "chainlink".into(),
        "[[asset]] SOL: oracle is \"chainlink\", needed is \"pull\", \"legacy\", or for the quote token \"none\"",
    );
    refused(
        |file| file.asset[1].oracle = "none".into(),
        "[[asset]] SOL: oracle is \"none\", needed is \"pull\" or \"legacy\": only the quote token may be without an oracle",
    );
    let somebody = key("a program");
    refused(
        |file| file.asset[1].oracle_owner = Some(somebody),
        &format!(
            "[[asset]] SOL: oracle_owner is {somebody}, needed is one of Pyth's own programs for \"pull\""
        ),
    );
    refused(
        |file| file.market[0].tiers.clear(),
        "[[market]] SOL-PERP: tiers is 0 tiers long, needed is 1 to 4 tiers",
    );
    refused(
        |file| file.market[0].order_slots = 2_049,
        "[[market]] SOL-PERP: order_slots is 2,049, needed is 0 to 2,048",
    );
    let mint = key("mint USDC");
    refused(
        |file| file.asset[1].mint = Some(mint),
        &format!("[[asset]] SOL: mint is {mint}, needed is a mint that no other asset has"),
    );
    refused(
        |file| file.asset[0].lot_exponent = -1,
        "[[asset]] USDC: lot_exponent is -1, needed is 0: a lot of the quote token is a whole one",
    );
}

/// A figure that leaves 64 bits must not become one that means something else.
#[test]
fn what_does_not_fit_64_bits_is_not_taken_for_no_limit() {
    let huge = u64::MAX / 1_000;
    let limit = |limit: u64| OutflowConfig {
        limit: Some(limit),
        window: 86_400,
    };
    refused(
        |file| file.asset[1].outflow = Some(limit(huge)),
        "[[asset]] SOL: outflow.limit is 18,446,744,073,709,551, needed is fewer than 2^64 atoms, or left out for no limit",
    );
    let found = problems(|file| file.market[0].tiers[0] = [huge, 500]);
    assert!(
        found[0]
            .to_string()
            .contains("fewer than 2^64 quote atoms, or 0"),
        "{}",
        found[0]
    );
    refused(
        |file| file.market[0].book_fees_tenths_bps = [-5, -5],
        "[[market]] SOL-PERP: book_fees_tenths_bps (the first) is -5, needed is 0 or more: only a maker may have a rebate",
    );
    for change in [
        (|file: &mut Deployment| file.backstop_daily_loss = u64::MAX) as fn(&mut Deployment),
        |file| file.interest.allowance = u64::MAX,
        |file| file.asset[1].deposit_cap = u64::MAX,
        |file| file.market[0].impact_notional = u64::MAX,
        |file| file.market[0].open_interest_scale[2] = u64::MAX,
        |file| file.market[0].tiers[2] = [0, u64::MAX],
    ] {
        assert!(!problems(change).is_empty());
    }
}

#[test]
fn an_outflow_limit_has_a_window_and_something_to_limit() {
    let outflow = |window: u32| OutflowConfig {
        limit: None,
        window,
    };
    refused(
        |file| file.asset[0].outflow = Some(outflow(59)),
        "[[asset]] USDC: outflow.window is 59, needed is 60 to 604,800",
    );
    refused(
        |file| file.asset[2].outflow = Some(outflow(60)),
        "[[asset]] BTC: outflow is set, needed is no limit: it is no collateral, and nothing of it can leave",
    );
}

#[test]
fn all_problems_are_told_at_once_in_the_files_order() {
    let found = problems(|file| {
        file.auction_seconds = 0;
        file.asset[1].max_age_initial = 0;
        file.market[2].funding = [1, 100];
    });
    let sections: Vec<_> = found
        .iter()
        .map(|problem| problem.section.as_str())
        .collect();
    let expected = ["the clearinghouse", "[[asset]] SOL", "[[market]] ETH-PERP"];
    assert_eq!(sections, expected);
}

/// What only a plan needs: a local network makes its own mints and feeds, and a file for it names none.
#[test]
fn a_plan_needs_mints_and_feeds() {
    let refusals = |file: &Deployment| match plan(file, &context(), &bare(file)) {
        Err(PlanError::Invalid(all)) => all.0.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let found = refusals(&Deployment::localnet());
    let expected = [
        "[[asset]] USDC: mint is missing, needed is the address of its mint: it is collateral",
        "[[asset]] SOL: feed is missing, needed is the id of its feed, as Pyth lists it",
        "[[asset]] SOL: mint is missing, needed is the address of its mint: it is collateral",
        "[[asset]] BTC: price_account is missing, needed is the address of its price account",
        "[[asset]] ETH: feed is missing, needed is the id of its feed, as Pyth lists it",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_mint_must_be_there_with_the_decimals_and_the_program_of_the_file() {
    let sentence = |change: fn(&mut Deployment)| {
        let mut changed = file();
        let chain = deployed(&changed);
        change(&mut changed);
        plan(&changed, &context(), &chain)
            .expect_err("a wrong mint")
            .to_string()
    };
    let missing = sentence(|file| file.asset[1].mint = Some(key("nothing")));
    assert!(
        missing.contains("which is not there, needed is the address of a mint"),
        "{missing}"
    );
    let decimals = sentence(|file| file.asset[1].decimals = 8);
    assert!(
        decimals.contains("decimals is 8, needed is 9, as its mint has"),
        "{decimals}"
    );
    let program = sentence(|file| file.asset[1].token_program = TokenProgram::Token2022);
    assert!(program.contains("token_program is token-2022"), "{program}");
}

/// Mints that a harness has made, and the file does not name.
#[test]
fn a_mint_may_come_from_the_context() {
    let mut file = file();
    let chain = bare(&file);
    let mut context = context();
    for asset in &mut file.asset {
        if let Some(mint) = asset.mint.take() {
            context.mints.insert(asset.name.clone(), mint);
        }
    }
    assert!(!plan(&file, &context, &chain).expect("a plan").is_empty());
}
