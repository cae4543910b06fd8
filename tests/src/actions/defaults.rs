//! What anybody may do when accounts fail, crashes that make them fail, and an action for every byte.

use super::{
    Action, Kind, choose,
    choose::{collect_fees, deposit, flag, liquidate, seat, trader_of, transfer, withdraw},
    derive, ending, orders,
    prices::{calm, clock, elapse, price_gap, price_move, refresh, with_oracle},
    strange::strange,
    takeover,
    trade::trade,
    triggers,
};
use crate::{
    derivatives::running,
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::World,
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{Guards, LiquidateArgs};
use counterweight_risk::{Market, backstop::is_in_default};

/// An action of the sort that a byte says; what exactly, `rng` says. Sorts that cannot do anything at the
/// moment make place for what brings them about.
pub fn by_opcode(op: u8, world: &World, now: &Snapshot, rng: &mut Rng) -> Vec<Action> {
    if world.derivatives.is_none() {
        return of_all(op, world, now, rng);
    }
    let mut actions = match derive::pressing(world, now, rng) {
        Some(action) => vec![action],
        None if op & 128 != 0 => vec![of_derivatives(op, world, now, rng)],
        None => of_all(op, world, now, rng),
    };
    // Whoever brings prices brings what follows from them, mostly.
    let prices = |action: &Action| {
        use Kind::{Crash, Expire, PriceMove, Refresh};
        matches!(action.kind, Crash | Expire | PriceMove | Refresh)
    };
    if actions.iter().any(prices) && rng.chance(85) {
        actions.push(derive::refresh(world, &running(now, Market::is_option)));
    }
    actions
}

/// What there is only where there are options and portfolio margin.
fn of_derivatives(op: u8, world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let make: fn(&World, &Snapshot, &mut Rng) -> Action = match op & 63 {
        0..16 => derive::act,
        16..27 => derive::strategy,
        27..36 => derive::order,
        36..38 => derive::refresh_arrays,
        38..41 => derive::smile,
        41..44 => derive::model,
        44..46 => ending::approach,
        46..52 => ending::settle,
        52 => derive::risk_of_asset,
        53 => derive::terms_of_portfolio,
        54..58 => crash,
        58..61 => derive::close_out,
        _ => |world, now, rng| {
            let base = vec![of_derivatives(rng.below(54) as u8, world, now, rng)];
            strange(world, now, rng, base)
        },
    };
    make(world, now, rng)
}

fn of_all(op: u8, world: &World, now: &Snapshot, rng: &mut Rng) -> Vec<Action> {
    let make: fn(&World, &Snapshot, &mut Rng) -> Action = match op & 63 {
        0..12 => return choose(world, now, rng),
        12..17 => trade,
        17..22 => orders::act,
        22..24 => price_move,
        24..30 => crash,
        30 => refresh,
        31 => |world, now, rng| {
            if rng.chance(50) {
                clock(world, now, rng)
            } else {
                price_gap(world, now, rng)
            }
        },
        32 => later,
        33..35 => fund,
        35..38 => liquidate,
        38 => {
            if op & 64 == 0 {
                flag
            } else {
                super::takeover::accrue
            }
        }
        39 => seize,
        40..43 => take_over,
        43..47 => deleverage,
        47..49 => close_backstop,
        49..52 => catch_up,
        52..54 => sweep,
        54 => sell,
        55..57 => triggers::place,
        57..59 => triggers::execute,
        59 => withdraw,
        60 => transfer,
        61 => {
            if op & 64 == 0 {
                deposit
            } else {
                collect_fees
            }
        }
        _ => |world, now, rng| {
            let base = of_all((rng.below(59)) as u8, world, now, rng);
            strange(world, now, rng, base)
        },
    };
    vec![make(world, now, rng)]
}

/// A jump to the loss of somebody, mostly of one who could fail by it.
pub(super) fn crash(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let at = if rng.chance(70) {
        rng.pick(&[1, 3, 4, 5])
    } else {
        seat(world, rng)
    };
    let held = now.margin(&world.seats[at].margin).positions();
    let held: Vec<_> = held.iter().filter(|p| p.lots.0 != 0).collect();
    let (asset, sign) = if held.is_empty() {
        (rng.pick(&with_oracle(now)), -1)
    } else {
        let position = rng.pick(&held);
        (position.asset, -position.lots.0.signum())
    };
    let mut quote = calm(world, asset);
    let permille = if asset == 0 {
        rng.range(1, 10)
    } else if world.derivatives.is_some() && rng.chance(70) {
        // Enough for a scanned book.
        rng.range(3, 45)
    } else {
        rng.range(30, 300)
    };
    let start = world.start_prices[usize::from(asset)];
    let moved = quote.price + quote.price / 1_000 * permille * sign;
    quote.price = moved.clamp(start / 8, start * 8);
    quote.confidence = quote.price.unsigned_abs() / 2_000;
    quote.average = if rng.chance(85) {
        quote.price
    } else {
        quote.average
    };
    let mut quotes: Vec<_> = with_oracle(now)
        .iter()
        .map(|asset| calm(world, *asset))
        .collect();
    quotes.retain(|calm| calm.asset != asset);
    quotes.push(quote);
    let assets: Vec<u16> = quotes.iter().map(|quote| quote.asset).collect();
    let mut action = elapse(Kind::Crash, rng.range(1, 20), format!("{quote:?}"));
    action.quotes = quotes;
    action.instructions = vec![world.exchange.refresh_instruction(&assets)];
    action
}

/// Up to a day later, every price is as it was.
fn later(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let assets = with_oracle(now);
    let seconds = rng.pick(&[600, 3_600, 7_300, 86_400]) + rng.range(0, 60);
    let mut action = elapse(Kind::Refresh, seconds, format!("{seconds} seconds later"));
    action.quotes = assets.iter().map(|asset| calm(world, *asset)).collect();
    action.instructions = vec![world.exchange.refresh_instruction(&assets)];
    action
}

fn fund(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let market = rng.below(now.markets.len() as u64) as u16;
    let update = world.exchange.venue.update_funding(market);
    let note = format!("of {market}");
    Action::new(Kind::Funding, Deed::Surroundings, update, &[], note)
}

fn seize(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    if takeover::debtors(world, now).is_empty() && !world.failing(now).is_empty() {
        return liquidate(world, now, rng);
    }
    takeover::seize(world, now, rng)
}

/// Somebody in default, if there is anybody; sometimes anybody.
fn defaulted(world: &World, now: &Snapshot, rng: &mut Rng) -> Option<usize> {
    if rng.chance(4) {
        return Some(seat(world, rng));
    }
    let line = now.tables.header.params.backstop_line;
    let fails = |at: &usize| {
        let health = world.health(now, *at);
        health.is_some_and(|health| is_in_default(&health, line))
    };
    let found: Vec<usize> = (0..world.seats.len()).filter(fails).collect();
    (!found.is_empty()).then(|| rng.pick(&found))
}

/// A market in which an account has something, mostly.
fn market_of(now: &Snapshot, account: &Pubkey, rng: &mut Rng) -> u16 {
    let held = now.margin(account).positions();
    if held.is_empty() || rng.chance(4) {
        return rng.below(now.markets.len() as u64) as u16;
    }
    rng.pick(held).market
}

/// Takes orders and fills out of the way of a default, where there are some.
fn clear(world: &World, now: &Snapshot, rng: &mut Rng, at: usize) -> Option<Action> {
    let positions = now.margin(&world.seats[at].margin).positions();
    let open = positions.iter().any(|p| p.bid_lots.0 + p.ask_lots.0 > 0);
    (open && rng.chance(90)).then(|| orders::clear(world, now, rng, at))
}

fn by_anybody(kind: Kind, deed: Deed, instruction: Instruction, note: String) -> Action {
    Action::new(kind, deed, instruction, &[], note)
}

fn take_over(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let Some(at) = defaulted(world, now, rng) else {
        return derive::provoke(world, now, rng);
    };
    if let Some(action) = clear(world, now, rng, at) {
        return action;
    }
    let account = world.seats[at].margin;
    let markets: Vec<u16> = (0..now.markets.len() as u16).collect();
    let instruction = world.exchange.venue.resolve_default(account, &markets);
    by_anybody(
        Kind::TakeOver,
        Deed::TakeOver { account },
        instruction,
        format!("{at}"),
    )
}

/// Settles fills that wait in a market, which stop a deleveraging.
fn settle(world: &World, now: &Snapshot, market: u16) -> Option<Action> {
    if now.markets[usize::from(market)].queue.open == 0 {
        return None;
    }
    let makers: Vec<Pubkey> = world.seats.iter().map(|seat| seat.margin).collect();
    let instruction = world.exchange.venue.settle_fills(market, &makers, 32);
    let deed = Deed::Book {
        account: None,
        market,
    };
    Some(by_anybody(
        Kind::SettleFills,
        deed,
        instruction,
        format!("all of {market}"),
    ))
}

fn deleverage(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let Some(at) = defaulted(world, now, rng) else {
        return derive::provoke(world, now, rng);
    };
    if let Some(action) = clear(world, now, rng, at) {
        return action;
    }
    let account = world.seats[at].margin;
    let market = market_of(now, &account, rng);
    if let Some(action) = settle(world, now, market) {
        return action;
    }
    let instruction = world.exchange.venue.deleverage(account, market);
    let deed = Deed::Deleverage { account, market };
    by_anybody(
        Kind::Deleverage,
        deed,
        instruction,
        format!("{at} in {market}"),
    )
}

/// The backstop, where this exchange has one.
fn backstop(world: &World, now: &Snapshot) -> Option<Pubkey> {
    let backstop = world.exchange.venue.backstop();
    now.margins
        .iter()
        .any(|(key, _)| *key == backstop)
        .then_some(backstop)
}

fn close_backstop(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let Some(account) = backstop(world, now).filter(|key| !now.margin(key).positions().is_empty())
    else {
        return take_over(world, now, rng);
    };
    let market = market_of(now, &account, rng);
    if let Some(action) = settle(world, now, market) {
        return action;
    }
    let instruction = world.exchange.venue.deleverage_backstop(market);
    let deed = Deed::Deleverage { account, market };
    by_anybody(
        Kind::CloseBackstop,
        deed,
        instruction,
        format!("in {market}"),
    )
}

/// The backstop sells.
fn sell(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let Some(liquidatee) =
        backstop(world, now).filter(|key| !now.margin(key).positions().is_empty())
    else {
        return take_over(world, now, rng);
    };
    let market = market_of(now, &liquidatee, rng);
    let taker = rng.pick(&[0, 0, 2, 2, 3]);
    let liquidator = world.seats[taker].margin;
    let most = if rng.chance(50) {
        u64::MAX
    } else {
        1 + rng.below(500)
    };
    let args = LiquidateArgs {
        market,
        max_lots: most,
        limit_price: None,
        guards: Guards::default(),
    };
    let signer = trader_of(world, now, rng, taker);
    let key = world.key(signer);
    let instruction = world
        .exchange
        .venue
        .liquidate(key, liquidatee, liquidator, args);
    let deed = Deed::Liquidate {
        liquidatee,
        liquidator,
        market,
        most,
    };
    let note = format!("the backstop's by {taker}: {args:?}");
    Action::new(Kind::Sell, deed, instruction, &[signer], note)
}

/// An account that lags, mostly.
fn catch_up(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let mut behind = Vec::new();
    for (key, margin) in &now.margins {
        let lags = margin.positions().iter().filter(|p| {
            let row = &now.tables.markets[usize::from(p.market)];
            p.lots.0 != 0 && !p.is_current(row)
        });
        behind.extend(lags.map(|p| (*key, p.market)));
    }
    if behind.is_empty() && rng.chance(95) {
        return trade(world, now, rng);
    }
    let (account, market) = if behind.is_empty() {
        let at = seat(world, rng);
        (
            world.seats[at].margin,
            rng.below(now.markets.len() as u64) as u16,
        )
    } else {
        rng.pick(&behind)
    };
    let instruction = world.exchange.venue.catch_up(account, market);
    by_anybody(
        Kind::CatchUp,
        Deed::CatchUp { account },
        instruction,
        format!("{account} in {market}"),
    )
}

/// A side with lots that rounding has left over, mostly.
fn sweep(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let sides = now
        .markets
        .iter()
        .flat_map(|market| [(market, 0u8), (market, 1)]);
    let dusty = |(market, side): &(&counterweight::state::Market, u8)| {
        let side = usize::from(*side);
        market.behind[side] == 0 && market.unsettled[side] != 0
    };
    let found: Vec<_> = sides
        .filter(dusty)
        .map(|(market, side)| (market.index, side))
        .collect();
    let Some(account) = backstop(world, now).filter(|_| !found.is_empty() || rng.chance(5)) else {
        return catch_up(world, now, rng);
    };
    let (market, side) = if found.is_empty() {
        (
            rng.below(now.markets.len() as u64) as u16,
            rng.below(2) as u8,
        )
    } else {
        rng.pick(&found)
    };
    let instruction = world.exchange.venue.sweep_dust(market, side);
    let note = format!("side {side} of {market}");
    by_anybody(Kind::Sweep, Deed::CatchUp { account }, instruction, note)
}
