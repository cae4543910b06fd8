//! Who takes from the books: the traders who open theirs there, and one who follows the market.

use crate::{
    book::View,
    house::{House, refused},
    path::Path,
};
use counterweight::{Guards, TradeArgs, TriggerArgs, error::ErrorCode, events::OrderProcessed};
use counterweight_risk::orders::Side;
use counterweight_sdk::events;
use counterweight_simnet::{limit, pegged};

/// How far from the index a taker trades at most, in basis points.
const SLIPPAGE_BPS: u64 = 50;
/// How far a price moves in a step before the momentum trader acts, in basis points.
const MOVE_BPS: i64 = 40;
/// What it trades then in each market, in dollars, and the largest short it has there.
const CLIP: [i64; 3] = [24_000, 14_000, 14_000];
const LARGEST: [i64; 3] = [280_000, 180_000, 160_000];
/// The smallest order of the markets, in lots.
const SMALLEST: i64 = 10;

/// Takes from a book at most [`SLIPPAGE_BPS`] from the index; positive lots buy. With the maker's
/// account passed its fills are settled at once; without it only its orders at fixed prices are met,
/// and those fills wait in the queue. Returns the lots
/// that were traded; none where the taker's margin did not allow it.
///
/// # Errors
/// Another refusal, or a trade that is not what the decoded book said that it would be.
pub fn take(
    house: &mut House,
    actor: usize,
    market: u16,
    lots: i64,
    at_once: bool,
) -> Result<Option<i64>, String> {
    let index = house.x.index_ticks(market);
    let slippage = (index * SLIPPAGE_BPS).div_ceil(10_000);
    let limit = if lots > 0 {
        index + slippage
    } else {
        index - slippage
    };
    let maker = [house.maker().trader.margin];
    let makers: &[_] = if at_once { &maker } else { &[] };
    let expected = View::with(&house.x, market, makers).preview(lots, limit.cast_signed());
    let held = house.held(actor, market);
    let args = TradeArgs {
        side: if lots > 0 { Side::Buy } else { Side::Sell },
        lots: lots.unsigned_abs(),
        limit,
        reduce_only: held.signum() == -lots.signum() && lots.abs() <= held.abs(),
    };
    let House { x, actors, .. } = house;
    let trader = &actors[actor].trader;
    let taker = x.actor(trader, market);
    let trade = x.venue.trade(&taker, args, Guards::default(), makers);
    let receipt = match x.chain.send(&[trade], &[&trader.key]) {
        Ok(receipt) => receipt,
        Err(failure)
            if failure.is(ErrorCode::InitialMarginNotMet)
                || failure.is(ErrorCode::AccountWouldBeWorse) =>
        {
            return Ok(None);
        }
        Err(failure) => return Err(refused("trade")(failure)),
    };
    let found: Vec<OrderProcessed> = events::of_type(&receipt.logs);
    let event = found.first().ok_or("trade logged no event")?;
    if (event.lots, event.value) != expected {
        let found = (event.lots, event.value);
        return Err(format!(
            "a trade of {found:?} was previewed as {expected:?}"
        ));
    }
    house.tape.previewed += 1;
    house.tape.count(event);
    Ok(Some(event.lots))
}

/// Opens a position by taking from the book; all of it must be there.
///
/// # Errors
/// The program's refusal, or what the book did not hold.
pub fn open(
    house: &mut House,
    actor: usize,
    lots: &[(u16, i64)],
    at_once: bool,
) -> Result<(), String> {
    for (market, lots) in lots {
        let traded = take(house, actor, *market, *lots, at_once)?;
        if traded != Some(lots.abs()) {
            let name = house.actors[actor].name;
            return Err(format!("{name} wanted {lots} lots and got {traded:?}"));
        }
    }
    Ok(())
}

/// Leaves orders in the books: bids that follow the index down, and an ask for a quarter of each
/// position four percent above it.
///
/// # Errors
/// The program's refusal.
pub fn rest_orders(house: &mut House, actor: usize) -> Result<(), String> {
    let held = house.lots(actor);
    let index = house.x.index_ticks(0);
    let bid = house.lots_for(0, 10_000).unsigned_abs();
    let mut orders: Vec<_> = [60, 80, 100]
        .map(|bps| -(index as i32 * bps / 10_000))
        .map(|offset| (0, pegged(Side::Buy, offset, index, bid)))
        .to_vec();
    for market in 0..3u16 {
        let lots = held[usize::from(market)].unsigned_abs() / 4;
        let price = house.x.index_ticks(market) * 104 / 100;
        orders.push((market, limit(Side::Sell, price, lots)));
    }
    let House { x, actors, .. } = house;
    for (market, order) in orders {
        let placed = x.order(&actors[actor].trader, market, order, &[]);
        placed.map_err(refused("place_order"))?;
    }
    Ok(())
}

/// Places a stop-loss under a long position, so many basis points below the index.
///
/// # Errors
/// The program's refusal.
pub fn stop_loss(house: &mut House, actor: usize, market: u16, bps: u64) -> Result<(), String> {
    let index = house.x.index_ticks(market);
    let args = TriggerArgs {
        market,
        side: Side::Sell,
        above: false,
        price: index * (10_000 - bps) / 10_000,
        trail: 0,
        slippage: index / 100,
        lots: house.held(actor, market).unsigned_abs(),
        expires: 0,
        client_id: 1,
    };
    let House { x, actors, .. } = house;
    let trader = &actors[actor].trader;
    let opened = x.open_triggers(trader);
    opened.map_err(refused("open_triggers"))?;
    let placed = x.place_trigger(trader, args);
    placed.map_err(refused("place_trigger"))?;
    Ok(())
}

/// What the momentum trader does in a step: it sells what has fallen, and buys back what has risen. It is
/// fast: first it takes what stands at fixed prices and has been left behind, then the rest with the
/// maker's account.
///
/// # Errors
/// The program's refusal.
pub fn follow(house: &mut House, actor: usize, path: &Path, step: usize) -> Result<(), String> {
    for market in 0..3u16 {
        let at = usize::from(market);
        let (now, before) = (path.steps[step][at].price, path.steps[step - 1][at].price);
        let moved = (now - before) * 10_000 / before;
        let (held, clip) = (house.lots(actor)[at], house.lots_for(market, CLIP[at]));
        let largest = house.lots_for(market, LARGEST[at]);
        let lots = if moved <= -MOVE_BPS {
            -clip.min(held + largest).max(0)
        } else if moved >= MOVE_BPS {
            clip.min(-held)
        } else {
            0
        };
        let view = house.x.view(house.actors[actor].trader.margin);
        let may_add = view.map_err(refused("margin_view"))?.can_add_risk;
        if lots.abs() >= SMALLEST && (may_add || lots > 0) {
            let traded = take(house, actor, market, lots, false)?.unwrap_or(0);
            let rest = lots.abs() - traded;
            if rest >= SMALLEST {
                take(house, actor, market, rest * lots.signum(), true)?;
            }
        }
    }
    Ok(())
}
