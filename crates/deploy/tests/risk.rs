//! Requirements that follow volatility, and the scan of portfolio margin, in the file and in a plan.

mod common;

use common::{bare, context, deployed, file, plan_of, sentences};
use counterweight_deploy::{Change, Deployment, ScanConfig, VolatilityConfig, plan, risk};
use counterweight_risk::{AssetRiskTerms, Price, ScanTerms, VolatilityTerms};

const TABLES: &str = r#"
[asset.volatility]
deviations_bps = 30_000
horizon = 3_600
base_rate_bps = 300
most_bps = 30_000
ramp_per_hour_bps = 10_000
max_return_bps = 1_000
max_gap = 900

[asset.scan]
range_bps = 300
spread_bps = 50
volatility_shift_bps = 2_500
"#;

fn volatility() -> VolatilityConfig {
    toml::from_str::<toml::Table>(TABLES).expect("tables")["asset"]["volatility"]
        .clone()
        .try_into()
        .expect("terms")
}

fn scan() -> ScanConfig {
    ScanConfig {
        range_bps: 300,
        spread_bps: 50,
        volatility_shift_bps: 2_500,
    }
}

/// The local network with both tables for SOL.
fn with_both() -> Deployment {
    let mut file = file();
    file.asset[1].volatility = Some(volatility());
    file.asset[1].scan = Some(scan());
    file
}

#[test]
fn both_tables_are_read_from_the_file() {
    let text = include_str!("../../../migrations/localnet.toml");
    let second = text.find("\n[[market]]").expect("markets");
    // Behind the last asset, which is ETH.
    let text = format!("{}{TABLES}{}", &text[..second], &text[second..]);
    let file = Deployment::parse(&text).expect("a file");
    let expected = AssetRiskTerms {
        volatility: VolatilityTerms {
            deviations_bps: 30_000,
            horizon: 3_600,
            base_rate_bps: 300,
            most_bps: 30_000,
            ramp_per_hour_bps: 10_000,
            max_return_bps: 1_000,
            max_gap: 900,
        },
        scan: ScanTerms {
            range_bps: 300,
            spread_bps: 50,
            volatility_shift_bps: 2_500,
        },
    };
    assert_eq!(file.asset[3].risk_terms(), expected);
    assert_eq!(file.asset[1].risk_terms(), AssetRiskTerms::default());
    file.check().expect("within the bounds");
}

#[test]
fn risk_terms_are_a_step_of_their_own_and_then_none() {
    let file = with_both();
    let said = sentences(&plan_of(&file, &bare(&file)));
    // The markets are there before a range that they must bear.
    let at = |what: &str| said.iter().position(|step| step == what).expect(what);
    assert!(
        at("set the risk terms of asset SOL") > at("add market SOL-PERP"),
        "{said:?}"
    );
    assert_eq!(sentences(&plan_of(&file, &deployed(&file))), [""; 0]);
}

/// What volatility has made of an asset and of its markets is no difference.
#[test]
fn what_is_estimated_is_no_difference() {
    let file = with_both();
    let mut chain = deployed(&file);
    let book = chain.risk_book.as_mut().expect("a book");
    let of = &mut book.assets[1].volatility;
    for _ in 0..100 {
        of.observe(Price(1_000 << 16), Price(1_050 << 16), 10);
    }
    let steps = of.steps();
    assert!(steps[0] > steps[1]);
    book.markets[0].set_multipliers(steps).expect("a fold");
    assert_eq!(sentences(&plan_of(&file, &chain)), [""; 0]);
}

/// A range falls before the rates of its markets do, and rises after them.
#[test]
fn ranges_and_rates_change_in_an_order_that_the_program_accepts() {
    let lower = |file: &mut Deployment| {
        file.market[0].tiers[0][1] = 400;
        file.market[0].penalty_bps = [50, 100];
        file.asset[1].scan = Some(ScanConfig {
            range_bps: 240,
            ..scan()
        });
    };
    let mut low = with_both();
    lower(&mut low);
    let (risk, market) = (
        "set the risk terms of asset SOL",
        "set the terms of market SOL-PERP",
    );
    assert_eq!(
        sentences(&plan_of(&low, &deployed(&with_both()))),
        [risk, market]
    );
    assert_eq!(
        sentences(&plan_of(&with_both(), &deployed(&low))),
        [market, risk]
    );
}

#[test]
fn a_file_without_the_tables_switches_both_off() {
    let chain = deployed(&with_both());
    let plan = plan_of(&file(), &chain);
    assert_eq!(sentences(&plan), ["set the risk terms of asset SOL"]);
    assert_eq!(
        plan.steps[0].changes.len(),
        10,
        "{:?}",
        plan.steps[0].changes
    );
    assert!(plan.steps[0].changes.iter().all(|change| change.new == "0"));
}

#[test]
fn what_does_not_fit_is_refused_in_the_files_words() {
    let refused = |change: fn(&mut Deployment)| {
        let mut file = with_both();
        change(&mut file);
        plan(&file, &context(), &bare(&file))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(|file| file.asset[1].volatility.as_mut().unwrap().most_bps = 50_001),
        "[[asset]] SOL: volatility.most_bps is 50,001, needed is 10,000 to 50,000"
    );
    assert_eq!(
        refused(|file| file.asset[1].scan.as_mut().unwrap().spread_bps = 151),
        "[[asset]] SOL: scan.spread_bps is 151, needed is 0 to 150"
    );
    assert_eq!(
        refused(|file| file.asset[1].scan.as_mut().unwrap().range_bps = 301),
        "[[market]] SOL-PERP: the first maintenance rate is 300 bps, by the first tier, needed is 301 or more: \
         scan.range_bps of SOL"
    );
    assert_eq!(
        refused(|file| file.asset[0].scan = Some(scan())),
        "[[asset]] USDC: volatility or scan is set, needed is nothing: no market stands on the quote token"
    );
}

/// Each value by itself makes one step that names it, and no field is left out.
#[test]
fn every_field_is_compared() {
    type Value = (&'static str, fn(&mut VolatilityConfig, &mut ScanConfig));
    let values: [Value; 10] = [
        ("volatility.deviations_bps", |v, _| v.deviations_bps += 1),
        ("volatility.horizon", |v, _| v.horizon += 1),
        ("volatility.base_rate_bps", |v, _| v.base_rate_bps += 1),
        ("volatility.most_bps", |v, _| v.most_bps += 1),
        ("volatility.ramp_per_hour_bps", |v, _| {
            v.ramp_per_hour_bps += 1
        }),
        ("volatility.max_return_bps", |v, _| v.max_return_bps += 1),
        ("volatility.max_gap", |v, _| v.max_gap += 1),
        ("scan.range_bps", |_, s| s.range_bps -= 1),
        ("scan.spread_bps", |_, s| s.spread_bps += 1),
        ("scan.volatility_shift_bps", |_, s| {
            s.volatility_shift_bps += 1
        }),
    ];
    let chain = deployed(&with_both());
    for (field, value) in values {
        let (mut volatility, mut scan) = (volatility(), scan());
        value(&mut volatility, &mut scan);
        let mut file = with_both();
        (file.asset[1].volatility, file.asset[1].scan) = (Some(volatility), Some(scan));
        let plan = plan_of(&file, &chain);
        assert_eq!(
            sentences(&plan),
            ["set the risk terms of asset SOL"],
            "{field}"
        );
        let fields: Vec<_> = plan.steps[0]
            .changes
            .iter()
            .map(|change| change.field.as_str())
            .collect();
        assert_eq!(fields, [field]);
        let terms = [with_both(), file].map(|file| file.asset[1].risk_terms());
        let changes: Vec<Change> = risk::of_asset_risk(&terms[0], &terms[1]);
        assert_eq!(changes, plan.steps[0].changes);
    }
}
