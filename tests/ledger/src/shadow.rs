//! What is remembered beside the ledger, from what was seen to happen: profits, each maturing by itself;
//! what has left each vault, and when; what the backstop's day began with; what the lots that rounding
//! left over did not pay.

use crate::{
    ledger::{ACCOUNTS, ASSETS, BACKSTOP, Ledger, MARKETS, RECORDED},
    naive::{div_up, worth},
    operate::{Deed, Detail, Kind},
};
use counterweight_risk::{
    deleverage::{Closing, WHOLE, closed_of},
    outflow::UNLIMITED,
};

/// A profit of its own.
#[derive(Clone, Copy, Debug)]
struct Parcel {
    atoms: i128,
    since: i64,
    until: i64,
}

impl Parcel {
    /// What of it has not matured, rounded down: the ledger rounds up.
    fn immature(&self, now: i64) -> i128 {
        if now >= self.until {
            return 0;
        }
        let (left, whole) = (self.until - now.max(self.since), self.until - self.since);
        self.atoms * i128::from(left) / i128::from(whole)
    }
}

/// What has left a vault under one limit.
#[derive(Clone, Debug, Default)]
struct Departures {
    limit: u64,
    window: u32,
    left: Vec<(i64, u64)>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Shadow {
    profits: [Vec<Parcel>; ACCOUNTS],
    departures: [Departures; ASSETS],
    /// The backstop's day: which one, what it had at first, and what has come in.
    day: i64,
    began: i128,
    inflow: i128,
    /// What it had after the last call.
    last: i128,
    /// What leftover lots would have paid in funding, atoms.
    pub unpaid: i128,
    /// Lots that rounding can have left over on each side of each market, since it was swept: one each time that
    /// an account has caught up, and each time that the side was deleveraged what a 2^-32 part of its share
    /// is worth, of which a worn side has few.
    pub rounded: [[i64; 2]; MARKETS],
}

impl Shadow {
    /// Nothing has happened.
    pub fn new(ledger: &Ledger) -> Self {
        Self {
            profits: [const { Vec::new() }; ACCOUNTS],
            departures: ledger.outflow.map(|flow| Departures {
                limit: flow.limit,
                window: flow.window,
                left: Vec::new(),
            }),
            day: 0,
            began: 0,
            inflow: 0,
            last: 0,
            unpaid: 0,
            rounded: [[0; 2]; MARKETS],
        }
    }

    /// What may not leave an account, if each profit matures by itself.
    pub fn immature(&self, at: usize, now: i64) -> i128 {
        self.profits[at].iter().map(|p| p.immature(now)).sum()
    }

    /// The floor of the backstop's day.
    pub fn floor(&self, ledger: &Ledger) -> i128 {
        let cap = i128::from(ledger.params.backstop_daily_loss);
        (self.began + self.inflow - cap).max(0)
    }

    /// Takes note of an operation.
    pub fn note(&mut self, before: &Ledger, after: &Ledger, deed: &Deed) {
        self.note_day(before, after, deed);
        self.note_profits(before, after, deed);
        self.note_departures(before, after, deed);
        if let Detail::Closed(closed) = &deed.detail {
            self.note_closing(before, deed.market, &closed.closing);
        }
    }

    /// A share moves by whole parts: one of them may be rounded away.
    fn note_closing(&mut self, before: &Ledger, market: usize, closing: &Closing) {
        let side = usize::from(closing.lots.0 > 0);
        let (lots, open) = (closing.lots.0.unsigned_abs(), closing.other.unsigned_abs());
        if lots == open {
            return; // nothing is left of which there could be a share
        }
        let parts = match closing.behind {
            0 => WHOLE, // of an epoch that begins now
            _ => WHOLE - closed_of(before.markets[market].era[side]),
        };
        self.rounded[market][side] += open.div_ceil(parts).cast_signed();
    }

    /// The first call of a day says what it began with.
    fn note_day(&mut self, before: &Ledger, after: &Ledger, deed: &Deed) {
        let calls = matches!(
            deed.kind,
            Kind::Resolve | Kind::Deleverage | Kind::DeleverageBackstop
        );
        let of_backstop = deed.who[0] == BACKSTOP;
        let sold = of_backstop && matches!(deed.kind, Kind::Liquidate | Kind::Sell);
        let day = after.now.div_euclid(86_400);
        if (calls || sold) && day != self.day {
            (self.day, self.inflow) = (day, 0);
            let has = worth(before, &before.accounts[BACKSTOP], RECORDED).equity;
            self.began = has.max(self.last);
        }
        if calls {
            self.inflow += i128::from(before.house.insurance);
        }
        if calls || sold || (of_backstop && deed.kind == Kind::Seize) {
            self.last = worth(after, &after.accounts[BACKSTOP], RECORDED).equity;
        }
    }

    /// Cash that came in by trading, of each account; what the backstop pays for it is none.
    fn note_profits(&mut self, before: &Ledger, after: &Ledger, deed: &Deed) {
        let no_income = matches!(
            deed.kind,
            Kind::Deposit
                | Kind::Withdraw
                | Kind::Transfer
                | Kind::Seize
                | Kind::Resolve
                | Kind::Accrue
        );
        if deed.kind == Kind::Resolve {
            self.profits[deed.who[0]].clear();
        }
        if no_income {
            return;
        }
        let seconds = i64::from(after.params.profit_maturity);
        for at in BACKSTOP + 1..ACCOUNTS {
            // Interest makes nothing mature, and is no loss of it.
            let cash = |ledger: &Ledger| {
                let core = &ledger.accounts[at].core;
                i128::from(core.cash.0) + i128::from(core.debt.payable.0)
            };
            let mut gain = cash(after) - cash(before);
            if let Detail::Closed(closed) = &deed.detail
                && deed.who[0] == at
            {
                gain -= i128::from(closed.covered);
            }
            if gain == 0 {
                continue;
            }
            let now = after.now;
            let profits = &mut self.profits[at];
            profits.retain(|profit| profit.until > now);
            if gain > 0 && seconds > 0 {
                profits.push(Parcel {
                    atoms: gain,
                    since: now,
                    until: now + seconds,
                });
            } else if gain < 0 {
                lose(profits, -gain, now);
            }
        }
    }

    fn note_departures(&mut self, before: &Ledger, after: &Ledger, deed: &Deed) {
        for asset in 0..ASSETS {
            let flow = after.outflow[asset];
            let kept = &mut self.departures[asset];
            if (flow.limit, flow.window) != (kept.limit, kept.window) {
                *kept = Departures {
                    limit: flow.limit,
                    window: flow.window,
                    left: Vec::new(),
                };
            }
            let left = before.vaults[asset].saturating_sub(after.vaults[asset]);
            if left > 0 && matches!(deed.kind, Kind::Withdraw | Kind::WithdrawFees) {
                kept.left.push((after.now, left));
            }
        }
    }

    /// Within any time up to a window at most limit · (1 + time/window) has left.
    pub fn departures_are_limited(&self) -> Result<(), String> {
        for (asset, kept) in self.departures.iter().enumerate() {
            if kept.limit == UNLIMITED {
                continue;
            }
            let Some((last, _)) = kept.left.last() else {
                continue;
            };
            let mut sum = 0;
            for (time, atoms) in kept.left.iter().rev() {
                sum += i128::from(*atoms);
                let (took, window) = (i128::from(last - time), i128::from(kept.window));
                if took > window {
                    break;
                }
                let limit = i128::from(kept.limit);
                if sum > limit + div_up(limit * took, window) + 1 {
                    return Err(format!(
                        "{sum} of asset {asset} left within {took} s: {kept:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Lots that rounding has left over neither pay nor receive until they are swept.
    pub fn note_dust(&mut self, before: &Ledger, after: &Ledger) {
        for market in 0..MARKETS {
            for side in 0..2 {
                if after.lines[market].behind[side] < before.lines[market].behind[side] {
                    self.rounded[market][side] += 1;
                }
            }
            let moved = after.funded[market] - before.funded[market];
            if moved > 0 {
                let dust = self.dust(before, market);
                self.unpaid += (((dust + ACCOUNTS as i128) * moved) >> 16) + 1;
            }
        }
    }

    /// How many lots are nobody's at most: those that were left over, and one an account to come.
    fn dust(&self, ledger: &Ledger, market: usize) -> i128 {
        let line = &ledger.lines[market];
        let held: i128 = ledger
            .accounts
            .iter()
            .flat_map(|account| account.positions())
            .filter(|position| usize::from(position.market) == market)
            .map(|position| crate::naive::now(position, &ledger.markets[market]).0)
            .sum();
        let waits = i128::from(line.pending[0]) - i128::from(line.pending[1]);
        (held + waits).abs()
    }
}

/// Takes a loss from the profits that are left, the youngest first.
fn lose(profits: &mut Vec<Parcel>, mut loss: i128, now: i64) {
    while let Some(last) = profits.last_mut() {
        let rest = last.immature(now);
        if rest > loss {
            (last.atoms, last.since) = (rest - loss, now);
            return;
        }
        loss -= rest;
        profits.pop();
    }
}
