//! Both models in floating point, of accounts with contracts on one asset: written from docs/risk.md without a look at
//! what the engine does.

use super::{
    accounts::{Contract, terms},
    normal::black,
};

/// What a contract is worth where the index and volatility are these.
fn value(contract: Contract, index: f64, volatility: f64) -> f64 {
    let seconds = (terms::DAYS * 86_400) as f64;
    match contract {
        Contract::Perpetual | Contract::Future => index,
        Contract::Call(strike) => black(index, strike as f64, volatility, seconds)[0],
        Contract::Put(strike) => black(index, strike as f64, volatility, seconds)[1],
    }
}

fn delta(contract: Contract, index: f64, volatility: f64) -> f64 {
    let step = index * 1e-5;
    let [up, down] = [index + step, index - step].map(|at| value(contract, at, volatility));
    (up - down) / (2.0 * step)
}

fn bps(of: impl Into<u32>) -> f64 {
    f64::from(of.into()) / 1e4
}

/// The worst loss of 16 scenarios, volatility moved by a share of itself; in dollars.
pub fn scan(asset: usize, positions: &[(usize, Contract, i64)], shift: f64) -> f64 {
    let terms = &terms::ASSETS[asset];
    let (index, volatility) = (terms.cents as f64 / 100.0, bps(terms::VOLATILITY));
    let loss = |moved: f64, shift: f64| -> f64 {
        let there = (index * (1.0 + moved), volatility * (1.0 + shift));
        let lost = positions.iter().map(|&(_, contract, lots)| {
            let units = lots as f64 * 10f64.powi(terms.lot.into());
            units * (value(contract, index, volatility) - value(contract, there.0, there.1))
        });
        lost.sum()
    };
    let range = bps(terms.range());
    let mut worst = 0f64;
    for thirds in -3..=3 {
        for shift in [shift, -shift] {
            worst = worst.max(loss(range * f64::from(thirds) / 3.0, shift));
        }
    }
    let beyond = loss(2.0 * range, 0.0).max(loss(-2.0 * range, 0.0));
    worst.max(0.35 * beyond)
}

/// What a contract is worth at present, in dollars an unit.
pub fn price(asset: usize, contract: Contract) -> f64 {
    let index = terms::ASSETS[asset].cents as f64 / 100.0;
    value(contract, index, bps(terms::VOLATILITY))
}

/// A call and a put at the index, in dollars an unit.
pub fn straddle(asset: usize, volatility: f64) -> f64 {
    let whole = u64::try_from(terms::ASSETS[asset].cents / 100).unwrap();
    let index = whole as f64;
    let both = [Contract::Call(whole), Contract::Put(whole)];
    both.into_iter()
        .map(|of| value(of, index, volatility))
        .sum()
}

/// Standard and Portfolio, maintenance and initial of each, in dollars.
pub fn both(positions: &[(usize, Contract, i64)]) -> [[f64; 2]; 2] {
    let asset = positions[0].0;
    let terms = &terms::ASSETS[asset];
    let (index, first) = (terms.cents as f64 / 100.0, terms.first_tier as f64);
    let rates = terms.rates_bps.map(bps);
    let [mut sum, mut net, mut linear, mut options] = [0.0; 4];
    let mut standard = [0.0; 2];
    for &(_, contract, lots) in positions {
        let units = lots as f64 * 10f64.powi(terms.lot.into());
        let notional = units.abs() * index;
        let tiers = rates[0] * notional.min(first) + rates[1] * (notional - first).max(0.0);
        let delta = units * delta(contract, index, bps(terms::VOLATILITY));
        net += delta;
        let is_linear = matches!(contract, Contract::Perpetual | Contract::Future);
        *(if is_linear { &mut linear } else { &mut options }) += delta;
        for (of, fraction) in standard.iter_mut().zip([bps(terms::FRACTION), 1.0]) {
            let needed = tiers * fraction;
            *of += if is_linear || units < 0.0 {
                needed
            } else {
                needed.min(units * price(asset, contract))
            };
        }
        assert!(!matches!(contract, Contract::Future), "one linear contract");
    }
    if linear * options < 0.0 {
        sum += f64::min(linear.abs(), options.abs()) * index * bps(terms.spread_bps);
    }
    let over = (net.abs() * index - first).max(0.0);
    sum += over * (rates[1] - rates[0]) * bps(terms::FRACTION);
    sum += scan(asset, positions, bps(terms::SHIFT));
    let floor = standard.map(|of| of * bps(terms::FLOOR));
    [
        standard,
        [sum.max(floor[0]), (sum * bps(terms::INITIAL)).max(floor[1])],
    ]
}
