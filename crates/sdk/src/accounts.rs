//! Decoding accounts from their bytes. Nothing borrows from the caller's buffer, whose alignment is
//! not known; the figures are copied out.

use anchor_lang::Discriminator;
use bytemuck::{AnyBitPattern, Zeroable};
use counterweight::state::{
    Clearinghouse, MARGIN_HEADER, MarginAccount, Market, RISK_BOOK_HEADER, RiskBook, VERSION,
};
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
