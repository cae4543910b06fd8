//! What `docs/` states about the code is what the code says: error codes, parameters and their
//! bounds, account layouts, the table of instructions, compute limits, links.

mod compute;
mod layouts;
mod links;
mod names;

use std::collections::BTreeMap;

use counterweight_risk::{
    AssetRiskTerms, AssetTerms, MarketTerms, ScanTerms, VolatilityTerms,
    error::BoundError,
    interest::InterestTerms,
    portfolio::{CreditTerms, PortfolioTerms},
    standard::RiskTerms,
    tiers::TierTerms,
};
use counterweight_simnet::Deployment;

const README: &str = include_str!("../../../README.md");
const DOCS: &[(&str, &str)] = &[
    ("README.md", README),
    ("docs/README.md", include_str!("../../../docs/README.md")),
    (
        "docs/architecture.md",
        include_str!("../../../docs/architecture.md"),
    ),
    (
        "docs/assurance.md",
        include_str!("../../../docs/assurance.md"),
    ),
    (
        "docs/deployment.md",
        include_str!("../../../docs/deployment.md"),
    ),
    ("docs/devnet.md", include_str!("../../../docs/devnet.md")),
    ("docs/errors.md", include_str!("../../../docs/errors.md")),
    (
        "docs/integration.md",
        include_str!("../../../docs/integration.md"),
    ),
    (
        "docs/parameters.md",
        include_str!("../../../docs/parameters.md"),
    ),
    ("docs/risk.md", include_str!("../../../docs/risk.md")),
    (
        "docs/security-model.md",
        include_str!("../../../docs/security-model.md"),
    ),
];

fn doc(name: &str) -> &'static str {
    DOCS.iter()
        .find(|(path, _)| *path == name)
        .expect("a listed document")
        .1
}

/// The cells of every table row of a text, without the rows of dashes.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter_map(|line| {
        let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        let cells: Vec<_> = inner.split('|').map(str::trim).collect();
        (!cells
            .iter()
            .all(|cell| cell.chars().all(|c| "-:".contains(c))))
        .then_some(cells)
    })
}

/// The text under a heading, up to the next heading of the same or a higher level.
fn section(text: &'static str, heading: &str) -> &'static str {
    let level = heading.chars().take_while(|c| *c == '#').count();
    let start = text
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading `{heading}`"))
        + heading.len()
        + 2;
    let mut length = 0;
    for line in text[start..].split_inclusive('\n') {
        let found = line.chars().take_while(|c| *c == '#').count();
        if (1..=level).contains(&found) && line.as_bytes().get(found) == Some(&b' ') {
            break;
        }
        length += line.len();
    }
    &text[start..start + length]
}

fn code(cell: &str) -> &str {
    cell.trim_matches('`')
}

// Errors

/// Name, number and sentence of every error, from the source.
fn errors_in_source() -> Vec<(String, u32, String)> {
    let source = include_str!("../../../programs/counterweight/src/error.rs");
    let body = source
        .split("pub enum ErrorCode {")
        .nth(1)
        .expect("the enum");
    let body = body.split("\n}").next().expect("its end");
    body.split("#[msg(")
        .skip(1)
        .map(|part| {
            // The sentence, on this line or the next; then `)]`, the variant and its number.
            let (_, part) = part.split_once('"').expect("a sentence");
            let (sentence, rest) = part.split_once('"').expect("its end");
            let (_, rest) = rest.split_once(")]").expect("the end of the attribute");
            let (variant, _) = rest.split_once(',').expect("a comma");
            let (name, number) = variant.split_once('=').expect("a number");
            let number = number.trim().parse::<u32>().expect("digits");
            (name.trim().to_owned(), 6000 + number, sentence.to_owned())
        })
        .collect()
}

#[test]
fn every_error_is_documented_with_its_number_and_sentence() {
    let source = errors_in_source();
    assert!(
        source.len() > 40,
        "error.rs was not understood: {} codes",
        source.len()
    );
    let documented: BTreeMap<_, _> = rows(doc("docs/errors.md"))
        .filter(|cells| cells.len() == 4 && cells[0].parse::<u32>().is_ok())
        .map(|cells| (cells[0].parse::<u32>().unwrap(), cells))
        .collect();
    for (name, number, message) in &source {
        let cells = documented
            .get(number)
            .unwrap_or_else(|| panic!("{number} {name} is not documented"));
        assert_eq!(code(cells[1]), name, "{number}");
        assert_eq!(cells[2], message, "{number} {name}");
        assert!(cells[3].len() > 10, "{number} {name}: say what to do");
    }
    assert_eq!(
        documented.len(),
        source.len(),
        "docs/errors.md has codes that do not exist"
    );
}

// Instructions

#[test]
fn every_instruction_is_in_the_readme() {
    let source = include_str!("../../../programs/counterweight/src/lib.rs");
    let module = source.split("#[program]").nth(1).expect("the program");
    let names: Vec<_> = module
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn "))
        .map(|rest| rest.split(['(', '<']).next().expect("a name"))
        .collect();
    assert!(names.len() >= 25, "lib.rs was not understood");
    let documented: Vec<_> = rows(section(README, "## Instructions"))
        .skip(1)
        .map(|cells| {
            assert_eq!(cells.len(), 4, "{cells:?}");
            code(cells[0])
        })
        .collect();
    for name in &names {
        assert!(documented.contains(name), "README.md does not list {name}");
    }
    assert_eq!(
        documented.len(),
        names.len(),
        "README.md lists what does not exist: {documented:?}"
    );
}

// Parameters

type Bounds = Result<(), BoundError>;

/// What governance could write into one field: the largest value, and the refusal that follows.
fn bounds_of(setters: Vec<(&'static str, Bounds)>) -> Vec<BoundError> {
    setters
        .into_iter()
        .map(|(name, outcome)| {
            let error = outcome.expect_err(name);
            assert_eq!(error.field, name);
            error
        })
        .collect()
}

macro_rules! too_large {
    ($valid:expr, $check:expr, $($field:ident),+) => {
        bounds_of(vec![$((stringify!($field), {
            let mut terms = $valid;
            terms.$field = !0;
            $check(&terms)
        })),+])
    };
}

/// Within all bounds.
const RISK: AssetRiskTerms = AssetRiskTerms {
    volatility: VolatilityTerms {
        deviations_bps: 30_000,
        horizon: 3_600,
        base_rate_bps: 300,
        most_bps: 30_000,
        ramp_per_hour_bps: 10_000,
        max_return_bps: 1_000,
        max_gap: 900,
    },
    scan: ScanTerms {
        range_bps: 300,
        spread_bps: 150,
        volatility_shift_bps: 2_500,
    },
};

fn localnet_terms() -> (RiskTerms, AssetTerms, MarketTerms) {
    let deployment = Deployment::localnet();
    (
        deployment.risk_terms(),
        deployment.asset[1].terms(true),
        deployment.market[0].terms(1_000_000),
    )
}

/// Fields of a struct in a source file.
fn fields(source: &str, name: &str) -> Vec<String> {
    let body = source
        .split(&format!("pub struct {name} {{"))
        .nth(1)
        .expect(name);
    let body = body.split("\n}").next().expect("its end");
    body.lines()
        .filter_map(|line| line.trim().strip_prefix("pub "))
        .map(|rest| rest.split(':').next().expect("a field").to_owned())
        .collect()
}

#[test]
fn every_parameter_is_documented_with_the_bounds_that_the_engine_enforces() {
    let (risk, asset, market) = localnet_terms();
    let text = doc("docs/parameters.md");
    let documented: BTreeMap<_, _> = rows(text).map(|cells| (code(cells[0]), cells)).collect();
    let sources = [
        (
            include_str!("../../../crates/risk/src/params.rs"),
            "RiskTerms",
        ),
        (
            include_str!("../../../crates/risk/src/interest.rs"),
            "InterestTerms",
        ),
        (
            include_str!("../../../crates/risk/src/asset.rs"),
            "AssetTerms",
        ),
        (
            include_str!("../../../crates/risk/src/market.rs"),
            "MarketTerms",
        ),
        (
            include_str!("../../../crates/risk/src/tiers.rs"),
            "TierTerms",
        ),
        (
            include_str!("../../../crates/risk/src/risk_terms.rs"),
            "AssetRiskTerms",
        ),
        (
            include_str!("../../../crates/risk/src/risk_terms.rs"),
            "ScanTerms",
        ),
        (
            include_str!("../../../crates/risk/src/portfolio/terms.rs"),
            "PortfolioTerms",
        ),
        (
            include_str!("../../../crates/risk/src/portfolio/terms.rs"),
            "CreditTerms",
        ),
        (
            include_str!("../../../crates/risk/src/volatility.rs"),
            "VolatilityTerms",
        ),
        (
            include_str!("../../../programs/counterweight/src/instructions/admin/add_asset.rs"),
            "AssetSetup",
        ),
        (
            include_str!("../../../programs/counterweight/src/instructions/admin/add_asset.rs"),
            "OracleChoice",
        ),
        (
            include_str!("../../../programs/counterweight/src/instructions/admin/add_market.rs"),
            "MarketSetup",
        ),
        (
            include_str!(
                "../../../programs/counterweight/src/instructions/admin/create_clearinghouse.rs"
            ),
            "ClearinghouseSetup",
        ),
    ];
    for (source, name) in sources {
        for field in fields(source, name) {
            assert!(
                documented.contains_key(field.as_str()),
                "docs/parameters.md lacks {name}.{field}"
            );
        }
    }

    let interest = risk.interest;
    // Bounds that are numbers are compared with the refusal that a value far above them gives.
    let mut refusals = too_large!(
        risk,
        RiskTerms::check,
        max_depeg_bps,
        liquidation_buffer_bps,
        auction_seconds,
        backstop_line_bps,
        backstop_daily_loss,
        profit_maturity
    );
    refusals.extend(too_large!(
        interest,
        InterestTerms::check,
        at_kink_bps,
        at_full_bps,
        kink_bps,
        surcharge_bps,
        allowance
    ));
    let check = |terms: &AssetTerms| terms.check(true, false);
    refusals.extend(too_large!(
        asset,
        check,
        max_age_initial,
        max_age_liquidation,
        max_confidence_bps,
        max_divergence_bps,
        stable_growth_bps,
        pnl_weight_bps,
        weight_maintenance_bps,
        weight_initial_bps,
        deposit_cap,
        full_weight_deposits
    ));
    refusals.extend(too_large!(
        RISK.volatility,
        VolatilityTerms::check,
        deviations_bps,
        horizon,
        base_rate_bps,
        most_bps,
        ramp_per_hour_bps,
        max_return_bps,
        max_gap
    ));
    refusals.extend(too_large!(
        RISK.scan,
        ScanTerms::check,
        range_bps,
        spread_bps,
        volatility_shift_bps
    ));
    let portfolio = PortfolioTerms {
        floor_bps: 1_000,
        initial_bps: 15_000,
        ..PortfolioTerms::default()
    };
    let check = |terms: &PortfolioTerms| terms.check(4);
    refusals.extend(too_large!(portfolio, check, floor_bps, initial_bps));
    let check = |credit: &CreditTerms| {
        let mut terms = portfolio;
        terms.credits[0] = *credit;
        terms.check(4)
    };
    let credit = CreditTerms {
        first: 1,
        second: 2,
        credit_bps: 1,
        ratio_bps: 100,
    };
    refusals.extend(too_large!(credit, check, credit_bps, ratio_bps));
    refusals.extend(too_large!(
        market,
        MarketTerms::check,
        maintenance_fraction_bps,
        penalty_max_bps,
        penalty_start_bps,
        insurance_share_bps,
        price_band_bps,
        trade_fee_tenths_bps,
        max_open_interest,
        dust_notional,
        taker_fee_tenths_bps,
        min_order_lots,
        funding_interval,
        funding_cap_bps,
        impact_notional,
        scale_start,
        scale_end,
        scale_max_bps,
        trigger_fee,
        mode
    ));
    let mut compared = 0;
    for refusal in refusals {
        let cells = &documented[refusal.field];
        let number = |cell: &str| match cell.split_once('^') {
            Some(("2", power)) => {
                Some((1u64 << (power.parse::<u32>().unwrap() - 1)).wrapping_mul(2))
            }
            _ => cell.replace(',', "").parse::<u64>().ok(),
        };
        for (cell, bound, which) in [
            (cells[2], refusal.low, "lowest"),
            (cells[3], refusal.high, "highest"),
        ] {
            if let Some(stated) = number(cell) {
                assert_eq!(stated, bound, "{} {which}", refusal.field);
                compared += 1;
            }
        }
    }
    assert!(
        compared > 40,
        "only {compared} bounds are stated as numbers"
    );
    assert!(
        text.contains("1,000,000 quote atoms"),
        "the smallest first tier"
    );
    assert_eq!(counterweight_risk::tiers::MIN_TIER, 1_000_000);
}

#[test]
fn the_smallest_schedule_is_what_the_parameters_say() {
    // docs/parameters.md: unused tiers repeat the last one, whose size is 2^64 − 1.
    let (_, _, market) = localnet_terms();
    assert_eq!(market.tiers[3], market.tiers[2]);
    let open = TierTerms {
        upper: u64::MAX,
        rate_bps: 500,
    };
    assert!(counterweight_risk::tiers::check(&[open; 4]).is_ok());
    assert!(doc("docs/parameters.md").contains("18,446,744,073,709,551,615"));
}
