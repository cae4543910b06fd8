//! Promises about liquidation (architecture, section 8, 4), recomputed in plain integers.

use super::{Verdict, ensure, is_worse, lots_in, money, standing};
use crate::snapshot::{Deed, Snapshot, Step};
use counterweight_risk::{
    AccountMut, Health, Lots, Market as MarketRow, Moment, QuoteAtoms, Ratio, RiskParams,
    standard::initial_for_takeover,
};
use counterweight_sdk::accounts::Margin;

const ONE: i128 = Ratio::ONE.0 as i128;

/// Whether equity is at least MM · (1 + buffer).
pub(super) fn is_restored(health: &Health, params: &RiskParams) -> bool {
    let keep = ONE + i128::from(params.liquidation_buffer.0);
    i128::from(health.equity.0) * ONE >= i128::from(health.requirement.0) * keep
}

/// π(t), in 2^-20.
pub(super) fn penalty_rate(row: &MarketRow, params: &RiskParams, elapsed: i64) -> i128 {
    let (low, high) = (
        i128::from(row.penalty_start.0),
        i128::from(row.penalty_max.0),
    );
    let duration = i128::from(params.auction_seconds.max(1));
    low + (high - low) * i128::from(elapsed).clamp(0, duration) / duration
}

/// A liquidation as it is to be judged.
struct Case<'a> {
    snapshot: &'a Snapshot,
    margin: &'a Margin,
    row: &'a MarketRow,
    market: u16,
    held: i64,
    health: Health,
    /// The price of the exchange, 48.16.
    price: i128,
    /// π(t), in 2^-20.
    rate: i128,
}

impl<'a> Case<'a> {
    fn new(snapshot: &'a Snapshot, margin: &'a Margin, market: u16) -> Result<Self, String> {
        let tables = &snapshot.tables;
        let row = &tables.markets[usize::from(market)];
        let asset = &tables.assets[usize::from(row.asset)];
        let held = lots_in(margin, market);
        let price = if held > 0 {
            asset.maintenance_high
        } else {
            asset.maintenance_low
        };
        let start = margin.header.core.liquidation_start;
        let elapsed = if start == 0 { 0 } else { snapshot.time - start };
        Ok(Self {
            snapshot,
            margin,
            row,
            market,
            held,
            health: standing(tables, margin, snapshot.time)?,
            price: price.0.into(),
            rate: penalty_rate(row, &tables.header.params, elapsed),
        })
    }

    /// What so many lots are exchanged for: rounded towards the account.
    fn value(&self, lots: i64) -> i128 {
        let product = i128::from(lots.unsigned_abs()) * self.price;
        if self.held > 0 {
            (product + 0xFFFF) >> 16
        } else {
            product >> 16
        }
    }

    /// What the account receives for them; negative for a short, which pays.
    fn received(&self, lots: i64) -> i128 {
        self.value(lots) * i128::from(self.held.signum())
    }

    /// Whether taking `lots` (without sign) would restore the account.
    fn would_restore(&self, lots: i64) -> Result<bool, String> {
        let mut after = self.margin.clone();
        let mut account = AccountMut {
            core: &mut after.header.core,
            slots: &mut after.slots,
        };
        let given = Lots(-lots * self.held.signum());
        let received = QuoteAtoms(self.received(lots) as i64);
        let _ = account
            .fill(self.market, self.row, given, received, &Moment::OFF)
            .map_err(|error| format!("{error:?}"))?;
        let mut health = standing(&self.snapshot.tables, &after, self.snapshot.time)?;
        let (e, mm) = (
            i128::from(self.health.equity.0),
            i128::from(self.health.requirement.0),
        );
        if e > 0 && mm > 0 {
            let mm_after = i128::from(health.requirement.0);
            let floor = (e * mm_after + mm - 1) / mm;
            let full = self.value(lots) * self.rate / ONE;
            let penalty = full.min(i128::from(health.equity.0) - floor).max(0);
            health.equity.0 -= penalty as i64;
        }
        Ok(is_restored(&health, &self.snapshot.tables.header.params))
    }

    fn is_dust(&self) -> bool {
        let notional = (i128::from(self.held.unsigned_abs()) * self.price + 0xFFFF) >> 16;
        notional <= i128::from(self.row.dust_notional)
    }
}

/// Section 8, 4: an account is liquidated only below maintenance margin (or until it is restored);
/// its ratio is not lower afterwards; no more is taken than restores it, and no less than that or what
/// was asked for; the penalty is at most π(t)·V; the liquidator receives the lots and the penalty less
/// the insurance share, and meets initial margin.
///
/// # Errors
/// The figures that do not fit.
pub fn liquidation_is_fair(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let Deed::Liquidate {
        liquidatee,
        liquidator,
        market,
        most,
    } = step.deed
    else {
        return Ok(());
    };
    let params = &before.tables.header.params;
    let (victim, victim_after) = (before.margin(&liquidatee), after.margin(&liquidatee));
    let (taker, taker_after) = (before.margin(&liquidator), after.margin(&liquidator));
    let case = Case::new(before, victim, market)?;
    let health = case.health;
    let health_after = standing(&after.tables, victim_after, after.time)?;

    let flagged = victim.header.core.liquidation_start != 0;
    ensure!(
        !health.is_met() || (flagged && !is_restored(&health, params)),
        "an account that covers its margin was liquidated: {health:?}, flagged: {flagged}"
    );
    ensure!(
        !is_worse(&health, &health_after),
        "the margin ratio is lower: {health:?}, then {health_after:?}"
    );

    let taken = case.held - lots_in(victim_after, market);
    ensure!(
        taken.signum() == case.held.signum()
            && taken.unsigned_abs() <= case.held.unsigned_abs()
            && taken.unsigned_abs() <= most,
        "{taken} of {} lots were taken, asked for {most}",
        case.held
    );
    ensure!(
        lots_in(taker_after, market) - lots_in(taker, market) == taken,
        "the liquidator did not receive the {taken} lots"
    );
    let size = taken.unsigned_abs() as i64;
    ensure!(
        size == 1 || case.is_dust() || !case.would_restore(size - 1)?,
        "{size} lots were taken where {} restore: {health:?}",
        size - 1
    );
    let asked_for = most.min(case.held.unsigned_abs());
    ensure!(
        taken.unsigned_abs() == asked_for || is_restored(&health_after, params),
        "{size} lots were taken, {asked_for} possible, and the account is not restored: {health_after:?}"
    );

    let penalty = money(victim) + case.received(size) - money(victim_after);
    let most_penalty = case.value(size) * case.rate / ONE;
    ensure!(
        (0..=most_penalty).contains(&penalty),
        "a penalty of {penalty}, at most {most_penalty}"
    );
    ensure!(
        health.equity.0 > 0 || penalty == 0,
        "a penalty of {penalty} without equity"
    );
    let share = i128::from(case.row.insurance_share.0);
    let expected = ((penalty * share + ONE - 1) / ONE).min(penalty);
    let at = usize::from(market);
    let insurance = i128::from(after.markets[at].insurance - before.markets[at].insurance);
    ensure!(
        insurance == expected,
        "an insurance share of {insurance} of a penalty of {penalty}, not {expected}"
    );
    let reward = money(taker_after) - money(taker) + case.received(size);
    ensure!(
        reward == penalty - insurance,
        "a reward of {reward} of a penalty of {penalty}"
    );

    let (book, view) = (after.tables.book(), taker_after.view());
    let taken_over = initial_for_takeover(&book, &view, after.time, u32::MAX)
        .map_err(|error| format!("{error:?}"))?;
    ensure!(
        taken_over.is_met(),
        "the liquidator is below initial margin: {taken_over:?}"
    );
    Ok(())
}

/// An account enters liquidation only below maintenance margin and with the time of it, and leaves it
/// only restored to the buffer.
///
/// # Errors
/// The account, the times and its figures.
pub fn liquidation_state_follows_health(before: &Snapshot, after: &Snapshot, _: &Step) -> Verdict {
    for (key, margin_before, margin_after) in before.with(after) {
        let start = |margin: &Margin| margin.header.core.liquidation_start;
        let (from, to) = (start(margin_before), start(margin_after));
        if from == to {
            continue;
        }
        if to == 0 {
            let health = standing(&after.tables, margin_after, after.time)?;
            ensure!(
                is_restored(&health, &after.tables.header.params),
                "{key} left liquidation unrestored: {health:?}"
            );
        } else {
            let health = standing(&before.tables, margin_before, before.time)?;
            ensure!(
                from == 0 && to == after.time && !health.is_met(),
                "{key} entered liquidation at {to} (it was {from}): {health:?}"
            );
        }
    }
    Ok(())
}
