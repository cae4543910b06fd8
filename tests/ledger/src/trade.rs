//! Block trades, and positions in markets that have ended.

use crate::ledger::{BACKSTOP, Ledger, Outcome, require};
use counterweight_risk::{
    Lots, RiskError, Ticks,
    market::{MODE_REDUCE_ONLY, MODE_SETTLEMENT},
};

impl Ledger {
    /// Whether a trade of an account only reduces what it holds.
    pub fn reduces(&self, at: usize, market: usize, lots: i64) -> bool {
        let view = self.accounts[at].view();
        view.reduces(&self.markets[market], market as u16, Lots(lots))
    }

    /// Refuses a price outside the band, or an index that is too old.
    pub fn require_band(&self, market: usize, ticks: u64) -> Outcome {
        let row = &self.markets[market];
        let asset = &self.assets[usize::from(row.asset)];
        asset.check_maintenance(row.asset, self.now)?;
        let price = row.price_of(Ticks(ticks))?;
        let (low, high) = row.band(asset.index)?;
        require(price >= low && price <= high, "outside the band")
    }

    /// `settle_block_trade` of one leg: the first buys positive lots.
    pub fn block_trade(
        &mut self,
        [first, second]: [usize; 2],
        market: usize,
        lots: i64,
        ticks: u64,
    ) -> Outcome {
        require(first != second, "the same account")?;
        require(first != BACKSTOP && second != BACKSTOP, "nobody signs")?;
        require(lots != 0 && ticks != 0, "zero")?;
        let row = self.markets[market];
        require(row.mode != MODE_SETTLEMENT, "mode")?;
        self.require_band(market, ticks)?;
        let sides = [(first, lots), (second, -lots)];
        let reduces = sides.map(|(at, lots)| self.reduces(at, market, lots));
        let only_reduces = row.mode == MODE_REDUCE_ONLY;
        require(!only_reduces || reduces == [true, true], "reduce only")?;
        let first_before = self.baseline(first, reduces[0])?;
        let second_before = self.baseline(second, reduces[1])?;
        let open = self.lines[market].exposure();
        let cost = Lots(lots).cost(Ticks(ticks), row.tick_size)?.0;
        let fee = row.fee(counterweight_risk::QuoteAtoms(cost))?.0;
        self.trade(first, market, lots, -cost, fee)?;
        self.trade(second, market, -lots, cost, fee)?;
        let now_open = self.lines[market].exposure();
        let capped = now_open > open && now_open > row.max_open_interest.0;
        require(!capped, "open interest")?;
        self.leave_if_restored(first);
        self.leave_if_restored(second);
        self.require_baseline(first, first_before)?;
        self.require_baseline(second, second_before)
    }

    /// `settle_market`, at the index.
    pub fn settle_market(&mut self, market: usize) -> Outcome {
        require(self.markets[market].mode != MODE_SETTLEMENT, "mode")?;
        let asset = self.markets[market].asset;
        let index = self.assets[usize::from(asset)].index;
        let fresh = self.assets[usize::from(asset)].check_maintenance(asset, self.now);
        if fresh.is_ok() {
            self.update_funding(market)?;
        }
        let row = &mut self.markets[market];
        row.settlement_price = index.0 >> 16;
        require(row.settlement_price > 0, "price")?;
        row.mode = MODE_SETTLEMENT;
        Ok(())
    }

    /// `settle_position`.
    pub fn settle_position(&mut self, at: usize, market: usize) -> Outcome {
        let row = self.markets[market];
        require(row.mode == MODE_SETTLEMENT, "mode")?;
        let mut account = self.accounts[at].mutable();
        let position = account.position_mut(market as u16, &row).copied();
        let missing = RiskError::NoPosition {
            market: market as u16,
        };
        let position = position.ok_or(missing)?;
        let orders = position.bid_lots.0 != 0 || position.ask_lots.0 != 0;
        require(!orders, "orders rest")?;
        let held = position.held(&row);
        let received = row.settlement_value(held)?;
        let _ = self.fill(at, market, -held.0, received.0)?;
        Ok(())
    }

    /// `update_funding`.
    pub fn update_funding(&mut self, market: usize) -> Outcome {
        let row = &mut self.markets[market];
        require(row.mode != MODE_SETTLEMENT, "mode")?;
        let asset = &self.assets[usize::from(row.asset)];
        asset.check_maintenance(row.asset, self.now)?;
        let line = &mut self.lines[market];
        let funding = &mut line.funding;
        funding.advance(self.now, row.funding_interval, row.funding_cap);
        let rate = i128::from(funding.apply(row, asset.index)?);
        self.funded[market] += (rate.abs() * i128::from(asset.index.0)) >> 32;
        row.rescale(line.exposure().unsigned_abs())?;
        Ok(())
    }
}
