//! `place_order`: an order trades what crosses on the other side of the book, and the rest of it stays
//! there, as its kind says. Behind the named accounts may stand those of makers, in any order: their
//! fills are settled at once, all others wait in the market's fill queue.

use super::{
    cancel_orders::cancel,
    desk::{Desk, Floor, require_lots},
    matching::{Taking, Tally},
    order_args::{MAX_MATCHES, OrderArgs, OrderKind, PriceArgs, Which},
};
use crate::{
    book::Order,
    error::{ErrorCode, OrRefuse, refuse},
    events::OrderProcessed,
    instructions::{
        Guards,
        checks::{Baseline, leave_liquidation_if_restored},
    },
    state::{MarginAccount, MarginMut, Market, MarketMut, PAUSE_TRADE, RiskBook, RiskBookRef},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    market::{MODE_POST_ONLY, MODE_REDUCE_ONLY, MODE_SETTLEMENT},
    orders::Side,
};

/// Accounts of every instruction by which a trader acts on a book: behind these, the margin accounts
/// of makers.
#[derive(Accounts)]
pub struct ActOnBook<'info> {
    /// Owner or delegate of the account.
    pub authority: Signer<'info>,
    /// The risk book.
    pub risk_book: AccountLoader<'info, RiskBook>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The account that acts.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl ActOnBook<'_> {
    /// Who may act, with which accounts. Cancelling is allowed while trading is paused.
    pub(super) fn validate(
        &self,
        book: &RiskBookRef,
        market: &MarketMut,
        margin: &MarginMut,
        guards: &Guards,
        pausable: bool,
    ) -> Result<()> {
        if pausable {
            book.header.require_running(PAUSE_TRADE)?;
        }
        margin.header.require_member(&book.header.clearinghouse)?;
        margin.header.require_trader(self.authority.key)?;
        margin.header.require_sequence(guards.expected_sequence)?;
        require!(
            market.header.clearinghouse == book.header.clearinghouse,
            ErrorCode::WrongClearinghouse
        );
        Ok(())
    }
}

/// Refuses properties that do not go together, and what the market's mode and terms do not allow.
pub(super) fn require_order(desk: &Desk, args: &OrderArgs) -> Result<()> {
    require_lots(args.lots)?;
    if args.lots < desk.row.min_order_lots && !args.reduce_only {
        let numbers = [
            ("lots", args.lots.into()),
            ("smallest", desk.row.min_order_lots.into()),
        ];
        return Err(refuse(ErrorCode::OrderTooSmall, &numbers));
    }
    if args.expires != 0 && args.expires <= desk.now {
        let numbers = [("expires", args.expires.into()), ("now", desk.now.into())];
        return Err(refuse(ErrorCode::OrderExpired, &numbers));
    }
    let pegged = matches!(args.price, PriceArgs::Pegged { .. });
    let slides_pegged = pegged && args.kind == OrderKind::PostOnlySlide;
    let rests_reduced = args.reduce_only && args.kind.is_post_only();
    let limit = (1..=MAX_MATCHES).contains(&args.match_limit) || args.kind.is_post_only();
    require!(
        !slides_pegged && !rests_reduced && limit,
        ErrorCode::InvalidOrder
    );
    require_mode(desk, args.kind.is_post_only(), args.reduce_only)
}

/// Refuses what the market's mode does not allow, and everything where its contract has ended.
pub(crate) fn require_mode(desk: &Desk, post_only: bool, reduce_only: bool) -> Result<()> {
    let allowed = match desk.row.mode {
        MODE_SETTLEMENT => false,
        MODE_POST_ONLY => post_only,
        MODE_REDUCE_ONLY => reduce_only,
        _ => true,
    };
    if !allowed {
        let numbers = [("mode", desk.row.mode.into())];
        return Err(refuse(ErrorCode::MarketMode, &numbers));
    }
    desk.row.require_running(desk.market, desk.now).or_refuse()
}

/// How many lots an order may trade: where it only reduces, what there is to reduce.
fn lots_of(desk: &Desk, margin: &MarginMut, args: &OrderArgs) -> Result<i64> {
    let lots = require_lots(args.lots)?;
    if !args.reduce_only {
        return Ok(lots);
    }
    let held = margin.lots(desk.market, desk.row).0;
    let open = match args.side {
        Side::Buy => held.saturating_neg(),
        Side::Sell => held,
    };
    if open <= 0 {
        let numbers = [("position", held.into())];
        return Err(refuse(ErrorCode::ReduceOnly, &numbers));
    }
    Ok(lots.min(open))
}

/// What came of an order.
pub(crate) struct Outcome {
    /// What was traded.
    pub tally: Tally,
    /// What the taker's own indices charged.
    pub owed: i64,
    /// The id of what rests, 0 for nothing.
    pub order_id: u64,
    /// Lots that rest.
    pub rested: i64,
    /// The price of what rests in ticks, or its offset.
    pub price: i64,
}

impl Outcome {
    /// The event that tells of it.
    pub(crate) fn event(
        self,
        market: u16,
        account: Pubkey,
        sequence: u64,
        args: &OrderArgs,
        health: [i64; 2],
    ) -> OrderProcessed {
        OrderProcessed {
            market,
            account,
            sequence,
            side: args.side,
            client_id: args.client_id,
            lots: self.tally.lots,
            value: self.tally.value,
            fee: self.tally.fee,
            owed: self.owed,
            order_id: self.order_id,
            rested: self.rested,
            price: self.price,
            health,
            fills: self.tally.fills,
        }
    }
}

/// Trades and rests an order: the book, the queue, the taker's and the makers' accounts, and the
/// market's ledger. Checks nothing of the taker's margin.
pub(crate) fn process<'m>(
    desk: &Desk,
    market: &mut MarketMut,
    margin: &mut MarginMut<'m>,
    key: &Pubkey,
    args: &OrderArgs,
    lots: i64,
) -> Result<Outcome> {
    let stands = desk.price_of(args)?;
    let (book, queue) = market.parts();
    let mut floor = Floor {
        book,
        queue,
        taker: margin,
        key,
        queued: Vec::new(),
    };
    let mut taking = Taking {
        side: args.side,
        limit: stands,
        lots,
        self_trade: args.self_trade,
        steps: args.match_limit.min(MAX_MATCHES),
    };
    let mut outcome = Outcome {
        tally: Tally::default(),
        owed: 0,
        order_id: 0,
        rested: 0,
        price: 0,
    };
    let mut stands = stands;
    if args.kind.is_post_only() {
        // One is left for the order that makes room: what is told of all must fit the memory.
        taking.steps = MAX_MATCHES - 1;
        stands = post_price(
            desk,
            &mut floor,
            args,
            stands,
            &mut taking.steps,
            &mut outcome.tally,
        )?;
    } else {
        desk.take(&mut floor, &mut taking, &mut outcome.tally)?;
    }
    // Counted by what was traded: lots may also be gone because they met own orders.
    let left = lots - outcome.tally.lots;
    if args.kind == OrderKind::FillOrKill && left > 0 {
        let numbers = [("lots", lots.into()), ("left", left.into())];
        return Err(refuse(ErrorCode::FillOrKillNotFilled, &numbers));
    }
    outcome.owed = outcome.tally.settle_taker(desk, floor.taker, args.side)?;
    // What is told of all orders must fit the memory, that of one which makes room included.
    let told = outcome.tally.fills.len() < usize::from(MAX_MATCHES);
    let may_rest = told && taking.lots > 0 && !args.kind.is_immediate() && !args.reduce_only;
    if may_rest && (args.kind.is_post_only() || !still_crosses(&floor, &taking, desk)) {
        let (order, price) = resting(args, taking.lots, stands, floor.key);
        outcome.order_id = desk.rest(&mut floor, order, stands, &mut outcome.tally)?;
        (outcome.rested, outcome.price) = (taking.lots, price);
    }
    let queued = core::mem::take(&mut floor.queued);
    finish(desk, market, &queued, &outcome.tally)?;
    Ok(outcome)
}

/// Whether the other side still has what the rest of an order would cross, after the last step or
/// where a maker was not at hand. It is cancelled then instead of resting.
fn still_crosses(floor: &Floor, taking: &Taking, desk: &Desk) -> bool {
    let top = floor.book.best(taking.side.opposite(), desk.index);
    top.is_some_and(|top| taking.crosses(top.price))
}

/// Ends every change of a book: the queue's totals, the ledger, the sample for funding.
pub(super) fn finish(
    desk: &Desk,
    market: &mut MarketMut,
    queued: &[crate::book::Entry],
    tally: &Tally,
) -> Result<()> {
    for entry in queued {
        market.header.count_pending(entry, 1)?;
    }
    tally.settle_market(&mut market.header)?;
    let mut funding = market.header.funding;
    desk.sample(&market.parts().0, &mut funding);
    market.header.funding = funding;
    Ok(())
}

/// The price at which a post-only order stands: its own, or one tick before the other side.
pub(super) fn post_price(
    desk: &Desk,
    floor: &mut Floor,
    args: &OrderArgs,
    price: i64,
    steps: &mut u8,
    tally: &mut Tally,
) -> Result<i64> {
    let other = args.side.opposite();
    let Some(top) = desk.top(floor, other, steps, tally)? else {
        return Ok(price);
    };
    let (crosses, before) = match args.side {
        Side::Buy => (price >= top, top - 1),
        Side::Sell => (price <= top, top + 1),
    };
    if !crosses {
        return Ok(price);
    }
    if args.kind == OrderKind::PostOnlySlide && before > 0 {
        return Ok(before);
    }
    let numbers = [("price", price.into()), ("other side", top.into())];
    Err(refuse(ErrorCode::PostOnlyWouldCross, &numbers))
}

/// The order that rests, and its price or offset.
pub(super) fn resting(args: &OrderArgs, lots: i64, stands: i64, maker: &Pubkey) -> (Order, i64) {
    let (pegged, price, worst) = match args.price {
        PriceArgs::Fixed(_) => (false, stands, stands),
        PriceArgs::Pegged { offset, worst } => (true, i64::from(offset), worst.cast_signed()),
    };
    let order = Order {
        maker: maker.to_bytes(),
        price,
        worst,
        lots,
        client_id: args.client_id,
        expires: args.expires,
        ..Order::new(args.side, pegged)
    };
    (order, price)
}

/// Places an order, in place of another where one is named.
pub(super) fn run<'info>(
    ctx: &Context<'info, ActOnBook<'info>>,
    replaced: Option<Which>,
    args: &OrderArgs,
    guards: &Guards,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let risk_book = RiskBookRef::load(&accounts.risk_book)?;
    let mut market = MarketMut::load(&accounts.market)?;
    let mut margin = MarginMut::load(&accounts.margin_account)?;
    accounts.validate(&risk_book, &market, &margin, guards, true)?;
    let book = risk_book.book();
    let now = Clock::get()?.unix_timestamp;
    let clearinghouse = risk_book.header.clearinghouse;
    let index = market.header.index;
    let desk = Desk::open(&book, index, clearinghouse, ctx.remaining_accounts, now)?;
    require_order(&desk, args)?;
    let lots = lots_of(&desk, &margin, args)?;
    desk.asset
        .check_maintenance_within(desk.row.asset, now, guards.max_age())
        .or_refuse()?;
    desk.require_priced()?;

    let rests = !args.kind.is_immediate() && !args.reduce_only;
    let signed = args.side.signed(lots.unsigned_abs()).or_refuse()?;
    let reduces = !rests && margin.view().reduces(desk.row, index, signed);
    if !reduces && margin.header.core.liquidation_start != 0 {
        return Err(ErrorCode::AccountInLiquidation.into());
    }
    let before = Baseline::take(&book, &margin.view(), now, guards, reduces)?;
    let exposure = market.header.exposure();

    let key = accounts.margin_account.key();
    if let Some(which) = replaced
        && cancel(&desk, &mut market, &mut margin, &key, which, 1)?.is_empty()
    {
        return Err(ErrorCode::OrderNotFound.into());
    }
    let outcome = process(&desk, &mut market, &mut margin, &key, args, lots)?;
    market.header.require_cap(desk.row, exposure)?;
    leave_liquidation_if_restored(&mut margin, &key, &book, now)?;
    let sequence = margin.header.advance();
    let health = before.require(&book, &margin.view(), now, guards)?;
    emit!(outcome.event(index, key, sequence, args, health));
    Ok(())
}

/// Places an order.
///
/// # Errors
/// Those of the order's properties and of the market's mode; [`ErrorCode::PostOnlyWouldCross`],
/// [`ErrorCode::FillOrKillNotFilled`], [`ErrorCode::SelfTrade`], [`ErrorCode::QueueFull`],
/// [`ErrorCode::BookFull`], [`ErrorCode::OpenInterestCapReached`], [`ErrorCode::InitialMarginNotMet`],
/// those of the guards and of prices.
pub(crate) fn place_order<'info>(
    ctx: Context<'info, ActOnBook<'info>>,
    args: OrderArgs,
    guards: Guards,
) -> Result<()> {
    run(&ctx, None, &args, &guards)
}
