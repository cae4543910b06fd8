//! Flags, liquidations, slices, collateral.

use crate::ledger::{BACKSTOP, HARM, Ledger, Outcome, Refusal, require};
use counterweight_risk::{
    Book, Health, Lots, Price, QuoteAtoms, Ratio,
    account::Charge,
    collateral::{Offer, Taking, discount},
    liquidation::{Candidate, Step, is_liquidatable, is_restored, penalty_rate},
    market::MODE_SETTLEMENT,
    marks::Marks,
    portfolio::OneLeg,
    slice::{Leg, Slice, Slicer},
};

/// A slice of fewer lots of each leg is one of roundings.
const FEW: i64 = 64;

/// What a slice took.
#[derive(Clone, Debug)]
pub struct Sliced {
    /// All of it.
    pub slice: Slice,
    /// Market, and what was taken there.
    pub legs: Vec<(usize, Leg)>,
}

impl Ledger {
    /// `flag_account`.
    pub fn flag(&mut self, at: usize) -> Outcome {
        require(at != BACKSTOP, "the backstop")?;
        let health = self.health(at)?;
        let flagged = self.accounts[at].core.liquidation_start != 0;
        let start = if flagged && is_restored(&health, self.params.liquidation_buffer) {
            0
        } else if !flagged && !health.is_met() {
            self.now
        } else {
            return require(false, "not liquidatable");
        };
        self.accounts[at].core.liquidation_start = start;
        Ok(())
    }

    /// Since when an account's auction runs.
    pub fn start_of(&self, at: usize, health: &Health) -> Outcome<i64> {
        let start = self.accounts[at].core.liquidation_start;
        let due = is_liquidatable(start, health, self.params.liquidation_buffer);
        require(at == BACKSTOP || due, "not liquidatable")?;
        Ok(if start == 0 { self.now } else { start })
    }

    /// The price at which an account's lots change hands.
    pub fn price_of(&self, market: usize, lots: i64) -> Price {
        let asset = &self.assets[usize::from(self.markets[market].asset)];
        if lots > 0 {
            asset.maintenance_high
        } else {
            asset.maintenance_low
        }
    }

    /// The same, refused where it is too old for lots to change hands at.
    pub fn fresh_price_of(&self, market: usize, lots: i64) -> Outcome<Price> {
        let asset = self.markets[market].asset;
        self.assets[usize::from(asset)].check_maintenance(asset, self.now)?;
        Ok(self.price_of(market, lots))
    }

    fn require_outcome(&self, victim: usize, taker: usize, before: &Health) -> Outcome<Health> {
        let after = self.health(victim)?;
        // The engine's own reasoning rules this out; `run` says so where it does not.
        require(after.is_no_worse_than(before), HARM)?;
        require(self.takeover(taker)?.is_met(), "initial margin")?;
        Ok(after)
    }

    fn pay_penalty(
        &mut self,
        [victim, taker]: [usize; 2],
        market: usize,
        penalty: QuoteAtoms,
        insurance: QuoteAtoms,
    ) -> Outcome {
        let moment = self.moment();
        let charge: Charge = self.accounts[victim].core.charge(penalty, &moment)?;
        let (share, reward) = charge.split(insurance)?;
        self.accounts[taker].core.earn(reward, &moment)?;
        let line = &mut self.lines[market].insurance;
        *line = share.onto(QuoteAtoms(*line))?.0;
        Ok(())
    }

    /// What `liquidate` is about to judge.
    pub fn candidate(
        &self,
        victim: usize,
        market: usize,
        health: Health,
    ) -> Outcome<Candidate<'_>> {
        let start = self.start_of(victim, &health)?;
        let (row, lots) = (&self.markets[market], self.lots(victim, market));
        Ok(Candidate {
            health,
            market: row,
            lots: Lots(lots),
            marks: {
                let price = self.price_of(market, lots);
                Marks {
                    price,
                    notional: price,
                }
            },
            rate: penalty_rate(row, &self.params, self.now.saturating_sub(start)),
            buffer: self.params.liquidation_buffer,
            floor: None,
            scanned: None,
        })
    }

    /// `liquidate`.
    pub fn liquidate(
        &mut self,
        victim: usize,
        taker: usize,
        market: usize,
        most: u64,
    ) -> Outcome<Step> {
        require(victim != taker && taker != BACKSTOP, "the same account")?;
        require(self.markets[market].mode != MODE_SETTLEMENT, "mode")?;
        let before = self.health(victim)?;
        let start = self.start_of(victim, &before)?;
        require(!self.accounts[victim].has_orders(), "orders rest")?;
        let held = self.lots(victim, market);
        require(held != 0, "no position")?;
        let _fresh = self.fresh_price_of(market, held)?;
        let floor = (victim == BACKSTOP).then(|| self.call_for_sale());
        let (markets, assets, params) = (self.markets, self.assets, self.params);
        let book = Book {
            params: &params,
            assets: &assets,
            markets: &markets,
        };
        let account = self.accounts[victim];
        let (view, mut scanned) = (account.view(), None);
        let _ = OneLeg::judge(&book, &view, self.now, market as u16, &mut scanned)?;
        let mut candidate = self.candidate(victim, market, before)?;
        candidate.scanned = scanned.as_ref();
        let step = if let Some(floor) = floor {
            candidate.floor = Some(floor?);
            candidate.take(most)?
        } else {
            candidate.step(most)?
        };
        let taken = step.signed(Lots(held))?.0;
        let received = if taken > 0 {
            step.value.0
        } else {
            -step.value.0
        };
        let insurance = step.insurance(&self.markets[market])?;
        let _ = self.fill(victim, market, -taken, received)?;
        let _ = self.fill(taker, market, taken, -received)?;
        self.pay_penalty([victim, taker], market, step.penalty, insurance)?;
        let after = self.require_outcome(victim, taker, &before)?;
        let core = &mut self.accounts[victim].core;
        let ended = if victim == BACKSTOP {
            core.position_count == 0
        } else {
            is_restored(&after, self.params.liquidation_buffer)
        };
        core.liquidation_start = if ended { 0 } else { start };
        if victim == BACKSTOP {
            self.end_call()?;
        }
        Ok(step)
    }

    /// `liquidate_slice`.
    pub fn liquidate_slice(&mut self, victim: usize, taker: usize, most: u32) -> Outcome<Sliced> {
        require(victim != taker && taker != BACKSTOP, "the same account")?;
        require(victim != BACKSTOP && most > 0, "the backstop, or zero")?;
        let before = self.health(victim)?;
        let start = self.start_of(victim, &before)?;
        let account = self.accounts[victim];
        require(!account.has_orders(), "orders rest")?;
        let current =
            |p: &counterweight_risk::Position| p.is_current(&self.markets[usize::from(p.market)]);
        require(account.positions().iter().all(current), "catch up first")?;
        for position in account.positions() {
            self.assets[usize::from(position.asset)].check_maintenance(position.asset, self.now)?;
        }
        let elapsed = self.now.saturating_sub(start);
        let (markets, assets, params) = (self.markets, self.assets, self.params);
        let book = Book {
            params: &params,
            assets: &assets,
            markets: &markets,
        };
        let slicer = Slicer::new(&book, &account.view(), before, (self.now, elapsed))?;
        require(slicer.legs() > 0, "nothing to slice")?;
        let slice = slicer.step(Ratio(most))?;
        require(slice.lots > 0, "too small")?;
        let (mut split, mut legs) = (slice.split(), Vec::new());
        for position in account.positions() {
            let Some(leg) = split.leg(&book, position, (self.now, elapsed))? else {
                continue;
            };
            let market = usize::from(position.market);
            if leg.lots.0 != 0 {
                let _ = self.fill(victim, market, -leg.lots.0, leg.cost.0)?;
                let _ = self.fill(taker, market, leg.lots.0, -leg.cost.0)?;
                self.pay_penalty([victim, taker], market, leg.penalty, leg.insurance)?;
            }
            legs.push((market, leg));
        }
        let after = self.require_outcome(victim, taker, &before);
        // Of next to nothing of a scanned book the rounding of the legs may raise what it needs (docs/assurance.md).
        let few = legs.iter().all(|(_, leg)| leg.lots.0.abs() < FEW);
        if few && self.is_scanned(victim) && after == Err(Refusal::Rule(HARM)) {
            return Err(Refusal::Rule("a slice of roundings"));
        }
        let restored = is_restored(&after?, self.params.liquidation_buffer);
        self.accounts[victim].core.liquidation_start = if restored { 0 } else { start };
        Ok(Sliced { slice, legs })
    }

    /// `liquidate_collateral`.
    pub fn seize(
        &mut self,
        victim: usize,
        taker: usize,
        asset: usize,
        most: u64,
    ) -> Outcome<Taking> {
        require(victim != taker && taker != BACKSTOP, "the same account")?;
        require(most > 0 && asset > 0, "zero")?;
        let moment = self.moment();
        self.accounts[victim].core.accrue(&moment)?;
        let before = self.health(victim)?;
        let core = &self.accounts[victim].core;
        let held = core.balance(asset as u16);
        let (debt, start) = if victim == BACKSTOP {
            (u64::MAX, self.house.took_collateral)
        } else {
            require(core.position_count == 0, "positions remain")?;
            require(core.cash.0 < 0, "no debt")?;
            (core.cash.0.unsigned_abs(), self.start_of(victim, &before)?)
        };
        require(held > 0, "no such collateral")?;
        let row = &self.assets[asset];
        row.check_maintenance(asset as u16, self.now)?;
        let offer = Offer {
            asset: row,
            held,
            debt,
            discount: discount(row, &self.params, self.now.saturating_sub(start)),
        };
        let taking = offer.take(most)?;
        let core = &mut self.accounts[victim].core;
        core.debit(asset as u16, taking.atoms)?;
        core.move_cash(taking.cost, &moment)?;
        let core = &mut self.accounts[taker].core;
        core.credit(asset as u16, taking.atoms)?;
        core.move_cash(taking.cost.negated()?, &moment)?;
        let after = self.require_outcome(victim, taker, &before)?;
        if victim == BACKSTOP {
            self.end_call()?;
            return Ok(taking);
        }
        let restored = is_restored(&after, self.params.liquidation_buffer);
        self.accounts[victim].core.liquidation_start = if restored { 0 } else { start };
        Ok(taking)
    }
}
