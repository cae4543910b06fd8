//! `place_orders`: a maker's whole re-quote: takes out the orders that are named and lets new ones rest,
//! with one margin check at the end. Nothing trades.

use super::{
    cancel_orders::select,
    desk::{Desk, Floor},
    matching::Tally,
    order_args::{MAX_MATCHES, MAX_REMOVALS, OrderArgs, OrderKind, PriceArgs, SelfTrade, Which},
    place_order::{ActOnBook, finish, post_price, require_order, resting},
};
use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::OrdersPlaced,
    instructions::{Guards, checks::require_initial},
    state::{MarginMut, MarketMut, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{orders::Side, standard::Gains};

/// Most orders that one instruction places.
pub const MAX_QUOTES: usize = 16;

/// An order of a re-quote.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Buy or sell.
    pub side: Side,
    /// Its price.
    pub price: PriceArgs,
    /// How many lots.
    pub lots: u64,
    /// What the client calls it.
    pub client_id: u64,
}

/// A re-quote.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct QuotesArgs {
    /// The orders to be taken out first, at most 64 of them.
    pub cancel: Option<Which>,
    /// The orders to be placed, 1 to 16.
    pub quotes: Vec<Quote>,
    /// Whether an order that would cross stands one tick before the other side, instead of being
    /// refused (and the whole instruction with it). Not for pegged orders.
    pub slide: bool,
    /// Unix seconds from which none of them trades any more; 0 for never.
    pub expires: i64,
}

/// The quote as an order.
fn order_of(args: &QuotesArgs, quote: &Quote) -> OrderArgs {
    let fixed = matches!(quote.price, PriceArgs::Fixed(_));
    OrderArgs {
        side: quote.side,
        price: quote.price,
        lots: quote.lots,
        kind: if args.slide && fixed {
            OrderKind::PostOnlySlide
        } else {
            OrderKind::PostOnly
        },
        self_trade: SelfTrade::Abort,
        reduce_only: false,
        expires: args.expires,
        client_id: quote.client_id,
        match_limit: 1,
    }
}

/// Takes the old orders out and lets the new ones rest. Returns their ids, old and new.
fn requote(
    desk: &Desk,
    floor: &mut Floor,
    args: &QuotesArgs,
    tally: &mut Tally,
) -> Result<(Vec<u64>, Vec<u64>)> {
    let mut cancelled = Vec::new();
    if let Some(which) = args.cancel {
        let mut gone = Tally::default();
        for slot in select(&floor.book, floor.key, which, MAX_REMOVALS) {
            cancelled.push(floor.book.order(slot).id(slot).0);
            desk.remove(floor, slot, &mut gone)?;
            // Their ids are told, and nothing else: the allocator would keep every larger list of fills.
            gone.fills.clear();
        }
    }
    let mut placed = Vec::with_capacity(args.quotes.len());
    // Each order may have to make room besides: what is told of all must fit the memory.
    let quotes = u8::try_from(args.quotes.len()).unwrap_or(MAX_MATCHES);
    let mut steps = MAX_MATCHES.saturating_sub(quotes);
    for quote in &args.quotes {
        let order = order_of(args, quote);
        require_order(desk, &order)?;
        let stands = desk.price_of(&order)?;
        let stands = post_price(desk, floor, &order, stands, &mut steps, tally)?;
        let lots = order.lots.cast_signed(); // bounded by `require_order`
        let (resting, _) = resting(&order, lots, stands, floor.key);
        placed.push(desk.rest(floor, resting, stands, tally)?);
    }
    Ok((cancelled, placed))
}

/// Places several orders.
///
/// # Errors
/// As [`super::place_order()`], for each of them.
pub(crate) fn place_orders<'info>(
    ctx: Context<'info, ActOnBook<'info>>,
    args: QuotesArgs,
    guards: Guards,
) -> Result<()> {
    if args.quotes.is_empty() || args.quotes.len() > MAX_QUOTES {
        let numbers = [("orders", args.quotes.len() as i128)];
        return Err(refuse(ErrorCode::InvalidOrder, &numbers));
    }
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    accounts.validate(&risk_book, &market, &margin, &guards, true)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let (index, clearinghouse) = (market.header.index, risk_book.header.clearinghouse);
    let desk = Desk::open(&book, index, clearinghouse, ctx.remaining_accounts, now)?;
    desk.asset
        .check_initial(desk.row.asset, now, guards.max_age())
        .or_refuse()?;
    desk.require_priced()?;
    if margin.header.core.liquidation_start != 0 {
        return Err(ErrorCode::AccountInLiquidation.into());
    }

    let key = accounts.margin_account.key();
    let mut tally = Tally::default();
    let (orders, queue) = market.parts();
    let mut floor = Floor {
        book: orders,
        queue,
        taker: &mut margin,
        key: &key,
        queued: Vec::new(),
    };
    let (cancelled, placed) = requote(&desk, &mut floor, &args, &mut tally)?;
    let queued = core::mem::take(&mut floor.queued);
    finish(&desk, &mut market, &queued, &tally)?;
    let sequence = margin.header.advance();
    let view = margin.view();
    let health = require_initial(&book, &view, now, guards.max_age(), Gains::Weighted)?;
    guards.require_ratio(&book, &view, now)?;
    emit!(OrdersPlaced {
        market: index,
        account: key,
        sequence,
        cancelled,
        placed,
        health: [health.equity.0, health.requirement.0],
        fills: tally.fills,
    });
    Ok(())
}
