//! The contracts on one asset: their lots netted, their options scenario by scenario.

use super::{
    AssetNeed, Net, Stage,
    explain::{FALL, RISE, SCENARIOS, STILL},
    linear::{self, notional, notional_floor},
    tally::Terms,
};
use crate::{
    asset::Asset,
    error::{Result, RiskError},
    fixed::{mul_div_floor, mul_shift_below},
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    units::{Lots, Price, QuoteAtoms, Ratio},
};

/// The lots on one asset. Each count is a sum of at most 128 numbers below 2^46: nothing wraps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    /// The fewest net lots of linear contracts that it can become.
    low: i64,
    /// The most.
    high: i64,
    /// Lots of all that can be long.
    longs: i64,
    /// Lots of all that can be short.
    shorts: i64,
    /// The larger of both of each position, summed.
    sizes: i64,
    /// The largest of them.
    largest: i64,
    /// Lots of collateral that hedge a short.
    covered: i64,
    /// The fewest and the most lots of linear contracts without it.
    bare: [i64; 2],
    /// Notional up to which no tier but the first of any of its markets asks for anything.
    small: Option<u64>,
    /// The largest multiplier of volatility of its markets.
    multiplier: Ratio,
    /// Where there are options and collateral: what of linear contracts there can be.
    pub(super) ends: Option<Ends>,
    /// The options.
    options: Options,
    /// What all options gain in each scenario, quote atoms. Of a book without them, whatever stands here.
    cells: [i64; SCENARIOS.len()],
}

/// The fewest and the most lots of linear contracts, as they count where the price falls and where it rises.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub falls: [i64; 2],
    pub rises: [i64; 2],
}

/// The options on one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    /// Whether there are any.
    any: bool,
    /// What resting orders, and moves of the index since the arrays were computed, can add to a loss; quote atoms.
    beyond: u64,
    /// The fewest lots of the underlying that they can stand for by delta.
    low: i64,
    /// The most.
    high: i64,
}

impl Group {
    /// Makes room for the positions on the next asset.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        // The cells are written when the first option comes.
        let cells = self.cells;
        *self = Self {
            cells,
            ..Self::default()
        };
    }

    /// Notes the terms of a market that counts.
    #[inline(always)]
    pub(super) fn note(&mut self, stage: Stage, market: &Market) {
        let first = stage.schedule(market).tiers[0].upper;
        self.small = Some(self.small.map_or(first, |small| small.min(first)));
        self.multiplier = self.multiplier.max(stage.multiplier(market));
    }

    /// Counts a linear position: its lots, and those of its resting bids and asks.
    #[inline(always)]
    pub(super) fn add(&mut self, lots: Lots, bids: Lots, asks: Lots) {
        let up = lots.0.wrapping_add(bids.0);
        let down = asks.0.wrapping_sub(lots.0);
        self.high = self.high.wrapping_add(up);
        self.low = self.low.wrapping_sub(down);
        self.add_sides(up, down);
    }

    #[inline(always)]
    fn add_sides(&mut self, up: i64, down: i64) {
        self.longs = self.longs.wrapping_add(up.max(0));
        self.shorts = self.shorts.wrapping_add(down.max(0));
        let size = up.max(down);
        self.sizes = self.sizes.wrapping_add(size);
        self.largest = self.largest.max(size);
    }

    /// Counts the delta of options that are held.
    pub(super) fn add_delta(&mut self, lots: i64) {
        self.options.low = self.options.low.wrapping_add(lots);
        self.options.high = self.options.high.wrapping_add(lots);
    }

    /// Counts a position in an option, and the bids and asks that rest for it.
    #[cold]
    #[inline(never)]
    pub(super) fn add_option(
        &mut self,
        stage: Stage,
        lots: Lots,
        orders: (Lots, Lots),
        market: &Market,
        asset: &Asset,
    ) -> Result<()> {
        let array = &market.array;
        if !self.options.any {
            self.cells = [0; SCENARIOS.len()];
            self.options.any = true;
        }
        array.add_to(&mut self.cells, lots)?;
        if stage == Stage::Maintenance {
            self.add_delta(array.delta_of(lots));
            return Ok(());
        }
        self.add_option_orders(lots, orders, market, asset)
    }

    /// Counts what resting orders can make of a position in an option: each lot that fills can add what a lot loses at
    /// worst. And what its scenarios may be off by, because the index has moved since they were computed.
    fn add_option_orders(
        &mut self,
        lots: Lots,
        (bids, asks): (Lots, Lots),
        market: &Market,
        asset: &Asset,
    ) -> Result<()> {
        let (array, options) = (&market.array, &mut self.options);
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(RiskError::Overflow);
        if bids.0 | asks.0 != 0 {
            let [long, short] = array.worst();
            let bought = notional(bids.size(), Price(long))?;
            let sold = notional(asks.size(), Price(short))?;
            options.beyond = sum(options.beyond, sum(bought, sold)?)?;
        }
        // Each below 2^46.
        let up = lots.0.wrapping_add(bids.0);
        let down = lots.0.wrapping_sub(asks.0);
        let [low, high] = array.delta_between(Lots(down), Lots(up));
        options.low = options.low.wrapping_add(low);
        options.high = options.high.wrapping_add(high);
        if array.index != asset.index {
            let largest = up.max(down.wrapping_neg()).max(0).unsigned_abs();
            let more = notional(largest, Price(array.drifted(asset.index, asset.scan.range)))?;
            options.beyond = sum(options.beyond, more)?;
        }
        Ok(())
    }

    /// The fewest net lots by delta.
    #[inline(always)]
    pub(super) fn net_low(&self) -> i64 {
        self.low.wrapping_add(self.options.low)
    }

    /// The most net lots by delta.
    #[inline(always)]
    pub(super) fn net_high(&self) -> i64 {
        self.high.wrapping_add(self.options.high)
    }

    /// Counts collateral as far as it hedges a short: what is more of it is judged by its weight alone. Returns what it
    /// stands for.
    ///
    /// With options a book that is short by delta may lose where the price falls. What the collateral loses there is judged
    /// by its weight as well: it counts where the price rises only. And with orders in options the scan looks at more than
    /// the ends of the net: a fill that leaves a net less short takes collateral away from the linear contracts.
    pub(super) fn cover(&mut self, lots: u64) -> Lots {
        let lots = i64::try_from(lots).unwrap_or(i64::MAX);
        let of = |net: i64| lots.min(net.min(0).saturating_neg());
        if self.options.any {
            let at =
                |linear: i64, option: i64| linear.saturating_add(of(linear.wrapping_add(option)));
            let (low, high) = (self.low, self.high);
            self.ends = Some(Ends {
                falls: [low, high],
                rises: [at(low, self.options.high), at(high, self.options.low)],
            });
        }
        let (low, high) = (of(self.net_low()), of(self.net_high()));
        // Of linear contracts no more than makes the scan smaller: orders may make the book as long as it is short. Of
        // options all that may count: the charge is held to what it saves.
        let (most, least) = (self.net_high().max(0), self.net_low().min(0));
        self.covered = if self.options.any {
            low
        } else {
            low.min(least.saturating_neg().saturating_sub(most).max(0))
        };
        self.bare = [self.low, self.high];
        self.low = self.low.saturating_add(low);
        self.high = self.high.saturating_add(high);
        Lots(lots)
    }

    /// The same without its collateral.
    fn uncovered(&self) -> Self {
        let [low, high] = self.bare;
        Self {
            low,
            high,
            ends: None,
            ..*self
        }
    }

    /// At most the lots that different contracts hedge of each other, whatever becomes of resting orders: each contract is
    /// on one side only. All options together are one contract, of their delta: among them prices do not come apart. And
    /// collateral that hedges is one: a future has its premium against the token as well. Beside options it is charged by
    /// itself, and for no more than it saves ([`Group::judge`]).
    fn hedged(&self) -> i64 {
        let mut all = *self;
        if self.options.any {
            all.add_sides(self.options.high, self.options.low.wrapping_neg());
        }
        if self.covered > 0 && !self.options.any {
            all.add_sides(self.covered, self.covered.wrapping_neg());
        }
        let others = all.sizes.wrapping_sub(all.largest);
        all.longs.min(all.shorts).min(others)
    }

    /// Writes down what it needs; returns what credits may count on.
    pub(super) fn judge(
        &self,
        terms: &Terms,
        index: u16,
        asset: &Asset,
        lots: &impl Fn(&Position, &Market) -> Result<Lots>,
        need: &mut AssetNeed,
    ) -> Result<Net> {
        let stage = terms.stage;
        let [long, short] = stage.prices(asset);
        let (low, high) = (self.net_low(), self.net_high());
        let mut net = self.net(long, short)?;
        let [up, down] = net.possible;
        let worst = up.max(down);
        let multiplier = self.multiplier;
        net.rate = asset.scan.range.times_ceil(multiplier)?;
        need.is_scanned = true;
        (need.low, need.high, need.range) = (Lots(low), Lots(high), net.rate);
        let scan = if self.options.any {
            let (scenario, loss) = self.worst_of_all(asset, stage)?;
            need.worst = scenario;
            let loss = loss.checked_add(self.options.beyond);
            let scan = multiplier.of_ceil(loss.ok_or(RiskError::Overflow)?)?;
            // A credit is a share of a scan: never of more than there is.
            let share = mul_div_floor(scan, 1 << 20, worst.max(1)).unwrap_or(u64::MAX);
            net.rate = net
                .rate
                .min(Ratio(u32::try_from(share).unwrap_or(u32::MAX)));
            scan
        } else {
            need.worst = match (worst, up >= down) {
                (0, _) => STILL,
                (_, true) => FALL,
                (_, false) => RISE,
            };
            net.rate.of_ceil(worst)?
        };
        need.scan = QuoteAtoms::from_unsigned(scan)?;
        let hedged = self.hedged();
        if hedged > 0 {
            // More than is held of one contract: the dearer of both prices.
            let basis = notional(hedged.unsigned_abs(), long.max(short))?;
            let charge = asset.scan.spread.times_ceil(multiplier)?.of_ceil(basis)?;
            need.hedged = Lots(hedged);
            need.spread = QuoteAtoms::from_unsigned(charge)?;
        }
        if self.options.any && self.covered > 0 {
            let basis = notional(self.covered.unsigned_abs(), long.max(short))?;
            let charge = asset.scan.spread.times_ceil(multiplier)?.of_ceil(basis)?;
            let (_, loss) = self.uncovered().worst_of_all(asset, stage)?;
            let loss = loss.checked_add(self.options.beyond);
            let bare = multiplier.of_ceil(loss.ok_or(RiskError::Overflow)?)?;
            let charge = QuoteAtoms::from_unsigned(charge.min(bare.saturating_sub(scan)))?;
            need.hedged = Lots(hedged.saturating_add(self.covered));
            need.spread = need.spread.plus(charge)?;
        }
        if self.small.is_some_and(|small| worst > small) {
            need.size = QuoteAtoms::from_unsigned(size(terms, index, worst, lots)?)?;
        }
        Ok(net)
    }

    /// The notional of the net, sure and possible, longs and shorts at their prices.
    #[inline(always)]
    fn net(&self, long: Price, short: Price) -> Result<Net> {
        let (low, high) = (self.net_low(), self.net_high());
        let mut net = Net::default();
        if low == high {
            // Without resting orders all of it is sure: the same product, rounded both ways.
            let side = usize::from(high < 0);
            let product = mul_shift_below::<16, 60>(high.unsigned_abs(), [long, short][side].0);
            let (floor, inexact) = product.ok_or(RiskError::Overflow)?;
            net.sure[side] = floor;
            net.possible[side] = floor.wrapping_add(u64::from(inexact));
            return Ok(net);
        }
        net.possible = [
            notional(high.max(0).unsigned_abs(), long)?,
            notional(low.min(0).unsigned_abs(), short)?,
        ];
        net.sure = [
            notional_floor(low.max(0).unsigned_abs(), long)?,
            notional_floor(high.min(0).unsigned_abs(), short)?,
        ];
        Ok(net)
    }

    /// The worst scenario of options and linear contracts together, and the loss in it, at least nothing.
    #[cold]
    #[inline(never)]
    fn worst_of_all(&self, asset: &Asset, stage: Stage) -> Result<(usize, u64)> {
        let nets = [self.low, self.high];
        let ends = self.ends.unwrap_or(Ends {
            falls: nets,
            rises: nets,
        });
        linear::worst_of(&self.cells, &ends, asset, stage)
    }
}

/// What the tiers of the markets ask of a net position on an asset above their first rate: the most that any of them does.
#[cold]
#[inline(never)]
fn size(
    terms: &Terms,
    index: u16,
    notional: u64,
    lots: &impl Fn(&Position, &Market) -> Result<Lots>,
) -> Result<u64> {
    let mut most = 0;
    let positions = terms.account.positions.iter();
    for position in positions.filter(|position| position.asset == index) {
        let market = terms.book.market(position.market)?;
        let (bids, asks) = terms.stage.orders(position);
        let schedule = terms.stage.schedule(market);
        let first = &schedule.tiers[0];
        if notional <= first.upper || market.mode == MODE_SETTLEMENT {
            continue;
        }
        if lots(position, market)?.0 | bids.0 | asks.0 == 0 {
            continue;
        }
        let whole = schedule.requirement(notional)?;
        let more = whole.saturating_sub(first.rate.of_ceil(notional)?);
        most = most.max(if terms.stage == Stage::Maintenance {
            more
        } else {
            market.maintenance_fraction.of_ceil(more)?
        });
    }
    Ok(most)
}
