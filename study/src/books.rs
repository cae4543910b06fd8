//! Random books, in dollars: they are turned into lots at the prices of the hour in which they are judged.

use crate::{
    model::{ASSETS, EXPIRIES},
    random::Random,
    settings::{PAIRS, WEIGHTS},
};
use counterweight_risk::option::Right;

/// What a book is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One position.
    Naked,
    /// One contract against the other.
    Calendar,
    /// An asset against another.
    Pair,
    /// Four assets with both contracts on each.
    Maker,
    /// An asset as collateral against a future.
    Carry,
    /// Two options of one right.
    Spread,
    /// Two options sold away from the index, and two bought further away.
    Condor,
    /// Both rights sold.
    Straddle,
    /// A call sold against a perpetual.
    Covered,
}

/// All kinds, what they are called, and what they are.
pub const KINDS: [(Kind, &str, &str); 9] = [
    (
        Kind::Naked,
        "naked position",
        "one contract on one asset, long or short",
    ),
    (
        Kind::Calendar,
        "calendar spread",
        "the perpetual against 0.9 to 1.1 of the future, on one asset",
    ),
    (
        Kind::Pair,
        "pair of assets",
        "BTC/ETH, SOL/ETH or BTC/SOL, one long, 0.7 to 1.3 of it short in the other, either contract",
    ),
    (
        Kind::Maker,
        "market maker, hedged",
        "four of the six assets, on each the perpetual against 0.9 to 1.1 of the future, either way round",
    ),
    (
        Kind::Carry,
        "cash-and-carry",
        "BTC, ETH or SOL as collateral, 0.9 to all of it sold as a future",
    ),
    (
        Kind::Spread,
        "option spread",
        "two calls or two puts, one bought and one sold: the nearer one within a deviation of the index, the other 0.5 to 1.5 deviations further",
    ),
    (
        Kind::Condor,
        "iron condor",
        "a put and a call sold 0.5 to 1 deviations from the index, and one of each bought 0.5 to 1 deviations further",
    ),
    (
        Kind::Straddle,
        "short straddle",
        "a call and a put sold at the index",
    ),
    (
        Kind::Covered,
        "covered call",
        "a perpetual bought, and a call sold at the index or up to a deviation above",
    ),
];

impl Kind {
    /// Whether it is a hedged one, for which portfolio margin is made.
    pub const fn is_hedged(self) -> bool {
        !matches!(self, Self::Naked | Self::Straddle)
    }

    /// Whether it has options.
    pub const fn has_options(self) -> bool {
        matches!(
            self,
            Self::Spread | Self::Condor | Self::Straddle | Self::Covered
        )
    }

    /// Its number in [`KINDS`].
    pub fn number(self) -> usize {
        let found = KINDS.iter().position(|(kind, _, _)| *kind == self);
        found.expect("every kind is one of them")
    }
}

/// A position in dollars; negative is short.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// Number of the asset.
    pub asset: usize,
    /// 0 for the perpetual, 1 for the future.
    pub contract: usize,
    /// Its size.
    pub dollars: f64,
}

/// A position in an option on the asset of a book; negative is short.
#[derive(Clone, Copy, Debug)]
pub struct OptionLeg {
    /// To what it is the right.
    pub right: Right,
    /// How far above the index its strike is, in deviations of the index until it ends.
    pub strike: f64,
    /// Its size, in dollars of the index.
    pub dollars: f64,
}

/// Options of one end on one asset.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of the asset.
    pub asset: usize,
    /// Which of [`EXPIRIES`] they have.
    pub expiry: usize,
    /// The positions.
    pub legs: Vec<OptionLeg>,
}

/// A book.
#[derive(Clone, Debug)]
pub struct Template {
    /// What it is, as a number of [`KINDS`].
    pub kind: usize,
    /// Sorted by asset, then by contract.
    pub legs: Vec<Leg>,
    /// An asset that is held as collateral, and how many dollars of it.
    pub collateral: Option<(usize, f64)>,
    /// Its options.
    pub options: Option<Options>,
}

/// Smallest and largest size of a leg, in dollars.
pub const SIZES: [f64; 2] = [2_000.0, 1_000_000.0];

impl Template {
    /// A random book. Kinds take turns.
    pub fn new(seed: u64, number: usize) -> Self {
        // Streams of books lie beyond those of paths.
        let mut random = Random::new(seed, (1 << 32) + number as u64);
        let kind = number % KINDS.len();
        let mut book = Self {
            kind,
            legs: Vec::new(),
            collateral: None,
            options: None,
        };
        // Uniform in the logarithm: as many small books as large ones.
        let [low, high] = SIZES.map(f64::ln);
        let size = random.between(low, high).exp();
        match KINDS[kind].0 {
            Kind::Naked => book.naked(size, &mut random),
            Kind::Calendar => book.calendar(size, &mut random),
            Kind::Pair => book.pair(size, &mut random),
            Kind::Maker => book.maker(size, &mut random),
            Kind::Carry => book.carry(size, &mut random),
            kind => book.with_options(kind, size, &mut random),
        }
        book.legs.sort_by_key(|leg| (leg.asset, leg.contract));
        book
    }

    fn leg(&mut self, asset: usize, contract: usize, dollars: f64) {
        self.legs.push(Leg {
            asset,
            contract,
            dollars,
        });
    }

    fn naked(&mut self, size: f64, random: &mut Random) {
        let (asset, contract) = (random.below(ASSETS), random.below(2));
        self.leg(asset, contract, size * random.sign());
    }

    fn calendar(&mut self, size: f64, random: &mut Random) {
        let (asset, sign) = (random.below(ASSETS), random.sign());
        self.leg(asset, 0, size * sign);
        self.leg(asset, 1, -size * sign * random.between(0.9, 1.1));
    }

    fn pair(&mut self, size: f64, random: &mut Random) {
        let ((first, second), sign) = (PAIRS[random.below(PAIRS.len())], random.sign());
        self.leg(first, random.below(2), size * sign);
        let other = random.between(0.7, 1.3);
        self.leg(second, random.below(2), -size * sign * other);
    }

    fn maker(&mut self, size: f64, random: &mut Random) {
        let mut assets: Vec<usize> = (0..ASSETS).collect();
        while assets.len() > 4 {
            assets.remove(random.below(assets.len()));
        }
        for asset in assets {
            let (size, sign) = (size * random.between(0.25, 1.0), random.sign());
            self.leg(asset, 0, size * sign);
            self.leg(asset, 1, -size * sign * random.between(0.9, 1.1));
        }
    }

    fn carry(&mut self, size: f64, random: &mut Random) {
        let asset = random.below(3);
        // By its maintenance weight nine tenths of it hedge.
        let weight = f64::from(WEIGHTS[1]) / 1e4;
        self.collateral = Some((asset, size));
        self.leg(asset, 1, -size * random.between(weight, 1.0));
    }

    /// On BTC, ETH or SOL.
    fn with_options(&mut self, kind: Kind, size: f64, random: &mut Random) {
        let (asset, expiry) = (random.below(3), random.below(EXPIRIES.len()));
        let mut legs = Vec::new();
        let mut add = |right, strike, sign| {
            let dollars = size * sign;
            legs.push(OptionLeg {
                right,
                strike,
                dollars,
            });
        };
        match kind {
            Kind::Spread => {
                let (right, away) = if random.sign() > 0.0 {
                    (Right::Call, 1.0)
                } else {
                    (Right::Put, -1.0)
                };
                let (near, sign) = (random.between(-1.0, 1.0), random.sign());
                let far = near + away * random.between(0.5, 1.5);
                add(right, near, sign);
                add(right, far, -sign);
            }
            Kind::Condor => {
                for (right, away) in [(Right::Put, -1.0), (Right::Call, 1.0)] {
                    let sold = random.between(0.5, 1.0);
                    let bought = sold + random.between(0.5, 1.0);
                    add(right, away * sold, -1.0);
                    add(right, away * bought, 1.0);
                }
            }
            Kind::Straddle => {
                add(Right::Call, 0.0, -1.0);
                add(Right::Put, 0.0, -1.0);
            }
            _ => {
                add(Right::Call, random.between(0.0, 1.0), -1.0);
                self.leg(asset, 0, size);
            }
        }
        self.options = Some(Options {
            asset,
            expiry,
            legs,
        });
    }
}
