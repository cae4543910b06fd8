//! What the keeper does besides liquidating: it settles fills that wait, brings funding up to date,
//! executes triggers, and takes orders out of the books that are in the way of a liquidation.

use crate::{
    book::View,
    house::{House, refused},
    tape::{Fired, Pruning, Rate, Snapshot, basis_points},
};
use anchor_lang::prelude::Pubkey;
use counterweight::{
    error::ErrorCode,
    events::{FillsSettled, FundingUpdated, OrderProcessed, OrdersCancelled, TriggerExecuted},
};
use counterweight_sdk::events;

/// Brings makers what waits for them in the fill queues.
///
/// # Errors
/// The program's refusal.
pub fn settle_fills(house: &mut House) -> Result<(), String> {
    for market in 0..3 {
        let queue = house.x.order_book(market).queue;
        let mut makers: Vec<_> = queue.iter().map(|e| Pubkey::from(e.maker)).collect();
        makers.sort_unstable();
        makers.dedup();
        if makers.is_empty() {
            continue;
        }
        let settled = house.x.settle_fills(market, &makers);
        let receipt = settled.map_err(refused("settle_fills"))?;
        let found: Vec<FillsSettled> = events::of_type(&receipt.logs);
        let fills = found.iter().flat_map(|event| &event.fills);
        house.tape.settled += fills.filter(|fill| fill.filled).count();
    }
    Ok(())
}

/// Brings funding up to date in every market with an interval that is complete, and notes what
/// everybody paid or received. Nothing may wait in the queues: fills there take no part in it.
///
/// # Errors
/// The program's refusal, or a rate or an index that is not what the engine says off the chain.
pub fn fund(house: &mut House, step: usize) -> Result<(), String> {
    let actors = house.actors.len();
    house.tape.funding.resize(actors, [0; 3]);
    for market in 0..3u16 {
        let at = usize::from(market);
        let tables = house.x.tables();
        let mut row = tables.markets[at];
        let (mut funding, now) = (house.x.market(market).funding, house.x.chain.time());
        if now < funding.start + i64::from(row.funding_interval) {
            continue;
        }
        funding.advance(now, row.funding_interval, row.funding_cap);
        let price = tables.assets[usize::from(row.asset)].index;
        let expected = funding.apply(&mut row, price);
        let expected = (expected.map_err(|e| format!("{e:?}"))?, row.index[0]);

        let before = owed(house, market)?;
        let updated = house.x.update_funding(market);
        let receipt = updated.map_err(refused("update_funding"))?;
        let found: Vec<FundingUpdated> = events::of_type(&receipt.logs);
        let event = found.first().ok_or("update_funding logged no event")?;
        if (event.rate, event.index) != expected {
            let found = (event.rate, event.index);
            return Err(format!("funding {found:?} was previewed as {expected:?}"));
        }
        house.tape.rates_compared += 1;
        let after = owed(house, market)?;
        for (actor, (after, before)) in after.into_iter().zip(before).enumerate() {
            house.tape.funding[actor][at] -= after - before;
        }
        house.tape.rates.push(Rate {
            step,
            market: at,
            bps: basis_points(event.rate),
        });
    }
    Ok(())
}

/// What every actor owes in a market by its index, and has not settled yet.
fn owed(house: &House, market: u16) -> Result<Vec<i64>, String> {
    let tables = house.x.tables();
    let row = &tables.markets[usize::from(market)];
    let one = |actor: &crate::house::Actor| {
        let margin = house.x.margin(&actor.trader.margin);
        let position = margin.positions().iter().find(|p| p.market == market);
        position.map_or(Ok(0), |position| position.owed(row).map(|owed| owed.0))
    };
    let all = house.actors.iter().map(one).collect::<Result<_, _>>();
    all.map_err(|e| format!("{e:?}"))
}

/// Executes every trigger that the index has crossed. One that the book holds nothing for stays.
///
/// # Errors
/// The program's refusal.
pub fn execute_triggers(house: &mut House, step: usize) -> Result<(), String> {
    let tables = house.x.tables();
    for actor in 0..house.actors.len() {
        let margin = house.actors[actor].trader.margin;
        let address = house.x.venue.triggers(&margin);
        if house.x.chain.data(&address).is_empty() {
            continue;
        }
        let triggers = house.x.triggers(&margin);
        for (place, trigger) in triggers.entries.iter().enumerate() {
            let row = &tables.markets[usize::from(trigger.market)];
            let (asset, tick) = (&tables.assets[usize::from(row.asset)], row.tick_size << 16);
            let low = (asset.maintenance_low.0 / tick).cast_signed();
            let high = asset.maintenance_high.0.div_ceil(tick).cast_signed();
            if trigger.is_used() && trigger.fires(low, high) {
                execute(house, step, actor, place, trigger.market, trigger.price)?;
            }
        }
    }
    Ok(())
}

fn execute(
    house: &mut House,
    step: usize,
    actor: usize,
    place: usize,
    market: u16,
    price: i64,
) -> Result<(), String> {
    let makers = [house.maker().trader.margin];
    let view = View::read(&house.x, market);
    let House { x, actors, .. } = house;
    let margin = actors[actor].trader.margin;
    let keeper = &actors[actors.len() - 1].trader;
    let receipt = match x.execute_trigger(keeper, market, margin, place as u8, &makers) {
        Ok(receipt) => receipt,
        Err(failure) if failure.is(ErrorCode::FillOrKillNotFilled) => return Ok(()),
        Err(failure) => return Err(refused("execute_trigger")(failure)),
    };
    let trades: Vec<OrderProcessed> = events::of_type(&receipt.logs);
    let found: Vec<TriggerExecuted> = events::of_type(&receipt.logs);
    let (Some(trade), Some(executed)) = (trades.first(), found.first()) else {
        return Err("execute_trigger logged no event".to_owned());
    };
    house.tape.count(trade);
    house.tape.snapshots.push(Snapshot {
        step,
        when: "as the stop-loss fires",
        view,
    });
    house.tape.fired.push(Fired {
        step,
        actor,
        market: usize::from(market),
        lots: executed.lots,
        value: trade.value,
        price,
        fee: executed.fee,
    });
    Ok(())
}

/// Takes the orders of an account that is about to be liquidated out of all books. Liquidating it
/// is tried first, and must be refused.
///
/// # Errors
/// The program's refusal of a pruning, or a liquidation that was not refused.
pub fn prune(house: &mut House, step: usize, actor: usize, market: u16) -> Result<(), String> {
    let key = house.actors[actor].trader.margin;
    let margin = house.x.margin(&key);
    if margin.header.core.open_orders == 0 {
        return Ok(());
    }
    let House { x, actors, .. } = house;
    let keeper = &actors[actors.len() - 1].trader;
    match x.liquidate(keeper, key, market, 1) {
        Err(failure) if failure.is(ErrorCode::OrdersStillRest) => house.tape.refused += 1,
        Err(failure) => return Err(refused("liquidate")(failure)),
        Ok(_) => return Err("an account was liquidated while its orders rested".to_owned()),
    }
    let mut orders = 0;
    for position in margin.positions() {
        if position.bid_lots.0 == 0 && position.ask_lots.0 == 0 {
            continue;
        }
        let pruned = house.x.prune(key, position.market);
        let receipt = pruned.map_err(refused("prune_orders"))?;
        let found: Vec<OrdersCancelled> = events::of_type(&receipt.logs);
        orders += found.iter().map(|e| e.order_ids.len()).sum::<usize>();
    }
    house.tape.prunings.push(Pruning {
        step,
        actor,
        orders,
    });
    Ok(())
}
