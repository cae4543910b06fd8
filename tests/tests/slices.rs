//! Slices by anybody: a hedged book survives as a smaller hedged book.

use counterweight::{LiquidateArgs, MarginView, SliceArgs, events::SliceLiquidated};
use counterweight_sdk::{events, instructions::set_delegate};
use counterweight_simnet::{Signer, reconcile};
use counterweight_tests::{
    hedge::{ALL, ETH, HEDGE, Hedged, LONG, SHORT, fraction},
    scene::signing_as,
};

fn restored(view: &MarginView) -> bool {
    view.equity * 10 >= view.maintenance_margin * 11
}

fn fails(view: &MarginView) -> bool {
    view.equity < view.maintenance_margin
}

#[test]
fn a_hedged_book_survives_as_a_smaller_hedged_book() {
    let mut h = Hedged::failing();
    let before = h.x.view(h.hedger.margin).unwrap();
    h.x.liquidate_slice(&h.keeper, h.hedger.margin, ALL)
        .unwrap();
    let after = h.x.view(h.hedger.margin).unwrap();
    assert!(restored(&after) && after.liquidation_start == 0);
    let left = h.lots(&h.hedger.margin, LONG);
    assert!(
        left > HEDGE / 2 && left < HEDGE * 3 / 4,
        "{left}: about a third is enough"
    );
    assert_eq!(
        left,
        -h.lots(&h.hedger.margin, SHORT),
        "as long as it is short"
    );
    for market in [LONG, SHORT, ETH] {
        let both = h.lots(&h.hedger.margin, market) + h.lots(&h.keeper.margin, market);
        assert_eq!(both, -h.lots(&h.maker.margin, market));
    }
    // No more than needed: a tenth of a per cent of the book is 2 dollars of requirement.
    assert!(after.equity * 10 < after.maintenance_margin * 11 + 30_000_000);
    // What the account lost is what the keeper and the fund have.
    let fund: i64 = [LONG, SHORT, ETH]
        .iter()
        .map(|m| h.x.market(*m).insurance)
        .sum();
    let reward = h.x.view(h.keeper.margin).unwrap().equity - 1_000_000_000_000;
    assert!((before.equity - after.equity - fund - reward).abs() <= 6);
    assert!(reward > 0 && fund > 0);
    assert!(reconcile(&h.x, &h.margins()).balances());
    // SOL rises by 8 %: one side gains what the other loses, and the account stands.
    h.x.set_price(1, 16_200_000_000);
    assert!(!fails(&h.x.view(h.hedger.margin).unwrap()));
}

#[test]
fn leg_by_leg_the_same_book_loses_its_hedge_and_fails() {
    let mut h = Hedged::failing();
    h.x.liquidate(&h.keeper, h.hedger.margin, LONG, u64::MAX)
        .unwrap();
    assert!(restored(&h.x.view(h.hedger.margin).unwrap()));
    let net = h.lots(&h.hedger.margin, LONG) + h.lots(&h.hedger.margin, SHORT);
    assert!(net < -HEDGE / 2, "short of {net}");
    h.x.set_price(1, 16_200_000_000);
    let view = h.x.view(h.hedger.margin).unwrap();
    assert!(fails(&view) && view.equity < 0);
}

#[test]
fn a_liquidator_takes_no_more_than_the_fraction_it_asks_for() {
    let mut h = Hedged::failing();
    // 2^16 of 2^20: a sixteenth.
    h.slice(fraction(1 << 16)).unwrap();
    let sixteenth = HEDGE / 16;
    assert_eq!(h.lots(&h.keeper.margin, LONG), sixteenth);
    assert_eq!(h.lots(&h.keeper.margin, SHORT), -sixteenth);
    assert_eq!(h.lots(&h.keeper.margin, ETH), 125);
    let view = h.x.view(h.hedger.margin).unwrap();
    assert!(!restored(&view) && view.liquidation_start == h.x.chain.time());
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn two_slices_in_one_transaction_are_two_slices() {
    let mut h = Hedged::failing();
    let take = h.instruction(fraction(1 << 17));
    let key = h.keeper.key.insecure_clone();
    h.x.chain.send(&[take.clone(), take], &[&key]).unwrap();
    // An eighth, and an eighth of the rest: 2,500 and the nearest to 2,187.5.
    let taken = h.lots(&h.keeper.margin, LONG);
    assert_eq!(taken, 2_500 + 2_188);
    assert_eq!(h.lots(&h.hedger.margin, LONG), HEDGE - taken);
    assert_eq!(h.lots(&h.hedger.margin, SHORT), taken - HEDGE);
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn a_second_slice_of_a_restored_account_undoes_the_whole_transaction() {
    let mut h = Hedged::failing();
    let take = h.instruction(fraction(ALL));
    let key = h.keeper.key.insecure_clone();
    let failure = h.x.chain.send(&[take.clone(), take], &[&key]).unwrap_err();
    assert!(failure.is(counterweight::error::ErrorCode::NotLiquidatable));
    assert_eq!(h.lots(&h.hedger.margin, LONG), HEDGE);
}

#[test]
fn a_slice_and_then_one_market_restore_the_account() {
    let mut h = Hedged::failing();
    let args = LiquidateArgs {
        market: ETH,
        max_lots: u64::MAX,
        ..LiquidateArgs::default()
    };
    let owner = h.keeper.key.pubkey();
    let steps = [
        h.instruction(fraction(1 << 17)),
        h.x.venue
            .liquidate(owner, h.hedger.margin, h.keeper.margin, args),
        h.instruction(fraction(ALL)),
    ];
    let key = h.keeper.key.insecure_clone();
    h.x.chain.send(&steps[..2], &[&key]).unwrap();
    let left = h.lots(&h.hedger.margin, LONG);
    assert_eq!(left, -h.lots(&h.hedger.margin, SHORT));
    // ETH is gone whole, and it was not enough: the next slice has one market less.
    assert_eq!(h.lots(&h.hedger.margin, ETH), 0);
    assert!(!restored(&h.x.view(h.hedger.margin).unwrap()));
    assert_eq!(h.markets(), [LONG, SHORT]);
    h.slice(fraction(ALL)).unwrap();
    assert!(restored(&h.x.view(h.hedger.margin).unwrap()));
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn what_has_ended_is_left_for_its_settlement() {
    let mut h = Hedged::failing();
    let end =
        h.x.venue
            .settle_market(h.x.authority.pubkey(), ETH, h.x.index_ticks(ETH));
    h.x.govern(end).unwrap();
    assert_eq!(h.markets(), [LONG, SHORT]);
    h.slice(fraction(ALL)).unwrap();
    assert_eq!(h.lots(&h.hedger.margin, ETH), 2_000);
    assert_eq!(
        h.lots(&h.hedger.margin, LONG),
        -h.lots(&h.hedger.margin, SHORT)
    );
    assert!(restored(&h.x.view(h.hedger.margin).unwrap()));
}

#[test]
fn an_account_without_equity_is_taken_whole_and_pays_no_penalty() {
    let mut h = Hedged::failing();
    h.x.set_price(3, 200_000_000_000);
    let before = h.x.view(h.hedger.margin).unwrap();
    assert!(before.equity < 0);
    h.slice(fraction(ALL)).unwrap();
    assert!(h.x.margin(&h.hedger.margin).positions().is_empty());
    let after = h.x.view(h.hedger.margin).unwrap();
    // The roundings of three exchanges favour the account.
    assert!((0..=3).contains(&(after.equity - before.equity)));
    let fund: i64 = [LONG, SHORT, ETH]
        .iter()
        .map(|m| h.x.market(*m).insurance)
        .sum();
    assert_eq!((fund, after.maintenance_margin), (0, 0));
    assert!(reconcile(&h.x, &h.margins()).balances());
}

#[test]
fn the_event_has_every_leg_and_cash_follows_from_it() {
    let mut h = Hedged::failing();
    h.x.set_price(3, 299_000_000_000); // so that funding and prices are not round
    let before = [h.hedger.margin, h.keeper.margin].map(|key| h.x.margin(&key));
    let receipt = h.slice(fraction(1 << 18)).unwrap();
    let after = [h.hedger.margin, h.keeper.margin].map(|key| h.x.margin(&key));
    let [event] = &events::of_type::<SliceLiquidated>(&receipt.logs)[..] else {
        panic!("one event expected: {:?}", receipt.logs);
    };
    let outcome = &event.outcome;
    assert_eq!(
        (outcome.account, outcome.liquidator),
        (h.hedger.margin, h.keeper.margin)
    );
    let sequences = [outcome.sequence, outcome.liquidator_sequence];
    assert_eq!(sequences, after.each_ref().map(|m| m.header.sequence));
    assert_eq!(outcome.fraction, 1 << 28);
    let view = h.x.view(h.hedger.margin).unwrap();
    assert_eq!(outcome.equity[1], view.equity);
    assert_eq!(outcome.maintenance_margin[1], view.maintenance_margin);
    let markets: Vec<_> = event.legs.iter().map(|leg| leg.market).collect();
    assert_eq!(markets, [LONG, SHORT, ETH]);
    // Realised is what the closed part of the entry cost gives: quote in all is what must agree.
    let quote = |margin: &counterweight_sdk::accounts::Margin| {
        let open: i64 = margin.positions().iter().map(|p| p.quote.0).sum();
        open + margin.header.core.cash.0
    };
    let paid = |of: fn(&counterweight::events::SlicedLeg) -> i64| -> i64 {
        event.legs.iter().map(of).sum()
    };
    let lost = paid(|leg| leg.cost - leg.penalty - leg.owed);
    assert_eq!(quote(&after[0]) - quote(&before[0]), lost);
    let gained = paid(|leg| -leg.cost + leg.penalty - leg.insurance - leg.owed_liquidator);
    assert_eq!(quote(&after[1]) - quote(&before[1]), gained);
    for leg in &event.legs {
        assert_eq!(leg.lots, h.lots(&h.keeper.margin, leg.market));
        assert_eq!(leg.insurance, h.x.market(leg.market).insurance);
    }
}

#[test]
fn a_delegate_takes_a_slice_for_an_account_within_its_limits() {
    let mut h = Hedged::failing();
    let delegate = signing_as(&mut h.x, "delegate", h.keeper.margin);
    let key = delegate.key.pubkey();
    let set = set_delegate(h.keeper.key.pubkey(), h.keeper.margin, key);
    let owner = h.keeper.key.insecure_clone();
    h.x.chain.send(&[set], &[&owner]).unwrap();
    // The auction starts at 50 basis points, of which the liquidator has 70 %: 35, but for the roundings.
    let args = SliceArgs {
        max_fraction: 1 << 16,
        min_reward_bps: 34,
        ..SliceArgs::default()
    };
    let take = h.x.venue.liquidate_slice(
        key,
        h.hedger.margin,
        h.keeper.margin,
        &[LONG, SHORT, ETH],
        args,
    );
    h.x.chain.send(&[take], &[&delegate.key]).unwrap();
    assert_eq!(h.lots(&h.keeper.margin, LONG), HEDGE / 16);
}
