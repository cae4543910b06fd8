//! Attacks on the end of a contract. They show a gap, and how wide it is (docs/assurance.md, "What is not covered"):
//! whoever closes it turns the last assertion around.

use counterweight::{Guards, Leg};
use counterweight_risk::{
    AssetRiskTerms, ScanTerms, account::MODEL_PORTFOLIO, expiry::SETTLEMENT_WINDOW,
    portfolio::PortfolioTerms,
};
use counterweight_simnet::Signer;
use counterweight_tests::{
    dated::{Dated, PERPETUAL, SOL, START_PRICE},
    scene::DOLLAR,
    written::same,
};

/// Offers portfolio margin on SOL, with the charge and the floor that the study chose (bench/STUDY.md), and both traders
/// choose it.
fn scanned(d: &mut Dated) {
    let key = d.x.authority.pubkey();
    let risk = AssetRiskTerms {
        scan: ScanTerms {
            range_bps: 300,
            spread_bps: 130,
            volatility_shift_bps: 0,
        },
        ..AssetRiskTerms::default()
    };
    let set = d.x.venue.set_asset_risk(key, SOL, risk);
    d.x.govern(set).unwrap();
    let terms = PortfolioTerms {
        floor_bps: 1_500,
        initial_bps: 13_000,
        ..PortfolioTerms::default()
    };
    let set = d.x.venue.set_portfolio_terms(key, terms);
    d.x.govern(set).unwrap();
    for trader in [&d.maker, &d.taker] {
        let (key, guards) = (trader.key.pubkey(), Guards::default());
        let set =
            d.x.venue
                .set_risk_model(key, trader.margin, MODEL_PORTFOLIO, guards);
        d.x.chain.send(&[set], &[&trader.key]).unwrap();
    }
}

/// SOL stands still for a quarter of an hour, and falls by an eighth of a per cent every ten seconds until a minute
/// before the end. Returns its price then.
fn falls_late(d: &mut Dated) -> i64 {
    let begun = d.expiry - SETTLEMENT_WINDOW;
    let mut price = START_PRICE;
    for second in (0..SETTLEMENT_WINDOW - 60).step_by(10) {
        if second >= SETTLEMENT_WINDOW / 2 {
            price -= price / 800;
        }
        d.at(begun + second, price);
    }
    price
}

/// The taker is long the future and short the perpetual, the maker the reverse, at the index.
fn hedged_both(d: &mut Dated, lots: i64) -> bool {
    let mut legs = [d.x.leg(PERPETUAL, -lots), d.x.leg(d.market, lots)];
    legs.sort_by_key(|leg: &Leg| leg.market);
    let (taker, maker) = (same(&d.taker), same(&d.maker));
    d.x.block_trade(&taker, &maker, &legs).is_ok()
}

#[test]
fn a_hedge_in_the_last_half_hour_is_not_judged_by_what_of_the_mean_is_fixed() {
    let mut d = Dated::new();
    scanned(&mut d);
    let price = falls_late(&mut d);
    d.x.refresh_all();
    // As much as both can carry: the fall has happened, and they are judged as if the future would settle at the index.
    let mut lots = 8_000_000;
    while !hedged_both(&mut d, lots) {
        lots = lots * 9 / 10;
    }
    let maker = d.maker.margin;
    let before = d.x.view(maker).unwrap();
    assert!(before.can_add_risk && before.equity > 90_000 * DOLLAR);
    // A minute later, at the same price.
    let paid = d.end(price) as i64;
    let index = price / 10_000;
    assert!(paid - index > index / 20, "{paid} {index}");
    for margin in [maker, d.taker.margin] {
        d.x.settle_position(margin, d.market).unwrap();
    }
    let after = d.x.view(maker).unwrap();
    let lost = before.equity - after.equity;
    // No price has moved: it is what the mean was away from the index, of every lot, but for a minute of it.
    assert!((lost - lots * (paid - index)).abs() < lost / 20, "{lost}");
    assert!(after.equity < -50_000 * DOLLAR, "{after:?}");
    d.balances();
}

/// Standard margin requires more of both legs than what is fixed here.
#[test]
fn by_standard_margin_a_hedge_bears_a_mean_that_is_several_per_cent_away() {
    let mut d = Dated::new();
    let price = falls_late(&mut d);
    d.x.refresh_all();
    let mut lots = 8_000_000;
    while !hedged_both(&mut d, lots) {
        lots = lots * 9 / 10;
    }
    let maker = d.maker.margin;
    d.end(price);
    d.x.settle_position(maker, d.market).unwrap();
    assert!(d.x.view(maker).unwrap().equity > 0);
}
