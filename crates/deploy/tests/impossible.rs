//! What nobody can change: refused with the reason.

mod common;

use common::{context, deployed, file, key};
use counterweight_deploy::{Deployment, MarketMode, OnChain, PlanError, plan};

/// The reasons why there is no plan for a changed file.
fn impossible(chain: &OnChain, change: impl FnOnce(&mut Deployment)) -> Vec<String> {
    let mut changed = file();
    change(&mut changed);
    match plan(&changed, &context(), chain) {
        Err(PlanError::Impossible(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_nobody_can_change_is_refused_with_the_reason() {
    let chain = deployed(&file());
    type Value = (&'static str, fn(&mut Deployment), &'static str);
    let cases: [Value; 11] = [
        (
            "[[asset]] BTC: decimals",
            |f| f.asset[2].decimals = 9,
            "decimals are fixed",
        ),
        (
            "[[asset]] SOL: lot_exponent",
            |f| f.asset[1].lot_exponent = -3,
            "a lot is fixed",
        ),
        (
            "[[asset]] SOL: feed",
            |f| f.asset[1].feed = Some([9; 32]),
            "the oracle of an asset",
        ),
        (
            "[[asset]] BTC: price_account",
            |f| f.asset[2].price_account = Some(key("another")),
            "the oracle of an asset",
        ),
        (
            "[[asset]] ETH: oracle ",
            |f| f.asset[3].oracle = "legacy".into(),
            "the oracle of an asset",
        ),
        (
            "[[asset]] SOL: oracle_owner",
            |f| f.asset[1].oracle_owner = Some(counterweight::oracle::PYTH_RECEIVER_SECOND),
            "the oracle of an asset",
        ),
        (
            "[[asset]] SOL: weights_bps",
            |f| {
                f.asset[1].weights_bps = [0, 0];
                f.asset[1].outflow = None;
            },
            "set deposit_cap = 0",
        ),
        (
            "[[market]] SOL-PERP: tick_size",
            |f| f.market[0].tick_size = 10,
            "a tick is fixed",
        ),
        (
            "[[market]] ETH-PERP: asset",
            |f| f.market[2].asset = "BTC".into(),
            "stays on its asset",
        ),
        (
            "[[market]]: row 2",
            |f| drop(f.market.pop()),
            "rows are never removed",
        ),
        (
            "[[market]] SOL-PERP: mode",
            |f| f.market[0].mode = MarketMode::Ended,
            "settle_market",
        ),
    ];
    for (place, change, why) in cases {
        let found = impossible(&chain, change);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(place), "{}", found[0]);
        assert!(found[0].contains(why), "{}", found[0]);
        assert!(found[0].contains(" now and ") && found[0].contains(" in the file: "));
    }
}

#[test]
fn a_mint_of_a_collateral_stays() {
    let mut chain = deployed(&file());
    let mint = *chain.mints.values().next().expect("a mint");
    chain.mints.insert(
        key("wrapped"),
        counterweight_deploy::Mint {
            decimals: 9,
            ..mint
        },
    );
    let found = impossible(&chain, |file| file.asset[1].mint = Some(key("wrapped")));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("the mint of a collateral is fixed"),
        "{}",
        found[0]
    );
}

/// Rows are matched by place and name: whoever sorts a file must not rename what others hold.
#[test]
fn rows_that_have_changed_places_are_refused() {
    let chain = deployed(&file());
    let found = impossible(&chain, |file| file.asset.swap(2, 3));
    assert_eq!(found.len(), 2, "{found:?}");
    let first =
        "[[asset]]: row 2 is BTC now and ETH in the file: rows are never removed, renamed or moved";
    assert!(found[0].starts_with(first), "{}", found[0]);
}
