//! Resting orders: what a position remembers of them, and what they can cost at worst
//! (docs/risk.md, section 5).
//!
//! Any part of the orders may fill, on either side, in any sequence, without the account being asked.
//! So a check counts with the worst that can come of it at the present prices: the loss of every
//! order that is priced through the conservative price, on both sides at once, and the requirement of
//! the largest position that the orders can make. A gain that an order would bring never counts
//! before it is made.
//!
//! Where a gain counts for less than a loss, fills cost in a second way: a loss that is realised, and a
//! debt by index that is settled, go out of the asset's net value into cash, and leave a gain behind
//! that only counts by its weight. So the net is weighted as the gain that it can become.
//!
//! What follows: **a fill at unchanged prices never lowers equity − initial margin**, whichever part
//! of the orders it takes; but for atoms of rounding, and for the fee on what an ask earns above the
//! conservative price, where that gain counts for less than the fee.
//!
//! A position keeps two numbers a side for each kind of order: their lots, and a bound on the price
//! at which they trade. The bound is that of the best priced order; it may be too careful while orders
//! go, never the reverse.

use crate::{
    account::{AccountMut, AccountView},
    asset::Asset,
    error::{Result, RiskError},
    fixed::mul_shift_below,
    market::Market,
    position::{Position, key},
    units::{Lots, MAX_LOTS, MAX_PRICE, Price, QuoteAtoms},
};
use bytemuck::{Pod, Zeroable};

/// Most orders that an account may have in the books of all markets together.
pub const MAX_OPEN_ORDERS: u16 = 512;

/// The side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    all(feature = "borsh", not(feature = "idl")),
    derive(borsh::BorshSerialize, borsh::BorshDeserialize)
)]
#[cfg_attr(
    feature = "idl",
    derive(anchor_lang::AnchorSerialize, anchor_lang::AnchorDeserialize)
)]
pub enum Side {
    /// A bid: buys.
    Buy,
    /// An ask: sells.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// A size with the sign of the side: positive for what is bought.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] beyond [`MAX_LOTS`].
    pub fn signed(self, lots: u64) -> Result<Lots> {
        if lots > MAX_LOTS.unsigned_abs() {
            return Err(RiskError::Overflow);
        }
        let lots = Lots(lots.cast_signed()); // at most 2^44
        match self {
            Self::Buy => Ok(lots),
            Self::Sell => lots.negated(),
        }
    }

    /// The side on which a trade of these signed lots is.
    pub const fn of(lots: Lots) -> Self {
        if lots.0 < 0 { Self::Sell } else { Self::Buy }
    }
}

/// A bound on the offsets of pegged orders from the index: the offset in ticks plus 2^31, and zero for
/// no order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl", derive(anchor_lang::AnchorSerialize))]
#[repr(transparent)]
pub struct Peg(pub u32);

impl Peg {
    /// No pegged order.
    pub const NONE: Self = Self(0);

    /// An offset of so many ticks.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for −2^31, which would be none.
    pub const fn of(ticks: i32) -> Result<Self> {
        if ticks == i32::MIN {
            return Err(RiskError::Overflow);
        }
        Ok(Self(ticks.cast_unsigned() ^ (1 << 31)))
    }

    /// The price that stands at this offset from an index: never below zero, never above the
    /// largest price. `None` without an order.
    #[inline(always)]
    fn price(self, index: Price, tick_size: u64) -> Option<u64> {
        if self == Self::NONE {
            return None;
        }
        let ticks = (self.0 ^ (1 << 31)).cast_signed();
        // At most 2^40 atoms, the largest price: 2^56 as a risk price.
        let atoms = u64::from(ticks.unsigned_abs())
            .saturating_mul(tick_size)
            .min(MAX_PRICE.0 >> 16);
        Some(if ticks < 0 {
            index.0.saturating_sub(atoms << 16)
        } else {
            index.0.saturating_add(atoms << 16).min(MAX_PRICE.0)
        })
    }
}

/// The price of a resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderPrice {
    /// As a risk price.
    Fixed(Price),
    /// As an offset from the index.
    Pegged(Peg),
}

impl Position {
    /// Lots of the resting orders of a side.
    pub const fn resting(&self, side: Side) -> Lots {
        match side {
            Side::Buy => self.bid_lots,
            Side::Sell => self.ask_lots,
        }
    }

    /// Counts an order that comes to rest.
    fn add_order(&mut self, side: Side, lots: Lots, price: OrderPrice) -> Result<()> {
        let total = self.resting(side).plus(lots)?;
        if lots.0 <= 0 || total.0 > MAX_LOTS {
            return Err(RiskError::Overflow);
        }
        match (side, price) {
            (Side::Buy, OrderPrice::Fixed(price)) => self.bid_price = self.bid_price.max(price),
            (Side::Buy, OrderPrice::Pegged(peg)) => self.bid_peg = self.bid_peg.max(peg),
            (Side::Sell, OrderPrice::Fixed(price)) => {
                self.ask_price = lower(self.ask_price, price, Price::ZERO);
            }
            (Side::Sell, OrderPrice::Pegged(peg)) => {
                self.ask_peg = lower(self.ask_peg, peg, Peg::NONE);
            }
        }
        self.set_resting(side, total);
        Ok(())
    }

    /// Counts lots that no longer rest; without any, nothing bounds their price.
    fn remove_lots(&mut self, side: Side, lots: Lots) -> Result<()> {
        let total = self.resting(side).minus(lots)?;
        if lots.0 < 0 || total.0 < 0 {
            return Err(RiskError::Overflow);
        }
        self.set_resting(side, total);
        Ok(())
    }

    fn set_resting(&mut self, side: Side, total: Lots) {
        match side {
            Side::Buy => self.bid_lots = total,
            Side::Sell => self.ask_lots = total,
        }
        if total.0 == 0 {
            self.bound(side, None, None);
        }
    }

    /// Sets the bounds of a side: the best fixed price and the best offset that still rest, or
    /// anything more careful.
    pub fn bound(&mut self, side: Side, fixed: Option<Price>, peg: Option<Peg>) {
        let (fixed, peg) = (fixed.unwrap_or(Price::ZERO), peg.unwrap_or(Peg::NONE));
        match side {
            Side::Buy => (self.bid_price, self.bid_peg) = (fixed, peg),
            Side::Sell => (self.ask_price, self.ask_peg) = (fixed, peg),
        }
    }

    /// The most a lot that a resting bid can pay, or one that was filled and waits in the queue: a pegged
    /// one pays the index of that moment and its offset. So `high` is the conservative price, which lags a
    /// fall: an index that has fallen by more than the stable price can follow would hide a loss.
    #[inline(always)]
    fn highest_bid(&self, market: &Market, high: Price) -> u64 {
        let pegged = self.bid_peg.price(high, market.tick_size);
        self.bid_price.0.max(pegged.unwrap_or(0))
    }

    /// The least a lot that a resting ask, or one that waits in the queue, can receive.
    #[inline(always)]
    fn lowest_ask(&self, market: &Market, low: Price) -> u64 {
        let fixed = if self.ask_price.0 == 0 {
            u64::MAX
        } else {
            self.ask_price.0
        };
        let pegged = self.ask_peg.price(low, market.tick_size);
        fixed.min(pegged.unwrap_or(u64::MAX))
    }

    /// The size of the largest position that the resting orders can make: of |q + bids| and |q − asks|
    /// the larger, which is the larger of q + bids and asks − q.
    #[inline(always)]
    pub(crate) fn largest(&self) -> u64 {
        // Each at most 2^44 in size: the sums keep the value, and one of them is not negative.
        let long = self.lots.0.wrapping_add(self.bid_lots.0);
        let short = self.ask_lots.0.wrapping_sub(self.lots.0);
        long.max(short).cast_unsigned()
    }

    /// What the resting orders can cost at worst, besides the requirement. `held` is what the position
    /// is worth at its conservative price, without what it owes. `None` where a part reaches 2^60 quote
    /// atoms.
    // Not inline, and with no more arguments than registers: inside the loop over positions it would
    // push everything else out of them.
    #[inline(never)]
    pub(crate) fn order_loss(
        &self,
        held: i64,
        market: &Market,
        asset: &Asset,
    ) -> Option<OrderLoss> {
        let (low, high) = (asset.initial_low.0, asset.initial_high.0);
        let (bids, asks) = (self.bid_lots.size(), self.ask_lots.size());
        let (mut bid, mut ask) = (0, u64::MAX);
        let (mut opening_bids, mut opening_asks) = (0, 0);
        let (mut loss, mut realised) = (0u64, 0u64);
        // Nothing wraps below: closing ≤ bids (asks) by `min`, prices are subtracted where the comparison
        // before says that they can be, the parts of the loss are at most 2^60 each, and closing realises
        // at most 2^61.
        if bids > 0 {
            bid = self.highest_bid(market, asset.initial_high);
            let closing = bids.min(self.lots.0.wrapping_neg().max(0).cast_unsigned());
            opening_bids = bids.wrapping_sub(closing);
            if bid > low {
                loss = product(opening_bids, bid.wrapping_sub(low))?;
                if bid > high {
                    loss = loss.wrapping_add(product(closing, bid.wrapping_sub(high))?);
                }
            }
            if closing > 0 {
                realised = self.closing_loss(held, bid <= high, bid)?;
            }
        }
        if asks > 0 {
            ask = self.lowest_ask(market, asset.initial_low);
            let closing = asks.min(self.lots.0.max(0).cast_unsigned());
            opening_asks = asks.wrapping_sub(closing);
            if ask < high {
                loss = loss.wrapping_add(product(opening_asks, high.wrapping_sub(ask))?);
                if ask < low {
                    loss = loss.wrapping_add(product(closing, low.wrapping_sub(ask))?);
                }
            }
            if closing > 0 {
                realised = self.closing_loss(held, ask >= low, ask)?;
            }
        }
        if ask < bid {
            let bought = product(opening_bids, bid.min(low).saturating_sub(ask))?;
            let sold = product(opening_asks, bid.saturating_sub(ask.max(high)))?;
            realised = realised.wrapping_add(bought).wrapping_add(sold);
        }
        if market.maker_fee_tenths > 0 {
            let orders = product(bids.wrapping_add(asks), bid.max(high))?; // at most 2^45 lots
            loss = loss.wrapping_add(market.maker_fee_bound(orders).ok()?);
        }
        // Below 2^63: the casts keep the values.
        Some(OrderLoss {
            loss: QuoteAtoms(loss.cast_signed()),
            realised: QuoteAtoms(realised.cast_signed()),
        })
    }

    /// What closing the whole position realises as a loss, at the order's price or at the conservative
    /// one, whichever is worse: the part that an order closes loses no more. `within` says that the
    /// conservative one is.
    #[inline(always)]
    fn closing_loss(&self, held: i64, within: bool, price: u64) -> Option<u64> {
        let result = if within {
            held
        } else {
            let (value, _) = self.lots.value_and_notional(Price(price)).ok()?;
            self.quote.0.wrapping_add(value.0) // 2^60 each at most
        };
        Some(result.min(0).unsigned_abs())
    }
}

/// What the resting orders of a position can cost at worst, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OrderLoss {
    /// Lost by trading through the conservative prices, and paid in fees.
    pub loss: QuoteAtoms,
    /// What fills can move from cash into the asset's net value: what closing below entry loses, and
    /// what own orders that cross lose to each other. It is no loss by itself, for the net value has it
    /// already; but the gain that it leaves behind there is only worth its weight.
    pub realised: QuoteAtoms,
}

/// The lower of two bounds, where one of them may be none.
fn lower<T: Copy + PartialEq + Ord>(before: T, new: T, none: T) -> T {
    if before == none { new } else { before.min(new) }
}

/// Lots times a price difference, rounded up, at most 2^60.
#[inline(always)]
fn product(lots: u64, price: u64) -> Option<u64> {
    if lots == 0 {
        return Some(0);
    }
    let (floor, inexact) = mul_shift_below::<16, 60>(lots, price)?;
    Some(floor.wrapping_add(u64::from(inexact)))
}

impl AccountView<'_> {
    /// Lots held in a market, deleveraging applied.
    pub fn lots(&self, market_index: u16, market: &Market) -> Lots {
        let wanted = key(market.asset, market_index);
        self.positions
            .binary_search_by_key(&wanted, Position::key)
            .map_or(Lots::ZERO, |at| self.positions[at].held(market))
    }

    /// Whether a trade of these lots brings the account nearer to zero in a market, and not beyond.
    pub fn reduces(&self, market: &Market, market_index: u16, lots: Lots) -> bool {
        let held = self.lots(market_index, market);
        held.0 != 0 && (held.0 < 0) != (lots.0 < 0) && lots.size() <= held.size()
    }
}

impl AccountMut<'_> {
    /// Counts an order that comes to rest in a market; opens a position without lots where there is
    /// none.
    ///
    /// # Errors
    /// [`RiskError::TooManyOrders`], [`RiskError::NoFreeSlot`], [`RiskError::Overflow`].
    pub fn add_order(
        &mut self,
        market_index: u16,
        market: &Market,
        side: Side,
        lots: Lots,
        price: OrderPrice,
    ) -> Result<()> {
        if self.core.open_orders >= MAX_OPEN_ORDERS {
            return Err(RiskError::TooManyOrders {
                limit: MAX_OPEN_ORDERS,
            });
        }
        let at = self.slot_for(market_index, market, Lots::ZERO)?;
        self.slots[at].add_order(side, lots, price)?;
        self.core.open_orders += 1;
        Ok(())
    }

    /// Counts lots of an order that no longer rest: filled (before the fill is applied) or cancelled.
    /// `whole` says that the order is gone with them. The position stays: a fill may
    /// follow; else [`AccountMut::free_if_empty`].
    ///
    /// # Errors
    /// [`RiskError::NoPosition`], [`RiskError::Overflow`] where the account has no such order.
    pub fn remove_order(
        &mut self,
        market_index: u16,
        market: &Market,
        side: Side,
        lots: Lots,
        whole: bool,
    ) -> Result<()> {
        let at = self
            .find(market.asset, market_index)
            .ok_or(RiskError::NoPosition {
                market: market_index,
            })?;
        self.slots[at].remove_lots(side, lots)?;
        if whole {
            let rest = self.core.open_orders.checked_sub(1);
            self.core.open_orders = rest.ok_or(RiskError::Overflow)?;
        }
        Ok(())
    }

    /// Frees the position in a market if nothing is left of it.
    pub fn free_if_empty(&mut self, market_index: u16, market: &Market) {
        if let Some(at) = self.find(market.asset, market_index)
            && self.slots[at].is_empty()
        {
            self.free(at);
        }
    }

    /// The position in a market, to be changed.
    pub fn position_mut(&mut self, market_index: u16, market: &Market) -> Option<&mut Position> {
        let at = self.find(market.asset, market_index)?;
        Some(&mut self.slots[at])
    }
}
