//! `cancel_orders`: takes a trader's own orders out of the book: one, those of a name, those of a
//! side, or all. Always allowed; needs no price and no margin check.

use super::{
    desk::{Desk, Floor},
    matching::Tally,
    order_args::{MAX_REMOVALS, Which},
    place_order::{ActOnBook, finish},
};
use crate::{
    book::{Book, OrderId},
    error::{ErrorCode, refuse},
    events::OrdersCancelled,
    instructions::{Guards, checks::leave_liquidation_if_restored},
    state::{MarginMut, MarketMut, RiskBookRef},
};
use anchor_lang::prelude::*;

/// The handles of up to `limit` orders of an account that are meant.
pub(super) fn select(book: &Book, maker: &Pubkey, which: Which, limit: u8) -> Vec<u16> {
    let maker = maker.as_array();
    if let Which::Id(id) = which {
        let found = book.find(OrderId(id));
        let own = found.filter(|slot| book.order(*slot).maker == *maker);
        return own.into_iter().collect();
    }
    let mut found = Vec::with_capacity(usize::from(limit.min(16)));
    for slot in 0..book.header.used {
        let order = book.order(slot);
        if order.maker != *maker || !order.is_resting() {
            continue;
        }
        let meant = match which {
            Which::Side(side) => order.side() == side,
            Which::ClientId(id) => order.client_id == id,
            Which::All | Which::Id(_) => true,
        };
        if meant {
            found.push(slot);
            if found.len() >= usize::from(limit) {
                break;
            }
        }
    }
    found
}

/// Takes orders of the account out of the book. Returns their ids.
pub(super) fn cancel(
    desk: &Desk,
    market: &mut MarketMut,
    margin: &mut MarginMut,
    key: &Pubkey,
    which: Which,
    limit: u8,
) -> Result<Vec<u64>> {
    let (book, queue) = market.parts();
    let slots = select(&book, key, which, limit);
    let mut floor = Floor {
        book,
        queue,
        taker: margin,
        key,
        queued: Vec::new(),
    };
    let mut tally = Tally::default();
    for slot in slots {
        desk.remove(&mut floor, slot, &mut tally)?;
    }
    Ok(tally.fills.iter().map(|fill| fill.order_id).collect())
}

/// Cancels up to `limit` orders, never more than [`MAX_REMOVALS`].
///
/// # Errors
/// [`ErrorCode::OrderNotFound`] where none is meant.
pub(crate) fn cancel_orders<'info>(
    ctx: Context<'info, ActOnBook<'info>>,
    which: Which,
    limit: u8,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    accounts.validate(&risk_book, &market, &margin, &Guards::default(), false)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let index = market.header.index;
    let clearinghouse = risk_book.header.clearinghouse;
    let desk = Desk::open(&book, index, clearinghouse, &[], now)?;

    let key = accounts.margin_account.key();
    let limit = limit.min(MAX_REMOVALS);
    let ids = cancel(&desk, &mut market, &mut margin, &key, which, limit)?;
    if ids.is_empty() {
        return Err(refuse(
            ErrorCode::OrderNotFound,
            &[("market", index.into())],
        ));
    }
    finish(&desk, &mut market, &[], &Tally::default())?;
    leave_liquidation_if_restored(&mut margin, &key, &book, now)?;
    emit!(OrdersCancelled {
        market: index,
        account: key,
        sequence: margin.header.advance(),
        order_ids: ids,
    });
    Ok(())
}
