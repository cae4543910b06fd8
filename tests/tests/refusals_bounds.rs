//! Every parameter has hard bounds, and a refusal names the field, what was found and what is allowed.

use counterweight::{AssetSetup, OracleChoice, error::ErrorCode, oracle::PYTH_RECEIVER};
use counterweight_risk::{AssetTerms, MarketTerms, standard::RiskTerms};
use counterweight_simnet::{Exchange, Signer, name16};
use counterweight_tests::scene::{Outcome, assert_numbers, localnet, no_oracle, refused};

/// Field, what is found, lowest, highest.
type Bound = (&'static str, i128, i128, i128);

/// Terms with one field changed are refused by this bound.
type Case<T> = (Bound, fn(&mut T));

fn refused_by_bounds(
    x: &mut Exchange,
    bound: Bound,
    action: impl FnOnce(&mut Exchange) -> Outcome,
) {
    let (field, found, low, high) = bound;
    let failure = refused(x, &[], ErrorCode::ParameterOutOfBounds, action);
    assert_numbers(
        &failure,
        &[(field, found), ("lowest", low), ("highest", high)],
    );
}

#[test]
fn risk_terms_have_bounds() {
    let mut x = localnet();
    let cases: [Case<RiskTerms>; 11] = [
        (("max_depeg_bps", 9, 10, 1_000), |t| t.max_depeg_bps = 9),
        (("max_depeg_bps", 1_001, 10, 1_000), |t| {
            t.max_depeg_bps = 1_001
        }),
        (("liquidation_buffer_bps", 99, 100, 5_000), |t| {
            t.liquidation_buffer_bps = 99
        }),
        (("liquidation_buffer_bps", 5_001, 100, 5_000), |t| {
            t.liquidation_buffer_bps = 5_001
        }),
        (("auction_seconds", 0, 1, 3_600), |t| t.auction_seconds = 0),
        (("auction_seconds", 3_601, 1, 3_600), |t| {
            t.auction_seconds = 3_601
        }),
        (("backstop_line_bps", 9_001, 0, 9_000), |t| {
            t.backstop_line_bps = 9_001
        }),
        (("backstop_daily_loss", (1 << 60) + 1, 0, 1 << 60), |t| {
            t.backstop_daily_loss = (1 << 60) + 1
        }),
        (("profit_maturity", 604_801, 0, 604_800), |t| {
            t.profit_maturity = 604_801
        }),
        (("kink_bps", 9_901, 100, 9_900), |t| {
            t.interest.kink_bps = 9_901
        }),
        (("allowance", 0, 1, 1 << 60), |t| t.interest.allowance = 0),
    ];
    for (bound, change) in cases {
        let mut terms = x.deployment.risk_terms();
        change(&mut terms);
        refused_by_bounds(&mut x, bound, |x| {
            x.govern(x.venue.set_risk_terms(x.authority.pubkey(), terms))
        });
    }
}

const CAP: i128 = (u64::MAX >> 1) as i128;

#[test]
fn asset_terms_have_bounds() {
    let mut x = localnet();
    let cases: [Case<AssetTerms>; 14] = [
        (("max_age_initial", 0, 1, 300), |t| t.max_age_initial = 0),
        (("max_age_initial", 301, 1, 300), |t| {
            t.max_age_initial = 301
        }),
        (("max_age_liquidation", 59, 60, 3_600), |t| {
            t.max_age_liquidation = 59
        }),
        (("max_age_liquidation", 3_601, 60, 3_600), |t| {
            t.max_age_liquidation = 3_601
        }),
        (("max_confidence_bps", 1_001, 1, 1_000), |t| {
            t.max_confidence_bps = 1_001
        }),
        (("max_divergence_bps", 5_001, 1, 5_000), |t| {
            t.max_divergence_bps = 5_001
        }),
        (("stable_growth_bps", 0, 1, 1_000), |t| {
            t.stable_growth_bps = 0
        }),
        (("pnl_weight_bps", 10_001, 0, 10_000), |t| {
            t.pnl_weight_bps = 10_001
        }),
        (("weight_maintenance_bps", 9_901, 1, 9_900), |t| {
            t.weight_maintenance_bps = 9_901
        }),
        (("weight_maintenance_bps", 0, 1, 9_900), |t| {
            t.weight_maintenance_bps = 0
        }),
        (("weight_initial_bps", 9_001, 1, 9_000), |t| {
            t.weight_initial_bps = 9_001
        }),
        (("weight_initial_bps", 0, 1, 9_000), |t| {
            t.weight_initial_bps = 0
        }),
        (("deposit_cap", CAP + 1, 0, CAP), |t| {
            t.deposit_cap = 1 << 63
        }),
        (("full_weight_deposits", 0, 1, CAP), |t| {
            t.full_weight_deposits = 0
        }),
    ];
    for (bound, change) in cases {
        let mut terms = x.deployment.asset[1].terms(true);
        change(&mut terms);
        refused_by_bounds(&mut x, bound, |x| {
            x.govern(x.venue.set_asset_terms(x.authority.pubkey(), 1, terms))
        });
    }
}

#[test]
fn what_is_not_collateral_has_no_weight_and_the_quote_token_full_weight() {
    let mut x = localnet();
    let mut terms = x.deployment.asset[2].terms(false);
    terms.weight_maintenance_bps = 1;
    refused_by_bounds(&mut x, ("weight_maintenance_bps", 1, 0, 0), |x| {
        x.govern(x.venue.set_asset_terms(x.authority.pubkey(), 2, terms))
    });
    let mut terms = x.deployment.asset[2].terms(false);
    terms.deposit_cap = 1;
    refused_by_bounds(&mut x, ("deposit_cap", 1, 0, 0), |x| {
        x.govern(x.venue.set_asset_terms(x.authority.pubkey(), 2, terms))
    });
    let mut terms = x.deployment.asset[0].terms(true);
    terms.weight_maintenance_bps = 9_999;
    refused_by_bounds(
        &mut x,
        ("weight_maintenance_bps", 9_999, 10_000, 10_000),
        |x| x.govern(x.venue.set_asset_terms(x.authority.pubkey(), 0, terms)),
    );
    let setup = counterweight::ClearinghouseSetup {
        guardian: x.guardian.pubkey(),
        risk: x.deployment.risk_terms(),
        quote_name: name16("USDC"),
        quote_oracle: no_oracle(),
        quote: terms,
    };
    refused_by_bounds(
        &mut x,
        ("weight_maintenance_bps", 9_999, 10_000, 10_000),
        |x| {
            let (creator, quote) = (x.authority.pubkey(), x.collateral(0));
            x.govern(counterweight_sdk::instructions::create_clearinghouse(
                creator, 1, &quote, setup,
            ))
        },
    );
}

#[test]
fn market_terms_have_bounds() {
    let mut x = localnet();
    let lots = 1 << 44;
    let atoms = 1 << 40;
    let open = i128::from(u64::MAX);
    // The first tier asks 5 %, and maintenance 60 % of that.
    let impact = 1 << 50;
    let cases: [Case<MarketTerms>; 34] = [
        (("tier rate", 0, 1, 10_000), |t| t.tiers[0].rate_bps = 0),
        (("tier rate", 10_001, 800, 10_000), |t| {
            t.tiers[2].rate_bps = 10_001
        }),
        (("tier rate", 799, 800, 10_000), |t| {
            t.tiers[2].rate_bps = 799
        }),
        (("tier size", 999_999, 1_000_000, open), |t| {
            t.tiers[0].upper = 999_999
        }),
        (("tier size", open - 1, open, open), |t| {
            t.tiers[3].upper = u64::MAX - 1
        }),
        (("maintenance_fraction_bps", 2_499, 2_500, 9_500), |t| {
            t.maintenance_fraction_bps = 2_499
        }),
        (("maintenance_fraction_bps", 9_501, 2_500, 9_500), |t| {
            t.maintenance_fraction_bps = 9_501
        }),
        (("penalty_max_bps", 300, 0, 299), |t| {
            t.penalty_max_bps = 300
        }),
        (("penalty_start_bps", 201, 0, 200), |t| {
            t.penalty_start_bps = 201
        }),
        (("insurance_share_bps", 8_001, 0, 8_000), |t| {
            t.insurance_share_bps = 8_001
        }),
        (("price_band_bps", 501, 1, 500), |t| t.price_band_bps = 501),
        (("trade_fee_tenths_bps", 1_001, 0, 1_000), |t| {
            t.trade_fee_tenths_bps = 1_001
        }),
        (("max_open_interest", lots + 1, 1, lots), |t| {
            t.max_open_interest = (1 << 44) + 1
        }),
        (("dust_notional", atoms + 1, 0, atoms), |t| {
            t.dust_notional = (1 << 40) + 1
        }),
        (("taker_fee_tenths_bps", 1_001, 0, 1_000), |t| {
            t.taker_fee_tenths_bps = 1_001
        }),
        (("maker_fee_tenths_bps", 1_001, 0, 1_000), |t| {
            t.maker_fee_tenths_bps = 1_001
        }),
        // A rebate is at most what the taker pays, 30 tenths.
        (("maker_fee_tenths_bps", 31, 0, 30), |t| {
            t.maker_fee_tenths_bps = -31
        }),
        (("maker_fee_tenths_bps", 1 << 31, 0, 30), |t| {
            t.maker_fee_tenths_bps = i32::MIN
        }),
        (("min_order_lots", 0, 1, atoms), |t| t.min_order_lots = 0),
        (("min_order_lots", atoms + 1, 1, atoms), |t| {
            t.min_order_lots = (1 << 40) + 1
        }),
        (("funding_interval", 59, 60, 86_400), |t| {
            t.funding_interval = 59
        }),
        (("funding_interval", 86_401, 60, 86_400), |t| {
            t.funding_interval = 86_401
        }),
        (("funding_cap_bps", 1_001, 0, 1_000), |t| {
            t.funding_cap_bps = 1_001
        }),
        (("impact_notional", 0, 1, impact), |t| t.impact_notional = 0),
        (("impact_notional", impact + 1, 1, impact), |t| {
            t.impact_notional = (1 << 50) + 1
        }),
        (("scale_end", lots + 1, 0, lots), |t| {
            t.scale_end = (1 << 44) + 1
        }),
        (("scale_start", 100_000_001, 0, 100_000_000), |t| {
            t.scale_start = t.scale_end + 1
        }),
        (("scale_start", 20_000_000, 0, 19_999_999), |t| {
            t.scale_end = t.scale_start - 1
        }),
        (("scale_max_bps", 9_999, 10_000, 40_000), |t| {
            t.scale_max_bps = 9_999
        }),
        (("scale_max_bps", 40_001, 10_000, 40_000), |t| {
            t.scale_max_bps = 40_001
        }),
        (("trigger_fee", (1 << 30) + 1, 0, 1 << 30), |t| {
            t.trigger_fee = (1 << 30) + 1
        }),
        // Settlement has an instruction of its own.
        (("mode", 3, 0, 2), |t| t.mode = 3),
        (("mode", 255, 0, 2), |t| t.mode = u8::MAX),
        (("max_open_interest", 0, 1, lots), |t| {
            t.max_open_interest = 0
        }),
    ];
    for (bound, change) in cases {
        let mut terms = x.market_setup(0).terms;
        change(&mut terms);
        refused_by_bounds(&mut x, bound, |x| {
            x.govern(x.venue.set_market_terms(x.authority.pubkey(), 0, terms))
        });
    }
}

#[test]
fn ticks_lots_and_pauses_have_bounds() {
    let mut x = localnet();
    for tick_size in [0u64, (1 << 40) + 1] {
        let setup = counterweight::MarketSetup {
            tick_size,
            ..x.market_setup(0)
        };
        refused_by_bounds(&mut x, ("tick_size", tick_size.into(), 1, 1 << 40), |x| {
            x.govern(x.venue.add_market(x.authority.pubkey(), 3, setup))
        });
    }
    // A lot below an atom would wrap to a large number: found is what a negative power looks like.
    let negative = i128::from(u64::MAX);
    let cases: [(Bound, i8, u8); 4] = [
        (("decimals", 13, 0, 12), 0, 13),
        (("lot_exponent + decimals", negative, 0, 12), -7, 6),
        (("lot_exponent + decimals", 13, 0, 12), 7, 6),
        (("lot_exponent + 12", 19, 0, 18), 7, 0),
    ];
    for (bound, lot_exponent, decimals) in cases {
        let setup = AssetSetup {
            name: name16("JUP"),
            oracle: OracleChoice {
                kind: 1,
                owner: PYTH_RECEIVER,
                feed: [7; 32],
            },
            lot_exponent,
            decimals,
            terms: x.deployment.asset[2].terms(false),
        };
        refused_by_bounds(&mut x, bound, |x| {
            x.govern(x.venue.add_asset(x.authority.pubkey(), setup))
        });
    }
    refused_by_bounds(&mut x, ("paused", 32, 0, 31), |x| {
        x.govern(x.venue.pause(x.authority.pubkey(), 32))
    });
}
