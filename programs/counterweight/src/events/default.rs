//! What happens when an account cannot bear its own losses.

use anchor_lang::prelude::*;

/// The backstop took over an account in default: positions at what they have cost, cash and collateral.
#[event]
pub struct DefaultResolved {
    /// The account in default.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// The backstop.
    pub backstop: Pubkey,
    /// Its change counter.
    pub backstop_sequence: u64,
    /// Positions that moved.
    pub positions: u16,
    /// Quote atoms that moved, negative for a debt.
    pub cash: i64,
    /// The account's equity for maintenance before.
    pub equity: i64,
    /// Its maintenance margin before.
    pub maintenance_margin: i64,
    /// Quote atoms that moved from the clearinghouse's insurance line into the backstop.
    pub insurance: i64,
}

/// Lots were closed against all of the other side of their market.
#[event]
pub struct Deleveraged {
    /// The account whose lots were closed.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Index of the market.
    pub market: u16,
    /// The lots that were closed, with the sign that they had.
    pub lots: i64,
    /// Quote atoms that the account received, negative for paid: the other side's index charges them.
    pub received: i64,
    /// What of it is the other side's share of the deficit.
    pub deficit: i64,
    /// What the backstop has paid of the deficit.
    pub covered: i64,
    /// Quote atoms that moved from the insurance line into the backstop before.
    pub insurance: i64,
    /// Quote atoms that settling its indices charged the account.
    pub owed: i64,
    /// The account's equity for maintenance before.
    pub equity: i64,
    /// Its maintenance margin before.
    pub maintenance_margin: i64,
    /// The market's cumulative indices afterwards.
    pub index: [i64; 2],
    /// How often its sides were closed whole (upper 32 bits), and the shares that were closed since, of 2^32.
    pub era: [u64; 2],
}

/// An account caught up with deleveraging.
#[event]
pub struct CaughtUp {
    /// The account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Index of the market.
    pub market: u16,
    /// The size of its position before.
    pub held: i64,
    /// Lots that were closed of it.
    pub closed: i64,
    /// What they had cost, into its cash.
    pub realised: i64,
    /// Quote atoms that settling its indices charged it.
    pub owed: i64,
}

/// The backstop received lots that rounding had left over.
#[event]
pub struct DustSwept {
    /// Index of the market.
    pub market: u16,
    /// The backstop.
    pub backstop: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Lots that it received, long.
    pub lots: i64,
    /// Quote atoms that settling its indices charged it.
    pub owed: i64,
}
