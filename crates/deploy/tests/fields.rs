//! Every value of the file, and every field of the terms, changed by itself.

mod common;

use common::{deployed, file, key, outflow, plan_of, sentences};
use counterweight_deploy::{Change, Deployment, MarketMode, change};
use counterweight_risk::{
    AssetTerms, MarketTerms, OutflowTerms,
    interest::InterestTerms,
    standard::RiskTerms,
    tiers::{TIERS, TierTerms},
};

/// The one step of a plan for a changed file, with what it changes.
#[track_caller]
fn one_step(change: impl FnOnce(&mut Deployment)) -> (String, Vec<Change>) {
    let mut changed = file();
    let chain = deployed(&changed);
    change(&mut changed);
    let plan = plan_of(&changed, &chain);
    let said = sentences(&plan);
    assert_eq!(said.len(), 1, "{said:?}");
    (said[0].clone(), plan.steps[0].changes.clone())
}

/// Each value of the file that the chain stores, changed by itself.
#[test]
fn each_value_of_the_file_makes_exactly_one_step_that_names_it() {
    type Value = (&'static str, fn(&mut Deployment));
    let clearinghouse: [Value; 12] = [
        ("guardian", |f| f.guardian = Some(key("another"))),
        ("max_depeg_bps", |f| f.max_depeg_bps += 1),
        ("liquidation_buffer_bps", |f| f.liquidation_buffer_bps += 1),
        ("auction_seconds", |f| f.auction_seconds += 1),
        ("backstop_line_bps", |f| f.backstop_line_bps += 1),
        ("backstop_daily_loss", |f| f.backstop_daily_loss += 1),
        ("profit_maturity", |f| f.profit_maturity += 1),
        ("interest.at_kink_bps", |f| f.interest.at_kink_bps += 1),
        ("interest.at_full_bps", |f| f.interest.at_full_bps += 1),
        ("interest.kink_bps", |f| f.interest.kink_bps += 1),
        ("interest.surcharge_bps", |f| f.interest.surcharge_bps += 1),
        ("interest.allowance", |f| f.interest.allowance += 1),
    ];
    let assets: [Value; 12] = [
        ("max_age_initial", |f| f.asset[1].max_age_initial += 1),
        ("max_age_liquidation", |f| {
            f.asset[1].max_age_liquidation += 1
        }),
        ("max_confidence_bps", |f| f.asset[1].max_confidence_bps += 1),
        ("max_divergence_bps", |f| f.asset[1].max_divergence_bps += 1),
        ("stable_growth_bps", |f| f.asset[1].stable_growth_bps += 1),
        ("pnl_weight_bps", |f| f.asset[1].pnl_weight_bps += 1),
        ("weights_bps", |f| f.asset[1].weights_bps[0] += 1),
        ("weights_bps", |f| f.asset[1].weights_bps[1] += 1),
        ("deposit_cap", |f| f.asset[1].deposit_cap += 1),
        ("full_weight_deposits", |f| {
            f.asset[1].full_weight_deposits += 1
        }),
        ("outflow.limit", |f| {
            f.asset[1].outflow = Some(outflow(Some(5), 86_400))
        }),
        ("outflow.window", |f| {
            f.asset[1].outflow = Some(outflow(None, 90_000))
        }),
    ];
    let markets: [Value; 24] = [
        ("tiers", |f| f.market[0].tiers[0][0] += 1),
        ("tiers", |f| f.market[0].tiers[0][1] += 1),
        ("tiers", |f| f.market[0].tiers[2][1] += 1),
        ("tiers", |f| f.market[0].tiers.insert(2, [2_000_000, 900])),
        ("maintenance_fraction_bps", |f| {
            f.market[0].maintenance_fraction_bps += 1
        }),
        ("penalty_bps", |f| f.market[0].penalty_bps[0] += 1),
        ("penalty_bps", |f| f.market[0].penalty_bps[1] += 1),
        ("insurance_share_bps", |f| {
            f.market[0].insurance_share_bps += 1
        }),
        ("price_band_bps", |f| f.market[0].price_band_bps += 1),
        ("trade_fee_tenths_bps", |f| {
            f.market[0].trade_fee_tenths_bps += 1
        }),
        ("max_open_interest", |f| f.market[0].max_open_interest += 1),
        ("dust_notional", |f| f.market[0].dust_notional += 1),
        ("book_fees_tenths_bps (the first)", |f| {
            f.market[0].book_fees_tenths_bps[0] += 1
        }),
        ("book_fees_tenths_bps (the second)", |f| {
            f.market[0].book_fees_tenths_bps[1] += 1
        }),
        ("min_order_lots", |f| f.market[0].min_order_lots += 1),
        ("funding", |f| f.market[0].funding[0] += 1),
        ("funding", |f| f.market[0].funding[1] += 1),
        ("impact_notional", |f| f.market[0].impact_notional += 1),
        ("open_interest_scale", |f| {
            f.market[0].open_interest_scale[0] += 1
        }),
        ("open_interest_scale", |f| {
            f.market[0].open_interest_scale[1] += 1
        }),
        ("open_interest_scale", |f| {
            f.market[0].open_interest_scale[2] += 1
        }),
        ("trigger_fee", |f| f.market[0].trigger_fee += 1),
        ("mode", |f| f.market[0].mode = MarketMode::ReduceOnly),
        ("order_slots", |f| f.market[0].order_slots += 400),
    ];
    for (field, value) in clearinghouse.into_iter().chain(assets).chain(markets) {
        let (said, changes) = one_step(value);
        let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, [field], "{said}");
        assert_ne!(changes[0].old, changes[0].new);
    }
}

/// Something else than it was.
trait Other {
    fn other(self) -> Self;
}

macro_rules! next {
    ($($number:ty),+) => {$(
        impl Other for $number {
            fn other(self) -> Self {
                self + 1
            }
        }
    )+};
}

next!(u8, u32, u64, i32);

impl Other for [TierTerms; TIERS] {
    fn other(mut self) -> Self {
        self[1].rate_bps += 1;
        self
    }
}

impl Other for InterestTerms {
    fn other(mut self) -> Self {
        self.kink_bps += 1;
        self
    }
}

/// The terms with each field changed in turn. Does not compile if a field is left out.
macro_rules! each_field {
    ($type:ident, $base:expr; $($field:ident),+ $(,)?) => {{
        let $type { $($field: _),+ } = $base;
        vec![$((stringify!($field), {
            let mut terms = $base;
            terms.$field = terms.$field.other();
            terms
        })),+]
    }};
}

/// No field of any terms can differ without a change that is shown.
#[test]
fn every_field_of_every_terms_struct_is_compared() {
    let file = file();
    let risk = file.risk_terms();
    for (field, other) in each_field!(RiskTerms, risk;
        max_depeg_bps, liquidation_buffer_bps, auction_seconds, backstop_line_bps, backstop_daily_loss,
        profit_maturity, interest)
    {
        assert_eq!(
            change::of_clearinghouse(&risk, &other, 6).len(),
            1,
            "{field}"
        );
    }
    for (field, interest) in each_field!(InterestTerms, risk.interest;
        at_kink_bps, at_full_bps, kink_bps, surcharge_bps, allowance)
    {
        let other = RiskTerms { interest, ..risk };
        assert_eq!(
            change::of_clearinghouse(&risk, &other, 6).len(),
            1,
            "{field}"
        );
    }
    let asset = file.asset[1].terms(true);
    for (field, other) in each_field!(AssetTerms, asset;
        max_age_initial, max_age_liquidation, max_confidence_bps, max_divergence_bps, stable_growth_bps,
        weight_initial_bps, weight_maintenance_bps, pnl_weight_bps, deposit_cap, full_weight_deposits)
    {
        assert_eq!(change::of_asset(&asset, &other, 9).len(), 1, "{field}");
    }
    let market = file.market[0].terms(1_000_000);
    for (field, other) in each_field!(MarketTerms, market;
        tiers, maintenance_fraction_bps, penalty_start_bps, penalty_max_bps, insurance_share_bps, price_band_bps,
        trade_fee_tenths_bps, max_open_interest, dust_notional, taker_fee_tenths_bps, maker_fee_tenths_bps,
        min_order_lots, funding_interval, funding_cap_bps, impact_notional, scale_start, scale_end, scale_max_bps,
        trigger_fee, mode)
    {
        assert_eq!(change::of_market(&market, &other, 6).len(), 1, "{field}");
    }
    let limit = OutflowTerms {
        limit: 5,
        window: 60,
    };
    for (field, other) in each_field!(OutflowTerms, limit; limit, window) {
        assert_eq!(change::of_outflow(&limit, &other, 6).len(), 1, "{field}");
    }
}

#[test]
fn changes_are_shown_in_the_files_units() {
    let (said, changes) = one_step(|file| {
        file.market[0].dust_notional = 250;
        file.market[0].tiers = vec![[1_000_000, 500], [0, 1_000]];
    });
    assert_eq!(said, "set the terms of market SOL-PERP");
    let shown: Vec<_> = changes
        .iter()
        .map(|change| format!("{}: {} -> {}", change.field, change.old, change.new))
        .collect();
    let expected = [
        "tiers: [[250,000, 500], [1,000,000, 800], [0, 1,500]] -> [[1,000,000, 500], [0, 1,000]]",
        "dust_notional: 100 -> 250",
    ];
    assert_eq!(shown, expected);
}
