//! An account as it would stand after what was not done yet.

use crate::{
    accounts::{Margin, Tables, margin, risk_book},
    refusal::{Numbered, Refusal, Result},
};
use counterweight_risk::{
    Asset, Lots, Market, Price, QuoteAtoms, RiskError, Ticks,
    liquidation::is_restored,
    orders::{OrderPrice, Peg, Side},
    price::Reading,
    standard::maintenance,
    units::{MAX_LOTS, MAX_PRICE},
};

/// A risk book, a margin account and a time, to be changed and asked.
///
/// What a change is refused for leaves the scenario as it was.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(crate) tables: Tables,
    pub(crate) margin: Margin,
    pub(crate) now: i64,
}

/// One trade with the book: lots at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Lots, positive.
    pub lots: u64,
    /// Its price in ticks.
    pub ticks: u64,
}

impl Scenario {
    /// The accounts as they are, judged at `now` (unix seconds, of the chain's clock).
    ///
    /// # Errors
    /// [`Refusal`] with number 0 for bytes that are no such accounts, or not of one clearinghouse.
    pub fn new(book: &[u8], account: &[u8], now: i64) -> Result<Self> {
        let (tables, margin) = (risk_book(book)?, margin(account)?);
        if tables.header.clearinghouse != margin.header.clearinghouse {
            let detail = "risk book and margin account are of different clearinghouses";
            return Err(Refusal::of_bytes(detail.into()));
        }
        Ok(Self {
            tables,
            margin,
            now,
        })
    }

    /// Another time. Prices grow old by it, profit matures, and debts pay interest.
    pub const fn wait_until(&mut self, now: i64) {
        self.now = now;
    }

    fn row(&self, market: u16) -> Result<&Market> {
        self.tables.book().market(market).numbered()
    }

    pub(crate) fn asset(&mut self, asset: u16) -> Result<&mut Asset> {
        let row = self.tables.assets.get_mut(usize::from(asset));
        row.ok_or_else(|| Refusal::from(RiskError::UnknownAsset { asset }))
    }

    /// Ends the liquidation of an account that is restored, as whatever its owner does on the chain ends it.
    fn settled(&mut self) {
        if self.margin.header.core.liquidation_start == 0 || self.margin.is_backstop() {
            return;
        }
        let health = maintenance(&self.tables.book(), &self.margin.view(), self.now);
        let buffer = self.tables.header.params.liquidation_buffer;
        if health.is_ok_and(|health| is_restored(&health, buffer)) {
            self.margin.header.core.liquidation_start = 0;
        }
    }

    /// A trade of signed lots for `quote` (negative for what it pays) and a fee (negative for a rebate).
    ///
    /// # Errors
    /// Those of the engine's fill: no free slot, a size beyond the limit.
    pub fn trade(&mut self, market: u16, lots: i64, quote: i64, fee: i64) -> Result<()> {
        let row = *self.row(market)?;
        let moment = self.tables.header.params.moment(self.now);
        let (lots, quote, fee) = (Lots(lots), QuoteAtoms(quote), QuoteAtoms(fee));
        let mut after = self.margin.clone();
        // What the market is charged is not part of the account.
        let traded = after
            .account()
            .trade(market, &row, lots, quote, fee, &moment);
        let _ = traded.numbered()?;
        self.margin = after;
        self.settled();
        Ok(())
    }

    /// A leg of a block trade: signed lots at a price in ticks, with the fee of one side.
    ///
    /// # Errors
    /// As [`Scenario::trade`].
    pub fn block_trade(&mut self, market: u16, lots: i64, ticks: u64) -> Result<()> {
        let row = self.row(market)?;
        let cost = Lots(lots).cost(Ticks(ticks), row.tick_size).numbered()?;
        let fee = row.fee(cost).numbered()?;
        let paid = cost.negated().numbered()?;
        self.trade(market, lots, paid.0, fee.0)
    }

    /// What an order takes from the book, with the taker's fee and the account's discount on each fill.
    ///
    /// # Errors
    /// As [`Scenario::trade`]; nothing to be taken.
    pub fn take(&mut self, market: u16, side: Side, fills: &[Fill]) -> Result<()> {
        let row = self.row(market)?;
        let discount = self.margin.header.fee_discount_bps;
        let (mut lots, mut value, mut fee) = (0u64, QuoteAtoms::ZERO, QuoteAtoms::ZERO);
        for fill in fills {
            let size = Side::Buy.signed(fill.lots).numbered()?;
            let cost = size.cost(Ticks(fill.ticks), row.tick_size).numbered()?;
            let taken = row.taker_fee(cost.0.unsigned_abs(), discount).numbered()?;
            let taken = QuoteAtoms::from_unsigned(taken).numbered()?;
            lots = lots.saturating_add(fill.lots);
            value = value.plus(cost).numbered()?;
            fee = fee.plus(taken).numbered()?;
        }
        let signed = side.signed(lots).numbered()?;
        let quote = match side {
            Side::Buy => value.negated().numbered()?,
            Side::Sell => value,
        };
        self.trade(market, signed.0, quote.0, fee.0)
    }

    /// An order that comes to rest, at a price in ticks.
    ///
    /// # Errors
    /// Too many orders, no free slot, a price or size beyond the limits.
    pub fn rest(&mut self, market: u16, side: Side, lots: u64, ticks: u64) -> Result<()> {
        let price = self.row(market)?.price_of(Ticks(ticks)).numbered()?;
        self.rest_at(market, side, lots, OrderPrice::Fixed(price))
    }

    /// An order that comes to rest, at an offset from the index in ticks.
    ///
    /// # Errors
    /// As [`Scenario::rest`].
    pub fn rest_pegged(&mut self, market: u16, side: Side, lots: u64, offset: i32) -> Result<()> {
        let peg = Peg::of(offset).numbered()?;
        self.rest_at(market, side, lots, OrderPrice::Pegged(peg))
    }

    fn rest_at(&mut self, market: u16, side: Side, lots: u64, price: OrderPrice) -> Result<()> {
        let row = *self.row(market)?;
        let lots = Side::Buy.signed(lots).numbered()?;
        let mut after = self.margin.clone();
        let added = after.account().add_order(market, &row, side, lots, price);
        added.numbered()?;
        self.margin = after;
        Ok(())
    }

    /// Lots of a resting order that are cancelled; `whole` where nothing of it is left. What bounds the price of the
    /// other orders of its side stays as it was, which may be more careful than the chain.
    ///
    /// # Errors
    /// The account has no so large order there.
    pub fn cancel(&mut self, market: u16, side: Side, lots: u64, whole: bool) -> Result<()> {
        let row = *self.row(market)?;
        let lots = Side::Buy.signed(lots).numbered()?;
        let mut after = self.margin.clone();
        let mut account = after.account();
        let removed = account.remove_order(market, &row, side, lots, whole);
        removed.numbered()?;
        account.free_if_empty(market, &row);
        self.margin = after;
        Ok(())
    }

    /// A deposit of token atoms.
    ///
    /// # Errors
    /// A ninth collateral; an unknown asset.
    pub fn deposit(&mut self, asset: u16, atoms: u64) -> Result<()> {
        let mut after = self.clone();
        let moment = after.tables.header.params.moment(after.now);
        after.asset(asset)?;
        let core = &mut after.margin.header.core;
        if asset == 0 {
            let atoms = QuoteAtoms::from_unsigned(atoms).numbered()?;
            core.move_cash(atoms, &moment).numbered()?;
        } else {
            core.credit(asset, atoms).numbered()?;
        }
        after.note_vault(asset, |held| held.checked_add(atoms))?;
        after.settled();
        *self = after;
        Ok(())
    }

    /// A withdrawal of token atoms, as far as the account goes: whether margin and the vault's limit allow it is
    /// another question ([`Scenario::withdrawable`]).
    ///
    /// # Errors
    /// Less is there, or some of it is profit that has not matured.
    pub fn withdraw(&mut self, asset: u16, atoms: u64) -> Result<()> {
        let mut after = self.clone();
        after.debit(asset, atoms)?;
        after.note_vault(asset, |held| held.checked_sub(atoms))?;
        after.settled();
        *self = after;
        Ok(())
    }

    pub(crate) fn debit(&mut self, asset: u16, atoms: u64) -> Result<()> {
        let now = self.now;
        self.asset(asset)?;
        let core = &mut self.margin.header.core;
        if asset == 0 {
            core.debit_cash(atoms, now).numbered()
        } else {
            core.debit(asset, atoms).numbered()
        }
    }

    /// What the vault holds decides the rate of interest, and the weight of a collateral.
    fn note_vault(&mut self, asset: u16, change: impl Fn(u64) -> Option<u64>) -> Result<()> {
        let overflow = || Refusal::from(RiskError::Overflow);
        let now = self.now;
        if asset == 0 {
            let interest = &mut self.tables.header.params.interest;
            let held = change(interest.vault).ok_or_else(overflow)?;
            return interest.set_rate(held, now).numbered();
        }
        let row = self.asset(asset)?;
        let held = change(row.deposited).ok_or_else(overflow)?;
        row.note_deposits(held).numbered()
    }

    /// A reading of the oracle, as `refresh_prices` records it: the stable price follows in its time, the interval
    /// counts.
    ///
    /// # Errors
    /// An older reading, one from the future, a price out of range.
    pub fn refresh(&mut self, asset: u16, reading: &Reading) -> Result<()> {
        let (params, now) = (self.tables.header.params, self.now);
        let row = self.asset(asset)?;
        let scale = params.scale(asset == 0, row.lot_exponent, reading.exponent);
        let changed = row.record(reading, scale, now).numbered()?;
        let (index, steps) = (row.index, row.volatility.steps());
        // Requirements follow volatility at once, as they do on the chain.
        let markets = self.tables.markets.iter_mut();
        for market in markets.filter(|market| market.follows(asset)) {
            market.set_multipliers(steps).numbered()?;
        }
        if changed && asset == 0 {
            let params = &mut self.tables.header.params;
            params.set_quote_price(index).numbered()?;
        }
        Ok(())
    }

    /// The price of an asset (a risk price) once it has settled there: its average and its stable price have arrived
    /// too, and the interval is narrow. What is owed in quote atoms stays.
    ///
    /// # Errors
    /// An unknown asset; a price of zero or above the largest.
    pub fn move_price(&mut self, asset: u16, price: u64) -> Result<()> {
        let (now, price) = (self.now, Price(price));
        if price.0 == 0 || price > MAX_PRICE {
            let mantissa = price.0.cast_signed();
            return Err(RiskError::PriceOutOfRange { mantissa }.into());
        }
        let row = self.asset(asset)?;
        (row.index, row.average, row.stable) = (price, price, price);
        (row.initial_low, row.initial_high) = (price, price);
        (row.maintenance_low, row.maintenance_high) = (price, price);
        (row.confidence, row.price_flags) = (Price(0), 0);
        row.publish_time = row.publish_time.max(now);
        self.price_options(asset)?;
        if asset == 0 {
            let params = &mut self.tables.header.params;
            params.set_quote_price(price).numbered()?;
        }
        Ok(())
    }

    /// What the options on an asset are worth now, as `refresh_arrays` computes it.
    ///
    /// # Errors
    /// An unknown asset, one that never had a price.
    pub fn price_options(&mut self, asset: u16) -> Result<()> {
        let (now, row) = (self.now, *self.asset(asset)?);
        for (at, market) in (0u16..).zip(&mut self.tables.markets) {
            if market.asset == asset && market.is_option() {
                market.refresh_array(at, &row, now).numbered()?;
            }
        }
        Ok(())
    }

    /// The largest size, up to 2^44 lots, for which `holds` says so, where it does for every smaller one.
    pub(crate) fn largest(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
        let (mut good, mut bad) = (0, most.saturating_add(1));
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if holds(middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        good
    }

    /// The most lots that can be traded at a price in ticks, at the taker's fee, so that initial margin is met
    /// afterwards: 0 where it is not met before.
    ///
    /// What is left over of equity is concave in the size, so one search finds the end.
    pub fn most_lots(&self, market: u16, side: Side, ticks: u64) -> u64 {
        let allowed = |lots: u64| {
            let mut after = self.clone();
            let fill = Fill { lots, ticks };
            (lots == 0 || after.take(market, side, &[fill]).is_ok()) && after.meets_initial()
        };
        if !allowed(0) {
            return 0;
        }
        Self::largest(MAX_LOTS.unsigned_abs(), allowed)
    }
}
