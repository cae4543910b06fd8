//! What is told of an account's model.

use anchor_lang::prelude::*;

/// The owner of an account chose by which model its margin is judged.
#[event]
pub struct ModelChanged {
    /// The margin account.
    pub account: Pubkey,
    /// The account's change counter.
    pub sequence: u64,
    /// 0 Standard, 1 Portfolio.
    pub model: u8,
}

/// The smile that options are marked by was set; its parameters in the fixed point of the risk book.
#[event]
pub struct SmileSet {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// The options.
    pub markets: Vec<u16>,
    /// Variance a year below the lowest of the smile.
    pub a: u32,
    /// Slope of the wings.
    pub b: u32,
    /// Skew.
    pub rho: i32,
    /// Where the smile is centred.
    pub m: i32,
    /// How round its bottom is.
    pub sigma: u32,
}
