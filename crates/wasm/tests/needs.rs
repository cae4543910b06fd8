//! Greeks and requirements in their parts are those that the chain and the SDK have of the same bytes.

use anchor_lang::Discriminator;
use bytemuck::{Zeroable, bytes_of};
use counterweight_sdk::{
    accounts, preview,
    program::state::{Layout, MarginAccount, RiskBook},
    risk::{
        Asset, Lots, Market, Position, Price, QuoteAtoms, Ratio,
        market::{KIND_CALL, KIND_PUT},
        portfolio::PortfolioTerms,
    },
};
use counterweight_wasm::scenario::Scenario;

const NOW: i64 = 1_790_000_000;

fn asset(dollars: u64) -> Asset {
    let mut row = Asset::zeroed();
    row.index = Price((dollars * 10_000) << 16);
    (row.stable, row.average) = (row.index, row.index);
    (row.initial_low, row.initial_high) = (row.index, row.index);
    (row.maintenance_low, row.maintenance_high) = (row.index, row.index);
    row.atoms_per_lot = 10_000_000;
    (
        row.publish_time,
        row.max_age_initial,
        row.max_age_liquidation,
    ) = (NOW, 60, 300);
    row.scan.range = Ratio::from_bps_ceil(300);
    row.scan.spread = Ratio::from_bps_ceil(30);
    row.scan.volatility_shift = Ratio::from_bps_ceil(2_500);
    row
}

/// Perpetuals, and a call and a put, on two assets.
fn market(asset: u16, rows: &[Asset], kind: u8, dollars: u64) -> Market {
    let mut row = Market::zeroed();
    (row.asset, row.kind, row.tick_size) = (asset, kind, 100);
    for tier in &mut row.maintenance.tiers {
        (tier.upper, tier.rate) = (u64::MAX, Ratio::from_bps_ceil(300));
    }
    row.initial = row.maintenance;
    if kind >= KIND_CALL {
        row.contract.expiry = NOW + 20 * 86_400;
        row.contract.strike = Price((dollars * 10_000) << 16);
        let priced = row.refresh_array(0, &rows[usize::from(asset)], NOW);
        priced.expect("an option");
    }
    row
}

fn bytes() -> (Vec<u8>, Vec<u8>) {
    let rows = [asset(1), asset(150), asset(4_000)];
    let markets = [
        market(1, &rows, 0, 0),
        market(1, &rows, KIND_CALL, 155),
        market(1, &rows, KIND_PUT, 140),
        market(2, &rows, 0, 0),
        market(2, &rows, KIND_PUT, 4_000),
    ];
    let mut header = RiskBook::zeroed();
    header.version = RiskBook::VERSION;
    (header.asset_count, header.market_count) = (3, 5);
    header.params.quote_per_usd = 1 << 32;
    header.params.portfolio = PortfolioTerms {
        floor_bps: 500,
        initial_bps: 15_000,
        ..PortfolioTerms::default()
    }
    .fold();
    let mut book = RiskBook::DISCRIMINATOR.to_vec();
    book.extend_from_slice(bytes_of(&header));
    rows.iter()
        .for_each(|row| book.extend_from_slice(bytes_of(row)));
    markets
        .iter()
        .for_each(|row| book.extend_from_slice(bytes_of(row)));

    let held = [(0, 700), (1, -900), (2, 400), (3, -55), (4, 123)];
    let mut account = MarginAccount::zeroed();
    account.version = MarginAccount::VERSION;
    account.core.cash = QuoteAtoms(50_000_000_000);
    account.core.position_count = 5;
    let mut margin = MarginAccount::DISCRIMINATOR.to_vec();
    let mut slots = [Position::zeroed(); 8];
    for (slot, (market, lots)) in slots.iter_mut().zip(held) {
        (slot.market, slot.asset) = (market, markets[usize::from(market)].asset);
        slot.lots = Lots(lots * 1_000);
    }
    margin.extend_from_slice(bytes_of(&account));
    slots
        .iter()
        .for_each(|slot| margin.extend_from_slice(bytes_of(slot)));
    (book, margin)
}

#[test]
fn greeks_and_needs_are_those_of_the_chain() {
    let (book, margin) = bytes();
    let tables = accounts::risk_book(&book).expect("a risk book");
    let account = accounts::margin(&margin).expect("a margin account");
    let scenario = Scenario::new(&book, &margin, NOW).expect("a scenario");

    let greeks = scenario.greeks().expect("greeks");
    let view = preview::greeks_view(&tables, &account).expect("greeks");
    assert_eq!((greeks.total, &greeks.assets), (view.total, &view.assets));
    assert_eq!(greeks.assets.len(), 2);
    let of_sol = greeks.assets[0];
    assert!(
        of_sol.gamma != 0 && of_sol.vega != 0 && of_sol.theta != 0,
        "{of_sol:?}"
    );
    assert!(
        of_sol.lots < 700_000,
        "short calls take of the delta: {of_sol:?}"
    );

    let needs = scenario.needs().expect("needs");
    let expected = preview::maintenance_needs(&tables, &account, NOW).expect("needs");
    assert_eq!(
        (&needs.assets, needs.whole),
        (&expected.assets, expected.whole)
    );
    // By the model, that is what the account needs.
    let mut chosen = scenario.clone();
    chosen.choose_model(1);
    let figures = chosen.view().expect("figures");
    assert_eq!(figures.maintenance_margin, needs.whole.requirement.0);
    let standard = scenario.view().expect("figures");
    assert_eq!(standard.maintenance_margin, needs.whole.standard.0);
    assert!(needs.whole.requirement < needs.whole.standard);
    // What resting orders could make of it is the initial one's.
    let initial = preview::initial_needs(&tables, &account, NOW).expect("needs");
    assert_eq!(
        chosen.view().expect("figures").initial_margin,
        initial.whole.requirement.0
    );
}
