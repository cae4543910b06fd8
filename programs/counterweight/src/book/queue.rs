//! What makers are owed whose accounts were not at hand: fills, and the news that an order is gone.
//!
//! A ring of entries. Any of them can be settled out of turn, so that nobody waits for a stranger's
//! account; the ring moves on when its oldest entries are settled. A full queue takes nothing more:
//! matching stops before it would lose a fill.

use bytemuck::{Pod, Zeroable};
use counterweight_risk::orders::Side;

/// Entries that a queue has room for.
pub const QUEUE_ENTRIES: usize = 128;

/// The order was filled, in part or whole.
pub const FILLED: u8 = 1;
/// The order was taken out of the book without a fill.
pub const REMOVED: u8 = 2;

/// What one maker is owed from one order. 104 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Entry {
    /// Address of the maker's margin account.
    pub maker: [u8; 32],
    /// The order.
    pub order_id: u64,
    /// What the maker calls it.
    pub client_id: u64,
    /// Lots that no longer rest, positive.
    pub lots: i64,
    /// What the maker receives for them; negative for what it pays. Zero for a removal.
    pub quote: i64,
    /// The maker's fee, negative for a rebate.
    pub fee: i64,
    /// When it was matched, unix seconds.
    pub time: i64,
    /// [`FILLED`] or [`REMOVED`]; 0 for a place whose entry is settled.
    pub kind: u8,
    /// 0 for a bid, 1 for an ask.
    pub side: u8,
    /// 1 where nothing of the order is left in the book.
    pub whole: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// The market's index for the maker's side when it was matched, signed 48.16: from then on the lots
    /// pay and receive funding, whenever the entry is settled.
    pub index: i64,
    /// Zero.
    pub reserved: u64,
}

const _: () = assert!(size_of::<Entry>() == 104);
const _: () = assert!(core::mem::offset_of!(Entry, index) == 88);

impl Entry {
    /// The side of the order.
    pub const fn side(&self) -> Side {
        if self.side == 0 {
            Side::Buy
        } else {
            Side::Sell
        }
    }
}

/// Where the ring stands. 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct QueueHeader {
    /// Place of the oldest entry.
    pub head: u16,
    /// Places in use, settled ones between them included.
    pub length: u16,
    /// Entries that are not settled.
    pub open: u16,
    /// Zero.
    pub padding: u16,
}

/// A queue, to be changed.
pub struct Queue<'a> {
    /// Where it stands.
    pub header: &'a mut QueueHeader,
    /// All places; fewer than [`QUEUE_ENTRIES`] only while the account has not grown.
    pub entries: &'a mut [Entry],
}

impl Queue<'_> {
    /// Whether another entry fits.
    pub fn has_room(&self) -> bool {
        usize::from(self.header.length) < self.entries.len()
    }

    /// Appends an entry. Returns false, and changes nothing, where it does not fit.
    #[must_use]
    pub fn push(&mut self, entry: Entry) -> bool {
        if !self.has_room() {
            return false;
        }
        let place = self.place(self.header.length);
        self.entries[place] = entry;
        self.header.length += 1;
        self.header.open += 1;
        true
    }

    /// The entries that are not settled, the oldest first, by place.
    pub fn open(&self) -> impl Iterator<Item = (usize, &Entry)> {
        (0..self.header.length)
            .map(|turn| self.place(turn))
            .map(|place| (place, &self.entries[place]))
            .filter(|(_, entry)| entry.kind != 0)
    }

    /// Takes the entry at a place, as settled.
    pub fn take(&mut self, place: usize) -> Entry {
        let entry = core::mem::take(&mut self.entries[place]);
        self.header.open -= 1;
        while self.header.length > 0 && self.entries[self.place(0)].kind == 0 {
            self.header.head = u16::try_from(self.place(1)).unwrap_or(0); // below QUEUE_ENTRIES
            self.header.length -= 1;
        }
        entry
    }

    fn place(&self, turn: u16) -> usize {
        (usize::from(self.header.head) + usize::from(turn)) % self.entries.len()
    }
}
