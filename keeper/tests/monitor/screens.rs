//! The screen, drawn into memory: word for word against files, and at every size without a panic.
//!
//! `UPDATE_EXPECTED=1 cargo test -p counterweight-keeper --test monitor` writes the files anew; look at what changed.

use crate::{expected, fixed, picture};
use counterweight_keeper::monitor::{
    ui::{Page, Theme, Ui, draw},
    view::{Connection, View},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, style::Color};

const PLAIN: Theme = Theme::new(false);

fn drawn(view: &View, ui: &mut Ui, theme: Theme, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    ui.fit(height);
    ui.settle(view);
    terminal.draw(|frame| draw(frame, view, ui, theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// The letters on the screen, without blanks at the ends of lines.
fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let lines = buffer.content.chunks(width.max(1)).map(|cells| {
        let line: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

fn on(page: Page) -> Ui {
    let mut ui = Ui::default();
    ui.page = page;
    ui
}

fn press(ui: &mut Ui, keys: &str) {
    for letter in keys.chars() {
        let code = match letter {
            '↓' => KeyCode::Down,
            '⏎' => KeyCode::Enter,
            letter => KeyCode::Char(letter),
        };
        ui.press(KeyEvent::new(code, KeyModifiers::NONE));
    }
}

#[track_caller]
fn expect(name: &str, view: &View, ui: &mut Ui, size: (u16, u16)) {
    let screen = text(&drawn(view, ui, PLAIN, size));
    expected::file(&format!("tests/monitor/screens/{name}.txt"), &screen);
}

#[test]
fn every_page_reads_on_a_small_terminal() {
    for page in Page::ALL {
        let (name, mut ui) = (format!("{page:?}").to_lowercase(), on(page));
        ui.asset = Some(1);
        expect(&name, &fixed::view(), &mut ui, (80, 24));
    }
}

#[test]
fn a_wide_terminal_shows_more_of_accounts() {
    expect(
        "accounts_wide",
        &fixed::view(),
        &mut on(Page::Accounts),
        (132, 30),
    );
}

#[test]
fn the_marked_line_is_told_in_full() {
    let mut ui = on(Page::Accounts);
    drawn(&fixed::view(), &mut ui, PLAIN, (80, 24));
    press(&mut ui, "↓↓↓");
    expect("accounts_marked", &fixed::view(), &mut ui, (80, 24));
    let mut ui = on(Page::Oracles);
    drawn(&fixed::view(), &mut ui, PLAIN, (80, 24));
    press(&mut ui, "↓↓");
    expect("oracles_marked", &fixed::view(), &mut ui, (80, 24));
}

#[test]
fn a_filter_stands_in_the_title_and_on_the_line() {
    let mut ui = on(Page::Overview);
    press(&mut ui, "/sol");
    let mut view = fixed::view();
    let body = view.body.as_mut().unwrap();
    (body.accounts.matching, body.accounts.rows) = (0, Vec::new());
    let editing = text(&drawn(&view, &mut ui, PLAIN, (80, 24)));
    assert!(editing.contains("filter: sol_"), "{editing}");
    press(&mut ui, "⏎");
    expect("accounts_filtered", &view, &mut ui, (80, 24));
}

#[test]
fn the_keys_are_explained() {
    let mut ui = on(Page::Shock);
    press(&mut ui, "?");
    expect("keys", &fixed::view(), &mut ui, (80, 24));
}

#[test]
fn where_there_are_no_figures_there_are_words() {
    expect(
        "connecting",
        &fixed::nothing(),
        &mut on(Page::Overview),
        (80, 24),
    );
    let mut view = fixed::nothing();
    view.feed.connection = Connection::Lost;
    view.feed.reason = Some("connection refused".into());
    let lost = text(&drawn(&view, &mut on(Page::Accounts), PLAIN, (80, 24)));
    assert!(
        lost.contains("LOST") && lost.contains("The line is lost: connection refused."),
        "{lost}"
    );
    for page in Page::ALL {
        let screen = text(&drawn(&fixed::empty(), &mut on(page), PLAIN, (80, 24)));
        let words = match page {
            Page::Overview => "Nothing asks for attention.",
            Page::Accounts => "There are no margin accounts in this clearinghouse.",
            Page::Markets => "This clearinghouse has no markets.",
            Page::Oracles => "Prices as they are recorded",
            Page::Insurance => "No custody is known.",
            Page::Shock => "Nobody.",
        };
        assert!(screen.contains(words), "{page:?}:\n{screen}");
    }
}

#[test]
fn a_lost_line_leaves_the_figures_and_says_how_old_they_are() {
    let mut view = fixed::view();
    view.feed.connection = Connection::Lost;
    view.feed.age_ms = Some(75_000);
    view.feed.reason = Some("the node closed the connection".into());
    expect("lost", &view, &mut on(Page::Overview), (80, 24));
    let mut paused = on(Page::Accounts);
    press(&mut paused, "p");
    let screen = text(&drawn(&view, &mut paused, PLAIN, (80, 24)));
    assert!(
        screen.contains("LOST, figures 1m15s old") && screen.contains("PAUSED"),
        "{screen}"
    );
}

#[test]
fn the_picture_of_the_document_is_a_screen() {
    let mut ui = on(Page::Accounts);
    let size = (100, 25);
    drawn(&fixed::view(), &mut ui, PLAIN, size);
    press(&mut ui, "↓↓↓");
    let screen = drawn(&fixed::view(), &mut ui, Theme::new(true), size);
    expected::file("../docs/img/monitor.svg", &picture::of(&screen));
}

#[test]
fn without_colour_nothing_has_one_and_everything_is_said() {
    for page in Page::ALL {
        let (plain, coloured) = (Theme::new(false), Theme::new(true));
        let without = drawn(&fixed::view(), &mut on(page), plain, (100, 30));
        let with = drawn(&fixed::view(), &mut on(page), coloured, (100, 30));
        let colours = |buffer: &Buffer| {
            let tinted =
                |cell: &&ratatui::buffer::Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
            buffer.content.iter().filter(tinted).count()
        };
        assert_eq!(colours(&without), 0, "{page:?}");
        assert!(colours(&with) > 0, "{page:?}");
        assert_eq!(text(&without), text(&with), "{page:?}");
    }
}

#[test]
fn a_window_that_is_too_small_says_so() {
    let screen = text(&drawn(
        &fixed::view(),
        &mut on(Page::Overview),
        PLAIN,
        (59, 24),
    ));
    assert!(
        screen.starts_with("The window has 59 x 24 characters: make it at least 60 x"),
        "{screen}"
    );
}

#[test]
fn no_size_and_no_figure_breaks_a_page() {
    let views = [
        fixed::view(),
        fixed::nothing(),
        fixed::empty(),
        fixed::extreme(),
    ];
    let sizes = [1, 2, 11, 12, 13, 17, 24, 60, 200].into_iter();
    let sizes: Vec<(u16, u16)> = sizes
        .flat_map(|height| [1, 2, 40, 60, 61, 79, 80, 95, 132, 300].map(|width| (width, height)))
        .collect();
    for view in &views {
        for page in Page::ALL {
            let mut ui = on(page);
            for size in &sizes {
                let screen = text(&drawn(view, &mut ui, PLAIN, *size));
                assert_eq!(screen.lines().count(), usize::from(size.1));
                press(&mut ui, "↓");
            }
            press(&mut ui, "?");
            drawn(view, &mut ui, PLAIN, (60, 12));
        }
    }
}
