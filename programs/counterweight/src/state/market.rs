use crate::{
    book::{
        Book, BookHeader, Entry, LANE_SLOTS, LANES, Order, Queue, SIDE_ORDERS,
        queue::{QUEUE_ENTRIES, QueueHeader},
    },
    error::{ErrorCode, OrRefuse, refuse},
    state::{Layout, require_version},
};
use anchor_lang::{Discriminator, prelude::*};
use counterweight_risk::{
    Market as MarketRow, QuoteAtoms, account::Charge, deleverage::Settled, funding::Funding,
    position::FillEffect,
};
use std::cell::RefMut;

/// Seed of a market's address, before clearinghouse and index.
pub const MARKET_SEED: &[u8] = b"market";

/// What trading writes in one market; what a check needs stands in the risk book.
///
/// Address: `["market", clearinghouse, index]`. Behind this header stand the four lanes of the order
/// book, the fill queue, and the slots of the orders: as many as the account has grown to.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Market {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Index in the risk book.
    pub index: u16,
    /// Zero.
    pub padding: u32,
    /// Counts the changes of this market.
    pub sequence: u64,
    /// The clearinghouse it belongs to.
    pub clearinghouse: Pubkey,
    /// Lots held long by all accounts.
    pub open_long: i64,
    /// Lots held short by all accounts, positive. Equal to the long ones, always.
    pub open_short: i64,
    /// Trading fees that have accrued here, in quote atoms, until they are collected.
    pub fees: i64,
    /// Insurance shares of penalties that have accrued here, in quote atoms.
    pub insurance: i64,
    /// Roundings of funding and deleveraging, in quote atoms.
    pub residue: i64,
    /// Quote atoms traded, ever; wraps at 2^64.
    pub volume: u64,
    /// Lots in the queue that makers have bought.
    pub pending_long: i64,
    /// Lots in the queue that makers have sold, positive.
    pub pending_short: i64,
    /// What makers receive for the fills in the queue, their fees taken off, in quote atoms.
    pub pending_quote: i64,
    /// The order book's counters.
    pub book: BookHeader,
    /// Where the fill queue stands.
    pub queue: QueueHeader,
    /// The premium that funding is made of.
    pub funding: Funding,
    /// Lots of each side whose accounts have not caught up with the last deleveraging.
    pub behind: [i64; 2],
    /// Lots of each side that deleveraging has closed, less those that accounts have given up for it:
    /// what accounts hold is the open lots and these.
    pub unsettled: [i64; 2],
    /// Zero.
    pub reserved: [u64; 4],
}

/// Bytes before the lanes.
pub const MARKET_HEADER: usize = 8 + size_of::<Market>();
/// Bytes before the queue: what a market is created with.
pub const MARKET_QUEUE: usize = MARKET_HEADER + LANES * LANE_SLOTS * size_of::<u16>();
/// Bytes before the orders.
pub const MARKET_ORDERS: usize = MARKET_QUEUE + QUEUE_ENTRIES * size_of::<Entry>();
/// Bytes of a market that has room for all orders.
pub const MARKET_LARGEST: usize = MARKET_ORDERS + 2 * SIDE_ORDERS * size_of::<Order>();

const _: () = assert!(size_of::<Market>() == 272);
const _: () = assert!(core::mem::offset_of!(Market, book) == 120);
const _: () = assert!(core::mem::offset_of!(Market, funding) == 160);
const _: () = assert!(core::mem::offset_of!(Market, unsettled) == 224);
const _: () = assert!(MARKET_QUEUE.is_multiple_of(8) && MARKET_ORDERS.is_multiple_of(8));
// What one instruction can create.
const _: () = assert!(MARKET_QUEUE <= 10_240);
const _: () = assert!(core::mem::offset_of!(Market, open_long) == 48);

impl Layout for Market {
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }
}

impl Market {
    /// Applies what a fill did to open interest, and what settling the indices left.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn apply(&mut self, effect: &FillEffect, owed: QuoteAtoms) -> Result<()> {
        let add = |total: i64, change: i64| total.checked_add(change).ok_or(ErrorCode::Overflow);
        self.open_long = add(self.open_long, effect.long_change)?;
        self.open_short = add(self.open_short, effect.short_change)?;
        self.residue = add(self.residue, owed.0)?;
        if effect.settled.behind != 0 {
            self.caught_up(&effect.settled)?;
        }
        Ok(())
    }

    /// Takes note that an account has caught up with deleveraging.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    #[cold]
    pub fn caught_up(&mut self, settled: &Settled) -> Result<()> {
        let less = |total: i64, part: i64| total.checked_sub(part).ok_or(ErrorCode::Overflow);
        let side = settled.side;
        self.behind[side] = less(self.behind[side], settled.behind)?;
        self.unsettled[side] = less(self.unsettled[side], settled.closed)?;
        Ok(())
    }

    /// Takes note that so many lots of a side are closed in all of its accounts together; `lags` is whether the
    /// accounts have to be brought up to it, and the lots are not left over as they are.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn deleveraged(&mut self, side: usize, lots: i64, lags: bool) -> Result<()> {
        let open = if side == 0 {
            &mut self.open_long
        } else {
            &mut self.open_short
        };
        if lags {
            let held = open.checked_add(self.unsettled[side]);
            self.behind[side] = held.ok_or(ErrorCode::Overflow)?;
        }
        *open = open.checked_sub(lots).ok_or(ErrorCode::Overflow)?;
        let unsettled = self.unsettled[side].checked_add(lots);
        self.unsettled[side] = unsettled.ok_or(ErrorCode::Overflow)?;
        Ok(())
    }

    /// The lots that rounding has left over on a side: long, and nobody's. To be taken once every
    /// account has caught up; the side's open lots are then those that accounts hold.
    ///
    /// # Errors
    /// [`ErrorCode::CatchUpFirst`].
    pub fn take_dust(&mut self, side: usize) -> Result<i64> {
        if self.behind[side] != 0 {
            let numbers = [("lots", self.behind[side].into())];
            return Err(refuse(ErrorCode::CatchUpFirst, &numbers));
        }
        let left = core::mem::take(&mut self.unsettled[side]);
        let open = if side == 0 {
            &mut self.open_long
        } else {
            &mut self.open_short
        };
        *open = open.checked_add(left).ok_or(ErrorCode::Overflow)?;
        // Longs keep less than their share, shorts more.
        Ok(if side == 0 { -left } else { left })
    }

    /// Takes fees that accounts were charged.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn accrue_fees(&mut self, fees: QuoteAtoms) -> Result<()> {
        self.fees = QuoteAtoms(self.fees).plus(fees).or_refuse()?.0;
        Ok(())
    }

    /// Takes an insurance share that an account was charged.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn accrue_insurance(&mut self, share: Charge) -> Result<()> {
        self.insurance = share.onto(QuoteAtoms(self.insurance)).or_refuse()?.0;
        Ok(())
    }

    /// The larger side's open interest, with what waits in the queue.
    pub fn exposure(&self) -> i64 {
        let long = self.open_long.saturating_add(self.pending_long);
        long.max(self.open_short.saturating_add(self.pending_short))
    }

    /// Refuses open interest above the cap where it grew since `before`.
    ///
    /// # Errors
    /// [`ErrorCode::OpenInterestCapReached`].
    pub fn require_cap(&self, row: &MarketRow, before: i64) -> Result<()> {
        let lots = self.exposure();
        if lots > before && lots > row.max_open_interest.0 {
            return Err(refuse(
                ErrorCode::OpenInterestCapReached,
                &[
                    ("market", self.index.into()),
                    ("lots", lots.into()),
                    ("cap", row.max_open_interest.0.into()),
                ],
            ));
        }
        Ok(())
    }

    /// Takes note of an entry that goes into the queue, or (`sign` −1) comes out of it.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn count_pending(&mut self, entry: &Entry, sign: i64) -> Result<()> {
        if entry.kind != crate::book::queue::FILLED {
            return Ok(());
        }
        // Sizes of one entry are below 2^61.
        let add = |total: i64, part: i64| total.checked_add(sign * part).ok_or(ErrorCode::Overflow);
        if entry.side == 0 {
            self.pending_long = add(self.pending_long, entry.lots)?;
        } else {
            self.pending_short = add(self.pending_short, entry.lots)?;
        }
        let net = entry
            .quote
            .checked_sub(entry.fee)
            .ok_or(ErrorCode::Overflow)?;
        self.pending_quote = add(self.pending_quote, net)?;
        Ok(())
    }

    /// Counts a change, and what was traded in it.
    pub fn advance(&mut self, value: QuoteAtoms) {
        self.sequence = self.sequence.wrapping_add(1);
        self.volume = self.volume.wrapping_add(value.0.unsigned_abs());
    }
}

/// A market that is being changed, with its book and its queue.
pub struct MarketMut<'a> {
    /// The header.
    pub header: RefMut<'a, Market>,
    lanes: RefMut<'a, [u8]>,
    queue: RefMut<'a, [u8]>,
    orders: RefMut<'a, [u8]>,
}

impl<'a> MarketMut<'a> {
    /// Takes an account whose owner and type Anchor has checked.
    ///
    /// # Errors
    /// [`ErrorCode::WrongVersion`], or Anchor's for another type.
    pub fn load<'info>(loader: &'a AccountLoader<'info, Market>) -> Result<Self> {
        let account: &'a AccountInfo<'info> = loader.as_ref();
        let data = account.try_borrow_mut_data()?;
        check(&data)?;
        let (header, tail) = RefMut::map_split(data, |data| {
            let (header, tail) = data.split_at_mut(MARKET_HEADER);
            (bytemuck::from_bytes_mut::<Market>(&mut header[8..]), tail)
        });
        let lanes_length = MARKET_QUEUE - MARKET_HEADER;
        let (lanes, tail) = RefMut::map_split(tail, |tail| tail.split_at_mut(lanes_length));
        // Neither queue nor orders before the account has grown to where orders begin.
        let grown = tail.len() >= MARKET_ORDERS - MARKET_QUEUE;
        let (queue_length, size) = if grown {
            (MARKET_ORDERS - MARKET_QUEUE, size_of::<Order>())
        } else {
            (0, usize::MAX)
        };
        let (queue, orders) = RefMut::map_split(tail, |tail| {
            let (queue, rest) = tail.split_at_mut(queue_length);
            let whole = rest.len() / size * size_of::<Order>();
            (queue, &mut rest[..whole])
        });
        Ok(Self {
            header,
            lanes,
            queue,
            orders,
        })
    }

    /// The order book and the fill queue.
    pub fn parts(&mut self) -> (Book<'_>, Queue<'_>) {
        let Market { book, queue, .. } = &mut *self.header;
        (
            Book {
                header: book,
                // As long as the four lanes by construction: `load` has cut it.
                lanes: bytemuck::from_bytes_mut(&mut self.lanes),
                orders: bytemuck::cast_slice_mut(&mut self.orders),
            },
            Queue {
                header: queue,
                entries: bytemuck::cast_slice_mut(&mut self.queue),
            },
        )
    }
}

/// Type, length and version.
fn check(data: &[u8]) -> Result<()> {
    require!(
        data.len() >= MARKET_QUEUE && data[..8] == *Market::DISCRIMINATOR,
        anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch
    );
    require_version(data[8], Market::VERSION)
}
