//! The report's sections on the order books and on funding.

use super::{escape, tables::table};
use crate::{
    Outcome,
    book::View,
    house::{House, dollars, thousands},
    trading,
};
use counterweight_risk::orders::Side;

/// Figures that are read first.
pub fn tiles(outcome: &Outcome) -> String {
    let tape = &outcome.cross.tape;
    let [low, high] = tape.spread_range(0);
    let earned: i64 = tape.fired.iter().map(|fired| fired.fee).sum();
    let stop = format!("stop-loss executed, {} USDC to the keeper", dollars(earned));
    let all = [
        ("fills settled at once", thousands(tape.at_once as i64)),
        ("fills through the queue", thousands(tape.queued as i64)),
        (
            "spread of SOL, basis points",
            format!("{low:.1} – {high:.1}"),
        ),
        ("USDC of fees from takers", dollars(tape.taker_fees)),
        ("USDC of rebates to makers", dollars(tape.rebates)),
        ("orders pruned to liquidate", tape.pruned().to_string()),
        (stop.as_str(), tape.fired.len().to_string()),
        (
            "fundings of each market",
            tape.rates_of(0).count().to_string(),
        ),
    ];
    let tile = |(name, figure): (&str, String)| {
        format!(
            "    <div class=\"tile\"><b>{}</b><span>{}</span></div>",
            escape(&figure),
            escape(name)
        )
    };
    all.map(tile).join("\n")
}

/// What happened on the books.
pub fn books(outcome: &Outcome) -> String {
    let rows = escaped(trading::books(outcome));
    let head = ["", outcome.cross.title, outcome.isolated.title];
    table("On the order books", &head, &rows)
}

/// Who paid and who received by funding.
pub fn funding(house: &House) -> String {
    let rows = escaped(trading::funding(house));
    let head = ["account", "SOL-PERP", "BTC-PERP", "ETH-PERP", "together"];
    let caption = format!("Funding received (− paid) in USDC, {}", house.title);
    table(&caption, &head, &rows)
}

/// The levels of SOL's book at the moments that were kept.
pub fn levels(outcome: &Outcome) -> String {
    let snapshots = outcome.cross.tape.snapshots.iter();
    let one = |snapshot: &crate::tape::Snapshot| {
        let caption = format!("SOL's book {}, step {}", snapshot.when, snapshot.step);
        let head = [
            "level",
            "bid, bps from the index",
            "lots",
            "USDC up to here",
            "ask, bps from the index",
            "lots",
            "USDC up to here",
        ];
        table(&caption, &head, &level_rows(&snapshot.view))
    };
    snapshots.map(one).collect::<Vec<_>>().join("\n")
}

fn level_rows(view: &View) -> Vec<Vec<String>> {
    let (bids, asks) = (view.depth(Side::Buy), view.depth(Side::Sell));
    let cells = |level: Option<&(f64, i64, f64)>| match level {
        None => ["–", "–", "–"].map(str::to_owned),
        Some((distance, lots, value)) => [
            trading::signed(*distance),
            thousands(*lots),
            thousands(*value as i64),
        ],
    };
    (0..bids.len().max(asks.len()))
        .map(|at| {
            let mut row = vec![(at + 1).to_string()];
            row.extend(cells(bids.get(at)));
            row.extend(cells(asks.get(at)));
            row
        })
        .collect()
}

pub(super) fn escaped<const N: usize>(rows: Vec<[String; N]>) -> Vec<Vec<String>> {
    let row = |row: [String; N]| row.iter().map(|cell| escape(cell)).collect();
    rows.into_iter().map(row).collect()
}
