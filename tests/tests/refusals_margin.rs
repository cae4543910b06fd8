//! What the margin check at the end of a block trade refuses, on either side.

use counterweight::{Leg, error::ErrorCode};
use counterweight_risk::MarketTerms;
use counterweight_simnet::{Exchange, Signer, Trader};
use counterweight_tests::scene::{DOLLAR, assert_numbers, localnet, number, refused};

fn set_market(x: &mut Exchange, market: u16, change: impl FnOnce(&mut MarketTerms)) {
    let mut terms = x.market_setup(market).terms;
    change(&mut terms);
    x.govern(
        x.venue
            .set_market_terms(x.authority.pubkey(), market, terms),
    )
    .unwrap();
}

#[test]
fn each_side_meets_initial_margin_by_itself() {
    let mut x = localnet();
    let (rich, poor) = (x.funded("rich", 100_000), x.funded("poor", 1_000));
    for (first, second) in [(&rich, &poor), (&poor, &rich)] {
        for lots in [15_000, -15_000] {
            let leg = x.leg(0, lots); // needs 1,125 dollars
            let failure = refused(
                &mut x,
                &[&rich, &poor],
                ErrorCode::InitialMarginNotMet,
                |x| x.block_trade(first, second, &[leg]),
            );
            let needed = number(&failure, "initial margin");
            assert!(
                (1_125..1_130).contains(&(needed / i128::from(DOLLAR))),
                "{failure}"
            );
            let equity = number(&failure, "equity");
            assert!(
                (970..1_000).contains(&(equity / i128::from(DOLLAR))),
                "{failure}"
            );
        }
    }
    // Nothing at all is margin for nothing.
    let empty = x.trader("empty");
    let leg = x.leg(0, 1);
    refused(
        &mut x,
        &[&rich, &empty],
        ErrorCode::InitialMarginNotMet,
        |x| x.block_trade(&rich, &empty, &[leg]),
    );
}

#[test]
fn a_loss_inside_the_band_counts_at_once() {
    let mut x = localnet();
    let (rich, poor) = (x.funded("rich", 100_000), x.funded("poor", 1_200));
    // Enough for the margin at the index, not for a price 3 % above it.
    let dear = Leg {
        market: 0,
        lots: 15_000,
        price: 15_449,
    };
    refused(
        &mut x,
        &[&rich, &poor],
        ErrorCode::InitialMarginNotMet,
        |x| x.block_trade(&poor, &rich, &[dear]),
    );
    let leg = x.leg(0, 15_000);
    x.block_trade(&poor, &rich, &[leg]).unwrap();
}

/// A maker, and a taker with 1,500 dollars who is long 150 SOL and now below maintenance margin.
fn failing(x: &mut Exchange) -> (Trader, Trader) {
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_500));
    let leg = x.leg(0, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000);
    let view = x.view(taker.margin).unwrap();
    assert!(view.equity < view.maintenance_margin);
    (maker, taker)
}

#[test]
fn an_account_below_margin_may_not_reduce_at_a_price_that_makes_it_worse() {
    let mut x = localnet();
    let (maker, taker) = failing(&mut x);
    let before = x.view(taker.margin).unwrap();
    let adverse = Leg {
        market: 0,
        lots: -5_000,
        price: 13_969,
    }; // −3 %, inside the band
    let watched = [&maker, &taker];
    let failure = refused(&mut x, &watched, ErrorCode::AccountWouldBeWorse, |x| {
        x.block_trade(&taker, &maker, &[adverse])
    });
    assert_numbers(
        &failure,
        &[
            ("equity before", before.equity.into()),
            ("margin before", before.maintenance_margin.into()),
        ],
    );
    let (equity, margin) = (
        number(&failure, "equity after"),
        number(&failure, "margin after"),
    );
    assert!(equity < before.equity.into() && margin < before.maintenance_margin.into());
    assert!(equity * i128::from(before.maintenance_margin) < i128::from(before.equity) * margin);
    // The other side of the same bargain is refused no less.
    refused(&mut x, &watched, ErrorCode::AccountWouldBeWorse, |x| {
        x.block_trade(
            &maker,
            &taker,
            &[Leg {
                lots: 5_000,
                ..adverse
            }],
        )
    });
    let leg = x.leg(0, -5_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
}

#[test]
fn an_account_below_margin_may_not_grow_a_position_or_turn_it_into_a_larger_one() {
    let mut x = localnet();
    let (maker, taker) = failing(&mut x);
    let watched = [&maker, &taker];
    for lots in [1, -30_000, -40_000] {
        let leg = x.leg(0, lots);
        refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
            x.block_trade(&taker, &maker, &[leg])
        });
    }
    // A leg that reduces does not carry one that adds.
    let legs = [x.leg(0, -5_000), x.leg(1, 1)];
    refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
        x.block_trade(&taker, &maker, &legs)
    });
}

#[test]
fn a_healthy_account_does_not_fall_below_initial_margin_even_by_reducing() {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_160));
    let leg = x.leg(0, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    // As dear as terms can make it: 5 % below the index, and a fee of 1 %.
    set_market(&mut x, 0, |t| {
        (t.price_band_bps, t.trade_fee_tenths_bps) = (500, 1_000)
    });
    let before = x.view(taker.margin).unwrap();
    assert!(before.free_collateral > 0);
    let adverse = Leg {
        market: 0,
        lots: -14_000,
        price: 14_251,
    };
    let failure = refused(
        &mut x,
        &[&maker, &taker],
        ErrorCode::InitialMarginNotMet,
        |x| x.block_trade(&taker, &maker, &[adverse]),
    );
    assert!(number(&failure, "equity") < number(&failure, "initial margin"));
    x.block_trade(
        &taker,
        &maker,
        &[Leg {
            lots: -1,
            ..adverse
        }],
    )
    .unwrap();
}
