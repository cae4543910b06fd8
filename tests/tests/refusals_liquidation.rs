//! What a liquidation refuses: healthy accounts, foreign ones, prices beyond a limit, weak liquidators.

use anchor_lang::prelude::Pubkey;
use counterweight::{LiquidateArgs, error::ErrorCode};
use counterweight_simnet::{Exchange, Signer, Trader};
use counterweight_tests::scene::{
    NOT_SIGNER, Outcome, assert_numbers, beside, deployed, localnet, number, refused,
    refused_by_runtime, signing_as, unsigned, with_account,
};

/// A maker, and a taker with 1,500 dollars and these lots of SOL at 150 dollars.
fn traders(x: &mut Exchange, lots: i64) -> (Trader, Trader) {
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 1_500));
    let leg = x.leg(0, lots);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    (maker, taker)
}

fn flag(x: &mut Exchange, margin: Pubkey) -> Outcome {
    x.chain.send(&[x.venue.flag_account(margin)], &[])
}

fn with_limit(x: &mut Exchange, by: &Trader, of: Pubkey, limit: u64) -> Outcome {
    let args = LiquidateArgs {
        market: 0,
        max_lots: 1,
        limit_price: Some(limit),
        ..LiquidateArgs::default()
    };
    let liquidate = x.venue.liquidate(by.key.pubkey(), of, by.margin, args);
    x.chain.send(&[liquidate], &[&by.key])
}

#[test]
fn a_healthy_account_is_neither_liquidated_nor_flagged() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    let saver = x.funded("saver", 1);
    let empty = x.trader("empty");
    let watched = [&maker, &taker, &saver, &empty];
    // Below initial margin is not below maintenance margin.
    x.set_price(1, 14_600_000_000);
    let view = x.view(taker.margin).unwrap();
    assert!(view.free_collateral < 0);
    for of in [&taker, &saver, &empty] {
        let view = x.view(of.margin).unwrap();
        let failure = refused(&mut x, &watched, ErrorCode::NotLiquidatable, |x| {
            x.liquidate(&maker, of.margin, 0, 1)
        });
        let needed = view.maintenance_margin.into();
        assert_numbers(
            &failure,
            &[("equity", view.equity.into()), ("below", needed)],
        );
        let failure = refused(&mut x, &watched, ErrorCode::NotLiquidatable, |x| {
            flag(x, of.margin)
        });
        assert_numbers(
            &failure,
            &[
                ("equity", view.equity.into()),
                ("maintenance margin", needed),
                ("flagged", 0),
            ],
        );
    }
}

#[test]
fn an_account_in_liquidation_is_not_cleared_before_the_buffer() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    x.set_price(1, 14_400_000_000);
    flag(&mut x, taker.margin).unwrap();
    // Flagging again does not restart the auction.
    x.chain.advance(5);
    refused(&mut x, &[&maker, &taker], ErrorCode::NotLiquidatable, |x| {
        flag(x, taker.margin)
    });
    x.set_price(1, 14_480_000_000);
    let view = x.view(taker.margin).unwrap();
    assert!(view.equity > view.maintenance_margin);
    assert!(view.equity * 10 < view.maintenance_margin * 11);
    let failure = refused(&mut x, &[&maker, &taker], ErrorCode::NotLiquidatable, |x| {
        flag(x, taker.margin)
    });
    assert_eq!(number(&failure, "flagged"), 1);
    x.liquidate(&maker, taker.margin, 0, 1).unwrap();
}

#[test]
fn a_restored_account_is_not_liquidated_further() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    let keeper = x.funded("keeper", 100_000);
    x.set_price(1, 14_400_000_000);
    x.liquidate(&keeper, taker.margin, 0, u64::MAX).unwrap();
    refused(
        &mut x,
        &[&maker, &taker, &keeper],
        ErrorCode::NotLiquidatable,
        |x| x.liquidate(&keeper, taker.margin, 0, u64::MAX),
    );
}

#[test]
fn only_a_market_in_which_the_account_has_a_position_is_liquidated() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    x.set_price(1, 14_400_000_000);
    let watched = [&maker, &taker];
    let failure = refused(&mut x, &watched, ErrorCode::NoPosition, |x| {
        x.liquidate(&maker, taker.margin, 1, 1)
    });
    assert_numbers(&failure, &[("market", 1)]);
    let failure = refused(&mut x, &watched, ErrorCode::UnknownMarket, |x| {
        let args = LiquidateArgs {
            market: 3,
            max_lots: 1,
            ..LiquidateArgs::default()
        };
        let liquidate = x
            .venue
            .liquidate(maker.key.pubkey(), taker.margin, maker.margin, args);
        let other = with_account(liquidate, x.venue.market(3), x.venue.market(0));
        x.chain.send(&[other], &[&maker.key])
    });
    assert_numbers(&failure, &[("market", 3)]);
    refused(&mut x, &watched, ErrorCode::ZeroQuantity, |x| {
        x.liquidate(&maker, taker.margin, 0, 0)
    });
    let failure = refused(&mut x, &watched, ErrorCode::WrongMarket, |x| {
        let args = LiquidateArgs {
            market: 0,
            max_lots: 1,
            ..LiquidateArgs::default()
        };
        let liquidate = x
            .venue
            .liquidate(maker.key.pubkey(), taker.margin, maker.margin, args);
        let other = with_account(liquidate, x.venue.market(0), x.venue.market(1));
        x.chain.send(&[other], &[&maker.key])
    });
    assert_numbers(&failure, &[("market", 0)]);
}

#[test]
fn an_account_does_not_liquidate_itself() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    x.set_price(1, 14_400_000_000);
    let key = taker.margin;
    refused(&mut x, &[&maker, &taker], ErrorCode::SameAccount, |x| {
        x.liquidate(&taker, key, 0, 1)
    });
}

#[test]
fn nobody_liquidates_with_somebody_elses_account() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    let stranger = signing_as(&mut x, "stranger", maker.margin);
    x.set_price(1, 14_400_000_000);
    let watched = [&maker, &taker];
    refused(&mut x, &watched, ErrorCode::NotOwnerOrDelegate, |x| {
        x.liquidate(&stranger, taker.margin, 0, 1)
    });
    refused_by_runtime(&mut x, &watched, Some(NOT_SIGNER), |x| {
        let key = maker.key.pubkey();
        let args = LiquidateArgs {
            market: 0,
            max_lots: 1,
            ..LiquidateArgs::default()
        };
        let liquidate = x.venue.liquidate(key, taker.margin, maker.margin, args);
        x.chain.send(&[unsigned(liquidate, key)], &[])
    });
}

#[test]
fn accounts_and_markets_of_another_clearinghouse_are_refused() {
    let mut x = localnet();
    let (there, failing_there) = traders(&mut x, 15_000);
    x.set_price(1, 14_400_000_000);
    let (mut x, abroad) = beside(x);
    let (maker, taker) = traders(&mut x, 15_000);
    x.set_price(1, 14_400_000_000);
    let watched = [&maker, &taker, &there, &failing_there];
    refused(&mut x, &watched, ErrorCode::WrongClearinghouse, |x| {
        x.liquidate(&maker, failing_there.margin, 0, 1)
    });
    refused(&mut x, &watched, ErrorCode::WrongClearinghouse, |x| {
        x.liquidate(&there, taker.margin, 0, 1)
    });
    refused(&mut x, &watched, ErrorCode::WrongClearinghouse, |x| {
        flag(x, failing_there.margin)
    });
    let args = LiquidateArgs {
        market: 0,
        max_lots: 1,
        ..LiquidateArgs::default()
    };
    let liquidate = x
        .venue
        .liquidate(maker.key.pubkey(), taker.margin, maker.margin, args);
    let (book, market) = (x.venue.risk_book, x.venue.market(0));
    refused(&mut x, &watched, ErrorCode::WrongClearinghouse, |x| {
        x.chain.send(
            &[with_account(liquidate.clone(), book, abroad.risk_book)],
            &[&maker.key],
        )
    });
    refused(&mut x, &watched, ErrorCode::WrongMarket, |x| {
        x.chain.send(
            &[with_account(liquidate, market, abroad.market(0))],
            &[&maker.key],
        )
    });
}

#[test]
fn a_liquidator_sets_the_worst_price_of_a_long_and_of_a_short() {
    for (lots, price, worse) in [(15_000, 14_400_000_000, -1), (-15_000, 15_600_000_000, 1)] {
        let mut x = localnet();
        let (maker, taker) = traders(&mut x, lots);
        x.set_price(1, price);
        let index = x.tables().assets[1].index.0;
        // The highest to receive a long, the lowest to receive a short.
        let limit = index.checked_add_signed(worse).unwrap();
        let failure = refused(
            &mut x,
            &[&maker, &taker],
            ErrorCode::LimitPriceExceeded,
            |x| with_limit(x, &maker, taker.margin, limit),
        );
        assert_numbers(
            &failure,
            &[("price", index.into()), ("limit", limit.into())],
        );
        with_limit(&mut x, &maker, taker.margin, index).unwrap();
    }
}

#[test]
fn a_liquidator_stays_above_initial_margin() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    let poor = x.funded("poor", 100);
    let empty = x.trader("empty");
    x.set_price(1, 14_400_000_000);
    let watched = [&maker, &taker, &poor, &empty];
    for (by, lots) in [(&poor, u64::MAX), (&poor, 1_500), (&empty, 1)] {
        let failure = refused(&mut x, &watched, ErrorCode::InitialMarginNotMet, |x| {
            x.liquidate(by, taker.margin, 0, lots)
        });
        let equity = number(&failure, "equity");
        assert!(equity < number(&failure, "initial margin"));
    }
    // As much as it can bear, it may take.
    x.liquidate(&poor, taker.margin, 0, 500).unwrap();
    let view = x.view(poor.margin).unwrap();
    assert!(view.free_collateral >= 0);
}

#[test]
fn a_failing_account_does_not_liquidate_another() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x, 15_000);
    let other = x.funded("other", 1_500);
    let leg = x.leg(0, 15_000);
    x.block_trade(&other, &maker, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000);
    refused(
        &mut x,
        &[&maker, &taker, &other],
        ErrorCode::InitialMarginNotMet,
        |x| x.liquidate(&other, taker.margin, 0, 1),
    );
}

#[test]
fn a_liquidator_needs_a_free_slot() {
    let mut x = deployed(|deployment| {
        for copy in 3..9 {
            let mut market = deployment.market[0].clone();
            market.name = format!("SOL-{copy}");
            deployment.market.push(market);
        }
    });
    let (maker, taker) = traders(&mut x, 15_000);
    let keeper = x.funded("keeper", 100_000);
    let legs: Vec<_> = (1..9).map(|market| x.leg(market, 1)).collect();
    for leg in &legs {
        let other = x.funded(&format!("other {}", leg.market), 100);
        x.block_trade(&keeper, &other, &[*leg]).unwrap();
    }
    x.set_price(1, 14_400_000_000);
    let failure = refused(
        &mut x,
        &[&maker, &taker, &keeper],
        ErrorCode::NoFreeSlot,
        |x| x.liquidate(&keeper, taker.margin, 0, 1),
    );
    assert_numbers(&failure, &[("slots", 8)]);
}
