//! Options, futures and portfolio margin: who prices them, who trades them, and who is judged by them.

use super::{
    Action, Kind,
    choose::{guards, liquidate, seat, trader_of},
    defaults::crash,
    ending, orders,
    trade::{agreed, price},
};
use crate::{
    derivatives::{ETH, SOL, asset_risk, ended, is_perpetual, portfolio, rows, running, unpriced},
    invariants::lots_in,
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::{AUTHORITY, GUARDIAN, STRANGER, World},
};
use counterweight::{Guards, Leg};
use counterweight_risk::{
    Market,
    account::{MODEL_PORTFOLIO, MODEL_STANDARD},
    market::{KIND_CALL, KIND_FUTURE, KIND_PUT},
    option::SviTerms,
};

/// What somebody would do first, mostly: price options, settle what has ended, liquidate who fails.
pub(super) fn pressing(world: &World, now: &Snapshot, rng: &mut Rng) -> Option<Action> {
    if !unpriced(now).is_empty() && rng.chance(45) {
        return Some(refresh_arrays(world, now, rng));
    }
    if !ended(now).is_empty() && rng.chance(40) {
        return Some(ending::settle(world, now, rng));
    }
    if !world.failing(now).is_empty() && rng.chance(40) {
        return Some(liquidate(world, now, rng));
    }
    None
}

/// Something with them.
pub(super) fn act(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let make = rng.weighted::<fn(&World, &Snapshot, &mut Rng) -> Action>(&[
        (38, strategy),
        (22, order),
        (4, refresh_arrays),
        (6, smile),
        (6, model),
        (2, ending::approach),
        (9, ending::settle),
        (8, crash),
        (2, risk_of_asset),
        (2, terms_of_portfolio),
    ]);
    make(world, now, rng)
}

/// An order, a take or a cancel in a market of options or in a future.
pub(super) fn order(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let markets = running(now, |row| !is_perpetual(row));
    if markets.is_empty() {
        return orders::act(world, now, rng);
    }
    // Mostly in one, so that orders meet.
    let market = if rng.chance(65) {
        markets[markets.len() / 2]
    } else {
        rng.pick(&markets)
    };
    orders::act_in(world, now, rng, market)
}

/// A liquidation of somebody who fails; where nobody does, what may bring that about.
pub(super) fn close_out(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    if world.failing(now).is_empty() {
        return provoke(world, now, rng);
    }
    liquidate(world, now, rng)
}

/// A crash, or a book that will not stand the next one.
pub(super) fn provoke(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    if world.derivatives.is_some() && rng.chance(60) {
        return strategy(world, now, rng);
    }
    crash(world, now, rng)
}

/// Prices options anew: mostly all that need it.
pub(super) fn refresh_arrays(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let mut markets = unpriced(now);
    if markets.is_empty() || rng.chance(10) {
        markets = running(now, Market::is_option);
        markets.retain(|_| rng.chance(60));
    }
    if rng.chance(3) {
        // A perpetual, or one that there is not.
        markets.push(rng.pick(&[0, 99]));
    }
    refresh(world, &markets)
}

/// Prices these options anew.
pub(super) fn refresh(world: &World, markets: &[u16]) -> Action {
    let refresh = world.exchange.venue.refresh_arrays(markets);
    let note = format!("{markets:?}");
    Action::new(Kind::RefreshArrays, Deed::Surroundings, refresh, &[], note)
}

/// A smile by the feed, near the one before; sometimes too far away, or by somebody else.
pub(super) fn smile(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let feed = world.derivatives.map_or(STRANGER, |with| with.feed);
    let signer = if rng.chance(92) { feed } else { STRANGER };
    let options = running(now, Market::is_option);
    let mut markets = vec![if options.is_empty() || rng.chance(3) {
        rng.below(now.markets.len() as u64) as u16
    } else {
        rng.pick(&options)
    }];
    let (row, asset) = rows(now, markets[0]);
    // All of one expiry have one smile.
    if rng.chance(60) {
        markets = running(now, |other| {
            other.is_option()
                && (other.asset, other.contract.expiry) == (row.asset, row.contract.expiry)
        });
    }
    let elapsed = now.time - row.array.smile_time;
    let (before, share) = if row.array.smile_time == 0 || elapsed > 900 {
        (asset.volatility.annual().0.max((1 << 20) / 10), 300)
    } else {
        (row.array.volatility.0, elapsed.clamp(0, 3_600) / 4)
    };
    let permille = match rng.below(10) {
        0 => rng.range(0, 8_000),
        // A little more than is allowed.
        1 | 2 => 1_000 + rng.range(share, 3 * share + 1),
        _ => 1_000 + rng.range(-share * 7 / 10, share),
    };
    let volatility = u64::from(before) * permille.unsigned_abs() / 1_000;
    let mut svi = SviTerms {
        // 12.20 squared, to 2^-26.
        a: u32::try_from((volatility * volatility) >> 14).unwrap_or(u32::MAX),
        sigma: 1 << 28,
        ..SviTerms::default()
    };
    if rng.chance(30) {
        // A tenth of the variance at the money comes from the wings, more on one side.
        svi.b = svi.a / 160;
        svi.a -= svi.a / 10;
        svi.rho = rng.range(-1 << 29, 1 << 29) as i32;
    }
    let set = world
        .exchange
        .venue
        .set_smile(world.key(signer), &markets, svi);
    let note = format!("{markets:?}: {svi:?}, by {signer}");
    Action::new(Kind::SetSmile, Deed::Surroundings, set, &[signer], note)
}

/// Another model, mostly; by the owner, mostly.
pub(super) fn model(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let at = seat(world, rng);
    let account = world.seats[at].margin;
    let header = &now.margin(&account).header;
    let other = match header.core.model {
        MODEL_STANDARD => MODEL_PORTFOLIO,
        _ => MODEL_STANDARD,
    };
    let model = if rng.chance(90) {
        other
    } else {
        rng.below(4) as u8
    };
    let signer = if rng.chance(90) {
        world.seats[at].owner
    } else {
        trader_of(world, now, rng, at)
    };
    let limits = guards(rng, header.sequence);
    let set = world
        .exchange
        .venue
        .set_risk_model(world.key(signer), account, model, limits);
    let note = format!("{model} for {at}, by {signer} {limits:?}");
    Action::new(
        Kind::SetModel,
        Deed::Manage { account },
        set,
        &[signer],
        note,
    )
}

/// How an asset is scanned, and how requirements follow its volatility.
pub(super) fn risk_of_asset(world: &World, _: &Snapshot, rng: &mut Rng) -> Action {
    let signer = if rng.chance(90) { AUTHORITY } else { GUARDIAN };
    let asset = rng.pick(&[SOL, 2, ETH]);
    let mut terms = asset_risk(rng.pick(&[100, 150, 200, 200, 900]));
    terms.volatility.most_bps = rng.range(10_000, 30_000) as u32;
    terms.volatility.base_rate_bps = rng.range(100, 500) as u32;
    terms.scan.volatility_shift_bps = rng.range(0, 5_000) as u32;
    let key = world.key(signer);
    let set = world.exchange.venue.set_asset_risk(key, asset, terms);
    let note = format!("{asset}: {terms:?}, by {signer}");
    Action::new(Kind::AssetRisk, Deed::Surroundings, set, &[signer], note)
}

/// Other terms of portfolio margin, now and then none.
pub(super) fn terms_of_portfolio(world: &World, _: &Snapshot, rng: &mut Rng) -> Action {
    let signer = if rng.chance(90) { AUTHORITY } else { GUARDIAN };
    let floor = rng.pick(&[200, 500, 1_000, 9_950]);
    let credit = rng.pick(&[0, 3_000, 5_000, 9_500]);
    let mut terms = portfolio(floor, credit);
    if rng.chance(8) {
        terms = Default::default();
    }
    let key = world.key(signer);
    let set = world.exchange.venue.set_portfolio_terms(key, terms);
    let note = format!("floor {floor}, credit {credit}, by {signer}");
    Action::new(
        Kind::PortfolioTerms,
        Deed::Surroundings,
        set,
        &[signer],
        note,
    )
}

/// What a book is made of: for each leg where, and how many of its lots go with one of the first.
type Shape = Vec<(u16, i64)>;

/// A shape that somebody trades who knows what he does; none where its contracts have ended.
fn shape(now: &Snapshot, rng: &mut Rng) -> Option<Shape> {
    let one = |rng: &mut Rng, asset: u16, kind: u8| {
        let found = running(now, |row| row.asset == asset && row.kind == kind);
        (!found.is_empty()).then(|| rng.pick(&found))
    };
    let (perpetual, other) = (one(rng, SOL, 0)?, one(rng, ETH, 0)?);
    let call = one(rng, SOL, KIND_CALL);
    let put = one(rng, SOL, KIND_PUT);
    Some(match rng.below(9) {
        0 => vec![(call.or(put)?, 1)],
        1 => vec![(put.or(call)?, 1)],
        2 => vec![(call?, 1), (put?, 1)],
        3 => vec![(call?, -1), (perpetual, 1)],
        4 => vec![(perpetual, 1), (put?, 1), (call?, -1)],
        5 => vec![(one(rng, SOL, KIND_FUTURE)?, 1), (perpetual, -1)],
        6 => vec![(perpetual, 1), (other, -1)],
        7 => vec![(one(rng, ETH, KIND_CALL)?, 1), (other, -1)],
        _ => {
            let (near, far) = (call?, one(rng, SOL, KIND_CALL)?);
            vec![(near, -1), (far, 1)]
        }
    })
}

/// A hedged book between two accounts, one of which is scanned, mostly; or the end of one.
pub(super) fn strategy(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let (mut first, mut second) = world.two_seats(rng);
    let scanned =
        |at: &usize| now.margin(&world.seats[*at].margin).header.core.model == MODEL_PORTFOLIO;
    let some: Vec<usize> = (0..world.seats.len()).filter(scanned).collect();
    if !some.is_empty() && rng.chance(65) {
        first = rng.pick(&some);
    }
    if second == first || rng.chance(60) {
        second = if first == 0 { 2 } else { 0 };
    }
    let legs = if rng.chance(18) {
        closing(world, now, rng, first)
    } else {
        opening(world, now, rng, (first, second), scanned(&first))
    };
    if legs.is_empty() {
        return super::trade::trade(world, now, rng);
    }
    let signers = [first, second].map(|seat| world.seats[seat].owner);
    let limits = [Guards::default(); 2];
    agreed(
        world,
        (first, second),
        signers,
        legs,
        limits,
        Kind::Strategy,
    )
}

/// All positions of an account the other way, or a part of each.
fn closing(world: &World, now: &Snapshot, rng: &mut Rng, first: usize) -> Vec<Leg> {
    let margin = now.margin(&world.seats[first].margin);
    let markets = running(now, |_| true);
    let held = margin.positions().iter().filter(|p| p.lots.0 != 0);
    let held = held.filter(|p| markets.contains(&p.market)).take(6);
    let part = rng.range(30, 100);
    let mut legs: Vec<Leg> = held
        .map(|position| Leg {
            market: position.market,
            lots: -(lots_in(margin, position.market) * part / 100),
            price: price(now, rng, position.market, true),
        })
        .collect();
    legs.retain(|leg| leg.lots != 0);
    legs.sort_unstable_by_key(|leg| leg.market);
    legs
}

/// A shape, as large as the poorer of both can carry; of a scanned account several times that.
fn opening(
    world: &World,
    now: &Snapshot,
    rng: &mut Rng,
    (first, second): (usize, usize),
    scanned: bool,
) -> Vec<Leg> {
    let Some(shape) = shape(now, rng) else {
        return Vec::new();
    };
    let free = |seat| world.free(now, seat).unwrap_or(1_000_000_000);
    let budget = free(first)
        .min(free(second))
        .clamp(1_000_000, 10_000_000_000);
    let (row, asset) = rows(now, shape[0].0);
    let notional = i128::from(asset.index.0 >> 16).max(1);
    let rate = i128::from(row.rates_bps[0].max(1));
    let percent = if scanned && shape.len() > 1 {
        rng.range(20, 500)
    } else {
        rng.range(5, 110)
    };
    let size = (i128::from(budget) * i128::from(percent) * 100 / (notional * rate)).max(1);
    let sign = rng.pick(&[-1i128, 1]);
    let mut legs: Vec<Leg> = shape
        .into_iter()
        .map(|(market, of)| {
            // As much by notional as the first leg.
            let here = i128::from(rows(now, market).1.index.0 >> 16).max(1);
            let lots = (size * notional / here).clamp(1, 1 << 40) * i128::from(of) * sign;
            Leg {
                market,
                lots: lots as i64,
                price: price(now, rng, market, false),
            }
        })
        .collect();
    legs.sort_unstable_by_key(|leg| leg.market);
    legs.dedup_by_key(|leg| leg.market);
    legs
}
