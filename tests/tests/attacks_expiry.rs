//! Attacks on the end of a contract: in its last half hour a part of what it settles at is fixed, and the index says nothing
//! of that.

use counterweight::{Guards, Leg, OrderKind, PriceArgs, error::ErrorCode};
use counterweight_risk::{
    AssetRiskTerms, ScanTerms, account::MODEL_PORTFOLIO, expiry::SETTLEMENT_WINDOW, orders::Side,
    portfolio::PortfolioTerms,
};
use counterweight_simnet::{MarketKind, Signer, limit};
use counterweight_tests::{
    dated::{Dated, PERPETUAL, SOL, START_PRICE},
    scene::{DOLLAR, refused},
    written::{TICK, Written, same},
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
/// before the end: its prices, and the seconds of the half hour.
fn falling_late() -> Vec<(i64, i64)> {
    let mut price = START_PRICE;
    let seconds = (0..SETTLEMENT_WINDOW - 60).step_by(10);
    seconds
        .map(|second| {
            if second >= SETTLEMENT_WINDOW / 2 {
                price -= price / 800;
            }
            (second, price)
        })
        .collect()
}

/// The same, recorded. Returns the last price.
fn falls_late(d: &mut Dated) -> i64 {
    let begun = d.expiry - SETTLEMENT_WINDOW;
    let prices = falling_late();
    for (second, price) in &prices {
        d.at(begun + second, *price);
    }
    prices[prices.len() - 1].1
}

/// The taker is long the future at a price and short the perpetual at the index, the maker the reverse.
fn hedged_both(d: &mut Dated, lots: i64, price: u64) -> bool {
    let market = d.market;
    let future = Leg {
        market,
        lots,
        price,
    };
    let mut legs = [d.x.leg(PERPETUAL, -lots), future];
    legs.sort_by_key(|leg: &Leg| leg.market);
    let (taker, maker) = (same(&d.taker), same(&d.maker));
    d.x.block_trade(&taker, &maker, &legs).is_ok()
}

#[test]
fn a_hedge_in_the_last_half_hour_is_judged_by_what_of_the_mean_is_fixed() {
    let mut d = Dated::new();
    scanned(&mut d);
    let price = falls_late(&mut d);
    d.x.refresh_all();
    // Far above the index is what the future settles at, so that who sells it there gives that away: it is out of the band.
    let mut lots = 8_000_000;
    let index = d.x.leg(d.market, -lots);
    assert!(!hedged_both(&mut d, lots, index.price));
    let maker = d.maker.margin;
    let row = d.x.tables().markets[usize::from(d.market)];
    let asset = d.x.tables().assets[usize::from(SOL)];
    let fair = (row.contract.mean_at(asset.index).0 >> 16) / row.tick_size;
    assert!(fair > index.price * 105 / 100, "{fair} {index:?}");
    // As much as both can carry, at what it is worth.
    while !hedged_both(&mut d, lots, fair) {
        lots = lots * 9 / 10;
        assert!(lots > 1_000);
    }
    let before = d.x.view(maker).unwrap();
    assert!(before.can_add_risk && before.equity > 90_000 * DOLLAR);
    // Of the future next to nothing moves any more, so that nearly all of the perpetual is scanned.
    let bare = i64::try_from(asset.index.0 >> 16).unwrap() * lots;
    assert!(
        before.maintenance_margin > bare / 1_000 * 3 * 9,
        "{before:?}"
    );
    // A minute later, at the same price.
    d.end(price);
    for margin in [maker, d.taker.margin] {
        d.x.settle_position(margin, d.market).unwrap();
    }
    let after = d.x.view(maker).unwrap();
    // A settlement price is a whole number of atoms a lot.
    assert!(
        (before.equity - after.equity).abs() <= lots,
        "{before:?} {after:?}"
    );
    assert!(after.equity > 90_000 * DOLLAR, "{after:?}");
    d.balances();
}

#[test]
fn by_standard_margin_a_hedge_is_judged_by_the_mean_as_well() {
    let mut d = Dated::new();
    let price = falls_late(&mut d);
    d.x.refresh_all();
    let index = d.x.leg(d.market, 1).price;
    assert!(!hedged_both(&mut d, 100_000, index));
    d.end(price);
}

#[test]
fn orders_on_the_book_of_a_contract_that_ends_lie_around_the_mean() {
    let mut d = Dated::new();
    falls_late(&mut d);
    d.x.refresh_all();
    let (market, maker, taker) = (d.market, same(&d.maker), same(&d.taker));
    let index = d.x.leg(market, 1).price;
    // Who asks for the index only gives away what is fixed.
    let cheap = limit(Side::Sell, index, 100);
    refused(&mut d.x, &[&maker], ErrorCode::PriceOutsideBand, |x| {
        x.order(&maker, market, cheap, &[])
    });
    let mut pegged = limit(Side::Sell, index, 100);
    pegged.price = PriceArgs::Pegged {
        offset: 0,
        worst: index,
    };
    pegged.kind = OrderKind::PostOnly;
    d.x.order(&maker, market, pegged, &[]).unwrap();
    let before = d.x.view(taker.margin).unwrap().equity;
    d.x.trade(&taker, market, 100, index * 110 / 100, &[maker.margin])
        .unwrap();
    let row = d.x.tables().markets[usize::from(market)];
    let asset = d.x.tables().assets[usize::from(SOL)];
    let mean = row.contract.mean_at(asset.index).0 >> 16;
    let position = d.x.margin(&taker.margin).positions()[0];
    let paid = position.quote.0.unsigned_abs() / 100;
    assert!(
        paid >= mean && paid - mean <= row.tick_size,
        "{paid} {mean}"
    );
    let after = d.x.view(taker.margin).unwrap().equity;
    // A tick and the fee.
    assert!(before - after < DOLLAR, "{before} {after}");
}

#[test]
fn an_option_that_ends_is_written_and_settled_at_what_it_pays_on_the_mean() {
    // By the index both are worth nothing a minute before the end; by the mean the call pays some six dollars.
    let mut w = Written::new(&[(MarketKind::Call, 140), (MarketKind::Put, 130)]);
    let [call, put] = [w.options[0], w.options[1]];
    let begun = w.expiry - SETTLEMENT_WINDOW;
    for (second, price) in falling_late() {
        w.x.chain.set_time(begun + second);
        w.x.set_price(SOL, price);
    }
    let price = w.x.prices[usize::from(SOL)];
    assert!(price < 13_600_000_000, "{price}");
    w.x.refresh_all();
    w.x.refresh_arrays(&[call, put]).unwrap();
    let pays = w.ticks(call) * TICK;
    assert!((50_000..80_000).contains(&pays), "{pays}");
    assert_eq!(w.ticks(put), 0);
    // Nobody writes it for what it would be worth by the index.
    let (buyer, seller) = (same(&w.buyer), same(&w.seller));
    let cheap = Leg {
        market: call,
        lots: 10_000,
        price: 1,
    };
    refused(
        &mut w.x,
        &[&buyer, &seller],
        ErrorCode::PriceOutsideBand,
        |x| x.block_trade(&buyer, &seller, &[cheap]),
    );
    w.trade(call, 10_000).unwrap();
    let before = [&buyer, &seller].map(|trader| w.x.view(trader.margin).unwrap().equity);
    w.x.chain.set_time(w.expiry);
    w.x.set_price(SOL, price);
    w.x.settle_expired(call).unwrap();
    for (trader, before) in [&buyer, &seller].into_iter().zip(before) {
        w.x.settle_position(trader.margin, call).unwrap();
        let after = w.x.view(trader.margin).unwrap().equity;
        // A settlement price is a whole number of atoms a lot.
        assert!((after - before).abs() <= 2 * 10_000, "{before} {after}");
    }
    assert!(w.balances(&[]));
}
