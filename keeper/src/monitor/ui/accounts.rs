//! Accounts: a table, and all of the marked one.

use super::{Page, draw::Canvas};
use crate::monitor::{
    figures::{age, compact, cut, percent, short, signed_percent, units},
    view::{Account, Body, Condition, Distance, Held},
};
use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    text::{Line, Text},
    widgets::{Block, Cell, Paragraph, Row, Table, Wrap},
};

/// Lines of the marked account, with their frame.
const DETAIL: u16 = 7;
/// Lines of everything on the screen that is no account: head, pages, keys, the table's frame and head.
const AROUND: u16 = 3 + 3;
/// Characters of an amount, and of the nearest price that makes an account fail.
const AMOUNT: usize = 10;
const EDGE: usize = 10;

/// How many accounts a window of this height has room for.
pub(super) fn rows(height: u16) -> usize {
    usize::from(height.saturating_sub(DETAIL + AROUND)).max(1)
}

/// A column: its head, its width, whether figures stand on the right.
struct Column {
    head: &'static str,
    width: u16,
    right: bool,
    cell: fn(&Account, &Body, i64) -> String,
    /// The window's width from which there is room for it.
    from: u16,
}

const COLUMNS: &[Column] = &[
    Column {
        head: "ACCOUNT",
        width: 10,
        right: false,
        cell: |account, _, _| short(&account.address),
        from: 0,
    },
    Column {
        head: "OWNER",
        width: 10,
        right: false,
        cell: |account, _, _| owner(account),
        from: 112,
    },
    Column {
        head: "STATE",
        width: 11,
        right: false,
        cell: |account, _, _| state(account).into(),
        from: 0,
    },
    Column {
        head: "RATIO",
        width: 7,
        right: true,
        cell: |account, _, _| ratio(account),
        from: 0,
    },
    Column {
        head: "EQUITY",
        width: 10,
        right: true,
        cell: |account, body, _| amount(account.equity, body),
        from: 0,
    },
    Column {
        head: "MM",
        width: 10,
        right: true,
        cell: |account, body, _| amount(account.maintenance_margin, body),
        from: 0,
    },
    Column {
        head: "IM",
        width: 10,
        right: true,
        cell: |account, body, _| amount(account.initial.map(|i| i.margin), body),
        from: 90,
    },
    Column {
        head: "POS",
        width: 3,
        right: true,
        cell: |account, _, _| account.positions.to_string(),
        from: 0,
    },
    Column {
        head: "SINCE",
        width: 6,
        right: true,
        cell: |account, _, now| since(account, now),
        from: 101,
    },
    Column {
        head: "FALL",
        width: 10,
        right: true,
        cell: |account, _, _| nearest(account, |d| d.down_bps, -1),
        from: 0,
    },
    Column {
        head: "RISE",
        width: 10,
        right: true,
        cell: |account, _, _| nearest(account, |d| d.up_bps, 1),
        from: 0,
    },
];

/// How it stands; of the backstop, as long as it stands well, what it is.
const fn state(account: &Account) -> &'static str {
    match account.condition {
        Condition::Healthy if account.backstop => "backstop",
        condition => condition.label(),
    }
}

fn owner(account: &Account) -> String {
    if account.backstop {
        "backstop".into()
    } else {
        short(&account.owner)
    }
}

fn amount(atoms: Option<i64>, body: &Body) -> String {
    atoms.map_or_else(
        || "-".into(),
        |atoms| compact(atoms.into(), body.quote.decimals, AMOUNT),
    )
}

fn ratio(account: &Account) -> String {
    match account.ratio_bps {
        None => "-".into(),
        Some(1_000_000..) => ">9999%".into(),
        // Ten times and more needs no digit behind the point.
        Some(bps @ (100_000.. | ..=-100_000)) => format!("{}%", bps / 100),
        Some(bps) => percent(bps),
    }
}

fn since(account: &Account, now: i64) -> String {
    let since = account.in_liquidation_since;
    since.map_or_else(String::new, |since| age(now.saturating_sub(since)))
}

/// The nearest price that makes an account fail in one direction.
fn nearest(account: &Account, of: fn(&Distance) -> Option<u32>, sign: i64) -> String {
    let found = account
        .distances
        .iter()
        .filter_map(|distance| Some((of(distance)?, distance)));
    let nearest = found.min_by_key(|(bps, _)| *bps);
    nearest.map_or_else(
        || {
            if account.condition <= Condition::Failing {
                String::new()
            } else {
                "-".into()
            }
        },
        |(bps, distance)| {
            let text = move_of(bps, sign);
            let room = EDGE.saturating_sub(text.len() + 1);
            format!("{} {text}", cut(&distance.name, room))
        },
    )
}

/// A move as short as it can be told: beyond twice the price without digits behind the point.
fn move_of(bps: u32, sign: i64) -> String {
    let bps = i64::from(bps) * sign;
    match bps {
        100_000.. => ">1000%".into(),
        10_000.. => format!("+{}%", bps / 100),
        _ => signed_percent(bps),
    }
}

pub(super) fn draw(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas, now: i64) {
    let [table, detail] =
        Layout::vertical([Constraint::Min(3), Constraint::Length(DETAIL)]).areas(area);
    draw_table(frame, table, body, canvas, now);
    let accounts = &body.accounts;
    let marked = canvas.ui.marked().checked_sub(accounts.offset);
    let block = Block::bordered();
    match marked.and_then(|at| accounts.rows.get(at)) {
        Some(account) => draw_detail(frame, detail, account, body, now),
        None => frame.render_widget(Paragraph::new(nobody(body, canvas)).block(block), detail),
    }
}

fn nobody(body: &Body, canvas: Canvas) -> String {
    if body.accounts.total == 0 {
        return "There are no margin accounts in this clearinghouse.".into();
    }
    format!(
        "No account matches \"{}\": press Esc to see all {}.",
        canvas.ui.filter, body.accounts.total
    )
}

fn title(body: &Body, canvas: Canvas) -> String {
    let accounts = &body.accounts;
    let filter = match canvas.ui.filter.trim() {
        "" => String::new(),
        filter => format!(" with \"{filter}\""),
    };
    if accounts.rows.is_empty() {
        return format!("Accounts{filter}: none");
    }
    let (first, last) = (accounts.offset + 1, accounts.offset + accounts.rows.len());
    let turned = if canvas.ui.reverse {
        ", turned round"
    } else {
        ""
    };
    let (all, sort) = (accounts.matching, accounts.sort.label());
    format!("Accounts {first}-{last} of {all}{filter} by {sort}{turned}")
}

fn draw_table(frame: &mut Frame, area: Rect, body: &Body, canvas: Canvas, now: i64) {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| area.width >= column.from)
        .collect();
    let aligned = |column: &Column, text: String| {
        let side = if column.right {
            Alignment::Right
        } else {
            Alignment::Left
        };
        Cell::from(Text::from(text).alignment(side))
    };
    let head = columns
        .iter()
        .map(|column| aligned(column, column.head.into()));
    let accounts = &body.accounts;
    let lines = accounts.rows.iter().enumerate().map(|(at, account)| {
        let cells = columns
            .iter()
            .map(|column| aligned(column, (column.cell)(account, body, now)));
        let marked = canvas.ui.page == Page::Accounts && accounts.offset + at == canvas.ui.marked();
        let style = if marked {
            canvas.theme.marked()
        } else {
            canvas.theme.condition(account.condition)
        };
        Row::new(cells).style(style)
    });
    let widths = columns
        .iter()
        .map(|column| Constraint::Length(column.width));
    let table = Table::new(lines, widths)
        .header(Row::new(head).style(canvas.theme.strong()))
        .column_spacing(1)
        .block(Block::bordered().title(title(body, canvas)));
    frame.render_widget(table, area);
}

fn holding(held: &Held, body: &Body) -> String {
    let oracle = body.oracles.get(usize::from(held.asset));
    let size = match (held.lots, held.atoms) {
        (Some(lots), _) => units(lots.into(), oracle.map_or(0, |oracle| oracle.lot_exponent)),
        (_, Some(atoms)) => compact(
            atoms.into(),
            oracle.map_or(0, |oracle| oracle.decimals.into()),
            14,
        ),
        _ => String::new(),
    };
    format!("{} {size}", held.name)
}

fn distance(distance: &Distance) -> String {
    let edge =
        |bps: Option<u32>, sign| bps.map_or_else(|| "never".into(), |bps| move_of(bps, sign));
    format!(
        "{} {} {}",
        distance.name,
        edge(distance.down_bps, -1),
        edge(distance.up_bps, 1)
    )
}

fn draw_detail(frame: &mut Frame, area: Rect, account: &Account, body: &Body, now: i64) {
    let money = |atoms: i128| compact(atoms, body.quote.decimals, 14);
    let initial = account.initial.map_or_else(
        || "not known".into(),
        |initial| {
            format!(
                "{} of {}",
                money(initial.equity.into()),
                money(initial.margin.into())
            )
        },
    );
    let flagged = account
        .in_liquidation_since
        .map(|since| age(now.saturating_sub(since)));
    let flagged = flagged.map_or_else(String::new, |age| format!(", in liquidation for {age}"));
    let notional = account
        .notional
        .map_or_else(|| "-".into(), |atoms| money(atoms.into()));
    let fails = match account.condition {
        Condition::Unknown => "not known".into(),
        Condition::Default | Condition::Failing => "it does".into(),
        _ if account.distances.is_empty() => "at no price: it depends on none".into(),
        _ => account
            .distances
            .iter()
            .map(distance)
            .collect::<Vec<_>>()
            .join("   "),
    };
    let holds = account.holdings.iter().map(|held| holding(held, body));
    let holds = match holds.collect::<Vec<_>>().join("   ") {
        nothing if nothing.is_empty() => "no position and no collateral".into(),
        holds => holds,
    };
    let (condition, orders, id) = (account.condition.label(), account.orders, account.id);
    let backstop = if account.backstop {
        ", the backstop"
    } else {
        ""
    };
    let lines = vec![
        Line::from(format!("owner   {}", account.owner)),
        Line::from(format!(
            "state   {condition}{flagged}, orders {orders}, account number {id}{backstop}"
        )),
        Line::from(format!(
            "initial {initial}, size {notional}, cash {}",
            money(account.cash.into())
        )),
        Line::from(format!("fails   {fails}")),
        Line::from(format!("holds   {holds}")),
    ];
    let block = Block::bordered().title(account.address.to_string());
    frame.render_widget(
        Paragraph::new(lines)
            .wrap(Wrap { trim: false })
            .block(block),
        area,
    );
}
