//! What a trader says of an order.

use anchor_lang::prelude::*;
use counterweight_risk::orders::Side;

/// How an order may trade, and whether the rest of it stays.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderKind {
    /// Trades what it can, the rest stays in the book; or is cancelled where it would cross what stands
    /// on the other side (after the last match, or a pegged order whose maker is not at hand), and after
    /// 32 matches.
    #[default]
    Limit,
    /// Stays in the book; refused where it would trade.
    PostOnly,
    /// Stays in the book; where it would trade it stands one tick before the other side instead.
    PostOnlySlide,
    /// Trades what it can at once, the rest is cancelled.
    ImmediateOrCancel,
    /// Trades whole at once, or is refused.
    FillOrKill,
}

impl OrderKind {
    /// Whether it may only come to rest.
    pub const fn is_post_only(self) -> bool {
        matches!(self, Self::PostOnly | Self::PostOnlySlide)
    }

    /// Whether what it does not trade is cancelled.
    pub const fn is_immediate(self) -> bool {
        matches!(self, Self::ImmediateOrCancel | Self::FillOrKill)
    }
}

/// What happens where an order meets another of the same account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfTrade {
    /// The resting order is cancelled.
    #[default]
    CancelProvide,
    /// Both get smaller by what they would have traded; nothing changes hands.
    DecrementTake,
    /// The new order is refused.
    Abort,
}

/// An order's price.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceArgs {
    /// In ticks.
    Fixed(u64),
    /// The index plus an offset.
    Pegged {
        /// In ticks; negative for below the index.
        offset: i32,
        /// The worst price, in ticks, at which it may trade: the highest of a bid, the lowest of an
        /// ask.
        worst: u64,
    },
}

/// An order to be placed.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderArgs {
    /// Buy or sell.
    pub side: Side,
    /// Its price: the worst at which it trades.
    pub price: PriceArgs,
    /// How many lots.
    pub lots: u64,
    /// How it may trade.
    pub kind: OrderKind,
    /// What happens where it meets an own order.
    pub self_trade: SelfTrade,
    /// Whether it may only bring the position nearer to zero; what is more is cancelled, and nothing
    /// of it rests.
    pub reduce_only: bool,
    /// Unix seconds from which it no longer trades; 0 for never.
    pub expires: i64,
    /// What the client calls it.
    pub client_id: u64,
    /// Most orders of the other side that it may meet, 1 to 32.
    pub match_limit: u8,
}

/// Most orders that one instruction meets.
pub const MAX_MATCHES: u8 = 32;

/// Most orders that one instruction cancels: what it has to tell of them must fit its memory.
pub const MAX_REMOVALS: u8 = 64;

/// Which orders are meant.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of the account's in the market.
    All,
    /// Those of a side.
    Side(Side),
    /// The one with this id.
    Id(u64),
    /// Those that the client calls so.
    ClientId(u64),
}
