//! The book: a list of orders, sorted whenever somebody looks; and the list of what waits for makers.

use super::{Naive, Outcome, funding::Premium, number_of, refuse};
use counterweight::{
    PriceArgs,
    book::{Entry, OrderId, queue},
    error::ErrorCode,
};
use counterweight_risk::{orders::Side, units::MAX_PRICE};
use std::collections::VecDeque;

/// Most entries that wait, settled ones between them included.
pub const QUEUE: usize = 128;

/// 0 for a bid, 1 for an ask.
pub(super) const fn index_of(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Orders that rested before it.
    pub sequence: u64,
    /// Its place in the pool.
    pub slot: u16,
    /// Whose it is.
    pub maker: usize,
    /// Its side.
    pub side: Side,
    /// Whether it follows the index.
    pub pegged: bool,
    /// Ticks, or the offset from the index.
    pub price: i64,
    /// The worst price of a pegged one.
    pub worst: i64,
    /// Lots left.
    pub lots: i64,
    /// What the maker calls it.
    pub client_id: u64,
    /// When it ends; 0 for never.
    pub expires: i64,
}

impl Order {
    /// Its id.
    pub fn id(&self) -> u64 {
        self.sequence * 65_536 + u64::from(self.slot)
    }

    /// Where it stands.
    pub fn stands(&self, desk: &Desk) -> i64 {
        if self.pegged {
            self.price + desk.index(self.side)
        } else {
            self.price
        }
    }
}

/// What waits for a maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whom it waits for.
    pub maker: usize,
    /// Of which order.
    pub order_id: u64,
    /// What the maker calls it.
    pub client_id: u64,
    /// Lots that no longer rest.
    pub lots: i64,
    /// What the maker receives, negative for what it pays; none for a removal.
    pub quote: Option<i64>,
    /// Its fee.
    pub fee: i64,
    /// When.
    pub time: i64,
    /// The order's side.
    pub side: Side,
    /// Whether nothing is left of the order.
    pub whole: bool,
    /// The funding index when it was matched: the lots pay from then on.
    pub index: i64,
}

impl Waiting {
    /// As the chain stores it.
    pub fn entry(&self, maker: [u8; 32]) -> Entry {
        Entry {
            maker,
            order_id: self.order_id,
            client_id: self.client_id,
            lots: self.lots,
            quote: self.quote.unwrap_or(0),
            fee: self.fee,
            time: self.time,
            kind: if self.quote.is_some() {
                queue::FILLED
            } else {
                queue::REMOVED
            },
            side: index_of(self.side) as u8,
            whole: self.whole.into(),
            index: self.index,
            ..Entry::default()
        }
    }
}

/// A market.
#[derive(Clone, Debug)]
pub struct Market {
    /// What rests, in no order.
    pub orders: Vec<Order>,
    /// Orders that ever rested.
    pub arrivals: u64,
    /// Slots that were ever used.
    pub used: u16,
    /// Free slots among them, the last one is taken first.
    pub free: Vec<u16>,
    /// Most orders of a side.
    pub capacity: usize,
    /// What waits; what is settled leaves a gap until it is the oldest.
    pub queue: VecDeque<Option<Waiting>>,
    /// Counts changes.
    pub sequence: u64,
    /// Fees of both sides.
    pub fees: i64,
    /// What funding has charged and not paid.
    pub residue: i64,
    /// Quote atoms traded.
    pub volume: u64,
    /// The premium so far.
    pub premium: Premium,
}

/// Where the index stands in ticks, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// The market.
    pub market: usize,
    floor: i64,
    ceil: i64,
    /// Whether pegged orders trade.
    pub usable: Outcome<()>,
    /// The lowest and the highest price at which anything trades.
    pub band: (i64, i64),
    most: i64,
    now: i64,
}

impl Desk {
    /// The index that orders of a side follow.
    pub fn index(&self, side: Side) -> i64 {
        match side {
            Side::Buy => self.floor,
            Side::Sell => self.ceil,
        }
    }

    /// Whether a price gives away more than the band.
    fn is_off_band(&self, side: Side, price: i64) -> bool {
        match side {
            Side::Buy => price > self.band.1,
            Side::Sell => price < self.band.0,
        }
    }

    /// Whether an order may trade where it stands.
    pub fn is_live(&self, order: &Order) -> bool {
        let price = order.stands(self);
        let within = !order.pegged || !beyond(order.side, price, order.worst);
        let lives = order.expires == 0 || self.now < order.expires;
        lives && within && price > 0 && !self.is_off_band(order.side, price)
    }

    /// Where a new order stands, if it may.
    pub(super) fn price_of(&self, side: Side, price: PriceArgs) -> Outcome<i64> {
        let possible = |ticks: i64| match ticks {
            ticks if ticks <= 0 || ticks > self.most => refuse(ErrorCode::InvalidPrice),
            ticks => Ok(ticks),
        };
        let as_ticks = |ticks: u64| i64::try_from(ticks).unwrap_or(i64::MAX);
        let stands = match price {
            PriceArgs::Fixed(ticks) => possible(as_ticks(ticks))?,
            PriceArgs::Pegged { offset, worst } => {
                self.usable?;
                let worst = possible(as_ticks(worst))?;
                let stands = possible(self.index(side) + i64::from(offset))?;
                if beyond(side, stands, worst) {
                    return refuse(ErrorCode::PegBeyondWorst);
                }
                stands
            }
        };
        if self.is_off_band(side, stands) {
            return refuse(ErrorCode::PriceOutsideBand);
        }
        Ok(stands)
    }
}

/// Whether a price is worse for whoever has it than another.
pub(super) fn beyond(side: Side, price: i64, than: i64) -> bool {
    match side {
        Side::Buy => price > than,
        Side::Sell => price < than,
    }
}

impl Naive {
    /// How a market stands to its index.
    pub fn desk(&self, market: usize) -> Desk {
        let row = self.row(market);
        let asset = &self.tables.assets[usize::from(row.asset)];
        let (tick, index) = (i128::from(row.tick_size) << 16, i128::from(asset.index.0));
        let width = index * i128::from(row.price_band.0) / (1 << 20);
        let up = |price: i128| ((price + tick - 1) / tick) as i64;
        let usable = asset.check_initial(row.asset, self.time, u32::MAX);
        Desk {
            market,
            floor: (index / tick) as i64,
            ceil: up(index),
            usable: usable.map_err(number_of),
            band: (up(index - width), ((index + width) / tick) as i64),
            most: ((MAX_PRICE.0 >> 16) / row.tick_size) as i64,
            now: self.time,
        }
    }

    /// The orders of a side that can be met, the best first: by price, then by arrival.
    pub fn ranked(&self, desk: &Desk, side: Side) -> Vec<Order> {
        let all = self.markets[desk.market].orders.iter();
        let awake = |order: &&Order| order.side == side && (!order.pegged || desk.usable.is_ok());
        let mut found: Vec<Order> = all.filter(awake).copied().collect();
        found.sort_by_key(|order| {
            let price = order.stands(desk);
            let price = if side == Side::Buy { -price } else { price };
            (price, order.sequence)
        });
        found
    }

    /// The orders of a side and kind, the best first.
    pub fn lane(&self, market: usize, side: Side, pegged: bool) -> Vec<Order> {
        let all = self.markets[market].orders.iter();
        let mut found: Vec<Order> = all
            .filter(|order| order.side == side && order.pegged == pegged)
            .copied()
            .collect();
        found.sort_by_key(|order| {
            let price = if side == Side::Buy {
                -order.price
            } else {
                order.price
            };
            (price, order.sequence)
        });
        found
    }

    /// An order of an account by its id.
    pub fn order(&self, who: usize, market: usize, id: u64) -> Option<Order> {
        let mut all = self.markets[market].orders.iter();
        all.find(|order| order.id() == id && order.maker == who)
            .copied()
    }
}

impl Market {
    /// Lets an order rest; gives it its place and its number. Returns its id.
    pub(super) fn insert(&mut self, mut order: Order) -> u64 {
        order.slot = self.free.pop().unwrap_or_else(|| {
            self.used += 1;
            self.used - 1
        });
        order.sequence = self.arrivals;
        self.arrivals += 1;
        self.orders.push(order);
        order.id()
    }

    /// Takes lots from an order. Returns it as it was, and whether it is gone.
    pub(super) fn reduce(&mut self, id: u64, lots: i64) -> (Order, bool) {
        let at = self.orders.iter().position(|order| order.id() == id);
        let at = at.expect("an order that rests");
        let order = self.orders[at];
        let whole = lots >= order.lots;
        if whole {
            self.orders.remove(at);
            self.free.push(OrderId(id).slot());
        } else {
            self.orders[at].lots -= lots;
        }
        (order, whole)
    }

    /// Orders of a side.
    pub fn length(&self, side: Side) -> usize {
        self.orders
            .iter()
            .filter(|order| order.side == side)
            .count()
    }

    /// Lots that makers bought and sold in what waits, and what they receive for it after fees.
    pub fn pending(&self) -> (i64, i64, i64) {
        let fills = self.queue.iter().flatten();
        fills.fold((0, 0, 0), |sums, entry| match (entry.quote, entry.side) {
            (None, _) => sums,
            (Some(quote), Side::Buy) => (sums.0 + entry.lots, sums.1, sums.2 + quote - entry.fee),
            (Some(quote), Side::Sell) => (sums.0, sums.1 + entry.lots, sums.2 + quote - entry.fee),
        })
    }
}
