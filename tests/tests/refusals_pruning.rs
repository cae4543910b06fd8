//! Orders of accounts that fail: who may take them out, and that liquidation waits for it. And the
//! client's own limits where it acts on a book.

use counterweight::{Guards, OrderArgs, TradeArgs, Which, error::ErrorCode};
use counterweight_risk::{
    market::{MODE_POST_ONLY, MODE_REDUCE_ONLY},
    orders::Side,
};
use counterweight_simnet::{Exchange, Trader, limit};
use counterweight_tests::{
    pit::{Pit, SOL_PERP, lots, quotes, send},
    scene::{Outcome, assert_numbers, beside, localnet, number, refused, with_account},
};

/// A pit, and an account that is long 150 SOL on little more than its initial margin, with an ask and
/// a bid away from the index.
fn with_weak() -> (Pit, Trader) {
    let mut pit = Pit::new();
    let weak = pit.x.funded("weak", 1_500);
    let leg = pit.x.leg(SOL_PERP, 15_000);
    pit.x.block_trade(&weak, &pit.maker, &[leg]).unwrap();
    let orders = quotes([
        (Side::Sell, pit.mid + 300, 100),
        (Side::Buy, pit.mid - 900, 100),
    ]);
    pit.x.quotes(&weak, SOL_PERP, orders).unwrap();
    (pit, weak)
}

#[test]
fn nobody_takes_out_an_order_that_is_good() {
    let (mut pit, weak) = with_weak();
    let all = |pit: &mut Pit| {
        let watched = [&pit.maker, &weak];
        let failure = refused(&mut pit.x, &watched, ErrorCode::OrderIsGood, |x| {
            x.prune(weak.margin, SOL_PERP)
        });
        assert_numbers(&failure, &[("market", 0)]);
    };
    all(&mut pit);
    // Not without any order, not in post-only mode, not where prices do not allow to judge.
    pit.refuses(ErrorCode::OrderIsGood, |x, maker, _| {
        x.prune(maker.margin, SOL_PERP)
    });
    pit.set_terms(|terms| terms.mode = MODE_POST_ONLY);
    all(&mut pit);
    pit.x.chain.advance(301);
    all(&mut pit);
    pit.x.refresh_all();
    let none = pit.x.venue.prune_orders(weak.margin, SOL_PERP, 0);
    pit.set_terms(|terms| terms.mode = MODE_REDUCE_ONLY);
    refused(&mut pit.x, &[&weak], ErrorCode::OrderIsGood, |x| {
        x.chain.send(&[none], &[])
    });
    // Only the bid can make the position larger.
    pit.x.prune(weak.margin, SOL_PERP).unwrap();
    assert_eq!((pit.resting(Side::Buy), pit.resting(Side::Sell)), (0, 1));
    all(&mut pit);
}

#[test]
fn an_account_below_initial_margin_keeps_the_orders_that_reduce() {
    let (mut pit, weak) = with_weak();
    pit.x.set_price(1, 14_600_000_000);
    let view = pit.x.view(weak.margin).unwrap();
    assert!(view.equity > view.maintenance_margin && view.free_collateral < 0);
    pit.x.prune(weak.margin, SOL_PERP).unwrap();
    assert_eq!((pit.resting(Side::Buy), pit.resting(Side::Sell)), (0, 1));
    refused(&mut pit.x, &[&weak], ErrorCode::OrderIsGood, |x| {
        x.prune(weak.margin, SOL_PERP)
    });
}

#[test]
fn an_expired_order_may_be_taken_out_by_anyone_from_its_second_on() {
    let mut pit = Pit::new();
    let expires = pit.x.chain.time() + 2;
    pit.rests(OrderArgs {
        expires,
        ..limit(Side::Buy, pit.mid - 1, 10)
    });
    pit.rests(limit(Side::Buy, pit.mid - 2, 10));
    pit.x.chain.advance(1);
    pit.refuses(ErrorCode::OrderIsGood, |x, maker, _| {
        x.prune(maker.margin, SOL_PERP)
    });
    pit.x.chain.advance(1);
    pit.x.prune(pit.maker.margin, SOL_PERP).unwrap();
    assert_eq!(pit.resting(Side::Buy), 1);
}

#[test]
fn liquidation_waits_until_no_order_rests_and_no_fill_waits() {
    let (mut pit, weak) = with_weak();
    let keeper = pit.x.funded("keeper", 100_000);
    let liquidate = |x: &mut Exchange| x.liquidate(&keeper, weak.margin, SOL_PERP, 1_000);
    let refuse = |pit: &mut Pit, orders: i128, lots: i128| {
        let failure = refused(
            &mut pit.x,
            &[&weak, &keeper],
            ErrorCode::OrdersStillRest,
            liquidate,
        );
        assert_numbers(&failure, &[("orders", orders), ("lots", lots)]);
    };
    // A part of its ask is filled and waits in the queue, then the rest of it is pruned.
    pit.takes(40, pit.mid + 300, false);
    pit.x.set_price(1, 14_300_000_000);
    refuse(&mut pit, 2, 200);
    let one = pit.x.venue.prune_orders(weak.margin, SOL_PERP, 1);
    pit.x.chain.send(&[one], &[]).unwrap();
    refuse(&mut pit, 1, 140);
    pit.x.prune(weak.margin, SOL_PERP).unwrap();
    // No order is left, but what it has sold already: it may not be liquidated for that again.
    refuse(&mut pit, 0, 40);
    pit.x.settle_fills(SOL_PERP, &[weak.margin]).unwrap();
    liquidate(&mut pit.x).unwrap();
    assert_eq!(lots(&pit.x, &weak), 13_960);
}

#[test]
fn an_order_whose_last_lots_wait_in_the_queue_still_stands_in_the_way_of_liquidation() {
    let (mut pit, weak) = with_weak();
    let keeper = pit.x.funded("keeper", 100_000);
    pit.takes(100, pit.mid + 300, false);
    pit.x.set_price(1, 14_300_000_000);
    pit.x.prune(weak.margin, SOL_PERP).unwrap();
    let failure = refused(
        &mut pit.x,
        &[&weak, &keeper],
        ErrorCode::OrdersStillRest,
        |x| x.liquidate(&keeper, weak.margin, SOL_PERP, 1_000),
    );
    assert_numbers(&failure, &[("orders", 1), ("lots", 100)]);
    pit.x.settle_fills(SOL_PERP, &[weak.margin]).unwrap();
    pit.x
        .liquidate(&keeper, weak.margin, SOL_PERP, 1_000)
        .unwrap();
}

#[test]
fn nobody_trades_with_an_account_in_liquidation_that_is_at_hand() {
    let (mut pit, weak) = with_weak();
    pit.x.set_price(1, 14_300_000_000);
    let flag = pit.x.venue.flag_account(weak.margin);
    pit.x.chain.send(&[flag], &[]).unwrap();
    pit.x
        .trade(&pit.taker, SOL_PERP, -100, 14_100, &[weak.margin])
        .unwrap();
    assert_eq!((lots(&pit.x, &weak), pit.lots()[1]), (15_000, 0));
    // Its bid is gone; the ask is left to be pruned.
    assert_eq!((pit.resting(Side::Buy), pit.resting(Side::Sell)), (0, 1));
    assert_eq!(pit.x.margin(&weak.margin).header.core.open_orders, 1);
    pit.x.prune(weak.margin, SOL_PERP).unwrap();
    assert_eq!(pit.resting(Side::Sell), 0);
}

#[test]
fn orders_of_another_clearinghouse_are_not_pruned_settled_or_traded_with() {
    let mut x = localnet();
    let there = x.funded("there", 1_000);
    let (mut x, abroad) = beside(x);
    let here = x.funded("here", 1_000);
    let mid = x.index_ticks(SOL_PERP);
    let both = [&here, &there];
    refused(&mut x, &both, ErrorCode::WrongClearinghouse, |x| {
        x.prune(there.margin, SOL_PERP)
    });
    let actor = x.actor(&here, SOL_PERP);
    let order = limit(Side::Buy, mid - 1, 10);
    let place = x.venue.place_order(&actor, order, Guards::default(), &[]);
    let calls = [
        (place, true),
        (x.venue.cancel_orders(&actor, Which::All, 1), true),
        (x.venue.prune_orders(here.margin, SOL_PERP, 1), false),
        (x.venue.settle_fills(SOL_PERP, &[here.margin], 1), false),
        (x.venue.settle_position(here.margin, SOL_PERP), false),
    ];
    let (market, foreign) = (x.venue.market(SOL_PERP), abroad.market(SOL_PERP));
    for (call, signed) in calls {
        let signers = [&here.key];
        let signers = if signed { &signers[..] } else { &[] };
        refused(&mut x, &both, ErrorCode::WrongClearinghouse, |x| {
            x.chain
                .send(&[with_account(call, market, foreign)], signers)
        });
    }
}

/// Everything by which a trader acts on a book and takes guards.
fn with_guards(pit: &mut Pit, guards: Guards, way: usize, id: u64) -> Outcome {
    let (x, maker) = (&mut pit.x, &pit.maker);
    let actor = x.actor(maker, SOL_PERP);
    let order = limit(Side::Buy, pit.mid - 20, 5_000);
    let args = TradeArgs {
        side: Side::Buy,
        lots: 10,
        limit: pit.mid + 10,
        reduce_only: false,
    };
    let call = match way {
        0 => x.venue.place_order(&actor, order, guards, &[]),
        1 => x.venue.trade(&actor, args, guards, &[]),
        2 => x.venue.edit_order(&actor, id, order, guards, &[]),
        3 => {
            let smaller = limit(Side::Buy, pit.mid - 10, 90);
            x.venue.edit_order(&actor, id, smaller, guards, &[])
        }
        _ => {
            let args = quotes([(Side::Buy, pit.mid - 20, 10)]);
            x.venue.place_orders(&actor, args, guards)
        }
    };
    send(x, maker, call)
}

#[test]
fn a_client_s_own_limits_hold_on_the_book() {
    let mut pit = Pit::new();
    pit.x
        .order(
            &pit.taker,
            SOL_PERP,
            limit(Side::Sell, pit.mid + 10, 1_000),
            &[],
        )
        .unwrap();
    pit.x
        .trade(&pit.maker, SOL_PERP, 100, pit.mid + 10, &[])
        .unwrap();
    pit.rests(limit(Side::Buy, pit.mid - 10, 100));
    let id = pit.best(Side::Buy, false);
    let found = pit.x.margin(&pit.maker.margin).header.sequence;
    let refuse = |pit: &mut Pit, code: ErrorCode, guards, way| {
        let maker = pit.maker.margin;
        let keys = [maker, pit.x.venue.market(SOL_PERP)];
        let before = keys.map(|key| pit.x.chain.data(&key));
        let failure = with_guards(pit, guards, way, id).expect_err("a refusal");
        assert!(failure.is(code), "{way}: {failure}");
        assert_eq!(keys.map(|key| pit.x.chain.data(&key)), before);
        failure
    };
    for way in 0..5 {
        let stale = Guards {
            expected_sequence: Some(found - 1),
            ..Guards::default()
        };
        let failure = refuse(&mut pit, ErrorCode::SequenceChanged, stale, way);
        let numbers = [("found", found.into()), ("expected", i128::from(found) - 1)];
        assert_numbers(&failure, &numbers);
        let ratio = Guards {
            min_margin_ratio_after_bps: Some(u32::MAX),
            ..Guards::default()
        };
        let failure = refuse(&mut pit, ErrorCode::MarginRatioBelowGuard, ratio, way);
        assert_eq!(number(&failure, "limit bps"), u32::MAX.into());
    }
    pit.x.chain.advance(10);
    for way in [0, 1, 2, 4] {
        let fresh = Guards {
            max_price_age: Some(9),
            ..Guards::default()
        };
        let failure = refuse(&mut pit, ErrorCode::StalePrice, fresh, way);
        assert_numbers(&failure, &[("age", 10), ("limit", 9)]);
    }
    // Without limits of its own, by those of the asset.
    pit.x.chain.advance(51);
    for way in [0, 1, 2, 4] {
        let failure = refuse(&mut pit, ErrorCode::StalePrice, Guards::default(), way);
        assert_numbers(&failure, &[("age", 61), ("limit", 60)]);
    }
    // What only takes out goes on.
    with_guards(&mut pit, Guards::default(), 3, id).unwrap();
    pit.x.cancel(&pit.maker, SOL_PERP, Which::All).unwrap();
    pit.balances();
}
