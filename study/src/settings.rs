//! What governance would have set: the terms that are judged, and those of the sweep.

use crate::model::ASSETS;

/// Terms of a clearinghouse in this study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// First initial rates in basis points. Maintenance is three fifths of it; the scan reaches as far as that.
    pub rates: [u32; ASSETS],
    /// What a lot needs that another contract hedges, in basis points of its notional.
    pub spreads: [u32; ASSETS],
    /// By how much rates and ranges are multiplied, in percent.
    pub rate_percent: u32,
    /// Standard deviations of an hour that maintenance covers, in basis points of one.
    pub deviations: u32,
    /// Credit of each pair, in basis points.
    pub credits: [u16; PAIRS.len()],
    /// The floor, in basis points of the Standard requirement.
    pub floor: u32,
    /// How far the scan moves volatility, in basis points of itself.
    pub shift: u32,
}

/// Pairs that are credited, by number of asset: BTC/ETH, SOL/ETH, BTC/SOL.
pub const PAIRS: [(usize, usize); 3] = [(0, 1), (2, 1), (0, 2)];

/// Maintenance over initial requirement, in basis points.
pub const FRACTION: u32 = 6_000;
/// Initial over maintenance requirement of portfolio margin, in basis points.
pub const INITIAL: u32 = 16_500;
/// The largest multiplier of volatility, in basis points.
pub const MOST: u32 = 40_000;
/// How much the maintenance multiplier rises in an hour, in basis points of one.
pub const RAMP: u32 = 10_000;
/// The largest return that counts for the estimate, in basis points.
pub const MAX_RETURN: u32 = 1_000;
/// The weights of collateral, initial and maintenance, in basis points.
pub const WEIGHTS: [u32; 2] = [8_000, 9_000];
/// Upper ends of the first two tiers in dollars, and rates of the second and third as a share of the first, in percent:
/// of BTC, ETH and SOL, and of the others.
pub const TIERS: [([u64; 2], [u32; 2]); 2] = [
    ([400_000, 1_500_000], [160, 300]),
    ([100_000, 400_000], [200, 400]),
];

/// The terms that are judged: rates near those of `migrations/localnet.toml` and 10 % for smaller coins; the rest as the
/// sweep, which runs on other paths, recommends it.
pub const CHOSEN: Setting = Setting {
    rates: [400, 500, 500, 1_000, 1_000, 1_000],
    spreads: [120, 130, 130, 260, 260, 260],
    rate_percent: 100,
    deviations: 30_000,
    credits: [6_000, 5_000, 5_000],
    floor: 1_500,
    shift: 3_000,
};

/// What one would set who looks at the basis's usual moves alone.
pub const FIRST: Setting = Setting {
    spreads: [50, 50, 50, 100, 100, 100],
    floor: 1_000,
    ..CHOSEN
};

/// The same without spread charges.
pub const NONE: Setting = Setting {
    spreads: [0; ASSETS],
    ..FIRST
};

/// How far the sweep moves volatility instead of what is chosen, in basis points.
pub const SHIFTS: [u32; 4] = [1_000, 2_000, 4_000, 6_000];

/// The settings of the sweep, and what they are called.
pub fn sweep() -> Vec<(String, Setting)> {
    let mut all = vec![
        ("the chosen terms".to_owned(), CHOSEN),
        ("floor 10 %, no spread charges".to_owned(), NONE),
        (
            "floor 10 %, spread charges 0.5 % (smaller coins 1 %)".to_owned(),
            FIRST,
        ),
    ];
    let first = |spread: u32| Setting {
        spreads: [1, 1, 1, 2, 2, 2].map(|times| times * spread),
        ..FIRST
    };
    for spread in [80, 100, 120, 130, 150] {
        let name = format!("floor 10 %, spread charges {}", percent(spread));
        all.push((name, first(spread)));
    }
    let wide = Setting {
        rate_percent: 150,
        deviations: 50_000,
        ..FIRST
    };
    all.push(("charges 0.5 %, with range ×1.5 and z = 5".to_owned(), wide));
    for floor in [2_000, 3_000, 4_000] {
        let name = format!("floor {}", percent(floor));
        all.push((name, Setting { floor, ..CHOSEN }));
    }
    for shift in SHIFTS {
        let name = format!("volatility ±{}", percent(shift));
        all.push((name, Setting { shift, ..CHOSEN }));
    }
    for deviations in [20_000, 40_000, 50_000] {
        let name = format!("z = {}", deviations / 10_000);
        all.push((
            name,
            Setting {
                deviations,
                ..CHOSEN
            },
        ));
    }
    for rate_percent in [125, 150, 200] {
        let name = format!("range ×{}", f64::from(rate_percent) / 100.0);
        all.push((
            name,
            Setting {
                rate_percent,
                ..CHOSEN
            },
        ));
    }
    for credits in [[0; 3], [7_500, 7_000, 7_000], [9_000, 9_000, 9_000]] {
        let name = format!("credits {} / {}", percent(credits[0]), percent(credits[1]));
        all.push((name, Setting { credits, ..CHOSEN }));
    }
    all
}

/// What is tried with futures that are traded for longer, and what it is called.
pub fn longer() -> Vec<(String, Setting)> {
    let wide = |spread: u32| Setting {
        spreads: [1, 1, 1, 2, 2, 2].map(|times| times * spread),
        rate_percent: 200,
        ..CHOSEN
    };
    let mut all = vec![("the chosen terms".to_owned(), CHOSEN)];
    for floor in [4_000, 8_000] {
        let name = format!("floor {}", percent(floor));
        all.push((name, Setting { floor, ..CHOSEN }));
    }
    for spread in [200, 300] {
        let name = format!("range ×2, spread charges {}", percent(spread));
        all.push((name, wide(spread)));
    }
    all
}

/// Basis points as percent.
pub fn percent(bps: impl Into<u32>) -> String {
    format!("{} %", f64::from(bps.into()) / 100.0)
}

impl Setting {
    /// The first initial rate of an asset.
    pub fn rate(&self, asset: usize) -> u32 {
        self.rates[asset] * self.rate_percent / 100
    }

    /// The first maintenance rate, which is also the range that is scanned.
    pub fn range(&self, asset: usize) -> u32 {
        self.rate(asset) * FRACTION / 10_000
    }

    /// The spread charge of an asset: at most half its range.
    pub fn spread(&self, asset: usize) -> u32 {
        self.spreads[asset].min(self.range(asset) / 2)
    }
}
