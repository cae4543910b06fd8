//! The corpus of the fuzzer, and random inputs, on the model: that neither of them rots.
//!
//! `COUNTERWEIGHT_SEED=n` runs one random input, `COUNTERWEIGHT_INPUTS=n` so many (400 without).

use counterweight_ledger::{HEADER, RECORD, Report, run};
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(folder);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

/// States that are worth being in.
const DEEP: [&str; 8] = [
    "a default that the backstop took over",
    "a deleveraging",
    "a deleveraging of the backstop",
    "a slice",
    "collateral taken",
    "dust swept",
    "funding while accounts lag",
    "both sides of a market behind",
];

/// The same of books by portfolio margin.
const SCANNED: [&str; 4] = [
    "a leg taken of a scanned book",
    "a slice of a scanned book",
    "a scanned book taken over",
    "a scanned book deleveraged",
];

#[test]
fn every_promise_holds_on_the_corpus_of_the_ledger() {
    let mut report = Report::default();
    for file in files("corpus/ledger") {
        let data = std::fs::read(&file).expect("an input");
        run(&data, &mut report).unwrap_or_else(|what| panic!("{}: {what}", file.display()));
    }
    println!("{}", report.text("ledger, corpus"));
    for state in DEEP {
        assert!(report.inputs_in(state) > 0, "no input comes to {state}");
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}

#[test]
fn every_promise_holds_on_random_inputs() {
    let seeds = match number("COUNTERWEIGHT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("COUNTERWEIGHT_INPUTS").unwrap_or(400),
    };
    let mut report = Report::default();
    for seed in seeds.clone() {
        let mut state = seed;
        let bytes = HEADER + RECORD * 150;
        let data: Vec<u8> = (0..bytes).map(|_| next(&mut state) as u8).collect();
        run(&data, &mut report)
            .unwrap_or_else(|what| panic!("COUNTERWEIGHT_SEED={seed} repeats it: {what}"));
    }
    println!("{}", report.text("ledger, at random"));
    if seeds.end - seeds.start >= 400 {
        for state in DEEP.iter().chain(&SCANNED) {
            assert!(report.inputs_in(state) > 0, "no input comes to {state}");
        }
    }
}
