//! Options on the bytecode: what they are worth and need, who may say so, and how they end.

use counterweight::{Guards, Leg, MarginView, OrderKind, PriceArgs, Which, error::ErrorCode};
use counterweight_risk::{
    account::MODEL_PORTFOLIO,
    greeks,
    orders::Side,
    portfolio::{CreditTerms, PortfolioTerms},
};
use counterweight_simnet::{MarketKind::*, Signer, Trader, limit};
use counterweight_tests::{
    scene::{DOLLAR, refused, signing_as},
    written::{PERPETUAL, SOL, TICK, Written, same},
};

/// Lots of ten SOL.
const TEN: i64 = 1_000;

/// Black's price of an at-the-money option by its textbook approximation, in dollars.
fn at_the_money(forward: f64, volatility: f64, days: f64) -> f64 {
    0.398_942 * forward * volatility * (days / 365.0).sqrt()
}

/// Offers portfolio margin, and lets both traders choose it.
fn scanned(w: &mut Written) {
    let key = w.x.authority.pubkey();
    let terms = PortfolioTerms {
        floor_bps: 200,
        initial_bps: 15_000,
        credits: [CreditTerms::default(); 8],
    };
    w.x.govern(w.x.venue.set_portfolio_terms(key, terms))
        .unwrap();
    for trader in [same(&w.buyer), same(&w.seller)] {
        let guards = Guards::default();
        let set =
            w.x.venue
                .set_risk_model(trader.key.pubkey(), trader.margin, MODEL_PORTFOLIO, guards);
        w.x.chain.send(&[set], &[&trader.key]).unwrap();
    }
}

fn near(found: i64, expected: i64, within: i64) -> bool {
    (found - expected).abs() <= within
}

#[test]
fn an_option_is_worth_blacks_price_and_ends_at_what_is_beyond_its_strike() {
    let mut w = Written::new(&[(Call, 150), (Put, 150)]);
    let [call, put] = [w.options[0], w.options[1]];
    let expected = at_the_money(150.0, 0.38, 7.0) * 10_000.0;
    for market in [call, put] {
        let mark = w.tables().markets[usize::from(market)].array.mark.0 >> 16;
        assert!(
            (mark as f64 - expected).abs() < expected / 500.0,
            "{mark} {expected}"
        );
    }
    let before = [
        w.view(&same(&w.buyer)).equity,
        w.view(&same(&w.seller)).equity,
    ];
    w.trade(call, TEN).unwrap();
    w.trade(put, TEN).unwrap();
    let traded = [
        w.view(&same(&w.buyer)).equity,
        w.view(&same(&w.seller)).equity,
    ];
    // At the mark nobody gains but for the fee, and the tick that the mark is above its price.
    assert!(
        traded
            .iter()
            .zip(before)
            .all(|(after, before)| near(*after, before, 4 * DOLLAR))
    );

    // SOL ends at 160 dollars: the call pays ten dollars a SOL, the put nothing.
    w.x.chain.set_time(w.expiry - 1_800);
    w.moves(16_000);
    w.x.chain.set_time(w.expiry);
    w.x.publish(SOL, 16_000_000_000);
    w.x.refresh(&[SOL]).unwrap();
    for market in [call, put] {
        w.x.settle_expired(market).unwrap();
        for trader in [w.buyer.margin, w.seller.margin] {
            w.x.settle_position(trader, market).unwrap();
        }
    }
    let rows = w.tables().markets;
    let paid = |market: u16| rows[usize::from(market)].settlement_price;
    // But for the second in which the price of before stood.
    assert!((99_900..=100_000).contains(&paid(call)) && paid(put) == 0);
    let after = [w.view(&same(&w.buyer)), w.view(&same(&w.seller))];
    let premiums = i64::try_from(2 * TEN as u64 * TICK).unwrap()
        * i64::try_from((expected as u64) / TICK).unwrap();
    let gained = 100 * DOLLAR - premiums;
    assert!(
        near(after[0].equity - before[0], gained, 4 * DOLLAR),
        "{after:?}"
    );
    assert!(
        near(before[1] - after[1].equity, gained, 4 * DOLLAR),
        "{after:?}"
    );
    assert!(w.balances(&[]));
}

#[test]
fn a_long_needs_no_more_than_its_worth_and_a_short_what_its_notional_does() {
    let mut w = Written::new(&[(Call, 150)]);
    let call = w.options[0];
    w.trade(call, TEN).unwrap();
    let premium = i64::try_from(w.ticks(call) * TICK).unwrap() * TEN;
    let (long, short) = (w.view(&same(&w.buyer)), w.view(&same(&w.seller)));
    assert!(near(long.maintenance_margin, premium, DOLLAR), "{long:?}");
    assert!(long.maintenance_margin < 45 * DOLLAR);
    // 1,500 dollars at 3 % and 5 %.
    assert!(
        near(short.maintenance_margin, 45 * DOLLAR, DOLLAR / 10),
        "{short:?}"
    );
    assert!(
        near(short.initial_margin, 75 * DOLLAR, DOLLAR / 10),
        "{short:?}"
    );
    assert!(w.balances(&[]));
}

#[test]
fn what_is_priced_too_long_ago_is_refused_until_anyone_refreshes_it() {
    let mut w = Written::new(&[(Call, 150)]);
    let call = w.options[0];
    w.trade(call, TEN).unwrap();
    let (buyer, seller) = (same(&w.buyer), same(&w.seller));
    let leg = Leg {
        market: call,
        lots: 10,
        price: w.ticks(call),
    };
    let everyone = [&buyer, &seller];
    w.x.chain.advance(301);
    w.x.refresh_all();
    refused(&mut w.x, &everyone, ErrorCode::StaleArray, |x| {
        x.block_trade(&buyer, &seller, &[leg])
    });
    assert!(
        w.x.view(seller.margin).is_err(),
        "an account that holds it is not judged either"
    );
    w.x.refresh_arrays(&[call]).unwrap();
    w.x.view(seller.margin).unwrap();
    // An eighth of the 2 % that are scanned: 37 cents.
    w.x.set_price(SOL, 15_037_000_000);
    w.x.view(seller.margin).unwrap();
    w.x.set_price(SOL, 15_040_000_000);
    let failure = refused(&mut w.x, &everyone, ErrorCode::DriftedArray, |x| {
        x.block_trade(&buyer, &seller, &[leg])
    });
    assert!(failure.to_string().contains("moved"), "{failure}");
    w.x.refresh_arrays(&[call]).unwrap();
    w.trade(call, 10).unwrap();
    // What is no option has nothing to refresh.
    refused(&mut w.x, &[], ErrorCode::NotAnOption, |x| {
        x.refresh_arrays(&[PERPETUAL])
    });
    refused(&mut w.x, &[], ErrorCode::UnknownMarket, |x| {
        x.refresh_arrays(&[99])
    });
}

#[test]
fn orders_rest_and_meet_around_what_an_option_is_worth() {
    let mut w = Written::new(&[(Call, 150)]);
    let call = w.options[0];
    let ticks = w.ticks(call);
    let (buyer, seller) = (same(&w.buyer), same(&w.seller));
    // The band is that of the perpetual, in dollars: 3 % of 150 around 3.3.
    let high = ticks + 45_000 / TICK;
    let far = limit(Side::Buy, high + 2, 100);
    refused(&mut w.x, &[&buyer], ErrorCode::PriceOutsideBand, |x| {
        x.order(&buyer, call, far, &[])
    });
    w.x.order(&seller, call, limit(Side::Sell, ticks + 10, 100), &[])
        .unwrap();
    let mut peg = limit(Side::Buy, ticks, 50);
    peg.price = PriceArgs::Pegged {
        offset: -5,
        worst: ticks + 100,
    };
    peg.kind = OrderKind::PostOnly;
    w.x.order(&buyer, call, peg, &[]).unwrap();
    w.x.order(
        &buyer,
        call,
        limit(Side::Buy, ticks + 10, 60),
        &[seller.margin],
    )
    .unwrap();
    let held = |w: &Written, trader: &Trader| {
        let margin = w.x.margin(&trader.margin);
        margin
            .positions()
            .iter()
            .map(|position| position.lots.0)
            .sum::<i64>()
    };
    assert_eq!(held(&w, &buyer), 60);
    w.x.chain.advance(400);
    w.x.refresh_all();
    let more = limit(Side::Buy, ticks, 10);
    refused(&mut w.x, &[&buyer], ErrorCode::StaleArray, |x| {
        x.order(&buyer, call, more, &[])
    });
    // Whoever wants to leave can.
    w.x.cancel(&seller, call, Which::All).unwrap();
    w.x.cancel(&buyer, call, Which::All).unwrap();
}

#[test]
fn only_the_feed_sets_a_smile_within_bounds_and_no_faster_than_its_rate() {
    let mut w = Written::new(&[(Call, 150), (Put, 140)]);
    let markets = w.options.clone();
    let volatility = |w: &Written| {
        w.tables().markets[usize::from(markets[0])]
            .array
            .volatility
            .0
    };
    let percent = |of: u32| (of << 20) / 100;
    assert!(volatility(&w).abs_diff(percent(38)) < 20);
    // The next second it may hardly move; in a minute by a sixtieth of itself.
    refused(&mut w.x, &[], ErrorCode::ParameterOutOfBounds, |x| {
        let set = x.venue.set_smile(
            counterweight_simnet::keypair("feed").pubkey(),
            &markets,
            counterweight_simnet::flat_smile(39),
        );
        x.chain
            .send(&[set], &[&counterweight_simnet::keypair("feed")])
    });
    w.x.chain.advance(120);
    w.x.refresh_all();
    w.smile(39).unwrap();
    assert!(volatility(&w).abs_diff(percent(39)) < 20);
    let failure = w.smile(41).unwrap_err();
    assert!(
        failure.is(ErrorCode::ParameterOutOfBounds) && failure.to_string().contains("volatility")
    );
    // Nobody else.
    let stranger = signing_as(&mut w.x, "stranger", w.buyer.margin);
    refused(&mut w.x, &[], ErrorCode::NotVolatilityFeed, |x| {
        let set = x.venue.set_smile(
            stranger.key.pubkey(),
            &markets,
            counterweight_simnet::flat_smile(39),
        );
        x.chain.send(&[set], &[&stranger.key])
    });
    // A feed that falls silent is forgotten: the engine's own estimate, here the least there is, takes its place.
    w.x.chain.advance(901);
    w.x.refresh_all();
    w.x.refresh_arrays(&markets).unwrap();
    assert_eq!(volatility(&w), (1 << 20) / 10);
    // And its next smile may be four times that, and no more.
    assert!(w.smile(40).unwrap_err().is(ErrorCode::ParameterOutOfBounds));
    w.smile(38).unwrap();
}

#[test]
fn a_spread_needs_no_more_than_its_width_by_portfolio_margin() {
    let mut w = Written::new(&[(Call, 150), (Call, 153)]);
    let [low, high] = [w.options[0], w.options[1]];
    w.trade(low, TEN).unwrap();
    w.trade(high, -TEN).unwrap();
    let standard = w.view(&same(&w.buyer));
    scanned(&mut w);
    let (buyer, seller) = (w.view(&same(&w.buyer)), w.view(&same(&w.seller)));
    assert_eq!(buyer.equity, standard.equity);
    // Ten SOL, three dollars apart: nobody can lose more than thirty dollars, and the premium is less.
    for view in [&buyer, &seller] {
        assert!(
            view.maintenance_margin > 0 && view.maintenance_margin <= 30 * DOLLAR,
            "{view:?}"
        );
    }
    assert!(
        buyer.maintenance_margin * 2 < standard.maintenance_margin,
        "{buyer:?} {standard:?}"
    );
    assert!(w.balances(&[]));
}

#[test]
fn greeks_are_those_of_the_engine_and_of_the_textbook() {
    let mut w = Written::new(&[(Call, 150), (Put, 150)]);
    for market in w.options.clone() {
        w.trade(market, TEN).unwrap();
    }
    let shown = w.x.greeks(w.buyer.margin).unwrap();
    let margin = w.x.margin(&w.buyer.margin);
    let tables = w.tables();
    let mut own = Vec::new();
    greeks::of_account(&tables.book(), &margin.view(), |greeks| own.push(*greeks)).unwrap();
    assert_eq!(shown.assets, own);
    assert_eq!(
        shown.total,
        greeks::total(&tables.book(), &margin.view()).unwrap()
    );
    // A straddle: next to no delta; vega 2 · 0.399 · F · √T a percent; theta −vega · σ / 2T a day; ten SOL of each.
    let root = (7.0f64 / 365.0).sqrt();
    let vega = 2.0 * 10.0 * at_the_money(150.0, 1.0, 7.0) / 100.0 * 1e6;
    let theta = -2.0 * 10.0 * 0.398_942 * 150.0 * 0.38 / (2.0 * root) / 365.0 * 1e6;
    let total = shown.total;
    assert!(total.delta.abs() < 60 * DOLLAR, "{total:?}");
    assert!(
        (total.vega as f64 - vega).abs() < vega / 100.0,
        "{total:?} {vega}"
    );
    assert!(
        (total.theta as f64 - theta).abs() < -theta / 100.0,
        "{total:?} {theta}"
    );
    let gamma = 2.0 * 10.0 * 0.398_942 / (0.38 * root) * 150.0 / 100.0 * 1e6;
    assert!(
        (total.gamma as f64 - gamma).abs() < gamma / 50.0,
        "{total:?} {gamma}"
    );
}

fn ratio_is_no_lower(before: &MarginView, after: &MarginView) -> bool {
    before.equity <= 0
        || i128::from(after.equity) * i128::from(before.maintenance_margin)
            >= i128::from(before.equity) * i128::from(after.maintenance_margin)
}

/// A seller who has sold calls for all that he has, and SOL has risen.
fn failing() -> (Written, Trader, Trader) {
    let mut w = Written::new(&[(Call, 150)]);
    let poor = w.x.funded("poor", 1_500);
    let keeper = w.x.funded("keeper", 100_000);
    let leg = Leg {
        market: w.options[0],
        lots: 17 * TEN,
        price: w.ticks(w.options[0]),
    };
    let buyer = same(&w.buyer);
    w.x.block_trade(&buyer, &poor, &[leg]).unwrap();
    w.moves(15_680);
    let view = w.view(&poor);
    assert!(
        view.equity > 0 && view.equity < view.maintenance_margin,
        "{view:?}"
    );
    (w, poor, keeper)
}

#[test]
fn a_short_option_is_liquidated_at_its_mark_until_its_account_stands() {
    let (mut w, poor, keeper) = failing();
    let call = w.options[0];
    let before = w.view(&poor);
    w.x.liquidate(&keeper, poor.margin, call, u64::MAX).unwrap();
    let after = w.view(&poor);
    assert!(ratio_is_no_lower(&before, &after));
    assert!(
        after.equity * 10 >= after.maintenance_margin * 11 && after.liquidation_start == 0,
        "{after:?}"
    );
    let margin = w.x.margin(&keeper.margin);
    let taken = margin.positions()[0].lots.0;
    assert!(taken < 0 && taken > -17 * TEN, "{taken}");
    // What the keeper gained is of the notional: at least half a percent by seven tenths of it.
    let reward = w.view(&keeper).equity - 100_000 * DOLLAR;
    let notional = -taken * 1_568_000;
    assert!(
        reward * 1_000 >= notional * 3 && reward * 1_000 <= notional * 4,
        "{reward} {notional}"
    );
    assert!(w.balances(&[&poor, &keeper]));
}

#[test]
fn a_slice_of_options_restores_as_well() {
    let (mut w, poor, keeper) = failing();
    let before = w.view(&poor);
    w.x.liquidate_slice(&keeper, poor.margin, 1 << 20).unwrap();
    let after = w.view(&poor);
    assert!(ratio_is_no_lower(&before, &after));
    assert!(
        after.equity * 10 >= after.maintenance_margin * 11,
        "{after:?}"
    );
    assert!(w.balances(&[&poor, &keeper]));
}

#[test]
fn nobody_is_immune_because_nobody_refreshed() {
    let (mut w, poor, keeper) = failing();
    let call = w.options[0];
    w.x.chain.advance(301);
    w.x.refresh_all();
    refused(&mut w.x, &[&poor, &keeper], ErrorCode::StaleArray, |x| {
        x.liquidate(&keeper, poor.margin, call, u64::MAX)
    });
    // In one transaction with what anybody may do.
    let refresh = w.x.venue.refresh_arrays(&[call]);
    let args = counterweight::LiquidateArgs {
        market: call,
        max_lots: u64::MAX,
        ..Default::default()
    };
    let take =
        w.x.venue
            .liquidate(keeper.key.pubkey(), poor.margin, keeper.margin, args);
    w.x.chain.send(&[refresh, take], &[&keeper.key]).unwrap();
}

/// Found by the test that passes every other account: an option was ended within the band of its index, not of its worth.
#[test]
fn the_authority_ends_an_option_around_what_it_is_worth() {
    let mut w = Written::new(&[(Call, 150)]);
    let (call, key) = (w.options[0], w.x.authority.pubkey());
    let index = w.x.index_ticks(PERPETUAL);
    refused(&mut w.x, &[], ErrorCode::PriceOutsideBand, |x| {
        x.govern(x.venue.settle_market(key, call, index))
    });
    let ticks = w.ticks(call);
    w.x.govern(w.x.venue.settle_market(key, call, ticks))
        .unwrap();
}
