//! What governance sets on portfolio margin for a whole clearinghouse.

use super::{CREDITS, Credit, Portfolio};
use crate::{
    error::{BoundError, within},
    units::{BPS, Ratio},
};

/// A pair of assets whose opposite books are credited, in basis points. All zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct CreditTerms {
    /// Index of the first asset; not the quote token.
    pub first: u8,
    /// Index of the second asset; another one.
    pub second: u8,
    /// Share of the smaller scan that is saved, at most 9,500 bps; 0 for no credit.
    pub credit_bps: u16,
    /// Notional of the second asset that hedges one of the first, 100 to 1,000,000 bps.
    pub ratio_bps: u32,
}

impl CreditTerms {
    fn check(self, assets: u16) -> core::result::Result<(), BoundError> {
        if self == Self::default() {
            return Ok(());
        }
        let last = u64::from(assets.saturating_sub(1));
        within("credit first", self.first.into(), 1, last)?;
        within("credit second", self.second.into(), 1, last)?;
        let apart = u64::from(self.first != self.second);
        within("credit first and second differ", apart, 1, 1)?;
        within("credit_bps", self.credit_bps.into(), 1, 9_500)?;
        within("ratio_bps", self.ratio_bps.into(), 100, 1_000_000)
    }
}

/// Portfolio margin of a clearinghouse, in basis points. All zero: it is not offered, and accounts that chose it are
/// judged by Standard margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct PortfolioTerms {
    /// Share of the Standard requirement below which none falls: 0 for not offered, else 100 to 9,900 bps.
    pub floor_bps: u32,
    /// What the initial requirement is of the maintenance one at initial prices, 11,000 to 40,000 bps.
    pub initial_bps: u32,
    /// Credits in the order of their priority.
    pub credits: [CreditTerms; CREDITS],
}

impl PortfolioTerms {
    /// Checks every bound, for a clearinghouse with so many assets.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self, assets: u16) -> core::result::Result<(), BoundError> {
        if *self == Self::default() {
            return Ok(());
        }
        within("floor_bps", self.floor_bps.into(), 100, 9_900)?;
        // A tenth more than maintenance exceeds what the roundings of a size charge can add up to.
        within("initial_bps", self.initial_bps.into(), 11_000, 40_000)?;
        self.credits
            .iter()
            .try_for_each(|credit| credit.check(assets))
    }

    /// As the risk book keeps them.
    pub fn fold(&self) -> Portfolio {
        let mut credits = [Credit::default(); CREDITS];
        for (slot, terms) in credits.iter_mut().zip(&self.credits) {
            *slot = Credit {
                ratio: Ratio::from_bps_floor(terms.ratio_bps),
                credit_bps: terms.credit_bps,
                first: terms.first,
                second: terms.second,
            };
        }
        Portfolio {
            floor: Ratio::from_bps_ceil(self.floor_bps),
            initial: Ratio::from_bps_ceil(self.initial_bps),
            credits,
        }
    }
}

impl Portfolio {
    /// The terms that it was folded from.
    pub fn terms(&self) -> PortfolioTerms {
        let bps_down = |ratio: Ratio| {
            let bps = (u64::from(ratio.0) * BPS) >> 20; // below 2^46
            u32::try_from(bps).unwrap_or(u32::MAX)
        };
        let bps_up = |ratio: Ratio| {
            let bps = (u64::from(ratio.0) * BPS).div_ceil(1 << 20);
            u32::try_from(bps).unwrap_or(u32::MAX)
        };
        let mut credits = [CreditTerms::default(); CREDITS];
        for (slot, credit) in credits.iter_mut().zip(&self.credits) {
            *slot = CreditTerms {
                first: credit.first,
                second: credit.second,
                credit_bps: credit.credit_bps,
                ratio_bps: bps_up(credit.ratio),
            };
        }
        PortfolioTerms {
            floor_bps: bps_down(self.floor),
            initial_bps: bps_down(self.initial),
            credits,
        }
    }
}
