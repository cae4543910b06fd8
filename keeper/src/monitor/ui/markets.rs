//! Open interest, order books and queues; and who holds how much of the marked market's underlying.

use super::draw::{Canvas, window};
use crate::monitor::{
    figures::{age, compact, percent, short, units},
    view::{Body, Exposure, Holders, Market},
};
use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    text::{Line, Text},
    widgets::{Block, Cell, Paragraph, Row, Table},
};

const HEADS: [(&str, Constraint); 9] = [
    ("MARKET", Constraint::Fill(1)),
    ("MODE", Constraint::Length(11)),
    ("OPEN", Constraint::Length(10)),
    ("CAP", Constraint::Length(10)),
    ("USED", Constraint::Length(7)),
    ("SIZE", Constraint::Length(9)),
    ("ORDERS", Constraint::Length(10)),
    ("WAIT", Constraint::Length(5)),
    ("OLDEST", Constraint::Length(7)),
];
/// Characters of a size in these columns, and in the lines below.
const NARROW: usize = 9;
const SIZE: usize = 11;

pub(super) fn draw(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let wanted = u16::try_from(body.markets.len())
        .unwrap_or(u16::MAX)
        .saturating_add(3);
    let upper = wanted.min(area.height / 2).max(4);
    let [table, holders] =
        Layout::vertical([Constraint::Length(upper), Constraint::Min(3)]).areas(area);
    draw_table(frame, table, body, canvas);
    draw_holders(frame, holders, body, canvas);
}

/// A cell whose text stands on the right.
pub(super) fn right(text: impl Into<String>) -> Cell<'static> {
    Cell::from(Text::from(text.into()).alignment(Alignment::Right))
}

fn row(market: &Market, body: &Body, canvas: Canvas) -> Row<'static> {
    let oracle = body.oracles.get(usize::from(market.asset));
    let exponent = oracle.map_or(0, |oracle| oracle.lot_exponent);
    let oldest = market.oldest_seconds.map_or_else(String::new, age);
    if !market.known {
        return Row::new(vec![
            Cell::from(market.name.clone()),
            Cell::from("not known"),
        ])
        .style(canvas.theme.bad());
    }
    Row::new(vec![
        Cell::from(market.name.clone()),
        Cell::from(market.mode),
        right(compact_units(market.counted.into(), exponent, NARROW)),
        right(compact_units(market.cap.into(), exponent, NARROW)),
        right(percent(market.used_bps)),
        right(compact(market.notional.into(), body.quote.decimals, 8)),
        right(format!("{}/{}", market.bids, market.asks)),
        right(market.waiting.to_string()),
        right(oldest),
    ])
    .style(canvas.theme.share(market.used_bps))
}

fn draw_table(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let room = usize::from(area.height.saturating_sub(3));
    let (first, told) = window(canvas.ui.marked(), body.markets.len(), room);
    let markets = body.markets.iter().enumerate().skip(first).take(room);
    let rows = markets.map(|(at, market)| {
        let row = row(market, body, canvas);
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
    let block = Block::bordered().title(format!("Markets{told}"));
    if body.markets.is_empty() {
        frame.render_widget(
            Paragraph::new("This clearinghouse has no markets.").block(block),
            area,
        );
        return;
    }
    let widths = HEADS.iter().map(|(_, width)| *width);
    let table = Table::new(rows, widths)
        .header(Row::new(head).style(canvas.theme.strong()))
        .column_spacing(0)
        .block(block);
    frame.render_widget(table, area);
}

/// One side of an asset, and who has most of it: as many as there is room for.
fn side(name: &str, holders: &Holders, size: &str, body: &Body, width: usize) -> String {
    let value = holders.value.and_then(|value| i128::try_from(value).ok());
    let value = value.map_or_else(
        || "-".into(),
        |value| compact(value, body.quote.decimals, 8),
    );
    let mut text = format!(
        "  {name:<10} {size:>SIZE$} {value:>8} {:>5} ",
        holders.accounts
    );
    for holder in &holders.largest {
        let next = format!("  {} {}", short(&holder.account), percent(holder.share_bps));
        if text.len() + next.len() > width {
            break;
        }
        text.push_str(&next);
    }
    text
}

fn lines(exposure: &Exposure, body: &Body, canvas: Canvas, width: usize) -> Vec<Line<'static>> {
    let oracle = body.oracles.get(usize::from(exposure.asset));
    let exponent = oracle.map_or(0, |oracle| oracle.lot_exponent);
    let decimals = oracle.map_or(0, |oracle| u32::from(oracle.decimals));
    let whole = |size: u128| i128::try_from(size).unwrap_or(i128::MAX);
    let mut lines = vec![Line::styled(exposure.name.clone(), canvas.theme.strong())];
    for (name, holders) in [("long", &exposure.long), ("short", &exposure.short)] {
        if holders.accounts > 0 {
            let size = compact_units(whole(holders.size), exponent, SIZE);
            lines.push(Line::from(side(name, holders, &size, body, width)));
        }
    }
    let holders = &exposure.collateral;
    if holders.accounts > 0 {
        let size = compact(whole(holders.size), decimals, SIZE);
        lines.push(Line::from(side("collateral", holders, &size, body, width)));
    }
    lines
}

/// Lots in units of their asset, in so many characters.
fn compact_units(lots: i128, exponent: i8, width: usize) -> String {
    let text = units(lots, exponent);
    if text.len() <= width {
        return text;
    }
    match u32::try_from(-i32::from(exponent)) {
        Ok(decimals) => compact(lots, decimals, width),
        Err(_) => {
            let unit = 10i128.saturating_pow(exponent.unsigned_abs().into());
            compact(lots.saturating_mul(unit), 0, width)
        }
    }
}

fn draw_holders(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let block = Block::bordered()
        .title("Who holds what: size, value, accounts, the largest and their shares");
    let width = usize::from(area.width.saturating_sub(2));
    if body.exposure.is_empty() {
        frame.render_widget(
            Paragraph::new("Nobody holds anything but the quote token.").block(block),
            area,
        );
        return;
    }
    let underlying = body
        .markets
        .get(canvas.ui.marked())
        .map(|market| market.asset);
    // The marked market's underlying first, the others behind it.
    let (mut first, rest): (Vec<&Exposure>, Vec<&Exposure>) = body
        .exposure
        .iter()
        .partition(|exposure| Some(exposure.asset) == underlying);
    first.extend(rest);
    let all: Vec<Line> = first
        .into_iter()
        .flat_map(|exposure| lines(exposure, body, canvas, width))
        .collect();
    frame.render_widget(Paragraph::new(all).block(block), area);
}
