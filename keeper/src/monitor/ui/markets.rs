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

const HEADS: [(&str, u16); 9] = [
    ("MARKET", 11),
    ("MODE", 11),
    ("OPEN", 11),
    ("CAP", 11),
    ("USED", 6),
    ("SIZE", 9),
    ("ORDERS", 7),
    ("WAIT", 4),
    ("OLDEST", 6),
];

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
        right(units(market.counted.into(), exponent)),
        right(units(market.cap.into(), exponent)),
        right(percent(market.used_bps)),
        right(compact(market.notional.into(), body.quote.decimals, 9)),
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
    let widths = HEADS.iter().map(|(_, width)| Constraint::Max(*width));
    let table = Table::new(rows, widths)
        .header(Row::new(head).style(canvas.theme.strong()))
        .column_spacing(0)
        .block(block);
    frame.render_widget(table, area);
}

/// One side of an asset, and who has most of it.
fn side(name: &str, holders: &Holders, size: String, body: &Body) -> String {
    let value = holders.value.and_then(|value| i128::try_from(value).ok());
    let value = value.map_or_else(
        || "-".into(),
        |value| compact(value, body.quote.decimals, 8),
    );
    let largest = holders
        .largest
        .iter()
        .map(|holder| format!("{} {}", short(&holder.account), percent(holder.share_bps)));
    let largest: Vec<String> = largest.collect();
    format!(
        "  {name:<10} {size:>11} {value:>8}  {:>3}  {}",
        holders.accounts,
        largest.join("  ")
    )
}

fn lines(exposure: &Exposure, body: &Body, canvas: Canvas) -> Vec<Line<'static>> {
    let oracle = body.oracles.get(usize::from(exposure.asset));
    let exponent = oracle.map_or(0, |oracle| oracle.lot_exponent);
    let decimals = oracle.map_or(0, |oracle| u32::from(oracle.decimals));
    let whole = |size: u128| i128::try_from(size).unwrap_or(i128::MAX);
    let lots = |holders: &Holders| compact_units(whole(holders.size), exponent);
    let mut lines = vec![Line::styled(exposure.name.clone(), canvas.theme.strong())];
    for (name, holders) in [("long", &exposure.long), ("short", &exposure.short)] {
        if holders.accounts > 0 {
            lines.push(Line::from(side(name, holders, lots(holders), body)));
        }
    }
    if exposure.collateral.accounts > 0 {
        let size = compact(whole(exposure.collateral.size), decimals, 11);
        lines.push(Line::from(side(
            "collateral",
            &exposure.collateral,
            size,
            body,
        )));
    }
    lines
}

/// Lots in units of their asset, in a column of eleven.
fn compact_units(lots: i128, exponent: i8) -> String {
    let text = units(lots, exponent);
    if text.len() <= 11 {
        return text;
    }
    match u32::try_from(-i32::from(exponent)) {
        Ok(decimals) => compact(lots, decimals, 11),
        Err(_) => compact(
            lots.saturating_mul(10i128.saturating_pow(exponent.unsigned_abs().into())),
            0,
            11,
        ),
    }
}

fn draw_holders(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let block = Block::bordered()
        .title("Who holds what: side, size, value, accounts, the largest and their shares");
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
        .flat_map(|exposure| lines(exposure, body, canvas))
        .collect();
    frame.render_widget(Paragraph::new(all).block(block), area);
}
