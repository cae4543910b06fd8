//! The report's section on options and Portfolio margin.

use super::{escape, tables::table, trading::escaped};
use crate::{
    Outcome,
    actors::{COLLARED_NAME, OPTION_WEEKS},
    collar,
    house::dollars,
};
use counterweight::GreeksView;

/// Who it is about, in words.
pub fn lead(outcome: &Outcome) -> String {
    let house = &outcome.cross;
    let actor = house.find(COLLARED_NAME).map(|at| &house.actors[at]);
    let role = actor.map_or("", |actor| actor.role.as_str());
    escape(&format!(
        "Options on SOL that end in {OPTION_WEEKS} weeks are offered beside the perpetuals. The account \"{COLLARED_NAME}\" has \
         {role}. It has chosen Portfolio margin: the contracts on an underlying are netted, priced anew in 16 scenarios of its \
         price and volatility, and the worst counts."
    ))
}

/// What both models require.
pub fn margins(outcome: &Outcome) -> String {
    let caption = format!("The account \"{COLLARED_NAME}\" by both models, USDC");
    let rows = escaped(collar::margins(outcome));
    table(&caption, &["", "at the start", "at the end"], &rows)
}

/// The greeks at every step, as the chain said them at its end.
pub fn steps(outcome: &Outcome) -> String {
    let house = &outcome.cross;
    let first = &outcome.collar[0].greeks;
    let name = |asset: u16| house.x.deployment.asset[usize::from(asset)].name.as_str();
    let mut head = vec!["step".to_owned()];
    head.extend(
        first
            .assets
            .iter()
            .map(|of| format!("delta of {}", name(of.asset))),
    );
    head.push("delta together".to_owned());
    head.extend(collar::GREEKS[1..].iter().map(|greek| (*greek).to_owned()));
    let row = |(step, view): (usize, &GreeksView)| {
        let total = &view.total;
        let mut row = vec![step.to_string()];
        row.extend(view.assets.iter().map(|of| dollars(of.delta)));
        row.extend([total.delta, total.gamma, total.vega, total.theta].map(dollars));
        row
    };
    let rows: Vec<_> = collar::steps(house)
        .into_iter()
        .enumerate()
        .map(row)
        .collect();
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    table("Greeks at the end of each step, USDC", &head, &rows)
}

/// The greeks at the start and at the end.
pub fn greeks(outcome: &Outcome) -> String {
    let [delta, gamma, vega, theta] = collar::GREEKS;
    let head = ["underlying", delta, gamma, vega, theta];
    let one = |at: usize| {
        let caption = format!("Greeks {}, USDC", collar::moment(outcome, at));
        let rows = collar::greeks(&outcome.cross, &outcome.collar[at].greeks);
        table(&caption, &head, &escaped(rows))
    };
    format!("{}\n{}", one(0), one(1))
}
