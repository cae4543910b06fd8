//! The contracts on one asset: their lots netted, their options scenario by scenario.

use super::{
    AssetNeed, Net, Stage,
    explain::{FALL, RISE, SCENARIOS, STILL},
};
use crate::{
    asset::Asset,
    error::{Result, RiskError},
    fixed::{mul_div_floor, mul_shift_below},
    market::{MODE_SETTLEMENT, Market},
    position::Position,
    standard::{Book, option_requirement},
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
    /// Bits of the positions that nothing is left of, nor rests for: those of a book as it would be.
    closed: u128,
    /// The options.
    options: Options,
    /// Where there are options and collateral: what of linear contracts there can be.
    ends: Option<Ends>,
}

/// The fewest and the most lots of linear contracts, as they count where the price falls and where it rises.
#[derive(Clone, Copy, Debug)]
struct Ends {
    falls: [i64; 2],
    rises: [i64; 2],
}

/// The options on one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    /// Whether there are any.
    any: bool,
    /// What all of them gain in each scenario, quote atoms.
    cells: [i64; SCENARIOS.len()],
    /// What resting orders, and moves of the index since the arrays were computed, can add to a loss; quote atoms.
    beyond: u64,
    /// The fewest lots of the underlying that they can stand for by delta.
    low: i64,
    /// The most.
    high: i64,
}

/// What is the same for all positions of a pass.
pub(super) struct Terms<'a> {
    pub book: &'a Book<'a>,
    pub stage: Stage,
    pub now: i64,
}

impl Group {
    /// Sums the positions on one asset, and their Standard requirement.
    #[inline(always)]
    pub(super) fn gather(
        terms: &Terms,
        positions: &[Position],
        asset: &Asset,
        lots: &impl Fn(&Position, &Market) -> Result<Lots>,
    ) -> Result<(Self, QuoteAtoms)> {
        let stage = terms.stage;
        let prices = stage.prices(asset);
        let mut group = Self::default();
        let mut summed = QuoteAtoms::ZERO;
        for (at, position) in positions.iter().enumerate() {
            let market = terms.book.market(position.market)?;
            if market.mode == MODE_SETTLEMENT {
                continue;
            }
            let held = lots(position, market)?;
            let (bids, asks) = stage.orders(position);
            if held.0 | bids.0 | asks.0 == 0 {
                // An account has at most 128 positions.
                group.closed |= 1 << (at & 127);
                continue;
            }
            if market.is_option() {
                let position = Position {
                    lots: held,
                    ..*position
                };
                let charge = group.add_option(terms, &position, market, asset)?;
                summed = summed.plus(charge)?;
                continue;
            }
            group.add(held, bids, asks);
            // Both below 2^46, as in `Group::add`.
            let largest = held.0.wrapping_add(bids.0).max(asks.0.wrapping_sub(held.0));
            let price = prices[usize::from(held.0 < 0)];
            let notional = notional(largest.max(0).unsigned_abs(), price)?;
            summed = summed.plus(stage.schedule(market).charge(notional)?)?;
        }
        Ok((group, summed))
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

    /// Counts a position in an option; returns its Standard requirement.
    #[cold]
    #[inline(never)]
    fn add_option(
        &mut self,
        terms: &Terms,
        position: &Position,
        market: &Market,
        asset: &Asset,
    ) -> Result<QuoteAtoms> {
        let (array, lots) = (&market.array, position.lots);
        let options = &mut self.options;
        options.any = true;
        array.add_to(&mut options.cells, lots)?;
        if terms.stage == Stage::Maintenance {
            self.add_delta(array.delta_of(lots));
            let price = market.option_price(position.market, asset, lots.0 >= 0, terms.now)?;
            let (value, _) = lots.value_and_notional(price)?;
            let (_, notional) = lots.value_and_notional(asset.index)?;
            return Market::option_charge(&market.maintenance, lots, value, notional);
        }
        let row = market.priced(position.market, asset, terms.now)?;
        self.add_option_orders(position, market, asset)?;
        option_requirement(position, market, asset, &row)
    }

    /// Counts what resting orders can make of a position in an option: each lot that fills can add what a lot loses at
    /// worst. And what its scenarios may be off by, because the index has moved since they were computed.
    fn add_option_orders(
        &mut self,
        position: &Position,
        market: &Market,
        asset: &Asset,
    ) -> Result<()> {
        let (array, options) = (&market.array, &mut self.options);
        let (bids, asks) = (position.bid_lots, position.ask_lots);
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(RiskError::Overflow);
        if bids.0 | asks.0 != 0 {
            let [long, short] = array.worst();
            let bought = notional(bids.size(), Price(long))?;
            let sold = notional(asks.size(), Price(short))?;
            options.beyond = sum(options.beyond, sum(bought, sold)?)?;
        }
        // Each below 2^46.
        let up = position.lots.0.wrapping_add(bids.0);
        let down = position.lots.0.wrapping_sub(asks.0);
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
    #[inline(always)]
    pub(super) fn judge(
        &self,
        terms: &Terms,
        positions: &[Position],
        asset: &Asset,
        need: &mut AssetNeed,
    ) -> Result<Net> {
        let stage = terms.stage;
        let [long, short] = stage.prices(asset);
        let (low, high) = (self.net_low(), self.net_high());
        let up = notional(high.max(0).unsigned_abs(), long)?;
        let down = notional(low.min(0).unsigned_abs(), short)?;
        let worst = up.max(down);
        let multiplier = stage.multiplier(terms.book.market(positions[0].market)?);
        let mut rate = asset.scan.range.times_ceil(multiplier)?;
        need.is_scanned = true;
        (need.low, need.high, need.range) = (Lots(low), Lots(high), rate);
        let scan = if self.options.any {
            let (scenario, loss) = self.worst_of_all(asset, stage)?;
            need.worst = scenario;
            let loss = loss.checked_add(self.options.beyond);
            let scan = multiplier.of_ceil(loss.ok_or(RiskError::Overflow)?)?;
            // A credit is a share of a scan: never of more than there is.
            let share = mul_div_floor(scan, 1 << 20, worst.max(1)).unwrap_or(u64::MAX);
            rate = rate.min(Ratio(u32::try_from(share).unwrap_or(u32::MAX)));
            scan
        } else {
            need.worst = match (worst, up >= down) {
                (0, _) => STILL,
                (_, true) => FALL,
                (_, false) => RISE,
            };
            rate.of_ceil(worst)?
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
        need.size = QuoteAtoms::from_unsigned(self.size(terms, positions, worst)?)?;
        let sure = [
            notional_floor(low.max(0).unsigned_abs(), long)?,
            notional_floor(high.min(0).unsigned_abs(), short)?,
        ];
        Ok(Net {
            sure,
            possible: [up, down],
            rate,
        })
    }

    /// What the tiers of the markets ask of a net position above their first rate: the most that any of them does.
    #[inline(always)]
    fn size(&self, terms: &Terms, positions: &[Position], notional: u64) -> Result<u64> {
        let mut most = 0;
        for (at, position) in positions.iter().enumerate() {
            let market = terms.book.market(position.market)?;
            let schedule = terms.stage.schedule(market);
            let first = &schedule.tiers[0];
            if notional > first.upper && market.mode != MODE_SETTLEMENT {
                if self.closed != 0 && self.closed >> (at & 127) & 1 == 1 {
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
        }
        Ok(most)
    }

    /// The worst scenario of options and linear contracts together, and the loss in it, at least nothing. Of what resting
    /// orders can make of the linear ones, both ends count.
    ///
    /// For adding risk, losses of linear contracts are counted at the high price and gains at the low one: a gain pays what
    /// options lose, and these have no high price in their scenarios.
    #[cold]
    #[inline(never)]
    fn worst_of_all(&self, asset: &Asset, stage: Stage) -> Result<(usize, u64)> {
        let (mut worst, mut at) = (0, STILL);
        let nets = [self.low, self.high];
        let Ends { falls, rises } = self.ends.unwrap_or(Ends {
            falls: nets,
            rises: nets,
        });
        for end in 0..2 {
            if end == 1 && falls[0] == falls[1] && rises[0] == rises[1] {
                break;
            }
            let of = |lots| Linear::of(asset, stage, lots);
            let (falling, rising) = (of(falls[end])?, of(rises[end])?);
            // Volatility is nothing to linear contracts: the same move comes twice in a row. The first is none.
            let (mut before, mut linear) = (0, 0);
            for (number, scenario) in SCENARIOS.iter().enumerate() {
                if scenario.thirds != before {
                    let thirds = u64::from(scenario.thirds.unsigned_abs());
                    // Below 2^32 · 6 · 100.
                    let share =
                        u64::from(asset.scan.range.0) * thirds * u64::from(scenario.percent);
                    linear = if scenario.thirds < 0 {
                        falling.gain(share, falling.short)?
                    } else {
                        rising.gain(share, !rising.short)?
                    };
                    before = scenario.thirds;
                }
                // Each below 2^62.
                let loss = self.options.cells[number]
                    .wrapping_add(linear)
                    .wrapping_neg();
                if loss > worst {
                    (worst, at) = (loss, number);
                }
            }
        }
        Ok((at, worst.unsigned_abs()))
    }
}

/// Lots of linear contracts in a scan: what a share is taken of where they lose and where they gain.
struct Linear {
    short: bool,
    losing: u64,
    gaining: u64,
}

impl Linear {
    fn of(asset: &Asset, stage: Stage, lots: i64) -> Result<Self> {
        let (size, price) = (
            lots.unsigned_abs(),
            stage.prices(asset)[usize::from(lots < 0)],
        );
        let low = match stage {
            Stage::Maintenance => price,
            Stage::Initial(_) | Stage::Takeover(_) => asset.initial_low,
        };
        Ok(Self {
            short: lots < 0,
            losing: notional(size, price)?,
            gaining: notional_floor(size, low)?,
        })
    }

    /// What a move of the price by a share, in 300 times 2^20, gains or loses.
    #[inline(always)]
    fn gain(&self, share: u64, gains: bool) -> Result<i64> {
        if gains {
            return Ok(product(self.gaining, share / 300)?.0);
        }
        let (floor, inexact) = product(self.losing, share.div_ceil(300))?;
        // Below 2^60.
        Ok(floor.wrapping_add(i64::from(inexact)).wrapping_neg())
    }
}

/// A notional times 2^-20, below 2^60.
fn product(notional: u64, share: u64) -> Result<(i64, bool)> {
    let (floor, inexact) = mul_shift_below::<20, 60>(notional, share).ok_or(RiskError::Overflow)?;
    Ok((floor.cast_signed(), inexact))
}

/// Lots at a price, rounded up, below 2^60.
#[inline(always)]
fn notional(lots: u64, price: Price) -> Result<u64> {
    let (floor, inexact) = mul_shift_below::<16, 60>(lots, price.0).ok_or(RiskError::Overflow)?;
    Ok(floor.wrapping_add(u64::from(inexact)))
}

/// The same, rounded down.
#[inline(always)]
fn notional_floor(lots: u64, price: Price) -> Result<u64> {
    let (floor, _) = mul_shift_below::<16, 60>(lots, price.0).ok_or(RiskError::Overflow)?;
    Ok(floor)
}
