//! Portfolio margin: the worst scenario of a whole book (docs/risk.md, section 4b).

use crate::units::Ratio;
use bytemuck::{Pod, Zeroable};

/// Pairs of assets that can have a credit.
pub const CREDITS: usize = 8;

/// How an asset is scanned. 16 bytes, zero where it is not: its markets then count by their Standard requirement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Scan {
    /// The largest move of the price that is scanned.
    pub range: Ratio,
    /// What a lot needs that is hedged by another contract on the same asset, share of its notional.
    pub spread: Ratio,
    /// How far volatility is moved up and down, as a share of itself.
    pub volatility_shift: Ratio,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Scan>() == 16);

/// What opposite deltas of two assets save together. 8 bytes; no credit where `credit_bps` is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Credit {
    /// Notional of `second` that hedges one of `first`.
    pub ratio: Ratio,
    /// Share of the smaller scan that is saved, in basis points, below 10,000.
    pub credit_bps: u16,
    /// Index of the first asset.
    pub first: u8,
    /// Index of the second asset.
    pub second: u8,
}

/// Terms of portfolio margin for a whole clearinghouse. 72 bytes, zero where it is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Portfolio {
    /// The share of the Standard requirement below which none falls.
    pub floor: Ratio,
    /// What the initial requirement is, of the maintenance one at initial prices.
    pub initial: Ratio,
    /// Credits in the order of their priority.
    pub credits: [Credit; CREDITS],
}

const _: () = assert!(size_of::<Credit>() == 8 && size_of::<Portfolio>() == 72);
