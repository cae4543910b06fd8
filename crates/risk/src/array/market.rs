//! What contracts are worth: by the index, by the mean that they settle at, or by their arrays.

use super::{OnMean, SMILE_AGE, VOLATILITIES};
use crate::{
    asset::Asset,
    error::{Result, RiskError},
    market::{KIND_CALL, KIND_PERPETUAL, KIND_PUT, Market},
    option::{Moneyness, Right, Tenor, tenor::YEAR},
    tiers::Schedule,
    units::{Lots, Price, QuoteAtoms, Ratio},
    volatility::Volatility,
};

impl Market {
    /// Whether it is an option, and to what.
    #[inline(always)]
    pub const fn right(&self) -> Option<Right> {
        match self.kind {
            KIND_CALL => Some(Right::Call),
            KIND_PUT => Some(Right::Put),
            _ => None,
        }
    }

    /// Whether it is an option. Of anything else a lot is worth the index.
    #[inline(always)]
    pub const fn is_option(&self) -> bool {
        self.kind >= KIND_CALL
    }

    /// Whether a lot is worth something else than the index: an option, or a future of whose mean a part is fixed.
    #[inline(always)]
    pub const fn is_derived(&self) -> bool {
        self.kind != KIND_PERPETUAL && (self.is_option() || self.contract.seconds != 0)
    }

    /// The row of an asset with the prices of this contract on it: those of the index, what an option is worth at each
    /// of them, or what a future settles at if the index stays there. What has to do with an option's notional needs the
    /// asset's own.
    ///
    /// # Errors
    /// Of an option, those of [`RiskArray::check`]; [`RiskError::Overflow`].
    pub fn priced(&self, market: u16, asset: &Asset, now: i64) -> Result<Asset> {
        let mut row = *asset;
        if let Some(right) = self.right() {
            self.array.check(market, asset, now)?;
            self.array.price((right, &self.contract), &mut row);
        } else if self.contract.seconds != 0 {
            let prices = [
                &mut row.index,
                &mut row.initial_low,
                &mut row.initial_high,
                &mut row.maintenance_low,
                &mut row.maintenance_high,
            ];
            for price in prices {
                *price = self.contract.mean_at(*price);
            }
        }
        Ok(row)
    }

    /// Computes an option's array anew, at the index and the time of this moment. The volatility is that of the smile, or,
    /// where nobody has set one for a while, the asset's own.
    ///
    /// # Errors
    /// [`RiskError::NoPrice`]; [`RiskError::NotAnOption`].
    pub fn refresh_array(&mut self, market: u16, asset: &Asset, now: i64) -> Result<()> {
        let right = self.right().ok_or(RiskError::NotAnOption { market })?;
        asset.check_recorded(self.asset)?;
        let tenor = Tenor::until(self.contract.expiry, now);
        let volatility = self.volatility(asset, now);
        let pricer = OnMean::new(right, &self.contract, tenor);
        self.array.refresh(&pricer, asset, volatility, now);
        Ok(())
    }

    /// The volatility that the option is marked at.
    fn volatility(&self, asset: &Asset, now: i64) -> Ratio {
        let [least, most] = VOLATILITIES;
        let set = self.array.smile_time;
        if set != 0 && now.saturating_sub(set) <= SMILE_AGE {
            let moneyness = Moneyness::of(asset.index, self.contract.strike);
            return self.smile.svi.volatility(moneyness.log(), least, most);
        }
        asset.volatility.annual().max(least).min(most)
    }

    /// Of a contract that is not worth the index ([`Market::is_derived`]), what maintenance counts longs (or shorts) at.
    ///
    /// # Errors
    /// Of an option, those of [`RiskArray::check`].
    #[inline(always)]
    pub(crate) fn derived_price(
        &self,
        market: u16,
        asset: &Asset,
        long: bool,
        now: i64,
    ) -> Result<Price> {
        let Some(right) = self.right() else {
            let price = if long {
                asset.maintenance_high
            } else {
                asset.maintenance_low
            };
            return Ok(self.contract.mean_at(price));
        };
        let array = &self.array;
        array.check(market, asset, now)?;
        let moved = array.index != asset.maintenance_low || array.index != asset.maintenance_high;
        // Where a part of the mean is fixed, more of it may be by now.
        if !moved && self.contract.seconds == 0 {
            return Ok(array.mark);
        }
        let [low, high] = array.maintenance((right, &self.contract), asset);
        Ok(if long { high } else { low })
    }

    /// Of an option, what adding risk counts longs (or shorts) at.
    ///
    /// # Errors
    /// Those of [`RiskArray::check`]; [`RiskError::NotAnOption`].
    pub(crate) fn option_initial(
        &self,
        market: u16,
        asset: &Asset,
        long: bool,
        now: i64,
    ) -> Result<Price> {
        let array = &self.array;
        array.check(market, asset, now)?;
        let right = self.right().ok_or(RiskError::NotAnOption { market })?;
        let terms = (right, &self.contract);
        let bounds = array.maintenance(terms, asset);
        Ok(array.initial(terms, asset, long, bounds))
    }

    /// What a position in an option requires by a schedule: a long no more than it is worth, for that is all it can lose. It
    /// is counted as worth the same in equity, to the atom: who paid for all that he holds is never short of one.
    #[inline(always)]
    pub(crate) fn option_charge(
        schedule: &Schedule,
        lots: Lots,
        worth: QuoteAtoms,
        notional: u64,
    ) -> Result<QuoteAtoms> {
        let charge = schedule.charge(notional)?;
        Ok(if lots.0 < 0 {
            charge
        } else {
            charge.min(worth)
        })
    }
}

impl Volatility {
    /// The volatility a year by its own estimates, at most four.
    pub fn annual(&self) -> Ratio {
        let variance = self.fast.max(self.slow).saturating_mul(YEAR);
        // 4.60 has a root of 34.30, below 2^32: 22.20 below 2^22.
        Ratio(u32::try_from(variance.isqrt() >> 10).unwrap_or(u32::MAX))
    }
}
