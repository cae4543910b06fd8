//! Accounts from their bytes: the part of them that the engine judges.

use crate::refusal::{Refusal, Result};
use bytemuck::{AnyBitPattern, Pod, Zeroable};
use counterweight_risk::{
    AccountCore, AccountMut, AccountView, Asset, Book, Market, Position, RiskParams,
    backstop::Reference,
};

/// The header of a risk book, with the type before it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct RiskBookHeader {
    discriminator: [u8; 8],
    version: u8,
    bump: u8,
    paused: u8,
    padding: u8,
    asset_count: u16,
    market_count: u16,
    /// The clearinghouse it belongs to.
    pub clearinghouse: [u8; 32],
    /// What holds for the whole clearinghouse.
    pub params: RiskParams,
}

/// The header of a margin account, with the type before it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct MarginHeader {
    discriminator: [u8; 8],
    version: u8,
    bump: u8,
    id: u16,
    /// Taken off the fees of trading on the books, in basis points.
    pub fee_discount_bps: u16,
    padding: u16,
    /// Counts the changes.
    pub sequence: u64,
    /// The clearinghouse it belongs to.
    pub clearinghouse: [u8; 32],
    /// Who may do everything with it.
    pub owner: [u8; 32],
    delegate: [u8; 32],
    /// Cash, collateral, liquidation state.
    pub core: AccountCore,
    took_collateral: i64,
    reference: Reference,
    reserved: [u64; 7],
}

/// How an account tells its type, and the layout version that is known of it.
pub trait Typed: AnyBitPattern {
    /// Its first bytes.
    const DISCRIMINATOR: [u8; 8];
    /// The version.
    const VERSION: u8;
    /// For a message.
    const NAME: &'static str;
}

impl Typed for RiskBookHeader {
    const DISCRIMINATOR: [u8; 8] = [4, 51, 234, 96, 248, 103, 155, 112];
    const VERSION: u8 = 2;
    const NAME: &'static str = "risk book";
}

impl Typed for MarginHeader {
    const DISCRIMINATOR: [u8; 8] = [133, 220, 173, 213, 179, 211, 43, 238];
    const VERSION: u8 = 1;
    const NAME: &'static str = "margin account";
}

/// A risk book.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Its header.
    pub header: RiskBookHeader,
    /// All assets.
    pub assets: Vec<Asset>,
    /// All markets.
    pub markets: Vec<Market>,
}

impl Tables {
    /// As the engine reads it.
    pub fn book(&self) -> Book<'_> {
        Book {
            params: &self.header.params,
            assets: &self.assets,
            markets: &self.markets,
        }
    }
}

/// A margin account.
#[derive(Clone, Debug)]
pub struct Margin {
    /// Its header.
    pub header: MarginHeader,
    /// All slots; the first ones are in use.
    pub slots: Vec<Position>,
}

impl Margin {
    /// Positions in use.
    pub fn positions(&self) -> &[Position] {
        &self.slots[..usize::from(self.header.core.position_count)]
    }

    /// As the engine judges it.
    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            cash: self.header.core.cash,
            interest: self.header.core.debt.index,
            balances: &self.header.core.balances,
            positions: self.positions(),
            model: self.header.core.model,
        }
    }

    /// As the engine changes it.
    pub fn account(&mut self) -> AccountMut<'_> {
        AccountMut {
            core: &mut self.header.core,
            slots: &mut self.slots,
        }
    }

    /// Whether it is the clearinghouse's own.
    pub fn is_backstop(&self) -> bool {
        self.header.owner == self.header.clearinghouse
    }

    /// The assets that its worth depends on, sorted.
    pub fn exposures(&self) -> Vec<u16> {
        let held = self.header.core.balances.iter();
        let held = held.filter(|held| held.atoms > 0).map(|held| held.asset);
        let mut assets: Vec<u16> = held
            .chain(self.positions().iter().map(|position| position.asset))
            .collect();
        assets.sort_unstable();
        assets.dedup();
        assets
    }
}

/// Decodes a risk book.
///
/// # Errors
/// Other bytes, another layout version, rows that lie behind the end.
pub fn risk_book(data: &[u8]) -> Result<Tables> {
    let (header, tail) = header::<RiskBookHeader>(data)?;
    let assets = usize::from(header.asset_count) * size_of::<Asset>();
    let markets = usize::from(header.market_count) * size_of::<Market>();
    if tail.len() < assets + markets {
        return Err(inconsistent::<RiskBookHeader>());
    }
    Ok(Tables {
        header,
        assets: rows(&tail[..assets]),
        markets: rows(&tail[assets..assets + markets]),
    })
}

/// Decodes a margin account.
///
/// # Errors
/// Other bytes, another layout version, more positions than slots.
pub fn margin(data: &[u8]) -> Result<Margin> {
    let (header, tail) = header::<MarginHeader>(data)?;
    let slots: Vec<Position> = rows(tail);
    if usize::from(header.core.position_count) > slots.len() {
        return Err(inconsistent::<MarginHeader>());
    }
    Ok(Margin { header, slots })
}

fn header<T: Typed>(data: &[u8]) -> Result<(T, &[u8])> {
    let other = || Refusal::of_bytes(format!("these bytes are not a {}", T::NAME));
    let (start, tail) = data.split_at_checked(size_of::<T>()).ok_or_else(other)?;
    if start[..8] != T::DISCRIMINATOR {
        return Err(other());
    }
    if start[8] != T::VERSION {
        return Err(Refusal::of_bytes(format!(
            "layout version {} of a {} found, this engine knows {}",
            start[8],
            T::NAME,
            T::VERSION
        )));
    }
    Ok((bytemuck::pod_read_unaligned(start), tail))
}

fn inconsistent<T: Typed>() -> Refusal {
    Refusal::of_bytes(format!(
        "the header of this {} counts more than it has room for",
        T::NAME
    ))
}

fn rows<T: AnyBitPattern>(bytes: &[u8]) -> Vec<T> {
    let rows = bytes.chunks_exact(size_of::<T>());
    rows.map(bytemuck::pod_read_unaligned).collect()
}
