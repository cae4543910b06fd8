//! The prices: the shape of 10 October 2025, with a jitter that the seed decides.

use counterweight_simnet::{
    Rng,
    october::{BTC, ETH, Fall, SOL, THIN, THINNER},
};

/// Markets, in the deployment's order; market `m` is on asset `m + 1`.
pub const MARKETS: usize = 5;
/// What tables call their underlyings.
pub const NAMES: [&str; MARKETS] = ["SOL", "BTC", "ETH", "ALTA", "ALTB"];
/// Seconds from one price to the next.
pub const STEP: i64 = 20;
/// Steps: 75 minutes.
pub const STEPS: usize = 225;

/// How they fall, in the markets' order.
const FALLS: [Fall; MARKETS] = [SOL, BTC, ETH, THIN, THINNER];

/// A published price, in units of 10^-8 dollars.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The price.
    pub price: i64,
    /// Half the width of the confidence interval.
    pub confidence: u64,
    /// Its moving average over an hour.
    pub average: i64,
}

/// All prices, by step and market; none where the oracle is silent.
pub struct Path {
    /// By step.
    pub steps: Vec<[Option<Published>; MARKETS]>,
    /// Lowest price in basis points of the start.
    pub lowest: [i64; MARKETS],
    /// Price at the end in basis points of the start.
    pub last: [i64; MARKETS],
}

/// The path of a seed, from these prices at the start.
pub fn path(seed: u64, starts: [i64; MARKETS]) -> Path {
    let mut rng = Rng::new(seed ^ 0x0C10_2025);
    let mut averages = starts;
    let mut path = Path {
        steps: Vec::with_capacity(STEPS),
        lowest: [i64::MAX; MARKETS],
        last: [0; MARKETS],
    };
    for step in 1..=STEPS as i64 {
        let seconds = step * STEP;
        let common = rng.range(-1_500, 1_500); // 15 basis points, in hundredths
        path.steps.push(core::array::from_fn(|m| {
            let own = rng.range(-1_000, 1_000);
            let level = FALLS[m].level(seconds) * (1_000_000 + common + own) / 1_000_000;
            let price = starts[m] / 1_000 * level / 1_000;
            averages[m] += (price - averages[m]) * STEP / 3_600;
            path.lowest[m] = path.lowest[m].min(level / 100);
            path.last[m] = level / 100;
            if FALLS[m].is_silent(seconds) {
                return None;
            }
            let bps = FALLS[m].confidence_bps(seconds);
            Some(Published {
                price,
                confidence: (price * bps / 10_000) as u64,
                average: averages[m],
            })
        }));
    }
    path
}

/// The gaps and wide intervals, for the report.
pub fn disturbances() -> String {
    let minute = |seconds: i64| format!("{}:{:02}", seconds / 60, seconds % 60);
    let mut text = String::new();
    for m in 0..MARKETS {
        let gap = FALLS[m].silent.map_or("none".to_owned(), |(from, to)| {
            format!("{} to {}", minute(from), minute(to))
        });
        let (from, to, bps) = FALLS[m].wide;
        let wide = format!(
            "{}.{} %, {} to {}",
            bps / 100,
            bps % 100 / 10,
            minute(from),
            minute(to)
        );
        text += &format!("{} | {gap} | {wide}\n", NAMES[m]);
    }
    text
}
