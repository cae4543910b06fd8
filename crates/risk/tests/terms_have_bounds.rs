//! Every term that governance sets has hard bounds: the value at a limit is accepted, the next one
//! is refused with the field's name and the limits.

mod common;

use bytemuck::Zeroable;
use common::{asset_terms, flat_tiers, market_terms, risk_terms};
use counterweight_risk::{
    Asset, AssetTerms, BoundError, MarketTerms, QuoteAtoms, RiskParams,
    interest::InterestTerms,
    standard::RiskTerms,
    tiers::{MIN_TIER, TierTerms},
    units::Ratio,
};
use proptest::prelude::*;

/// Sets one field to its limits and to what lies one beyond.
fn check_bounds<T>(
    field: &'static str,
    (low, high): (u64, u64),
    set: impl Fn(u64) -> T,
    check: impl Fn(&T) -> Result<(), BoundError>,
) {
    assert_eq!(check(&set(low)), Ok(()), "{field} at its lowest");
    assert_eq!(check(&set(high)), Ok(()), "{field} at its highest");
    let beyond = [low.checked_sub(1), high.checked_add(1)];
    for found in beyond.into_iter().flatten() {
        let refused = BoundError {
            field,
            found,
            low,
            high,
        };
        assert_eq!(check(&set(found)), Err(refused));
    }
}

fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap()
}

/// One line for each field.
macro_rules! bounds {
    ($base:expr, $check:expr, $($field:ident: $low:expr => $high:expr),+ $(,)?) => {$(
        check_bounds(
            stringify!($field),
            ($low, $high),
            |value| { let mut terms = $base; terms.$field = value.try_into().unwrap(); terms },
            $check,
        );
    )+};
}

#[test]
fn every_term_of_a_collateral_asset_has_its_bounds() {
    let check = |terms: &AssetTerms| terms.check(true, false);
    // The two ages and the two weights bound each other: their partners stand out of the way.
    let base = AssetTerms {
        max_age_initial: 1,
        max_age_liquidation: 3_600,
        weight_initial_bps: 1,
        weight_maintenance_bps: 9_900,
        ..asset_terms()
    };
    bounds!(base, check,
        max_age_initial: 1 => 300,
        max_age_liquidation: 1 => 3_600,
        max_confidence_bps: 1 => 1_000,
        max_divergence_bps: 1 => 5_000,
        stable_growth_bps: 1 => 1_000,
        pnl_weight_bps: 0 => 10_000,
        weight_maintenance_bps: 1 => 9_900,
        weight_initial_bps: 1 => 9_900,
        deposit_cap: 0 => u64::MAX >> 1,
        full_weight_deposits: 1 => u64::MAX >> 1,
    );
}

#[test]
fn ages_and_weights_of_an_asset_are_ordered() {
    let check = |terms: &AssetTerms| terms.check(true, false);
    let base = AssetTerms {
        max_age_initial: 77,
        weight_maintenance_bps: 5_000,
        weight_initial_bps: 5_000,
        ..asset_terms()
    };
    bounds!(base, check, max_age_liquidation: 77 => 3_600, weight_initial_bps: 1 => 5_000);
}

#[test]
fn the_quote_token_counts_in_full_and_what_is_no_collateral_not_at_all() {
    let full = AssetTerms {
        weight_initial_bps: 10_000,
        weight_maintenance_bps: 10_000,
        ..asset_terms()
    };
    let quote = |terms: &AssetTerms| terms.check(true, true);
    bounds!(full, quote, weight_maintenance_bps: 10_000 => 10_000, weight_initial_bps: 10_000 => 10_000);
    let nothing = AssetTerms {
        weight_initial_bps: 0,
        weight_maintenance_bps: 0,
        deposit_cap: 0,
        full_weight_deposits: 0,
        ..asset_terms()
    };
    let index = |terms: &AssetTerms| terms.check(false, false);
    bounds!(nothing, index, weight_maintenance_bps: 0 => 0, weight_initial_bps: 0 => 0, deposit_cap: 0 => 0, full_weight_deposits: 0 => 0);
}

#[test]
fn a_lot_is_between_one_and_ten_to_the_twelfth_token_atoms() {
    let set = |lot: i8, decimals: u8| Asset::zeroed().set_lot(lot, decimals).map_err(|e| e.field);
    let together = Err("lot_exponent + decimals");
    assert_eq!(set(-12, 12), Ok(()));
    assert_eq!(set(-12, 13), Err("decimals"));
    assert_eq!(set(-13, 12), together);
    assert_eq!(set(-7, 6), together);
    assert_eq!(set(-6, 6), Ok(()));
    assert_eq!(set(6, 6), Ok(()));
    assert_eq!(set(6, 7), together);
    assert_eq!(set(6, 0), Ok(()));
    assert_eq!(set(7, 0), Err("lot_exponent + 12"));
    for (lot, decimals, atoms) in [(-9, 9, 1), (-2, 9, 10_000_000), (6, 6, 1_000_000_000_000)] {
        let mut asset = Asset::zeroed();
        asset.set_lot(lot, decimals).unwrap();
        assert_eq!(asset.atoms_per_lot, atoms);
    }
}

#[test]
fn every_term_of_a_market_has_its_bounds() {
    let base = MarketTerms {
        penalty_start_bps: 0,
        penalty_max_bps: 0,
        ..market_terms()
    };
    bounds!(base, MarketTerms::check,
        maintenance_fraction_bps: 2_500 => 9_500,
        penalty_max_bps: 0 => 499, // below the maintenance rate of 5 per cent
        insurance_share_bps: 0 => 8_000,
        price_band_bps: 1 => 1_000, // the initial rate
        trade_fee_tenths_bps: 0 => 1_000,
        max_open_interest: 1 => 1 << 44,
        dust_notional: 0 => 1 << 40,
        taker_fee_tenths_bps: 0 => 1_000,
        min_order_lots: 1 => 1 << 40,
        funding_interval: 60 => 86_400,
        funding_cap_bps: 0 => 1_000,
        impact_notional: 1 => 1 << 50,
        scale_end: 0 => 1 << 44,
        scale_max_bps: 10_000 => 40_000,
        trigger_fee: 0 => 1 << 30,
    );
    let band = MarketTerms {
        penalty_max_bps: 123,
        ..base
    };
    bounds!(band, MarketTerms::check, penalty_start_bps: 0 => 123);
}

/// A rebate is named by its size, and is at most what the taker pays.
#[test]
fn a_maker_pays_at_most_one_per_cent_and_receives_at_most_what_the_taker_pays() {
    let with = |taker, maker| MarketTerms {
        taker_fee_tenths_bps: taker,
        maker_fee_tenths_bps: maker,
        ..market_terms()
    };
    for (taker, maker) in [(0, 0), (0, 1_000), (77, -77), (1_000, -1_000)] {
        assert_eq!(with(taker, maker).check(), Ok(()), "{taker} {maker}");
    }
    for (taker, maker, found, high) in [
        (77, -78, 78, 77),
        (0, -1, 1, 0),
        (1_000, 1_001, 1_001, 1_000),
        (0, i32::MIN, 1 << 31, 0),
    ] {
        let refused = BoundError {
            field: "maker_fee_tenths_bps",
            found,
            low: 0,
            high,
        };
        assert_eq!(with(taker, maker).check(), Err(refused));
    }
}

#[test]
fn the_requirement_starts_to_grow_no_later_than_it_has_grown() {
    let base = MarketTerms {
        scale_end: 1_234,
        ..market_terms()
    };
    bounds!(base, MarketTerms::check, scale_start: 0 => 1_234);
}

/// Settlement is no term: it has its own instruction, and a price.
#[test]
fn a_mode_is_active_post_only_or_reduce_only() {
    for mode in 0..=u8::MAX {
        let terms = MarketTerms {
            mode,
            ..market_terms()
        };
        let field = terms.check().map_err(|error| error.field);
        assert_eq!(field, if mode <= 2 { Ok(()) } else { Err("mode") });
    }
}

#[test]
fn a_penalty_stays_below_the_maintenance_rate_that_it_is_paid_from() {
    for (rate, fraction, highest) in [
        (1_000, 5_000, 499),
        (100, 9_500, 94),
        (3, 2_500, 0),
        (10_000, 9_500, 9_499),
    ] {
        let base = MarketTerms {
            tiers: flat_tiers(rate),
            maintenance_fraction_bps: fraction,
            penalty_start_bps: 0,
            penalty_max_bps: 0,
            price_band_bps: 1,
            ..market_terms()
        };
        bounds!(base, MarketTerms::check, penalty_max_bps: 0 => highest, price_band_bps: 1 => u64::from(rate));
    }
}

#[test]
fn tiers_ascend_in_size_and_rate_and_the_last_is_open() {
    let tier = |upper, rate_bps| TierTerms { upper, rate_bps };
    let open = u64::MAX;
    let base = [
        tier(MIN_TIER, 1_000),
        tier(2 * MIN_TIER, 1_500),
        tier(open, 2_000),
        tier(open, 2_000),
    ];
    let with = |k: usize, change: fn(&mut TierTerms, u64)| {
        move |value| {
            let mut terms = market_terms();
            terms.tiers = base;
            change(&mut terms.tiers[k], value);
            terms
        }
    };
    let check = MarketTerms::check;
    let rate: fn(&mut TierTerms, u64) = |tier, value| tier.rate_bps = small(value);
    let size: fn(&mut TierTerms, u64) = |tier, value| tier.upper = value;
    for equal in [1_000, 2_000] {
        assert_eq!(check(&with(1, rate)(equal)), Ok(()));
    }
    assert_eq!(check(&with(0, size)(MIN_TIER)), Ok(()));
    assert_eq!(
        check(&with(0, size)(MIN_TIER - 1)),
        Err(BoundError {
            field: "tier size",
            found: MIN_TIER - 1,
            low: MIN_TIER,
            high: open
        })
    );
    assert_eq!(check(&with(1, size)(MIN_TIER + 1)), Ok(()));
    for (k, value) in [(1, MIN_TIER), (2, 2 * MIN_TIER), (3, 5), (3, open - 1)] {
        assert_eq!(
            check(&with(k, size)(value)).unwrap_err().field,
            "tier size",
            "{k}"
        );
    }
    for (k, value) in [
        (0, 0),
        (1, 999),
        (1, 2_001),
        (2, 10_001),
        (3, 1_999),
        (3, 2_001),
    ] {
        assert_eq!(
            check(&with(k, rate)(value)).unwrap_err().field,
            "tier rate",
            "{k}"
        );
    }
    // Four tiers in use, of which the last does not reach to the end.
    let mut closed = market_terms();
    closed.tiers = [
        base[0],
        base[1],
        tier(3 * MIN_TIER, 2_000),
        tier(4 * MIN_TIER, 2_000),
    ];
    assert_eq!(check(&closed).unwrap_err().field, "tier size");
    closed.tiers[3].upper = open;
    assert_eq!(check(&closed), Ok(()));
}

#[test]
fn every_term_of_a_clearinghouse_has_its_bounds() {
    bounds!(risk_terms(), RiskTerms::check,
        max_depeg_bps: 10 => 1_000,
        liquidation_buffer_bps: 100 => 5_000,
        auction_seconds: 1 => 3_600,
        backstop_line_bps: 0 => 9_000,
        backstop_daily_loss: 0 => 1 << 60,
        profit_maturity: 0 => 604_800,
    );
    // The two rates bound each other.
    let base = InterestTerms {
        at_kink_bps: 0,
        at_full_bps: 50_000,
        ..risk_terms().interest
    };
    bounds!(base, InterestTerms::check,
        at_kink_bps: 0 => 10_000,
        at_full_bps: 0 => 50_000,
        kink_bps: 100 => 9_900,
        surcharge_bps: 0 => 10_000,
        allowance: 1 => 1 << 60,
    );
    let base = InterestTerms {
        at_kink_bps: 700,
        ..base
    };
    bounds!(base, InterestTerms::check, at_full_bps: 700 => 50_000);
    // And they are part of the clearinghouse's.
    let mut terms = risk_terms();
    terms.interest.allowance = 0;
    assert_eq!(terms.check().unwrap_err().field, "allowance");
}

#[test]
fn terms_become_ratios_that_round_against_the_account() {
    let mut params = RiskParams::zeroed();
    params.set_terms(&risk_terms(), 0).unwrap();
    assert_eq!(params.max_depeg, Ratio((100 << 20) / 10_000));
    assert_eq!(params.liquidation_buffer, Ratio(52_429)); // 5 per cent, up
    let mut world = common::World::new(common::PAR);
    let asset = world.add_asset(&asset_terms(), (-2, 6), &[]);
    let market = world.add_market(asset, &market_terms());
    let (asset, market) = (
        &world.assets[usize::from(asset)],
        &world.markets[usize::from(market)],
    );
    assert_eq!(asset.weight_maintenance, Ratio(943_718)); // 90 per cent, down
    assert_eq!(market.initial.tiers[0].rate, Ratio(104_858)); // 10 per cent, up
    assert_eq!(market.maintenance.tiers[0].rate, Ratio(52_429));
    // 5 basis points of a million atoms are 500; the binary fraction above adds one.
    assert_eq!(market.fee(QuoteAtoms(1_000_000)), Ok(QuoteAtoms(501)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever passes the check can be written, and leaves a penalty that liquidation can pay.
    #[test]
    fn accepted_terms_can_always_be_written(terms in common::scenario::arb_market_terms()) {
        prop_assert_eq!(terms.check(), Ok(()));
        let mut market = counterweight_risk::Market::zeroed();
        market.set_terms(&terms).unwrap();
        prop_assert!(market.penalty_start <= market.penalty_max);
        let first = &market.maintenance.tiers[0];
        prop_assert!(market.penalty_max < first.rate);
        for (initial, maintenance) in market.initial.tiers.iter().zip(&market.maintenance.tiers) {
            prop_assert!(maintenance.rate <= initial.rate && first.rate <= maintenance.rate);
        }
    }
}
