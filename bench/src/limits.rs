//! The measured units as a table that the SDK compiles in, so that its compute limits are those of the bench.

use crate::report::Measured;
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sdk/src/limits/measured.rs")
}

fn text(measured: &Measured) -> String {
    let mut text = String::from(
        "//! Written by `make bench` from what it measured on the bytecode: instruction, positions (0 where they do\n\
         //! not matter), compute units.\n\n\
         pub(super) const MEASURED: &[(&str, u16, u32)] = &[\n",
    );
    for cost in &measured.costs {
        if cost.name.starts_with("refused: ") {
            continue;
        }
        // "trade, 8 fills, queued" is a `trade`.
        let name = cost.name.split([',', ' ']).next().unwrap_or_default();
        let positions = cost.positions.unwrap_or(0);
        let _ = writeln!(text, "    ({name:?}, {positions}, {}),", cost.units);
    }
    text + "];\n"
}

/// Writes the table.
pub fn write(measured: &Measured) -> Result<(), String> {
    std::fs::write(path(), text(measured)).map_err(|error| format!("{}: {error}", path().display()))
}

/// Whether the table is what was measured.
pub fn is_current(measured: &Measured) -> bool {
    std::fs::read_to_string(path()).is_ok_and(|found| found == text(measured))
}
