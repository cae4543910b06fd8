//! Recorded prices: a CSV file of seconds and dollars.
//!
//! ```csv
//! seconds,SOL,SOL confidence,BTC
//! 0,150,0.08,100000
//! 60,149.2,0.1,99800.5
//! 120,,,99750
//! ```
//!
//! A row holds until the next one; the last one holds for good. Where a price is left out, the feed is silent.
//! The column of a confidence may be missing, and so may its figure.

use crate::{Error, decimal};
use counterweight_simnet::Deployment;
use std::path::Path;

/// Decimals of a price.
const DECIMALS: u8 = 8;
/// The highest price: ninety million dollars.
const MOST: i64 = 9_000_000_000_000_000;
/// The word behind an asset's name in the heading of the column of its confidence.
const CONFIDENCE: &str = " confidence";

/// Recorded prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tape {
    assets: Vec<String>,
    /// Seconds, rising from 0, and a price of each asset with its confidence, in units of 10^-8 dollars.
    rows: Vec<(i64, Vec<Option<Quote>>)>,
}

/// A price, and its confidence where that is recorded.
type Quote = (i64, Option<u64>);

/// What a column holds.
#[derive(Clone, Copy, Debug)]
enum Column {
    Price(usize),
    Confidence(usize),
}

impl Tape {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::Input`] with the line and what was expected there.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|error| Error::File(path.into(), error))?;
        Self::parse(&text).map_err(|why| Error::Input(format!("{}, {why}", path.display())))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// A sentence that begins with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty());
        let heading = lines.next().ok_or("line 1: the file is empty")?;
        let (assets, columns) =
            columns(heading.1).map_err(|why| format!("line {}: {why}", heading.0))?;
        let mut tape = Self {
            assets,
            rows: Vec::new(),
        };
        for (number, line) in lines {
            let row = tape.row(&columns, line);
            let row = row.map_err(|why| format!("line {number}: {why}"))?;
            tape.rows.push(row);
        }
        if tape.rows.is_empty() {
            return Err(format!(
                "line {}: there is no row of prices behind it",
                heading.0
            ));
        }
        Ok(tape)
    }

    fn row(&self, columns: &[Column], line: &str) -> Result<(i64, Vec<Option<Quote>>), String> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != columns.len() + 1 {
            let (has, wants) = (fields.len(), columns.len() + 1);
            return Err(format!("it has {has} fields, and the heading has {wants}"));
        }
        let second: i64 = fields[0]
            .parse()
            .map_err(|_| format!("\"{}\" is no number of whole seconds", fields[0]))?;
        match self.rows.last() {
            None if second != 0 => {
                return Err(format!("the first row is that of second 0, not {second}"));
            }
            Some((last, _)) if second <= *last => {
                return Err(format!("second {second} does not come after second {last}"));
            }
            _ => {}
        }
        let mut prices = vec![None; self.assets.len()];
        let mut confidences = vec![None; self.assets.len()];
        for (column, field) in columns.iter().zip(&fields[1..]) {
            let figure = (!field.is_empty()).then(|| dollars(field)).transpose()?;
            match column {
                Column::Price(at) if figure == Some(0) => {
                    return Err(format!(
                        "the price of {} is zero; leave it out for none",
                        self.assets[*at]
                    ));
                }
                Column::Price(at) => prices[*at] = figure,
                Column::Confidence(at) => confidences[*at] = figure.map(i64::unsigned_abs),
            }
        }
        let quotes = prices.into_iter().zip(confidences);
        Ok((
            second,
            quotes
                .map(|(price, c)| price.map(|price| (price, c)))
                .collect(),
        ))
    }

    /// Whether it has a column of this asset.
    pub fn names(&self, asset: &str) -> bool {
        self.assets.iter().any(|name| name == asset)
    }

    /// The price of an asset at a second, and its confidence where that is recorded, in units of 10^-8 dollars; none
    /// where the feed is silent.
    pub fn at(&self, second: i64, asset: &str) -> Option<(i64, Option<u64>)> {
        let column = self.assets.iter().position(|name| name == asset)?;
        let row = self.rows.partition_point(|(from, _)| *from <= second);
        self.rows.get(row.checked_sub(1)?)?.1[column]
    }

    /// Refuses assets that the deployment does not have, or that have no feed there.
    pub(crate) fn check(&self, deployment: &Deployment) -> Result<(), Error> {
        for name in &self.assets {
            let asset = deployment.asset.iter().find(|asset| asset.name == *name);
            match asset {
                None => {
                    return Err(Error::Input(format!(
                        "the prices name {name}, which the clearinghouse does not have"
                    )));
                }
                Some(asset) if asset.oracle == "none" => {
                    return Err(Error::Input(format!(
                        "the prices name {name}, which has no oracle: take the column out"
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

fn columns(heading: &str) -> Result<(Vec<String>, Vec<Column>), String> {
    let mut fields = heading.split(',').map(str::trim);
    if fields.next() != Some("seconds") {
        return Err("the heading begins with \"seconds\", and then names assets".into());
    }
    let (mut assets, mut columns) = (Vec::<String>::new(), Vec::new());
    let mut confidences = Vec::new();
    for field in fields {
        let found = |name: &str| assets.iter().position(|asset| asset == name);
        if let Some(name) = field.strip_suffix(CONFIDENCE) {
            let at = found(name).ok_or(format!("\"{field}\" stands before the price of {name}"))?;
            if confidences.contains(&at) {
                return Err(format!("\"{field}\" is there twice"));
            }
            confidences.push(at);
            columns.push(Column::Confidence(at));
        } else if field.is_empty() {
            return Err("a column has no name".into());
        } else if found(field).is_some() {
            return Err(format!("\"{field}\" is there twice"));
        } else {
            columns.push(Column::Price(assets.len()));
            assets.push(field.into());
        }
    }
    if assets.is_empty() {
        return Err("the heading names no asset".into());
    }
    Ok((assets, columns))
}

/// A figure in dollars as units of 10^-8 dollars, exactly. Sums and products of prices keep room above it.
fn dollars(text: &str) -> Result<i64, String> {
    let units = decimal::units(text, DECIMALS)?;
    let fits = i64::try_from(units).ok().filter(|units| *units <= MOST);
    fits.ok_or_else(|| format!("\"{text}\" is too much"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "seconds,SOL,SOL confidence,BTC\n0,150,0.08,100000\n\n60,149.2,,99800.5\n120,,,99750\n";

    #[test]
    fn a_row_holds_until_the_next_and_the_last_for_good() {
        let tape = Tape::parse(GOOD).unwrap();
        let sol = [0, 59, 60, 119, 120, 9_999].map(|second| tape.at(second, "SOL"));
        let (first, second) = ((15_000_000_000, Some(8_000_000)), (14_920_000_000, None));
        assert_eq!(
            sol,
            [
                Some(first),
                Some(first),
                Some(second),
                Some(second),
                None,
                None
            ]
        );
        assert_eq!(tape.at(9_999, "BTC"), Some((9_975_000_000_000, None)));
        assert!(tape.names("BTC") && !tape.names("ETH"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |text: &str| Tape::parse(text).unwrap_err();
        for (text, expected) in [
            ("", "line 1: the file is empty"),
            ("time,SOL\n", "line 1: the heading begins with \"seconds\""),
            ("seconds\n0\n", "line 1: the heading names no asset"),
            ("seconds,SOL,SOL\n", "line 1: \"SOL\" is there twice"),
            (
                "seconds,SOL confidence,SOL\n",
                "line 1: \"SOL confidence\" stands before",
            ),
            ("seconds,SOL,\n", "line 1: a column has no name"),
            ("seconds,SOL\n", "line 1: there is no row"),
            (
                "seconds,SOL\n0,150,1\n",
                "line 2: it has 3 fields, and the heading has 2",
            ),
            (
                "seconds,SOL\n5,150\n",
                "line 2: the first row is that of second 0, not 5",
            ),
            (
                "seconds,SOL\n0,150\n\n0,151\n",
                "line 4: second 0 does not come after second 0",
            ),
            (
                "seconds,SOL\n1.5,150\n",
                "line 2: \"1.5\" is no number of whole seconds",
            ),
            ("seconds,SOL\n0,-3\n", "line 2: \"-3\" is no figure"),
            ("seconds,SOL\n0,.5\n", "line 2: \".5\" is no figure"),
            ("seconds,SOL\n0,1e3\n", "line 2: \"1e3\" is no figure"),
            ("seconds,SOL\n0,0\n", "line 2: the price of SOL is zero"),
            (
                "seconds,SOL\n0,1.123456789\n",
                "line 2: \"1.123456789\" has more than 8 decimals",
            ),
            (
                "seconds,SOL\n0,99999999999999\n",
                "line 2: \"99999999999999\" is too much",
            ),
        ] {
            let found = wrong(text);
            assert!(found.starts_with(expected), "{text:?}: {found}");
        }
    }

    #[test]
    fn assets_that_have_no_feed_are_refused() {
        let check = |text: &str| {
            let tape = Tape::parse(text).unwrap();
            tape.check(&Deployment::localnet())
                .map_err(|error| error.to_string())
        };
        assert_eq!(check(GOOD), Ok(()));
        assert!(
            check("seconds,DOGE\n0,1\n")
                .unwrap_err()
                .contains("DOGE, which the clearinghouse")
        );
        assert!(
            check("seconds,USDC\n0,1\n")
                .unwrap_err()
                .contains("USDC, which has no oracle")
        );
    }
}
