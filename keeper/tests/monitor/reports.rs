//! The report: its books against the conservation check of the embedded chain, and what it says of books in which one
//! byte is wrong.

use crate::scene::{DOLLAR, SOL_PERP, Scene};
use anchor_lang::prelude::Pubkey;
use counterweight_keeper::report::{Books, Format, Reading, Report, UNBALANCED};
use counterweight_simnet::reconcile;
use std::ops::Range;

/// Where a margin account has what, from its beginning (docs/architecture.md, section 4).
const CASH: Range<usize> = 120..128;
const POSITION: usize = 408;

fn report(scene: &Scene) -> Report {
    Report::of(&scene.reading(), &scene.prices(), 10)
}

/// The reading with one byte of an account changed.
fn bent(reading: &Reading, key: &Pubkey, at: usize) -> Reading {
    let mut bent = reading.clone();
    let (_, data) = bent
        .accounts
        .iter_mut()
        .find(|(found, _)| found == key)
        .expect("the account");
    data[at] ^= 1;
    bent
}

#[track_caller]
fn broken(books: &Books) -> Vec<String> {
    assert!(!books.balanced);
    books.broken().map(|check| check.name.clone()).collect()
}

#[test]
fn books_with_everything_in_them_balance_as_the_chain_s_own_check_says() {
    let scene = Scene::busy();
    let books = Books::of(&scene.reading());
    assert!(books.balanced, "{:?} {:?}", broken(&books), books.foreign);
    let sums = reconcile(&scene.x, &scene.margins());
    assert!(sums.balances(), "{sums:?}");
    let ledger = &books.ledger;
    assert_eq!(
        [
            ledger.recorded,
            ledger.cash,
            ledger.positions,
            ledger.queued,
            ledger.fees,
            ledger.insurance,
            ledger.residue,
            ledger.owed
        ],
        [
            sums.vault,
            sums.cash,
            sums.positions,
            sums.queued,
            sums.fees,
            sums.insurance,
            sums.residue,
            sums.owed
        ]
    );
    // There is something in every line that the scene was made for.
    assert!(
        ledger.queued != 0
            && ledger.owed != 0
            && ledger.fees > 0
            && ledger.insurance > 5_000 * DOLLAR,
        "{ledger:?}"
    );
    assert!(scene.x.tables().header.params.interest.debt > 0);
    assert!(
        scene
            .x
            .margin(&scene.margin("debtor"))
            .header
            .core
            .debt
            .payable
            .0
            > 0
    );
}

#[test]
fn an_empty_clearinghouse_balances() {
    let report = report(&Scene::empty());
    assert!(
        report.books.balanced,
        "{:?}",
        report.books.broken().collect::<Vec<_>>()
    );
    assert_eq!(
        (
            report.code(),
            report
                .distribution
                .iter()
                .map(|bucket| bucket.accounts)
                .sum::<usize>()
        ),
        (0, 0)
    );
}

#[test]
fn one_byte_of_an_account_unbalances_the_books_by_what_it_changes() {
    let scene = Scene::busy();
    let reading = scene.reading();
    let bull = scene.margin("bull");
    for at in CASH {
        let books = Books::of(&bent(&reading, &bull, at));
        let quote: Vec<i128> = books.broken().map(|check| check.difference()).collect();
        assert_eq!(quote.len(), 1, "{:?}", broken(&books));
        assert_eq!(quote[0].abs(), 1 << (8 * (at - CASH.start)), "byte {at}");
    }
    let text = Report::of(&bent(&reading, &bull, CASH.start), &scene.prices(), 3);
    assert_eq!(text.code(), UNBALANCED);
    let text = text.text(Format::Markdown).unwrap();
    assert!(
        text.contains("**NOT BALANCED.**")
            && text.contains("| quote tokens recorded, and everything that is owed |"),
        "{text}"
    );
}

/// Which bytes of the maker's account no comparison looks at: nothing else knows of them.
fn is_unseen(at: usize) -> bool {
    let unseen: [Range<usize>; 8] = [
        12..24,   // discount, padding, sequence
        88..120,  // delegate
        128..136, // when liquidation began
        268..304, // padding, profit that matures, index of interest
        320..408, // of the backstop, and reserved
        412..416, // padding of a position
        456..464, // no bid costs more
        472..488, // no ask brings less; offsets of pegs
    ];
    // Of a balance without atoms its asset and padding mean nothing.
    let balance = (136..264).contains(&at) && (at - 136) % 16 >= 8;
    balance || unseen.iter().any(|range| range.contains(&at))
}

/// Up to where a position has paid: what it owes by a wrong one may be more or less, and only less is told.
fn is_half_seen(at: usize) -> bool {
    (432..448).contains(&at)
}

#[test]
fn every_byte_that_is_written_down_twice_is_compared() {
    let scene = Scene::busy();
    let reading = scene.reading();
    let maker = scene.margin("maker");
    let told = |at: &usize| Books::of(&bent(&reading, &maker, *at)).balanced != is_unseen(*at);
    let compared = (0..POSITION + 80).filter(|at| !is_half_seen(*at));
    let wrong: Vec<usize> = compared.filter(told).collect();
    assert_eq!(wrong, Vec::<usize>::new());
}

#[test]
fn no_byte_of_any_account_makes_the_report_panic() {
    let scene = Scene::busy();
    let reading = scene.reading();
    for key in scene.keys() {
        let length = reading
            .accounts
            .iter()
            .find(|(found, _)| *found == key)
            .map_or(0, |(_, data)| data.len());
        // Every byte of headers; of long tails every 97th.
        for at in (0..length.min(700)).chain((700..length).step_by(97)) {
            let mut bent = bent(&reading, &key, at);
            let (_, data) = bent
                .accounts
                .iter_mut()
                .find(|(found, _)| *found == key)
                .unwrap();
            data[at] ^= 0xfe; // all bits of it
            let books = Books::of(&bent);
            assert_eq!(books.balanced, books.broken().count() == 0);
        }
        let cut: Vec<usize> = [0, 7, 8, 9, 100, 400, 8_471]
            .into_iter()
            .filter(|at| *at < length)
            .collect();
        for length in cut {
            let mut short = reading.clone();
            short
                .accounts
                .iter_mut()
                .find(|(found, _)| *found == key)
                .unwrap()
                .1
                .truncate(length);
            assert!(!Books::of(&short).balanced, "{key} cut to {length}");
        }
    }
}

#[test]
fn whole_reports_survive_accounts_that_make_no_sense() {
    let scene = Scene::busy();
    let reading = scene.reading();
    for key in scene.keys() {
        for at in [
            8, 10, 16, 56, 128, 144, 146, 232, 240, 300, 408, 416, 424, 500,
        ] {
            let length = reading
                .accounts
                .iter()
                .find(|(found, _)| *found == key)
                .map_or(0, |(_, data)| data.len());
            if at + 8 > length {
                continue;
            }
            let mut bent = reading.clone();
            let (_, data) = bent
                .accounts
                .iter_mut()
                .find(|(found, _)| *found == key)
                .unwrap();
            data[at..at + 8].fill(0xff);
            let report = Report::of(&bent, &scene.prices(), 10);
            for format in [Format::Markdown, Format::Json] {
                assert!(report.text(format).unwrap().len() > 500, "{key} at {at}");
            }
        }
    }
}

#[test]
fn an_account_that_is_missing_or_in_another_s_place_is_found() {
    let scene = Scene::busy();
    let reading = scene.reading();
    let without = |key: Pubkey| {
        let mut less = reading.clone();
        less.accounts.retain(|(found, _)| *found != key);
        broken(&Books::of(&less))
    };
    assert!(
        without(scene.margin("whale"))
            .iter()
            .any(|name| name.starts_with("quote tokens recorded"))
    );
    assert!(
        without(scene.margin("debtor"))
            .iter()
            .any(|name| name == "SOL recorded, and in accounts")
    );
    assert!(
        without(scene.x.venue.market(SOL_PERP))
            .iter()
            .any(|name| name == "accounts of SOL-PERP")
    );
    // The same bytes at an address that their header does not name.
    let mut moved = reading.clone();
    let bear = scene.margin("bear");
    moved
        .accounts
        .iter_mut()
        .find(|(found, _)| *found == bear)
        .unwrap()
        .0 = Pubkey::new_from_array([3; 32]);
    let books = Books::of(&moved);
    assert!(
        books
            .foreign
            .iter()
            .any(|line| line.contains("names others")),
        "{:?}",
        books.foreign
    );
    assert!(!books.balanced);
    // Somebody else's clearinghouse on the same program is none of ours.
    let other = Books::of(&Reading {
        clearinghouse: Pubkey::new_from_array([5; 32]),
        ..reading
    });
    assert!(
        other
            .foreign
            .iter()
            .any(|line| line.contains("there is no clearinghouse")),
        "{:?}",
        other.foreign
    );
}

#[test]
fn a_vault_may_hold_more_than_is_recorded_and_never_less() {
    let scene = Scene::busy();
    for (change, balanced) in [(1i64, true), (-1, false)] {
        let mut reading = scene.reading();
        let data = &mut reading.vaults[0].vault_data;
        let held = u64::from_le_bytes(data[64..72].try_into().unwrap()).wrapping_add_signed(change);
        data[64..72].copy_from_slice(&held.to_le_bytes());
        let books = Books::of(&reading);
        assert_eq!(books.balanced, balanced);
        let vault = books
            .checks
            .iter()
            .find(|check| check.name == "USDC in the vault, and recorded")
            .unwrap();
        assert_eq!(vault.difference(), i128::from(change));
    }
    let mut gone = scene.reading();
    gone.vaults[1].vault_data.clear();
    assert_eq!(
        broken(&Books::of(&gone)),
        ["SOL in the vault, and recorded"]
    );
}

#[test]
fn books_balance_after_a_default_and_a_deleveraging() {
    let mut scene = Scene::quiet();
    scene.x.set_price(1, 12_000_000_000);
    // Too much for the day's cap: the rest is shared by the other side.
    assert!(scene.x.resolve_default(scene.margin("bull")).is_err());
    scene.x.deleverage(scene.margin("bull"), SOL_PERP).unwrap();
    let report = report(&scene);
    assert!(
        report.books.balanced,
        "{:?}",
        report.books.broken().collect::<Vec<_>>()
    );
    let market = &report.view.body.as_ref().unwrap().markets[usize::from(SOL_PERP)];
    assert!(market.behind > 0, "{market:?}");
    scene.x.catch_up(scene.margin("maker"), SOL_PERP).unwrap();
    let books = Books::of(&scene.reading());
    assert!(books.balanced, "{:?}", books.broken().collect::<Vec<_>>());
}

#[test]
fn the_distribution_counts_every_account_once() {
    let mut scene = Scene::busy();
    scene.x.set_price(1, 14_300_000_000);
    let report = report(&scene);
    let counts: Vec<usize> = report
        .distribution
        .iter()
        .map(|bucket| bucket.accounts)
        .collect();
    // The bull at some 65 % of 858; taker, bear and maker above 500 %; whale, debtor and patron need nothing.
    assert_eq!(counts, [0, 0, 1, 0, 0, 0, 0, 3, 3]);
    let body = report.view.body.as_ref().unwrap();
    let sums = report
        .distribution
        .iter()
        .fold((0, 0), |(e, m), b| (e + b.equity, m + b.maintenance_margin));
    assert_eq!(sums, (body.totals.equity, body.totals.maintenance_margin));
}

#[test]
fn the_report_reads_as_it_is_written_down() {
    let mut scene = Scene::busy();
    scene.x.set_price(1, 14_300_000_000);
    let text = report(&scene).text(Format::Markdown).unwrap();
    crate::expected::file("tests/monitor/screens/report.md", &text);
}
