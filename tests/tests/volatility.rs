//! Requirements that follow volatility, on the bytecode.

use counterweight::{Guards, error::ErrorCode};
use counterweight_risk::{AssetRiskTerms, Ratio, ScanTerms, VolatilityTerms};
use counterweight_sdk::terms;
use counterweight_simnet::{AssetConfig, Exchange, Signer, keypair};
use counterweight_tests::scene::{assert_numbers, deployed, localnet, refused, signing_as};

/// SOL, and its market.
const SOL: u16 = 1;
const START: i64 = 15_000_000_000;

/// Three deviations of an hour against the three per cent of SOL-PERP, at most threefold, one an hour.
fn following() -> AssetRiskTerms {
    AssetRiskTerms {
        volatility: VolatilityTerms {
            deviations_bps: 30_000,
            horizon: 3_600,
            base_rate_bps: 300,
            most_bps: 30_000,
            ramp_per_hour_bps: 10_000,
            max_return_bps: 1_000,
            max_gap: 900,
        },
        scan: ScanTerms::default(),
    }
}

fn scanned(range_bps: u32) -> AssetRiskTerms {
    AssetRiskTerms {
        scan: ScanTerms {
            range_bps,
            ..ScanTerms::default()
        },
        ..AssetRiskTerms::default()
    }
}

fn set(x: &mut Exchange, asset: u16, terms: AssetRiskTerms) {
    let set = x.venue.set_asset_risk(x.authority.pubkey(), asset, terms);
    x.govern(set).expect("set_asset_risk");
}

/// A clearinghouse in which SOL follows its volatility.
fn venue() -> Exchange {
    let mut x = localnet();
    set(&mut x, SOL, following());
    x
}

/// A price so many seconds later, at itself as its average.
fn step(x: &mut Exchange, seconds: i64, price: i64) -> u64 {
    x.chain.advance(seconds);
    x.publish(SOL, price);
    x.refresh(&[SOL]).expect("refresh_prices").units
}

/// There and back in two seconds: nobody has gained or lost, and the asset has become a wild one.
fn shake(x: &mut Exchange) {
    step(x, 1, START * 11 / 10);
    step(x, 1, START);
}

/// The multipliers of the asset and, first rate over first rate, of the market's row.
fn multipliers(x: &Exchange, market: usize) -> ([f64; 2], [f64; 2]) {
    let tables = x.tables();
    let (row, asset) = (&tables.markets[market], &tables.assets[usize::from(SOL)]);
    let plain = {
        let mut plain = *row;
        plain.set_multipliers([Ratio::ONE; 2]).expect("a fold");
        plain
    };
    let rate = |schedule: &counterweight_risk::tiers::Schedule| f64::from(schedule.tiers[0].rate.0);
    let of = asset.volatility.multipliers();
    (
        of.map(|m| f64::from(m.0) / f64::from(Ratio::ONE.0)),
        [
            rate(&row.initial) / rate(&plain.initial),
            rate(&row.maintenance) / rate(&plain.maintenance),
        ],
    )
}

#[test]
fn in_a_calm_market_nothing_is_multiplied() {
    let mut x = venue();
    let before = x.tables();
    for minute in 0..120 {
        // Two hundredths of a per cent a minute.
        step(&mut x, 60, START + START / 5_000 * (minute % 2));
    }
    let after = x.tables();
    assert!(after.assets[1].volatility.fast > 0 && after.assets[1].volatility.slow > 0);
    assert_eq!(after.assets[1].volatility.multipliers(), [Ratio::ONE; 2]);
    assert_eq!(after.markets, before.markets, "rows without a change");
    // What does not follow is not estimated.
    assert_eq!(after.assets[2].volatility, before.assets[2].volatility);
}

#[test]
fn a_storm_raises_initial_at_once_and_maintenance_by_its_ramp() {
    let mut x = venue();
    let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 10_000));
    let leg = x.leg(0, 10_000);
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    let before = x.view(trader.margin).unwrap();
    shake(&mut x);
    let ([initial, maintenance], folded) = multipliers(&x, 0);
    assert_eq!(initial, 3.0, "the largest");
    assert!((1.0..1.001).contains(&maintenance), "{maintenance}");
    assert!(
        (folded[0] - 3.0).abs() < 1e-4 && folded[1] == 1.0,
        "{folded:?}"
    );
    let after = x.view(trader.margin).unwrap();
    assert_eq!(after.maintenance_margin, before.maintenance_margin);
    // At the conservative price, which lags the prices in between by a per cent at most; before, each atom was begun.
    assert!(after.initial_margin + 3 >= 3 * before.initial_margin);
    assert!(after.initial_margin <= 3 * before.initial_margin * 102 / 100);
    // New risk asks for the higher one at once: ten thousand dollars carried it before.
    let leg = x.leg(0, 60_000);
    refused(
        &mut x,
        &[&trader, &maker],
        ErrorCode::InitialMarginNotMet,
        |x| x.block_trade(&trader, &maker, &[leg]),
    );
    // Half an hour on: half of the ramp, in steps of a 64th that never run ahead of it.
    for _ in 0..6 {
        step(&mut x, 300, START);
    }
    let ([initial, maintenance], folded) = multipliers(&x, 0);
    assert_eq!(initial, 3.0);
    assert!((1.499..1.501).contains(&maintenance), "{maintenance}");
    assert!(folded[1] <= maintenance && folded[1] > maintenance - 1.0 / 64.0 - 1e-4);
    let later = x.view(trader.margin).unwrap();
    let ratio = later.maintenance_margin as f64 / before.maintenance_margin as f64;
    assert!((ratio - folded[1]).abs() < 1e-3, "{ratio}");
    // Four days of calm, and both are gone: in a day the slow average has lost half of it.
    for _ in 0..4 * 96 {
        step(&mut x, 900, START);
    }
    assert_eq!(multipliers(&x, 0).0, [1.0; 2]);
    let calm = x.view(trader.margin).unwrap();
    assert_eq!(calm.maintenance_margin, before.maintenance_margin);
}

/// Equity of 1,000 dollars on a position of 19,000: above the 570 of maintenance margin, below three times as much.
#[test]
fn nobody_is_liquidated_by_a_jump_of_the_multiplier() {
    let mut x = venue();
    let (maker, trader) = (x.funded("maker", 1_000_000), x.funded("trader", 1_020));
    let leg = x.leg(0, 12_666);
    x.block_trade(&trader, &maker, &[leg]).unwrap();
    shake(&mut x);
    let view = x.view(trader.margin).unwrap();
    assert!(
        view.equity < 3 * view.maintenance_margin,
        "the target asks for more"
    );
    assert!(view.free_collateral < 0, "and so does the initial one");
    let flag = x.venue.flag_account(trader.margin);
    refused(&mut x, &[&trader], ErrorCode::NotLiquidatable, |x| {
        x.chain.send(std::slice::from_ref(&flag), &[])
    });
    // The owner has had the better part of an hour to bring more or to reduce; then the account fails.
    let mut minutes = 0;
    loop {
        step(&mut x, 60, START);
        minutes += 1;
        if x.chain.send(std::slice::from_ref(&flag), &[]).is_ok() {
            break;
        }
        assert!(minutes < 60);
    }
    assert!(minutes > 40, "{minutes}");
}

/// After a silence of a day and a jump, maintenance has risen as far as in fifteen minutes.
#[test]
fn a_silent_oracle_does_not_save_up_the_ramp() {
    let mut x = venue();
    step(&mut x, 10, START);
    step(&mut x, 86_400, START * 2);
    let ([_, maintenance], _) = multipliers(&x, 0);
    assert!(maintenance <= 1.25, "{maintenance}");
    let row = x.tables().assets[1].volatility;
    assert_eq!(
        row.fast, row.slow,
        "the fast average begins at the slow one"
    );
}

#[test]
fn a_new_market_begins_with_what_the_others_follow_and_one_that_ended_stays() {
    let mut x = venue();
    let settle = x
        .venue
        .settle_market(x.authority.pubkey(), 0, x.index_ticks(0));
    x.govern(settle).expect("settle_market");
    let ended = x.tables().markets[0];
    shake(&mut x);
    let mut config = x.deployment.market[0].clone();
    config.name = "SOL-MINI".into();
    x.deployment.market.push(config);
    x.add_market(3).expect("add_market");
    let folded = multipliers(&x, 3).1;
    assert!((folded[0] - 3.0).abs() < 1e-4, "{folded:?}");
    assert_eq!(x.tables().markets[0], ended);
    // Terms that are set anew keep what the market follows.
    let terms = x.market_setup(3).terms;
    let row = x.tables().markets[3];
    let set = x.venue.set_market_terms(x.authority.pubkey(), 3, terms);
    x.govern(set).expect("set_market_terms");
    assert_eq!(x.tables().markets[3], row);
}

#[test]
fn switched_off_everything_is_as_it_was_at_once() {
    let mut x = venue();
    let plain = x.tables().markets[0];
    shake(&mut x);
    for _ in 0..6 {
        step(&mut x, 300, START);
    }
    let stormy = x.tables().markets[0];
    assert!(stormy.maintenance.tiers[0].rate > plain.maintenance.tiers[0].rate);
    set(&mut x, SOL, AssetRiskTerms::default());
    let (row, asset) = (x.tables().markets[0], x.tables().assets[1]);
    assert_eq!(
        (row.initial, row.maintenance),
        (plain.initial, plain.maintenance)
    );
    assert_eq!(terms::of_asset_risk(&asset), AssetRiskTerms::default());
    assert_eq!(asset.volatility.fast, 0);
}

#[test]
fn the_authority_sets_an_assets_risk_and_nobody_else() {
    let mut x = localnet();
    let terms = AssetRiskTerms {
        scan: scanned(300).scan,
        ..following()
    };
    let stranger = signing_as(&mut x, "stranger", Default::default());
    for signer in [stranger.key, keypair("authority guardian")] {
        let call = x.venue.set_asset_risk(signer.pubkey(), SOL, terms);
        refused(&mut x, &[], ErrorCode::NotAuthority, |x| {
            x.chain.send(&[call], &[&signer])
        });
    }
    set(&mut x, SOL, terms);
    assert_eq!(terms::of_asset_risk(&x.tables().assets[1]), terms);
    // No market stands on the quote token, and there is no fifth asset.
    for asset in [0, 4] {
        let call = x.venue.set_asset_risk(x.authority.pubkey(), asset, terms);
        let failure = refused(&mut x, &[], ErrorCode::UnknownAsset, |x| x.govern(call));
        assert_numbers(&failure, &[("asset", asset.into())]);
    }
}

#[test]
fn risk_terms_of_an_asset_have_bounds() {
    let mut x = localnet();
    type Case = ((&'static str, i128, i128, i128), fn(&mut AssetRiskTerms));
    let cases: [Case; 12] = [
        (("deviations_bps", 9_999, 10_000, 100_000), |t| {
            t.volatility.deviations_bps = 9_999
        }),
        (("horizon", 86_401, 60, 86_400), |t| {
            t.volatility.horizon = 86_401
        }),
        (("base_rate_bps", 9, 10, 5_000), |t| {
            t.volatility.base_rate_bps = 9
        }),
        (("most_bps", 50_001, 10_000, 50_000), |t| {
            t.volatility.most_bps = 50_001
        }),
        (("ramp_per_hour_bps", 499, 500, 50_000), |t| {
            t.volatility.ramp_per_hour_bps = 499
        }),
        (("max_return_bps", 5_001, 10, 5_000), |t| {
            t.volatility.max_return_bps = 5_001
        }),
        (("max_gap", 59, 60, 86_400), |t| t.volatility.max_gap = 59),
        (("range_bps", 9, 10, 5_000), |t| t.scan.range_bps = 9),
        // SOL-PERP has a first rate of 5 %, of which 60 % is maintenance.
        (("range_bps", 301, 0, 300), |t| t.scan.range_bps = 301),
        (("spread_bps", 1, 0, 0), |t| t.scan.spread_bps = 1),
        (("spread_bps", 151, 0, 150), |t| {
            (t.scan.range_bps, t.scan.spread_bps) = (300, 151);
        }),
        (("volatility_shift_bps", 9_001, 0, 9_000), |t| {
            (t.scan.range_bps, t.scan.volatility_shift_bps) = (300, 9_001);
        }),
    ];
    for ((field, found, low, high), change) in cases {
        let mut terms = following();
        change(&mut terms);
        let call = x.venue.set_asset_risk(x.authority.pubkey(), SOL, terms);
        let failure = refused(&mut x, &[], ErrorCode::ParameterOutOfBounds, |x| {
            x.govern(call)
        });
        assert_numbers(
            &failure,
            &[(field, found), ("lowest", low), ("highest", high)],
        );
    }
}

/// The range of a scan and the first maintenance rates hold against each other, whichever is set last.
#[test]
fn no_market_asks_for_less_than_the_range_of_its_asset() {
    let mut x = localnet();
    set(&mut x, SOL, scanned(300));
    let authority = x.authority.pubkey();
    let mut terms = x.market_setup(0).terms;
    terms.maintenance_fraction_bps = 5_999;
    let call = x.venue.set_market_terms(authority, 0, terms);
    let failure = refused(&mut x, &[], ErrorCode::ParameterOutOfBounds, |x| {
        x.govern(call)
    });
    assert_numbers(&failure, &[("range_bps", 300), ("highest", 299)]);
    let mut setup = x.market_setup(0);
    setup.terms.tiers[0].rate_bps = 499;
    let call = x.venue.add_market(authority, 3, setup.clone());
    let failure = refused(&mut x, &[], ErrorCode::ParameterOutOfBounds, |x| {
        x.govern(call)
    });
    assert_numbers(&failure, &[("range_bps", 300), ("highest", 299)]);
    // Another asset's market may; and a lower range lets this one.
    setup.asset = 3;
    let call = x.venue.add_market(authority, 3, setup);
    x.govern(call).expect("a market on ETH");
    set(&mut x, SOL, scanned(299));
    let call = x.venue.set_market_terms(authority, 0, terms);
    x.govern(call).expect("299.95 basis points");
}

/// Whoever has collateral of it is judged by the same weights: requirements follow, collateral does not.
#[test]
fn what_is_held_counts_as_before() {
    let mut x = venue();
    let holder = x.trader("holder");
    x.deposit(&holder, SOL, 10_000_000_000).unwrap();
    let before = x.view(holder.margin).unwrap();
    shake(&mut x);
    let after = x.view(holder.margin).unwrap();
    assert_eq!((after.equity, after.maintenance_margin), (before.equity, 0));
    x.withdraw(&holder, SOL, 10_000_000_000, Guards::default())
        .unwrap();
}

/// 256 markets: two on the asset, and all of them.
#[test]
fn a_refresh_pays_for_the_markets_of_its_asset_only_when_a_step_changes() {
    let wide = |on_sol: usize| {
        let mut x = deployed(|deployment| {
            let (asset, market) = (deployment.asset[1].clone(), deployment.market[0].clone());
            deployment.asset.truncate(2);
            deployment.asset.push(AssetConfig {
                name: "B".into(),
                weights_bps: [0, 0],
                ..asset
            });
            deployment.market.clear();
            for index in 0..256 {
                let mut market = market.clone();
                market.name = format!("M{index}");
                market.asset = if index < on_sol { "SOL" } else { "B" }.into();
                market.order_slots = 0;
                deployment.market.push(market);
            }
        });
        let off = step(&mut x, 10, START);
        set(&mut x, SOL, following());
        let calm = step(&mut x, 10, START + START / 10_000);
        let steps = x.tables().assets[1].volatility.steps();
        assert_eq!(steps, [Ratio::ONE; 2]);
        // Both have changed.
        step(&mut x, 1, START * 11 / 10);
        let storm = step(&mut x, 300, START);
        [off, calm, storm]
    };
    let (few, all) = (wide(2), wide(256));
    println!(
        "refresh of one asset, 256 markets: [off, calm, a step] = {few:?} with two of its own, {all:?} with all"
    );
    assert!(few[1] <= few[0] + 2_500, "{few:?}");
    assert!(few[2] <= few[1] + 12_000, "{few:?}");
    assert!(all[2] <= 400_000, "{all:?}");
    assert!(all[1].abs_diff(few[1]) < 100);
}
