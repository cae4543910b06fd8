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
