//! Contracts that end: adding them, and what anyone does at their end.

use crate::{Exchange, Failure, Receipt};
use anchor_lang::prelude::Pubkey;
use counterweight_deploy::MarketKind;

type Outcome = Result<Receipt, Box<Failure>>;

impl Exchange {
    /// Adds a future that ends at `expiry`, with the terms of an existing market. Returns its index.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn add_future(&mut self, like: u16, name: &str, expiry: i64) -> Result<u16, Box<Failure>> {
        let mut config = self.deployment.market[usize::from(like)].clone();
        config.name = name.into();
        (config.kind, config.expiry) = (MarketKind::Future, Some(expiry));
        self.deployment.market.push(config);
        let index = (self.deployment.market.len() - 1) as u16;
        let added = self.add_market(index);
        if added.is_err() {
            self.deployment.market.pop();
        }
        added.map(|_| index)
    }

    /// Settles a contract that has ended.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn settle_expired(&mut self, market: u16) -> Outcome {
        let settle = self.venue.settle_expired(market);
        self.chain.send(&[settle], &[])
    }

    /// Closes an account's position in a market that is in settlement.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn settle_position(&mut self, margin: Pubkey, market: u16) -> Outcome {
        let settle = self.venue.settle_position(margin, market);
        self.chain.send(&[settle], &[])
    }
}
