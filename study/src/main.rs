//! `make study`: writes `bench/STUDY.md` and its pictures; another seed as an argument goes to the terminal.

use counterweight_study::{
    model::TERMS,
    plot,
    report::Study,
    run::{Plan, run},
    settings::{CHOSEN, Setting, longer, sweep},
};
use std::{
    fs,
    path::Path,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

/// The seed of what is written.
const SEED: u64 = 20_251_010;

fn main() -> ExitCode {
    let seed = match std::env::args().nth(1).map(|seed| seed.parse()) {
        None => SEED,
        Some(Ok(seed)) => seed,
        Some(Err(_)) => {
            eprintln!("usage: make study [ARGS=SEED]");
            return ExitCode::FAILURE;
        }
    };
    let study = study(seed);
    if seed != SEED {
        println!("{}", study.render());
        return ExitCode::SUCCESS;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = [
        ("bench/STUDY.md", study.render()),
        ("docs/img/study-coverage.svg", plot::coverage(study.base())),
        ("docs/img/study-capital.svg", plot::capital(study.base())),
    ];
    for (file, text) in files {
        if let Err(error) = fs::write(root.join(file), text) {
            eprintln!("cannot write {file}: {error}");
            return ExitCode::FAILURE;
        }
        eprintln!("written: {file}");
    }
    ExitCode::SUCCESS
}

fn study(seed: u64) -> Study {
    let plan = Plan {
        seed,
        first: 0,
        paths: 256,
        days: 30,
        books: 10_000,
        an_hour: 50,
        term: TERMS[0],
    };
    // The chosen terms were found on paths that are not those by which they are judged.
    let sweep_plan = Plan {
        first: 10_000,
        paths: 48,
        an_hour: 10,
        ..plan
    };
    let long_plan = Plan {
        first: 20_000,
        paths: 64,
        an_hour: 20,
        term: TERMS[1],
        ..plan
    };
    let (settings, longer) = (sweep(), longer());
    let only = |all: &[(String, Setting)]| -> Vec<Setting> {
        all.iter().map(|(_, setting)| *setting).collect()
    };
    let named = |what: &'static str| move |line: &str| eprintln!("{what}: {line}");
    Study {
        date: today(),
        outcome: run(&plan, &[CHOSEN], named("chosen terms")),
        sweep: run(&sweep_plan, &only(&settings), named("other terms")),
        long: run(&long_plan, &only(&longer), named("long futures")),
        plan,
        settings,
        longer,
        sweep_plan,
        long_plan,
    }
}

/// The date, as people write it.
fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut days = since.map_or(0, |since| since.as_secs() / 86_400);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [
        ("January", 31),
        ("February", 28 + u64::from(leap(year))),
        ("March", 31),
        ("April", 30),
        ("May", 31),
        ("June", 30),
        ("July", 31),
        ("August", 31),
        ("September", 30),
        ("October", 31),
        ("November", 30),
        ("December", 31),
    ];
    for (name, length) in months {
        if days < length {
            return format!("{} {name} {year}", days + 1);
        }
        days -= length;
    }
    unreachable!("a year has no more days than its months")
}
