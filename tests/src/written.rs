//! Two traders and options on SOL, for the tests of options.

use crate::scene::{Outcome, localnet};
use counterweight::{Leg, MarginView};
use counterweight_sdk::accounts::RiskTables;
use counterweight_simnet::{Exchange, MarketKind, Signer, Trader, flat_smile, keypair, reconcile};

/// The asset: SOL, at 150 dollars; a lot is a hundredth.
pub const SOL: u16 = 1;
/// The perpetual on it.
pub const PERPETUAL: u16 = 0;
/// A week.
pub const WEEK: i64 = 7 * 86_400;
/// Quote atoms a lot and tick.
pub const TICK: u64 = 100;

/// An exchange with options on SOL that end in a week, marked at 38 % a year, and two traders.
pub struct Written {
    /// The exchange.
    pub x: Exchange,
    /// Who buys.
    pub buyer: Trader,
    /// Who sells.
    pub seller: Trader,
    /// When the options end.
    pub expiry: i64,
    /// The options.
    pub options: Vec<u16>,
}

impl Written {
    /// With options of these kinds and strikes in dollars.
    ///
    /// # Panics
    /// If the program refuses any of it.
    pub fn new(options: &[(MarketKind, u64)]) -> Self {
        let mut x = localnet();
        let (buyer, seller) = (x.funded("buyer", 100_000), x.funded("seller", 100_000));
        x.offer_options(SOL);
        let expiry = x.chain.time() + WEEK;
        let mut written = Self {
            x,
            buyer,
            seller,
            expiry,
            options: Vec::new(),
        };
        for (at, (kind, dollars)) in options.iter().enumerate() {
            let name = format!("SOL-{at}");
            let strike = dollars * 10_000; // a hundredth, in quote atoms
            let added = written
                .x
                .add_option(PERPETUAL, &name, *kind, strike, expiry);
            written
                .options
                .push(added.unwrap_or_else(|failure| panic!("{failure}")));
        }
        let feed = keypair("feed");
        written.x.chain.fund(&feed.pubkey());
        let key = written.x.authority.pubkey();
        let appoint = written.x.venue.set_volatility_feed(key, feed.pubkey());
        written.x.govern(appoint).expect("set_volatility_feed");
        written.smile(38).expect("set_smile");
        written
    }

    /// The feed marks all options at a volatility in percent.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn smile(&mut self, percent: u32) -> Outcome {
        let feed = keypair("feed");
        let set = self
            .x
            .venue
            .set_smile(feed.pubkey(), &self.options, flat_smile(percent));
        self.x.chain.send(&[set], &[&feed])
    }

    /// Everything recorded.
    pub fn tables(&self) -> RiskTables {
        self.x.tables()
    }

    /// What an option is marked at, in ticks.
    pub fn ticks(&self, market: u16) -> u64 {
        let row = self.tables().markets[usize::from(market)];
        row.array.mark.0 / (TICK << 16)
    }

    /// The buyer buys lots of the seller at the mark.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn trade(&mut self, market: u16, lots: i64) -> Outcome {
        let leg = Leg {
            market,
            lots,
            price: self.ticks(market).max(1),
        };
        let (buyer, seller) = (same(&self.buyer), same(&self.seller));
        self.x.block_trade(&buyer, &seller, &[leg])
    }

    /// SOL moves to so many cents, and all options are priced anew.
    ///
    /// # Panics
    /// If the program refuses it.
    pub fn moves(&mut self, cents: i64) {
        self.x.set_price(SOL, cents * 1_000_000);
        let options = self.options.clone();
        self.x.refresh_arrays(&options).expect("refresh_arrays");
    }

    /// How an account stands.
    ///
    /// # Panics
    /// If it cannot be judged.
    pub fn view(&mut self, trader: &Trader) -> MarginView {
        self.x.view(trader.margin).expect("margin_view")
    }

    /// Whether the ledger balances to the atom.
    pub fn balances(&self, others: &[&Trader]) -> bool {
        let mut margins = vec![self.buyer.margin, self.seller.margin];
        margins.extend(others.iter().map(|trader| trader.margin));
        reconcile(&self.x, &margins).balances()
    }
}

/// A trader again, for a call that borrows the exchange.
pub fn same(trader: &Trader) -> Trader {
    Trader {
        key: trader.key.insecure_clone(),
        margin: trader.margin,
    }
}
