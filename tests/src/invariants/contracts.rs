//! Promises about contracts that end, options and portfolio margin (docs/risk.md, sections 15 to 17), recomputed from
//! the prices that were recorded, and in floating point.

use super::{Verdict, ensure, initial_of, lots_in, money, standing};
use crate::{
    derivatives::rows,
    snapshot::{Deed, Snapshot, Step},
};
use counterweight_risk::{
    Asset, Market,
    expiry::SETTLEMENT_WINDOW,
    market::MODE_SETTLEMENT,
    option::{Right, SviTerms},
};

/// Seconds after which a smile is not believed any more.
const SMILE_AGE: i64 = 900;
/// Seconds after its end from which a contract is settled whatever its oracle does.
const PATIENCE: i64 = 600;
/// Volatilities that options are marked at.
const VOLATILITIES: [f64; 2] = [0.1, 4.0];
/// One as a volatility.
const ONE: f64 = (1 << 20) as f64;

/// Every price that was recorded, of each asset: when it was published, and the index, 48.16.
#[derive(Clone, Debug)]
pub struct Recorded(Vec<Vec<(i64, u64)>>);

impl Recorded {
    /// What stands at the beginning.
    pub fn begin(now: &Snapshot) -> Self {
        let stands = |asset: &Asset| vec![(asset.publish_time, asset.index.0)];
        Self(now.tables.assets.iter().map(stands).collect())
    }

    /// Takes note of a step, and judges whatever contract it settled: only after its end, at the mean of the index in the
    /// half hour before, an option at what that is beyond its strike; and never again at anything else.
    ///
    /// # Errors
    /// The market, and both prices.
    pub fn follow(&mut self, before: &Snapshot, after: &Snapshot) -> Verdict {
        for (recorded, asset) in self.0.iter_mut().zip(&after.tables.assets) {
            let newest = recorded.last().map_or(0, |last| last.0);
            if asset.publish_time > newest {
                recorded.push((asset.publish_time, asset.index.0));
            }
        }
        for (at, row) in after.tables.markets.iter().enumerate() {
            let was = &before.tables.markets[at];
            if was.mode == MODE_SETTLEMENT {
                ensure!(
                    row.mode == MODE_SETTLEMENT && row.settlement_price == was.settlement_price,
                    "market {at} had ended at {}, and now: {}",
                    was.settlement_price,
                    row.settlement_price
                );
            } else if row.mode == MODE_SETTLEMENT && row.contract.expiry != 0 {
                let expected = pays(row, self.mean(row));
                ensure!(
                    after.time >= row.contract.expiry && row.settlement_price == expected,
                    "market {at} was settled at {}, not at {expected}, at {} of {:?}",
                    row.settlement_price,
                    after.time,
                    row.contract
                );
            }
        }
        Ok(())
    }

    /// The mean of the index in the window of a contract, in whole quote atoms, from all that was recorded.
    fn mean(&self, row: &Market) -> u64 {
        let recorded = &self.0[usize::from(row.asset)];
        let expiry = row.contract.expiry;
        let (mut sum, mut seconds) = (0u128, 0u128);
        for (at, (from, index)) in recorded.iter().enumerate() {
            let until = recorded.get(at + 1).map_or(expiry, |next| next.0);
            let (from, until) = ((*from).max(expiry - SETTLEMENT_WINDOW), until.min(expiry));
            if until > from {
                let stood = u128::from((until - from).unsigned_abs());
                sum += u128::from(index >> 8) * stood;
                seconds += stood;
            }
        }
        match seconds {
            0 => {
                let newest = recorded.last().map_or(0, |last| last.1);
                (newest + (1 << 15)) >> 16
            }
            _ => ((2 * sum + (seconds << 8)) / (seconds << 9)) as u64,
        }
    }
}

/// What a lot pays where the index settles at so many quote atoms.
fn pays(row: &Market, mean: u64) -> u64 {
    let strike = row.contract.strike.0 >> 16;
    match row.right() {
        Some(Right::Call) => mean.saturating_sub(strike),
        Some(Right::Put) => strike.saturating_sub(mean),
        None => mean,
    }
}

/// The promises about contracts that hold for every step that succeeds, whoever gave it which accounts.
pub(super) fn all_kept(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let named = |name: &str, verdict: Verdict| verdict.map_err(|what| format!("{name}: {what}"));
    named("arrays_are_true", arrays_are_true(before, after))?;
    named(
        "smiles_move_slowly",
        smiles_move_slowly(before, after, step),
    )?;
    named("models_are_chosen", models_are_chosen(before, after, step))?;
    let verdict = nobody_is_judged_behind_an_end(before, step);
    named("nobody_is_judged_behind_an_end", verdict)?;
    named(
        "settlements_leave_no_debt",
        settlements_leave_no_debt(before, after),
    )
}

/// Where the price of the end is recorded, everything is known before a contract is settled: whoever met maintenance
/// margin then owes nothing by it.
///
/// # Errors
/// The account, and its figures.
pub fn settlements_leave_no_debt(before: &Snapshot, after: &Snapshot) -> Verdict {
    let rows = after.tables.markets.iter().zip(&before.tables.markets);
    let mut settled =
        rows.filter(|(is, was)| is.mode == MODE_SETTLEMENT && was.mode != MODE_SETTLEMENT);
    let Some((row, _)) = settled.next() else {
        return Ok(());
    };
    let asset = &before.tables.assets[usize::from(row.asset)];
    if row.contract.expiry == 0 || asset.publish_time < row.contract.expiry {
        return Ok(());
    }
    let priced = before.priced(before.time);
    for (key, margin, is) in before.with(after) {
        let (Ok(was), Ok(is)) = (
            standing(&priced.tables, margin, before.time),
            standing(&after.tables, is, after.time),
        ) else {
            continue;
        };
        ensure!(
            !was.is_met() || is.equity.0 >= 0,
            "{key} met maintenance margin with {was:?}, and was left with {is:?}"
        );
    }
    Ok(())
}

/// Closing a position in a market that has ended pays what its lots are worth, to the atom, and changes neither equity
/// nor what is required.
///
/// # Errors
/// The figures that do not fit.
pub fn positions_settle_exactly(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    let Deed::SettlePosition { account, market } = step.deed else {
        return Ok(());
    };
    let (was, is) = (before.margin(&account), after.margin(&account));
    let row = &before.tables.markets[usize::from(market)];
    let lots = i128::from(lots_in(was, market));
    let paid = money(is) - money(was);
    let due = lots * i128::from(row.settlement_price);
    ensure!(
        row.mode == MODE_SETTLEMENT && lots_in(is, market) == 0 && paid == due,
        "{lots} lots were paid {paid}, not {due}; {} are left",
        lots_in(is, market)
    );
    let [was, is] =
        [(before, was), (after, is)].map(|(now, margin)| standing(&now.tables, margin, now.time));
    let (was, is) = (was?, is?);
    ensure!(was == is, "settling changed {was:?} into {is:?}");
    Ok(())
}

/// Nothing is traded in a contract that has ended; and nobody who holds one that anybody could settle is judged by the
/// index, which his lots have left behind.
///
/// # Errors
/// The market.
pub fn nobody_is_judged_behind_an_end(before: &Snapshot, step: &Step) -> Verdict {
    let over =
        |market: u16| before.tables.markets[usize::from(market)].awaits_settlement(before.time);
    let account = match &step.deed {
        Deed::Trade { legs, .. } => {
            let ended = legs.iter().find(|leg| over(leg.market));
            ensure!(ended.is_none(), "{ended:?} was traded");
            return Ok(());
        }
        Deed::Liquidate {
            liquidatee, market, ..
        } => {
            ensure!(!over(*market), "lots of market {market} were taken");
            liquidatee
        }
        Deed::Slice { liquidatee, .. } => {
            let mut positions = before.margin(liquidatee).positions().iter();
            let ended = positions.find(|position| over(position.market));
            ensure!(ended.is_none(), "{ended:?} was sliced");
            return Ok(());
        }
        Deed::Deleverage { account, market } => {
            ensure!(!over(*market), "market {market} was deleveraged");
            account
        }
        Deed::TakeOver { account } => account,
        _ => return Ok(()),
    };
    for position in before.margin(account).positions() {
        let (row, asset) = rows(before, position.market);
        let expiry = row.contract.expiry;
        let could = asset.publish_time >= expiry || before.time >= expiry + PATIENCE;
        ensure!(
            !(over(position.market) && could),
            "{account} was judged with {position:?}, which anybody could settle"
        );
    }
    Ok(())
}

/// A model is chosen by the owner, and only by an account that meets initial margin by it.
///
/// # Errors
/// The account.
pub fn models_are_chosen(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    for (key, was, is) in before.with(after) {
        if was.header.core.model == is.header.core.model {
            continue;
        }
        let health = initial_of(after, is);
        ensure!(
            step.signed_by_owner(was) && health.is_ok_and(|health| health.is_met()),
            "{key} has another model, signed by {:?}: {health:?}",
            step.signers
        );
    }
    Ok(())
}

/// Who has paid for all that he holds, and holds nothing but options, is not liquidatable by either model, whatever
/// happens to prices.
///
/// # Errors
/// The account and its figures.
pub fn owners_of_options_owe_nothing(now: &Snapshot) -> Verdict {
    for (key, margin) in &now.margins {
        let core = &margin.header.core;
        let owned = |p: &counterweight_risk::Position| {
            let row = &now.tables.markets[usize::from(p.market)];
            p.lots.0 >= 0 && row.is_option()
        };
        let quote: i64 = margin.positions().iter().map(|p| p.quote.0).sum();
        let paid = core.cash.0 >= 0 && core.cash.0 + quote >= 0;
        if !paid || !margin.positions().iter().all(owned) {
            continue;
        }
        let health = standing(&now.tables, margin, now.time)?;
        ensure!(health.is_met(), "{key} owns only options: {health:?}");
    }
    Ok(())
}

/// An array that was computed anew holds at the index and the time of now; its mark is Black's price at the volatility
/// of a smile that is not old, or else the asset's own, on the mean as far as it is fixed; and a call is worth a put of its
/// kind and the difference of the expected mean and the strike, in every bit before the window.
///
/// # Errors
/// The market, and what it should be.
pub fn arrays_are_true(before: &Snapshot, after: &Snapshot) -> Verdict {
    for (at, row) in after.tables.markets.iter().enumerate() {
        if row.array == before.tables.markets[at].array || !row.is_option() {
            continue;
        }
        array_is_true(after, at as u16).map_err(|what| format!("market {at}: {what}"))?;
    }
    Ok(())
}

fn array_is_true(now: &Snapshot, market: u16) -> Verdict {
    let (row, asset) = rows(now, market);
    let array = &row.array;
    ensure!(
        array.time == now.time && array.index == asset.index,
        "it holds at {} and {:?}",
        array.time,
        array.index
    );
    let expected = volatility(row, asset, now.time);
    let found = f64::from(array.volatility.0) / ONE;
    ensure!(
        near(found, expected, 3e-6),
        "marked at {found}, not {expected}"
    );
    let years = (row.contract.expiry - now.time).max(0) as f64 / 31_536_000.0;
    let (forward, strike) = (asset.index.0 as f64, row.contract.strike.0 as f64);
    let exact = on_mean(row, forward, strike, found * years.sqrt());
    let mark = array.mark.0 as f64;
    // A sum of prices is cut, and a share of a price is rounded.
    let cut = if row.contract.seconds == 0 { 0 } else { 520 };
    ensure!(
        near(mark, exact, forward * 3e-10 + 2.0 + f64::from(cut)),
        "worth {mark}, by Black {exact}"
    );
    for other in now.tables.markets.iter().filter(|other| {
        let twin = (other.asset, other.contract.expiry, other.contract.strike)
            == (row.asset, row.contract.expiry, row.contract.strike);
        let same = (other.array.time, other.array.index, other.array.volatility)
            == (array.time, array.index, array.volatility);
        twin && same && row.right() == Some(Right::Call) && other.right() == Some(Right::Put)
    }) {
        let apart = i128::from(array.mark.0) - i128::from(other.array.mark.0);
        let mean = row.contract.mean_at(asset.index).0;
        let due = i128::from(mean) - i128::from(row.contract.strike.0);
        ensure!(
            (apart - due).abs() <= cut.into(),
            "{apart} above the put, not {due}"
        );
    }
    Ok(())
}

/// What an option on the mean is worth of which a part may be fixed: so much less of an option, at the strike that the rest
/// has to reach.
fn on_mean(row: &Market, forward: f64, strike: f64, deviation: f64) -> f64 {
    let whole = SETTLEMENT_WINDOW as f64;
    let rest = 1.0 - f64::from(row.contract.seconds) / whole;
    let left = strike - row.contract.sum as f64 * 256.0 / whole;
    let call = match (left > 0.0, rest > 0.0) {
        (true, true) => rest * black(forward, left / rest, deviation),
        (true, false) => 0.0,
        (false, _) => rest * forward - left,
    };
    match row.right() {
        Some(Right::Call) => call,
        _ => call - rest * forward + left,
    }
}

fn near(found: f64, expected: f64, within: f64) -> bool {
    (found - expected).abs() <= within
}

/// The volatility that an option is to be marked at.
fn volatility(row: &Market, asset: &Asset, now: i64) -> f64 {
    let set = row.array.smile_time;
    let found = if set != 0 && now - set <= SMILE_AGE {
        smile(&row.smile.svi, asset.index.0 as f64, row)
    } else {
        own(asset)
    };
    found.clamp(VOLATILITIES[0], VOLATILITIES[1])
}

/// The volatility a year that an asset is estimated to have.
fn own(asset: &Asset) -> f64 {
    let variance = asset.volatility.fast.max(asset.volatility.slow) as f64;
    (variance / (1u64 << 60) as f64 * 31_536_000.0).sqrt()
}

/// The volatility of a smile at a forward.
fn smile(svi: &SviTerms, forward: f64, row: &Market) -> f64 {
    let unit = |bits: i32| 2f64.powi(-bits);
    let log = (row.contract.strike.0 as f64 / forward).ln();
    let (a, b) = (f64::from(svi.a) * unit(26), f64::from(svi.b) * unit(22));
    let (rho, m) = (f64::from(svi.rho) * unit(30), f64::from(svi.m) * unit(28));
    let (sigma, k) = (f64::from(svi.sigma) * unit(28), log.clamp(-4.0, 4.0) - m);
    (a + b * (rho * k + (k * k + sigma * sigma).sqrt()))
        .max(0.0)
        .sqrt()
}

/// Only the feed sets a smile; and at the index and both ends of the range it moves volatility by no more than its share
/// of the hour, a first one by no more than four times.
///
/// # Errors
/// The market, and what was allowed.
pub fn smiles_move_slowly(before: &Snapshot, after: &Snapshot, step: &Step) -> Verdict {
    for (at, row) in after.tables.markets.iter().enumerate() {
        let was = &before.tables.markets[at];
        let set = |row: &Market| (row.array.smile_time, row.smile);
        if set(row) == set(was) {
            continue;
        }
        let feed = before.clearinghouse.volatility_feed;
        ensure!(
            step.signers.contains(&feed) && row.array.smile_time == after.time,
            "the smile of market {at} was set by {:?}",
            step.signers
        );
        let asset = &before.tables.assets[usize::from(row.asset)];
        let range = f64::from(asset.scan.range.0) / ONE;
        for share in [0.0, range, -range] {
            let forward = asset.index.0 as f64 * (1.0 + share);
            let elapsed = after.time - was.array.smile_time;
            let (low, high) = if was.array.smile_time == 0 || elapsed > SMILE_AGE {
                let own = own(asset).clamp(VOLATILITIES[0], VOLATILITIES[1]);
                (own / 4.0, own * 4.0)
            } else {
                let old = smile(&was.smile.svi, forward, row);
                let old = old.clamp(VOLATILITIES[0], VOLATILITIES[1]);
                let step = old * elapsed.clamp(0, 3_600) as f64 / 3_600.0;
                (old - step, old + step)
            };
            let (low, high) = (low.max(VOLATILITIES[0]), high.min(VOLATILITIES[1]));
            let found = smile(&row.smile.svi, forward, row);
            ensure!(
                (low - 5e-6..=high + 5e-6).contains(&found),
                "market {at} is marked at {found}, allowed were {low} to {high}"
            );
        }
    }
    Ok(())
}

/// A call's price by Black, where the deviation until expiry is known.
fn black(forward: f64, strike: f64, deviation: f64) -> f64 {
    if deviation <= 0.0 {
        return (forward - strike).max(0.0);
    }
    let d = (forward / strike).ln() / deviation;
    forward * normal(d + deviation / 2.0) - strike * normal(d - deviation / 2.0)
}

/// The normal distribution, by Marsaglia's series.
fn normal(x: f64) -> f64 {
    if x.abs() > 7.5 {
        return f64::from(u8::from(x > 0.0));
    }
    let (mut sum, mut term, mut k) = (x, x, 3.0);
    while term.abs() > 1e-18 {
        term *= x * x / k;
        sum += term;
        k += 2.0;
    }
    0.5 + sum * (-x * x / 2.0).exp() / core::f64::consts::TAU.sqrt()
}
