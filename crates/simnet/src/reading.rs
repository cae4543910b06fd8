//! Reading an exchange: its accounts, decoded, and the view instruction.

use crate::{Exchange, Failure};
use anchor_lang::{AnchorDeserialize, prelude::Pubkey};
use counterweight::{
    GreeksView, MarginView,
    state::{Clearinghouse, Custody, Market, Triggers},
};
use counterweight_sdk::accounts::{self, Margin, OrderBook, RiskTables};

impl Exchange {
    /// What the view instruction returns.
    ///
    /// # Errors
    /// The program's refusal.
    ///
    /// # Panics
    /// If the return data is not a view.
    pub fn view(&mut self, margin: Pubkey) -> Result<MarginView, Box<Failure>> {
        let receipt = self
            .chain
            .simulate(&[self.venue.margin_view(margin)], &[])?;
        // Trailing zeros of return data are cut by the runtime's metadata: put them back.
        let mut bytes = receipt.return_data;
        bytes.resize(57, 0);
        Ok(MarginView::try_from_slice(&bytes).expect("a view"))
    }

    /// The account's greeks, by the program's view.
    ///
    /// # Errors
    /// The program's refusal.
    ///
    /// # Panics
    /// If the return data is no such view.
    pub fn greeks(&mut self, margin: Pubkey) -> Result<GreeksView, Box<Failure>> {
        let view = self.venue.greeks_view(margin);
        let mut bytes = self.chain.simulate(&[view], &[])?.return_data;
        // As in `view`; the count of the assets says how many there are.
        bytes.resize(1_024, 0);
        let mut data = &bytes[..];
        Ok(GreeksView::deserialize(&mut data).expect("a view"))
    }

    /// The risk book.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn tables(&self) -> RiskTables {
        accounts::risk_book(&self.chain.data(&self.venue.risk_book)).expect("risk book")
    }

    /// A margin account.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn margin(&self, key: &Pubkey) -> Margin {
        accounts::margin(&self.chain.data(key)).expect("margin account")
    }

    /// A market.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn market(&self, index: u16) -> Market {
        accounts::market(&self.chain.data(&self.venue.market(index))).expect("market")
    }

    /// A market with its order book and its fill queue.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn order_book(&self, index: u16) -> OrderBook {
        accounts::order_book(&self.chain.data(&self.venue.market(index))).expect("order book")
    }

    /// The trigger orders of a margin account.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn triggers(&self, margin: &Pubkey) -> Triggers {
        accounts::triggers(&self.chain.data(&self.venue.triggers(margin))).expect("triggers")
    }

    /// The custody of a collateral.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn custody(&self, asset: u16) -> Custody {
        let key = self.venue.custody(&self.collateral(asset));
        accounts::custody(&self.chain.data(&key)).expect("custody")
    }

    /// The clearinghouse.
    ///
    /// # Panics
    /// If it does not decode.
    pub fn clearinghouse(&self) -> Clearinghouse {
        accounts::clearinghouse(&self.chain.data(&self.venue.clearinghouse)).expect("clearinghouse")
    }
}
