//! Sums, shares, caps, the fund and prices: against figures that are computed by hand.

use crate::{
    hand::{self, BULL, PRICE, by_hand, figures, row},
    scene::{BTC, BTC_PERP, DAILY_LOSS, DOLLAR, FUND, SOL, SOL_PERP, Scene},
};
use counterweight_keeper::monitor::{
    ask::Ask,
    view::{Alert, Holder, Usable, View},
};

#[test]
fn totals_are_sums_over_the_accounts() {
    let mut scene = Scene::busy();
    let body = figures(&scene, &Ask::default());
    let totals = &body.totals;
    let (mut equity, mut margin, mut cash, mut debt) = (0, 0, 0, 0);
    for name in [
        "maker", "bull", "bear", "taker", "whale", "debtor", "patron", "backstop",
    ] {
        let key = scene.margin(name);
        let atoms = i128::from(scene.x.margin(&key).header.core.cash.0);
        cash += atoms.max(0);
        debt += (-atoms).max(0);
        if name != "backstop" {
            let view = scene.x.view(key).unwrap();
            equity += i128::from(view.equity);
            margin += i128::from(view.maintenance_margin);
        }
    }
    assert_eq!((totals.equity, totals.maintenance_margin), (equity, margin));
    assert_eq!((totals.cash, totals.debt), (cash, debt));
    assert!(debt > 9_000 * DOLLAR, "{debt}");
    assert_eq!(
        (
            totals.accounts,
            totals.empty,
            totals.with_positions,
            totals.with_orders
        ),
        (7, 1, 5, 2)
    );
    // 20,400 lots of SOL: the bull's and the taker's.
    assert_eq!(totals.open_interest, 20_400 * PRICE);
    let vaults: Vec<_> = totals
        .vaults
        .iter()
        .map(|vault| (vault.name.as_str(), vault.recorded))
        .collect();
    let recorded = scene.x.custody(0).recorded;
    assert_eq!(vaults, [("USDC", recorded), ("SOL", 100_000_000_000)]);
    assert_eq!(totals.vaults[1].used_bps, 1); // 100 of 1,000,000
}

#[test]
fn shares_are_of_the_lots_of_a_side() {
    let scene = Scene::busy();
    let body = figures(&scene, &Ask::default());
    let sol = body
        .exposure
        .iter()
        .find(|exposure| exposure.asset == SOL)
        .expect("SOL");
    // Long: the bull 20,000, the taker 400. Short: the maker 15,000, the bear 5,100. Two fills wait.
    let told = |holders: &[Holder]| {
        holders
            .iter()
            .map(|h| (scene.name(&h.account), h.size, h.share_bps))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(&sol.long.largest),
        [("bull", 20_000, 9_803), ("taker", 400, 196)]
    );
    assert_eq!(
        told(&sol.short.largest),
        [("maker", 15_000, 7_462), ("bear", 5_100, 2_537)]
    );
    assert_eq!(
        (sol.long.size, sol.long.value),
        (20_400, Some(20_400 * PRICE as u128))
    );
    assert_eq!(
        told(&sol.collateral.largest),
        [("debtor", 100_000_000_000, 10_000)]
    );
    assert_eq!(sol.collateral.value, Some(15_000 * DOLLAR as u128));
    // Closed again: nobody has any.
    assert!(body.exposure.iter().all(|exposure| exposure.asset != BTC));
}

#[test]
fn open_interest_counts_what_waits_against_the_cap() {
    let scene = Scene::busy();
    let body = figures(&scene, &Ask::default());
    let sol = &body.markets[usize::from(SOL_PERP)];
    assert_eq!(
        (sol.open_long, sol.open_short, sol.counted),
        (20_400, 20_100, 20_500)
    );
    assert_eq!((sol.cap, sol.used_bps), (100_000_000, 2)); // 0.0204 %
    assert_eq!(i128::from(sol.notional), 20_400 * PRICE);
    // The whale's bid and the maker's, and what is left of the maker's ask; a fill of each waits for an hour and some.
    assert_eq!(
        (sol.bids, sol.asks, sol.waiting, sol.queue_room),
        (2, 1, 2, 128)
    );
    assert!(
        (3_600..3_700).contains(&sol.oldest_seconds.unwrap()),
        "{:?}",
        sol.oldest_seconds
    );
    let waits = |alert: &Alert| alert.text.starts_with("a fill in SOL-PERP waits");
    assert!(body.alerts.iter().any(waits), "{:?}", body.alerts);
    let btc = &body.markets[usize::from(BTC_PERP)];
    assert_eq!(
        (btc.open_long, btc.waiting, btc.oldest_seconds, btc.mode),
        (0, 0, None, "active")
    );
}

#[test]
fn the_fund_is_held_against_negative_equity_and_the_cap_of_the_day() {
    let mut scene = Scene::quiet();
    let fund = i128::from(FUND) * DOLLAR;
    let calm = figures(&scene, &Ask::default()).insurance;
    assert!(calm.opened);
    assert_eq!(
        (calm.fund, calm.collected as i128, calm.backstop_equity),
        (fund, fund, 0)
    );
    assert_eq!(
        (calm.negative_accounts, calm.coverage_bps, calm.uncovered),
        (0, None, 0)
    );
    let cap = i128::from(DAILY_LOSS) * DOLLAR;
    // What comes in counts on top of what a day's losses are counted from.
    assert_eq!(
        (i128::from(calm.floor), i128::from(calm.cap_left)),
        (fund - cap, cap)
    );
    scene.x.set_price(SOL, 12_000_000_000);
    let (equity, _) = by_hand(2_000, BULL, -2_000);
    let body = figures(&scene, &Ask::default());
    let crash = &body.insurance;
    assert_eq!(
        (crash.negative_accounts, crash.negative_equity),
        (1, -equity)
    );
    assert_eq!(
        crash.coverage_bps.map(i128::from),
        Some(fund * 10_000 / -equity)
    );
    assert_eq!(crash.uncovered, -equity - cap);
    assert!(
        body.alerts
            .iter()
            .any(|alert| alert.text.contains("beyond the fund or its cap")),
        "{:?}",
        body.alerts
    );
}

#[test]
fn what_the_backstop_lost_today_is_gone_from_its_cap() {
    let mut scene = Scene::quiet();
    // It takes the bull over at 142 dollars, where that is worth something still, and loses 600 dollars by the price.
    scene.x.set_price(SOL, 14_200_000_000);
    scene.x.resolve_default(scene.margin("bull")).unwrap();
    let before = figures(&scene, &Ask::default()).insurance;
    assert_eq!((before.collected, before.backstop_positions), (0, 1));
    let [cap, began] = [DAILY_LOSS, FUND].map(|dollars| dollars as i64 * DOLLAR as i64);
    // The day began with the fund; what it took over was worth something.
    assert_eq!(before.cap_left, cap + before.backstop_equity - began);
    scene.x.set_price(SOL, 14_170_000_000);
    let after = figures(&scene, &Ask::default()).insurance;
    let lost = BULL * 3_000; // 30 cents a SOL: 3,000 atoms a lot
    assert_eq!(before.backstop_equity - after.backstop_equity, lost as i64);
    assert_eq!(
        (before.cap_left - after.cap_left, before.floor),
        (lost as i64, after.floor)
    );
    // What it lost since the last call is a loss of the day on which the next one finds it.
    scene.pass(86_400);
    let next = figures(&scene, &Ask::default()).insurance;
    assert_eq!(next.cap_left, cap - lost as i64);
}

#[test]
fn oracles_are_held_against_their_limits() {
    let mut scene = Scene::quiet();
    let told = |scene: &Scene| figures(scene, &Ask::default()).oracles[usize::from(SOL)].clone();
    let fresh = told(&scene);
    assert_eq!(
        (fresh.usable, fresh.price.as_str(), fresh.age),
        (Usable::AddingRisk, "150.000000", 0)
    );
    assert_eq!(
        (fresh.max_age_initial, fresh.max_age_liquidation),
        (60, 300)
    );
    // 0.05 % of confidence, as the embedded chain publishes.
    assert_eq!((fresh.confidence_bps, fresh.max_confidence_bps), (5, 100));
    assert_eq!(
        (
            fresh.divergence_bps,
            fresh.max_divergence_bps,
            fresh.stable_gap_bps
        ),
        (0, 1_000, 0)
    );
    for (seconds, usable) in [
        (60, Usable::AddingRisk),
        (1, Usable::Liquidating),
        (239, Usable::Liquidating),
        (1, Usable::Silent),
    ] {
        scene.x.chain.advance(seconds);
        assert_eq!(told(&scene).usable, usable);
    }
    assert_eq!(told(&scene).age, 301);
    scene.x.refresh_all();
    // 2 % wide, 12 % from its average, 15 % below where it stood a moment ago.
    scene.x.chain.advance(1);
    scene
        .x
        .publish_with(SOL, 12_750_000_000, 255_000_000, 14_500_000_000);
    scene.x.refresh(&[SOL]).unwrap();
    let rough = told(&scene);
    assert_eq!(
        (rough.usable, rough.wide, rough.divergent),
        (Usable::Liquidating, true, true)
    );
    assert_eq!((rough.confidence_bps, rough.divergence_bps), (200, 1_207)); // 17.5 / 145
    assert!(
        (1_700..=1_765).contains(&rough.stable_gap_bps),
        "{}",
        rough.stable_gap_bps
    );
    let quote = &figures(&scene, &Ask::default()).oracles[0];
    assert_eq!((quote.usable, quote.off_par_bps), (Usable::NoOracle, None));
}

#[test]
fn accounts_are_judged_by_prices_that_pyth_has_newer() {
    let mut scene = Scene::quiet();
    scene.x.chain.advance(1);
    scene.x.publish(SOL, 12_000_000_000);
    let body = figures(&scene, &Ask::default());
    let (equity, _) = by_hand(2_000, BULL, -2_000);
    assert_eq!(
        row(&scene, &body, "bull").equity.map(i128::from),
        Some(equity)
    );
    let oracle = &body.oracles[usize::from(SOL)];
    assert!(oracle.newer_at_source && oracle.price == "150.000000");
    // Unless recorded prices are asked for: then price accounts are not read.
    let mut reading = scene.reading();
    reading.prices.clear();
    let view = View::of(&reading.state(&scene.prices()), 0, &Ask::default());
    let (equity, _) = by_hand(2_000, BULL, 0);
    assert_eq!(
        row(&scene, hand::body(&view), "bull")
            .equity
            .map(i128::from),
        Some(equity)
    );
}
