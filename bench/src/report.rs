//! The table in git, the JSON beside it, and the comparison that fails when a figure grows.

use crate::{
    cases::{self, Cost},
    defaults, limits,
    options::{self, OptionCost},
    orders, others, readme, refusals, scanned,
    sections::{self, Section},
    world::Bytecode,
};
use counterweight::{
    book::Order,
    state::{
        Clearinghouse, MARGIN_HEADER, MARKET_LARGEST, MARKET_QUEUE, MarginAccount, RiskBook,
        Triggers,
    },
};
use counterweight_risk::{Asset, Market as MarketRow, Position};
use counterweight_simnet::{Chain, Start};
use serde::{Deserialize, Serialize};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// Growth that is accepted, in per mille.
const TOLERANCE: u64 = 20;

/// Everything that is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Instructions.
    pub costs: Vec<Cost>,
    /// The engine's checks alone.
    pub sections: Vec<Section>,
    /// The option mathematics.
    #[serde(default)]
    pub options: Vec<OptionCost>,
    /// Accounts.
    pub accounts: Vec<Size>,
}

/// What an account takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Which.
    pub name: String,
    /// Bytes of data.
    pub bytes: usize,
    /// Lamports that exempt it from rent.
    pub rent: u64,
}

/// Runs everything, each instruction twice: on the program for its units, on the instrumented one for
/// its heap.
pub fn measure() -> Measured {
    let run = |bytecode| {
        eprintln!("measuring {bytecode:?} ...");
        let mut costs = cases::by_positions(bytecode);
        costs.extend(cases::fixed(bytecode));
        costs.extend(defaults::all(bytecode));
        costs.extend(others::all(bytecode));
        costs.extend(orders::all(bytecode));
        costs.extend(refusals::all(bytecode));
        costs.extend(scanned::costs(bytecode));
        costs
    };
    let (mut costs, probed) = (run(Bytecode::Program), run(Bytecode::Probe));
    for (cost, probe) in costs.iter_mut().zip(&probed) {
        assert_eq!((&cost.name, cost.positions), (&probe.name, probe.positions));
        cost.heap = Some(probe.heap.expect("the probe says how much heap was used"));
    }
    eprintln!("measuring sections ...");
    Measured {
        costs,
        sections: sections::all()
            .into_iter()
            .chain(scanned::sections())
            .collect(),
        options: options::all(),
        accounts: sizes(),
    }
}

fn sizes() -> Vec<Size> {
    let chain = Chain::start(Start::default());
    let size = |name: &str, bytes: usize| Size {
        name: name.into(),
        bytes,
        rent: chain.svm.minimum_balance_for_rent_exemption(bytes),
    };
    let row = |name: &str, bytes: usize| Size {
        name: name.into(),
        bytes,
        rent: chain.svm.minimum_balance_for_rent_exemption(bytes)
            - chain.svm.minimum_balance_for_rent_exemption(0),
    };
    vec![
        size("Clearinghouse", 8 + size_of::<Clearinghouse>()),
        size("RiskBook with the quote token", RiskBook::space(1, 0)),
        row("… each further asset", size_of::<Asset>()),
        row("… each market", size_of::<MarketRow>()),
        size("Market as it is created", MARKET_QUEUE),
        size("Market with 1,024 orders a side", MARKET_LARGEST),
        row("… each order", size_of::<Order>()),
        size("MarginAccount with 8 slots", MarginAccount::space(8)),
        size("MarginAccount with 128 slots", MarginAccount::space(128)),
        row("… header", MARGIN_HEADER),
        row("… each slot", size_of::<Position>()),
        size("Triggers", 8 + size_of::<Triggers>()),
    ]
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Writes the table and the JSON.
pub fn write(measured: &Measured) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot write the results: {error}");
    std::fs::write(file("COMPUTE.md"), table(measured)).map_err(failed)?;
    std::fs::write(file("compute.json"), json(measured)).map_err(failed)?;
    readme::write(measured)?;
    limits::write(measured)?;
    Ok(
        "wrote bench/COMPUTE.md, bench/compute.json, the README's table of costs, and the SDK's"
            .into(),
    )
}

fn json(measured: &Measured) -> String {
    serde_json::to_string_pretty(measured).expect("plain figures") + "\n"
}

/// Compares with the files in git.
pub fn check(measured: &Measured) -> Result<String, String> {
    let again = "If it is meant: make bench, and commit both files with the change that made it.";
    let text = std::fs::read_to_string(file("compute.json"))
        .map_err(|error| format!("bench/compute.json: {error}. {again}"))?;
    let recorded: Measured =
        serde_json::from_str(&text).map_err(|error| format!("bench/compute.json: {error}"))?;
    let differences = differences(&figures(&recorded), &figures(measured));
    let lines = differences.join("\n");
    if differences.iter().any(|line| line.starts_with("FAIL")) {
        return Err(format!(
            "{lines}\nCompute figures do not fit bench/compute.json. {again}"
        ));
    }
    let table = std::fs::read_to_string(file("COMPUTE.md")).unwrap_or_default();
    let others = readme::is_current(&recorded)? && limits::is_current(&recorded);
    if table != self::table(&recorded) || !others {
        return Err(format!(
            "bench/COMPUTE.md, the README's table or the SDK's is not what bench/compute.json says. {again}"
        ));
    }
    let count = figures(measured).len();
    let within = "none has grown by more than 2 %";
    Ok(format!("{lines}\n{count} compute figures, {within}")
        .trim_start()
        .into())
}

/// Every figure that is compared, by name.
fn figures(measured: &Measured) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = measured
        .costs
        .iter()
        .map(|cost| {
            let positions = cost
                .positions
                .map_or(String::new(), |n| format!(", {n} positions"));
            (format!("{}{positions}", cost.name), cost.units)
        })
        .collect();
    for section in &measured.sections {
        let name = format!("{}, {} positions", section.name, section.positions);
        all.push((format!("maintenance check, {name}"), section.maintenance));
        all.push((format!("initial check, {name}"), section.initial));
        all.push((
            format!("initial check with orders, {name}"),
            section.initial_with_orders,
        ));
    }
    for option in &measured.options {
        let name = &option.name;
        all.push((format!("option price, {name}"), option.price));
        all.push((format!("option greeks, {name}"), option.greeks));
        all.push((format!("option scenario, {name}"), option.scenario));
        all.push((format!("smile, {name}"), option.smile));
    }
    all
}

/// A line for each figure that differs; "FAIL" before one that has grown too far, is new or is gone.
fn differences(recorded: &[(String, u64)], measured: &[(String, u64)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, units) in measured {
        match recorded.iter().find(|(other, _)| other == name) {
            None => lines.push(format!("FAIL {name}: {units}, not in the table")),
            Some((_, before)) if units * 1_000 > before * (1_000 + TOLERANCE) => {
                lines.push(format!("FAIL {name}: {before} -> {units}"));
            }
            Some((_, before)) if units != before => {
                lines.push(format!("     {name}: {before} -> {units}"));
            }
            Some(_) => {}
        }
    }
    for (name, _) in recorded {
        if !measured.iter().any(|(other, _)| other == name) {
            lines.push(format!("FAIL {name}: in the table, but not measured"));
        }
    }
    lines
}

/// 12345 as "12,345".
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const HEAD: &str = "# Compute units, heap, bytes and rent

Measured on the program's bytecode in the embedded virtual machine; written by `make bench`, compared
by `make test` (which fails where a figure grows by more than 2 % and prints the difference). The same
sources give the same figures. Compute units include the token program's; the 150 units of the
instruction that sets the compute limit are left out, its bytes are not. `Heap` is the most that was
in use of 32,768 bytes. Positions are those of each account involved, two on each asset.

";

/// The table as it stands in git.
pub fn table(measured: &Measured) -> String {
    let mut text = String::from(HEAD);
    text.push_str("## Instructions\n\n| instruction | positions | compute units | at most | heap | accounts | bytes |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for cost in &measured.costs {
        let mut reach = cost.reach.map_or(String::new(), grouped);
        if cost.reach.is_some_and(|reach| cost.units > reach) {
            reach.push_str(" **missed**");
        }
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            cost.name,
            cost.positions.map_or(String::new(), |n| n.to_string()),
            grouped(cost.units),
            reach,
            cost.heap.map_or(String::new(), grouped),
            cost.accounts,
            cost.bytes
        );
    }
    sections_table(&mut text, &measured.sections);
    options_table(&mut text, &measured.options);
    text.push_str("\n## Accounts\n\n| account | bytes | rent, lamports |\n|---|--:|--:|\n");
    for size in &measured.accounts {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            size.name,
            grouped(size.bytes as u64),
            grouped(size.rent)
        );
    }
    text
}

fn sections_table(text: &mut String, sections: &[Section]) {
    text.push_str(
        "\n## The checks alone\n\nBetween two readings of the meter inside the instrumented program, \
         without the instruction around them. `Each further` is the difference to the row above, per \
         position.\n\n| account | positions | maintenance | each further | initial | each further | \
         initial with orders | each further |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (at, section) in sections.iter().enumerate() {
        let before = at
            .checked_sub(1)
            .map(|at| &sections[at])
            .filter(|b| b.name == section.name);
        let each = |figure: fn(&Section) -> u64| {
            before.map_or(String::new(), |before| {
                let further = u64::from(section.positions - before.positions);
                // One decimal.
                let tenths = (figure(section) - figure(before)) * 10 / further;
                format!("{}.{}", tenths / 10, tenths % 10)
            })
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            section.name,
            section.positions,
            grouped(section.maintenance),
            each(|s| s.maintenance),
            grouped(section.initial),
            each(|s| s.initial),
            grouped(section.initial_with_orders),
            each(|s| s.initial_with_orders),
        );
    }
}

fn options_table(text: &mut String, options: &[OptionCost]) {
    text.push_str(
        "\n## Options\n\nBlack's formula in integers, between two readings of the meter ([docs/options.md]\
         (../docs/options.md)). `Each of 16` is a price at one of 16 forwards, with the time's root taken \
         once; `smile` is the volatility at the strike.\n\n| option | price | with all greeks | each of 16 \
         | smile |\n|---|--:|--:|--:|--:|\n",
    );
    for option in options {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            option.name,
            grouped(option.price),
            grouped(option.greeks),
            grouped(option.scenario),
            grouped(option.smile),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(figures: &[(&str, u64)]) -> Vec<(String, u64)> {
        figures
            .iter()
            .map(|(name, units)| ((*name).into(), *units))
            .collect()
    }

    #[test]
    fn growth_beyond_two_per_cent_fails_and_says_from_what_to_what() {
        let recorded = named(&[("a", 1_000), ("b", 1_000), ("c", 1_000)]);
        let lines = differences(&recorded, &named(&[("a", 1_020), ("b", 1_021), ("c", 500)]));
        assert_eq!(
            lines,
            [
                "     a: 1000 -> 1020",
                "FAIL b: 1000 -> 1021",
                "     c: 1000 -> 500"
            ]
        );
    }

    #[test]
    fn a_figure_that_is_new_or_gone_fails() {
        let lines = differences(&named(&[("a", 1)]), &named(&[("b", 1)]));
        assert_eq!(
            lines,
            [
                "FAIL b: 1, not in the table",
                "FAIL a: in the table, but not measured"
            ]
        );
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [grouped(7), grouped(1_234), grouped(1_000_000)],
            ["7", "1,234", "1,000,000"]
        );
    }
}
