//! Decoding accounts from their bytes. Nothing borrows from the caller's buffer, whose alignment is
//! not known; the figures are copied out. What is checked is what [`crate::borrowed`] checks, whose views
//! copy nothing.

use crate::borrowed::{Aligned, MarginRef, MarketRef, RiskBookRef, checked};
use anchor_lang::Discriminator;
use bytemuck::AnyBitPattern;
use counterweight::{
    book::{Entry, LANES, Order, lane_of},
    state::{Clearinghouse, Custody, Layout, MarginAccount, Market, RiskBook, Triggers},
};
use counterweight_risk::orders::Side;
use counterweight_risk::{AccountView, Asset, Book, Market as MarketRow, Position};

/// Why bytes are not the account that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Too short, or of another type.
    WrongType,
    /// A layout version that this SDK does not know: the account is to be migrated (a risk book of version 1
    /// with [`crate::instructions::Venue::migrate_risk_book`]), or a newer SDK is needed.
    UnknownVersion {
        /// The account's version.
        found: u8,
        /// The version of its type that this SDK knows.
        known: u8,
    },
    /// Counts in its header that go beyond its end, which the program never writes.
    Inconsistent,
    /// Bytes that a view cannot be taken of, because they do not begin at a multiple of
    /// [`crate::borrowed::ALIGNMENT`]. Never from the decoders that copy.
    Misaligned,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::WrongType => write!(f, "these bytes are not an account of the expected type"),
            Self::UnknownVersion { found, known } => {
                let next = if found < known {
                    "migrate the account (a risk book with migrate_risk_book)"
                } else {
                    "use a newer SDK"
                };
                write!(
                    f,
                    "layout version {found} found, this SDK knows {known}: {next}"
                )
            }
            Self::Inconsistent => {
                write!(f, "its header counts more than the account has room for")
            }
            Self::Misaligned => {
                write!(
                    f,
                    "these bytes begin where no view can be taken: pass them through `Aligned::of`"
                )
            }
        }
    }
}

impl core::error::Error for DecodeError {}

/// A margin account: header and positions in use.
#[derive(Clone, Debug)]
pub struct Margin {
    /// The header.
    pub header: MarginAccount,
    /// All slots; the first [`counterweight_risk::AccountCore::position_count`] are in use.
    pub slots: Vec<Position>,
}

impl Margin {
    /// Positions in use.
    pub fn positions(&self) -> &[Position] {
        &self.slots[..usize::from(self.header.core.position_count)]
    }

    /// The account as the engine judges it.
    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            cash: self.header.core.cash,
            interest: self.header.core.debt.index,
            balances: &self.header.core.balances,
            positions: self.positions(),
            model: self.header.core.model,
        }
    }
}

/// A risk book: header and tables.
#[derive(Clone, Debug)]
pub struct RiskTables {
    /// The header.
    pub header: RiskBook,
    /// All assets.
    pub assets: Vec<Asset>,
    /// All markets.
    pub markets: Vec<MarketRow>,
}

impl RiskTables {
    /// The tables as the engine reads them.
    pub fn book(&self) -> Book<'_> {
        Book {
            params: &self.header.params,
            assets: &self.assets,
            markets: &self.markets,
        }
    }
}

/// Decodes a margin account.
///
/// # Errors
/// [`DecodeError`] for other bytes, and for more positions than slots.
pub fn margin(data: &[u8]) -> Result<Margin, DecodeError> {
    MarginRef::read(&Aligned::of(data)).map(|margin| margin.to_margin())
}

/// Decodes a risk book.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn risk_book(data: &[u8]) -> Result<RiskTables, DecodeError> {
    RiskBookRef::read(&Aligned::of(data)).map(|book| book.to_tables())
}

/// Decodes a custody.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn custody(data: &[u8]) -> Result<Custody, DecodeError> {
    header(data)
}

/// Decodes a clearinghouse.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn clearinghouse(data: &[u8]) -> Result<Clearinghouse, DecodeError> {
    header(data)
}

/// Decodes a market.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn market(data: &[u8]) -> Result<Market, DecodeError> {
    header(data)
}

/// A market: header, order book and fill queue.
#[derive(Clone, Debug)]
pub struct OrderBook {
    /// The header.
    pub header: Market,
    /// The handles of each lane, the best order last.
    pub lanes: [Vec<u16>; LANES],
    /// All slots of the orders, by handle.
    pub orders: Vec<Order>,
    /// The entries of the fill queue that are not settled, the oldest first.
    pub queue: Vec<Entry>,
}

impl OrderBook {
    /// The orders of a side and kind, the best first, with their ids.
    pub fn resting(&self, side: Side, pegged: bool) -> impl Iterator<Item = (u64, &Order)> {
        self.lanes[lane_of(side, pegged)].iter().rev().map(|slot| {
            let order = &self.orders[usize::from(*slot)];
            (order.id(*slot).0, order)
        })
    }
}

/// Decodes a market with its book and its queue.
///
/// # Errors
/// [`DecodeError`] for other bytes, and for orders or entries that lie beyond the account's end.
pub fn order_book(data: &[u8]) -> Result<OrderBook, DecodeError> {
    MarketRef::read(&Aligned::of(data)).map(|market| market.to_order_book())
}

/// Decodes the trigger orders of a margin account.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn triggers(data: &[u8]) -> Result<Triggers, DecodeError> {
    header(data)
}

fn header<T: AnyBitPattern + Discriminator + Layout>(data: &[u8]) -> Result<T, DecodeError> {
    checked::<T>(data).map(bytemuck::pod_read_unaligned)
}
