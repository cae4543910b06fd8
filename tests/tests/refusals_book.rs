//! What a book refuses, and what it removes instead of trading with it: full queues and sides, own
//! orders, dead orders, accounts that fail.

use counterweight::{Guards, OrderArgs, OrderKind, QuotesArgs, SelfTrade, Which, error::ErrorCode};
use counterweight_risk::orders::Side;
use counterweight_sdk::instructions::close_margin_account;
use counterweight_simnet::{Exchange, Signer, Trader, limit, pegged, reconcile};
use counterweight_tests::{
    pit::{Pit, SOL_PERP, kind, lots, quotes, send},
    scene::{Outcome, assert_numbers, deployed, refused},
};

/// A pit whose fill queue is full of the maker's fills, 10 lots each; one more ask stands above them.
fn full_queue() -> Pit {
    let mut pit = Pit::new();
    pit.rests_many(Side::Sell, pit.mid, 129);
    for _ in 0..4 {
        pit.takes(320, pit.mid + 200, false);
    }
    assert_eq!((pit.book().queue.len(), pit.lots()), (128, [0, 1_280]));
    pit
}

#[test]
fn a_full_queue_takes_nothing_more_until_it_is_settled() {
    let mut pit = full_queue();
    let top = pit.mid + 128;
    for of in [
        OrderKind::Limit,
        OrderKind::ImmediateOrCancel,
        OrderKind::FillOrKill,
    ] {
        let order = kind(of, limit(Side::Buy, top, 10));
        let failure = pit.refuses_order(ErrorCode::QueueFull, order);
        assert_numbers(&failure, &[("entries", 128)]);
    }
    pit.refuses(ErrorCode::QueueFull, |x, _, taker| {
        x.trade(taker, SOL_PERP, 10, top, &[])
    });
    // What trades nothing needs no place.
    let away = limit(Side::Buy, pit.mid - 1, 10);
    pit.x.order(&pit.taker, SOL_PERP, away, &[]).unwrap();
    // The oldest entry settled, there is room for one.
    let one = pit.x.venue.settle_fills(SOL_PERP, &[pit.maker.margin], 1);
    pit.x.chain.send(&[one], &[]).unwrap();
    pit.takes(10, top, false);
    pit.rests(limit(Side::Sell, top, 10));
    pit.refuses_order(ErrorCode::QueueFull, limit(Side::Buy, top, 10));
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    pit.takes(10, top, false);
    pit.balances();
}

#[test]
fn a_maker_at_hand_needs_no_place_in_the_queue() {
    let mut pit = full_queue();
    let top = pit.mid + 128;
    pit.takes(10, top, true);
    assert_eq!(pit.lots(), [-10, 1_290]);
    pit.balances();
    let maker = [pit.maker.margin];
    in_parts(&mut pit, |x, _| x.settle_fills(SOL_PERP, &maker));
    assert_eq!(pit.lots(), [-1_290, 1_290]);
    pit.balances();
}

#[test]
fn the_news_that_an_order_is_gone_needs_a_place_too() {
    let mut pit = full_queue();
    let third = pit.x.funded("third", 1_000);
    let expires = pit.x.chain.time() + 1;
    let bid = OrderArgs {
        expires,
        ..limit(Side::Buy, pit.mid + 10, 10)
    };
    pit.x.order(&third, SOL_PERP, bid, &[]).unwrap();
    pit.x.chain.advance(1);
    // It stands in the way of an ask that only rests.
    let ask = kind(OrderKind::PostOnly, limit(Side::Sell, pit.mid + 9, 10));
    pit.refuses_order(ErrorCode::QueueFull, ask);
    let makers = [third.margin];
    pit.x.order(&pit.taker, SOL_PERP, ask, &makers).unwrap();
    assert_eq!(pit.x.margin(&third.margin).header.core.open_orders, 0);
}

/// Repeats an action until there is nothing left to do; returns how often it did something.
fn in_parts(pit: &mut Pit, act: impl Fn(&mut Exchange, &Trader) -> Outcome) -> usize {
    let most = 50;
    for times in 0..most {
        if let Err(failure) = act(&mut pit.x, &pit.maker) {
            let done = failure.is(ErrorCode::OrderNotFound) || failure.is(ErrorCode::OrderIsGood);
            assert!(done, "{failure}");
            return times;
        }
    }
    panic!("not done after {most} times");
}

#[test]
fn however_much_there_is_to_remove_or_to_settle_a_call_does_a_part_of_it() {
    let mut pit = full_queue();
    let maker = [pit.maker.margin];
    assert!(in_parts(&mut pit, |x, _| x.settle_fills(SOL_PERP, &maker)) > 1);
    assert_eq!(pit.lots(), [-1_280, 1_280]);

    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests_many(Side::Sell, mid, 256);
    assert!(in_parts(&mut pit, |x, maker| x.cancel(maker, SOL_PERP, Which::All)) > 1);
    assert_eq!(pit.resting(Side::Sell), 0);

    pit.rests_many(Side::Sell, mid, 256);
    let requote = QuotesArgs {
        cancel: Some(Which::Side(Side::Sell)),
        ..quotes([(Side::Buy, mid - 1, 10)])
    };
    for _ in 0..8 {
        pit.x.quotes(&pit.maker, SOL_PERP, requote.clone()).unwrap();
    }
    assert_eq!((pit.resting(Side::Sell), pit.resting(Side::Buy)), (0, 8));

    pit.rests_many(Side::Sell, mid, 240);
    let end = pit
        .x
        .venue
        .settle_market(pit.x.authority.pubkey(), SOL_PERP, mid);
    pit.x.govern(end).unwrap();
    assert!(in_parts(&mut pit, |x, maker| x.prune(maker.margin, SOL_PERP)) > 1);
    assert_eq!(pit.x.margin(&maker[0]).header.core.open_orders, 0);
}

#[test]
fn nothing_is_settled_where_nothing_waits() {
    let mut pit = Pit::new();
    pit.rests(limit(Side::Sell, pit.mid, 100));
    let maker = pit.maker.margin;
    for keys in [&[][..], &[maker]] {
        let failure = pit.refuses(ErrorCode::OrderNotFound, |x, _, _| {
            x.settle_fills(SOL_PERP, keys)
        });
        assert_numbers(&failure, &[("market", 0)]);
    }
    pit.takes(50, pit.mid, false);
    pit.refuses(ErrorCode::OrderNotFound, |x, _, taker| {
        x.settle_fills(SOL_PERP, &[taker.margin])
    });
    pit.refuses(ErrorCode::OrderNotFound, |x, maker, _| {
        let none = x.venue.settle_fills(SOL_PERP, &[maker.margin], 0);
        x.chain.send(&[none], &[])
    });
    // Named twice, it has its fill once.
    pit.x.settle_fills(SOL_PERP, &[maker, maker]).unwrap();
    assert_eq!(pit.lots(), [-50, 50]);
    pit.refuses(ErrorCode::OrderNotFound, |x, _, _| {
        x.settle_fills(SOL_PERP, &[maker])
    });
    // So has a maker that stands twice behind a trade, with the taker between.
    let makers = [maker, pit.taker.margin, maker];
    pit.x
        .trade(&pit.taker, SOL_PERP, 50, pit.mid, &makers)
        .unwrap();
    assert_eq!(pit.lots(), [-100, 100]);
    pit.balances();
}

#[test]
fn an_own_order_is_never_traded_with() {
    let own = |self_trade| {
        let mut pit = Pit::new();
        let (mid, rests) = (pit.mid, limit(Side::Sell, pit.mid, 100));
        pit.x.order(&pit.taker, SOL_PERP, rests, &[]).unwrap();
        pit.rests(limit(Side::Sell, mid + 1, 1_000));
        let order = OrderArgs {
            self_trade,
            ..kind(OrderKind::ImmediateOrCancel, limit(Side::Buy, mid + 1, 150))
        };
        (pit, order)
    };
    let (mut pit, order) = own(SelfTrade::Abort);
    let id = pit.best(Side::Sell, false);
    let failure = pit.refuses_order(ErrorCode::SelfTrade, order);
    assert_numbers(&failure, &[("order", id.into())]);
    // Cancelled: all 150 come from the maker. Decremented: 100 of them are given up.
    for (self_trade, traded) in [
        (SelfTrade::CancelProvide, 150),
        (SelfTrade::DecrementTake, 50),
    ] {
        let (mut pit, order) = own(self_trade);
        let makers = [pit.maker.margin];
        pit.x.order(&pit.taker, SOL_PERP, order, &makers).unwrap();
        assert_eq!(pit.lots(), [-traded, traded]);
        let core = pit.x.margin(&pit.taker.margin).header.core;
        assert_eq!((core.open_orders, pit.resting(Side::Sell)), (0, 1));
        pit.balances();
    }
    // A post-only order would meet it as any other.
    let (mut pit, _) = own(SelfTrade::CancelProvide);
    let post = kind(OrderKind::PostOnly, limit(Side::Buy, pit.mid, 10));
    pit.refuses_order(ErrorCode::PostOnlyWouldCross, post);
}

#[test]
fn a_post_only_order_does_not_cross() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid + 5, 100));
    pit.rests(limit(Side::Buy, mid - 5, 100));
    for (side, ticks, other) in [
        (Side::Buy, mid + 5, mid + 5),
        (Side::Buy, mid + 6, mid + 5),
        (Side::Sell, mid - 5, mid - 5),
        (Side::Sell, mid - 6, mid - 5),
    ] {
        let numbers = [("price", ticks.into()), ("other side", other.into())];
        let post = kind(OrderKind::PostOnly, limit(side, ticks, 10));
        let failure = pit.refuses_order(ErrorCode::PostOnlyWouldCross, post);
        assert_numbers(&failure, &numbers);
        let offset = ticks as i32 - mid as i32;
        pit.refuses_order(
            ErrorCode::PostOnlyWouldCross,
            pegged(side, offset, ticks, 10),
        );
        // In a re-quote the whole of it is refused, or it slides to a tick before.
        let mut args = quotes([(side, ticks, 10)]);
        pit.refuses(ErrorCode::PostOnlyWouldCross, |x, _, taker| {
            x.quotes(taker, SOL_PERP, args.clone())
        });
        args.slide = true;
        pit.x.quotes(&pit.taker, SOL_PERP, args).unwrap();
        let book = pit.book();
        let best = book.resting(side, false).next().unwrap().1.price as u64;
        assert_eq!(best.abs_diff(other), 1);
        pit.x.cancel(&pit.taker, SOL_PERP, Which::All).unwrap();
    }
}

#[test]
fn what_is_filled_whole_or_not_at_all_is_killed_where_the_book_is_short() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 100));
    pit.rests(limit(Side::Sell, mid + 10, 100));
    let whole = |ticks, lots| kind(OrderKind::FillOrKill, limit(Side::Buy, ticks, lots));
    for (ticks, lots, left) in [(mid, 101, 1), (mid + 10, 250, 50), (mid - 1, 10, 10)] {
        let failure = pit.refuses_order(ErrorCode::FillOrKillNotFilled, whole(ticks, lots));
        assert_numbers(&failure, &[("lots", lots.into()), ("left", left)]);
    }
    // Two orders are more than it may meet.
    let one = OrderArgs {
        match_limit: 1,
        ..whole(mid + 10, 150)
    };
    pit.refuses_order(ErrorCode::FillOrKillNotFilled, one);
    let both = whole(mid + 10, 200);
    pit.x.order(&pit.taker, SOL_PERP, both, &[]).unwrap();
}

#[test]
fn a_dead_order_is_removed_when_it_is_met() {
    // Expired; pegged and beyond its worst price; below the band.
    let price = 15_000_000_000;
    for dead in 0..3 {
        let mut pit = Pit::new();
        let (mid, now) = (pit.mid, pit.x.chain.time());
        let ask = limit(Side::Sell, mid + 1, 100);
        pit.rests(match dead {
            0 => OrderArgs {
                expires: now + 1,
                ..ask
            },
            1 => pegged(Side::Sell, 1, mid, 100),
            _ => ask,
        });
        // The index falls by a tick, or rises by 4 %.
        let moved = [price, price - 2_000_000, price / 100 * 104][dead];
        pit.x.set_price(1, moved);
        let order = kind(OrderKind::FillOrKill, limit(Side::Buy, mid + 1, 10));
        pit.refuses_order(ErrorCode::FillOrKillNotFilled, order);
        let order = kind(OrderKind::ImmediateOrCancel, order);
        pit.x.order(&pit.taker, SOL_PERP, order, &[]).unwrap();
        assert_eq!((pit.lots(), pit.resting(Side::Sell)), ([0, 0], 0), "{dead}");
        // The maker's account hears of it from the queue.
        assert_eq!(pit.x.margin(&pit.maker.margin).header.core.open_orders, 1);
        pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
        let core = pit.x.margin(&pit.maker.margin).header.core;
        assert_eq!((core.open_orders, core.position_count), (0, 0));
        pit.balances();
    }
}

#[test]
fn a_full_side_only_makes_room_for_a_better_order() {
    let mut pit = Pit::with(|deployment| deployment.market[0].order_slots = 32);
    let room = pit.book().orders.len() as u64 / 2;
    let (mid, worst) = (pit.mid, pit.mid - room);
    pit.rests_many(Side::Buy, mid - 1, room);
    for ticks in [worst, worst - 1] {
        for of in [OrderKind::Limit, OrderKind::PostOnly] {
            let order = kind(of, limit(Side::Buy, ticks, 10));
            let failure = pit.refuses_order(ErrorCode::BookFull, order);
            assert_numbers(&failure, &[("orders", room.into()), ("room", room.into())]);
        }
        pit.refuses_order(
            ErrorCode::BookFull,
            pegged(Side::Buy, ticks as i32 - mid as i32, mid, 10),
        );
    }
    // The other side has room of its own.
    pit.rests(limit(Side::Sell, mid + 1, 10));
    // A better one takes the place of the worst, whose maker hears of it.
    let better = limit(Side::Buy, worst + 1, 10);
    pit.x.order(&pit.taker, SOL_PERP, better, &[]).unwrap();
    assert_eq!(pit.resting(Side::Buy), room as usize);
    let lowest = pit.book().resting(Side::Buy, false).last().unwrap().1.price;
    assert_eq!((lowest, pit.book().queue.len()), (worst as i64 + 1, 1));
    assert_eq!(
        pit.x.margin(&pit.maker.margin).header.core.open_orders,
        room as u16 + 1
    );
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    assert_eq!(
        pit.x.margin(&pit.maker.margin).header.core.open_orders,
        room as u16
    );
    // Or it is one's own.
    let best = limit(Side::Buy, mid, 10);
    pit.x.order(&pit.taker, SOL_PERP, best, &[]).unwrap();
    assert_eq!(pit.x.margin(&pit.taker.margin).header.core.open_orders, 1);
    pit.balances();
}

#[test]
fn a_market_that_has_not_grown_holds_no_order() {
    let mut x = deployed(|deployment| deployment.market.truncate(2));
    let third = x.deployment.market[1].clone();
    x.deployment.market.push(third);
    let setup = x.market_setup(2);
    let add = x.venue.add_market(x.authority.pubkey(), 2, setup);
    x.govern(add).unwrap();
    let trader = x.funded("trader", 1_000);
    let order = limit(Side::Buy, x.index_ticks(2), 10);
    let failure = refused(&mut x, &[&trader], ErrorCode::BookFull, |x| {
        x.order(&trader, 2, order, &[])
    });
    assert_numbers(&failure, &[("orders", 0), ("room", 0)]);
}

#[test]
fn lots_in_the_queue_count_towards_the_cap_of_open_interest() {
    let mut pit = Pit::with(|deployment| deployment.market[0].max_open_interest = 1_000);
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 2_000));
    pit.rests(limit(Side::Buy, mid - 1, 2_000));
    let failure = pit.refuses_order(
        ErrorCode::OpenInterestCapReached,
        limit(Side::Buy, mid, 1_001),
    );
    assert_numbers(&failure, &[("market", 0), ("lots", 1_001), ("cap", 1_000)]);
    pit.takes(600, mid, false);
    // 600 that the taker holds; another taker's 400 would be 1,000, one more lot too many.
    let third = pit.x.funded("third", 10_000);
    let failure = refused(
        &mut pit.x,
        &[&third],
        ErrorCode::OpenInterestCapReached,
        |x| x.trade(&third, SOL_PERP, 401, mid, &[]),
    );
    assert_numbers(&failure, &[("lots", 1_001)]);
    // Sold to the maker's bid, which waits in the queue: 600 long and 600 that the maker has bought.
    refused(
        &mut pit.x,
        &[&third],
        ErrorCode::OpenInterestCapReached,
        |x| x.trade(&third, SOL_PERP, -401, mid - 1, &[]),
    );
    pit.x.trade(&third, SOL_PERP, -400, mid - 1, &[]).unwrap();
    let accounts = [&pit.maker, &pit.taker, &third].map(|trader| trader.margin);
    assert!(reconcile(&pit.x, &accounts).balances());
    pit.x.settle_fills(SOL_PERP, &accounts[..1]).unwrap();
    assert!(reconcile(&pit.x, &accounts).balances());
    assert_eq!(pit.x.market(SOL_PERP).open_long, 600);
}

#[test]
fn an_account_has_at_most_512_orders() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests_many(Side::Buy, mid - 1, 256);
    pit.rests_many(Side::Sell, mid + 1, 256);
    assert_eq!(pit.x.margin(&pit.maker.margin).header.core.open_orders, 512);
    let bitcoin = limit(Side::Buy, pit.x.index_ticks(1) - 1, 10);
    let failure = pit.refuses(ErrorCode::TooManyOrders, |x, maker, _| {
        x.order(maker, 1, bitcoin, &[])
    });
    assert_numbers(&failure, &[("limit", 512)]);
    // A fill in the queue still counts, until it is settled.
    pit.takes(10, mid + 1, false);
    pit.refuses(ErrorCode::TooManyOrders, |x, maker, _| {
        x.order(maker, 1, bitcoin, &[])
    });
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    pit.x.order(&pit.maker, 1, bitcoin, &[]).unwrap();
}

fn close(x: &mut Exchange, trader: &Trader) -> Outcome {
    let close = close_margin_account(trader.key.pubkey(), trader.margin);
    send(x, trader, close)
}

#[test]
fn an_account_with_orders_or_with_fills_that_wait_is_not_closed() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 100));
    let cash = 100_000_000_000;
    let withdraw = |x: &mut Exchange, trader: &Trader, atoms| {
        x.withdraw(trader, 0, atoms, Guards::default()).unwrap()
    };
    withdraw(&mut pit.x, &pit.maker, cash - 100_000_000);
    let refuse = |pit: &mut Pit| {
        let failure = pit.refuses(ErrorCode::AccountNotEmpty, |x, maker, _| close(x, maker));
        assert_numbers(&failure, &[("positions", 1)]);
    };
    refuse(&mut pit);
    pit.takes(100, mid, false);
    assert_eq!(pit.lots(), [0, 100]);
    refuse(&mut pit);
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    refuse(&mut pit);
    // An order that was removed by others is one until the account hears of it.
    let third = pit.x.funded("third", 100);
    let expires = pit.x.chain.time() + 1;
    let order = OrderArgs {
        expires,
        ..limit(Side::Sell, mid, 10)
    };
    pit.x.order(&third, SOL_PERP, order, &[]).unwrap();
    withdraw(&mut pit.x, &third, 50_000_000);
    pit.x.chain.advance(1);
    pit.takes(10, mid, false);
    refused(&mut pit.x, &[&third], ErrorCode::AccountNotEmpty, |x| {
        close(x, &third)
    });
    pit.x.settle_fills(SOL_PERP, &[third.margin]).unwrap();
    withdraw(&mut pit.x, &third, 50_000_000);
    close(&mut pit.x, &third).unwrap();
    assert_eq!(lots(&pit.x, &pit.taker), 100);
}
