//! What an account holds in one market, and what a fill does to it.

use crate::{
    deleverage::{Settled, closed_of},
    error::{Result, RiskError},
    fixed::{mul_div_signed, mul_shift_below},
    market::Market,
    orders::Peg,
    units::{Lots, MAX_LOTS, MAX_QUOTE, Price, QuoteAtoms},
};
use bytemuck::{Pod, Zeroable};

/// A position: lots, what they have cost, and the totals of its resting orders. 80 bytes.
///
/// An account keeps its positions sorted by [`Position::key`], so that one pass nets an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Position {
    /// Index of the market in the risk book.
    pub market: u16,
    /// Index of its underlying in the risk book.
    pub asset: u16,
    /// Zero.
    pub padding: u32,
    /// Signed size.
    pub lots: Lots,
    /// −Σ signed lots × execution price, for the lots still open: minus the entry cost of a long,
    /// plus the proceeds of a short.
    pub quote: QuoteAtoms,
    /// The market's cumulative index at the last touch, signed 48.16.
    pub index: i64,
    /// The side's era at the last touch: see [`crate::deleverage::era`].
    pub era: u64,
    /// Lots of all resting bids.
    pub bid_lots: Lots,
    /// No resting bid at a fixed price pays more a lot than this; zero without one.
    pub bid_price: Price,
    /// Lots of all resting asks, positive.
    pub ask_lots: Lots,
    /// No resting ask at a fixed price receives less a lot than this; zero without one.
    pub ask_price: Price,
    /// No pegged bid stands higher above the index than this; see [`crate::orders::Peg`].
    pub bid_peg: Peg,
    /// No pegged ask stands lower than this.
    pub ask_peg: Peg,
}

const _: () = assert!(size_of::<Position>() == 80 && align_of::<Position>() == 8);
const _: () = assert!(core::mem::offset_of!(Position, lots) == 8);
const _: () = assert!(core::mem::offset_of!(Position, bid_lots) == 40);
const _: () = assert!(core::mem::offset_of!(Position, bid_peg) == 72);

/// What a fill did besides changing the position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct FillEffect {
    /// Profit (or loss) of the lots that were closed: belongs into the account's cash.
    pub realised: QuoteAtoms,
    /// Change of the market's long open interest.
    pub long_change: i64,
    /// Change of the market's short open interest.
    pub short_change: i64,
    /// What bringing the position up to the market's indices did before.
    pub settled: Settled,
}

impl Position {
    /// A position that is about to be opened, with the market's present indices.
    pub fn open(market_index: u16, market: &Market, lots: Lots) -> Self {
        let side = Market::side(lots);
        Self {
            market: market_index,
            asset: market.asset,
            index: market.index[side],
            era: market.era[side],
            ..Self::default()
        }
    }

    /// The order in which an account keeps its positions: by asset, then by market.
    #[inline(always)]
    pub fn key(&self) -> u32 {
        key(self.asset, self.market)
    }

    /// Whether nothing is left that would need the slot.
    pub fn is_empty(&self) -> bool {
        self.lots.0 == 0 && self.bid_lots.0 == 0 && self.ask_lots.0 == 0
    }

    /// Quote atoms owed through the market's index since the last touch, rounded up: what is paid
    /// rounds up, what is received rounds down (docs/risk.md, section 3).
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the index moved beyond reason.
    #[inline(always)]
    pub fn owed(&self, market: &Market) -> Result<QuoteAtoms> {
        if !self.is_current(market) {
            return self.owed_scaled(market);
        }
        self.owed_currently(market)
    }

    /// As [`Position::owed`], where the side was not deleveraged since the last touch.
    #[inline(always)]
    pub(crate) fn owed_currently(&self, market: &Market) -> Result<QuoteAtoms> {
        let now = market.index[Market::side(self.lots)];
        if now == self.index {
            return Ok(QuoteAtoms::ZERO);
        }
        if closed_of(self.era) != 0 {
            return self.owed_scaled(market);
        }
        self.owed_for(now)
    }

    /// The charge for an index that moved; below 2^60 in size.
    #[inline(always)]
    fn owed_for(&self, now: i64) -> Result<QuoteAtoms> {
        let delta = now.checked_sub(self.index).ok_or(RiskError::Overflow)?;
        let (floor, inexact) = mul_shift_below::<16, 60>(self.lots.size(), delta.unsigned_abs())
            .ok_or(RiskError::Overflow)?;
        // floor < 2^60: the sum and the casts keep the value.
        if (delta < 0) == (self.lots.0 < 0) {
            // Paying: up.
            return Ok(QuoteAtoms(
                floor.wrapping_add(u64::from(inexact)).cast_signed(),
            ));
        }
        Ok(QuoteAtoms(floor.cast_signed().wrapping_neg()))
    }

    /// What the position is worth at a price, and the notional that its requirement is charged on:
    /// quote + value − owed, deleveraging applied.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where value, or what is owed, reaches 2^60.
    pub fn worth(&self, market: &Market, price: Price) -> Result<(QuoteAtoms, u64)> {
        if self.is_current(market) {
            return self.worth_currently(market, price);
        }
        let (position, cash) = self.settled(market)?;
        let (worth, notional) = position.worth_currently(market, price)?;
        Ok((worth.plus(cash)?, notional))
    }

    /// As [`Position::worth`], where the side was not deleveraged since the last touch.
    #[inline(always)]
    pub(crate) fn worth_currently(
        &self,
        market: &Market,
        price: Price,
    ) -> Result<(QuoteAtoms, u64)> {
        let (value, notional) = self.lots.value_and_notional(price)?;
        Ok((self.worth_of(market, value)?, notional))
    }

    /// The same, of lots that have a value of below 2^60 in size.
    #[inline(always)]
    pub(crate) fn worth_of(&self, market: &Market, value: QuoteAtoms) -> Result<QuoteAtoms> {
        let owed = self.owed_currently(market)?;
        // |quote| ≤ 2^60 by `fill`, |value| ≤ 2^60 and |owed| ≤ 2^60 by their kernels: the sum stays
        // below 2^62.
        let worth = self.quote.0.wrapping_add(value.0).wrapping_sub(owed.0);
        Ok(QuoteAtoms(worth))
    }

    /// Takes the snapshots of the market's indices.
    pub(crate) fn follow(&mut self, market: &Market) {
        let side = Market::side(self.lots);
        self.index = market.index[side];
        self.era = market.era[side];
    }

    /// Applies a fill of `lots` for `quote` (minus what was paid, plus what was received). The
    /// position must be settled. Lots that close realise their share of the entry cost; a fill
    /// through zero closes all and opens the rest. `quote` before + fill = `quote` after + realised,
    /// to the atom.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] beyond [`MAX_LOTS`] or [`MAX_QUOTE`],
    /// [`RiskError::ZeroQuantity`].
    pub fn fill(&mut self, market: &Market, lots: Lots, quote: QuoteAtoms) -> Result<FillEffect> {
        if lots.0 == 0 {
            return Err(RiskError::ZeroQuantity);
        }
        let before = self.lots;
        let after = before.plus(lots)?;
        if after.0.unsigned_abs() > MAX_LOTS.unsigned_abs() {
            return Err(RiskError::Overflow);
        }
        let opposite = (before.0 < 0) != (lots.0 < 0) && before.0 != 0;
        let realised = if opposite {
            self.close_part(lots, quote)?
        } else {
            QuoteAtoms::ZERO
        };
        let cost = self.quote.plus(quote)?.minus(realised)?;
        if cost.0.unsigned_abs() > MAX_QUOTE.unsigned_abs() {
            return Err(RiskError::Overflow);
        }
        self.quote = cost;
        self.lots = after;
        if Market::side(before) != Market::side(after) || before.0 == 0 {
            self.follow(market);
        }
        Ok(FillEffect {
            realised,
            long_change: after.0.max(0) - before.0.max(0),
            short_change: (-after.0).max(0) - (-before.0).max(0),
            settled: Settled::default(),
        })
    }

    /// What closing against an opposite fill realises: the closed share of the entry cost and of
    /// the fill. Whole where whole, towards zero where not; the sum stays exact either way.
    fn close_part(&self, lots: Lots, quote: QuoteAtoms) -> Result<QuoteAtoms> {
        let (held, filled) = (self.lots.size(), lots.size());
        let closed = held.min(filled);
        let share = |atoms: QuoteAtoms, whole: u64| {
            if closed == whole {
                return Ok(atoms);
            }
            mul_div_signed(atoms.0, closed, whole)
                .map(QuoteAtoms)
                .ok_or(RiskError::Overflow)
        };
        share(self.quote, held)?.plus(share(quote, filled)?)
    }
}

/// What signed lots owe through the market's index since it stood at `index`, rounded up: for a fill that
/// is applied later than it was made. The side must not have been deleveraged in between.
///
/// # Errors
/// As [`Position::owed`].
pub fn owed_since(market: &Market, lots: Lots, index: i64) -> Result<QuoteAtoms> {
    let side = Market::side(lots);
    Position {
        lots,
        index,
        era: market.era[side],
        ..Position::default()
    }
    .owed(market)
}

/// The sort key of a position in `market` on `asset`.
#[inline(always)]
pub const fn key(asset: u16, market: u16) -> u32 {
    ((asset as u32) << 16) | market as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn fill(p: &mut Position, lots: i64, quote: i64) -> FillEffect {
        p.fill(&Market::zeroed(), Lots(lots), QuoteAtoms(quote))
            .unwrap()
    }

    #[test]
    fn closing_half_realises_half_of_the_entry() {
        let mut p = Position::default();
        assert_eq!(fill(&mut p, 10, -1_000).realised.0, 0);
        let effect = fill(&mut p, -5, 600);
        assert_eq!(
            (effect.realised.0, effect.long_change, effect.short_change),
            (100, -5, 0)
        );
        assert_eq!((p.lots.0, p.quote.0), (5, -500));
    }

    #[test]
    fn a_fill_through_zero_closes_all_and_opens_the_rest() {
        let mut p = Position::default();
        let _ = fill(&mut p, 10, -1_000);
        let effect = fill(&mut p, -15, 1_650); // at 110
        assert_eq!(
            (effect.realised.0, effect.long_change, effect.short_change),
            (100, -10, 5)
        );
        assert_eq!((p.lots.0, p.quote.0), (-5, 550));
    }

    #[test]
    fn quote_is_conserved_whatever_the_rounding() {
        let mut p = Position::default();
        let (mut cash, mut paid) = (0, 0);
        for (lots, quote) in [
            (7, -1_001),
            (-3, 433),
            (1, -149),
            (-9, 1_277),
            (2, -281),
            (2, -279),
        ] {
            cash += fill(&mut p, lots, quote).realised.0;
            paid += quote;
            assert_eq!(cash + p.quote.0, paid);
        }
        assert_eq!((p.lots.0, p.quote.0), (0, 0));
    }

    #[test]
    fn what_is_owed_rounds_against_both_sides() {
        let mut market = Market::zeroed();
        market.index = [1, 1]; // 2^-16 of an atom a lot
        let mut p = Position {
            lots: Lots(1),
            ..Position::default()
        };
        assert_eq!(p.owed(&market), Ok(QuoteAtoms(1)));
        p.lots = Lots(-1);
        assert_eq!(p.owed(&market), Ok(QuoteAtoms(0)));
        market.index = [-1, -1];
        assert_eq!(p.owed(&market), Ok(QuoteAtoms(1)));
    }

    #[test]
    fn lots_beyond_the_limit_are_refused() {
        let mut p = Position {
            lots: Lots(MAX_LOTS),
            ..Position::default()
        };
        assert_eq!(
            p.fill(&Market::zeroed(), Lots(1), QuoteAtoms(0)),
            Err(RiskError::Overflow)
        );
    }
}
