//! Trading on the order book: what rests, what trades, who pays, and what waits in the queue.

use counterweight::{Guards, OrderKind, Which, error::ErrorCode};
use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, Trader, limit, pegged, reconcile};
use counterweight_tests::scene::{localnet, refused};

const SOL_PERP: u16 = 0;

struct Scene {
    x: Exchange,
    maker: Trader,
    taker: Trader,
    mid: u64,
}

fn scene() -> Scene {
    let mut x = localnet();
    let (maker, taker) = (x.funded("maker", 100_000), x.funded("taker", 100_000));
    let mid = x.index_ticks(SOL_PERP);
    Scene {
        x,
        maker,
        taker,
        mid,
    }
}

impl Scene {
    fn check(&self) {
        let sums = reconcile(&self.x, &[self.maker.margin, self.taker.margin]);
        assert!(sums.balances(), "{sums:?}");
    }

    fn lots(&self, trader: &Trader) -> i64 {
        let margin = self.x.margin(&trader.margin);
        margin.positions().first().map_or(0, |p| p.lots.0)
    }
}

#[test]
fn an_order_rests_and_is_taken_at_its_own_price() {
    let Scene {
        mut x,
        maker,
        taker,
        mid,
    } = scene();
    x.order(&maker, SOL_PERP, limit(Side::Sell, mid + 5, 1_000), &[])
        .unwrap();
    let resting = x.margin(&maker.margin);
    assert_eq!(resting.positions()[0].ask_lots.0, 1_000);
    assert_eq!(resting.header.core.open_orders, 1);
    x.trade(&taker, SOL_PERP, 400, mid + 10, &[maker.margin])
        .unwrap();
    let s = Scene {
        x,
        maker,
        taker,
        mid,
    };
    assert_eq!((s.lots(&s.maker), s.lots(&s.taker)), (-400, 400));
    let paid = s.x.margin(&s.taker.margin).positions()[0].quote.0;
    assert_eq!(paid, -(400 * (mid as i64 + 5) * 100));
    s.check();
}

#[test]
fn a_fill_waits_for_a_maker_who_is_not_at_hand() {
    let mut s = scene();
    s.x.order(&s.maker, SOL_PERP, limit(Side::Sell, s.mid + 5, 1_000), &[])
        .unwrap();
    s.x.trade(&s.taker, SOL_PERP, 1_000, s.mid + 10, &[])
        .unwrap();
    assert_eq!((s.lots(&s.maker), s.lots(&s.taker)), (0, 1_000));
    assert_eq!(s.x.order_book(SOL_PERP).queue.len(), 1);
    s.check();
    s.x.settle_fills(SOL_PERP, &[s.maker.margin]).unwrap();
    assert_eq!(s.lots(&s.maker), -1_000);
    assert_eq!(s.x.margin(&s.maker.margin).header.core.open_orders, 0);
    s.check();
}

#[test]
fn a_pegged_order_follows_the_index() {
    let mut s = scene();
    let bid = pegged(Side::Buy, -3, s.mid + 1_000, 500);
    s.x.order(&s.maker, SOL_PERP, bid, &[]).unwrap();
    let price = s.x.prices[1];
    s.x.set_price(1, price + price / 200);
    let mid = s.x.index_ticks(SOL_PERP);
    assert!(mid > s.mid);
    s.x.trade(&s.taker, SOL_PERP, -500, mid - 3, &[s.maker.margin])
        .unwrap();
    assert_eq!(
        s.x.margin(&s.taker.margin).positions()[0].quote.0,
        500 * (mid as i64 - 3) * 100
    );
    s.check();
}

#[test]
fn a_post_only_order_that_would_trade_is_refused_and_one_that_slides_rests() {
    let mut s = scene();
    s.x.order(&s.maker, SOL_PERP, limit(Side::Sell, s.mid + 5, 1_000), &[])
        .unwrap();
    let post = counterweight::OrderArgs {
        kind: OrderKind::PostOnly,
        ..limit(Side::Buy, s.mid + 5, 10)
    };
    let Scene {
        x, maker, taker, ..
    } = &mut s;
    refused(x, &[maker, taker], ErrorCode::PostOnlyWouldCross, |x| {
        x.order(taker, SOL_PERP, post, &[])
    });
    let slide = counterweight::OrderArgs {
        kind: OrderKind::PostOnlySlide,
        ..post
    };
    x.order(taker, SOL_PERP, slide, &[]).unwrap();
    let book = x.order_book(SOL_PERP);
    let best = book.resting(Side::Buy, false).next().unwrap().1;
    assert_eq!(best.price, s.mid as i64 + 4);
    s.x.cancel(&s.taker, SOL_PERP, Which::All).unwrap();
    assert_eq!(s.x.margin(&s.taker.margin).header.core.position_count, 0);
    s.check();
}

/// Two own accounts: one takes the other's order without passing it, lets funding move, and settles
/// then. The lots that wait must pay from the moment of matching, or the pair would be paid by nobody.
#[test]
fn a_fill_that_waits_pays_funding_from_the_moment_of_matching() {
    let mut s = scene();
    // A bid above the index makes a premium, which longs pay.
    let far = s.mid + s.mid / 50;
    s.x.order(&s.taker, SOL_PERP, limit(Side::Buy, far, 200_000), &[])
        .unwrap();
    s.x.chain.advance(3_600);
    s.x.refresh_all();
    let worth = |s: &Scene| {
        let views = [s.maker.margin, s.taker.margin].map(|key| {
            let (tables, margin) = (s.x.tables(), s.x.margin(&key));
            counterweight_risk::standard::maintenance(
                &tables.book(),
                &margin.view(),
                s.x.chain.time(),
            )
            .unwrap()
            .equity
            .0
        });
        views[0] + views[1]
    };
    let before = worth(&s);
    s.x.trade(&s.maker, SOL_PERP, -100_000, far - 1, &[])
        .unwrap();
    let update = s.x.venue.update_funding(SOL_PERP);
    s.x.chain.send(&[update], &[]).unwrap();
    assert!(s.x.tables().markets[0].index[0] > 0, "funding has moved");
    s.check();
    s.x.settle_fills(SOL_PERP, &[s.taker.margin]).unwrap();
    s.check();
    assert!(worth(&s) <= before, "{} > {before}", worth(&s));
    assert!(reconcile(&s.x, &[s.maker.margin, s.taker.margin]).left() < 10);
}

/// A pegged order's account knows its offset and not its price. A fill of it that waited would keep its
/// price while the index moves on, and what it loses could leave the account meanwhile: nothing of a
/// pegged order may wait.
#[test]
fn a_pegged_order_is_passed_over_without_its_maker() {
    let mut s = scene();
    let bid = pegged(Side::Buy, -3, 2 * s.mid, 20_000);
    s.x.order(&s.maker, SOL_PERP, bid, &[]).unwrap();
    let worse = limit(Side::Buy, s.mid - 50, 1_000);
    s.x.order(&s.maker, SOL_PERP, worse, &[]).unwrap();
    s.x.trade(&s.taker, SOL_PERP, -20_000, s.mid - 100, &[])
        .unwrap();
    assert_eq!(s.lots(&s.taker), -1_000, "only the order at a fixed price");
    assert_eq!(s.x.order_book(SOL_PERP).queue.len(), 1);
    s.x.trade(&s.taker, SOL_PERP, -20_000, s.mid - 100, &[s.maker.margin])
        .unwrap();
    assert_eq!(s.lots(&s.taker), -21_000);
    s.check();
}

/// What was passed over still stands at the top: the rest of a limit order that would cross it is
/// cancelled, and one that does not cross it rests.
#[test]
fn the_rest_of_an_order_never_rests_across_what_it_passed_over() {
    let mut s = scene();
    let bid = pegged(Side::Buy, -3, 2 * s.mid, 500);
    s.x.order(&s.maker, SOL_PERP, bid, &[]).unwrap();
    s.x.order(&s.taker, SOL_PERP, limit(Side::Sell, s.mid - 3, 100), &[])
        .unwrap();
    assert_eq!(s.x.order_book(SOL_PERP).resting(Side::Sell, false).count(), 0);
    s.x.order(&s.taker, SOL_PERP, limit(Side::Sell, s.mid - 2, 100), &[])
        .unwrap();
    assert_eq!(s.x.order_book(SOL_PERP).resting(Side::Sell, false).count(), 1);
    s.check();
}

/// A limit order that meets its last order with its last step rests with what is left.
#[test]
fn a_limit_order_rests_after_its_last_step_where_nothing_crosses() {
    let mut s = scene();
    s.x.order(&s.maker, SOL_PERP, limit(Side::Sell, s.mid, 100), &[])
        .unwrap();
    let order = counterweight::OrderArgs {
        match_limit: 1,
        ..limit(Side::Buy, s.mid, 300)
    };
    s.x.order(&s.taker, SOL_PERP, order, &[]).unwrap();
    let book = s.x.order_book(SOL_PERP);
    let rest = book.resting(Side::Buy, false).next().unwrap().1;
    assert_eq!((s.lots(&s.taker), rest.lots), (100, 200));
    s.check();
}
