//! Parameters of a whole clearinghouse, and how the quote token's price enters every other.

use crate::{
    error::{BoundError, Result, RiskError, within},
    fixed::mul_div_floor,
    interest::{Interest, InterestTerms},
    maturity::MAX_MATURITY,
    moment::Moment,
    portfolio::Portfolio,
    price::Scale,
    units::{Price, Ratio},
};
use bytemuck::{Pod, Zeroable};

/// Parameters of a whole clearinghouse that a check reads. 184 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct RiskParams {
    /// Quote tokens a dollar buys, 32.32 binary fixed point.
    pub quote_per_usd: u64,
    /// How far the quote token may be from one dollar for adding risk.
    pub max_depeg: Ratio,
    /// An account leaves liquidation at MM · (1 + this).
    pub liquidation_buffer: Ratio,
    /// Seconds over which the liquidation penalty rises to its maximum.
    pub auction_seconds: u32,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Zero.
    pub padding: [u8; 3],
    /// An account below MM · this is in default.
    pub backstop_line: Ratio,
    /// Seconds in which realised profit becomes withdrawable; 0 for at once.
    pub profit_maturity: u32,
    /// Most that the backstop may lose in a day, in quote atoms; the rest is shared by deleveraging.
    pub backstop_daily_loss: u64,
    /// What negative cash pays: terms and state.
    pub interest: Interest,
    /// Terms of portfolio margin.
    pub portfolio: Portfolio,
    /// Zero.
    pub reserved: [u64; 1],
}

const _: () = assert!(size_of::<RiskParams>() == 184);
const _: () = assert!(core::mem::offset_of!(RiskParams, portfolio) == 104);
const _: () = assert!(core::mem::offset_of!(RiskParams, interest) == 40);
const _: () = assert!(core::mem::offset_of!(RiskParams, profit_maturity) == 28);

/// What governance sets for a whole clearinghouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct RiskTerms {
    /// How far the quote token may be from one dollar for adding risk, 10 to 1,000 bps.
    pub max_depeg_bps: u32,
    /// An account leaves liquidation at MM · (1 + this), 100 to 5,000 bps.
    pub liquidation_buffer_bps: u32,
    /// Seconds over which the penalty rises to its maximum, 1 to 3,600.
    pub auction_seconds: u32,
    /// An account below MM · this is in default, 0 to 9,000 bps.
    pub backstop_line_bps: u32,
    /// Most quote atoms that the backstop may lose in a day.
    pub backstop_daily_loss: u64,
    /// Seconds in which realised profit becomes withdrawable, 0 (at once) to 604,800.
    pub profit_maturity: u32,
    /// Interest on negative cash.
    pub interest: InterestTerms,
}

impl RiskTerms {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self) -> core::result::Result<(), BoundError> {
        within("max_depeg_bps", u64::from(self.max_depeg_bps), 10, 1_000)?;
        within(
            "liquidation_buffer_bps",
            u64::from(self.liquidation_buffer_bps),
            100,
            5_000,
        )?;
        within("auction_seconds", u64::from(self.auction_seconds), 1, 3_600)?;
        let line = u64::from(self.backstop_line_bps);
        within("backstop_line_bps", line, 0, 9_000)?;
        within("backstop_daily_loss", self.backstop_daily_loss, 0, 1 << 60)?;
        within(
            "profit_maturity",
            u64::from(self.profit_maturity),
            0,
            u64::from(MAX_MATURITY),
        )?;
        self.interest.check()
    }
}

impl RiskParams {
    /// Writes checked terms. Interest until `now` is that of the terms before.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn set_terms(&mut self, terms: &RiskTerms, now: i64) -> Result<()> {
        self.max_depeg = Ratio::from_bps_floor(terms.max_depeg_bps);
        self.liquidation_buffer = Ratio::from_bps_ceil(terms.liquidation_buffer_bps);
        self.auction_seconds = terms.auction_seconds;
        self.backstop_line = Ratio::from_bps_floor(terms.backstop_line_bps);
        self.backstop_daily_loss = terms.backstop_daily_loss;
        self.profit_maturity = terms.profit_maturity;
        self.interest.set_terms(&terms.interest, now)
    }

    /// What holds for money that changes at `now`.
    #[inline(always)]
    pub fn moment(&self, now: i64) -> Moment {
        Moment {
            now,
            seconds: self.profit_maturity,
            accrual: self.interest.accrual(now),
        }
    }

    /// Takes the quote token's dollar price: from now on every dollar price is divided by it.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for a price that cannot come from a refresh.
    pub fn set_quote_price(&mut self, index: Price) -> Result<()> {
        self.quote_per_usd =
            mul_div_floor(self.par().0, 1 << 32, index.0).ok_or(RiskError::Overflow)?;
        Ok(())
    }

    /// How a reading of an asset becomes a risk price. The quote token itself is measured in dollars.
    pub fn scale(&self, is_quote: bool, lot_exponent: i8, exponent: i32) -> Scale {
        let power = i32::from(lot_exponent) + i32::from(self.quote_decimals);
        Scale {
            power: power.saturating_add(exponent),
            quote_per_usd: if is_quote {
                1 << 32
            } else {
                self.quote_per_usd
            },
        }
    }

    /// One dollar's worth of quote tokens at par, per whole token, as a risk price.
    pub const fn par(&self) -> Price {
        // quote_decimals ≤ 12, so 10^12 · 2^16 < 2^56.
        Price(10u64.pow(self.quote_decimals as u32) << 16)
    }
}
