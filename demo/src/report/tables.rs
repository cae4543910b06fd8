//! The tables of the report.

use super::{escape, figures::indexed, trading::escaped};
use crate::{
    Outcome,
    house::{House, Seizure, State, dollars, thousands},
    path::FALLS,
    summary,
    table::ratio_or,
};
use counterweight_simnet::{MarketConfig, MarketKind};

/// How a cell is set: figures to the right, words to the left, sentences in several lines.
fn class(cell: &str) -> &'static str {
    let figure = cell.starts_with(|c: char| c.is_ascii_digit() || "−–".contains(c));
    if cell.split(' ').count() >= 4 && !cell.contains('→') {
        " class=\"long\""
    } else if figure {
        ""
    } else {
        " class=\"text\""
    }
}

/// A table that scrolls sideways where it does not fit. Cells are escaped by whoever makes them.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let caption = escape(caption);
    let mut text = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\
         <table><caption>{caption}</caption>\n<thead><tr>"
    );
    for (at, name) in head.iter().enumerate() {
        // A heading stands over its column as the first row has it.
        let cell = rows.first().map_or("", |row| &row[at]);
        let class = if class(cell).is_empty() {
            ""
        } else {
            " class=\"text\""
        };
        text.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escape(name)));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        let sum = ["difference", "together"].contains(&row[0].as_str());
        text.push_str(if sum { "<tr class=\"sum\">" } else { "<tr>" });
        text.push_str(&format!("<th scope=\"row\">{}</th>", row[0]));
        for cell in &row[1..] {
            text.push_str(&format!("<td{}>{cell}</td>", class(cell)));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>");
    text
}

/// One against three.
pub fn comparison(outcome: &Outcome) -> String {
    let rows = escaped(summary::comparison(outcome));
    table(
        "The hedged book, cross and isolated",
        &["", "one account", "three accounts"],
        &rows,
    )
}

/// The conservation check.
pub fn conservation(outcome: &Outcome) -> String {
    let head = ["", outcome.cross.title, outcome.isolated.title];
    let rows = escaped(summary::conservation(outcome));
    table(
        "What the vault holds against what is owed, USDC",
        &head,
        &rows,
    )
}

fn pill(state: State) -> String {
    let class = match state {
        State::Healthy => "pill good",
        State::InLiquidation | State::Closed => "pill bad",
        State::ReduceOnly | State::Flat => "pill",
    };
    format!("<span class=\"{class}\">{}</span>", state.text())
}

/// Everybody in a clearinghouse, at the start and at the end.
pub fn accounts(house: &House) -> String {
    let one = |at: usize| {
        let (start, end) = (house.samples[0].standings[at], house.now(at));
        let ratios = house
            .samples
            .iter()
            .filter_map(|sample| sample.standings[at].ratio());
        let lowest = ratios.reduce(f64::min);
        let count = house
            .seizures
            .iter()
            .filter(|seizure| seizure.actor == at)
            .count();
        vec![
            escape(house.actors[at].name),
            escape(&house.actors[at].role),
            dollars(start.equity),
            dollars(end.equity),
            dollars(house.tape.funding_of(at)),
            format!("{} → {}", ratio_or(lowest, "–"), ratio_or(end.ratio(), "–")),
            count.to_string(),
            pill(end.state),
        ]
    };
    let rows: Vec<_> = (0..house.actors.len()).map(one).collect();
    let head = [
        "account",
        "with",
        "equity before",
        "and after",
        "funding",
        "ratio, lowest → end",
        "liquidations",
        "state",
    ];
    table(&format!("Accounts, {}", house.title), &head, &rows)
}

/// Every liquidation in a clearinghouse.
pub fn liquidations(house: &House) -> String {
    let one = |seizure: &Seizure| {
        let price = house.unit_price(seizure.market, seizure.value, seizure.lots);
        let whole = if seizure.is_partial() {
            "partial"
        } else {
            "whole"
        };
        let [before, after] =
            [(0, "–"), (1, "closed")].map(|(at, text)| ratio_or(seizure.ratio[at], text));
        vec![
            seizure.step.to_string(),
            escape(house.actors[seizure.actor].name),
            escape(house.market_name(seizure.market)),
            thousands(seizure.lots),
            whole.to_owned(),
            dollars((price * 1e6) as i64),
            dollars(seizure.value),
            dollars(seizure.penalty),
            dollars(seizure.insurance),
            format!("{before} → {after}"),
            thousands(seizure.units as i64),
        ]
    };
    let rows: Vec<_> = house.seizures.iter().map(one).collect();
    let head = [
        "step",
        "account",
        "market",
        "lots taken",
        "position",
        "price",
        "value",
        "penalty",
        "insurance",
        "margin ratio",
        "CU",
    ];
    table(&format!("Liquidations, {}", house.title), &head, &rows)
}

fn percent(bps: f64) -> String {
    format!("{} %", bps / 100.0)
}

/// How often funding is paid in a market; an option has none.
fn funding(market: &MarketConfig) -> String {
    if matches!(market.kind, MarketKind::Call | MarketKind::Put) {
        return "–".to_owned();
    }
    let [interval, most] = market.funding;
    format!("{} min, {}", interval / 60, percent(f64::from(most)))
}

/// Terms of the markets.
pub fn terms(house: &House) -> String {
    let row = |market: &MarketConfig| {
        let tier = |[size, rate]: &[u64; 2]| {
            let rate = percent(*rate as f64);
            if *size == 0 {
                format!("{rate} above")
            } else {
                format!("{rate} to {}", thousands(*size as i64))
            }
        };
        let tiers: Vec<_> = market.tiers.iter().map(tier).collect();
        let [from, to] = market.penalty_bps.map(|bps| percent(f64::from(bps)));
        let book = market.book_fees_tenths_bps;
        let [taker, maker] = book.map(|tenths| percent(f64::from(tenths) / 10.0).replace('-', "−"));
        vec![
            escape(&market.name),
            tiers.join(", "),
            percent(f64::from(market.maintenance_fraction_bps)),
            format!("{from} to {to}"),
            percent(f64::from(market.insurance_share_bps)),
            percent(f64::from(market.trade_fee_tenths_bps) / 10.0),
            format!("{taker}, {maker}"),
            funding(market),
        ]
    };
    let rows: Vec<_> = house.x.deployment.market.iter().map(row).collect();
    let head = [
        "market",
        "initial margin by notional",
        "maintenance of it",
        "penalty",
        "to insurance",
        "block trade",
        "taker, maker",
        "funding, at most",
    ];
    table("Terms of the markets", &head, &rows)
}

/// What the charts show, step by step.
pub fn figures(outcome: &Outcome) -> String {
    let mut head = vec!["step".to_owned()];
    head.extend(FALLS.iter().map(|fall| format!("{} price", fall.asset)));
    let shown = |house: &House, at: usize| {
        house.title.starts_with("cross") || house.actors[at].name.starts_with("hedged")
    };
    let houses = [&outcome.cross, &outcome.isolated];
    for house in houses {
        let names = (0..house.actors.len()).filter(|at| shown(house, *at));
        head.extend(names.map(|at| house.actors[at].name.to_owned()));
    }
    let prices: Vec<_> = (0..3).map(|at| indexed(outcome, at)).collect();
    let rows: Vec<_> = (0..outcome.path.steps.len())
        .map(|step| {
            let mut row = vec![step.to_string()];
            row.extend(prices.iter().map(|values| format!("{:.1}", values[step])));
            for house in houses {
                for at in (0..house.actors.len()).filter(|at| shown(house, *at)) {
                    let of_step = house.samples.iter().filter(|sample| sample.step == step);
                    let mut ratios: Vec<_> = of_step
                        .map(|sample| ratio_or(sample.standings[at].ratio(), "–"))
                        .collect();
                    ratios.dedup();
                    row.push(ratios.join(" → "));
                }
            }
            row
        })
        .collect();
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    table(
        "Prices (start = 100) and margin ratios, before → after the keeper",
        &head,
        &rows,
    )
}
