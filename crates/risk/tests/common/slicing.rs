//! An account that is sliced, the book it is judged by, and what a slice comes to by the rules alone.

use super::{NOW, World};
use counterweight_risk::{
    AccountCore, AccountMut, AccountView, Health, Lots, Market, Position, Price, QuoteAtoms, Ratio,
    liquidation::{is_liquidatable, penalty_rate},
    market::MODE_SETTLEMENT,
    slice::{Leg, Slice, Slicer},
    standard::maintenance,
};

/// All of a position in the units of a slice's fraction.
pub const WHOLE: i128 = 1 << 30;

/// A margin account with its tail.
#[derive(Clone)]
pub struct Account {
    pub core: AccountCore,
    pub slots: Vec<Position>,
}

impl Account {
    pub fn new(cash: i64, positions: &[Position]) -> Self {
        let mut slots = positions.to_vec();
        slots.resize(8, Position::default());
        let core = AccountCore {
            cash: QuoteAtoms(cash),
            position_count: u16::try_from(positions.len()).unwrap(),
            ..AccountCore::default()
        };
        Self { core, slots }
    }

    pub fn account(&mut self) -> AccountMut<'_> {
        AccountMut {
            core: &mut self.core,
            slots: &mut self.slots,
        }
    }

    pub fn positions(&self) -> &[Position] {
        &self.slots[..usize::from(self.core.position_count)]
    }

    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            cash: self.core.cash,
            interest: 0,
            balances: &self.core.balances,
            positions: self.positions(),
            model: self.core.model,
        }
    }

    /// All quote atoms that the account records: in cash and in positions.
    pub fn quote(&self) -> i128 {
        let open = self.positions().iter().map(|p| i128::from(p.quote.0));
        i128::from(self.core.cash.0) + open.sum::<i128>()
    }

    pub fn lots(&self, market: u16) -> i64 {
        let held = self.positions().iter().filter(|p| p.market == market);
        held.map(|p| p.lots.0).sum()
    }
}

/// The account to be sliced, and the book it is judged by.
pub struct Case {
    pub world: World,
    pub account: Account,
    pub now: i64,
    pub elapsed: i64,
}

impl Case {
    pub fn health(&self) -> Health {
        maintenance(&self.world.book(), &self.account.view(), self.now).unwrap()
    }

    pub fn buffer(&self) -> Ratio {
        self.world.params.liquidation_buffer
    }

    /// Sets the cash so that equity is `share` thousandths of maintenance margin.
    pub fn set_ratio(&mut self, share: i64) {
        let health = self.health();
        let wanted = i128::from(health.requirement.0) * i128::from(share) / 1_000;
        let cash = &mut self.account.core.cash.0;
        *cash = i64::try_from(i128::from(*cash) + wanted - i128::from(health.equity.0)).unwrap();
        self.account.core.liquidation_start = i64::from(share >= 1_000);
    }

    pub fn is_liquidatable(&self) -> bool {
        let start = self.account.core.liquidation_start;
        is_liquidatable(start, &self.health(), self.buffer())
    }

    pub fn slice(&self, most: Ratio) -> Slice {
        let book = self.world.book();
        let slicer = Slicer::new(
            &book,
            &self.account.view(),
            self.health(),
            (NOW, self.elapsed),
        )
        .unwrap();
        slicer.step(most).unwrap()
    }

    /// Takes the slice into another account. Returns that, the legs, insurance and residue.
    pub fn take(&mut self, slice: &Slice) -> (Account, Vec<(u16, Leg)>, i128, i128) {
        let mut taker = Account::new(1 << 60, &[]);
        let (mut legs, mut insurance, mut residue) = (Vec::new(), 0, 0);
        let mut split = slice.split();
        for position in self.account.positions().to_vec() {
            let book = self.world.book();
            let Some(leg) = split.leg(&book, &position, (NOW, self.elapsed)).unwrap() else {
                continue;
            };
            legs.push((position.market, leg));
            if leg.lots.0 == 0 {
                continue;
            }
            let market = book.market(position.market).unwrap();
            for (side, lots, quote) in [
                (&mut self.account, -leg.lots.0, leg.cost.0),
                (&mut taker, leg.lots.0, -leg.cost.0),
            ] {
                let mut account = side.account();
                let filled = account.fill(
                    position.market,
                    market,
                    Lots(lots),
                    QuoteAtoms(quote),
                    &counterweight_risk::Moment::OFF,
                );
                residue += i128::from(filled.unwrap().1.0);
            }
            self.account.core.cash.0 -= leg.penalty.0;
            taker.core.cash.0 += leg.penalty.0 - leg.insurance.0;
            insurance += i128::from(leg.insurance.0);
        }
        (taker, legs, insurance, residue)
    }

    pub fn price(&self, position: &Position) -> Price {
        let asset = &self.world.assets[usize::from(position.asset)];
        if position.lots.0 > 0 {
            asset.maintenance_high
        } else {
            asset.maintenance_low
        }
    }

    pub fn market(&self, position: &Position) -> &Market {
        &self.world.markets[usize::from(position.market)]
    }

    /// Equity and requirement if these lots (without sign) of each position were taken, by the rules alone:
    /// the values of what is left, and the penalty as it is written down.
    pub fn outcome(&self, taken: &[u64]) -> Health {
        let before = self.health();
        let (mut gain, mut requirement, mut full) = (0i128, 0i128, 0i128);
        for (position, taken) in self.account.positions().iter().zip(taken) {
            let market = self.market(position);
            if market.mode == MODE_SETTLEMENT {
                continue;
            }
            let price = i128::from(self.price(position).0);
            let (held, taken) = (i128::from(position.lots.0), i128::from(*taken));
            let sign = held.signum();
            let floor = |lots: i128| (lots * price).div_euclid(1 << 16);
            let value = if sign > 0 {
                -floor(-taken)
            } else {
                floor(taken)
            };
            gain += floor(held - sign * taken) + sign * value - floor(held);
            let rest = u64::try_from(-floor(-(held.abs() - taken))).unwrap();
            requirement += i128::from(market.maintenance.requirement(rest).unwrap());
            let rate = penalty_rate(market, &self.world.params, self.elapsed);
            full += value * i128::from(rate.0) / i128::from(Ratio::ONE.0);
        }
        let (e, mm) = (
            i128::from(before.equity.0),
            i128::from(before.requirement.0),
        );
        let penalty = if e > 0 && mm > 0 {
            let floor = (e * requirement + mm - 1) / mm;
            full.min(e + gain - floor).max(0)
        } else {
            0
        };
        Health {
            equity: QuoteAtoms(i64::try_from(e + gain - penalty).unwrap()),
            requirement: QuoteAtoms(i64::try_from(requirement).unwrap()),
        }
    }

    /// Lots of each position at a fraction, the nearest whole numbers.
    pub fn lots_at(&self, fraction: i128) -> Vec<u64> {
        let nearest = |p: &Position| (i128::from(p.lots.size()) * fraction + WHOLE / 2) / WHOLE;
        let positions = self.account.positions().iter();
        positions
            .map(|p| u64::try_from(nearest(p)).unwrap())
            .collect()
    }
}
