//! Sums, and what asks for attention.

use super::draw::{Canvas, window};
use crate::monitor::{
    figures::{compact, percent},
    view::{Alert, Body, FeedView, Insurance, Level, Totals},
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, Paragraph, Wrap},
};

/// Characters of a figure.
const FIGURE: usize = 16;
/// Lines of sums, with their frame.
const SUMS: u16 = 11;

pub(super) fn draw(frame: &mut Frame, area: Rect, body: &Body, feed: &FeedView, canvas: Canvas) {
    let [sums, attention] =
        Layout::vertical([Constraint::Length(SUMS), Constraint::Min(3)]).areas(area);
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(sums);
    let accounts = Block::bordered().title("Accounts");
    frame.render_widget(Paragraph::new(totals(body, canvas)).block(accounts), left);
    let fund = Block::bordered().title("Insurance");
    frame.render_widget(Paragraph::new(fund_lines(body, canvas)).block(fund), right);
    draw_alerts(frame, attention, &body.alerts, feed, canvas);
}

/// An amount of the quote token in a column of its own width.
pub(super) fn money(body: &Body, atoms: i128) -> String {
    format!(
        "{:>FIGURE$} {}",
        compact(atoms, body.quote.decimals, FIGURE),
        body.quote.name
    )
}

/// A name and a figure.
pub(super) fn line(name: &str, figure: String, style: Style) -> Line<'static> {
    Line::from(vec![
        Span::raw(format!("{name:<17}")),
        Span::styled(figure, style),
    ])
}

fn totals(body: &Body, canvas: Canvas) -> Vec<Line<'static>> {
    let Totals {
        accounts,
        empty,
        with_positions,
        with_orders,
        failing,
        in_default,
        in_liquidation,
        ..
    } = body.totals;
    let totals = &body.totals;
    let plain = Style::new();
    let pressing = |number: usize| {
        if number > 0 {
            canvas.theme.bad()
        } else {
            plain
        }
    };
    vec![
        line("Accounts", format!("{accounts}, {empty} empty"), plain),
        line(
            "With positions",
            format!("{with_positions}, {with_orders} with orders"),
            plain,
        ),
        line(
            "Failing",
            format!("{failing}, {in_default} in default"),
            pressing(failing),
        ),
        line(
            "In liquidation",
            in_liquidation.to_string(),
            pressing(in_liquidation),
        ),
        line("Equity", money(body, totals.equity), plain),
        line(
            "Maint. margin",
            money(body, totals.maintenance_margin),
            plain,
        ),
        line("Open interest", money(body, totals.open_interest), plain),
        line("Cash below zero", money(body, totals.debt), plain),
        line("Fees", money(body, totals.fees), plain),
    ]
}

fn fund_lines(body: &Body, canvas: Canvas) -> Vec<Line<'static>> {
    let insurance = &body.insurance;
    let plain = Style::new();
    vec![
        line("Fund", money(body, insurance.fund), plain),
        line(
            "Negative equity",
            money(body, insurance.negative_equity),
            plain,
        ),
        line("Covered", coverage(insurance), uncovered(insurance, canvas)),
        line(
            "Beyond it",
            money(body, insurance.uncovered),
            uncovered(insurance, canvas),
        ),
        line(
            "Cap left today",
            money(body, insurance.cap_left.into()),
            plain,
        ),
        line(
            "Backstop",
            money(body, insurance.backstop_equity.into()),
            plain,
        ),
        line(
            "Its margin",
            money(body, insurance.backstop_margin.into()),
            plain,
        ),
        line(
            "Its positions",
            insurance.backstop_positions.to_string(),
            plain,
        ),
        line(
            "Vault lent",
            format!(
                "{} at {} a year",
                percent(insurance.lending.missing_bps),
                percent(insurance.lending.yearly_bps)
            ),
            plain,
        ),
    ]
}

pub(super) fn uncovered(insurance: &Insurance, canvas: Canvas) -> Style {
    if insurance.uncovered > 0 {
        canvas.theme.bad()
    } else {
        Style::new()
    }
}

/// How far the fund reaches, in words where there is nothing to be covered.
pub(super) fn coverage(insurance: &Insurance) -> String {
    match insurance.coverage_bps {
        None => "nothing to cover".into(),
        Some(bps) if bps >= 1_000_000 => "over 100 times".into(),
        Some(bps) => percent(bps),
    }
}

fn draw_alerts(frame: &mut Frame, area: Rect, alerts: &[Alert], feed: &FeedView, canvas: Canvas) {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(reason) = &feed.reason {
        let text = format!("CRITICAL  the line is lost, these are old figures: {reason}");
        lines.push(Line::styled(text, canvas.theme.level(Level::Critical)));
    }
    if let Some(problem) = &feed.undecoded_last {
        let text = format!("WARNING   an account was not understood: {problem}");
        lines.push(Line::styled(text, canvas.theme.level(Level::Warning)));
    }
    let all = alerts.iter().map(|alert| {
        let text = format!("{:<9} {}", alert.level.label(), alert.text);
        Line::styled(text, canvas.theme.level(alert.level))
    });
    lines.extend(all);
    if lines.is_empty() {
        lines.push(Line::styled(
            "Nothing asks for attention.",
            canvas.theme.good(),
        ));
    }
    let room = usize::from(area.height.saturating_sub(2));
    let (first, told) = window(canvas.ui.marked(), lines.len(), room);
    let block = Block::bordered().title(format!("Attention{told}"));
    let seen: Vec<Line> = lines.into_iter().skip(first).take(room).collect();
    let paragraph = Paragraph::new(seen).wrap(Wrap { trim: false });
    frame.render_widget(paragraph.block(block), area);
}
