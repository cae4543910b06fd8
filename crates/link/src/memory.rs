//! What the feed has passed on: enough to tell news from echoes, and to see what was missed.
//!
//! Margin accounts and markets count their changes in a sequence, at the same offset. That orders what arrives: slots
//! of notifications do not (some nodes freeze them at the time of subscription), nor does the time of arrival.

use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight_sdk::program::state::{MarginAccount, Market};
use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::Instant,
};

/// Where a margin account and a market have their sequence, and its length.
pub(crate) const SEQUENCE: (usize, usize) = (16, 8);

/// What bytes that have arrived are, beside what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// They were not known.
    News,
    /// They are what was known.
    Same,
    /// They are of an earlier change than what was known.
    Older,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    sequence: Option<u64>,
    digest: u64,
    noted: Instant,
}

/// The accounts that were passed on.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    known: HashMap<Pubkey, Known>,
}

/// The sequence in an account's bytes, where it has one.
fn sequence(data: &[u8]) -> Option<u64> {
    let counted =
        data.starts_with(MarginAccount::DISCRIMINATOR) || data.starts_with(Market::DISCRIMINATOR);
    let bytes = data.get(SEQUENCE.0..SEQUENCE.0 + SEQUENCE.1)?;
    counted.then_some(u64::from_le_bytes(bytes.try_into().ok()?))
}

fn digest(data: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    hasher.finish()
}

impl Memory {
    /// Takes note of bytes that arrived by notification. What is older changes nothing.
    pub fn note(&mut self, key: Pubkey, data: &[u8], now: Instant) -> Freshness {
        let arrived = Known {
            sequence: sequence(data),
            digest: digest(data),
            noted: now,
        };
        let Some(known) = self.known.get_mut(&key) else {
            self.known.insert(key, arrived);
            return Freshness::News;
        };
        if arrived.sequence < known.sequence {
            return Freshness::Older;
        }
        let same = arrived.digest == known.digest;
        *known = arrived;
        if same {
            Freshness::Same
        } else {
            Freshness::News
        }
    }

    /// Takes note of bytes that were asked for at `asked`, whatever their sequence: an account that was closed and
    /// opened again begins anew. None where a notification came in between, which is not older than they are.
    /// Returns whether the account went back, so that it must be forgotten before it is taken.
    pub fn overrule(&mut self, key: Pubkey, data: &[u8], asked: Instant) -> Option<bool> {
        let arrived = Known {
            sequence: sequence(data),
            digest: digest(data),
            noted: asked,
        };
        let before = self.known.get(&key).copied();
        if before.is_some_and(|known| known.noted > asked || known.digest == arrived.digest) {
            return None;
        }
        self.known.insert(key, arrived);
        Some(before.is_some_and(|known| arrived.sequence < known.sequence))
    }

    /// Forgets an account that is gone; whether it was known.
    pub fn forget(&mut self, key: &Pubkey) -> bool {
        self.known.remove(key).is_some()
    }

    /// Begins anew with a snapshot that was asked for at `asked`.
    pub fn begin(&mut self, accounts: &[(Pubkey, Vec<u8>)], asked: Instant) {
        self.known.clear();
        for (key, data) in accounts {
            self.note(*key, data, asked);
        }
    }

    /// Which accounts are not as they are on the chain, by the sequences that it gave when it was asked at `asked`:
    /// changed or new ones, and those that are gone. What was noted since is left alone.
    pub fn differing(
        &self,
        chain: &HashMap<Pubkey, u64>,
        asked: Instant,
    ) -> (Vec<Pubkey>, Vec<Pubkey>) {
        let settled = |known: &Known| known.noted <= asked;
        let mut changed: Vec<Pubkey> = Vec::new();
        for (key, sequence) in chain {
            match self.known.get(key) {
                Some(known) if known.sequence == Some(*sequence) || !settled(known) => {}
                _ => changed.push(*key),
            }
        }
        let known = self.known.iter();
        let counted = known.filter(|(_, known)| known.sequence.is_some() && settled(known));
        let gone = counted
            .filter(|(key, _)| !chain.contains_key(*key))
            .map(|(key, _)| *key);
        (changed, gone.collect())
    }

    /// The accounts that have no sequence: they are compared byte by byte.
    pub fn uncounted(&self) -> Vec<Pubkey> {
        let known = self.known.iter();
        known
            .filter(|(_, known)| known.sequence.is_none())
            .map(|(key, _)| *key)
            .collect()
    }

    /// Of these, the ones that were noted after `asked`.
    pub(crate) fn noted_since(&self, keys: &[Pubkey], asked: Instant) -> HashSet<Pubkey> {
        let noted = |key: &&Pubkey| {
            self.known
                .get(*key)
                .is_some_and(|known| known.noted > asked)
        };
        keys.iter().filter(noted).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key(at: u8) -> Pubkey {
        Pubkey::new_from_array([at; 32])
    }

    fn account(sequence: u64, rest: u8) -> Vec<u8> {
        let mut data = MarginAccount::DISCRIMINATOR.to_vec();
        data.extend([0; 8]);
        data.extend(sequence.to_le_bytes());
        data.push(rest);
        data
    }

    #[test]
    fn the_sequence_orders_what_arrives() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        assert_eq!(memory.note(key(1), &account(3, 0), now), Freshness::News);
        assert_eq!(memory.note(key(1), &account(3, 0), now), Freshness::Same);
        assert_eq!(memory.note(key(1), &account(2, 9), now), Freshness::Older);
        assert_eq!(memory.note(key(1), &account(4, 0), now), Freshness::News);
        // Without a sequence, whatever comes later is news.
        assert_eq!(memory.note(key(2), b"12345678 b", now), Freshness::News);
        assert_eq!(memory.note(key(2), b"12345678 a", now), Freshness::News);
    }

    #[test]
    fn what_was_missed_is_seen_and_what_came_meanwhile_is_left() {
        let (mut memory, before) = (Memory::default(), Instant::now());
        let asked = before + Duration::from_secs(1);
        for at in 1..=4 {
            memory.note(key(at), &account(5, at), before);
        }
        // 1 is current, 2 has moved, 3 is gone, 4 was noted after the question, 5 is new.
        memory.note(key(4), &account(6, 0), asked + Duration::from_secs(1));
        let chain = HashMap::from([(key(1), 5), (key(2), 7), (key(4), 5), (key(5), 1)]);
        let (mut changed, gone) = memory.differing(&chain, asked);
        changed.sort();
        assert_eq!((changed, gone), (vec![key(2), key(5)], vec![key(3)]));
    }

    #[test]
    fn an_account_that_begins_anew_is_taken_after_it_was_forgotten() {
        let (mut memory, before) = (Memory::default(), Instant::now());
        let asked = before + Duration::from_secs(1);
        memory.note(key(1), &account(5, 0), before);
        assert_eq!(memory.overrule(key(1), &account(5, 0), asked), None);
        assert_eq!(memory.overrule(key(1), &account(1, 0), asked), Some(true));
        assert_eq!(memory.overrule(key(1), &account(2, 0), asked), Some(false));
        memory.note(key(1), &account(3, 0), asked + Duration::from_secs(1));
        assert_eq!(memory.overrule(key(1), &account(2, 1), asked), None);
        assert!(memory.forget(&key(1)) && !memory.forget(&key(1)));
    }
}
