//! Default: the backstop, and deleveraging.

use crate::{Exchange, Failure, Receipt};
use anchor_lang::prelude::Pubkey;
use solana_signer::Signer;

type Outcome = Result<Receipt, Box<Failure>>;

impl Exchange {
    /// Opens the backstop, at the authority's cost.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn open_backstop(&mut self) -> Outcome {
        let open = self.venue.open_backstop(self.authority.pubkey());
        self.chain.send(&[open], &[&self.authority])
    }

    /// Lets the backstop take over an account, with all markets at hand.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn resolve_default(&mut self, account: Pubkey) -> Outcome {
        let markets: Vec<u16> = (0..self.tables().markets.len() as u16).collect();
        let resolve = self.venue.resolve_default(account, &markets);
        self.chain.send(&[resolve], &[])
    }

    /// Closes a position of an account in default against the other side.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn deleverage(&mut self, account: Pubkey, market: u16) -> Outcome {
        let deleverage = self.venue.deleverage(account, market);
        self.chain.send(&[deleverage], &[])
    }

    /// Closes a position of the backstop against the other side.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn deleverage_backstop(&mut self, market: u16) -> Outcome {
        let deleverage = self.venue.deleverage_backstop(market);
        self.chain.send(&[deleverage], &[])
    }

    /// Brings a position up to the deleveraging of its market.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn catch_up(&mut self, account: Pubkey, market: u16) -> Outcome {
        let catch_up = self.venue.catch_up(account, market);
        self.chain.send(&[catch_up], &[])
    }

    /// Gives the backstop the lots that rounding has left over on a side.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn sweep_dust(&mut self, market: u16, side: u8) -> Outcome {
        let sweep = self.venue.sweep_dust(market, side);
        self.chain.send(&[sweep], &[])
    }
}
