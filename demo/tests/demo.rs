//! The demonstration from end to end: what it claims is what happens, and the report says so.

use counterweight_demo::{
    Options, Outcome,
    actors::{HEDGED_NAME, LEVERAGED_NAME, STOPPED_NAME},
    compare::accounts,
    house::State,
    isolated::NAMES,
    run,
};
use std::{path::PathBuf, process::Command};

fn report(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn outcome(seed: u64, name: &str) -> Outcome {
    let options = Options {
        seed,
        steps: 40,
        report: report(name),
        quiet: true,
    };
    run(&options).unwrap()
}

#[test]
fn one_account_survives_what_three_do_not() {
    for seed in 1..=5 {
        let outcome = outcome(seed, "one_account.html");
        let (cross, isolated) = (&outcome.cross, &outcome.isolated);

        let hedged = cross.find(HEDGED_NAME).unwrap();
        assert!(cross.seizures.iter().all(|seizure| seizure.actor != hedged));
        let standings = cross.samples.iter().map(|sample| sample.standings[hedged]);
        for standing in standings {
            assert!(
                standing.equity > standing.maintenance && standing.state != State::InLiquidation
            );
        }
        assert!(
            cross.lots(hedged).iter().all(|lots| *lots != 0),
            "every leg is there"
        );

        let legs = accounts(isolated);
        assert_eq!(legs.len(), 3);
        assert!(
            isolated
                .seizures
                .iter()
                .any(|seizure| legs.contains(&seizure.actor))
        );
        let (one, three) = (&outcome.comparison.one, &outcome.comparison.three);
        assert_eq!(one.lots[0], three.lots[0], "the same book");
        assert!(one.lowest_ratio > 1.0 && three.lowest_ratio < 1.0);
        assert!(one.equity_if_back > three.equity_if_back);
    }
}

#[test]
fn liquidations_are_partial_restore_the_account_and_insure() {
    let outcome = outcome(1, "liquidations.html");
    let house = &outcome.cross;
    let leveraged = house.find(LEVERAGED_NAME).unwrap();
    let partial: Vec<_> = house
        .seizures
        .iter()
        .filter(|seizure| seizure.is_partial())
        .collect();
    assert!(partial.len() > 1);
    for seizure in &house.seizures {
        assert_eq!(seizure.actor, leveraged, "only the leveraged account fails");
        assert_eq!(seizure.lots.signum(), seizure.held.signum());
        assert!(seizure.penalty >= seizure.insurance && seizure.units > 0);
        let [before, after] = seizure.ratio;
        assert!(
            after.is_none_or(|after| after >= before.unwrap()),
            "the ratio does not fall"
        );
        if seizure.is_partial() {
            let after = after.unwrap();
            assert!(
                (1.1..1.2).contains(&after),
                "to the buffer and not beyond: {after}"
            );
        }
    }
}

#[test]
fn every_atom_is_accounted_for_after_every_step() {
    let outcome = outcome(2, "conservation.html");
    for (house, books) in [&outcome.cross, &outcome.isolated]
        .into_iter()
        .zip(&outcome.books)
    {
        assert!(books.balances() && books.difference() == 0, "{books:?}");
        assert!(books.fees > 0 && books.insurance > 0);
        // The start and each of 40 steps, with what waits in the queues and without; and the end.
        assert_eq!(house.balanced, 2 + 2 * 40 + 1);
    }
    // Insurance is what the liquidations say that it is.
    let shares: i64 = outcome
        .cross
        .seizures
        .iter()
        .map(|seizure| seizure.insurance)
        .sum();
    assert_eq!(outcome.books[0].insurance, i128::from(shares));
}

#[test]
fn fills_are_settled_at_once_and_through_the_queue() {
    let outcome = outcome(1, "fills.html");
    for house in [&outcome.cross, &outcome.isolated] {
        let tape = &house.tape;
        assert!(tape.at_once > 10 && tape.queued > 10, "{tape:?}");
        assert_eq!(tape.settled, tape.queued, "the keeper has settled all");
        for market in 0..3 {
            assert!(house.x.order_book(market).queue.is_empty());
            let maker = house.x.margin(&house.maker().trader.margin);
            let mut positions = maker.positions().iter();
            let position = positions.find(|p| p.market == market).unwrap();
            assert!(position.bid_lots.0 > 0 && position.ask_lots.0 > 0);
        }
        // SOL pays its makers, BTC charges them, ETH neither.
        assert!(tape.rebates > 0 && tape.maker_fees > 0 && tape.taker_fees > tape.rebates);
        assert!(tape.requotes > 3 && tape.quotes == 10 * tape.requotes);
        let [low, high] = tape.spread_range(0);
        assert!(low > 0.0 && high < 20.0, "{low} {high}");
    }
}

#[test]
fn what_one_side_pays_by_funding_the_other_receives() {
    for seed in 1..=2 {
        let outcome = outcome(seed, "funding.html");
        for house in [&outcome.cross, &outcome.isolated] {
            let tape = &house.tape;
            for market in 0..3 {
                assert_eq!(tape.rates_of(market).count(), 10);
                let sum: i64 = tape.funding.iter().map(|parts| parts[market]).sum();
                // What is paid rounds up, what is received down.
                assert!((-500..=0).contains(&sum), "{sum}");
                let paid = tape.funding.iter().any(|parts| parts[market] < -1_000_000);
                assert!(paid, "somebody paid more than a dollar");
            }
        }
        let tape = &outcome.cross.tape;
        // The maker has sold SOL to everybody: its bids stand above the index, and longs pay.
        assert!(tape.premiums[0][0] > 0.0);
        assert!(tape.rates_of(0).next().unwrap() > 0.0);
        let leveraged = outcome.cross.find(LEVERAGED_NAME).unwrap();
        assert!(tape.funding[leveraged][0] < 0);
        // It has bought BTC from those who sold the fall: its asks stand below, and shorts pay.
        assert!(tape.rates_of(1).any(|rate| rate < 0.0));
        let hedged = outcome.cross.find(HEDGED_NAME).unwrap();
        assert!(tape.funding[hedged][1] < 0);
        assert_eq!(outcome.comparison.one.funding, tape.funding_of(hedged));
    }
}

#[test]
fn the_stop_loss_is_executed_by_the_keeper_for_its_fee() {
    let outcome = outcome(1, "stop.html");
    let house = &outcome.cross;
    let stopped = house.find(STOPPED_NAME).unwrap();
    let [fired] = house.tape.fired[..] else {
        panic!("{:?}", house.tape.fired)
    };
    assert_eq!((fired.actor, fired.market), (stopped, 0));
    assert_eq!(fired.fee as u64, house.x.deployment.market[0].trigger_fee);
    assert_eq!(house.now(stopped).state, State::Flat);
    assert!(
        house
            .x
            .triggers(&house.actors[stopped].trader.margin)
            .entries
            .iter()
            .all(|e| !e.is_used())
    );
    // Not before the index was there, and never farther from it than the slippage.
    let index = outcome.path.steps[fired.step][0].price / 1_000_000;
    assert!(
        index <= fired.price
            && outcome.path.steps[fired.step - 1][0].price / 1_000_000 > fired.price
    );
    let sold = fired.value / fired.lots / 100;
    assert!(
        sold <= index && sold >= index - index / 100,
        "{sold} {index}"
    );
}

#[test]
fn orders_are_pruned_before_their_account_is_liquidated() {
    let outcome = outcome(1, "pruned.html");
    let house = &outcome.cross;
    let leveraged = house.find(LEVERAGED_NAME).unwrap();
    let [pruning] = house.tape.prunings[..] else {
        panic!("{:?}", house.tape.prunings)
    };
    assert_eq!((pruning.actor, pruning.orders), (leveraged, 6));
    assert_eq!(house.tape.refused, 1, "liquidated only without orders");
    assert_eq!(house.seizures[0].step, pruning.step);
    let margin = house.x.margin(&house.actors[leveraged].trader.margin);
    assert_eq!(margin.header.core.open_orders, 0);
    assert!(outcome.isolated.tape.prunings.is_empty());
}

#[test]
fn the_report_is_whole_and_needs_nothing_else() {
    let outcome = outcome(3, "report.html");
    let page = std::fs::read_to_string(&outcome.options.report).unwrap();
    for actor in outcome.cross.actors.iter().chain(&outcome.isolated.actors) {
        assert!(page.contains(actor.name), "{} is missing", actor.name);
    }
    assert!(NAMES.iter().all(|name| page.contains(name)));
    assert!(
        !page.contains("{{") && !page.contains("}}</"),
        "a placeholder was left"
    );
    for tag in [
        "html", "head", "body", "main", "table", "tbody", "section", "figure", "style", "script",
        "details",
    ] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(
            opened,
            page.matches(&format!("</{tag}>")).count(),
            "<{tag}>"
        );
    }
    let outside = ["src=", "href=", "@import", "url(", "fetch("];
    assert!(
        outside.iter().all(|word| !page.contains(word)),
        "the page loads something"
    );
    let begin = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
    let json = page[begin..].split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["prices"][0]["values"].as_array().unwrap().len(), 41);
    for line in data["premiums"].as_array().unwrap() {
        assert_eq!(line["values"].as_array().unwrap().len(), 41);
    }
    assert_eq!(data["rates"].as_array().unwrap().len(), 3 * 10);
    let books = data["books"].as_array().unwrap();
    assert_eq!(
        books.len(),
        2,
        "before the crash and as the stop-loss fires"
    );
    for side in ["bids", "asks"] {
        assert!(books[1][side].as_array().unwrap().len() >= 5, "{side}");
    }
    let marks = data["houses"][1]["marks"].as_array().unwrap();
    assert_eq!(marks.len(), outcome.isolated.seizures.len());
}

#[test]
fn the_same_seed_writes_the_same_report() {
    let first = std::fs::read(outcome(4, "first.html").options.report).unwrap();
    let second = std::fs::read(outcome(4, "second.html").options.report).unwrap();
    assert_eq!(first, second);
}

#[test]
fn an_option_that_makes_no_sense_is_refused_with_what_would() {
    let program = env!("CARGO_BIN_EXE_counterweight-demo");
    let refused = |arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["--steps", "3"]).contains("30..=1000"));
    let message = refused(&["--quiet", "--report", "/dev/null/report.html"]);
    assert!(message.contains("--report PATH"), "{message}");
}
