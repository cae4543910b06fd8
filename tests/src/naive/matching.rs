//! Matching: an order takes what crosses, best price first; and each maker gets the news.

use super::{
    Naive, Outcome,
    account::owed_for,
    book::{Desk, Order, QUEUE, Waiting, beyond, index_of},
    refuse,
};
use counterweight::{SelfTrade, error::ErrorCode, events::Fill};
use counterweight_risk::{market::MODE_REDUCE_ONLY, orders::Side, units::MAX_LOTS};

/// Orders of a lane among which an account's next best one is looked for.
const WALK: usize = 24;

/// An instruction at work on a book.
pub(super) struct Turn<'a> {
    pub desk: Desk,
    pub taker: usize,
    /// Whose accounts are at hand.
    pub hand: &'a [usize],
    pub fills: Vec<Fill>,
    /// Lots, value and fee of what the taker has traded.
    pub lots: i64,
    pub value: i64,
    pub fee: i64,
}

impl<'a> Turn<'a> {
    pub fn new(desk: Desk, taker: usize, hand: &'a [usize]) -> Self {
        Self {
            desk,
            taker,
            hand,
            fills: Vec::new(),
            lots: 0,
            value: 0,
            fee: 0,
        }
    }
}

/// An order that takes.
pub(super) struct Taking {
    pub side: Side,
    pub limit: i64,
    pub lots: i64,
    pub self_trade: SelfTrade,
    pub steps: u8,
}

impl Naive {
    /// Takes from the other side what crosses.
    pub(super) fn take(&mut self, turn: &mut Turn, taking: &mut Taking) -> Outcome<()> {
        let other = taking.side.opposite();
        while taking.lots > 0 && taking.steps > 0 {
            // A pegged order trades only into its maker's account; without it, it is as if not there.
            let here = |order: &&Order| {
                let known = order.maker == turn.taker || turn.hand.contains(&order.maker);
                !order.pegged || known || !turn.desk.is_live(order)
            };
            let Some(best) = self.ranked(&turn.desk, other).iter().find(here).copied() else {
                break;
            };
            // It crosses unless it is worse than what the taker is ready to pay.
            if beyond(taking.side, best.stands(&turn.desk), taking.limit) {
                break;
            }
            taking.steps -= 1;
            if !turn.desk.is_live(&best) {
                self.remove(turn, &best)?;
            } else if best.maker != turn.taker {
                self.meet(turn, taking, &best)?;
            } else {
                self.meet_own(turn, taking, &best)?;
            }
        }
        Ok(())
    }

    fn meet_own(&mut self, turn: &mut Turn, taking: &mut Taking, order: &Order) -> Outcome<()> {
        match taking.self_trade {
            SelfTrade::Abort => refuse(ErrorCode::SelfTrade),
            SelfTrade::CancelProvide => self.remove(turn, order),
            SelfTrade::DecrementTake => {
                let lots = order.lots.min(taking.lots);
                taking.lots -= lots;
                self.shrink(turn, order, lots)
            }
        }
    }

    fn meet(&mut self, turn: &mut Turn, taking: &mut Taking, order: &Order) -> Outcome<()> {
        let row = *self.row(turn.desk.market);
        let at_hand = turn.hand.contains(&order.maker);
        let mut lots = taking.lots.min(order.lots);
        if at_hand {
            lots = lots.min(self.allowed(order, turn.desk.market));
        } else if row.mode == MODE_REDUCE_ONLY {
            return refuse(ErrorCode::MakerRequired);
        }
        if lots == 0 {
            return self.remove(turn, order);
        }
        let price = order.stands(&turn.desk) * row.tick_size as i64;
        let value = lots * price;
        let taken = fee_of(
            value,
            row.taker_fee_tenths,
            self.accounts[turn.taker].discount,
        )
        .1;
        // A discount is known only of an account that is at hand.
        let discount = if at_hand {
            self.accounts[order.maker].discount
        } else {
            0
        };
        let fee = if row.maker_fee_tenths < 0 {
            let rebate = fee_of(value, row.maker_fee_tenths.unsigned_abs(), 0).0;
            -rebate.min(taken)
        } else {
            fee_of(value, row.maker_fee_tenths.unsigned_abs(), discount).0
        };
        let (order, whole) = self.markets[turn.desk.market].reduce(order.id(), lots);
        let quote = if order.side == Side::Buy {
            -value
        } else {
            value
        };
        let mut news = self.news(turn.desk.market, (&order, whole), lots);
        (news.quote, news.fee) = (Some(quote), fee);
        self.deliver(turn, news, order.stands(&turn.desk))?;
        taking.lots -= lots;
        turn.lots += lots;
        turn.value += value;
        turn.fee += taken;
        self.markets[turn.desk.market].fees += taken + fee;
        Ok(())
    }

    /// Lots of its order that a maker at hand may trade.
    fn allowed(&self, order: &Order, market: usize) -> i64 {
        if self.accounts[order.maker].liquidation_start != 0 {
            return 0;
        }
        if self.row(market).mode != MODE_REDUCE_ONLY {
            return MAX_LOTS;
        }
        let held = self.held(order.maker, market);
        match order.side {
            Side::Buy => (-held).max(0),
            Side::Sell => held.max(0),
        }
    }

    fn news(&self, market: usize, (order, whole): (&Order, bool), lots: i64) -> Waiting {
        Waiting {
            index: self.row(market).index[0],
            maker: order.maker,
            order_id: order.id(),
            client_id: order.client_id,
            lots,
            quote: None,
            fee: 0,
            time: self.time,
            side: order.side,
            whole,
        }
    }

    /// Takes an order out of the book.
    pub(super) fn remove(&mut self, turn: &mut Turn, order: &Order) -> Outcome<()> {
        self.shrink(turn, order, order.lots)
    }

    /// Takes lots of an order out of the book.
    pub(super) fn shrink(&mut self, turn: &mut Turn, order: &Order, lots: i64) -> Outcome<()> {
        let (order, whole) = self.markets[turn.desk.market].reduce(order.id(), lots);
        let news = self.news(turn.desk.market, (&order, whole), lots);
        self.deliver(turn, news, order.price)
    }

    fn deliver(&mut self, turn: &mut Turn, news: Waiting, price: i64) -> Outcome<()> {
        let market = turn.desk.market;
        let mut fill = self.told(&news, price);
        if news.maker == turn.taker {
            self.apply(market, &news)?;
            fill.settled = true;
        } else if turn.hand.contains(&news.maker) {
            fill.owed = self.apply(market, &news)?;
            let maker = &mut self.accounts[news.maker];
            maker.sequence += 1;
            (fill.settled, fill.sequence) = (true, maker.sequence);
        } else {
            let queue = &mut self.markets[market].queue;
            if queue.len() >= QUEUE {
                return refuse(ErrorCode::QueueFull);
            }
            queue.push_back(Some(news));
        }
        turn.fills.push(fill);
        Ok(())
    }

    pub(super) fn told(&self, news: &Waiting, price: i64) -> Fill {
        Fill {
            maker: self.accounts[news.maker].key,
            sequence: 0,
            order_id: news.order_id,
            client_id: news.client_id,
            lots: news.lots,
            quote: news.quote.unwrap_or(0),
            fee: news.fee,
            owed: 0,
            price,
            bid: news.side == Side::Buy,
            filled: news.quote.is_some(),
            settled: false,
        }
    }

    /// Brings news to its maker's account: the book and the queue no longer have it. Returns what
    /// funding charged.
    pub(super) fn apply(&mut self, market: usize, news: &Waiting) -> Outcome<i64> {
        let owed = match news.quote {
            None => 0,
            Some(quote) => {
                let lots = if news.side == Side::Buy {
                    news.lots
                } else {
                    -news.lots
                };
                let rebate = (-news.fee).max(0);
                let owed = self.fill(news.maker, market, lots, quote, rebate)?;
                let late = owed_for(lots, self.row(market).index[0] - news.index);
                self.accounts[news.maker].cash -= news.fee.max(0) + late;
                // Funding that was received while it waited matures as well.
                self.result(news.maker, (-late).max(0));
                self.markets[market].residue += late;
                owed + late
            }
        };
        self.rebound(market, news);
        self.close_if_empty(news.maker, market);
        Ok(owed)
    }

    /// How careful an account is about its remaining orders: as its best one asks for; where that is
    /// not among the first of its lane, as the next one there; and where fills wait, as before.
    fn rebound(&mut self, market: usize, news: &Waiting) {
        let (who, side) = (news.maker, news.side);
        let left = self.outstanding(who, market, side);
        let mut waits = self.markets[market].queue.iter().flatten();
        let waits = waits.any(|entry| entry.maker == who && entry.side == side);
        if left > 0 && (!news.whole || waits) {
            return;
        }
        let best = |pegged: bool| {
            let lane = self.lane(market, side, pegged);
            let near = lane.iter().take(WALK).find(|order| order.maker == who);
            near.or(lane.get(WALK)).map(|order| order.price)
        };
        let (fixed, pegged) = if left == 0 {
            (None, None)
        } else {
            (best(false), best(true))
        };
        if let Some(holding) = &mut self.accounts[who].holdings[market] {
            holding.fixed[index_of(side)] = fixed;
            holding.pegged[index_of(side)] = pegged;
        }
    }

    /// What the taker has traded, in one fill. Returns what funding charged.
    pub(super) fn settle_taker(&mut self, turn: &Turn, side: Side) -> Outcome<i64> {
        if turn.lots == 0 {
            return Ok(0);
        }
        let (lots, quote) = match side {
            Side::Buy => (turn.lots, -turn.value),
            Side::Sell => (-turn.lots, turn.value),
        };
        let market = turn.desk.market;
        let owed = self.fill(turn.taker, market, lots, quote, 0)?;
        self.accounts[turn.taker].cash -= turn.fee;
        self.close_if_empty(turn.taker, market);
        self.markets[market].volume += turn.value as u64;
        Ok(owed)
    }
}

/// A fee of so many tenths of a basis point after a discount: rounded down, and rounded up.
fn fee_of(value: i64, tenths: u32, discount_bps: u16) -> (i64, i64) {
    let exact = i128::from(value) * i128::from(tenths) * (10_000 - i128::from(discount_bps));
    let one = 100_000 * 10_000;
    ((exact / one) as i64, ((exact + one - 1) / one) as i64)
}
