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

const _: () = assert!(size_of::<Credit>() == 8);

/// What an asset's book is, for credits: quote atoms of its net delta, below 2^60. Without resting orders all that is
/// possible is sure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Net {
    /// What is long, and what is short, whatever becomes of resting orders. One of them is zero.
    pub sure: [u64; 2],
    /// The most that can be long, and short.
    pub possible: [u64; 2],
    /// What is scanned of it.
    pub rate: Ratio,
}

/// The nets of an account's assets, each delta to be used once.
///
/// **No fill lowers what is credited.** A pair early in the table may use up a delta that a later one would credit more,
/// so a fill that makes the early pair larger could cost. What is credited is therefore what is sure on both sides, and a
/// pair uses up of one side as much as is *possible* on the other, and of what is possible as much as is sure. By
/// induction over the table, what is left sure is at most, and what is left possible at least, what is left of the book
/// that any fills make.
#[derive(Clone, Debug, Default)]
pub(super) struct Nets {
    assets: [u16; MOST],
    rows: [Net; MOST],
    count: usize,
}

impl Nets {
    /// Adds an asset's net at its place: they are in the order of their assets, which is that of an account's positions.
    pub(super) fn insert(&mut self, asset: u16, net: Net) {
        if (net.possible[0] | net.possible[1]) == 0 {
            return;
        }
        let mut at = self.count;
        while at > 0 && self.assets[at - 1] > asset {
            at -= 1;
        }
        if at == MOST {
            return;
        }
        let kept = self.count.min(MOST - 1);
        if at < kept {
            self.assets.copy_within(at..kept, at + 1);
            self.rows.copy_within(at..kept, at + 1);
        }
        (self.assets[at], self.rows[at]) = (asset, net);
        self.count = kept + 1;
    }

    /// They are in order: none follows that is larger.
    fn find(&self, asset: u8) -> Option<usize> {
        let asset = u16::from(asset);
        let assets = self.assets.iter().take(self.count);
        let at = assets.take_while(|held| **held < asset).count();
        (at < self.count && self.assets[at] == asset).then_some(at)
    }

    /// What all pairs save, in the order of their priority.
    pub(super) fn credit(&mut self, credits: &[Credit; CREDITS]) -> Result<QuoteAtoms> {
        let mut total = QuoteAtoms::ZERO;
        if self.count < 2 {
            return Ok(total);
        }
        let pairs = credits.iter().filter(|credit| credit.credit_bps > 0);
        for credit in pairs.filter(|credit| credit.ratio.0 > 0) {
            let (Some(first), Some(second)) = (self.find(credit.first), self.find(credit.second))
            else {
                continue;
            };
            if first == second {
                continue;
            }
            for side in 0..2 {
                let saved = self.pair((first, side), (second, 1 - side), *credit)?;
                total = total.plus(QuoteAtoms::from_unsigned(saved)?)?;
            }
        }
        Ok(total)
    }

    /// Matches a side of one asset with the other side of another as far as both go, and takes what was matched from
    /// both.
    fn pair(
        &mut self,
        (first, side): (usize, usize),
        (second, other): (usize, usize),
        credit: Credit,
    ) -> Result<u64> {
        if self.rows[first].possible[side] == 0 || self.rows[second].possible[other] == 0 {
            return Ok(0);
        }
        let (a, b) = (self.rows[first], self.rows[second]);
        let ratio = credit.ratio;
        // As much of the first as all of the second hedges, and the other way round.
        let of_first = a.sure[side].min(reach(b.sure[other], ratio));
        let of_second = ratio.of_floor(of_first)?.min(b.sure[other]);
        let smaller = a.rate.of_floor(of_first)?.min(b.rate.of_floor(of_second)?);
        let used_of_first = mul_div_ceil(b.possible[other], ONE, ratio.0.into());
        let used_of_second = ratio.of_ceil(a.possible[side]);
        let net = &mut self.rows[first];
        net.sure[side] = net.sure[side].saturating_sub(used_of_first.unwrap_or(u64::MAX));
        net.possible[side] = net.possible[side].saturating_sub(reach(b.sure[other], ratio));
        let net = &mut self.rows[second];
        net.sure[other] = net.sure[other].saturating_sub(used_of_second.unwrap_or(u64::MAX));
        let matched = ratio.of_floor(a.sure[side]).unwrap_or(u64::MAX);
        net.possible[other] = net.possible[other].saturating_sub(matched);
        mul_div_floor(smaller, credit.credit_bps.into(), BPS).ok_or(RiskError::Overflow)
    }
}

/// One, as a ratio's raw number.
const ONE: u64 = 1 << 20;

/// What of the first asset this much of the second hedges, rounded down.
fn reach(of_second: u64, ratio: Ratio) -> u64 {
    mul_div_floor(of_second, ONE, ratio.0.into()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(long: u64) -> Net {
        Net {
            sure: [long, 0],
            possible: [long, 0],
            rate: Ratio::ONE,
        }
    }

    fn of(assets: impl Iterator<Item = u16>) -> Nets {
        let mut nets = Nets::default();
        // One of them is nothing.
        assets.for_each(|asset| nets.insert(asset, net(u64::from(asset) % 5)));
        nets
    }

    fn rows(nets: &Nets) -> impl Iterator<Item = (u16, u64)> {
        let rows = nets.assets.iter().zip(&nets.rows).take(nets.count);
        rows.map(|(asset, net)| (*asset, net.sure[0]))
    }

    /// The first that there are, whichever comes last: an asset that is judged again stands where it stood.
    #[test]
    fn the_order_of_coming_does_not_matter() {
        for count in [3, 16, 17, 20, 25] {
            let all = of(1..=count);
            for last in 1..=count {
                let mut nets = of((1..=count).filter(|asset| *asset != last));
                nets.insert(last, net(u64::from(last) % 5));
                assert!(rows(&nets).eq(rows(&all)), "{last} of {count}");
            }
        }
    }
}
