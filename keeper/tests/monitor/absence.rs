//! Where there is little or nothing to be shown.

use crate::{
    hand::{figures, shock},
    scene::Scene,
};
use anchor_lang::prelude::Pubkey;
use counterweight_keeper::{
    monitor::{
        args::NEWEST,
        ask::{Ask, Curves},
        view::{Connection, View},
    },
    state::{State, prices::PriceAccounts},
};
use counterweight_link::{Moment, Update};

#[test]
fn where_there_is_nothing_it_is_told_why() {
    let key = Pubkey::new_from_array([7; 32]);
    let mut state = State::new(key, NEWEST, PriceAccounts::default());
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
