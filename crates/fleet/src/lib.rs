//! All margin accounts of a clearinghouse in memory, judged by the engine.
//!
//! Whoever liquidates, watches a clearinghouse or asks what a crash would do needs the maintenance margin of *every*
//! account, again with every price. This crate keeps the accounts and answers; it does no I/O and has no clock. What
//! it says of an account is what [`counterweight_risk::standard::maintenance`] says of it, to the bit.
//!
//! ```
//! # use counterweight_fleet::{Fleet, Moved, Shock};
//! # use counterweight_sdk::accounts::{DecodeError, RiskTables};
//! # fn round(fleet: &mut Fleet, book: RiskTables, accounts: &[(anchor_lang::prelude::Pubkey, Vec<u8>)], now: i64) -> Result<(), DecodeError> {
//! for (key, data) in accounts {
//!     fleet.put(*key, data)?;
//! }
//! let moved = fleet.set_book(book);
//! let census = fleet.judge(&moved, now); // those whose figures may be others now, on all cores
//! if census.failing > 0 {
//!     for standing in fleet.failing() {
//!         println!("{} has {:?}", standing.key, standing.health);
//!     }
//! }
//! let crash = Shock { moves: vec![(1, -2_000)] }; // asset 1 loses a fifth
//! println!("{} accounts would fail", fleet.shock(&crash, now).len());
//! # Ok(())
//! # }
//! ```
//!
//! # Why it is laid out as it is
//!
//! **What judging reads lies together, in the order in which it is read.** An account is 1.1 kB of header and slots;
//! a check reads 300 bytes of it. So the accounts are cut in two. Cash, the index of interest, the ranges of the
//! account's rows and the figures that were found are a record of 48 bytes; the first 32 bytes of each position and
//! the balances that are not empty are rows in two long vectors, those of an account one after the other. A scan goes
//! through three vectors from the beginning to the end, which is what memory is fastest at. Eras, resting orders,
//! owners and everything else stand apart, where only who asks for this account finds them. A map of decoded accounts
//! would be three allocations and a dozen misses of the cache for each.
//!
//! **The usual case is a straight line.** Which side a position is on nobody can foresee, so that a branch on it would
//! cost more than the multiplication that it spares; a loop without one is a third faster. Deleveraged sides, markets
//! in settlement, missing prices and sums near the end of their range are told apart when an account is put, when a
//! book is taken, or by one question at the end of an account. They are handed to the engine itself; all others go
//! through a loop that has the same figures. [`Census::by_engine`] says how many were the engine's. The property tests
//! in `tests/judging.rs` hold both to the same bits.
//!
//! **A price that moves concerns the holders of its asset.** For each asset there is a set of the accounts that hold
//! it, in collateral or in a position, as one bit an account. An account has at most a few dozen assets, so sets of
//! bits are smaller than lists, need no search to leave, and are joined by an OR. Cores take whole words of a set, so
//! they never write beside each other. Whatever happens to a market (funding, deleveraging, terms) concerns the
//! holders of its asset, because a position is always in a market on its own asset.
//!
//! **Time is one more thing that moves.** Two figures change with nothing but the clock: what negative cash owes, and
//! the weight of a collateral whose price grows too old. [`Fleet::judge`] knows at which moment everything was judged
//! last. It judges again the accounts with negative cash if the index of interest is another one now, and the holders
//! of an asset if its price has crossed the limit of its age since, in either direction. All others stand at the
//! new moment as they stood at the old one, which is why a [`Standing`] that was not computed again still bears the
//! new time. What a book changed that nobody was judged by is remembered, so that a caller who loses a [`Moved`] loses
//! nothing.
//!
//! **Room is used again.** A range that becomes free goes to the next account that needs its length; where a quarter
//! of all rows lies free, the ranges in use move together. Vectors grow by an eighth, not by doubling.
//!
//! How long it takes and how much memory is in `bench/SCAN.md`, written by `make scan`.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod arena;
mod bits;
mod fleet;
mod judge;
mod kernel;
mod memory;
mod moved;
mod report;
mod store;
mod types;

pub use fleet::Fleet;
pub use types::{AssetExposure, Census, Moved, Put, Shock, Standing};
