//! The report: one page that needs nothing else. The tables are written here and readable without
//! scripts; the charts are drawn by the page from the figures that it carries.

mod collar;
mod figures;
mod tables;
mod trading;

use crate::{
    Outcome,
    actors::COLLARED_NAME,
    collar as own_words,
    house::{House, thousands},
    options,
    path::FALLS,
    portfolio, summary, trading as words,
};
use std::fs;

const PAGE: &str = include_str!("../../app/report/page.html");
const STYLE: &str = include_str!("../../app/report/report.css");
const SCRIPT: &str = include_str!("../../app/report/report.js");

/// Writes the report where the options say.
///
/// # Errors
/// Where the file cannot be written, with what to try.
pub fn write(outcome: &Outcome) -> Result<(), String> {
    let path = &outcome.options.report;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, page(outcome)))
        .map_err(|error| {
            format!(
                "cannot write {}: {error}. Choose another place with --report PATH",
                path.display()
            )
        })
}

/// The page.
pub fn page(outcome: &Outcome) -> String {
    let buffer = outcome.cross.x.deployment.liquidation_buffer_bps;
    let target = 1.0 + f64::from(buffer) / 10_000.0;
    let fills = [
        ("style", STYLE.to_owned()),
        ("lead", lead(outcome)),
        ("verdicts", verdicts(outcome)),
        ("target", format!("{target:.1}")),
        ("why", escape(&summary::why(outcome))),
        ("why_not", escape(&summary::why_not(outcome))),
        ("comparison", tables::comparison(outcome)),
        ("collared", collar::lead(outcome)),
        ("saved", escape(&own_words::saved(outcome))),
        ("worst", escape(&own_words::worst(outcome))),
        ("survival", escape(&own_words::survival(outcome))),
        ("margins", collar::margins(outcome)),
        ("meaning", escape(own_words::MEANING)),
        ("greeks", collar::greeks(outcome)),
        ("greek_steps", collar::steps(outcome)),
        ("tiles", trading::tiles(outcome)),
        ("stop", escape(&words::stop(outcome))),
        ("pruned", escape(&words::pruned(outcome))),
        ("books", trading::books(outcome)),
        ("levels", trading::levels(outcome)),
        ("minutes", words::funding_minutes().to_string()),
        ("funding", both(outcome, trading::funding)),
        ("crash", crash(outcome)),
        ("accounts", both(outcome, tables::accounts)),
        (
            "liquidated",
            escape(&summary::liquidations_of_both(outcome)),
        ),
        ("liquidations", both(outcome, tables::liquidations)),
        ("balanced", escape(&summary::balanced(outcome))),
        ("conservation", tables::conservation(outcome)),
        ("terms", tables::terms(&outcome.cross)),
        ("notes", notes(outcome)),
        ("figures", tables::figures(outcome)),
        ("data", figures::json(outcome, target)),
        ("script", SCRIPT.to_owned()),
    ];
    fill(PAGE, &fills)
}

/// Puts each text in the place of its name. Once through the template, so that what is put in is not
/// searched for names.
fn fill(template: &str, fills: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(1 << 18);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("a placeholder ends");
        let found = fills.iter().find(|(key, _)| *key == name);
        page.push_str(before);
        page.push_str(&found.unwrap_or_else(|| panic!("no text for {name}")).1);
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Text as it may stand in a page.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn both(outcome: &Outcome, table: fn(&House) -> String) -> String {
    format!("{}\n{}", table(&outcome.cross), table(&outcome.isolated))
}

fn falls() -> String {
    let all: Vec<_> = FALLS
        .iter()
        .map(|f| format!("{} −{} %", f.asset, f.drop_bps / 100))
        .collect();
    all.join(", ")
}

fn lead(outcome: &Outcome) -> String {
    let seconds = outcome.path.seconds * i64::from(outcome.options.steps);
    format!(
        "A trader is long SOL and short BTC and ETH, with {} USDC behind it. Prices fall for {} minutes ({}). \
         Once the three legs stand in one cross-margin account, once in three isolated ones, with the collateral \
         split in proportion to each leg's maintenance margin. Around it a maker quotes, takers trade on the order \
         books, another trader hedges with options, funding is paid, and a keeper does its work. Every figure comes from the program's bytecode on an \
         embedded chain (seed {}, {} steps).",
        thousands(crate::actors::HEDGED as i64),
        seconds / 60,
        falls(),
        outcome.options.seed,
        outcome.options.steps
    )
}

fn verdicts(outcome: &Outcome) -> String {
    let (one, three) = (&outcome.comparison.one, &outcome.comparison.three);
    format!(
        "<div class=\"verdict\"><h2>Cross margin, one account</h2><p class=\"big\">survives</p>\
         <p>no liquidation, margin ratio never below {:.2}, all three legs whole</p></div>\n\
         <div class=\"verdict lost\"><h2>Isolated margin, three accounts</h2><p class=\"big\">{} liquidations</p>\
         <p>{} % of the long is left, margin ratio down to {:.2}, {} USDC of penalties</p></div>",
        one.lowest_ratio,
        three.liquidations,
        three.left(0),
        three.lowest_ratio,
        crate::house::dollars(three.penalties)
    )
}

fn crash(outcome: &Outcome) -> String {
    format!(
        "{}, with two rebounds on the way. SOL leads and BTC lags, so that the hedge is not perfect on the way down. \
         Each step publishes Pyth accounts (SOL and ETH in the pull format, BTC in the legacy one), with a confidence \
         interval that widens while prices move and an average of an hour's half-life. Where a price is more than \
         10 % from its average the program lets accounts only reduce risk, and orders that are pegged to it sleep.",
        falls_of(outcome)
    )
}

fn falls_of(outcome: &Outcome) -> String {
    let last = outcome.path.steps.last().expect("a step");
    let one = |at: usize| {
        let (start, end) = (outcome.path.steps[0][at].price, last[at].price);
        let change = (end - start) as f64 * 100.0 / start as f64;
        format!("{} {change:+.2} %", FALLS[at].asset).replace('-', "−")
    };
    (0..3).map(one).collect::<Vec<_>>().join(", ")
}

fn notes(outcome: &Outcome) -> String {
    let minutes = outcome.path.seconds as f64 / 60.0;
    let all = [
        format!(
            "The keeper looks once a step, every {minutes} minutes. On a live chain keepers look every block, and accounts \
             fall less far in between. It takes the market with the largest requirement first, as many lots as restore the account."
        ),
        "The keeper sells what it took on the books. While a price is too far from its average the orders that are pegged to it \
         sleep, and the keeper has to hold it."
            .to_owned(),
        "The hedged book is opened by a block trade at the index, so that both clearinghouses start with the same book; everybody \
         else trades on the order books."
            .to_owned(),
        format!(
            "Funding is every {} minutes: the hour of the deployment file would leave three of them in the crash. The maker leans \
             its ladder against its inventory, options by their delta, by a basis point for each 25,000 USDC, ten at most; that alone \
             makes the premium.",
            words::funding_minutes()
        ),
        "The hedge ratio was chosen so that the three falls cancel out at the end. With other falls the one account would gain or \
         lose the difference; it would still be judged as a whole."
            .to_owned(),
        "The isolated book ends with more equity here only because its hedge is gone and prices kept falling. The last row of the \
         comparison shows the other side of that bet: all positions that are left, valued at the prices of the start."
            .to_owned(),
        format!(
            "Nobody quotes options on a book here: the account \"{COLLARED_NAME}\" has its own from the maker, by a block trade at what they \
             are marked at. A feed says at which volatility that is, the same for all strikes; it adds {} points for each percent that SOL has \
             fallen, as fast as the program lets it. Whoever publishes prices prices the options anew.",
            options::PER_PERCENT
        ),
        portfolio::terms(),
        "Liquidation is at the index, for a penalty that starts at its lowest rate, since the keeper comes at once."
            .to_owned(),
    ];
    all.map(|note| format!("    <li>{}</li>", escape(&note)))
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::{PAGE, escape, fill};

    #[test]
    fn a_placeholder_is_filled_once_and_what_is_filled_in_is_left_alone() {
        let fills = [("a", "{{b}}".to_owned()), ("b", "2".to_owned())];
        assert_eq!(fill("x {{a}} {{b}} y", &fills), "x {{b}} 2 y");
    }

    #[test]
    #[should_panic(expected = "no text for")]
    fn a_placeholder_without_a_text_fails() {
        let _ = fill(PAGE, &[]);
    }

    #[test]
    fn text_cannot_open_a_tag() {
        assert_eq!(escape("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
    }
}
