//! The study in small, so that it can not rot: what must hold of any paths, and what the written document says.

use counterweight_study::{
    books::{KINDS, Kind, Template},
    model::TERMS,
    plot, report,
    report::Study,
    run::{Outcome, Plan, run},
    settings::{CHOSEN, FIRST, NONE},
};
use std::{fs, path::Path};

const PLAN: Plan = Plan {
    seed: 7,
    first: 0,
    paths: 3,
    days: 1,
    books: 200,
    an_hour: 20,
    term: TERMS[0],
};

fn small() -> Outcome {
    run(&PLAN, &[CHOSEN, FIRST, NONE], |_| {})
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let (one, other) = (small(), small());
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    let shifted = Plan { seed: 8, ..PLAN };
    let different = run(&shifted, &[CHOSEN, FIRST], |_| {});
    assert_ne!(format!("{one:?}"), format!("{different:?}"));
}

#[test]
fn portfolio_saves_on_hedges_and_nothing_on_naked_positions() {
    let outcome = small();
    let hours = (PLAN.paths * PLAN.days * 24 * PLAN.an_hour) as u64;
    for tally in &outcome.settings {
        assert_eq!(tally.over(0, true, |_| true).all().hours, hours);
        for (at, (kind, name, _)) in KINDS.iter().enumerate() {
            for follows in [false, true] {
                let [saved, initial] = tally.saved(follows, |of| of == at);
                match kind {
                    Kind::Naked => assert!(saved.abs() < 0.01 && initial > 0.5, "{name} {saved}"),
                    Kind::Pair => assert!((5.0..40.0).contains(&saved), "{name} {saved}"),
                    Kind::Straddle | Kind::Covered => {
                        assert!((10.0..60.0).contains(&saved), "{name} {saved}");
                    }
                    _ => assert!((50.0..95.0).contains(&saved), "{name} {saved}"),
                }
            }
            // Requirements that follow volatility are never lower than those that do not.
            for model in 0..2 {
                let [fixed, adaptive] = [false, true].map(|f| tally.over(model, f, |of| of == at));
                assert!(
                    adaptive.maintenance >= fixed.maintenance * 0.999_999,
                    "{name}"
                );
                assert!(adaptive.all().exceeded <= fixed.all().exceeded, "{name}");
            }
        }
    }
    // The spread charge is what protects cash-and-carry.
    let carry = Kind::Carry.number();
    let [chosen, first] = [0, 1].map(|at| outcome.settings[at].cells[carry][1][1].all().exceeded);
    assert!(chosen < first, "{chosen} {first}");
}

#[test]
fn books_are_what_they_are_called() {
    for number in 0..200 {
        let book = Template::new(PLAN.seed, number);
        let net: f64 = book.legs.iter().map(|leg| leg.dollars).sum();
        let gross: f64 = book.legs.iter().map(|leg| leg.dollars.abs()).sum();
        let (legs, share) = (book.legs.len(), net.abs() / gross);
        match KINDS[book.kind].0 {
            Kind::Naked => assert!(legs == 1 && book.collateral.is_none()),
            Kind::Calendar => assert!(legs == 2 && share < 0.06),
            Kind::Pair => assert!(legs == 2 && share < 0.18),
            Kind::Maker => assert!(legs == 8 && share < 0.06),
            Kind::Carry => {
                let (asset, held) = book.collateral.expect("collateral");
                assert!(legs == 1 && book.legs[0].asset == asset);
                assert!((0.9..=1.0).contains(&(-net / held)));
            }
            kind => {
                let options = book.options.as_ref().expect("options");
                let short = options.legs.iter().filter(|leg| leg.dollars < 0.0).count();
                let wanted = match kind {
                    Kind::Spread => (0, 1, 2),
                    Kind::Condor => (0, 2, 4),
                    Kind::Straddle => (0, 2, 2),
                    _ => (1, 1, 1),
                };
                assert_eq!((legs, short, options.legs.len()), wanted);
                assert!(book.collateral.is_none() && options.asset < 3);
            }
        }
    }
}

fn written() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/STUDY.md");
    fs::read_to_string(file).expect("bench/STUDY.md")
}

#[test]
fn the_document_states_the_assumptions_of_the_code() {
    assert!(written().contains(&report::assumptions()), "run make study");
}

#[test]
fn everything_can_be_written() {
    let outcome = small();
    let study = Study {
        date: "today".to_owned(),
        plan: PLAN,
        settings: ["one", "two", "three"]
            .map(|name| (name.to_owned(), CHOSEN))
            .to_vec(),
        longer: vec![("one".to_owned(), CHOSEN), ("two".to_owned(), FIRST)],
        sweep_plan: PLAN,
        sweep: outcome.clone(),
        long_plan: PLAN,
        long: outcome.clone(),
        outcome,
    };
    let text = study.render();
    let headings = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with('#'));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(headings(&text), headings(&written()), "run make study");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    for picture in [plot::coverage(study.base()), plot::capital(study.base())] {
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
        assert!(!picture.contains("NaN") && !picture.contains("inf"));
        assert!(KINDS.iter().all(|(_, name, _)| picture.contains(name)));
    }
}
