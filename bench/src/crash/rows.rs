//! The rows of the comparison, and how figures are written.

use super::{Run, path};

const DOLLAR: i64 = 1_000_000;

pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub fn dollars(atoms: i64) -> String {
    thousands((atoms + DOLLAR / 2).div_euclid(DOLLAR))
}

fn cents(atoms: i64) -> String {
    let cents = (atoms + DOLLAR / 200).div_euclid(DOLLAR / 100);
    format!("{}.{:02}", thousands(cents / 100), cents.abs() % 100)
}

fn percent(millionths: i64) -> String {
    let hundredths = millionths / 100;
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

fn count(number: usize) -> String {
    thousands(number as i64)
}

fn number(number: u64) -> String {
    thousands(number as i64)
}

/// A row: what it is called, and its figure.
pub type Row = (&'static str, fn(&Run) -> String);

/// What there was, and who was liquidated.
const ACCOUNTS: &[Row] = &[
    ("margin accounts of users", |r| count(r.figures.accounts)),
    ("users' equity before, dollars", |r| {
        dollars(r.figures.equity[0][0])
    }),
    ("open before, one side, dollars", |r| {
        dollars(r.figures.open.iter().sum())
    }),
    (
        "**accounts touched** (by keepers, the backstop, or deleveraged)",
        |r| count(r.figures.touched),
    ),
    (
        "**accounts emptied** (of those, without a position at the end)",
        |r| count(r.figures.emptied),
    ),
    ("liquidated by keepers, accounts", |r| {
        count(r.world.stats.touched.len())
    }),
    ("in default, accounts", |r| {
        count(r.world.stats.failed.len())
    }),
    ("users touched in any account", |r| {
        count(r.figures.owners_touched)
    }),
    ("users never touched", |r| count(r.figures.untouched)),
    ("users with less than 1 % left", |r| count(r.figures.wiped)),
    ("liquidations", |r| number(r.world.stats.liquidations)),
    ("**volume liquidated**, dollars", |r| {
        dollars(r.world.stats.volume)
    }),
    ("**penalties**, dollars", |r| {
        dollars(r.world.stats.penalties)
    }),
    ("most that keepers held after a step, dollars", |r| {
        dollars(r.world.stats.inventory)
    }),
];

/// The fund, and what it could not bear.
const DEFAULTS: &[Row] = &[
    ("**insurance fund at the start**, dollars", |r| {
        dollars(r.figures.fund[0])
    }),
    ("at its lowest, dollars (minute)", |r| {
        let (fund, step) = r.world.stats.lowest_fund.unwrap_or_default();
        format!(
            "{} ({})",
            dollars(fund),
            (step as i64 + 1) * path::STEP / 60
        )
    }),
    ("**insurance fund at the end**, dollars", |r| {
        dollars(r.figures.fund[1])
    }),
    ("its shares of penalties, dollars", |r| {
        dollars(r.world.stats.insurance)
    }),
    ("**defaults taken over**, accounts", |r| {
        number(r.world.stats.takeovers)
    }),
    ("sold by the backstop to keepers, dollars", |r| {
        dollars(r.world.stats.sold)
    }),
    ("at a discount of, dollars", |r| {
        dollars(r.world.stats.discounts)
    }),
    ("deleveragings of accounts", |r| {
        number(r.world.stats.deleveragings)
    }),
    ("deleveragings of the backstop", |r| {
        number(r.world.stats.of_backstop)
    }),
    ("**closed by deleveraging**, dollars", |r| {
        dollars(r.world.stats.values.iter().sum())
    }),
    ("of it for accounts that still had equity, dollars", |r| {
        dollars(r.world.stats.solvent)
    }),
    (
        "of it at the end of a wide interval instead of the index, dollars",
        |r| dollars(r.world.stats.wide),
    ),
    ("**what that cost the other side**, dollars", |r| {
        dollars(r.world.stats.off)
    }),
    (
        "deficits paid by the fund when deleveraging, dollars",
        |r| dollars(r.world.stats.covered),
    ),
    ("**deficits shared** by the other side, dollars", |r| {
        dollars(r.world.stats.shared)
    }),
    ("of them the backstop's own, dollars", |r| {
        dollars(r.world.stats.shared_of_backstop)
    }),
    ("accounts that lost by deleveraging of others", |r| {
        count(r.figures.losers)
    }),
    (
        "**largest loss of a winner by deleveraging**, of its equity then",
        |r| percent(r.figures.winner.0),
    ),
    ("in dollars", |r| cents(r.figures.winner.1)),
    (
        "largest loss of anybody by deleveraging, of its equity then",
        |r| percent(r.figures.anybody.0),
    ),
    ("in dollars", |r| cents(r.figures.anybody.1)),
    ("largest loss by deleveraging in dollars, of anybody", |r| {
        dollars(r.figures.largest)
    }),
    ("**bad debt left**, dollars (accounts)", |r| {
        let debt = -r.figures.bad.iter().sum::<i64>();
        format!("{} ({})", cents(debt), r.figures.bad.len())
    }),
    ("accounts below maintenance margin at the end", |r| {
        count(r.figures.failing)
    }),
];

/// Who ended with what, and what the chain did.
const OUTCOME: &[Row] = &[
    ("users' equity at the end, dollars", |r| {
        dollars(r.figures.equity[0][1])
    }),
    ("makers' gain, dollars", |r| {
        dollars(r.figures.equity[1][1] - r.figures.equity[1][0])
    }),
    ("keepers' gain, dollars", |r| {
        dollars(r.figures.equity[2][1] - r.figures.equity[2][0])
    }),
    (
        "to be liquidated with a silent leg, accounts × steps",
        |r| number(r.world.stats.unjudged),
    ),
    (
        "liquidatable, and nobody could or would, accounts × steps",
        |r| number(r.world.stats.unserved),
    ),
    ("**transactions** (refused besides)", |r| {
        let [done, refused] = r.world.stats.transactions();
        format!("{} ({})", number(done), number(refused))
    }),
    ("**largest call**, compute units", |r| {
        let (name, units) = r.world.stats.dearest();
        format!("{} `{name}`", number(units))
    }),
];

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    ACCOUNTS.iter().chain(DEFAULTS).chain(OUTCOME)
}
