//! What anyone does: settling, pruning, flagging. And what the authority does.

use super::{
    Naive, Outcome, book::Order, matching::Turn, number_of, quoting::REMOVALS, refuse,
    trading::MATCHES,
};
use counterweight::{
    error::ErrorCode,
    events::{AccountChanged, Fill, FillsSettled, LiquidationFlagged, MarketChanged},
};
use counterweight_risk::{
    Health, MarketTerms,
    market::{MODE_REDUCE_ONLY, MODE_SETTLEMENT},
    orders::Side,
};

impl Naive {
    /// `settle_fills` of these makers, in this sequence, so many entries together.
    pub(super) fn settle_fills(
        &mut self,
        market: usize,
        makers: &[usize],
        limit: u8,
    ) -> Outcome<()> {
        let desk = self.desk(market);
        let mut left = usize::from(limit.min(MATCHES));
        for maker in makers {
            let mut fills: Vec<Fill> = Vec::new();
            while left > 0 {
                let queue = &mut self.markets[market].queue;
                let mut places = queue.iter_mut();
                let next = places.find(|place| place.is_some_and(|entry| entry.maker == *maker));
                let Some(news) = next.and_then(Option::take) else {
                    break;
                };
                while queue.front().is_some_and(Option::is_none) {
                    queue.pop_front();
                }
                let owed = self.apply(market, &news)?;
                fills.push(Fill {
                    settled: true,
                    owed,
                    ..self.told(&news, 0)
                });
                left -= 1;
            }
            if fills.is_empty() {
                continue;
            }
            self.accounts[*maker].sequence += 1;
            let (account, sequence) = (self.accounts[*maker].key, self.accounts[*maker].sequence);
            self.tell(&FillsSettled {
                market: market as u16,
                account,
                sequence,
                fills,
            });
        }
        if left == usize::from(limit.min(MATCHES)) {
            return refuse(ErrorCode::OrderNotFound);
        }
        self.end(&desk);
        Ok(())
    }

    /// `prune_orders`: what has expired; all of an account below maintenance margin, in liquidation,
    /// or in a market that has ended; below initial margin, or where only reducing is allowed, the
    /// sides that can make a position larger.
    pub(super) fn prune(&mut self, who: usize, market: usize, limit: u8) -> Outcome<()> {
        let mode = self.row(market).mode;
        let short = |health: Health| health.equity < health.requirement;
        let all = mode == MODE_SETTLEMENT
            || self.accounts[who].liquidation_start != 0
            || self.maintenance(who).is_ok_and(short);
        let adding = mode == MODE_REDUCE_ONLY || self.initial(who, u32::MAX).is_ok_and(short);
        let held = self.held(who, market);
        let adds = |side: Side| {
            let closable = if side == Side::Buy { -held } else { held };
            adding && self.outstanding(who, market, side) > closable.max(0)
        };
        let adds = [adds(Side::Buy), adds(Side::Sell)];
        let bad = |order: &&Order| {
            let expired = order.expires != 0 && order.expires <= self.time;
            let adding = adds[super::book::index_of(order.side)];
            order.maker == who && (all || expired || adding)
        };
        let orders = self.markets[market].orders.iter();
        let mut found: Vec<Order> = orders.filter(bad).copied().collect();
        found.sort_by_key(|order| order.slot);
        found.truncate(usize::from(limit).min(REMOVALS));
        if found.is_empty() {
            return refuse(ErrorCode::OrderIsGood);
        }
        let desk = self.desk(market);
        let mut turn = Turn::new(desk, who, &[]);
        for order in &found {
            self.remove(&mut turn, order)?;
        }
        self.gone(&desk, who, found.iter().map(Order::id).collect());
        Ok(())
    }

    /// Whether equity is at least maintenance margin and the buffer.
    fn is_restored(&self, health: &Health) -> bool {
        let one = 1i128 << 20;
        let keep = one + i128::from(self.tables.header.params.liquidation_buffer.0);
        i128::from(health.equity.0) * one >= i128::from(health.requirement.0) * keep
    }

    fn flagged(&mut self, who: usize, start: i64, health: &Health) {
        let account = &mut self.accounts[who];
        account.liquidation_start = start;
        account.sequence += 1;
        let event = LiquidationFlagged {
            account: account.key,
            sequence: account.sequence,
            start,
            equity: health.equity.0,
            maintenance_margin: health.requirement.0,
        };
        self.tell(&event);
    }

    /// An account that its own action restored is no longer in liquidation.
    pub(super) fn leave_liquidation(&mut self, who: usize) {
        if self.accounts[who].liquidation_start == 0 {
            return;
        }
        if let Ok(health) = self.maintenance(who)
            && self.is_restored(&health)
        {
            self.flagged(who, 0, &health);
        }
    }

    /// `flag_account`.
    pub(super) fn flag(&mut self, who: usize) -> Outcome<()> {
        let health = self.maintenance(who)?;
        let start = self.accounts[who].liquidation_start;
        if start != 0 && self.is_restored(&health) {
            self.flagged(who, 0, &health);
        } else if start == 0 && health.equity < health.requirement {
            self.flagged(who, self.time, &health);
        } else {
            return refuse(ErrorCode::NotLiquidatable);
        }
        Ok(())
    }

    /// `set_fee_discount`.
    pub(super) fn set_discount(&mut self, who: usize, bps: u16) -> Outcome<()> {
        if bps > 10_000 {
            return refuse(ErrorCode::ParameterOutOfBounds);
        }
        let account = &mut self.accounts[who];
        account.discount = bps;
        account.sequence += 1;
        let event = AccountChanged {
            account: account.key,
            sequence: account.sequence,
            owner: account.owner,
            delegate: anchor_lang::prelude::Pubkey::default(),
            slots: account.slots,
        };
        self.tell(&event);
        Ok(())
    }

    /// `set_market_terms`.
    pub(super) fn set_terms(&mut self, market: usize, terms: &MarketTerms) -> Outcome<()> {
        if terms.check().is_err() {
            return refuse(ErrorCode::ParameterOutOfBounds);
        }
        let row = &mut self.tables.markets[market];
        row.set_terms(terms).map_err(number_of)?;
        let clearinghouse = self.tables.header.clearinghouse;
        self.tell(&MarketChanged {
            clearinghouse,
            market: market as u16,
        });
        Ok(())
    }
}
