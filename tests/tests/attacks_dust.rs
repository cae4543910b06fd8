//! Attacks on deleveraging, on the bytecode: lots rounded off others one at a time, what rounding leaves over
//! taken twice, too early or from the wrong side, and positions that lag behind.

use counterweight::error::ErrorCode;
use counterweight_risk::orders::Side;
use counterweight_simnet::{Exchange, Receipt, Trader, limit, reconcile};
use counterweight_tests::scene::{DOLLAR, deployed, refused};

const SOL: u16 = 0;
/// Lots that each of the others holds.
const EACH: i64 = 100;

/// Somebody thin who is short 200 lots of SOL and fails, somebody rich who is short 300, and five who are
/// long 100 each. The fund is empty.
struct Scene {
    x: Exchange,
    thin: Trader,
    rich: Trader,
    longs: Vec<Trader>,
}

impl Scene {
    fn new() -> Self {
        let mut x = deployed(|d| d.backstop_daily_loss = 0);
        x.open_backstop().unwrap();
        let (thin, rich) = (x.funded("thin", 20), x.funded("rich", 100_000));
        let mut longs = Vec::new();
        for (at, [thin_lots, rich_lots]) in [[100, 0], [100, 0], [0, 100], [0, 100], [0, 100]]
            .into_iter()
            .enumerate()
        {
            let long = x.funded(&format!("long {at}"), 10_000);
            for (short, lots) in [(&thin, thin_lots), (&rich, rich_lots)] {
                if lots > 0 {
                    let leg = x.leg(SOL, lots);
                    x.block_trade(&long, short, &[leg]).unwrap();
                }
            }
            longs.push(long);
        }
        Self {
            x,
            thin,
            rich,
            longs,
        }
    }

    /// The price rises by a tenth: the thin one owes 30 dollars and has 20.
    fn fails(mut self) -> Self {
        self.x.set_price(1, 16_500_000_000);
        assert!(self.x.view(self.thin.margin).unwrap().equity < 0);
        self
    }

    /// The same, and its position is closed.
    fn closed() -> Self {
        let mut s = Self::new().fails();
        s.x.deleverage(s.thin.margin, SOL).unwrap();
        s
    }

    fn everybody(&self) -> Vec<&Trader> {
        self.longs.iter().chain([&self.thin, &self.rich]).collect()
    }

    #[track_caller]
    fn refuses(
        &mut self,
        code: ErrorCode,
        action: impl FnOnce(&mut Exchange) -> Result<Receipt, Box<counterweight_simnet::Failure>>,
    ) {
        let Self {
            x,
            thin,
            rich,
            longs,
        } = self;
        let all: Vec<&Trader> = longs.iter().chain([&*thin, &*rich]).collect();
        refused(x, &all, code, action);
    }

    #[track_caller]
    fn balances(&self) {
        let keys: Vec<_> = self.everybody().iter().map(|t| t.margin).collect();
        let sums = reconcile(&self.x, &keys);
        assert!(sums.balances(), "{sums:?}");
    }

    fn held(&self, trader: &Trader) -> i64 {
        let row = &self.x.tables().markets[usize::from(SOL)];
        let margin = self.x.margin(&trader.margin);
        let found = margin.positions().iter().find(|p| p.market == SOL);
        found.map_or(0, |p| p.held(row).0)
    }
}

/// Whoever could have the position closed lot by lot, and everybody brought up in between, would round a lot
/// off each of the others for each lot. Here the first call closes all of it, and nobody loses more than his
/// share and a part of a lot.
#[test]
fn lots_are_not_rounded_off_everybody_one_deleveraged_lot_at_a_time() {
    let mut s = Scene::new().fails();
    let mut calls = 0;
    while s.held(&s.thin) != 0 {
        s.x.deleverage(s.thin.margin, SOL).unwrap();
        calls += 1;
        for long in &s.longs {
            s.x.catch_up(long.margin, SOL).unwrap();
        }
        assert!(calls < 20, "one lot at a time");
    }
    assert_eq!(calls, 1);
    // 300 of 500 lots stay.
    for long in &s.longs {
        let kept = s.held(long);
        assert!((EACH * 3 / 5 - 1..=EACH * 3 / 5).contains(&kept), "{kept}");
    }
    s.balances();
}

/// What rounding leaves over goes to the backstop once: when everybody has caught up, from the side on which
/// it is, and not a second time in the same transaction.
#[test]
fn dust_is_swept_once_and_from_its_own_side() {
    let mut s = Scene::new();
    // So that something is left over: 307 of 507 lots stay.
    let odd = s.x.funded("odd", 10_000);
    let leg = s.x.leg(SOL, 7);
    s.x.block_trade(&odd, &s.rich, &[leg]).unwrap();
    s.longs.push(odd);
    let mut s = s.fails();
    s.x.deleverage(s.thin.margin, SOL).unwrap();
    let last = s.longs.len() - 1;
    for at in 0..s.longs.len() {
        // Not before the last one has caught up.
        s.refuses(ErrorCode::CatchUpFirst, |x| x.sweep_dust(SOL, 0));
        if at == last {
            break;
        }
        s.x.catch_up(s.longs[at].margin, SOL).unwrap();
        s.balances();
    }
    s.x.catch_up(s.longs[last].margin, SOL).unwrap();
    let dust = s.x.market(SOL).unsettled;
    assert!(dust[0] < 0 && dust[1] == 0, "longs keep less: {dust:?}");
    s.refuses(ErrorCode::NothingToSettle, |x| x.sweep_dust(SOL, 1));
    let sweep = s.x.venue.sweep_dust(SOL, 0);
    s.refuses(ErrorCode::NothingToSettle, |x| {
        x.chain.send(&[sweep.clone(), sweep.clone()], &[])
    });
    let held = |s: &Scene| {
        let margin = s.x.margin(&s.x.venue.backstop());
        margin.positions().first().map_or(0, |p| p.lots.0)
    };
    assert_eq!(held(&s), 0);
    s.x.chain.send(std::slice::from_ref(&sweep), &[]).unwrap();
    assert_eq!(held(&s), -dust[0], "long, and nobody else's");
    s.refuses(ErrorCode::NothingToSettle, |x| x.chain.send(&[sweep], &[]));
    s.balances();
}

/// Catching up settles the indices, which rounds against the account. So it is for who lags, and once, or
/// anybody could round somebody else down, atom by atom.
#[test]
fn an_account_is_not_brought_up_twice_or_without_need() {
    let mut s = Scene::closed();
    let (long, rich) = (s.longs[0].margin, s.rich.margin);
    let twice = vec![s.x.venue.catch_up(long, SOL); 2];
    s.refuses(ErrorCode::NothingToSettle, |x| x.chain.send(&twice, &[]));
    // The side of the closed one was not deleveraged.
    s.refuses(ErrorCode::NothingToSettle, |x| x.catch_up(rich, SOL));
    for long in &s.longs {
        s.x.catch_up(long.margin, SOL).unwrap();
    }
    s.x.sweep_dust(SOL, 0).unwrap();
    // Nor for funding, which moves the index of both.
    let above = s.x.index_ticks(SOL) + 300;
    let bid = limit(Side::Buy, above, 20_000);
    let bidder = s.x.funded("bidder", 100_000);
    s.x.order(&bidder, SOL, bid, &[]).unwrap();
    s.x.chain.advance(3_600);
    s.x.refresh_all();
    s.x.update_funding(SOL).unwrap();
    let row = s.x.tables().markets[usize::from(SOL)];
    let position = s.x.margin(&long).positions()[0];
    assert!(position.owed(&row).unwrap().0 > 0);
    s.refuses(ErrorCode::NothingToSettle, |x| x.catch_up(long, SOL));
    s.longs.push(bidder);
    s.balances();
}

/// A fraction of what is written down is not one of what is held.
#[test]
fn nobody_is_sliced_by_lots_that_are_already_closed() {
    let mut s = Scene::new();
    // One of the longs has more of something else than it can bear.
    let whale = s.x.funded("whale", 1_000_000);
    let leg = s.x.leg(2, 45_000);
    s.x.block_trade(&s.longs[0], &whale, &[leg]).unwrap();
    let mut s = s.fails();
    s.x.deleverage(s.thin.margin, SOL).unwrap();
    s.x.set_price(3, 384_000_000_000);
    let failing = s.longs[0].margin;
    let view = s.x.view(failing).unwrap();
    assert!(view.equity < view.maintenance_margin && view.equity > 2_000 * DOLLAR);
    let keeper = s.x.funded("keeper", 100_000);
    s.longs.push(whale);
    s.refuses(ErrorCode::CatchUpFirst, |x| {
        x.liquidate_slice(&keeper, failing, 1 << 16)
    });
    s.x.catch_up(failing, SOL).unwrap();
    s.x.liquidate_slice(&keeper, failing, 1 << 16).unwrap();
    s.longs.push(keeper);
    s.balances();
}

/// On a side of ten million lots the index is what decides: rounded for the side, it would be millions of
/// 65,536ths of an atom short. What the closed account was given, the others pay.
#[test]
fn a_large_side_pays_all_that_the_closed_account_was_given() {
    for (at, price) in [12_911_111_111, 12_933_333_337, 12_955_555_553]
        .into_iter()
        .enumerate()
    {
        let mut x = deployed(|d| d.backstop_daily_loss = 0);
        x.open_backstop().unwrap();
        let short = x.funded("short", 5_000_000);
        let longs = [
            ("fails", 215_000, 1_234_567),
            ("rich", 5_000_000, 8_765_424),
        ];
        let longs = longs.map(|(name, dollars, lots)| {
            let long = x.funded(name, dollars);
            let leg = x.leg(SOL, lots + at as i64);
            x.block_trade(&long, &short, &[leg]).unwrap();
            long
        });
        x.set_price(1, price);
        x.deleverage(longs[0].margin, SOL).unwrap();
        x.catch_up(short.margin, SOL).unwrap();
        let keys = [short.margin, longs[0].margin, longs[1].margin];
        let sums = reconcile(&x, &keys);
        assert!(sums.balances(), "{sums:?}");
    }
}
