//! What happened on the books of a clearinghouse: fills, fees, funding, pruned orders, triggers.

use crate::book::View;
use counterweight::events::OrderProcessed;
use counterweight_risk::funding::ONE;

/// Orders that were taken out of the books before their account could be liquidated.
#[derive(Clone, Copy, Debug)]
pub struct Pruning {
    /// The step.
    pub step: usize,
    /// Index of the actor.
    pub actor: usize,
    /// How many.
    pub orders: usize,
}

/// A trigger order that was executed.
#[derive(Clone, Copy, Debug)]
pub struct Fired {
    /// The step.
    pub step: usize,
    /// Index of the actor.
    pub actor: usize,
    /// Index of the market.
    pub market: usize,
    /// Lots that it sold.
    pub lots: i64,
    /// What they were sold for, quote atoms.
    pub value: i64,
    /// Its price in ticks.
    pub price: i64,
    /// What the keeper earned, quote atoms.
    pub fee: i64,
}

/// A market's funding index moved.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The step.
    pub step: usize,
    /// Index of the market.
    pub market: usize,
    /// The rate in basis points: positive where longs paid.
    pub bps: f64,
}

/// A book that was looked at.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The step.
    pub step: usize,
    /// When that was, in words.
    pub when: &'static str,
    /// The book.
    pub view: View,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// Fills that the maker's account had at once.
    pub at_once: usize,
    /// Fills that waited in a queue.
    pub queued: usize,
    /// Those of them that the keeper has brought to their makers.
    pub settled: usize,
    /// Quote atoms traded on the books.
    pub volume: i64,
    /// Fees that takers paid.
    pub taker_fees: i64,
    /// Fees that makers paid.
    pub maker_fees: i64,
    /// Rebates that makers received.
    pub rebates: i64,
    /// Times that a ladder was placed.
    pub requotes: usize,
    /// Orders that were placed by it.
    pub quotes: usize,
    /// Trades whose lots and value were computed before, from the decoded book.
    pub previewed: usize,
    /// Liquidations that were refused because orders still rested.
    pub refused: usize,
    /// Orders pruned.
    pub prunings: Vec<Pruning>,
    /// Triggers executed.
    pub fired: Vec<Fired>,
    /// Funding.
    pub rates: Vec<Rate>,
    /// Funding rates and indices that were compared with the engine's.
    pub rates_compared: usize,
    /// What each actor has received by funding in each market, minus what it paid, quote atoms.
    pub funding: Vec<[i64; 3]>,
    /// Spread of each market at the end of each step, basis points.
    pub spreads: Vec<[Option<f64>; 3]>,
    /// Premium of each market at the end of each step, basis points.
    pub premiums: Vec<[f64; 3]>,
    /// Books that were looked at.
    pub snapshots: Vec<Snapshot>,
}

/// A premium or a rate (signed 32.32) in basis points.
pub fn basis_points(rate: i64) -> f64 {
    rate as f64 * 10_000.0 / ONE as f64
}

impl Tape {
    /// Takes note of a trade.
    pub fn count(&mut self, trade: &OrderProcessed) {
        self.volume += trade.value;
        self.taker_fees += trade.fee;
        for fill in trade.fills.iter().filter(|fill| fill.filled) {
            if fill.settled {
                self.at_once += 1;
            } else {
                self.queued += 1;
            }
            self.maker_fees += fill.fee.max(0);
            self.rebates -= fill.fee.min(0);
        }
    }

    /// Orders pruned in all.
    pub fn pruned(&self) -> usize {
        self.prunings.iter().map(|pruning| pruning.orders).sum()
    }

    /// What an actor has received by funding in all markets, minus what it paid.
    pub fn funding_of(&self, actor: usize) -> i64 {
        self.funding
            .get(actor)
            .map_or(0, |parts| parts.iter().sum())
    }

    /// The funding rates of a market, basis points.
    pub fn rates_of(&self, market: usize) -> impl Iterator<Item = f64> {
        let of = move |rate: &&Rate| rate.market == market;
        self.rates.iter().filter(of).map(|rate| rate.bps)
    }

    /// The narrowest and the widest spread of a market, basis points.
    pub fn spread_range(&self, market: usize) -> [f64; 2] {
        let all = self.spreads.iter().filter_map(|spreads| spreads[market]);
        all.fold([f64::INFINITY, 0.0], |[low, high], spread| {
            [low.min(spread), high.max(spread)]
        })
    }

    /// Steps at whose end the book of a market had no two sides: its pegged orders slept.
    pub fn asleep(&self, market: usize) -> usize {
        let sleeps = |spreads: &&[Option<f64>; 3]| spreads[market].is_none();
        self.spreads.iter().filter(sleeps).count()
    }
}
