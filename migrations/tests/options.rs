//! A file with options and portfolio margin, carried out on an embedded chain with the program's bytecode.

mod embedded_line;

use counterweight_deploy::{
    CreditConfig, Deployment, MarketKind, PortfolioConfig, ScanConfig, VolatilityConfig,
};
use counterweight_migrations::{Who, plan};
use counterweight_simnet::{Signer, keypair};
use embedded_line::{Embedded, carry_out, start};

/// The local network with options on SOL behind its perpetuals, and another perpetual between them.
fn with_options(file: &Deployment, now: i64) -> Deployment {
    let mut file = file.clone();
    file.volatility_feed = Some(keypair("feed").pubkey());
    file.portfolio = Some(PortfolioConfig {
        floor_bps: 1_000,
        initial_bps: 15_000,
        credits: vec![CreditConfig {
            first: "BTC".into(),
            second: "ETH".into(),
            ratio_bps: 10_000,
            credit_bps: 6_000,
        }],
    });
    for asset in &mut file.asset[1..] {
        asset.volatility = Some(VolatilityConfig {
            deviations_bps: 30_000,
            horizon: 3_600,
            base_rate_bps: 300,
            most_bps: 30_000,
            ramp_per_hour_bps: 10_000,
            max_return_bps: 1_000,
            max_gap: 900,
        });
        asset.scan = Some(ScanConfig {
            range_bps: 200,
            spread_bps: 50,
            volatility_shift_bps: 2_500,
        });
    }
    for (name, kind) in [
        ("SOL-C150", MarketKind::Call),
        ("SOL-PERP-2", MarketKind::Perpetual),
        ("SOL-P150", MarketKind::Put),
    ] {
        let mut market = file.market[0].clone();
        (market.name, market.kind) = (name.into(), kind);
        if kind != MarketKind::Perpetual {
            market.expiry = Some(now + 30 * 86_400);
            market.strike = Some(1_500_000);
        }
        file.market.push(market);
    }
    file
}

async fn nothing_is_left(line: &mut Embedded, file: &Deployment) {
    let left = plan(line, file, &Who::default()).await.expect("a plan");
    assert!(left.is_empty(), "{:?}", left.steps);
}

#[tokio::test]
async fn options_and_portfolio_margin_come_in_an_order_that_the_program_accepts() {
    // From nothing, in one go.
    let (mut line, file) = start();
    let wanted = with_options(&file, line.chain.time());
    carry_out(&mut line, &wanted).await.expect("applied");
    nothing_is_left(&mut line, &wanted).await;

    // From what was there before: the scans, the markets, what the clearinghouse offers.
    let (mut line, file) = start();
    carry_out(&mut line, &file).await.expect("applied");
    let wanted = with_options(&file, line.chain.time());
    let done = carry_out(&mut line, &wanted).await.expect("applied");
    let kept = |step: &&String| !step.starts_with("give the book");
    let done: Vec<_> = done.iter().filter(kept).map(String::as_str).collect();
    let feed = format!("set the volatility feed to {}", keypair("feed").pubkey());
    let expected = [
        "set the risk terms of asset SOL",
        "set the risk terms of asset BTC",
        "set the risk terms of asset ETH",
        "add market SOL-C150",
        "add market SOL-PERP-2",
        "add market SOL-P150",
        "set the terms of portfolio margin",
        &feed,
    ];
    assert_eq!(done, expected);
    nothing_is_left(&mut line, &wanted).await;

    // And back, as far as there is a way: options need what their asset has.
    let mut without = wanted.clone();
    without.portfolio = None;
    let done = carry_out(&mut line, &without).await.expect("applied");
    assert_eq!(done, ["set the terms of portfolio margin"]);
    nothing_is_left(&mut line, &without).await;
}
