//! Prices against the limits of adding risk and of liquidating.

use super::{
    draw::{Canvas, window},
    markets::right,
};
use crate::monitor::{
    figures::{age, short_price, signed_percent},
    view::{Body, Oracle, Usable},
};
use counterweight_risk::Price;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Block, Cell, Paragraph, Row, Table, Wrap},
};

const HEADS: [(&str, Constraint); 7] = [
    ("ASSET", Constraint::Fill(1)),
    ("PRICE", Constraint::Length(11)),
    ("AGE, LIMITS", Constraint::Length(15)),
    ("WIDTH", Constraint::Length(12)),
    ("AVERAGE", Constraint::Length(13)),
    ("STABLE", Constraint::Length(7)),
    ("GOOD FOR", Constraint::Length(14)),
];
/// Lines of the marked asset.
const DETAIL: u16 = 6;

pub(super) fn draw(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let [table, detail] =
        Layout::vertical([Constraint::Min(4), Constraint::Length(DETAIL)]).areas(area);
    draw_table(frame, table, body, canvas);
    let marked = body.oracles.get(canvas.ui.marked());
    let lines = marked.map_or_else(Vec::new, |oracle| words(oracle, body));
    let name = marked.map_or_else(String::new, |oracle| {
        format!("{}, {}", oracle.name, oracle.kind)
    });
    let paragraph = Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .block(Block::bordered().title(name));
    frame.render_widget(paragraph, detail);
}

fn row(oracle: &Oracle, body: &Body) -> Row<'static> {
    let figures = if oracle.is_priced() {
        let price = short_price(Price(oracle.raw), oracle.lot_exponent, body.quote.decimals);
        [
            price,
            format!(
                "{} {}/{}",
                age(oracle.age),
                oracle.max_age_initial,
                oracle.max_age_liquidation
            ),
            format!(
                "{}/{}",
                fine(oracle.confidence_bps),
                fine(oracle.max_confidence_bps)
            ),
            format!(
                "{}/{}",
                fine(oracle.divergence_bps),
                fine(oracle.max_divergence_bps)
            ),
            signed_percent(oracle.stable_gap_bps),
        ]
    } else {
        ["-", "-", "-", "-", "-"].map(String::from)
    };
    let mut cells = vec![Cell::from(oracle.name.clone())];
    cells.extend(figures.into_iter().map(right));
    cells.push(Cell::from(format!("  {}", oracle.usable.label())));
    Row::new(cells)
}

/// Basis points as per cent with both digits: limits are a few of them.
fn fine(bps: i64) -> String {
    format!("{}%", crate::monitor::figures::decimal(bps.into(), 2, 2))
}

fn draw_table(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let room = usize::from(area.height.saturating_sub(3));
    let (first, told) = window(canvas.ui.marked(), body.oracles.len(), room);
    let oracles = body.oracles.iter().enumerate().skip(first).take(room);
    let rows = oracles.map(|(at, oracle)| {
        let marked = at == canvas.ui.marked();
        let style = if marked {
            canvas.theme.marked()
        } else {
            canvas.theme.usable(oracle.usable)
        };
        row(oracle, body).style(style)
    });
    let head = HEADS.iter().enumerate().map(|(at, (head, _))| match at {
        0 => Cell::from(*head),
        6 => Cell::from(format!("  {head}")),
        _ => right(*head),
    });
    let widths = HEADS.iter().map(|(_, width)| *width);
    let table = Table::new(rows, widths)
        .header(Row::new(head).style(canvas.theme.strong()))
        .column_spacing(0)
        .block(Block::bordered().title(format!("Prices as they are recorded{told}")));
    frame.render_widget(table, area);
}

fn words(oracle: &Oracle, body: &Body) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(match oracle.usable {
        Usable::NoOracle => "It has no oracle: it is worth one dollar.".to_string(),
        Usable::NeverPriced => "It never had a price. Record one with refresh_prices.".into(),
        Usable::AddingRisk => format!(
            "{} {} a unit, good for everything.",
            oracle.price, body.quote.name
        ),
        Usable::Liquidating => format!(
            "{} {} a unit, too old or uncertain for adding risk.",
            oracle.price, body.quote.name
        ),
        Usable::Silent => format!(
            "{} {} a unit, too old for anything but a verdict.",
            oracle.price, body.quote.name
        ),
    })];
    let mut flags = Vec::new();
    if oracle.wide {
        flags
            .push("its interval is too wide: maintenance values by the favourable end".to_string());
    }
    if oracle.divergent {
        flags.push("it is too far from its average".into());
    }
    if let Some(bps) = oracle.off_par_bps {
        flags.push(format!("it is {} off a dollar", fine(bps)));
    }
    if oracle.newer_at_source {
        flags.push("Pyth has a newer price: accounts are judged by that".into());
    }
    lines.extend(
        flags
            .into_iter()
            .map(|flag| Line::from(format!("- {flag}"))),
    );
    if let Some(problem) = &oracle.source_problem {
        lines.push(Line::from(format!("- its price account: {problem}")));
    }
    lines
}
