//! Promises about slices and about collateral that is taken (architecture, section 8, 4), recomputed in
//! plain integers.

use super::{
    Verdict, ensure, is_worse,
    liquidation::{exchanged_at, is_restored, penalty_rate},
    lots_in, standing,
};
use crate::snapshot::{Deed, Snapshot, Step};
use anchor_lang::prelude::Pubkey;
use counterweight_risk::{
    AccountCore, Ratio, market::MODE_SETTLEMENT, standard::initial_for_takeover,
};

const ONE: i128 = Ratio::ONE.0 as i128;

/// What holds for both: only an account that fails (or is not restored) is touched, it is not worse
/// afterwards, and whoever took meets initial margin.
fn is_due(before: &Snapshot, after: &Snapshot, victim: &Pubkey, taker: &Pubkey) -> Verdict {
    let params = &before.tables.header.params;
    let health = standing(&before.tables, before.margin(victim), before.time)?;
    let health_after = standing(&after.tables, after.margin(victim), after.time)?;
    let flagged = before.margin(victim).header.core.liquidation_start != 0;
    ensure!(
        !health.is_met() || (flagged && !is_restored(&health, params)),
        "an account that covers its margin was liquidated: {health:?}, flagged: {flagged}"
    );
    ensure!(
        !is_worse(&health, &health_after),
        "the margin ratio is lower: {health:?}, then {health_after:?}"
    );
    let (book, view) = (after.tables.book(), after.margin(taker).view());
    let taken_over = initial_for_takeover(&book, &view, after.time, u32::MAX);
    let taken_over = taken_over.map_err(|error| format!("{error:?}"))?;
    ensure!(
        taken_over.is_met(),
        "the liquidator is below initial margin: {taken_over:?}"
    );
    Ok(())
}

/// A slice takes one fraction of every position, to half a lot, at most the one that was asked for; it
/// restores the account or takes as much as was asked for (or everything); it costs at most π(t)·V.
///
/// # Errors
/// The figures that do not fit.
pub fn slices_are_even(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let Deed::Slice {
        liquidatee,
        liquidator,
        most,
    } = step.deed
    else {
        return Ok(());
    };
    is_due(before, after, &liquidatee, &liquidator)?;
    let params = &before.tables.header.params;
    let (victim, victim_after) = (before.margin(&liquidatee), after.margin(&liquidatee));
    let (taker, taker_after) = (before.margin(&liquidator), after.margin(&liquidator));
    let start = victim.header.core.liquidation_start;
    let elapsed = if start == 0 { 0 } else { before.time - start };
    // Between these two fractions, as numerator and denominator, lies the one that was taken.
    let (mut low, mut high) = ((0i128, 1i128), (1i128, 1i128));
    let (mut penalty, mut whole) = (0, true);
    for position in victim.positions() {
        let row = &before.tables.markets[usize::from(position.market)];
        let taken = position.lots.0 - lots_in(victim_after, position.market);
        let received = lots_in(taker_after, position.market) - lots_in(taker, position.market);
        ensure!(received == taken, "{taken} lots left, {received} arrived");
        if row.mode == MODE_SETTLEMENT {
            ensure!(taken == 0, "{taken} lots of a market that has ended");
            continue;
        }
        ensure!(
            taken == 0 || taken.signum() == position.lots.0.signum(),
            "{taken} of {} lots",
            position.lots.0
        );
        let held = i128::from(position.lots.size());
        let taken = i128::from(taken.unsigned_abs());
        ensure!(taken <= held, "{taken} of {held} lots");
        whole &= taken == held;
        if (2 * taken - 1) * low.1 > low.0 * 2 * held {
            low = (2 * taken - 1, 2 * held);
        }
        if (2 * taken + 1) * high.1 < high.0 * 2 * held {
            high = (2 * taken + 1, 2 * held);
        }
        let long = position.lots.0 > 0;
        let (price, notional) = exchanged_at(before, position.market, long)?;
        let counted = if long { price } else { notional };
        let value = (taken * counted + 0xFFFF) >> 16;
        penalty += value * penalty_rate(row, params, elapsed) / ONE;
    }
    ensure!(
        low.0 * high.1 <= high.0 * low.1,
        "no fraction gives these lots: above {low:?}, below {high:?}"
    );
    ensure!(
        low.0 * ONE <= i128::from(most) * low.1,
        "more than {most} of 2^20 was taken: above {low:?}"
    );
    let health = standing(&before.tables, victim, before.time)?;
    let health_after = standing(&after.tables, victim_after, after.time)?;
    ensure!(
        whole || is_restored(&health_after, params) || high.0 * ONE >= i128::from(most) * high.1,
        "not restored, and less than {most} of 2^20 was taken: below {high:?}"
    );
    let lost = i128::from(health.equity.0) - i128::from(health_after.equity.0);
    ensure!(
        lost <= penalty,
        "{lost} lost, a penalty of at most {penalty}"
    );
    Ok(())
}

/// Collateral is taken only where there is no position and cash is below zero; it moves whole between the
/// two accounts, for cash that is at least its maintenance value, and no more of it than the debt needs.
///
/// # Errors
/// The figures that do not fit.
pub fn collateral_pays_debts(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let Deed::Seize {
        liquidatee,
        liquidator,
        asset,
        most,
    } = step.deed
    else {
        return Ok(());
    };
    is_due(before, after, &liquidatee, &liquidator)?;
    let cores =
        |snapshot: &Snapshot| [liquidatee, liquidator].map(|key| snapshot.margin(&key).header.core);
    let ([victim, taker], [victim_after, taker_after]) = (cores(before), cores(after));
    ensure!(
        victim.position_count == 0 && victim.cash.0 < 0,
        "collateral of an account with {} positions and {} cash",
        victim.position_count,
        victim.cash.0
    );
    let atoms = victim.balance(asset) - victim_after.balance(asset);
    // What interest has taken on the way is in the payable lines.
    let held = |core: &AccountCore| i128::from(core.cash.0) + i128::from(core.debt.payable.0);
    let paid = held(&victim_after) - held(&victim);
    ensure!(
        atoms > 0 && atoms <= most && taker_after.balance(asset) - taker.balance(asset) == atoms,
        "{atoms} of at most {most} atoms were taken"
    );
    ensure!(
        held(&taker) - held(&taker_after) == paid && paid > 0,
        "{paid} arrived, {} was paid",
        held(&taker) - held(&taker_after)
    );
    let row = &before.tables.assets[usize::from(asset)];
    let unit = i128::from(row.atoms_per_lot) << 16;
    let worth = i128::from(atoms) * i128::from(row.maintenance_high.0);
    let left_out = (ONE - i128::from(row.weight_maintenance.0)) / 2;
    ensure!(
        paid * unit * ONE >= worth * (ONE - left_out) && paid * unit < worth + 2 * unit,
        "{paid} for what is worth {worth} / {unit}"
    );
    // An atom less would not have paid the debt.
    let atom = i128::from(row.maintenance_high.0);
    let over = i128::from(victim_after.cash.0) * unit;
    ensure!(
        over <= atom + 2 * unit,
        "{} atoms more than owed",
        over / unit
    );
    Ok(())
}
