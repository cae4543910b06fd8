//! A keeper: looks at every account, liquidates those that fail, and sells on what it took.

use crate::{
    chores, flow,
    house::{House, Seizure, liquidatable, refused},
};
use counterweight::{error::ErrorCode, events::Liquidated};
use counterweight_sdk::events;

/// Most calls on one account in a step.
const CALLS: usize = 8;

/// Liquidates every account that may be, market by market, the one with the largest requirement
/// first, until the account is restored. Orders of the account that still rest are pruned before.
/// Returns how many calls it made.
///
/// # Errors
/// A refusal that is not for want of the keeper's own margin.
pub fn liquidate(house: &mut House, step: usize) -> Result<usize, String> {
    let mut calls = 0;
    for actor in 0..house.actors.len() - 1 {
        for _ in 0..CALLS {
            let Some(market) = candidate(house, actor)? else {
                break;
            };
            chores::prune(house, step, actor, market)?;
            let Some(seizure) = seize(house, step, actor, market)? else {
                break;
            };
            house.seizures.push(seizure);
            calls += 1;
        }
    }
    Ok(calls)
}

/// The market in which a liquidatable account is required most.
fn candidate(house: &mut House, actor: usize) -> Result<Option<u16>, String> {
    let key = house.actors[actor].trader.margin;
    let view = house.x.view(key).map_err(refused("margin_view"))?;
    let tables = house.x.tables();
    if !liquidatable(&tables, &view) {
        return Ok(None);
    }
    let margin = house.x.margin(&key);
    let book = tables.book();
    let required = |market: u16| {
        let row = book.market(market)?;
        let position = margin.positions().iter().find(|p| p.market == market);
        let price = book.asset(row.asset)?.index;
        row.maintenance
            .requirement(position.map_or(Ok(0), |p| p.lots.notional(price))?)
    };
    let markets = margin.positions().iter().map(|position| position.market);
    Ok(markets.max_by_key(|market| required(*market).unwrap_or(0)))
}

/// One call. Takes what the program allows; if the keeper's own margin does not carry that, half of
/// it, and so on. None where it carries nothing, or where the position hedges the others.
fn seize(
    house: &mut House,
    step: usize,
    actor: usize,
    market: u16,
) -> Result<Option<Seizure>, String> {
    let held = house.held(actor, market);
    let mut max_lots = held.unsigned_abs();
    let receipt = loop {
        let House { x, actors, .. } = house;
        let (liquidatee, keeper) = (&actors[actor].trader, &actors[actors.len() - 1].trader);
        match x.liquidate(keeper, liquidatee.margin, market, max_lots) {
            Ok(receipt) => break receipt,
            Err(failure) if failure.is(ErrorCode::InitialMarginNotMet) && max_lots > 1 => {
                max_lots /= 2
            }
            Err(failure) if failure.is(ErrorCode::InitialMarginNotMet) => return Ok(None),
            // By Portfolio margin, what hedges the rest of a book is not taken by itself.
            Err(failure) if failure.is(ErrorCode::LegIsHedge) => return Ok(None),
            Err(failure) => return Err(refused("liquidate")(failure)),
        }
    };
    let found: Vec<Liquidated> = events::of_type(&receipt.logs);
    let event = found.first().ok_or("liquidate logged no event")?;
    let ratio = |at: usize| {
        let (equity, required) = (event.equity[at], event.maintenance_margin[at]);
        (required > 0).then(|| equity as f64 / required as f64)
    };
    Ok(Some(Seizure {
        step,
        actor,
        market: market.into(),
        lots: event.lots,
        held,
        value: event.cost.abs(),
        penalty: event.penalty,
        insurance: event.insurance,
        ratio: [ratio(0), ratio(1)],
        units: receipt.units,
    }))
}

/// Sells the keeper's inventory on the books, as far as they hold something for it; the rest is kept
/// for the next step.
///
/// # Errors
/// A refusal that is not for want of margin.
pub fn unwind(house: &mut House) -> Result<(), String> {
    let keeper = house.actors.len() - 1;
    for (market, lots) in (0u16..3).zip(house.lots(keeper)) {
        if lots != 0 {
            flow::take(house, keeper, market, -lots, true)?;
        }
    }
    Ok(())
}
