//! What an account is worth and requires, once more, from the documents (docs/risk.md, sections 3, 4 and
//! 9) in wide integers: no function of the engine that judges an account is used.

use crate::{
    ledger::{Account, BACKSTOP, Ledger, RECORDED},
    scan::scanned,
};
use counterweight_risk::{Market, Position, account::MODEL_PORTFOLIO, market::MODE_SETTLEMENT};

const WHOLE: i128 = 1 << 32;
const ONE: i128 = 1 << 20;

/// Equity and maintenance margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    /// Equity.
    pub equity: i128,
    /// Maintenance margin.
    pub requirement: i128,
}

/// Rounds a division up.
pub fn div_up(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}

/// A position as it is now: lots, and what it owes.
pub fn now(position: &Position, market: &Market) -> (i128, i128) {
    let lots = i128::from(position.lots.0);
    if lots == 0 {
        return (0, 0);
    }
    let side = usize::from(lots < 0);
    let parts = |era: u64| (era >> 32, WHOLE - i128::from(era & 0xFFFF_FFFF));
    let (then, left_then) = parts(position.era);
    let (epoch, left) = parts(market.era[side]);
    let index = i128::from(market.index[side]);
    let from = i128::from(position.index);
    let owed = |delta: i128, share: i128| div_up((lots * delta) << 16, share);
    if then == epoch {
        let kept = share_of(lots, left, left_then);
        return (kept, owed(index - from, left_then));
    }
    let end = i128::from(market.closed_index[side]);
    let first = owed(end - from, left_then);
    if market.ended[side] == 0 {
        return (0, first);
    }
    (
        share_of(lots, left, WHOLE),
        first + owed(index - end, WHOLE),
    )
}

/// A long keeps its share rounded down, a short rounded up: always the floor.
fn share_of(lots: i128, left: i128, of: i128) -> i128 {
    let kept = (lots * left).div_euclid(of);
    if lots < 0 { kept.max(lots) } else { kept }
}

/// The maintenance requirement of a notional, tier by tier.
pub fn requirement(market: &Market, notional: i128) -> i128 {
    let fraction = i128::from(market.maintenance_fraction.0);
    let rate = |bps: u32| {
        let initial = div_up(i128::from(bps) * ONE, 10_000);
        div_up(initial * fraction, ONE)
    };
    let (mut deduction, mut before) = (0, rate(market.rates_bps[0]));
    let mut upper = i128::from(market.maintenance.tiers[0].upper);
    for tier in 1..4 {
        if notional <= upper {
            break;
        }
        let next = rate(market.rates_bps[tier]);
        deduction += (upper * (next - before)).div_euclid(ONE);
        before = next;
        upper = i128::from(market.maintenance.tiers[tier].upper);
    }
    div_up(notional * before, ONE) - deduction
}

/// Cash, with the interest that it owes at a time (docs/risk.md, section 7) taken off.
fn cash(ledger: &Ledger, account: &Account, time: i64) -> i128 {
    let (cash, terms) = (i128::from(account.core.cash.0), ledger.params.interest);
    let passed = i128::from((time - terms.since).max(0));
    let index = i128::from(terms.index) + i128::from(terms.rate) * passed;
    let grown = index - i128::from(account.core.debt.index);
    if cash >= 0 || grown <= 0 {
        return cash;
    }
    let allowance = i128::from(terms.allowance);
    let extra = div_up(
        (-cash).min(allowance) * i128::from(terms.surcharge.0),
        allowance,
    );
    let grown = div_up(grown * (ONE + extra), ONE);
    cash - div_up(-cash * grown, 1 << 48)
}

/// What an account is worth and requires: a collateral without a fresh price counts by its lowest price and its
/// initial weight. At time 0 every price is fresh; those of positions are taken as they are.
pub fn worth(ledger: &Ledger, account: &Account, time: i64) -> Worth {
    worth_with(ledger, account, time, cash(ledger, account, time))
}

/// What the backstop is worth at the prices that are recorded: the interest that it owes comes back to it.
pub fn worth_of_backstop(ledger: &Ledger) -> Worth {
    worth_to_the_backstop(ledger, &ledger.accounts[BACKSTOP])
}

/// What an account is worth to the backstop: its interest is the backstop's, paid or not.
pub fn worth_to_the_backstop(ledger: &Ledger, account: &Account) -> Worth {
    let core = &account.core;
    let cash = i128::from(core.cash.0) + i128::from(core.debt.payable.0);
    worth_with(ledger, account, RECORDED, cash)
}

fn worth_with(ledger: &Ledger, account: &Account, time: i64, cash: i128) -> Worth {
    let mut equity = cash;
    for balance in account.core.balances.iter().filter(|b| b.atoms > 0) {
        let asset = &ledger.assets[usize::from(balance.asset)];
        let per_lot = i128::from(asset.atoms_per_lot) << 16;
        let stale = time - asset.publish_time > i64::from(asset.max_age_liquidation);
        let (price, weight) = if stale {
            (asset.initial_low, asset.weight_initial_full)
        } else {
            (asset.maintenance_high, asset.weight_maintenance)
        };
        let value = i128::from(balance.atoms) * i128::from(price.0) / per_lot;
        equity += value * i128::from(weight.0) / ONE;
    }
    let mut sum = Worth {
        equity,
        requirement: 0,
    };
    for position in account.positions() {
        let market = &ledger.markets[usize::from(position.market)];
        let asset = &ledger.assets[usize::from(market.asset)];
        let (lots, owed) = now(position, market);
        sum.equity += i128::from(position.quote.0) - owed;
        if market.mode == MODE_SETTLEMENT {
            sum.equity += lots * i128::from(market.settlement_price);
            continue;
        }
        let price = if lots >= 0 {
            asset.maintenance_high
        } else {
            asset.maintenance_low
        };
        sum.equity += (lots * i128::from(price.0)).div_euclid(1 << 16);
        let notional = div_up(lots.abs() * i128::from(price.0), 1 << 16);
        sum.requirement += requirement(market, notional);
    }
    if account.core.model == MODEL_PORTFOLIO && ledger.params.portfolio.floor.0 != 0 {
        sum.requirement = scanned(ledger, account, time);
    }
    sum
}
