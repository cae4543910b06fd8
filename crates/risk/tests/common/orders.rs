//! Accounts with an explicit list of resting orders, counted order by order, and what a fill of one
//! does: as the exchange does it.

use super::scenario::{Scenario, peg_of};
use counterweight_risk::{
    AccountCore, AccountMut, Health, Lots, Moment, Position, Price, QuoteAtoms, Ticks,
    orders::{OrderPrice, Peg, Side},
    standard::{Gains, initial},
};
use proptest::prelude::*;

/// A resting order.
#[derive(Clone, Copy, Debug)]
pub struct RestingOrder {
    pub market: u16,
    pub side: Side,
    pub price: OrderPrice,
    /// Where it trades at the present index.
    pub ticks: u64,
    pub lots: i64,
}

/// An order in thousandths: its market, its side, lots of the most, a price as a share of the index,
/// and whether it is pegged.
#[derive(Clone, Debug)]
pub struct OrderShape {
    market: prop::sample::Index,
    buys: bool,
    size: u32,
    few: bool,
    at: i32,
    pegged: bool,
}

pub fn arb_order() -> impl Strategy<Value = OrderShape> {
    let at = prop_oneof![700i32..1_300, 980i32..1_020];
    (
        any::<prop::sample::Index>(),
        any::<bool>(),
        1u32..1_000,
        any::<bool>(),
        at,
        any::<bool>(),
    )
        .prop_map(|(market, buys, size, few, at, pegged)| OrderShape {
            market,
            buys,
            size,
            few,
            at,
            pegged,
        })
}

/// The account of a scenario, with orders that it knows one by one.
pub struct Trader {
    pub scenario: Scenario,
    pub core: AccountCore,
    pub slots: Vec<Position>,
    pub orders: Vec<RestingOrder>,
}

impl Trader {
    /// The scenario's account, without its orders.
    pub fn new(scenario: Scenario) -> Self {
        let scenario = scenario.without_orders();
        let held = |p: &&Position| p.lots.0 != 0;
        let mut slots: Vec<_> = scenario.positions.iter().filter(held).copied().collect();
        let mut core = AccountCore {
            cash: QuoteAtoms(scenario.cash),
            position_count: u16::try_from(slots.len()).unwrap(),
            ..AccountCore::default()
        };
        core.balances[..scenario.balances.len()].copy_from_slice(&scenario.balances);
        slots.resize(8, Position::default());
        Self {
            scenario,
            core,
            slots,
            orders: Vec::new(),
        }
    }

    pub fn account(&mut self) -> AccountMut<'_> {
        AccountMut {
            core: &mut self.core,
            slots: &mut self.slots,
        }
    }

    pub fn health(&mut self, gains: Gains) -> Health {
        let book = self.scenario.world.book();
        let account = AccountMut {
            core: &mut self.core,
            slots: &mut self.slots,
        };
        initial(&book, &account.view(), super::NOW, u32::MAX, gains).unwrap()
    }

    pub fn surplus(&mut self, gains: Gains) -> i64 {
        self.health(gains).free().unwrap().0
    }

    /// An order of a shape, as far as it has a price. A pegged bid stands at the index rounded down to
    /// a tick plus its offset, a pegged ask at the index rounded up.
    pub fn order(&self, shape: &OrderShape) -> Option<RestingOrder> {
        let market = shape.market.index(self.scenario.markets.len());
        let input = &self.scenario.markets[market];
        let index = self.scenario.world.assets[usize::from(input.asset)].index.0;
        let side = if shape.buys { Side::Buy } else { Side::Sell };
        let tick = i128::from(input.tick_size);
        let index_ticks = match side {
            Side::Buy => i128::from(index) / (tick << 16),
            Side::Sell => (i128::from(index) - 1) / (tick << 16) + 1,
        };
        let peg = peg_of(index, input.tick_size, shape.at - 1_000);
        let ticks = if shape.pegged {
            index_ticks + i128::from(peg.0) - (1 << 31)
        } else {
            i128::from(index) * i128::from(shape.at) / 1_000 / (tick << 16)
        };
        let ticks = u64::try_from(ticks).ok().filter(|ticks| *ticks > 0)?;
        let fixed = Price::from_atoms(ticks * input.tick_size).unwrap();
        let most = super::scenario::most_lots(index);
        let most = if shape.few { most.min(1 << 9) } else { most };
        Some(RestingOrder {
            market: u16::try_from(market).unwrap(),
            side,
            price: if shape.pegged {
                OrderPrice::Pegged(peg)
            } else {
                OrderPrice::Fixed(fixed)
            },
            ticks,
            lots: (most * i64::from(shape.size) / 1_000).max(1),
        })
    }

    pub fn add(&mut self, order: RestingOrder) {
        let market = self.scenario.world.markets[usize::from(order.market)];
        let (side, lots, price) = (order.side, Lots(order.lots), order.price);
        let added = self
            .account()
            .add_order(order.market, &market, side, lots, price);
        added.unwrap();
        self.orders.push(order);
    }

    /// Takes lots of an order out of the account, as a cancellation or a fill does.
    pub fn remove(&mut self, at: usize, lots: i64) -> RestingOrder {
        let order = self.orders[at];
        let whole = lots == order.lots;
        self.orders[at].lots -= lots;
        if whole {
            self.orders.remove(at);
        }
        let market = self.scenario.world.markets[usize::from(order.market)];
        let removed =
            self.account()
                .remove_order(order.market, &market, order.side, Lots(lots), whole);
        removed.unwrap();
        order
    }

    /// Cancels lots of an order.
    pub fn cancel(&mut self, at: usize, lots: i64) {
        let order = self.remove(at, lots);
        let market = self.scenario.world.markets[usize::from(order.market)];
        self.account().free_if_empty(order.market, &market);
    }

    /// Fills lots of an order at its price and charges the maker. Returns the fee.
    pub fn fill(&mut self, at: usize, lots: i64, discount_bps: u16) -> i64 {
        let order = self.remove(at, lots);
        let market = self.scenario.world.markets[usize::from(order.market)];
        let signed = order.side.signed(lots.unsigned_abs()).unwrap();
        let paid = signed.cost(Ticks(order.ticks), market.tick_size).unwrap();
        let quote = QuoteAtoms(-paid.0);
        let filled = self
            .account()
            .fill(order.market, &market, signed, quote, &Moment::OFF);
        let _ = filled.unwrap();
        let value = paid.0.unsigned_abs();
        let taken = market.taker_fee(value, 0).unwrap();
        let fee = market.maker_fee(value, taken, discount_bps).unwrap();
        self.core.cash = self.core.cash.minus(fee).unwrap();
        fee.0
    }

    /// Brings the bounds of a side to the best orders that are left there.
    pub fn tighten(&mut self, market_index: u16, side: Side) {
        let left = |order: &&RestingOrder| order.market == market_index && order.side == side;
        let (mut fixed, mut pegs) = (Vec::<Price>::new(), Vec::<Peg>::new());
        for order in self.orders.iter().filter(left) {
            match order.price {
                OrderPrice::Fixed(price) => fixed.push(price),
                OrderPrice::Pegged(peg) => pegs.push(peg),
            }
        }
        let (price, peg) = match side {
            Side::Buy => (fixed.into_iter().max(), pegs.into_iter().max()),
            Side::Sell => (fixed.into_iter().min(), pegs.into_iter().min()),
        };
        let market = self.scenario.world.markets[usize::from(market_index)];
        let mut account = self.account();
        if let Some(position) = account.position_mut(market_index, &market) {
            position.bound(side, price, peg);
        }
    }

    pub fn position(&mut self, market_index: u16) -> Position {
        let market = self.scenario.world.markets[usize::from(market_index)];
        self.account()
            .position(market.asset, market_index)
            .copied()
            .unwrap_or_default()
    }
}
