//! Accounts: cash, lots, what they have cost, and what is owed for orders.

use super::{Naive, Outcome, book::index_of, refuse};
use anchor_lang::prelude::Pubkey;
use counterweight::error::ErrorCode;
use counterweight_risk::{
    Lots, Position, Price, QuoteAtoms,
    orders::{Peg, Side},
    units::MAX_LOTS,
};

/// What an account has in a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Signed lots.
    pub lots: i64,
    /// Minus what the open lots have cost.
    pub quote: i64,
    /// The market's funding index at the last fill.
    pub index: i64,
    /// No bid (ask) at a fixed price pays more (receives less) than so many ticks.
    pub fixed: [Option<i64>; 2],
    /// No pegged bid (ask) has a higher (lower) offset.
    pub pegged: [Option<i64>; 2],
}

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its address.
    pub key: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
    /// Quote atoms.
    pub cash: i64,
    /// Profit that has not matured: how much, since when, and until when.
    pub immature: (i64, i64, i64),
    /// Counts changes.
    pub sequence: u64,
    /// Taken off fees, basis points.
    pub discount: u16,
    /// Since when it is in liquidation.
    pub liquidation_start: i64,
    /// What it has in each market.
    pub holdings: Vec<Option<Holding>>,
    /// Slots of its account on the chain.
    pub slots: u16,
}

/// The larger of two bounds for a bid, the smaller for an ask.
fn worse(side: Side, old: Option<i64>, new: i64) -> Option<i64> {
    let old = old.unwrap_or(new);
    Some(match side {
        Side::Buy => old.max(new),
        Side::Sell => old.min(new),
    })
}

/// `atoms · part / whole`, towards zero.
fn share(atoms: i64, part: i64, whole: i64) -> i64 {
    (i128::from(atoms) * i128::from(part) / i128::from(whole)) as i64
}

/// What signed lots owe for an index that moved by so many 2^-16 atoms: what is paid rounds up, what is
/// received rounds down.
pub(super) fn owed_for(lots: i64, moved: i64) -> i64 {
    let exact = i128::from(lots) * i128::from(moved);
    (exact + 0xFFFF).div_euclid(0x1_0000) as i64
}

impl Naive {
    /// Lots of an account's orders on a side: what rests, and what waits in the queue.
    pub fn outstanding(&self, who: usize, market: usize, side: Side) -> i64 {
        let book = &self.markets[market];
        let rests = book.orders.iter();
        let rests = rests.filter(|order| order.maker == who && order.side == side);
        let waits = book.queue.iter().flatten();
        let waits = waits.filter(|entry| entry.maker == who && entry.side == side);
        rests.map(|o| o.lots).sum::<i64>() + waits.map(|e| e.lots).sum::<i64>()
    }

    /// Orders of an account in all books, with those that are gone but not settled.
    pub fn open_orders(&self, who: usize) -> usize {
        let count = |book: &super::Market| {
            let rests = book.orders.iter().filter(|order| order.maker == who);
            let waits = book.queue.iter().flatten();
            rests.count() + waits.filter(|e| e.maker == who && e.whole).count()
        };
        self.markets.iter().map(count).sum()
    }

    /// Lots held.
    pub fn held(&self, who: usize, market: usize) -> i64 {
        self.accounts[who].holdings[market].map_or(0, |holding| holding.lots)
    }

    /// The account's positions as the chain stores them.
    pub fn positions(&self, who: usize) -> Vec<Position> {
        let all = self.accounts[who].holdings.iter().enumerate();
        let position = |(market, holding): (usize, &Option<Holding>)| {
            let holding = holding.as_ref()?;
            let row = self.row(market);
            let price = |bound: Option<i64>| {
                let atoms = bound.map_or(0, |ticks| ticks.unsigned_abs() * row.tick_size);
                Price(atoms << 16)
            };
            let peg = |bound: Option<i64>| {
                bound.map_or(Peg::NONE, |ticks| Peg((ticks + (1 << 31)) as u32))
            };
            Some(Position {
                market: market as u16,
                asset: row.asset,
                padding: 0,
                lots: Lots(holding.lots),
                quote: QuoteAtoms(holding.quote),
                index: holding.index,
                era: 0,
                bid_lots: Lots(self.outstanding(who, market, Side::Buy)),
                bid_price: price(holding.fixed[0]),
                ask_lots: Lots(self.outstanding(who, market, Side::Sell)),
                ask_price: price(holding.fixed[1]),
                bid_peg: peg(holding.pegged[0]),
                ask_peg: peg(holding.pegged[1]),
            })
        };
        all.filter_map(position).collect()
    }

    /// The account's place in a market, opened where there is none.
    fn holding(&mut self, who: usize, market: usize) -> &mut Holding {
        let index = self.row(market).index[0];
        self.accounts[who].holdings[market].get_or_insert(Holding {
            index,
            ..Holding::default()
        })
    }

    /// Gives up the place of an account that has neither lots nor orders in a market.
    pub(super) fn close_if_empty(&mut self, who: usize, market: usize) {
        let sides = [Side::Buy, Side::Sell];
        let orders = sides.map(|side| self.outstanding(who, market, side));
        if orders == [0, 0] && self.held(who, market) == 0 {
            self.accounts[who].holdings[market] = None;
        }
    }

    /// Takes note of an order that comes to rest: its lots are in the book already or will be.
    pub(super) fn note_order(
        &mut self,
        who: usize,
        market: usize,
        (side, pegged, price, lots): (Side, bool, i64, i64),
    ) -> Outcome<()> {
        if self.outstanding(who, market, side) + lots > MAX_LOTS {
            return refuse(ErrorCode::Overflow);
        }
        let at = index_of(side);
        let holding = self.holding(who, market);
        let bounds = if pegged {
            &mut holding.pegged
        } else {
            &mut holding.fixed
        };
        bounds[at] = worse(side, bounds[at], price);
        Ok(())
    }

    /// A fill of signed lots for what is received (negative for what is paid): funding first, then
    /// the share of what closes goes into cash, and a rebate with it. Returns what funding charged.
    pub(super) fn fill(
        &mut self,
        who: usize,
        market: usize,
        lots: i64,
        quote: i64,
        rebate: i64,
    ) -> Outcome<i64> {
        let index = self.row(market).index[0];
        let holding = self.holding(who, market);
        let owed = owed_for(holding.lots, index - holding.index);
        let before = holding.lots;
        if (before + lots).abs() > MAX_LOTS {
            return refuse(ErrorCode::Overflow);
        }
        let realised = if before.signum() * lots.signum() < 0 {
            let closed = before.abs().min(lots.abs());
            share(holding.quote, closed, before.abs()) + share(quote, closed, lots.abs())
        } else {
            0
        };
        holding.quote += quote - realised;
        holding.lots += lots;
        holding.index = index;
        self.accounts[who].cash += realised - owed + rebate;
        self.result(who, realised - owed + rebate);
        self.markets[market].residue += owed;
        Ok(owed)
    }

    /// What of an account's profit has not matured, rounded up.
    fn unripe(&self, who: usize) -> i64 {
        let (atoms, since, until) = self.accounts[who].immature;
        let (left, whole) = (until - self.time, until - since);
        if atoms == 0 || left <= 0 {
            return 0;
        }
        let exact = i128::from(atoms) * i128::from(left.min(whole));
        ((exact + i128::from(whole) - 1) / i128::from(whole)) as i64
    }

    /// What trading has brought or cost: a profit is added to what matures, all of which then takes the
    /// whole time again; a loss takes from it.
    pub(super) fn result(&mut self, who: usize, result: i64) {
        let seconds = i64::from(self.tables.header.params.profit_maturity);
        if result == 0 || result > 0 && seconds == 0 {
            return;
        }
        let (rest, time) = (self.unripe(who), self.time);
        let (_, _, until) = self.accounts[who].immature;
        self.accounts[who].immature = if rest + result <= 0 {
            (0, 0, 0)
        } else if result < 0 {
            (rest + result, time, until)
        } else {
            let end = if rest > 0 { until } else { 0 };
            (rest + result, time, end.max(time + seconds))
        };
    }

    /// Lots that all accounts hold long, and short.
    pub fn open_interest(&self, market: usize) -> (i64, i64) {
        let held = (0..self.accounts.len()).map(|who| self.held(who, market));
        held.fold((0, 0), |(long, short), lots| {
            (long + lots.max(0), short + (-lots).max(0))
        })
    }
}
