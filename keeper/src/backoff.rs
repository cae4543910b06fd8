//! When something may be tried again: after a refusal, with waits that double and differ by chance, so that keepers in
//! competition neither spin nor march in step; and how long unpaid work is left to others.

use crate::{config, strategy::JobId};
use anchor_lang::prelude::Pubkey;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::HashMap;

/// Doublings after which the wait is the longest anyway.
const DOUBLINGS: u32 = 20;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    failures: u32,
    until: u64,
}

/// Who is left alone, and until when. Times are milliseconds of the caller's clock.
pub struct Backoff {
    base: u64,
    most: u64,
    patience: u64,
    rng: StdRng,
    entries: HashMap<Pubkey, Entry>,
    seen: HashMap<JobId, (u64, u64)>,
}

impl Backoff {
    /// By a configuration; seed 0 is another one each time.
    pub fn new(config: &config::Backoff) -> Self {
        let seed = match config.seed {
            0 => rand::rng().random(),
            seed => seed,
        };
        Self {
            base: config.base_ms.max(1),
            most: config.max_ms.max(config.base_ms),
            patience: config.patience_ms,
            rng: StdRng::seed_from_u64(seed),
            entries: HashMap::new(),
            seen: HashMap::new(),
        }
    }

    /// Without patience: for a single round.
    pub fn impatient(&mut self) {
        self.patience = 0;
    }

    /// Something was refused, or lost to another: waits between half and all of base · 2^(failures − 1), at most the
    /// longest. Returns how long.
    pub fn fail(&mut self, key: Pubkey, now: u64) -> u64 {
        let entry = self.entries.entry(key).or_default();
        entry.failures = entry.failures.saturating_add(1);
        let doubled = (entry.failures - 1).min(DOUBLINGS);
        let whole = self.base.saturating_mul(1 << doubled).min(self.most);
        let wait = self.rng.random_range(whole.div_ceil(2)..=whole);
        entry.until = now.saturating_add(wait);
        wait
    }

    /// Something that somebody must look at: waits the longest.
    pub fn fail_for_long(&mut self, key: Pubkey, now: u64) {
        let entry = self.entries.entry(key).or_default();
        entry.failures = entry.failures.saturating_add(1);
        entry.until = now.saturating_add(self.most);
    }

    /// It went well: the next refusal is the first one again.
    pub fn succeed(&mut self, key: &Pubkey) {
        self.entries.remove(key);
    }

    /// Leaves an account alone about which there is nothing to do: no failure, and no doubling.
    pub fn rest(&mut self, key: Pubkey, until: u64) {
        let entry = self.entries.entry(key).or_default();
        entry.until = entry.until.max(until);
    }

    /// A time between half of it and all of it, by chance.
    pub fn about(&mut self, ms: u64) -> u64 {
        self.rng.random_range(ms.div_ceil(2)..=ms.max(1))
    }

    /// Whether an account is left alone.
    pub fn is_waiting(&self, key: &Pubkey, now: u64) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.until > now)
    }

    /// Whether unpaid work has been left to others for long enough: from when it was first seen, a time by chance. The
    /// time at which it will have been.
    pub fn is_patient(&mut self, id: JobId, now: u64) -> Result<(), u64> {
        let (patience, rng) = (self.patience, &mut self.rng);
        let (ready, last) = self.seen.entry(id).or_insert_with(|| {
            let ready = now.saturating_add(rng.random_range(0..=patience));
            (ready, now)
        });
        *last = now;
        if now >= *ready { Ok(()) } else { Err(*ready) }
    }

    /// The work was done: the next time it is seen is the first.
    pub fn done(&mut self, id: &JobId) {
        self.seen.remove(id);
    }

    /// Forgets what has not failed for long, and work that somebody else has done.
    pub fn sweep(&mut self, now: u64) {
        let most = self.most;
        self.entries
            .retain(|_, entry| entry.until.saturating_add(most) > now);
        let long = self.patience.saturating_mul(4).max(120_000);
        self.seen
            .retain(|_, (_, last)| last.saturating_add(long) > now);
    }

    /// The next time after `now` at which somebody is no longer left alone.
    pub fn next(&self, now: u64) -> Option<u64> {
        let ends = self.entries.values().map(|entry| entry.until);
        ends.filter(|until| *until > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::Kind;
    use proptest::prelude::*;

    fn backoff(seed: u64) -> Backoff {
        Backoff::new(&config::Backoff {
            base_ms: 100,
            max_ms: 5_000,
            patience_ms: 1_000,
            seed,
        })
    }

    fn key(at: u8) -> Pubkey {
        Pubkey::new_from_array([at; 32])
    }

    #[test]
    fn one_seed_gives_one_row_of_waits() {
        let (mut a, mut b, mut c) = (backoff(7), backoff(7), backoff(8));
        let row = |backoff: &mut Backoff| -> Vec<u64> {
            (0..8).map(|_| backoff.fail(key(1), 0)).collect()
        };
        let first = row(&mut a);
        assert_eq!(first, row(&mut b));
        assert_ne!(first, row(&mut c));
    }

    proptest! {
        #[test]
        fn waits_double_within_bounds_and_never_end_early(seed in 1u64.., failures in 1u32..40) {
            let mut backoff = backoff(seed);
            let mut now = 0;
            for n in 0..failures {
                let wait = backoff.fail(key(1), now);
                let whole = (100u64 << n.min(20)).min(5_000);
                prop_assert!((whole.div_ceil(2)..=whole).contains(&wait), "{wait} after {n}, seed {seed}");
                prop_assert!(backoff.is_waiting(&key(1), now + wait - 1));
                prop_assert!(!backoff.is_waiting(&key(1), now + wait));
                now += wait;
            }
            prop_assert!(!backoff.is_waiting(&key(2), 0));
            backoff.succeed(&key(1));
            prop_assert!(backoff.fail(key(1), now) <= 100);
        }
    }

    #[test]
    fn unpaid_work_waits_by_chance_once() {
        let mut backoff = backoff(3);
        let id = JobId {
            kind: Kind::Funding,
            subject: key(9),
        };
        let ready = match backoff.is_patient(id, 10) {
            Err(ready) => ready,
            Ok(()) => 10,
        };
        assert!((10..=1_010).contains(&ready));
        assert_eq!(backoff.is_patient(id, ready), Ok(()));
        backoff.done(&id);
        backoff.impatient();
        assert_eq!(backoff.is_patient(id, ready), Ok(()));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut backoff = backoff(3);
        backoff.fail(key(1), 0);
        backoff.rest(key(2), 50);
        assert_eq!(backoff.next(0), Some(50));
        backoff.sweep(10_000);
        assert!(backoff.entries.is_empty() && backoff.next(0).is_none());
    }
}
