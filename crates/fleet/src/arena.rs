//! Rows of all accounts in a few long vectors: each account has a range of them, one after the other.
//!
//! A vector of its own for each account would be a cache miss for each, and would scatter what a scan reads in
//! order. Ranges that become free are kept by length and given to the next that needs this length; where too much
//! lies free, the ranges in use move together.

use bytemuck::{Pod, Zeroable};
use counterweight_risk::{Lots, Position, Price, QuoteAtoms, account::Balance, orders::Peg};
use std::collections::BTreeMap;

/// Free rows from which moving together is worth the way, unless they are more than a quarter.
const WORTHWHILE: usize = 4_096;

/// The range of an account's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first row.
    pub(crate) start: u32,
    /// Rows in use; the range has room for [`room`] of them.
    pub(crate) length: u16,
}

impl Range {
    /// The rows in use, as indices.
    #[inline(always)]
    pub(crate) fn rows(self) -> core::ops::Range<usize> {
        let start = self.start as usize;
        start..start + usize::from(self.length)
    }
}

/// The rows that a range of this length takes: a few more than it needs where it is long, so that lengths meet
/// often enough to use each other's ranges.
pub(crate) const fn room(length: u16) -> u32 {
    let length = length as u32;
    let step = length.next_power_of_two() / 8;
    if step < 2 {
        return length;
    }
    length.next_multiple_of(step)
}

/// What is free, and how far rows reach.
#[derive(Clone, Debug, Default)]
struct Ranges {
    /// Starts of free ranges, by their room.
    free: BTreeMap<u32, Vec<u32>>,
    /// Rows in free ranges.
    idle: usize,
    /// Rows, free or not.
    end: u32,
}

/// A range that moves down.
struct Move {
    from: u32,
    to: u32,
    room: u32,
}

impl Ranges {
    fn take(&mut self, length: u16) -> Range {
        let room = room(length);
        if room == 0 {
            return Range::default();
        }
        let start = match self.free.get_mut(&room).and_then(Vec::pop) {
            Some(start) => {
                self.idle -= room as usize;
                start
            }
            None => {
                let start = self.end;
                // Four billion rows would be a terabyte of positions.
                self.end = start.checked_add(room).expect("fewer than 2^32 rows");
                start
            }
        };
        Range { start, length }
    }

    fn give(&mut self, range: Range) {
        let room = room(range.length);
        if room > 0 {
            self.free.entry(room).or_default().push(range.start);
            self.idle += room as usize;
        }
    }

    fn is_loose(&self) -> bool {
        self.idle > WORTHWHILE && self.idle > self.end as usize / 4
    }

    /// Gives the ranges in use new starts, one behind the other in the order in which they lie. To be moved in
    /// the order of the answer: every range moves down, or not at all.
    fn tighten<'a>(&mut self, in_use: impl Iterator<Item = (&'a mut u32, u16)>) -> Vec<Move> {
        let mut ranges: Vec<_> = in_use.filter(|(_, length)| *length > 0).collect();
        ranges.sort_unstable_by_key(|(start, _)| **start);
        let mut end = 0;
        let place = |(start, length): (&mut u32, u16)| {
            let (from, to, room) = (*start, end, room(length));
            *start = to;
            end += room;
            Move { from, to, room }
        };
        let moves = ranges.into_iter().map(place).collect();
        *self = Self {
            end,
            ..Self::default()
        };
        moves
    }

    fn bytes(&self) -> usize {
        let starts = self.free.values().map(Vec::capacity).sum::<usize>();
        starts * size_of::<u32>()
    }
}

/// Makes a vector so long, an eighth at a time: doubling would let it take twice the room that it needs.
fn lengthen<T: Zeroable + Clone>(rows: &mut Vec<T>, length: usize) {
    if length > rows.len() {
        if length > rows.capacity() {
            rows.reserve_exact((length - rows.len()).max(rows.len() / 8));
        }
        rows.resize(length, T::zeroed());
    }
}

fn shift<T: Copy>(rows: &mut Vec<T>, moves: &[Move], end: u32) {
    for Move { from, to, room } in moves {
        let (from, to, room) = (*from as usize, *to as usize, *room as usize);
        rows.copy_within(from..from + room, to);
    }
    rows.truncate(end as usize);
    rows.shrink_to(rows.len() + rows.len() / 8);
}

fn bytes_of<T>(rows: &Vec<T>) -> usize {
    rows.capacity() * size_of::<T>()
}

/// What judging reads of a position: its first 32 bytes, so that a cache line has two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Head {
    /// Index of the market in the risk book.
    pub(crate) market: u16,
    /// Index of its underlying in the risk book.
    pub(crate) asset: u16,
    /// Zero.
    pub(crate) padding: u32,
    /// Signed size.
    pub(crate) lots: i64,
    /// Minus what the lots have cost.
    pub(crate) quote: i64,
    /// The market's cumulative index at the last touch.
    pub(crate) index: i64,
}

/// The rest of a position: its era and its orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Tail {
    pub(crate) era: u64,
    bid_lots: i64,
    bid_price: u64,
    ask_lots: i64,
    ask_price: u64,
    bid_peg: Peg,
    ask_peg: Peg,
}

const _: () = assert!(size_of::<Head>() == 32 && size_of::<Tail>() == 48);

fn split(position: &Position) -> (Head, Tail) {
    // Named one by one: a new field of a position does not compile before it has a place here.
    let Position {
        market,
        asset,
        padding,
        lots,
        quote,
        index,
        era,
        bid_lots,
        bid_price,
        ask_lots,
        ask_price,
        bid_peg,
        ask_peg,
    } = *position;
    let head = Head {
        market,
        asset,
        padding,
        lots: lots.0,
        quote: quote.0,
        index,
    };
    let tail = Tail {
        era,
        bid_lots: bid_lots.0,
        bid_price: bid_price.0,
        ask_lots: ask_lots.0,
        ask_price: ask_price.0,
        bid_peg,
        ask_peg,
    };
    (head, tail)
}

fn join(head: &Head, tail: &Tail) -> Position {
    Position {
        market: head.market,
        asset: head.asset,
        padding: head.padding,
        lots: Lots(head.lots),
        quote: QuoteAtoms(head.quote),
        index: head.index,
        era: tail.era,
        bid_lots: Lots(tail.bid_lots),
        bid_price: Price(tail.bid_price),
        ask_lots: Lots(tail.ask_lots),
        ask_price: Price(tail.ask_price),
        bid_peg: tail.bid_peg,
        ask_peg: tail.ask_peg,
    }
}

/// The positions of all accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positions {
    ranges: Ranges,
    heads: Vec<Head>,
    tails: Vec<Tail>,
}

impl Positions {
    /// What judging reads of a range.
    #[inline(always)]
    pub(crate) fn heads(&self, range: Range) -> &[Head] {
        &self.heads[range.rows()]
    }

    /// What judging reads of every range, free ones too.
    pub(crate) fn all(&self) -> &[Head] {
        &self.heads
    }

    /// The rest of a range.
    pub(crate) fn tails(&self, range: Range) -> &[Tail] {
        &self.tails[range.rows()]
    }

    /// The positions of a range as the engine knows them.
    pub(crate) fn whole(&self, range: Range) -> impl Iterator<Item = Position> {
        let pairs = self.heads(range).iter().zip(self.tails(range));
        pairs.map(|(head, tail)| join(head, tail))
    }

    /// Puts positions in the place of those of a range, which is given up where they need another one.
    pub(crate) fn replace(&mut self, range: Range, positions: &[Position]) -> Range {
        // Slots are counted in 16 bits.
        let length = u16::try_from(positions.len()).expect("at most 2^16 positions");
        let range = if room(range.length) == room(length) {
            Range { length, ..range }
        } else {
            self.ranges.give(range);
            self.ranges.take(length)
        };
        lengthen(&mut self.heads, self.ranges.end as usize);
        lengthen(&mut self.tails, self.ranges.end as usize);
        for (row, position) in range.rows().zip(positions) {
            (self.heads[row], self.tails[row]) = split(position);
        }
        range
    }

    /// Moves the ranges in use, given by start and length, together where too much lies free between them.
    pub(crate) fn tidy<'a>(&mut self, in_use: impl Iterator<Item = (&'a mut u32, u16)>) {
        if self.ranges.is_loose() {
            let moves = self.ranges.tighten(in_use);
            shift(&mut self.heads, &moves, self.ranges.end);
            shift(&mut self.tails, &moves, self.ranges.end);
        }
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.ranges.bytes() + bytes_of(&self.heads) + bytes_of(&self.tails)
    }
}

/// The collateral of all accounts; entries without atoms are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Balances {
    ranges: Ranges,
    rows: Vec<Balance>,
}

impl Balances {
    /// What a range holds, in the account's order.
    #[inline(always)]
    pub(crate) fn of(&self, range: Range) -> &[Balance] {
        &self.rows[range.rows()]
    }

    /// As [`Positions::all`].
    pub(crate) fn all(&self) -> &[Balance] {
        &self.rows
    }

    /// As [`Positions::replace`].
    pub(crate) fn replace(&mut self, range: Range, held: &[Balance]) -> Range {
        // An account has eight entries.
        let length = u16::try_from(held.len()).expect("at most 2^16 balances");
        let range = if room(range.length) == room(length) {
            Range { length, ..range }
        } else {
            self.ranges.give(range);
            self.ranges.take(length)
        };
        lengthen(&mut self.rows, self.ranges.end as usize);
        self.rows[range.rows()].copy_from_slice(held);
        range
    }

    /// As [`Positions::tidy`].
    pub(crate) fn tidy<'a>(&mut self, in_use: impl Iterator<Item = (&'a mut u32, u16)>) {
        if self.ranges.is_loose() {
            let moves = self.ranges.tighten(in_use);
            shift(&mut self.rows, &moves, self.ranges.end);
        }
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.ranges.bytes() + bytes_of(&self.rows)
    }
}
