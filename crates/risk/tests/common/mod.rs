//! Builds risk books and accounts through the public API, and random ones for the properties.
#![allow(dead_code)] // each test file uses its part

pub mod options;
pub mod orders;
pub mod portfolio;
pub mod reference;
pub mod scenario;
pub mod slicing;
pub mod volatility;

use bytemuck::Zeroable;
use counterweight_risk::{
    Asset, AssetTerms, Book, Market, MarketTerms, RiskParams, asset::ORACLE_NONE,
    asset::ORACLE_PYTH_PULL, interest::InterestTerms, price::Reading, price::Scale,
    standard::RiskTerms, tiers::TierTerms,
};

/// The clock of every test.
pub const NOW: i64 = 1_800_000_000;
/// One dollar for one quote token.
pub const PAR: u64 = 1 << 32;
/// Decimals of the quote token.
pub const QUOTE_DECIMALS: u8 = 6;
/// Exponent of every reading's mantissas.
pub const EXPONENT: i32 = -8;

/// A risk book under construction; the quote token is asset 0.
#[derive(Clone, Debug)]
pub struct World {
    pub params: RiskParams,
    pub assets: Vec<Asset>,
    pub markets: Vec<Market>,
}

impl World {
    /// A book with the quote token only, which has no feed.
    pub fn new(quote_per_usd: u64) -> Self {
        let terms = risk_terms();
        terms.check().unwrap();
        let mut params = RiskParams::zeroed();
        params.set_terms(&terms, 0).unwrap();
        params.quote_per_usd = quote_per_usd;
        params.quote_decimals = QUOTE_DECIMALS;
        let mut quote = Asset::zeroed();
        quote.oracle_kind = ORACLE_NONE;
        quote.set_lot(0, QUOTE_DECIMALS).unwrap();
        let (assets, markets) = (vec![quote], Vec::new());
        Self {
            params,
            assets,
            markets,
        }
    }

    /// Adds an asset and gives it its readings in turn, each at its own publish time.
    pub fn add_asset(
        &mut self,
        terms: &AssetTerms,
        (lot_exponent, decimals): (i8, u8),
        readings: &[Reading],
    ) -> u16 {
        terms.check(true, false).unwrap();
        let mut asset = Asset::zeroed();
        asset.oracle_kind = ORACLE_PYTH_PULL;
        asset.set_lot(lot_exponent, decimals).unwrap();
        asset.set_terms(terms).unwrap();
        let scale = scale(lot_exponent, self.params.quote_per_usd);
        for reading in readings {
            assert_eq!(
                asset.record(reading, scale, reading.publish_time),
                Ok(true),
                "{reading:?}"
            );
        }
        self.assets.push(asset);
        u16::try_from(self.assets.len() - 1).unwrap()
    }

    /// Adds a market on an asset.
    pub fn add_market(&mut self, asset: u16, terms: &MarketTerms) -> u16 {
        terms.check().unwrap();
        let mut market = Market::zeroed();
        market.asset = asset;
        market.tick_size = 1;
        market.set_terms(terms).unwrap();
        self.markets.push(market);
        u16::try_from(self.markets.len() - 1).unwrap()
    }

    /// Replaces the price of an asset, as the next refresh would.
    pub fn reprice(&mut self, asset: u16, reading: &Reading) {
        let row = &mut self.assets[usize::from(asset)];
        let scale = scale(row.lot_exponent, self.params.quote_per_usd);
        assert_eq!(row.record(reading, scale, reading.publish_time), Ok(true));
    }

    pub fn book(&self) -> Book<'_> {
        Book {
            params: &self.params,
            assets: &self.assets,
            markets: &self.markets,
        }
    }
}

/// From mantissas of [`EXPONENT`] to quote atoms a lot.
pub fn scale(lot_exponent: i8, quote_per_usd: u64) -> Scale {
    let power = EXPONENT + i32::from(lot_exponent) + i32::from(QUOTE_DECIMALS);
    Scale {
        power,
        quote_per_usd,
    }
}

/// A reading with no width, at its own average.
pub fn reading(price: i64, publish_time: i64) -> Reading {
    Reading {
        price,
        confidence: 0,
        average: price,
        exponent: EXPONENT,
        publish_time,
        posted_slot: u64::try_from(publish_time).unwrap(),
    }
}

/// Dollars as a mantissa.
pub const fn dollars(whole: i64) -> i64 {
    whole * 100_000_000
}

pub fn risk_terms() -> RiskTerms {
    RiskTerms {
        max_depeg_bps: 100,
        liquidation_buffer_bps: 500,
        auction_seconds: 60,
        backstop_line_bps: 5_000,
        backstop_daily_loss: 1_000_000,
        profit_maturity: 3_600,
        interest: interest_terms(),
    }
}

/// Eight per cent where a fifth of the vault is missing, a hundred where all of it is.
pub fn interest_terms() -> InterestTerms {
    InterestTerms {
        at_kink_bps: 800,
        at_full_bps: 10_000,
        kink_bps: 2_000,
        surcharge_bps: 5_000,
        allowance: 1_000_000_000_000,
    }
}

pub fn asset_terms() -> AssetTerms {
    AssetTerms {
        max_age_initial: 60,
        max_age_liquidation: 600,
        max_confidence_bps: 200,
        max_divergence_bps: 1_000,
        stable_growth_bps: 100,
        weight_initial_bps: 8_000,
        weight_maintenance_bps: 9_000,
        pnl_weight_bps: 10_000,
        deposit_cap: 1 << 60,
        full_weight_deposits: 1 << 60,
    }
}

/// One tier: the same initial rate at any size.
pub const fn flat_tiers(rate_bps: u32) -> [TierTerms; 4] {
    [TierTerms {
        upper: u64::MAX,
        rate_bps,
    }; 4]
}

/// Ten per cent initial, five per cent maintenance.
pub fn market_terms() -> MarketTerms {
    MarketTerms {
        tiers: flat_tiers(1_000),
        maintenance_fraction_bps: 5_000,
        penalty_start_bps: 50,
        penalty_max_bps: 200,
        insurance_share_bps: 2_000,
        price_band_bps: 500,
        trade_fee_tenths_bps: 50,
        max_open_interest: 1 << 40,
        dust_notional: 0,
        taker_fee_tenths_bps: 50,
        maker_fee_tenths_bps: 0,
        min_order_lots: 1,
        funding_interval: 3_600,
        funding_cap_bps: 100,
        impact_notional: 1,
        scale_start: 0,
        scale_end: 0,
        scale_max_bps: 10_000,
        trigger_fee: 0,
        mode: 0,
    }
}
