//! What a plan says of a chain.

mod common;

use anchor_lang::prelude::Pubkey;
use common::{NOW, bare, context, deployed, file, key, plan_of, sentences};
use counterweight::state::MARKET_LARGEST;
use counterweight_deploy::{
    Action, Change, Deployment, MarketMode, OnChain, OutflowConfig, PlanError, change, plan,
};
use counterweight_risk::{
    AssetTerms, MarketTerms, OutflowTerms,
    interest::InterestTerms,
    market::MODE_SETTLEMENT,
    standard::RiskTerms,
    tiers::{TIERS, TierTerms},
};

#[test]
fn from_nothing_everything_is_made_in_order() {
    let file = file();
    let plan = plan_of(&file, &bare(&file));
    let (usdc, sol) = (key("mint USDC"), key("mint SOL"));
    let expected = [
        format!("create the clearinghouse, which counts in USDC (mint {usdc})"),
        "add asset SOL".into(),
        format!("make asset SOL depositable (mint {sol})"),
        "add asset BTC".into(),
        "add asset ETH".into(),
        "add market SOL-PERP".into(),
        "give the book of market SOL-PERP 70 kB more room".into(),
        "add market BTC-PERP".into(),
        "give the book of market BTC-PERP 70 kB more room".into(),
        "add market ETH-PERP".into(),
        "give the book of market ETH-PERP 70 kB more room".into(),
        "open the backstop".into(),
    ];
    assert_eq!(sentences(&plan), expected);
    assert!(plan.needs_authority());
    // As many instructions as the largest step that fits a packet.
    for step in &plan.steps {
        let instructions = step.instructions(&plan.addresses, plan.authority, plan.payer);
        assert!((1..=8).contains(&instructions.len()));
        assert!(
            instructions
                .iter()
                .all(|one| one.program_id == counterweight::ID)
        );
    }
}

#[test]
fn where_the_chain_has_everything_nothing_is_to_be_done() {
    let file = file();
    let plan = plan_of(&file, &deployed(&file));
    assert_eq!(sentences(&plan), [""; 0]);
    assert_eq!(plan.notes, [""; 0]);
}

/// What trading has changed is no difference: prices, deposits, interest, the scale of a requirement.
#[test]
fn what_lives_is_no_difference() {
    let file = file();
    let mut chain = deployed(&file);
    let book = chain.risk_book.as_mut().expect("a book");
    book.header.params.interest.debt = 5_000_000_000;
    book.header
        .params
        .interest
        .set_rate(100_000_000_000, NOW - 100)
        .expect("a rate");
    assert!(book.header.params.interest.rate > 0);
    book.assets[1]
        .note_deposits(700_000_000_000_000)
        .expect("deposits");
    assert!(book.assets[1].weight_initial < book.assets[1].weight_initial_full);
    book.markets[0].rescale(60_000_000).expect("open interest");
    book.markets[0].index = [5, -7];
    book.markets[0].era = [1 << 32, 3];
    assert_eq!(sentences(&plan_of(&file, &chain)), [""; 0]);
}

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

fn outflow(limit: Option<u64>, window: u32) -> OutflowConfig {
    OutflowConfig { limit, window }
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

/// The reasons why there is no plan for a changed file.
fn impossible(chain: &OnChain, change: impl FnOnce(&mut Deployment)) -> Vec<String> {
    let mut changed = file();
    change(&mut changed);
    match plan(&changed, &context(), chain) {
        Err(PlanError::Impossible(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_nobody_can_change_is_refused_with_the_reason() {
    let chain = deployed(&file());
    type Value = (&'static str, fn(&mut Deployment), &'static str);
    let cases: [Value; 11] = [
        (
            "[[asset]] BTC: decimals",
            |f| f.asset[2].decimals = 9,
            "decimals are fixed",
        ),
        (
            "[[asset]] SOL: lot_exponent",
            |f| f.asset[1].lot_exponent = -3,
            "a lot is fixed",
        ),
        (
            "[[asset]] SOL: feed",
            |f| f.asset[1].feed = Some([9; 32]),
            "the oracle of an asset",
        ),
        (
            "[[asset]] BTC: price_account",
            |f| f.asset[2].price_account = Some(key("another")),
            "the oracle of an asset",
        ),
        (
            "[[asset]] ETH: oracle ",
            |f| f.asset[3].oracle = "legacy".into(),
            "the oracle of an asset",
        ),
        (
            "[[asset]] SOL: oracle_owner",
            |f| f.asset[1].oracle_owner = Some(counterweight::oracle::PYTH_RECEIVER_SECOND),
            "the oracle of an asset",
        ),
        (
            "[[asset]] SOL: weights_bps",
            |f| {
                f.asset[1].weights_bps = [0, 0];
                f.asset[1].outflow = None;
            },
            "set deposit_cap = 0",
        ),
        (
            "[[market]] SOL-PERP: tick_size",
            |f| f.market[0].tick_size = 10,
            "a tick is fixed",
        ),
        (
            "[[market]] ETH-PERP: asset",
            |f| f.market[2].asset = "BTC".into(),
            "stays on its asset",
        ),
        (
            "[[market]]: row 2",
            |f| drop(f.market.pop()),
            "rows are never removed",
        ),
        (
            "[[market]] SOL-PERP: mode",
            |f| f.market[0].mode = MarketMode::Ended,
            "settle_market",
        ),
    ];
    for (place, change, why) in cases {
        let found = impossible(&chain, change);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(place), "{}", found[0]);
        assert!(found[0].contains(why), "{}", found[0]);
        assert!(found[0].contains(" now and ") && found[0].contains(" in the file: "));
    }
}

#[test]
fn a_mint_of_a_collateral_stays() {
    let mut chain = deployed(&file());
    let mint = *chain.mints.values().next().expect("a mint");
    chain.mints.insert(
        key("wrapped"),
        counterweight_deploy::Mint {
            decimals: 9,
            ..mint
        },
    );
    let found = impossible(&chain, |file| file.asset[1].mint = Some(key("wrapped")));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("the mint of a collateral is fixed"),
        "{}",
        found[0]
    );
}

/// Rows are matched by place and name: whoever sorts a file must not rename what others hold.
#[test]
fn rows_that_have_changed_places_are_refused() {
    let chain = deployed(&file());
    let found = impossible(&chain, |file| file.asset.swap(2, 3));
    assert_eq!(found.len(), 2, "{found:?}");
    let first =
        "[[asset]]: row 2 is BTC now and ETH in the file: rows are never removed, renamed or moved";
    assert!(found[0].starts_with(first), "{}", found[0]);
}

#[test]
fn what_is_new_comes_behind_the_last_row() {
    let mut wider = file();
    let chain = deployed(&wider);
    let mut market = wider.market[0].clone();
    market.name = "SOL-MINI".into();
    market.order_slots = 0;
    wider.market.push(market);
    let said = sentences(&plan_of(&wider, &chain));
    let expected = [
        "add market SOL-MINI",
        "give the book of market SOL-MINI 20 kB more room",
    ];
    assert_eq!(said, expected);
}

#[test]
fn an_asset_becomes_collateral_with_all_of_its_terms_in_one_step() {
    let mut file = file();
    let chain = deployed(&file);
    file.asset[3].weights_bps = [8_000, 9_000];
    file.asset[3].deposit_cap = 1_000;
    file.asset[3].mint = Some(key("mint ETH"));
    file.asset[3].pnl_weight_bps = 9_000;
    file.asset[3].outflow = Some(outflow(Some(100), 3_600));
    let chain = OnChain {
        mints: bare(&file).mints,
        ..chain
    };
    let plan = plan_of(&file, &chain);
    let said = sentences(&plan);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("make asset ETH depositable"),
        "{}",
        said[0]
    );
    assert_eq!(said[1], "set how much of asset ETH may leave");
    let Action::ListCollateral { terms, .. } = &plan.steps[0].action else {
        panic!("{:?}", plan.steps[0]);
    };
    assert_eq!(**terms, file.asset[3].terms(true));
}

#[test]
fn the_book_grows_by_steps_that_fit_a_transaction_up_to_the_largest() {
    let mut file = file();
    file.market[0].order_slots = 2_048;
    let mut chain = deployed(&file);
    assert_eq!(chain.market_bytes[0], Some(MARKET_LARGEST));
    assert!(plan_of(&file, &chain).is_empty());
    // More room than the file asks for stays.
    file.market[0].order_slots = 10;
    assert!(plan_of(&file, &chain).is_empty());
    file.market[0].order_slots = 2_048;
    chain.market_bytes[0] = Some(8_472);
    let plan = plan_of(&file, &chain);
    let calls: Vec<_> = plan
        .steps
        .iter()
        .map(|step| {
            step.instructions(&plan.addresses, plan.authority, plan.payer)
                .len()
        })
        .collect();
    assert_eq!(calls, [8, 8, 5]);
    let ends = plan.steps.iter().map(|step| step.changes[0].new.clone());
    assert_eq!(ends.last().as_deref(), Some("2,048"));
}

#[test]
fn a_market_that_has_ended_is_left_alone_where_the_file_says_so() {
    let mut file = file();
    let mut chain = deployed(&file);
    chain.risk_book.as_mut().expect("a book").markets[1].mode = MODE_SETTLEMENT;
    let found = impossible(&chain, |_| ());
    assert!(found[0].contains("write mode = \"ended\""), "{}", found[0]);
    file.market[1].mode = MarketMode::Ended;
    // Nothing of its terms can be set any more.
    file.market[1].price_band_bps += 1;
    assert!(plan_of(&file, &chain).is_empty());
    // And none is born so.
    let bare = bare(&file);
    let why = plan(&file, &context(), &bare)
        .expect_err("an ended market")
        .to_string();
    assert!(
        why.contains("a market that is not there cannot have ended"),
        "{why}"
    );
}

#[test]
fn a_looser_limit_takes_a_day_and_a_tighter_one_is_there_at_once() {
    let mut file = file();
    file.asset[0].outflow = Some(outflow(Some(1_000), 86_400));
    let mut chain = deployed(&file);
    let mint = key("mint USDC");
    // Looser, by the authority: pending.
    file.asset[0].outflow = Some(outflow(Some(2_000), 86_400));
    let wanted = file.asset[0].outflow.expect("a limit").terms(6);
    let plan = plan_of(&file, &chain);
    assert_eq!(sentences(&plan), ["set how much of asset USDC may leave"]);
    assert!(
        plan.notes[0].contains("a day after it is set"),
        "{}",
        plan.notes[0]
    );
    let custody = chain.custodies.get_mut(&mint).expect("a custody");
    assert!(!custody.outflow.set(NOW, wanted).expect("a limit"));
    let plan = plan_of(&file, &chain);
    assert!(plan.is_empty(), "{:?}", sentences(&plan));
    assert!(
        plan.notes[0].contains("holds from 1790086400"),
        "{}",
        plan.notes[0]
    );
    // Put back before it holds: what waits is dropped.
    file.asset[0].outflow = Some(outflow(Some(1_000), 86_400));
    assert_eq!(plan_of(&file, &chain).steps.len(), 1);
    // A day later it holds.
    file.asset[0].outflow = Some(outflow(Some(2_000), 86_400));
    let mut later = context();
    later.now = NOW + 86_400;
    let after = counterweight_deploy::plan(&file, &later, &chain).expect("a plan");
    assert!(after.is_empty() && after.notes.is_empty());
}

/// A guardian has tightened a limit in an emergency: a file that knows nothing of limits does not undo it.
#[test]
fn a_limit_that_the_file_does_not_know_stays_and_is_told() {
    let file = file();
    let mut chain = deployed(&file);
    let custody = chain
        .custodies
        .get_mut(&key("mint USDC"))
        .expect("a custody");
    custody.outflow.limit = 5_000_000;
    let plan = plan_of(&file, &chain);
    assert!(plan.is_empty());
    assert_eq!(
        plan.notes,
        ["asset USDC: outflow.limit is 5, of which the file says nothing: it stays"]
    );
}

#[test]
fn a_guardian_that_the_file_does_not_name_stays() {
    let mut file = file();
    let chain = deployed(&file);
    file.guardian = None;
    assert!(plan_of(&file, &chain).is_empty());
    let created = plan_of(&file, &bare(&file));
    assert!(
        created.notes[0].contains("names no guardian"),
        "{}",
        created.notes[0]
    );
}

#[test]
fn whoever_governs_must_sign_and_is_named() {
    let mut file = file();
    let mut chain = deployed(&file);
    chain.clearinghouse.as_mut().expect("one").authority = key("multisig");
    file.creator = Some(key("authority"));
    file.auction_seconds += 1;
    let plan = plan_of(&file, &chain);
    assert_eq!(plan.authority, key("multisig"));
    let note = format!("the authority is {}, and must sign", key("multisig"));
    assert!(plan.notes[0].starts_with(&note), "{}", plan.notes[0]);
    let signs = |key: Pubkey| {
        let all = plan.steps[0].instructions(&plan.addresses, plan.authority, plan.payer);
        all[0]
            .accounts
            .iter()
            .any(|meta| meta.is_signer && meta.pubkey == key)
    };
    assert!(signs(key("multisig")));
}

#[test]
fn nobody_creates_the_clearinghouse_of_somebody_else() {
    let mut file = file();
    let chain = bare(&file);
    file.creator = Some(key("somebody"));
    let why = plan(&file, &context(), &chain)
        .expect_err("another creator")
        .to_string();
    assert!(why.contains("only its creator can create it"), "{why}");
}

#[test]
fn a_backstop_is_opened_once_and_stays() {
    let mut file = file();
    let mut chain = deployed(&file);
    chain.backstop = false;
    assert_eq!(sentences(&plan_of(&file, &chain)), ["open the backstop"]);
    assert!(!plan_of(&file, &chain).needs_authority());
    file.backstop = false;
    assert!(plan_of(&file, &chain).is_empty());
    chain.backstop = true;
    assert!(plan_of(&file, &chain).notes[0].contains("stays"));
}

/// Rows that an earlier program has folded otherwise are written anew, though no term differs.
#[test]
fn another_stored_form_of_the_same_terms_is_a_difference() {
    let file = file();
    let mut chain = deployed(&file);
    chain.risk_book.as_mut().expect("a book").markets[0]
        .maintenance
        .tiers[0]
        .rate
        .0 += 1;
    let plan = plan_of(&file, &chain);
    assert_eq!(sentences(&plan), ["set the terms of market SOL-PERP"]);
    assert_eq!(plan.steps[0].changes[0].field, "stored form");
}
