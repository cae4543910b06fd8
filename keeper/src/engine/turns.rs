//! Whose turn it is: duties that are looked at from time to time.

use crate::{
    config::Config,
    strategy::{Kind, Turns},
};

/// A duty that is looked at from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    Prices,
    Arrays,
    Fills,
    Funding,
    Pruning,
    Sweeps,
    Settlement,
    Laggards,
    /// All accounts, whether or not a price moved.
    Scan,
}

const ALL: [Duty; 9] = [
    Duty::Prices,
    Duty::Arrays,
    Duty::Fills,
    Duty::Funding,
    Duty::Pruning,
    Duty::Sweeps,
    Duty::Settlement,
    Duty::Laggards,
    Duty::Scan,
];

/// When each is looked at next, milliseconds of the keeper's clock.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    next: [u64; ALL.len()],
}

fn every(config: &Config, duty: Duty) -> u64 {
    let duties = &config.duties;
    let seconds = match duty {
        Duty::Prices => return duties.prices.every_ms,
        Duty::Arrays => duties.arrays.every_seconds,
        Duty::Fills => duties.fills.every_seconds,
        Duty::Funding => duties.funding.every_seconds,
        Duty::Pruning => duties.pruning.every_seconds,
        Duty::Sweeps => duties.sweeps.every_seconds,
        Duty::Settlement => duties.settlement.every_seconds,
        Duty::Laggards => duties.defaults.every_seconds,
        Duty::Scan => duties.liquidations.scan_seconds,
    };
    seconds.saturating_mul(1_000)
}

/// The duty that a kind of work belongs to, where it has turns.
fn of(kind: Kind) -> Option<Duty> {
    Some(match kind {
        Kind::Prices => Duty::Prices,
        Kind::Arrays => Duty::Arrays,
        Kind::Fills => Duty::Fills,
        Kind::Funding => Duty::Funding,
        Kind::Prune => Duty::Pruning,
        Kind::Fees | Kind::Interest => Duty::Sweeps,
        Kind::Settle => Duty::Settlement,
        Kind::CatchUp | Kind::SweepDust => Duty::Laggards,
        _ => return None,
    })
}

impl Clocks {
    fn is_due(&self, duty: Duty, now: u64) -> bool {
        self.next[duty as usize] <= now
    }

    /// Whose turn it is.
    pub fn turns(&self, now: u64) -> Turns {
        Turns {
            prices: self.is_due(Duty::Prices, now),
            arrays: self.is_due(Duty::Arrays, now),
            fills: self.is_due(Duty::Fills, now),
            funding: self.is_due(Duty::Funding, now),
            pruning: self.is_due(Duty::Pruning, now),
            sweeps: self.is_due(Duty::Sweeps, now),
            settlement: self.is_due(Duty::Settlement, now),
            laggards: self.is_due(Duty::Laggards, now),
        }
    }

    /// Whether all accounts are to be judged, whether or not a price moved.
    pub fn scans(&self, now: u64) -> bool {
        self.is_due(Duty::Scan, now)
    }

    /// All accounts were judged.
    pub fn scanned(&mut self, config: &Config, now: u64) {
        self.next[Duty::Scan as usize] = now.saturating_add(every(config, Duty::Scan));
    }

    /// Everybody whose turn it was has had it.
    pub fn taken(&mut self, config: &Config, turns: Turns, now: u64) {
        let had = [
            (Duty::Prices, turns.prices),
            (Duty::Arrays, turns.arrays),
            (Duty::Fills, turns.fills),
            (Duty::Funding, turns.funding),
            (Duty::Pruning, turns.pruning),
            (Duty::Sweeps, turns.sweeps),
            (Duty::Settlement, turns.settlement),
            (Duty::Laggards, turns.laggards),
        ];
        for (duty, had) in had {
            if had {
                self.next[duty as usize] = now.saturating_add(every(config, duty));
            }
        }
    }

    /// Work of a kind waits until then: its duty has a turn no later.
    pub fn again(&mut self, kind: Kind, at: u64) {
        if let Some(duty) = of(kind) {
            let next = &mut self.next[duty as usize];
            *next = (*next).min(at);
        }
    }

    /// Prices and arrays are brought without waiting for their turn.
    pub fn bring_prices(&mut self) {
        self.next[Duty::Prices as usize] = 0;
        self.next[Duty::Arrays as usize] = 0;
    }

    /// The next turn after `now`.
    pub fn next(&self, now: u64) -> u64 {
        let later = self.next.iter().copied().filter(|next| *next > now);
        later.min().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duty_has_its_turn_after_its_interval_or_when_its_work_is_ready() {
        let (config, mut clocks) = (Config::default(), Clocks::default());
        assert_eq!(clocks.turns(0), Turns::ALL);
        clocks.taken(&config, Turns::ALL, 0);
        assert_eq!(clocks.turns(0), Turns::default());
        let funding = config.duties.funding.every_seconds * 1_000;
        assert!(!clocks.turns(funding - 1).funding && clocks.turns(funding).funding);
        clocks.again(Kind::Funding, 700);
        assert!(clocks.turns(700).funding && !clocks.turns(699).funding);
        assert_eq!(clocks.next(0), 700);
        clocks.bring_prices();
        assert!(clocks.turns(1).prices && clocks.turns(1).arrays);
    }
}
