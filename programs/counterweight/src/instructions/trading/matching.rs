//! Matching: an order takes what crosses on the other side, and each maker gets the news: into its
//! account where that is at hand, else into the fill queue.

use super::desk::{Desk, Floor};
use crate::{
    book::{Book, Entry, Order, Queue, queue},
    error::{ErrorCode, OrRefuse, refuse},
    events::Fill,
    instructions::trading::SelfTrade,
    state::{MarginMut, Market},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    Lots, QuoteAtoms, Ticks,
    account::Charge,
    deleverage::Settled,
    market::MODE_REDUCE_ONLY,
    orders::{Peg, Side},
    position::{FillEffect, owed_since},
    units::MAX_PRICE,
};

/// How far the book is searched for the next best order of an account; its price bounds the rest.
const BOUND_WALK: usize = 24;

/// What matching has come to.
#[derive(Default)]
pub struct Tally {
    /// Lots that the taker has traded, without a sign.
    pub lots: i64,
    /// Their value, quote atoms.
    pub value: i64,
    /// The taker's fee.
    pub fee: i64,
    /// Both sides' fees together.
    fees: QuoteAtoms,
    long_change: i64,
    short_change: i64,
    residue: i64,
    /// Of each side: lots whose accounts caught up with deleveraging, and lots given up for it.
    caught_up: [(i64, i64); 2],
    /// What happened to each order met.
    pub fills: Vec<Fill>,
}

impl Tally {
    fn add(total: &mut i64, part: i64) -> Result<()> {
        *total = total.checked_add(part).ok_or(ErrorCode::Overflow)?;
        Ok(())
    }

    pub(super) fn count(&mut self, effect: &FillEffect, owed: QuoteAtoms) -> Result<()> {
        let settled = &effect.settled;
        if settled.behind != 0 {
            let (behind, closed) = &mut self.caught_up[settled.side];
            Self::add(behind, settled.behind)?;
            Self::add(closed, settled.closed)?;
        }
        Self::add(&mut self.long_change, effect.long_change)?;
        Self::add(&mut self.short_change, effect.short_change)?;
        Self::add(&mut self.residue, owed.0)
    }

    /// Takes a fee that an account was charged, for the market.
    pub(super) fn collect(&mut self, fee: Charge) -> Result<()> {
        self.fees = fee.onto(self.fees).or_refuse()?;
        Ok(())
    }

    /// Applies the taker's side to its account.
    ///
    /// # Errors
    /// As [`counterweight_risk::AccountMut::fill`].
    pub fn settle_taker(&mut self, desk: &Desk, taker: &mut MarginMut, side: Side) -> Result<i64> {
        if self.lots == 0 {
            return Ok(0);
        }
        let lots = side.signed(self.lots.unsigned_abs()).or_refuse()?;
        let value = QuoteAtoms(self.value);
        let quote = match side {
            Side::Buy => value.negated().or_refuse()?,
            Side::Sell => value,
        };
        let fee = QuoteAtoms(self.fee);
        let (effect, owed, fee) = taker
            .account()
            .trade(desk.market, desk.row, lots, quote, fee, &desk.moment)
            .or_refuse()?;
        self.collect(fee)?;
        self.count(&effect, owed)?;
        Ok(owed.0)
    }

    /// Brings the market's ledger up to date.
    ///
    /// # Errors
    /// [`ErrorCode::Overflow`].
    pub fn settle_market(&self, market: &mut Market) -> Result<()> {
        let effect = FillEffect {
            long_change: self.long_change,
            short_change: self.short_change,
            ..FillEffect::default()
        };
        market.apply(&effect, QuoteAtoms(self.residue))?;
        for (side, (behind, closed)) in self.caught_up.into_iter().enumerate() {
            if behind == 0 {
                continue;
            }
            market.caught_up(&Settled {
                side,
                behind,
                closed,
                ..Settled::default()
            })?;
        }
        market.accrue_fees(self.fees)?;
        market.advance(QuoteAtoms(self.value));
        Ok(())
    }
}

/// An order that takes.
pub struct Taking {
    /// Its side.
    pub side: Side,
    /// The worst price in ticks.
    pub limit: i64,
    /// Lots that are left.
    pub lots: i64,
    /// What happens where it meets an own order.
    pub self_trade: SelfTrade,
    /// Orders that it may still meet.
    pub steps: u8,
}

impl Taking {
    pub(super) fn crosses(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => price <= self.limit,
            Side::Sell => price >= self.limit,
        }
    }
}

impl<'info> Desk<'_, 'info> {
    /// The account of a maker, if it is at hand and may be written.
    fn maker(&self, key: &[u8; 32]) -> Option<&AccountInfo<'info>> {
        self.makers
            .iter()
            .find(|info| info.is_writable && info.key.as_array() == key)
    }

    /// Whether an order can be met at the price where it stands: it has not expired, a pegged one
    /// stands within its worst price, and it gives away no more than the band.
    pub(super) fn is_live(&self, order: &Order, price: i64) -> bool {
        order.trades_at(price, self.now) && !self.is_off_band(order.side(), price)
    }

    /// Whether an order must be left where it is because its maker is not at hand. A pegged order's
    /// account knows its offset and not its price; a fill that waited would keep a price that no check
    /// of the account could see while the index moves on. So it trades only into the account itself.
    fn needs_maker(&self, order: &Order, taker: &Pubkey) -> bool {
        order.is_pegged() && order.maker != taker.to_bytes() && self.maker(&order.maker).is_none()
    }

    /// Takes from the other side what crosses. Live pegged orders of makers who are not at hand are
    /// passed over.
    ///
    /// # Errors
    /// [`ErrorCode::SelfTrade`], [`ErrorCode::QueueFull`], [`ErrorCode::MakerRequired`]; those of the
    /// makers' accounts.
    pub fn take(&self, floor: &mut Floor, taking: &mut Taking, tally: &mut Tally) -> Result<()> {
        let other = taking.side.opposite();
        let mut passed_over = 0;
        while taking.lots > 0 && taking.steps > 0 {
            let mut ranked = floor.book.merged(other, self.index).behind(passed_over);
            let Some(best) = ranked.next() else {
                break;
            };
            if !taking.crosses(best.price) {
                break;
            }
            let order = *floor.book.order(best.slot);
            let live = self.is_live(&order, best.price);
            if live && self.needs_maker(&order, floor.key) {
                passed_over += 1;
                continue;
            }
            taking.steps -= 1;
            if !live {
                self.remove(floor, best.slot, tally)?;
            } else if order.maker == floor.key.to_bytes() {
                self.meet_own(floor, best.slot, taking, tally)?;
            } else {
                self.meet(floor, (best.slot, best.price), taking, tally)?;
            }
        }
        Ok(())
    }

    /// Removes what can no longer trade from the top of a side; returns what stands there then.
    ///
    /// # Errors
    /// As [`Desk::take`].
    pub fn top(
        &self,
        floor: &mut Floor,
        side: Side,
        steps: &mut u8,
        tally: &mut Tally,
    ) -> Result<Option<i64>> {
        while let Some(best) = floor.book.best(side, self.index) {
            let order = *floor.book.order(best.slot);
            if self.is_live(&order, best.price) || *steps == 0 {
                return Ok(Some(best.price));
            }
            *steps -= 1;
            self.remove(floor, best.slot, tally)?;
        }
        Ok(None)
    }

    fn meet_own(
        &self,
        floor: &mut Floor,
        slot: u16,
        taking: &mut Taking,
        tally: &mut Tally,
    ) -> Result<()> {
        match taking.self_trade {
            SelfTrade::Abort => {
                let id = floor.book.order(slot).id(slot).0;
                Err(refuse(ErrorCode::SelfTrade, &[("order", id.into())]))
            }
            SelfTrade::CancelProvide => self.remove(floor, slot, tally),
            SelfTrade::DecrementTake => {
                let lots = taking.lots.min(floor.book.order(slot).lots);
                taking.lots -= lots;
                self.shrink(floor, slot, lots, tally)
            }
        }
    }

    /// Trades with another account's order.
    fn meet(
        &self,
        floor: &mut Floor,
        (slot, price): (u16, i64),
        taking: &mut Taking,
        tally: &mut Tally,
    ) -> Result<()> {
        let order = *floor.book.order(slot);
        let at_hand = self.maker(&order.maker);
        let mut lots = taking.lots.min(order.lots);
        let mut discount = 0;
        if let Some(info) = at_hand {
            let maker = self.load(info)?;
            discount = maker.header.fee_discount_bps;
            lots = lots.min(self.allowed(&maker, order.side()));
            drop(maker);
            if lots == 0 {
                return self.remove(floor, slot, tally);
            }
        } else if self.row.mode == MODE_REDUCE_ONLY {
            return Err(ErrorCode::MakerRequired.into());
        }
        let ticks = Ticks(price.unsigned_abs());
        let value = Lots(lots).cost(ticks, self.row.tick_size).or_refuse()?;
        let taken = self
            .row
            .taker_fee(value.0.unsigned_abs(), floor.taker.header.fee_discount_bps)
            .or_refuse()?;
        let fee = self
            .row
            .maker_fee(value.0.unsigned_abs(), taken, discount)
            .or_refuse()?;
        let mut entry = self.entry(&order, slot, lots);
        (entry.kind, entry.fee) = (queue::FILLED, fee.0);
        entry.quote = match order.side() {
            Side::Buy => value.negated().or_refuse()?.0,
            Side::Sell => value.0,
        };
        let taken = QuoteAtoms::from_unsigned(taken).or_refuse()?;
        let _ = floor.book.reduce(slot, lots);
        self.deliver(floor, &entry, price, tally)?;
        taking.lots -= lots;
        Tally::add(&mut tally.lots, lots)?;
        Tally::add(&mut tally.value, value.0)?;
        Tally::add(&mut tally.fee, taken.0)
    }

    /// How many lots of its order a maker at hand may trade: none in liquidation, and in reduce-only
    /// mode no more than brings it to zero.
    fn allowed(&self, maker: &MarginMut, side: Side) -> i64 {
        if maker.header.core.liquidation_start != 0 {
            return 0;
        }
        if self.row.mode != MODE_REDUCE_ONLY {
            return i64::MAX;
        }
        let held = maker.lots(self.market, self.row).0;
        match side {
            Side::Buy => held.saturating_neg().max(0),
            Side::Sell => held.max(0),
        }
    }

    fn load<'m>(&self, info: &'m AccountInfo<'info>) -> Result<MarginMut<'m>> {
        let margin = MarginMut::load_unchecked(info)?;
        margin.header.require_member(&self.clearinghouse)?;
        Ok(margin)
    }

    fn entry(&self, order: &Order, slot: u16, lots: i64) -> Entry {
        Entry {
            maker: order.maker,
            order_id: order.id(slot).0,
            client_id: order.client_id,
            lots,
            time: self.now,
            kind: queue::REMOVED,
            side: u8::from(order.side() == Side::Sell),
            whole: u8::from(lots >= order.lots),
            index: self.row.index[usize::from(order.side() == Side::Sell)],
            ..Entry::default()
        }
    }

    /// Takes an order out of the book without a trade.
    ///
    /// # Errors
    /// [`ErrorCode::QueueFull`], those of the maker's account.
    pub fn remove(&self, floor: &mut Floor, slot: u16, tally: &mut Tally) -> Result<()> {
        let lots = floor.book.order(slot).lots;
        self.shrink(floor, slot, lots, tally)
    }

    /// As [`Desk::remove`], for a part of an order.
    ///
    /// # Errors
    /// As [`Desk::remove`].
    pub(super) fn shrink(
        &self,
        floor: &mut Floor,
        slot: u16,
        lots: i64,
        tally: &mut Tally,
    ) -> Result<()> {
        let order = floor.book.reduce(slot, lots);
        let entry = self.entry(&order, slot, lots);
        self.deliver(floor, &entry, order.price, tally)
    }

    /// Brings a maker the news: into its account where that is at hand, else into the queue.
    fn deliver(
        &self,
        floor: &mut Floor,
        entry: &Entry,
        price: i64,
        tally: &mut Tally,
    ) -> Result<()> {
        let mut fill = Fill::of(entry, price);
        if entry.maker == floor.key.to_bytes() {
            // The taker's own order: removed, never filled. The taker counts one change for all.
            let _ = self.apply(floor.taker, entry)?;
            self.rebound(floor.taker, &floor.book, &floor.queue, entry);
            fill.settled = true;
        } else if let Some(info) = self.maker(&entry.maker) {
            let mut maker = self.load(info)?;
            let (effect, owed, fee) = self.apply(&mut maker, entry)?;
            tally.collect(fee)?;
            self.rebound(&mut maker, &floor.book, &floor.queue, entry);
            fill.sequence = maker.header.advance();
            (fill.settled, fill.owed) = (true, owed.0);
            tally.count(&effect, owed)?;
        } else {
            if !floor.queue.push(*entry) {
                let entries = i128::from(floor.queue.header.open);
                return Err(refuse(ErrorCode::QueueFull, &[("entries", entries)]));
            }
            // The market has the fee at once: what the queue owes the maker is so much less.
            tally.fees = tally.fees.plus(QuoteAtoms(entry.fee)).or_refuse()?;
            floor.queued.push(*entry);
        }
        tally.fills.push(fill);
        Ok(())
    }

    /// Applies an entry to its maker's account: the effect, what its indices charged, its fee.
    ///
    /// # Errors
    /// As [`counterweight_risk::AccountMut::fill`].
    pub fn apply(
        &self,
        maker: &mut MarginMut,
        entry: &Entry,
    ) -> Result<(FillEffect, QuoteAtoms, Charge)> {
        let side = entry.side();
        let (lots, whole) = (Lots(entry.lots), entry.whole != 0);
        let mut account = maker.account();
        account
            .remove_order(self.market, self.row, side, lots, whole)
            .or_refuse()?;
        if entry.kind != queue::FILLED {
            account.free_if_empty(self.market, self.row);
            return Ok((FillEffect::default(), QuoteAtoms::ZERO, Charge::NONE));
        }
        let signed = side.signed(lots.size()).or_refuse()?;
        let (quote, fee) = (QuoteAtoms(entry.quote), QuoteAtoms(entry.fee));
        let (effect, owed, fee) = account
            .trade(self.market, self.row, signed, quote, fee, &self.moment)
            .or_refuse()?;
        let late = owed_since(self.row, signed, entry.index).or_refuse()?;
        if late == QuoteAtoms::ZERO {
            return Ok((effect, owed, fee));
        }
        let core = &mut maker.header.core;
        let late = core.charge(late, &self.moment).or_refuse()?;
        let owed = late.onto(owed).or_refuse()?;
        Ok((effect, owed, fee))
    }

    /// Brings the bounds on an account's order prices down to the best order it still has, after one
    /// has gone; unless fills of it wait in the queue, whose prices the bounds must cover.
    pub fn rebound(&self, margin: &mut MarginMut, book: &Book, queue: &Queue, gone: &Entry) {
        let side = gone.side();
        let waits = |entry: &Entry| entry.maker == gone.maker && entry.side == gone.side;
        if gone.whole == 0 || (queue.header.open > 0 && queue.open().any(|(_, e)| waits(e))) {
            return;
        }
        let mut account = margin.account();
        let Some(position) = account.position_mut(self.market, self.row) else {
            return;
        };
        let best = |pegged: bool| {
            let lane = book.lane(crate::book::lane_of(side, pegged));
            let mut walk = lane.iter().rev().map(|slot| book.order(*slot)).enumerate();
            let found = walk.find(|(n, order)| *n == BOUND_WALK || order.maker == gone.maker);
            found.map(|(_, order)| order.price)
        };
        if position.resting(side).0 == 0 {
            return;
        }
        let fixed = best(false).map(|ticks| {
            // Checked when the order was placed.
            self.row
                .price_of(Ticks(ticks.unsigned_abs()))
                .unwrap_or(MAX_PRICE)
        });
        let peg = best(true).map(|ticks| Peg::of(i32::try_from(ticks).unwrap_or(i32::MAX)));
        position.bound(side, fixed, peg.map(|peg| peg.unwrap_or(Peg::NONE)));
    }
}
