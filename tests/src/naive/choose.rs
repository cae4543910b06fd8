//! What to do next, by the state of the naive exchange.

mod orders;

use super::{Action, Naive};
use crate::{actions::Quote as Price, rng::Rng};
use counterweight::Guards;
use counterweight_risk::MarketTerms;

/// What a sequence is mostly about.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Per cent of instructions that pass all makers, and that pass none.
    hand: [u64; 2],
    /// Per cent of pegged orders.
    pegged: u64,
    /// Weight of settling, of re-quoting, of cancelling, of prices, of trading.
    weights: [u64; 5],
    /// How far into the other side orders are priced, and how far away from it, in steps.
    reach: [i64; 2],
    /// Traders that act more often: the first ones are rich, the last ones poor.
    favoured: [usize; 2],
    /// Per cent of orders that are as large as margin allows, or larger.
    stretched: u64,
}

impl Style {
    /// The style of a seed.
    pub const fn of(seed: u64) -> Self {
        let mixed = Self {
            hand: [35, 35],
            pegged: 20,
            weights: [7, 9, 7, 8, 9],
            reach: [6, 12],
            favoured: [0, 7],
            stretched: 4,
        };
        match seed % 6 {
            // Fills wait.
            1 => Self {
                hand: [1, 97],
                weights: [0, 22, 1, 4, 22],
                reach: [1, 8],
                favoured: [0, 3],
                ..mixed
            },
            // Books are full.
            2 => Self {
                hand: [20, 60],
                weights: [5, 40, 3, 4, 6],
                reach: [1, 30],
                favoured: [0, 4],
                ..mixed
            },
            // Orders follow the index.
            3 => Self {
                pegged: 65,
                weights: [6, 9, 6, 20, 9],
                ..mixed
            },
            // Margin is short.
            4 => Self {
                weights: [4, 6, 2, 22, 14],
                hand: [75, 10],
                favoured: [4, 7],
                stretched: 45,
                ..mixed
            },
            // Makers are at hand.
            5 => Self {
                hand: [90, 5],
                weights: [3, 10, 6, 8, 9],
                ..mixed
            },
            _ => mixed,
        }
    }
}

/// Someone, somewhere.
struct Chooser<'a> {
    naive: &'a Naive,
    rng: &'a mut Rng,
    style: Style,
    terms: &'a [MarketTerms],
    prices: &'a [i64],
}

/// The next action. `prices` are the last published ones, `terms` the markets' as deployed.
pub fn choose(
    naive: &Naive,
    rng: &mut Rng,
    style: Style,
    prices: &[i64],
    terms: &[MarketTerms],
) -> Action {
    Chooser {
        naive,
        rng,
        style,
        terms,
        prices,
    }
    .choose()
}

impl Chooser<'_> {
    fn choose(&mut self) -> Action {
        let desk = self.naive.desk(0);
        if desk.usable.is_err() && self.rng.chance(40) {
            return self.prices();
        }
        let restricted = (0..2).find(|market| self.naive.tables.markets[*market].mode != 0);
        if let Some(market) = restricted
            && self.rng.chance(10)
        {
            return self.terms(market, true);
        }
        let [settle, quotes, cancel, price, trade] = self.style.weights;
        let short = |who: usize| {
            let health = self.naive.maintenance(who);
            let short = health.is_ok_and(|h| h.equity < h.requirement);
            short && self.naive.accounts[who].liquidation_start == 0
        };
        if (0..8).any(short) && self.rng.chance(35) {
            return self.flag();
        }
        let make = self.rng.weighted::<fn(&mut Self) -> Action>(&[
            (38, Self::place),
            (trade, Self::trade),
            (8, Self::edit),
            (cancel, Self::cancel),
            (quotes, Self::quotes),
            (3, Self::prune),
            (settle, Self::settle),
            (3, |c| Action::Funding(c.market())),
            (2, Self::discount),
            (1, |c| {
                let market = c.market();
                c.terms(market, false)
            }),
            (2, Self::flag),
            (price, Self::prices),
            (4, |c| {
                let (low, high) = c
                    .rng
                    .weighted(&[(80, (1, 15)), (12, (40, 90)), (8, (200, 900))]);
                Action::Time(c.rng.range(low, high))
            }),
        ]);
        make(self)
    }

    fn who(&mut self) -> usize {
        let [low, high] = self.style.favoured;
        if self.rng.chance(75) {
            return self.rng.range(low as i64, high as i64) as usize;
        }
        self.rng.below(8) as usize
    }

    fn market(&mut self) -> usize {
        usize::from(self.rng.chance(30))
    }

    fn hand(&mut self) -> Vec<usize> {
        let [all, none] = self.style.hand;
        match self.rng.below(100) {
            at if at < all => (0..8).collect(),
            at if at < all + none => Vec::new(),
            _ => (0..8).filter(|_| self.rng.chance(45)).collect(),
        }
    }

    fn guards(&mut self, who: usize) -> Guards {
        let mut guards = Guards::default();
        if self.rng.chance(92) {
            return guards;
        }
        let sequence = self.naive.accounts[who].sequence;
        if self.rng.chance(40) {
            guards.expected_sequence = Some(sequence + u64::from(self.rng.chance(20)));
        }
        if self.rng.chance(40) {
            guards.min_margin_ratio_after_bps = Some(self.rng.range(5_000, 400_000) as u32);
        }
        if self.rng.chance(40) {
            guards.max_price_age = Some(self.rng.range(0, 70) as u32);
        }
        guards
    }

    fn prune(&mut self) -> Action {
        let market = self.market();
        let who = match self.some_order(market) {
            Some((who, _)) if self.rng.chance(70) => who,
            _ => self.who(),
        };
        let limit = self.rng.weighted(&[(80, 64), (10, 1), (5, 3), (5, 0)]);
        Action::Prune { who, market, limit }
    }

    fn settle(&mut self) -> Action {
        let market = self.market();
        let mut makers: Vec<usize> = (0..8).filter(|_| self.rng.chance(30)).collect();
        let waits: Vec<usize> = self.naive.markets[market]
            .queue
            .iter()
            .flatten()
            .map(|entry| entry.maker)
            .collect();
        if !waits.is_empty() && self.rng.chance(75) {
            makers.push(self.rng.pick(&waits));
        }
        if self.rng.chance(40) {
            makers.reverse();
        }
        let limit = self.rng.weighted(&[(70, 32), (15, 1), (10, 3), (5, 0)]);
        Action::Settle {
            market,
            makers,
            limit,
        }
    }

    /// Mostly of one that is below maintenance margin, or that is in liquidation.
    fn flag(&mut self) -> Action {
        let short = |who: &usize| {
            let health = self.naive.maintenance(*who);
            let short = health.is_ok_and(|h| h.equity < h.requirement);
            short || self.naive.accounts[*who].liquidation_start != 0
        };
        let short: Vec<usize> = (0..8).filter(short).collect();
        if short.is_empty() || self.rng.chance(10) {
            return Action::Flag(self.who());
        }
        Action::Flag(self.rng.pick(&short))
    }

    fn discount(&mut self) -> Action {
        let any = self.rng.range(0, 10_050) as u16;
        Action::Discount {
            who: self.rng.below(8) as usize,
            bps: self.rng.pick(&[0, 10_000, 10_001, any, any, any]),
        }
    }

    fn terms(&mut self, market: usize, restore: bool) -> Action {
        let mut terms = self.terms[market];
        if !restore {
            terms.mode = self.rng.weighted(&[(50, 0), (25, 1), (23, 2), (2, 3)]);
            terms.taker_fee_tenths_bps = self.rng.range(0, 60) as u32;
            terms.maker_fee_tenths_bps = self.rng.range(-30, 40) as i32;
            terms.min_order_lots = self.rng.pick(&[1, 10, 10, 12]);
        }
        Action::Terms {
            market,
            terms: Box::new(terms),
        }
    }

    fn prices(&mut self) -> Action {
        let quote = |c: &mut Self, asset: u16| {
            let before = c.prices[usize::from(asset)];
            let start = [1, 15_000_000_000, 10_000_000_000_000][usize::from(asset)];
            let wide = match c.rng.below(100) {
                0..6 => 90,
                6..25 => 40,
                _ => 3,
            };
            let moved = before + before / 1_000 * c.rng.range(-wide, wide);
            let price = (moved + c.rng.range(-9_999, 9_999)).clamp(start / 2, start * 2);
            let confidence = if c.rng.chance(4) {
                price / 40
            } else {
                price / c.rng.range(800, 9_000)
            };
            let average = if c.rng.chance(4) {
                price * 5 / 6
            } else {
                price
            };
            Price {
                asset,
                price,
                confidence: confidence.unsigned_abs(),
                average,
            }
        };
        let quotes = vec![quote(self, 1), quote(self, 2)];
        Action::Price {
            seconds: self.rng.range(1, 4),
            quotes,
        }
    }
}
