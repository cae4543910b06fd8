//! What placing an order refuses for its own properties, the market's mode and the account's state.

use counterweight::{Guards, OrderArgs, OrderKind, Which, error::ErrorCode, state::PAUSE_TRADE};
use counterweight_risk::{
    market::{MODE_POST_ONLY, MODE_REDUCE_ONLY},
    orders::Side,
};
use counterweight_simnet::{Exchange, Signer, limit, pegged};
use counterweight_tests::{
    pit::{Pit, SOL_PERP, kind, lots, quotes, reducing, send},
    scene::{DOLLAR, assert_numbers, number, refused, signing_as},
};

const ALL_KINDS: [OrderKind; 5] = [
    OrderKind::Limit,
    OrderKind::PostOnly,
    OrderKind::PostOnlySlide,
    OrderKind::ImmediateOrCancel,
    OrderKind::FillOrKill,
];

#[test]
fn an_order_has_as_many_lots_as_the_market_asks_and_no_more_than_there_can_be() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    for of in ALL_KINDS {
        let order = |lots| kind(of, limit(Side::Buy, mid - 1, lots));
        pit.refuses_order(ErrorCode::ZeroQuantity, order(0));
        for lots in [(1 << 44) + 1, 1 << 63, u64::MAX] {
            pit.refuses_order(ErrorCode::Overflow, order(lots));
        }
        let failure = pit.refuses_order(ErrorCode::OrderTooSmall, order(9));
        assert_numbers(&failure, &[("lots", 9), ("smallest", 10)]);
    }
    for lots in [0, 9] {
        let code = [ErrorCode::ZeroQuantity, ErrorCode::OrderTooSmall][usize::from(lots > 0)];
        let args = quotes([(Side::Buy, mid - 1, 10), (Side::Buy, mid - 2, lots)]);
        pit.refuses(code, |x, maker, _| x.quotes(maker, SOL_PERP, args));
    }
    // What only reduces may be smaller: else nobody could close the rest of a position.
    pit.rests(limit(Side::Sell, mid, 100));
    pit.takes(15, mid, true);
    pit.rests(limit(Side::Buy, mid - 1, 100));
    pit.refuses_order(ErrorCode::OrderTooSmall, limit(Side::Sell, mid - 1, 9));
    let rest = reducing(Side::Sell, mid - 1, 9);
    pit.x.order(&pit.taker, SOL_PERP, rest, &[]).unwrap();
}

#[test]
fn a_price_is_a_positive_number_of_ticks_below_the_largest() {
    let mut pit = Pit::new();
    // The largest price is 2^40 quote atoms a lot, a tick 100.
    let most = (1i128 << 40) / 100;
    for side in [Side::Buy, Side::Sell] {
        for ticks in [0, most as u64 + 1, u64::MAX] {
            let failure = pit.refuses_order(ErrorCode::InvalidPrice, limit(side, ticks, 10));
            assert_numbers(&failure, &[("ticks", ticks.into()), ("highest", most)]);
            let order = pegged(side, 0, ticks, 10);
            let failure = pit.refuses_order(ErrorCode::InvalidPrice, order);
            assert_numbers(&failure, &[("ticks", ticks.into()), ("highest", most)]);
        }
    }
    // A pegged order stands at such a price too.
    for (offset, worst) in [
        (-15_000, 20_000),
        (-15_001, 20_000),
        (i32::MIN, 20_000),
        (i32::MAX, most as u64),
    ] {
        let code = if offset < 0 {
            ErrorCode::InvalidPrice
        } else {
            ErrorCode::PriceOutsideBand
        };
        pit.refuses_order(code, pegged(Side::Buy, offset, worst, 10));
    }
    let mid = pit.mid;
    pit.refuses_order(ErrorCode::InvalidPrice, limit(Side::Buy, 0, 10));
    pit.refuses(ErrorCode::InvalidPrice, |x, maker, _| {
        x.quotes(
            maker,
            SOL_PERP,
            quotes([(Side::Sell, mid, 10), (Side::Buy, 0, 10)]),
        )
    });
    pit.rests(pegged(Side::Buy, -14_999, 1, 10));
}

#[test]
fn an_order_gives_away_no_more_than_the_band() {
    let mut pit = Pit::new();
    // 3 % of 15,000 ticks; the band rounds inwards.
    for (side, ticks) in [(Side::Buy, 15_450), (Side::Sell, 14_550)] {
        for of in ALL_KINDS {
            let order = kind(of, limit(side, ticks, 10));
            let failure = pit.refuses_order(ErrorCode::PriceOutsideBand, order);
            let numbers = [
                ("ticks", ticks.into()),
                ("lowest", 14_551),
                ("highest", 15_449),
            ];
            assert_numbers(&failure, &numbers);
        }
        let offset = ticks as i32 - 15_000;
        let order = pegged(side, offset, ticks, 10);
        pit.refuses_order(ErrorCode::PriceOutsideBand, order);
        let args = quotes([(side, ticks, 10)]);
        pit.refuses(ErrorCode::PriceOutsideBand, |x, maker, _| {
            x.quotes(maker, SOL_PERP, args)
        });
    }
    for (side, ticks) in [
        (Side::Buy, 15_449),
        (Side::Buy, 1),
        (Side::Sell, 16_000),
        (Side::Sell, 1_000_000),
    ] {
        pit.rests(limit(side, ticks, 10));
    }
}

#[test]
fn an_order_that_has_expired_is_not_placed() {
    let mut pit = Pit::new();
    let (mid, now) = (pit.mid, pit.x.chain.time());
    let until = |expires| OrderArgs {
        expires,
        ..limit(Side::Buy, mid - 1, 10)
    };
    for expires in [now, now - 1, 1, -1, i64::MIN] {
        for of in ALL_KINDS {
            let failure = pit.refuses_order(ErrorCode::OrderExpired, kind(of, until(expires)));
            assert_numbers(
                &failure,
                &[("expires", expires.into()), ("now", now.into())],
            );
        }
    }
    let mut args = quotes([(Side::Buy, mid - 1, 10)]);
    args.expires = now;
    pit.refuses(ErrorCode::OrderExpired, |x, maker, _| {
        x.quotes(maker, SOL_PERP, args)
    });
    pit.rests(until(now + 1));
}

#[test]
fn a_pegged_order_is_not_placed_beyond_its_own_worst_price() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    for (side, offset, worst) in [
        (Side::Buy, -5, mid - 6),
        (Side::Buy, 5, mid + 4),
        (Side::Sell, 5, mid + 6),
        (Side::Sell, -5, mid - 4),
    ] {
        let order = pegged(side, offset, worst, 10);
        let failure = pit.refuses_order(ErrorCode::PegBeyondWorst, order);
        let price = mid as i128 + i128::from(offset);
        assert_numbers(&failure, &[("price", price), ("worst", worst.into())]);
    }
    pit.rests(pegged(Side::Buy, -5, mid - 5, 10));
    pit.rests(pegged(Side::Sell, 5, mid + 5, 10));
}

#[test]
fn a_peg_needs_a_price_that_may_add_risk() {
    let mut pit = Pit::new();
    pit.x.chain.advance(61);
    let order = kind(
        OrderKind::ImmediateOrCancel,
        pegged(Side::Buy, 0, 16_000, 10),
    );
    let failure = pit.refuses_order(ErrorCode::StalePrice, order);
    assert_numbers(&failure, &[("asset", 1), ("age", 61), ("limit", 60)]);
}

#[test]
fn properties_that_contradict_each_other_are_refused() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    let order = limit(Side::Buy, mid - 1, 10);
    let slides = kind(OrderKind::PostOnlySlide, pegged(Side::Buy, -1, mid, 10));
    pit.refuses_order(ErrorCode::InvalidOrder, slides);
    for of in [OrderKind::PostOnly, OrderKind::PostOnlySlide] {
        let reduces = OrderArgs {
            reduce_only: true,
            ..kind(of, order)
        };
        pit.refuses_order(ErrorCode::InvalidOrder, reduces);
    }
    for match_limit in [0, 33, u8::MAX] {
        let met = OrderArgs {
            match_limit,
            ..order
        };
        pit.refuses_order(ErrorCode::InvalidOrder, met);
    }
    for count in [0u64, 17] {
        let args = quotes((0..count).map(|at| (Side::Buy, mid - 1 - at, 10)));
        let failure = pit.refuses(ErrorCode::InvalidOrder, |x, maker, _| {
            x.quotes(maker, SOL_PERP, args)
        });
        assert_numbers(&failure, &[("orders", count.into())]);
    }
}

#[test]
fn nobody_reduces_what_he_does_not_have() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    let failure = pit.refuses_order(ErrorCode::ReduceOnly, reducing(Side::Buy, mid, 10));
    assert_numbers(&failure, &[("position", 0)]);
    pit.rests(limit(Side::Sell, mid, 1_000));
    pit.takes(50, mid, true);
    let failure = pit.refuses_order(ErrorCode::ReduceOnly, reducing(Side::Buy, mid, 10));
    assert_numbers(&failure, &[("position", 50)]);
    // It is capped by what there is, and nothing of it rests.
    pit.rests(limit(Side::Buy, mid - 1, 1_000));
    let makers = [pit.maker.margin];
    let rests = OrderArgs {
        kind: OrderKind::Limit,
        ..reducing(Side::Sell, mid - 1, 10_000)
    };
    pit.x.order(&pit.taker, SOL_PERP, rests, &makers).unwrap();
    assert_eq!((pit.lots(), pit.resting(Side::Sell)), ([0, 0], 1));
    pit.balances();
}

#[test]
fn in_post_only_mode_nothing_trades() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 100));
    pit.takes(50, mid, true);
    pit.set_terms(|terms| terms.mode = MODE_POST_ONLY);
    for of in [
        OrderKind::Limit,
        OrderKind::ImmediateOrCancel,
        OrderKind::FillOrKill,
    ] {
        // Not even what would only rest, or only reduces.
        let rests = kind(of, limit(Side::Buy, mid - 10, 10));
        let failure = pit.refuses_order(ErrorCode::MarketMode, rests);
        assert_numbers(&failure, &[("mode", 1)]);
        let closes = OrderArgs {
            kind: of,
            ..reducing(Side::Sell, mid, 10)
        };
        pit.refuses_order(ErrorCode::MarketMode, closes);
    }
    pit.refuses(ErrorCode::MarketMode, |x, _, taker| {
        x.trade(taker, SOL_PERP, -10, mid, &[])
    });
    let leg = pit.x.leg(SOL_PERP, -10);
    let failure = pit.refuses(ErrorCode::MarketMode, |x, maker, taker| {
        x.block_trade(taker, maker, &[leg])
    });
    assert_numbers(&failure, &[("market", 0), ("mode", 1)]);
    for of in [OrderKind::PostOnly, OrderKind::PostOnlySlide] {
        pit.rests(kind(of, limit(Side::Buy, mid - 10, 10)));
    }
    pit.rests_many(Side::Buy, mid - 10, 16);
    pit.x.cancel(&pit.maker, SOL_PERP, Which::All).unwrap();
}

#[test]
fn in_reduce_only_mode_both_sides_reduce() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 100));
    pit.takes(50, mid, true);
    pit.rests(limit(Side::Buy, mid - 1, 100));
    pit.set_terms(|terms| terms.mode = MODE_REDUCE_ONLY);
    for of in ALL_KINDS {
        let failure =
            pit.refuses_order(ErrorCode::MarketMode, kind(of, limit(Side::Sell, mid, 10)));
        assert_numbers(&failure, &[("mode", 2)]);
    }
    let args = quotes([(Side::Buy, mid - 5, 10)]);
    pit.refuses(ErrorCode::MarketMode, |x, maker, _| {
        x.quotes(maker, SOL_PERP, args)
    });
    // Whether the maker reduces is only known where its account is at hand.
    pit.refuses_order(ErrorCode::MakerRequired, reducing(Side::Sell, mid - 1, 10));
    let makers = [pit.maker.margin];
    let all = reducing(Side::Sell, mid - 1, 100);
    pit.x.order(&pit.taker, SOL_PERP, all, &makers).unwrap();
    assert_eq!(pit.lots(), [0, 0]);
    pit.balances();
    // The maker's order is larger than what it had to reduce: the rest of it goes when it is met.
    assert_eq!(pit.resting(Side::Buy), 1);
    let third = pit.x.funded("third", 1_000);
    let failure = refused(&mut pit.x, &[&third], ErrorCode::ReduceOnly, |x| {
        x.order(&third, SOL_PERP, reducing(Side::Sell, mid - 1, 10), &makers)
    });
    assert_numbers(&failure, &[("position", 0)]);
}

#[test]
fn a_maker_who_would_not_reduce_loses_its_order_in_reduce_only_mode() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Sell, mid, 50));
    pit.takes(50, mid, true);
    let third = pit.x.funded("third", 10_000);
    let bid = limit(Side::Buy, mid, 50);
    pit.x.order(&third, SOL_PERP, bid, &[]).unwrap();
    pit.set_terms(|terms| terms.mode = MODE_REDUCE_ONLY);
    let all = reducing(Side::Sell, mid, 50);
    let makers = [third.margin];
    pit.x.order(&pit.taker, SOL_PERP, all, &makers).unwrap();
    assert_eq!((pit.lots()[1], lots(&pit.x, &third)), (50, 0));
    assert_eq!(pit.x.margin(&third.margin).header.core.open_orders, 0);
}

#[test]
fn while_trading_is_paused_orders_only_go() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Buy, mid - 1, 100));
    let id = pit.best(Side::Buy, false);
    let (x, maker) = (&mut pit.x, &pit.maker);
    x.govern(x.venue.pause(x.authority.pubkey(), PAUSE_TRADE))
        .unwrap();
    let actor = x.actor(maker, SOL_PERP);
    let edit = |x: &Exchange, lots| {
        let order = limit(Side::Buy, mid - 1, lots);
        x.venue
            .edit_order(&actor, id, order, Guards::default(), &[])
    };
    let failure = pit.refuses_order(ErrorCode::Paused, limit(Side::Buy, mid, 10));
    assert_numbers(&failure, &[("asked for", 4), ("paused", 4)]);
    pit.refuses(ErrorCode::Paused, |x, maker, _| {
        x.trade(maker, SOL_PERP, 10, mid, &[])
    });
    let args = quotes([(Side::Buy, mid - 5, 10)]);
    pit.refuses(ErrorCode::Paused, |x, maker, _| {
        x.quotes(maker, SOL_PERP, args)
    });
    pit.refuses(ErrorCode::Paused, |x, maker, _| {
        let larger = edit(x, 101);
        send(x, maker, larger)
    });
    let smaller = edit(&pit.x, 50);
    send(&mut pit.x, &pit.maker, smaller).unwrap();
    pit.x.cancel(&pit.maker, SOL_PERP, Which::All).unwrap();
}

#[test]
fn an_account_in_liquidation_only_reduces() {
    let mut pit = Pit::new();
    let weak = pit.x.funded("weak", 1_500);
    let leg = pit.x.leg(SOL_PERP, 15_000);
    pit.x.block_trade(&weak, &pit.maker, &[leg]).unwrap();
    pit.x.set_price(1, 14_400_000_000);
    let flag = pit.x.venue.flag_account(weak.margin);
    pit.x.chain.send(&[flag], &[]).unwrap();
    pit.mid = pit.x.index_ticks(SOL_PERP);
    let mid = pit.mid;
    for order in [
        limit(Side::Buy, mid - 1, 10),
        limit(Side::Sell, mid + 1, 10),
        kind(OrderKind::PostOnly, limit(Side::Sell, mid + 1, 10)),
        kind(OrderKind::ImmediateOrCancel, limit(Side::Buy, mid, 10)),
        kind(OrderKind::ImmediateOrCancel, limit(Side::Sell, mid, 15_001)),
    ] {
        refused(&mut pit.x, &[&weak], ErrorCode::AccountInLiquidation, |x| {
            x.order(&weak, SOL_PERP, order, &[])
        });
    }
    let args = quotes([(Side::Sell, mid + 1, 10)]);
    refused(&mut pit.x, &[&weak], ErrorCode::AccountInLiquidation, |x| {
        x.quotes(&weak, SOL_PERP, args)
    });
    pit.rests(limit(Side::Buy, mid, 1_000));
    pit.x.trade(&weak, SOL_PERP, -1_000, mid, &[]).unwrap();
    assert_eq!(lots(&pit.x, &weak), 14_000);
}

#[test]
fn orders_need_margin_before_they_are_filled() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    let poor = pit.x.funded("poor", 1_000);
    // 150 SOL at 150 dollars need 1,125.
    for order in [
        limit(Side::Buy, mid - 10, 15_000),
        limit(Side::Sell, mid + 10, 15_000),
        pegged(Side::Buy, -10, mid, 15_000),
    ] {
        let failure = refused(&mut pit.x, &[&poor], ErrorCode::InitialMarginNotMet, |x| {
            x.order(&poor, SOL_PERP, order, &[])
        });
        let needed = number(&failure, "initial margin") / i128::from(DOLLAR);
        assert!((1_125..1_130).contains(&needed), "{failure}");
    }
    // Many small ones count together.
    let each = |at: u64| (Side::Buy, mid - 10 - at, 1_000);
    refused(&mut pit.x, &[&poor], ErrorCode::InitialMarginNotMet, |x| {
        x.quotes(&poor, SOL_PERP, quotes((0..16).map(each)))
    });
    pit.x
        .quotes(&poor, SOL_PERP, quotes((0..12).map(each)))
        .unwrap();
    // What backs them does not leave.
    refused(&mut pit.x, &[&poor], ErrorCode::InitialMarginNotMet, |x| {
        x.withdraw(&poor, 0, 200_000_000, Guards::default())
    });
    pit.x.cancel(&poor, SOL_PERP, Which::All).unwrap();
    pit.x
        .withdraw(&poor, 0, 200_000_000, Guards::default())
        .unwrap();
}

#[test]
fn orders_of_somebody_else_stay_as_they_are() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    pit.rests(limit(Side::Buy, mid - 1, 100));
    let id = pit.best(Side::Buy, false);
    for which in [
        Which::Id(id),
        Which::All,
        Which::Side(Side::Buy),
        Which::ClientId(0),
        Which::Id(u64::MAX),
    ] {
        pit.refuses(ErrorCode::OrderNotFound, |x, _, taker| {
            x.cancel(taker, SOL_PERP, which)
        });
    }
    for (id, lots) in [(id, 50), (id, 200), (id + (1 << 16), 50)] {
        pit.refuses(ErrorCode::OrderNotFound, |x, _, taker| {
            let actor = x.actor(taker, SOL_PERP);
            let order = limit(Side::Buy, mid - 1, lots);
            let edit = x
                .venue
                .edit_order(&actor, id, order, Guards::default(), &[]);
            send(x, taker, edit)
        });
    }
    let stranger = signing_as(&mut pit.x, "stranger", pit.maker.margin);
    let order = limit(Side::Buy, mid - 1, 10);
    pit.refuses(ErrorCode::NotOwnerOrDelegate, |x, _, _| {
        x.cancel(&stranger, SOL_PERP, Which::All)
    });
    pit.refuses(ErrorCode::NotOwnerOrDelegate, |x, _, _| {
        x.order(&stranger, SOL_PERP, order, &[])
    });
    pit.refuses(ErrorCode::NotOwnerOrDelegate, |x, _, _| {
        x.quotes(&stranger, SOL_PERP, quotes([(Side::Buy, mid - 1, 10)]))
    });
    assert_eq!(pit.best(Side::Buy, false), id);
}
