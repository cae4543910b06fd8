//! The corpus of the fuzzer of the chain, and random inputs: that neither of them rots.
//!
//! `COUNTERWEIGHT_SEED=n` runs one random input, `COUNTERWEIGHT_INPUTS=n` so many (24 without).

use counterweight_ledger::Report;
use counterweight_tests::{fuzz::Arena, rng::Rng};
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz")
        .join(folder);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}

#[test]
fn every_promise_holds_on_the_corpus_of_the_chain() {
    let files = files("corpus/chain");
    let halves: Vec<&[PathBuf]> = files.chunks(files.len().div_ceil(2).max(1)).collect();
    let reports = std::thread::scope(|scope| {
        let replay = |files: &[PathBuf]| {
            let (mut arena, mut report) = (Arena::default(), Report::default());
            for file in files {
                let data = std::fs::read(file).expect("an input");
                let verdict = arena.run(&data, &mut report, &mut |_| {});
                verdict.unwrap_or_else(|what| panic!("{}: {what}", file.display()));
            }
            report
        };
        let threads: Vec<_> = halves
            .into_iter()
            .map(|files| scope.spawn(move || replay(files)))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<_>| thread.join().expect("said above");
        threads.into_iter().map(join).collect::<Vec<Report>>()
    });
    for report in &reports {
        println!("{}", report.text("chain, half of the corpus"));
    }
    for state in [
        "a deleveraging",
        "a slice",
        "dust swept",
        "a trigger executed",
        "an option's holder paid",
        "a future's position settled",
        "an option taken of a scanned book",
        "a slice of a scanned book with options",
        "options taken over by the backstop",
    ] {
        let inputs: u64 = reports.iter().map(|report| report.inputs_in(state)).sum();
        assert!(inputs > 0, "no input comes to {state}");
    }
}

#[test]
fn every_promise_holds_on_random_actions() {
    let seeds = match number("COUNTERWEIGHT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("COUNTERWEIGHT_INPUTS").unwrap_or(24),
    };
    let (mut arena, mut report) = (Arena::default(), Report::default());
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let data: Vec<u8> = (0..=480).map(|_| rng.next() as u8).collect();
        let verdict = arena.run(&data, &mut report, &mut |_| {});
        verdict.unwrap_or_else(|what| panic!("COUNTERWEIGHT_SEED={seed} repeats it: {what}"));
    }
    println!("{}", report.text("chain, at random"));
}
