//! The figures of the monitor, against figures that are computed here in plain integers from the terms of
//! `migrations/localnet.toml`, or by the program itself.

use crate::scene::{BTC, BTC_PERP, DAILY_LOSS, DOLLAR, FUND, SOL, SOL_PERP, Scene};
use anchor_lang::prelude::Pubkey;
use counterweight_keeper::{
    monitor::{
        ask::{Ask, Curves, Move, Sort, Target},
        view::{Account, Alert, Body, Condition, Connection, Holder, Level, Usable, View},
    },
    state::{State, prices::PriceAccounts},
};
use counterweight_link::{Moment, Update};

/// Lots of the bull, and of the bear.
const BULL: i128 = 20_000;
const BEAR: i128 = -5_000;
/// Quote atoms a lot of SOL at 150 dollars.
const PRICE: i128 = 1_500_000;
const ONE: i128 = 1 << 20;

fn up(part: i128, whole: i128) -> i128 {
    (part + whole - 1).div_euclid(whole)
}

/// The maintenance rate of the first tier: 5 % · 0.6, each rounded up to 2^-20, and the product again.
fn rate() -> i128 {
    let bps = |bps: i128| up(bps * ONE, 10_000);
    up(bps(500) * bps(6_000), ONE)
}

/// What a trader of lots at 150 dollars is worth and needs after a move, who deposited so many dollars and paid
/// 2 basis points of the value.
fn by_hand(dollars: i128, lots: i128, move_bps: i128) -> (i128, i128) {
    let (cost, price) = (lots * PRICE, PRICE * (10_000 + move_bps) / 10_000);
    let fee = up(cost.abs() * up(2 * ONE, 10_000), ONE);
    let equity = dollars * DOLLAR - fee - cost + lots * price;
    (equity, up((lots * price).abs() * rate(), ONE))
}

fn body(view: &View) -> &Body {
    view.body
        .as_ref()
        .unwrap_or_else(|| panic!("{:?}", view.absent))
}

fn figures(scene: &Scene, ask: &Ask) -> Body {
    body(&scene.view(ask)).clone()
}

fn row<'a>(scene: &Scene, body: &'a Body, name: &str) -> &'a Account {
    let key = scene.margin(name);
    let mut rows = body.accounts.rows.iter();
    rows.find(|row| row.address == key).expect("the account")
}

fn shock(text: &str) -> Ask {
    Ask {
        shock: vec![text.parse().unwrap()],
        ..Ask::default()
    }
}

#[test]
fn accounts_stand_as_they_do_by_hand() {
    let scene = Scene::quiet();
    let body = figures(&scene, &Ask::default());
    for (name, dollars, lots) in [("bull", 2_000, BULL), ("bear", 10_000, BEAR)] {
        let (equity, margin) = by_hand(dollars, lots, 0);
        let row = row(&scene, &body, name);
        assert_eq!(row.equity.map(i128::from), Some(equity), "{name}");
        assert_eq!(
            row.maintenance_margin.map(i128::from),
            Some(margin),
            "{name}"
        );
        assert_eq!(
            row.ratio_bps.map(i128::from),
            Some(equity * 10_000 / margin),
            "{name}"
        );
        assert_eq!(
            row.notional.map(i128::from),
            Some((lots * PRICE).abs()),
            "{name}"
        );
        let held: Vec<_> = row
            .holdings
            .iter()
            .map(|held| (held.name.as_str(), held.lots))
            .collect();
        assert_eq!(held, [("SOL-PERP", Some(lots as i64))]);
    }
    let order: Vec<_> = body
        .accounts
        .rows
        .iter()
        .map(|row| scene.name(&row.address))
        .collect();
    // The backstop and the patron, of whom nothing is required, come last.
    assert_eq!(order[..3], ["bull", "bear", "maker"]);
    assert_eq!((body.accounts.total, body.accounts.matching), (5, 5));
}

#[test]
fn every_account_stands_as_the_program_says() {
    let mut scene = Scene::busy();
    scene.x.chain.advance(20);
    let body = figures(&scene, &Ask::default());
    assert_eq!(body.accounts.rows.len(), 8);
    for row in &body.accounts.rows {
        let told = scene.x.view(row.address).unwrap();
        assert_eq!(row.equity, Some(told.equity));
        assert_eq!(row.maintenance_margin, Some(told.maintenance_margin));
        let initial = row.initial.expect("fresh prices");
        assert_eq!(
            (initial.equity, initial.margin),
            (told.initial_equity, told.initial_margin)
        );
    }
    // With prices too old for adding risk, nobody can tell initial margin.
    scene.x.chain.advance(100);
    let body = figures(&scene, &Ask::default());
    let row = row(&scene, &body, "bull");
    assert_eq!(row.initial, None);
    assert_eq!(row.equity, Some(scene.x.view(row.address).unwrap().equity));
}

/// The last whole basis point of a move at which an account still holds, by looking at each.
fn last_that_holds(dollars: i128, lots: i128, sign: i128) -> u32 {
    let fails = |bps: &i128| {
        let (equity, margin) = by_hand(dollars, lots, sign * bps);
        equity < margin
    };
    let first = (0..100_000).find(fails).expect("a move at which it fails");
    u32::try_from(first - 1).unwrap()
}

#[test]
fn the_distance_is_the_move_at_which_it_fails() {
    let scene = Scene::quiet();
    let body = figures(&scene, &Ask::default());
    let bull = &row(&scene, &body, "bull").distances;
    assert_eq!(
        (bull.len(), bull[0].name.as_str(), bull[0].up_bps),
        (1, "SOL", None)
    );
    assert_eq!(bull[0].down_bps, Some(last_that_holds(2_000, BULL, -1)));
    let bear = &row(&scene, &body, "bear").distances;
    assert_eq!(
        (bear[0].down_bps, bear[0].up_bps),
        (None, Some(last_that_holds(10_000, BEAR, 1)))
    );
}

#[test]
fn a_wide_interval_is_no_distance() {
    let mut scene = Scene::quiet();
    // Failing at 144 dollars, but for an interval of 6 dollars that favours it.
    scene.x.chain.advance(1);
    scene
        .x
        .publish_with(SOL, 14_400_000_000, 600_000_000, 14_400_000_000);
    scene.x.refresh(&[SOL]).unwrap();
    let body = figures(&scene, &Ask::default());
    let bull = row(&scene, &body, "bull");
    assert_eq!(bull.condition, Condition::Healthy);
    assert_eq!(
        (bull.distances[0].down_bps, bull.distances[0].up_bps),
        (Some(0), Some(0))
    );
    assert!(body.oracles[usize::from(SOL)].wide);
}

#[test]
fn conditions_follow_the_price() {
    let mut scene = Scene::quiet();
    for (price, condition) in [
        (14_700_000_000, Condition::ReduceOnly), // 1,394 of 1,470 initial
        (14_400_000_000, Condition::Failing),    // 794 of 864
        (14_200_000_000, Condition::Default),    // 394 of 852
    ] {
        scene.x.set_price(SOL, price);
        let body = figures(&scene, &Ask::default());
        assert_eq!(row(&scene, &body, "bull").condition, condition, "{price}");
    }
    let body = figures(&scene, &Ask::default());
    let totals = &body.totals;
    assert_eq!(
        (totals.failing, totals.in_default, totals.in_liquidation),
        (1, 1, 0)
    );
    assert!(row(&scene, &body, "bull").distances.is_empty());
    assert!(
        body.alerts[0].level == Level::Critical && body.alerts[0].text == "1 account in default"
    );
    // Flagged, and back above maintenance margin but not by the buffer.
    let flag = scene.x.venue.flag_account(scene.margin("bull"));
    scene.x.chain.send(&[flag], &[]).unwrap();
    let flagged = scene.x.chain.time();
    scene.x.set_price(SOL, 14_450_000_000);
    let body = figures(&scene, &Ask::default());
    let bull = row(&scene, &body, "bull");
    assert_eq!(
        (bull.condition, bull.in_liquidation_since),
        (Condition::InLiquidation, Some(flagged))
    );
}

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
        row(&scene, self::body(&view), "bull")
            .equity
            .map(i128::from),
        Some(equity)
    );
}

#[test]
fn a_shock_is_what_the_program_says_after_the_move() {
    let mut scene = Scene::busy();
    let shocked = figures(&scene, &shock("SOL=-20")).shock;
    let all = figures(&scene, &shock("all=-20")).shock;
    scene.x.set_price(SOL, 12_000_000_000);
    let mut expected = Vec::new();
    for key in scene.margins() {
        let view = scene.x.view(key).unwrap();
        if view.equity < view.maintenance_margin {
            expected.push((key, view.equity, view.maintenance_margin));
        }
    }
    let mut found: Vec<_> = shocked
        .accounts
        .iter()
        .map(|fallen| (fallen.address, fallen.equity, fallen.maintenance_margin))
        .collect();
    found.sort();
    expected.sort();
    // A second has passed in which the debtor's interest grew.
    for ((key, equity, margin), (other, equity_then, margin_then)) in found.iter().zip(&expected) {
        assert_eq!((key, margin), (other, margin_then));
        assert!(
            (equity - equity_then).abs() <= 100,
            "{equity} {equity_then}"
        );
    }
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().any(|(key, ..)| *key == scene.margin("bull")));
    assert_eq!(
        (shocked.failing, shocked.newly_failing),
        (expected.len(), expected.len())
    );
    assert!(
        shocked.deficit > 4_000 * DOLLAR && shocked.beyond_fund == 0,
        "{shocked:?}"
    );
    // Nobody holds BTC or ETH: all prices are SOL's here.
    assert_eq!(
        (all.failing, all.deficit, all.moves.len()),
        (shocked.failing, shocked.deficit, 3)
    );
}

#[test]
fn a_curve_is_one_shock_after_the_other() {
    let scene = Scene::busy();
    let ask = Ask {
        curves: Curves::Every,
        ..Ask::default()
    };
    let body = figures(&scene, &ask);
    let names: Vec<&str> = body
        .curves
        .iter()
        .map(|curve| curve.name.as_str())
        .collect();
    assert_eq!(names, ["all", "SOL"]);
    for curve in &body.curves {
        assert_eq!(curve.points.len(), 21);
        for point in &curve.points {
            let target = curve.asset.map_or(Target::All, Target::Asset);
            let shock = vec![Move {
                target,
                bps: point.move_bps,
            }];
            let alone = figures(
                &scene,
                &Ask {
                    shock,
                    ..Ask::default()
                },
            )
            .shock;
            let figures = (point.accounts, point.notional, point.deficit);
            assert_eq!(
                (alone.failing, alone.notional, alone.deficit),
                figures,
                "{} {}",
                curve.name,
                point.move_bps
            );
        }
    }
    // The bull falls at −5 %, the bear with a rise, nobody now.
    let at = |bps| {
        body.curves[1]
            .points
            .iter()
            .find(|point| point.move_bps == bps)
            .unwrap()
            .accounts
    };
    assert_eq!((at(-500), at(0), at(1_000)), (1, 0, 0));
    assert!(at(-5_000) >= 1 && at(5_000) <= 1);
}

#[test]
fn a_shock_of_something_else_is_told_in_words() {
    let scene = Scene::quiet();
    let shock = figures(&scene, &shock("DOGE=-20")).shock;
    assert!(
        shock
            .problem
            .unwrap()
            .contains("USDC, SOL, BTC, ETH and all")
    );
    assert_eq!((shock.failing, shock.accounts.len()), (0, 0));
}

#[test]
fn accounts_are_sorted_and_filtered() {
    let scene = Scene::busy();
    let named = |ask: Ask| {
        let body = figures(&scene, &ask);
        let names: Vec<_> = body
            .accounts
            .rows
            .iter()
            .map(|row| scene.name(&row.address))
            .collect();
        (body.accounts.matching, names)
    };
    let by = |sort| {
        named(Ask {
            sort,
            ..Ask::default()
        })
        .1
    };
    assert_eq!(by(Sort::Equity).last(), Some(&"whale"));
    assert_eq!(by(Sort::Margin)[0], "bull");
    assert!(
        by(Sort::Address)
            .windows(2)
            .all(|pair| scene.margin(pair[0]) < scene.margin(pair[1]))
    );
    let turned = Ask {
        sort: Sort::Margin,
        reverse: true,
        ..Ask::default()
    };
    assert_eq!(named(turned).1.last(), Some(&"bull"));
    let with = |filter: &str| {
        named(Ask {
            filter: filter.into(),
            ..Ask::default()
        })
    };
    let owner = scene
        .x
        .margin(&scene.margin("bear"))
        .header
        .owner
        .to_string();
    assert_eq!(with(&owner), (1, vec!["bear"]));
    assert_eq!(with(&owner[..12].to_uppercase()), (1, vec!["bear"]));
    assert_eq!(with("backstop"), (1, vec!["backstop"]));
    assert_eq!(with(" sol-perp ").0, 5); // with orders only, too
    assert_eq!(with("no such account"), (0, vec![]));
    // A page, and one that lies beyond the end.
    let page = named(Ask {
        sort: Sort::Margin,
        offset: 1,
        rows: 2,
        ..Ask::default()
    });
    assert_eq!(
        (page.0, page.1.len(), page.1[0]),
        (8, 2, by(Sort::Margin)[1])
    );
    let beyond = named(Ask {
        offset: 1_000,
        rows: 3,
        ..Ask::default()
    });
    assert_eq!(beyond.1.len(), 3);
}

#[test]
fn where_there_is_nothing_it_is_told_why() {
    let key = Pubkey::new_from_array([7; 32]);
    let mut state = State::new(
        key,
        counterweight_keeper::monitor::args::NEWEST,
        PriceAccounts::default(),
    );
    let view = |state: &mut State| {
        state.judge();
        View::of(state, 12_000, &Ask::default())
    };
    let begun = view(&mut state);
    assert_eq!(
        (begun.feed.connection, begun.feed.age_ms),
        (Connection::Connecting, None)
    );
    assert!(begun.absent.unwrap().contains("nothing has come"));
    state.apply(Update::Lost("connection refused".into()), 1_000);
    let lost = view(&mut state);
    assert_eq!(
        (lost.feed.connection, lost.feed.reason.as_deref()),
        (Connection::Lost, Some("connection refused"))
    );
    state.apply(Update::Snapshot(Vec::new()), 2_000);
    let other = view(&mut state);
    assert!(
        other
            .absent
            .unwrap()
            .contains(&format!("no clearinghouse at {key}"))
            && other.body.is_none()
    );
}

#[test]
fn an_empty_clearinghouse_has_figures() {
    let scene = Scene::empty();
    let ask = Ask {
        curves: Curves::Every,
        ..shock("all=-50")
    };
    let body = figures(&scene, &ask);
    assert_eq!(
        (
            body.accounts.total,
            body.totals.accounts,
            body.shock.failing
        ),
        (0, 0, 0)
    );
    assert!(body.exposure.is_empty() && !body.insurance.opened);
    assert_eq!(body.curves.len(), 1);
    assert!(
        body.curves[0]
            .points
            .iter()
            .all(|point| point.accounts == 0)
    );
}

#[test]
fn a_line_that_is_lost_or_quiet_is_told_with_its_age() {
    let scene = Scene::quiet();
    let mut state = scene.state();
    let of = |state: &State, at| View::of(state, at, &Ask::default()).feed;
    assert_eq!(
        (of(&state, 400).connection, of(&state, 400).age_ms),
        (Connection::Live, Some(400))
    );
    assert_eq!(of(&state, 5_000).connection, Connection::Quiet);
    state.apply(Update::Lost("reset by peer".into()), 6_000);
    let lost = of(&state, 9_000);
    assert_eq!(
        (lost.connection, lost.age_ms, lost.resyncs),
        (Connection::Lost, Some(9_000), 0)
    );
    // The figures are still there, and live again with the next snapshot.
    assert!(View::of(&state, 9_000, &Ask::default()).body.is_some());
    state.apply(Update::Snapshot(scene.reading().accounts), 9_500);
    state.apply(
        Update::Moment(Moment {
            slot: 9,
            time: scene.x.chain.time(),
        }),
        9_600,
    );
    let back = of(&state, 9_700);
    assert_eq!(
        (back.connection, back.resyncs, back.slot),
        (Connection::Live, 1, 9)
    );
    let bull = scene.margin("bull");
    let mut bytes = scene.x.chain.data(&bull);
    bytes[8] = 99; // a layout of the future
    state.apply(Update::Account(bull, bytes), 9_800);
    let puzzled = of(&state, 9_900);
    assert_eq!(puzzled.undecoded, 1);
    let last = puzzled.undecoded_last.unwrap();
    assert!(
        last.contains(&bull.to_string()) && last.contains("99"),
        "{last}"
    );
}
