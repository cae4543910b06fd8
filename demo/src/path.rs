//! The prices of the crash: integers, and the same for the same seed.
//!
//! Each asset follows its own shape, a chain of S-curves between waypoints with two rebounds and an
//! overshoot, plus noise: a part that all assets share and a part of its own. SOL leads, BTC lags, so
//! that a hedge between them is not perfect on the way. The moving average follows as Pyth's does.

/// Seconds that the whole crash takes, whatever the number of steps.
pub const DURATION: i64 = 12_000;
/// One, in the fixed point of this file.
const ONE: i64 = 1_000_000;
/// Half-life of Pyth's moving average over ln 2: an hour / 0.693, in seconds.
const AVERAGE_SECONDS: i64 = 5_194;
/// Largest noise that a step adds: shared by all assets, and of one asset.
const SHARED_NOISE: i64 = 2_500;
const OWN_NOISE: i64 = 3_000;

/// One asset's crash.
pub struct Fall {
    /// Its name in the deployment.
    pub asset: &'static str,
    /// How far it falls from start to end, in basis points.
    pub drop_bps: i64,
    /// Waypoints: thousandths of the time, thousandths of the fall.
    waypoints: [(i64, i64); 9],
}

/// The three assets, in the order of the markets.
pub const FALLS: [Fall; 3] = [
    Fall {
        asset: "SOL",
        drop_bps: 2_400,
        waypoints: [
            (0, 0),
            (120, 60),
            (300, 430),
            (380, 310),
            (560, 800),
            (640, 670),
            (840, 1_110),
            (920, 940),
            (1_000, 1_000),
        ],
    },
    Fall {
        asset: "BTC",
        drop_bps: 1_500,
        waypoints: [
            (0, 0),
            (160, 30),
            (340, 340),
            (420, 240),
            (580, 720),
            (660, 590),
            (850, 1_060),
            (930, 920),
            (1_000, 1_000),
        ],
    },
    Fall {
        asset: "ETH",
        drop_bps: 2_100,
        waypoints: [
            (0, 0),
            (140, 40),
            (320, 380),
            (400, 270),
            (570, 760),
            (650, 620),
            (850, 1_080),
            (930, 930),
            (1_000, 1_000),
        ],
    },
];

/// What Pyth publishes for an asset at a step, in units of 10^-8 dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Price.
    pub price: i64,
    /// Half-width of the confidence interval.
    pub confidence: u64,
    /// Moving average.
    pub average: i64,
}

/// A whole crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Seconds between two steps.
    pub seconds: i64,
    /// Per step, the start included, a tick of each of [`FALLS`].
    pub steps: Vec<[Tick; 3]>,
}

impl Path {
    /// The crash that starts at these prices.
    pub fn new(seed: u64, steps: u32, start: [i64; 3]) -> Self {
        let steps = i64::from(steps.max(1));
        let seconds = (DURATION / steps).max(1);
        let mut random = Random(seed);
        let mut noise = [0i64; 3];
        let mut last = start.map(|price| Tick {
            price,
            confidence: confidence(price, price),
            average: price,
        });
        let mut all = vec![last];
        for step in 1..=steps {
            let shared = random.within(SHARED_NOISE);
            // None at either end, so that the path starts and ends where it is said to.
            let window = step.min(steps - step).min(4);
            for (at, fall) in FALLS.iter().enumerate() {
                noise[at] = noise[at] * 3 / 4 + shared + random.within(OWN_NOISE);
                let fallen = fall.drop_bps * fall.progress(step * ONE / steps) / 10_000;
                let factor = ONE - fallen + noise[at] * window / 4;
                let price = scaled(start[at], factor);
                last[at] = Tick {
                    price,
                    confidence: confidence(price, last[at].price),
                    average: average(last[at].average, price, seconds),
                };
            }
            all.push(last);
        }
        Self {
            seconds,
            steps: all,
        }
    }
}

impl Fall {
    /// How much of the fall is done at a time, both in millionths.
    fn progress(&self, time: i64) -> i64 {
        let points = self.waypoints.map(|(t, p)| (t * 1_000, p * 1_000));
        let after = points
            .iter()
            .position(|(t, _)| *t >= time)
            .unwrap_or(8)
            .max(1);
        let ((t0, p0), (t1, p1)) = (points[after - 1], points[after]);
        let part = (time - t0) * ONE / (t1 - t0);
        // 3u² − 2u³: flat at both waypoints.
        let curve = part * part / ONE * (3 * ONE - 2 * part) / ONE;
        p0 + (p1 - p0) * curve / ONE
    }
}

fn scaled(price: i64, factor: i64) -> i64 {
    (i128::from(price) * i128::from(factor) / i128::from(ONE)) as i64
}

/// 0.05 % of the price, and an eighth of what it moved: wider while it is falling.
fn confidence(price: i64, before: i64) -> u64 {
    price.unsigned_abs() / 2_000 + price.abs_diff(before) / 8
}

/// The average moves towards the price by `1 − e^(−x) ≈ x / (1 + x/2)`, x = seconds over the time constant.
fn average(before: i64, price: i64, seconds: i64) -> i64 {
    before + (price - before) * 2 * seconds / (2 * AVERAGE_SECONDS + seconds)
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from −`most` to `most`.
    fn within(&mut self, most: i64) -> i64 {
        (self.next() % (2 * most.unsigned_abs() + 1)) as i64 - most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: [i64; 3] = [15_000_000_000, 10_000_000_000_000, 400_000_000_000];

    fn path(seed: u64) -> Path {
        Path::new(seed, 40, START)
    }

    #[test]
    fn every_asset_ends_at_its_stated_drop() {
        for seed in 0..50 {
            let path = path(seed);
            assert_eq!(path.steps.len(), 41);
            for (at, fall) in FALLS.iter().enumerate() {
                let expected = START[at] - START[at] / 10_000 * fall.drop_bps;
                let end = path.steps[40][at].price;
                assert!(
                    end.abs_diff(expected) <= START[at].unsigned_abs() / 1_000_000,
                    "{end}"
                );
                assert_eq!(path.steps[0][at].price, START[at]);
            }
        }
    }

    #[test]
    fn every_asset_rebounds_by_a_percent_at_least_twice() {
        for seed in 0..50 {
            for at in 0..3 {
                let (mut low, mut high, mut rebounds, mut rising) = (i64::MAX, 0, 0, false);
                for tick in path(seed).steps {
                    let price = tick[at].price;
                    if rising {
                        high = high.max(price);
                        if price < high / 100 * 99 {
                            (rising, low) = (false, price);
                        }
                    } else {
                        low = low.min(price);
                        if price > low / 100 * 101 {
                            (rising, high, rebounds) = (true, price, rebounds + 1);
                        }
                    }
                }
                assert!(rebounds >= 2, "seed {seed}, asset {at}: {rebounds}");
            }
        }
    }

    #[test]
    fn a_path_is_a_function_of_its_seed() {
        assert_eq!(path(7), path(7));
        assert_ne!(path(7), path(8));
    }

    #[test]
    fn the_average_follows_like_one_of_an_hours_half_life() {
        let mut average_now = 1_000_000_000;
        for _ in 0..12 {
            average_now = average(average_now, 500_000_000, 300);
        }
        // Half of the distance after an hour.
        assert!(
            (749_000_000..751_000_000).contains(&average_now),
            "{average_now}"
        );
        for tick in path(1).steps.concat() {
            assert!(
                tick.confidence < tick.price.unsigned_abs() / 100,
                "{tick:?}"
            );
        }
    }
}
