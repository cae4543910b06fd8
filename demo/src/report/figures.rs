//! The figures that the page draws its charts from.

use crate::{Outcome, book::View, collar, house::House, path::FALLS, table::told_of};
use counterweight_risk::{greeks::AssetGreeks, orders::Side};
use serde::Serialize;

#[derive(Serialize)]
struct Data<'a> {
    steps: usize,
    seconds: i64,
    target: f64,
    price_range: [f64; 2],
    prices: Vec<Line<'a>>,
    legs: Vec<Bar>,
    collar: Vec<Bar>,
    deltas: Vec<Line<'a>>,
    houses: [Scene<'a>; 2],
    premiums: Vec<Line<'a>>,
    rates: Vec<Interval>,
    books: Vec<Depth>,
}

/// The rate of a funding interval.
#[derive(Serialize)]
struct Interval {
    market: usize,
    from: f64,
    to: f64,
    rate: f64,
}

/// A book: distance from the index in basis points, dollars up to there, the best level first.
#[derive(Serialize)]
struct Depth {
    title: String,
    bids: Vec<(f64, f64)>,
    asks: Vec<(f64, f64)>,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    values: Vec<f64>,
}

#[derive(Serialize)]
struct Bar {
    name: String,
    value: f64,
}

#[derive(Serialize)]
struct Scene<'a> {
    accounts: Vec<Account<'a>>,
    marks: Vec<Mark>,
}

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    points: Vec<(f64, Option<f64>)>,
}

#[derive(Serialize)]
struct Mark {
    account: usize,
    x: f64,
    y: f64,
    text: String,
}

/// Shortens a figure to what a chart can show.
fn short(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The prices of an asset, the start being 100.
pub fn indexed(outcome: &Outcome, asset: usize) -> Vec<f64> {
    let steps = &outcome.path.steps;
    let start = steps[0][asset].price as f64;
    steps
        .iter()
        .map(|ticks| ticks[asset].price as f64 * 100.0 / start)
        .collect()
}

fn scene(house: &House) -> Scene<'_> {
    let at = |step: usize, phase: usize| step as f64 + phase as f64 * 0.15;
    let points = |actor: usize| {
        let point = |sample: &crate::house::Sample| {
            let ratio = sample.standings[actor].ratio().map(short);
            (at(sample.step, sample.phase), ratio)
        };
        house.samples.iter().map(point).collect()
    };
    let account = |(actor, who): (usize, &'_ _)| {
        let who: &crate::house::Actor = who;
        (who.name, points(actor))
    };
    let mark = |seizure: &crate::house::Seizure| Mark {
        account: seizure.actor,
        x: at(seizure.step, 0),
        y: short(seizure.ratio[0].unwrap_or(0.0)),
        text: told_of(house, seizure).trim().to_owned(),
    };
    let accounts = house.actors.iter().enumerate().map(account);
    Scene {
        accounts: accounts
            .map(|(name, points)| Account { name, points })
            .collect(),
        marks: house.seizures.iter().map(mark).collect(),
    }
}

fn legs(outcome: &Outcome) -> Vec<Bar> {
    let one = &outcome.comparison.one;
    let mut bars: Vec<_> = FALLS
        .iter()
        .enumerate()
        .map(|(at, fall)| Bar {
            name: format!(
                "{} {}",
                if one.lots[0][at] > 0 { "long" } else { "short" },
                fall.asset
            ),
            value: one.gains[at] as f64 / 1e6,
        })
        .collect();
    bars.push(Bar {
        name: "funding".to_owned(),
        value: one.funding as f64 / 1e6,
    });
    let value = (one.gains.iter().sum::<i64>() + one.funding) as f64 / 1e6;
    let name = "the account".to_owned();
    bars.push(Bar { name, value });
    bars
}

/// What the legs of the account with options gained.
fn collared(outcome: &Outcome) -> Vec<Bar> {
    let mut all = collar::legs(outcome);
    all.push(("funding".to_owned(), collar::funding(outcome)));
    let sum = all.iter().map(|(_, atoms)| atoms).sum();
    all.push(("the account".to_owned(), sum));
    let bar = |(name, atoms): (String, i64)| Bar {
        name,
        value: atoms as f64 / 1e6,
    };
    all.into_iter().map(bar).collect()
}

/// The delta of the account with options at the end of each step, in thousands of dollars.
fn deltas(outcome: &Outcome) -> Vec<Line<'_>> {
    let steps = collar::steps(&outcome.cross);
    let thousands = |atoms: i64| short(atoms as f64 / 1e9);
    let named = |(at, of): (usize, &AssetGreeks)| Line {
        name: &outcome.cross.x.deployment.asset[usize::from(of.asset)].name,
        values: steps
            .iter()
            .map(|view| thousands(view.assets[at].delta))
            .collect(),
    };
    let first = outcome.collar[0].greeks.assets.iter().enumerate();
    let mut lines: Vec<_> = first.map(named).collect();
    lines.push(Line {
        name: "together",
        values: steps
            .iter()
            .map(|view| thousands(view.total.delta))
            .collect(),
    });
    lines
}

fn premiums(house: &House) -> Vec<Line<'_>> {
    let of = |at: usize| house.tape.premiums.iter().map(move |all| short(all[at]));
    let lines = FALLS.iter().enumerate();
    lines
        .map(|(at, fall)| Line {
            name: fall.asset,
            values: of(at).collect(),
        })
        .collect()
}

fn rates(outcome: &Outcome) -> Vec<Interval> {
    let length = f64::from(crate::house::FUNDING_SECONDS) / outcome.path.seconds as f64;
    let rates = outcome.cross.tape.rates.iter();
    rates
        .map(|rate| Interval {
            market: rate.market,
            from: short((rate.step as f64 - length).max(0.0)),
            to: rate.step as f64,
            rate: short(rate.bps),
        })
        .collect()
}

fn depths(house: &House) -> Vec<Depth> {
    let side = |view: &View, side: Side| {
        let levels = view.depth(side);
        levels.iter().map(|l| (short(l.0), l.2.round())).collect()
    };
    let snapshots = house.tape.snapshots.iter();
    snapshots
        .map(|snapshot| Depth {
            title: format!("{}, step {}", snapshot.when, snapshot.step),
            bids: side(&snapshot.view, Side::Buy),
            asks: side(&snapshot.view, Side::Sell),
        })
        .collect()
}

/// All of it as JSON that may stand inside a script element.
pub fn json(outcome: &Outcome, target: f64) -> String {
    let indexed: Vec<_> = (0..3).map(|at| indexed(outcome, at)).collect();
    let (mut low, mut high) = (100.0f64, 100.0f64);
    for value in indexed.iter().flatten() {
        (low, high) = (low.min(*value), high.max(*value));
    }
    let prices = FALLS.iter().zip(indexed).map(|(fall, values)| Line {
        name: fall.asset,
        values: values.into_iter().map(short).collect(),
    });
    let data = Data {
        steps: outcome.path.steps.len() - 1,
        seconds: outcome.path.seconds,
        target,
        price_range: [(low / 5.0).floor() * 5.0, (high + 0.5).ceil()],
        prices: prices.collect(),
        legs: legs(outcome),
        collar: collared(outcome),
        deltas: deltas(outcome),
        houses: [scene(&outcome.cross), scene(&outcome.isolated)],
        premiums: premiums(&outcome.cross),
        rates: rates(outcome),
        books: depths(&outcome.cross),
    };
    let text = serde_json::to_string(&data).expect("numbers and names");
    // No closing tag inside a script element.
    text.replace('<', "\\u003c")
}
