//! When an account cannot bear its own losses: the backstop takes it over, and what that cannot bear is
//! shared by the other side, pro rata.

use counterweight::{error::ErrorCode, events::Deleveraged};
use counterweight_risk::orders::Side;
use counterweight_sdk::events;
use counterweight_simnet::{Exchange, Receipt, Reconciliation, Signer, Trader, limit, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, number, refused, with_account};

const SOL: u16 = 0;
const ETH: u16 = 2;

/// A taker who is long 15,000 lots (150 SOL at 150 dollars) on 1,500 dollars, and two shorts of 10,000
/// and 5,000 lots on the other side. The insurance fund holds these dollars.
struct Scene {
    x: Exchange,
    taker: Trader,
    shorts: [Trader; 2],
}

fn scene(insurance: u64) -> Scene {
    scene_of(insurance, |_| ())
}

fn scene_of(insurance: u64, change: impl FnOnce(&mut counterweight_simnet::Deployment)) -> Scene {
    let mut x = deployed(change);
    x.open_backstop().unwrap();
    let taker = x.funded("taker", 1_500);
    let shorts = [x.funded("first", 50_000), x.funded("second", 50_000)];
    for (short, lots) in shorts.iter().zip([10_000, 5_000]) {
        let leg = x.leg(SOL, lots);
        x.block_trade(&taker, short, &[leg]).unwrap();
    }
    if insurance > 0 {
        let patron = x.trader("patron");
        let wallet = x.wallet(&patron, 0, insurance * DOLLAR as u64);
        let quote = x.collateral(0);
        let owner = patron.key.pubkey();
        let fund = x
            .venue
            .fund_insurance(owner, &quote, wallet, insurance * DOLLAR as u64);
        x.chain.send(&[fund], &[&patron.key]).unwrap();
    }
    Scene { x, taker, shorts }
}

impl Scene {
    fn sums(&self) -> Reconciliation {
        let keys = [
            self.taker.margin,
            self.shorts[0].margin,
            self.shorts[1].margin,
        ];
        reconcile(&self.x, &keys)
    }

    #[track_caller]
    fn balances(&self) {
        let sums = self.sums();
        assert!(sums.balances(), "{sums:?}");
    }

    fn equity(&mut self, of: &str) -> i64 {
        let key = match of {
            "taker" => self.taker.margin,
            "first" => self.shorts[0].margin,
            "second" => self.shorts[1].margin,
            _ => self.x.venue.backstop(),
        };
        self.x.view(key).unwrap().equity
    }

    fn lots(&self, margin: &anchor_lang::prelude::Pubkey) -> i64 {
        let row = &self.x.tables().markets[usize::from(SOL)];
        let margin = self.x.margin(margin);
        margin
            .positions()
            .iter()
            .find(|p| p.market == SOL)
            .map_or(0, |p| p.held(row).0)
    }

    #[track_caller]
    fn refuses(
        &mut self,
        code: ErrorCode,
        action: impl FnOnce(&mut Exchange) -> Result<Receipt, Box<counterweight_simnet::Failure>>,
    ) -> Box<counterweight_simnet::Failure> {
        let Self { x, taker, shorts } = self;
        refused(x, &[taker, &shorts[0], &shorts[1]], code, action)
    }
}

#[test]
fn the_backstop_takes_over_an_account_in_default_and_sells_it() {
    let mut s = scene(10_000);
    s.x.set_price(1, 14_200_000_000);
    let taker = s.taker.margin;
    let (equity, quote) = {
        let view = s.x.view(taker).unwrap();
        assert!(view.equity * 2 < view.maintenance_margin && view.equity > 0);
        (view.equity, s.x.margin(&taker).positions()[0].quote)
    };
    s.x.resolve_default(taker).unwrap();
    s.balances();
    let backstop = s.x.venue.backstop();
    assert_eq!(
        s.x.clearinghouse().insurance,
        0,
        "the fund is in the backstop"
    );
    assert_eq!(
        s.equity("backstop"),
        10_000 * DOLLAR + equity,
        "and nothing else"
    );
    let (empty, held) = (s.x.margin(&taker), s.x.margin(&backstop));
    assert!(empty.header.core.is_empty() && empty.header.core.liquidation_start == 0);
    let position = held.positions()[0];
    assert_eq!(
        (position.lots.0, position.quote),
        (15_000, quote),
        "as it was"
    );

    // It is for sale, at a discount that rises.
    let keeper = s.x.funded("keeper", 100_000);
    let start = s.x.view(keeper.margin).unwrap().equity;
    s.x.liquidate(&keeper, backstop, SOL, 5_000).unwrap();
    let early = s.x.view(keeper.margin).unwrap().equity - start;
    s.x.chain.advance(30);
    s.x.refresh_all();
    s.x.liquidate(&keeper, backstop, SOL, 5_000).unwrap();
    let late = s.x.view(keeper.margin).unwrap().equity - start - early;
    assert!(early > 0 && late > 2 * early, "{early}, then {late}");
    assert_ne!(s.x.view(backstop).unwrap().liquidation_start, 0);
    s.x.liquidate(&keeper, backstop, SOL, u64::MAX).unwrap();
    let view = s.x.view(backstop).unwrap();
    assert_eq!((view.liquidation_start, view.maintenance_margin), (0, 0));
    let keys = [taker, s.shorts[0].margin, s.shorts[1].margin, keeper.margin];
    assert!(reconcile(&s.x, &keys).balances());
}

#[test]
fn only_an_account_in_default_is_taken_over() {
    let mut s = scene(10_000);
    let taker = s.taker.margin;
    s.refuses(ErrorCode::NotInDefault, |x| x.resolve_default(taker));
    // Liquidatable, and above the line.
    s.x.set_price(1, 14_400_000_000);
    let failure = s.refuses(ErrorCode::NotInDefault, |x| x.resolve_default(taker));
    let view = s.x.view(taker).unwrap();
    assert_eq!(number(&failure, "equity"), view.equity.into());
    s.refuses(ErrorCode::NotInDefault, |x| x.deleverage(taker, SOL));
    let backstop = s.x.venue.backstop();
    s.refuses(ErrorCode::NotInDefault, |x| x.deleverage_backstop(SOL));
    s.refuses(ErrorCode::NotLiquidatable, |x| {
        let flag = x.venue.flag_account(backstop);
        x.chain.send(&[flag], &[])
    });
}

#[test]
fn an_account_with_orders_is_not_taken_over_before_they_are_gone() {
    let mut s = scene(10_000);
    let bid = limit(Side::Buy, 14_000, 10);
    s.x.order(&s.taker, SOL, bid, &[]).unwrap();
    s.x.set_price(1, 14_200_000_000);
    let taker = s.taker.margin;
    s.refuses(ErrorCode::OrdersStillRest, |x| x.resolve_default(taker));
    s.refuses(ErrorCode::OrdersStillRest, |x| x.deleverage(taker, SOL));
    s.x.prune(taker, SOL).unwrap();
    s.x.resolve_default(taker).unwrap();
    s.balances();
}

#[test]
fn another_account_is_no_backstop() {
    let mut s = scene(10_000);
    s.x.set_price(1, 14_200_000_000);
    let (taker, first) = (s.taker.margin, s.shorts[0].margin);
    let backstop = s.x.venue.backstop();
    for instruction in [
        s.x.venue.resolve_default(taker, &[SOL]),
        s.x.venue.deleverage(taker, SOL),
        s.x.venue.deleverage_backstop(SOL),
        s.x.venue.sweep_dust(SOL, 0),
    ] {
        let forged = with_account(instruction, backstop, first);
        s.refuses(ErrorCode::NotBackstop, |x| x.chain.send(&[forged], &[]));
    }
}

#[test]
fn the_backstop_takes_no_more_than_its_margin_and_its_cap_allow() {
    // Without a fund: what is left of the account does not carry its own margin.
    let mut s = scene(0);
    s.x.set_price(1, 14_200_000_000);
    let taker = s.taker.margin;
    let failure = s.refuses(ErrorCode::BackstopCannotTake, |x| x.resolve_default(taker));
    assert!(number(&failure, "equity then") < number(&failure, "margin then"));

    // With one, but a loss beyond the cap of the day.
    let mut s = scene_of(10_000, |d| d.backstop_daily_loss = 100);
    s.x.set_price(1, 13_500_000_000);
    // 750 dollars, and the fees of the trades.
    let lacking = -s.equity("taker");
    assert!((750 * DOLLAR..755 * DOLLAR).contains(&lacking));
    let taker = s.taker.margin;
    let failure = s.refuses(ErrorCode::BackstopCannotTake, |x| x.resolve_default(taker));
    assert_eq!(
        number(&failure, "equity then"),
        (10_000 * DOLLAR - lacking).into()
    );
    assert_eq!(
        number(&failure, "floor of the day"),
        (9_900 * DOLLAR).into()
    );
    s.balances();
}

#[test]
fn what_the_backstop_cannot_bear_is_shared_pro_rata() {
    let mut s = scene_of(10_000, |d| d.backstop_daily_loss = 150);
    s.x.set_price(1, 13_500_000_000);
    let taker = s.taker.margin;
    let shared = -s.equity("taker") - 150 * DOLLAR;
    let before = [s.equity("first"), s.equity("second")];
    let receipt = s.x.deleverage(taker, SOL).unwrap();
    let found: Vec<Deleveraged> = events::of_type(&receipt.logs);
    let event = &found[0];
    assert_eq!((event.covered, event.deficit), (150 * DOLLAR, shared));
    s.balances();
    // The account owes nothing and is owed nothing.
    let empty = s.x.margin(&taker);
    assert_eq!((empty.header.core.cash.0, empty.positions().len()), (0, 0));
    assert_eq!(s.equity("backstop"), 9_850 * DOLLAR);
    // Both shorts are closed at the index, and bear the deficit by their lots; to the atom, less what
    // rounding takes of each.
    let after = [s.equity("first"), s.equity("second")];
    let lost = [before[0] - after[0], before[1] - after[1]];
    assert!((0..3).contains(&(lost[0] - shared * 2 / 3)), "{lost:?}");
    assert!((0..3).contains(&(lost[1] - shared / 3)), "{lost:?}");
    let shorts = [s.shorts[0].margin, s.shorts[1].margin];
    assert_eq!(shorts.map(|key| s.lots(&key)), [0, 0]);
    assert_eq!(s.x.market(SOL).open_short, 0);
    // Whoever comes last: the same.
    for key in shorts {
        s.x.catch_up(key, SOL).unwrap();
        s.balances();
    }
    assert_eq!([s.equity("first"), s.equity("second")], after);
    assert_eq!(s.x.market(SOL).behind, [0, 0]);
    s.refuses(ErrorCode::NoPosition, |x| x.catch_up(shorts[0], SOL));
    assert!(s.sums().left() < 10, "{:?}", s.sums());
}

#[test]
fn deleveraging_is_refused_while_the_backstop_can_take_over() {
    let mut s = scene(10_000);
    s.x.set_price(1, 14_200_000_000);
    let taker = s.taker.margin;
    s.refuses(ErrorCode::BackstopCanTake, |x| x.deleverage(taker, SOL));
}

#[test]
fn deleveraging_waits_for_the_fills_in_the_queue() {
    let mut s = scene(0);
    let mid = s.x.index_ticks(SOL);
    let ask = limit(Side::Sell, mid, 100);
    s.x.order(&s.shorts[0], SOL, ask, &[]).unwrap();
    s.x.trade(&s.shorts[1], SOL, 100, mid, &[]).unwrap();
    s.x.set_price(1, 14_200_000_000);
    let (taker, maker) = (s.taker.margin, s.shorts[0].margin);
    s.refuses(ErrorCode::FillsStillWait, |x| x.deleverage(taker, SOL));
    s.x.settle_fills(SOL, &[maker]).unwrap();
    s.x.deleverage(taker, SOL).unwrap();
    s.balances();
}

/// The other side is larger than what is closed: everybody keeps a share, an account that is never
/// touched is worth what a touched one is, and the lots that rounding leaves over go to the backstop.
#[test]
fn a_side_keeps_its_share_and_the_dust_goes_to_the_backstop() {
    let mut s = scene(0);
    let other = s.x.funded("other", 50_000);
    let leg = s.x.leg(SOL, 7_777);
    s.x.block_trade(&other, &s.shorts[1], &[leg]).unwrap();
    let keys = [
        s.taker.margin,
        s.shorts[0].margin,
        s.shorts[1].margin,
        other.margin,
    ];
    s.x.set_price(1, 14_200_000_000);
    let before = s.equity("first");
    s.x.deleverage(s.taker.margin, SOL).unwrap();
    assert!(reconcile(&s.x, &keys).balances());
    let first = s.shorts[0].margin;
    // 22,777 lots were open; 7,777 are left.
    assert_eq!(s.lots(&first), -(10_000 * 7_777 / 22_777 + 1));
    // A part of a lot that it holds more than its share is what it loses.
    let lost = before - s.equity("first");
    assert!((0..DOLLAR * 3 / 2).contains(&lost), "{lost}");
    s.refuses(ErrorCode::CatchUpFirst, |x| x.sweep_dust(SOL, 1));
    for key in [s.shorts[0].margin, s.shorts[1].margin] {
        s.x.catch_up(key, SOL).unwrap();
        assert!(reconcile(&s.x, &keys).balances());
    }
    let dust = s.x.market(SOL).unsettled[1];
    assert!((1..=2).contains(&dust), "{dust}");
    s.x.sweep_dust(SOL, 1).unwrap();
    assert!(reconcile(&s.x, &keys).balances());
    let backstop = s.x.venue.backstop();
    assert_eq!(s.lots(&backstop), dust);
    let market = s.x.market(SOL);
    assert_eq!(
        (market.open_long, market.unsettled),
        (market.open_short, [0, 0])
    );
    s.refuses(ErrorCode::NothingToSettle, |x| x.sweep_dust(SOL, 1));
    s.refuses(ErrorCode::NothingToSettle, |x| x.catch_up(first, SOL));
    // What is left trades on as always.
    let leg = s.x.leg(SOL, 1_000);
    s.x.block_trade(&s.shorts[0], &other, &[leg]).unwrap();
    assert!(reconcile(&s.x, &keys).balances());
}

/// The backstop takes an account over and the price goes on: it is closed like any other.
#[test]
fn the_backstop_itself_is_deleveraged_below_its_margin() {
    let mut s = scene(500);
    s.x.set_price(1, 14_200_000_000);
    s.x.resolve_default(s.taker.margin).unwrap();
    s.x.set_price(1, 13_600_000_000);
    let view = s.x.view(s.x.venue.backstop()).unwrap();
    assert!(view.equity < 0);
    let shorts = s.equity("first") + s.equity("second");
    s.x.deleverage_backstop(SOL).unwrap();
    s.balances();
    assert_eq!(
        s.equity("backstop"),
        0,
        "the fund is spent, and owes nothing"
    );
    let lost = shorts - s.equity("first") - s.equity("second");
    assert!((-view.equity..3 - view.equity).contains(&lost), "{lost}");
    assert_eq!(s.x.view(s.x.venue.backstop()).unwrap().liquidation_start, 0);
}

/// A debt in one market is shared by the other sides of all, in proportion to the lots there.
#[test]
fn a_deficit_is_shared_over_all_markets_of_the_account() {
    let mut s = scene(0);
    // Short 5.6 ETH at 4,000 dollars against the second.
    let leg = s.x.leg(ETH, -5_600);
    s.x.deposit(&s.taker, 0, 1_500 * DOLLAR as u64).unwrap();
    s.x.block_trade(&s.taker, &s.shorts[1], &[leg]).unwrap();
    s.x.set_price(1, 13_200_000_000);
    s.x.set_price(3, 420_000_000_000);
    let lacking = -s.equity("taker");
    assert!(lacking > 800 * DOLLAR, "{lacking}");
    let before = [s.equity("first"), s.equity("second")];
    for market in [ETH, SOL] {
        s.x.deleverage(s.taker.margin, market).unwrap();
        s.balances();
    }
    let core = s.x.margin(&s.taker.margin).header.core;
    assert!((0..3).contains(&core.cash.0), "{}", core.cash.0);
    let lost = before[0] - s.equity("first") + before[1] - s.equity("second");
    assert!(
        (lacking..lacking + 6).contains(&lost),
        "{lost} of {lacking}"
    );
}

/// A side that was closed whole begins a new epoch: nobody is mistaken for somebody of the old one.
#[test]
fn an_account_of_an_old_epoch_trades_in_the_new_one() {
    let mut s = scene(0);
    s.x.set_price(1, 14_200_000_000);
    s.x.deleverage(s.taker.margin, SOL).unwrap();
    let worth = s.equity("first");
    // The first still has its old lots written down; it opens new ones without catching up before.
    let leg = s.x.leg(SOL, 100);
    let buyer = s.x.funded("buyer", 50_000);
    s.x.block_trade(&buyer, &s.shorts[0], &[leg]).unwrap();
    let keys = [
        s.taker.margin,
        s.shorts[0].margin,
        s.shorts[1].margin,
        buyer.margin,
    ];
    assert!(reconcile(&s.x, &keys).balances());
    assert_eq!(s.lots(&s.shorts[0].margin), -100);
    let fee = worth - s.equity("first");
    assert!(
        (0..DOLLAR).contains(&fee),
        "only the fee of the trade: {fee}"
    );
    // The new short side is not closed whole while the second lags an epoch behind.
    let taker = s.x.funded("thin", 10);
    let leg = s.x.leg(SOL, 100);
    s.x.block_trade(&taker, &buyer, &[leg]).unwrap();
    s.x.set_price(1, 12_000_000_000);
    let key = taker.margin;
    s.refuses(ErrorCode::CatchUpFirst, |x| x.deleverage(key, SOL));
    s.x.catch_up(s.shorts[1].margin, SOL).unwrap();
    s.x.deleverage(key, SOL).unwrap();
    let keys = [keys[0], keys[1], keys[2], keys[3], key];
    assert!(reconcile(&s.x, &keys).balances());
    assert_eq!(s.x.tables().markets[usize::from(SOL)].era, [0, 2 << 32]);
}

/// Both the account and the backstop hold a position in a market: they are netted, and the market is told.
#[test]
fn what_the_backstop_takes_over_nets_with_what_it_has() {
    let mut s = scene(10_000);
    let bear = s.x.funded("bear", 700);
    let leg = s.x.leg(SOL, -6_000);
    s.x.block_trade(&bear, &s.shorts[0], &[leg]).unwrap();
    s.x.set_price(1, 14_200_000_000);
    s.x.resolve_default(s.taker.margin).unwrap();
    s.x.set_price(1, 16_000_000_000);
    let key = bear.margin;
    let without = s.x.venue.resolve_default(key, &[]);
    s.refuses(ErrorCode::WrongMarket, |x| x.chain.send(&[without], &[]));
    let open = s.x.market(SOL).open_long;
    s.x.resolve_default(key).unwrap();
    assert_eq!(s.lots(&s.x.venue.backstop()), 9_000);
    assert_eq!(s.x.market(SOL).open_long, open - 6_000);
    let keys = [s.taker.margin, s.shorts[0].margin, s.shorts[1].margin, key];
    assert!(reconcile(&s.x, &keys).balances());
}

/// Nobody signs for the backstop: its equity is the fund, and leaves it only by the rules of default.
#[test]
fn nothing_can_be_withdrawn_from_the_backstop() {
    let mut s = scene(10_000);
    s.x.set_price(1, 14_200_000_000);
    s.x.resolve_default(s.taker.margin).unwrap();
    let thief = Trader {
        key: s.x.authority.insecure_clone(),
        margin: s.x.venue.backstop(),
    };
    let guards = counterweight::Guards::default;
    s.refuses(ErrorCode::NotOwner, |x| x.withdraw(&thief, 0, 1, guards()));
    s.refuses(ErrorCode::NotOwnerOrDelegate, |x| {
        x.order(&thief, SOL, limit(Side::Sell, 14_300, 100), &[])
    });
}

/// A side that is used up while accounts lag is not closed any further; when they have caught up, it is.
#[test]
fn a_side_that_is_used_up_waits_for_those_who_lag() {
    let mut x = deployed(|d| d.backstop_daily_loss = 0);
    x.open_backstop().unwrap();
    let short = x.funded("short", 3_000_000);
    let longs = [("huge", 800_000, 2_990_000), ("small", 1_600, 9_999)];
    let longs = longs.map(|(name, dollars, lots)| {
        let trader = x.funded(name, dollars);
        let leg = x.leg(SOL, lots);
        x.block_trade(&trader, &short, &[leg]).unwrap();
        trader
    });
    let last = x.funded("last", 1_000);
    let leg = x.leg(SOL, 1);
    x.block_trade(&last, &short, &[leg]).unwrap();
    let keys = [short.margin, longs[0].margin, longs[1].margin, last.margin];
    x.set_price(1, 11_500_000_000);
    x.deleverage(longs[0].margin, SOL).unwrap();
    // All but three of what is left: 1/2^20 of a side stays while somebody lags.
    x.deleverage(longs[1].margin, SOL).unwrap();
    let held = |x: &Exchange| x.margin(&longs[1].margin).positions()[0].lots.0;
    assert!((1..10).contains(&held(&x)), "{}", held(&x));
    refused(
        &mut x,
        &[&short, &longs[1]],
        ErrorCode::SideExhausted,
        |x| x.deleverage(longs[1].margin, SOL),
    );
    x.catch_up(short.margin, SOL).unwrap();
    assert!(reconcile(&x, &keys).balances());
    x.deleverage(longs[1].margin, SOL).unwrap();
    assert!(x.margin(&longs[1].margin).positions().is_empty());
    x.catch_up(short.margin, SOL).unwrap();
    assert!(reconcile(&x, &keys).balances());
    let row = &x.tables().markets[usize::from(SOL)];
    let left = x.margin(&short.margin).positions()[0].held(row).0;
    assert!((-4..=-1).contains(&left), "{left}");
}
