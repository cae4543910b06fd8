//! Orders that rest, fills of them, and fills that wait for their makers. The book itself, with its
//! priorities, belongs to the program: here anybody may meet any order.

use crate::ledger::{BACKSTOP, Ledger, Order, Outcome, Waiting, require};
use counterweight_risk::{
    Lots, QuoteAtoms, Ticks,
    market::MODE_ACTIVE,
    orders::{OrderPrice, Side},
    position::owed_since,
    standard::Gains,
};

/// Orders that rest at a time.
const ROOM: usize = 24;
/// Fills that wait at a time.
const QUEUE: usize = 8;

impl Ledger {
    /// `place_order` of an order that rests at a fixed price.
    pub fn rest(&mut self, order: Order) -> Outcome {
        let Order {
            maker,
            market,
            side,
            ticks,
            lots,
        } = order;
        require(maker != BACKSTOP && lots > 0 && ticks > 0, "no order")?;
        require(self.orders.len() < ROOM, "the book is full")?;
        let row = self.markets[market];
        require(row.mode == MODE_ACTIVE, "mode")?;
        let price = row.price_of(Ticks(ticks))?;
        let (low, high) = row.band(self.assets[usize::from(row.asset)].index)?;
        let within = match side {
            Side::Buy => price <= high,
            Side::Sell => price >= low,
        };
        require(within, "outside the band")?;
        let mut account = self.accounts[maker].mutable();
        let price = OrderPrice::Fixed(price);
        account.add_order(market as u16, &row, side, Lots(lots), price)?;
        self.leave_if_restored(maker);
        self.require_initial(maker, Gains::Weighted)?;
        self.orders.push(order);
        Ok(())
    }

    /// A trade against an order, with its maker at hand or not.
    pub fn take(&mut self, taker: usize, at: usize, most: i64, at_hand: bool) -> Outcome {
        let Some(order) = self.orders.get(at).copied() else {
            return require(false, "no such order");
        };
        let Order { maker, market, .. } = order;
        require(taker != maker && taker != BACKSTOP, "the same account")?;
        let row = self.markets[market];
        require(row.mode == MODE_ACTIVE, "mode")?;
        self.require_band(market, order.ticks)?;
        if at_hand {
            let flagged = self.accounts[maker].core.liquidation_start != 0;
            require(!flagged, "the maker is in liquidation")?;
        } else {
            require(self.queue.len() < QUEUE, "the queue is full")?;
        }
        let lots = most.clamp(1, order.lots);
        let signed = order.side.signed(lots.unsigned_abs())?.0; // the maker's
        let baseline = self.baseline(taker, self.reduces(taker, market, -signed))?;
        let open = self.lines[market].exposure();
        let value = Lots(lots).cost(Ticks(order.ticks), row.tick_size)?.0;
        let taken = row.taker_fee(value.unsigned_abs(), 0)?;
        let fee = row.maker_fee(value.unsigned_abs(), taken, 0)?.0;
        let quote = if signed > 0 { -value } else { value };
        self.orders[at].lots -= lots;
        let whole = self.orders[at].lots == 0;
        if whole {
            self.orders.remove(at);
        }
        let side = usize::from(signed < 0);
        let waiting = Waiting {
            order: Order { lots, ..order },
            quote,
            fee,
            index: row.index[side],
            whole,
        };
        if at_hand {
            self.lines[market].fees += fee; // as it is when it waits
            self.bring(&waiting)?;
        } else {
            self.lines[market].fees += fee;
            self.lines[market].pending[side] += lots;
            self.lines[market].pending_quote += quote - fee;
            self.queue.push(waiting);
        }
        self.trade(taker, market, -signed, -quote, taken.cast_signed())?;
        let now_open = self.lines[market].exposure();
        let capped = now_open > open && now_open > row.max_open_interest.0;
        require(!capped, "open interest")?;
        self.leave_if_restored(taker);
        self.require_baseline(taker, baseline)
    }

    /// Brings a fill to its maker, whose fee the market has had.
    fn bring(&mut self, filled: &Waiting) -> Outcome {
        let Order {
            maker,
            market,
            side,
            lots,
            ..
        } = filled.order;
        let (moment, row, index) = (self.moment(), self.markets[market], market as u16);
        let mut account = self.accounts[maker].mutable();
        account.remove_order(index, &row, side, Lots(lots), filled.whole)?;
        let signed = side.signed(lots.unsigned_abs())?;
        let (quote, fee) = (QuoteAtoms(filled.quote), QuoteAtoms(filled.fee));
        let (effect, owed, _had) = account.trade(index, &row, signed, quote, fee, &moment)?;
        self.lines[market].apply(&effect, owed);
        let late = owed_since(&row, signed, filled.index)?;
        let late = self.accounts[maker].core.charge(late, &moment)?;
        let residue = &mut self.lines[market].residue;
        *residue = late.onto(QuoteAtoms(*residue))?.0;
        Ok(())
    }

    /// `settle_fills` of one fill.
    pub fn settle_fill(&mut self, at: usize) -> Outcome {
        require(at < self.queue.len(), "nothing waits")?;
        let filled = self.queue.remove(at);
        let Order {
            market, side, lots, ..
        } = filled.order;
        let line = &mut self.lines[market];
        line.pending[usize::from(side == Side::Sell)] -= lots;
        line.pending_quote -= filled.quote - filled.fee;
        self.bring(&filled)
    }

    /// `cancel_orders`, or `prune_orders` where the account fails: all of an account's in a market.
    pub fn cancel(&mut self, maker: usize, market: usize) -> Outcome {
        let row = self.markets[market];
        let (gone, kept): (Vec<Order>, Vec<Order>) = self
            .orders
            .iter()
            .partition(|order| order.maker == maker && order.market == market);
        require(!gone.is_empty(), "no orders")?;
        for order in gone {
            let mut account = self.accounts[maker].mutable();
            account.remove_order(market as u16, &row, order.side, Lots(order.lots), true)?;
            account.free_if_empty(market as u16, &row);
        }
        self.orders = kept;
        self.leave_if_restored(maker);
        Ok(())
    }
}
