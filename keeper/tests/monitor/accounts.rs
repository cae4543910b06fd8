//! Accounts, one by one: against figures that are computed by hand, or by the program itself.

use crate::{
    hand::{BEAR, BULL, PRICE, by_hand, figures, row},
    scene::{SOL, Scene},
};
use counterweight_keeper::monitor::{
    ask::{Ask, Sort},
    view::{Condition, Level},
};

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
