//! Where the accounts lie: what a scan reads in one place, everything else in another.

use crate::{
    arena::{Balances, Positions, Range},
    kernel::{Figures, Terms, is_plain},
};
use anchor_lang::prelude::Pubkey;
use bytemuck::{Zeroable, bytes_of};
use counterweight::state::MarginAccount;
use counterweight_risk::{
    Balance, Health, Market, Position, QuoteAtoms, Result,
    account::{BALANCES, MODEL_STANDARD},
};
use counterweight_sdk::{accounts::Margin, borrowed::MarginRef};

/// Positions are such as [`Terms::health`] takes for granted.
const PLAIN: u8 = 1;
/// [`Record::health`] is known.
const JUDGED: u8 = 2;
/// Flagged as in liquidation.
const FLAGGED: u8 = 4;

/// What judging reads and writes of an account, beside its positions and balances. 48 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Record {
    cash: QuoteAtoms,
    /// The index of interest when the cash was last changed.
    interest: u64,
    health: Health,
    positions: u32,
    balances: u32,
    position_count: u16,
    balance_count: u16,
    marks: u8,
    model: u8,
}

const _: () = assert!(size_of::<Record>() == 48);

impl Record {
    #[inline(always)]
    pub(crate) fn positions(&self) -> Range {
        Range {
            start: self.positions,
            length: self.position_count,
        }
    }

    #[inline(always)]
    pub(crate) fn balances(&self) -> Range {
        Range {
            start: self.balances,
            length: self.balance_count,
        }
    }

    /// Whether it owes, and so pays interest as time passes.
    pub(crate) fn owes(&self) -> bool {
        self.cash.0 < 0
    }

    /// The figures that it was judged with last; nothing where it was put since, or could not be judged.
    pub(crate) fn health(&self) -> Option<Health> {
        (self.marks & JUDGED != 0).then_some(self.health)
    }

    /// Takes the figures that it was judged with.
    #[inline(always)]
    pub(crate) fn note(&mut self, found: Option<Health>) {
        match found {
            Some(health) => {
                self.health = health;
                self.marks |= JUDGED;
            }
            None => self.marks &= !JUDGED,
        }
    }

    /// Whether an account with these figures is one that somebody has to look at.
    #[inline(always)]
    pub(crate) fn fails(&self, health: &Health) -> bool {
        !health.is_met() | (self.marks & FLAGGED != 0)
    }

    /// A sum of what judging reads of it.
    #[inline(always)]
    pub(crate) fn read(&self) -> u64 {
        let counts = u64::from(self.position_count ^ self.balance_count ^ u16::from(self.marks));
        let starts = u64::from(self.positions ^ self.balances);
        let figures = self.cash.0.cast_unsigned().wrapping_add(self.interest);
        figures.wrapping_add(starts).wrapping_add(counts)
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.marks & PLAIN != 0
    }
}

/// What is read only when somebody asks for this account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Card {
    pub(crate) key: Pubkey,
    pub(crate) header: MarginAccount,
    /// Slots of the account, in use or not.
    slots: u32,
}

/// The rows that records point into. Apart from them, so that a scan can write the ones while it reads the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) positions: Positions,
    pub(crate) balances: Balances,
}

impl Rows {
    /// What an account is judged by.
    #[inline(always)]
    pub(crate) fn figures(&self, record: &Record) -> Figures<'_> {
        Figures {
            cash: record.cash,
            interest: record.interest,
            model: record.model,
            balances: self.balances.of(record.balances()),
            heads: self.positions.heads(record.positions()),
        }
    }

    /// Reads a word of each cache line that an account is judged by, so that they are near when it is. Loads of
    /// different accounts wait for nothing of each other: many are on their way at once.
    #[inline(always)]
    pub(crate) fn fetch(&self, record: &Record) -> i64 {
        let figures = self.figures(record);
        // A line has two heads.
        let heads = figures.heads.iter().step_by(2);
        let read = heads.fold(0, |sum: i64, head| sum.wrapping_add(head.index));
        let held = figures.balances.first();
        read.wrapping_add(held.map_or(0, |held| held.atoms.cast_signed()))
    }

    /// Equity and maintenance margin of an account of which nothing is out of the ordinary; nothing of any other.
    #[inline(always)]
    pub(crate) fn judge_plain(&self, record: &Record, terms: &Terms) -> Option<Health> {
        if !record.is_plain() {
            return None;
        }
        terms.health(&self.figures(record))
    }

    /// Equity and maintenance margin of any account, by the engine.
    ///
    /// # Errors
    /// The engine's.
    #[cold]
    pub(crate) fn judge_by_engine(&self, record: &Record, terms: &Terms) -> Result<Health> {
        let positions = self.positions.whole(record.positions());
        terms.judge(&self.figures(record), positions)
    }

    /// Equity and maintenance margin of an account.
    ///
    /// # Errors
    /// The engine's.
    #[inline(always)]
    pub(crate) fn judge(&self, record: &Record, terms: &Terms) -> Result<Health> {
        match self.judge_plain(record, terms) {
            Some(health) => Ok(health),
            None => self.judge_by_engine(record, terms),
        }
    }

    /// Looks anew whether an account's positions are plain.
    pub(crate) fn classify(&self, record: &mut Record, markets: &[Market]) {
        let range = record.positions();
        let (heads, tails) = (self.positions.heads(range), self.positions.tails(range));
        if record.model == MODEL_STANDARD && is_plain(heads, tails, markets) {
            record.marks |= PLAIN;
        } else {
            record.marks &= !PLAIN;
        }
    }
}

/// All accounts, each in a slot that stays its own while it is here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) records: Vec<Record>,
    pub(crate) cards: Vec<Card>,
    pub(crate) rows: Rows,
    /// Slots whose accounts are gone.
    free: Vec<u32>,
}

impl Store {
    /// A slot for an account that is new.
    pub(crate) fn open(&mut self, key: Pubkey) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.cards[slot as usize].key = key;
            return slot;
        }
        // Four billion accounts would be five terabytes.
        let slot = u32::try_from(self.records.len()).expect("fewer than 2^32 accounts");
        if self.records.len() == self.records.capacity() {
            // By an eighth: doubling would take twice the room that is needed.
            let more = (self.records.len() / 8).max(64);
            self.records.reserve_exact(more);
            self.cards.reserve_exact(more);
        }
        self.records.push(Record::default());
        self.cards.push(Card {
            key,
            header: MarginAccount::zeroed(),
            slots: 0,
        });
        slot
    }

    /// Writes an account into its slot. It has not been judged then.
    pub(crate) fn write(&mut self, slot: u32, margin: &MarginRef, markets: Option<&[Market]>) {
        let record = &mut self.records[slot as usize];
        let core = &margin.header.core;
        let mut held = [Balance::default(); BALANCES];
        let mut count = 0;
        for balance in margin.balances() {
            held[count] = *balance;
            count += 1;
        }
        let rows = &mut self.rows;
        let positions = rows
            .positions
            .replace(record.positions(), margin.positions());
        let balances = rows.balances.replace(record.balances(), &held[..count]);
        *record = Record {
            cash: core.cash,
            interest: core.debt.index,
            health: Health::default(),
            positions: positions.start,
            balances: balances.start,
            position_count: positions.length,
            balance_count: balances.length,
            marks: if core.liquidation_start == 0 {
                0
            } else {
                FLAGGED
            },
            model: core.model,
        };
        if let Some(markets) = markets {
            rows.classify(record, markets);
        }
        let card = &mut self.cards[slot as usize];
        card.header = *margin.header;
        // An account of 2^32 slots would not fit an address space of the chain.
        card.slots = u32::try_from(margin.slots.len()).unwrap_or(u32::MAX);
    }

    /// Frees a slot.
    pub(crate) fn close(&mut self, slot: u32) {
        let record = &mut self.records[slot as usize];
        self.rows.positions.replace(record.positions(), &[]);
        self.rows.balances.replace(record.balances(), &[]);
        *record = Record::default();
        self.free.push(slot);
    }

    /// Moves rows together where too many lie free.
    pub(crate) fn tidy(&mut self) {
        let Self { records, rows, .. } = self;
        rows.positions.tidy(records.iter_mut().map(|record| {
            let length = record.position_count;
            (&mut record.positions, length)
        }));
        rows.balances.tidy(records.iter_mut().map(|record| {
            let length = record.balance_count;
            (&mut record.balances, length)
        }));
    }

    /// Whether a slot has exactly this account.
    pub(crate) fn is_same(&self, slot: u32, margin: &MarginRef) -> bool {
        let (record, card) = (&self.records[slot as usize], &self.cards[slot as usize]);
        let positions = self.rows.positions.whole(record.positions());
        card.slots as usize == margin.slots.len()
            && bytes_of(&card.header) == bytes_of(margin.header)
            && positions.eq(margin.positions().iter().copied())
    }

    /// An account as it was put. Slots that are not in use are zero, as the program leaves them.
    pub(crate) fn margin(&self, slot: u32) -> Margin {
        let (record, card) = (&self.records[slot as usize], &self.cards[slot as usize]);
        let mut slots: Vec<Position> = self.rows.positions.whole(record.positions()).collect();
        slots.resize(card.slots as usize, Position::default());
        Margin {
            header: card.header,
            slots,
        }
    }

    /// The assets that a slot's account holds, some of them more than once.
    pub(crate) fn holdings(&self, slot: usize) -> impl Iterator<Item = u16> {
        let record = &self.records[slot];
        let heads = self.rows.positions.heads(record.positions()).iter();
        let balances = self.rows.balances.of(record.balances()).iter();
        let positions = heads.map(|head| head.asset);
        positions.chain(balances.map(|balance| balance.asset))
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>()
            + self.cards.capacity() * size_of::<Card>()
            + self.free.capacity() * size_of::<u32>()
            + self.rows.positions.bytes()
            + self.rows.balances.bytes()
    }
}
