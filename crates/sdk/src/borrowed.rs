//! Views of accounts in the bytes that they came in, without a copy: for whoever decodes many of them and often.
//!
//! A struct can be read in place only where its bytes begin at a multiple of [`ALIGNMENT`]. What an allocator
//! returns does, and so does a `Vec<u8>` that was filled from a response; a slice out of the middle of a message
//! need not. [`Aligned::of`] looks, and copies only where it must; the decoders here refuse instead of copying in
//! secret.
//!
//! ```
//! use counterweight_sdk::borrowed::{Aligned, MarginRef};
//! # use counterweight_sdk::accounts::DecodeError;
//! # fn equity_of(data: &[u8]) -> Result<i64, DecodeError> {
//! let bytes = Aligned::of(data);
//! let margin = MarginRef::read(&bytes)?;
//! # Ok(margin.header.core.cash.0)
//! # }
//! # assert_eq!(equity_of(&[0; 500]), Err(DecodeError::WrongType));
//! ```

use crate::accounts::{DecodeError, Margin, OrderBook, RiskTables};
use anchor_lang::Discriminator;
use bytemuck::AnyBitPattern;
use core::ops::Deref;
use counterweight::{
    book::{Entry, LANE_SLOTS, LANES, Order, lane_of},
    state::{
        Clearinghouse, Custody, Layout, MARGIN_HEADER, MARKET_HEADER, MARKET_ORDERS, MARKET_QUEUE,
        MarginAccount, Market, RISK_BOOK_HEADER, RiskBook, Triggers,
    },
};
use counterweight_risk::{
    AccountView, Asset, Book, Market as MarketRow, Position, account::Balance, orders::Side,
};

/// What the address of an account's first byte must be a multiple of.
pub const ALIGNMENT: usize = 8;

/// Bytes that begin where a view may be taken.
#[derive(Clone, Debug, Default)]
pub struct AlignedBytes {
    words: Vec<u64>,
    length: usize,
}

impl AlignedBytes {
    /// A copy.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::default();
        copy.fill(bytes);
        copy
    }

    /// Replaces what is in it, in the room that it has: for one buffer that many accounts pass through.
    pub fn fill(&mut self, bytes: &[u8]) {
        self.words.clear();
        self.words.resize(bytes.len().div_ceil(size_of::<u64>()), 0);
        self.length = bytes.len();
        bytemuck::cast_slice_mut(&mut self.words)[..bytes.len()].copy_from_slice(bytes);
    }
}

impl Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.length]
    }
}

/// Bytes that begin where a view may be taken: the caller's own where they do, else a copy.
#[derive(Clone, Debug)]
pub enum Aligned<'a> {
    /// The caller's.
    InPlace(&'a [u8]),
    /// A copy of them.
    Copied(AlignedBytes),
}

impl<'a> Aligned<'a> {
    /// The bytes, copied only where they do not begin at a multiple of [`ALIGNMENT`].
    pub fn of(bytes: &'a [u8]) -> Self {
        if bytes.as_ptr().addr().is_multiple_of(ALIGNMENT) {
            return Self::InPlace(bytes);
        }
        Self::Copied(AlignedBytes::copy_of(bytes))
    }
}

impl Deref for Aligned<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::InPlace(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

/// A margin account in its bytes.
#[derive(Clone, Copy, Debug)]
pub struct MarginRef<'a> {
    /// The header.
    pub header: &'a MarginAccount,
    /// All slots; the first [`counterweight_risk::AccountCore::position_count`] are in use.
    pub slots: &'a [Position],
}

impl<'a> MarginRef<'a> {
    /// Reads a margin account.
    ///
    /// # Errors
    /// [`DecodeError`] for other bytes, for a tail that is no whole number of slots, for more positions than
    /// slots, and for bytes that are not aligned.
    pub fn read(data: &'a [u8]) -> Result<Self, DecodeError> {
        let header: &MarginAccount = read(data)?;
        let slots: &[Position] = rows(&data[MARGIN_HEADER..])?;
        if usize::from(header.core.position_count) > slots.len() {
            return Err(DecodeError::Inconsistent);
        }
        Ok(Self { header, slots })
    }

    /// Positions in use.
    pub fn positions(&self) -> &'a [Position] {
        &self.slots[..usize::from(self.header.core.position_count)]
    }

    /// Collateral that is held; entries without atoms are free ones.
    pub fn balances(&self) -> impl Iterator<Item = &'a Balance> {
        let balances = self.header.core.balances.iter();
        balances.filter(|balance| balance.atoms > 0)
    }

    /// The account as the engine judges it.
    pub fn view(&self) -> AccountView<'a> {
        AccountView {
            cash: self.header.core.cash,
            interest: self.header.core.debt.index,
            balances: &self.header.core.balances,
            positions: self.positions(),
            model: self.header.core.model,
        }
    }

    /// A copy that outlives the bytes.
    pub fn to_margin(&self) -> Margin {
        Margin {
            header: *self.header,
            slots: self.slots.to_vec(),
        }
    }
}

/// A risk book in its bytes.
#[derive(Clone, Copy, Debug)]
pub struct RiskBookRef<'a> {
    /// The header.
    pub header: &'a RiskBook,
    /// All assets.
    pub assets: &'a [Asset],
    /// All markets.
    pub markets: &'a [MarketRow],
}

impl<'a> RiskBookRef<'a> {
    /// Reads a risk book.
    ///
    /// # Errors
    /// [`DecodeError`] for other bytes, for fewer rows than the header counts, and for bytes that are not
    /// aligned.
    pub fn read(data: &'a [u8]) -> Result<Self, DecodeError> {
        let header: &RiskBook = read(data)?;
        let tail = &data[RISK_BOOK_HEADER..];
        let assets = usize::from(header.asset_count) * size_of::<Asset>();
        let markets = usize::from(header.market_count) * size_of::<MarketRow>();
        if tail.len() < assets + markets {
            return Err(DecodeError::WrongType);
        }
        Ok(Self {
            header,
            assets: rows(&tail[..assets])?,
            markets: rows(&tail[assets..assets + markets])?,
        })
    }

    /// The tables as the engine reads them.
    pub fn book(&self) -> Book<'a> {
        Book {
            params: &self.header.params,
            assets: self.assets,
            markets: self.markets,
        }
    }

    /// A copy that outlives the bytes.
    pub fn to_tables(&self) -> RiskTables {
        RiskTables {
            header: *self.header,
            assets: self.assets.to_vec(),
            markets: self.markets.to_vec(),
        }
    }
}

/// A market with its order book and its fill queue in its bytes.
#[derive(Clone, Copy, Debug)]
pub struct MarketRef<'a> {
    /// The header.
    pub header: &'a Market,
    /// The handles of each lane, the best order last.
    pub lanes: [&'a [u16]; LANES],
    /// All slots of the orders, by handle; none before the account has grown to where they begin.
    pub orders: &'a [Order],
    /// The ring of the fill queue, the settled ones too; none before the account has grown so far.
    pub ring: &'a [Entry],
}

impl<'a> MarketRef<'a> {
    /// Reads a market. An account that is still growing has a part of a slot at its end, which is left out as
    /// the program does.
    ///
    /// # Errors
    /// [`DecodeError`] for other bytes, for orders or entries that lie beyond the account's end, and for bytes
    /// that are not aligned.
    pub fn read(data: &'a [u8]) -> Result<Self, DecodeError> {
        let header: &Market = read(data)?;
        if data.len() < MARKET_QUEUE {
            return Err(DecodeError::WrongType);
        }
        let handles: &[u16] = rows(&data[MARKET_HEADER..MARKET_QUEUE])?;
        let (ring, orders): (&[Entry], &[Order]) = if data.len() < MARKET_ORDERS {
            (&[], &[])
        } else {
            let pool = &data[MARKET_ORDERS..];
            let whole = pool.len() - pool.len() % size_of::<Order>();
            (
                rows(&data[MARKET_QUEUE..MARKET_ORDERS])?,
                rows(&pool[..whole])?,
            )
        };
        let mut lanes = [&handles[..0]; LANES];
        for (number, lane) in lanes.iter_mut().enumerate() {
            let used = handles[number * LANE_SLOTS..][..LANE_SLOTS]
                .get(..usize::from(header.book.lengths[number]));
            *lane = used.ok_or(DecodeError::Inconsistent)?;
        }
        let mut named = lanes.iter().copied().flatten();
        if usize::from(header.queue.length) > ring.len()
            || named.any(|slot| usize::from(*slot) >= orders.len())
        {
            return Err(DecodeError::Inconsistent);
        }
        Ok(Self {
            header,
            lanes,
            orders,
            ring,
        })
    }

    /// The orders of a side and kind, the best first, with their ids.
    pub fn resting(&self, side: Side, pegged: bool) -> impl Iterator<Item = (u64, &'a Order)> {
        let orders = self.orders;
        let lane = self.lanes[lane_of(side, pegged)].iter().rev();
        lane.map(move |slot| {
            let order = &orders[usize::from(*slot)];
            (order.id(*slot).0, order)
        })
    }

    /// The entries of the fill queue that are not settled, the oldest first.
    pub fn queue(&self) -> impl Iterator<Item = &'a Entry> {
        let (ring, head) = (self.ring, usize::from(self.header.queue.head));
        let turns = 0..usize::from(self.header.queue.length);
        let entries = turns.map(move |turn| &ring[(head + turn) % ring.len()]);
        entries.filter(|entry| entry.kind != 0)
    }

    /// A copy that outlives the bytes.
    pub fn to_order_book(&self) -> OrderBook {
        OrderBook {
            header: *self.header,
            lanes: self.lanes.map(<[u16]>::to_vec),
            orders: self.orders.to_vec(),
            queue: self.queue().copied().collect(),
        }
    }
}

macro_rules! headers {
    ($($(#[$doc:meta])* $name:ident -> $type:ident)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`DecodeError`] for other bytes, and for bytes that are not aligned.
        pub fn $name(data: &[u8]) -> Result<&$type, DecodeError> {
            read(data)
        }
    )*};
}

headers! {
    /// A clearinghouse in its bytes.
    clearinghouse -> Clearinghouse
    /// A custody in its bytes.
    custody -> Custody
    /// The header of a market in its bytes.
    market -> Market
    /// The trigger orders of a margin account in their bytes.
    triggers -> Triggers
}

/// The header's bytes, after a check of type, version and length. Every account has its version behind its
/// discriminator.
pub(crate) fn checked<T: Discriminator + Layout>(data: &[u8]) -> Result<&[u8], DecodeError> {
    let type_end = T::DISCRIMINATOR.len();
    if data.len() <= type_end || data[..type_end] != *T::DISCRIMINATOR {
        return Err(DecodeError::WrongType);
    }
    let (found, known) = (data[type_end], T::VERSION);
    if found != known {
        return Err(DecodeError::UnknownVersion { found, known });
    }
    data.get(type_end..type_end + size_of::<T>())
        .ok_or(DecodeError::WrongType)
}

fn read<T: AnyBitPattern + Discriminator + Layout>(data: &[u8]) -> Result<&T, DecodeError> {
    // The length is right: only the alignment can be refused.
    bytemuck::try_from_bytes(checked::<T>(data)?).map_err(|_| DecodeError::Misaligned)
}

/// Rows that fill these bytes.
fn rows<T: AnyBitPattern>(bytes: &[u8]) -> Result<&[T], DecodeError> {
    if !bytes.len().is_multiple_of(size_of::<T>()) {
        return Err(DecodeError::WrongType);
    }
    bytemuck::try_cast_slice(bytes).map_err(|_| DecodeError::Misaligned)
}
