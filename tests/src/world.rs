//! An exchange with people who act on it at random: six margin accounts of five owners, a delegate, a
//! stranger, four markets on three assets, and two collaterals besides the quote token.

use crate::{
    derivatives::{self, Derivatives},
    rng::Rng,
    snapshot::{Snapshot, Wallet, Watched},
};
use anchor_lang::prelude::Pubkey;
use counterweight_risk::{Health, standard::maintenance};
use counterweight_sdk::{instructions, preview};
use counterweight_simnet::{Deployment, Exchange, Keypair, Signer, Start, keypair};

/// Somebody with a key and tokens.
pub struct Person {
    /// The key.
    pub key: Keypair,
    /// A token account for each collateral, in the exchange's order.
    pub wallets: Vec<Pubkey>,
}

/// A margin account and who may act for it.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// The owner, as an index of [`World::people`].
    pub owner: usize,
    /// The account.
    pub margin: Pubkey,
}

/// Owners of the six accounts: the first one has two.
const OWNERS: [usize; 6] = [0, 0, 1, 2, 3, 4];
/// Whole quote tokens with which each account starts.
const FUNDS: [u64; 6] = [2_000_000, 20_000, 1_000_000, 50_000, 6_000, 15_000];
/// Accounts of different owners that have the same delegate from the start.
pub const DELEGATED: [usize; 3] = [1, 3, 5];
/// Accounts that are judged by portfolio margin from the start, where it is offered.
pub const SCANNED: [usize; 2] = [3, 4];
/// That delegate.
pub const DELEGATE: usize = 5;
/// Someone without any account.
pub const STRANGER: usize = 6;
/// Who governs.
pub const AUTHORITY: usize = 7;
/// Who may pause.
pub const GUARDIAN: usize = 8;

/// The exchange and everybody on it.
pub struct World {
    /// The exchange.
    pub exchange: Exchange,
    /// Everybody.
    pub people: Vec<Person>,
    /// All margin accounts.
    pub seats: Vec<Seat>,
    /// What is watched.
    pub watched: Watched,
    /// Prices at the start, units of 10^-8 dollars.
    pub start_prices: Vec<i64>,
    /// Who has a part in options and portfolio margin, where this exchange has them.
    pub derivatives: Option<Derivatives>,
}

/// The local deployment, with a second market on SOL (another tick, tiers and a tight cap on open
/// interest), and ETH as a collateral; `quote_feed` gives the quote token an oracle.
pub fn deployment(quote_feed: bool) -> Deployment {
    let mut deployment = Deployment::localnet();
    if quote_feed {
        deployment.asset[0].oracle = "pull".into();
    }
    deployment.asset[0].deposit_cap = 3_600_000;
    let eth = deployment.asset.iter_mut().find(|a| a.name == "ETH");
    let eth = eth.expect("the local deployment has ETH");
    eth.weights_bps = [7_000, 8_500];
    eth.deposit_cap = 60;
    let mut second = deployment.market[0].clone();
    second.name = "SOL-PERP-2".into();
    second.tick_size = 30;
    second.tiers = vec![[50_000, 600], [200_000, 1_000], [0, 2_000]];
    second.trade_fee_tenths_bps = 45;
    second.max_open_interest = 800_000;
    second.dust_notional = 20;
    deployment.market.push(second);
    deployment
}

impl World {
    /// Deploys, opens the accounts and funds them.
    ///
    /// # Panics
    /// If anything of it is refused.
    pub fn new(quote_feed: bool) -> Self {
        Self::on(Exchange::new(deployment(quote_feed), Start::default()))
    }

    /// As [`World::new`], on an exchange that is deployed already. A backstop that it has is watched too.
    ///
    /// # Panics
    /// If anything of it is refused.
    pub fn on(x: Exchange) -> Self {
        Self::with(x, None)
    }

    /// As [`World::on`], with options, a future and portfolio margin, which two accounts of different owners have chosen.
    ///
    /// # Panics
    /// If anything of it is refused.
    pub fn with_derivatives(mut x: Exchange) -> Self {
        let feed = derivatives::offer(&mut x);
        let mut world = Self::with(x, Some(feed));
        let feed = world.people.len() - 1;
        world.derivatives = Some(Derivatives { feed });
        for seat in SCANNED {
            let Seat { owner, margin } = world.seats[seat];
            let owner = world.people[owner].key.insecure_clone();
            derivatives::scan(&mut world.exchange, &owner, margin);
        }
        world
    }

    fn with(mut x: Exchange, feed: Option<Keypair>) -> Self {
        let names = ["ann", "bob", "cid", "dee", "eve", "del", "sam"];
        let mut keys: Vec<Keypair> = names.iter().map(|name| keypair(name)).collect();
        keys.push(keypair("authority"));
        keys.push(keypair("authority guardian"));
        keys.extend(feed);
        let people: Vec<Person> = keys
            .into_iter()
            .map(|key| Person {
                wallets: wallets(&mut x, &key),
                key,
            })
            .collect();
        let mut seats: Vec<Seat> = Vec::new();
        for owner in OWNERS {
            let id = seats.iter().filter(|seat| seat.owner == owner).count() as u16;
            let key = &people[owner].key;
            let open = x.venue.open_margin_account(key.pubkey(), id);
            x.chain.send(&[open], &[key]).expect("open_margin_account");
            let margin = x.venue.margin_account(&key.pubkey(), id);
            seats.push(Seat { owner, margin });
        }
        let wallets = people.iter().flat_map(|person| {
            let owner = person.key.pubkey();
            let assets = x.collaterals.iter().map(|c| c.asset);
            let wallets = person.wallets.iter().zip(assets);
            wallets.map(move |(key, asset)| Wallet {
                key: *key,
                owner,
                asset,
            })
        });
        let wallets = wallets.collect();
        let backstop = x.venue.backstop();
        let opened = (!x.chain.data(&backstop).is_empty()).then_some(backstop);
        let margins = seats.iter().map(|seat| seat.margin).chain(opened);
        let watched = Watched::new(&x, margins.collect(), wallets);
        let mut world = Self {
            start_prices: x.prices.clone(),
            exchange: x,
            people,
            seats,
            watched,
            derivatives: None,
        };
        world.fund();
        world
    }

    fn fund(&mut self) {
        for (seat, whole) in FUNDS.iter().enumerate() {
            self.deposit(seat, 0, whole * 1_000_000);
        }
        self.deposit(3, 1, 200_000_000_000); // 200 SOL
        self.deposit(4, 1, 20_000_000_000);
        self.deposit(1, 2, 300_000_000); // 3 ETH
        let delegate = self.people[DELEGATE].key.pubkey();
        for seat in DELEGATED {
            let Seat { owner, margin } = self.seats[seat];
            let owner = &self.people[owner].key;
            let name = instructions::set_delegate(owner.pubkey(), margin, delegate);
            let named = self.exchange.chain.send(&[name], &[owner]);
            named.expect("set_delegate");
        }
    }

    fn deposit(&mut self, seat: usize, collateral: usize, atoms: u64) {
        let Seat { owner, margin } = self.seats[seat];
        let person = &self.people[owner];
        let of = self.exchange.collaterals[collateral];
        let (key, source) = (person.key.pubkey(), person.wallets[collateral]);
        let deposit = self.exchange.venue.deposit(key, margin, &of, source, atoms);
        let sent = self.exchange.chain.send(&[deposit], &[&person.key]);
        sent.expect("deposit");
    }

    /// Somebody pays so many whole quote tokens into the insurance fund.
    ///
    /// # Panics
    /// If it is refused.
    pub fn insure(&mut self, whole: u64) {
        let quote = self.exchange.collateral(0);
        let (payer, atoms) = (&self.people[0], whole * 1_000_000);
        let (key, venue) = (payer.key.pubkey(), self.exchange.venue);
        let pay = venue.fund_insurance(key, &quote, payer.wallets[0], atoms);
        let paid = self.exchange.chain.send(&[pay], &[&payer.key]);
        paid.expect("fund_insurance");
    }

    /// Reads everything.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.exchange, &self.watched)
    }

    /// Equity and maintenance margin of an account, where prices allow to say.
    pub fn health(&self, now: &Snapshot, seat: usize) -> Option<Health> {
        let margin = now.margin(&self.seats[seat].margin);
        maintenance(&now.tables.book(), &margin.view(), now.time).ok()
    }

    /// Free collateral of an account, where prices allow to say.
    pub fn free(&self, now: &Snapshot, seat: usize) -> Option<i64> {
        let margin = now.margin(&self.seats[seat].margin);
        let view = preview::margin_view(&now.tables, margin, now.time).ok()?;
        view.can_add_risk.then_some(view.free_collateral)
    }

    /// Accounts with positions that are below maintenance margin.
    pub fn failing(&self, now: &Snapshot) -> Vec<usize> {
        let fails = |seat: &usize| {
            let margin = now.margin(&self.seats[*seat].margin);
            let holds = margin.header.core.position_count > 0;
            holds && self.health(now, *seat).is_some_and(|h| !h.is_met())
        };
        (0..self.seats.len()).filter(fails).collect()
    }

    /// A seat, and another one.
    pub fn two_seats(&self, rng: &mut Rng) -> (usize, usize) {
        let first = rng.below(self.seats.len() as u64) as usize;
        let step = 1 + rng.below(self.seats.len() as u64 - 1) as usize;
        (first, (first + step) % self.seats.len())
    }
}

/// Token accounts of somebody, well filled: each collateral, in the exchange's order.
fn wallets(x: &mut Exchange, key: &Keypair) -> Vec<Pubkey> {
    x.chain.fund(&key.pubkey());
    let collaterals = x.collaterals.clone();
    let mut create = |c: &instructions::Collateral| {
        x.chain
            .create_token_account(c.token_program, c.mint, key.pubkey(), 1 << 50)
    };
    collaterals.iter().map(&mut create).collect()
}
