//! A path of prices and bases, minute by minute: correlated jump-diffusion, with volatility by a Markov chain of regimes.

use crate::{
    implied::{Ahead, Asked, Implied},
    model::{
        ASSETS, BASIS_HALF_LIFE, CARRY, DAY, DOWNWARD, MODELS, OVERSHOOT, OVERSHOOT_HALF_LIFE,
        REGIME, REGIMES, Regime, WANDER, WANDER_HALF_LIFE, YEAR,
    },
    random::Random,
};

/// A number that comes back to zero.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reverting(pub(crate) f64);

impl Reverting {
    /// A minute later: what is left of it, and noise that keeps its deviation.
    pub(crate) fn step(&mut self, half_life: f64, deviation: f64, random: &mut Random) {
        let left = (-1.0 / half_life).exp2();
        self.0 = self.0 * left + (1.0 - left * left).sqrt() * deviation * random.normal();
    }

    /// The same without noise, after a shock.
    fn decay(&mut self, half_life: f64, shock: f64) {
        self.0 = self.0 * (-1.0 / half_life).exp2() + shock;
    }
}

/// What a contract is worth beside the index: noise, and what is left of jumps that went too far.
#[derive(Clone, Copy, Debug, Default)]
struct Basis {
    noise: Reverting,
    overshoot: Reverting,
}

/// One path.
#[derive(Clone, Debug)]
pub struct Path {
    random: Random,
    /// Which of the regimes.
    pub regime: usize,
    /// Prices in dollars.
    pub prices: [f64; ASSETS],
    wander: Reverting,
    carry: Reverting,
    bases: [[Basis; 2]; ASSETS],
    /// Days that the future has left.
    tenor: f64,
    /// Days that the next one will have.
    term: f64,
    asked: Asked,
}

impl Path {
    /// A path by its number, with futures that are traded for so many days.
    pub fn new(seed: u64, number: u64, term: f64) -> Self {
        let mut random = Random::new(seed, number);
        let tenor = random.between(0.0, term);
        Self {
            random,
            regime: 0,
            prices: MODELS.map(|model| model.price),
            wander: Reverting::default(),
            carry: Reverting::default(),
            bases: Default::default(),
            tenor,
            term,
            asked: Asked::new(seed, number),
        }
    }

    /// A minute later.
    pub fn step(&mut self) {
        self.change_regime();
        let regime = &REGIME[self.regime];
        let random = &mut self.random;
        self.wander.step(WANDER_HALF_LIFE, WANDER, random);
        self.carry.step(CARRY.half_life, CARRY.deviation, random);
        self.tenor -= 1.0 / DAY;
        if self.tenor <= 0.0 {
            self.tenor += self.term;
        }
        // The mean of the square stays one.
        let wander = (self.wander.0 - WANDER * WANDER).exp();
        let common = random.normal();
        let market_jump = jump(random, regime.market_jumps, regime.market_jump);
        for (at, model) in MODELS.iter().enumerate() {
            let loading = 1.0 - (1.0 - model.loading) * (1.0 - regime.closer);
            let noise = loading * common + (1.0 - loading * loading).sqrt() * random.normal();
            let deviation = model.volatility[self.regime] * wander / YEAR.sqrt();
            let own = jump(random, regime.own_jumps, regime.own_jump);
            let jump = (market_jump + own) * model.beta;
            self.prices[at] *= (deviation * noise + jump).exp();
            step_bases(&mut self.bases[at], regime, model.beta, jump, random);
        }
        self.asked.step(self.regime);
    }

    /// The volatilities that options are marked at.
    pub fn implied(&self, ahead: &Ahead) -> Implied {
        self.asked.implied(ahead, self.regime)
    }

    fn change_regime(&mut self) {
        let mut chance = self.random.uniform();
        for to in 0..REGIMES {
            chance -= 1.0 / (REGIME[self.regime].days_to[to] * DAY);
            if chance < 0.0 {
                self.regime = to;
                return;
            }
        }
    }

    /// By how much the perpetual and the future on an asset stand above the index, as a share of it.
    pub fn basis(&self, asset: usize) -> [f64; 2] {
        let carry = (CARRY.mean + self.carry.0).clamp(CARRY.least, CARRY.most);
        let premium = carry * self.tenor / 365.0;
        let [perpetual, future] = self.bases[asset].map(|of| of.noise.0 + of.overshoot.0);
        [perpetual, future + premium]
    }
}

fn step_bases(bases: &mut [Basis; 2], regime: &Regime, beta: f64, jump: f64, random: &mut Random) {
    let deviations = [regime.perpetual_basis, regime.future_basis];
    for (kind, basis) in bases.iter_mut().enumerate() {
        let deviation = deviations[kind] * beta;
        basis.noise.step(BASIS_HALF_LIFE[kind], deviation, random);
        let shock = OVERSHOOT[kind] * jump;
        basis.overshoot.decay(OVERSHOOT_HALF_LIFE[kind], shock);
    }
}

/// A jump, as a logarithm, if there is one in this minute: exponential in size, more often down.
fn jump(random: &mut Random, a_day: f64, size: f64) -> f64 {
    if random.uniform() >= a_day / DAY {
        return 0.0;
    }
    let size = size * random.exponential();
    if random.uniform() < DOWNWARD {
        -size
    } else {
        size
    }
}
