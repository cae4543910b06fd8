//! What of one position changes hands, and what is left of it.

use super::BITS;
use crate::{
    error::{Result, RiskError},
    fixed::mul_split_below,
    market::Market,
    marks::Marks,
    units::{Lots, Price, QuoteAtoms},
};

/// A part of one position, exactly as both sides exchange it.
pub(super) struct Part {
    pub lots: u64,
    /// Rounded towards the account by less than an atom, so that the exchange itself cannot lower its
    /// equity.
    pub value: u64,
    /// What that rounding gains the account in equity: an atom or nothing.
    pub gain: u64,
    /// Notional of what is left.
    pub rest: u64,
}

/// The nearest number of lots to a fraction of a position.
#[inline(always)]
pub(super) fn nearest(held: Lots, fraction: u32) -> Result<u64> {
    let (whole, half) =
        mul_split_below::<BITS, 48>(held.size(), u64::from(fraction)).ok_or(RiskError::Overflow)?;
    Ok(whole.wrapping_add(half >> (BITS - 1)))
}

impl Part {
    #[inline(always)]
    pub fn of(held: Lots, price: Price, fraction: u32) -> Result<Self> {
        let overflow = RiskError::Overflow;
        let lots = nearest(held, fraction)?;
        let (taken, taken_rest) = mul_split_below::<16, 60>(lots, price.0).ok_or(overflow)?;
        let (all, all_rest) = mul_split_below::<16, 60>(held.size(), price.0).ok_or(overflow)?;
        // (held − lots) · price, in whole atoms and a rest: lots ≤ held, so nothing wraps.
        let borrow = u64::from(all_rest < taken_rest);
        let inexact = u64::from(all_rest != taken_rest);
        let left = all.wrapping_sub(taken).wrapping_sub(borrow);
        let up = u64::from(taken_rest != 0);
        // A long is worth the floor of its product and hands over the ceiling of its part; a short owes
        // the ceiling and hands over the floor.
        let (value, gain) = if held.0 > 0 {
            (taken.wrapping_add(up), up.wrapping_sub(borrow))
        } else {
            let owed = u64::from(all_rest != 0);
            let gain = owed.wrapping_add(borrow).wrapping_sub(inexact);
            (taken, gain)
        };
        Ok(Self {
            lots,
            value,
            gain,
            rest: left.wrapping_add(inexact),
        })
    }

    /// What is left of the position requires.
    #[inline(always)]
    pub fn required(&self, market: &Market, marks: &Marks, held: Lots) -> Result<QuoteAtoms> {
        if market.is_option() {
            let rest = less(held, self.lots)?;
            return Ok(marks.judge(market, rest)?.1);
        }
        market.maintenance.charge(self.rest)
    }

    /// What the penalty on the part is a share of.
    #[inline(always)]
    pub fn volume(&self, market: &Market, marks: &Marks, held: Lots) -> Result<u64> {
        if market.is_option() {
            // Below 2^48.
            let taken = Lots(self.lots.cast_signed());
            return marks.volume(market, held.0 > 0, taken, self.value);
        }
        Ok(self.value)
    }
}

/// A position less so many of its lots, at most all of them.
pub(super) fn less(held: Lots, taken: u64) -> Result<Lots> {
    let taken = Lots(taken.cast_signed()); // below 2^48
    if held.0 < 0 {
        held.plus(taken)
    } else {
        held.minus(taken)
    }
}
