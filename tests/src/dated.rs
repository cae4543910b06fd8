//! A future between two traders, for the tests of contracts that end.

use crate::scene::{Outcome, localnet};
use counterweight_risk::expiry::SETTLEMENT_WINDOW;
use counterweight_simnet::{Exchange, Trader, reconcile};

/// The asset that it is on: SOL, at 150 dollars.
pub const SOL: u16 = 1;
/// The perpetual on the same asset.
pub const PERPETUAL: u16 = 0;
/// Seconds from its beginning to its end.
pub const TERM: i64 = 7_200;
/// 150 dollars, in units of 10^-8 dollars.
pub const START_PRICE: i64 = 15_000_000_000;

/// An exchange with a future on SOL that ends in two hours, and two traders who have 100,000 dollars each.
pub struct Dated {
    /// The exchange.
    pub x: Exchange,
    /// Who lets orders rest.
    pub maker: Trader,
    /// Who takes.
    pub taker: Trader,
    /// The future.
    pub market: u16,
    /// When it ends.
    pub expiry: i64,
    /// Every price of SOL that was recorded: its publish time, and units of 10^-8 dollars.
    pub recorded: Vec<(i64, i64)>,
}

impl Dated {
    /// The maker and the taker hold nothing yet.
    ///
    /// # Panics
    /// If the future cannot be added.
    pub fn new() -> Self {
        let mut x = localnet();
        let (maker, taker) = (x.funded("maker", 100_000), x.funded("taker", 100_000));
        let expiry = x.chain.time() + TERM;
        let market = x
            .add_future(PERPETUAL, "SOL-DATED", expiry)
            .unwrap_or_else(|failure| panic!("{failure}"));
        let recorded = vec![(x.chain.time(), START_PRICE)];
        Self {
            x,
            maker,
            taker,
            market,
            expiry,
            recorded,
        }
    }

    /// The taker is long 1,000 lots (10 SOL) against the maker, at 150 dollars.
    ///
    /// # Panics
    /// If the trade is refused.
    pub fn traded() -> Self {
        let mut dated = Self::new();
        dated.trade(1_000);
        dated
    }

    /// The taker buys lots of the maker, at the index.
    ///
    /// # Panics
    /// If the trade is refused.
    #[track_caller]
    pub fn trade(&mut self, lots: i64) {
        self.x.refresh_all();
        self.note(self.x.prices[usize::from(SOL)]);
        let leg = self.x.leg(self.market, lots);
        self.x
            .block_trade(&self.taker, &self.maker, &[leg])
            .unwrap_or_else(|failure| panic!("{failure}"));
    }

    fn note(&mut self, price: i64) {
        let time = self.x.chain.time();
        if self.recorded.last().is_none_or(|last| time > last.0) {
            self.recorded.push((time, price));
        }
    }

    /// Turns the clock to a moment, and records a price of SOL then. Returns the compute units.
    ///
    /// # Panics
    /// If the program refuses it.
    #[track_caller]
    pub fn at(&mut self, time: i64, price: i64) -> u64 {
        self.x.chain.set_time(time);
        self.x.publish(SOL, price);
        let receipt = self.x.refresh(&[SOL]);
        self.note(price);
        receipt.unwrap_or_else(|failure| panic!("{failure}")).units
    }

    /// A price at the expiry, and the settlement by somebody. Returns what a lot is worth.
    ///
    /// # Panics
    /// If the program refuses either.
    #[track_caller]
    pub fn end(&mut self, price: i64) -> u64 {
        self.at(self.expiry, price);
        self.settle().unwrap_or_else(|failure| panic!("{failure}"));
        self.price()
    }

    /// Settles the contract, as nobody in particular.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn settle(&mut self) -> Outcome {
        self.x.settle_expired(self.market)
    }

    /// What a lot is worth, once that is fixed.
    pub fn price(&self) -> u64 {
        self.x.tables().markets[usize::from(self.market)].settlement_price
    }

    /// What it should be worth: a look at every second of the window, and the price that stood in it.
    ///
    /// # Panics
    /// Without any price before the end.
    pub fn mean(&self) -> u64 {
        let (mut sum, mut seconds) = (0u128, 0u128);
        for second in self.expiry - SETTLEMENT_WINDOW..self.expiry {
            let stood = self.recorded.iter().rev().find(|(time, _)| *time <= second);
            if let Some((_, price)) = stood {
                // A lot is 0.01 SOL: 10^-8 dollars a SOL are 10^-4 atoms a lot. Prices have 16 bits behind
                // the point, of which 8 count.
                sum += ((u128::from(price.unsigned_abs()) << 16) / 10_000) >> 8;
                seconds += 1;
            }
        }
        ((2 * sum + (seconds << 8)) / (seconds << 9)) as u64
    }

    /// What each of the two holds in cash.
    pub fn cash(&self) -> [i64; 2] {
        [&self.maker, &self.taker].map(|of| self.x.margin(&of.margin).header.core.cash.0)
    }

    /// Lots of the future that each of the two holds.
    pub fn lots(&self) -> [i64; 2] {
        [&self.maker, &self.taker].map(|of| {
            let margin = self.x.margin(&of.margin);
            let mut all = margin.positions().iter();
            all.find(|position| position.market == self.market)
                .map_or(0, |position| position.lots.0)
        })
    }

    /// Every atom is accounted for between the two.
    ///
    /// # Panics
    /// If one is not.
    #[track_caller]
    pub fn balances(&self) {
        let sums = reconcile(&self.x, &[self.maker.margin, self.taker.margin]);
        assert!(sums.balances(), "{sums:?}");
    }
}

impl Default for Dated {
    fn default() -> Self {
        Self::new()
    }
}
