//! The report as Markdown.

use super::{Bucket, Check, Report};
use crate::monitor::{
    figures::{age, decimal, percent, signed_percent, units},
    view::{Body, Curve, Exposure, Holders},
};
use std::fmt::Write;

/// Digits behind the point of an amount.
const DIGITS: u32 = 2;

/// A table: its heads, then its rows. Figures stand on the right.
struct Table {
    text: String,
    columns: usize,
}

impl Table {
    fn new(heads: &[&str]) -> Self {
        let aligned: Vec<&str> = heads
            .iter()
            .enumerate()
            .map(|(at, _)| if at == 0 { "---" } else { "--:" })
            .collect();
        Self {
            text: format!("| {} |\n| {} |\n", heads.join(" | "), aligned.join(" | ")),
            columns: heads.len(),
        }
    }

    fn row(&mut self, cells: &[String]) {
        debug_assert_eq!(cells.len(), self.columns);
        // A name with a bar in it would end its cell.
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    fn end(mut self) -> String {
        self.text.push('\n');
        self.text
    }
}

/// The report.
pub fn of(report: &Report) -> String {
    let view = &report.view;
    let mut text = format!("# Clearinghouse {}\n\n", view.clearinghouse);
    let _ = writeln!(text, "Slot {}, {}.\n", view.feed.slot, utc(view.feed.time));
    text.push_str(&books(report));
    let Some(body) = &view.body else {
        let why = view.absent.clone().unwrap_or_default();
        let _ = writeln!(text, "There are no figures of risk: {why}.");
        return text;
    };
    for part in [
        attention, totals, insurance, oracles, markets, exposure, shocks, worst,
    ] {
        text.push_str(&part(body));
    }
    text.push_str(&distribution(&report.distribution, body));
    text
}

/// A time of day and date, in UTC.
fn utc(time: i64) -> String {
    let (days, seconds) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    // The civil calendar from days since 1970, by eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (
        day - (153 * month + 2) / 5 + 1,
        if month < 10 { month + 3 } else { month - 9 },
    );
    let year = year + era * 400 + i64::from(month <= 2);
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn books(report: &Report) -> String {
    let books = &report.books;
    let mut text = String::from("## Books\n\n");
    if books.balanced {
        text.push_str(
            "**Balanced.** Everything that is written down twice is the same, to the atom.\n\n",
        );
    } else {
        text.push_str("**NOT BALANCED.** These do not hold; the figures are atoms and lots:\n\n");
        let mut table = Table::new(&["what", "found", "needed", "difference"]);
        for check in books.broken() {
            table.row(&check_row(check));
        }
        text.push_str(&table.end());
        for foreign in &books.foreign {
            let _ = writeln!(text, "- `{foreign}`");
        }
        if !books.foreign.is_empty() {
            text.push('\n');
        }
    }
    let ledger = &books.ledger;
    let mut table = Table::new(&["quote atoms", ""]);
    for (name, line) in [
        ("recorded in the vault", ledger.recorded),
        ("cash", ledger.cash),
        ("positions, at cost", ledger.positions),
        ("fills that wait", ledger.queued),
        ("fees", ledger.fees),
        ("insurance", ledger.insurance),
        ("roundings", ledger.residue),
        ("everything that is owed", ledger.claims()),
        ("**difference**", ledger.recorded - ledger.claims()),
    ] {
        table.row(&[name.into(), decimal(line, 0, 0)]);
    }
    text.push_str(&table.end());
    let held = books.checks.iter().filter(|check| check.holds).count();
    let _ = writeln!(text, "{held} of {} comparisons hold.\n", books.checks.len());
    text
}

fn check_row(check: &Check) -> [String; 4] {
    let needed = decimal(check.needed, 0, 0);
    let needed = if check.at_least {
        format!("at least {needed}")
    } else {
        needed
    };
    let (name, found) = (check.name.clone(), decimal(check.found, 0, 0));
    [name, found, needed, decimal(check.difference(), 0, 0)]
}

/// An amount of the quote token.
fn money(body: &Body, atoms: impl Into<i128>) -> String {
    decimal(atoms.into(), body.quote.decimals, DIGITS)
}

fn attention(body: &Body) -> String {
    let mut text = String::from("## What asks for attention\n\n");
    for alert in &body.alerts {
        let _ = writeln!(text, "- {}: {}", alert.level.label(), alert.text);
    }
    if body.alerts.is_empty() {
        text.push_str("Nothing.\n");
    }
    text.push('\n');
    text
}

fn totals(body: &Body) -> String {
    let totals = &body.totals;
    let heads = ["amounts in", body.quote.name.as_str()];
    let mut table = Table::new(&heads);
    let count = |number: usize| number.to_string();
    let rows = [
        ("margin accounts", count(totals.accounts)),
        ("of them empty", count(totals.empty)),
        ("with positions", count(totals.with_positions)),
        ("with orders", count(totals.with_orders)),
        ("below maintenance margin", count(totals.failing)),
        ("in liquidation", count(totals.in_liquidation)),
        ("in default", count(totals.in_default)),
        ("that the engine cannot judge", count(totals.unknown)),
        ("equity", money(body, totals.equity)),
        ("maintenance margin", money(body, totals.maintenance_margin)),
        ("cash above zero", money(body, totals.cash)),
        ("cash below zero", money(body, totals.debt)),
        ("open interest", money(body, totals.open_interest)),
        ("fees", money(body, totals.fees)),
    ];
    for (name, figure) in rows {
        table.row(&[name.into(), figure]);
    }
    let mut vaults = Table::new(&[
        "vault",
        "recorded",
        "cap",
        "used",
        "may leave",
        "initial weight",
    ]);
    for vault in &totals.vaults {
        let amount = |atoms: u64| decimal(atoms.into(), vault.decimals.into(), DIGITS);
        vaults.row(&[
            vault.name.clone(),
            amount(vault.recorded),
            amount(vault.cap),
            percent(vault.used_bps),
            vault.may_leave.map_or_else(|| "no limit".into(), amount),
            percent(vault.weight_bps),
        ]);
    }
    format!("## Totals\n\n{}{}", table.end(), vaults.end())
}

fn insurance(body: &Body) -> String {
    let insurance = &body.insurance;
    let mut table = Table::new(&["amounts in", body.quote.name.as_str()]);
    let covered = insurance
        .coverage_bps
        .map_or_else(|| "nothing to cover".into(), percent);
    let rows = [
        (
            "equity of the backstop",
            money(body, insurance.backstop_equity),
        ),
        (
            "its maintenance margin",
            money(body, insurance.backstop_margin),
        ),
        (
            "insurance in the ledger",
            money(body, i128::from(insurance.collected) + insurance.in_markets),
        ),
        (
            "interest that was not swept",
            money(body, insurance.payable),
        ),
        ("fund", money(body, insurance.fund)),
        ("negative equities", money(body, insurance.negative_equity)),
        ("covered", covered),
        (
            "what the backstop may still lose today",
            money(body, insurance.cap_left),
        ),
        ("beyond fund or cap", money(body, insurance.uncovered)),
    ];
    for (name, figure) in rows {
        table.row(&[name.into(), figure]);
    }
    let opened = if insurance.opened {
        ""
    } else {
        "The backstop was not opened.\n\n"
    };
    format!("## Insurance\n\n{opened}{}", table.end())
}

fn oracles(body: &Body) -> String {
    let heads = [
        "asset",
        "price",
        "age, s",
        "limits, s",
        "width",
        "limit",
        "from average",
        "limit",
        "good for",
    ];
    let mut table = Table::new(&heads);
    for oracle in &body.oracles {
        let figures = if oracle.is_priced() {
            [
                oracle.age.to_string(),
                format!("{}, {}", oracle.max_age_initial, oracle.max_age_liquidation),
                fine(oracle.confidence_bps),
                fine(oracle.max_confidence_bps),
                fine(oracle.divergence_bps),
                fine(oracle.max_divergence_bps),
            ]
        } else {
            ["-"; 6].map(String::from)
        };
        let mut cells = vec![oracle.name.clone(), oracle.price.clone()];
        cells.extend(figures);
        cells.push(oracle.usable.label().into());
        table.row(&cells);
    }
    format!("## Oracles\n\n{}", table.end())
}

fn fine(bps: i64) -> String {
    format!("{}%", decimal(bps.into(), 2, 2))
}

fn markets(body: &Body) -> String {
    let heads = [
        "market",
        "mode",
        "long, lots",
        "short, lots",
        "with the queue",
        "cap",
        "used",
        "size",
        "bids",
        "asks",
        "waiting",
        "oldest",
    ];
    let mut table = Table::new(&heads);
    for market in &body.markets {
        table.row(&[
            market.name.clone(),
            market.mode.into(),
            decimal(market.open_long.into(), 0, 0),
            decimal(market.open_short.into(), 0, 0),
            decimal(market.counted.into(), 0, 0),
            decimal(market.cap.into(), 0, 0),
            percent(market.used_bps),
            money(body, market.notional),
            market.bids.to_string(),
            market.asks.to_string(),
            market.waiting.to_string(),
            market.oldest_seconds.map_or_else(|| "-".into(), age),
        ]);
    }
    format!("## Markets\n\n{}", table.end())
}

fn exposure(body: &Body) -> String {
    let mut table = Table::new(&[
        "asset",
        "side",
        "accounts",
        "size",
        "value",
        "largest account",
        "its share",
    ]);
    for exposure in &body.exposure {
        let oracle = body.oracles.get(usize::from(exposure.asset));
        let (exponent, decimals) = oracle.map_or((0, 0), |oracle| {
            (oracle.lot_exponent, u32::from(oracle.decimals))
        });
        let whole = |size: u128| i128::try_from(size).unwrap_or(i128::MAX);
        for (side, holders) in [("long", &exposure.long), ("short", &exposure.short)] {
            let size = units(whole(holders.size), exponent);
            holders_row(&mut table, exposure, side, holders, size, body);
        }
        let holders = &exposure.collateral;
        let size = decimal(whole(holders.size), decimals, DIGITS);
        holders_row(&mut table, exposure, "collateral", holders, size, body);
    }
    format!("## Exposure\n\n{}", table.end())
}

fn holders_row(
    table: &mut Table,
    exposure: &Exposure,
    side: &str,
    holders: &Holders,
    size: String,
    body: &Body,
) {
    if holders.accounts == 0 {
        return;
    }
    let value = holders.value.and_then(|value| i128::try_from(value).ok());
    let largest = holders.largest.first();
    table.row(&[
        exposure.name.clone(),
        side.into(),
        holders.accounts.to_string(),
        size,
        value.map_or_else(|| "-".into(), |value| money(body, value)),
        largest.map_or_else(String::new, |holder| format!("`{}`", holder.account)),
        largest.map_or_else(String::new, |holder| percent(holder.share_bps)),
    ]);
}

fn shocks(body: &Body) -> String {
    let mut text = String::from(
        "## Shocks\n\nAccounts below maintenance margin after a jump of prices, the size of their positions, and the sum \
         of their negative equities. Nobody is liquidated on the way.\n\n",
    );
    for curve in &body.curves {
        text.push_str(&shock(curve, body));
    }
    text
}

fn shock(curve: &Curve, body: &Body) -> String {
    let of = if curve.asset.is_some() {
        curve.name.as_str()
    } else {
        "all but the quote token"
    };
    let mut table = Table::new(&[of, "accounts", "size", "missing"]);
    for point in curve
        .points
        .iter()
        .filter(|point| point.move_bps % 1_000 == 0)
    {
        table.row(&[
            signed_percent(point.move_bps.into()),
            point.accounts.to_string(),
            money(body, point.notional),
            money(body, point.deficit),
        ]);
    }
    table.end()
}

fn worst(body: &Body) -> String {
    let heads = [
        "account",
        "state",
        "ratio",
        "equity",
        "maintenance margin",
        "positions",
        "fails if",
    ];
    let mut table = Table::new(&heads);
    for account in &body.accounts.rows {
        let amount =
            |atoms: Option<i64>| atoms.map_or_else(|| "-".into(), |atoms| money(body, atoms));
        let edges = account.distances.iter().flat_map(|distance| {
            let edge =
                |bps: Option<u32>, sign: i64| bps.map(|bps| signed_percent(i64::from(bps) * sign));
            let edges = [edge(distance.down_bps, -1), edge(distance.up_bps, 1)];
            edges
                .into_iter()
                .flatten()
                .map(move |edge| format!("{} {edge}", distance.name))
        });
        table.row(&[
            format!(
                "`{}`{}",
                account.address,
                if account.backstop { " (backstop)" } else { "" }
            ),
            account.condition.label().into(),
            account.ratio_bps.map_or_else(|| "-".into(), percent),
            amount(account.equity),
            amount(account.maintenance_margin),
            account.positions.to_string(),
            edges.collect::<Vec<_>>().join(", "),
        ]);
    }
    let all = body.accounts.matching;
    format!(
        "## The worst accounts\n\n{} of {all}.\n\n{}",
        body.accounts.rows.len(),
        table.end()
    )
}

fn distribution(buckets: &[Bucket], body: &Body) -> String {
    let mut table = Table::new(&[
        "equity / maintenance margin",
        "accounts",
        "equity",
        "maintenance margin",
        "size",
    ]);
    for bucket in buckets {
        let edge = |bps: u32| percent(bps.into());
        let name = match (bucket.from_bps, bucket.to_bps) {
            (None, Some(_)) => "negative equity".into(),
            (Some(from), Some(to)) => format!("{} to {}", edge(from), edge(to)),
            (Some(from), None) => format!("{} and more", edge(from)),
            (None, None) => "nothing required".into(),
        };
        table.row(&[
            name,
            bucket.accounts.to_string(),
            money(body, bucket.equity),
            money(body, bucket.maintenance_margin),
            money(body, bucket.notional),
        ]);
    }
    format!("## Health\n\n{}", table.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(1_790_000_000), "2026-09-21 14:13:20 UTC");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(951_868_800), "2000-03-01 00:00:00 UTC");
        assert_eq!(utc(4_102_444_799), "2099-12-31 23:59:59 UTC");
        assert_eq!(utc(-1), "1969-12-31 23:59:59 UTC");
    }

    #[test]
    fn a_name_can_not_break_a_table() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["x|y".into(), "1".into()]);
        assert_eq!(table.end(), "| a | b |\n| --- | --: |\n| x\\|y | 1 |\n\n");
    }
}
