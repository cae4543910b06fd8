//! One event for each change of state. An account's events carry its sequence number, so that a gap
//! shows a lost log, and every figure from which an indexer rebuilds the balances.

use anchor_lang::prelude::*;

/// A clearinghouse was created.
#[event]
pub struct ClearinghouseCreated {
    /// Its address.
    pub clearinghouse: Pubkey,
    /// Who governs it.
    pub authority: Pubkey,
    /// Mint of the quote token.
    pub quote_mint: Pubkey,
}

/// An asset was added or its terms were changed.
#[event]
pub struct AssetChanged {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Index in the risk book.
    pub asset: u16,
}

/// A market was added or its terms were changed.
#[event]
pub struct MarketChanged {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Index in the risk book.
    pub market: u16,
}

/// Parameters of the clearinghouse, its guardian, or its pause bits were changed.
#[event]
pub struct GovernanceChanged {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Who governs it now.
    pub authority: Pubkey,
    /// Who may become the authority.
    pub nominated: Pubkey,
    /// Who may pause.
    pub guardian: Pubkey,
    /// What is paused.
    pub paused: u8,
}

/// Fees and roundings moved from a market to the clearinghouse.
#[event]
pub struct FeesCollected {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// The market.
    pub market: u16,
    /// Trading fees, quote atoms.
    pub fees: i64,
    /// Insurance shares, quote atoms.
    pub insurance: i64,
    /// Roundings, quote atoms.
    pub residue: i64,
}

/// The authority withdrew fees, or somebody paid into the insurance fund.
#[event]
pub struct LedgerMoved {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Change of the fee line, quote atoms.
    pub fees: i64,
    /// Change of the insurance line, quote atoms.
    pub insurance: i64,
}

/// A margin account was opened, resized, closed, or its delegate changed.
#[event]
pub struct AccountChanged {
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Its owner.
    pub owner: Pubkey,
    /// Its delegate.
    pub delegate: Pubkey,
    /// Its slots; 0 when it was closed.
    pub slots: u16,
}

/// A balance changed by deposit (positive) or withdrawal (negative).
#[event]
pub struct BalanceMoved {
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Index of the asset; 0 is the quote token.
    pub asset: u16,
    /// Token atoms in, negative for out.
    pub atoms: i64,
    /// Equity for initial margin afterwards; 0 where it was not computed.
    pub equity: i64,
    /// Initial margin afterwards; 0 where it was not computed.
    pub initial_margin: i64,
}

/// A balance moved between two accounts of one owner.
#[event]
pub struct BalanceTransferred {
    /// The account that gave.
    pub from: Pubkey,
    /// Its change counter.
    pub from_sequence: u64,
    /// The account that received.
    pub to: Pubkey,
    /// Its change counter.
    pub to_sequence: u64,
    /// Index of the asset; 0 is the quote token.
    pub asset: u16,
    /// Token atoms.
    pub atoms: u64,
    /// The giver's equity for initial margin afterwards.
    pub equity: i64,
    /// The giver's initial margin afterwards.
    pub initial_margin: i64,
}

/// One leg of a block trade as it was settled.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledLeg {
    /// Index of the market.
    pub market: u16,
    /// Lots that the first side bought (negative: sold).
    pub lots: i64,
    /// Quote atoms that the first side paid (negative: received).
    pub cost: i64,
    /// Fee of each side, quote atoms.
    pub fee: i64,
    /// Quote atoms that settling its indices charged the first side.
    pub owed_first: i64,
    /// Quote atoms that settling its indices charged the second side.
    pub owed_second: i64,
}

/// A block trade was settled.
#[event]
pub struct BlockTradeSettled {
    /// The first side.
    pub first: Pubkey,
    /// Its change counter.
    pub first_sequence: u64,
    /// The second side.
    pub second: Pubkey,
    /// Its change counter.
    pub second_sequence: u64,
    /// Equity and initial margin of the first side; zeros where it was judged as no worse instead.
    pub first_health: [i64; 2],
    /// Equity and initial margin of the second side; zeros where it was judged as no worse instead.
    pub second_health: [i64; 2],
    /// What was traded.
    pub legs: Vec<SettledLeg>,
}

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
