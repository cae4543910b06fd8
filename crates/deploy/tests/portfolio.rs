//! Portfolio margin and the volatility feed in the file and in a plan.

mod common;

use common::{bare, context, deployed, file, key, plan_of, sentences};
use counterweight_deploy::{
    Action, CreditConfig, Deployment, PortfolioConfig, plan, portfolio::of_portfolio,
};
use counterweight_risk::portfolio::{CREDITS, CreditTerms, PortfolioTerms};

const TABLE: &str = r#"
[portfolio]
floor_bps = 1_000
initial_bps = 15_000
credits = [{ first = "BTC", second = "ETH", ratio_bps = 10_000, credit_bps = 6_000 }]
"#;

fn credit() -> CreditConfig {
    CreditConfig {
        first: "BTC".into(),
        second: "ETH".into(),
        ratio_bps: 10_000,
        credit_bps: 6_000,
    }
}

fn offered() -> Deployment {
    let mut file = file();
    file.portfolio = Some(PortfolioConfig {
        floor_bps: 1_000,
        initial_bps: 15_000,
        credits: vec![credit()],
    });
    file
}

/// Its table in a file that has one.
fn table(file: &mut Deployment) -> &mut PortfolioConfig {
    file.portfolio.as_mut().expect("a table")
}

#[test]
fn the_table_is_read_from_the_file() {
    let text = include_str!("../../../migrations/localnet.toml");
    let text = text.replacen("[[asset]]", &format!("{TABLE}\n[[asset]]"), 1);
    let read = Deployment::parse(&text).expect("a file");
    assert_eq!(read.portfolio, offered().portfolio);
    read.check().expect("within the bounds");
    let mut credits = [CreditTerms::default(); CREDITS];
    // BTC and ETH are the second and the third behind the quote token.
    credits[0] = CreditTerms {
        first: 2,
        second: 3,
        credit_bps: 6_000,
        ratio_bps: 10_000,
    };
    let expected = PortfolioTerms {
        floor_bps: 1_000,
        initial_bps: 15_000,
        credits,
    };
    assert_eq!(read.portfolio_terms(), expected);
    assert_eq!(file().portfolio_terms(), PortfolioTerms::default());
}

#[test]
fn it_is_one_step_behind_the_assets_and_then_none() {
    let file = offered();
    let said = sentences(&plan_of(&file, &bare(&file)));
    let at = |what: &str| said.iter().position(|step| step == what).expect(what);
    assert!(
        at("set the terms of portfolio margin") > at("add asset ETH"),
        "{said:?}"
    );
    assert!(plan_of(&file, &deployed(&file)).is_empty());
    let plan = plan_of(&file, &deployed(&common::file()));
    assert_eq!(sentences(&plan), ["set the terms of portfolio margin"]);
    assert!(plan.needs_authority());
    let Action::SetPortfolioTerms(terms) = &plan.steps[0].action else {
        panic!("{plan:?}");
    };
    assert_eq!(**terms, file.portfolio_terms());
}

/// Each value by itself makes one step that names it.
#[test]
fn every_field_is_compared() {
    type Value = (&'static str, fn(&mut PortfolioConfig));
    let values: [Value; 8] = [
        ("portfolio.floor_bps", |p| p.floor_bps += 1),
        ("portfolio.initial_bps", |p| p.initial_bps += 1),
        ("portfolio.credits", |p| p.credits[0].ratio_bps += 1),
        ("portfolio.credits", |p| p.credits[0].credit_bps += 1),
        ("portfolio.credits", |p| p.credits[0].first = "SOL".into()),
        ("portfolio.credits", |p| p.credits[0].second = "SOL".into()),
        ("portfolio.credits", |p| p.credits.clear()),
        ("portfolio.credits", |p| p.credits.push(credit())),
    ];
    let chain = deployed(&offered());
    for (field, value) in values {
        let mut file = offered();
        value(table(&mut file));
        let plan = plan_of(&file, &chain);
        assert_eq!(sentences(&plan), ["set the terms of portfolio margin"]);
        let changes = &plan.steps[0].changes;
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0].field, field);
    }
    let [old, new] = [deployed(&offered()), deployed(&file())].map(|chain| {
        chain
            .risk_book
            .expect("a book")
            .header
            .params
            .portfolio
            .terms()
    });
    let shown: Vec<_> = of_portfolio(&old, &new, |index| format!("#{index}"))
        .iter()
        .map(|change| format!("{}: {} -> {}", change.field, change.old, change.new))
        .collect();
    let expected = [
        "portfolio.floor_bps: 1,000 -> 0",
        "portfolio.initial_bps: 15,000 -> 0",
        "portfolio.credits: #2 and #3 at 10,000 save 6,000 -> none",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_file_without_the_table_switches_it_off_and_says_so() {
    let plan = plan_of(&file(), &deployed(&offered()));
    assert_eq!(sentences(&plan), ["set the terms of portfolio margin"]);
    assert_eq!(plan.steps[0].changes.len(), 3);
    let note = "portfolio margin is switched off";
    assert!(plan.notes[0].contains(note), "{:?}", plan.notes);
}

/// What an earlier program has folded otherwise is written anew, though no term differs.
#[test]
fn another_stored_form_is_a_difference() {
    let mut chain = deployed(&offered());
    let book = chain.risk_book.as_mut().expect("a book");
    book.header.params.portfolio.initial.0 += 1;
    let plan = plan_of(&offered(), &chain);
    assert_eq!(plan.steps[0].changes[0].field, "stored form");
}

#[test]
fn what_does_not_fit_is_refused_in_the_files_words() {
    let refused = |change: fn(&mut PortfolioConfig)| {
        let mut file = offered();
        change(table(&mut file));
        plan(&file, &context(), &bare(&file))
            .unwrap_err()
            .to_string()
    };
    let behind = "needed is one of the assets behind the quote token";
    for (change, sentence) in [
        (
            (|p| p.floor_bps = 99) as fn(&mut PortfolioConfig),
            "[portfolio]: floor_bps is 99, needed is 100 to 9,900".to_owned(),
        ),
        (
            |p| p.floor_bps = 0,
            "[portfolio]: floor_bps is 0, needed is 100 to 9,900, or no table: portfolio margin is not offered then"
                .to_owned(),
        ),
        (
            |p| p.initial_bps = 10_999,
            "[portfolio]: initial_bps is 10,999, needed is 11,000 to 40,000".to_owned(),
        ),
        (
            |p| p.credits[0].credit_bps = 9_501,
            "[portfolio]: credits: credit_bps is 9,501, needed is 1 to 9,500".to_owned(),
        ),
        (
            |p| p.credits[0].ratio_bps = 99,
            "[portfolio]: credits: ratio_bps is 99, needed is 100 to 1,000,000".to_owned(),
        ),
        (
            |p| p.credits[0].first = "DOGE".into(),
            format!("[portfolio]: credits: first is \"DOGE\", {behind}"),
        ),
        (
            |p| p.credits[0].second = "USDC".into(),
            format!("[portfolio]: credits: second is \"USDC\", {behind}"),
        ),
        (
            |p| p.credits[0].second = "BTC".into(),
            "[portfolio]: credits is \"BTC\" with itself, needed is two assets".to_owned(),
        ),
        (
            |p| p.credits = vec![credit(); CREDITS + 1],
            "[portfolio]: credits is 9 pairs, needed is at most 8 pairs".to_owned(),
        ),
    ] {
        assert_eq!(refused(change), sentence);
    }
}

#[test]
fn a_volatility_feed_is_named_once_and_whoever_was_named_stays() {
    let mut named = file();
    named.volatility_feed = Some(key("feed"));
    let chain = deployed(&file());
    let plan = plan_of(&named, &chain);
    let sentence = format!("set the volatility feed to {}", key("feed"));
    assert_eq!(sentences(&plan), core::slice::from_ref(&sentence));
    assert!(plan.needs_authority());
    let change = &plan.steps[0].changes[0];
    assert_eq!(
        (change.field.as_str(), change.old.as_str()),
        ("volatility_feed", "nobody")
    );
    assert!(plan_of(&named, &deployed(&named)).is_empty());
    assert!(plan_of(&file(), &deployed(&named)).is_empty());
    // A new clearinghouse has none until it is set.
    assert!(sentences(&plan_of(&named, &bare(&named))).contains(&sentence));
}
