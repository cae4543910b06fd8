//! `prune_orders`: takes orders out of the book that are no longer good. Anyone may: expired ones, all of
//! an account in liquidation or below its maintenance margin, those of an account below its initial
//! margin that add to its risk, and those that the market's mode no longer allows.

use super::{
    desk::{Desk, Floor},
    matching::Tally,
    order_args::MAX_REMOVALS,
    place_order::finish,
};
use crate::{
    book::{Book, Order},
    error::{ErrorCode, refuse},
    events::OrdersCancelled,
    instructions::checks::leave_liquidation_if_restored,
    state::{MarginAccount, MarginMut, Market, MarketMut, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Book as RiskTables, Lots, Position,
    market::{MODE_REDUCE_ONLY, MODE_SETTLEMENT},
    orders::Side,
    standard::{Gains, initial, maintenance},
};

/// Accounts of `prune_orders`.
#[derive(Accounts)]
pub struct PruneOrders<'info> {
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account whose orders are looked at.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Which orders of an account are no longer good, besides those that have expired.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bad {
    None,
    /// Those that can make the position larger.
    Adding,
    All,
}

/// What the market's mode and the account's margin say of its orders.
fn verdict(desk: &Desk, tables: &RiskTables, margin: &MarginMut, now: i64) -> Bad {
    let view = margin.view();
    let over = desk.row.mode == MODE_SETTLEMENT || desk.row.awaits_settlement(now);
    if over || margin.header.core.liquidation_start != 0 {
        return Bad::All;
    }
    // Where prices do not allow to judge, the orders stay: only what is known to be bad goes.
    if maintenance(tables, &view, now).is_ok_and(|health| !health.is_met()) {
        return Bad::All;
    }
    let short_of_initial = || {
        initial(tables, &view, now, u32::MAX, Gains::Weighted).is_ok_and(|health| !health.is_met())
    };
    if desk.row.mode == MODE_REDUCE_ONLY || short_of_initial() {
        return Bad::Adding;
    }
    Bad::None
}

/// Whether the orders of a side can make a position larger.
fn adds(desk: &Desk, position: &Position, side: Side) -> bool {
    let Lots(held) = position.held(desk.row);
    let closable = match side {
        Side::Buy => held.saturating_neg(),
        Side::Sell => held,
    };
    position.resting(side).0 > closable.max(0)
}

fn select(desk: &Desk, book: &Book, key: &Pubkey, position: &Position, bad: Bad) -> Vec<u16> {
    let is_bad = |order: &Order| {
        let expired = order.expires != 0 && order.expires <= desk.now;
        let adding = bad == Bad::Adding && adds(desk, position, order.side());
        order.maker == key.to_bytes() && (expired || adding || bad == Bad::All)
    };
    book.slots()
        .filter(|slot| is_bad(book.order(*slot)))
        .collect()
}

/// Prunes up to `limit` orders, never more than [`MAX_REMOVALS`].
///
/// # Errors
/// [`ErrorCode::OrderIsGood`] where there is nothing to prune.
pub(crate) fn prune_orders(ctx: Context<PruneOrders>, limit: u8) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    let clearinghouse = risk_book.header.clearinghouse;
    margin.header.require_member(&clearinghouse)?;
    require!(
        market.header.clearinghouse == clearinghouse,
        ErrorCode::WrongClearinghouse
    );
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let index = market.header.index;
    let desk = Desk::open(&book, index, clearinghouse, &[], now)?;
    let bad = verdict(&desk, &book, &margin, now);
    let key = accounts.margin_account.key();
    let position = margin.account().position_mut(index, desk.row).copied();

    let (orders, queue) = market.parts();
    let slots = select(&desk, &orders, &key, &position.unwrap_or_default(), bad);
    let mut floor = Floor {
        book: orders,
        queue,
        taker: &mut margin,
        key: &key,
        queued: Vec::new(),
    };
    let mut tally = Tally::default();
    let limit = usize::from(limit.min(MAX_REMOVALS));
    for slot in slots.into_iter().take(limit) {
        desk.remove(&mut floor, slot, &mut tally)?;
    }
    if tally.fills.is_empty() {
        return Err(refuse(ErrorCode::OrderIsGood, &[("market", index.into())]));
    }
    finish(&desk, &mut market, &[], &Tally::default())?;
    leave_liquidation_if_restored(&mut margin, &key, &book, now)?;
    emit!(OrdersCancelled {
        market: index,
        account: key,
        sequence: margin.header.advance(),
        order_ids: tally.fills.iter().map(|fill| fill.order_id).collect(),
    });
    Ok(())
}
