//! A clearinghouse on an embedded chain, with the program's bytecode, and what the monitor and the report read of it.

use anchor_lang::prelude::Pubkey;
use counterweight_keeper::{
    monitor::{ask::Ask, view::View},
    report::{Reading, VaultCut},
    state::{State, prices::PriceAccounts},
};
use counterweight_link::Moment;
use counterweight_risk::orders::Side;
use counterweight_simnet::{Deployment, Exchange, Signer, Start, Trader, limit};
use std::collections::BTreeMap;

/// Quote atoms in a dollar.
pub const DOLLAR: i128 = 1_000_000;
/// The markets on SOL and BTC, and the assets.
pub const SOL_PERP: u16 = 0;
pub const BTC_PERP: u16 = 1;
pub const SOL: u16 = 1;
pub const BTC: u16 = 2;
/// Dollars that were paid into the insurance fund, and what it may lose in a day.
pub const FUND: u64 = 5_000;
pub const DAILY_LOSS: u64 = 1_000;

/// The clearinghouse and everybody in it.
pub struct Scene {
    pub x: Exchange,
    pub traders: BTreeMap<&'static str, Trader>,
}

impl Scene {
    /// Without anybody.
    pub fn empty() -> Self {
        let mut deployment = Deployment::localnet();
        deployment.backstop_daily_loss = DAILY_LOSS;
        Self {
            x: Exchange::new(deployment, Start::default()),
            traders: BTreeMap::new(),
        }
    }

    /// A bull who is long of 200 SOL on 2,000 dollars, a bear who is short of 50 SOL on 10,000, and a maker of
    /// 100,000 dollars who has the other side of both; an insurance fund. SOL costs 150 dollars.
    pub fn quiet() -> Self {
        let mut scene = Self::empty();
        scene.x.open_backstop().unwrap();
        for (name, dollars) in [("maker", 100_000), ("bull", 2_000), ("bear", 10_000)] {
            scene.join(name, dollars);
        }
        scene.block("bull", SOL_PERP, 20_000);
        scene.block("bear", SOL_PERP, -5_000);
        scene.insure(FUND);
        scene
    }

    /// The same with everything that books can have: orders that rest, a fill that waits in a queue, collateral, a
    /// debt that pays interest, funding that was not settled.
    pub fn busy() -> Self {
        let mut scene = Self::quiet();
        for (name, dollars) in [("taker", 5_000), ("whale", 200_000), ("debtor", 0)] {
            scene.join(name, dollars);
        }
        let mid = scene.x.index_ticks(SOL_PERP);
        // A bid above the index makes a premium, which becomes funding.
        scene.rest("maker", Side::Sell, mid + 40, 1_000);
        scene.take("taker", 400, mid + 40);
        scene.rest("whale", Side::Buy, mid + 20, 7_000);
        scene.rest("maker", Side::Buy, mid - 10, 500);
        // And one that waits on the other side.
        scene.take("bear", -100, mid + 20);
        let debtor = &scene.traders["debtor"];
        scene.x.deposit(debtor, SOL, 100_000_000_000).unwrap();
        scene.block("debtor", BTC_PERP, 90_000);
        scene.x.set_price(BTC, 9_000_000_000_000);
        scene.block("debtor", BTC_PERP, -90_000);
        scene.accrue("debtor"); // counted
        scene.pass(3_600);
        scene.x.update_funding(SOL_PERP).unwrap();
        scene.accrue("debtor"); // and swept
        scene.pass(60);
        // Whoever touches a debt charges its interest, which waits to be swept.
        let debtor = &scene.traders["debtor"];
        scene.x.deposit(debtor, 0, DOLLAR as u64).unwrap();
        scene
    }

    /// Somebody with so many dollars.
    pub fn join(&mut self, name: &'static str, dollars: u64) {
        let trader = if dollars == 0 {
            self.x.trader(name)
        } else {
            self.x.funded(name, dollars)
        };
        self.traders.insert(name, trader);
    }

    /// A block trade with the maker at the index.
    pub fn block(&mut self, name: &str, market: u16, lots: i64) {
        let leg = self.x.leg(market, lots);
        let (trader, maker) = (&self.traders[name], &self.traders["maker"]);
        self.x.block_trade(trader, maker, &[leg]).unwrap();
    }

    fn rest(&mut self, name: &str, side: Side, ticks: u64, lots: u64) {
        let order = limit(side, ticks, lots);
        self.x
            .order(&self.traders[name], SOL_PERP, order, &[])
            .unwrap();
    }

    fn take(&mut self, name: &str, lots: i64, ticks: u64) {
        self.x
            .trade(&self.traders[name], SOL_PERP, lots, ticks, &[])
            .unwrap();
    }

    fn insure(&mut self, dollars: u64) {
        let patron = self.x.trader("patron");
        let (quote, atoms) = (self.x.collateral(0), dollars * DOLLAR as u64);
        let wallet = self.x.wallet(&patron, 0, atoms);
        let pay = self
            .x
            .venue
            .fund_insurance(patron.key.pubkey(), &quote, wallet, atoms);
        self.x.chain.send(&[pay], &[&patron.key]).unwrap();
        self.traders.insert("patron", patron);
    }

    fn accrue(&mut self, name: &str) {
        let (quote, margin) = (self.x.collateral(0), self.margin(name));
        let call = self.x.venue.accrue_interest(&quote, margin);
        self.x.chain.send(&[call], &[]).unwrap();
    }

    /// Time passes, and prices come anew.
    pub fn pass(&mut self, seconds: i64) {
        self.x.chain.advance(seconds);
        self.x.refresh_all();
    }

    /// Somebody's margin account.
    pub fn margin(&self, name: &str) -> Pubkey {
        match name {
            "backstop" => self.x.venue.backstop(),
            name => self.traders[name].margin,
        }
    }

    /// Whose account it is.
    pub fn name(&self, key: &Pubkey) -> &'static str {
        let mut traders = self.traders.iter();
        let found = traders.find(|(_, trader)| trader.margin == *key);
        found.map_or("backstop", |(name, _)| name)
    }

    /// Addresses of all margin accounts but the backstop's.
    pub fn margins(&self) -> Vec<Pubkey> {
        self.traders.values().map(|trader| trader.margin).collect()
    }

    /// Where the price accounts are.
    pub fn prices(&self) -> PriceAccounts {
        let assets = self.x.deployment.asset.iter().enumerate();
        let priced = assets.filter(|(_, asset)| asset.oracle != "none");
        PriceAccounts {
            named: priced
                .map(|(at, asset)| (asset.name.clone(), self.x.price_account(at as u16)))
                .collect(),
            shard: 0,
        }
    }

    /// The program's accounts.
    pub fn keys(&self) -> Vec<Pubkey> {
        let venue = &self.x.venue;
        let mut keys = vec![venue.clearinghouse, venue.risk_book];
        keys.extend((0..self.x.tables().header.market_count).map(|index| venue.market(index)));
        keys.extend(
            self.x
                .collaterals
                .iter()
                .map(|collateral| venue.custody(collateral)),
        );
        keys.extend(self.margins());
        keys.push(venue.backstop());
        keys
    }

    /// What a node would answer.
    pub fn reading(&self) -> Reading {
        let chain = &self.x.chain;
        let bytes = |key: &Pubkey| (*key, chain.data(key));
        let there = |(_, data): &(Pubkey, Vec<u8>)| !data.is_empty();
        let vaults = self.x.collaterals.iter().map(|collateral| {
            let (custody, vault) = (
                self.x.venue.custody(collateral),
                self.x.venue.vault(collateral),
            );
            VaultCut {
                custody,
                vault,
                custody_data: chain.data(&custody),
                vault_data: chain.data(&vault),
            }
        });
        Reading {
            clearinghouse: self.x.venue.clearinghouse,
            moment: Moment {
                slot: chain.slot(),
                time: chain.time(),
            },
            accounts: self.keys().iter().map(bytes).filter(there).collect(),
            vaults: vaults.collect(),
            prices: self
                .prices()
                .named
                .values()
                .map(bytes)
                .filter(there)
                .collect(),
        }
    }

    /// What is known by that.
    pub fn state(&self) -> State {
        self.reading().state(&self.prices())
    }

    /// The figures.
    pub fn view(&self, ask: &Ask) -> View {
        View::of(&self.state(), 0, ask)
    }
}
