//! The backstop and deleveraging.

use crate::ledger::{BACKSTOP, Ledger, Outcome, RECORDED, SLOTS, require};
use counterweight_risk::{
    Health, Lots, QuoteAtoms,
    account::BALANCES,
    backstop::{
        gross_value, is_in_default, judged_kindly, lacking, merged, move_last, move_money, share_of,
    },
    deleverage::{Closing, epoch_of, most},
    liquidation::is_restored,
    market::MODE_SETTLEMENT,
    standard::maintenance,
};

/// What a deleveraging closed.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// What was closed, with the deficit that the other side bears.
    pub closing: Closing,
    /// What the backstop paid.
    pub covered: i64,
}

impl Ledger {
    /// Sweeps the insurance line into the backstop, and remembers what its day began with.
    fn call_backstop(&mut self) -> Outcome<Health> {
        let moment = self.moment();
        self.accounts[BACKSTOP].core.accrue(&moment)?;
        let view = self.accounts[BACKSTOP].view();
        let mut health = maintenance(&self.book(), &view, RECORDED)?;
        let mut reference = self.house.reference.on(self.now, health.equity);
        let swept = QuoteAtoms(core::mem::take(&mut self.house.insurance));
        reference.add(swept)?;
        health.equity = health.equity.plus(swept)?;
        self.house.reference = reference;
        let core = &mut self.accounts[BACKSTOP].core;
        core.move_cash(swept, &moment)?;
        Ok(health)
    }

    /// What it is worth now is what the next day counts from.
    pub fn end_call(&mut self) -> Outcome {
        let view = self.accounts[BACKSTOP].view();
        let health = maintenance(&self.book(), &view, RECORDED)?;
        self.house.reference.note(health.equity);
        Ok(())
    }

    /// A sale out of the backstop: which floor no discount may bring it below.
    pub fn call_for_sale(&mut self) -> Outcome<QuoteAtoms> {
        let view = self.accounts[BACKSTOP].view();
        let health = maintenance(&self.book(), &view, RECORDED)?;
        self.house.reference = self.house.reference.on(self.now, health.equity);
        Ok(self.floor())
    }

    fn floor(&self) -> QuoteAtoms {
        self.house.reference.floor(self.params.backstop_daily_loss)
    }

    /// Whether the backstop can take an account over.
    fn can_take(&self, at: usize) -> Outcome<bool> {
        let (backstop, account) = (&self.accounts[BACKSTOP], &self.accounts[at]);
        let both = merged(
            &self.book(),
            (&backstop.view(), RECORDED),
            (&account.view(), self.now),
        )?;
        let fits = both.slots <= SLOTS && both.balances <= BALANCES;
        Ok(both.health.is_met() && both.health.equity >= self.floor() && fits)
    }

    fn require_default(&self, at: usize) -> Outcome<Health> {
        let health = judged_kindly(&self.book(), &self.accounts[at].view(), self.now)?;
        let failed = is_in_default(&health, self.params.backstop_line);
        require(failed, "not in default")?;
        Ok(health)
    }

    /// `resolve_default`.
    pub fn resolve(&mut self, at: usize) -> Outcome {
        require(at != BACKSTOP, "the same account")?;
        require(!self.accounts[at].has_orders(), "orders rest")?;
        let _ = self.call_backstop()?;
        let _ = self.require_default(at)?;
        require(self.can_take(at)?, "the backstop cannot take it")?;
        self.end_auction();
        let moment = self.moment();
        let (markets, assets, params) = (self.markets, self.assets, self.params);
        let book = counterweight_risk::Book {
            params: &params,
            assets: &assets,
            markets: &markets,
        };
        let (backstop, others) = self.accounts.split_at_mut(BACKSTOP + 1);
        let backstop = &mut backstop[BACKSTOP].mutable();
        let account = &mut others[at - 1].mutable();
        while let Some((market, moved)) = move_last(&book, account, backstop, &moment)? {
            for (effect, owed) in moved.fills.into_iter().flatten() {
                self.lines[usize::from(market)].apply(&effect, owed);
            }
        }
        let holds = account.core.balances.iter().any(|held| held.atoms > 0);
        let _ = move_money(account, backstop, &moment)?;
        account.core.liquidation_start = 0;
        if holds {
            self.house.took_collateral = self.now;
        }
        self.end_call()?;
        self.begin_auction(true);
        Ok(())
    }

    /// The auction of what it had before, and has no longer, is over.
    fn end_auction(&mut self) {
        let core = &mut self.accounts[BACKSTOP].core;
        if core.position_count == 0 {
            core.liquidation_start = 0;
        }
    }

    fn begin_auction(&mut self, for_sale: bool) {
        let (now, core) = (self.now, &mut self.accounts[BACKSTOP].core);
        if core.position_count == 0 {
            core.liquidation_start = 0;
        } else if for_sale && core.liquidation_start == 0 {
            core.liquidation_start = now;
        }
    }

    /// Refuses a market that has ended, or in which fills wait; then funds it.
    fn open_market(&mut self, market: usize) -> Outcome {
        require(self.markets[market].mode != MODE_SETTLEMENT, "mode")?;
        let waits = self.queue.iter().any(|w| w.order.market == market);
        require(!waits, "fills still wait")?;
        self.update_funding(market)
    }

    fn closing(&self, at: usize, market: usize, lacking: QuoteAtoms) -> Outcome<Closing> {
        let row = &self.markets[market];
        self.assets[usize::from(row.asset)].check_narrow(row.asset)?;
        let held = self.lots(at, market);
        require(held != 0, "no position")?;
        let side = usize::from(held > 0);
        let (line, view) = (&self.lines[market], self.accounts[at].view());
        let (other, behind) = (line.open[side], line.behind[side]);
        let size = most(row, side, other, behind, held.unsigned_abs()).cast_signed();
        require(size > 0, "the side is exhausted")?;
        let lags = size == other && epoch_of(row.era[side]) > 0 && behind != 0;
        require(!lags, "catch up first")?;
        let mut closing = Closing {
            lots: Lots(if held > 0 { size } else { -size }),
            price: self.fresh_price_of(market, held)?,
            deficit: QuoteAtoms::ZERO,
            other,
            behind,
        };
        let all = gross_value(&self.book(), &view, self.now)?;
        closing.deficit = share_of(lacking, closing.value()?, all)?;
        Ok(closing)
    }

    fn close(&mut self, at: usize, market: usize, closing: &Closing) -> Outcome {
        let side = usize::from(closing.lots.0 > 0);
        let era = self.markets[market].era[side];
        let received = closing.apply(&mut self.markets[market])?;
        let lags = self.markets[market].era[side] != era;
        let _ = self.fill(at, market, -closing.lots.0, received.0)?;
        let (line, size) = (&mut self.lines[market], closing.lots.0.abs());
        line.residue -= received.0;
        if lags {
            line.behind[side] = line.open[side] + line.unsettled[side];
        }
        line.open[side] -= size;
        line.unsettled[side] += size;
        let exposure = line.exposure().unsigned_abs();
        self.markets[market].rescale(exposure)?;
        Ok(())
    }

    /// `deleverage`.
    pub fn deleverage(&mut self, at: usize, market: usize) -> Outcome<Closed> {
        require(at != BACKSTOP, "the same account")?;
        self.open_market(market)?;
        require(!self.accounts[at].has_orders(), "orders rest")?;
        let fund = self.call_backstop()?;
        let before = self.require_default(at)?;
        require(!self.can_take(at)?, "the backstop can take it")?;
        let view = self.accounts[at].view();
        let lacking = lacking(&self.book(), &view, &before, QuoteAtoms::ZERO)?;
        let mut closing = self.closing(at, market, lacking)?;
        let core = &self.accounts[BACKSTOP].core;
        let floor = self.house.reference.floor(self.params.backstop_daily_loss);
        let above = fund.equity.minus(floor)?;
        let paid = closing.deficit.min(above).min(fund.free()?).min(core.cash);
        let paid = paid.max(QuoteAtoms::ZERO);
        let moment = self.moment();
        let core = &mut self.accounts[BACKSTOP].core;
        core.move_cash(paid.negated()?, &moment)?;
        self.accounts[at].core.move_cash(paid, &moment)?;
        closing.deficit = closing.deficit.minus(paid)?;
        self.close(at, market, &closing)?;
        let after = self.health(at)?;
        if is_restored(&after, self.params.liquidation_buffer) {
            self.accounts[at].core.liquidation_start = 0;
        }
        self.end_call()?;
        Ok(Closed {
            closing,
            covered: paid.0,
        })
    }

    /// `deleverage_backstop`.
    pub fn deleverage_backstop(&mut self, market: usize) -> Outcome<Closed> {
        self.open_market(market)?;
        let before = self.call_backstop()?;
        let floor = self.floor();
        let fine = before.is_met() && before.equity >= floor;
        require(!fine, "not in default")?;
        let view = self.accounts[BACKSTOP].view();
        let lacking = lacking(&self.book(), &view, &before, floor)?;
        let closing = self.closing(BACKSTOP, market, lacking)?;
        self.close(BACKSTOP, market, &closing)?;
        self.end_auction();
        self.end_call()?;
        Ok(Closed {
            closing,
            covered: 0,
        })
    }

    /// `catch_up`.
    pub fn catch_up(&mut self, at: usize, market: usize) -> Outcome {
        let (moment, row) = (self.moment(), self.markets[market]);
        let mut account = self.accounts[at].mutable();
        let settled = account.catch_up(market as u16, &row, &moment)?;
        require(settled.behind != 0, "nothing to settle")?;
        self.lines[market].caught_up(&settled);
        self.lines[market].residue += settled.owed.0;
        Ok(())
    }

    /// `sweep_dust`: how many lots.
    pub fn sweep(&mut self, market: usize, side: usize) -> Outcome<i64> {
        let line = &mut self.lines[market];
        require(line.behind[side] == 0, "catch up first")?;
        let left = core::mem::take(&mut line.unsettled[side]);
        line.open[side] += left;
        let lots = if side == 0 { -left } else { left };
        require(lots > 0, "nothing to settle")?;
        self.end_auction();
        let _ = self.fill(BACKSTOP, market, lots, 0)?;
        self.begin_auction(self.markets[market].mode != MODE_SETTLEMENT);
        Ok(lots)
    }

    /// Where a position lags, for whoever looks for one.
    pub fn lagging(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (at, account) in self.accounts.iter().enumerate() {
            for position in account.positions() {
                let market = usize::from(position.market);
                if !position.is_current(&self.markets[market]) && position.lots.0 != 0 {
                    found.push((at, market));
                }
            }
        }
        found
    }
}
