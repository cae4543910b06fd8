//! Every test of `tests/tests` on both back ends.

use counterweight_native::{compare, compared};
use counterweight_simnet::{Deployment, Exchange, Start, appoint_witness};
use std::{collections::BTreeSet, path::Path};

/// Tests of `tests/tests` that are not compiled here, and why.
const ELSEWHERE: [(&str, &str); 8] = [
    (
        "assembly",
        "transactions with lookup tables, which the other back end does not take",
    ),
    (
        "default_sequences",
        "the instructions of `defaults`, at random",
    ),
    (
        "differential",
        "thirty thousand transactions of the kinds that `sequences` sends",
    ),
    (
        "docs",
        "reads documents, and runs what is run elsewhere as well",
    ),
    ("every_error_code", "reads sources, and runs nothing"),
    (
        "preview",
        "ten thousand accounts that nobody could have; the view instruction is run elsewhere as well",
    ),
    (
        "fuzz_corpus",
        "transactions of the kinds that `sequences` and `defaults` send, at random",
    ),
    (
        "tiny_trades",
        "ten thousand transactions of kinds that `attacks` and `charges` send",
    ),
];

macro_rules! bodies {
    ($($name:ident = $path:literal;)*) => {
        $(#[path = $path] mod $name;)*
        const BODIES: &[&str] = &[$(stringify!($name)),*];
    };
}

bodies! {
    accounts = "../../tests/accounts.rs";
    attacks_default = "../../tests/attacks_default.rs";
    attacks_dust = "../../tests/attacks_dust.rs";
    attacks_expiry = "../../tests/attacks_expiry.rs";
    attacks_fund = "../../tests/attacks_fund.rs";
    attacks_prices = "../../tests/attacks_prices.rs";
    attacks = "../../tests/attacks.rs";
    book = "../../tests/book.rs";
    charges = "../../tests/charges.rs";
    collateral = "../../tests/collateral.rs";
    compute = "../../tests/compute.rs";
    concentration = "../../tests/concentration.rs";
    default_holes = "../../tests/default_holes.rs";
    defaults = "../../tests/defaults.rs";
    custody = "../../tests/custody.rs";
    futures = "../../tests/futures.rs";
    governance = "../../tests/governance.rs";
    guards = "../../tests/guards.rs";
    hostile_accounts = "../../tests/hostile_accounts.rs";
    interest = "../../tests/interest.rs";
    liquidation = "../../tests/liquidation.rs";
    main_job = "../../tests/main_job.rs";
    memory = "../../tests/memory.rs";
    migration = "../../tests/migration.rs";
    options = "../../tests/options.rs";
    options_refusals = "../../tests/options_refusals.rs";
    own_actions = "../../tests/own_actions.rs";
    portfolio = "../../tests/portfolio.rs";
    prices = "../../tests/prices.rs";
    refusals_account = "../../tests/refusals_account.rs";
    refusals_book = "../../tests/refusals_book.rs";
    refusals_bounds = "../../tests/refusals_bounds.rs";
    refusals_closing = "../../tests/refusals_closing.rs";
    refusals_custody = "../../tests/refusals_custody.rs";
    refusals_collateral = "../../tests/refusals_collateral.rs";
    refusals_futures = "../../tests/refusals_futures.rs";
    refusals_governance = "../../tests/refusals_governance.rs";
    refusals_liquidation = "../../tests/refusals_liquidation.rs";
    refusals_margin = "../../tests/refusals_margin.rs";
    refusals_oracle = "../../tests/refusals_oracle.rs";
    refusals_orders = "../../tests/refusals_orders.rs";
    refusals_pruning = "../../tests/refusals_pruning.rs";
    refusals_settlement = "../../tests/refusals_settlement.rs";
    refusals_slices = "../../tests/refusals_slices.rs";
    refusals_trading = "../../tests/refusals_trading.rs";
    refusals_triggers = "../../tests/refusals_triggers.rs";
    refusals_withdraw = "../../tests/refusals_withdraw.rs";
    sequences = "../../tests/sequences.rs";
    silence = "../../tests/silence.rs";
    slices = "../../tests/slices.rs";
    takeover_limits = "../../tests/takeover_limits.rs";
    token_2022 = "../../tests/token_2022.rs";
    trading = "../../tests/trading.rs";
    volatility = "../../tests/volatility.rs";
}

/// The test harness calls nobody before the first test, and tests run in any order: the system's
/// loader does it, before the harness starts.
// SAFETY: the loader calls what stands in this section once, before `main`, without arguments. All
// that happens is that a function pointer is put into a static.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static APPOINT: extern "C" fn() = {
    extern "C" fn appoint() {
        appoint_witness(compare);
    }
    appoint
};

#[test]
fn every_transaction_of_these_tests_is_compared() {
    let before = compared();
    Exchange::new(Deployment::localnet(), Start::default());
    // One to create it, one for each asset, market and listing, one that refreshes.
    assert!(compared() >= before + 8, "nobody saw it");
}

#[test]
fn every_file_of_tests_is_compiled_here_or_excused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let entries = std::fs::read_dir(folder).expect("the tests");
    let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into());
    let files: BTreeSet<String> = entries
        .filter_map(|entry| name(&entry.expect("an entry").path()))
        .collect();
    let excused = ELSEWHERE.iter().map(|(name, _)| *name);
    let known: BTreeSet<String> = BODIES
        .iter()
        .copied()
        .chain(excused)
        .map(String::from)
        .collect();
    assert_eq!(
        files, known,
        "add it to `bodies!` in tests/native/tests/bodies.rs"
    );
}
