//! Trading on the books: orders with the usual properties, and who they are for.

use crate::{Exchange, Failure, Receipt, Trader};
use anchor_lang::prelude::Pubkey;
use counterweight::{
    Guards, OrderArgs, OrderKind, PriceArgs, QuotesArgs, SelfTrade, TradeArgs, Which,
};
use counterweight_risk::orders::Side;
use counterweight_sdk::trading::Actor;
use solana_signer::Signer;

type Outcome = Result<Receipt, Box<Failure>>;

/// A limit order at a fixed price, that never expires and may meet 16 others.
pub fn limit(side: Side, ticks: u64, lots: u64) -> OrderArgs {
    OrderArgs {
        side,
        price: PriceArgs::Fixed(ticks),
        lots,
        kind: OrderKind::Limit,
        self_trade: SelfTrade::CancelProvide,
        reduce_only: false,
        expires: 0,
        client_id: 0,
        match_limit: 16,
    }
}

/// An order pegged to the index that only comes to rest.
pub fn pegged(side: Side, offset: i32, worst: u64, lots: u64) -> OrderArgs {
    OrderArgs {
        price: PriceArgs::Pegged { offset, worst },
        kind: OrderKind::PostOnly,
        ..limit(side, 1, lots)
    }
}

impl Exchange {
    /// A trader as one who acts on a market.
    pub fn actor(&self, trader: &Trader, market: u16) -> Actor {
        Actor {
            authority: trader.key.pubkey(),
            margin_account: trader.margin,
            market,
        }
    }

    /// Places an order; the fills of `makers` are settled at once.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn order(
        &mut self,
        trader: &Trader,
        market: u16,
        args: OrderArgs,
        makers: &[Pubkey],
    ) -> Outcome {
        let actor = self.actor(trader, market);
        let place = self
            .venue
            .place_order(&actor, args, Guards::default(), makers);
        self.chain.send(&[place], &[&trader.key])
    }

    /// Trades at once; positive lots buy.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn trade(
        &mut self,
        trader: &Trader,
        market: u16,
        lots: i64,
        limit: u64,
        makers: &[Pubkey],
    ) -> Outcome {
        let args = TradeArgs {
            side: if lots < 0 { Side::Sell } else { Side::Buy },
            lots: lots.unsigned_abs(),
            limit,
            reduce_only: false,
        };
        let actor = self.actor(trader, market);
        let trade = self.venue.trade(&actor, args, Guards::default(), makers);
        self.chain.send(&[trade], &[&trader.key])
    }

    /// Re-quotes.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn quotes(&mut self, trader: &Trader, market: u16, args: QuotesArgs) -> Outcome {
        let actor = self.actor(trader, market);
        let place = self.venue.place_orders(&actor, args, Guards::default());
        self.chain.send(&[place], &[&trader.key])
    }

    /// Cancels orders.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn cancel(&mut self, trader: &Trader, market: u16, which: Which) -> Outcome {
        let actor = self.actor(trader, market);
        let cancel = self.venue.cancel_orders(&actor, which, u8::MAX);
        self.chain.send(&[cancel], &[&trader.key])
    }

    /// Settles what waits in a market's fill queue for these makers.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn settle_fills(&mut self, market: u16, makers: &[Pubkey]) -> Outcome {
        let settle = self.venue.settle_fills(market, makers, u8::MAX);
        self.chain.send(&[settle], &[])
    }
}
