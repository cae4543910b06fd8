//! Every test, function and file that the tables of promises name exists: a test that was renamed must not
//! leave a promise behind that nobody keeps.

use crate::{doc, rows, section};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Constraints of the framework.
const FRAMEWORK: [&str; 1] = ["has_one"];
/// Where sources are.
const ROOTS: [&str; 6] = ["bench", "crates", "demo", "programs", "tests", "xtask"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source, as path and text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ROOTS.iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                // Build results are no sources.
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                found.push((path.display().to_string(), text));
            }
        }
    }
    found
}

/// The names that lines begin to declare: of items and of public fields.
fn declared(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let ends = |c: char| !c.is_alphanumeric() && c != '_';
        let field = line
            .trim()
            .strip_prefix("pub ")
            .and_then(|rest| rest.split_once(':'));
        if let Some((name, _)) = field.filter(|(name, _)| !name.contains(ends)) {
            return Some(name);
        }
        let keyword = |word: &&str| ["fn", "struct", "enum", "mod", "type"].contains(word);
        let mut words = line.split_whitespace().skip_while(|word| !keyword(word));
        words.nth(1)?.split(ends).next()
    })
}

/// Functions that the test harness runs.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[test]").skip(1).filter_map(|rest| {
        let body = rest.split("fn ").nth(1)?;
        body.split('(').next()
    })
}

/// What stands between backticks, and where links lead.
fn names(text: &str) -> Vec<&str> {
    let code = text.split('`').skip(1).step_by(2);
    let links = text.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    code.chain(links).collect()
}

/// Whether it names something, and is not an expression, a command or a heading.
fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_') && name.contains('_')
}

/// Whether a path, or the end of one, is there.
fn is_file(name: &str, sources: &[(String, String)]) -> bool {
    let path = name.split('#').next().unwrap_or_default();
    let path = path.trim_start_matches("../").trim_end_matches('/');
    let folder = path.strip_suffix(".rs").unwrap_or(path);
    root().join(path).exists()
        || root().join("docs").join(path).exists()
        || sources
            .iter()
            .any(|(at, _)| at.ends_with(&format!("/{path}")) || at.contains(&format!("/{folder}/")))
}

#[test]
fn every_test_and_function_that_the_promises_name_exists() {
    let sources = sources();
    let known: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| declared(text))
        .collect();
    // The invariants are run by the sequences.
    let invariants = sources.iter().filter(|(at, _)| at.contains("/invariants/"));
    let invariants = invariants.flat_map(|(_, text)| declared(text));
    let run = sources.iter().flat_map(|(_, text)| tests(text));
    let run: BTreeSet<&str> = run.chain(invariants).collect();
    let promises = section(doc("docs/architecture.md"), "## 7. What must always hold");
    let mut found = 0;
    for row in rows(promises).chain(rows(doc("docs/assurance.md"))) {
        let last = row.len() - 1;
        for (column, cell) in row.iter().enumerate() {
            for name in names(cell) {
                found += 1;
                if name.contains('/') || name.ends_with(".rs") {
                    assert!(is_file(name, &sources), "{name} is no file, in {row:?}");
                    continue;
                }
                let item = name.rsplit("::").next().unwrap_or_default();
                if !is_name(item) || FRAMEWORK.contains(&item) {
                    continue;
                }
                assert!(known.contains(item), "{name} is nowhere, in {row:?}");
                // A sentence in the column of tests is a test, and is run.
                if column == last && item.split('_').count() > 3 {
                    assert!(run.contains(item), "{name} is no test, in {row:?}");
                }
            }
        }
    }
    assert!(found > 100, "only {found} names: the tables are elsewhere");
}
