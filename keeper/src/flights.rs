//! Transactions on their way: what is locked until their outcome is known *and has arrived*.
//!
//! A transaction that was confirmed may not be seen yet in what is known: to decide about its account again would be to
//! decide on what no longer is. So an account stays locked from the decision until its change has come over the feed,
//! or for so long that it must have been missed.

use crate::{
    state::State,
    strategy::{Job, JobId, Reserve, Watch},
};
use anchor_lang::prelude::Pubkey;
use std::collections::{BTreeMap, HashMap};

/// A transaction on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    /// What it does, to whom.
    pub id: JobId,
    locks: Vec<Pubkey>,
    watch: Vec<Watch>,
    reserve: Reserve,
    /// When its outcome was known, milliseconds.
    landed: Option<u64>,
}

/// All of them.
#[derive(Default)]
pub struct Flights {
    next: u64,
    all: BTreeMap<u64, Flight>,
    locked: HashMap<Pubkey, u64>,
    patience: u64,
}

impl Flights {
    /// None yet; `patience` is how long a change is waited for after a confirmation, milliseconds.
    pub fn new(patience: u64) -> Self {
        Self {
            patience,
            ..Self::default()
        }
    }

    /// Locks what a job locks. Returns its ticket; none where something of it is locked.
    pub fn launch(&mut self, job: &Job) -> Option<u64> {
        if job.locked().any(|key| self.locked.contains_key(key)) {
            return None;
        }
        let ticket = self.next;
        self.next += 1;
        let locks: Vec<Pubkey> = job.locked().copied().collect();
        for key in &locks {
            self.locked.insert(*key, ticket);
        }
        let flight = Flight {
            id: job.id,
            locks,
            watch: job.watch.clone(),
            reserve: job.reserve.clone(),
            landed: None,
        };
        self.all.insert(ticket, flight);
        Some(ticket)
    }

    /// It was carried out, or may have been: its change is waited for.
    pub fn land(&mut self, ticket: u64, now: u64) {
        if let Some(flight) = self.all.get_mut(&ticket) {
            flight.landed = Some(now);
        }
    }

    /// It was not carried out: nothing is waited for.
    pub fn abort(&mut self, ticket: u64) {
        if let Some(flight) = self.all.remove(&ticket) {
            self.unlock(ticket, &flight);
        }
    }

    fn unlock(&mut self, ticket: u64, flight: &Flight) {
        for key in &flight.locks {
            if self.locked.get(key) == Some(&ticket) {
                self.locked.remove(key);
            }
        }
    }

    /// Unlocks what has arrived, and what must have been missed. Returns how many were missed.
    pub fn settle(&mut self, state: &State, now: u64) -> usize {
        let mut missed = 0;
        let landed: Vec<(u64, bool)> = self
            .all
            .iter()
            .filter_map(|(ticket, flight)| {
                let since = flight.landed?;
                let arrived = flight
                    .watch
                    .iter()
                    .all(|watch| has_arrived(watch, state, now, since));
                let late = now.saturating_sub(since) >= self.patience;
                (arrived || late).then_some((*ticket, arrived))
            })
            .collect();
        for (ticket, arrived) in landed {
            missed += usize::from(!arrived);
            self.abort(ticket);
        }
        missed
    }

    /// Whether something is under way with an account.
    pub fn is_locked(&self, key: &Pubkey) -> bool {
        self.locked.contains_key(key)
    }

    /// Transactions whose outcome is not known.
    pub fn in_the_air(&self) -> usize {
        self.all
            .values()
            .filter(|flight| flight.landed.is_none())
            .count()
    }

    /// All, with those whose change has not arrived.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What of the keeper's account is spoken for.
    pub fn reserve(&self) -> Reserve {
        let mut sum = Reserve::default();
        for flight in self.all.values() {
            sum.add(&flight.reserve);
        }
        sum
    }

    /// When something is unlocked at the latest, of what waits for its change.
    pub fn next(&self) -> Option<u64> {
        let ends = self.all.values().filter_map(|flight| {
            let since = flight.landed?;
            let times = flight.watch.iter().map(|watch| match watch {
                Watch::Time(ms) => since.saturating_add(*ms),
                _ => since.saturating_add(self.patience),
            });
            times.max().or(Some(since))
        });
        ends.min()
    }
}

fn has_arrived(watch: &Watch, state: &State, now: u64, since: u64) -> bool {
    match watch {
        Watch::Account(key, before) => {
            let sequence = state.fleet().sequence(key);
            sequence.is_none_or(|sequence| sequence > *before)
        }
        Watch::Price(asset, time) => {
            let recorded = state
                .recorded()
                .and_then(|book| book.assets.get(usize::from(*asset)));
            recorded.is_some_and(|asset| asset.publish_time >= *time)
        }
        Watch::Array(market, before) => {
            let recorded = state
                .recorded()
                .and_then(|book| book.markets.get(usize::from(*market)));
            recorded.is_some_and(|row| row.array.time > *before)
        }
        Watch::Time(ms) => now.saturating_sub(since) >= *ms,
    }
}
