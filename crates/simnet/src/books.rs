//! Trading on the books: orders with the usual properties, and who they are for.

use crate::{Exchange, Failure, Receipt, Trader};
use anchor_lang::prelude::Pubkey;
use counterweight::{
    Guards, OrderArgs, OrderKind, PriceArgs, QuotesArgs, SelfTrade, TradeArgs, TriggerArgs, Which,
};
use counterweight_risk::orders::Side;
use counterweight_sdk::trading::{self, Actor};
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

    /// Prunes an account's orders in a market.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn prune(&mut self, margin: Pubkey, market: u16) -> Outcome {
        let prune = self.venue.prune_orders(margin, market, u8::MAX);
        self.chain.send(&[prune], &[])
    }

    /// Brings a market's funding up to date.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn update_funding(&mut self, market: u16) -> Outcome {
        let update = self.venue.update_funding(market);
        self.chain.send(&[update], &[])
    }

    /// Opens a trader's triggers.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn open_triggers(&mut self, trader: &Trader) -> Outcome {
        let open = trading::open_triggers(trader.key.pubkey(), trader.margin);
        self.chain.send(&[open], &[&trader.key])
    }

    /// Places a trigger order.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn place_trigger(&mut self, trader: &Trader, args: TriggerArgs) -> Outcome {
        let owner = trader.key.pubkey();
        let place = self.venue.place_trigger(owner, trader.margin, args);
        self.chain.send(&[place], &[&trader.key])
    }

    /// Executes an account's trigger; the executor earns the fee.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn execute_trigger(
        &mut self,
        executor: &Trader,
        market: u16,
        margin: Pubkey,
        place: u8,
        makers: &[Pubkey],
    ) -> Outcome {
        let actor = self.actor(executor, market);
        let execute = self.venue.execute_trigger(&actor, margin, place, makers);
        self.chain.send(&[execute], &[&executor.key])
    }
}
