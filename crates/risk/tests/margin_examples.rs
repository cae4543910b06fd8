//! `docs/margin-examples.md`: every figure in it is computed here, and compared with its text.
//!
//! `EXAMPLES=write cargo test -p counterweight-risk --test margin_examples` writes it anew.

#[path = "margin_examples/accounts.rs"]
mod accounts;
mod common;
#[path = "common/normal.rs"]
mod normal;
#[path = "margin_examples/option_accounts.rs"]
mod option_accounts;
#[path = "margin_examples/reckon.rs"]
mod reckon;
#[path = "margin_examples/render.rs"]
mod render;

use accounts::{Contract, Example, INTRODUCTION, terms};
use common::{
    NOW, PAR, World, asset_terms, dollars, market_terms,
    options::{flat_smile, write_option},
    reading,
};
use counterweight_risk::{
    AccountView, AssetRiskTerms, AssetTerms, Balance, Lots, MarketTerms, Position, Price,
    QuoteAtoms, Ratio, ScanTerms,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::{KIND_CALL, KIND_FUTURE, KIND_PUT},
    portfolio::{
        CreditTerms, PortfolioTerms,
        explain::{self, AssetNeed, Explanation, SCENARIOS},
    },
    risk_terms::check_range,
    standard::{Gains, initial, maintenance},
    tiers::TierTerms,
};
use render::render;
use std::{fs, path::PathBuf};

/// All accounts, in their order.
fn examples() -> Vec<Example> {
    let mut all = accounts::linear();
    all.extend(option_accounts::all());
    all
}

/// An account by both models, in quote atoms, and why.
struct Judged {
    world: World,
    positions: Vec<Position>,
    /// Maintenance and initial, by Standard.
    standard: [i64; 2],
    /// The same by Portfolio.
    portfolio: [i64; 2],
    /// What each asset needs at both stages.
    needs: [Vec<AssetNeed>; 2],
    all: [Explanation; 2],
}

/// The clearinghouse of the examples: a perpetual and a future on each asset, and the options of an account.
fn world(example: &Example) -> World {
    let multiplier = example.multiplier;
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
                volatility_shift_bps: terms::SHIFT,
            },
            ..AssetRiskTerms::default()
        };
        risk.check().unwrap();
        world.assets[usize::from(index)].set_risk_terms(&risk);
        for future in [false, true] {
            let at = add_market(&mut world, index, multiplier);
            if future {
                world.markets[at].kind = KIND_FUTURE;
            }
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
    for &(asset, contract, _) in example.positions {
        let (kind, strike) = match contract {
            Contract::Call(strike) => (KIND_CALL, strike),
            Contract::Put(strike) => (KIND_PUT, strike),
            Contract::Perpetual | Contract::Future => continue,
        };
        add_option(&mut world, asset, multiplier, (kind, strike));
    }
    world
}

/// A market on the terms of its asset.
fn add_market(world: &mut World, index: u16, multiplier: u32) -> usize {
    let asset = &terms::ASSETS[usize::from(index) - 1];
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
    let at = usize::from(world.add_market(index, &market));
    // As a refresh folds it.
    let steps = [Ratio(multiplier << 20); 2];
    world.markets[at].set_multipliers(steps).unwrap();
    at
}

/// An option with its array, by its kind and its strike in dollars.
fn add_option(world: &mut World, asset: usize, multiplier: u32, (kind, strike): (u8, u64)) {
    let row = u16::try_from(asset + 1).unwrap();
    let at = add_market(world, row, multiplier);
    let lots = 10u64.pow((-terms::ASSETS[asset].lot).try_into().unwrap());
    let contract = (
        kind,
        Price((strike * 1_000_000 / lots) << 16),
        terms::DAYS * 86_400,
    );
    let volatility = Ratio::from_bps_ceil(terms::VOLATILITY);
    let index = world.assets[usize::from(row)].index;
    let market = u16::try_from(at).unwrap();
    write_option(world, market, contract, volatility, (index, 0));
    assert_eq!(world.markets[at].smile.svi, flat_smile(volatility));
}

/// The account's positions: options stand behind the perpetual and the future of every asset.
fn held(example: &Example) -> Vec<Position> {
    let mut options = terms::ASSETS.len() * 2..;
    let of = |&(asset, contract, lots): &(usize, Contract, i64)| Position {
        market: u16::try_from(match contract {
            Contract::Perpetual => asset * 2,
            Contract::Future => asset * 2 + 1,
            Contract::Call(_) | Contract::Put(_) => options.next().unwrap(),
        })
        .unwrap(),
        asset: u16::try_from(asset + 1).unwrap(),
        lots: Lots(lots),
        ..Position::default()
    };
    example.positions.iter().map(of).collect()
}

fn judge(example: &Example) -> Judged {
    let (world, positions) = (world(example), held(example));
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
        world,
        positions,
        standard,
        portfolio,
        needs,
        all,
    }
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

/// Against figures that were worked out by hand, and with options in floating point: what the document repeats is right,
/// not only what the engine says.
#[test]
fn the_engine_computes_what_a_person_does() {
    normal::check();
    for example in examples() {
        let judged = judge(&example);
        let [standard, portfolio] = example.by_hand;
        let found = [judged.standard, judged.portfolio];
        for (found, wanted) in found.into_iter().zip([standard, portfolio]) {
            for (found, wanted) in found.into_iter().zip(wanted) {
                // Rates are rounded up to 2^-20; prices of options, to either side.
                let atoms = (wanted * 1e6) as i64;
                let below = i64::from(example.has_options()) * 500_000;
                let title = example.title;
                assert!(
                    (atoms - below..=atoms + 500_000).contains(&found),
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

/// What needs no formula: nobody loses more than his options can.
#[test]
fn scans_stay_below_what_can_be_lost() {
    let scan = |positions| {
        let all = examples();
        let mut found = all.iter().filter(|example| example.positions == positions);
        let judged = judge(found.next().unwrap());
        let need = judged.needs[0][0];
        let equity = judged.positions.iter().map(|position| {
            let market = &judged.world.markets[usize::from(position.market)];
            position.lots.0 * i64::try_from(market.array.mark.0 >> 16).unwrap()
        });
        (need.scan.0, equity.sum::<i64>(), SCENARIOS[need.worst])
    };
    let width = 15_000_000_000;
    let (lost, paid, _) = scan(option_accounts::BULL_SPREAD);
    assert!(0 < lost && lost < paid && paid < width, "{lost} {paid}");
    let (lost, received, _) = scan(option_accounts::CONDOR);
    assert!(0 < lost && lost < width + received && received < 0);
    let (lost, paid, _) = scan(option_accounts::BUTTERFLY);
    assert!(0 < lost && lost < paid && paid < width, "{lost} {paid}");
    let (lost, received, worst) = scan(option_accounts::STRADDLE);
    assert!(0 < lost && received < 0);
    assert_eq!((worst.thirds.abs(), worst.volatility), (3, 1));
}

/// What the remarks say of a straddle: most of its scan is volatility's, and with more of it Portfolio is the dearer one.
#[test]
fn a_straddle_is_short_of_volatility() {
    let wider = reckon::scan(terms::SOL, option_accounts::STRADDLE, 0.4);
    let [standard, _] = reckon::both(option_accounts::STRADDLE);
    assert!(wider > standard[0], "{wider}");
    let price = |volatility| reckon::straddle(terms::SOL, volatility);
    let alone = 1_000.0 * (price(1.0) - price(0.8));
    assert!((6_800.0..7_000.0).contains(&alone), "{alone}");
}
