//! The table of the README that says what the main operations cost: written from what was measured, so
//! that nobody has to copy figures. `make test` compares every figure in it with `bench/COMPUTE.md`.

use crate::{
    cases::Cost,
    report::{Measured, grouped},
};
use std::path::{Path, PathBuf};

const START: &str = "<!-- costs: written by make bench -->\n";
const END: &str = "<!-- end of costs -->";

/// A row: what is said of it, and which measured instructions it names, with their positions.
type Row = (&'static str, &'static [(&'static str, Option<u16>)]);

const ROWS: &[Row] = &[
    (
        "deposit, withdraw with 8 positions",
        &[("deposit", Some(8)), ("withdraw", Some(8))],
    ),
    (
        "place an order; cancel one",
        &[
            ("place_order, post-only", Some(8)),
            ("cancel_orders, one", Some(8)),
        ],
    ),
    (
        "a maker's re-quote: 8 orders out, 8 in",
        &[("place_orders, re-quote of 8", Some(8))],
    ),
    (
        "trade with 1 fill; with 8 fills of 8 makers",
        &[
            ("trade, 1 fills, makers passed", Some(8)),
            ("trade, 8 fills, makers passed", Some(8)),
        ],
    ),
    (
        "block trade of 1 leg with 8 positions; of 8 legs with 32",
        &[
            ("settle_block_trade, 1 leg", Some(8)),
            ("settle_block_trade, 8 legs", Some(32)),
        ],
    ),
    (
        "liquidation, both sides with 8; with 128 positions",
        &[("liquidate", Some(8)), ("liquidate", Some(128))],
    ),
    (
        "liquidation of one of 32 legs with options, by portfolio margin",
        &[("liquidate, an option of 32 legs, portfolio", Some(32))],
    ),
    (
        "refresh of what an option is worth in each scenario",
        &[("refresh_arrays, 1 option", None)],
    ),
    (
        "refresh of one Pyth price; of two",
        &[
            ("refresh_prices, 1 pull", None),
            ("refresh_prices, 2 pull", None),
        ],
    ),
    (
        "a refusal: of a stranger; for a stale price",
        &[
            ("refused: NotOwner", Some(8)),
            ("refused: StalePrice", Some(8)),
        ],
    ),
];

/// The README with the table as it should be, and as it is.
fn texts(measured: &Measured) -> Result<(String, String), String> {
    let text = std::fs::read_to_string(path()).map_err(|error| format!("README.md: {error}"))?;
    let parts = text
        .split_once(START)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or("README.md has no place for the table of costs")?;
    let wanted = format!("{before}{START}{}{END}{after}", table(measured));
    Ok((wanted, text))
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")
}

/// Writes the table into the README.
///
/// # Errors
/// Where the README cannot be read or written, or has no place for it.
pub fn write(measured: &Measured) -> Result<(), String> {
    let (wanted, _) = texts(measured)?;
    std::fs::write(path(), wanted).map_err(|error| format!("README.md: {error}"))
}

/// Whether the README has the table that these figures make.
///
/// # Errors
/// As [`write`].
pub fn is_current(recorded: &Measured) -> Result<bool, String> {
    texts(recorded).map(|(wanted, found)| wanted == found)
}

fn table(measured: &Measured) -> String {
    let mut text = String::from("| operation | compute units |\n|---|--:|\n");
    let section = |of: fn(&crate::sections::Section) -> u64| {
        let found = measured.sections.iter().find(|s| s.positions == 64);
        grouped(of(found.expect("64 positions are measured")))
    };
    let scanned = |of: fn(&crate::sections::Section) -> u64| {
        let name = "portfolio: a perpetual and three options an asset";
        let mut all = measured.sections.iter();
        let found = all.find(|s| s.name == name && s.positions == 64);
        grouped(of(found.expect("64 positions with options are measured")))
    };
    for (name, figure) in [
        (
            "maintenance check of 64 positions",
            section(|s| s.maintenance),
        ),
        ("initial check of 64 positions", section(|s| s.initial)),
        (
            "… with resting orders on both sides of each",
            section(|s| s.initial_with_orders),
        ),
        (
            "maintenance check of 64, by portfolio margin, 48 of them options",
            scanned(|s| s.maintenance),
        ),
        ("initial check of the same", scanned(|s| s.initial)),
    ] {
        text += &format!("| {name} | {figure} |\n");
    }
    for (name, costs) in ROWS {
        let figures: Vec<_> = costs.iter().map(|wanted| cost(measured, *wanted)).collect();
        text += &format!("| {name} | {} |\n", figures.join("; "));
    }
    text
}

fn cost(measured: &Measured, (name, positions): (&str, Option<u16>)) -> String {
    let is = |cost: &&Cost| cost.name == name && cost.positions == positions;
    let found = measured.costs.iter().find(is);
    grouped(
        found
            .unwrap_or_else(|| panic!("{name} is not measured"))
            .units,
    )
}
