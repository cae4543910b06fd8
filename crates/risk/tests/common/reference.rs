//! The rules of a margin check once more, from the inputs, in 128 bits and without shortcuts.
//!
//! Two readings of every rule: `Exact` follows it in rational arithmetic and rounds nothing (beyond
//! the prices, which are inputs); `Rounded` rounds where the engine says that it rounds. All amounts
//! are numerators over [`UNIT`], which every rule divides without remainder.

use super::{QUOTE_DECIMALS, scenario::AssetInput, scenario::MarketInput, scenario::Scenario};
use counterweight_risk::{Position, price::Reading};

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

    /// T(N) times a fraction: each rate on the part of the notional inside its tier.
    fn requirement(self, notional: i128, market: &MarketInput, fraction_bps: u32) -> i128 {
        let (tiers, fraction) = (&market.terms.tiers, i128::from(fraction_bps));
        let upper = |k: usize| i128::from(tiers[k].upper);
        if self == Exact {
            let (mut total, mut from) = (0, 0);
            for tier in tiers {
                let to = notional.min(i128::from(tier.upper) * UNIT);
                total += divide(to - from, 100_000_000) * i128::from(tier.rate_bps) * fraction;
                from = to;
            }
            return total;
        }
        let multiplier = ceil_div(fraction * RATIO, 10_000);
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

/// Equity and maintenance margin at the index.
pub fn maintenance(scenario: &Scenario, rounding: Rounding) -> Figures {
    let mut equity = i128::from(scenario.cash) * UNIT
        + collateral(scenario, rounding, |asset, prices| {
            (prices.index, asset.terms.weight_maintenance_bps)
        });
    let mut requirement = 0;
    for position in &scenario.positions {
        let market = market_of(scenario, position);
        let price = prices_of(scenario, position.asset).index;
        equity += value(position, &market, price, rounding);
        let lots = i128::from(position.lots.0).abs();
        let notional = rounding.ceil(lots * price * PER_PRICE);
        let fraction = market.terms.maintenance_fraction_bps;
        requirement += rounding.requirement(notional, &market, fraction);
    }
    Figures {
        equity,
        requirement,
    }
}

/// What the account could become by its resting orders: value and requirement of each position, for
/// each of three books, in every combination over the positions.
fn outcomes(scenario: &Scenario, rounding: Rounding) -> Vec<Vec<(u16, i128, i128)>> {
    let mut all = vec![Vec::new()];
    for position in &scenario.positions {
        let market = market_of(scenario, position);
        let prices = prices_of(scenario, position.asset);
        let owed = owed(position, &market, rounding);
        let (lots, quote) = (position.lots.0, position.quote.0);
        let mut books = vec![(lots, quote)];
        if position.bid_lots.0 != 0 {
            books.push((lots + position.bid_lots.0, quote - position.bid_quote.0));
        }
        if position.ask_lots.0 != 0 {
            books.push((lots - position.ask_lots.0, quote + position.ask_quote.0));
        }
        let judged: Vec<_> = books
            .into_iter()
            .map(|(lots, quote)| {
                let price = if lots >= 0 { prices.low } else { prices.high };
                let value = worth(lots, quote, price, rounding) - owed;
                let notional = i128::from(lots).abs() * prices.high * PER_PRICE;
                let notional = rounding.ceil(notional);
                (
                    position.asset,
                    value,
                    rounding.requirement(notional, &market, 10_000),
                )
            })
            .collect();
        all = all
            .iter()
            .flat_map(|before| {
                judged.iter().map(|book| {
                    let mut longer = before.clone();
                    longer.push(*book);
                    longer
                })
            })
            .collect();
    }
    all
}

/// Equity and initial margin in every combination of filled and resting orders. The account must
/// meet the worst of them; without orders there is only one.
pub fn initial(scenario: &Scenario, rounding: Rounding, gains_count: bool) -> Vec<Figures> {
    let settled = i128::from(scenario.cash) * UNIT
        + collateral(scenario, rounding, |asset, prices| {
            (prices.low, asset.terms.weight_initial_bps)
        });
    let mut all = Vec::new();
    for outcome in outcomes(scenario, rounding) {
        let mut figures = Figures {
            equity: settled,
            requirement: 0,
        };
        for (number, asset) in scenario.assets.iter().enumerate() {
            let on_asset = outcome
                .iter()
                .filter(|row| usize::from(row.0) == number + 1);
            let net: i128 = on_asset.map(|row| row.1).sum();
            figures.equity += match (net > 0, gains_count) {
                (false, _) => net,
                (true, true) => rounding.weigh(net, asset.terms.pnl_weight_bps),
                (true, false) => 0,
            };
        }
        figures.requirement = outcome.iter().map(|row| row.2).sum();
        all.push(figures);
    }
    all
}
