//! The shape of 10 October 2025, when the largest liquidations so far went through the perpetual markets: 75
//! minutes, in straight lines between waypoints. Whoever plays it adds noise of his own.

/// Seconds that it takes.
pub const SECONDS: i64 = 75 * 60;
/// Half the width of a confidence interval at other times, in basis points of the price.
const NARROW_BPS: i64 = 8;

/// How an asset went through it.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    /// Its price in basis points of the one at the start: minutes, rising from 0, and level.
    pub levels: &'static [(i64, i64)],
    /// Seconds during which its feed had no price at all: from, to.
    pub silent: Option<(i64, i64)>,
    /// Seconds during which the confidence interval was wide, and how wide in basis points of the price.
    pub wide: (i64, i64, i64),
}

/// SOL: 24 % down.
pub const SOL: Fall = Fall {
    levels: &[
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
    silent: Some((1_740, 1_860)), // 2 minutes: too old for adding risk, not for liquidation
    wide: (1_860, 2_100, 200),
};

/// BTC: 14 % down.
pub const BTC: Fall = Fall {
    levels: &[
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
    silent: None,
    wide: (1_980, 2_100, 150),
};

/// ETH: 21 % down.
pub const ETH: Fall = Fall {
    levels: &[
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
    silent: None,
    wide: (1_920, 2_160, 180),
};

/// An asset with a thin market: 65 % down.
pub const THIN: Fall = Fall {
    levels: &[
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
    silent: Some((1_440, 1_860)), // 7 minutes: too old for anything
    wide: (1_080, 2_400, 500),
};

/// One with a thinner market: 80 % down.
pub const THINNER: Fall = Fall {
    levels: &[
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
    silent: Some((1_260, 1_620)), // 6 minutes
    wide: (960, 2_520, 700),
};

impl Fall {
    /// The level after so many seconds, in hundredths of a basis point of the start; behind the end, that of the end.
    pub fn level(&self, seconds: i64) -> i64 {
        for pair in self.levels.windows(2) {
            let ((from, low), (to, high)) = (pair[0], pair[1]);
            if seconds <= to * 60 {
                let part = (high - low) * 100 * (seconds - from * 60) / ((to - from) * 60);
                return low * 100 + part;
            }
        }
        self.levels[self.levels.len() - 1].1 * 100
    }

    /// Whether the feed has no price after so many seconds.
    pub fn is_silent(&self, seconds: i64) -> bool {
        self.silent
            .is_some_and(|(from, to)| (from..to).contains(&seconds))
    }

    /// Half the width of the confidence interval after so many seconds, in basis points of the price.
    pub fn confidence_bps(&self, seconds: i64) -> i64 {
        let (from, to, bps) = self.wide;
        if (from..to).contains(&seconds) {
            bps
        } else {
            NARROW_BPS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_goes_straight_from_waypoint_to_waypoint_and_stays_at_its_end() {
        for fall in [SOL, BTC, ETH, THIN, THINNER] {
            let (levels, last) = (fall.levels, fall.levels.len() - 1);
            assert_eq!(fall.level(0), 1_000_000);
            assert_eq!(levels[last].0 * 60, SECONDS);
            assert_eq!(fall.level(SECONDS), fall.level(SECONDS * 10));
            assert!(levels.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert_eq!(SOL.level(150), 997_500, "half way to the first waypoint");
        assert_eq!(BTC.level(40 * 60), 860_000, "the lowest");
    }

    #[test]
    fn silence_and_doubt_have_a_beginning_and_an_end() {
        let silent = [1_739, 1_740, 1_859, 1_860].map(|at| SOL.is_silent(at));
        assert_eq!(silent, [false, true, true, false]);
        let wide = [1_979, 1_980, 2_099, 2_100].map(|at| BTC.confidence_bps(at));
        assert_eq!(wide, [NARROW_BPS, 150, 150, NARROW_BPS]);
    }
}
