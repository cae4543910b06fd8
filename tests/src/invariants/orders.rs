//! Promises about orders: accounts count what the books and queues have, their bounds cover it, and
//! the books are sorted and not crossed.

use super::{Verdict, ensure};
use crate::snapshot::{Deed, Snapshot, Step};
use anchor_lang::prelude::Pubkey;
use counterweight::book::{Entry, Order, queue::FILLED};
use counterweight_risk::{
    Market as Row, Position,
    orders::{Peg, Side},
    position::owed_since,
};
use counterweight_sdk::accounts::{Margin, OrderBook, order_book};

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// Every market's book and queue.
fn books(now: &Snapshot) -> Result<Vec<OrderBook>, String> {
    let decode = |key| order_book(&now.bytes[key]).map_err(|error| format!("{key}: {error}"));
    now.market_keys.iter().map(decode).collect()
}

/// All promises about orders, where a step touched a market or an account.
///
/// # Errors
/// The market or account, and what it has.
pub fn orders_are_kept(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let changed = |key| before.bytes[key] != after.bytes[key];
    let accounts = after.margins.iter().map(|(key, _)| key);
    if !accounts.chain(&after.market_keys).any(changed) {
        return Ok(());
    }
    let books = books(after)?;
    for (key, margin) in &after.margins {
        let named = |what| format!("{key}: {what}");
        counts(key.as_array(), margin, &books).map_err(named)?;
        for position in margin.positions() {
            let at = usize::from(position.market);
            covers(
                key.as_array(),
                position,
                &after.tables.markets[at],
                &books[at],
            )
            .map_err(named)?;
        }
    }
    for (at, book) in books.iter().enumerate() {
        sorted(book).map_err(|what| format!("market {at}: {what}"))?;
    }
    crosses_nothing_new(before, after, step, &books)
}

/// Atoms by which roundings of one fill may lower an account's surplus: of fees, of funding, of what is
/// realised, of value and requirement.
const ROUNDING: i64 = 8;

/// What fills may take off a maker's surplus in one instruction: a few atoms each, and what those owe
/// that have waited while funding was charged.
///
/// # Errors
/// A market that does not decode.
pub(super) fn slack_of_fills(now: &Snapshot, market: u16, maker: &Pubkey) -> Result<i64, String> {
    let key = &now.market_keys[usize::from(market)];
    let book = order_book(&now.bytes[key]).map_err(|error| format!("{key}: {error}"))?;
    let row = &now.tables.markets[usize::from(market)];
    let mut slack = 0;
    for entry in waiting(maker.as_array(), &book).filter(|entry| entry.kind == FILLED) {
        let lots = entry.side().signed(entry.lots.unsigned_abs());
        let owed = lots.and_then(|lots| owed_since(row, lots, entry.index));
        slack += owed.map_err(|error| format!("{error:?}"))?.0.max(0) + ROUNDING;
    }
    let orders = of(maker.as_array(), &book).count().min(32) as i64;
    Ok(slack + ROUNDING * orders)
}

fn of<'a>(maker: &'a [u8; 32], book: &'a OrderBook) -> impl Iterator<Item = &'a Order> {
    let orders = book.lanes.iter().flatten();
    let orders = orders.map(|slot| &book.orders[usize::from(*slot)]);
    orders.filter(move |order| order.maker == *maker)
}

fn waiting<'a>(maker: &'a [u8; 32], book: &'a OrderBook) -> impl Iterator<Item = &'a Entry> {
    book.queue.iter().filter(move |entry| entry.maker == *maker)
}

/// The totals of an account are the sums over what rests and what waits.
fn counts(maker: &[u8; 32], margin: &Margin, books: &[OrderBook]) -> Verdict {
    let mut orders = 0;
    for (at, book) in books.iter().enumerate() {
        let position = margin.positions().iter();
        let position = position.copied().find(|p| usize::from(p.market) == at);
        let position = position.unwrap_or_default();
        for side in SIDES {
            let rests = of(maker, book).filter(|order| order.side() == side);
            let waits = waiting(maker, book).filter(|entry| entry.side() == side);
            let lots = rests.map(|order| order.lots).sum::<i64>()
                + waits.map(|entry| entry.lots).sum::<i64>();
            ensure!(
                position.resting(side).0 == lots,
                "{lots} lots rest or wait in market {at}, {side:?}; it counts {position:?}"
            );
        }
        let whole = waiting(maker, book).filter(|entry| entry.whole != 0);
        orders += of(maker, book).count() + whole.count();
    }
    let counted = usize::from(margin.header.core.open_orders);
    ensure!(counted == orders, "{orders} orders, it counts {counted}");
    Ok(())
}

/// No order of a position, resting or filled and waiting, is worse than its bounds say.
fn covers(maker: &[u8; 32], position: &Position, row: &Row, book: &OrderBook) -> Verdict {
    let risk = |ticks: i64| (i128::from(ticks) * i128::from(row.tick_size)) << 16;
    let bids = (i128::from(position.bid_price.0), position.bid_peg);
    let asks = (i128::from(position.ask_price.0), position.ask_peg);
    for order in of(maker, book) {
        let peg = Peg((order.price + (1 << 31)) as u32);
        let covered = match (order.side(), order.is_pegged()) {
            (Side::Buy, false) => risk(order.price) <= bids.0,
            (Side::Buy, true) => peg <= bids.1,
            (Side::Sell, false) => asks.0 != 0 && risk(order.price) >= asks.0,
            (Side::Sell, true) => asks.1 != Peg::NONE && peg >= asks.1,
        };
        ensure!(
            covered,
            "{order:?} is worse than the bounds of {position:?}"
        );
    }
    for entry in waiting(maker, book).filter(|entry| entry.kind == FILLED) {
        // Only orders at fixed prices wait: the account knows the price.
        let price = (i128::from(entry.quote.abs()) << 16) / i128::from(entry.lots);
        let covered = match entry.side() {
            Side::Buy => price <= bids.0,
            Side::Sell => asks.0 != 0 && price >= asks.0,
        };
        ensure!(
            covered,
            "{entry:?} is worse than the bounds of {position:?}"
        );
    }
    Ok(())
}

/// Each lane is sorted by price and arrival; no order is empty; fixed orders do not cross.
fn sorted(book: &OrderBook) -> Verdict {
    for (side, pegged) in [
        (Side::Buy, false),
        (Side::Buy, true),
        (Side::Sell, false),
        (Side::Sell, true),
    ] {
        let lane: Vec<&Order> = book.resting(side, pegged).map(|(_, order)| order).collect();
        let key = |order: &Order| match side {
            Side::Buy => (-order.price, order.sequence),
            Side::Sell => (order.price, order.sequence),
        };
        let strictly = lane.windows(2).all(|pair| key(pair[0]) < key(pair[1]));
        let right = |order: &&&Order| order.side() == side && order.is_pegged() == pegged;
        ensure!(
            strictly && lane.iter().all(|order| right(&order) && order.lots > 0),
            "{side:?}, pegged {pegged}, is not sorted: {lane:?}"
        );
    }
    let best = |side| {
        book.resting(side, false)
            .next()
            .map(|(_, order)| order.price)
    };
    if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell)) {
        ensure!(bid < ask, "a bid at {bid} stands against an ask at {ask}");
    }
    Ok(())
}

/// The best live orders of both sides, where the index can be used, and what an option is worth is known.
fn best(now: &Snapshot, market: usize, book: &OrderBook) -> Option<(i64, i64)> {
    let row = &now.tables.markets[market];
    let asset = &now.tables.assets[usize::from(row.asset)];
    asset.check_initial(row.asset, now.time, u32::MAX).ok()?;
    let priced = row.priced(market as u16, asset, now.time).ok()?;
    let tick = row.tick_size << 16;
    let index = [
        (priced.index.0 / tick) as i64,
        priced.index.0.div_ceil(tick) as i64,
    ];
    let stands = |side: Side| {
        let follows = index[usize::from(side == Side::Sell)];
        let orders = [false, true].map(|pegged| book.resting(side, pegged));
        let live = orders.into_iter().flatten().filter_map(move |(_, order)| {
            let price = if order.is_pegged() {
                order.price + follows
            } else {
                order.price
            };
            order.trades_at(price, now.time).then_some(price)
        });
        live.collect::<Vec<_>>()
    };
    let bid = stands(Side::Buy).into_iter().max()?;
    Some((bid, stands(Side::Sell).into_iter().min()?))
}

/// Orders that follow the index may come to cross others when it moves, or can be used again, until
/// somebody trades; but no instruction crosses a book that was not crossed.
fn crosses_nothing_new(
    before: &Snapshot,
    after: &Snapshot,
    step: &Step,
    books_after: &[OrderBook],
) -> Verdict {
    let Deed::Book { market, .. } = step.deed else {
        return Ok(());
    };
    let at = usize::from(market);
    let is_crossed = |best: Option<(i64, i64)>| best.is_some_and(|(bid, ask)| bid >= ask);
    let found = best(after, at, &books_after[at]);
    if is_crossed(found) {
        let key = &before.market_keys[at];
        let book = order_book(&before.bytes[key]).map_err(|error| format!("{key}: {error}"))?;
        ensure!(
            is_crossed(best(before, at, &book)),
            "market {market} is crossed now: {found:?}"
        );
    }
    Ok(())
}
