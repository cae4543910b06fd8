//! Comparing with files of the repository, and writing them anew where that is asked for.

use std::path::Path;

/// Whether files are written instead of compared.
fn writes() -> bool {
    std::env::var_os("UPDATE_EXPECTED").is_some_and(|value| value == "1")
}

/// Compares a text with a file, whose path begins at the package.
#[track_caller]
pub fn file(path: &str, found: &str) {
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if writes() {
        std::fs::create_dir_all(at.parent().expect("a directory")).unwrap();
        return std::fs::write(&at, found).unwrap();
    }
    let expected = std::fs::read_to_string(&at).unwrap_or_default();
    assert!(
        found == expected,
        "{path} says\n{expected}\nand this was found\n{found}\nUPDATE_EXPECTED=1 writes it anew"
    );
}

/// Compares a text with what stands between two marks in a file.
#[track_caller]
pub fn section(path: &str, [begin, end]: [&str; 2], found: &str) {
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let document = std::fs::read_to_string(&at).unwrap_or_else(|error| panic!("{path}: {error}"));
    let start = document
        .find(begin)
        .unwrap_or_else(|| panic!("{path} has no mark {begin}"))
        + begin.len();
    let length = document[start..]
        .find(end)
        .unwrap_or_else(|| panic!("{path} has no mark {end}"));
    let section = format!("\n{found}");
    if writes() {
        let written = format!(
            "{}{section}{}",
            &document[..start],
            &document[start + length..]
        );
        return std::fs::write(&at, written).unwrap();
    }
    assert!(
        document[start..start + length] == section,
        "{path} says\n{}\nand this was found\n{section}\nUPDATE_EXPECTED=1 writes it anew",
        &document[start..start + length]
    );
}
