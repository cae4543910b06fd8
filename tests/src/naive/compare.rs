//! Comparing the two exchanges: every figure of every account, order, entry and ledger.

use super::{Arena, Naive, arena::SIDES};
use crate::invariants::{Verdict, ensure};
use anchor_lang::{AnchorDeserialize, Discriminator, Event};
use counterweight::{
    book::Entry,
    events::{
        AccountChanged, Fill, FillsSettled, FundingUpdated, LiquidationFlagged, MarketChanged,
        OrderEdited, OrderProcessed, OrdersCancelled, OrdersPlaced,
    },
};
use counterweight_sdk::events::of_type;

/// Whether accounts, books, queues, ledgers and rows are the same on both.
///
/// # Errors
/// What differs.
pub fn same_state(arena: &Arena, naive: &Naive) -> Verdict {
    for who in 0..naive.accounts.len() {
        same_account(arena, naive, who).map_err(|what| format!("account {who}: {what}"))?;
    }
    for market in 0..naive.markets.len() {
        same_market(arena, naive, market).map_err(|what| format!("market {market}: {what}"))?;
    }
    let tables = arena.exchange.tables();
    let rows = tables.markets.iter().zip(&naive.tables.markets);
    for (found, expected) in rows {
        ensure!(found == expected, "row: {found:?}\nexpected {expected:?}");
    }
    Ok(())
}

fn same_account(arena: &Arena, naive: &Naive, who: usize) -> Verdict {
    let account = &naive.accounts[who];
    let margin = arena.exchange.margin(&account.key);
    let core = &margin.header.core;
    let found = [
        core.cash.0,
        margin.header.sequence as i64,
        margin.header.fee_discount_bps.into(),
        core.liquidation_start,
        core.open_orders.into(),
    ];
    let expected = [
        account.cash,
        account.sequence as i64,
        account.discount.into(),
        account.liquidation_start,
        naive.open_orders(who) as i64,
    ];
    ensure!(
        found == expected,
        "cash, sequence, discount, liquidation, open orders: {found:?}, expected {expected:?}"
    );
    let immature = core.immature;
    let found = (immature.atoms as i64, immature.since, immature.until);
    let expected = account.immature;
    ensure!(
        found == expected,
        "immature: {found:?}, expected {expected:?}"
    );
    let (found, expected) = (margin.positions(), naive.positions(who));
    ensure!(
        found == expected,
        "positions {found:?}\nexpected  {expected:?}"
    );
    Ok(())
}

fn same_market(arena: &Arena, naive: &Naive, index: usize) -> Verdict {
    let (market, book) = (&naive.markets[index], arena.book(index));
    for (side, pegged) in SIDES
        .into_iter()
        .flat_map(|side| [(side, false), (side, true)])
    {
        let expected = naive.lane(index, side, pegged);
        let expected = expected.iter().map(|order| {
            let maker = naive.accounts[order.maker].key.to_bytes();
            let terms = [order.price, order.worst, order.lots, order.expires];
            (order.id(), maker, terms, order.client_id)
        });
        let found = book.resting(side, pegged).map(|(id, order)| {
            let terms = [order.price, order.worst, order.lots, order.expires];
            (id, order.maker, terms, order.client_id)
        });
        let (found, expected): (Vec<_>, Vec<_>) = (found.collect(), expected.collect());
        ensure!(
            found == expected,
            "{side:?}, pegged {pegged}: {found:?}\nexpected {expected:?}"
        );
    }
    let waits = market.queue.iter().flatten();
    let expected: Vec<Entry> = waits
        .map(|entry| entry.entry(naive.accounts[entry.maker].key.to_bytes()))
        .collect();
    ensure!(
        book.queue == expected,
        "queue {:?}\nexpected {expected:?}",
        book.queue
    );
    let header = &book.header;
    let (long, short) = naive.open_interest(index);
    let (bought, sold, quote) = market.pending();
    let found = [
        header.open_long,
        header.open_short,
        header.pending_long,
        header.pending_short,
        header.pending_quote,
        header.fees,
        header.residue,
        header.volume as i64,
        header.sequence as i64,
        header.book.arrivals as i64,
        header.book.used.into(),
        header.queue.open.into(),
        header.queue.length.into(),
    ];
    let expected = [
        long,
        short,
        bought,
        sold,
        quote,
        market.fees,
        market.residue,
        market.volume as i64,
        market.sequence as i64,
        market.arrivals as i64,
        market.used.into(),
        expected.len() as i64,
        market.queue.len() as i64,
    ];
    ensure!(
        found == expected,
        "open interest, pending, fees, residue, volume, counters: {found:?}, expected {expected:?}"
    );
    let (found, expected) = (header.funding, market.premium.stored());
    ensure!(found == expected, "{found:?}, expected {expected:?}");
    Ok(())
}

/// Whether the log tells the same.
///
/// # Errors
/// The events that differ.
pub fn same_events(logs: &[String], expected: &[Vec<u8>]) -> Verdict {
    let lines = logs
        .iter()
        .filter(|line| line.starts_with("Program data: "));
    let found = lines.count();
    ensure!(
        found == expected.len(),
        "{found} events, expected {}",
        expected.len()
    );
    same::<OrderProcessed>(logs, expected, |e| {
        let figures = [
            e.sequence as i64,
            e.lots,
            e.value,
            e.fee,
            e.owed,
            e.rested,
            e.price,
        ];
        format!(
            "{figures:?} {} {:?} {}",
            e.order_id,
            e.health,
            fills(&e.fills)
        )
    })?;
    same::<OrdersPlaced>(logs, expected, |e| {
        let ids = (&e.cancelled, &e.placed, e.health);
        format!("{} {ids:?} {}", e.sequence, fills(&e.fills))
    })?;
    same::<FillsSettled>(logs, expected, |e| {
        format!("{} {} {}", e.account, e.sequence, fills(&e.fills))
    })?;
    same::<OrdersCancelled>(logs, expected, |e| {
        format!("{} {:?}", e.sequence, e.order_ids)
    })?;
    same::<OrderEdited>(logs, expected, |e| format!("{} {}", e.order_id, e.lots))?;
    same::<FundingUpdated>(logs, expected, |e| {
        format!("{} {} {} {}", e.rate, e.index, e.intervals, e.scale)
    })?;
    same::<LiquidationFlagged>(logs, expected, |e| format!("{} {}", e.account, e.start))?;
    same::<AccountChanged>(logs, expected, |e| format!("{} {}", e.sequence, e.slots))?;
    same::<MarketChanged>(logs, expected, |e| format!("{}", e.market))
}

fn fills(fills: &[Fill]) -> String {
    let lines = fills.iter().map(|fill| format!("\n    {fill:?}"));
    lines.collect()
}

fn same<E: Event + AnchorDeserialize + Discriminator>(
    logs: &[String],
    expected: &[Vec<u8>],
    show: fn(&E) -> String,
) -> Verdict {
    let found: Vec<E> = of_type(logs);
    let expected = expected
        .iter()
        .filter(|data| data.starts_with(E::DISCRIMINATOR));
    let expected: Vec<&Vec<u8>> = expected.collect();
    let same =
        found.len() == expected.len() && found.iter().zip(&expected).all(|(f, e)| f.data() == **e);
    if same {
        return Ok(());
    }
    let found: Vec<String> = found.iter().map(show).collect();
    let expected = expected.iter().map(|data| E::try_from_slice(&data[8..]));
    let expected: Vec<String> = expected
        .map(|event| show(&event.expect("an event")))
        .collect();
    Err(format!(
        "events:\n  {}\nexpected:\n  {}",
        found.join("\n  "),
        expected.join("\n  ")
    ))
}
