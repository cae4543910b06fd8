//! The order book of a market: two sides, on each the orders at fixed prices and the orders pegged to
//! the index, every one in price-time priority.
//!
//! **Structure.** Orders lie in a pool of slots; a free one is found by a list through the free slots,
//! or at the end of those ever used. A slot's number is an order's handle: it does not change while the
//! order rests. Beside the pool stand four arrays of handles ([`Lane`]s), each sorted so that the best
//! order is the *last*.
//!
//! **Cost.** Finding a place takes a binary search, at most eleven comparisons. Making room there moves
//! at most 2 kB of handles in one memory move, which the runtime does natively for ten compute units:
//! less than a tree of the same size spends on one level, without a shape that an adversary could
//! unbalance. The best order is an array access away, and so is the next.
//!
//! **Priority.** By price, then by arrival. An order at a fixed price and a pegged order at the same
//! price are told apart by arrival too. A pegged order stands at the index plus its offset, rounded
//! away from the other side; it never trades beyond its own worst price.
//!
//! Nothing here knows of accounts, margin or time but as numbers; nothing allocates. What leaves
//! the book is returned to the caller, who owes its maker the news.

mod lane;
mod order;
pub mod queue;
#[cfg(test)]
mod tests;

pub use lane::{LANE_SLOTS, Lane};
pub use order::{Order, OrderId};
pub use queue::{Entry, Queue};

use bytemuck::{Pod, Zeroable};
use counterweight_risk::orders::Side;

/// Most orders on a side.
pub const SIDE_ORDERS: usize = LANE_SLOTS;
/// Lanes of a book: fixed bids, pegged bids, fixed asks, pegged asks.
pub const LANES: usize = 4;

/// What a book remembers besides its orders. 32 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct BookHeader {
    /// Orders that ever rested: the next one's sequence number.
    pub arrivals: u64,
    /// Orders in each lane.
    pub lengths: [u16; LANES],
    /// Slots that were ever used; the ones behind are free.
    pub used: u16,
    /// The first of the free slots before, plus one; 0 for none.
    pub free: u16,
    /// Zero.
    pub padding: [u8; 12],
}

const _: () = assert!(size_of::<BookHeader>() == 32);

/// Where the index stands in ticks, as far as it can be used; pegged orders sleep where it cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexTicks {
    /// Rounded down: what pegged bids follow.
    pub floor: i64,
    /// Rounded up: what pegged asks follow.
    pub ceil: i64,
    /// Whether pegged orders may trade.
    pub usable: bool,
}

impl IndexTicks {
    /// The index that orders of this side follow.
    pub const fn of(self, side: Side) -> i64 {
        match side {
            Side::Buy => self.floor,
            Side::Sell => self.ceil,
        }
    }
}

/// The best order of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// Its handle.
    pub slot: u16,
    /// Where it stands now, in ticks.
    pub price: i64,
}

/// Why an order does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A book, to be changed.
pub struct Book<'a> {
    /// Counters.
    pub header: &'a mut BookHeader,
    /// The lanes' handles.
    pub lanes: &'a mut [[u16; LANE_SLOTS]; LANES],
    /// The pool.
    pub orders: &'a mut [Order],
}

/// The lane of a side and kind.
pub const fn lane_of(side: Side, pegged: bool) -> usize {
    match side {
        Side::Buy => pegged as usize,
        Side::Sell => 2 + pegged as usize,
    }
}

impl Book<'_> {
    /// The order in a slot.
    pub fn order(&self, slot: u16) -> &Order {
        &self.orders[usize::from(slot)]
    }

    /// Orders that rest on a side.
    pub fn length(&self, side: Side) -> usize {
        let fixed = lane_of(side, false);
        usize::from(self.header.lengths[fixed]) + usize::from(self.header.lengths[fixed + 1])
    }

    /// Most orders that a side may have: half of the pool, so that no side starves the other.
    pub fn capacity(&self) -> usize {
        (self.orders.len() / 2).min(SIDE_ORDERS)
    }

    /// Handles of a lane, the best last.
    pub fn lane(&self, lane: usize) -> &[u16] {
        &self.lanes[lane][..usize::from(self.header.lengths[lane])]
    }

    /// The order that an id names, if it still rests.
    pub fn find(&self, id: OrderId) -> Option<u16> {
        let slot = id.slot();
        let order = self.orders.get(usize::from(slot))?;
        (slot < self.header.used && order.is_resting() && order.id(slot) == id).then_some(slot)
    }

    /// Lets an order rest, behind those of its price. Gives it its sequence number.
    ///
    /// # Errors
    /// [`Full`] where its side has as many as it may.
    pub fn insert(&mut self, mut order: Order) -> Result<u16, Full> {
        let side = order.side();
        if self.length(side) >= self.capacity() {
            return Err(Full);
        }
        order.sequence = self.header.arrivals;
        let slot = self.take_slot().ok_or(Full)?;
        self.header.arrivals += 1;
        let lane = lane_of(side, order.is_pegged());
        let length = usize::from(self.header.lengths[lane]);
        // Everything of this price arrived before and is better; worse prices stand in front.
        let orders = &*self.orders;
        let at = self.lanes[lane][..length]
            .partition_point(|slot| orders[usize::from(*slot)].is_worse_than(&order));
        self.lanes[lane].copy_within(at..length, at + 1);
        self.lanes[lane][at] = slot;
        self.header.lengths[lane] += 1;
        self.orders[usize::from(slot)] = order;
        Ok(slot)
    }

    /// Takes an order out. The slot is free afterwards.
    ///
    /// # Panics
    /// Never for the handle of an order that rests.
    pub fn remove(&mut self, slot: u16) -> Order {
        let order = self.orders[usize::from(slot)];
        let lane = lane_of(order.side(), order.is_pegged());
        let length = usize::from(self.header.lengths[lane]);
        let orders = &*self.orders;
        let at = self.lanes[lane][..length]
            .partition_point(|other| orders[usize::from(*other)].is_worse_than(&order));
        debug_assert_eq!(self.lanes[lane][at], slot);
        self.lanes[lane].copy_within(at + 1..length, at);
        self.header.lengths[lane] -= 1;
        self.release(slot);
        order
    }

    /// Takes lots from an order; out with it where none are left. Returns it as it was.
    pub fn reduce(&mut self, slot: u16, lots: i64) -> Order {
        let order = self.orders[usize::from(slot)];
        if lots >= order.lots {
            return self.remove(slot);
        }
        self.orders[usize::from(slot)].lots -= lots;
        order
    }

    /// The best order of a side, whether or not it may trade: see [`Order::stands_at`].
    pub fn best(&self, side: Side, index: IndexTicks) -> Option<Best> {
        self.merged(side, index).next()
    }

    /// The orders of a side from the best one down.
    pub fn merged(&self, side: Side, index: IndexTicks) -> Merged<'_> {
        let fixed = lane_of(side, false);
        let pegged = if index.usable {
            self.lane(fixed + 1)
        } else {
            &[]
        };
        Merged {
            orders: self.orders,
            fixed: self.lane(fixed),
            pegged,
            index: index.of(side),
            side,
        }
    }

    /// The worst order at a fixed price of a side: what makes room for a better one.
    pub fn worst(&self, side: Side) -> Option<u16> {
        self.lane(lane_of(side, false)).first().copied()
    }

    /// The slots in use, by handle.
    pub fn slots(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.header.used).filter(|slot| self.order(*slot).is_resting())
    }

    fn take_slot(&mut self) -> Option<u16> {
        if self.header.free != 0 {
            let slot = self.header.free - 1;
            self.header.free = self.orders[usize::from(slot)].next_free;
            return Some(slot);
        }
        let slot = self.header.used;
        if usize::from(slot) >= self.orders.len() {
            return None;
        }
        self.header.used += 1;
        Some(slot)
    }

    fn release(&mut self, slot: u16) {
        let freed = &mut self.orders[usize::from(slot)];
        *freed = Order::default();
        freed.next_free = self.header.free;
        self.header.free = slot + 1;
    }
}

/// The orders of a side from the best one down, both kinds merged.
pub struct Merged<'a> {
    orders: &'a [Order],
    fixed: &'a [u16],
    pegged: &'a [u16],
    index: i64,
    side: Side,
}

impl Merged<'_> {
    /// Without this many pegged orders from the best one down.
    pub fn behind(mut self, pegged: usize) -> Self {
        let left = self.pegged.len().saturating_sub(pegged);
        self.pegged = &self.pegged[..left];
        self
    }
}

impl Iterator for Merged<'_> {
    type Item = Best;

    #[inline]
    fn next(&mut self) -> Option<Best> {
        let order = |slot: &u16| &self.orders[usize::from(*slot)];
        let take_pegged = match (self.fixed.last(), self.pegged.last()) {
            (None, None) => return None,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(fixed), Some(pegged)) => {
                let (fixed, pegged) = (order(fixed), order(pegged));
                let stands = pegged.price.saturating_add(self.index);
                order::is_better(self.side, stands, fixed.price)
                    || (stands == fixed.price && pegged.sequence < fixed.sequence)
            }
        };
        let lane = if take_pegged {
            &mut self.pegged
        } else {
            &mut self.fixed
        };
        let (slot, rest) = lane.split_last()?;
        *lane = rest;
        let price = order(slot).price;
        Some(Best {
            slot: *slot,
            price: if take_pegged {
                price.saturating_add(self.index)
            } else {
                price
            },
        })
    }
}
