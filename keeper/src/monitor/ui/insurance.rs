//! The insurance fund, and the vaults.

use super::{
    draw::{Canvas, window},
    markets::right,
    overview::{coverage, line, money, uncovered},
};
use crate::monitor::{
    figures::{compact, percent},
    view::{Body, Vault},
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::Line,
    widgets::{Block, Cell, Paragraph, Row, Table},
};

const HEADS: [(&str, Constraint); 6] = [
    ("VAULT", Constraint::Fill(1)),
    ("RECORDED", Constraint::Length(17)),
    ("CAP", Constraint::Length(17)),
    ("USED", Constraint::Length(7)),
    ("MAY LEAVE", Constraint::Length(14)),
    ("WEIGHT", Constraint::Length(16)),
];
/// Lines of the fund, with their frame.
const FUND: u16 = 12;

pub(super) fn draw(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let [fund, vaults] =
        Layout::vertical([Constraint::Length(FUND), Constraint::Min(4)]).areas(area);
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(fund);
    let inside = Block::bordered().title("The fund");
    frame.render_widget(Paragraph::new(what_it_has(body)).block(inside), left);
    let outside = Block::bordered().title("What it may have to bear");
    frame.render_widget(
        Paragraph::new(what_it_bears(body, canvas)).block(outside),
        right,
    );
    draw_vaults(frame, vaults, body, canvas);
}

fn what_it_has(body: &Body) -> Vec<Line<'static>> {
    let (insurance, plain) = (&body.insurance, Style::new());
    let opened = if insurance.opened {
        "open"
    } else {
        "not opened"
    };
    vec![
        line("Backstop", opened.into(), plain),
        line(
            "Its equity",
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
        line("Ledger", money(body, insurance.collected.into()), plain),
        line("In markets", money(body, insurance.in_markets), plain),
        line("Interest due", money(body, insurance.payable), plain),
        line("Together", money(body, insurance.fund), plain),
    ]
}

fn what_it_bears(body: &Body, canvas: Canvas) -> Vec<Line<'static>> {
    let (insurance, plain) = (&body.insurance, Style::new());
    let lending = &insurance.lending;
    vec![
        line(
            "Negative equity",
            money(body, insurance.negative_equity),
            plain,
        ),
        line(
            "Of accounts",
            insurance.negative_accounts.to_string(),
            plain,
        ),
        line("Covered", coverage(insurance), uncovered(insurance, canvas)),
        line("Daily cap", money(body, insurance.daily_cap.into()), plain),
        line("Floor today", money(body, insurance.floor.into()), plain),
        line(
            "Cap left today",
            money(body, insurance.cap_left.into()),
            plain,
        ),
        line(
            "Beyond it",
            money(body, insurance.uncovered),
            uncovered(insurance, canvas),
        ),
        line("Debt, counted", money(body, lending.debt.into()), plain),
        line("Vault lent", percent(lending.missing_bps), plain),
        line("Rate a year", percent(lending.yearly_bps), plain),
    ]
}

fn row(vault: &Vault, canvas: Canvas) -> Row<'static> {
    let amount = |atoms: u64, width| compact(atoms.into(), vault.decimals.into(), width);
    let weight = if vault.weight_bps == vault.weight_full_bps {
        percent(vault.weight_bps)
    } else {
        format!(
            "{} of {}",
            percent(vault.weight_bps),
            percent(vault.weight_full_bps)
        )
    };
    let leaves = vault
        .may_leave
        .map_or_else(|| "no limit".into(), |atoms| amount(atoms, 13));
    Row::new(vec![
        Cell::from(vault.name.clone()),
        right(amount(vault.recorded, 16)),
        right(amount(vault.cap, 16)),
        right(percent(vault.used_bps)),
        right(leaves),
        right(weight),
    ])
    .style(canvas.theme.share(vault.used_bps))
}

fn draw_vaults(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas) {
    let vaults = &body.totals.vaults;
    let room = usize::from(area.height.saturating_sub(3));
    let (first, told) = window(canvas.ui.marked(), vaults.len(), room);
    let block = Block::bordered().title(format!("Vaults{told}"));
    if vaults.is_empty() {
        frame.render_widget(Paragraph::new("No custody is known.").block(block), area);
        return;
    }
    let rows = vaults
        .iter()
        .skip(first)
        .take(room)
        .map(|vault| row(vault, canvas));
    let head = HEADS.iter().enumerate().map(|(at, (head, _))| {
        if at == 0 {
            Cell::from(*head)
        } else {
            right(*head)
        }
    });
    let widths = HEADS.iter().map(|(_, width)| *width);
    let table = Table::new(rows, widths)
        .header(Row::new(head).style(canvas.theme.strong()))
        .column_spacing(0)
        .block(block);
    frame.render_widget(table, area);
}
