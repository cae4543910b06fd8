//! What taking collateral refuses: accounts that are good, have positions or owe nothing; liquidators that
//! are weak, and prices that are old or beyond a limit.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{CollateralArgs, Guards, error::ErrorCode, state::PAUSE_LIQUIDATE};
use counterweight_simnet::{Exchange, Failure, Signer, Trader};
use counterweight_tests::scene::{
    DOLLAR, NOT_SIGNER, SOL, assert_numbers, beside, deployed, localnet, number, refused,
    refused_by_runtime, signing_as, unsigned, with_account,
};

/// A debtor with 10 SOL who owes some 1,000 dollars, at this price of SOL in dollars, and a keeper with so many.
struct Scene {
    x: Exchange,
    debtor: Trader,
    keeper: Trader,
}

impl Scene {
    fn new(sol: i64, keeper: u64) -> Self {
        Self::on(localnet(), sol, keeper)
    }

    fn on(mut x: Exchange, sol: i64, keeper: u64) -> Self {
        let (maker, debtor) = (x.funded("maker", 1_000_000), x.trader("debtor"));
        x.deposit(&debtor, 1, 10 * SOL).unwrap();
        let leg = x.leg(1, 18_000); // 18,000 dollars of BTC
        x.block_trade(&debtor, &maker, &[leg]).unwrap();
        x.set_price(2, 9_450_000_000_000); // −5.5 %
        let lots = x.margin(&debtor.margin).positions()[0].lots.0;
        let leg = x.leg(1, -lots);
        x.block_trade(&debtor, &maker, &[leg]).unwrap();
        x.set_price(1, sol * 100_000_000);
        let keeper = x.funded("keeper", keeper);
        let core = x.margin(&debtor.margin).header.core;
        assert!((-1_001 * DOLLAR..-990 * DOLLAR).contains(&core.cash.0));
        assert_eq!(core.position_count, 0);
        Self { x, debtor, keeper }
    }

    fn instruction(&self, args: CollateralArgs) -> Instruction {
        let key = self.keeper.key.pubkey();
        let (debtor, keeper) = (self.debtor.margin, self.keeper.margin);
        self.x.venue.liquidate_collateral(key, debtor, keeper, args)
    }

    #[track_caller]
    fn refuses(&mut self, code: ErrorCode, args: CollateralArgs) -> Box<Failure> {
        let take = self.instruction(args);
        let watched = [&self.debtor, &self.keeper];
        refused(&mut self.x, &watched, code, |x| {
            x.chain.send(&[take], &[&self.keeper.key])
        })
    }

    fn take(&mut self, args: CollateralArgs) {
        let take = self.instruction(args);
        self.x.chain.send(&[take], &[&self.keeper.key]).unwrap();
    }
}

/// All of the SOL.
const ALL: CollateralArgs = CollateralArgs {
    asset: 1,
    max_atoms: u64::MAX,
    limit_price: None,
    guards: Guards {
        expected_sequence: None,
        min_margin_ratio_after_bps: None,
        max_price_age: None,
    },
};

#[test]
fn a_debt_that_collateral_covers_is_left_alone() {
    let mut s = Scene::new(120, 100_000);
    let view = s.x.view(s.debtor.margin).unwrap();
    assert!(view.equity > 0, "90 % of 1,200 dollars");
    let failure = s.refuses(ErrorCode::NotLiquidatable, ALL);
    let numbers = [("equity", view.equity.into()), ("below", 0)];
    assert_numbers(&failure, &numbers);
    // Flagged below and risen since: it is restored, not liquidated.
    s.x.set_price(1, 10_000_000_000);
    let flag = s.x.venue.flag_account(s.debtor.margin);
    s.x.chain.send(&[flag], &[]).unwrap();
    s.x.set_price(1, 12_000_000_000);
    s.refuses(ErrorCode::NotLiquidatable, ALL);
}

#[test]
fn positions_go_first() {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 1_000_000), x.trader("taker"));
    x.deposit(&taker, 1, 10 * SOL).unwrap();
    let leg = x.leg(1, 18_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    x.set_price(1, 5_000_000_000);
    let failure = refused(&mut x, &[&maker, &taker], ErrorCode::PositionsRemain, |x| {
        x.liquidate_collateral(&maker, taker.margin, 1, u64::MAX)
    });
    assert_numbers(&failure, &[("positions", 1)]);
    // What has ended is a position until it is settled.
    let end = x
        .venue
        .settle_market(x.authority.pubkey(), 1, x.index_ticks(1));
    x.govern(end).unwrap();
    refused(&mut x, &[&maker, &taker], ErrorCode::PositionsRemain, |x| {
        x.liquidate_collateral(&maker, taker.margin, 1, u64::MAX)
    });
}

#[test]
fn an_account_that_owes_nothing_keeps_its_collateral() {
    let mut x = localnet();
    let (saver, keeper) = (x.trader("saver"), x.funded("keeper", 1_000));
    x.deposit(&saver, 1, SOL).unwrap();
    let failure = refused(&mut x, &[&saver, &keeper], ErrorCode::NoDebt, |x| {
        x.liquidate_collateral(&keeper, saver.margin, 1, u64::MAX)
    });
    assert_numbers(&failure, &[("cash", 0)]);
}

#[test]
fn what_is_not_there_is_not_taken() {
    let mut s = Scene::new(100, 100_000);
    let none = CollateralArgs {
        max_atoms: 0,
        ..ALL
    };
    s.refuses(ErrorCode::ZeroQuantity, none);
    for asset in [0, 2] {
        let other = CollateralArgs { asset, ..ALL };
        let failure = s.refuses(ErrorCode::InsufficientBalance, other);
        assert_numbers(&failure, &[("available", 0)]);
    }
    let unknown = CollateralArgs { asset: 9, ..ALL };
    s.refuses(ErrorCode::UnknownAsset, unknown);
    // All is taken, the debt is larger, and there is nothing more.
    s.x.set_price(1, 9_000_000_000);
    s.take(ALL);
    s.refuses(ErrorCode::InsufficientBalance, ALL);
}

#[test]
fn nobody_takes_from_himself_or_for_somebody_else() {
    let mut s = Scene::new(100, 100_000);
    let (key, own) = (s.debtor.key.pubkey(), s.debtor.margin);
    let take = s.x.venue.liquidate_collateral(key, own, own, ALL);
    let watched = [&s.debtor, &s.keeper];
    refused(&mut s.x, &watched, ErrorCode::SameAccount, |x| {
        x.chain.send(&[take], &[&s.debtor.key])
    });
    let stranger = signing_as(&mut s.x, "stranger", s.keeper.margin);
    refused(&mut s.x, &watched, ErrorCode::NotOwnerOrDelegate, |x| {
        x.liquidate_collateral(&stranger, own, 1, 1)
    });
    let take = s.instruction(ALL);
    let key = s.keeper.key.pubkey();
    let watched = [&s.debtor, &s.keeper];
    refused_by_runtime(&mut s.x, &watched, Some(NOT_SIGNER), |x| {
        x.chain.send(&[unsigned(take, key)], &[])
    });
}

#[test]
fn a_taker_sets_the_highest_price_and_the_discount_counts() {
    let mut s = Scene::new(100, 100_000);
    let index = s.x.tables().assets[1].index.0;
    let at = |limit| CollateralArgs {
        max_atoms: SOL,
        limit_price: Some(limit),
        ..ALL
    };
    let failure = s.refuses(ErrorCode::LimitPriceExceeded, at(index - 1));
    let numbers = [("price", index.into()), ("limit", i128::from(index) - 1)];
    assert_numbers(&failure, &numbers);
    s.take(at(index));
    // Half of the auction: 2.5 % off, rounded to the account's favour.
    s.x.chain.advance(15);
    let failure = s.refuses(ErrorCode::LimitPriceExceeded, at(index * 974 / 1_000));
    let share = number(&failure, "price") * 10_000 / i128::from(index);
    assert_eq!(share, 9_750);
    s.take(at(index * 976 / 1_000));
}

#[test]
fn a_taker_meets_initial_margin_with_what_it_took() {
    // 10 SOL for 1,000 dollars count 800 at most: it needs 200 of its own besides.
    for (dollars, enough) in [(150, false), (400, true)] {
        let mut s = Scene::new(100, dollars);
        if enough {
            s.take(ALL);
            assert!(s.x.view(s.keeper.margin).unwrap().free_collateral >= 0);
        } else {
            let failure = s.refuses(ErrorCode::InitialMarginNotMet, ALL);
            assert!(number(&failure, "equity") < 0);
        }
    }
}

#[test]
fn a_taker_needs_a_free_place_for_the_asset() {
    let x = deployed(|deployment| {
        for n in 0..8 {
            let mut asset = deployment.asset[1].clone();
            asset.name = format!("T{n}");
            deployment.asset.push(asset);
        }
    });
    let mut s = Scene::on(x, 100, 100_000);
    for asset in 4..12 {
        s.x.deposit(&s.keeper, asset, 1).unwrap();
    }
    let failure = s.refuses(ErrorCode::NoFreeBalance, ALL);
    assert_numbers(&failure, &[("limit", 8)]);
}

#[test]
fn an_old_price_a_pause_and_the_guards_stop_it() {
    let mut s = Scene::new(100, 100_000);
    let pause = s.x.venue.pause(s.x.authority.pubkey(), PAUSE_LIQUIDATE);
    s.x.govern(pause).unwrap();
    s.refuses(ErrorCode::Paused, ALL);
    let run = s.x.venue.pause(s.x.authority.pubkey(), 0);
    s.x.govern(run).unwrap();

    let guarded = |guards| CollateralArgs { guards, ..ALL };
    let sequence = s.x.margin(&s.keeper.margin).header.sequence;
    let late = Guards {
        expected_sequence: Some(sequence + 1),
        ..Guards::default()
    };
    s.refuses(ErrorCode::SequenceChanged, guarded(late));
    s.x.chain.advance(10);
    let fresh = Guards {
        max_price_age: Some(9),
        ..Guards::default()
    };
    let failure = s.refuses(ErrorCode::StalePrice, guarded(fresh));
    assert_eq!(number(&failure, "limit"), 9);
    s.x.chain.advance(291);
    let failure = s.refuses(ErrorCode::StalePrice, ALL);
    assert_eq!(number(&failure, "limit"), 300);
}

#[test]
fn accounts_of_another_clearinghouse_are_refused() {
    let there = Scene::new(100, 100_000);
    let (debtor_there, keeper_there): (Pubkey, Pubkey) = (there.debtor.margin, there.keeper.margin);
    let (x, abroad) = beside(there.x);
    let mut s = Scene::on(x, 100, 100_000);
    let take = s.instruction(ALL);
    for (place, other) in [
        (s.debtor.margin, debtor_there),
        (s.keeper.margin, keeper_there),
        (s.x.venue.risk_book, abroad.risk_book),
    ] {
        let call = with_account(take.clone(), place, other);
        let watched = [&s.debtor, &s.keeper];
        refused(&mut s.x, &watched, ErrorCode::WrongClearinghouse, |x| {
            x.chain.send(&[call], &[&s.keeper.key])
        });
    }
    s.take(ALL);
}
