//! What must hold at the end, computed from decoded accounts and the second ledger.

use super::{path::MARKETS, world::World};
use counterweight_simnet::reconcile;

/// A check and what came out.
pub struct Check {
    pub name: &'static str,
    pub found: String,
    pub holds: bool,
}

/// What accounts hold besides quote: SOL, by account. Only a takeover moves it.
pub fn collateral(world: &World) -> Vec<u64> {
    let balance = |margin: &counterweight_sdk::accounts::Margin| margin.header.core.balance(1);
    world.margins.iter().map(balance).collect()
}

/// What the program says an account is worth at the index, its collateral aside: quote atoms.
fn worth(world: &World, party: usize) -> Result<i64, String> {
    let margin = &world.margins[party];
    let mut atoms = i128::from(margin.header.core.cash.0);
    let mut value = 0i128; // 48.16
    for position in margin.positions() {
        let row = &world.tables.markets[usize::from(position.market)];
        let settled = position.settled(row);
        let (position, cash) = settled.map_err(|error| format!("{error:?}"))?;
        atoms += i128::from(position.quote.0) + i128::from(cash.0);
        let index = world.index(usize::from(position.market));
        value += i128::from(position.lots.0) * i128::from(index);
    }
    i64::try_from(atoms + ((value + (1 << 15)) >> 16)).map_err(|error| error.to_string())
}

/// The value of SOL held, at its full price.
pub fn sol_value(world: &World, atoms: u64) -> i64 {
    let row = &world.tables.assets[1];
    let lots = u128::from(atoms) * u128::from(row.index.0);
    ((lots / u128::from(row.atoms_per_lot)) >> 16) as i64
}

/// Equity of an account at the index, its collateral at the full price.
pub fn equity(world: &World, party: usize) -> Result<i64, String> {
    let sol = world.margins[party].header.core.balance(1);
    Ok(worth(world, party)? + sol_value(world, sol))
}

/// All checks; `before` is what [`collateral`] was before the crash.
pub fn run(world: &World, before: &[u64]) -> Result<Vec<Check>, String> {
    Ok(vec![
        lots(world),
        quote(world),
        everybody(world)?,
        sizes(world),
        insurance(world),
        tokens(world, before),
        negatives(world)?,
    ])
}

fn keys(world: &World) -> Vec<anchor_lang::prelude::Pubkey> {
    world.traders.iter().map(|trader| trader.margin).collect()
}

fn lots(world: &World) -> Check {
    let sums = reconcile(&world.x, &keys(world));
    Check {
        name: "Σ lots = 0 in every market",
        found: format!("{:?}", sums.lots),
        holds: sums.lots.iter().all(|lots| *lots == 0),
    }
}

/// `left()` may be a little below zero: lots that wait to be swept neither pay nor receive funding. There is
/// no funding here, so it may not.
fn quote(world: &World) -> Check {
    let sums = reconcile(&world.x, &keys(world));
    let others = sums.collateral.values().all(|surplus| *surplus == 0);
    Check {
        name: "vaults against all that is owed, `reconcile(..).balances()`",
        found: format!(
            "difference {} atoms, left over by roundings {}",
            sums.difference(),
            sums.left()
        ),
        holds: sums.balances() && others,
    }
}

/// Everybody's equity is the sum of what happened to them.
fn everybody(world: &World) -> Result<Check, String> {
    let (mut above, mut below, mut exact, mut beyond, mut widest) = (0i64, 0i64, 0, 0, 0);
    for party in 0..=world.backstop() {
        let (expected, bound) = world.shadow.worth(party);
        let off = worth(world, party)? - expected;
        exact += usize::from(off.abs() <= 2);
        beyond += usize::from(off.abs() > bound);
        (above, below) = (above.max(off), below.max(-off));
        widest = widest.max(bound);
    }
    Ok(Check {
        name: "equity at end = equity at start + price − fees − penalties − deleveraging, of each account",
        found: format!(
            "{exact} of {} to 2 atoms; the program has at most {above} atoms more and {below} less; \
             {beyond} beyond their bound (the widest is {widest})",
            world.backstop() + 1
        ),
        holds: beyond == 0,
    })
}

/// Positions are the second ledger's, which are whole again by now.
fn sizes(world: &World) -> Check {
    let mut wrong = 0;
    for party in 0..=world.backstop() {
        for market in 0..MARKETS {
            let expected = world.shadow.lots(party, market);
            wrong += usize::from(world.held(party, market) != expected);
        }
    }
    Check {
        name: "every position has the lots that trades, liquidations and pro-rata shares leave",
        found: format!("{wrong} differ"),
        holds: wrong == 0,
    }
}

fn insurance(world: &World) -> Check {
    let found = world.x.clearinghouse().insurance;
    let markets: i64 = (0..MARKETS as u16)
        .map(|m| world.x.market(m).insurance)
        .sum();
    let expected = world.shadow.line + world.shadow.market_lines.iter().sum::<i64>();
    Check {
        name: "insurance that waits to move into the backstop",
        found: format!("{} atoms, expected {expected}", found + markets),
        holds: found + markets == expected,
    }
}

/// Collateral stays where it is but for takeovers, which move all of it to the backstop.
fn tokens(world: &World, before: &[u64]) -> Check {
    let after = collateral(world);
    let backstop = world.backstop();
    let mut moved = 0;
    let mut wrong = 0;
    for party in 0..backstop {
        if after[party] != before[party] {
            moved += before[party];
            wrong += usize::from(after[party] != 0 || !world.stats.failed.contains(&party));
        }
    }
    Check {
        name: "SOL moved only with defaults, all of it, to the backstop",
        found: format!(
            "{} lamports of {wrong} accounts elsewhere",
            after[backstop].abs_diff(moved)
        ),
        holds: wrong == 0 && after[backstop] == moved,
    }
}

fn negatives(world: &World) -> Result<Check, String> {
    let mut negative = 0;
    let mut unlisted = 0;
    for party in 0..=world.backstop() {
        if equity(world, party)? < 0 {
            negative += 1;
            unlisted += usize::from(!world.stats.stranded.contains(&party));
        }
    }
    Ok(Check {
        name: "no account below zero but those listed as bad debt",
        found: format!("{negative} below zero, {unlisted} of them not listed"),
        holds: unlisted == 0,
    })
}
