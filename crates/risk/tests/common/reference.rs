//! The rules of a margin check once more, from the inputs, in 128 bits and without shortcuts.
//!
//! Two readings of every rule: `Exact` follows it in rational arithmetic and rounds nothing (beyond
//! the prices, which are inputs); `Rounded` rounds where the engine says that it rounds. All amounts
//! are numerators over [`UNIT`], which every rule divides without remainder.

use super::{NOW, QUOTE_DECIMALS, scenario::AssetInput, scenario::MarketInput, scenario::Scenario};
use counterweight_risk::{
    Position, Price,
    orders::{Peg, Side},
    price::Reading,
};

/// Parts of an atom: prices have 2^16, collateral lots up to 10^6, and a weight 10^4.
pub const UNIT: i128 = (1 << 16) * 10_000_000_000;
const PER_PRICE: i128 = UNIT / (1 << 16);
const RATIO: i128 = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    Exact,
    Rounded,
}
use Rounding::{Exact, Rounded};

/// Risk prices of an asset, in 2^-16 atoms a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    pub index: i128,
    pub low: i128,
    pub high: i128,
}

/// Equity and requirement, over [`UNIT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    pub equity: i128,
    pub requirement: i128,
}

impl Figures {
    pub fn surplus(self) -> i128 {
        self.equity - self.requirement
    }
}

fn ceil_div(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}

fn divide(a: i128, b: i128) -> i128 {
    assert_eq!(a % b, 0, "the unit is too coarse");
    a / b
}

/// What a schedule is multiplied by.
#[derive(Clone, Copy, Debug)]
struct Multiplier {
    parts: i128,
    divisor: i128,
}

/// The maintenance fraction.
fn fraction(market: &MarketInput) -> Multiplier {
    Multiplier {
        parts: i128::from(market.terms.maintenance_fraction_bps),
        divisor: 10_000,
    }
}

/// One up to the start, the most from the end on, a straight line between, rounded up to 2^-20.
fn scale(market: &MarketInput) -> Multiplier {
    let [start, end, now] = [
        market.terms.scale_start,
        market.terms.scale_end,
        market.open_interest,
    ]
    .map(i128::from);
    let most = ceil_div(i128::from(market.terms.scale_max_bps) * RATIO, 10_000);
    let parts = if now <= start {
        RATIO
    } else if now >= end {
        most
    } else {
        RATIO + ceil_div((most - RATIO) * (now - start), end - start)
    };
    Multiplier {
        parts,
        divisor: RATIO,
    }
}

impl Rounding {
    fn floor(self, amount: i128) -> i128 {
        match self {
            Exact => amount,
            Rounded => amount.div_euclid(UNIT) * UNIT,
        }
    }

    fn ceil(self, amount: i128) -> i128 {
        -self.floor(-amount)
    }

    /// A weight on an amount that is not negative.
    fn weigh(self, amount: i128, bps: u32) -> i128 {
        match self {
            Exact => divide(amount * i128::from(bps), 10_000),
            Rounded => divide(amount, UNIT) * (i128::from(bps) * RATIO / 10_000) / RATIO * UNIT,
        }
    }

    /// T(N) times a multiplier: each rate on the part of the notional inside its tier.
    fn requirement(self, notional: i128, market: &MarketInput, times: Multiplier) -> i128 {
        let tiers = &market.terms.tiers;
        let upper = |k: usize| i128::from(tiers[k].upper);
        if self == Exact {
            let (mut total, mut from) = (0, 0);
            for tier in tiers {
                let to = notional.min(i128::from(tier.upper) * UNIT);
                // Cut far below an atom: a multiplier has more places than the unit.
                let part = divide(to - from, 10_000) * i128::from(tier.rate_bps);
                total += part / times.divisor * times.parts;
                from = to;
            }
            return total;
        }
        let multiplier = ceil_div(times.parts * RATIO, times.divisor);
        let rate = |k: usize| {
            let raw = ceil_div(i128::from(tiers[k].rate_bps) * RATIO, 10_000);
            ceil_div(raw * multiplier, RATIO)
        };
        let whole = divide(notional, UNIT);
        let mut k = 0;
        let mut deduction = 0;
        while k < 3 && whole > upper(k) {
            deduction += (rate(k + 1) - rate(k)) * upper(k) / RATIO;
            k += 1;
        }
        (ceil_div(whole * rate(k), RATIO) - deduction) * UNIT
    }
}

/// A mantissa as quote atoms a lot.
fn convert(mantissa: i128, asset: &AssetInput, quote_per_usd: u64, up: bool) -> i128 {
    let power = super::EXPONENT + i32::from(asset.lot_exponent) + i32::from(QUOTE_DECIMALS);
    assert!(power <= 0);
    let divisor = 10i128.pow(power.unsigned_abs());
    let cut = |a: i128, b: i128| if up { ceil_div(a, b) } else { a / b };
    cut(
        cut(mantissa << 16, divisor) * i128::from(quote_per_usd),
        1 << 32,
    )
}

pub fn prices(asset: &AssetInput, quote_per_usd: u64) -> Prices {
    let index = |r: &Reading| convert(i128::from(r.price), asset, quote_per_usd, false);
    let [first, last] = &asset.readings;
    let (p, before) = (index(last), index(first));
    let c = convert(i128::from(last.confidence), asset, quote_per_usd, true);
    let growth = i128::from(asset.terms.stable_growth_bps) * RATIO / 10_000;
    let seconds = i128::from(last.publish_time - first.publish_time);
    let step = (before * growth * seconds / (60 * RATIO)).max(1);
    let s = p.clamp(before - step.min(before), before + step);
    Prices {
        index: p,
        low: (p - c).max(0).min(s),
        high: (p + c).max(s),
    }
}

fn asset_of(scenario: &Scenario, index: u16) -> &AssetInput {
    &scenario.assets[usize::from(index) - 1]
}

fn prices_of(scenario: &Scenario, index: u16) -> Prices {
    prices(asset_of(scenario, index), scenario.quote_per_usd)
}

fn collateral(
    scenario: &Scenario,
    rounding: Rounding,
    of: impl Fn(&AssetInput, &Prices) -> (i128, u32),
) -> i128 {
    let mut total = 0;
    for balance in &scenario.balances {
        let asset = asset_of(scenario, balance.asset);
        let (price, weight) = of(asset, &prices_of(scenario, balance.asset));
        let power = i32::from(asset.lot_exponent) + i32::from(asset.decimals);
        let per_lot = 10i128.pow(power.unsigned_abs());
        let worth = i128::from(balance.atoms) * price * PER_PRICE;
        let lots = match rounding {
            Exact => divide(worth, per_lot),
            Rounded => worth / per_lot / UNIT * UNIT,
        };
        total += rounding.weigh(lots, weight);
    }
    total
}

/// quote + q·price − what is owed by index.
fn value(position: &Position, market: &MarketInput, price: i128, rounding: Rounding) -> i128 {
    worth(position.lots.0, position.quote.0, price, rounding) - owed(position, market, rounding)
}

fn worth(lots: i64, quote: i64, price: i128, rounding: Rounding) -> i128 {
    rounding.floor(i128::from(lots) * price * PER_PRICE) + i128::from(quote) * UNIT
}

fn owed(position: &Position, market: &MarketInput, rounding: Rounding) -> i128 {
    let now = market.index[usize::from(position.lots.0 < 0)];
    let moved = i128::from(now) - i128::from(position.index);
    rounding.ceil(i128::from(position.lots.0) * moved * PER_PRICE)
}

fn market_of(scenario: &Scenario, position: &Position) -> MarketInput {
    scenario.markets[usize::from(position.market)].clone()
}

/// Seconds since the price of an asset in force was published.
fn age(asset: &AssetInput, now: i64) -> i64 {
    now - asset.readings[1].publish_time
}

/// Equity and maintenance margin at the index, while all prices are fresh.
pub fn maintenance(scenario: &Scenario, rounding: Rounding) -> Figures {
    maintenance_at(scenario, rounding, NOW)
}

/// The same at any time: collateral whose price is too old for liquidation counts as for adding risk. The
/// prices of positions are taken as fresh.
pub fn maintenance_at(scenario: &Scenario, rounding: Rounding, now: i64) -> Figures {
    let mut equity = i128::from(scenario.cash) * UNIT
        + collateral(scenario, rounding, |asset, prices| {
            if age(asset, now) > i64::from(asset.terms.max_age_liquidation) {
                (prices.low, asset.terms.weight_initial_bps)
            } else {
                (prices.index, asset.terms.weight_maintenance_bps)
            }
        });
    let mut requirement = 0;
    for position in &scenario.positions {
        let market = market_of(scenario, position);
        let price = prices_of(scenario, position.asset).index;
        equity += value(position, &market, price, rounding);
        let lots = i128::from(position.lots.0).abs();
        let notional = rounding.ceil(lots * price * PER_PRICE);
        requirement += rounding.requirement(notional, &market, fraction(&market));
    }
    Figures {
        equity,
        requirement,
    }
}

/// The best price of the orders of a side: fixed, or an offset from the index between nothing and the
/// largest price.
fn best(position: &Position, side: Side, market: &MarketInput, index: i128) -> i128 {
    let (fixed, peg) = match side {
        Side::Buy => (position.bid_price, position.bid_peg),
        Side::Sell => (position.ask_price, position.ask_peg),
    };
    let mut prices = Vec::new();
    if fixed != Price::ZERO {
        prices.push(i128::from(fixed.0));
    }
    if peg != Peg::NONE {
        let ticks = i128::from(peg.0) - (1 << 31);
        let stands = index + ticks * i128::from(market.tick_size) * (1 << 16);
        prices.push(stands.clamp(0, 1 << 56));
    }
    match side {
        Side::Buy => prices.into_iter().max().unwrap(),
        Side::Sell => prices.into_iter().min().unwrap(),
    }
}

/// What the orders of a position can cost.
#[derive(Clone, Copy, Debug, Default)]
struct Orders {
    /// By their prices, and in fees.
    loss: i128,
    /// What they can move from cash into the net value.
    realised: i128,
}

/// A side: each lot by how far its price is through the conservative price, for the part that closes
/// the price at which the position is valued, for the part that opens the price at which what it opens
/// will be. What closing realises is that of the whole position, at the worse of the two prices.
fn one_side(
    position: &Position,
    side: Side,
    price: i128,
    prices: &Prices,
    rounding: Rounding,
) -> Orders {
    let (lots, sign, valued, other) = match side {
        Side::Buy => (position.bid_lots.0, 1, prices.high, prices.low),
        Side::Sell => (position.ask_lots.0, -1, prices.low, prices.high),
    };
    let held = i128::from(-sign * position.lots.0).max(0);
    let lots = i128::from(lots);
    let closing = lots.min(held);
    let sign = i128::from(sign);
    let through = |lots: i128, from: i128| {
        let distance = (sign * (price - from)).max(0);
        rounding.ceil(lots * distance * PER_PRICE)
    };
    let worse = if sign > 0 {
        price.max(valued)
    } else {
        price.min(valued)
    };
    let result = worth(position.lots.0, position.quote.0, worse, rounding);
    Orders {
        loss: through(closing, valued) + through(lots - closing, other),
        realised: if closing > 0 { (-result).max(0) } else { 0 },
    }
}

/// Lots bought by own bids and sold by own asks below, as far as that is through a conservative price:
/// bought below `low` is a gain, which the sale takes back, and the same above `high`.
fn crossed(position: &Position, (bid, ask): (i128, i128), prices: &Prices, r: Rounding) -> i128 {
    let held = i128::from(position.lots.0);
    let opening_bids = (i128::from(position.bid_lots.0) - (-held).max(0)).max(0);
    let opening_asks = (i128::from(position.ask_lots.0) - held.max(0)).max(0);
    r.ceil(opening_bids * (bid.min(prices.low) - ask).max(0) * PER_PRICE)
        + r.ceil(opening_asks * (bid - ask.max(prices.high)).max(0) * PER_PRICE)
}

fn orders(
    position: &Position,
    market: &MarketInput,
    prices: &Prices,
    rounding: Rounding,
) -> Orders {
    let (bids, asks) = (position.bid_lots.0 > 0, position.ask_lots.0 > 0);
    let mut total = Orders::default();
    if !bids && !asks {
        return total;
    }
    total.realised += owed(position, market, rounding).max(0);
    // A pegged order may have been filled while the index was where the conservative price still is.
    let price = |side| {
        let from = if side == Side::Buy {
            prices.high
        } else {
            prices.low
        };
        best(position, side, market, from)
    };
    let mut add = |one: Orders| {
        total.loss += one.loss;
        total.realised += one.realised;
    };
    let mut dearest = prices.high;
    if bids {
        dearest = dearest.max(price(Side::Buy));
        add(one_side(
            position,
            Side::Buy,
            price(Side::Buy),
            prices,
            rounding,
        ));
    }
    if asks {
        add(one_side(
            position,
            Side::Sell,
            price(Side::Sell),
            prices,
            rounding,
        ));
    }
    if bids && asks {
        let both = (price(Side::Buy), price(Side::Sell));
        total.realised += crossed(position, both, prices, rounding);
    }
    let lots = i128::from(position.bid_lots.0) + i128::from(position.ask_lots.0);
    let tenths = i128::from(market.terms.maker_fee_tenths_bps.max(0));
    let traded = rounding.ceil(lots * dearest * PER_PRICE);
    total.loss += rounding.ceil(divide(traded * tenths, 100_000));
    total
}

/// Equity and initial margin. Value as the position is; the orders' losses in full; of the gain that is
/// left in an asset's net after all that fills can move there, the weight; the requirement of the
/// largest position that the orders can make.
pub fn initial(scenario: &Scenario, rounding: Rounding, gains_count: bool) -> Figures {
    initial_at(scenario, rounding, gains_count, NOW)
}

/// The same at any time: collateral whose price is too old for adding risk counts nothing. The prices of
/// positions are taken as fresh.
pub fn initial_at(scenario: &Scenario, rounding: Rounding, gains_count: bool, now: i64) -> Figures {
    let mut equity = i128::from(scenario.cash) * UNIT
        + collateral(scenario, rounding, |asset, prices| {
            if age(asset, now) > i64::from(asset.terms.max_age_initial) {
                (0, 0)
            } else {
                (prices.low, asset.terms.weight_initial_bps)
            }
        });
    let mut requirement = 0;
    for (number, asset) in scenario.assets.iter().enumerate() {
        let prices = prices(asset, scenario.quote_per_usd);
        let (mut net, mut realised) = (0, 0);
        let on_asset = |p: &&Position| usize::from(p.asset) == number + 1;
        for position in scenario.positions.iter().filter(on_asset) {
            let market = market_of(scenario, position);
            let price = if position.lots.0 > 0 {
                prices.low
            } else {
                prices.high
            };
            net += value(position, &market, price, rounding);
            let orders = orders(position, &market, &prices, rounding);
            realised += orders.realised;
            equity -= orders.loss;
            let long = (position.lots.0 + position.bid_lots.0).abs();
            let short = (position.lots.0 - position.ask_lots.0).abs();
            let notional = i128::from(long.max(short)) * prices.high * PER_PRICE;
            let notional = rounding.ceil(notional);
            requirement += rounding.requirement(notional, &market, scale(&market));
        }
        let gain = (net + realised).max(0);
        let weight = if gains_count {
            asset.terms.pnl_weight_bps
        } else {
            0
        };
        equity += net - gain + rounding.weigh(gain, weight);
    }
    Figures {
        equity,
        requirement,
    }
}
