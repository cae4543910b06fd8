//! Promises about liquidation (architecture, section 8, 4), recomputed in plain integers.

use super::{Verdict, default::is_backstop, ensure, is_worse, lots_in, money, standing};
use crate::snapshot::{Deed, Snapshot, Step};
use counterweight_risk::{
    AccountMut, Health, Lots, Market as MarketRow, Moment, QuoteAtoms, Ratio, RiskParams,
    account::MODEL_PORTFOLIO, market::MODE_SETTLEMENT, standard::initial_for_takeover,
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
    /// What a lot's notional is counted at, 48.16.
    notional: i128,
    /// π(t), in 2^-20.
    rate: i128,
}

impl<'a> Case<'a> {
    fn new(snapshot: &'a Snapshot, margin: &'a Margin, market: u16) -> Result<Self, String> {
        let tables = &snapshot.tables;
        let row = &tables.markets[usize::from(market)];
        let held = lots_in(margin, market);
        let (price, notional) = exchanged_at(snapshot, market, held > 0)?;
        let start = margin.header.core.liquidation_start;
        let elapsed = if start == 0 { 0 } else { snapshot.time - start };
        Ok(Self {
            snapshot,
            margin,
            row,
            market,
            held,
            health: standing(tables, margin, snapshot.time)?,
            price,
            notional,
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

    /// What a penalty on so many lots is a share of: their value, but of a short option its notional.
    fn volume(&self, lots: i64) -> i128 {
        if self.row.is_option() && self.held < 0 {
            return (i128::from(lots.unsigned_abs()) * self.notional) >> 16;
        }
        self.value(lots)
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
            let full = self.volume(lots) * self.rate / ONE;
            let penalty = full.min(i128::from(health.equity.0) - floor).max(0);
            health.equity.0 -= penalty as i64;
        }
        Ok(is_restored(&health, &self.snapshot.tables.header.params))
    }

    fn is_dust(&self) -> bool {
        let notional = (i128::from(self.held.unsigned_abs()) * self.notional + 0xFFFF) >> 16;
        notional <= i128::from(self.row.dust_notional)
    }

    /// Whether the account is judged by a scan of its book.
    fn is_scanned(&self) -> bool {
        let core = &self.margin.header.core;
        let offered = self.snapshot.tables.header.params.portfolio.floor.0 != 0;
        core.model == MODEL_PORTFOLIO && offered
    }

    /// No more was taken than restores the account, and no less than that or what was asked for.
    fn took_what_was_due(&self, taken: i64, most: u64, after: &Health) -> Verdict {
        let (size, health) = (taken.unsigned_abs() as i64, self.health);
        let restored = is_restored(after, &self.snapshot.tables.header.params);
        let asked_for = most.min(self.held.unsigned_abs());
        if self.is_scanned() {
            return self.lowered_the_scan(size, asked_for, after, restored);
        }
        ensure!(
            size == 1 || self.is_dust() || !self.would_restore(size - 1)?,
            "{size} lots were taken where {} restore: {health:?}",
            size - 1
        );
        ensure!(
            taken.unsigned_abs() == asked_for || restored,
            "{size} lots were taken, {asked_for} possible, and the account is not restored: {after:?}"
        );
        Ok(())
    }

    /// Of a scanned account: a leg is taken only where the book needs less without it (or it is worth nothing), as many of
    /// what was asked for as do not hedge, and a 1,024th of that more than restores it at most.
    fn lowered_the_scan(
        &self,
        size: i64,
        asked_for: u64,
        after: &Health,
        restored: bool,
    ) -> Verdict {
        let (was, is) = (self.health.requirement, after.requirement);
        ensure!(
            is < was || (is == was && self.price == 0),
            "{size} lots of a scanned book were taken, which needed {was:?} and needs {is:?}"
        );
        if restored {
            let tolerance = (asked_for >> 10).max(1) as i64;
            let mut fewer = ((size - tolerance).max(0)..size).rev();
            let short = fewer.any(|lots| lots == 0 || self.would_restore(lots) == Ok(false));
            ensure!(
                short,
                "{size} lots were taken where {tolerance} fewer restore"
            );
        } else if !self.row.is_derived() {
            let (asked_for, size) = (asked_for as i64, size);
            let unhedged = asked_for.min(self.unhedged()?);
            // As often halved as it took to lower the scan.
            let halved = (0..48).any(|times| unhedged >> times == size);
            ensure!(
                halved,
                "{size} lots were taken of {unhedged} that hedge nothing"
            );
        }
        Ok(())
    }

    /// Lots of this leg that no other leg on its asset hedges, and no collateral.
    fn unhedged(&self) -> Result<i64, String> {
        let tables = &self.snapshot.tables;
        // The fewest and the most: of a contract whose mean is fixed in part, whole lots of what is left.
        let mut nets = [0i128; 2];
        for position in self.margin.positions() {
            let row = &tables.markets[usize::from(position.market)];
            if position.asset != self.row.asset || row.mode == MODE_SETTLEMENT {
                continue;
            }
            let lots = i128::from(position.lots.0);
            let left = lots * i128::from(1_800 - row.contract.seconds);
            let [low, high] = match row.right() {
                // Towards zero, of each.
                Some(_) => [lots * i128::from(row.array.delta) / (1 << 30); 2],
                None => [left.div_euclid(1_800), -(-left).div_euclid(1_800)],
            };
            nets = [nets[0] + low, nets[1] + high];
        }
        let asset = &tables.assets[usize::from(self.row.asset)];
        let atoms = i128::from(self.margin.header.core.balance(self.row.asset));
        let age = self.snapshot.time - asset.publish_time;
        let weight = if asset.publish_time > 0 && age <= asset.max_age_liquidation.into() {
            asset.weight_maintenance
        } else {
            asset.weight_initial_full
        };
        if atoms > 0 {
            let covered = atoms * i128::from(weight.0) / (ONE * i128::from(asset.atoms_per_lot));
            nets = nets.map(|net| if net < 0 { (net + covered).min(0) } else { net });
        }
        if asset.scan.range.0 == 0 {
            return Ok(i64::MAX);
        }
        let side = if self.held > 0 { nets[0] } else { -nets[1] };
        Ok(side.max(0) as i64)
    }
}

/// At what price lots of a market change hands in a liquidation, and at what their notional is counted, 48.16: the price
/// at which maintenance values them, but of an option the notional is that of the index.
pub(super) fn exchanged_at(
    now: &Snapshot,
    market: u16,
    long: bool,
) -> Result<(i128, i128), String> {
    let row = &now.tables.markets[usize::from(market)];
    let asset = &now.tables.assets[usize::from(row.asset)];
    let priced = row.priced(market, asset, now.time);
    let priced = priced.map_err(|error| format!("market {market}: {error:?}"))?;
    let price = if long {
        priced.maintenance_high
    } else {
        priced.maintenance_low
    };
    let notional = if row.is_option() { asset.index } else { price };
    Ok((price.0.into(), notional.0.into()))
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

    // Whatever the backstop has taken over is for sale, in any number.
    let for_sale = is_backstop(victim);
    let flagged = victim.header.core.liquidation_start != 0;
    ensure!(
        for_sale || !health.is_met() || (flagged && !is_restored(&health, params)),
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
    if for_sale {
        let asked_for = most.min(case.held.unsigned_abs());
        ensure!(
            taken.unsigned_abs() == asked_for,
            "{size} lots of the backstop were taken, not {asked_for}"
        );
    } else {
        case.took_what_was_due(taken, most, &health_after)?;
    }

    let penalty = money(victim) + case.received(size) - money(victim_after);
    let most_penalty = case.volume(size) * case.rate / ONE;
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
        if from == to || is_backstop(margin_before) {
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
