//! How much the fleet takes, and what a scan of it cannot be faster than.

use crate::{fleet::Fleet, judge::SLOTS};
use anchor_lang::prelude::Pubkey;
use bytemuck::cast_slice;
use rayon::prelude::*;

impl Fleet {
    /// Bytes that everything here takes, with what is allocated and not used yet.
    pub fn memory(&self) -> usize {
        let book = self.book.as_ref().map_or(0, |book| {
            size_of_val(&*book.assets) + size_of_val(&*book.markets)
        });
        // A hash table is at most seven eighths full, and has a byte for each place beside it.
        let places = self.slots.capacity() * 8 / 7;
        let slots = places * (size_of::<(Pubkey, u32)>() + 1);
        size_of::<Self>() + book + slots + self.store.bytes() + self.index.bytes()
    }

    /// Reads, on all cores, every byte that [`Fleet::judge_all`] reads, and does nothing with it: for measuring how
    /// near judging comes to what the memory allows. Returns how many bytes those are, and a sum that keeps the
    /// compiler from leaving the reading out.
    pub fn read_through(&self) -> (usize, u64) {
        let rows = &self.store.rows;
        let heads = cast_slice::<_, u64>(rows.positions.all());
        let balances = cast_slice::<_, u64>(rows.balances.all());
        let records = &self.store.records;
        let sum = |words: &[u64]| words.iter().fold(0u64, |sum, word| sum.wrapping_add(*word));
        let add = |a: u64, b: u64| a.wrapping_add(b);
        let chunk = SLOTS * size_of::<u64>();
        let of_records = records.par_chunks(SLOTS).map(|records| {
            let mut sum = 0;
            for record in records {
                sum = add(sum, record.read());
            }
            sum
        });
        let read = of_records.reduce(|| 0, add);
        let read = add(read, heads.par_chunks(chunk).map(sum).reduce(|| 0, add));
        let read = add(read, balances.par_chunks(chunk).map(sum).reduce(|| 0, add));
        let bytes = size_of_val(&**records) + size_of_val(heads) + size_of_val(balances);
        (bytes, read)
    }
}
