//! What happens when an account is liquidated.

use anchor_lang::prelude::*;

/// An account entered liquidation (a time) or left it (0).
#[event]
pub struct LiquidationFlagged {
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Unix seconds since when it is in liquidation; 0 for not.
    pub start: i64,
    /// Equity for maintenance, quote atoms.
    pub equity: i64,
    /// Maintenance margin, quote atoms.
    pub maintenance_margin: i64,
}

/// Lots were liquidated.
#[event]
pub struct Liquidated {
    /// The account that was liquidated.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// The account that took the lots.
    pub liquidator: Pubkey,
    /// Its change counter.
    pub liquidator_sequence: u64,
    /// Index of the market.
    pub market: u16,
    /// Lots that the liquidator received, signed.
    pub lots: i64,
    /// Quote atoms that the liquidator paid for them (negative: received).
    pub cost: i64,
    /// Penalty that the account paid.
    pub penalty: i64,
    /// The insurance fund's share of it; the liquidator has the rest.
    pub insurance: i64,
    /// Quote atoms that settling its indices charged the account.
    pub owed: i64,
    /// Quote atoms that settling its indices charged the liquidator.
    pub owed_liquidator: i64,
    /// Equity for maintenance before and after.
    pub equity: [i64; 2],
    /// Maintenance margin before and after.
    pub maintenance_margin: [i64; 2],
}

/// What of a slice was in one market.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlicedLeg {
    /// Index of the market.
    pub market: u16,
    /// Lots that the liquidator received, signed.
    pub lots: i64,
    /// Quote atoms that the liquidator paid for them (negative: received).
    pub cost: i64,
    /// This market's part of the penalty.
    pub penalty: i64,
    /// The insurance fund's part of that; the liquidator has the rest.
    pub insurance: i64,
    /// Quote atoms that settling its indices charged the account.
    pub owed: i64,
    /// Quote atoms that settling its indices charged the liquidator.
    pub owed_liquidator: i64,
}

impl SlicedLeg {
    /// Bytes that a leg takes in an event.
    pub const BYTES: usize = 2 + 6 * 8;
}

/// The same fraction of every position of an account was liquidated.
///
/// The legs stand first, so that they can be written as they are made.
#[event]
pub struct SliceLiquidated {
    /// What was taken; positions of which the slice has no lot are left out.
    pub legs: Vec<SlicedLeg>,
    /// The rest.
    pub outcome: SliceOutcome,
}

/// How a slice was taken, and how it left the account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceOutcome {
    /// The account that was liquidated.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// The account that took the lots.
    pub liquidator: Pubkey,
    /// Its change counter.
    pub liquidator_sequence: u64,
    /// The fraction of each position that was asked for, in 2^-30.
    pub fraction: u32,
    /// Equity for maintenance before and after.
    pub equity: [i64; 2],
    /// Maintenance margin before and after.
    pub maintenance_margin: [i64; 2],
}

impl SliceOutcome {
    /// Bytes that it takes in an event.
    pub const BYTES: usize = 2 * (32 + 8) + 4 + 4 * 8;
}

/// Collateral was liquidated.
#[event]
pub struct CollateralLiquidated {
    /// The account that was liquidated.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// The account that took the collateral.
    pub liquidator: Pubkey,
    /// Its change counter.
    pub liquidator_sequence: u64,
    /// Index of the asset.
    pub asset: u16,
    /// Token atoms that the liquidator received.
    pub atoms: u64,
    /// Quote atoms that the liquidator paid for them.
    pub cost: i64,
    /// Equity for maintenance before and after.
    pub equity: [i64; 2],
}
