//! What anybody may do when accounts fail, as a simple loop does it after every price: flag, liquidate as far
//! as capital goes, hand defaults to the backstop, deleverage what it cannot take, sell on what was taken.

use super::{
    path::MARKETS,
    world::{World, is},
};
use counterweight::{Leg, error::ErrorCode, state::RECORDED};
use counterweight_risk::{
    QuoteAtoms,
    backstop::merged,
    liquidation::{is_liquidatable, is_restored},
    standard::{initial_for_takeover, maintenance},
};

/// Most calls on one account at one price.
const CALLS: usize = 12;
/// Dollars of each market that each maker buys or sells of keepers at one price: what a book holds in a crash.
pub const DEPTH: [i64; MARKETS] = [250_000, 1_000_000, 500_000, 10_000, 5_000];
/// What a maker asks for it, in basis points of the index.
pub const SPREAD: [u64; MARKETS] = [10, 5, 10, 50, 50];

/// Everything that is to be done at one price. Returns whether anything was.
pub fn attend(world: &mut World) -> Result<bool, String> {
    let before = world.stats.transactions()[0];
    for account in 0..world.traders.len() {
        serve(world, account)?;
    }
    for market in 0..MARKETS {
        if world.shadow.market_lines[market] > 0 {
            world.collect(market)?;
        }
    }
    buy_from_backstop(world)?;
    rescue_backstop(world)?;
    let collected = world.stats.transactions()[0];
    sell_on(world)?;
    count(world);
    Ok(collected > before)
}

/// One account, until it is well, gone, or nobody can do more.
fn serve(world: &mut World, account: usize) -> Result<(), String> {
    for _ in 0..CALLS {
        let params = world.tables.header.params;
        let Some(health) = world.health(account) else {
            return Err(format!("account {account} cannot be judged"));
        };
        let start = world.margins[account].header.core.liquidation_start;
        if !is_liquidatable(start, &health, params.liquidation_buffer) {
            if start != 0 && is_restored(&health, params.liquidation_buffer) {
                world
                    .flag(account)?
                    .map_err(|code| format!("flag_account: {code}"))?;
            }
            return Ok(());
        }
        if world.is_silent(account) {
            world.stats.unjudged += 1;
        }
        let acted = if world.defaults(account) {
            resolve(world, account)?
        } else {
            seize(world, account)?
        };
        if !acted {
            // What was closed for others may still be written down, and has no lots any more.
            if by_requirement(world, account).is_empty() {
                world.stats.stranded.insert(account);
                return Ok(());
            }
            world.stats.unserved += 1;
            if start == 0 && !health.is_met() {
                world
                    .flag(account)?
                    .map_err(|code| format!("flag_account: {code}"))?;
            }
            return Ok(());
        }
    }
    Ok(())
}

/// Markets of an account, the one with the largest requirement first.
fn by_requirement(world: &World, account: usize) -> Vec<usize> {
    let mut markets: Vec<(u64, usize)> = (0..MARKETS)
        .filter(|m| world.held(account, *m) != 0)
        .map(|m| {
            let value = world.value(m, world.held(account, m)).unsigned_abs();
            let schedule = &world.tables.markets[m].maintenance;
            (schedule.requirement(value).unwrap_or(0), m)
        })
        .collect();
    markets.sort_unstable_by(|a, b| b.cmp(a));
    markets.into_iter().map(|(_, m)| m).collect()
}

/// Whether the backstop can take an account over, as the program judges it: above its margin, and above the
/// floor of the day, at the prices that were recorded last.
fn can_take(world: &World, account: usize) -> Option<bool> {
    let (book, now) = (world.tables.book(), world.x.chain.time());
    let state = world.x.clearinghouse();
    let [own, other] = [world.backstop(), account].map(|at| world.margins[at].view());
    let backstop = maintenance(&book, &own, RECORDED).ok()?;
    let mut reference = world.margins[world.backstop()]
        .header
        .reference
        .on(now, backstop.equity);
    reference.add(QuoteAtoms(state.insurance)).ok()?;
    let both = merged(&book, (&own, RECORDED), (&other, now)).ok()?;
    let equity = both.health.equity.plus(QuoteAtoms(state.insurance)).ok()?;
    let floor = reference.floor(book.params.backstop_daily_loss);
    Some(equity >= both.health.requirement && equity >= floor)
}

/// A default: the backstop takes it, or one market of it is closed against the other side.
fn resolve(world: &mut World, account: usize) -> Result<bool, String> {
    match can_take(world, account) {
        None => return Err("the backstop cannot be judged".into()),
        Some(true) => {
            let resolved = world.resolve(account)?;
            return resolved
                .map(|_| true)
                .map_err(|code| format!("resolve_default: {code}"));
        }
        Some(false) => {}
    }
    // While there is equity a keeper still earns something.
    let solvent = world
        .health(account)
        .is_some_and(|health| health.equity.0 > 0);
    if solvent && seize(world, account)? {
        return Ok(true);
    }
    for market in by_requirement(world, account) {
        if close(world, account, market)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deleverages; where the other side lags behind too far, it catches up before.
fn close(world: &mut World, account: usize, market: usize) -> Result<bool, String> {
    match world.deleverage(account, market)? {
        Ok(_) => return Ok(true),
        Err(code) if is(code, ErrorCode::CatchUpFirst) => catch_up(world, market)?,
        Err(code) if is(code, ErrorCode::SideExhausted) => catch_up(world, market)?,
        Err(code) if is(code, ErrorCode::StalePrice) => return Ok(false),
        // Nobody is closed for others on noise.
        Err(code) if is(code, ErrorCode::WidePrice) => return Ok(false),
        Err(code) => return Err(format!("deleverage of market {market}: {code}")),
    }
    Ok(world.deleverage(account, market)?.is_ok())
}

/// Brings all that lag in a market up to it.
pub fn catch_up(world: &mut World, market: usize) -> Result<(), String> {
    for party in 0..=world.backstop() {
        let row = &world.tables.markets[market];
        let lags = |p: &&counterweight_risk::Position| usize::from(p.market) == market;
        let position = world.margins[party].positions().iter().find(lags);
        if position.is_some_and(|p| !p.is_current(row)) {
            world
                .catch_up(party, market)?
                .map_err(|code| format!("catch_up of {party}: {code}"))?;
        }
    }
    Ok(())
}

/// What a keeper may still take on, in quote atoms of initial margin.
fn free(world: &World, keeper: usize) -> i64 {
    let (book, now) = (world.tables.book(), world.x.chain.time());
    initial_for_takeover(&book, &world.margins[keeper].view(), now, u32::MAX)
        .and_then(|health| health.free())
        .map_or(0, |free| free.0)
}

/// Some keeper takes lots of an account in some market. A wide price
/// favours the account by more than the penalty, so nobody takes anything at one.
fn seize(world: &mut World, account: usize) -> Result<bool, String> {
    // Whoever sees it first: another one for each account.
    let (first, count) = (world.keepers.start, world.keepers.len());
    let keepers: Vec<usize> = (0..count)
        .map(|turn| first + (account + turn) % count)
        .filter(|keeper| *keeper != account)
        .collect();
    for market in by_requirement(world, account) {
        if world.is_wide(market) {
            continue;
        }
        for keeper in &keepers {
            if take(world, *keeper, account, market)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// One keeper takes what its capital allows; where that was too much, a quarter of it.
fn take(world: &mut World, keeper: usize, account: usize, market: usize) -> Result<bool, String> {
    let free = free(world, keeper);
    let held = world.held(account, market).unsigned_abs();
    let lot = world.value(market, 1).max(1);
    // The lowest rate of the market's schedule, and a twentieth of what is free kept back.
    let rate = i64::from(world.tables.markets[market].initial.tiers[0].rate.0).max(1);
    let notional = ((i128::from(free.max(0)) << 20) * 19 / 20 / i128::from(rate)) as i64;
    let mut most = held.min((notional / lot).unsigned_abs());
    for _ in 0..3 {
        // Not for less than fifty dollars, unless that is all there is.
        if most == 0 || (most < held && world.value(market, most as i64) < 50_000_000) {
            return Ok(false);
        }
        match world.liquidate(keeper, account, market, most)? {
            Ok(_) => return Ok(true),
            Err(code) if is(code, ErrorCode::InitialMarginNotMet) => most /= 4,
            Err(code) if is(code, ErrorCode::StalePrice) => return Ok(false),
            Err(code) => return Err(format!("liquidate: {code}")),
        }
    }
    Ok(false)
}

/// Keepers buy what the backstop has for sale.
fn buy_from_backstop(world: &mut World) -> Result<(), String> {
    let backstop = world.backstop();
    for _ in 0..CALLS {
        if world.health(backstop).is_none() || !seize(world, backstop)? {
            break;
        }
    }
    Ok(())
}

/// Whether the backstop is below its own margin, or has lost what it may lose in a day.
fn is_spent(world: &World) -> bool {
    let Some(health) = world.health(world.backstop()) else {
        return false;
    };
    let state = world.x.clearinghouse();
    let cap = world.tables.header.params.backstop_daily_loss;
    let now = world.x.chain.time();
    let Ok(equity) = health.equity.plus(QuoteAtoms(state.insurance)) else {
        return false;
    };
    let mut reference = world.margins[world.backstop()]
        .header
        .reference
        .on(now, health.equity);
    reference.add(QuoteAtoms(state.insurance)).is_ok()
        && (equity < health.requirement || equity < reference.floor(cap))
}

/// Where the backstop is spent it is closed against the other side, market by market.
fn rescue_backstop(world: &mut World) -> Result<(), String> {
    let backstop = world.backstop();
    while is_spent(world) {
        let mut closed = false;
        for market in by_requirement(world, backstop) {
            if close(world, backstop, market)? {
                closed = true;
                break;
            }
        }
        if !closed {
            break;
        }
    }
    Ok(())
}

/// Keepers trade their inventory with makers who hold the other side, and who pay a little less for it.
fn sell_on(world: &mut World) -> Result<(), String> {
    for (market, depth) in DEPTH.iter().enumerate() {
        let depth = depth * 1_000_000 / world.value(market, 1).max(1);
        let mut left: Vec<(usize, i64)> = world.makers.clone().map(|m| (m, depth)).collect();
        for keeper in world.keepers.clone() {
            for (maker, left) in &mut left {
                let held = world.held(keeper, market);
                let other = world.held(*maker, market);
                // Both reduce: that is allowed at prices at which nobody may add risk.
                if held == 0 || other == 0 || (other > 0) == (held > 0) {
                    continue;
                }
                let lots = held.abs().min(other.abs()).min(*left);
                if lots > 0 && trade(world, keeper, *maker, market, held.signum() * lots)? {
                    *left -= lots;
                }
            }
        }
    }
    Ok(())
}

/// A keeper sells lots (buys below zero) to a maker.
fn trade(
    world: &mut World,
    keeper: usize,
    maker: usize,
    market: usize,
    lots: i64,
) -> Result<bool, String> {
    let ticks = world.x.index_ticks(market as u16);
    let off = ticks * SPREAD[market] / 10_000;
    let price = if lots > 0 { ticks - off } else { ticks + off };
    let leg = Leg {
        market: market as u16,
        lots: -lots,
        price,
    };
    Ok(world.block_trade(keeper, maker, &[leg])?.is_ok())
}

/// What keepers hold at the end of a step.
fn count(world: &mut World) {
    let held = |keeper: usize| -> i64 {
        (0..MARKETS)
            .map(|m| world.value(m, world.held(keeper, m)))
            .sum()
    };
    let sum = world.keepers.clone().map(held).sum();
    world.stats.inventory = world.stats.inventory.max(sum);
}

/// The end: everybody catches up, and what rounding has left over goes to the backstop.
pub fn tidy(world: &mut World) -> Result<(), String> {
    for market in 0..MARKETS {
        catch_up(world, market)?;
        for side in [0u8, 1] {
            let state = world.x.market(market as u16);
            if state.unsettled[usize::from(side)] > 0 {
                world
                    .sweep_dust(market, side)?
                    .map_err(|code| format!("sweep_dust of {market}: {code}"))?;
            }
        }
        world.collect(market)?;
    }
    Ok(())
}
