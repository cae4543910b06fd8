//! A market of several accounts that trade, pay funding, default and are deleveraged, some of them touched
//! often and some never: nothing is created, nobody gains by rounding or by waiting.
//!
//! The ledger beside the accounts is the one that the program keeps (`state/market.rs`), in plain sums.

use bytemuck::Zeroable;
use counterweight_risk::{
    Lots, Market, Position, Price, QuoteAtoms, RiskError,
    deleverage::{Closing, LEAST_LEFT, Settled, WHOLE, closed_of, epoch_of, era},
    position::FillEffect,
};
use proptest::prelude::*;

const ACCOUNTS: usize = 6;

#[derive(Clone, Copy, Default)]
struct Account {
    cash: i64,
    position: Position,
}

/// A market, its accounts, and the program's ledger of it.
struct World {
    market: Market,
    accounts: [Account; ACCOUNTS],
    open: [i64; 2],
    behind: [i64; 2],
    unsettled: [i64; 2],
    residue: i64,
    /// Quote atoms that were put in.
    paid_in: i64,
    /// Deleveragings of each side.
    events: [i64; 2],
    /// What the lots that rounding has left over, which are nobody's yet, would have paid in funding.
    dust_owes: i64,
}

fn price(atoms: i64) -> Price {
    Price::from_atoms(atoms.unsigned_abs()).unwrap()
}

impl World {
    fn new() -> Self {
        Self {
            market: Market::zeroed(),
            accounts: [Account::default(); ACCOUNTS],
            open: [0; 2],
            behind: [0; 2],
            unsettled: [0; 2],
            residue: 0,
            paid_in: 0,
            events: [0; 2],
            dust_owes: 0,
        }
    }

    /// The lots of a side as funding counts them: not rounded, times 2^32.
    fn exact(&self, side: usize) -> i128 {
        let lots = self.accounts.iter().map(|a| {
            let p = &a.position;
            if Market::side(p.lots) != side {
                return 0;
            }
            if epoch_of(p.era) != epoch_of(self.market.era[side]) {
                let left = WHOLE - closed_of(self.market.era[side]);
                let whole = self.market.ended[side] == 0;
                return if whole {
                    0
                } else {
                    i128::from(p.lots.0.abs()) * i128::from(left)
                };
            }
            let (now, then) = (
                WHOLE - closed_of(self.market.era[side]),
                WHOLE - closed_of(p.era),
            );
            (i128::from(p.lots.0.abs()) << 32) * i128::from(now) / i128::from(then)
        });
        lots.sum()
    }

    fn count(&mut self, settled: &Settled) {
        self.residue += settled.owed.0;
        self.behind[settled.side] -= settled.behind;
        self.unsettled[settled.side] -= settled.closed;
    }

    fn touch(&mut self, at: usize) {
        let account = &mut self.accounts[at];
        let settled = account.position.settle(&self.market).unwrap();
        account.cash += settled.cash().unwrap().0;
        self.count(&settled);
    }

    fn fill(&mut self, at: usize, lots: i64, quote: i64) {
        self.touch(at);
        let account = &mut self.accounts[at];
        let effect: FillEffect = account
            .position
            .fill(&self.market, Lots(lots), QuoteAtoms(quote))
            .unwrap();
        account.cash += effect.realised.0;
        self.open[0] += effect.long_change;
        self.open[1] += effect.short_change;
    }

    fn trade(&mut self, buyer: usize, seller: usize, lots: i64, at: i64) {
        if buyer != seller {
            self.fill(buyer, lots, -lots * at);
            self.fill(seller, -lots, lots * at);
        }
    }

    /// Funding of so many 2^-16 atoms a lot.
    fn fund(&mut self, rate: i64) {
        let mut funding = counterweight_risk::funding::Funding {
            pending: rate,
            ..Default::default()
        };
        // At this price the index moves by `rate`.
        let dust = self.exact(1) - self.exact(0) + (ACCOUNTS as i128);
        let owes = (dust.max(0) * i128::from(rate.max(0))) >> 48;
        self.dust_owes += i64::try_from(owes).unwrap() + 1;
        funding.apply(&mut self.market, Price(1 << 32)).unwrap();
    }

    /// Closes lots of an account against the other side. Whether it could be.
    fn deleverage(&mut self, at: usize, part: i64, p: i64, deficit_bps: i64) -> bool {
        self.touch(at);
        let held = self.accounts[at].position.lots.0;
        let side = usize::from(held > 0);
        let size = (held.abs() * part / 100).max(1).min(self.open[side]);
        if held == 0 || size <= 0 {
            return false;
        }
        if size == self.open[side] && epoch_of(self.market.era[side]) > 0 && self.behind[side] != 0
        {
            return false;
        }
        let mut closing = Closing {
            lots: Lots(if held > 0 { size } else { -size }),
            price: price(p),
            deficit: QuoteAtoms::ZERO,
            other: self.open[side],
            behind: self.behind[side],
        };
        closing.deficit = QuoteAtoms(closing.value().unwrap().0 * deficit_bps / 10_000);
        let before = self.market;
        let received = match closing.apply(&mut self.market) {
            Ok(received) => received,
            Err(RiskError::SideExhausted { left, least }) => {
                assert!(left < least && least == LEAST_LEFT);
                assert_eq!(self.market, before, "a refusal changes nothing");
                return false;
            }
            Err(error) => panic!("{error:?}"),
        };
        self.fill(at, -closing.lots.0, received.0);
        self.residue -= received.0;
        if self.market.era[side] != before.era[side] {
            self.behind[side] = self.open[side] + self.unsettled[side];
        }
        self.open[side] -= size;
        self.unsettled[side] += size;
        self.events[side] += 1;
        true
    }

    fn stored(&self, side: usize) -> i64 {
        let sign = if side == 0 { 1 } else { -1 };
        let lots = self.accounts.iter().map(|a| a.position.lots.0 * sign);
        lots.filter(|lots| *lots > 0).sum()
    }

    /// What an account is worth at a price, everything applied.
    fn worth(&self, at: usize, p: i64) -> i64 {
        let account = &self.accounts[at];
        let (position, cash) = account.position.settled(&self.market).unwrap();
        account.cash + cash.0 + position.quote.0 + position.lots.0 * p
    }

    fn check(&self) {
        for side in 0..2 {
            assert_eq!(
                self.stored(side),
                self.open[side] + self.unsettled[side],
                "lots of side {side}"
            );
            let lag = self.accounts.iter().filter(|a| {
                Market::side(a.position.lots) == side && !a.position.is_current(&self.market)
            });
            let lag: i64 = lag.map(|a| a.position.lots.0.abs()).sum();
            assert_eq!(lag, self.behind[side], "lots behind on side {side}");
            assert!(WHOLE - closed_of(self.market.era[side]) >= LEAST_LEFT);
        }
        assert_eq!(self.open[0], self.open[1]);
        let held: i64 = self
            .accounts
            .iter()
            .map(|a| a.cash + a.position.quote.0)
            .sum();
        assert_eq!(held + self.residue, self.paid_in, "quote is conserved");
        let owed = self
            .accounts
            .iter()
            .map(|a| a.position.owed(&self.market).unwrap().0);
        let left = self.residue + owed.sum::<i64>() + self.dust_owes;
        assert!(left >= 0, "{left}: somebody was given what nobody pays");
    }

    /// Everybody catches up: what is left over is long, and no more than a lot an account and touch.
    fn settle_all(&mut self) {
        (0..ACCOUNTS).for_each(|at| self.touch(at));
        assert_eq!(self.behind, [0; 2]);
        let dust = [-self.unsettled[0], self.unsettled[1]];
        for (dust, events) in dust.into_iter().zip(self.events) {
            let most = (1 + events) * ACCOUNTS as i64;
            assert!(
                (0..=most).contains(&dust),
                "{dust} lots after {events} deleveragings"
            );
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Trade(usize, usize, i64, i64),
    Fund(i64),
    Touch(usize),
    Deleverage(usize, i64, i64, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let account = 0..ACCOUNTS;
    prop_oneof![
        4 => (account.clone(), account.clone(), 1i64..5_000, 500i64..1_500)
            .prop_map(|(a, b, lots, p)| Step::Trade(a, b, lots, p)),
        1 => (-(1i64 << 24)..1 << 24).prop_map(Step::Fund),
        1 => account.clone().prop_map(Step::Touch),
        3 => (account, 1i64..=100, 500i64..1_500, prop_oneof![Just(0i64), 0i64..=10_000])
            .prop_map(|(a, part, p, d)| Step::Deleverage(a, part, p, d)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_is_created_whoever_is_touched_when(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Trade(buyer, seller, lots, p) => world.trade(buyer, seller, lots, p),
                Step::Fund(rate) => world.fund(rate),
                Step::Touch(at) => world.touch(at),
                Step::Deleverage(at, part, p, deficit) => {
                    let _ = world.deleverage(at, part, p, deficit);
                }
            }
            world.check();
        }
        world.settle_all();
        world.check();
    }

    /// Of everybody on the side the same share is closed, at the price and less the same part of the
    /// deficit; and nobody does better by more than a lot by being touched late, or in between.
    #[test]
    fn a_side_is_closed_pro_rata(
        sizes in prop::collection::vec(1i64..100_000, 4),
        parts in prop::collection::vec((1i64..60, 500i64..1_500, 0i64..3_000), 1..5),
        long_defaults: bool,
    ) {
        let mut world = World::new();
        // Accounts 1 to 4 against account 0; 4 holds what 3 does, and is touched each time.
        let sizes = [sizes[0], sizes[1], sizes[2], sizes[2]];
        for (at, lots) in sizes.iter().enumerate() {
            let (buyer, seller) = if long_defaults { (0, at + 1) } else { (at + 1, 0) };
            world.trade(buyer, seller, *lots, 1_000);
        }
        let (mut closed, mut events, mut last) = (0, 0, 1_000);
        for (part, p, deficit) in parts {
            let before = world.accounts[0].position.lots.0.abs();
            if world.deleverage(0, part, p, deficit) {
                closed += before - world.accounts[0].position.lots.0.abs();
                (events, last) = (events + 1, p);
            }
            world.touch(4);
            world.check();
        }
        let all: i64 = sizes.iter().sum();
        for (at, size) in sizes.iter().enumerate() {
            let held = world.accounts[at + 1].position.held(&world.market).0.abs();
            let fair = (i128::from(*size) * i128::from(all - closed)) / i128::from(all);
            let off = (i128::from(held) - fair).abs();
            prop_assert!(off <= 1 + events + i128::from(size >> 30), "{held} of {size}, fair {fair}");
        }
        // The one that was touched rounded at every event: towards the worse for it.
        let (late, often) = (world.worth(3, last), world.worth(4, last));
        let slack = 1_500 * (1 + i64::try_from(events).unwrap());
        prop_assert!((late - often).abs() <= slack, "{late} and {often}");
    }
}

/// Found by the fuzzer: of a side of which little is left, and whose accounts lag, one lot is closed. A part of the
/// share is worth 46 lots then; taking one from the shorts would leave 45 lots of longs without anybody.
#[test]
fn a_closing_that_the_share_cannot_tell_of_takes_no_lots_from_shorts() {
    let mut market = Market::zeroed();
    for (closed, open) in [(WHOLE - 4_484, 207_084), (0, 1 << 40)] {
        market.era[1] = era(0, closed);
        let short = Position {
            lots: Lots(-open),
            era: market.era[1],
            ..Position::default()
        };
        let closing = Closing {
            lots: Lots(1),
            price: price(1_000),
            deficit: QuoteAtoms::ZERO,
            other: open,
            behind: i64::from(closed != 0),
        };
        let before = market;
        let received = closing.apply(&mut market).unwrap();
        assert_eq!((received.0, market.era), (1_000, before.era));
        assert_eq!(
            short.held(&market).0,
            -open,
            "nobody gives up lots that no long has"
        );
        // They pay for it all the same: never less than the closed account received.
        let owed = short.owed(&market).unwrap().0 - short.owed(&before).unwrap().0;
        assert!(owed >= received.0, "{owed}");
        // A closing that the share can tell of moves it, against nobody but by rounding up.
        let more = Closing {
            lots: Lots(open / 64),
            ..closing
        };
        let _ = more.apply(&mut market).unwrap();
        let kept = -short.held(&market).0;
        assert!(
            kept >= open - open / 64 && kept <= open - open / 64 + open / 4_000,
            "{kept}"
        );
        // Longs always keep less.
        market.era[0] = era(0, closed);
        let long = Position {
            lots: Lots(open),
            era: market.era[0],
            ..Position::default()
        };
        let closing = Closing {
            lots: Lots(-1),
            ..closing
        };
        let _ = closing.apply(&mut market).unwrap();
        assert!(long.held(&market).0 < open);
    }
}

#[test]
fn a_side_that_is_closed_whole_begins_anew() {
    let mut world = World::new();
    world.trade(0, 1, 700, 1_000);
    world.trade(0, 2, 300, 1_000);
    assert!(world.deleverage(0, 100, 900, 100));
    world.check();
    assert_eq!((world.open, world.market.era), ([0, 0], [0, era(1, 0)]));
    // A tenth of a lot's price was gained, a hundredth of its value paid: 91 of 100 atoms a lot are left.
    assert_eq!(
        [world.worth(1, 900), world.worth(2, 900)],
        [700 * 91, 300 * 91]
    );
    // The next epoch has its own lots, while the others have not caught up.
    world.trade(3, 4, 50, 900);
    world.trade(3, 1, 50, 900);
    world.check();
    assert_eq!(world.accounts[1].position.lots.0, -50);
    assert!(
        !world.deleverage(3, 100, 900, 0),
        "account 2 is an epoch behind"
    );
    world.touch(2);
    assert!(world.deleverage(3, 100, 900, 0));
    world.check();
    world.settle_all();
    assert_eq!(world.unsettled, [0; 2], "whole sides leave no dust");
    assert_eq!(world.worth(2, 1), 300 * 91);
}

#[test]
fn bounds_are_refused_and_change_nothing() {
    let closing = Closing {
        lots: Lots(10),
        price: price(1_000),
        deficit: QuoteAtoms::ZERO,
        other: 9,
        behind: 0,
    };
    let refused = |closing: Closing, market: Market| {
        let mut after = market;
        let error = closing.apply(&mut after).unwrap_err();
        assert_eq!(after, market);
        error
    };
    let fresh = Market::zeroed();
    assert_eq!(refused(closing, fresh), RiskError::ZeroQuantity);
    let wide = Closing {
        other: 10_000_000,
        ..closing
    };
    let deficit = Closing {
        deficit: QuoteAtoms(10_001),
        ..wide
    };
    assert_eq!(
        refused(deficit, fresh),
        RiskError::DeficitTooLarge {
            deficit: 10_001,
            value: 10_000
        }
    );
    let mut worn = Market::zeroed();
    worn.era = [era(3, WHOLE - LEAST_LEFT); 2];
    let wide = Closing { behind: 1, ..wide };
    assert!(matches!(
        refused(wide, worn),
        RiskError::SideExhausted { .. }
    ));
}

/// The widest figures that a market can have: nothing overflows but by saying so.
#[test]
fn the_widest_figures_stay_in_range() {
    let most = counterweight_risk::units::MAX_LOTS;
    for lots in [most, -most] {
        let mut market = Market::zeroed();
        let closing = Closing {
            lots: Lots(lots / 2),
            price: Price(1 << 31), // 2^15 atoms a lot: a value of 2^58
            deficit: QuoteAtoms(1 << 58),
            other: most,
            behind: 0,
        };
        let received = closing.apply(&mut market).unwrap();
        let mut other = Position {
            lots: Lots(-lots),
            ..Position::default()
        };
        let settled = other.settle(&market).unwrap();
        assert_eq!(settled.owed.0, received.0);
        assert_eq!(other.lots.0, -lots / 2);
    }
}
