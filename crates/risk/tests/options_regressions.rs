//! Books on which the margin of options once promised what it did not keep, and what of them now holds.

mod common;

use common::{
    NOW, asset_terms, dollars, flat_tiers, market_terms,
    options::{Desk, Resting, add_option, plain},
    reading,
};
use counterweight_risk::{
    Balance, MarketTerms, QuoteAtoms, Ratio,
    account::MODEL_STANDARD,
    market::{KIND_CALL, KIND_PUT},
    orders::Side,
    portfolio::{Credit, explain},
    standard::Gains,
};

/// Roundings of a requirement: up once for each notional, cell, scan and spread.
const ATOMS: i64 = 32;

fn resting(market: u16, side: Side, ticks: u64, lots: i64) -> Resting {
    Resting {
        market,
        side,
        ticks,
        lots,
    }
}

/// Three lots of a delta of a half and another three are three by delta: where both were cut to whole lots, a fill moved
/// one from nothing into the steepest tier.
#[test]
fn a_fill_moves_no_lot_of_delta() {
    let mut desk = plain(2_000, 3_000);
    let mut tiers = flat_tiers(10_000);
    (tiers[0].upper, tiers[0].rate_bps) = (1_000_000, 1_000);
    let terms = MarketTerms {
        tiers,
        ..market_terms()
    };
    let call = add_option(&mut desk, KIND_CALL, 1_000, 30);
    desk.world.markets[usize::from(call)]
        .set_terms(&terms)
        .unwrap();
    desk.hold(call, -3, 0);
    let price = (desk.row(call).initial_high.0 >> 16) + 1;
    desk.rest(resting(call, Side::Sell, price, 3));
    let before = desk.surplus(Gains::Weighted);
    desk.fill(0, 3);
    let after = desk.surplus(Gains::Weighted);
    assert!(after + ATOMS >= before, "{before} {after}");
}

/// Collateral counts as lots as far as the net is short. A bid for calls that are far away fills, and by their delta the
/// net is no longer short: what is sold of the perpetual stands alone then, and had to before.
#[test]
fn a_fill_takes_no_collateral_from_what_it_hedges() {
    let mut desk = plain(2_000, 9_000);
    let call = add_option(&mut desk, KIND_CALL, 1_300, 30);
    desk.core.balances[0] = Balance {
        atoms: 1 << 40,
        asset: 1,
        ..Balance::default()
    };
    desk.hold(0, -100_000, 0);
    desk.rest(resting(0, Side::Buy, 1_000_000, 100_000));
    let delta = desk.world.markets[usize::from(call)].array.delta;
    let price = desk.row(call).initial_low.0 >> 16;
    desk.rest(resting(call, Side::Buy, price, (100_000 << 30) / delta));
    let before = desk.surplus(Gains::Weighted);
    let lots = desk.orders[1].lots;
    desk.fill(1, lots);
    let after = desk.surplus(Gains::Weighted);
    assert!(after + ATOMS >= before, "{before} {after}");
}

/// The index has halved, the stable price has not. What is long of the perpetual gains a half of either where the index
/// rises, and that pays for calls of three times the index which only volatility makes dear: were it counted at the
/// stable price, initial margin would ask for less than maintenance.
#[test]
fn a_gain_that_pays_for_options_is_counted_at_the_low_price() {
    let mut desk = plain(5_000, 8_750);
    desk.world.params.portfolio.initial = Ratio::from_bps_ceil(11_000);
    desk.world.reprice(1, &reading(dollars(50), NOW + 1));
    let call = add_option(&mut desk, KIND_CALL, 3_184, 76);
    let row = desk.row(0);
    assert!(row.initial_high.0 > 2 * row.initial_low.0 * 99 / 100);
    desk.hold(0, 16_600, -16_600 * 500_000);
    desk.hold(call, -1_000_000, 0);
    let (adding, keeping) = (desk.adding(Gains::Weighted), desk.keeping());
    let free = adding.free().unwrap().0;
    assert!(free <= keeping.free().unwrap().0, "{adding:?} {keeping:?}");
}

/// Deep in the money a call is the linear contract, whatever its array was computed at: where the index has risen since,
/// so have the moves of the range.
#[test]
fn a_scenario_grows_with_the_index_that_it_is_a_share_of() {
    let mut desk = plain(2_000, 3_000);
    let call = add_option(&mut desk, KIND_CALL, 100, 10);
    let mut linear = plain(2_000, 3_000);
    for desk in [&mut desk, &mut linear] {
        desk.world.reprice(1, &reading(dollars(102), NOW + 1));
        let index = desk.world.assets[1].index;
        desk.world.assets[1].initial_low = index;
    }
    desk.hold(call, 1_000_000, 0);
    linear.hold(0, 1_000_000, 0);
    let needs = |desk: &Desk| desk.adding(Gains::Weighted).requirement.0;
    assert!(
        needs(&desk) + ATOMS >= needs(&linear),
        "{} {}",
        needs(&desk),
        needs(&linear)
    );
}

/// Calls can lose what they are worth, which is far less than the range of their delta: a credit is of what they can lose.
#[test]
fn a_credit_is_a_share_of_what_is_scanned() {
    let mut desk = plain(4_000, 0);
    let call = add_option(&mut desk, KIND_CALL, 1_000, 10);
    let price = reading(dollars(100), NOW);
    let other = desk.world.add_asset(&asset_terms(), (-2, 6), &[price]);
    desk.world.assets[usize::from(other)].scan = desk.world.assets[1].scan;
    let perpetual = desk.world.add_market(other, &market_terms());
    desk.world.params.portfolio.credits[0] = Credit {
        ratio: Ratio::ONE,
        credit_bps: 9_500,
        first: 1,
        second: 2,
    };
    desk.hold(call, 1_000_000, 0);
    desk.hold(perpetual, -500_000, 0);
    let (mut scans, book) = (Vec::new(), desk.world.book());
    let all = explain::maintenance(&book, &desk.view(), NOW, |need| scans.push(need.scan.0));
    let saved = all.unwrap().credits.0;
    let smaller = scans.iter().min().unwrap();
    assert!(
        saved > 0 && saved <= smaller / 100 * 95 + ATOMS,
        "{saved} {scans:?}"
    );
}

/// Equity counts a bought option down to an atom. Were its requirement counted up, who paid for all that he holds could
/// be liquidated for an atom.
#[test]
fn who_paid_for_all_he_holds_is_not_short_of_an_atom() {
    for (kind, near, lots) in [
        (KIND_CALL, 1_200, 1),
        (KIND_PUT, 800, 1),
        (KIND_CALL, 1_200, 333),
    ] {
        let mut desk = plain(2_000, 3_000);
        let option = add_option(&mut desk, kind, near, 30);
        let mark = desk.row(option).index.0;
        assert_ne!(
            (u128::from(mark) * u128::try_from(lots).unwrap()) % (1 << 16),
            0
        );
        let premium = i64::try_from((i128::from(mark) * i128::from(lots)) >> 16).unwrap();
        desk.hold(option, lots, -premium);
        desk.core.cash = QuoteAtoms(premium);
        let health = desk.by(MODEL_STANDARD).keeping();
        assert_eq!(health.free().unwrap().0, 0, "{health:?}");
    }
}
