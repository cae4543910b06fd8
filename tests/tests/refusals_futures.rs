//! What is refused because a contract has ended, has not ended, or may not end then; and that nobody is sheltered by it.

use counterweight::{Guards, OrderKind, TriggerArgs, Which, error::ErrorCode};
use counterweight_risk::{
    expiry::{LEAST_TERM, LONGEST_TERM, SETTLEMENT_PATIENCE},
    market::MODE_SETTLEMENT,
    orders::Side,
};
use counterweight_simnet::{Exchange, Failure, Signer, Trader, limit, reconcile};
use counterweight_tests::{
    dated::{Dated, PERPETUAL, SOL, START_PRICE},
    pit::{kind, quotes, reducing, send, set_terms},
    scene::{DOLLAR, Outcome, assert_numbers, refused},
};

/// The market on ETH, and the asset.
const ETH_PERP: u16 = 2;
const ETH: u16 = 3;

/// Expects a refusal that changes nothing.
#[track_caller]
fn refuses(
    dated: &mut Dated,
    code: ErrorCode,
    act: impl FnOnce(&mut Exchange) -> Outcome,
) -> Box<Failure> {
    let Dated {
        x, maker, taker, ..
    } = dated;
    refused(x, &[maker, taker], code, act)
}

/// Expects that the contract's end is the reason.
#[track_caller]
fn has_ended(dated: &mut Dated, act: impl FnOnce(&mut Exchange) -> Outcome) {
    let (market, expiry) = (dated.market, dated.expiry);
    let failure = refuses(dated, ErrorCode::ContractEnded, act);
    assert_numbers(
        &failure,
        &[("market", market.into()), ("expiry", expiry.into())],
    );
}

fn somebody(of: &Trader) -> Trader {
    Trader {
        key: of.key.insecure_clone(),
        margin: of.margin,
    }
}

#[test]
fn from_its_expiry_on_nothing_trades_and_orders_only_go() {
    let mut dated = Dated::traded();
    let (market, expiry) = (dated.market, dated.expiry);
    let (maker, taker) = (somebody(&dated.maker), somebody(&dated.taker));
    let mid = dated.x.index_ticks(market);
    for (side, ticks) in [
        (Side::Buy, mid - 1),
        (Side::Buy, mid - 2),
        (Side::Sell, mid + 1),
    ] {
        dated
            .x
            .order(&maker, market, limit(side, ticks, 100), &[])
            .unwrap();
    }
    dated
        .x
        .order(&taker, market, limit(Side::Buy, mid - 5, 10), &[])
        .unwrap();
    dated.x.trade(&taker, market, 50, mid + 1, &[]).unwrap();
    let id = dated
        .x
        .order_book(market)
        .resting(Side::Buy, false)
        .next()
        .unwrap()
        .0;
    dated.x.open_triggers(&taker).unwrap();
    let stop = TriggerArgs {
        market,
        side: Side::Sell,
        above: false,
        price: mid,
        trail: 0,
        slippage: 10,
        lots: 10,
        expires: 0,
        client_id: 0,
    };
    dated.x.place_trigger(&taker, stop).unwrap();

    // A second before, everything goes; the index has the price of the expiry already.
    dated.at(expiry - 1, START_PRICE);
    let leg = dated.x.leg(market, 1);
    dated.x.block_trade(&taker, &maker, &[leg]).unwrap();
    dated.x.chain.set_time(expiry);
    for of in [
        OrderKind::Limit,
        OrderKind::PostOnly,
        OrderKind::PostOnlySlide,
        OrderKind::ImmediateOrCancel,
        OrderKind::FillOrKill,
    ] {
        let order = kind(of, limit(Side::Buy, mid - 2, 10));
        has_ended(&mut dated, |x| x.order(&taker, market, order, &[]));
    }
    let closes = reducing(Side::Sell, mid - 1, 10);
    has_ended(&mut dated, |x| {
        x.order(&taker, market, closes, &[maker.margin])
    });
    has_ended(&mut dated, |x| {
        x.trade(&taker, market, -10, mid - 2, &[maker.margin])
    });
    let args = quotes([(Side::Buy, mid - 2, 10)]);
    has_ended(&mut dated, |x| x.quotes(&maker, market, args));
    let legs = [dated.x.leg(PERPETUAL, 5), dated.x.leg(market, -10)];
    has_ended(&mut dated, |x| x.block_trade(&taker, &maker, &legs));
    has_ended(&mut dated, |x| {
        x.execute_trigger(&maker, market, taker.margin, 0, &[])
    });
    has_ended(&mut dated, |x| {
        let larger = limit(Side::Buy, mid - 1, 200);
        let actor = x.actor(&maker, market);
        let edit = x
            .venue
            .edit_order(&actor, id, larger, Guards::default(), &[]);
        send(x, &maker, edit)
    });
    has_ended(&mut dated, |x| x.settle_position(taker.margin, market));

    // What waits arrives, and orders go: one's own at will, anybody's by anybody.
    dated.x.settle_fills(market, &[maker.margin]).unwrap();
    dated.x.cancel(&maker, market, Which::All).unwrap();
    dated.x.prune(taker.margin, market).unwrap();
    assert_eq!(dated.lots(), [-1_051, 1_051]);
    // The other market is open to the same accounts.
    let leg = dated.x.leg(PERPETUAL, 5);
    dated.x.block_trade(&taker, &maker, &[leg]).unwrap();
    dated.balances();
}

#[test]
fn nobody_moves_the_end_or_the_terms_of_a_contract_that_has_ended() {
    let mut dated = Dated::traded();
    let market = dated.market;
    dated.at(dated.expiry - 1, START_PRICE);
    set_terms(&mut dated.x, market, |terms| terms.trigger_fee += 1).unwrap();
    dated.x.chain.set_time(dated.expiry);
    has_ended(&mut dated, |x| {
        set_terms(x, market, |terms| terms.trigger_fee += 2)
    });
    has_ended(&mut dated, |x| {
        x.govern(x.venue.settle_market(x.authority.pubkey(), market, 15_000))
    });
    // Old prices or none make no difference.
    dated.x.chain.set_time(dated.expiry + 100_000);
    has_ended(&mut dated, |x| {
        x.govern(x.venue.settle_market(x.authority.pubkey(), market, 15_000))
    });
}

#[test]
fn a_contract_settles_neither_early_nor_twice_nor_without_a_price() {
    let mut dated = Dated::traded();
    let (market, expiry) = (dated.market, dated.expiry);
    refuses(&mut dated, ErrorCode::UnknownMarket, |x| {
        x.settle_expired(4)
    });
    let failure = refuses(&mut dated, ErrorCode::ContractRuns, |x| {
        x.settle_expired(PERPETUAL)
    });
    assert_numbers(&failure, &[("expiry", 0)]);
    // Even where the price of the expiry is there already: it may be published 30 seconds before the chain's clock.
    dated.x.chain.set_time(expiry);
    dated.x.publish(SOL, START_PRICE);
    dated.x.chain.set_time(expiry - 1);
    dated.x.refresh(&[SOL]).unwrap();
    let early = refuses(&mut dated, ErrorCode::ContractRuns, |x| {
        x.settle_expired(market)
    });
    assert_numbers(
        &early,
        &[("expiry", expiry.into()), ("now", (expiry - 1).into())],
    );
    dated.x.chain.set_time(expiry);
    dated.settle().unwrap();
    refuses(&mut dated, ErrorCode::MarketMode, |x| {
        x.settle_expired(market)
    });

    let mut dated = Dated::traded();
    dated.at(expiry - 1, START_PRICE);
    for now in [expiry, expiry + SETTLEMENT_PATIENCE - 1] {
        dated.x.chain.set_time(now);
        let waits = refuses(&mut dated, ErrorCode::SettlementWaits, |x| {
            x.settle_expired(market)
        });
        let until = (expiry + SETTLEMENT_PATIENCE).into();
        assert_numbers(
            &waits,
            &[
                ("published", (expiry - 1).into()),
                ("expiry", expiry.into()),
                ("until", until),
            ],
        );
    }
}

#[test]
fn a_market_is_a_perpetual_without_an_expiry_or_a_future_with_one() {
    let mut dated = Dated::new();
    let authority = dated.x.authority.pubkey();
    let now = dated.x.chain.time();
    let (low, high) = (now + LEAST_TERM, now + LONGEST_TERM);
    let plain = dated.x.market_setup(PERPETUAL);
    let add = |dated: &mut Dated, kind: u8, expiry: i64| {
        let setup = counterweight::MarketSetup {
            kind,
            expiry,
            ..plain.clone()
        };
        dated
            .x
            .govern(dated.x.venue.add_market(authority, 4, setup))
    };
    for (kind, expiry, bounds) in [
        (4, low, ("kind", 4, 0, 3)),
        (255, 0, ("kind", 255, 0, 3)),
        (0, low, ("expiry", i128::from(low), 0, 0)),
        (1, 0, ("expiry", 0, low.into(), high.into())),
        (
            1,
            low - 1,
            ("expiry", i128::from(low) - 1, low.into(), high.into()),
        ),
        (
            1,
            high + 1,
            ("expiry", i128::from(high) + 1, low.into(), high.into()),
        ),
        (1, -1, ("expiry", u64::MAX.into(), low.into(), high.into())),
    ] {
        let failure = add(&mut dated, kind, expiry).expect_err("a bound");
        assert!(failure.is(ErrorCode::ParameterOutOfBounds), "{failure}");
        let (field, found, lowest, highest) = bounds;
        let numbers = [(field, found), ("lowest", lowest), ("highest", highest)];
        assert_numbers(&failure, &numbers);
    }
    assert_eq!(dated.x.tables().markets.len(), 4);
    add(&mut dated, 1, high).unwrap();
}

/// Somebody who is long of the future and of ETH, and below maintenance margin since ETH fell; a keeper.
struct Weak {
    dated: Dated,
    weak: Trader,
    keeper: Trader,
}

fn weak() -> Weak {
    let mut dated = Dated::new();
    dated.x.open_backstop().unwrap();
    let (weak, keeper) = (
        dated.x.funded("weak", 1_500),
        dated.x.funded("keeper", 100_000),
    );
    let legs = [
        dated.x.leg(ETH_PERP, 2_500),
        dated.x.leg(dated.market, 10_000),
    ];
    dated.x.block_trade(&weak, &dated.maker, &legs).unwrap();
    dated.at(dated.expiry - 20, START_PRICE);
    dated.x.chain.set_time(dated.expiry);
    Weak {
        dated,
        weak,
        keeper,
    }
}

impl Weak {
    /// ETH is worth this, of 400,000,000,000.
    fn ether(&mut self, price: i64) {
        self.dated.x.publish(ETH, price);
        self.dated.x.refresh(&[ETH]).unwrap();
    }

    fn flag(&mut self) -> Outcome {
        let flag = self.dated.x.venue.flag_account(self.weak.margin);
        self.dated.x.chain.send(&[flag], &[])
    }

    fn take(&mut self, market: u16, lots: u64) -> Outcome {
        self.dated
            .x
            .liquidate(&self.keeper, self.weak.margin, market, lots)
    }

    #[track_caller]
    fn balances(&self) {
        let of = &self.dated;
        let keys = [
            of.maker.margin,
            of.taker.margin,
            self.weak.margin,
            self.keeper.margin,
        ];
        let sums = reconcile(&of.x, &keys);
        assert!(sums.balances(), "{sums:?}");
    }
}

#[test]
fn no_account_is_immune_between_expiry_and_settlement() {
    let mut w = weak();
    let market = w.dated.market;
    w.ether(350_000_000_000);
    let view = w.dated.x.view(w.weak.margin).unwrap();
    assert!(
        view.equity > 0 && view.equity < view.maintenance_margin,
        "{view:?}"
    );

    // Nobody can settle: the oracle has not told the price of the expiry. What has ended is not taken over, alone or
    // with the rest; the rest is.
    let (weak, keeper) = (w.weak.margin, somebody(&w.keeper));
    has_ended(&mut w.dated, |x| x.liquidate(&keeper, weak, market, 10));
    has_ended(&mut w.dated, |x| x.liquidate_slice(&keeper, weak, 1 << 18));
    w.take(ETH_PERP, 10).unwrap();
    w.flag().expect_err("it is flagged by that");
    w.balances();

    // The price is there, anyone can settle: no verdict is passed before somebody does, in the same transaction if
    // need be.
    w.dated.at(w.dated.expiry + 5, START_PRICE);
    has_ended(&mut w.dated, |x| x.liquidate(&keeper, weak, ETH_PERP, 10));
    has_ended(&mut w.dated, |x| x.liquidate_slice(&keeper, weak, 1 << 18));
    has_ended(&mut w.dated, |x| {
        let flag = x.venue.flag_account(weak);
        x.chain.send(&[flag], &[])
    });
    let venue = w.dated.x.venue;
    let args = counterweight::LiquidateArgs {
        market: ETH_PERP,
        max_lots: 10,
        ..Default::default()
    };
    let together = [
        venue.settle_expired(market),
        venue.liquidate(keeper.key.pubkey(), weak, keeper.margin, args),
        venue.settle_position(weak, market),
    ];
    w.dated.x.chain.send(&together, &[&keeper.key]).unwrap();
    let maker = w.dated.maker.margin;
    w.dated.x.settle_position(maker, market).unwrap();
    w.balances();
    w.take(ETH_PERP, u64::MAX).unwrap();
    let view = w.dated.x.view(weak).unwrap();
    assert!(view.equity >= view.maintenance_margin && view.liquidation_start == 0);
    w.balances();
}

/// What has ended requires nothing any more: whoever failed only for it stands again, and leaves liquidation.
#[test]
fn a_settlement_ends_the_liquidation_of_who_stands_without_the_contract() {
    let mut w = weak();
    w.ether(358_000_000_000);
    w.flag().unwrap();
    let weak = w.weak.margin;
    w.dated.end(START_PRICE);
    let view = w.dated.x.view(weak).unwrap();
    assert!(view.equity >= view.maintenance_margin && view.liquidation_start != 0);
    w.flag().unwrap();
    assert_eq!(w.dated.x.view(weak).unwrap().liquidation_start, 0);
    let refused = w.take(ETH_PERP, 10).expect_err("it stands");
    assert!(refused.is(ErrorCode::NotLiquidatable), "{refused}");
}

/// Whose only position has ended is settled like everybody, and what he owes then is a default like any.
#[test]
fn what_a_contract_leaves_owing_is_resolved_after_its_end() {
    let mut w = weak();
    let market = w.dated.market;
    insure(&mut w.dated, 20_000);
    w.ether(330_000_000_000);
    let view = w.dated.x.view(w.weak.margin).unwrap();
    assert!(view.equity < 0, "{view:?}");

    // In default, but for the good that the contract's end may do: nobody takes it over on a price that is none.
    let weak = w.weak.margin;
    refuses(&mut w.dated, ErrorCode::NotInDefault, |x| {
        x.resolve_default(weak)
    });
    has_ended(&mut w.dated, |x| x.deleverage(weak, market));
    w.dated.at(w.dated.expiry + 5, START_PRICE);
    has_ended(&mut w.dated, |x| x.resolve_default(weak));
    has_ended(&mut w.dated, |x| x.deleverage(weak, market));
    w.dated.settle().unwrap();
    w.dated.x.settle_position(weak, market).unwrap();
    w.dated.x.resolve_default(weak).unwrap();
    assert_eq!(w.dated.x.margin(&weak).header.core.position_count, 0);
    assert_eq!(w.dated.x.margin(&weak).header.core.cash.0, 0);
    let row = w.dated.x.tables().markets[usize::from(market)];
    assert_eq!(row.mode, MODE_SETTLEMENT);
    let maker = w.dated.maker.margin;
    w.dated.x.settle_position(maker, market).unwrap();
    w.balances();
}

/// What the backstop has taken over in a market that ends is settled too, and not sold at an index that is none.
#[test]
fn the_backstop_is_neither_sold_nor_deleveraged_on_what_has_ended() {
    let mut dated = Dated::new();
    dated.x.open_backstop().unwrap();
    let (weak, keeper) = (
        dated.x.funded("weak", 1_500),
        dated.x.funded("keeper", 100_000),
    );
    insure(&mut dated, 5_000);
    let market = dated.market;
    let legs = [dated.x.leg(ETH_PERP, 2_500), dated.x.leg(market, 10_000)];
    dated.x.block_trade(&weak, &dated.maker, &legs).unwrap();
    dated.at(dated.expiry - 20, START_PRICE);
    let ether = |dated: &mut Dated, price| {
        dated.x.publish(ETH, price);
        dated.x.refresh(&[ETH]).unwrap();
    };
    ether(&mut dated, 340_000_000_000);
    dated.x.resolve_default(weak.margin).unwrap();
    let backstop = dated.x.venue.backstop();
    assert_eq!(dated.x.margin(&backstop).header.core.position_count, 2);

    dated.x.chain.set_time(dated.expiry);
    has_ended(&mut dated, |x| x.liquidate(&keeper, backstop, market, 10));
    has_ended(&mut dated, |x| x.deleverage_backstop(market));
    dated.x.liquidate(&keeper, backstop, ETH_PERP, 10).unwrap();
    // It fails now, and anyone could settle: its other positions wait as well.
    ether(&mut dated, 150_000_000_000);
    dated.at(dated.expiry + 1, START_PRICE);
    has_ended(&mut dated, |x| x.liquidate(&keeper, backstop, ETH_PERP, 10));
    has_ended(&mut dated, |x| x.deleverage_backstop(ETH_PERP));
    dated.settle().unwrap();
    let maker = dated.maker.margin;
    for margin in [backstop, maker] {
        dated.x.settle_position(margin, market).unwrap();
    }
    let keys = [maker, dated.taker.margin, weak.margin, keeper.margin];
    let sums = reconcile(&dated.x, &keys);
    assert!(sums.balances(), "{sums:?}");
}

/// Somebody pays so many dollars into the insurance fund.
fn insure(dated: &mut Dated, dollars: u64) {
    let (patron, atoms) = (dated.x.trader("patron"), dollars * DOLLAR as u64);
    let wallet = dated.x.wallet(&patron, 0, atoms);
    let quote = dated.x.collateral(0);
    let owner = patron.key.pubkey();
    let fund = dated.x.venue.fund_insurance(owner, &quote, wallet, atoms);
    dated.x.chain.send(&[fund], &[&patron.key]).unwrap();
}
