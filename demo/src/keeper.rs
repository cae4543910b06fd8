//! A keeper: looks at every account, liquidates those that fail, and sells on what it took.

use crate::house::{House, Seizure, liquidatable, refused};
use counterweight::{Leg, LiquidateArgs, error::ErrorCode, events::Liquidated};
use counterweight_sdk::events;
use counterweight_simnet::Signer;

/// Most calls on one account in a step.
const CALLS: usize = 8;
/// What the keeper gives the maker for taking its inventory, in basis points of the index.
const SPREAD_BPS: u64 = 5;

/// Liquidates every account that may be, market by market, the one with the largest requirement
/// first, until the account is restored. Returns how many calls it made.
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
/// it, and so on. None where it carries nothing.
fn seize(
    house: &mut House,
    step: usize,
    actor: usize,
    market: u16,
) -> Result<Option<Seizure>, String> {
    let at = usize::from(market);
    let held = house.lots(actor)[at];
    let mut max_lots = held.unsigned_abs();
    let receipt = loop {
        let args = LiquidateArgs {
            market,
            max_lots,
            ..LiquidateArgs::default()
        };
        let keeper = &house.keeper().trader;
        let (key, margin) = (keeper.key.pubkey(), keeper.margin);
        let liquidatee = house.actors[actor].trader.margin;
        let call = house.x.venue.liquidate(key, liquidatee, margin, args);
        let keys = [&house.actors.last().expect("a keeper").trader.key];
        match house.x.chain.send(&[call], &keys) {
            Ok(receipt) => break receipt,
            Err(failure) if failure.is(ErrorCode::InitialMarginNotMet) && max_lots > 1 => {
                max_lots /= 2
            }
            Err(failure) if failure.is(ErrorCode::InitialMarginNotMet) => return Ok(None),
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
        market: at,
        lots: event.lots,
        held,
        value: event.cost.abs(),
        penalty: event.penalty,
        insurance: event.insurance,
        ratio: [ratio(0), ratio(1)],
        units: receipt.units,
    }))
}

/// Trades the keeper's inventory to the maker: all markets in one block trade, or each on its own if
/// that does not pass, or not now.
///
/// # Errors
/// Never for want of margin: what does not pass is kept for the next step.
pub fn unwind(house: &mut House) -> Result<(), String> {
    let held = house.lots(house.actors.len() - 1);
    let legs: Vec<Leg> = (0u16..3)
        .zip(held)
        .filter(|(_, lots)| *lots != 0)
        .map(|(market, lots)| leg(house, market, -lots))
        .collect();
    if legs.is_empty() {
        return Ok(());
    }
    let House { x, actors, .. } = house;
    let (maker, keeper) = (&actors[0].trader, &actors[actors.len() - 1].trader);
    if x.block_trade(keeper, maker, &legs).is_err() {
        for leg in legs {
            let _ = x.block_trade(keeper, maker, &[leg]);
        }
    }
    Ok(())
}

/// A leg at the index, less what the maker gets for it.
fn leg(house: &House, market: u16, lots: i64) -> Leg {
    let at_index = house.x.leg(market, lots);
    let spread = (at_index.price * SPREAD_BPS).div_ceil(10_000);
    let price = if lots < 0 {
        at_index.price - spread
    } else {
        at_index.price + spread
    };
    Leg { price, ..at_index }
}
