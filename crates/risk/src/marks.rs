//! Marks: at which prices lots in a market are valued, taken over and charged for (docs/risk.md, section 8).

use crate::{
    asset::Asset,
    error::Result,
    market::Market,
    standard::Book,
    units::{Lots, Price, QuoteAtoms},
};

/// What lots on one side of a market are judged by in maintenance, and change hands at in a liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// What a lot is worth.
    pub price: Price,
    /// What its notional is counted at: the same, but of an option the index.
    pub notional: Price,
}

impl Marks {
    /// Of lots in a market, on their side.
    ///
    /// # Errors
    /// [`crate::RiskError::UnknownMarket`], [`crate::RiskError::UnknownAsset`]; of an option those of
    /// [`crate::array::RiskArray::check`].
    pub fn of(book: &Book, market: u16, lots: Lots, now: i64) -> Result<Self> {
        let row = book.market(market)?;
        let asset = book.asset(row.asset)?;
        Self::on(row, market, asset, lots.0 >= 0, now)
    }

    /// Of longs or shorts in a market whose rows are at hand.
    ///
    /// # Errors
    /// As [`Marks::of`].
    #[inline(always)]
    pub fn on(row: &Market, market: u16, asset: &Asset, long: bool, now: i64) -> Result<Self> {
        if row.is_derived() {
            let price = row.derived_price(market, asset, long, now)?;
            let notional = if row.is_option() { asset.index } else { price };
            return Ok(Self { price, notional });
        }
        let price = if long {
            asset.maintenance_high
        } else {
            asset.maintenance_low
        };
        Ok(Self {
            price,
            notional: price,
        })
    }

    /// What lots are worth, and require for maintenance.
    ///
    /// # Errors
    /// [`crate::RiskError::Overflow`].
    #[inline(always)]
    pub fn judge(&self, market: &Market, lots: Lots) -> Result<(QuoteAtoms, QuoteAtoms)> {
        let (value, size) = lots.value_and_notional(self.price)?;
        if !market.is_option() {
            return Ok((value, market.maintenance.charge(size)?));
        }
        let (_, notional) = lots.value_and_notional(self.notional)?;
        let charge = Market::option_charge(&market.maintenance, lots, value, notional)?;
        Ok((value, charge))
    }

    /// [`Marks::volume`] of a whole position, of which the notional at [`Marks::notional`] is known.
    #[inline(always)]
    pub(crate) fn whole(&self, market: &Market, lots: Lots, notional: u64) -> Result<u64> {
        if market.is_option() && lots.0 > 0 {
            return Ok(lots.value_and_notional(self.price)?.1);
        }
        Ok(notional)
    }

    /// What a penalty is a share of, where lots of this value change hands: of a short option, which may be worth next to
    /// nothing and still has to be carried, its notional.
    ///
    /// # Errors
    /// [`crate::RiskError::Overflow`].
    #[inline(always)]
    pub(crate) fn volume(
        &self,
        market: &Market,
        long: bool,
        taken: Lots,
        value: u64,
    ) -> Result<u64> {
        if market.is_option() && !long {
            return taken.notional_floor(self.notional);
        }
        Ok(value)
    }
}
