//! Accounts as programs before this one laid them out, for the tests of what brings them up.

use crate::Chain;
use anchor_lang::prelude::Pubkey;
use counterweight::state::{MAX_ASSETS, MAX_MARKETS, RISK_BOOK_HEADER};
use counterweight_risk::{Asset, Market};

/// Bytes of a market's row in version 1 of the risk book.
const ROW_1: usize = 512;

/// A risk book in version 1: each market's row without its last 256 bytes.
///
/// # Panics
/// If these are not the bytes of a risk book of the present version.
pub fn risk_book_version_1(data: &[u8]) -> Vec<u8> {
    let count = |at: usize| usize::from(u16::from_le_bytes([data[at], data[at + 1]]));
    let (assets, markets) = (count(12), count(14));
    let start = RISK_BOOK_HEADER + assets * size_of::<Asset>();
    let mut old = data[..start].to_vec();
    old[8] = 1;
    for row in data[start..]
        .chunks_exact(size_of::<Market>())
        .take(markets)
    {
        old.extend_from_slice(&row[..ROW_1]);
    }
    assert_eq!(old.len(), start + markets * ROW_1, "not a risk book");
    old
}

/// A risk book of version 1 with this header, 64 assets and 256 markets: as many as fit, of zeros.
///
/// # Panics
/// For fewer bytes than a header.
pub fn largest_risk_book_version_1(header: &[u8]) -> Vec<u8> {
    let rows = usize::from(MAX_ASSETS) * size_of::<Asset>() + usize::from(MAX_MARKETS) * ROW_1;
    let mut old = header[..RISK_BOOK_HEADER].to_vec();
    old[8] = 1;
    old[12..14].copy_from_slice(&MAX_ASSETS.to_le_bytes());
    old[14..16].copy_from_slice(&MAX_MARKETS.to_le_bytes());
    old.resize(RISK_BOOK_HEADER + rows, 0);
    old
}

impl Chain {
    /// Puts a risk book back into version 1, as the program of that time would have left it.
    ///
    /// # Panics
    /// As [`risk_book_version_1`].
    pub fn age_risk_book(&mut self, key: Pubkey) {
        let old = risk_book_version_1(&self.data(&key));
        self.set_account(key, counterweight::ID, old);
    }
}
