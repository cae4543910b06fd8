//! What ending a market refuses, and what it leaves; discounts, funding and growth of a market.

use counterweight::{
    Guards, OrderArgs, OrderKind, TriggerArgs, Which, error::ErrorCode, state::MARKET_LARGEST,
};
use counterweight_risk::{market::MODE_SETTLEMENT, orders::Side};
use counterweight_simnet::{Exchange, Failure, Signer, Trader, limit, reconcile};
use counterweight_tests::{
    pit::{Pit, SOL_PERP, kind, lots, quotes, reducing, send, set_terms},
    scene::{Outcome, assert_numbers, beside, localnet, refused, with_account},
};

fn settle(x: &mut Exchange, market: u16, price: u64) -> Outcome {
    x.govern(x.venue.settle_market(x.authority.pubkey(), market, price))
}

fn close(x: &mut Exchange, trader: &Trader, market: u16) -> Outcome {
    let close = x.venue.settle_position(trader.margin, market);
    x.chain.send(&[close], &[])
}

/// A pit in which the taker is long 1,000 lots, against the maker.
fn with_positions() -> Pit {
    let mut pit = Pit::new();
    pit.rests(limit(Side::Sell, pit.mid, 1_000));
    pit.takes(1_000, pit.mid, true);
    pit
}

#[test]
fn a_market_ends_inside_the_band_and_only_by_the_authority() {
    let mut pit = with_positions();
    let mid = pit.mid;
    for key in [
        pit.taker.key.insecure_clone(),
        pit.x.guardian.insecure_clone(),
    ] {
        pit.refuses(ErrorCode::NotAuthority, |x, _, _| {
            let settle = x.venue.settle_market(key.pubkey(), SOL_PERP, mid);
            x.chain.send(&[settle], &[&key])
        });
    }
    // 3 % around 15,000 ticks of 100 atoms, rounded inwards.
    for price in [0, 1, 14_550, 15_450, 1 << 33] {
        let failure = pit.refuses(ErrorCode::PriceOutsideBand, |x, _, _| {
            settle(x, SOL_PERP, price)
        });
        let found = i128::from(price * 100) << 16;
        assert_numbers(&failure, &[("price", found)]);
    }
    pit.refuses(ErrorCode::Overflow, |x, _, _| settle(x, SOL_PERP, u64::MAX));
    settle(&mut pit.x, SOL_PERP, 15_449).unwrap();
    let row = pit.x.tables().markets[0];
    assert_eq!(
        (row.mode, row.settlement_price),
        (MODE_SETTLEMENT, 1_544_900)
    );
}

#[test]
fn a_market_ends_once_and_for_good() {
    let mut pit = with_positions();
    let mid = pit.mid;
    settle(&mut pit.x, SOL_PERP, mid).unwrap();
    pit.refuses(ErrorCode::MarketMode, |x, _, _| {
        settle(x, SOL_PERP, mid + 1)
    });
    pit.refuses(ErrorCode::MarketMode, |x, _, _| {
        set_terms(x, SOL_PERP, |terms| terms.mode = 0)
    });
    pit.refuses(ErrorCode::MarketMode, |x, _, _| x.update_funding(SOL_PERP));
    // Without a price that is fresh enough too.
    pit.x.chain.advance(301);
    pit.refuses(ErrorCode::MarketMode, |x, _, _| {
        settle(x, SOL_PERP, mid + 1)
    });
}

#[test]
fn a_market_whose_feed_is_dead_still_ends() {
    let mut pit = with_positions();
    pit.x.chain.advance(100_000);
    let mid = pit.mid;
    pit.refuses(ErrorCode::PriceOutsideBand, |x, _, _| {
        settle(x, SOL_PERP, mid * 2)
    });
    settle(&mut pit.x, SOL_PERP, mid).unwrap();
    close(&mut pit.x, &pit.maker, SOL_PERP).unwrap();
    close(&mut pit.x, &pit.taker, SOL_PERP).unwrap();
    pit.balances();
}

#[test]
fn in_settlement_nothing_trades_and_nobody_is_liquidated() {
    let mut pit = with_positions();
    let mid = pit.mid;
    let weak = pit.x.funded("weak", 1_500);
    let leg = pit.x.leg(SOL_PERP, 15_000);
    pit.x.block_trade(&weak, &pit.maker, &[leg]).unwrap();
    pit.rests(limit(Side::Buy, mid - 1, 100));
    let id = pit.best(Side::Buy, false);
    pit.x.open_triggers(&pit.taker).unwrap();
    let stop = TriggerArgs {
        market: SOL_PERP,
        side: Side::Sell,
        above: false,
        price: mid,
        trail: 0,
        slippage: 10,
        lots: 10,
        expires: 0,
        client_id: 0,
    };
    pit.x.place_trigger(&pit.taker, stop).unwrap();
    settle(&mut pit.x, SOL_PERP, mid - 440).unwrap();
    let refuse = |pit: &mut Pit, act: &dyn Fn(&mut Exchange, &Trader, &Trader) -> Outcome| {
        let failure: Box<Failure> = pit.refuses(ErrorCode::MarketMode, act);
        assert_numbers(&failure, &[("mode", 3)]);
    };
    for of in [
        OrderKind::Limit,
        OrderKind::PostOnly,
        OrderKind::PostOnlySlide,
        OrderKind::ImmediateOrCancel,
        OrderKind::FillOrKill,
    ] {
        let order = kind(of, limit(Side::Buy, mid - 2, 10));
        refuse(&mut pit, &|x, _, taker| {
            x.order(taker, SOL_PERP, order, &[])
        });
    }
    let closes = reducing(Side::Sell, mid, 10);
    refuse(&mut pit, &|x, _, taker| {
        x.order(taker, SOL_PERP, closes, &[])
    });
    refuse(&mut pit, &|x, _, taker| {
        x.trade(taker, SOL_PERP, -10, mid, &[])
    });
    let args = quotes([(Side::Buy, mid - 2, 10)]);
    refuse(&mut pit, &|x, maker, _| {
        x.quotes(maker, SOL_PERP, args.clone())
    });
    let leg = pit.x.leg(SOL_PERP, -10);
    refuse(&mut pit, &|x, maker, taker| {
        x.block_trade(taker, maker, &[leg])
    });
    let stopped = pit.taker.margin;
    refuse(&mut pit, &|x, maker, _| {
        x.execute_trigger(maker, SOL_PERP, stopped, 0, &[])
    });
    refuse(&mut pit, &|x, maker, _| {
        let larger = limit(Side::Buy, mid - 1, 200);
        let actor = x.actor(maker, SOL_PERP);
        let edit = x
            .venue
            .edit_order(&actor, id, larger, Guards::default(), &[]);
        send(x, maker, edit)
    });
    // Weak has lost more than its margin by the settlement price, which is what it is judged at.
    let view = pit.x.view(weak.margin).unwrap();
    assert_eq!((view.maintenance_margin, view.initial_margin), (0, 0));
    refuse(&mut pit, &|x, maker, _| {
        x.liquidate(maker, weak.margin, SOL_PERP, 1)
    });
    pit.x.cancel(&pit.maker, SOL_PERP, Which::All).unwrap();
}

#[test]
fn a_position_is_settled_once_and_only_in_settlement() {
    let mut pit = with_positions();
    let mid = pit.mid;
    let failure = pit.refuses(ErrorCode::NotInSettlement, |x, _, taker| {
        close(x, taker, SOL_PERP)
    });
    assert_numbers(&failure, &[("mode", 0)]);
    pit.rests(limit(Side::Buy, mid - 10, 100));
    pit.rests(limit(Side::Sell, mid, 100));
    pit.takes(50, mid, false);
    settle(&mut pit.x, SOL_PERP, mid).unwrap();
    let third = pit.x.trader("third");
    let failure = refused(&mut pit.x, &[&third], ErrorCode::NoPosition, |x| {
        close(x, &third, SOL_PERP)
    });
    assert_numbers(&failure, &[("market", 0)]);
    close(&mut pit.x, &pit.taker, SOL_PERP).unwrap();
    pit.refuses(ErrorCode::NoPosition, |x, _, taker| {
        close(x, taker, SOL_PERP)
    });
    // The maker has orders, then a fill in the queue, then neither.
    pit.refuses(ErrorCode::OrdersStillRest, |x, maker, _| {
        close(x, maker, SOL_PERP)
    });
    pit.x.prune(pit.maker.margin, SOL_PERP).unwrap();
    pit.refuses(ErrorCode::OrdersStillRest, |x, maker, _| {
        close(x, maker, SOL_PERP)
    });
    pit.x.settle_fills(SOL_PERP, &[pit.maker.margin]).unwrap();
    close(&mut pit.x, &pit.maker, SOL_PERP).unwrap();
    pit.refuses(ErrorCode::NoPosition, |x, maker, _| {
        close(x, maker, SOL_PERP)
    });
    assert_eq!(pit.x.market(SOL_PERP).open_long, 0);
    pit.balances();
}

#[test]
fn what_all_accounts_get_in_settlement_is_what_the_vault_holds() {
    let mut pit = Pit::new();
    let mid = pit.mid;
    let others: Vec<_> = ["one", "two", "three", "four"]
        .map(|name| pit.x.funded(name, 20_000))
        .into();
    let accounts: Vec<_> = [&pit.maker, &pit.taker]
        .into_iter()
        .chain(&others)
        .map(|trader| trader.margin)
        .collect();
    // Odd sizes at odd prices, both ways, with funding between them.
    for (at, trader) in others.iter().enumerate() {
        let at = at as u64;
        pit.rests(limit(Side::Sell, mid + 7 * at + 1, 333 + at));
        pit.rests(limit(Side::Buy, mid - 3 * at - 1, 777 + at));
        let lots = [101, -203, 307, -411][at as usize];
        let worst = if lots > 0 { mid + 400 } else { mid - 400 };
        pit.x
            .trade(trader, SOL_PERP, lots, worst, &accounts[..1])
            .unwrap();
        let own = limit(Side::Buy, mid + 50, 5_000);
        pit.x.order(trader, SOL_PERP, own, &accounts).unwrap();
        pit.x.chain.advance(3_601);
        pit.x.refresh_all();
        pit.x.update_funding(SOL_PERP).unwrap();
        assert!(reconcile(&pit.x, &accounts).balances());
    }
    assert!(
        pit.x.tables().markets[0].index[0] > 0,
        "no funding was paid"
    );
    settle(&mut pit.x, SOL_PERP, mid + 123).unwrap();
    let total = |x: &Exchange| -> i64 {
        let cash = accounts.iter().map(|key| x.margin(key).header.core.cash.0);
        cash.sum()
    };
    // Whether anything waits depends on who was at hand.
    let _ = pit.x.settle_fills(SOL_PERP, &accounts);
    for key in &accounts {
        if pit.x.margin(key).header.core.open_orders > 0 {
            pit.x.prune(*key, SOL_PERP).unwrap();
        }
    }
    let mut closed = 0;
    for key in &accounts {
        let before = pit.x.margin(key);
        let Some(position) = before.positions().first().copied() else {
            continue;
        };
        let row = pit.x.tables().markets[0];
        let owed = position.owed(&row).unwrap().0;
        let worth = position.quote.0 + position.lots.0 * row.settlement_price as i64 - owed;
        let close = pit.x.venue.settle_position(*key, SOL_PERP);
        pit.x.chain.send(&[close], &[]).unwrap();
        let after = pit.x.margin(key);
        assert_eq!(after.header.core.cash.0, before.header.core.cash.0 + worth);
        assert_eq!(after.header.core.position_count, 0);
        closed += 1;
    }
    assert!(closed >= 4, "{closed} positions");
    let sums = reconcile(&pit.x, &accounts);
    assert!(sums.balances(), "{sums:?}");
    assert_eq!(
        i128::from(total(&pit.x)),
        sums.vault - sums.fees - sums.residue
    );
    let market = pit.x.market(SOL_PERP);
    assert_eq!((market.open_long, market.open_short), (0, 0));
}

#[test]
fn only_the_authority_gives_a_discount_and_none_above_the_whole_fee() {
    let mut pit = Pit::new();
    pit.refuses(ErrorCode::NotAuthority, |x, _, taker| {
        let key = taker.key.pubkey();
        let set = x.venue.set_fee_discount(key, taker.margin, 10_000);
        send(x, taker, set)
    });
    for found in [10_001, u16::MAX] {
        let failure = pit.refuses(ErrorCode::ParameterOutOfBounds, |x, _, taker| {
            let key = x.authority.pubkey();
            x.govern(x.venue.set_fee_discount(key, taker.margin, found))
        });
        let numbers = [
            ("discount_bps", found.into()),
            ("lowest", 0),
            ("highest", 10_000),
        ];
        assert_numbers(&failure, &numbers);
    }
    // Half of the taker's fee, and all of it.
    pit.rests(limit(Side::Sell, pit.mid, 1_000));
    let mut paid = [0; 3];
    for (at, discount) in [0, 5_000, 10_000].into_iter().enumerate() {
        let x = &mut pit.x;
        let set = x
            .venue
            .set_fee_discount(x.authority.pubkey(), pit.taker.margin, discount);
        x.govern(set).unwrap();
        let cash = |x: &Exchange| x.margin(&pit.taker.margin).header.core.cash.0;
        let before = cash(x);
        x.trade(&pit.taker, SOL_PERP, 100, pit.mid, &[]).unwrap();
        paid[at] = before - cash(x);
    }
    // 3 bps of 150 dollars.
    assert_eq!(paid, [45_000, 22_500, 0]);
}

#[test]
fn an_account_of_another_clearinghouse_gets_no_discount_and_no_market_ends_there() {
    let mut x = localnet();
    let there = x.funded("there", 100);
    let (mut x, abroad) = beside(x);
    let mid = x.index_ticks(SOL_PERP);
    let here = x.authority.pubkey();
    refused(&mut x, &[&there], ErrorCode::WrongClearinghouse, |x| {
        x.govern(x.venue.set_fee_discount(here, there.margin, 1))
    });
    let end = x.venue.settle_market(here, SOL_PERP, mid);
    let (book, market) = (x.venue.risk_book, x.venue.market(SOL_PERP));
    for (own, foreign) in [(book, abroad.risk_book), (market, abroad.market(SOL_PERP))] {
        refused(&mut x, &[&there], ErrorCode::WrongClearinghouse, |x| {
            x.govern(with_account(end.clone(), own, foreign))
        });
        let update = x.venue.update_funding(SOL_PERP);
        refused(&mut x, &[&there], ErrorCode::WrongClearinghouse, |x| {
            x.chain.send(&[with_account(update, own, foreign)], &[])
        });
    }
}

#[test]
fn funding_waits_for_a_price() {
    let mut pit = with_positions();
    // A bid above the index for more than the impact notional: longs will pay.
    let bid = OrderArgs {
        client_id: 1,
        ..limit(Side::Buy, pit.mid + 100, 20_000)
    };
    pit.rests(bid);
    pit.x.chain.advance(3_700);
    let failure = pit.refuses(ErrorCode::StalePrice, |x, _, _| x.update_funding(SOL_PERP));
    assert_numbers(&failure, &[("asset", 1), ("age", 3_700), ("limit", 300)]);
    pit.x.refresh_all();
    pit.x.update_funding(SOL_PERP).unwrap();
    assert!(pit.x.tables().markets[0].index[0] > 0);
    assert_eq!(lots(&pit.x, &pit.taker), 1_000);
}

#[test]
fn a_market_grows_to_its_largest_size_and_no_further() {
    let mut pit = Pit::new();
    let (market, payer) = (pit.x.venue.market(SOL_PERP), pit.taker.key.pubkey());
    let grow = |pit: &mut Pit| {
        let grow = pit.x.venue.grow_market(payer, SOL_PERP);
        send(&mut pit.x, &pit.taker, grow).unwrap();
        pit.x.chain.data(&market).len()
    };
    let mut length = pit.x.chain.data(&market).len();
    while length < MARKET_LARGEST {
        let grown = grow(&mut pit);
        assert_eq!(grown, (length + 10_240).min(MARKET_LARGEST));
        length = grown;
    }
    assert_eq!(pit.book().orders.len(), 2_048);
    let before = counterweight_tests::scene::lamports(&pit.x, &payer);
    assert_eq!(grow(&mut pit), MARKET_LARGEST);
    let after = counterweight_tests::scene::lamports(&pit.x, &payer);
    assert_eq!(before, after, "nothing is paid where nothing grows");
    pit.rests(limit(Side::Buy, pit.mid - 1, 10));
}
