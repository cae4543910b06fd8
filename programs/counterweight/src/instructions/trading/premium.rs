//! The premium of a market's book over its index: what funding is made of. Sampled by every
//! instruction that changes a book.

use super::desk::Desk;
use crate::book::Book;
use counterweight_risk::{
    Lots, Price, Ticks,
    fixed::mul_div_floor,
    funding::{Funding, premium},
    market::KIND_PERPETUAL,
    orders::Side,
};

/// Orders of a side that an impact price looks at.
const IMPACT_WALK: usize = 12;

impl Desk<'_, '_> {
    /// Brings funding up to date with the premium so far, and samples the one from now on. Only perpetuals have any.
    pub fn sample(&self, book: &Book, funding: &mut Funding) {
        if self.row.kind != KIND_PERPETUAL {
            return;
        }
        funding.advance(self.now, self.row.funding_interval, self.row.funding_cap);
        let found = if self.index.usable {
            let (bid, ask) = (self.impact(book, Side::Buy), self.impact(book, Side::Sell));
            premium(self.asset.index, bid, ask)
        } else {
            // Nothing can be said against an index that nobody may trade on.
            0
        };
        funding.sample(found);
    }

    /// The mean price of trading the impact notional against a side, where it can reach beyond the
    /// index; none where it cannot (the best order stands on its own side of the index: most often), or
    /// where the best orders hold less.
    fn impact(&self, book: &Book, side: Side) -> Option<Price> {
        let best = book.best(side, self.index)?.price;
        let beyond = match side {
            Side::Buy => best > self.index.floor,
            Side::Sell => best < self.index.ceil,
        };
        if !beyond {
            return None;
        }
        let wanted = self.row.impact_notional;
        let (mut lots, mut value) = (0u64, 0u64);
        for best in book.merged(side, self.index).take(IMPACT_WALK) {
            let order = book.order(best.slot);
            if !self.is_live(order, best.price) {
                continue;
            }
            let ticks = Ticks(best.price.unsigned_abs());
            let unit = Lots(1)
                .cost(ticks, self.row.tick_size)
                .ok()?
                .0
                .unsigned_abs();
            let left = wanted.saturating_sub(value);
            let part = order.lots.unsigned_abs().min(left.div_ceil(unit));
            // Below the impact notional and one lot more: 2^50 + 2^40.
            value += part * unit;
            lots += part;
            if value >= wanted {
                return mul_div_floor(value, 1 << 16, lots).map(Price);
            }
        }
        None
    }
}
