//! Promises about what leaves the vaults, and what the ledger records of it.

use super::{Verdict, ensure};
use crate::snapshot::{Deed, Snapshot, Step};
use counterweight::state::Custody;
use counterweight_risk::{AccountCore, outflow::UNLIMITED};
use counterweight_simnet::Exchange;

/// `⌈atoms · left / whole⌉`, nothing where no time is left.
fn part(atoms: u64, left: i64, whole: i64) -> i128 {
    let (left, whole) = (i128::from(left.max(0)), i128::from(whole.max(1)));
    (i128::from(atoms) * left.min(whole) + whole - 1) / whole
}

/// Profit that had not matured at `now`.
fn immature(core: &AccountCore, now: i64) -> i128 {
    let found = core.immature;
    part(found.atoms, found.until - now, found.until - found.since)
}

/// What could leave at `now`: the limit that held then, less what has left and not been forgotten.
fn free(custody: &Custody, now: i64) -> i128 {
    let o = custody.outflow;
    let (mut limit, mut window, mut used, mut since) = (o.limit, o.window, o.used, o.since);
    if o.pending_from != 0 && now >= o.pending_from {
        let elapsed = (o.pending_from - since).max(0);
        used = part(used, i64::from(window) - elapsed, window.into()) as u64;
        since = since.max(o.pending_from);
        (limit, window) = (o.pending_limit, o.pending_window);
    }
    if limit == UNLIMITED {
        return i128::MAX;
    }
    let elapsed = (now - since).max(0);
    i128::from(limit) - part(used, i64::from(window) - elapsed, window.into())
}

/// No profit leaves an account before it has matured, no more of a token leaves than its limit allows, and
/// every custody records what arrived and what left, and nothing else.
///
/// # Errors
/// What left, and what might have.
pub fn only_what_may_leave_leaves(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let now = after.time;
    if let Deed::Withdraw {
        account,
        asset: 0,
        atoms,
    }
    | Deed::Transfer {
        from: account,
        asset: 0,
        atoms,
        ..
    } = step.deed
    {
        let core = &before.margin(&account).header.core;
        let left = i128::from(core.cash.0) - i128::from(atoms);
        let held = immature(core, now);
        ensure!(
            left >= held,
            "{atoms} left {account}: {left} stay, {held} had to"
        );
    }
    let (moved, sum) = match step.deed {
        Deed::Withdraw { asset, atoms, .. } => (asset, -i128::from(atoms)),
        Deed::WithdrawFees { atoms } => (0, -i128::from(atoms)),
        Deed::Deposit { asset, atoms, .. } => (asset, i128::from(atoms)),
        Deed::FundInsurance { atoms } => (0, i128::from(atoms)),
        _ => (0, 0),
    };
    for custody in &before.custodies {
        let change = if custody.asset == moved { sum } else { 0 };
        let found = i128::from(after.custody(custody.asset).recorded);
        let expected = i128::from(custody.recorded) + change;
        let asset = custody.asset;
        ensure!(
            found == expected,
            "asset {asset}: {found} recorded, not {expected}"
        );
        let free = free(custody, now);
        ensure!(
            change >= 0 || -change <= free,
            "asset {asset}: {change} with {free} free"
        );
    }
    Ok(())
}

/// Whoever audits finds everything in order.
///
/// # Errors
/// What was found.
pub fn audits_succeed(exchange: &mut Exchange) -> Verdict {
    let markets: Vec<u16> = (0..exchange.tables().header.market_count).collect();
    for collateral in exchange.collaterals.clone() {
        let markets = if collateral.asset == 0 {
            &markets[..]
        } else {
            &[]
        };
        let audit = exchange.venue.audit(&collateral, markets);
        if let Err(failure) = exchange.chain.simulate(&[audit], &[]) {
            return Err(format!(
                "the audit of asset {}: {failure}",
                collateral.asset
            ));
        }
    }
    Ok(())
}

/// What the risk book notes of vaults is what the custodies say, and what follows from it: the weight of each
/// collateral, and what all accounts owe.
///
/// # Errors
/// The asset, or the sums.
pub fn notes_are_true(now: &Snapshot) -> Verdict {
    for custody in &now.custodies {
        let row = &now.tables.assets[usize::from(custody.asset)];
        if custody.asset == 0 {
            continue;
        }
        let (recorded, full) = (custody.recorded, row.full_weight_deposits);
        ensure!(
            row.deposited == recorded,
            "asset {}: {} noted, {recorded} there",
            custody.asset,
            row.deposited
        );
        let whole = i128::from(row.weight_initial_full.0);
        let weight = if recorded > full {
            whole * i128::from(full) / i128::from(recorded)
        } else {
            whole
        };
        ensure!(
            i128::from(row.weight_initial.0) == weight,
            "asset {}: a weight of {}, not {weight}",
            custody.asset,
            row.weight_initial.0
        );
    }
    let counted = now
        .margins
        .iter()
        .map(|(_, margin)| margin.header.core.debt);
    let sum: u64 = counted.clone().map(|debt| debt.counted).sum();
    let noted = now.tables.header.params.interest.debt;
    ensure!(sum == noted, "accounts owe {sum}, and {noted} is noted");
    ensure!(
        counted.clone().all(|debt| debt.payable.0 >= 0),
        "interest below zero"
    );
    Ok(())
}
