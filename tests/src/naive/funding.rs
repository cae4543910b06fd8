//! Funding: how far the book stood from the index, weighted by how long.

use super::{Naive, Outcome, book::Desk, number_of, refuse};
use counterweight::{error::ErrorCode, events::FundingUpdated};
use counterweight_risk::{funding::Funding, market::MODE_SETTLEMENT, orders::Side};

/// One, as a premium.
const ONE: i128 = 1 << 32;
/// Orders of a side that an impact price looks at.
const WALK: usize = 12;

/// The premium since the last look, and what it has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Premium {
    /// When the interval began; 0 before the first look.
    start: i64,
    /// The last look.
    seen: i64,
    /// The premium since then.
    premium: i64,
    /// Premium times seconds in this interval.
    area: i128,
    /// Rates that are due.
    due: i64,
    /// Intervals that are over.
    intervals: u64,
}

impl Premium {
    /// As the chain stores it.
    pub fn stored(&self) -> Funding {
        Funding {
            start: self.start,
            sampled: self.seen,
            premium: self.premium,
            sum: self.area as i64,
            pending: self.due,
            intervals: self.intervals,
        }
    }

    /// Lets time pass, one interval after the other.
    fn pass(&mut self, now: i64, interval: i64, cap: i64) {
        if self.start == 0 {
            (self.start, self.seen) = (now, now);
        }
        while self.start + interval <= now {
            let end = self.start + interval;
            self.area += i128::from(self.premium) * i128::from(end - self.seen);
            let mean = (self.area / i128::from(interval)) as i64;
            self.due += mean.clamp(-cap, cap);
            self.intervals += 1;
            (self.start, self.seen, self.area) = (end, end, 0);
        }
        self.area += i128::from(self.premium) * i128::from(now - self.seen);
        self.seen = now;
    }
}

impl Naive {
    fn pass(&mut self, market: usize) {
        let row = *self.row(market);
        // A ratio has 20 binary places, a rate 32.
        let cap = i64::from(row.funding_cap.0) * 4_096;
        let (now, interval) = (self.time, i64::from(row.funding_interval));
        self.markets[market].premium.pass(now, interval, cap);
    }

    /// What every change of a book ends with: it is counted, and the premium is looked at.
    pub(super) fn end(&mut self, desk: &Desk) {
        let market = desk.market;
        self.pass(market);
        self.markets[market].premium.premium = self.premium(desk);
        self.markets[market].sequence += 1;
    }

    /// How far the nearer impact price is on the far side of the index.
    fn premium(&self, desk: &Desk) -> i64 {
        if desk.usable.is_err() {
            return 0;
        }
        let asset = usize::from(self.row(desk.market).asset);
        let index = i128::from(self.tables.assets[asset].index.0);
        let share = |distance: i128| (distance * ONE / index).min(ONE) as i64;
        match (self.impact(desk, Side::Buy), self.impact(desk, Side::Sell)) {
            (Some(bid), _) if bid > index => share(bid - index),
            (_, Some(ask)) if ask < index => -share(index - ask),
            _ => 0,
        }
    }

    /// The mean price, with 16 binary places, of trading the impact notional against a side.
    fn impact(&self, desk: &Desk, side: Side) -> Option<i128> {
        let row = self.row(desk.market);
        let wanted = i128::from(row.impact_notional);
        let (mut lots, mut value) = (0, 0);
        let best = self.ranked(desk, side).into_iter().take(WALK);
        for order in best.filter(|order| desk.is_live(order)) {
            let price = i128::from(order.stands(desk)) * i128::from(row.tick_size);
            // Whole lots, the last one beyond what is wanted.
            let needed = (wanted - value + price - 1) / price;
            let part = i128::from(order.lots).min(needed);
            lots += part;
            value += part * price;
            if value >= wanted {
                return Some(value * 65_536 / lots);
            }
        }
        None
    }

    /// `update_funding`.
    pub(super) fn update_funding(&mut self, market: usize) -> Outcome<()> {
        let row = *self.row(market);
        let asset = &self.tables.assets[usize::from(row.asset)];
        let usable = asset.check_maintenance(row.asset, self.time);
        usable.map_err(number_of)?;
        let price = i128::from(asset.index.0);
        if row.mode == MODE_SETTLEMENT {
            return refuse(ErrorCode::MarketMode);
        }
        self.pass(market);
        let premium = &mut self.markets[market].premium;
        let rate = std::mem::take(&mut premium.due);
        let intervals = premium.intervals;
        // Towards zero, for both sides alike.
        let moved = (price * i128::from(rate) / ONE) as i64;
        let exposure = self.exposure(market);
        let row = &mut self.tables.markets[market];
        row.index = row.index.map(|index| index + moved);
        row.rescale(exposure as u64).map_err(number_of)?;
        let (index, scale) = (row.index[0], row.scale.0);
        self.tell(&FundingUpdated {
            market: market as u16,
            rate,
            index,
            intervals,
            scale,
        });
        Ok(())
    }

    /// The larger side's open interest, with what waits.
    pub(super) fn exposure(&self, market: usize) -> i64 {
        let (long, short) = self.open_interest(market);
        let (bought, sold, _) = self.markets[market].pending();
        (long + bought).max(short + sold)
    }
}
