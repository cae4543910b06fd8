//! An order as it rests.

use bytemuck::{Pod, Zeroable};
use counterweight_risk::orders::Side;

/// Set in [`Order::flags`] while the order rests.
const RESTING: u8 = 1;
/// Set for an ask.
const ASK: u8 = 2;
/// Set for an order that is pegged to the index.
const PEGGED: u8 = 4;

/// An order's id: its sequence number (48 bits) and its slot (16 bits). Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderId(pub u64);

impl OrderId {
    /// The slot in which the order rests.
    pub const fn slot(self) -> u16 {
        #[allow(clippy::cast_possible_truncation)] // the lowest 16 bits are the slot
        let slot = self.0 as u16;
        slot
    }
}

/// An order. 96 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Order {
    /// Address of the maker's margin account.
    pub maker: [u8; 32],
    /// How many orders rested before this one, ever.
    pub sequence: u64,
    /// Price in ticks; of a pegged order, its offset from the index in ticks.
    pub price: i64,
    /// Of a pegged order, the worst price in ticks at which it may trade.
    pub worst: i64,
    /// Lots that are left.
    pub lots: i64,
    /// What the maker calls it.
    pub client_id: u64,
    /// Unix seconds from which it no longer trades; 0 for never.
    pub expires: i64,
    /// The next free slot plus one, while this one is free.
    pub next_free: u16,
    /// Side, kind, and whether it rests.
    pub flags: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// Zero.
    pub reserved: u64,
}

const _: () = assert!(size_of::<Order>() == 96 && align_of::<Order>() == 8);
const _: () = assert!(core::mem::offset_of!(Order, lots) == 56);

/// Whether a price is better for whoever takes: lower for an ask, higher for a bid.
#[inline(always)]
pub(super) const fn is_better(side: Side, price: i64, than: i64) -> bool {
    match side {
        Side::Buy => price > than,
        Side::Sell => price < than,
    }
}

impl Order {
    /// An order of this side and kind; the caller fills the rest.
    pub fn new(side: Side, pegged: bool) -> Self {
        let side = match side {
            Side::Buy => 0,
            Side::Sell => ASK,
        };
        Self {
            flags: RESTING | side | if pegged { PEGGED } else { 0 },
            ..Self::default()
        }
    }

    /// Its side.
    #[inline(always)]
    pub const fn side(&self) -> Side {
        if self.flags & ASK == 0 {
            Side::Buy
        } else {
            Side::Sell
        }
    }

    /// Whether it follows the index.
    #[inline(always)]
    pub const fn is_pegged(&self) -> bool {
        self.flags & PEGGED != 0
    }

    /// Whether the slot holds an order.
    pub const fn is_resting(&self) -> bool {
        self.flags & RESTING != 0
    }

    /// Its id in this slot.
    pub const fn id(&self, slot: u16) -> OrderId {
        // A market would need 2^48 orders to use an id twice.
        OrderId((self.sequence << 16) | slot as u64)
    }

    /// Whether another order of its lane comes before it.
    #[inline(always)]
    pub(super) fn is_worse_than(&self, other: &Self) -> bool {
        if self.price == other.price {
            return self.sequence > other.sequence;
        }
        is_better(other.side(), other.price, self.price)
    }

    /// Whether it may trade at `price` (where it stands) at the time `now`: it has not expired, it has
    /// a price at all, and a pegged one stands within its worst price.
    #[inline(always)]
    pub fn trades_at(&self, price: i64, now: i64) -> bool {
        let expired = self.expires != 0 && self.expires <= now;
        let beyond = self.is_pegged() && is_better(self.side(), price, self.worst);
        !expired && !beyond && price > 0
    }
}
