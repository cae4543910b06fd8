//! Whether the books balance: what vaults hold against what is owed, and every figure that is written down twice
//! against its double. docs/architecture.md, section 7, says where the program enforces each.

use super::{
    ledger::{Ledger, Sheet, queue},
    reading::Reading,
};
use crate::monitor::figures::{name, text};
use counterweight_risk::market::MODE_SETTLEMENT;
use serde::Serialize;

/// Quote atoms that lots which a deleveraging has left over may not have paid in funding before they are swept:
/// far more than any rounding, and far less than anybody would steal.
const LEFT_OVER: i128 = 1_000_000;

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is compared.
    pub name: String,
    /// What was found.
    #[serde(serialize_with = "text")]
    pub found: i128,
    /// What it has to be, or to be at least.
    #[serde(serialize_with = "text")]
    pub needed: i128,
    /// Whether more is as good: somebody may send tokens to a vault past the program.
    pub at_least: bool,
    /// Whether it holds.
    pub holds: bool,
}

impl Check {
    fn equal(name: impl Into<String>, found: impl Into<i128>, needed: impl Into<i128>) -> Self {
        let (found, needed) = (found.into(), needed.into());
        Self {
            name: name.into(),
            found,
            needed,
            at_least: false,
            holds: found == needed,
        }
    }

    fn at_least(name: impl Into<String>, found: impl Into<i128>, needed: impl Into<i128>) -> Self {
        let (found, needed) = (found.into(), needed.into());
        Self {
            name: name.into(),
            found,
            needed,
            at_least: true,
            holds: found >= needed,
        }
    }

    /// By how much it does not hold.
    pub fn difference(&self) -> i128 {
        self.found.saturating_sub(self.needed)
    }
}

/// All comparisons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Books {
    /// Whether all of them hold.
    pub balanced: bool,
    /// The lines of the quote ledger.
    pub ledger: Ledger,
    /// The comparisons.
    pub checks: Vec<Check>,
    /// Accounts that were not understood, or are not where their header says: nothing of them is in any sum.
    pub foreign: Vec<String>,
}

impl Books {
    /// Compares everything of a reading; nothing of it is judged by a price.
    pub fn of(reading: &Reading) -> Self {
        let sheet = Sheet::of(reading);
        let ledger = sheet.ledger();
        let mut checks = vec![Check::equal(
            "accounts that are not understood, or not where they belong",
            sheet.foreign.len() as i128,
            0,
        )];
        checks.extend(of_quote(&sheet, &ledger));
        checks.extend(of_vaults(reading, &sheet));
        checks.extend((0..sheet.rows.len()).flat_map(|index| of_market(&sheet, index)));
        checks.extend(of_notes(&sheet));
        checks.extend(of_orders(&sheet));
        Self {
            balanced: checks.iter().all(|check| check.holds),
            ledger,
            checks,
            foreign: sheet.foreign,
        }
    }

    /// Those that do not hold.
    pub fn broken(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.holds)
    }
}

fn of_quote(sheet: &Sheet, ledger: &Ledger) -> Vec<Check> {
    let deleveraged = sheet.rows.iter().any(|row| row.era != [0; 2]);
    let mut checks = vec![
        Check::equal(
            "quote tokens recorded, and everything that is owed",
            ledger.recorded,
            ledger.claims(),
        ),
        Check::at_least(
            "roundings that are left when all funding is settled",
            ledger.residue + ledger.owed,
            if deleveraged { -LEFT_OVER } else { 0 },
        ),
    ];
    let house = sheet.house.as_ref();
    let mut lines = vec![
        (
            "fees of the clearinghouse".to_string(),
            house.map_or(0, |house| house.fees),
        ),
        (
            "insurance of the clearinghouse".into(),
            house.map_or(0, |house| house.insurance),
        ),
    ];
    for book in sheet.markets.values() {
        let row = sheet.rows.get(usize::from(book.header.index));
        let name = row.map_or_else(String::new, |row| name(&row.name));
        lines.push((format!("fees of {name}"), book.header.fees));
        lines.push((format!("insurance of {name}"), book.header.insurance));
    }
    checks.extend(
        lines
            .into_iter()
            .map(|(name, line)| Check::at_least(name, line, 0)),
    );
    checks
}

/// The amount in a token account: both token programs have it at the same place.
fn tokens(data: &[u8]) -> Option<u64> {
    let bytes = data.get(64..72)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

fn of_vaults(reading: &Reading, sheet: &Sheet) -> Vec<Check> {
    let mut checks = Vec::new();
    for cut in &reading.vaults {
        let Ok(custody) = counterweight_sdk::accounts::custody(&cut.custody_data) else {
            // A custody is never closed.
            checks.push(Check::equal(format!("custodies at {}", cut.custody), 0, 1));
            continue;
        };
        let asset = sheet.asset(custody.asset);
        let held = tokens(&cut.vault_data).map_or(-1, i128::from);
        checks.push(Check::at_least(
            format!("{asset} in the vault, and recorded"),
            held,
            custody.recorded,
        ));
    }
    for (asset, custody) in &sheet.custodies {
        if *asset == 0 {
            continue;
        }
        let (name, sum) = (
            sheet.asset(*asset),
            sheet.balances.get(asset).copied().unwrap_or(0),
        );
        checks.push(Check::equal(
            format!("{name} recorded, and in accounts"),
            custody.recorded,
            sum,
        ));
    }
    // What somebody has as collateral and no custody records.
    let unrecorded = sheet
        .balances
        .iter()
        .filter(|(asset, _)| !sheet.custodies.contains_key(asset));
    checks.extend(unrecorded.map(|(asset, sum)| {
        Check::equal(
            format!("{} recorded, and in accounts", sheet.asset(*asset)),
            0,
            *sum,
        )
    }));
    checks
}

fn of_market(sheet: &Sheet, index: usize) -> Vec<Check> {
    let row = &sheet.rows[index];
    let name = name(&row.name);
    let Ok(at) = u16::try_from(index) else {
        return Vec::new();
    };
    let Some(book) = sheet.markets.get(&at) else {
        return vec![Check::equal(format!("accounts of {name}"), 0, 1)];
    };
    let header = &book.header;
    let [long, short] = sheet.lots.get(&at).copied().unwrap_or_default();
    let open = |side: i64, unsettled: i64| i128::from(side) + i128::from(unsettled);
    let mut checks = vec![
        Check::equal(
            format!("lots long in {name}: accounts, and the market"),
            long,
            open(header.open_long, header.unsettled[0]),
        ),
        Check::equal(
            format!("lots short in {name}: accounts, and the market"),
            short,
            open(header.open_short, header.unsettled[1]),
        ),
    ];
    // Each account closes by itself once a market has ended.
    if row.mode != MODE_SETTLEMENT {
        let side = |open: i64, pending: i64| i128::from(open) + i128::from(pending);
        let (long, short) = (
            side(header.open_long, header.pending_long),
            side(header.open_short, header.pending_short),
        );
        checks.push(Check::equal(
            format!("lots long and short in {name}, with what waits"),
            long,
            short,
        ));
    }
    let names = ["bought", "sold", "and to be paid for it"];
    let written = [
        header.pending_long,
        header.pending_short,
        header.pending_quote,
    ];
    let pairs = names.into_iter().zip(written).zip(queue(book));
    checks.extend(pairs.map(|((what, written), found)| {
        Check::equal(
            format!("what waits in the queue of {name}: {what}"),
            written,
            found,
        )
    }));
    checks
}

/// What is noted of sums elsewhere.
fn of_notes(sheet: &Sheet) -> Vec<Check> {
    let noted = sheet.noted;
    let mut checks = vec![Check::equal(
        "debts as they were counted, noted and in accounts",
        noted,
        sheet.counted,
    )];
    for (asset, custody) in sheet.custodies.iter().filter(|(asset, _)| **asset != 0) {
        let row = sheet.assets.get(usize::from(*asset));
        let noted = row.map_or(0, |row| row.deposited);
        checks.push(Check::equal(
            format!("{} deposited, noted and recorded", sheet.asset(*asset)),
            noted,
            custody.recorded,
        ));
    }
    checks
}

/// Whether accounts count the orders that rest and the fills that wait for them.
fn of_orders(sheet: &Sheet) -> Vec<Check> {
    vec![
        Check::equal(
            "accounts that count other orders than the books have",
            sheet.miscounted() as i128,
            0,
        ),
        Check::equal(
            "accounts that are not well-formed",
            sheet.malformed as i128,
            0,
        ),
    ]
}
