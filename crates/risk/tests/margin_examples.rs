//! `docs/margin-examples.md`: every figure in it is computed here, and compared with its text.
//!
//! `EXAMPLES=write cargo test -p counterweight-risk --test margin_examples` writes it anew.

#[path = "margin_examples/accounts.rs"]
mod accounts;
mod common;

use accounts::{Example, INTRODUCTION, examples, terms};
use common::{NOW, PAR, World, asset_terms, dollars, market_terms, reading};
use counterweight_risk::{
    AccountView, AssetRiskTerms, AssetTerms, Balance, Lots, MarketTerms, Position, QuoteAtoms,
    Ratio, ScanTerms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::KIND_FUTURE,
    portfolio::{
        CreditTerms, PortfolioTerms,
        explain::{self, AssetNeed, Bound, Explanation},
    },
    risk_terms::check_range,
    standard::{Gains, initial, maintenance},
    tiers::TierTerms,
};
use std::{fmt::Write, fs, path::PathBuf};

/// An account by both models, in quote atoms, and why.
struct Judged {
    /// Maintenance and initial, by Standard.
    standard: [i64; 2],
    /// The same by Portfolio.
    portfolio: [i64; 2],
    /// What each asset needs at both stages.
    needs: [Vec<AssetNeed>; 2],
    all: [Explanation; 2],
}

impl Judged {
    /// What each asset needs, in words.
    fn lines(&self, stage: usize) -> String {
        let needs = self.needs[stage].iter();
        needs.fold(String::new(), |out, need| {
            format!("{out}- {}.\n", words(need))
        })
    }
}

/// The clearinghouse of the examples.
fn world(multiplier: u32) -> World {
    let mut world = World::new(PAR);
    for asset in &terms::ASSETS {
        let row = AssetTerms {
            weight_initial_bps: terms::WEIGHTS[0],
            weight_maintenance_bps: terms::WEIGHTS[1],
            ..asset_terms()
        };
        let price = dollars(asset.cents) / 100;
        let index = world.add_asset(&row, (asset.lot, 6), &[reading(price, NOW)]);
        let risk = AssetRiskTerms {
            scan: ScanTerms {
                range_bps: asset.range(),
                spread_bps: asset.spread_bps,
                volatility_shift_bps: 0,
            },
            ..AssetRiskTerms::default()
        };
        risk.check().unwrap();
        world.assets[usize::from(index)].set_risk_terms(&risk);
        let tier = |upper: u64, rate_bps| TierTerms { upper, rate_bps };
        let last = tier(u64::MAX, asset.rates_bps[1]);
        let market = MarketTerms {
            tiers: [
                tier(asset.first_tier * 1_000_000, asset.rates_bps[0]),
                last,
                last,
                last,
            ],
            maintenance_fraction_bps: terms::FRACTION,
            price_band_bps: 300,
            ..market_terms()
        };
        for future in [false, true] {
            let at = usize::from(world.add_market(index, &market));
            if future {
                world.markets[at].kind = KIND_FUTURE;
            }
            // As a refresh folds it.
            let steps = [Ratio(multiplier << 20); 2];
            world.markets[at].set_multipliers(steps).unwrap();
        }
        check_range(
            &world.assets[usize::from(index)].scan,
            index,
            &world.markets,
        )
        .unwrap();
    }
    let mut portfolio = PortfolioTerms {
        floor_bps: terms::FLOOR,
        initial_bps: terms::INITIAL,
        ..PortfolioTerms::default()
    };
    portfolio.credits[0] = CreditTerms {
        first: 1,
        second: 2,
        credit_bps: terms::CREDIT,
        ratio_bps: 10_000,
    };
    portfolio.check(5).unwrap();
    world.params.portfolio = portfolio.fold();
    world
}

fn judge(example: &Example) -> Judged {
    let world = world(example.multiplier);
    let positions: Vec<Position> = example
        .positions
        .iter()
        .map(|&(asset, contract, lots)| Position {
            market: u16::try_from(asset * 2 + contract).unwrap(),
            asset: u16::try_from(asset + 1).unwrap(),
            lots: Lots(lots),
            ..Position::default()
        })
        .collect();
    let balances: Vec<Balance> = example
        .collateral
        .iter()
        .map(|&(asset, tokens)| Balance {
            atoms: tokens * 1_000_000,
            asset: u16::try_from(asset + 1).unwrap(),
            ..Balance::default()
        })
        .collect();
    let (book, account) = (world.book(), |model| AccountView {
        cash: QuoteAtoms(0),
        interest: 0,
        balances: &balances,
        positions: &positions,
        model,
    });
    let by = |model| {
        let keeping = maintenance(&book, &account(model), NOW).unwrap();
        let adding = initial(&book, &account(model), NOW, u32::MAX, Gains::Weighted).unwrap();
        [keeping.requirement.0, adding.requirement.0]
    };
    let (standard, portfolio) = (by(MODEL_STANDARD), by(MODEL_PORTFOLIO));
    let mut needs = [Vec::new(), Vec::new()];
    let view = account(MODEL_PORTFOLIO);
    let keeping = explain::maintenance(&book, &view, NOW, |need| needs[0].push(*need)).unwrap();
    let adding =
        explain::initial(&book, &view, NOW, u32::MAX, |need| needs[1].push(*need)).unwrap();
    let all = [keeping, adding];
    assert_eq!(all.map(|of| of.requirement.0), portfolio);
    Judged {
        standard,
        portfolio,
        needs,
        all,
    }
}

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
    format!(
        "{:.0} %",
        (100.0 * (1.0 - to as f64 / from as f64)).max(0.0)
    )
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

/// What the account holds, and what Standard makes of it.
fn positions(example: &Example) -> String {
    let world = world(example.multiplier);
    let (mut out, mut gross, mut sum) = (String::new(), 0, 0);
    for &(asset, contract, lots) in example.positions {
        let market = &world.markets[asset * 2 + contract];
        let kind = ["perpetual", "future"][contract];
        let worth = worth(market.asset, lots);
        let needed = i64::try_from(
            market
                .maintenance
                .requirement(worth.unsigned_abs())
                .unwrap(),
        );
        let needed = needed.unwrap();
        let first = &market.maintenance.tiers[0];
        let below = i64::try_from(first.upper).unwrap().min(worth);
        let mut rates = format!("{} of {}", share_text(first.rate.0.into()), whole(below));
        if worth > below {
            let second = share_text(market.maintenance.tiers[1].rate.0.into());
            let _ = write!(rates, " and {second} of {}", whole(worth - below));
        }
        let _ = writeln!(
            out,
            "| {} {} | {kind} | {} | {rates} | {} |",
            side(lots),
            units(market.asset, lots),
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
    if example.positions.len() > 1 {
        let _ = writeln!(out, "| | | {} | | {} |", whole(gross), whole(sum));
    }
    format!("| holds | by | dollars | maintenance by Standard | |\n|---|---|--:|--:|--:|\n{out}")
}

/// The arithmetic of an asset in words.
fn words(need: &AssetNeed) -> String {
    let net = need.low.0;
    assert_eq!(need.low, need.high, "no example has orders");
    let name = terms::ASSETS[usize::from(need.asset) - 1].name;
    let mut out = if net == 0 {
        format!("**{name}** nets to nothing: no move costs anything")
    } else {
        let (size, dollars) = (units(need.asset, net), whole(worth(need.asset, net)));
        format!("**{name}**: net {} {size}, {dollars} dollars", side(net))
    };
    if need.collateral.0 > 0 {
        let covered = units(need.asset, need.collateral.0);
        let _ = write!(out, " (collateral counts as {covered} that are long)");
    }
    if net != 0 {
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

/// The whole arithmetic of a stage.
fn arithmetic(judged: &Judged, stage: usize) -> String {
    let (lines, all) = (judged.lines(stage), &judged.all[stage]);
    let mut out = String::new();
    if stage == 0 || lines != judged.lines(0) {
        out = lines;
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
    };
    let _ = writeln!(
        out,
        "- {sum}; {floor}. {binds}: **{}**.",
        whole(all.requirement.0)
    );
    out
}

/// The worst moves by name.
fn worst(judged: &Judged) -> String {
    let moved = judged.needs[0].iter().filter(|need| need.worst_move() != 0);
    let moves: Vec<String> = moved
        .map(|need| {
            let name = terms::ASSETS[usize::from(need.asset) - 1].name;
            format!("{name} {}", move_text(need.worst_move()))
        })
        .collect();
    if moves.is_empty() {
        return "none, no move costs anything".to_owned();
    }
    moves.join(", ")
}

fn render(example: &Example, judged: &Judged) -> String {
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
        positions(example),
        worst(judged),
        arithmetic(judged, 0),
        arithmetic(judged, 1),
        example.remark,
    )
}

fn document() -> String {
    let mut out = format!("{INTRODUCTION}\n{}\n", terms::table());
    for example in examples() {
        out.push_str(&render(&example, &judge(&example)));
        out.push('\n');
    }
    format!("{}\n", out.trim_end())
}

#[test]
fn the_document_says_what_the_engine_computes() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/margin-examples.md");
    let text = document();
    if std::env::var("EXAMPLES").is_ok_and(|what| what == "write") {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    for (found, wanted) in written.lines().zip(text.lines()) {
        assert_eq!(found, wanted, "write it anew: EXAMPLES=write");
    }
    assert_eq!(written, text, "write it anew: EXAMPLES=write");
}

/// Against figures that were worked out by hand: what the document repeats is right, not only what the engine says.
#[test]
fn the_engine_computes_what_a_person_does() {
    for example in examples() {
        let judged = judge(&example);
        let [standard, portfolio] = example.by_hand;
        let found = [judged.standard, judged.portfolio];
        for (found, wanted) in found.into_iter().zip([standard, portfolio]) {
            for (found, wanted) in found.into_iter().zip(wanted) {
                // Rates are rounded up to 2^-20.
                let atoms = (wanted * 1e6) as i64;
                let title = example.title;
                assert!(
                    (atoms..=atoms + 500_000).contains(&found),
                    "{title}: {found} {wanted}"
                );
            }
        }
    }
}

#[test]
fn a_storm_multiplies_both_requirements_of_both_models() {
    let all = examples();
    let storm = all.iter().find(|example| example.multiplier == 2).unwrap();
    let calm = Example {
        multiplier: 1,
        ..storm.clone()
    };
    let (calm, storm) = (judge(&calm), judge(storm));
    for (calm, storm) in [
        (calm.standard, storm.standard),
        (calm.portfolio, storm.portfolio),
    ] {
        for (calm, storm) in calm.into_iter().zip(storm) {
            assert!((storm - 2 * calm).abs() < 2_000_000, "{calm} {storm}");
        }
    }
}
