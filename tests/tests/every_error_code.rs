//! Every refusal of the program is provoked by a test, or stands here with the reason why it cannot be.
//!
//! Prints the table with `cargo test -p counterweight-tests --test every_error_code -- --nocapture`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Codes that nothing can provoke.
const UNREACHABLE: [(&str, &str); 2] = [
    (
        "LiquidationWouldHarm",
        "the net below the engine, whose steps never lower the ratio (proven in crates/risk)",
    ),
    (
        "DeficitTooLarge",
        "a share of a deficit is cut to the value of the lots before (`share_of` in crates/risk)",
    ),
];

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variants of the program's enum, with their numbers.
fn codes() -> BTreeMap<String, u32> {
    let source = read(&here().join("../programs/counterweight/src/error.rs"));
    let body = source
        .split("pub enum ErrorCode {")
        .nth(1)
        .expect("the enum");
    let body = body.split("\n}").next().expect("its end");
    body.lines()
        .filter_map(|line| {
            let (name, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
            Some((name.to_string(), 6_000 + number.parse::<u32>().ok()?))
        })
        .collect()
}

/// Error names that a text mentions as `ErrorCode::Name`.
fn mentioned(text: &str) -> BTreeSet<String> {
    let ends = |c: char| !c.is_alphanumeric();
    text.split("ErrorCode::")
        .skip(1)
        .map(|rest| rest.split(ends).next().unwrap_or_default().to_string())
        .collect()
}

/// Which functions of the files about refusals name each code.
fn provoked() -> BTreeMap<String, Vec<String>> {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(here().join("tests"))
        .expect("the tests")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    for path in files {
        let file = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !(file.starts_with("refusals_")
            || file == "guards"
            || file == "token_2022"
            || file == "defaults"
            || file == "options"
            || file == "portfolio"
            || file == "migration")
        {
            continue;
        }
        let source = read(&path);
        // Tests, and the helpers that only they can call.
        for function in source.split("\nfn ").skip(1) {
            let (name, body) = function.split_once('(').expect("a function");
            let body = body.split("\n}\n").next().expect("its end");
            for code in mentioned(body) {
                table
                    .entry(code)
                    .or_default()
                    .push(format!("{file}::{name}"));
            }
        }
    }
    table
}

#[test]
fn every_error_code_is_provoked_by_a_test_or_excused() {
    let (codes, provoked) = (codes(), provoked());
    assert!(codes.len() > 50, "the enum was not read: {codes:?}");
    let excused: BTreeMap<_, _> = UNREACHABLE.into_iter().collect();
    let mut by_number: Vec<_> = codes.iter().collect();
    by_number.sort_by_key(|(_, number)| **number);
    let mut missing = Vec::new();
    for (name, number) in by_number {
        match (provoked.get(name), excused.get(name.as_str())) {
            (Some(tests), None) => println!("{number} {name}: {}", tests.join(", ")),
            (None, Some(reason)) => println!("{number} {name}: cannot be provoked: {reason}"),
            (Some(tests), Some(_)) => panic!("{name} is excused, but {tests:?} provoke it"),
            (None, None) => missing.push(name),
        }
    }
    assert!(missing.is_empty(), "no test provokes {missing:?}");
    let gone = excused.keys().filter(|name| !codes.contains_key(**name));
    assert_eq!(gone.count(), 0, "an excused code does not exist any more");
}
