//! The examples as text.

use super::{
    Judged,
    accounts::{Contract, Example, terms},
};
use counterweight_risk::{
    Market, Ratio,
    portfolio::explain::{AssetNeed, Bound, SCENARIOS},
};
use std::fmt::Write;

/// Whole dollars, to the nearest, with commas.
fn whole(atoms: i64) -> String {
    let digits = ((atoms + 500_000) / 1_000_000).to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share of 2^20 in percent, with at most two places and its sign.
fn move_text(share: i64) -> String {
    let sign = if share < 0 { "−" } else { "+" };
    format!("{sign}{}", share_text(share))
}

fn share_text(share: i64) -> String {
    let hundredths = (share.unsigned_abs() * 10_000 + (1 << 19)) >> 20;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn saved(from: i64, to: i64) -> String {
    let percent = 100.0 * (1.0 - to as f64 / from as f64);
    // Rates are rounded up: a dollar of a million.
    if percent > -0.01 {
        format!("{:.0} %", percent.max(0.0))
    } else {
        format!("none, {:.0} % more", -percent)
    }
}

/// So many units of an asset as lots are, and its name.
fn units(asset: u16, lots: i64) -> String {
    let asset = &terms::ASSETS[usize::from(asset) - 1];
    let units = lots.unsigned_abs() as f64 * 10f64.powi(asset.lot.into());
    let text = format!("{units:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let whole = text
        .parse::<i64>()
        .map_or(text.to_owned(), |units| whole(units * 1_000_000));
    format!("{whole} {}", asset.name)
}

/// What lots are worth, in quote atoms.
fn worth(asset: u16, lots: i64) -> i64 {
    let asset = &terms::ASSETS[usize::from(asset) - 1];
    let cents = i128::from(lots.abs()) * i128::from(asset.cents) * 10_000;
    i64::try_from(cents / 10i128.pow((-asset.lot).try_into().unwrap())).unwrap()
}

fn side(lots: i64) -> &'static str {
    if lots > 0 { "long" } else { "short" }
}

fn name(contract: Contract) -> String {
    match contract {
        Contract::Perpetual => "perpetual".to_owned(),
        Contract::Future => "future".to_owned(),
        Contract::Call(strike) => format!("call at {strike}"),
        Contract::Put(strike) => format!("put at {strike}"),
    }
}

/// What lots of an option are worth, in quote atoms.
fn premium(market: &Market, lots: i64) -> i64 {
    let price = i128::from(market.array.mark.0);
    i64::try_from((price * i128::from(lots.abs())) >> 16).unwrap()
}

/// What Standard requires of a position for maintenance, in words and in quote atoms.
fn standard(market: &Market, lots: i64) -> (String, i64) {
    let worth = worth(market.asset, lots);
    let schedule = &market.maintenance;
    let needed = schedule.requirement(worth.unsigned_abs()).unwrap();
    let needed = i64::try_from(needed).unwrap();
    if market.is_option() && lots > 0 && premium(market, lots) < needed {
        // A requirement is rounded up.
        return ("what it is worth".to_owned(), premium(market, lots) + 1);
    }
    let first = &schedule.tiers[0];
    let below = i64::try_from(first.upper).unwrap_or(i64::MAX).min(worth);
    let mut rates = format!("{} of {}", share_text(first.rate.0.into()), whole(below));
    if worth > below {
        let second = share_text(schedule.tiers[1].rate.0.into());
        let _ = write!(rates, " and {second} of {}", whole(worth - below));
    }
    (rates, needed)
}

/// What the account holds, and what Standard makes of it.
fn positions(example: &Example, judged: &Judged) -> String {
    let (mut out, mut gross, mut sum, mut paid) = (String::new(), 0, 0, 0);
    for (&(_, contract, lots), position) in example.positions.iter().zip(&judged.positions) {
        let market = &judged.world.markets[usize::from(position.market)];
        let (rates, needed) = standard(market, lots);
        let worth = worth(market.asset, lots);
        let mut premiums = String::new();
        if market.is_option() {
            let all = premium(market, lots);
            paid += all * lots.signum();
            premiums = format!("{} | ", signed(all * lots.signum()));
        } else if example.has_options() {
            premiums = "| ".to_owned();
        }
        let _ = writeln!(
            out,
            "| {} {} | {} | {} | {premiums}{rates} | {} |",
            side(lots),
            units(market.asset, lots),
            name(contract),
            whole(worth),
            whole(needed)
        );
        gross += worth;
        sum += needed;
    }
    for &(asset, tokens) in example.collateral {
        let row = u16::try_from(asset + 1).unwrap();
        let lots = i64::try_from(tokens).unwrap()
            * 10i64.pow((-terms::ASSETS[asset].lot).try_into().unwrap());
        let _ = writeln!(
            out,
            "| {} | collateral | {} | | |",
            units(row, lots),
            whole(worth(row, lots))
        );
    }
    let premiums = if example.has_options() {
        format!("{} | ", signed(paid))
    } else {
        String::new()
    };
    if example.positions.len() > 1 {
        let _ = writeln!(out, "| | | {} | {premiums}| {} |", whole(gross), whole(sum));
    }
    if example.has_options() {
        return format!(
            "| holds | by | dollars | premium | maintenance by Standard | |\n|---|---|--:|--:|--:|--:|\n{out}"
        );
    }
    format!("| holds | by | dollars | maintenance by Standard | |\n|---|---|--:|--:|--:|\n{out}")
}

/// Whole dollars with a sign where they are received.
fn signed(atoms: i64) -> String {
    let sign = if atoms < 0 { "−" } else { "" };
    format!("{sign}{}", whole(atoms.abs()))
}

/// A scenario by its move and its volatility, of an asset whose options are looked at or not.
fn scenario(need: &AssetNeed, options: bool) -> String {
    let which = &SCENARIOS[need.worst];
    let asset = terms::ASSETS[usize::from(need.asset) - 1].name;
    let mut out = if which.thirds == 0 {
        format!("{asset} unmoved")
    } else {
        format!("{asset} {}", move_text(need.worst_move()))
    };
    if options {
        out.push_str(match which.volatility {
            1 => ", volatility up",
            -1 => ", volatility down",
            _ => ", volatility unmoved, of which 35 % count",
        });
    }
    out
}

/// What each leg gains or loses in the worst scenario; of a whole account, for only examples of one asset have options.
fn legs(example: &Example, judged: &Judged, need: &AssetNeed) -> String {
    let mut legs = Vec::new();
    for (&(_, contract, lots), position) in example.positions.iter().zip(&judged.positions) {
        let market = &judged.world.markets[usize::from(position.market)];
        let gain = if market.is_option() {
            let gain = i128::from(market.array.cells[need.worst]) * i128::from(lots);
            i64::try_from(gain >> 16).unwrap()
        } else {
            let part = i128::from(need.worst_move()) * i128::from(SCENARIOS[need.worst].percent);
            let value = i128::from(worth(position.asset, lots) * lots.signum());
            i64::try_from((value * part / 100) >> 20).unwrap()
        };
        let what = if gain < 0 { "loses" } else { "gains" };
        legs.push(format!(
            "the {} {what} {}",
            name(contract),
            whole(gain.abs())
        ));
    }
    if legs.len() > 1 {
        legs.push(format!("together {} lost", whole(need.scan.0)));
    }
    legs.join(", ")
}

/// The arithmetic of an asset in words.
fn words(example: &Example, judged: &Judged, need: &AssetNeed) -> String {
    let (net, options) = (need.low.0, example.has_options());
    // No example has orders; deltas are rounded apart, by a lot each.
    let apart = if options { example.positions.len() } else { 0 };
    assert!(need.high.0 - net <= i64::try_from(apart).unwrap());
    let name = terms::ASSETS[usize::from(need.asset) - 1].name;
    let mut out = if net == 0 {
        format!("**{name}** nets to nothing: no move costs anything")
    } else {
        let (size, dollars) = (units(need.asset, net), whole(worth(need.asset, net)));
        let by = if options { " by delta" } else { "" };
        format!(
            "**{name}**: net {} {size}{by}, {dollars} dollars",
            side(net)
        )
    };
    if need.collateral.0 > 0 {
        let covered = units(need.asset, need.collateral.0);
        let _ = write!(out, " (collateral counts as {covered} that are long)");
    }
    if options {
        let _ = write!(
            out,
            "; worst is {}: {}",
            scenario(need, true),
            legs(example, judged, need)
        );
    } else if net != 0 {
        let (moved, range) = (
            move_text(need.worst_move()),
            share_text(need.range.0.into()),
        );
        let _ = write!(
            out,
            "; worst is {name} {moved}: {range} of it, {}",
            whole(need.scan.0)
        );
    }
    if need.size.0 > 0 {
        let _ = write!(out, "; its size adds {}", whole(need.size.0));
    }
    if need.hedged.0 > 0 {
        let basis = worth(need.asset, need.hedged.0);
        let charge = (i128::from(need.spread.0) << 20) / i128::from(basis);
        let charge = share_text(i64::try_from(charge).unwrap());
        let (basis, spread) = (whole(basis), whole(need.spread.0));
        let _ = write!(
            out,
            "; {basis} dollars hedge each other, of which {charge}: {spread}"
        );
    }
    out
}

/// What each asset needs, in words.
fn lines(example: &Example, judged: &Judged, stage: usize) -> String {
    let needs = judged.needs[stage].iter();
    needs.fold(String::new(), |out, need| {
        format!("{out}- {}.\n", words(example, judged, need))
    })
}

/// Whether both stages need the same, to what rounds deltas apart.
fn same(needs: &[Vec<AssetNeed>; 2]) -> bool {
    needs[0].iter().zip(&needs[1]).all(|(keeping, adding)| {
        let parts = |need: &AssetNeed| [need.scan.0, need.size.0, need.spread.0];
        let mut pairs = parts(keeping).into_iter().zip(parts(adding));
        pairs.all(|(one, other)| (one - other).abs() < 1_000_000)
    })
}

/// The whole arithmetic of a stage.
fn arithmetic(example: &Example, judged: &Judged, stage: usize) -> String {
    let (all, mut out) = (&judged.all[stage], String::new());
    if stage == 0 || !same(&judged.needs) {
        out = lines(example, judged, stage);
    }
    let mut sum = format!("Together {}", whole(all.scanned.0));
    if all.credits.0 > 0 {
        let _ = write!(sum, ", less a credit of {}", whole(all.credits.0));
    }
    if all.times != Ratio::ONE {
        let times = f64::from(all.times.0) / f64::from(Ratio::ONE.0);
        let _ = write!(sum, ", times {times:.2}");
    }
    let scenarios = all.by_scenarios().unwrap();
    if scenarios != all.scanned {
        let _ = write!(sum, ": {}", whole(scenarios.0));
    }
    let floor = format!(
        "the floor is {} of Standard's {}, {}",
        share_text(i64::from(terms::FLOOR) * (1 << 20) / 10_000),
        whole(all.standard.0),
        whole(all.floor.0)
    );
    let binds = match all.bound().unwrap() {
        Bound::Scenarios => "The scenarios bind",
        Bound::Floor => "The floor binds",
        Bound::Owned => "What the options are worth binds",
    };
    let _ = writeln!(
        out,
        "- {sum}; {floor}. {binds}: **{}**.",
        whole(all.requirement.0)
    );
    out
}

/// The worst moves by name.
fn worst(example: &Example, judged: &Judged) -> String {
    if example.has_options() {
        return scenario(&judged.needs[0][0], true);
    }
    let moved = judged.needs[0].iter().filter(|need| need.worst_move() != 0);
    let moves: Vec<String> = moved.map(|need| scenario(need, false)).collect();
    if moves.is_empty() {
        return "none, no move costs anything".to_owned();
    }
    moves.join(", ")
}

pub fn render(example: &Example, judged: &Judged) -> String {
    let [keep, add] = [0, 1].map(|stage| {
        let (standard, portfolio) = (judged.standard[stage], judged.portfolio[stage]);
        format!(
            "{} | {} | {}",
            whole(standard),
            whole(portfolio),
            saved(standard, portfolio)
        )
    });
    let storm = match example.multiplier {
        1 => String::new(),
        times => format!(" Multiplier: {times}."),
    };
    format!(
        "## {}\n\n{}{storm}\n\n{}\n| dollars | Standard | Portfolio | saved |\n|---|--:|--:|--:|\n| maintenance | {keep} |\n| initial | {add} |\n\n\
         Worst scenario: **{}**.\n\nMaintenance by Portfolio:\n\n{}\nInitial by Portfolio:\n\n{}\n{}\n",
        example.title,
        example.account,
        positions(example, judged),
        worst(example, judged),
        arithmetic(example, judged, 0),
        arithmetic(example, judged, 1),
        example.remark,
    )
}
