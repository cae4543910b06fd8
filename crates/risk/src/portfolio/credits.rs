//! Credits: opposite books on assets that move together need less than the sum of both.

use crate::{
    error::{Result, RiskError},
    fixed::{mul_div_ceil, mul_div_floor},
    units::{BPS, QuoteAtoms, Ratio},
};
use bytemuck::{Pod, Zeroable};

/// Pairs of assets that can have a credit.
pub const CREDITS: usize = 8;

/// Assets of an account that credits look at: the first of them. An account with more gets none for the rest.
const MOST: usize = 2 * CREDITS;

/// What opposite deltas of two assets save together. 8 bytes; no credit where `credit_bps` is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
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

const _: () = assert!(size_of::<Credit>() == 8);

/// What an asset's book is, for credits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Net {
    /// Its net delta, in quote atoms, below 2^60 in size; zero where it may be on either side.
    pub notional: i64,
    /// What is scanned of it.
    pub rate: Ratio,
}

/// The nets of an account's assets, each delta to be used once.
#[derive(Default)]
pub(super) struct Nets {
    assets: [u16; MOST],
    nets: [Net; MOST],
    count: usize,
}

impl Nets {
    pub(super) fn push(&mut self, asset: u16, net: Net) {
        if self.count < MOST && net.notional != 0 {
            self.assets[self.count] = asset;
            self.nets[self.count] = net;
            self.count += 1;
        }
    }

    fn find(&self, asset: u8) -> Option<usize> {
        let asset = u16::from(asset);
        (0..self.count).find(|&at| self.assets[at] == asset)
    }

    /// What all pairs save, in the order of their priority.
    pub(super) fn credit(&mut self, credits: &[Credit; CREDITS]) -> Result<QuoteAtoms> {
        let mut total = QuoteAtoms::ZERO;
        if self.count < 2 {
            return Ok(total);
        }
        for credit in credits.iter().filter(|credit| credit.credit_bps > 0) {
            let (Some(first), Some(second)) = (self.find(credit.first), self.find(credit.second))
            else {
                continue;
            };
            let saved = self.pair(first, second, credit)?;
            total = total.plus(QuoteAtoms::from_unsigned(saved)?)?;
        }
        Ok(total)
    }

    /// Matches two nets as far as they go, and takes what was matched from both.
    fn pair(&mut self, first: usize, second: usize, credit: &Credit) -> Result<u64> {
        let (a, b) = (self.nets[first], self.nets[second]);
        let opposite = (a.notional < 0) != (b.notional < 0);
        if a.notional == 0 || b.notional == 0 || !opposite || credit.ratio.0 == 0 {
            return Ok(0);
        }
        let (one, ratio) = (u64::from(Ratio::ONE.0), u64::from(credit.ratio.0));
        let overflow = RiskError::Overflow;
        // As much of the first as all of the second hedges, and the other way round.
        let reach = mul_div_floor(b.notional.unsigned_abs(), one, ratio).unwrap_or(u64::MAX);
        let of_first = a.notional.unsigned_abs().min(reach);
        let of_second = mul_div_ceil(of_first, ratio, one).ok_or(overflow)?;
        let of_second = of_second.min(b.notional.unsigned_abs());
        let smaller = a.rate.of_floor(of_first)?.min(b.rate.of_floor(of_second)?);
        self.nets[first].notional = less(a.notional, of_first);
        self.nets[second].notional = less(b.notional, of_second);
        mul_div_floor(smaller, credit.credit_bps.into(), BPS).ok_or(overflow)
    }
}

/// A signed number brought nearer to zero by no more than it is.
fn less(number: i64, by: u64) -> i64 {
    let left = number.unsigned_abs().saturating_sub(by).cast_signed(); // below 2^60
    if number < 0 {
        left.wrapping_neg()
    } else {
        left
    }
}
