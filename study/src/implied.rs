//! The volatility that options are marked at: what a path has before it, and what is asked on top of that.

use crate::{
    model::{
        ASSETS, DAY, EXPIRIES, IMPLIED_HALF_LIFE, IMPLIED_NOISE, MODELS, PREMIUM,
        PREMIUM_HALF_LIFE, REGIME, REGIMES,
    },
    path::Reverting,
    random::Random,
};

/// Volatilities a year, of each asset by the days that options have left.
pub type Implied = [[f64; EXPIRIES.len()]; ASSETS];

/// Minutes in a step of the chain.
const STEP: f64 = 10.0;

/// Mean square volatilities a year from each regime on, by the days that options have left.
#[derive(Clone, Debug)]
pub struct Ahead([[[f64; EXPIRIES.len()]; ASSETS]; REGIMES]);

impl Ahead {
    /// By the regimes' own chain.
    pub fn new() -> Self {
        let mut ahead = Self([[[0.0; EXPIRIES.len()]; ASSETS]; REGIMES]);
        for (from, assets) in ahead.0.iter_mut().enumerate() {
            for (at, days) in EXPIRIES.iter().enumerate() {
                let shares = shares(from, *days);
                for (asset, squares) in assets.iter_mut().enumerate() {
                    let square = |regime: usize| shares[regime] * square(asset, regime);
                    squares[at] = (0..REGIMES).map(square).sum();
                }
            }
        }
        ahead
    }
}

impl Default for Ahead {
    fn default() -> Self {
        Self::new()
    }
}

/// The shares of the days to come that each regime has on average.
fn shares(from: usize, days: f64) -> [f64; REGIMES] {
    let mut chances = [0.0; REGIMES];
    chances[from] = 1.0;
    let mut sums = [0.0; REGIMES];
    let steps = (days * DAY / STEP).round();
    for _ in 0..steps as usize {
        let mut next = chances;
        for (of, regime) in REGIME.iter().enumerate() {
            for (to, days) in regime.days_to.iter().enumerate() {
                let moved = chances[of] * STEP / (days * DAY);
                next[of] -= moved;
                next[to] += moved;
            }
        }
        for (sum, chance) in sums.iter_mut().zip(chances) {
            *sum += chance / steps;
        }
        chances = next;
    }
    sums
}

/// The mean square volatility of an asset in a regime, a year, with jumps: exponential ones have a mean square of twice
/// the square of their mean.
fn square(asset: usize, regime: usize) -> f64 {
    let (model, regime_of) = (&MODELS[asset], &REGIME[regime]);
    let jumps = regime_of.market_jumps * regime_of.market_jump.powi(2)
        + regime_of.own_jumps * regime_of.own_jump.powi(2);
    model.volatility[regime].powi(2) + 365.0 * 2.0 * jumps * model.beta.powi(2)
}

/// What is asked on top, minute by minute, with random numbers of its own.
#[derive(Clone, Debug)]
pub struct Asked {
    random: Random,
    noise: [Reverting; ASSETS],
    /// The logarithm of the premium.
    premium: f64,
}

impl Asked {
    /// For a path by its number.
    pub fn new(seed: u64, number: u64) -> Self {
        Self {
            random: Random::new(seed, (1 << 40) + number),
            noise: Default::default(),
            premium: 0.0,
        }
    }

    /// A minute later.
    pub fn step(&mut self, regime: usize) {
        let least = PREMIUM[regime].ln();
        let left = (self.premium - least) * (-1.0 / PREMIUM_HALF_LIFE).exp2();
        self.premium = least + left.max(0.0);
        for noise in &mut self.noise {
            noise.step(IMPLIED_HALF_LIFE, IMPLIED_NOISE, &mut self.random);
        }
    }

    /// What options are marked at.
    pub fn implied(&self, ahead: &Ahead, regime: usize) -> Implied {
        std::array::from_fn(|asset| {
            let asked = (self.premium + self.noise[asset].0).exp();
            ahead.0[regime][asset].map(|square| square.sqrt() * asked)
        })
    }
}
