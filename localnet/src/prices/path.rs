//! Where prices go, second by second: integers, and the same for the same seed.

use super::Tape;
use crate::config::Source;
use counterweight_simnet::{
    Deployment, Rng,
    october::{BTC, ETH, Fall, SOL, THIN},
};

/// Where an asset starts, in millionths of that. A hundred of them are a basis point.
const ONE: i64 = 1_000_000;
/// Half the width of a confidence interval, in basis points of the price.
const CONFIDENCE_BPS: i64 = 5;
/// Seconds over which the moving average is taken.
const AVERAGE: i64 = 3_600;
/// The most that a second moves all assets, and one asset besides, in millionths.
const SHARED_NOISE: i64 = 150;
const OWN_NOISE: i64 = 100;
/// Each second takes back so large a part of the noise: one in 900, or it would go anywhere.
const RETURN: i64 = 900;
/// What a trend moves in a second, in millionths, and the seconds until it turns.
const DRIFT: i64 = 40;
const TREND: i64 = 1_200;

/// A price to be published, in units of 10^-8 dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The price.
    pub price: i64,
    /// Half the width of the confidence interval.
    pub confidence: u64,
    /// Its moving average.
    pub average: i64,
}

/// An asset on its way.
#[derive(Clone, Debug)]
struct Walk {
    name: String,
    start: i64,
    /// Where noise has taken it, in millionths of its anchor.
    noise: i64,
    average: i64,
}

/// The prices of a deployment's assets over time.
#[derive(Clone, Debug)]
pub struct PricePath {
    source: Source,
    rng: Rng,
    walks: Vec<Walk>,
    second: i64,
    latest: Vec<Option<Published>>,
}

fn fall_of(asset: &str) -> &'static Fall {
    match asset {
        "SOL" => &SOL,
        "BTC" => &BTC,
        "ETH" => &ETH,
        _ => &THIN,
    }
}

/// Where a trend has taken all prices: up for a while, down for a while.
fn trend(second: i64) -> i64 {
    let at = second.rem_euclid(2 * TREND);
    ONE + DRIFT * at.min(2 * TREND - at)
}

impl PricePath {
    /// The path that starts at the deployment's prices.
    pub fn new(source: Source, seed: u64, deployment: &Deployment) -> Self {
        let walk = |asset: &counterweight_simnet::AssetConfig| Walk {
            name: asset.name.clone(),
            start: asset.start_price,
            noise: 0,
            average: asset.start_price,
        };
        let walks: Vec<_> = deployment.asset.iter().map(walk).collect();
        let mut path = Self {
            source,
            rng: Rng::new(seed),
            latest: vec![None; walks.len()],
            walks,
            second: 0,
        };
        path.latest = (0..path.walks.len()).map(|at| path.quote(at)).collect();
        path
    }

    /// The prices after so many seconds, by asset; none where a feed is silent. Time does not run backwards.
    pub fn at(&mut self, second: i64) -> &[Option<Published>] {
        while self.second < second {
            self.second += 1;
            self.step();
        }
        &self.latest
    }

    fn step(&mut self) {
        // Drawn for every asset, whatever the source does with it: paths of one seed stay comparable.
        let shared = self.rng.range(-SHARED_NOISE, SHARED_NOISE);
        for at in 0..self.walks.len() {
            let own = self.rng.range(-OWN_NOISE, OWN_NOISE);
            let walk = &mut self.walks[at];
            walk.noise += shared + own - walk.noise / RETURN;
            let quote = self.quote(at);
            if let Some(quote) = quote {
                let walk = &mut self.walks[at];
                walk.average += (quote.price - walk.average) / AVERAGE;
            }
            self.latest[at] = quote;
        }
    }

    fn quote(&self, at: usize) -> Option<Published> {
        let walk = &self.walks[at];
        let anchored = |level: i64| {
            // Below 10^15 before the division: a level is at most a few millions.
            let level = level * (ONE + walk.noise) / ONE;
            walk.start / 1_000 * level / 1_000
        };
        let (price, bps) = match &self.source {
            Source::Still => (walk.start, CONFIDENCE_BPS),
            Source::Calm => (anchored(ONE), CONFIDENCE_BPS),
            Source::Trending => (anchored(trend(self.second)), CONFIDENCE_BPS),
            Source::Crash => {
                let fall = fall_of(&walk.name);
                if fall.is_silent(self.second) {
                    return None;
                }
                (
                    anchored(fall.level(self.second)),
                    fall.confidence_bps(self.second),
                )
            }
            Source::Tape(tape) => return self.recorded(tape, walk),
        };
        Some(Published {
            price,
            confidence: (price / 10_000 * bps).unsigned_abs(),
            average: walk.average,
        })
    }

    fn recorded(&self, tape: &Tape, walk: &Walk) -> Option<Published> {
        if !tape.names(&walk.name) {
            // It stays where it started.
            return Some(Published {
                price: walk.start,
                confidence: (walk.start / 10_000 * CONFIDENCE_BPS).unsigned_abs(),
                average: walk.start,
            });
        }
        let (price, confidence) = tape.at(self.second, &walk.name)?;
        let usual = (price / 10_000 * CONFIDENCE_BPS).unsigned_abs();
        Some(Published {
            price,
            confidence: confidence.unwrap_or(usual),
            average: walk.average,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterweight_simnet::october::SECONDS;

    fn path(source: Source, seed: u64) -> PricePath {
        PricePath::new(source, seed, &Deployment::localnet())
    }

    fn prices(path: &mut PricePath, second: i64) -> Vec<i64> {
        let quotes = path.at(second).iter();
        quotes.map(|quote| quote.map_or(0, |q| q.price)).collect()
    }

    #[test]
    fn a_seed_decides_everything_however_often_it_is_looked_at() {
        for source in [Source::Calm, Source::Trending, Source::Crash] {
            let (mut often, mut seldom) = (path(source.clone(), 7), path(source.clone(), 7));
            let watched: Vec<_> = (0..=900).map(|at| often.at(at).to_vec()).collect();
            assert_eq!(watched[900], seldom.at(900), "{source:?}");
            let mut other = path(source, 8);
            assert_ne!(watched[900], other.at(900));
        }
    }

    #[test]
    fn calm_prices_stay_within_some_percent_and_move() {
        for seed in 0..8 {
            let mut calm = path(Source::Calm, seed);
            let start = prices(&mut calm, 0);
            for second in (60..4 * 3_600).step_by(60) {
                let now = prices(&mut calm, second);
                for at in 1..start.len() {
                    let moved = (now[at] - start[at]).abs() * 1_000 / start[at];
                    assert!(
                        moved < 40,
                        "seed {seed}, second {second}: {moved} per mille"
                    );
                }
            }
            assert_ne!(prices(&mut calm, 4 * 3_600), start, "seed {seed}");
        }
    }

    #[test]
    fn a_trend_rises_and_turns() {
        assert_eq!(trend(0), ONE);
        assert_eq!(trend(TREND), ONE + DRIFT * TREND);
        assert_eq!(trend(2 * TREND), ONE);
        let mut trending = path(Source::Trending, 3);
        let [low, high, back] = [0, TREND, 2 * TREND].map(|at| prices(&mut trending, at)[2]);
        assert!(high > low * 102 / 100, "{low} to {high}");
        assert!(back < high * 99 / 100, "{high} to {back}");
    }

    #[test]
    fn the_crash_has_its_depth_its_silence_and_its_doubt() {
        let mut crash = path(Source::Crash, 5);
        let start = prices(&mut crash, 0);
        assert!(crash.at(1_800)[1].is_none(), "SOL is silent");
        assert!(crash.at(1_800)[2].is_some(), "BTC is not");
        let wide = crash.at(2_000)[2].expect("BTC");
        assert!(wide.confidence > wide.price.unsigned_abs() / 100);
        let lowest = prices(&mut crash, 2_400);
        assert!((70..=80).contains(&(lowest[1] * 100 / start[1])));
        let (end, later) = (prices(&mut crash, SECONDS), prices(&mut crash, 2 * SECONDS));
        assert!((end[1] - later[1]).abs() < end[1] / 20, "it stays there");
    }

    #[test]
    fn the_average_follows_slowly() {
        let mut crash = path(Source::Crash, 5);
        let start = prices(&mut crash, 0);
        let quote = crash.at(2_400)[2].expect("BTC");
        assert!(quote.average > quote.price && quote.average < start[2]);
    }
}
