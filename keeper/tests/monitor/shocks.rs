//! What a move of prices would do: against the program, and against itself.

use crate::{
    hand::{figures, shock},
    scene::{DOLLAR, SOL, Scene},
};
use counterweight_keeper::monitor::ask::{Ask, Curves, Move, Target};

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
