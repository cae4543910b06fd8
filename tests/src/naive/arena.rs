//! Both exchanges side by side: eight traders on two markets.

use super::{Account, Action, Market, Naive, Outcome, Refusal, book::QUEUE, funding::Premium};
use counterweight_risk::orders::Side;
use counterweight_sdk::accounts::OrderBook;
use counterweight_simnet::{Deployment, Exchange, Keypair, Receipt, Signer, Start, Trader};
use std::{cell::RefCell, collections::VecDeque, rc::Rc};

/// Whole quote tokens with which the traders start.
const FUNDS: [u64; 8] = [2_000_000, 400_000, 100_000, 20_000, 5_000, 1_500, 500, 150];

/// The program on its chain, and who trades on it.
pub struct Arena {
    /// The exchange.
    pub exchange: Exchange,
    /// The traders.
    pub traders: Vec<Trader>,
    /// The last bytes of each market, decoded: most actions leave one of them alone.
    books: RefCell<Vec<(Vec<u8>, Rc<OrderBook>)>>,
}

/// The local deployment's first two markets, with what is seldom reached brought near: small books,
/// a low cap on open interest, a scale that open interest moves, short funding intervals.
fn deployment() -> Deployment {
    let mut deployment = Deployment::localnet();
    deployment.market.truncate(2);
    for (at, market) in deployment.market.iter_mut().enumerate() {
        market.order_slots = [20, 100][at];
        market.funding = [[300, 100], [90, 40]][at];
        market.impact_notional = [2_000, 600][at];
        market.max_open_interest = [7_000, 30_000][at];
        market.open_interest_scale = [[1_000, 8_000, 25_000], [5_000, 5_000, 15_000]][at];
    }
    deployment
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Arena {
    /// Deploys and funds.
    pub fn new() -> Self {
        let mut exchange = Exchange::new(deployment(), Start::default());
        let names = ["ann", "bob", "cid", "dee", "eve", "fay", "gus", "hal"];
        let traders = names.iter().zip(FUNDS);
        let traders = traders.map(|(name, funds)| exchange.funded(name, funds));
        Self {
            traders: traders.collect(),
            books: RefCell::default(),
            exchange,
        }
    }

    /// A market of the chain.
    pub(super) fn book(&self, market: usize) -> Rc<OrderBook> {
        let mut books = self.books.borrow_mut();
        let index = market as u16;
        let bytes = self.exchange.chain.data(&self.exchange.venue.market(index));
        while books.len() <= market {
            books.push((Vec::new(), Rc::new(self.exchange.order_book(index))));
        }
        if books[market].0 != bytes {
            books[market] = (bytes, Rc::new(self.exchange.order_book(index)));
        }
        Rc::clone(&books[market].1)
    }

    /// The naive exchange in the state of the chain, before anything was traded.
    pub fn naive(&self) -> Naive {
        let x = &self.exchange;
        let tables = x.tables();
        let account = |trader: &Trader| {
            let margin = x.margin(&trader.margin);
            Account {
                key: trader.margin,
                owner: trader.key.pubkey(),
                cash: margin.header.core.cash.0,
                immature: (0, 0, 0),
                sequence: margin.header.sequence,
                discount: 0,
                liquidation_start: 0,
                holdings: vec![None; tables.markets.len()],
                slots: margin.slots.len() as u16,
            }
        };
        let market = |index: usize| {
            let book = x.order_book(index as u16);
            Market {
                orders: Vec::new(),
                arrivals: 0,
                used: 0,
                free: Vec::new(),
                capacity: book.orders.len() / 2,
                queue: VecDeque::with_capacity(QUEUE),
                sequence: book.header.sequence,
                fees: 0,
                residue: 0,
                volume: 0,
                premium: Premium::default(),
            }
        };
        Naive {
            time: x.chain.time(),
            accounts: self.traders.iter().map(account).collect(),
            markets: (0..tables.markets.len()).map(market).collect(),
            tables,
            events: Vec::new(),
        }
    }

    /// Does an action on the chain; time and prices reach the naive exchange from there.
    ///
    /// # Errors
    /// The number of the refusal; a sentence for a failure without one.
    pub fn perform(
        &mut self,
        action: &Action,
        naive: &mut Naive,
    ) -> Result<Outcome<Receipt>, String> {
        match action {
            Action::Time(seconds) => self.exchange.chain.advance(*seconds),
            Action::Price { seconds, quotes } => {
                self.exchange.chain.advance(*seconds);
                let x = &mut self.exchange;
                for quote in quotes {
                    x.publish_with(quote.asset, quote.price, quote.confidence, quote.average);
                }
                let assets: Vec<u16> = quotes.iter().map(|quote| quote.asset).collect();
                x.refresh(&assets)
                    .map_err(|failure| format!("a price was refused: {failure}"))?;
            }
            _ => {}
        }
        naive.time = self.exchange.chain.time();
        if matches!(action, Action::Price { .. }) {
            naive.tables.assets = self.exchange.tables().assets;
        }
        let Some((instruction, signers)) = action.instruction(self) else {
            return Ok(Ok(no_receipt()));
        };
        let signers: Vec<_> = signers.into_iter().map(Keypair::insecure_clone).collect();
        let signers: Vec<_> = signers.iter().collect();
        match self.exchange.chain.send(&[instruction], &signers) {
            Ok(receipt) => Ok(Ok(receipt)),
            Err(failure) => match failure.code {
                Some(code) => Ok(Err(code as Refusal)),
                None => Err(format!("it failed, and was not refused: {failure}")),
            },
        }
    }
}

fn no_receipt() -> Receipt {
    Receipt {
        units: 0,
        logs: Vec::new(),
        return_data: Vec::new(),
    }
}

/// Both sides.
pub(super) const SIDES: [Side; 2] = [Side::Buy, Side::Sell];
