//! A market's book as anybody sees it from its account: the orders that can trade now, merged as the
//! program merges them, and what an order would trade against them.

use anchor_lang::prelude::Pubkey;
use counterweight::book::Order;
use counterweight_risk::orders::Side;
use counterweight_simnet::Exchange;

/// What stands at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price in ticks.
    pub ticks: i64,
    /// Lots of all orders there.
    pub lots: i64,
}

/// A book at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The index in ticks, exactly.
    pub index: f64,
    /// Quote atoms per lot and tick.
    pub tick_size: i64,
    /// Bids from the best one down.
    pub bids: Vec<Level>,
    /// Asks from the best one up.
    pub asks: Vec<Level>,
}

impl View {
    /// Reads a market's book. Pegged orders sleep while nobody may add risk at the price.
    pub fn read(x: &Exchange, market: u16) -> Self {
        Self::of(x, market, |_| true)
    }

    /// As [`View::read`], with what an order meets that passes the accounts of these makers: a pegged
    /// order trades only into its maker's account.
    pub fn with(x: &Exchange, market: u16, makers: &[Pubkey]) -> Self {
        Self::of(x, market, |order| {
            !order.is_pegged() || makers.contains(&Pubkey::from(order.maker))
        })
    }

    fn of(x: &Exchange, market: u16, meets: impl Fn(&Order) -> bool) -> Self {
        let tables = x.tables();
        let row = &tables.markets[usize::from(market)];
        let asset = &tables.assets[usize::from(row.asset)];
        let (now, tick) = (x.chain.time(), row.tick_size << 16);
        let awake = asset.check_initial(row.asset, now, u32::MAX).is_ok();
        let book = x.order_book(market);
        let side = |side: Side| {
            let index = match side {
                Side::Buy => asset.index.0 / tick,
                Side::Sell => asset.index.0.div_ceil(tick),
            } as i64;
            let level = |order: &Order| Level {
                ticks: order.price + if order.is_pegged() { index } else { 0 },
                lots: order.lots,
            };
            let all = book.resting(side, false).chain(book.resting(side, true));
            let tradable = all.map(|(_, order)| order).filter(|order| {
                let asleep = order.is_pegged() && !awake;
                !asleep && meets(order) && order.trades_at(level(order).ticks, now)
            });
            sorted(tradable.map(level).collect(), side)
        };
        Self {
            index: asset.index.0 as f64 / tick as f64,
            tick_size: row.tick_size as i64,
            bids: side(Side::Buy),
            asks: side(Side::Sell),
        }
    }

    /// The side that an order of these lots trades against.
    fn other(&self, lots: i64) -> &[Level] {
        if lots > 0 { &self.asks } else { &self.bids }
    }

    /// Lots and value that an order of these signed lots would trade up to a limit in ticks.
    pub fn preview(&self, lots: i64, limit: i64) -> (i64, i64) {
        let (mut left, mut value) = (lots.abs(), 0);
        for level in self.other(lots) {
            let beyond = if lots > 0 {
                level.ticks > limit
            } else {
                level.ticks < limit
            };
            if beyond {
                break;
            }
            let part = left.min(level.lots);
            value += part * level.ticks * self.tick_size;
            left -= part;
        }
        (lots.abs() - left, value)
    }

    /// How far a price is from the index, in basis points.
    pub fn distance(&self, ticks: i64) -> f64 {
        (ticks as f64 / self.index - 1.0) * 10_000.0
    }

    /// Best ask less best bid, in basis points of the index; none while a side is empty.
    pub fn spread(&self) -> Option<f64> {
        let (bid, ask) = (self.bids.first()?, self.asks.first()?);
        Some((ask.ticks - bid.ticks) as f64 / self.index * 10_000.0)
    }

    /// The levels of a side: distance from the index in basis points, lots, and the value in dollars
    /// from the best price to here.
    pub fn depth(&self, side: Side) -> Vec<(f64, i64, f64)> {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        let mut value = 0.0;
        levels
            .iter()
            .map(|level| {
                value += (level.lots * level.ticks * self.tick_size) as f64 / 1e6;
                (self.distance(level.ticks), level.lots, value)
            })
            .collect()
    }
}

/// The best price first, and one level for each price.
fn sorted(mut all: Vec<Level>, side: Side) -> Vec<Level> {
    all.sort_by_key(|level| match side {
        Side::Buy => -level.ticks,
        Side::Sell => level.ticks,
    });
    let mut levels: Vec<Level> = Vec::with_capacity(all.len());
    for level in all {
        match levels.last_mut() {
            Some(last) if last.ticks == level.ticks => last.lots += level.lots,
            _ => levels.push(level),
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let level = |ticks, lots| Level { ticks, lots };
        View {
            index: 1_000.0,
            tick_size: 10,
            bids: sorted(vec![level(998, 5), level(999, 2), level(998, 1)], Side::Buy),
            asks: sorted(vec![level(1_003, 4), level(1_002, 3)], Side::Sell),
        }
    }

    #[test]
    fn an_order_is_previewed_level_by_level_up_to_its_limit() {
        assert_eq!(view().preview(5, 1_003), (5, (3 * 1_002 + 2 * 1_003) * 10));
        assert_eq!(view().preview(5, 1_002), (3, 3 * 1_002 * 10));
        assert_eq!(view().preview(-100, 1), (8, (2 * 999 + 6 * 998) * 10));
        assert_eq!(view().preview(-1, 1_000), (0, 0));
    }

    #[test]
    fn the_spread_is_what_lies_between_the_best_prices() {
        assert!((view().spread().unwrap() - 30.0).abs() < 1e-9);
        assert_eq!(view().bids[1].lots, 6, "one level for each price");
    }
}
