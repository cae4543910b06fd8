//! Judging: who has to be judged again, and the pass over them on all cores.

use crate::{
    bits::{Bits, WORD, slots_in, slots_of},
    fleet::{Fleet, Judged},
    kernel::{Terms, accrual, is_fresh},
    moved::{Change, compare},
    store::{Record, Rows},
    types::{Census, Moved, Shock, Standing},
};
use counterweight_risk::{Asset, Health, Price, units::MAX_PRICE};
use counterweight_sdk::accounts::RiskTables;
use rayon::prelude::*;
use std::hint::black_box;

/// Words of slots that a core takes at a time: 4,096 accounts, so that taking them costs nothing beside judging
/// them, and a thousandth of them does not keep one core busy while the others wait.
pub(crate) const WORDS: usize = 64;
/// As [`WORDS`], in slots.
pub(crate) const SLOTS: usize = WORDS * WORD;

/// Accounts in a word, of 64, up to which their rows are fetched before they are judged. Where most are judged, the
/// processor sees them coming; where few are, each would wait for its own misses.
const SCATTERED: u32 = 40;

/// Basis points in one.
const BPS: u128 = 10_000;

impl Judged {
    fn of(tables: &RiskTables, now: i64) -> Self {
        Self {
            at: now,
            accrual: accrual(tables, now),
            fresh: tables.assets.iter().map(|row| is_fresh(row, now)).collect(),
        }
    }

    /// The assets whose prices ceased to be fresh since, or became fresh again.
    fn aged<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = u16> + 'a {
        let pairs = self.fresh.iter().zip(&before.fresh).enumerate();
        let changed = pairs.filter(|(_, (now, then))| now != then);
        changed.filter_map(|(asset, _)| asset.try_into().ok())
    }
}

impl Moved {
    fn join(&mut self, other: &Self) {
        self.all |= other.all;
        self.assets.extend(&other.assets);
        self.assets.sort_unstable();
        self.assets.dedup();
    }
}

impl Census {
    fn plus(self, other: Self) -> Self {
        Self {
            judged: self.judged + other.judged,
            failing: self.failing + other.failing,
            unknown: self.unknown + other.unknown,
            by_engine: self.by_engine + other.by_engine,
            equity: self.equity + other.equity,
            requirement: self.requirement + other.requirement,
        }
    }
}

impl Fleet {
    /// Takes a risk book, and says what it changes for accounts. They are not judged by it before
    /// [`Fleet::judge`], which is told by the fleet itself what every book since has changed.
    pub fn set_book(&mut self, tables: RiskTables) -> Moved {
        let Change { moved, eras } = compare(self.book.as_ref(), &tables);
        if eras {
            let chosen = self.touched(&moved);
            let (rows, records) = (&self.store.rows, &mut self.store.records);
            let chunks = records
                .par_chunks_mut(SLOTS)
                .zip(chosen.words().par_chunks(WORDS));
            chunks.for_each(|(records, words)| {
                for slot in slots_in(words) {
                    rows.classify(&mut records[slot], &tables.markets);
                }
            });
        }
        self.book = Some(tables);
        self.pending.join(&moved);
        moved
    }

    /// Judges every account at `now`, on all cores. Nothing without a book.
    pub fn judge_all(&mut self, now: i64) -> Census {
        self.pending.all = true;
        self.judge(&Moved::default(), now)
    }

    /// Judges, on all cores, the accounts whose figures may be others than they were: holders of assets that moved,
    /// by `moved` and by every [`Fleet::set_book`] since the last time; accounts that were put since; and those
    /// whose figures the time has changed, which is where interest grew on negative cash, or a price grew too
    /// old to count in full as one of collateral. All others stand at `now` as they did. Nothing without a book.
    pub fn judge(&mut self, moved: &Moved, now: i64) -> Census {
        let Some(tables) = &self.book else {
            return Census::default();
        };
        let judged = Judged::of(tables, now);
        self.pending.join(moved);
        let chosen = match &self.judged {
            Some(before) if !self.pending.all => {
                let mut assets = self.pending.clone();
                assets.assets.extend(judged.aged(before));
                let mut chosen = self.touched(&assets);
                chosen.join(&self.index.put);
                if before.accrual != judged.accrual {
                    chosen.join(&self.index.debtors);
                }
                chosen
            }
            _ => self.index.used.clone(),
        };
        let census = self.round(chosen, now);
        self.index.put.empty();
        self.pending = Moved::default();
        self.judged = Some(judged);
        census
    }

    /// The accounts that these changes are about.
    fn touched(&self, moved: &Moved) -> Bits {
        if moved.all {
            return self.index.used.clone();
        }
        let mut touched = Bits::default();
        for asset in &moved.assets {
            if let Some(holders) = self.index.holders(*asset) {
                touched.join(holders);
            }
        }
        touched
    }

    /// Judges these accounts and takes their figures down.
    fn round(&mut self, mut chosen: Bits, now: i64) -> Census {
        let Some(tables) = &self.book else {
            return Census::default();
        };
        let terms = Terms::of(tables, now);
        let (records, rows) = (&mut self.store.records, &self.store.rows);
        let words = records.len().div_ceil(WORD);
        let failing = self.index.failing.words_mut(words).par_chunks_mut(WORDS);
        let unknown = self.index.unknown.words_mut(words).par_chunks_mut(WORDS);
        let chosen = chosen.words_mut(words).par_chunks(WORDS);
        let chunks = records.par_chunks_mut(SLOTS).zip(chosen);
        let chunks = chunks.zip(failing.zip(unknown));
        let judge = |((records, chosen), (failing, unknown)): ((&mut [Record], &[u64]), _)| {
            round_of(rows, &terms, records, chosen, failing, unknown)
        };
        chunks.map(judge).reduce(Census::default, Census::plus)
    }

    /// Who would be below maintenance margin at `now` if prices moved so, the worst ratio first; those too who
    /// are now. Nothing here changes.
    ///
    /// A moved price is a fresh one. Both prices of its interval move by the same factor, to the nearest that a
    /// market can have; the quote token's own price is in all others already and moves nothing. Accounts that
    /// cannot be judged are left out. Nothing without a book.
    pub fn shock(&self, shock: &Shock, now: i64) -> Vec<Standing> {
        let Some(tables) = &self.book else {
            return Vec::new();
        };
        let mut tables = tables.clone();
        for (asset, bps) in &shock.moves {
            if let Some(row) = tables.assets.get_mut(usize::from(*asset)) {
                push(row, *bps, now);
            }
        }
        // Options are what they would be worth there.
        let (assets, markets) = (&tables.assets, &mut tables.markets);
        for (at, row) in (0u16..).zip(markets) {
            if let Some(asset) = assets.get(usize::from(row.asset)) {
                let _ = row.refresh_array(at, asset, now);
            }
        }
        let terms = &Terms::of(&tables, now);
        let (records, rows) = (&self.store.records, &self.store.rows);
        let used = self.index.used.words().par_chunks(WORDS).enumerate();
        let below = used.flat_map_iter(|(chunk, words)| {
            slots_in(words).filter_map(move |slot| {
                let slot = chunk * SLOTS + slot;
                let health = rows.judge(&records[slot], terms).ok()?;
                (!health.is_met()).then(|| self.standing_of(slot, health, now))
            })
        });
        let mut below: Vec<Standing> = below.collect();
        below.par_sort_unstable_by(Standing::by_ratio);
        below
    }
}

/// A part of a round: as many records as words have bits.
fn round_of(
    rows: &Rows,
    terms: &Terms,
    records: &mut [Record],
    chosen: &[u64],
    failing: &mut [u64],
    unknown: &mut [u64],
) -> Census {
    let mut census = Census::default();
    for (at, word) in chosen.iter().enumerate() {
        if word.count_ones() <= SCATTERED {
            let read = slots_of(at, *word).map(|slot| rows.fetch(&records[slot]));
            black_box(read.fold(0, i64::wrapping_add));
        }
        let (mut fails, mut unclear, mut asked) = (0, 0, 0);
        for slot in slots_of(at, *word) {
            let record = &mut records[slot];
            let plain = rows.judge_plain(record, terms);
            let found = plain.or_else(|| rows.judge_by_engine(record, terms).ok());
            record.note(found);
            let Health {
                equity,
                requirement,
            } = found.unwrap_or_default();
            census.equity += i128::from(equity.0);
            census.requirement += i128::from(requirement.0);
            let fail = found.is_some_and(|health| record.fails(&health));
            let bit = slot % WORD;
            fails |= u64::from(fail) << bit;
            unclear |= u64::from(found.is_none()) << bit;
            asked |= u64::from(plain.is_none()) << bit;
        }
        failing[at] = failing[at] & !word | fails;
        unknown[at] = unknown[at] & !word | unclear;
        census.judged += word.count_ones() as usize;
        census.failing += fails.count_ones() as usize;
        census.unknown += unclear.count_ones() as usize;
        census.by_engine += asked.count_ones() as usize;
    }
    census
}

/// Moves the price of an asset as [`Fleet::shock`] says.
fn push(row: &mut Asset, bps: i32, now: i64) {
    let factor = u128::from(10_000u32.saturating_add_signed(bps));
    let moved = |price: Price| {
        let price = u128::from(price.0) * factor / BPS;
        Price(
            u64::try_from(price)
                .unwrap_or(u64::MAX)
                .clamp(1, MAX_PRICE.0),
        )
    };
    row.index = moved(row.index);
    row.maintenance_low = moved(row.maintenance_low);
    row.maintenance_high = moved(row.maintenance_high);
    // An asset that never had a price has none that could move.
    if row.publish_time != 0 {
        row.publish_time = row.publish_time.max(now);
    }
}
