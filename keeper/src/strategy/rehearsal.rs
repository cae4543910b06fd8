//! What the program will do to an account and to the keeper's own, done by its engine on copies.
//!
//! Each function is a handler of the program without its accounts, its events and what it writes into the market: the
//! same calls of the same engine in the same order. Where one refuses, the program would.

use super::exposure;
use counterweight_sdk::{
    accounts::{Margin, RiskTables},
    program::{
        book::{Entry, queue::FILLED},
        state::RECORDED,
    },
    risk::{
        AccountMut, Health, Lots, Market, Moment, QuoteAtoms, Ratio, Result, RiskError,
        collateral::{Offer, discount},
        liquidation::{Candidate, Step, is_liquidatable, is_restored, penalty_rate},
        market::MODE_SETTLEMENT,
        marks::Marks,
        orders::Side,
        portfolio::{OneLeg, is_scanned},
        position::owed_since,
        slice::{Slice, Slicer},
        standard::maintenance,
    },
};

/// What was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Lots of a market, without sign.
    Lots {
        /// The market.
        market: u16,
        /// How many.
        lots: u64,
        /// The price, and whether they were long.
        price: u64,
        /// Whether the account was long.
        long: bool,
    },
    /// A slice, at most this fraction of every position (2^20 is all).
    Slice {
        /// The fraction.
        fraction: u32,
    },
    /// Collateral.
    Tokens {
        /// The asset.
        asset: u16,
        /// Token atoms.
        atoms: u64,
        /// The price, discount taken off.
        price: u64,
    },
}

/// A takeover, as it was rehearsed.
#[derive(Clone, Debug)]
pub struct Take {
    /// What.
    pub taken: Taken,
    /// What comes into the keeper's cash for it.
    pub reward: i64,
    /// What the taken is worth at the index, less what is paid for it.
    pub edge: i64,
    /// Value that changed hands.
    pub volume: u64,
    /// Value of collateral that was taken, at the index: it has to be sold too.
    pub tokens: i64,
    /// The keeper's account afterwards.
    pub own: Margin,
}

/// Two accounts, one of which may be taken over by the other.
#[derive(Clone, Debug)]
pub struct Rehearsal<'a> {
    /// The book that both are judged by.
    pub tables: &'a RiskTables,
    /// Unix seconds.
    pub now: i64,
    /// Seconds by which the auction is taken to be further than it is.
    pub ahead: i64,
    /// The account.
    pub account: Margin,
    /// The keeper's.
    pub own: Margin,
}

fn account(margin: &mut Margin) -> AccountMut<'_> {
    AccountMut {
        core: &mut margin.header.core,
        slots: &mut margin.slots,
    }
}

impl<'a> Rehearsal<'a> {
    /// Two accounts as they are.
    pub fn new(tables: &'a RiskTables, now: i64, account: Margin, own: Margin) -> Self {
        Self {
            tables,
            now,
            ahead: 0,
            account,
            own,
        }
    }

    fn moment(&self) -> Moment {
        self.tables.header.params.moment(self.now)
    }

    fn row(&self, market: u16) -> Result<&'a Market> {
        let rows = &self.tables.markets;
        rows.get(usize::from(market))
            .ok_or(RiskError::UnknownMarket { market })
    }

    /// Whether the account is judged by the scenarios of its whole book.
    pub fn is_scanned(&self) -> bool {
        is_scanned(&self.tables.book(), &self.account.view())
    }

    /// Whether the account holds options.
    pub fn has_options(&self) -> bool {
        let rows = &self.tables.markets;
        let option = |market: u16| rows.get(usize::from(market)).is_some_and(Market::is_option);
        let mut held = self.account.positions().iter();
        held.any(|position| option(position.market))
    }

    /// Equity and maintenance margin of the account.
    ///
    /// # Errors
    /// The engine's.
    pub fn health(&self) -> Result<Health> {
        maintenance(&self.tables.book(), &self.account.view(), self.now)
    }

    /// Whether the account may be taken over from: the backstop always.
    pub fn is_open(&self, health: &Health) -> bool {
        let buffer = self.tables.header.params.liquidation_buffer;
        let start = self.account.header.core.liquidation_start;
        self.account.header.is_backstop() || is_liquidatable(start, health, buffer)
    }

    /// Seconds that the account's auction has run.
    pub fn elapsed(&self) -> i64 {
        let start = self.account.header.core.liquidation_start;
        let run = if start == 0 {
            0
        } else {
            self.now.saturating_sub(start)
        };
        run.saturating_add(self.ahead)
    }

    /// `prune_orders`: one resting order goes.
    ///
    /// # Errors
    /// The engine's, where the account does not know the order.
    pub fn prune(&mut self, market: u16, side: Side, lots: i64) -> Result<()> {
        let row = self.row(market)?;
        let mut account = account(&mut self.account);
        account.remove_order(market, row, side, Lots(lots), true)?;
        account.free_if_empty(market, row);
        Ok(())
    }

    /// `settle_fills`: one entry of the queue arrives.
    ///
    /// # Errors
    /// The engine's, where the account does not know the order.
    pub fn settle(&mut self, market: u16, entry: &Entry) -> Result<()> {
        let (row, moment) = (self.row(market)?, self.moment());
        let (side, lots) = (entry.side(), Lots(entry.lots));
        let mut account = account(&mut self.account);
        account.remove_order(market, row, side, lots, entry.whole != 0)?;
        if entry.kind != FILLED {
            account.free_if_empty(market, row);
            return Ok(());
        }
        let signed = side.signed(lots.size())?;
        let (quote, fee) = (QuoteAtoms(entry.quote), QuoteAtoms(entry.fee));
        let _ = account.trade(market, row, signed, quote, fee, &moment)?;
        let late = owed_since(row, signed, entry.index)?;
        if late != QuoteAtoms::ZERO {
            let _ = account.core.charge(late, &moment)?;
        }
        Ok(())
    }

    /// `settle_position`: a position in a market that has ended is closed.
    ///
    /// # Errors
    /// The engine's.
    pub fn settle_position(&mut self, market: u16) -> Result<()> {
        let (row, moment) = (self.row(market)?, self.moment());
        let held = self.account.view().lots(market, row);
        let (gone, received) = (held.negated()?, row.settlement_value(held)?);
        let _ = account(&mut self.account).fill(market, row, gone, received, &moment)?;
        Ok(())
    }

    /// `catch_up`: a position is brought up to its market.
    ///
    /// # Errors
    /// The engine's.
    pub fn catch_up(&mut self, market: u16) -> Result<()> {
        let (row, moment) = (self.row(market)?, self.moment());
        let _ = account(&mut self.account).catch_up(market, row, &moment)?;
        Ok(())
    }

    /// What of the backstop's equity no discount may touch; none for other accounts.
    fn floor(&mut self) -> Result<Option<QuoteAtoms>> {
        let header = &mut self.account.header;
        if !header.is_backstop() {
            return Ok(None);
        }
        let book = self.tables.book();
        let health = maintenance(&book, &self.account.view(), RECORDED)?;
        let header = &mut self.account.header;
        header.reference = header.reference.on(self.now, health.equity);
        Ok(Some(header.floor(&book)))
    }

    /// `liquidate`, as far as it is decided before anything moves: the step, and the lots that are held.
    fn step(&mut self, market: u16, most: u64) -> Result<(Step, Lots, u64)> {
        let floor = self.floor()?;
        let row = self.row(market)?;
        row.require_running(market, self.now)?;
        let asset = self.tables.book().asset(row.asset)?;
        asset.check_maintenance(row.asset, self.now)?;
        let lots = self.account.view().lots(market, row);
        if lots.0 == 0 || row.mode == MODE_SETTLEMENT {
            return Err(RiskError::NoPosition { market });
        }
        let marks = Marks::on(row, market, asset, lots.0 > 0, self.now)?;
        let params = &self.tables.header.params;
        let (book, view) = (self.tables.book(), self.account.view());
        let mut scanned = None;
        let health = OneLeg::judge(&book, &view, self.now, market, &mut scanned)?;
        let candidate = Candidate {
            health,
            market: row,
            lots,
            marks,
            rate: penalty_rate(row, params, self.elapsed()),
            buffer: params.liquidation_buffer,
            floor,
            scanned: scanned.as_ref(),
        };
        let step = if floor.is_some() {
            candidate.take(most)?
        } else {
            candidate.step(most)?
        };
        Ok((step, lots, marks.price.0))
    }

    /// `liquidate` of at most so many lots, seen from the keeper's account.
    ///
    /// # Errors
    /// The engine's: prices that are too old, no free slot of the keeper.
    pub fn lots(&mut self, market: u16, most: u64) -> Result<Take> {
        let (step, held, price) = self.step(market, most)?;
        let (row, moment) = (self.row(market)?, self.moment());
        let taken = step.signed(held)?;
        let long = held.0 > 0;
        let cost = if long {
            step.value
        } else {
            step.value.negated()?
        };
        let mut own = self.own.clone();
        let _ = account(&mut own).fill(market, row, taken, cost.negated()?, &moment)?;
        let reward = step.penalty.minus(step.insurance(row)?)?;
        earn(&mut own, reward, &moment)?;
        let worth = exposure::worth(self.tables, market, taken.0);
        Ok(Take {
            taken: Taken::Lots {
                market,
                lots: step.lots,
                price,
                long,
            },
            reward: reward.0,
            edge: worth.saturating_sub(cost.0),
            volume: step.value.0.unsigned_abs(),
            tokens: 0,
            own,
        })
    }

    /// `liquidate_slice` of at most this fraction, seen from the keeper's account. The account's positions must have
    /// caught up.
    ///
    /// # Errors
    /// The engine's: prices that are too old, no free slot of the keeper, a fraction without a lot in it.
    pub fn slice(&self, fraction: u32) -> Result<Take> {
        let (book, moment, elapsed) = (self.tables.book(), self.moment(), self.elapsed());
        let slice = self.slice_of(fraction)?;
        let mut own = self.own.clone();
        let mut split = slice.split();
        let (mut reward, mut edge) = (0i64, 0i64);
        for position in self.account.positions() {
            let Some(leg) = split.leg(&book, position, (self.now, elapsed))? else {
                continue;
            };
            if leg.lots.0 == 0 {
                continue;
            }
            let row = self.row(position.market)?;
            let paid = leg.cost.negated()?;
            let _ = account(&mut own).fill(position.market, row, leg.lots, paid, &moment)?;
            let earned = leg.penalty.minus(leg.insurance)?;
            earn(&mut own, earned, &moment)?;
            let worth = exposure::worth(self.tables, position.market, leg.lots.0);
            reward = reward.saturating_add(earned.0);
            edge = edge.saturating_add(worth.saturating_sub(leg.cost.0));
        }
        Ok(Take {
            taken: Taken::Slice { fraction },
            reward,
            edge,
            volume: slice.value.0.unsigned_abs(),
            tokens: 0,
            own,
        })
    }

    fn slice_of(&self, fraction: u32) -> Result<Slice> {
        let book = self.tables.book();
        let positions = self.account.positions();
        for position in positions {
            book.asset(position.asset)?
                .check_maintenance(position.asset, self.now)?;
            book.market(position.market)?
                .require_running(position.market, self.now)?;
        }
        let slicer = Slicer::new(
            &book,
            &self.account.view(),
            self.health()?,
            (self.now, self.elapsed()),
        )?;
        let slice = slicer.step(Ratio(fraction))?;
        if slice.lots == 0 {
            return Err(RiskError::ZeroQuantity);
        }
        Ok(slice)
    }

    /// `liquidate_collateral` of at most so many atoms, seen from the keeper's account.
    ///
    /// # Errors
    /// The engine's: nothing owed or held, a price that is too old, no free balance of the keeper.
    pub fn tokens(&self, asset: u16, most: u64) -> Result<Take> {
        let moment = self.moment();
        let row = self.tables.book().asset(asset)?;
        row.check_maintenance(asset, self.now)?;
        let offer = self.offer(asset)?;
        let taking = offer.take(most)?;
        let mut own = self.own.clone();
        own.header.core.credit(asset, taking.atoms)?;
        own.header.core.move_cash(taking.cost.negated()?, &moment)?;
        let worth = exposure::value_of_tokens(self.tables, asset, taking.atoms);
        Ok(Take {
            taken: Taken::Tokens {
                asset,
                atoms: taking.atoms,
                price: offer.price()?.0,
            },
            reward: 0,
            edge: worth.saturating_sub(taking.cost.0),
            volume: taking.cost.0.unsigned_abs(),
            tokens: worth,
            own,
        })
    }

    fn offer(&self, asset: u16) -> Result<Offer<'a>> {
        let mut core = self.account.header.core;
        core.accrue(&self.moment())?;
        let backstop = self.account.header.is_backstop();
        let (debt, since) = if backstop {
            let run = self.now.saturating_sub(self.account.header.took_collateral);
            (u64::MAX, run.saturating_add(self.ahead))
        } else if core.position_count != 0 || core.cash.0 >= 0 {
            return Err(RiskError::ZeroQuantity);
        } else {
            (core.cash.0.unsigned_abs(), self.elapsed())
        };
        let row = self.tables.book().asset(asset)?;
        Ok(Offer {
            asset: row,
            held: core.balance(asset),
            debt,
            discount: discount(row, &self.tables.header.params, since),
        })
    }

    /// Lets a takeover happen: both accounts are what they are after it.
    ///
    /// # Errors
    /// The engine's.
    pub fn accept(&mut self, take: &Take) -> Result<()> {
        match take.taken {
            Taken::Lots { market, lots, .. } => self.give_lots(market, lots)?,
            Taken::Slice { fraction } => self.give_slice(fraction)?,
            Taken::Tokens { asset, atoms, .. } => self.give_tokens(asset, atoms)?,
        }
        let start = self.account.header.core.liquidation_start;
        let health = self.health()?;
        let buffer = self.tables.header.params.liquidation_buffer;
        if !self.account.header.is_backstop() {
            let since = if start == 0 { self.now } else { start };
            let restored = is_restored(&health, buffer);
            self.account.header.core.liquidation_start = if restored { 0 } else { since };
        }
        self.own = take.own.clone();
        Ok(())
    }

    fn give_lots(&mut self, market: u16, most: u64) -> Result<()> {
        let (step, held, _) = self.step(market, most)?;
        let (row, moment) = (self.row(market)?, self.moment());
        let received = if held.0 > 0 {
            step.value
        } else {
            step.value.negated()?
        };
        let gone = step.signed(held)?.negated()?;
        let _ = account(&mut self.account).fill(market, row, gone, received, &moment)?;
        let _ = self.account.header.core.charge(step.penalty, &moment)?;
        Ok(())
    }

    fn give_slice(&mut self, fraction: u32) -> Result<()> {
        let (book, moment, elapsed) = (self.tables.book(), self.moment(), self.elapsed());
        let mut split = self.slice_of(fraction)?.split();
        // The split asks for every position as it was before anything of it was taken.
        for position in self.account.positions().to_vec() {
            let leg = split.leg(&book, &position, (self.now, elapsed))?;
            if let Some(leg) = leg.filter(|leg| leg.lots.0 != 0) {
                let row = self.row(position.market)?;
                let gone = leg.lots.negated()?;
                let mut account = account(&mut self.account);
                let _ = account.fill(position.market, row, gone, leg.cost, &moment)?;
                let _ = account.core.charge(leg.penalty, &moment)?;
            }
        }
        Ok(())
    }

    fn give_tokens(&mut self, asset: u16, most: u64) -> Result<()> {
        let taking = self.offer(asset)?.take(most)?;
        let moment = self.moment();
        let core = &mut self.account.header.core;
        core.debit(asset, taking.atoms)?;
        core.move_cash(taking.cost, &moment)
    }
}

/// A reward comes into the cash, and matures.
fn earn(own: &mut Margin, reward: QuoteAtoms, moment: &Moment) -> Result<()> {
    // A charge of less than nothing is income: as `AccountCore::earn`, without the line that it comes from.
    let _ = own.header.core.charge(reward.negated()?, moment)?;
    Ok(())
}
