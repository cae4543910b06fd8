//! Contracts that end, and the price at which they do (docs/risk.md, section 12).

use crate::units::Price;
use bytemuck::{Pod, Zeroable};

/// When and at what a contract ends. 32 bytes, zero for a perpetual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Contract {
    /// When it ends, unix seconds; zero for never.
    pub expiry: i64,
    /// The strike of an option.
    pub strike: Price,
    /// The index times the seconds for which it stood, in the window before the expiry: 2^-8 quote atoms a lot
    /// times a second.
    pub sum: u64,
    /// Seconds of the window that are in `sum`.
    pub seconds: u32,
    /// Zero.
    pub padding: u32,
}

const _: () = assert!(size_of::<Contract>() == 32);
