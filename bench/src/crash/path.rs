//! The prices: the shape of 10 October 2025, with a jitter that the seed decides.

use super::rng::Rng;

/// Markets, in the deployment's order; market `m` is on asset `m + 1`.
pub const MARKETS: usize = 5;
/// What tables call their underlyings.
pub const NAMES: [&str; MARKETS] = ["SOL", "BTC", "ETH", "ALTA", "ALTB"];
/// Seconds from one price to the next.
pub const STEP: i64 = 20;
/// Steps: 75 minutes.
pub const STEPS: usize = 225;

/// Prices in basis points of the start, by minute; straight lines in between.
const SHAPES: [&[(i64, i64)]; MARKETS] = [
    // SOL: 24 % down.
    &[
        (0, 10_000),
        (5, 9_950),
        (15, 9_500),
        (25, 8_800),
        (33, 8_100),
        (40, 7_600),
        (45, 7_700),
        (60, 8_400),
        (75, 8_600),
    ],
    // BTC: 14 % down.
    &[
        (0, 10_000),
        (5, 9_970),
        (15, 9_750),
        (25, 9_350),
        (33, 8_950),
        (40, 8_600),
        (45, 8_650),
        (60, 9_150),
        (75, 9_250),
    ],
    // ETH: 21 % down.
    &[
        (0, 10_000),
        (5, 9_960),
        (15, 9_600),
        (25, 9_000),
        (33, 8_350),
        (40, 7_900),
        (45, 8_000),
        (60, 8_700),
        (75, 8_850),
    ],
    // A thin alt: 65 % down.
    &[
        (0, 10_000),
        (5, 9_900),
        (15, 9_000),
        (24, 7_400),
        (31, 4_600),
        (38, 3_500),
        (45, 4_200),
        (60, 5_800),
        (75, 6_200),
    ],
    // A thinner one: 80 % down.
    &[
        (0, 10_000),
        (5, 9_850),
        (15, 8_700),
        (21, 6_900),
        (28, 3_900),
        (36, 2_000),
        (45, 2_900),
        (60, 4_700),
        (75, 5_000),
    ],
];

/// Seconds during which a market has no price at all: from, to.
const GAPS: [Option<(i64, i64)>; MARKETS] = [
    Some((1_740, 1_860)), // 2 minutes: too old for adding risk, not for liquidation
    None,
    None,
    Some((1_440, 1_860)), // 7 minutes: too old for anything
    Some((1_260, 1_620)), // 6 minutes
];

/// Seconds during which the confidence interval is wide, and how wide in basis points of the price.
const WIDE: [(i64, i64, i64); MARKETS] = [
    (1_860, 2_100, 200),
    (1_980, 2_100, 150),
    (1_920, 2_160, 180),
    (1_080, 2_400, 500),
    (960, 2_520, 700),
];

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

/// A shape at a time, in hundredths of a basis point.
fn shape(points: &[(i64, i64)], seconds: i64) -> i64 {
    for pair in points.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        if seconds <= to * 60 {
            let part = (high - low) * 100 * (seconds - from * 60) / ((to - from) * 60);
            return low * 100 + part;
        }
    }
    points[points.len() - 1].1 * 100
}

fn inside((from, to): (i64, i64), seconds: i64) -> bool {
    (from..to).contains(&seconds)
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
            let level = shape(SHAPES[m], seconds) * (1_000_000 + common + own) / 1_000_000;
            let price = starts[m] / 1_000 * level / 1_000;
            averages[m] += (price - averages[m]) * STEP / 3_600;
            path.lowest[m] = path.lowest[m].min(level / 100);
            path.last[m] = level / 100;
            if GAPS[m].is_some_and(|gap| inside(gap, seconds)) {
                return None;
            }
            let (from, to, bps) = WIDE[m];
            let bps = if inside((from, to), seconds) { bps } else { 8 };
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
        let gap = GAPS[m].map_or("none".to_owned(), |(from, to)| {
            format!("{} to {}", minute(from), minute(to))
        });
        let (from, to, bps) = WIDE[m];
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
