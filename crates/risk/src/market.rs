//! A row of the market table: a contract on one asset (docs/risk.md, sections 4 and 8).

use crate::{
    error::{BoundError, Result, RiskError, within},
    tiers::{Schedule, TIERS, TierTerms, check as check_tiers},
    units::{Lots, Price, QuoteAtoms, Ratio, Ticks},
};
use bytemuck::{Pod, Zeroable};

/// A perpetual future.
pub const KIND_PERPETUAL: u8 = 0;

/// Every trade is allowed.
pub const MODE_ACTIVE: u8 = 0;
/// Only trades that bring both sides nearer to zero.
pub const MODE_REDUCE_ONLY: u8 = 2;

/// Value of a side's deleveraging share before any deleveraging (2^63 is one).
pub const FULL_SHARE: u64 = 1 << 63;

/// A market: what it is a contract on, and what holding it requires. 512 bytes.
///
/// Only what a check of any market needs; what trading writes is in the program's `Market` account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Market {
    /// Address of the account that trading writes.
    pub address: [u8; 32],
    /// A name for people, padded with zeros.
    pub name: [u8; 16],
    /// Quote atoms per lot and tick.
    pub tick_size: u64,
    /// Index of the underlying in the asset table.
    pub asset: u16,
    /// One of the `KIND_` values.
    pub kind: u8,
    /// One of the `MODE_` values.
    pub mode: u8,
    /// Zero.
    pub padding: [u8; 4],

    /// T · maintenance fraction, ready for use.
    pub maintenance: Schedule,
    /// T, ready for use.
    pub initial: Schedule,

    /// Cumulative quote owed per lot for [long, short], signed 48.16: funding and deleveraging.
    pub index: [i64; 2],
    /// What share of each side's lots is left after deleveraging, 2^63 is all.
    pub share: [u64; 2],

    /// Most lots open on a side.
    pub max_open_interest: Lots,
    /// A position of at most this notional may be taken over whole.
    pub dust_notional: u64,
    /// The tiers' rates as governance wrote them, in basis points.
    pub rates_bps: [u32; TIERS],
    /// MM = T · this.
    pub maintenance_fraction: Ratio,
    /// Liquidation penalty at the start of an auction, share of notional.
    pub penalty_start: Ratio,
    /// Liquidation penalty at its end.
    pub penalty_max: Ratio,
    /// The insurance fund's share of the penalty.
    pub insurance_share: Ratio,
    /// How far from the index a block trade may be priced.
    pub price_band: Ratio,
    /// Fee of each side of a block trade, share of the traded value.
    pub trade_fee: Ratio,
    /// Zero; for funding terms, book fees, open-interest scaling, expiry and settlement.
    pub reserved: [u64; 21],
}

const _: () = assert!(size_of::<Market>() == 512 && align_of::<Market>() == 8);
const _: () = assert!(core::mem::offset_of!(Market, maintenance) == 64);
const _: () = assert!(core::mem::offset_of!(Market, index) == 256);
const _: () = assert!(core::mem::offset_of!(Market, max_open_interest) == 288);
const _: () = assert!(core::mem::offset_of!(Market, reserved) == 344);

/// What governance sets on a market. The same for adding and for changing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct MarketTerms {
    /// Marginal tiers of the initial requirement.
    pub tiers: [TierTerms; TIERS],
    /// Maintenance over initial requirement, 2,500 to 9,500 bps.
    pub maintenance_fraction_bps: u32,
    /// Liquidation penalty at the start of an auction, at most the one at its end.
    pub penalty_start_bps: u32,
    /// Liquidation penalty at the end, below the first tier's maintenance rate.
    pub penalty_max_bps: u32,
    /// The insurance fund's share of the penalty, at most 8,000 bps.
    pub insurance_share_bps: u32,
    /// How far from the index a block trade may be priced, 1 bps to the first tier's initial rate.
    pub price_band_bps: u32,
    /// Fee of each side of a block trade, at most 1,000 tenths of a basis point.
    pub trade_fee_tenths_bps: u32,
    /// Most lots open on a side, 1 to 2^44.
    pub max_open_interest: u64,
    /// A position of at most this many quote atoms may be taken over whole; at most 2^40.
    pub dust_notional: u64,
    /// `MODE_ACTIVE` or `MODE_REDUCE_ONLY`.
    pub mode: u8,
}

impl MarketTerms {
    /// Checks every bound, and what fits only together: tiers ascend, the penalty stays below the
    /// maintenance rate, the band inside the initial rate.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self) -> core::result::Result<(), BoundError> {
        let u = u64::from;
        check_tiers(&self.tiers)?;
        let initial = u(self.tiers[0].rate_bps);
        let maintenance = initial * u(self.maintenance_fraction_bps) / 10_000;
        within(
            "maintenance_fraction_bps",
            u(self.maintenance_fraction_bps),
            2_500,
            9_500,
        )?;
        within(
            "penalty_max_bps",
            u(self.penalty_max_bps),
            0,
            maintenance.saturating_sub(1),
        )?;
        within(
            "penalty_start_bps",
            u(self.penalty_start_bps),
            0,
            u(self.penalty_max_bps),
        )?;
        within("insurance_share_bps", u(self.insurance_share_bps), 0, 8_000)?;
        within("price_band_bps", u(self.price_band_bps), 1, initial)?;
        within(
            "trade_fee_tenths_bps",
            u(self.trade_fee_tenths_bps),
            0,
            1_000,
        )?;
        within("max_open_interest", self.max_open_interest, 1, 1 << 44)?;
        within("dust_notional", self.dust_notional, 0, 1 << 40)?;
        let reduce_only = u64::from(MODE_REDUCE_ONLY);
        let lowest = if self.mode == MODE_ACTIVE {
            0
        } else {
            reduce_only
        };
        within("mode", u64::from(self.mode), lowest, reduce_only)
    }
}

impl Market {
    /// Writes checked terms into the row and folds the schedules.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for terms that were not checked.
    pub fn set_terms(&mut self, terms: &MarketTerms) -> Result<()> {
        self.maintenance_fraction = Ratio::from_bps_ceil(terms.maintenance_fraction_bps);
        self.initial = Schedule::fold(&terms.tiers, Ratio::ONE)?;
        self.maintenance = Schedule::fold(&terms.tiers, self.maintenance_fraction)?;
        self.rates_bps = terms.tiers.map(|tier| tier.rate_bps);
        self.penalty_start = Ratio::from_bps_floor(terms.penalty_start_bps);
        self.penalty_max = Ratio::from_bps_floor(terms.penalty_max_bps);
        self.insurance_share = Ratio::from_bps_floor(terms.insurance_share_bps);
        self.price_band = Ratio::from_bps_floor(terms.price_band_bps);
        // Tenths of a basis point: 10^-5.
        self.trade_fee = Ratio(
            u32::try_from((u64::from(terms.trade_fee_tenths_bps) << 20).div_ceil(100_000))
                .map_err(|_| RiskError::Overflow)?,
        );
        self.max_open_interest =
            Lots(i64::try_from(terms.max_open_interest).map_err(|_| RiskError::Overflow)?);
        self.dust_notional = terms.dust_notional;
        self.mode = terms.mode;
        Ok(())
    }

    /// Which entry of [`Market::index`] and [`Market::share`] a position of these lots follows.
    #[inline(always)]
    pub fn side(lots: Lots) -> usize {
        usize::from(lots.0 < 0)
    }

    /// An order price as a risk price.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] from 2^48 quote atoms a lot.
    pub fn price_of(&self, ticks: Ticks) -> Result<Price> {
        Price::from_atoms(
            ticks
                .0
                .checked_mul(self.tick_size)
                .ok_or(RiskError::Overflow)?,
        )
    }

    /// The lowest and highest price at which a block trade may be made while the index is `index`.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the band leaves the range of prices.
    pub fn band(&self, index: Price) -> Result<(Price, Price)> {
        let width = index.times_floor(self.price_band)?;
        Ok((index.minus(width)?, index.plus(width)?))
    }

    /// The fee of one side of a trade of this value, rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the fee leaves the range.
    pub fn fee(&self, value: QuoteAtoms) -> Result<QuoteAtoms> {
        QuoteAtoms::from_unsigned(self.trade_fee.of_ceil(value.0.unsigned_abs())?)
    }
}
