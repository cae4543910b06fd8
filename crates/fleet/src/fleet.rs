//! The accounts: how they come in and go out.

use crate::{
    bits::Bits,
    store::Store,
    types::{Moved, Put},
};
use anchor_lang::prelude::Pubkey;
use counterweight::state::MAX_ASSETS;
use counterweight_risk::interest::Accrual;
use counterweight_sdk::{
    accounts::{DecodeError, Margin, RiskTables},
    borrowed::{Aligned, MarginRef},
};
use std::collections::HashMap;

/// All margin accounts of a clearinghouse, and how they stand. The crate's documentation says how it is laid out.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    pub(crate) book: Option<RiskTables>,
    pub(crate) slots: HashMap<Pubkey, u32>,
    pub(crate) store: Store,
    pub(crate) index: Index,
    /// What books changed since accounts were last judged.
    pub(crate) pending: Moved,
    pub(crate) judged: Option<Judged>,
}

/// Which slots are which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Those that have an account.
    pub(crate) used: Bits,
    /// For each asset, those that hold it.
    pub(crate) holders: Vec<Bits>,
    /// Those that owe, and so pay interest as time passes.
    pub(crate) debtors: Bits,
    /// Those that were put since they were last judged.
    pub(crate) put: Bits,
    /// Those that were judged and fail.
    pub(crate) failing: Bits,
    /// Those that the engine could not judge.
    pub(crate) unknown: Bits,
}

/// The moment at which all judged figures hold, and what of it they depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) at: i64,
    /// What debts had paid.
    pub(crate) accrual: Accrual,
    /// Which assets' prices were fresh.
    pub(crate) fresh: Vec<bool>,
}

impl Index {
    /// The holders of an asset.
    pub(crate) fn holders(&self, asset: u16) -> Option<&Bits> {
        self.holders.get(usize::from(asset))
    }

    /// Takes an account in whose rows have just been written.
    fn enter(&mut self, slot: u32, store: &Store) {
        for asset in store
            .holdings(slot as usize)
            .filter(|asset| *asset < MAX_ASSETS)
        {
            // A risk book has no other assets: an account that names one cannot be judged, whatever moves.
            let asset = usize::from(asset);
            if asset >= self.holders.len() {
                self.holders.resize_with(asset + 1, Bits::default);
            }
            self.holders[asset].set(slot as usize);
        }
        let slot = slot as usize;
        self.used.set(slot);
        self.debtors.assign(slot, store.records[slot].owes());
        self.put.set(slot);
        self.failing.clear(slot);
        self.unknown.clear(slot);
    }

    /// Leaves an account out whose rows are about to be given up.
    fn leave(&mut self, slot: u32, store: &Store) {
        for asset in store.holdings(slot as usize) {
            if let Some(holders) = self.holders.get_mut(usize::from(asset)) {
                holders.clear(slot as usize);
            }
        }
        let sets = [&mut self.used, &mut self.debtors, &mut self.put];
        for set in sets
            .into_iter()
            .chain([&mut self.failing, &mut self.unknown])
        {
            set.clear(slot as usize);
        }
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        let sets = [&self.used, &self.debtors, &self.put];
        let sets = sets.into_iter().chain([&self.failing, &self.unknown]);
        sets.chain(&self.holders).map(Bits::bytes).sum()
    }
}

impl Fleet {
    /// Without accounts, and without a book to judge them by.
    pub fn new() -> Self {
        Self::default()
    }

    /// The risk book that accounts are judged by.
    pub fn book(&self) -> Option<&RiskTables> {
        self.book.as_ref()
    }

    /// Takes an account's bytes, unless it has a later state of it. Its figures are not known before it is judged.
    /// It must be one of the book's clearinghouse; nothing here can tell while there is no book.
    ///
    /// # Errors
    /// [`DecodeError`] for bytes that are no margin account.
    pub fn put(&mut self, key: Pubkey, data: &[u8]) -> Result<Put, DecodeError> {
        self.take(key, data, false)
    }

    /// As [`Fleet::put`], however early the state: for a snapshot, and for an account that was closed and opened
    /// again, whose sequence begins anew. Never [`Put::Older`].
    ///
    /// # Errors
    /// As [`Fleet::put`].
    pub fn replace(&mut self, key: Pubkey, data: &[u8]) -> Result<Put, DecodeError> {
        self.take(key, data, true)
    }

    fn take(&mut self, key: Pubkey, data: &[u8], any: bool) -> Result<Put, DecodeError> {
        let bytes = Aligned::of(data);
        let margin = MarginRef::read(&bytes)?;
        let (slot, put) = match self.slots.get(&key) {
            None => {
                let slot = self.store.open(key);
                self.slots.insert(key, slot);
                (slot, Put::New)
            }
            Some(slot) => {
                let held = self.store.cards[*slot as usize].header.sequence;
                if !any && margin.header.sequence < held {
                    return Ok(Put::Older);
                }
                if self.store.is_same(*slot, &margin) {
                    return Ok(Put::Same);
                }
                self.index.leave(*slot, &self.store);
                (*slot, Put::Changed)
            }
        };
        let markets = self.book.as_ref().map(|book| &*book.markets);
        self.store.write(slot, &margin, markets);
        self.index.enter(slot, &self.store);
        self.store.tidy();
        Ok(put)
    }

    /// Forgets an account; whether it was there.
    pub fn remove(&mut self, key: &Pubkey) -> bool {
        let Some(slot) = self.slots.remove(key) else {
            return false;
        };
        self.index.leave(slot, &self.store);
        self.store.close(slot);
        self.store.tidy();
        true
    }

    /// Forgets the accounts that are not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&Pubkey) -> bool) {
        let gone: Vec<Pubkey> = self.keys().filter(|key| !keep(key)).collect();
        for key in gone {
            self.remove(&key);
        }
    }

    /// How many accounts there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The accounts' addresses, in no order that means anything.
    pub fn keys(&self) -> impl Iterator<Item = Pubkey> {
        self.index
            .used
            .iter()
            .map(|slot| self.store.cards[slot].key)
    }

    /// An account as it was put, for previews and instructions.
    pub fn margin(&self, key: &Pubkey) -> Option<Margin> {
        self.slots.get(key).map(|slot| self.store.margin(*slot))
    }

    /// The sequence of an account as it was put.
    pub fn sequence(&self, key: &Pubkey) -> Option<u64> {
        let slot = *self.slots.get(key)?;
        Some(self.store.cards[slot as usize].header.sequence)
    }

    /// How many accounts hold an asset, as collateral or in positions: those that a move of its price judges again.
    pub fn holders(&self, asset: u16) -> usize {
        let holders = self.index.holders(asset);
        holders.map_or(0, Bits::count)
    }
}
