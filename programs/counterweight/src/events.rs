//! One event for each change of state. An account's events carry its sequence number, so that a gap
//! shows a lost log, and every figure from which an indexer rebuilds the balances.

mod default;
mod liquidation;
mod model;

pub use default::*;
pub use liquidation::*;
pub use model::*;

use crate::book::{Entry, queue};
use anchor_lang::prelude::*;
use counterweight_risk::orders::Side;

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

/// A contract that has ended was settled: every lot of it is worth this price from now on.
#[event]
pub struct ContractSettled {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Index in the risk book.
    pub market: u16,
    /// Quote atoms a lot.
    pub price: u64,
    /// When it ended, unix seconds.
    pub expiry: i64,
    /// Seconds of the window before it that had a price by the last refresh; the newest one stands for the rest.
    pub seconds: u32,
}

/// A risk book was brought to another layout: it must be decoded by that of its version from now on.
#[event]
pub struct RiskBookMigrated {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// The layout version that it has now.
    pub version: u8,
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

/// How much of a token may leave was set.
#[event]
pub struct OutflowLimitSet {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Index of the asset; 0 is the quote token.
    pub asset: u16,
    /// Token atoms a window from now on; the largest number for no limit.
    pub limit: u64,
    /// The window, seconds.
    pub window_seconds: u32,
    /// Token atoms a window from `pending_from` on.
    pub pending_limit: u64,
    /// The window from then on.
    pub pending_window_seconds: u32,
    /// Unix seconds; 0 where nothing is pending.
    pub pending_from: i64,
}

/// A market as an audit found it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedMarket {
    /// Index of the market.
    pub market: u16,
    /// Lots held long.
    pub open_long: i64,
    /// Lots held short, positive.
    pub open_short: i64,
    /// Lots in the queue that makers have bought.
    pub pending_long: i64,
    /// Lots in the queue that makers have sold, positive.
    pub pending_short: i64,
    /// What makers receive for the fills in the queue, fees taken off.
    pub pending_quote: i64,
    /// Fees until they are collected.
    pub fees: i64,
    /// Insurance shares until they are collected.
    pub insurance: i64,
    /// Roundings until they are collected.
    pub residue: i64,
}

/// An audit found everything in order.
#[event]
pub struct Audited {
    /// The clearinghouse.
    pub clearinghouse: Pubkey,
    /// Index of the asset; 0 is the quote token.
    pub asset: u16,
    /// Token atoms in the vault.
    pub vault: u64,
    /// Token atoms that the ledger knows of.
    pub recorded: u64,
    /// Token atoms in the vault that somebody sent past the program.
    pub surplus: u64,
    /// The clearinghouse's fees, quote atoms.
    pub fees: i64,
    /// Its insurance fund, quote atoms.
    pub insurance: i64,
    /// Its roundings, quote atoms.
    pub residue: i64,
    /// The markets that were passed.
    pub markets: Vec<AuditedMarket>,
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

/// The interest of an account was swept, and the rate set anew.
#[event]
pub struct InterestAccrued {
    /// The account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Its cash afterwards, quote atoms.
    pub cash: i64,
    /// Interest that moved to the insurance fund, quote atoms: all that left the cash since the last sweep.
    pub swept: i64,
    /// Quote atoms that all accounts owe, each as it was counted last.
    pub debt: u64,
    /// Quote atoms in the vault.
    pub vault: u64,
    /// What an atom of debt has paid since the beginning, 16.48 fixed point.
    pub index: u64,
    /// What that grows by a second from now on, 16.48 fixed point.
    pub rate: u64,
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

/// What happened to a resting order that another order met, or that waited in the fill queue.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The maker's margin account.
    pub maker: Pubkey,
    /// Its change counter; 0 while the entry waits, and where the event itself has it.
    pub sequence: u64,
    /// The order.
    pub order_id: u64,
    /// What the maker calls it.
    pub client_id: u64,
    /// Lots that no longer rest, positive.
    pub lots: i64,
    /// What the maker receives for them, negative for what it pays; 0 where it was removed.
    pub quote: i64,
    /// The maker's fee, negative for a rebate.
    pub fee: i64,
    /// Quote atoms that settling its indices charged the maker.
    pub owed: i64,
    /// Price in ticks; 0 where it is not known any more.
    pub price: i64,
    /// Whether the maker bought.
    pub bid: bool,
    /// Whether it was filled; else it was removed without a trade.
    pub filled: bool,
    /// Whether the maker's account has it; else it waits in the queue.
    pub settled: bool,
}

impl Fill {
    /// What an entry says.
    pub fn of(entry: &Entry, price: i64) -> Self {
        Self {
            maker: Pubkey::from(entry.maker),
            sequence: 0,
            order_id: entry.order_id,
            client_id: entry.client_id,
            lots: entry.lots,
            quote: entry.quote,
            fee: entry.fee,
            owed: 0,
            price,
            bid: entry.side == 0,
            filled: entry.kind == queue::FILLED,
            settled: false,
        }
    }
}

/// An order traded or came to rest.
#[event]
pub struct OrderProcessed {
    /// Index of the market.
    pub market: u16,
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Its side.
    pub side: Side,
    /// What the client calls it.
    pub client_id: u64,
    /// Lots traded, positive.
    pub lots: i64,
    /// Their value: what a buyer paid, or a seller received.
    pub value: i64,
    /// The taker's fee.
    pub fee: i64,
    /// Quote atoms that settling its indices charged the account.
    pub owed: i64,
    /// The id of what rests, 0 for nothing.
    pub order_id: u64,
    /// Lots that rest.
    pub rested: i64,
    /// The price of what rests in ticks, or its offset from the index.
    pub price: i64,
    /// Equity and initial margin afterwards; zeros where it was judged as no worse instead.
    pub health: [i64; 2],
    /// The orders that it met.
    pub fills: Vec<Fill>,
}

/// Orders were cancelled, by their owner or because they were no longer good.
#[event]
pub struct OrdersCancelled {
    /// Index of the market.
    pub market: u16,
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// The orders.
    pub order_ids: Vec<u64>,
}

/// What waited in the fill queue for an account was brought to it.
#[event]
pub struct FillsSettled {
    /// Index of the market.
    pub market: u16,
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// What waited.
    pub fills: Vec<Fill>,
}

/// A resting order became smaller and kept its place.
#[event]
pub struct OrderEdited {
    /// Index of the market.
    pub market: u16,
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// The order.
    pub order_id: u64,
    /// Lots that still rest.
    pub lots: i64,
}

/// A maker placed several orders at once.
#[event]
pub struct OrdersPlaced {
    /// Index of the market.
    pub market: u16,
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Orders taken out before.
    pub cancelled: Vec<u64>,
    /// The new orders, in the sequence of the arguments.
    pub placed: Vec<u64>,
    /// Equity and initial margin afterwards.
    pub health: [i64; 2],
    /// Orders of others that were taken out on the way.
    pub fills: Vec<Fill>,
}

/// A position was closed at the settlement price of its market.
#[event]
pub struct PositionSettled {
    /// The margin account.
    pub account: Pubkey,
    /// Its change counter.
    pub sequence: u64,
    /// Index of the market.
    pub market: u16,
    /// Lots that it held.
    pub lots: i64,
    /// What it received for them, negative for what it paid.
    pub value: i64,
    /// What went into cash by it, the entry cost taken off.
    pub realised: i64,
    /// Quote atoms that settling its indices charged.
    pub owed: i64,
}

/// A market's funding index moved, or its initial requirement was scaled anew.
#[event]
pub struct FundingUpdated {
    /// Index of the market.
    pub market: u16,
    /// The rates that were applied, summed; signed 32.32.
    pub rate: i64,
    /// The market's cumulative index afterwards, quote atoms a lot, signed 48.16.
    pub index: i64,
    /// Complete intervals, ever.
    pub intervals: u64,
    /// What the initial requirement is multiplied by, 12.20.
    pub scale: u32,
}

/// A trigger order was placed, followed the index, or (no lots) was dropped.
#[event]
pub struct TriggerChanged {
    /// The margin account.
    pub account: Pubkey,
    /// Its place among the account's triggers.
    pub place: u8,
    /// What the client calls it.
    pub client_id: u64,
    /// Lots that it may close.
    pub lots: u64,
    /// Index, in ticks, at which it fires.
    pub price: i64,
}

/// A trigger order was executed; the trade itself is in the event before.
#[event]
pub struct TriggerExecuted {
    /// The margin account.
    pub account: Pubkey,
    /// Its place among the account's triggers.
    pub place: u8,
    /// The account that earned the fee.
    pub executor: Pubkey,
    /// Its change counter.
    pub executor_sequence: u64,
    /// Lots that were traded.
    pub lots: i64,
    /// What the executor earned, quote atoms.
    pub fee: i64,
}
