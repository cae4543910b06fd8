//! The report: a clearinghouse read once, with its books balanced or not.
//!
//! [`reading`] reads, [`books`] compares everything that is written down twice, and the monitor's view has the figures
//! of risk; [`markdown`] writes them down for people. The process ends with [`UNBALANCED`] where the books do not
//! balance, so that whoever runs it by the clock hears of it.

pub mod books;
pub mod distribution;
mod ledger;
pub mod markdown;
pub mod reading;

pub use books::{Books, Check};
pub use distribution::Bucket;
pub use ledger::Ledger;
pub use reading::{Reading, VaultCut};

use crate::{
    monitor::{
        args::Place,
        ask::{Ask, Curves},
        view::View,
    },
    state::prices::PriceAccounts,
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::{io::Write, path::PathBuf, process::ExitCode};

/// What the process ends with where the books do not balance.
pub const UNBALANCED: u8 = 2;

/// What the report is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Markdown,
    /// For programs.
    Json,
}

/// `counterweight-keeper report`: reads a clearinghouse once and says how it stands and whether its books balance.
/// Ends with 2 where they do not.
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// Which clearinghouse.
    #[command(flatten)]
    pub place: Place,
    /// What it is written in.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Where it is written; to the terminal without.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Accounts that are listed, the worst first.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub rows: usize,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the books balance.
    pub books: Books,
    /// How many accounts have which margin ratio.
    pub distribution: Vec<Bucket>,
    /// The figures of risk.
    pub view: View,
}

impl Report {
    /// The report of a reading.
    pub fn of(reading: &Reading, prices: &PriceAccounts, rows: usize) -> Self {
        let state = reading.state(prices);
        let ask = Ask {
            rows,
            curves: Curves::Every,
            ..Ask::default()
        };
        Self {
            books: Books::of(reading),
            distribution: distribution::of(&state),
            view: View::of(&state, 0, &ask),
        }
    }

    /// The text of it.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn text(&self, format: Format) -> Result<String, String> {
        match format {
            Format::Markdown => Ok(markdown::of(self)),
            Format::Json => serde_json::to_string_pretty(self).map_err(|error| error.to_string()),
        }
    }

    /// What the process ends with.
    pub const fn code(&self) -> u8 {
        if self.books.balanced { 0 } else { UNBALANCED }
    }
}

/// Runs the report.
///
/// # Errors
/// A sentence that says what to do.
pub async fn run(args: &ReportArgs) -> Result<ExitCode, String> {
    let found = args.place.find()?;
    let reading = reading::read(&found)
        .await
        .map_err(|error| error.to_string())?;
    let report = Report::of(&reading, &found.prices, args.rows);
    // Without a clearinghouse there are no books, and nothing to be said of them.
    if let Some(absent) = report
        .view
        .absent
        .as_ref()
        .filter(|_| reading.custodies().is_empty())
    {
        return Err(absent.clone());
    }
    let mut text = report.text(args.format)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    match &args.out {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?,
        // Nobody reads any more: the verdict still counts.
        None => _ = std::io::stdout().lock().write_all(text.as_bytes()),
    }
    Ok(ExitCode::from(report.code()))
}
