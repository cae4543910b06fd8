//! The market that is simulated: chosen figures, and what they are chosen by.
//!
//! None of them is a measurement. They are set so that paths look like what is commonly known of these markets: BTC moves
//! by some 40 to 60 % a year in ordinary times, ETH by half as much again, SOL by twice as much, smaller coins by more;
//! volatility comes in clusters that last from hours to days and multiplies by five to seven in a crisis; returns of an hour
//! have fat tails; correlations of returns lie between 0.5 and 0.85 and rise in a crisis; perpetuals stay within a few basis
//! points of the index and fall below it in a crash; dated futures carry a premium by the time that they have left. The
//! worst hours are meant to be comparable with 10 October 2025 (BTC −14 %, ETH −21 %, SOL −24 %; `bench/CRASH.md`).

/// Assets that are simulated.
pub const ASSETS: usize = 6;
/// Kinds of market: calm, busy, crisis.
pub const REGIMES: usize = 3;
/// What they are called.
pub const REGIME_NAMES: [&str; REGIMES] = ["calm", "busy", "crisis"];

/// Minutes in a day.
pub const DAY: f64 = 1_440.0;
/// Minutes in a year.
pub const YEAR: f64 = 365.0 * DAY;

/// How an asset moves.
#[derive(Clone, Copy, Debug)]
pub struct AssetModel {
    /// What it is called.
    pub name: &'static str,
    /// Its price at the start of a path, in dollars.
    pub price: f64,
    /// Volatility of a year by regime, without jumps.
    pub volatility: [f64; REGIMES],
    /// Share of its deviation that it has in common with all others.
    pub loading: f64,
    /// How much of a jump of the whole market it takes, and by how much its own jumps and bases are larger than BTC's.
    pub beta: f64,
}

/// The assets.
pub const MODELS: [AssetModel; ASSETS] = [
    asset("BTC", 100_000.0, [0.35, 0.60, 2.30], 0.92, 1.0),
    asset("ETH", 4_000.0, [0.50, 0.85, 3.10], 0.90, 1.3),
    asset("SOL", 150.0, [0.62, 1.05, 3.60], 0.86, 1.6),
    asset("ALTA", 20.0, [0.80, 1.30, 4.40], 0.78, 2.0),
    asset("ALTB", 2.0, [0.90, 1.50, 5.00], 0.74, 2.2),
    asset("ALTC", 0.5, [1.00, 1.70, 5.50], 0.70, 2.4),
];

const fn asset(
    name: &'static str,
    price: f64,
    volatility: [f64; REGIMES],
    loading: f64,
    beta: f64,
) -> AssetModel {
    AssetModel {
        name,
        price,
        volatility,
        loading,
        beta,
    }
}

/// What a regime is like.
#[derive(Clone, Copy, Debug)]
pub struct Regime {
    /// Mean days until it goes over into each other regime; infinite where it does not.
    pub days_to: [f64; REGIMES],
    /// Jumps of the whole market a day.
    pub market_jumps: f64,
    /// Mean size of one, for BTC.
    pub market_jump: f64,
    /// Jumps of one asset alone a day.
    pub own_jumps: f64,
    /// Mean size of one, for an asset with a beta of one.
    pub own_jump: f64,
    /// Deviation of a perpetual's basis to the index, for BTC.
    pub perpetual_basis: f64,
    /// Deviation of a future's basis around its carry, for BTC.
    pub future_basis: f64,
    /// How much of what is missing of a full correlation is made up for.
    pub closer: f64,
}

const NEVER: f64 = f64::INFINITY;

/// The regimes. In the long run some 74 % of all time is calm, 25 % busy, 1 % crisis.
pub const REGIME: [Regime; REGIMES] = [
    Regime {
        days_to: [NEVER, 5.0, 60.0],
        market_jumps: 0.2,
        market_jump: 0.006,
        own_jumps: 0.2,
        own_jump: 0.005,
        perpetual_basis: 0.000_3,
        future_basis: 0.000_6,
        closer: 0.0,
    },
    Regime {
        days_to: [1.6, NEVER, 6.0],
        market_jumps: 0.8,
        market_jump: 0.008,
        own_jumps: 0.5,
        own_jump: 0.007,
        perpetual_basis: 0.000_6,
        future_basis: 0.001_2,
        closer: 0.2,
    },
    Regime {
        days_to: [NEVER, 0.17, NEVER],
        market_jumps: 16.0,
        market_jump: 0.018,
        own_jumps: 5.0,
        own_jump: 0.010,
        perpetual_basis: 0.002_5,
        future_basis: 0.004_5,
        closer: 0.5,
    },
];

/// Share of jumps that go down.
pub const DOWNWARD: f64 = 0.6;
/// Within a regime, volatility wanders: deviation of its logarithm,
pub const WANDER: f64 = 0.4;
/// and half-life of that, in minutes.
pub const WANDER_HALF_LIFE: f64 = 120.0;
/// Part of a jump by which perpetuals and futures go farther than the index,
pub const OVERSHOOT: [f64; 2] = [0.10, 0.15];
/// and the half-life of that, in minutes.
pub const OVERSHOOT_HALF_LIFE: [f64; 2] = [20.0, 60.0];
/// Half-life of the rest of a basis, in minutes.
pub const BASIS_HALF_LIFE: [f64; 2] = [120.0, 240.0];
/// The carry of futures a year: mean, deviation, half-life in minutes, least and most.
pub const CARRY: Carry = Carry {
    mean: 0.06,
    deviation: 0.05,
    half_life: 3.0 * DAY,
    least: -0.05,
    most: 0.25,
};
/// Days that a future has left when it becomes the one that is traded; it ends, and the next does: monthly ones, and for
/// comparison quarterly ones.
pub const TERMS: [f64; 2] = [30.0, 91.0];

/// The premium of futures by time.
#[derive(Clone, Copy, Debug)]
pub struct Carry {
    /// What it comes back to, a year.
    pub mean: f64,
    /// How far it goes from that.
    pub deviation: f64,
    /// How fast it comes back, in minutes.
    pub half_life: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// Days that options have left in the hour in which they are judged.
pub const EXPIRIES: [f64; 3] = [1.0, 7.0, 30.0];
/// What options are marked at: the root of the mean square volatility that a path has before it until they end, by its
/// regimes with their jumps, times this by regime. It rises at once,
pub const PREMIUM: [f64; REGIMES] = [1.0, 1.1, 1.5];
/// and falls with this half-life, in minutes;
pub const PREMIUM_HALF_LIFE: f64 = 720.0;
/// times noise: deviation of its logarithm,
pub const IMPLIED_NOISE: f64 = 0.04;
/// and half-life of that, in minutes.
pub const IMPLIED_HALF_LIFE: f64 = 240.0;
