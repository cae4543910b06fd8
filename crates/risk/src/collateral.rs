//! Liquidation of collateral: with no position left and cash below zero, somebody pays cash into the
//! account and takes collateral out of it at a discount (docs/risk.md, section 8).
//!
//! The discount d rises along the same auction as the penalty of a liquidation, from nothing to half of
//! what the maintenance weight w leaves out: d ≤ (1 − w)/2. So what is worth y brings y·(1 − d) of cash,
//! and takes y·w from equity with it; since 1 − d ≥ (1 + w)/2 > w, **every step raises equity**. In whole
//! atoms: what is paid is rounded up, and is never less than what maintenance loses, so that no number
//! of small steps costs the account an atom, or brings the taker one beyond the discount.

use crate::{
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_div_ceil,
    params::RiskParams,
    units::{Price, QuoteAtoms, Ratio},
};

/// Collateral that is for sale.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The asset. Its price must be fresh enough for liquidation.
    pub asset: &'a Asset,
    /// Token atoms of it that the account holds.
    pub held: u64,
    /// Cash that the account lacks, quote atoms.
    pub debt: u64,
    /// What is taken off its price.
    pub discount: Ratio,
}

/// What is taken, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Taking {
    /// Token atoms.
    pub atoms: u64,
    /// Quote atoms that are paid for them.
    pub cost: QuoteAtoms,
}

/// d(t): the discount after `elapsed` seconds of the auction, a straight line from nothing to
/// (1 − maintenance weight) / 2.
pub fn discount(asset: &Asset, params: &RiskParams, elapsed: i64) -> Ratio {
    let duration = u64::from(params.auction_seconds.max(1));
    let elapsed = u64::try_from(elapsed).unwrap_or(0).min(duration);
    let most = u64::from(Ratio::ONE.0.saturating_sub(asset.weight_maintenance.0) / 2);
    // most < 2^20 and elapsed ≤ duration < 2^32: the product fits, and the quotient is at most `most`.
    Ratio(u32::try_from(most * elapsed / duration).unwrap_or(0))
}

impl Offer<'_> {
    /// The price, discount taken off: that at which maintenance values the collateral, less the
    /// discount rounded down. Never nothing for an asset that has a price.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for a discount above one.
    pub fn price(&self) -> Result<Price> {
        let full = self.asset.maintenance_high;
        full.minus(full.times_floor(self.discount)?)
    }

    /// At most `most` atoms, at most what is there, and no more than brings cash to zero: the last atom
    /// may be worth more than what is missing, and is paid in full, so that no debt is too small to be
    /// paid. Collateral that is worth less than an atom of quote costs one, so that none is too small to
    /// be taken.
    ///
    /// # Errors
    /// [`RiskError::ZeroQuantity`] for nothing asked for, held, or owed; [`RiskError::Overflow`].
    pub fn take(&self, most: u64) -> Result<Taking> {
        let price = self.price()?;
        if most == 0 || self.held == 0 || self.debt == 0 || price.0 == 0 {
            return Err(RiskError::ZeroQuantity);
        }
        // atoms_per_lot ≤ 10^12 < 2^40.
        let per_lot = self.asset.atoms_per_lot << 16;
        // More atoms than a number can say are more than there are.
        let enough = mul_div_ceil(self.debt, per_lot, price.0).unwrap_or(u64::MAX);
        let atoms = most.min(self.held).min(enough);
        let cost = mul_div_ceil(atoms, price.0, per_lot).ok_or(RiskError::Overflow)?;
        let cost = QuoteAtoms::from_unsigned(cost)?;
        Ok(Taking {
            atoms,
            cost: cost.max(self.lost_with(atoms)?),
        })
    }

    /// What maintenance equity loses with so many atoms.
    fn lost_with(&self, atoms: u64) -> Result<QuoteAtoms> {
        let (price, weight) = (self.asset.maintenance_high, self.asset.weight_maintenance);
        let value = |atoms| self.asset.collateral_value(atoms, price, weight);
        value(self.held)?.minus(value(self.held.saturating_sub(atoms))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn asset(price: u64, weight_bps: u32) -> Asset {
        let mut asset = Asset::zeroed();
        asset.atoms_per_lot = 1_000;
        asset.maintenance_high = Price(price);
        asset.weight_maintenance = Ratio::from_bps_floor(weight_bps);
        asset
    }

    fn params() -> RiskParams {
        let mut params = RiskParams::zeroed();
        params.auction_seconds = 10;
        params
    }

    #[test]
    fn the_discount_rises_to_half_of_what_the_weight_leaves_out() {
        let asset = asset(1 << 16, 9_000);
        let at = |elapsed| discount(&asset, &params(), elapsed).0;
        let most = (Ratio::ONE.0 - asset.weight_maintenance.0) / 2;
        assert_eq!(
            [at(-1), at(0), at(5), at(10), at(99)],
            [0, 0, most / 2, most, most]
        );
        assert_eq!(most * 20 / Ratio::ONE.0, 1); // five per cent
    }

    #[test]
    fn what_is_worth_less_than_an_atom_costs_one_and_does_not_block() {
        // A thousandth of an atom of quote for an atom of the token.
        let asset = asset(1 << 16, 9_000);
        let offer = Offer {
            asset: &asset,
            held: 7,
            debt: 1_000,
            discount: Ratio::ZERO,
        };
        let taking = offer.take(u64::MAX).unwrap();
        assert_eq!((taking.atoms, taking.cost.0), (7, 1));
    }

    #[test]
    fn a_debt_below_the_price_of_an_atom_is_paid_by_one_atom_in_full() {
        // 500 atoms of quote for an atom of the token.
        let asset = asset(500_000 << 16, 9_000);
        let offer = Offer {
            asset: &asset,
            held: 7,
            debt: 1,
            discount: Ratio::ZERO,
        };
        let taking = offer.take(u64::MAX).unwrap();
        assert_eq!((taking.atoms, taking.cost.0), (1, 500));
    }

    #[test]
    fn no_more_is_taken_than_brings_cash_to_zero() {
        let asset = asset(1_000 << 16, 9_000);
        let offer = Offer {
            asset: &asset,
            held: 5_000,
            debt: 1_234,
            discount: Ratio::ZERO,
        };
        assert_eq!(
            offer.take(u64::MAX).map(|t| (t.atoms, t.cost.0)),
            Ok((1_234, 1_234))
        );
        assert_eq!(offer.take(10).map(|t| (t.atoms, t.cost.0)), Ok((10, 10)));
        for nothing in [Offer { held: 0, ..offer }, Offer { debt: 0, ..offer }] {
            assert_eq!(nothing.take(1), Err(RiskError::ZeroQuantity));
        }
        assert_eq!(offer.take(0), Err(RiskError::ZeroQuantity));
    }

    #[test]
    fn a_discount_of_half_keeps_the_order_of_the_proof() {
        let asset = asset(1_000 << 16, 1);
        let most = discount(&asset, &params(), 10);
        let offer = Offer {
            asset: &asset,
            held: 5_000,
            debt: 1_234,
            discount: most,
        };
        let price = offer.price().unwrap().0;
        assert!(price * 2 > 1_000 << 16);
        assert_eq!(
            offer.take(1_000).unwrap().cost.0,
            i64::try_from(price.div_ceil(1 << 16)).unwrap()
        );
    }
}
