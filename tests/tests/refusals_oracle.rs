//! Prices that are refused: foreign, unverified, unreadable, old, uncertain. None lets value out.

use anchor_lang::prelude::{Pubkey, system_program};
use counterweight::{
    Guards,
    error::ErrorCode,
    oracle::{PYTH_LEGACY, PYTH_RECEIVER, PYTH_RECEIVER_SECOND},
};
use counterweight_simnet::{Deployment, Exchange, LegacyPrice, PullPrice, Signer, Trader, keypair};
use counterweight_tests::scene::{
    DOLLAR, Outcome, assert_numbers, deployed, localnet, number, refused,
};

const PRICE: i64 = 15_000_000_000;

/// A pull price of SOL as it should be, changed.
fn pull(x: &mut Exchange, change: impl FnOnce(&mut PullPrice)) -> Outcome {
    x.chain.advance(1);
    let mut price = PullPrice {
        feed: x.tables().assets[1].feed,
        price: PRICE,
        confidence: 1,
        average: PRICE,
        exponent: -8,
        publish_time: x.chain.time(),
        posted_slot: x.chain.slot(),
        fully_verified: true,
    };
    change(&mut price);
    x.chain.set_pull_price(x.price_account(1), &price);
    x.refresh(&[1])
}

/// A legacy price of BTC as it should be, changed.
fn legacy(x: &mut Exchange, change: impl FnOnce(&mut LegacyPrice)) -> Outcome {
    x.chain.advance(1);
    let mut price = LegacyPrice {
        price: PRICE,
        confidence: 1,
        average: PRICE,
        exponent: -8,
        publish_time: x.chain.time(),
        slot: x.chain.slot(),
        trading: true,
    };
    change(&mut price);
    x.chain.set_legacy_price(x.price_account(2), &price);
    x.refresh(&[2])
}

#[test]
fn a_price_account_that_another_program_owns_is_refused() {
    let mut x = localnet();
    let (sol, btc) = (x.price_account(1), x.price_account(2));
    for (asset, key, owner) in [
        (1, sol, counterweight::ID),
        (1, sol, system_program::ID),
        (1, sol, PYTH_RECEIVER_SECOND), // Pyth's, but not the one that was chosen
        (1, sol, PYTH_LEGACY),
        (2, btc, Pubkey::new_unique()),
        (2, btc, PYTH_RECEIVER),
    ] {
        x.chain.advance(1);
        x.publish(asset, PRICE);
        let data = x.chain.data(&key);
        x.chain.set_account(key, owner, data);
        let failure = refused(&mut x, &[], ErrorCode::WrongOracleOwner, |x| {
            x.refresh(&[asset])
        });
        assert_numbers(&failure, &[("asset", asset.into())]);
    }
    refused(&mut x, &[], ErrorCode::WrongOracleOwner, |x| {
        x.chain
            .send(&[x.venue.refresh_prices(&[(1, Pubkey::new_unique())])], &[])
    });
}

#[test]
fn a_price_of_another_feed_is_refused_in_both_formats() {
    let mut x = localnet();
    x.chain.advance(1);
    x.publish(3, 400_000_000_000);
    let eth = x.price_account(3);
    let failure = refused(&mut x, &[], ErrorCode::WrongFeed, |x| {
        x.chain.send(&[x.venue.refresh_prices(&[(1, eth)])], &[])
    });
    assert_numbers(&failure, &[("asset", 1)]);
    // A legacy feed is the account's address: a copy elsewhere is another feed.
    x.publish(2, PRICE);
    let copy = keypair("copy of BTC").pubkey();
    let data = x.chain.data(&x.price_account(2));
    x.chain.set_account(copy, PYTH_LEGACY, data);
    refused(&mut x, &[], ErrorCode::WrongFeed, |x| {
        x.chain.send(&[x.venue.refresh_prices(&[(2, copy)])], &[])
    });
}

#[test]
fn a_price_that_too_few_guardians_signed_is_refused() {
    let mut x = localnet();
    refused(&mut x, &[], ErrorCode::PartialVerification, |x| {
        pull(x, |p| p.fully_verified = false)
    });
}

#[test]
fn a_legacy_feed_that_is_not_trading_is_refused() {
    let mut x = localnet();
    refused(&mut x, &[], ErrorCode::PriceNotTrading, |x| {
        legacy(x, |p| p.trading = false)
    });
}

#[test]
fn bytes_that_are_no_price_are_refused() {
    let mut x = localnet();
    x.chain.advance(1);
    x.publish(1, PRICE);
    x.publish(2, PRICE);
    let (sol, btc) = (x.price_account(1), x.price_account(2));
    let (good_sol, good_btc) = (x.chain.data(&sol), x.chain.data(&btc));
    let mut other_type = good_sol.clone();
    other_type[0] ^= 1;
    let mut other_magic = good_btc.clone();
    other_magic[0] ^= 1;
    for (asset, key, owner, data) in [
        (1, sol, PYTH_RECEIVER, vec![]),
        (1, sol, PYTH_RECEIVER, vec![0xff; 500]),
        (1, sol, PYTH_RECEIVER, good_sol[..60].to_vec()),
        (1, sol, PYTH_RECEIVER, other_type),
        (1, sol, PYTH_RECEIVER, good_btc.clone()),
        (2, btc, PYTH_LEGACY, vec![]),
        (2, btc, PYTH_LEGACY, vec![0xff; 5_000]),
        (2, btc, PYTH_LEGACY, good_btc[..200].to_vec()),
        (2, btc, PYTH_LEGACY, other_magic),
        (2, btc, PYTH_LEGACY, good_sol),
    ] {
        x.chain.set_account(key, owner, data);
        refused(&mut x, &[], ErrorCode::PriceUnreadable, |x| {
            x.refresh(&[asset])
        });
    }
}

#[test]
fn a_price_that_is_not_positive_or_not_representable_is_refused() {
    let mut x = localnet();
    for price in [0, -1, i64::MIN, i64::MAX] {
        let failure = refused(&mut x, &[], ErrorCode::PriceOutOfRange, |x| {
            pull(x, |p| p.price = price)
        });
        assert_eq!(number(&failure, "mantissa"), price.into());
    }
    for average in [0, -5] {
        let failure = refused(&mut x, &[], ErrorCode::PriceOutOfRange, |x| {
            legacy(x, |p| p.average = average)
        });
        assert_eq!(number(&failure, "mantissa"), average.into());
    }
    for exponent in [-40, 30, i32::MIN, i32::MAX] {
        refused(&mut x, &[], ErrorCode::PriceOutOfRange, |x| {
            pull(x, |p| p.exponent = exponent)
        });
    }
    refused(&mut x, &[], ErrorCode::PriceOutOfRange, |x| {
        pull(x, |p| p.confidence = u64::MAX)
    });
}

#[test]
fn an_older_publish_time_is_refused() {
    let mut x = localnet();
    let recorded = x.tables().assets[1].publish_time;
    let failure = refused(&mut x, &[], ErrorCode::PriceNotMonotone, |x| {
        pull(x, |p| p.publish_time = recorded - 1)
    });
    assert_numbers(
        &failure,
        &[
            ("found", (recorded - 1).into()),
            ("recorded", recorded.into()),
        ],
    );
    for time in [0, -1, i64::MIN] {
        refused(&mut x, &[], ErrorCode::PriceNotMonotone, |x| {
            legacy(x, |p| p.publish_time = time)
        });
    }
}

#[test]
fn an_older_posted_slot_is_refused_even_with_a_newer_publish_time() {
    let mut x = localnet();
    let slot = x.tables().assets[1].posted_slot;
    let failure = refused(&mut x, &[], ErrorCode::PriceNotMonotone, |x| {
        pull(x, |p| p.posted_slot = slot - 1)
    });
    assert_numbers(
        &failure,
        &[("found", (slot - 1).into()), ("recorded", slot.into())],
    );
    refused(&mut x, &[], ErrorCode::PriceNotMonotone, |x| {
        legacy(x, |p| p.slot = 0)
    });
    pull(&mut x, |p| p.posted_slot = slot).unwrap();
}

#[test]
fn a_price_from_the_future_is_refused() {
    let mut x = localnet();
    let latest = x.chain.time() + 1 + 30;
    for ahead in [1, i64::MAX - latest] {
        let failure = refused(&mut x, &[], ErrorCode::PriceFromFuture, |x| {
            pull(x, |p| p.publish_time = latest + ahead)
        });
        assert_eq!(number(&failure, "found"), (latest + ahead).into());
        assert_eq!(number(&failure, "latest"), (x.chain.time() + 30).into());
    }
}

#[test]
fn one_bad_price_refuses_the_whole_instruction() {
    let mut x = localnet();
    x.chain.advance(1);
    x.publish(1, 15_100_000_000);
    x.publish(2, 0);
    refused(&mut x, &[], ErrorCode::PriceOutOfRange, |x| {
        x.refresh(&[1, 2])
    });
    x.refresh(&[1]).unwrap();
}

#[test]
fn each_asset_needs_one_price_account() {
    let mut x = localnet();
    for keep in [0, 1, 3] {
        let mut refresh = x.refresh_instruction(&[1, 2]);
        let extra = refresh.accounts[1].clone();
        refresh.accounts.push(extra);
        refresh.accounts.truncate(1 + keep); // behind the risk book
        let failure = refused(&mut x, &[], ErrorCode::WrongAccountCount, |x| {
            x.chain.send(&[refresh], &[])
        });
        assert_numbers(&failure, &[("accounts", keep as i128), ("assets", 2)]);
    }
}

#[test]
fn what_has_no_oracle_or_does_not_exist_cannot_be_refreshed() {
    let mut x = localnet();
    // A system account's owner is all zeros, as is what a quote token without feed expects.
    let empty = x.authority.pubkey();
    refused(&mut x, &[], ErrorCode::NoOracle, |x| {
        x.chain.send(&[x.venue.refresh_prices(&[(0, empty)])], &[])
    });
    let sol = x.price_account(1);
    refused(&mut x, &[], ErrorCode::WrongOracleOwner, |x| {
        x.chain.send(&[x.venue.refresh_prices(&[(0, sol)])], &[])
    });
    let failure = refused(&mut x, &[], ErrorCode::UnknownAsset, |x| {
        x.chain.send(&[x.venue.refresh_prices(&[(4, sol)])], &[])
    });
    assert_numbers(&failure, &[("asset", 4)]);
}

#[test]
fn an_asset_that_never_had_a_price_cannot_be_traded_or_counted() {
    let mut x = localnet();
    let mut config = x.deployment.asset[1].clone();
    config.name = "JUP".into();
    x.deployment.asset.push(config.clone());
    x.prices.push(PRICE);
    x.add_asset(&config).unwrap();
    let mut market = x.deployment.market[0].clone();
    market.asset = "JUP".into();
    x.deployment.market.push(market);
    x.add_market(3).unwrap();
    let (maker, taker) = (x.funded("maker", 10_000), x.funded("taker", 10_000));
    let leg = counterweight::Leg {
        market: 3,
        lots: 1,
        price: 1,
    };
    let failure = refused(&mut x, &[&maker, &taker], ErrorCode::NoPrice, |x| {
        x.block_trade(&taker, &maker, &[leg])
    });
    assert_numbers(&failure, &[("asset", 4)]);
    // It may be deposited, counts nothing, and stops nothing of what the rest of the account carries.
    let before = x.view(taker.margin).unwrap();
    x.deposit(&taker, 4, 5).unwrap();
    let view = x.view(taker.margin).unwrap();
    assert_eq!(
        (view.equity, view.initial_equity),
        (before.equity, before.initial_equity)
    );
    x.withdraw(&taker, 0, 1, Guards::default()).unwrap();
    // But a price that is as fresh as the client wants, it has not.
    let fresh = Guards {
        max_price_age: Some(60),
        ..Guards::default()
    };
    refused(&mut x, &[&taker], ErrorCode::NoPrice, |x| {
        x.withdraw(&taker, 0, 1, fresh)
    });
}

/// A maker and a taker who is long 100 SOL with 2,000 dollars, and holds 1 SOL.
fn traders(x: &mut Exchange) -> (Trader, Trader) {
    let (maker, taker) = (x.funded("maker", 1_000_000), x.funded("taker", 2_000));
    x.deposit(&taker, 1, 1_000_000_000).unwrap();
    let leg = x.leg(0, 10_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    (maker, taker)
}

/// What lets value out or adds risk: refused with this code. Reducing, depositing and flagging work.
fn only_safe_actions_work(x: &mut Exchange, code: ErrorCode, maker: &Trader, taker: &Trader) {
    let both = [maker, taker];
    let add = x.leg(0, 1);
    let failures = [
        refused(x, &both, code, |x| {
            x.withdraw(taker, 0, 1, Guards::default())
        }),
        refused(x, &both, code, |x| {
            x.withdraw(taker, 1, 1, Guards::default())
        }),
        refused(x, &both, code, |x| x.block_trade(taker, maker, &[add])),
    ];
    for failure in &failures {
        number(
            failure,
            if code.name() == "QuoteOffPar" {
                "par"
            } else {
                "limit"
            },
        );
    }
    let view = x.view(taker.margin).unwrap();
    assert!(!view.can_add_risk && view.equity > 0);
    assert_eq!(
        (
            view.initial_equity,
            view.initial_margin,
            view.free_collateral
        ),
        (0, 0, 0)
    );
    let reduce = x.leg(0, -1);
    x.block_trade(taker, maker, &[reduce]).unwrap();
    x.deposit(taker, 0, 1).unwrap();
    // Healthy: the refusal is about the account, not about the price.
    let flag = x
        .chain
        .send(&[x.venue.flag_account(taker.margin)], &[])
        .unwrap_err();
    assert!(flag.is(ErrorCode::NotLiquidatable), "{flag}");
}

#[test]
fn a_price_too_old_for_adding_risk_still_serves_to_reduce() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    x.chain.advance(60);
    x.withdraw(&taker, 0, 1, Guards::default()).unwrap();
    x.chain.advance(1);
    only_safe_actions_work(&mut x, ErrorCode::StalePrice, &maker, &taker);
    let failure = x.withdraw(&taker, 0, 1, Guards::default()).unwrap_err();
    assert_numbers(&failure, &[("asset", 1), ("age", 61), ("limit", 60)]);
}

#[test]
fn a_price_too_old_for_liquidation_serves_for_a_verdict_and_for_nothing_else() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    x.set_price(1, 13_200_000_000); // −12 %: below maintenance
    x.chain.advance(300);
    let before = x.view(taker.margin).unwrap();
    x.chain.advance(1);
    let reduce = x.leg(0, -1);
    let both = [&maker, &taker];
    // The account is judged by the price that was recorded last, and nothing changes hands at it.
    let view = x.view(taker.margin).unwrap();
    // (Its SOL counts by the initial weight: 13 dollars less.)
    let less = before.equity - view.equity;
    assert!(!view.can_add_risk && (13 * DOLLAR..14 * DOLLAR).contains(&less));
    let flag = x.venue.flag_account(taker.margin);
    x.chain.send(&[flag], &[]).unwrap();
    let failure = refused(&mut x, &both, ErrorCode::StalePrice, |x| {
        x.liquidate(&maker, taker.margin, 0, 1)
    });
    assert_numbers(&failure, &[("asset", 1), ("age", 301), ("limit", 300)]);
    refused(&mut x, &both, ErrorCode::StalePrice, |x| {
        x.block_trade(&taker, &maker, &[reduce])
    });
    x.deposit(&taker, 0, 1).unwrap();
}

#[test]
fn an_account_without_what_the_price_is_of_does_not_need_it() {
    let mut x = localnet();
    let saver = x.funded("saver", 100);
    x.chain.advance(1_000_000);
    x.withdraw(&saver, 0, 100 * DOLLAR as u64, Guards::default())
        .unwrap();
}

#[test]
fn a_wide_price_lets_nothing_out_and_nobody_is_liquidated_on_its_noise() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    x.chain.advance(1);
    x.publish_with(1, PRICE, 150_000_001, PRICE); // 1 % is the limit
    x.refresh(&[1]).unwrap();
    only_safe_actions_work(&mut x, ErrorCode::WidePrice, &maker, &taker);
    // At 132 the account fails, but within ±20 the index may be 152.
    x.chain.advance(1);
    x.publish_with(1, 13_200_000_000, 2_000_000_000, 13_200_000_000);
    x.refresh(&[1]).unwrap();
    refused(&mut x, &[&maker, &taker], ErrorCode::NotLiquidatable, |x| {
        x.liquidate(&maker, taker.margin, 0, 1)
    });
    x.set_price(1, 13_200_000_000);
    x.liquidate(&maker, taker.margin, 0, 1).unwrap();
}

#[test]
fn a_divergent_price_lets_nothing_out_but_liquidates() {
    let mut x = localnet();
    let (maker, taker) = traders(&mut x);
    x.chain.advance(1);
    x.publish_with(1, PRICE, 1, 16_700_000_000); // 10 % is the limit
    x.refresh(&[1]).unwrap();
    only_safe_actions_work(&mut x, ErrorCode::DivergentPrice, &maker, &taker);
    x.chain.advance(1);
    x.publish_with(1, 13_200_000_000, 1, PRICE);
    x.refresh(&[1]).unwrap();
    x.liquidate(&maker, taker.margin, 0, 1).unwrap();
}

#[test]
fn a_quote_token_off_par_lets_nothing_out() {
    let mut x = deployed(|d: &mut Deployment| d.asset[0].oracle = "pull".into());
    let (maker, taker) = traders(&mut x);
    for price in [97_900_000, 102_100_000] {
        x.set_price(0, price); // 2 % is the limit
        only_safe_actions_work(&mut x, ErrorCode::QuoteOffPar, &maker, &taker);
        let failure = x.withdraw(&maker, 0, 1, Guards::default()).unwrap_err();
        // One dollar, and the quote token's price, in quote atoms as 48.16.
        assert_eq!(number(&failure, "par"), 1_000_000 << 16);
        assert_eq!(number(&failure, "price"), i128::from(price / 100) << 16);
    }
    x.set_price(0, 98_100_000);
    x.withdraw(&maker, 0, 1, Guards::default()).unwrap();
}

#[test]
fn a_quote_token_whose_own_price_is_old_lets_nothing_out() {
    let mut x = deployed(|d: &mut Deployment| d.asset[0].oracle = "pull".into());
    let (maker, taker) = traders(&mut x);
    x.chain.advance(61);
    x.publish(1, PRICE);
    x.refresh(&[1]).unwrap();
    only_safe_actions_work(&mut x, ErrorCode::StalePrice, &maker, &taker);
    let failure = x.withdraw(&taker, 0, 1, Guards::default()).unwrap_err();
    assert_numbers(&failure, &[("asset", 0), ("age", 61), ("limit", 60)]);
}
