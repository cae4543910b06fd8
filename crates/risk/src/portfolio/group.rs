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
    expiry::Contract,
    fixed::{mul_div_floor, mul_shift_below},
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    units::{Lots, Price, QuoteAtoms, Ratio},
};

/// The lots on one asset. Each count is a sum of at most 128 numbers below 2^46: nothing wraps.
#[derive(Clone, Copy, Debug)]
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
    small: u64,
    /// The largest multiplier of volatility of its markets.
    multiplier: Ratio,
    /// Whether there is anything but options that are held long, for which no order rests.
    pub(super) other: bool,
    /// What they are worth, as long as there is nothing else.
    pub(super) worth: QuoteAtoms,
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
    /// Nothing.
    pub(super) const fn new() -> Self {
        Self {
            low: 0,
            high: 0,
            longs: 0,
            shorts: 0,
            sizes: 0,
            largest: 0,
            covered: 0,
            bare: [0; 2],
            small: u64::MAX,
            multiplier: Ratio::ZERO,
            other: false,
            worth: QuoteAtoms::ZERO,
            ends: None,
            options: Options {
                any: false,
                beyond: 0,
                low: 0,
                high: 0,
            },
            cells: [0; SCENARIOS.len()],
        }
    }

    /// Makes room for the positions on the next asset. One by one: the cells, which are most of it, are written when the
    /// first option comes.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        (self.low, self.high) = (0, 0);
        (self.longs, self.shorts, self.sizes, self.largest) = (0, 0, 0, 0);
        self.covered = 0;
        (self.other, self.worth) = (false, QuoteAtoms::ZERO);
        (self.small, self.multiplier) = (u64::MAX, Ratio::ZERO);
        self.ends = None;
        self.options = Options::default();
    }

    /// Notes the terms of a market that counts.
    #[inline(always)]
    pub(super) fn note(&mut self, stage: Stage, market: &Market) {
        self.small = self.small.min(stage.schedule(market).tiers[0].upper);
        self.multiplier = self.multiplier.max(stage.multiplier(market));
    }

    /// Counts a linear position: its lots, and those of its resting bids and asks, as far as they still move with the index.
    /// Where a part of a contract's mean is fixed, less of it hedges, and less of it is at risk.
    #[inline(always)]
    pub(super) fn add(&mut self, lots: Lots, bids: Lots, asks: Lots, contract: &Contract) {
        let up = contract.moving(lots.0.wrapping_add(bids.0));
        let down = contract.moving(asks.0.wrapping_sub(lots.0));
        self.high = self.high.wrapping_add(up);
        self.low = self.low.wrapping_sub(down);
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
        if lots == 0 {
            return Lots::ZERO;
        }
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
    #[inline(always)]
    fn hedged(&self) -> i64 {
        let (mut longs, mut shorts) = (self.longs, self.shorts);
        let (mut sizes, mut largest) = (self.sizes, self.largest);
        if self.options.any {
            let (up, down) = (self.options.high, self.options.low.wrapping_neg());
            longs = longs.wrapping_add(up.max(0));
            shorts = shorts.wrapping_add(down.max(0));
            sizes = sizes.wrapping_add(up.max(down));
            largest = largest.max(up.max(down));
        } else if self.covered > 0 {
            longs = longs.wrapping_add(self.covered);
            sizes = sizes.wrapping_add(self.covered);
            largest = largest.max(self.covered);
        }
        longs.min(shorts).min(sizes.wrapping_sub(largest))
    }

    /// Writes down what it needs; returns what credits may count on. `held` says how many lots of a position there are.
    pub(super) fn judge(
        &self,
        terms: &Terms,
        index: u16,
        asset: &Asset,
        held: &impl Fn(&Position, &Market) -> Result<Lots>,
        need: &mut AssetNeed,
    ) -> Result<Net> {
        let [long, short] = terms.stage.prices(asset);
        let mut net = self.net(long, short)?;
        let [up, down] = net.possible;
        let worst = up.max(down);
        net.rate = asset.scan.range.times_ceil(self.multiplier)?;
        need.is_scanned = true;
        (need.low, need.high) = (Lots(self.net_low()), Lots(self.net_high()));
        need.range = net.rate;
        let scan = if self.options.any {
            let (scenario, scan) = self.scan(asset, terms.stage)?;
            need.worst = scenario;
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
            need.hedged = Lots(hedged);
            need.spread = QuoteAtoms::from_unsigned(self.spread(hedged, terms.stage, asset)?)?;
        }
        if self.options.any && self.covered > 0 {
            // For no more than what the collateral saves.
            let (_, bare) = self.uncovered().scan(asset, terms.stage)?;
            let charge = self.spread(self.covered, terms.stage, asset)?;
            let charge = charge.min(bare.saturating_sub(scan));
            need.hedged = Lots(hedged.saturating_add(self.covered));
            need.spread = need.spread.plus(QuoteAtoms::from_unsigned(charge)?)?;
        }
        if worst > self.small {
            need.size = QuoteAtoms::from_unsigned(size(terms, index, worst, held)?)?;
        }
        Ok(net)
    }

    /// What lots that are hedged by another contract are charged.
    #[inline(always)]
    fn spread(&self, lots: i64, stage: Stage, asset: &Asset) -> Result<u64> {
        let [long, short] = stage.prices(asset);
        // More than is held of one contract: the dearer of both prices.
        let basis = notional(lots.unsigned_abs(), long.max(short))?;
        let rate = asset.scan.spread.times_ceil(self.multiplier)?;
        rate.of_ceil(basis)
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

    /// The worst scenario of options and linear contracts together, and what is asked for it: the loss in it, at least
    /// nothing, with what can come on top of it, times the multiplier.
    #[cold]
    #[inline(never)]
    fn scan(&self, asset: &Asset, stage: Stage) -> Result<(usize, u64)> {
        let nets = [self.low, self.high];
        let ends = self.ends.unwrap_or(Ends {
            falls: nets,
            rises: nets,
        });
        let (scenario, loss) = linear::worst_of(&self.cells, &ends, asset, stage)?;
        let loss = loss.checked_add(self.options.beyond);
        let scan = self.multiplier.of_ceil(loss.ok_or(RiskError::Overflow)?)?;
        Ok((scenario, scan))
    }
}

/// What the tiers of the markets ask of a net position on an asset above their first rate: the most that any of them does.
#[cold]
#[inline(never)]
fn size(
    terms: &Terms,
    index: u16,
    notional: u64,
    held: &impl Fn(&Position, &Market) -> Result<Lots>,
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
        if held(position, market)?.0 | bids.0 | asks.0 == 0 {
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
