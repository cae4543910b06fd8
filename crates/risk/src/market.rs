//! A row of the market table: a contract on one asset (docs/risk.md, sections 4 and 8).

use crate::{
    array::{RiskArray, Smile},
    asset::Asset,
    error::{BoundError, Result, RiskError, within},
    expiry::Contract,
    fixed::{mul_div_ceil, mul_div_floor},
    tiers::{Schedule, TIERS, TierTerms, check as check_tiers},
    units::{BPS, Lots, Price, QuoteAtoms, Ratio, Ticks},
};
use bytemuck::{Pod, Zeroable};

/// A perpetual future.
pub const KIND_PERPETUAL: u8 = 0;
/// A future that ends at [`Contract::expiry`], at the average of the index before it.
pub const KIND_FUTURE: u8 = 1;
/// A European call, settled in the quote token.
pub const KIND_CALL: u8 = 2;
/// A European put, settled in the quote token.
pub const KIND_PUT: u8 = 3;

/// Every trade is allowed.
pub const MODE_ACTIVE: u8 = 0;
/// Orders may rest and be cancelled; nothing trades.
pub const MODE_POST_ONLY: u8 = 1;
/// Only trades that bring both sides nearer to zero.
pub const MODE_REDUCE_ONLY: u8 = 2;
/// Nothing trades any more: every position is worth the settlement price, and anyone may close it.
pub const MODE_SETTLEMENT: u8 = 3;

/// Tenths of a basis point in one.
const TENTHS: u64 = 100_000;
/// Basis points in one.
const BPS_U32: u32 = 10_000;

/// A market: what it is a contract on, and what holding it requires. 768 bytes.
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
    /// How often each side was closed whole, and what share of its lots was closed since: see
    /// [`crate::deleverage::era`].
    pub era: [u64; 2],

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
    /// In settlement mode, what every lot is worth, in quote atoms; else zero.
    pub settlement_price: u64,
    /// Smallest order, in lots.
    pub min_order_lots: u64,
    /// The value, in quote atoms, that the impact price of a side of the book is taken over.
    pub impact_notional: u64,
    /// Open interest, in lots, from which the initial requirement grows.
    pub scale_start: u64,
    /// Open interest at which it has grown in full.
    pub scale_end: u64,
    /// What the executor of a trigger order earns, in quote atoms.
    pub trigger_fee: u64,
    /// Fee of whoever takes from the book, in 10^-5 of the value.
    pub taker_fee_tenths: u32,
    /// Fee of whoever made the order, in 10^-5 of the value; negative for a rebate.
    pub maker_fee_tenths: i32,
    /// Seconds from one funding to the next.
    pub funding_interval: u32,
    /// Most that funding may be in an interval, share of the value.
    pub funding_cap: Ratio,
    /// What the initial requirement is multiplied by at `scale_end`.
    pub scale_max: Ratio,
    /// What it is multiplied by at present; folded into [`Market::initial`].
    pub scale: Ratio,
    /// Where each side's index stood when its last epoch ended.
    pub closed_index: [i64; 2],
    /// What share of each side was left when its last epoch ended, of 2^32; zero where it was closed whole.
    pub ended: [u64; 2],
    /// What volatility multiplies the initial and the maintenance requirement by at present; folded into both
    /// schedules. Zero stands for one.
    pub multipliers: [Ratio; 2],
    /// When and at what the contract ends, where it does.
    pub contract: Contract,
    /// The smile that an option is marked by.
    pub smile: Smile,
    /// What an option is worth, and in each scenario.
    pub array: RiskArray,
}

const _: () = assert!(size_of::<Market>() == 768 && align_of::<Market>() == 8);
const _: () = assert!(core::mem::offset_of!(Market, maintenance) == 64);
const _: () = assert!(core::mem::offset_of!(Market, index) == 256);
const _: () = assert!(core::mem::offset_of!(Market, max_open_interest) == 288);
const _: () = assert!(core::mem::offset_of!(Market, settlement_price) == 344);
const _: () = assert!(core::mem::offset_of!(Market, multipliers) == 448);
const _: () = assert!(core::mem::offset_of!(Market, contract) == 456);
const _: () = assert!(core::mem::offset_of!(Market, smile) == 488);
const _: () = assert!(core::mem::offset_of!(Market, array) == 512);

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
    /// Fee of whoever takes from the book, 0 to 1,000 tenths of a basis point.
    pub taker_fee_tenths_bps: u32,
    /// Fee of whoever made the order, from −taker (a rebate) to 1,000 tenths of a basis point.
    pub maker_fee_tenths_bps: i32,
    /// Smallest order, 1 to 2^40 lots.
    pub min_order_lots: u64,
    /// Seconds from one funding to the next, 60 to 86,400.
    pub funding_interval: u32,
    /// Most that funding may be in an interval, 0 to 1,000 bps.
    pub funding_cap_bps: u32,
    /// The value, in quote atoms, that an impact price is taken over, 1 to 2^50.
    pub impact_notional: u64,
    /// Open interest, in lots, from which the initial requirement grows; at most `scale_end`.
    pub scale_start: u64,
    /// Open interest at which it has grown in full; at most 2^44.
    pub scale_end: u64,
    /// What the initial requirement is multiplied by at `scale_end`, 10,000 to 40,000 bps.
    pub scale_max_bps: u32,
    /// What the executor of a trigger order earns, at most 2^30 quote atoms.
    pub trigger_fee: u64,
    /// `MODE_ACTIVE`, `MODE_POST_ONLY` or `MODE_REDUCE_ONLY`.
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
        self.check_book()?;
        within("mode", u(self.mode.into()), 0, u(MODE_REDUCE_ONLY.into()))
    }

    /// The bounds of what concerns the order book and funding.
    fn check_book(&self) -> core::result::Result<(), BoundError> {
        let u = u64::from;
        let taker = u(self.taker_fee_tenths_bps);
        within("taker_fee_tenths_bps", taker, 0, 1_000)?;
        // A rebate is shown by its size: at most what the taker pays.
        if self.maker_fee_tenths_bps < 0 {
            let rebate = u(self.maker_fee_tenths_bps.unsigned_abs());
            within("maker_fee_tenths_bps", rebate, 0, taker)?;
        } else {
            let fee = u(self.maker_fee_tenths_bps.unsigned_abs());
            within("maker_fee_tenths_bps", fee, 0, 1_000)?;
        }
        within("min_order_lots", self.min_order_lots, 1, 1 << 40)?;
        within("funding_interval", u(self.funding_interval), 60, 86_400)?;
        within("funding_cap_bps", u(self.funding_cap_bps), 0, 1_000)?;
        within("impact_notional", self.impact_notional, 1, 1 << 50)?;
        within("scale_end", self.scale_end, 0, 1 << 44)?;
        within("scale_start", self.scale_start, 0, self.scale_end)?;
        within("scale_max_bps", u(self.scale_max_bps), 10_000, 40_000)?;
        within("trigger_fee", self.trigger_fee, 0, 1 << 30)
    }
}

impl Market {
    /// Writes checked terms into the row and folds the schedules.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for terms that were not checked.
    pub fn set_terms(&mut self, terms: &MarketTerms) -> Result<()> {
        self.maintenance_fraction = Ratio::from_bps_ceil(terms.maintenance_fraction_bps);
        self.scale = self.scale.max(Ratio::ONE);
        self.scale_max = Ratio::from_bps_ceil(terms.scale_max_bps);
        self.scale = self.scale.min(self.scale_max);
        self.rates_bps = terms.tiers.map(|tier| tier.rate_bps);
        self.fold(&terms.tiers)?;
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
        self.taker_fee_tenths = terms.taker_fee_tenths_bps;
        self.maker_fee_tenths = terms.maker_fee_tenths_bps;
        self.min_order_lots = terms.min_order_lots;
        self.funding_interval = terms.funding_interval;
        self.funding_cap = Ratio::from_bps_floor(terms.funding_cap_bps);
        self.impact_notional = terms.impact_notional;
        (self.scale_start, self.scale_end) = (terms.scale_start, terms.scale_end);
        self.trigger_fee = terms.trigger_fee;
        self.mode = terms.mode;
        Ok(())
    }

    /// What lots are worth in settlement mode: exact.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the product leaves the range.
    pub fn settlement_value(&self, lots: Lots) -> Result<QuoteAtoms> {
        lots.cost(Ticks(self.settlement_price), 1)
    }

    /// The taker's fee on a fill of this value, after a discount in basis points; rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the fee leaves the range.
    pub fn taker_fee(&self, value: u64, discount_bps: u16) -> Result<u64> {
        let full = u64::from(BPS_U32.saturating_sub(u32::from(discount_bps)));
        let rate = u64::from(self.taker_fee_tenths) * full; // below 2^10 · 2^14
        mul_div_ceil(value, rate, TENTHS * BPS).ok_or(RiskError::Overflow)
    }

    /// The maker's fee on a fill of this value, rounded down, negative for a rebate. A rebate is never
    /// more than `taken`, what the taker pays for the same fill: no trade costs the exchange anything.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the fee leaves the range.
    pub fn maker_fee(&self, value: u64, taken: u64, discount_bps: u16) -> Result<QuoteAtoms> {
        let size = u64::from(self.maker_fee_tenths.unsigned_abs());
        if self.maker_fee_tenths < 0 {
            let rebate = mul_div_floor(value, size, TENTHS).ok_or(RiskError::Overflow)?;
            return QuoteAtoms::from_unsigned(rebate.min(taken))?.negated();
        }
        let full = u64::from(BPS_U32.saturating_sub(u32::from(discount_bps)));
        let fee = mul_div_floor(value, size * full, TENTHS * BPS).ok_or(RiskError::Overflow)?;
        QuoteAtoms::from_unsigned(fee)
    }

    /// At least the maker's fees of fills of this value together.
    pub(crate) fn maker_fee_bound(&self, value: u64) -> Result<u64> {
        let rate = u64::from(self.maker_fee_tenths.max(0).unsigned_abs());
        mul_div_ceil(value, rate, TENTHS).ok_or(RiskError::Overflow)
    }

    /// Scales the initial requirement by open interest: 1 up to `scale_start`, in a straight line to
    /// `scale_max` at `scale_end`. Trading does not write this row: whoever updates funding does.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for a row that was not written by [`Market::set_terms`].
    pub fn rescale(&mut self, open_interest: u64) -> Result<()> {
        let width = self.scale_end.saturating_sub(self.scale_start);
        let beyond = open_interest.saturating_sub(self.scale_start).min(width);
        let most = u64::from(self.scale_max.0.saturating_sub(Ratio::ONE.0));
        let more = if width == 0 {
            if open_interest > self.scale_end {
                most
            } else {
                0
            }
        } else {
            mul_div_ceil(most, beyond, width).ok_or(RiskError::Overflow)?
        };
        let more = u32::try_from(more).map_err(|_| RiskError::Overflow)?;
        let scale = Ratio(Ratio::ONE.0.checked_add(more).ok_or(RiskError::Overflow)?);
        if scale == self.scale {
            // It is folded in already, and open interest seldom leaves a stretch on which it is the same.
            return Ok(());
        }
        self.scale = scale;
        self.fold(&self.tiers())
    }

    /// Multiplies the initial and the maintenance requirement by the steps of [`Volatility::steps`].
    ///
    /// [`Volatility::steps`]: crate::volatility::Volatility::steps
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for a row that was not written by [`Market::set_terms`].
    pub fn set_multipliers(&mut self, steps: [Ratio; 2]) -> Result<()> {
        self.multipliers = steps;
        self.fold(&self.tiers())
    }

    /// Writes both schedules: tiers × scale × initial multiplier, and tiers × maintenance fraction × maintenance
    /// multiplier. Every rate is monotone in each factor, since each product is rounded up.
    ///
    /// With multipliers of at least one, rates are never below those of the terms: what the terms keep below them (the
    /// penalty, the band, the range of a scan) stays below. Within the bounds of all terms a rate is at most
    /// 1 · 4 · 5: no fold of a row that was written fails.
    fn fold(&mut self, tiers: &[TierTerms; TIERS]) -> Result<()> {
        let [initial, maintenance] = self.multipliers.map(|step| step.max(Ratio::ONE));
        self.initial = Schedule::fold(tiers, self.scale.times_ceil(initial)?)?;
        let fraction = self.maintenance_fraction.times_ceil(maintenance)?;
        self.maintenance = Schedule::fold(tiers, fraction)?;
        Ok(())
    }

    /// The tiers as governance wrote them.
    fn tiers(&self) -> [TierTerms; TIERS] {
        core::array::from_fn(|k| TierTerms {
            upper: self.initial.tiers[k].upper,
            rate_bps: self.rates_bps[k],
        })
    }

    /// Which entry of [`Market::index`] and [`Market::era`] a position of these lots follows.
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

    /// Of any contract: [`Market::band`] around what a lot is worth now, and of an option [`Market::band_around`] that.
    ///
    /// # Errors
    /// As they, and those of [`Market::priced`].
    pub fn band_now(&self, market: u16, asset: &Asset, now: i64) -> Result<(Price, Price)> {
        if !self.is_derived() {
            return self.band(asset.index);
        }
        let fair = self.priced(market, asset, now)?.index;
        if self.is_option() {
            return self.band_around(fair, asset.index);
        }
        self.band(fair)
    }

    /// As [`Market::band`], of an option: around what it is worth, as wide as that of a linear contract, and above nothing.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the band leaves the range of prices.
    pub fn band_around(&self, fair: Price, index: Price) -> Result<(Price, Price)> {
        let width = index.times_floor(self.price_band)?;
        let low = fair.0.saturating_sub(width.0).max(1);
        Ok((Price(low), fair.plus(width)?))
    }

    /// The fee of one side of a trade of this value, rounded up.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where the fee leaves the range.
    pub fn fee(&self, value: QuoteAtoms) -> Result<QuoteAtoms> {
        QuoteAtoms::from_unsigned(self.trade_fee.of_ceil(value.0.unsigned_abs())?)
    }
}
