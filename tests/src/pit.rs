//! A market with a maker and a taker, for the tests of the order book.

use crate::scene::{Outcome, deployed, localnet, refused};
use anchor_lang::solana_program::instruction::Instruction;
use counterweight::{OrderArgs, OrderKind, PriceArgs, Quote, QuotesArgs, error::ErrorCode};
use counterweight_risk::{MarketTerms, orders::Side};
use counterweight_sdk::accounts::OrderBook;
use counterweight_simnet::{Deployment, Exchange, Failure, Signer, Trader, limit, reconcile};

/// The market on SOL: 150 dollars are 15,000 ticks, a lot is 0.01 SOL.
pub const SOL_PERP: u16 = 0;

/// An exchange with two traders who have 100,000 dollars each.
pub struct Pit {
    /// The exchange.
    pub x: Exchange,
    /// Who lets orders rest.
    pub maker: Trader,
    /// Who takes.
    pub taker: Trader,
    /// The index in ticks.
    pub mid: u64,
}

impl Pit {
    /// With the terms of `migrations/localnet.toml`.
    pub fn new() -> Self {
        Self::on(localnet())
    }

    /// The same, changed before it is deployed.
    pub fn with(change: impl FnOnce(&mut Deployment)) -> Self {
        Self::on(deployed(change))
    }

    fn on(mut x: Exchange) -> Self {
        let (maker, taker) = (x.funded("maker", 100_000), x.funded("taker", 100_000));
        let mid = x.index_ticks(SOL_PERP);
        Self {
            x,
            maker,
            taker,
            mid,
        }
    }

    /// Expects a refusal that changes nothing.
    #[track_caller]
    pub fn refuses(
        &mut self,
        code: ErrorCode,
        act: impl FnOnce(&mut Exchange, &Trader, &Trader) -> Outcome,
    ) -> Box<Failure> {
        let (maker, taker) = (&self.maker, &self.taker);
        refused(&mut self.x, &[maker, taker], code, |x| act(x, maker, taker))
    }

    /// Expects that the taker's order is refused, with no maker at hand.
    #[track_caller]
    pub fn refuses_order(&mut self, code: ErrorCode, order: OrderArgs) -> Box<Failure> {
        self.refuses(code, |x, _, taker| x.order(taker, SOL_PERP, order, &[]))
    }

    /// The maker places an order.
    ///
    /// # Panics
    /// If it is refused.
    #[track_caller]
    pub fn rests(&mut self, order: OrderArgs) {
        self.x
            .order(&self.maker, SOL_PERP, order, &[])
            .unwrap_or_else(|failure| panic!("{failure}"));
    }

    /// The maker places so many orders of 10 lots each, 16 at a time, each a tick farther from the index
    /// than the one before.
    ///
    /// # Panics
    /// If one is refused.
    #[track_caller]
    pub fn rests_many(&mut self, side: Side, from: u64, count: u64) {
        let ticks: Vec<u64> = (0..count)
            .map(|at| match side {
                Side::Buy => from - at,
                Side::Sell => from + at,
            })
            .collect();
        for chunk in ticks.chunks(16) {
            let quotes = quotes(chunk.iter().map(|ticks| (side, *ticks, 10)));
            self.x
                .quotes(&self.maker, SOL_PERP, quotes)
                .unwrap_or_else(|failure| panic!("{failure}"));
        }
    }

    /// The taker trades, with the maker at hand or not.
    ///
    /// # Panics
    /// If it is refused.
    #[track_caller]
    pub fn takes(&mut self, lots: i64, ticks: u64, at_hand: bool) {
        let makers = [self.maker.margin];
        let makers = if at_hand { &makers[..] } else { &[] };
        self.x
            .trade(&self.taker, SOL_PERP, lots, ticks, makers)
            .unwrap_or_else(|failure| panic!("{failure}"));
    }

    /// The book.
    pub fn book(&self) -> OrderBook {
        self.x.order_book(SOL_PERP)
    }

    /// The id of the best order of a side and kind.
    ///
    /// # Panics
    /// If there is none.
    pub fn best(&self, side: Side, pegged: bool) -> u64 {
        self.book()
            .resting(side, pegged)
            .next()
            .expect("an order")
            .0
    }

    /// Orders that rest on a side.
    pub fn resting(&self, side: Side) -> usize {
        let book = self.book();
        book.resting(side, false).count() + book.resting(side, true).count()
    }

    /// Lots that maker and taker hold.
    pub fn lots(&self) -> [i64; 2] {
        [&self.maker, &self.taker].map(|trader| lots(&self.x, trader))
    }

    /// Changes the market's terms.
    ///
    /// # Panics
    /// If they are refused.
    pub fn set_terms(&mut self, change: impl FnOnce(&mut MarketTerms)) {
        set_terms(&mut self.x, SOL_PERP, change).expect("set_market_terms");
    }

    /// Every atom is accounted for between maker and taker.
    ///
    /// # Panics
    /// If one is not.
    #[track_caller]
    pub fn balances(&self) {
        let sums = reconcile(&self.x, &[self.maker.margin, self.taker.margin]);
        assert!(sums.balances(), "{sums:?}");
    }
}

impl Default for Pit {
    fn default() -> Self {
        Self::new()
    }
}

/// Lots that somebody holds in the market on SOL.
pub fn lots(x: &Exchange, trader: &Trader) -> i64 {
    let margin = x.margin(&trader.margin);
    let mut positions = margin.positions().iter();
    positions
        .find(|position| position.market == SOL_PERP)
        .map_or(0, |position| position.lots.0)
}

/// Changes a market's terms.
///
/// # Errors
/// The program's refusal.
pub fn set_terms(x: &mut Exchange, market: u16, change: impl FnOnce(&mut MarketTerms)) -> Outcome {
    let mut terms = x.market_setup(market).terms;
    change(&mut terms);
    x.govern(
        x.venue
            .set_market_terms(x.authority.pubkey(), market, terms),
    )
}

/// A limit order of another kind.
pub fn kind(kind: OrderKind, order: OrderArgs) -> OrderArgs {
    OrderArgs { kind, ..order }
}

/// An order that only reduces, at once.
pub fn reducing(side: Side, ticks: u64, lots: u64) -> OrderArgs {
    OrderArgs {
        reduce_only: true,
        ..kind(OrderKind::ImmediateOrCancel, limit(side, ticks, lots))
    }
}

/// A re-quote of orders at fixed prices.
pub fn quotes(orders: impl IntoIterator<Item = (Side, u64, u64)>) -> QuotesArgs {
    let quote = |(side, ticks, lots)| Quote {
        side,
        price: PriceArgs::Fixed(ticks),
        lots,
        client_id: 0,
    };
    QuotesArgs {
        cancel: None,
        quotes: orders.into_iter().map(quote).collect(),
        slide: false,
        expires: 0,
    }
}

/// Sends an instruction that a trader signs.
///
/// # Errors
/// The program's refusal.
pub fn send(x: &mut Exchange, trader: &Trader, instruction: Instruction) -> Outcome {
    x.chain.send(&[instruction], &[&trader.key])
}
