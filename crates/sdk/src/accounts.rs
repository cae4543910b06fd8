//! Decoding accounts from their bytes. Nothing borrows from the caller's buffer, whose alignment is
//! not known; the figures are copied out.

use anchor_lang::Discriminator;
use bytemuck::{AnyBitPattern, Zeroable};
use counterweight::{
    book::{Entry, LANE_SLOTS, LANES, Order, lane_of},
    state::{
        Clearinghouse, Custody, MARGIN_HEADER, MARKET_HEADER, MARKET_ORDERS, MARKET_QUEUE,
        MarginAccount, Market, RISK_BOOK_HEADER, RiskBook, Triggers, VERSION,
    },
};
use counterweight_risk::orders::Side;
use counterweight_risk::{AccountView, Asset, Book, Market as MarketRow, Position};

/// Why bytes are not the account that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Too short, or of another type.
    WrongType,
    /// A layout version that this SDK does not know.
    UnknownVersion(u8),
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::WrongType => write!(f, "these bytes are not an account of the expected type"),
            Self::UnknownVersion(version) => {
                write!(
                    f,
                    "layout version {version} found, this SDK knows {VERSION}"
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
/// [`DecodeError`] for other bytes.
pub fn margin(data: &[u8]) -> Result<Margin, DecodeError> {
    let header: MarginAccount = header(data, |account: &MarginAccount| account.version)?;
    Ok(Margin {
        header,
        slots: rows(&data[MARGIN_HEADER..]),
    })
}

/// Decodes a risk book.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn risk_book(data: &[u8]) -> Result<RiskTables, DecodeError> {
    let header: RiskBook = header(data, |account: &RiskBook| account.version)?;
    let tail = &data[RISK_BOOK_HEADER..];
    let assets = usize::from(header.asset_count) * size_of::<Asset>();
    let markets = usize::from(header.market_count) * size_of::<MarketRow>();
    if tail.len() < assets + markets {
        return Err(DecodeError::WrongType);
    }
    Ok(RiskTables {
        header,
        assets: rows(&tail[..assets]),
        markets: rows(&tail[assets..assets + markets]),
    })
}

/// Decodes a custody.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn custody(data: &[u8]) -> Result<Custody, DecodeError> {
    header(data, |account: &Custody| account.version)
}

/// Decodes a clearinghouse.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn clearinghouse(data: &[u8]) -> Result<Clearinghouse, DecodeError> {
    header(data, |account: &Clearinghouse| account.version)
}

/// Decodes a market.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn market(data: &[u8]) -> Result<Market, DecodeError> {
    header(data, |account: &Market| account.version)
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
/// [`DecodeError`] for other bytes.
pub fn order_book(data: &[u8]) -> Result<OrderBook, DecodeError> {
    let header = market(data)?;
    if data.len() < MARKET_QUEUE {
        return Err(DecodeError::WrongType);
    }
    let handles: Vec<u16> = rows(&data[MARKET_HEADER..MARKET_QUEUE]);
    let lanes = core::array::from_fn(|lane| {
        let start = lane * LANE_SLOTS;
        handles[start..start + usize::from(header.book.lengths[lane])].to_vec()
    });
    let grown = data.len() >= MARKET_ORDERS;
    let places: Vec<Entry> = if grown {
        rows(&data[MARKET_QUEUE..MARKET_ORDERS])
    } else {
        Vec::new()
    };
    let (head, length) = (header.queue.head, header.queue.length);
    let queue = (0..usize::from(length))
        .map(|turn| places[(usize::from(head) + turn) % places.len()])
        .filter(|entry| entry.kind != 0)
        .collect();
    Ok(OrderBook {
        header,
        lanes,
        orders: if grown {
            rows(&data[MARKET_ORDERS..])
        } else {
            Vec::new()
        },
        queue,
    })
}

/// Decodes the trigger orders of a margin account.
///
/// # Errors
/// [`DecodeError`] for other bytes.
pub fn triggers(data: &[u8]) -> Result<Triggers, DecodeError> {
    header(data, |account: &Triggers| account.version)
}

fn header<T: AnyBitPattern + Discriminator>(
    data: &[u8],
    version: fn(&T) -> u8,
) -> Result<T, DecodeError> {
    let end = 8 + size_of::<T>();
    if data.len() < end || data[..8] != *T::DISCRIMINATOR {
        return Err(DecodeError::WrongType);
    }
    let account: T = bytemuck::pod_read_unaligned(&data[8..end]);
    match version(&account) {
        VERSION => Ok(account),
        other => Err(DecodeError::UnknownVersion(other)),
    }
}

fn rows<T: AnyBitPattern + Zeroable>(bytes: &[u8]) -> Vec<T> {
    bytes
        .chunks_exact(size_of::<T>())
        .map(bytemuck::pod_read_unaligned)
        .collect()
}
