//! `edit_order`: an order in place of another, in one step. With nothing changed but fewer lots it keeps
//! its place in the queue of its price.

use super::{
    cancel_orders::select,
    desk::{Desk, Floor},
    matching::Tally,
    order_args::{OrderArgs, PriceArgs, Which},
    place_order::{ActOnBook, finish, run},
};
use crate::{
    book::Order,
    error::{ErrorCode, refuse},
    events::OrderEdited,
    instructions::Guards,
    state::{MarginMut, MarketMut, RiskBookRef},
};
use anchor_lang::prelude::*;

/// Whether an order only gets smaller by becoming what `args` says.
fn only_shrinks(order: &Order, args: &OrderArgs) -> bool {
    let (pegged, price, worst) = match args.price {
        PriceArgs::Fixed(ticks) => (false, ticks.cast_signed(), order.worst),
        PriceArgs::Pegged { offset, worst } => (true, i64::from(offset), worst.cast_signed()),
    };
    order.side() == args.side
        && (order.is_pegged(), order.price, order.worst) == (pegged, price, worst)
        && (order.expires, order.client_id) == (args.expires, args.client_id)
        && !args.kind.is_immediate()
        && !args.reduce_only
        && (1..=order.lots.unsigned_abs()).contains(&args.lots)
}

/// Takes lots from a resting order; it keeps its place. Returns whether that was all there was to do.
fn shrink(ctx: &Context<ActOnBook>, id: u64, args: &OrderArgs, guards: &Guards) -> Result<bool> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    accounts.validate(&risk_book, &market, &margin, guards, false)?;
    let book = risk_book.book();
    let index = market.header.index;
    let now = Clock::get()?.unix_timestamp;
    let desk = Desk::open(&book, index, risk_book.header.clearinghouse, &[], now)?;
    let key = accounts.margin_account.key();
    let (orders, queue) = market.parts();
    let Some(slot) = select(&orders, &key, Which::Id(id), 1).first().copied() else {
        return Err(refuse(ErrorCode::OrderNotFound, &[("order", id.into())]));
    };
    let order = *orders.order(slot);
    if !only_shrinks(&order, args) || args.lots < desk.row.min_order_lots {
        return Ok(false);
    }
    let fewer = order.lots - args.lots.cast_signed(); // at most order.lots
    let mut floor = Floor {
        book: orders,
        queue,
        taker: &mut margin,
        key: &key,
        queued: Vec::new(),
    };
    if fewer > 0 {
        desk.shrink(&mut floor, slot, fewer, &mut Tally::default())?;
    }
    finish(&desk, &mut market, &[], &Tally::default())?;
    guards.require_ratio(&book, &margin.view(), now)?;
    emit!(OrderEdited {
        market: index,
        account: key,
        sequence: margin.header.advance(),
        order_id: id,
        lots: order.lots - fewer,
    });
    Ok(true)
}

/// Edits an order.
///
/// # Errors
/// [`ErrorCode::OrderNotFound`]; as [`super::place_order()`].
pub(crate) fn edit_order<'info>(
    ctx: Context<'info, ActOnBook<'info>>,
    order_id: u64,
    args: OrderArgs,
    guards: Guards,
) -> Result<()> {
    if shrink(&ctx, order_id, &args, &guards)? {
        return Ok(());
    }
    run(&ctx, Some(Which::Id(order_id)), &args, &guards)
}
