//! What is printed at the end.

use crate::{
    Outcome,
    actors::{COLLARED, COLLARED_NAME, HEDGED},
    collar,
    house::{House, dollars, exact, thousands},
    isolated::NAMES,
    path::FALLS,
    trading,
};

/// The rows of the comparison: what, as one account, as three.
pub fn comparison(outcome: &Outcome) -> Vec<[String; 3]> {
    let (one, three) = (&outcome.comparison.one, &outcome.comparison.three);
    let mut rows = vec![
        [
            "liquidations".into(),
            one.liquidations.to_string(),
            three.liquidations.to_string(),
        ],
        [
            "lowest margin ratio".into(),
            format!("{:.2}", one.lowest_ratio),
            format!("{:.2}", three.lowest_ratio),
        ],
        [
            "penalties paid, USDC".into(),
            dollars(one.penalties),
            dollars(three.penalties),
        ],
    ];
    for (at, fall) in FALLS.iter().enumerate() {
        let side = if one.lots[0][at] > 0 { "long" } else { "short" };
        let left = |percent: i64| format!("{percent} %");
        let name = format!("{side} {} that is left", fall.asset);
        rows.push([name, left(one.left(at)), left(three.left(at))]);
    }
    rows.push([
        "funding received (− paid), USDC".into(),
        dollars(one.funding),
        dollars(three.funding),
    ]);
    rows.push([
        "equity at the end, USDC".into(),
        dollars(one.equity),
        dollars(three.equity),
    ]);
    rows.push([
        "equity if prices came back, USDC".into(),
        dollars(one.equity_if_back),
        dollars(three.equity_if_back),
    ]);
    rows
}

/// Why one survived, in words.
pub fn why(outcome: &Outcome) -> String {
    let gains = outcome.comparison.one.gains;
    let named: Vec<_> = FALLS
        .iter()
        .zip(gains)
        .map(|(fall, atoms)| format!("{} {}", fall.asset, dollars(atoms)))
        .collect();
    format!(
        "One account: the legs made {}, together {}; funding {}. The gains carry the loss, so nothing was liquidated.",
        named.join(", "),
        dollars(gains.iter().sum()),
        dollars(outcome.comparison.one.funding)
    )
}

/// What happened to the three, in words.
pub fn why_not(outcome: &Outcome) -> String {
    let house = &outcome.isolated;
    let liquidated = |at: &usize| house.seizures.iter().any(|seizure| seizure.actor == *at);
    let names: Vec<_> = (1..=3).filter(liquidated).map(|at| NAMES[at - 1]).collect();
    let three = &outcome.comparison.three;
    format!(
        "Three accounts: {} could not use what the other legs gained and got liquidated. What is left is a bare \
         short. It gained as prices kept falling; had they come back, it would have ended with {} of the {}.",
        names.join(" and "),
        dollars(three.equity_if_back),
        thousands(HEDGED as i64)
    )
}

/// The rows of the conservation check: line, cross, isolated.
pub fn conservation(outcome: &Outcome) -> Vec<[String; 3]> {
    let [a, b] = &outcome.books;
    let row = |name: &str, left: i128, right: i128| [name.to_owned(), exact(left), exact(right)];
    let sum = |lots: &[i128]| {
        lots.iter()
            .map(|lots| lots.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    vec![
        row("USDC in the vault", a.vault, b.vault),
        row("Σ cash of accounts", a.cash, b.cash),
        row("Σ quote of positions", a.positions, b.positions),
        row("fees", a.fees, b.fees),
        row("insurance", a.insurance, b.insurance),
        row("residue of funding and roundings", a.residue, b.residue),
        row(
            "(funding that positions owe)",
            outcome.owed[0],
            outcome.owed[1],
        ),
        row("difference", a.difference(), b.difference()),
        ["Σ lots of each market".into(), sum(&a.lots), sum(&b.lots)],
        [
            "SOL vault less SOL balances".into(),
            a.collateral.values().sum::<i128>().to_string(),
            b.collateral.values().sum::<i128>().to_string(),
        ],
    ]
}

/// Funding of a clearinghouse as a table.
fn funding(house: &House) -> String {
    let head = format!("Funding received (− paid), {}", house.title);
    let row =
        |name: &str, [a, b, c, d]: [&str; 4]| format!("{name:<44}{a:>10}{b:>10}{c:>10}{d:>10}\n");
    let mut text = row(&head, ["SOL", "BTC", "ETH", "together"]);
    for [name, sol, btc, eth, all] in trading::funding(house) {
        text.push_str(&row(&format!("  {name}"), [&sol, &btc, &eth, &all]));
    }
    text
}

/// Greeks of the account with options at the start (0) or at the end (1), as a table.
fn greeks(outcome: &Outcome, at: usize) -> String {
    let row =
        |name: &str, [a, b, c, d]: [&str; 4]| format!("{name:<26}{a:>13}{b:>16}{c:>16}{d:>15}\n");
    let caption = format!(
        "Greeks of the account \"{COLLARED_NAME}\" {}, USDC\n",
        collar::moment(outcome, at)
    );
    let mut text = caption + &row("", collar::GREEKS);
    for [name, delta, gamma, vega, theta] in
        collar::greeks(&outcome.cross, &outcome.collar[at].greeks)
    {
        text.push_str(&row(&format!("  {name}"), [&delta, &gamma, &vega, &theta]));
    }
    text
}

/// The account with options.
fn options(outcome: &Outcome) -> String {
    let heading = format!(
        "Options, judged by Portfolio margin: the account \"{COLLARED_NAME}\", {} USDC:",
        thousands(COLLARED as i64)
    );
    [
        heading,
        String::new(),
        greeks(outcome, 0),
        greeks(outcome, 1),
        collar::MEANING.to_owned(),
        String::new(),
        table(
            ["Both models, USDC", "at the start", "at the end"],
            &collar::margins(outcome),
        ),
        collar::saved(outcome),
        collar::worst(outcome),
        collar::survival(outcome),
    ]
    .join("\n")
}

fn table(head: [&str; 3], rows: &[[String; 3]]) -> String {
    let mut text = format!("{:<34}{:>20}{:>20}\n", head[0], head[1], head[2]);
    for [name, one, three] in rows {
        text.push_str(&format!("  {name:<32}{one:>20}{three:>20}\n"));
    }
    text
}

/// Liquidations of a clearinghouse in words.
fn liquidations(house: &House) -> String {
    let all = &house.seizures;
    let partial = all.iter().filter(|seizure| seizure.is_partial()).count();
    let penalty: i64 = all.iter().map(|seizure| seizure.penalty).sum();
    let insurance: i64 = all.iter().map(|seizure| seizure.insurance).sum();
    let most = all.iter().map(|seizure| seizure.units).max().unwrap_or(0);
    format!(
        "{}: {} liquidations, {partial} of them partial; penalties {}, of which insurance {}; at most {} compute units",
        house.title,
        all.len(),
        dollars(penalty),
        dollars(insurance),
        thousands(most as i64)
    )
}

/// Liquidations of both in words.
pub fn liquidations_of_both(outcome: &Outcome) -> String {
    let (cross, isolated) = (
        liquidations(&outcome.cross),
        liquidations(&outcome.isolated),
    );
    format!("In {cross}. In {isolated}.")
}

/// How often it was checked, in words.
pub fn balanced(outcome: &Outcome) -> String {
    let (a, b) = (&outcome.cross, &outcome.isolated);
    format!(
        "Balanced after every step ({} times, with fills in the queues and without); {} margin figures and the greeks of \
         {} accounts, as the chain says them, compared with the SDK's, all equal. {}",
        a.balanced + b.balanced,
        thousands((a.views_compared + b.views_compared) as i64),
        thousands((a.greeks_compared + b.greeks_compared) as i64),
        trading::compared(outcome)
    )
}

/// The whole summary.
pub fn text(outcome: &Outcome) -> String {
    let falls: Vec<_> = FALLS
        .iter()
        .map(|f| format!("{} −{} %", f.asset, f.drop_bps / 100))
        .collect();
    let (cross, isolated) = (&outcome.cross, &outcome.isolated);
    let heading = format!(
        "The same book, the same {} USDC, the same crash ({}):",
        thousands(HEDGED as i64),
        falls.join(", ")
    );
    [
        String::new(),
        heading,
        String::new(),
        table(["", "one account", "three accounts"], &comparison(outcome)),
        why(outcome),
        why_not(outcome),
        String::new(),
        options(outcome),
        String::new(),
        liquidations(cross),
        liquidations(isolated),
        String::new(),
        table(
            ["On the order books", cross.title, isolated.title],
            &trading::books(outcome),
        ),
        trading::depths(outcome).join("\n"),
        trading::stop(outcome),
        trading::pruned(outcome),
        String::new(),
        funding(cross),
        funding(isolated),
        table(
            ["Conservation, to the atom", cross.title, isolated.title],
            &conservation(outcome),
        ),
        balanced(outcome),
        format!(
            "Report: {}  (open it in a browser)",
            outcome.options.report.display()
        ),
    ]
    .join("\n")
}
