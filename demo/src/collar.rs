//! The account with options, as rows and sentences for the live table, the summary and the report: its greeks, what
//! both models require of it, and what its legs gained.

use crate::{
    Outcome,
    actors::COLLARED_NAME,
    house::{House, dollars},
    portfolio::Judged,
};
use counterweight::GreeksView;
use counterweight_risk::{
    greeks::AssetGreeks,
    portfolio::explain::{AssetNeed, Bound, SCENARIOS},
};
use counterweight_simnet::MarketKind;

/// What the greeks are called, with what each is counted for. All are in USDC.
pub const GREEKS: [&str; 4] = ["delta", "gamma per 1 %", "vega per point", "theta per day"];

/// What they mean.
pub const MEANING: &str = "Delta is the USDC of an underlying that the positions stand for; gamma what delta \
    grows by where the index rises by 1 %; vega what the account gains by a point of volatility, theta by a day.";

/// The rows of an account's greeks: of what, and each of [`GREEKS`]. The last one is the sum.
pub fn greeks(house: &House, view: &GreeksView) -> Vec<[String; 5]> {
    let row = |name: &str, of: &AssetGreeks| {
        let [delta, gamma, vega, theta] = [of.delta, of.gamma, of.vega, of.theta].map(dollars);
        [name.to_owned(), delta, gamma, vega, theta]
    };
    let name = |of: &AssetGreeks| house.x.deployment.asset[usize::from(of.asset)].name.clone();
    let mut rows: Vec<_> = view.assets.iter().map(|of| row(&name(of), of)).collect();
    rows.push(row("together", &view.total));
    rows
}

/// The greeks of the account at the end of each step, the start first.
pub fn steps(house: &House) -> Vec<&GreeksView> {
    let Ok(at) = house.find(COLLARED_NAME) else {
        return Vec::new();
    };
    let ends = house.samples.iter().filter(|s| s.step == 0 || s.phase == 2);
    ends.map(|sample| &sample.greeks[at]).collect()
}

/// The greeks of the account at present, for the live table; nothing where there are no options.
pub fn lines(house: &House) -> Vec<String> {
    let (Some(desk), Ok(at)) = (&house.desk, house.find(COLLARED_NAME)) else {
        return Vec::new();
    };
    let Some(sample) = house.samples.last() else {
        return Vec::new();
    };
    let line =
        |name: &str, [a, b, c, d]: [&str; 4]| format!("  {name:<24}{a:>13}{b:>16}{c:>16}{d:>15}");
    let mut lines = vec![line(&format!("greeks of {COLLARED_NAME}, USDC"), GREEKS)];
    for [name, delta, gamma, vega, theta] in greeks(house, &sample.greeks[at]) {
        let name = match name.as_str() {
            "SOL" => format!("  SOL, volatility {} %", desk.volatility),
            _ => format!("  {name}"),
        };
        lines.push(line(&name, [&delta, &gamma, &vega, &theta]));
    }
    lines
}

/// The rows on what both models require: what, at the start, at the end.
pub fn margins(outcome: &Outcome) -> Vec<[String; 3]> {
    let of = |name: &str, what: &dyn Fn(&Judged) -> i64| {
        let [start, end] = [0, 1].map(|at| dollars(what(&outcome.collar[at])));
        [name.to_owned(), start, end]
    };
    vec![
        of("equity", &|judged| judged.equity),
        of("maintenance margin, Portfolio", &|judged| {
            judged.portfolio()[0]
        }),
        of("maintenance margin, Standard", &|judged| {
            judged.standard()[0]
        }),
        of("initial margin, Portfolio", &|judged| judged.portfolio()[1]),
        of("initial margin, Standard", &|judged| judged.standard()[1]),
    ]
}

/// What Standard margin would have required, in words.
pub fn saved(outcome: &Outcome) -> String {
    let start = &outcome.collar[0];
    let [maintenance, initial] = start.standard();
    format!(
        "Standard margin would have required {} to keep the same book and {} to open it, where the account had {}: \
         once it was open, the program refused the way back to Standard margin. Portfolio margin required {} and {}.",
        dollars(maintenance),
        dollars(initial),
        dollars(start.equity),
        dollars(start.portfolio()[0]),
        dollars(start.portfolio()[1])
    )
}

/// The worst scenario of each underlying at the start, and what it comes to, in words.
pub fn worst(outcome: &Outcome) -> String {
    let needs = &outcome.collar[0].needs[0];
    let each: Vec<_> = needs
        .assets
        .iter()
        .map(|need| scenario(&outcome.cross, need))
        .collect();
    let sum = |of: fn(&AssetNeed) -> i64| needs.assets.iter().map(of).sum();
    let bound = match needs.whole.bound() {
        Ok(Bound::Floor) => "The floor of Standard margin's binds",
        _ => "That is more than the floor",
    };
    format!(
        "The worst of 16 scenarios at the start: {}. What contracts hedge of each other is charged {}, opposite \
         positions in the two underlyings are credited {}. {bound}, {}.",
        each.join("; "),
        dollars(sum(|need| need.spread.0)),
        dollars(needs.whole.credits.0),
        dollars(needs.whole.floor.0)
    )
}

/// A scenario in words.
fn scenario(house: &House, need: &AssetNeed) -> String {
    let tables = house.x.tables();
    let name = &house.x.deployment.asset[usize::from(need.asset)].name;
    let percent = |ratio: i64| (ratio as f64 * 1_000.0 / f64::from(1 << 20)).round() / 10.0;
    let moved = percent(need.worst_move());
    let price = match need.worst_move() {
        0 => "stays".to_owned(),
        up if up > 0 => format!("rises by {moved} %"),
        _ => format!("falls by {} %", -moved),
    };
    let optional = tables
        .markets
        .iter()
        .any(|row| row.asset == need.asset && row.is_option());
    let shift = tables.assets[usize::from(need.asset)]
        .scan
        .volatility_shift
        .0;
    let shift = percent(i64::from(shift));
    let volatility = match SCENARIOS[need.worst].volatility {
        1 if optional => format!(", its volatility rises by {shift} % of itself"),
        -1 if optional => format!(", its volatility falls by {shift} % of itself"),
        _ => String::new(),
    };
    format!("{name} {price}{volatility}, loss {}", dollars(need.scan.0))
}

/// What each leg gained to the end: its name, and quote atoms.
pub fn legs(outcome: &Outcome) -> Vec<(String, i64)> {
    let end = &outcome.collar[1];
    let all = end.lots.iter().zip(&end.gains).enumerate();
    all.filter(|(_, (lots, _))| **lots != 0)
        .map(|(market, (lots, gain))| {
            let side = if *lots > 0 { "long" } else { "short" };
            (
                format!("{side} {}", outcome.cross.market_name(market)),
                *gain,
            )
        })
        .collect()
}

/// What the options of a kind gained to the end, quote atoms.
pub fn gained(outcome: &Outcome, kind: MarketKind) -> i64 {
    let markets = outcome.cross.x.deployment.market.iter();
    let of_kind = markets
        .zip(&outcome.collar[1].gains)
        .filter(|(market, _)| market.kind == kind);
    of_kind.map(|(_, gain)| *gain).sum()
}

/// How the account came through, in words.
pub fn survival(outcome: &Outcome) -> String {
    let legs = legs(outcome);
    let named: Vec<_> = legs
        .iter()
        .map(|(name, atoms)| format!("{name} {}", dollars(*atoms)))
        .collect();
    let puts = gained(outcome, MarketKind::Put);
    let end = outcome.collar[1].equity;
    format!(
        "The legs of the account \"{COLLARED_NAME}\" made {}; funding {}. It was never liquidated and has {} at the end. \
         Without what the puts gained it would owe {}.",
        named.join(", "),
        dollars(funding(outcome)),
        dollars(end),
        dollars(puts - end)
    )
}

/// What the account received by funding, minus what it paid, quote atoms.
pub fn funding(outcome: &Outcome) -> i64 {
    let house = &outcome.cross;
    house
        .find(COLLARED_NAME)
        .map_or(0, |at| house.tape.funding_of(at))
}

/// The volatility of a moment, for captions.
pub fn moment(outcome: &Outcome, at: usize) -> String {
    let when = ["at the start", "at the end of the crash"][at];
    format!("{when}, volatility {} %", outcome.collar[at].volatility)
}
