//! The frame around a page: the line to the chain, the pages, the keys, and words where there are no figures.

use super::{Page, Theme, Ui, accounts, insurance, markets, oracles, overview, shock};
use crate::monitor::{
    figures::{age, short},
    view::{Connection, FeedView, View},
};
use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};

/// Below this nothing can be read.
const SMALLEST: (u16, u16) = (60, 12);

/// What a page is drawn with.
#[derive(Clone, Copy)]
pub(super) struct Canvas<'a> {
    pub ui: &'a Ui,
    pub theme: Theme,
}

/// Draws a view.
pub fn draw(frame: &mut Frame, view: &View, ui: &Ui, theme: Theme) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "The window has {} x {} characters: make it at least {} x {}, better 80 x 24.",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    let canvas = Canvas { ui, theme };
    let rows = [
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ];
    let [head, pages, body, keys] = Layout::vertical(rows).areas(area);
    frame.render_widget(header(view, canvas, head.width), head);
    frame.render_widget(tabs(canvas), pages);
    match &view.body {
        Some(figures) => match ui.page {
            Page::Overview => overview::draw(frame, body, figures, &view.feed, canvas),
            Page::Accounts => accounts::draw(frame, body, figures, canvas, view.feed.time),
            Page::Markets => markets::draw(frame, body, figures, canvas),
            Page::Oracles => oracles::draw(frame, body, figures, canvas),
            Page::Insurance => insurance::draw(frame, body, figures, canvas),
            Page::Shock => shock::draw(frame, body, figures, canvas),
        },
        None => frame.render_widget(absence(view), body),
    }
    frame.render_widget(help_line(canvas), keys);
    if ui.help {
        draw_help(frame, body);
    }
}

fn state(feed: &FeedView) -> String {
    let ago = feed
        .age_ms
        .map(|age_ms| age(i64::try_from(age_ms / 1_000).unwrap_or(i64::MAX)));
    match (feed.connection, ago) {
        (Connection::Connecting, _) => "CONNECTING".into(),
        (Connection::Live, ago) => format!("LIVE {} ago", ago.unwrap_or_default()),
        (Connection::Quiet, ago) => format!("QUIET for {}", ago.unwrap_or_default()),
        (Connection::Lost, Some(ago)) => format!("LOST, figures {ago} old"),
        (Connection::Lost, None) => "LOST".into(),
    }
}

/// Hours, minutes and seconds of a day in UTC.
fn clock(time: i64) -> String {
    let seconds = time.rem_euclid(86_400);
    format!(
        "{:02}:{:02}:{:02} UTC",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn header(view: &View, canvas: Canvas, width: u16) -> Line<'static> {
    let (feed, theme) = (&view.feed, canvas.theme);
    let mut spans = vec![
        Span::styled(
            format!("Counterweight {}  ", short(&view.clearinghouse)),
            theme.strong(),
        ),
        Span::styled(state(feed), theme.connection(feed.connection)),
    ];
    if canvas.ui.paused {
        spans.push(Span::styled("  PAUSED", theme.uneasy()));
    }
    if feed.time != 0 {
        spans.push(Span::raw(format!("  {}", clock(feed.time))));
    }
    let mut rest = format!("  resyncs {}", feed.resyncs);
    if feed.undecoded > 0 {
        rest.push_str(&format!("  {} not understood", feed.undecoded));
    }
    if let Some(reason) = &feed.reason {
        rest.push_str(&format!("  {reason}"));
    } else if width >= 100 {
        rest.push_str(&format!("  slot {}", feed.slot));
    }
    spans.push(Span::raw(rest));
    Line::from(spans)
}

fn tabs(canvas: Canvas) -> Line<'static> {
    let mut spans = Vec::new();
    for (at, page) in Page::ALL.into_iter().enumerate() {
        let here = page == canvas.ui.page;
        let style = if here {
            canvas.theme.marked()
        } else {
            canvas.theme.faint()
        };
        // Brackets say it where nothing can be reversed.
        let [open, close] = if here { ["[", "]"] } else { [" ", " "] };
        spans.push(Span::styled(
            format!("{open}{} {}{close}", at + 1, page.label()),
            style,
        ));
    }
    Line::from(spans)
}

/// Words where there are no figures.
fn absence(view: &View) -> Paragraph<'static> {
    let mut lines = vec![Line::default(), Line::default()];
    let why = view
        .absent
        .clone()
        .unwrap_or_else(|| "there are no figures".into());
    lines.push(Line::from(sentence(&why)));
    lines.push(Line::default());
    let more = match (&view.feed.reason, view.feed.connection) {
        (Some(reason), _) => format!("The line is lost: {reason}. It is tried again."),
        (None, Connection::Connecting) => "Waiting for the first snapshot.".into(),
        _ => "What comes is shown at once.".into(),
    };
    lines.push(Line::from(more));
    Paragraph::new(lines)
        .alignment(Alignment::Center)
        .wrap(Wrap { trim: true })
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn help_line(canvas: Canvas) -> Line<'static> {
    let ui = canvas.ui;
    if ui.editing {
        return Line::from(format!(
            "filter: {}_   Enter keeps it, Esc drops it",
            ui.filter
        ));
    }
    let own = match ui.page {
        Page::Accounts => "s sort  r reverse  / filter  Esc all",
        Page::Shock => "a asset  left right 1%  [ ] 5%  0 none",
        _ => "/ find an account",
    };
    let text = format!("q quit  ? keys  1-6 pages  p pause  {own}");
    Line::styled(text, canvas.theme.faint())
}

const KEYS: &[(&str, &str)] = &[
    ("1 to 6, Tab", "pages"),
    ("up down j k", "mark another line"),
    ("PgUp PgDn Home End", "mark a farther one"),
    ("s", "accounts: sort by the next figure"),
    ("r", "accounts: turn the order round"),
    ("/", "accounts: only those whose address, owner, state"),
    ("", "  or holdings contain a text; Esc for all"),
    ("a A", "shock: the next, the last asset, or all"),
    ("left right + -", "shock: move prices by 1 %"),
    ("[ ]", "shock: move prices by 5 %"),
    ("0", "shock: no move"),
    ("p", "let the figures stand still, or go on"),
    ("q, Ctrl-C", "quit"),
];

fn draw_help(frame: &mut Frame, area: Rect) {
    let height = u16::try_from(KEYS.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2)
        .min(area.height);
    let width = 72.min(area.width);
    let window = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let lines: Vec<Line> = KEYS
        .iter()
        .map(|(keys, what)| Line::from(format!("{keys:<20}{what}")))
        .collect();
    frame.render_widget(Clear, window);
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title("Keys: any key goes on")),
        window,
    );
}

/// A block's title with how much of a list is seen.
pub(super) fn window(marked: usize, lines: usize, room: usize) -> (usize, String) {
    let first = if lines <= room {
        0
    } else {
        marked
            .saturating_sub(room.saturating_sub(1))
            .min(lines - room)
    };
    let last = (first + room).min(lines);
    let told = if lines <= room {
        String::new()
    } else {
        format!(" {}-{last} of {lines}", first + 1)
    };
    (first, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_longer_than_its_window_says_which_part_is_seen() {
        assert_eq!(window(0, 3, 5), (0, String::new()));
        assert_eq!(window(0, 10, 4), (0, " 1-4 of 10".into()));
        assert_eq!(window(5, 10, 4), (2, " 3-6 of 10".into()));
        assert_eq!(window(9, 10, 4), (6, " 7-10 of 10".into()));
        assert_eq!(window(0, 10, 0), (0, " 1-0 of 10".into()));
        assert_eq!(window(9, 10, 0), (9, " 10-9 of 10".into()));
    }

    #[test]
    fn the_clock_is_of_the_day() {
        assert_eq!(clock(1_790_000_000), "14:13:20 UTC");
        assert_eq!(clock(-1), "23:59:59 UTC");
    }
}
