//! A scanned book with other lots in one market: what is asked from what the other assets need, is what a scan of the whole
//! book says.

mod common;

use common::{
    NOW,
    options::{Resting, add_option, plain, random::arb_desk},
    portfolio::arb_offered,
};
use counterweight_risk::{
    AccountView, Lots, Market, Position, Ratio,
    market::KIND_CALL,
    orders::Side,
    portfolio::{OneLeg, explain, is_scanned},
    standard::{Book, Gains, initial, maintenance},
};
use proptest::prelude::*;

/// The account with so many lots in a market, up to date with it.
fn with<'a>(
    book: &Book,
    account: &AccountView<'a>,
    positions: &'a mut [Position],
    (market, lots): (u16, i64),
) -> AccountView<'a> {
    let row = book.market(market).unwrap();
    let held = positions.iter_mut().find(|held| held.market == market);
    let held = held.unwrap();
    held.lots = Lots(lots);
    let side = Market::side(held.lots);
    (held.index, held.era) = (row.index[side], row.era[side]);
    AccountView {
        positions,
        ..*account
    }
}

/// For each position of an account: all of it, parts of it, none of it.
fn every_leg(book: &Book, account: &AccountView) -> Result<(), TestCaseError> {
    if !is_scanned(book, account) {
        return Ok(());
    }
    let health = maintenance(book, account, NOW).unwrap();
    let explained = explain::maintenance(book, account, NOW, |_| {}).unwrap();
    prop_assert_eq!(health.requirement, explained.requirement);
    for position in account.positions {
        let market = position.market;
        let mut leg = None;
        let judged = OneLeg::judge(book, account, NOW, market, &mut leg).unwrap();
        prop_assert_eq!(judged, health);
        let leg = leg.unwrap();
        let held = position.held(book.market(market).unwrap()).0;
        for lots in [held, held / 2, held / 1_000, 0, held - held.signum()] {
            let mut positions = account.positions.to_vec();
            let other = with(book, account, &mut positions, (market, lots));
            let whole = explain::maintenance(book, &other, NOW, |_| {}).unwrap();
            let asked = leg.maintenance_with(Lots(lots));
            prop_assert_eq!(asked, Ok(whole.requirement), "{} of {}", lots, held);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn of_a_linear_book((scenario, _) in arb_offered()) {
        every_leg(&scenario.world.book(), &scenario.account())?;
    }

    /// And of one with options, on which both checks ask what is explained.
    #[test]
    fn of_a_book_with_options(desk in arb_desk()) {
        let (book, view) = (desk.world.book(), desk.view());
        every_leg(&book, &view)?;
        let asked = initial(&book, &view, NOW, u32::MAX, Gains::Weighted);
        if let (true, Ok(health)) = (is_scanned(&book, &view), asked) {
            let explained = explain::initial(&book, &view, NOW, u32::MAX, |_| {}).unwrap();
            prop_assert_eq!(health.requirement, explained.requirement);
        }
    }
}

/// Of an option that nobody has, maintenance knows nothing, though an order rests for it: the linear contracts beside it
/// are scanned as if it did not exist, to the atom.
#[test]
fn an_option_that_only_rests_is_none_for_maintenance() {
    let mut desk = plain(2_307, 0);
    let call = add_option(&mut desk, KIND_CALL, 1_000, 30);
    for market in &mut desk.world.markets {
        market.multipliers = [Ratio(1_310_721); 2];
    }
    desk.hold(0, -3, 0);
    let before = desk.keeping();
    let resting = Resting {
        market: call,
        side: Side::Sell,
        ticks: 1_000_000,
        lots: 16_777,
    };
    desk.rest(resting);
    assert_eq!(desk.keeping(), before);
    every_leg(&desk.world.book(), &desk.view()).unwrap();
}
