//! What a move of prices would do, and who falls at which move.

use super::{
    draw::{Canvas, window},
    markets::right,
};
use crate::monitor::{
    figures::{compact, short, signed_percent},
    view::{Body, Curve, Fallen, Point, ShockOutcome},
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Block, Cell, Paragraph, Row, Sparkline, Table},
};

/// Lines of the curve, with its frame: bars, and two rows of figures under the moves.
const CURVE: u16 = 9;
/// Columns of a point's bar, one of them blank.
const BAR: usize = 3;
/// Columns of a name before a row of figures.
const NAME: usize = 9;

const HEADS: [(&str, u16); 5] = [
    ("ACCOUNT", 12),
    ("NOW", 10),
    ("EQUITY AFTER", 17),
    ("MM AFTER", 17),
    ("SIZE", 17),
];

pub(super) fn draw(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let rows = [
        Constraint::Length(4),
        Constraint::Min(4),
        Constraint::Length(CURVE),
    ];
    let [verdict, table, curve] = Layout::vertical(rows).areas(area);
    draw_verdict(frame, verdict, body, canvas);
    draw_table(frame, table, body, canvas);
    draw_curve(frame, curve, body.curves.first(), body, canvas);
}

fn moved(body: &Body, canvas: Canvas) -> String {
    let which = match canvas.ui.asset {
        None => "all prices but the quote token's".into(),
        Some(asset) => body
            .oracles
            .get(usize::from(asset))
            .map_or_else(String::new, |oracle| oracle.name.clone()),
    };
    format!(
        "If {which} move{} by {}",
        if canvas.ui.asset.is_some() { "s" } else { "" },
        signed_percent(canvas.ui.move_bps.into())
    )
}

fn draw_verdict(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let ShockOutcome {
        failing,
        newly_failing,
        notional,
        deficit,
        beyond_fund,
        problem,
        ..
    } = &body.shock;
    let money = |atoms: i128| {
        format!(
            "{} {}",
            compact(atoms, body.quote.decimals, 14),
            body.quote.name
        )
    };
    let block = Block::bordered().title(moved(body, canvas));
    if let Some(problem) = problem {
        frame.render_widget(Paragraph::new(problem.clone()).block(block), area);
        return;
    }
    let fail = if *failing == 1 {
        "account fails"
    } else {
        "accounts fail"
    };
    let style = if *beyond_fund > 0 {
        canvas.theme.bad()
    } else {
        ratatui::style::Style::new()
    };
    let fund = if *beyond_fund > 0 {
        format!("{} of it beyond the fund", money(*beyond_fund))
    } else {
        "within the fund".into()
    };
    let lines = vec![
        Line::from(format!(
            "{failing} {fail}, {newly_failing} of them not now; their size is {}",
            money(*notional)
        )),
        Line::styled(format!("missing {}, {fund}", money(*deficit)), style),
    ];
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn row(fallen: &Fallen, body: &Body) -> Row<'static> {
    let amount = |atoms: i128| right(compact(atoms, body.quote.decimals, 16));
    Row::new(vec![
        Cell::from(short(&fallen.address)),
        Cell::from(if fallen.fails_now { "fails" } else { "holds" }),
        amount(fallen.equity.into()),
        amount(fallen.maintenance_margin.into()),
        amount(fallen.notional),
    ])
}

fn draw_table(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let fallen = &body.shock.accounts;
    let room = usize::from(area.height.saturating_sub(3));
    let (first, told) = window(canvas.ui.marked(), fallen.len(), room);
    let more = match body.shock.failing.saturating_sub(fallen.len()) {
        0 => String::new(),
        more => format!(", {more} more are not listed"),
    };
    let block = Block::bordered().title(format!("Who fails{told}{more}"));
    if fallen.is_empty() {
        frame.render_widget(Paragraph::new("Nobody.").block(block), area);
        return;
    }
    let rows = fallen
        .iter()
        .enumerate()
        .skip(first)
        .take(room)
        .map(|(at, fallen)| {
            let row = row(fallen, body);
            if at == canvas.ui.marked() {
                row.style(canvas.theme.marked())
            } else {
                row
            }
        });
    let head = HEADS.iter().enumerate().map(|(at, (head, _))| {
        if at < 2 {
            Cell::from(*head)
        } else {
            right(*head)
        }
    });
    let widths = HEADS.iter().map(|(_, width)| Constraint::Max(*width));
    let table = Table::new(rows, widths)
        .header(Row::new(head).style(canvas.theme.strong()))
        .column_spacing(0)
        .block(block);
    frame.render_widget(table, area);
}

/// Bars of accounts, two columns each and one blank between.
fn bars(points: &[Point]) -> Vec<u64> {
    // No more than a chart can add up.
    let size = |point: &Point| u64::from(u32::try_from(point.accounts).unwrap_or(u32::MAX));
    let bar = |point: &Point| [size(point), size(point), 0];
    points.iter().flat_map(bar).collect()
}

/// A row of figures under the points whose moves are whole tens of per cent.
fn figures(name: &str, points: &[Point], of: impl Fn(&Point) -> String) -> Line<'static> {
    let mut text = format!("{name:<NAME$}");
    // Two bars are six columns: a figure stands under the first of them and may reach under the second.
    for point in points.iter().step_by(2) {
        text.push_str(&format!("{:<width$}", of(point), width = 2 * BAR));
    }
    Line::from(text)
}

fn draw_curve(frame: &mut Frame, area: Rect, curve: Option<&Curve>, body: &Body, canvas: Canvas) {
    let name = curve.map_or("", |curve| curve.name.as_str());
    let block = Block::bordered().title(format!(
        "Accounts that fail if {name} moves by so many per cent"
    ));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let Some(curve) = curve else {
        return;
    };
    let parts = [
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ];
    let [chart, moves, accounts, sizes] = Layout::vertical(parts).areas(inside);
    let indent = Rect {
        x: chart.x + NAME as u16,
        width: chart.width.saturating_sub(NAME as u16),
        ..chart
    };
    frame.render_widget(Sparkline::default().data(bars(&curve.points)), indent);
    let per_cent = |point: &Point| match point.move_bps / 100 {
        0 => "0".into(),
        percent => format!("{percent:+}"),
    };
    let size = |point: &Point| compact(point.notional, body.quote.decimals, 2 * BAR - 1);
    frame.render_widget(
        figures("move", &curve.points, per_cent).style(canvas.theme.strong()),
        moves,
    );
    frame.render_widget(
        figures("accounts", &curve.points, |point| {
            point.accounts.to_string()
        }),
        accounts,
    );
    frame.render_widget(figures("size", &curve.points, size), sizes);
}
