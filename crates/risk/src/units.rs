//! Units: integers that cannot be mixed up.
//!
//! | unit | holds | meaning |
//! |---|---|---|
//! | [`QuoteAtoms`] | `i64` | atoms of the quote token: cash, profit, fees, margin |
//! | [`Lots`] | `i64` | signed size; one lot is 10^`lot_exponent` units of the underlying |
//! | [`Ticks`] | `u64` | order price; one tick is `tick_size` quote atoms per lot |
//! | [`Price`] | `u64` | risk price: quote atoms per lot, 48.16 binary fixed point |
//! | [`Ratio`] | `u32` | 0 to 4095.99 as 12.20 binary fixed point |
//!
//! The only products: `Lots × Price`, `Lots × Ticks × tick_size`, `QuoteAtoms × Ratio`,
//! `Price × Ratio`. Each says how it rounds. Nothing wraps; overflow is [`RiskError::Overflow`].

use crate::{
    error::{Result, RiskError},
    fixed::{mul_shift, mul_shift_below, mul_split_below, mul_u32_shift},
};
use bytemuck::{Pod, Zeroable};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ident)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
        #[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);

            /// The bare integer.
            #[inline(always)]
            pub const fn get(self) -> $inner {
                self.0
            }

            /// The sum.
            ///
            /// # Errors
            /// [`RiskError::Overflow`] outside the unit's range.
            #[inline(always)]
            pub const fn plus(self, other: Self) -> Result<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Ok(Self(sum)),
                    None => Err(RiskError::Overflow),
                }
            }

            /// The difference.
            ///
            /// # Errors
            /// [`RiskError::Overflow`] outside the unit's range.
            #[inline(always)]
            pub const fn minus(self, other: Self) -> Result<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Ok(Self(difference)),
                    None => Err(RiskError::Overflow),
                }
            }
        }
    };
}

unit! {
    /// Atoms of the quote token (USDC: 1e-6). Signed: cash may be negative.
    QuoteAtoms(i64)
}
unit! {
    /// A signed number of lots; negative is short.
    Lots(i64)
}
unit! {
    /// An order price in ticks of a market.
    Ticks(u64)
}
unit! {
    /// A risk price: quote atoms per lot, 48.16 binary fixed point.
    Price(u64)
}
unit! {
    /// A ratio: 12.20 binary fixed point, 0 to 4095.99. Rates, weights, haircuts, multipliers.
    Ratio(u32)
}

/// Largest risk price that is ever stored: 2^56 raw, 2^40 quote atoms (about a million USDC) a lot.
pub const MAX_PRICE: Price = Price(1 << 56);

/// Largest size of a position's quote, in quote atoms either way: 2^60, a trillion USDC. With values
/// below 2^60 too, a position's worth is a sum of a few such terms and cannot leave 64 bits.
pub const MAX_QUOTE: i64 = 1 << 60;

/// Largest position, order or trade, in lots either way: 2^44.
pub const MAX_LOTS: i64 = 1 << 44;

/// Basis points in one.
pub const BPS: u64 = 10_000;

impl QuoteAtoms {
    /// From the size of something that cannot be negative.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 2^63.
    #[inline(always)]
    pub const fn from_unsigned(atoms: u64) -> Result<Self> {
        if atoms >> 63 != 0 {
            return Err(RiskError::Overflow);
        }
        // Below 2^63: the cast keeps the value.
        Ok(Self(atoms.cast_signed()))
    }

    /// The same size with the other sign.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for −2^63.
    pub const fn negated(self) -> Result<Self> {
        match self.0.checked_neg() {
            Some(atoms) => Ok(Self(atoms)),
            None => Err(RiskError::Overflow),
        }
    }

    /// `self × ratio`, rounded up. For requirements and charges.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range. A negative amount is taken by
    /// size and rounded away from zero.
    pub fn times_ceil(self, ratio: Ratio) -> Result<Self> {
        let size = ratio.of_ceil(self.0.unsigned_abs())?;
        let size = Self::from_unsigned(size)?;
        if self.0 < 0 { size.negated() } else { Ok(size) }
    }
}

impl Lots {
    /// The same size with the other sign.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for −2^63.
    pub const fn negated(self) -> Result<Self> {
        match self.0.checked_neg() {
            Some(lots) => Ok(Self(lots)),
            None => Err(RiskError::Overflow),
        }
    }

    /// The size without the sign.
    #[inline(always)]
    pub const fn size(self) -> u64 {
        self.0.unsigned_abs()
    }

    /// What a trade of these lots at `price` pays: positive for a buyer's cost. Exact, the same
    /// integer for both sides (docs/architecture.md, section 3).
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range.
    pub fn cost(self, price: Ticks, tick_size: u64) -> Result<QuoteAtoms> {
        let per_lot = price.0.checked_mul(tick_size).ok_or(RiskError::Overflow)?;
        let (whole, _) = mul_shift::<0>(self.size(), per_lot).ok_or(RiskError::Overflow)?;
        let size = QuoteAtoms::from_unsigned(whole)?;
        if self.0 < 0 { size.negated() } else { Ok(size) }
    }

    /// What these lots are worth at a risk price, rounded down (towards −∞): a long is worth less,
    /// a short owes more.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range.
    #[inline(always)]
    pub fn value(self, price: Price) -> Result<QuoteAtoms> {
        let (floor, inexact) = mul_shift::<16>(self.size(), price.0).ok_or(RiskError::Overflow)?;
        if self.0 >= 0 {
            return QuoteAtoms::from_unsigned(floor);
        }
        // floor < 2^63 is checked below, so adding the rounding bit cannot wrap.
        QuoteAtoms::from_unsigned(floor)?;
        QuoteAtoms::from_unsigned(floor + u64::from(inexact))?.negated()
    }

    /// Both of [`Lots::value`] and [`Lots::notional`] from one product, each below 2^60 in size.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 2^60 quote atoms.
    #[inline(always)]
    pub fn value_and_notional(self, price: Price) -> Result<(QuoteAtoms, u64)> {
        let (floor, inexact) =
            mul_shift_below::<16, 60>(self.size(), price.0).ok_or(RiskError::Overflow)?;
        // floor < 2^60: neither the sum nor the casts and the negation can leave the range.
        let ceiling = floor.wrapping_add(u64::from(inexact));
        let value = if self.0 >= 0 {
            floor.cast_signed()
        } else {
            ceiling.cast_signed().wrapping_neg()
        };
        Ok((QuoteAtoms(value), ceiling))
    }

    /// [`Lots::value`] of these lots (not negative) at `high − spread`, and [`Lots::notional`] at
    /// `high`, each below 2^60. The spread of two prices is small: its product is the cheap one.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 2^60 quote atoms.
    #[inline(always)]
    pub fn value_below_and_notional(self, high: Price, spread: u64) -> Result<(QuoteAtoms, u64)> {
        let (whole, rest) =
            mul_split_below::<16, 60>(self.size(), high.0).ok_or(RiskError::Overflow)?;
        let (less, less_rest) =
            mul_split_below::<16, 60>(self.size(), spread).ok_or(RiskError::Overflow)?;
        // q·(high − spread) = (whole − less) · 2^16 + (rest − less_rest), and both rests are below
        // 2^16: the floor borrows one where the second is larger. All three terms are below 2^60.
        let value = whole
            .cast_signed()
            .wrapping_sub(less.cast_signed())
            .wrapping_sub(i64::from(rest < less_rest));
        Ok((QuoteAtoms(value), whole.wrapping_add(u64::from(rest != 0))))
    }

    /// Size times price, rounded up: the notional that a requirement is charged on.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range.
    #[inline(always)]
    pub fn notional(self, price: Price) -> Result<u64> {
        let (floor, inexact) = mul_shift::<16>(self.size(), price.0).ok_or(RiskError::Overflow)?;
        floor
            .checked_add(u64::from(inexact))
            .ok_or(RiskError::Overflow)
    }

    /// Size times price, rounded down.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range.
    pub fn notional_floor(self, price: Price) -> Result<u64> {
        Ok(mul_shift::<16>(self.size(), price.0)
            .ok_or(RiskError::Overflow)?
            .0)
    }
}

impl Price {
    /// `self × ratio`, rounded down.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range.
    pub fn times_floor(self, ratio: Ratio) -> Result<Self> {
        Ok(Self(ratio.of_floor(self.0)?))
    }

    /// Quote atoms per lot, as a risk price.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 2^48 atoms.
    pub const fn from_atoms(atoms: u64) -> Result<Self> {
        if atoms >> 48 != 0 {
            return Err(RiskError::Overflow);
        }
        Ok(Self(atoms << 16))
    }
}

impl Ratio {
    /// One.
    pub const ONE: Self = Self(1 << 20);

    /// From basis points, rounded up: for rates that an account must meet.
    /// At most 40,950,000 basis points; more gives the largest ratio.
    pub const fn from_bps_ceil(bps: u32) -> Self {
        let raw = ((bps as u64) << 20).div_ceil(BPS);
        Self::saturating(raw)
    }

    /// From basis points, rounded down: for weights and limits in the account's favour.
    pub const fn from_bps_floor(bps: u32) -> Self {
        let raw = ((bps as u64) << 20) / BPS;
        Self::saturating(raw)
    }

    const fn saturating(raw: u64) -> Self {
        // Every parameter's bound is far below 4095, so the largest ratio is refused later.
        if raw > u32::MAX as u64 {
            return Self(u32::MAX);
        }
        #[allow(clippy::cast_possible_truncation)] // just compared
        Self(raw as u32)
    }

    /// `amount × self`, rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves 64 bits.
    #[inline(always)]
    pub fn of_ceil(self, amount: u64) -> Result<u64> {
        let (floor, inexact) = mul_u32_shift::<20>(amount, self.0).ok_or(RiskError::Overflow)?;
        floor
            .checked_add(u64::from(inexact))
            .ok_or(RiskError::Overflow)
    }

    /// `amount × self`, rounded down.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves 64 bits.
    #[inline(always)]
    pub fn of_floor(self, amount: u64) -> Result<u64> {
        Ok(mul_u32_shift::<20>(amount, self.0)
            .ok_or(RiskError::Overflow)?
            .0)
    }

    /// `self × other`, rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 4096.
    pub fn times_ceil(self, other: Self) -> Result<Self> {
        let raw = other.of_ceil(u64::from(self.0))?;
        Ok(Self(u32::try_from(raw).map_err(|_| RiskError::Overflow)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_rounds_down_for_long_and_short() {
        let price = Price((3 << 16) + 1); // a little more than 3 atoms a lot
        assert_eq!(Lots(1).value(price), Ok(QuoteAtoms(3)));
        assert_eq!(Lots(-1).value(price), Ok(QuoteAtoms(-4)));
        assert_eq!(Lots(-1).notional(price), Ok(4));
        assert_eq!(Lots(2).value(Price(3 << 16)), Ok(QuoteAtoms(6)));
        assert_eq!(Lots(-2).value(Price(3 << 16)), Ok(QuoteAtoms(-6)));
    }

    proptest! {
        #[test]
        fn a_value_by_the_spread_is_the_value_at_the_lower_price(
            lots in 0i64..MAX_LOTS, high in 1u64..1 << 56, part in 0u64..=1 << 20, bits in 0u32..56
        ) {
            let high = high >> bits;
            let spread = u64::try_from((u128::from(high) * u128::from(part)) >> 20).unwrap();
            let (low, lots) = (Price(high - spread), Lots(lots >> (bits % 40)));
            match lots.value_below_and_notional(Price(high), spread) {
                Ok((value, notional)) => {
                    prop_assert_eq!(Ok(value), lots.value(low));
                    prop_assert_eq!(Ok(notional), lots.notional(Price(high)));
                }
                Err(_) => prop_assert!(lots.notional(Price(high)).is_ok_and(|n| n >= 1 << 60)
                    || lots.notional(Price(high)).is_err()),
            }
        }
    }

    #[test]
    fn a_cost_is_exact_and_the_same_for_both_sides() {
        let buy = Lots(7).cost(Ticks(1_234_567), 100).unwrap();
        let sell = Lots(-7).cost(Ticks(1_234_567), 100).unwrap();
        assert_eq!(buy.0, 7 * 1_234_567 * 100);
        assert_eq!(buy.0 + sell.0, 0);
    }

    #[test]
    fn overflow_is_an_error_and_never_a_wrap() {
        assert_eq!(
            Lots(i64::MAX).value(Price(u64::MAX)),
            Err(RiskError::Overflow)
        );
        assert_eq!(Lots(2).cost(Ticks(u64::MAX), 2), Err(RiskError::Overflow));
        assert_eq!(
            QuoteAtoms(i64::MAX).plus(QuoteAtoms(1)),
            Err(RiskError::Overflow)
        );
        assert_eq!(QuoteAtoms::from_unsigned(1 << 63), Err(RiskError::Overflow));
        assert_eq!(Ratio(u32::MAX).of_floor(u64::MAX), Err(RiskError::Overflow));
    }

    #[test]
    fn basis_points_round_against_whoever_they_favour() {
        assert_eq!(Ratio::from_bps_ceil(10_000), Ratio::ONE);
        assert_eq!(Ratio::from_bps_ceil(1).0, 105);
        assert_eq!(Ratio::from_bps_floor(1).0, 104);
    }
}
