//! `bench/STUDY.md`.

mod assumptions;
mod others;
mod results;

use crate::{
    run::{Outcome, Plan},
    settings::Setting,
    tally::{Cell, Tally},
};

pub use assumptions::assumptions;

/// The share of hours in which portfolio margin that follows volatility should suffice, in percent.
pub const COVERAGE: f64 = 99.5;
/// By how much less than Standard hedged books should need, in percent.
pub const SAVING: f64 = 40.0;

/// Everything that is reported.
#[derive(Debug)]
pub struct Study {
    /// When it ran.
    pub date: String,
    /// How much was simulated,
    pub plan: Plan,
    /// and what came of it: the chosen terms alone.
    pub outcome: Outcome,
    /// The settings of the sweep,
    pub settings: Vec<(String, Setting)>,
    /// on how many paths,
    pub sweep_plan: Plan,
    /// and what came of them.
    pub sweep: Outcome,
    /// The settings with futures that are traded for longer,
    pub longer: Vec<(String, Setting)>,
    /// on how many paths,
    pub long_plan: Plan,
    /// and what came of them.
    pub long: Outcome,
}

impl Study {
    /// The chosen terms.
    pub fn base(&self) -> &Tally {
        &self.outcome.settings[0]
    }

    /// The whole document.
    pub fn render(&self) -> String {
        let parts = [
            self.head(),
            self.answers(),
            assumptions(),
            self.paths(),
            self.coverage(),
            self.capital(),
            self.swept(),
            self.longer(),
            self.limits(),
        ];
        parts.join("\n")
    }

    /// The standard error of a coverage, in percentage points: by how much paths differ.
    pub fn error(&self, cell: impl Fn(&Tally) -> Cell) -> f64 {
        let shares: Vec<f64> = self
            .outcome
            .paths
            .iter()
            .map(|path| cell(path).all().coverage())
            .collect();
        let count = shares.len() as f64;
        let mean = shares.iter().sum::<f64>() / count;
        let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
        (squares / (count - 1.0).max(1.0) / count).sqrt()
    }

    fn head(&self) -> String {
        let plan = &self.plan;
        let judged = self.base().over(0, true, |_| true).all().hours;
        format!(
            "# How often an hour exceeds maintenance margin\n\n\
             Written by `make study` (`study/`) on {}, seed {}: {} paths of {} days, {} random books, {} hours of a book. \
             Another seed (`make study ARGS=7`) goes to the terminal. The same seed gives the same figures.\n\n\
             Prices, bases and books are made up (below: by what); nothing here is a measurement of a market. Requirements, equity and the estimate of \
             volatility are the engine's own (`Asset::record`, `standard::maintenance`, `standard::initial`).\n",
            self.date,
            plan.seed,
            plan.paths,
            plan.days,
            thousands(plan.books as u64),
            thousands(judged),
        )
    }
}

/// A number with commas.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A table with its head; the columns behind the first are numbers.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.to_vec());
    out.push_str("|---|");
    out.push_str(&"--:|".repeat(head.len() - 1));
    out.push('\n');
    for row in rows {
        out.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    out
}

/// A share in percent with so many places; a minus sign is one.
fn percent(share: f64, places: usize) -> String {
    let text = format!("{share:.places$} %");
    match text.strip_prefix('-') {
        Some(size)
            if size.starts_with(|c: char| c != '0')
                || size.contains(|c: char| ('1'..='9').contains(&c)) =>
        {
            format!("−{size}")
        }
        Some(size) => size.to_owned(),
        None => text,
    }
}
