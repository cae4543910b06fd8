//! The terms that governance wrote, read back from what the chain stores.
//!
//! The chain keeps terms ready for use: basis points as binary ratios, tiers folded with their multipliers. A basis
//! point is a hundred units of a ratio, so nothing is lost by it, and what is read back is what was written, to
//! the unit. Only the mode of a market that has ended is none that could be written.

use counterweight_risk::{
    Asset, AssetRiskTerms, AssetTerms, Market, MarketTerms, Ratio, RiskParams, ScanTerms,
    VolatilityTerms,
    interest::InterestTerms,
    standard::RiskTerms,
    tiers::{TIERS, TierTerms},
};

/// A ratio of one.
const ONE: u64 = 1 << 20;
/// Basis points in one.
const BPS: u64 = 10_000;
/// Tenths of a basis point in one.
const TENTHS: u64 = 100_000;

/// What a ratio was made of that was rounded down: the least number that gives it.
fn floored(ratio: Ratio, parts: u64) -> u32 {
    let parts = (u64::from(ratio.0) * parts).div_ceil(ONE);
    u32::try_from(parts).unwrap_or(u32::MAX)
}

/// What a ratio was made of that was rounded up: the largest number that gives it.
fn ceiled(ratio: Ratio, parts: u64) -> u32 {
    let parts = u64::from(ratio.0) * parts / ONE;
    u32::try_from(parts).unwrap_or(u32::MAX)
}

/// The terms of a clearinghouse.
pub fn of_clearinghouse(params: &RiskParams) -> RiskTerms {
    let interest = &params.interest;
    RiskTerms {
        max_depeg_bps: floored(params.max_depeg, BPS),
        liquidation_buffer_bps: ceiled(params.liquidation_buffer, BPS),
        auction_seconds: params.auction_seconds,
        backstop_line_bps: floored(params.backstop_line, BPS),
        backstop_daily_loss: params.backstop_daily_loss,
        profit_maturity: params.profit_maturity,
        interest: InterestTerms {
            at_kink_bps: ceiled(interest.at_kink, BPS),
            at_full_bps: ceiled(interest.at_full, BPS),
            kink_bps: floored(interest.kink, BPS),
            surcharge_bps: ceiled(interest.surcharge, BPS),
            allowance: interest.allowance,
        },
    }
}

/// The terms of an asset. The initial weight is that of the terms, whatever is deposited.
pub fn of_asset(row: &Asset) -> AssetTerms {
    AssetTerms {
        max_age_initial: row.max_age_initial,
        max_age_liquidation: row.max_age_liquidation,
        max_confidence_bps: floored(row.max_confidence, BPS),
        max_divergence_bps: floored(row.max_divergence, BPS),
        stable_growth_bps: floored(row.stable_growth, BPS),
        weight_initial_bps: floored(row.weight_initial_full, BPS),
        weight_maintenance_bps: floored(row.weight_maintenance, BPS),
        pnl_weight_bps: floored(row.pnl_weight, BPS),
        deposit_cap: row.deposit_cap,
        full_weight_deposits: row.full_weight_deposits,
    }
}

/// The risk terms of an asset.
pub fn of_asset_risk(row: &Asset) -> AssetRiskTerms {
    let (of, scan) = (&row.volatility, &row.scan);
    AssetRiskTerms {
        volatility: VolatilityTerms {
            deviations_bps: ceiled(of.deviations, BPS),
            horizon: of.horizon,
            base_rate_bps: floored(of.base_rate, BPS),
            most_bps: ceiled(of.most, BPS),
            ramp_per_hour_bps: floored(of.ramp, BPS),
            max_return_bps: floored(of.max_return, BPS),
            max_gap: of.max_gap,
        },
        scan: ScanTerms {
            range_bps: ceiled(scan.range, BPS),
            spread_bps: ceiled(scan.spread, BPS),
            volatility_shift_bps: ceiled(scan.volatility_shift, BPS),
        },
    }
}

/// The terms of a market. The rates are those that were written, without the scale of the open interest.
pub fn of_market(row: &Market) -> MarketTerms {
    let tier = |at: usize| TierTerms {
        upper: row.initial.tiers[at].upper,
        rate_bps: row.rates_bps[at],
    };
    MarketTerms {
        tiers: core::array::from_fn::<_, TIERS, _>(tier),
        maintenance_fraction_bps: ceiled(row.maintenance_fraction, BPS),
        penalty_start_bps: floored(row.penalty_start, BPS),
        penalty_max_bps: floored(row.penalty_max, BPS),
        insurance_share_bps: floored(row.insurance_share, BPS),
        price_band_bps: floored(row.price_band, BPS),
        trade_fee_tenths_bps: ceiled(row.trade_fee, TENTHS),
        max_open_interest: row.max_open_interest.0.unsigned_abs(),
        dust_notional: row.dust_notional,
        taker_fee_tenths_bps: row.taker_fee_tenths,
        maker_fee_tenths_bps: row.maker_fee_tenths,
        min_order_lots: row.min_order_lots,
        funding_interval: row.funding_interval,
        funding_cap_bps: floored(row.funding_cap, BPS),
        impact_notional: row.impact_notional,
        scale_start: row.scale_start,
        scale_end: row.scale_end,
        scale_max_bps: ceiled(row.scale_max, BPS),
        trigger_fee: row.trigger_fee,
        mode: row.mode,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    /// Every number of basis points, and of tenths, that any bound allows.
    #[test]
    fn a_ratio_gives_back_what_it_was_made_of() {
        for bps in 0..=50_000 {
            assert_eq!(floored(Ratio::from_bps_floor(bps), BPS), bps);
            assert_eq!(ceiled(Ratio::from_bps_ceil(bps), BPS), bps);
        }
        for tenths in 0..=100_000u32 {
            let raw = (u64::from(tenths) << 20).div_ceil(TENTHS);
            let ratio = Ratio(u32::try_from(raw).expect("a ratio"));
            assert_eq!(ceiled(ratio, TENTHS), tenths);
        }
    }

    #[test]
    fn terms_are_read_back_as_they_were_written() {
        let risk = RiskTerms {
            max_depeg_bps: 201,
            liquidation_buffer_bps: 1_003,
            auction_seconds: 31,
            backstop_line_bps: 4_999,
            backstop_daily_loss: 250_000_000_007,
            profit_maturity: 3_601,
            interest: InterestTerms {
                at_kink_bps: 801,
                at_full_bps: 9_999,
                kink_bps: 2_003,
                surcharge_bps: 5_007,
                allowance: 1_000_000_000_009,
            },
        };
        let mut params = RiskParams::zeroed();
        params.set_terms(&risk, 1_790_000_000).expect("terms");
        assert_eq!(of_clearinghouse(&params), risk);

        let asset = AssetTerms {
            max_age_initial: 59,
            max_age_liquidation: 301,
            max_confidence_bps: 101,
            max_divergence_bps: 1_009,
            stable_growth_bps: 103,
            weight_initial_bps: 8_003,
            weight_maintenance_bps: 9_001,
            pnl_weight_bps: 9_007,
            deposit_cap: 1_000_000_000_000_011,
            full_weight_deposits: 400_000_000_000_013,
        };
        let mut row = Asset::zeroed();
        row.set_lot(-2, 9).expect("lot");
        row.set_terms(&asset).expect("terms");
        // Deposits lower the weight that is in force, not that of the terms.
        row.note_deposits(900_000_000_000_000).expect("deposits");
        assert!(row.weight_initial < row.weight_initial_full);
        assert_eq!(of_asset(&row), asset);
    }

    #[test]
    fn risk_terms_of_an_asset_are_read_back_as_they_were_written() {
        let terms = AssetRiskTerms {
            volatility: VolatilityTerms {
                deviations_bps: 30_001,
                horizon: 3_601,
                base_rate_bps: 301,
                most_bps: 40_003,
                ramp_per_hour_bps: 10_007,
                max_return_bps: 1_009,
                max_gap: 901,
            },
            scan: ScanTerms {
                range_bps: 299,
                spread_bps: 101,
                volatility_shift_bps: 2_503,
            },
        };
        let mut row = Asset::zeroed();
        assert_eq!(of_asset_risk(&row), AssetRiskTerms::default());
        row.set_risk_terms(&terms);
        assert_eq!(of_asset_risk(&row), terms);
    }

    #[test]
    fn terms_of_a_market_are_read_back_whatever_its_open_interest() {
        let tier = |upper, rate_bps| TierTerms { upper, rate_bps };
        let terms = MarketTerms {
            tiers: [
                tier(250_000_000_001, 501),
                tier(1_000_000_000_003, 803),
                tier(u64::MAX, 1_507),
                tier(u64::MAX, 1_507),
            ],
            maintenance_fraction_bps: 6_001,
            penalty_start_bps: 51,
            penalty_max_bps: 203,
            insurance_share_bps: 3_007,
            price_band_bps: 301,
            trade_fee_tenths_bps: 23,
            max_open_interest: 100_000_003,
            dust_notional: 100_000_007,
            taker_fee_tenths_bps: 31,
            maker_fee_tenths_bps: -7,
            min_order_lots: 11,
            funding_interval: 3_601,
            funding_cap_bps: 103,
            impact_notional: 10_000_000_009,
            scale_start: 20_000_003,
            scale_end: 100_000_007,
            scale_max_bps: 20_011,
            trigger_fee: 100_003,
            mode: 1,
        };
        let mut row = Market::zeroed();
        row.set_terms(&terms).expect("terms");
        assert_eq!(of_market(&row), terms);
        row.rescale(60_000_000).expect("rescale");
        assert!(row.scale > Ratio::ONE);
        assert_eq!(of_market(&row), terms);
    }
}
