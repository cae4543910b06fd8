//! Options in the file: what their asset needs before they are added, and what is fixed of them.

mod common;

use common::{NOW, bare, context, deployed, file, plan_of, sentences};
use counterweight_deploy::{
    Action, Deployment, MarketConfig, MarketKind, MarketMode, ScanConfig, VolatilityConfig, plan,
};
use counterweight_risk::market::KIND_PUT;

const EXPIRY: i64 = NOW + 30 * 86_400;

/// The local network, with SOL scanned and its volatility estimated.
fn scanned() -> Deployment {
    let mut file = file();
    file.asset[1].volatility = Some(VolatilityConfig {
        deviations_bps: 30_000,
        horizon: 3_600,
        base_rate_bps: 300,
        most_bps: 30_000,
        ramp_per_hour_bps: 10_000,
        max_return_bps: 1_000,
        max_gap: 900,
    });
    file.asset[1].scan = Some(ScanConfig {
        range_bps: 300,
        spread_bps: 50,
        volatility_shift_bps: 2_500,
    });
    file
}

fn option(kind: MarketKind, name: &str) -> MarketConfig {
    let mut market = file().market[0].clone();
    market.name = name.into();
    (market.kind, market.expiry) = (kind, Some(EXPIRY));
    market.strike = Some(1_500_000);
    market
}

/// Behind the perpetuals an option, another perpetual on SOL, and a second option.
fn with_options() -> Deployment {
    let mut file = scanned();
    file.market.push(option(MarketKind::Call, "SOL-C150"));
    let mut perpetual = file.market[0].clone();
    perpetual.name = "SOL-PERP-2".into();
    file.market.push(perpetual);
    file.market.push(option(MarketKind::Put, "SOL-P150"));
    file
}

fn refused(file: &Deployment) -> String {
    plan(file, &context(), &bare(file)).unwrap_err().to_string()
}

#[test]
fn the_scan_of_an_asset_comes_before_its_first_option_and_behind_the_perpetuals() {
    let risk = "set the risk terms of asset SOL";
    let order = |file: &Deployment, before: &Deployment| {
        let chain = if before.market.is_empty() {
            bare(file)
        } else {
            deployed(before)
        };
        let said = sentences(&plan_of(file, &chain));
        let kept = |step: &&String| **step == risk || step.starts_with("add market");
        said.iter().filter(kept).cloned().collect::<Vec<_>>()
    };
    let options = [
        "add market SOL-C150",
        "add market SOL-PERP-2",
        "add market SOL-P150",
    ];
    let perpetuals = [
        "add market SOL-PERP",
        "add market BTC-PERP",
        "add market ETH-PERP",
    ];
    let mut nothing = file();
    nothing.market.clear();
    let from_nothing = order(&with_options(), &nothing);
    assert_eq!(from_nothing, [&perpetuals[..], &[risk], &options].concat());
    assert_eq!(
        order(&with_options(), &file()),
        [&[risk], &options[..]].concat()
    );
    assert_eq!(order(&with_options(), &scanned()), options);
    assert!(plan_of(&with_options(), &deployed(&with_options())).is_empty());
}

#[test]
fn an_option_is_added_with_its_kind_strike_and_expiry() {
    let plan = plan_of(&with_options(), &deployed(&scanned()));
    let last = plan.steps.iter().rev().find_map(|step| match &step.action {
        Action::AddMarket { market, setup } => Some((*market, setup.clone())),
        _ => None,
    });
    let (market, setup) = last.expect("a market");
    let found = (market, setup.kind, setup.strike, setup.expiry);
    assert_eq!(found, (5, KIND_PUT, 1_500_000, EXPIRY));
}

#[test]
fn an_option_needs_the_scan_and_the_volatility_of_its_asset() {
    let mut file = with_options();
    file.asset[1].volatility = None;
    let why = refused(&file);
    assert_eq!(
        why.lines().next(),
        Some(
            "[[market]] SOL-C150: volatility of its asset is off, needed is [asset.volatility] of SOL: an option needs it"
        )
    );
    file.asset[1].scan = None;
    assert_eq!(refused(&file).lines().count(), 4);
    // What has ended needs nothing.
    for at in [3, 5] {
        file.market[at].mode = MarketMode::Ended;
    }
    file.check().expect("nothing left that needs it");
}

/// A range is held against the rates of perpetuals and futures: an option's rates say nothing of a move.
#[test]
fn the_rates_of_an_option_do_not_bound_the_range() {
    let mut file = with_options();
    file.market[3].tiers[0][1] = 400;
    file.market[3].penalty_bps = [50, 100];
    file.check().expect("an option's rate");
    file.market[4].tiers[0][1] = 400;
    file.market[4].penalty_bps = [50, 100];
    let why = refused(&file);
    assert!(
        why.starts_with("[[market]] SOL-PERP-2: the first maintenance rate"),
        "{why}"
    );
}

#[test]
fn a_strike_is_an_options_and_stays() {
    let chain = deployed(&with_options());
    let change = |at: usize, strike: Option<u64>| {
        let mut file = with_options();
        file.market[at].strike = strike;
        plan(&file, &context(), &chain).unwrap_err().to_string()
    };
    let moved = change(3, Some(1_600_000));
    let sentence =
        "[[market]] SOL-C150: strike is 1,500,000 now and 1,600,000 in the file: a strike is what";
    assert!(moved.starts_with(sentence), "{moved}");
    let missing = change(3, None);
    assert!(
        missing.contains("strike is missing, needed is the strike in quote atoms a lot"),
        "{missing}"
    );
    let perpetual = change(4, Some(1));
    assert!(
        perpetual.contains("strike is set, needed is none"),
        "{perpetual}"
    );
    let mut file = with_options();
    file.market[3].strike = Some((1 << 40) + 1);
    let large = refused(&file);
    assert!(
        large.contains("strike is 1,099,511,627,777, needed is 1 to 1,099,511,627,776"),
        "{large}"
    );
}
