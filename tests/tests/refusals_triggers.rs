//! What trigger orders refuse: to be placed, to fire too early, to trade too far, to pay too much.

use counterweight::{TriggerArgs, error::ErrorCode, state::PAUSE_TRADE};
use counterweight_risk::{
    market::{MODE_POST_ONLY, MODE_REDUCE_ONLY},
    orders::Side,
};
use counterweight_sdk::trading::{close_triggers, open_triggers};
use counterweight_simnet::{Exchange, Signer, Trader, limit};
use counterweight_tests::{
    assert_refused,
    pit::{Pit, SOL_PERP, lots, send},
    scene::{Outcome, assert_numbers, refused_by_runtime, signing_as, watched, with_account},
};

/// A taker who is long 1,000 lots, with triggers; a maker with a bid of as many; an executor.
struct Scene {
    pit: Pit,
    executor: Trader,
}

const SOL: i64 = 15_000_000_000;

impl Scene {
    fn new() -> Self {
        let mut pit = Pit::new();
        let executor = pit.x.funded("executor", 1_000);
        pit.rests(limit(Side::Sell, pit.mid, 1_000));
        pit.takes(1_000, pit.mid, true);
        pit.rests(limit(Side::Buy, pit.mid - 20, 1_000));
        pit.x.open_triggers(&pit.taker).unwrap();
        Self { pit, executor }
    }

    /// A stop-loss of 1,000 lots.
    fn stop(&self, price: u64) -> TriggerArgs {
        TriggerArgs {
            market: SOL_PERP,
            side: Side::Sell,
            above: false,
            price,
            trail: 0,
            slippage: 100,
            lots: 1_000,
            expires: 0,
            client_id: 0,
        }
    }

    fn places(&mut self, args: TriggerArgs) {
        self.pit.x.place_trigger(&self.pit.taker, args).unwrap();
    }

    fn execute(&mut self, place: u8) -> Outcome {
        let (of, maker) = (self.pit.taker.margin, self.pit.maker.margin);
        self.pit
            .x
            .execute_trigger(&self.executor, SOL_PERP, of, place, &[maker])
    }

    /// Expects a refusal that changes nothing, the triggers included.
    #[track_caller]
    fn refuses(
        &mut self,
        code: ErrorCode,
        act: impl FnOnce(&mut Exchange, &Trader, &Trader) -> Outcome,
    ) -> Box<counterweight_simnet::Failure> {
        let Self { pit, executor } = self;
        let mut keys = watched(&pit.x, &[&pit.maker, &pit.taker, executor]);
        keys.push(pit.x.venue.triggers(&pit.taker.margin));
        let taker = &pit.taker;
        assert_refused(&mut pit.x, &keys, code, |x| act(x, taker, executor))
    }

    #[track_caller]
    fn refuses_execution(
        &mut self,
        code: ErrorCode,
        place: u8,
    ) -> Box<counterweight_simnet::Failure> {
        let maker = self.pit.maker.margin;
        self.refuses(code, |x, taker, executor| {
            x.execute_trigger(executor, SOL_PERP, taker.margin, place, &[maker])
        })
    }
}

#[test]
fn a_trigger_waits_until_the_index_has_crossed_its_price() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    s.places(s.stop(mid - 10));
    let failure = s.refuses_execution(ErrorCode::TriggerNotReached, 0);
    let numbers = [("index", mid.into()), ("trigger", i128::from(mid) - 10)];
    assert_numbers(&failure, &numbers);
    s.pit.x.set_price(1, SOL - 9 * 1_000_000);
    s.refuses_execution(ErrorCode::TriggerNotReached, 0);
    s.pit.x.set_price(1, SOL - 10 * 1_000_000);
    s.execute(0).unwrap();
    assert_eq!(s.pit.lots(), [0, 0]);
    // It is gone with its last lot.
    s.refuses_execution(ErrorCode::TriggerNotFound, 0);
}

#[test]
fn a_trigger_does_not_fire_on_a_price_that_is_not_certain_to_have_crossed() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    s.places(s.stop(mid - 10));
    s.pit.x.chain.advance(1);
    // 2 % wide: the index is below the trigger, the upper end of the interval is not.
    let price = SOL - 20_000_000;
    s.pit.x.publish_with(1, price, 300_000_000, price);
    s.pit.x.refresh(&[1]).unwrap();
    s.refuses_execution(ErrorCode::TriggerNotReached, 0);
    s.pit.x.set_price(1, price);
    s.pit.x.chain.advance(301);
    s.refuses_execution(ErrorCode::StalePrice, 0);
}

#[test]
fn a_trigger_that_has_expired_or_is_for_another_market_is_not_found() {
    let mut s = Scene::new();
    let (mid, now) = (s.pit.mid, s.pit.x.chain.time());
    let expires = TriggerArgs {
        expires: now + 1,
        ..s.stop(mid)
    };
    s.places(expires);
    s.places(s.stop(mid));
    for place in [2, 7, 8, u8::MAX] {
        let failure = s.refuses_execution(ErrorCode::TriggerNotFound, place);
        assert_numbers(&failure, &[("place", place.into())]);
        s.refuses(ErrorCode::TriggerNotFound, |x, taker, _| {
            let cancel = x
                .venue
                .cancel_trigger(taker.key.pubkey(), taker.margin, place);
            send(x, taker, cancel)
        });
    }
    s.refuses(ErrorCode::TriggerNotFound, |x, taker, executor| {
        x.execute_trigger(executor, 1, taker.margin, 1, &[])
    });
    s.pit.x.chain.advance(1);
    s.refuses_execution(ErrorCode::TriggerNotFound, 0);
    s.execute(1).unwrap();
}

#[test]
fn a_trigger_that_nobody_could_have_meant_is_not_placed() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    let good = s.stop(mid - 10);
    let most = (1u64 << 40) / 100;
    let refuse = |s: &mut Scene, code, args: TriggerArgs| {
        s.refuses(code, |x, taker, _| x.place_trigger(taker, args))
    };
    refuse(
        &mut s,
        ErrorCode::ZeroQuantity,
        TriggerArgs { lots: 0, ..good },
    );
    let giant = TriggerArgs {
        lots: (1 << 44) + 1,
        ..good
    };
    refuse(&mut s, ErrorCode::Overflow, giant);
    let failure = refuse(
        &mut s,
        ErrorCode::UnknownMarket,
        TriggerArgs { market: 3, ..good },
    );
    assert_numbers(&failure, &[("market", 3)]);
    for (price, trail, slippage, found) in [
        (0, 0, 0, 0),
        (most + 1, 0, 0, most + 1),
        (mid, most + 1, 0, most + 1),
        (mid, 0, u64::MAX, u64::MAX),
    ] {
        let args = TriggerArgs {
            price,
            trail,
            slippage,
            ..good
        };
        let failure = refuse(&mut s, ErrorCode::InvalidPrice, args);
        assert_numbers(
            &failure,
            &[("ticks", found.into()), ("highest", most.into())],
        );
    }
    for (side, above) in [(Side::Sell, true), (Side::Buy, false)] {
        let away = TriggerArgs {
            side,
            above,
            trail: 10,
            ..good
        };
        refuse(&mut s, ErrorCode::InvalidOrder, away);
    }
    for _ in 0..8 {
        s.places(good);
    }
    refuse(&mut s, ErrorCode::TriggerNotFound, good);
}

#[test]
fn nobody_touches_the_triggers_of_somebody_else() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    s.places(s.stop(mid));
    let args = s.stop(mid);
    let stranger = signing_as(&mut s.pit.x, "stranger", s.pit.taker.margin);
    s.refuses(ErrorCode::NotOwnerOrDelegate, |x, _, _| {
        x.place_trigger(&stranger, args)
    });
    s.refuses(ErrorCode::NotOwnerOrDelegate, |x, taker, _| {
        let cancel = x
            .venue
            .cancel_trigger(stranger.key.pubkey(), taker.margin, 0);
        send(x, &stranger, cancel)
    });
    s.refuses(ErrorCode::NotOwner, |x, taker, _| {
        let close = close_triggers(stranger.key.pubkey(), taker.margin);
        send(x, &stranger, close)
    });
    s.refuses(ErrorCode::NotOwner, |x, _, executor| {
        let open = open_triggers(stranger.key.pubkey(), executor.margin);
        send(x, &stranger, open)
    });
    // One's own account with the triggers of another.
    s.refuses(ErrorCode::TriggerNotFound, |x, taker, executor| {
        let own = x.venue.triggers(&executor.margin);
        let cancel = x
            .venue
            .cancel_trigger(executor.key.pubkey(), executor.margin, 0);
        let theirs = x.venue.triggers(&taker.margin);
        send(x, executor, with_account(cancel, own, theirs))
    });
    // Executing for somebody takes an account of one's own.
    let maker = s.pit.maker.margin;
    s.refuses(ErrorCode::NotOwnerOrDelegate, |x, taker, executor| {
        let foreign = Trader {
            key: stranger.key.insecure_clone(),
            margin: executor.margin,
        };
        x.execute_trigger(&foreign, SOL_PERP, taker.margin, 0, &[maker])
    });
    s.refuses(ErrorCode::SameAccount, |x, taker, _| {
        x.execute_trigger(taker, SOL_PERP, taker.margin, 0, &[maker])
    });
}

#[test]
fn a_trailing_stop_follows_the_index_and_never_goes_back() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    let trails = TriggerArgs {
        trail: 50,
        ..s.stop(mid - 50)
    };
    s.places(trails);
    s.refuses_execution(ErrorCode::TriggerNotReached, 0);
    s.pit.x.set_price(1, SOL + 100 * 1_000_000);
    s.execute(0).unwrap();
    let moved = s.pit.x.triggers(&s.pit.taker.margin).entries[0];
    assert_eq!((moved.price, moved.lots), (mid as i64 + 50, 1_000));
    assert_eq!(s.pit.lots(), [-1_000, 1_000]);
    // Following earns nothing.
    let cash = |s: &Scene| s.pit.x.margin(&s.executor.margin).header.core.cash.0;
    assert_eq!(cash(&s), 1_000_000_000);
    s.pit.x.set_price(1, SOL + 60 * 1_000_000);
    let failure = s.refuses_execution(ErrorCode::TriggerNotReached, 0);
    assert_numbers(&failure, &[("trigger", i128::from(mid) + 50)]);
    // Back through the stop, which is above where it was placed: it sells to the bid 20 below.
    s.pit.x.set_price(1, SOL + 49 * 1_000_000);
    s.execute(0).unwrap();
    assert_eq!(s.pit.lots(), [0, 0]);
}

#[test]
fn the_executor_earns_in_proportion_to_what_was_traded() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    s.places(s.stop(mid));
    // The bid holds 400 of the 1,000.
    s.pit
        .x
        .cancel(&s.pit.maker, SOL_PERP, counterweight::Which::All)
        .unwrap();
    s.pit.rests(limit(Side::Buy, mid - 20, 400));
    let cash = |s: &Scene| s.pit.x.margin(&s.executor.margin).header.core.cash.0;
    s.execute(0).unwrap();
    assert_eq!(cash(&s), 1_000_000_000 + 40_000);
    assert_eq!(s.pit.x.triggers(&s.pit.taker.margin).entries[0].lots, 600);
    // With nothing to trade there is nothing to earn.
    s.refuses_execution(ErrorCode::FillOrKillNotFilled, 0);
    s.pit.rests(limit(Side::Buy, mid - 20, 5_000));
    s.execute(0).unwrap();
    assert_eq!(cash(&s), 1_000_000_000 + 100_000);
    assert_eq!(s.pit.lots(), [0, 0]);
    let accounts = [&s.pit.maker, &s.pit.taker, &s.executor].map(|trader| trader.margin);
    assert!(counterweight_simnet::reconcile(&s.pit.x, &accounts).balances());
}

#[test]
fn an_executor_who_is_the_maker_too_waits_for_its_fill() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    s.places(s.stop(mid));
    let bid = limit(Side::Buy, mid - 10, 100);
    s.pit.x.order(&s.executor, SOL_PERP, bid, &[]).unwrap();
    // The same account cannot be written in two places of one call.
    let (of, own) = (s.pit.taker.margin, s.executor.margin);
    refused_by_runtime(&mut s.pit.x, &[&s.pit.taker, &s.executor], None, |x| {
        x.execute_trigger(&s.executor, SOL_PERP, of, 0, &[own])
    });
    s.execute(0).unwrap();
    assert_eq!(lots(&s.pit.x, &s.executor), 0);
    s.pit.x.settle_fills(SOL_PERP, &[own]).unwrap();
    assert_eq!(lots(&s.pit.x, &s.executor), 100);
}

#[test]
fn a_trigger_trades_no_farther_from_the_index_than_its_slippage() {
    for (slippage, trades) in [(0, false), (19, false), (20, true)] {
        let mut s = Scene::new();
        let mid = s.pit.mid;
        s.places(TriggerArgs {
            slippage,
            ..s.stop(mid)
        });
        if trades {
            s.execute(0).unwrap();
        } else {
            s.refuses_execution(ErrorCode::FillOrKillNotFilled, 0);
        }
        assert_eq!(s.pit.lots()[1] == 0, trades);
    }
}

#[test]
fn a_trigger_only_reduces() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    let buys = TriggerArgs {
        side: Side::Buy,
        ..s.stop(mid)
    };
    s.places(buys);
    s.places(TriggerArgs {
        lots: 5_000,
        ..s.stop(mid)
    });
    s.refuses_execution(ErrorCode::ReduceOnly, 0);
    // 5,000 lots close the 1,000 that there are, for a fifth of the fee, and it is done.
    s.pit.rests(limit(Side::Buy, mid - 20, 9_000));
    s.execute(1).unwrap();
    assert_eq!(s.pit.lots(), [0, 0]);
    let cash = s.pit.x.margin(&s.executor.margin).header.core.cash.0;
    assert_eq!(cash, 1_000_000_000 + 20_000);
    s.refuses_execution(ErrorCode::TriggerNotFound, 1);
}

#[test]
fn a_trigger_obeys_pause_and_mode() {
    let mut s = Scene::new();
    let mid = s.pit.mid;
    s.places(s.stop(mid));
    let pause = |s: &mut Scene, bits| {
        let x = &mut s.pit.x;
        x.govern(x.venue.pause(x.authority.pubkey(), bits)).unwrap();
    };
    pause(&mut s, PAUSE_TRADE);
    let failure = s.refuses_execution(ErrorCode::Paused, 0);
    assert_numbers(&failure, &[("asked for", 4)]);
    pause(&mut s, 0);
    s.pit.set_terms(|terms| terms.mode = MODE_POST_ONLY);
    let failure = s.refuses_execution(ErrorCode::MarketMode, 0);
    assert_numbers(&failure, &[("mode", 1)]);
    s.pit.set_terms(|terms| terms.mode = MODE_REDUCE_ONLY);
    s.refuses(ErrorCode::MakerRequired, |x, taker, executor| {
        x.execute_trigger(executor, SOL_PERP, taker.margin, 0, &[])
    });
    s.execute(0).unwrap();
}
