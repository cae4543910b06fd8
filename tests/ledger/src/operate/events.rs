//! Prices and time, what anybody may do when accounts fail, and money.

use super::{Act, Deed, Detail, Done, Kind, done, plain};
use crate::{
    ledger::{ASSETS, BACKSTOP, Ledger, MARKETS, Outcome, require},
    setup::{DOLLAR, record},
};
use counterweight_risk::{Position, funding::ONE, market::MODE_SETTLEMENT};

/// Lowest and highest price, in 10^-8 dollars.
const RANGE: (i64, i64) = (20_000_000, 100_000_000_000_000);

impl Act<'_> {
    /// Every asset whose oracle speaks has its last price again.
    fn refresh(&mut self) {
        for at in 1..ASSETS {
            if !self.ledger.silent[at] {
                let price = self.ledger.mantissas[at];
                let width = price.unsigned_abs() / 2_000;
                let _ = record(self.ledger, at, price, width, price);
            }
        }
    }

    /// Moves a price, an asset's interval and average with it.
    fn move_to(&mut self, at: usize, price: i64) -> Outcome {
        self.ledger.now += 1 + i64::from(self.record.how & 7);
        self.refresh();
        let before = self.ledger.mantissas[at];
        let price = price.clamp(RANGE.0, RANGE.1);
        self.ledger.silent[at] = false;
        self.ledger.now += 1;
        let (width, average) = match self.record.how >> 4 {
            0 => (price / 40, price),     // too wide
            1 => (price / 2_000, before), // far from its average, if it jumped
            2 => (0, price),
            _ => (price / 2_000, price),
        };
        record(self.ledger, at, price, width.unsigned_abs(), average)?;
        Ok(())
    }

    pub(super) fn price(&mut self) -> Done {
        let at = self.record.asset();
        let before = self.ledger.mantissas[at];
        // At most 5 % either way, evenly.
        let bps = i64::from(self.record.size % 1_001) - 500;
        let moved = self.move_to(at, before + before / 10_000 * bps);
        done(Kind::Price, [0; 2], 0, plain(moved))
    }

    /// A jump against what somebody holds.
    pub(super) fn crash(&mut self) -> Done {
        let [named, _] = self.record.pair();
        let positions = self.ledger.accounts[named].positions();
        let held: Vec<&Position> = positions.iter().filter(|p| p.lots.0 != 0).collect();
        let (at, sign) = match held.get(usize::from(self.record.what) % held.len().max(1)) {
            Some(position) => (usize::from(position.asset), -position.lots.0.signum()),
            None => (self.record.asset(), -1),
        };
        let before = self.ledger.mantissas[at];
        let bps = 100 + i64::from(self.record.size % 3_500);
        let moved = self.move_to(at, before + before / 10_000 * bps * sign);
        done(Kind::Crash, [0; 2], 0, plain(moved))
    }

    pub(super) fn time(&mut self) -> Done {
        let long: [i64; 8] = [5, 45, 200, 400, 3_600, 7_200, 40_000, 86_400];
        let seconds =
            long[usize::from(self.record.how) % long.len()] + i64::from(self.record.size % 64);
        self.ledger.now += seconds;
        if self.record.size & 64 == 0 {
            self.refresh();
        }
        done(Kind::Time, [0; 2], 0, Ok(Detail::None))
    }

    pub(super) fn silence(&mut self) -> Done {
        let at = self.record.asset();
        self.ledger.silent[at] = !self.ledger.silent[at] && self.record.how & 1 == 1;
        self.ledger.now += 1;
        self.refresh();
        done(Kind::Silence, [0; 2], 0, Ok(Detail::None))
    }

    pub(super) fn premium(&mut self) -> Done {
        let market = self.record.market();
        let (now, row) = (self.ledger.now, &self.ledger.markets[market]);
        let (interval, cap) = (row.funding_interval, row.funding_cap);
        let funding = &mut self.ledger.lines[market].funding;
        funding.advance(now, interval, cap);
        funding.sample(i64::from(self.record.size.cast_signed()) * (ONE >> 19));
        done(Kind::Premium, [0; 2], market, Ok(Detail::None))
    }

    pub(super) fn funding(&mut self) -> Done {
        let market = self.record.market();
        let mut moved = self.ledger.update_funding(market);
        if moved.is_err() && !self.record.is_blind() {
            self.refresh();
            moved = self.ledger.update_funding(market);
        }
        done(Kind::Funding, [0; 2], market, plain(moved))
    }

    pub(super) fn flag(&mut self) -> Done {
        let Some(victim) = self.failing() else {
            return self.crash();
        };
        let flagged = self.ledger.flag(victim);
        done(Kind::Flag, [victim; 2], 0, plain(flagged))
    }

    pub(super) fn liquidate(&mut self) -> Done {
        let Some(victim) = self.failing() else {
            return self.crash();
        };
        if let Some(cleared) = self.clear(victim, None) {
            return cleared;
        }
        let market = self.market_of(victim);
        self.liquidate_of(Kind::Liquidate, victim, market)
    }

    pub(super) fn sell(&mut self) -> Done {
        if self.ledger.accounts[BACKSTOP].core.position_count == 0 && !self.record.is_blind() {
            return self.resolve();
        }
        let market = self.market_of(BACKSTOP);
        self.liquidate_of(Kind::Sell, BACKSTOP, market)
    }

    fn liquidate_of(&mut self, kind: Kind, victim: usize, market: usize) -> Done {
        let (taker, held) = (self.taker(), self.ledger.lots(victim, market));
        let taken = self
            .ledger
            .liquidate(victim, taker, market, self.record.most());
        let detail = taken.map(|step| Detail::Liquidated { step, held });
        done(kind, [victim, taker], market, detail)
    }

    pub(super) fn slice(&mut self) -> Done {
        let Some(victim) = self.failing() else {
            return self.crash();
        };
        if let Some(cleared) = self.clear(victim, None) {
            return cleared;
        }
        let lagging = self.ledger.lagging();
        if let Some((at, market)) = lagging.iter().find(|(at, _)| *at == victim) {
            return self.catch_up_of(*at, *market);
        }
        let most = match self.record.how & 3 {
            0 => 1 + u32::from(self.record.size),
            _ => 1 << 20,
        };
        let taker = self.taker();
        let sliced = self.ledger.liquidate_slice(victim, taker, most);
        let detail = sliced.map(|sliced| Detail::Sliced(Box::new(sliced)));
        done(Kind::Slice, [victim, taker], 0, detail)
    }

    /// Of somebody who owes, if there is anybody.
    pub(super) fn accrue(&mut self) -> Done {
        let owes = |at: &usize| self.ledger.accounts[*at].core.cash.0 < 0;
        let owing: Vec<usize> = (0..crate::ledger::ACCOUNTS).filter(owes).collect();
        let at = self.among(&owing);
        let accrued = self.ledger.accrue(at);
        done(Kind::Accrue, [at; 2], 0, plain(accrued))
    }

    /// What the backstop has taken over, if it has.
    fn seize_from_the_backstop(&mut self) -> Option<Done> {
        let held = self.ledger.accounts[BACKSTOP].core.balances;
        let asset = usize::from(held.iter().find(|held| held.atoms > 0)?.asset);
        let (taker, most) = (self.taker(), self.record.most());
        let taken = self.ledger.seize(BACKSTOP, taker, asset, most);
        let detail = taken.map(|taking| Detail::Seized { asset, taking });
        Some(done(Kind::Seize, [BACKSTOP, taker], 0, detail))
    }

    /// Of somebody who owes and has no position; who has one sells first.
    pub(super) fn seize(&mut self) -> Done {
        if self.record.who & 1 == 0
            && let Some(taken) = self.seize_from_the_backstop()
        {
            return taken;
        }
        let owes = |at: &usize| {
            let core = &self.ledger.accounts[*at].core;
            let holds = core.balances.iter().any(|held| held.atoms > 0);
            core.cash.0 < 0 && holds
        };
        let owing: Vec<usize> = (1..crate::ledger::ACCOUNTS).filter(owes).collect();
        if owing.is_empty() && !self.record.is_blind() {
            return self.liquidate();
        }
        let victim = self.among(&owing);
        if self.ledger.accounts[victim].core.position_count > 0 && !self.record.is_blind() {
            if let Some(cleared) = self.clear(victim, None) {
                return cleared;
            }
            let market = self.market_of(victim);
            return self.liquidate_of(Kind::Liquidate, victim, market);
        }
        let held = self.ledger.accounts[victim].core.balances;
        let held = held.iter().find(|balance| balance.atoms > 0);
        let asset = match held {
            Some(held) if !self.record.is_blind() => usize::from(held.asset),
            _ => self.record.asset(),
        };
        let taker = self.taker();
        let most = if self.record.how & 3 == 0 {
            u64::from(self.record.size) << (self.record.how >> 3)
        } else {
            u64::MAX
        };
        let taken = self.ledger.seize(victim, taker, asset, most);
        let detail = taken.map(|taking| Detail::Seized { asset, taking });
        done(Kind::Seize, [victim, taker], 0, detail)
    }

    pub(super) fn resolve(&mut self) -> Done {
        let Some(victim) = self.defaulted() else {
            return self.crash();
        };
        if let Some(cleared) = self.clear(victim, None) {
            return cleared;
        }
        let resolved = self.ledger.resolve(victim);
        done(Kind::Resolve, [victim, BACKSTOP], 0, plain(resolved))
    }

    pub(super) fn deleverage(&mut self) -> Done {
        let Some(victim) = self.defaulted() else {
            return self.crash();
        };
        let market = self.market_of(victim);
        if let Some(cleared) = self.clear(victim, Some(market)) {
            return cleared;
        }
        let closed = self.ledger.deleverage(victim, market).map(Detail::Closed);
        done(Kind::Deleverage, [victim, BACKSTOP], market, closed)
    }

    pub(super) fn deleverage_backstop(&mut self) -> Done {
        if self.ledger.accounts[BACKSTOP].core.position_count == 0 && !self.record.is_blind() {
            return self.deleverage();
        }
        let market = self.market_of(BACKSTOP);
        if let Some(cleared) = self.clear(BACKSTOP, Some(market)) {
            return cleared;
        }
        let closed = self.ledger.deleverage_backstop(market);
        let kind = Kind::DeleverageBackstop;
        done(kind, [BACKSTOP; 2], market, closed.map(Detail::Closed))
    }

    pub(super) fn catch_up(&mut self) -> Done {
        let lagging = self.ledger.lagging();
        let ([named, _], market) = (self.record.pair(), self.record.market());
        if self.record.is_blind() {
            return self.catch_up_of(named, market);
        }
        if lagging.is_empty() {
            return self.trade(false);
        }
        let (at, market) = lagging[usize::from(self.record.who) % lagging.len()];
        self.catch_up_of(at, market)
    }

    fn catch_up_of(&mut self, at: usize, market: usize) -> Done {
        let caught = self.ledger.catch_up(at, market);
        done(Kind::CatchUp, [at; 2], market, plain(caught))
    }

    /// A side with dust, or somebody who keeps it from being swept.
    pub(super) fn sweep(&mut self) -> Done {
        let sides = (0..MARKETS).flat_map(|market| [(market, 0), (market, 1)]);
        let dusty = |(market, side): &(usize, usize)| {
            let line = &self.ledger.lines[*market];
            line.behind[*side] == 0 && line.unsettled[*side] != 0
        };
        let found: Vec<_> = sides.filter(dusty).collect();
        if found.is_empty() && !self.record.is_blind() {
            return self.catch_up();
        }
        let named = (self.record.market(), usize::from(self.record.how & 1));
        let (market, side) = match found.len() {
            0 => named,
            count => found[usize::from(self.record.what) % count],
        };
        let swept = self.ledger.sweep(market, side);
        let detail = swept.map(|lots| Detail::Swept { side, lots });
        done(Kind::Sweep, [BACKSTOP; 2], market, detail)
    }

    pub(super) fn deposit(&mut self) -> Done {
        let [named, _] = self.record.pair();
        let (at, asset) = (named.max(1), usize::from(self.record.what) % ASSETS);
        let atoms = if asset == 0 {
            u64::from(self.record.size) * 50_000 // up to some 3,000 dollars
        } else {
            u64::from(self.record.size) << (self.record.how & 20)
        };
        let moved = self.ledger.deposit(at, asset, atoms);
        let detail = moved.map(|()| Detail::Moved((asset, atoms)));
        done(Kind::Deposit, [at; 2], 0, detail)
    }

    /// From an atom to somewhat more than there is.
    fn part_of(&self, held: u64) -> u64 {
        let share = u128::from(self.record.size % 1_050);
        u64::try_from(u128::from(held) * share / 1_000).unwrap_or(u64::MAX) + 1
    }

    fn held(&self, at: usize, asset: usize) -> u64 {
        let core = &self.ledger.accounts[at].core;
        if asset == 0 {
            let immature = core.immature.at(self.ledger.now);
            let cash = u64::try_from(core.cash.0).unwrap_or(0);
            // The edge between what is mature and what is not is where it is wrong, if it is.
            match self.record.how & 3 {
                0 => cash,
                _ => cash.saturating_sub(immature),
            }
        } else {
            core.balance(asset as u16)
        }
    }

    pub(super) fn withdraw(&mut self) -> Done {
        let [named, _] = self.record.pair();
        let (at, asset) = (named.max(1), usize::from(self.record.what) % ASSETS);
        let mut held = self.held(at, asset);
        if self.record.how & 4 == 0
            && let Ok(flow) = self.ledger.outflow[asset].at(self.ledger.now)
        {
            held = held.min(flow.free()); // to the edge of what may leave the vault
        }
        let atoms = self.part_of(held);
        let moved = self.ledger.withdraw(at, asset, atoms);
        let detail = moved.map(|()| Detail::Moved((asset, atoms)));
        done(Kind::Withdraw, [at; 2], 0, detail)
    }

    pub(super) fn transfer(&mut self) -> Done {
        let (mut who, asset) = (self.record.pair(), usize::from(self.record.what) % ASSETS);
        if !self.record.is_blind() {
            who = [[1, 2], [2, 1]][usize::from(self.record.who & 1)];
        }
        let atoms = self.part_of(self.held(who[0], asset));
        let moved = self.ledger.transfer(who[0], who[1], asset, atoms);
        let detail = moved.map(|()| Detail::Moved((asset, atoms)));
        done(Kind::Transfer, who, 0, detail)
    }

    /// Fees, insurance, and limits on what leaves.
    pub(super) fn lines(&mut self) -> Done {
        let market = self.record.market();
        match self.record.how % 8 {
            0..=3 => {
                self.ledger.collect_fees(market);
                done(Kind::CollectFees, [0; 2], market, Ok(Detail::None))
            }
            4 => {
                let fees = u64::try_from(self.ledger.house.fees).unwrap_or(0);
                let atoms = self.part_of(fees);
                let moved = self.ledger.withdraw_fees(atoms);
                let detail = moved.map(|()| Detail::Moved((0, atoms)));
                done(Kind::WithdrawFees, [0; 2], 0, detail)
            }
            5 | 6 => {
                let atoms = u64::from(self.record.size % 300) * DOLLAR as u64;
                let paid = self.ledger.fund_insurance(atoms);
                let detail = paid.map(|()| Detail::Moved((0, atoms)));
                done(Kind::Insure, [0; 2], 0, detail)
            }
            _ => {
                let asset = usize::from(self.record.what) % ASSETS;
                let (share, window) = (self.record.size % 200, 60 + u32::from(self.record.size));
                let set = self.ledger.limit_outflow(asset, share.into(), window);
                done(Kind::LimitOutflow, [0; 2], asset, plain(set))
            }
        }
    }

    /// A market comes to its end, seldom; in one that has, positions are closed.
    pub(super) fn settle(&mut self) -> Done {
        let ended = |market: &usize| self.ledger.markets[*market].mode == MODE_SETTLEMENT;
        let ended: Vec<usize> = (0..MARKETS).filter(ended).collect();
        let [named, _] = self.record.pair();
        if let Some(market) = ended.get(usize::from(self.record.what) % ended.len().max(1))
            && self.record.how > 8
        {
            let settled = self.ledger.settle_position(named, *market);
            return done(Kind::SettlePosition, [named; 2], *market, plain(settled));
        }
        let market = self.record.market();
        let seldom = require(
            self.record.how < 16 && self.record.size.is_multiple_of(64),
            "seldom",
        );
        let settled = seldom.and_then(|()| self.ledger.settle_market(market));
        done(Kind::SettleMarket, [0; 2], market, plain(settled))
    }
}

/// Who may be written by an operation, besides the lines.
pub fn touches(deed: &Deed, at: usize) -> bool {
    let surroundings = matches!(
        deed.kind,
        Kind::Price
            | Kind::Crash
            | Kind::Time
            | Kind::Silence
            | Kind::Premium
            | Kind::Funding
            | Kind::Insure
            | Kind::CollectFees
            | Kind::WithdrawFees
            | Kind::LimitOutflow
            | Kind::SettleMarket
    );
    !surroundings && deed.who.contains(&at)
}

/// Whether prices, terms or the clock may have moved.
pub fn moves_prices(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Price
            | Kind::Crash
            | Kind::Time
            | Kind::Silence
            | Kind::Funding
            | Kind::SettleMarket
            | Kind::LimitOutflow
    )
}

impl Ledger {
    /// Lots of all accounts on both sides, as they are written down, and those that lag.
    pub fn written(&self, market: usize) -> [[i64; 2]; 2] {
        let (mut held, mut behind) = ([0; 2], [0; 2]);
        for account in &self.accounts {
            for position in account.positions() {
                if usize::from(position.market) == market {
                    let side = counterweight_risk::Market::side(position.lots);
                    held[side] += position.lots.0.abs();
                    if !position.is_current(&self.markets[market]) {
                        behind[side] += position.lots.0.abs();
                    }
                }
            }
        }
        [held, behind]
    }
}
