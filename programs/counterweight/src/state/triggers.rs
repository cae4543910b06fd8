use crate::state::Layout;
use anchor_lang::prelude::*;
use counterweight_risk::orders::Side;

/// Seed of the address of an account's triggers, before the margin account.
pub const TRIGGERS_SEED: &[u8] = b"triggers";
/// Trigger orders that an account can have.
pub const MAX_TRIGGERS: usize = 8;

/// Set in [`Trigger::flags`] where there is one.
const USED: u8 = 1;
/// Set for a trigger that sells.
const SELLS: u8 = 2;
/// Set for one that fires when the index is at or above its price; else at or below.
const ABOVE: u8 = 4;

/// A trigger order: what is done when the index crosses a price. 64 bytes.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// Index of the market.
    pub market: u16,
    /// Side, direction, and whether there is one.
    pub flags: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// Index, in ticks, at which it fires.
    pub price: i64,
    /// How far the price follows the index in the other direction, in ticks; 0 where it stays.
    pub trail: u64,
    /// How far from the index it may trade, in ticks.
    pub slippage: u64,
    /// Lots that are left.
    pub lots: u64,
    /// Lots at the beginning: the executor's fee is earned in proportion.
    pub lots_placed: u64,
    /// Unix seconds from which it no longer fires; 0 for never.
    pub expires: i64,
    /// What the client calls it.
    pub client_id: u64,
}

/// The trigger orders of a margin account.
///
/// Address: `["triggers", margin account]`.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Triggers {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The margin account.
    pub margin_account: Pubkey,
    /// Its owner: who gets the rent back.
    pub owner: Pubkey,
    /// The triggers.
    pub entries: [Trigger; MAX_TRIGGERS],
    /// Zero.
    pub reserved: [u64; 4],
}

const _: () = assert!(size_of::<Trigger>() == 64 && align_of::<Trigger>() == 8);
const _: () = assert!(size_of::<Triggers>() == 8 + 64 + 8 * 64 + 32);
const _: () = assert!(core::mem::offset_of!(Triggers, entries) == 72);

impl Trigger {
    /// A trigger of this side and direction; the caller fills the rest.
    pub fn new(side: Side, above: bool) -> Self {
        let side = match side {
            Side::Buy => 0,
            Side::Sell => SELLS,
        };
        Self {
            flags: USED | side | if above { ABOVE } else { 0 },
            ..Self::default()
        }
    }

    /// Whether there is one.
    pub const fn is_used(&self) -> bool {
        self.flags & USED != 0
    }

    /// The side that it trades.
    pub const fn side(&self) -> Side {
        if self.flags & SELLS == 0 {
            Side::Buy
        } else {
            Side::Sell
        }
    }

    /// Whether it fires at or above its price.
    pub const fn is_above(&self) -> bool {
        self.flags & ABOVE != 0
    }

    /// Whether it fires while the index lies in `low..=high` ticks: only if the whole interval has
    /// crossed.
    pub const fn fires(&self, low: i64, high: i64) -> bool {
        if self.is_above() {
            low >= self.price
        } else {
            high <= self.price
        }
    }

    /// Lets a trailing price follow the index. Returns whether it moved.
    pub fn follow(&mut self, index: i64) -> bool {
        if self.trail == 0 {
            return false;
        }
        let trail = i64::try_from(self.trail).unwrap_or(i64::MAX);
        let wanted = if self.is_above() {
            index.saturating_add(trail).min(self.price)
        } else {
            index.saturating_sub(trail).max(self.price)
        };
        let moved = wanted != self.price;
        self.price = wanted;
        moved
    }
}

impl Layout for Triggers {
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }
}
