//! What governance sets on an asset's risk: how requirements follow its volatility, and how portfolio margin scans it.

use crate::{
    asset::Asset,
    error::{BoundError, within},
    market::{KIND_FUTURE, KIND_PERPETUAL, MODE_SETTLEMENT, Market},
    portfolio::Scan,
    units::{BPS, Ratio},
    volatility::VolatilityTerms,
};

/// How an asset is scanned by portfolio margin, in basis points. All zero: it is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct ScanTerms {
    /// The largest move of the price that is scanned: 0 for none, else 10 to 5,000 bps, and at most the first
    /// maintenance rate of each linear market on the asset.
    pub range_bps: u32,
    /// What a lot needs that is hedged by another contract on the asset, at most half the range.
    pub spread_bps: u32,
    /// How far volatility is moved up and down, at most 9,000 bps of itself; 0 without a range.
    pub volatility_shift_bps: u32,
}

impl ScanTerms {
    /// Checks every bound that the terms have by themselves.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self) -> core::result::Result<(), BoundError> {
        let range = u64::from(self.range_bps);
        let least = if range == 0 { 0 } else { 10 };
        within("range_bps", range, least, 5_000)?;
        within("spread_bps", self.spread_bps.into(), 0, range / 2)?;
        let shift = u64::from(self.volatility_shift_bps);
        let most = if range == 0 { 0 } else { 9_000 };
        within("volatility_shift_bps", shift, 0, most)
    }
}

/// What governance sets on the risk of an asset. The same for setting it and for changing it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub struct AssetRiskTerms {
    /// How requirements follow volatility.
    pub volatility: VolatilityTerms,
    /// How portfolio margin scans it.
    pub scan: ScanTerms,
}

impl AssetRiskTerms {
    /// Checks every bound that the terms have by themselves; [`check_range`] has the one of the markets.
    ///
    /// # Errors
    /// [`BoundError`] naming the first field that does not fit.
    pub fn check(&self) -> core::result::Result<(), BoundError> {
        self.volatility.check()?;
        self.scan.check()
    }
}

impl Asset {
    /// Writes checked terms into the row, and judges what is known of its volatility by them. The markets on the asset
    /// follow by [`Market::set_multipliers`].
    pub fn set_risk_terms(&mut self, terms: &AssetRiskTerms) {
        self.volatility.set_terms(&terms.volatility);
        // Requirements round up.
        self.scan = Scan {
            range: Ratio::from_bps_ceil(terms.scan.range_bps),
            spread: Ratio::from_bps_ceil(terms.scan.spread_bps),
            volatility_shift: Ratio::from_bps_ceil(terms.scan.volatility_shift_bps),
            padding: 0,
        };
    }
}

impl Market {
    /// Whether the market follows the multipliers and the scan of an asset: not where it stands on another one, nor
    /// where it has ended.
    pub fn follows(&self, asset: u16) -> bool {
        self.asset == asset && self.mode != MODE_SETTLEMENT
    }

    /// The first maintenance rate of the terms in basis points, rounded down.
    fn first_maintenance_bps(&self) -> u64 {
        // The fraction was made of basis points, rounded up by less than one of its units: this gives them back.
        let fraction = (u64::from(self.maintenance_fraction.0) * BPS) >> 20;
        u64::from(self.rates_bps[0]) * fraction / BPS
    }
}

/// Whether the range that is scanned stays within the first maintenance rate of each linear market on the asset: the
/// worst scenario of one contract then never asks for more than its Standard requirement.
///
/// # Errors
/// [`BoundError`] naming the range, with the smallest of those rates as the highest allowed.
pub fn check_range(
    scan: &Scan,
    asset: u16,
    markets: &[Market],
) -> core::result::Result<(), BoundError> {
    let linear = |market: &&Market| matches!(market.kind, KIND_PERPETUAL | KIND_FUTURE);
    let followers = markets.iter().filter(|market| market.follows(asset));
    let rates = followers.filter(linear).map(Market::first_maintenance_bps);
    let range = (u64::from(scan.range.0) * BPS) >> 20;
    within("range_bps", range, 0, rates.min().unwrap_or(range))
}

/// Whether there may be options on an asset: its price is scanned and its volatility estimated, for both make their
/// arrays.
///
/// # Errors
/// [`BoundError`] naming what is missing.
pub fn check_optionable(asset: &Asset) -> core::result::Result<(), BoundError> {
    let range = (u64::from(asset.scan.range.0) * BPS) >> 20;
    within("range_bps", range, 10, 5_000)?;
    let base = (u64::from(asset.volatility.base_rate.0) * BPS) >> 20;
    within("base_rate_bps", base, 9, 5_000)
}
