//! What a slice refuses: accounts that are good, books with orders, markets out of place, liquidators that
//! are weak or want more.

use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, SliceArgs, error::ErrorCode, state::PAUSE_LIQUIDATE};
use counterweight_risk::orders::Side;
use counterweight_simnet::{Signer, limit};
use counterweight_tests::{
    hedge::{ALL, ETH, Hedged, LONG, SHORT, fraction},
    scene::{
        NOT_SIGNER, assert_numbers, beside, number, refused, refused_by_runtime, signing_as,
        unsigned, with_account,
    },
};

/// Anchor's error for an account that should be writable.
const NOT_WRITABLE: u32 = 3006;

/// What the keeper takes is refused, and nothing changes.
#[track_caller]
fn refuses(h: &mut Hedged, code: ErrorCode, args: SliceArgs) -> Box<counterweight_simnet::Failure> {
    let take = h.instruction(args);
    refuses_instruction(h, code, take)
}

#[track_caller]
fn refuses_instruction(
    h: &mut Hedged,
    code: ErrorCode,
    take: anchor_lang::solana_program::instruction::Instruction,
) -> Box<counterweight_simnet::Failure> {
    let key = h.keeper.key.insecure_clone();
    let watched = [&h.maker, &h.hedger, &h.keeper];
    refused(&mut h.x, &watched, code, |x| x.chain.send(&[take], &[&key]))
}

/// The keeper's slice of the markets of this list.
fn of_markets(
    h: &mut Hedged,
    markets: &[u16],
) -> anchor_lang::solana_program::instruction::Instruction {
    let owner = h.keeper.key.pubkey();
    let venue = h.x.venue;
    venue.liquidate_slice(
        owner,
        h.hedger.margin,
        h.keeper.margin,
        markets,
        fraction(ALL),
    )
}

#[test]
fn a_healthy_account_is_not_sliced() {
    let mut h = Hedged::new();
    let view = h.x.view(h.hedger.margin).unwrap();
    let failure = refuses(&mut h, ErrorCode::NotLiquidatable, fraction(ALL));
    let numbers = [
        ("equity", view.equity.into()),
        ("below", view.maintenance_margin.into()),
    ];
    assert_numbers(&failure, &numbers);
    // One that was restored is not sliced further.
    h.fall();
    h.slice(fraction(ALL)).unwrap();
    refuses(&mut h, ErrorCode::NotLiquidatable, fraction(ALL));
}

#[test]
fn an_account_in_liquidation_is_sliced_until_the_buffer() {
    let mut h = Hedged::failing();
    let flag = h.x.venue.flag_account(h.hedger.margin);
    h.x.chain.send(&[flag], &[]).unwrap();
    h.x.set_price(3, 330_000_000_000);
    let view = h.x.view(h.hedger.margin).unwrap();
    assert!(view.equity > view.maintenance_margin);
    assert!(view.equity * 10 < view.maintenance_margin * 11);
    h.slice(fraction(ALL)).unwrap();
    let view = h.x.view(h.hedger.margin).unwrap();
    assert!(view.liquidation_start == 0 && view.equity * 10 >= view.maintenance_margin * 11);
}

#[test]
fn an_account_takes_no_slice_of_itself() {
    let mut h = Hedged::failing();
    let markets = h.markets();
    let (key, own) = (h.hedger.key.pubkey(), h.hedger.margin);
    let take =
        h.x.venue
            .liquidate_slice(key, own, own, &markets, fraction(ALL));
    let signer = h.hedger.key.insecure_clone();
    let watched = [&h.maker, &h.hedger, &h.keeper];
    refused(&mut h.x, &watched, ErrorCode::SameAccount, |x| {
        x.chain.send(&[take], &[&signer])
    });
}

#[test]
fn nobody_takes_slices_with_somebody_elses_account() {
    let mut h = Hedged::failing();
    let stranger = signing_as(&mut h.x, "stranger", h.keeper.margin);
    let hedger = h.hedger.margin;
    let watched = [&h.maker, &h.hedger, &h.keeper];
    refused(&mut h.x, &watched, ErrorCode::NotOwnerOrDelegate, |x| {
        x.liquidate_slice(&stranger, hedger, ALL)
    });
    let take = h.instruction(fraction(ALL));
    let key = h.keeper.key.pubkey();
    let watched = [&h.maker, &h.hedger, &h.keeper];
    refused_by_runtime(&mut h.x, &watched, Some(NOT_SIGNER), |x| {
        x.chain.send(&[unsigned(take, key)], &[])
    });
}

#[test]
fn every_market_is_passed_once_and_in_its_place() {
    let mut h = Hedged::failing();
    assert_eq!(h.markets(), [LONG, SHORT, ETH], "by asset, then by market");
    for few_or_many in [&[][..], &[LONG, SHORT], &[LONG, SHORT, ETH, 1]] {
        let take = of_markets(&mut h, few_or_many);
        let failure = refuses_instruction(&mut h, ErrorCode::WrongAccountCount, take);
        let accounts = few_or_many.len() as i128;
        assert_numbers(&failure, &[("accounts", accounts), ("positions", 3)]);
    }
    for (markets, wrong) in [
        ([SHORT, LONG, ETH], LONG),
        ([LONG, LONG, ETH], SHORT),
        ([LONG, SHORT, 1], ETH),
        ([LONG, ETH, SHORT], SHORT),
    ] {
        let take = of_markets(&mut h, &markets);
        let failure = refuses_instruction(&mut h, ErrorCode::WrongMarket, take);
        assert_numbers(&failure, &[("market", wrong.into())]);
    }
    // Another of the accounts in the place of a market, and a market that may not be written.
    for other in [h.keeper.margin, h.hedger.margin, h.x.venue.risk_book] {
        let take = with_account(h.instruction(fraction(ALL)), h.x.venue.market(ETH), other);
        refuses_instruction(&mut h, ErrorCode::WrongMarket, take);
    }
    let mut take = h.instruction(fraction(ALL));
    take.accounts[5].is_writable = false;
    let key = h.keeper.key.insecure_clone();
    let watched = [&h.maker, &h.hedger, &h.keeper];
    refused_by_runtime(&mut h.x, &watched, Some(NOT_WRITABLE), |x| {
        x.chain.send(&[take], &[&key])
    });
}

#[test]
fn nothing_is_taken_while_orders_rest_or_fills_wait() {
    let mut h = Hedged::new();
    let Hedged { x, hedger, .. } = &mut h;
    let mid = x.index_ticks(ETH);
    x.order(hedger, ETH, limit(Side::Sell, mid + 5, 10), &[])
        .unwrap();
    h.fall();
    let failure = refuses(&mut h, ErrorCode::OrdersStillRest, fraction(ALL));
    assert_numbers(&failure, &[("orders", 1), ("lots", 10)]);
    h.x.prune(h.hedger.margin, ETH).unwrap();
    h.slice(fraction(ALL)).unwrap();

    // The order is filled, and the fill waits in the queue.
    let mut h = Hedged::new();
    let mid = h.x.index_ticks(ETH);
    h.x.order(&h.hedger, ETH, limit(Side::Sell, mid + 5, 10), &[])
        .unwrap();
    h.x.trade(&h.keeper, ETH, 10, mid + 5, &[]).unwrap();
    h.fall();
    refuses(&mut h, ErrorCode::OrdersStillRest, fraction(ALL));
    let waiting = [h.hedger.margin];
    h.x.settle_fills(ETH, &waiting).unwrap();
    h.slice(fraction(ALL)).unwrap();
}

#[test]
fn a_fraction_has_something_in_it() {
    let mut h = Hedged::failing();
    refuses(&mut h, ErrorCode::ZeroQuantity, fraction(0));
    // Half a lot of 20,000 is 2^20 / 40,000: 26.2.
    let failure = refuses(&mut h, ErrorCode::SliceTooSmall, fraction(26));
    assert_eq!(number(&failure, "fraction in 2^-30"), 26 << 10);
    h.slice(fraction(27)).unwrap();
    assert_eq!(h.lots(&h.keeper.margin, LONG), 1);
    assert_eq!(h.lots(&h.keeper.margin, SHORT), -1);
    assert_eq!(h.lots(&h.keeper.margin, ETH), 0);
    // More than all is all.
    h.x.set_price(3, 200_000_000_000);
    h.slice(fraction(u32::MAX)).unwrap();
    assert!(h.x.margin(&h.hedger.margin).positions().is_empty());
}

#[test]
fn what_has_ended_is_nothing_to_slice() {
    let mut h = Hedged::failing();
    h.x.set_price(3, 200_000_000_000);
    for market in [LONG, SHORT, ETH] {
        let (authority, price) = (h.x.authority.pubkey(), h.x.index_ticks(market));
        let end = h.x.venue.settle_market(authority, market, price);
        h.x.govern(end).unwrap();
    }
    assert!(h.x.view(h.hedger.margin).unwrap().equity < 0);
    refuses(&mut h, ErrorCode::NothingToSlice, fraction(ALL));
}

#[test]
fn a_liquidator_says_how_little_it_takes_for_it() {
    let mut h = Hedged::failing();
    let wanting = |min_reward_bps| SliceArgs {
        min_reward_bps,
        ..fraction(1 << 18)
    };
    // 70 % of 50 basis points, later of 200, and nothing where there is no equity.
    let failure = refuses(&mut h, ErrorCode::RewardBelowLimit, wanting(35));
    assert_eq!(number(&failure, "limit bps"), 35);
    let share = number(&failure, "reward") * 100_000 / number(&failure, "value");
    assert_eq!(share, 349, "a little less than 35, by the roundings");
    let flag = h.x.venue.flag_account(h.hedger.margin);
    h.x.chain.send(&[flag], &[]).unwrap();
    h.x.chain.advance(30);
    refuses(&mut h, ErrorCode::RewardBelowLimit, wanting(140));
    h.slice(wanting(139)).unwrap();
    h.x.set_price(3, 200_000_000_000);
    let failure = refuses(&mut h, ErrorCode::RewardBelowLimit, wanting(1));
    assert_eq!(number(&failure, "reward"), 0);
    h.slice(wanting(0)).unwrap();
}

#[test]
fn a_liquidator_stays_above_initial_margin() {
    let mut h = Hedged::failing();
    let poor = h.x.funded("poor", 400);
    let (hedger, watched) = (h.hedger.margin, [&h.maker, &h.hedger, &poor]);
    let failure = refused(&mut h.x, &watched, ErrorCode::InitialMarginNotMet, |x| {
        x.liquidate_slice(&poor, hedger, ALL)
    });
    assert!(number(&failure, "equity") < number(&failure, "initial margin"));
    // A sixteenth of 66,000 dollars it can bear.
    h.x.liquidate_slice(&poor, hedger, 1 << 16).unwrap();
    assert!(h.x.view(poor.margin).unwrap().free_collateral >= 0);
}

#[test]
fn a_liquidator_needs_a_slot_for_each_market() {
    let mut h = Hedged::on(|deployment| {
        for copy in 4..12 {
            let mut market = deployment.market[1].clone();
            market.name = format!("BTC-{copy}");
            deployment.market.push(market);
        }
    });
    let legs: Vec<_> = (4..11).map(|market| h.x.leg(market, 100)).collect();
    h.x.block_trade(&h.keeper, &h.maker, &legs[..3]).unwrap();
    let resize = counterweight_sdk::instructions::resize_margin_account(
        h.maker.key.pubkey(),
        h.maker.margin,
        16,
    );
    let maker = h.maker.key.insecure_clone();
    h.x.chain.send(&[resize], &[&maker]).unwrap();
    h.x.block_trade(&h.keeper, &h.maker, &legs[3..]).unwrap();
    h.fall();
    let failure = refuses(&mut h, ErrorCode::NoFreeSlot, fraction(ALL));
    assert_numbers(&failure, &[("slots", 8)]);
}

#[test]
fn the_liquidators_guards_hold() {
    let mut h = Hedged::failing();
    let guarded = |guards| SliceArgs {
        guards,
        ..fraction(1 << 16)
    };
    let sequence = h.x.margin(&h.keeper.margin).header.sequence;
    let late = Guards {
        expected_sequence: Some(sequence + 1),
        ..Guards::default()
    };
    refuses(&mut h, ErrorCode::SequenceChanged, guarded(late));
    let careful = Guards {
        min_margin_ratio_after_bps: Some(100_000_000),
        ..Guards::default()
    };
    refuses(&mut h, ErrorCode::MarginRatioBelowGuard, guarded(careful));
    h.x.chain.advance(10);
    let fresh = Guards {
        max_price_age: Some(9),
        ..Guards::default()
    };
    refuses(&mut h, ErrorCode::StalePrice, guarded(fresh));
    let all = Guards {
        expected_sequence: Some(sequence),
        min_margin_ratio_after_bps: Some(20_000),
        max_price_age: Some(20),
    };
    h.slice(guarded(all)).unwrap();
}

#[test]
fn a_pause_or_an_old_price_of_a_position_stops_it() {
    let mut h = Hedged::failing();
    let pause = h.x.venue.pause(h.x.authority.pubkey(), PAUSE_LIQUIDATE);
    h.x.govern(pause).unwrap();
    refuses(&mut h, ErrorCode::Paused, fraction(ALL));
    let run = h.x.venue.pause(h.x.authority.pubkey(), 0);
    h.x.govern(run).unwrap();
    h.x.chain.advance(301);
    let failure = refuses(&mut h, ErrorCode::StalePrice, fraction(ALL));
    assert_eq!(number(&failure, "limit"), 300);
}

#[test]
fn accounts_of_another_clearinghouse_are_refused() {
    let h = Hedged::failing();
    let (there, failing_there): (Pubkey, Pubkey) = (h.keeper.margin, h.hedger.margin);
    let (x, abroad) = beside(h.x);
    let mut x = x;
    let maker = x.funded("maker", 1_000_000);
    let taker = x.funded("taker", 1_500);
    let keeper = x.funded("keeper", 100_000);
    let leg = x.leg(0, 15_000);
    x.block_trade(&taker, &maker, &[leg]).unwrap();
    x.set_price(1, 14_400_000_000);
    let take = x.venue.liquidate_slice(
        keeper.key.pubkey(),
        taker.margin,
        keeper.margin,
        &[0],
        fraction(ALL),
    );
    let swaps = [
        (taker.margin, failing_there, ErrorCode::WrongClearinghouse),
        (keeper.margin, there, ErrorCode::WrongClearinghouse),
        (
            x.venue.risk_book,
            abroad.risk_book,
            ErrorCode::WrongClearinghouse,
        ),
        (x.venue.market(0), abroad.market(0), ErrorCode::WrongMarket),
    ];
    for (place, other, code) in swaps {
        let call = with_account(take.clone(), place, other);
        refused(&mut x, &[&maker, &taker, &keeper], code, |x| {
            x.chain.send(&[call], &[&keeper.key])
        });
    }
    x.chain.send(&[take], &[&keeper.key]).unwrap();
}
