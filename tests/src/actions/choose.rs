//! What to do next.

use super::{
    Action, Kind, derive, orders,
    prices::{clock, elapse, price_gap, price_move, refresh, with_oracle},
    takeover,
    trade::trade,
};
use crate::{
    invariants::lots_in,
    rng::Rng,
    snapshot::{Deed, Snapshot},
    world::{AUTHORITY, DELEGATE, DELEGATED, GUARDIAN, STRANGER, World},
};
use anchor_lang::prelude::Pubkey;
use counterweight::{Guards, LiquidateArgs, state::PAUSE_ALL};
use counterweight_risk::liquidation::is_restored;
use counterweight_sdk::instructions;
use counterweight_simnet::Signer;

impl World {
    pub(super) fn key(&self, person: usize) -> Pubkey {
        self.people[person].key.pubkey()
    }
}

/// The next action; sometimes after a time in which prices grow old.
pub fn choose(world: &World, now: &Snapshot, rng: &mut Rng) -> Vec<Action> {
    if world.derivatives.is_some() && rng.chance(60) {
        return vec![derive::act(world, now, rng)];
    }
    let action = choose_one(world, now, rng);
    if action.seconds == 0 && rng.chance(4) {
        let seconds = rng.range(40, 330);
        let note = format!("{seconds} seconds, then at once:");
        return vec![elapse(Kind::Clock, seconds, note), action];
    }
    vec![action]
}

fn choose_one(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let ages = |asset: &u16| {
        let asset = &now.tables.assets[usize::from(*asset)];
        now.time - asset.publish_time > 45 || asset.price_flags != 0
    };
    if with_oracle(now).iter().any(ages) && rng.chance(60) {
        return refresh(world, now, rng);
    }
    if now.tables.header.paused != 0 && rng.chance(35) {
        return pause(world, now, rng, true);
    }
    if !world.failing(now).is_empty() && rng.chance(60) {
        return liquidate(world, now, rng);
    }
    if !takeover::debtors(world, now).is_empty() && rng.chance(40) {
        return takeover::seize(world, now, rng);
    }
    if !flagged(world, now).is_empty() && rng.chance(12) {
        return rescue(world, now, rng);
    }
    let make = rng.weighted::<fn(&World, &Snapshot, &mut Rng) -> Action>(&[
        (34, trade),
        (42, orders::act),
        (10, withdraw),
        (6, deposit),
        (6, transfer),
        (20, price_move),
        (2, price_gap),
        (3, refresh),
        (5, clock),
        (1, flag),
        (5, liquidate),
        (1, takeover::seize),
        (2, collect_fees),
        (2, withdraw_fees),
        (2, fund_insurance),
        (1, takeover::accrue),
        (2, resize),
        (2, set_delegate),
        (1, |world, now, rng| pause(world, now, rng, false)),
        (2, super::terms::change),
        (1, super::terms::limit_outflow),
    ]);
    make(world, now, rng)
}

pub(super) fn seat(world: &World, rng: &mut Rng) -> usize {
    rng.below(world.seats.len() as u64) as usize
}

/// Who signs for an account: mostly the owner, sometimes the delegate, or somebody else.
pub(super) fn trader_of(world: &World, now: &Snapshot, rng: &mut Rng, seat: usize) -> usize {
    let delegate = now.margin(&world.seats[seat].margin).header.delegate;
    let is_delegate = |person: &usize| world.key(*person) == delegate;
    match rng.below(100) {
        0 => STRANGER,
        1 => DELEGATE,
        2..20 => {
            let named = (0..world.people.len()).find(is_delegate);
            named.unwrap_or(world.seats[seat].owner)
        }
        _ => world.seats[seat].owner,
    }
}

/// Limits of a client: mostly none, sometimes ones that refuse.
pub(super) fn guards(rng: &mut Rng, sequence: u64) -> Guards {
    let mut guards = Guards::default();
    if rng.chance(88) {
        return guards;
    }
    if rng.chance(40) {
        guards.expected_sequence = Some(sequence + u64::from(rng.chance(20)));
    }
    if rng.chance(40) {
        guards.min_margin_ratio_after_bps = Some(rng.range(5_000, 40_000) as u32);
    }
    if rng.chance(40) {
        guards.max_price_age = Some(rng.range(0, 70) as u32);
    }
    guards
}

/// Accounts in liquidation.
fn flagged(world: &World, now: &Snapshot) -> Vec<usize> {
    let in_liquidation = |seat: &usize| {
        let margin = now.margin(&world.seats[*seat].margin);
        margin.header.core.liquidation_start != 0
    };
    (0..world.seats.len()).filter(in_liquidation).collect()
}

/// A deposit into an account in liquidation: about what restores it.
fn rescue(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let at = rng.pick(&flagged(world, now));
    let missing = world.health(now, at).map_or(0, |health| {
        let buffer = rng.range(0, 12) * (health.requirement.0 / 100);
        health.requirement.0 + buffer - health.equity.0
    });
    let atoms = missing.max(0).unsigned_abs() + rng.below(1_000_000);
    deposit_into(world, (at, world.seats[at].owner), 0, atoms)
}

pub(super) fn deposit(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let at = seat(world, rng);
    let signer = trader_of(world, now, rng, at);
    let collateral = rng.below(world.exchange.collaterals.len() as u64) as usize;
    // Up to some thousands of dollars; sometimes beyond the cap, or nothing.
    let atoms = match rng.below(10) {
        0 => 0,
        1 => rng.below(1 << 52),
        _ => 1 + rng.below([8_000_000_000, 20_000_000_000, 100_000_000][collateral]),
    };
    deposit_into(world, (at, signer), collateral, atoms)
}

fn deposit_into(
    world: &World,
    (at, signer): (usize, usize),
    collateral: usize,
    atoms: u64,
) -> Action {
    let account = world.seats[at].margin;
    let of = &world.exchange.collaterals[collateral];
    let source = world.people[signer].wallets[collateral];
    let key = world.key(signer);
    let instruction = world
        .exchange
        .venue
        .deposit(key, account, of, source, atoms);
    let asset = of.asset;
    let note = format!("{atoms} of {asset} into {at}, by {signer}");
    let deed = Deed::Deposit {
        account,
        asset,
        atoms,
    };
    Action::new(Kind::Deposit, deed, instruction, &[signer], note)
}

/// An asset that an account holds and a part of it; or any, and more than it holds.
fn something(world: &World, now: &Snapshot, rng: &mut Rng, at: usize) -> (usize, u64) {
    let core = &now.margin(&world.seats[at].margin).header.core;
    let held = |collateral: usize| match world.exchange.collaterals[collateral].asset {
        0 => u64::try_from(core.cash.0).unwrap_or(0),
        asset => core.balance(asset),
    };
    let all = 0..world.exchange.collaterals.len();
    let some: Vec<usize> = all.filter(|collateral| held(*collateral) > 0).collect();
    let collateral = if some.is_empty() || rng.chance(5) {
        rng.below(world.exchange.collaterals.len() as u64) as usize
    } else {
        rng.pick(&some)
    };
    let held = held(collateral);
    let atoms = match rng.below(20) {
        0 => 0,
        1 => held.saturating_add(1 + rng.below(1_000)),
        2..5 => held,
        _ => 1 + rng.below(held / 3),
    };
    (collateral, atoms)
}

pub(super) fn withdraw(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let at = seat(world, rng);
    let account = world.seats[at].margin;
    let signer = if rng.chance(70) {
        world.seats[at].owner
    } else {
        trader_of(world, now, rng, at)
    };
    let (collateral, atoms) = something(world, now, rng, at);
    let of = &world.exchange.collaterals[collateral];
    let limits = guards(rng, now.margin(&account).header.sequence);
    let destination = world.people[signer].wallets[collateral];
    let key = world.key(signer);
    let venue = &world.exchange.venue;
    let instruction = venue.withdraw(key, account, of, destination, atoms, limits);
    let asset = of.asset;
    let note = format!("{atoms} of {asset} from {at}, by {signer} {limits:?}");
    let deed = Deed::Withdraw {
        account,
        asset,
        atoms,
    };
    Action::new(Kind::Withdraw, deed, instruction, &[signer], note)
}

pub(super) fn transfer(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let (mut from, mut to) = world.two_seats(rng);
    if rng.chance(85) {
        (from, to) = rng.pick(&[(0, 1), (1, 0), (1, 0)]);
    }
    let mut signer = trader_of(world, now, rng, from);
    // A common delegate of two owners must not move anything between them.
    if rng.chance(12) {
        let [a, b, c] = DELEGATED;
        (from, to) = rng.pick(&[(a, b), (b, c), (c, a)]);
        signer = DELEGATE;
    }
    let (giver, receiver) = (world.seats[from].margin, world.seats[to].margin);
    let (collateral, mut atoms) = something(world, now, rng, from);
    if from == 0 {
        atoms /= 50;
    }
    let asset = world.exchange.collaterals[collateral].asset;
    let limits = guards(rng, now.margin(&giver).header.sequence);
    let venue = &world.exchange.venue;
    let key = world.key(signer);
    let instruction = venue.transfer(key, giver, receiver, asset, atoms, limits);
    let note = format!("{atoms} of {asset} from {from} to {to}, by {signer} {limits:?}");
    let deed = Deed::Transfer {
        from: giver,
        to: receiver,
        asset,
        atoms,
    };
    Action::new(Kind::Transfer, deed, instruction, &[signer], note)
}

// Liquidation

pub(super) fn flag(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let flagged = flagged(world, now);
    // Those that fail and are not flagged, and those that are flagged and have recovered.
    let mut known = world.failing(now);
    known.retain(|seat| !flagged.contains(seat));
    let recovered = |seat: &usize| {
        let buffer = now.tables.header.params.liquidation_buffer;
        let health = world.health(now, *seat);
        health.is_some_and(|health| is_restored(&health, buffer))
    };
    known.extend(flagged.iter().filter(|seat| recovered(seat)));
    let at = if known.is_empty() || rng.chance(15) {
        seat(world, rng)
    } else {
        rng.pick(&known)
    };
    let account = world.seats[at].margin;
    let instruction = world.exchange.venue.flag_account(account);
    let deed = Deed::Manage { account };
    Action::new(Kind::Flag, deed, instruction, &[], format!("{at}"))
}

pub(super) fn liquidate(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let failing = world.failing(now);
    if !failing.is_empty() && rng.chance(25) {
        return flag(world, now, rng);
    }
    // Orders come out first, and what waits for the account is settled.
    let open = |seat: &usize| {
        let margin = now.margin(&world.seats[*seat].margin);
        margin
            .positions()
            .iter()
            .any(|p| p.bid_lots.0 + p.ask_lots.0 > 0)
    };
    if let Some(victim) = failing.iter().copied().find(open)
        && rng.chance(70)
    {
        return orders::clear(world, now, rng, victim);
    }
    let (victim, taker) = world.two_seats(rng);
    let victim = if failing.is_empty() || rng.chance(5) {
        victim
    } else {
        rng.pick(&failing)
    };
    // Mostly by a large account; by the account itself now and then, which is refused.
    let taker = if rng.chance(65) {
        rng.pick(&[0, 2])
    } else {
        taker
    };
    if rng.chance(35) {
        return takeover::slice(world, now, rng, (victim, taker));
    }
    let (liquidatee, liquidator) = (world.seats[victim].margin, world.seats[taker].margin);
    let held = now.margin(&liquidatee).positions();
    let market = if held.is_empty() || rng.chance(5) {
        rng.below(now.tables.markets.len() as u64) as u16
    } else {
        held[rng.below(held.len() as u64) as usize].market
    };
    let lots = lots_in(now.margin(&liquidatee), market);
    let most = match rng.below(10) {
        0 => 0,
        1 => 1,
        2..5 => 1 + rng.below(lots.unsigned_abs()),
        _ => u64::MAX,
    };
    let row = &now.tables.markets[usize::from(market)];
    let index = now.tables.assets[usize::from(row.asset)].index.0;
    let limit = [index / 100 * 99, index, index / 100 * 101];
    let args = LiquidateArgs {
        market,
        max_lots: most,
        limit_price: rng.chance(10).then(|| rng.pick(&limit)),
        guards: guards(rng, now.margin(&liquidator).header.sequence),
    };
    let signer = trader_of(world, now, rng, taker);
    let key = world.key(signer);
    let instruction = world
        .exchange
        .venue
        .liquidate(key, liquidatee, liquidator, args);
    let note = format!("{victim} ({lots} lots) by {taker}, signed by {signer}: {args:?}");
    let deed = Deed::Liquidate {
        liquidatee,
        liquidator,
        market,
        most,
    };
    Action::new(Kind::Liquidate, deed, instruction, &[signer], note)
}

// The ledger

pub(super) fn collect_fees(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let count = now.tables.markets.len() as u64;
    // The one that does not exist is refused.
    let market = if rng.chance(5) {
        999
    } else {
        rng.below(count) as u16
    };
    let instruction = world.exchange.venue.collect_fees(market);
    let note = format!("of market {market}");
    Action::new(
        Kind::CollectFees,
        Deed::Surroundings,
        instruction,
        &[],
        note,
    )
}

fn withdraw_fees(world: &World, now: &Snapshot, rng: &mut Rng) -> Action {
    let signer = if rng.chance(90) { AUTHORITY } else { STRANGER };
    let fees = now.clearinghouse.fees.unsigned_abs();
    let atoms = if rng.chance(25) {
        fees + 1 + rng.below(100)
    } else {
        rng.below(fees + 1)
    };
    let quote = &world.exchange.collaterals[0];
    let (key, destination) = (world.key(signer), world.people[signer].wallets[0]);
    let venue = &world.exchange.venue;
    let instruction = venue.withdraw_fees(key, quote, destination, atoms);
    let note = format!("{atoms} of {fees}, by {signer}");
    let deed = Deed::WithdrawFees { atoms };
    Action::new(Kind::WithdrawFees, deed, instruction, &[signer], note)
}

fn fund_insurance(world: &World, _: &Snapshot, rng: &mut Rng) -> Action {
    let signer = rng.below(world.people.len() as u64) as usize;
    let atoms = match rng.below(10) {
        0 => 0,
        1 => 1 << 60,
        _ => 1 + rng.below(1_000_000_000),
    };
    let quote = &world.exchange.collaterals[0];
    let (key, source) = (world.key(signer), world.people[signer].wallets[0]);
    let venue = &world.exchange.venue;
    let instruction = venue.fund_insurance(key, quote, source, atoms);
    let note = format!("{atoms} by {signer}");
    let deed = Deed::FundInsurance { atoms };
    Action::new(Kind::FundInsurance, deed, instruction, &[signer], note)
}

// Accounts and governance

fn owner_mostly(world: &World, rng: &mut Rng, at: usize) -> usize {
    if rng.chance(90) {
        world.seats[at].owner
    } else {
        rng.pick(&[DELEGATE, STRANGER, AUTHORITY])
    }
}

fn resize(world: &World, _: &Snapshot, rng: &mut Rng) -> Action {
    let at = seat(world, rng);
    let account = world.seats[at].margin;
    let signer = owner_mostly(world, rng, at);
    let slots = rng.weighted(&[(80, (8, 40)), (10, (0, 7)), (10, (100, 140))]);
    let slots = rng.range(slots.0, slots.1) as u16;
    let instruction = instructions::resize_margin_account(world.key(signer), account, slots);
    let note = format!("{at} to {slots}, by {signer}");
    let deed = Deed::Manage { account };
    Action::new(Kind::Resize, deed, instruction, &[signer], note)
}

fn set_delegate(world: &World, _: &Snapshot, rng: &mut Rng) -> Action {
    let at = seat(world, rng);
    let account = world.seats[at].margin;
    let signer = owner_mostly(world, rng, at);
    let delegate = rng.weighted(&[
        (20, Pubkey::default()),
        (60, world.key(DELEGATE)),
        (20, world.key(1)),
    ]);
    let instruction = instructions::set_delegate(world.key(signer), account, delegate);
    let note = format!("of {at} to {delegate}, by {signer}");
    let deed = Deed::Manage { account };
    Action::new(Kind::SetDelegate, deed, instruction, &[signer], note)
}

fn pause(world: &World, now: &Snapshot, rng: &mut Rng, lift: bool) -> Action {
    let signer = rng.weighted(&[(70, AUTHORITY), (25, GUARDIAN), (5, STRANGER)]);
    let bits = if lift {
        0
    } else {
        now.tables.header.paused | rng.below(u64::from(PAUSE_ALL) + 1) as u8
    };
    let instruction = world.exchange.venue.pause(world.key(signer), bits);
    let note = format!("{bits:#b} by {signer}");
    let deed = Deed::Surroundings;
    Action::new(Kind::Pause, deed, instruction, &[signer], note)
}
