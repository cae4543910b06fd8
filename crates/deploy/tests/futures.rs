//! A future in the file: when it may end, what is fixed of it, and what is left to do once it has ended.

mod common;

use common::{NOW, context, deployed, file, plan_of, sentences};
use counterweight_deploy::{
    Action, Context, Deployment, MarketKind, MarketMode, OnChain, PlanError, plan,
};
use counterweight_risk::{
    expiry::{LEAST_TERM, LONGEST_TERM},
    market::{KIND_FUTURE, MODE_SETTLEMENT},
};

const EXPIRY: i64 = NOW + 90 * 86_400;

/// The file with a future behind its perpetuals.
fn with_future(expiry: Option<i64>) -> Deployment {
    let mut file = file();
    let mut future = file.market[0].clone();
    future.name = "SOL-DATED".into();
    (future.kind, future.expiry) = (MarketKind::Future, expiry);
    file.market.push(future);
    file
}

/// Why there is no plan.
#[track_caller]
fn refused(file: &Deployment, chain: &OnChain, now: i64) -> String {
    let context = Context { now, ..context() };
    match plan(file, &context, chain) {
        Err(error) => error.to_string(),
        Ok(plan) => panic!("{:?}", sentences(&plan)),
    }
}

#[test]
fn a_future_is_added_with_its_expiry() {
    let chain = deployed(&file());
    let plan = plan_of(&with_future(Some(EXPIRY)), &chain);
    assert_eq!(sentences(&plan)[0], "add market SOL-DATED");
    let Action::AddMarket { market, setup } = &plan.steps[0].action else {
        panic!("{plan:?}");
    };
    assert_eq!(
        (*market, setup.kind, setup.expiry),
        (3, KIND_FUTURE, EXPIRY)
    );
    // What is there as the file says needs nothing, and a file without a word of it means perpetuals.
    let chain = deployed(&with_future(Some(EXPIRY)));
    assert!(plan_of(&with_future(Some(EXPIRY)), &chain).is_empty());
    assert!(
        file()
            .market
            .iter()
            .all(|market| market.kind == MarketKind::Perpetual)
    );
}

#[test]
fn the_file_gives_the_expiry_as_seconds_or_as_a_date() {
    let text = include_str!("../../../migrations/localnet.toml");
    let name = "name = \"SOL-PERP\"\n";
    let market = |lines: &str| {
        let text = text.replace(name, &format!("{name}{lines}\n"));
        Deployment::parse(&text).map(|file| file.market[0].clone())
    };
    for expiry in [
        "1806048000",
        "2027-03-26T08:00:00Z",
        "2027-03-26 09:00:00+01:00",
    ] {
        let future = market(&format!("kind = \"future\"\nexpiry = {expiry}")).expect(expiry);
        assert_eq!(
            (future.kind, future.expiry),
            (MarketKind::Future, Some(1_806_048_000))
        );
    }
    for (lines, sentence) in [
        (
            "kind = \"forward\"",
            "expected one of `perpetual`, `future`, `call`, `put`",
        ),
        ("expiry = 2027-03-26", "2027-03-26 is no moment"),
        (
            "expiry = 2027-03-26T08:00:00",
            "unix seconds are needed, or a date",
        ),
    ] {
        let why = market(lines).expect_err(lines);
        assert!(why.contains(sentence) && why.contains("line "), "{why}");
    }
}

#[test]
fn a_future_has_an_expiry_in_reach_and_a_perpetual_has_none() {
    let chain = deployed(&file());
    let mut perpetual = file();
    perpetual.market[1].expiry = Some(EXPIRY);
    for (file, sentence) in [
        (
            with_future(None),
            "[[market]] SOL-DATED: expiry is missing, needed is the time at which it ends",
        ),
        (
            perpetual,
            "[[market]] BTC-PERP: expiry is set, needed is none: a perpetual never ends (kind = \"future\" is one that does)",
        ),
        (
            with_future(Some(NOW + LEAST_TERM - 1)),
            "[[market]] SOL-DATED: expiry is 2026-09-21T15:13:19Z, needed is 2026-09-21T15:13:20Z to \
             2028-09-20T14:13:20Z: an hour to two years from now",
        ),
    ] {
        assert_eq!(refused(&file, &chain, NOW), sentence);
    }
    for expiry in [NOW + LEAST_TERM, NOW + LONGEST_TERM] {
        assert!(!plan_of(&with_future(Some(expiry)), &chain).is_empty());
    }
    let late = refused(&with_future(Some(NOW + LONGEST_TERM + 1)), &chain, NOW);
    assert!(late.contains("expiry is 2028-09-20T14:13:21Z"), "{late}");
}

#[test]
fn an_expiry_is_fixed_and_what_has_ended_is_left_alone() {
    let mut chain = deployed(&with_future(Some(EXPIRY)));
    let moved = refused(&with_future(Some(EXPIRY + 1)), &chain, NOW);
    assert!(
        moved.starts_with("[[market]] SOL-DATED: expiry is 2026-12-20T14:13:20Z now and"),
        "{moved}"
    );
    assert!(moved.contains("fixed when it is added"), "{moved}");
    let lasting = refused(&with_future(None), &chain, NOW);
    assert!(lasting.contains("expiry is missing"), "{lasting}");
    let mut lasting = with_future(None);
    lasting.market[3].kind = MarketKind::Perpetual;
    let lasting = refused(&lasting, &chain, NOW);
    let kind = "[[market]] SOL-DATED: kind is future now and perpetual in the file: what a market is stays";
    assert!(lasting.starts_with(kind), "{lasting}");
    // A file does not end it early; from its expiry on it ends by itself, settled or not, whatever the file says of
    // its mode and terms.
    let mut ended = with_future(Some(EXPIRY));
    ended.market[3].mode = MarketMode::Ended;
    let early = refused(&ended, &chain, EXPIRY - 1);
    assert!(early.contains("a file cannot end a market"), "{early}");
    let mut changed = with_future(Some(EXPIRY));
    changed.market[3].trigger_fee += 1;
    let at = |file: &Deployment, chain: &OnChain, now| {
        let context = Context { now, ..context() };
        plan(file, &context, chain).unwrap_or_else(|error: PlanError| panic!("{error}"))
    };
    assert_eq!(at(&changed, &chain, EXPIRY - 1).steps.len(), 1);
    for mode in [0, MODE_SETTLEMENT] {
        chain.risk_book.as_mut().expect("a book").markets[3].mode = mode;
        for file in [&ended, &changed] {
            let plan = at(file, &chain, EXPIRY);
            assert!(plan.is_empty());
            assert_eq!(plan.notes, ["SOL-DATED has reached its expiry"]);
        }
    }
}
