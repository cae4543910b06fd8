//! Keepers on an embedded chain: the whole engine without a network, step by step.
#![allow(dead_code)] // each test binary uses a part

use anchor_lang::prelude::Pubkey;
use counterweight_keeper::{
    Handle,
    chain::{Failure, Parcel, Receipt},
    config::{Address, Config},
    engine::{Keeper, Launch, Outcome},
    strategy::{Identity, Job, Kind},
};
use counterweight_link::{Moment, Update};
use counterweight_risk::{Health, standard::maintenance};
use counterweight_sdk::assemble::{AddressLookupTableAccount, with_limits};
use counterweight_simnet::{Deployment, Exchange, PACKET, Signer, Start, Trader, keypair};
use std::{collections::HashMap, sync::Arc};

/// A dollar in quote atoms.
pub const DOLLAR: i64 = 1_000_000;

/// An exchange, and which accounts of it a feed would have.
pub struct World {
    pub x: Exchange,
    pub traders: Vec<Trader>,
    pub table: AddressLookupTableAccount,
    /// Milliseconds of the keepers' clocks.
    pub now: u64,
    /// Transactions so far, of all keepers.
    pub carried: u64,
}

/// The log of a transaction that was carried out, or the number of the program's refusal.
pub type Became = Result<Vec<String>, Option<u32>>;

/// A keeper on that chain.
pub struct Member {
    pub keeper: Keeper,
    pub trader: Trader,
    seen: HashMap<Pubkey, Vec<u8>>,
    /// Every transaction with what became of it.
    pub sent: Vec<(Job, Became)>,
    /// Which of all keepers' transactions each was.
    pub order: Vec<u64>,
}

impl World {
    /// The clearinghouse of localnet, with a backstop, and a lookup table as a keeper makes one.
    pub fn new() -> Self {
        Self::of(Deployment::localnet())
    }

    pub fn of(deployment: Deployment) -> Self {
        let mut x = Exchange::new(deployment, Start::default());
        x.open_backstop().expect("open_backstop");
        let prices: Vec<_> = (0..x.prices.len() as u16)
            .map(|asset| x.price_account(asset))
            .collect();
        let addresses = x
            .venue
            .table_addresses(&x.tables(), &x.collaterals, &prices);
        let table = x.chain.place_table(keypair("table").pubkey(), &addresses);
        Self {
            x,
            traders: Vec::new(),
            table,
            now: 1_000,
            carried: 0,
        }
    }

    /// Somebody with whole dollars. Returns the place.
    pub fn admit(&mut self, name: &str, dollars: u64) -> usize {
        let trader = self.x.trader(name);
        if dollars > 0 {
            self.x
                .deposit(&trader, 0, dollars * DOLLAR as u64)
                .expect("deposit");
        }
        self.traders.push(trader);
        self.traders.len() - 1
    }

    pub fn key(&self, at: usize) -> Pubkey {
        self.traders[at].margin
    }

    /// Two of them trade at the index; positive lots are what the first buys.
    pub fn trade(&mut self, first: usize, second: usize, legs: &[(u16, i64)]) -> bool {
        let legs: Vec<_> = legs
            .iter()
            .map(|(market, lots)| self.x.leg(*market, *lots))
            .collect();
        let (a, b) = (&self.traders[first], &self.traders[second]);
        self.x.block_trade(a, b, &legs).is_ok()
    }

    /// Pays into the insurance fund.
    pub fn fund(&mut self, dollars: u64) {
        let patron = self.x.trader("patron");
        let atoms = dollars * DOLLAR as u64;
        let wallet = self.x.wallet(&patron, 0, atoms);
        let quote = self.x.collateral(0);
        let owner = patron.key.pubkey();
        let fund = self.x.venue.fund_insurance(owner, &quote, wallet, atoms);
        self.x
            .chain
            .send(&[fund], &[&patron.key])
            .expect("fund_insurance");
    }

    /// A configuration of this clearinghouse that leaves nothing to others.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.clearinghouse.address = Address(Some(self.x.venue.clearinghouse));
        config.backoff.seed = 7;
        config.backoff.patience_ms = 0;
        config.server.enabled = false;
        // Every block trade leaves a fee in its market.
        config.duties.sweeps.enabled = false;
        for asset in 0..self.x.prices.len() as u16 {
            let name = self.x.deployment.asset[usize::from(asset)].name.clone();
            let key = Address(Some(self.x.price_account(asset)));
            config.duties.prices.accounts.insert(name, key);
        }
        config
    }

    /// A keeper with whole dollars on its margin account.
    pub fn keeper(&mut self, name: &str, dollars: u64, config: Config) -> Member {
        let at = self.admit(name, dollars);
        let trader = Trader {
            key: self.traders[at].key.insecure_clone(),
            margin: self.traders[at].margin,
        };
        self.member(trader, config)
    }

    /// A keeper that starts anew for an account that exists.
    pub fn member(&self, trader: Trader, config: Config) -> Member {
        let payer = self.x.chain.payer().pubkey();
        let clearinghouse = self.x.venue.clearinghouse;
        let identity = Identity::new(&config, clearinghouse, payer, trader.key.pubkey());
        assert_eq!(identity.account, trader.margin);
        let handle = Handle::new(&config);
        let mut keeper = Keeper::new(Arc::new(config), identity, handle.metrics, handle.pulse);
        keeper.use_tables(vec![self.table.clone()]);
        Member {
            keeper,
            trader,
            seen: HashMap::new(),
            sent: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Every account that a feed has.
    pub fn keys(&self) -> Vec<Pubkey> {
        let x = &self.x;
        let mut keys = vec![x.venue.clearinghouse, x.venue.risk_book, x.venue.backstop()];
        keys.extend((0..x.tables().header.market_count).map(|market| x.venue.market(market)));
        keys.extend(x.collaterals.iter().map(|each| x.venue.custody(each)));
        keys.extend((0..x.prices.len() as u16).map(|asset| x.price_account(asset)));
        for trader in &self.traders {
            keys.extend([trader.margin, x.venue.triggers(&trader.margin)]);
        }
        keys
    }

    /// Accounts below maintenance margin or flagged, judged by what the chain has.
    pub fn failing(&self) -> Vec<(Pubkey, Health)> {
        let tables = self.x.tables();
        let now = self.x.chain.time();
        let judge = |key: Pubkey| {
            let margin = self.x.margin(&key);
            let health = maintenance(&tables.book(), &margin.view(), now).expect("judged");
            let fails = !health.is_met() || margin.header.core.liquidation_start != 0;
            fails.then_some((key, health))
        };
        self.traders
            .iter()
            .filter_map(|trader| judge(trader.margin))
            .collect()
    }

    /// Publishes a price in Pyth's account, without recording it. Units of 10^-8 dollars.
    pub fn publish(&mut self, asset: u16, price: i64) {
        self.x.publish(asset, price);
    }

    /// Time passes on the chain and on the keepers' clocks.
    pub fn pass(&mut self, seconds: i64) {
        self.x.chain.advance(seconds);
        self.now += seconds.unsigned_abs() * 1_000;
    }

    /// Carries a transaction to the chain as a cluster would.
    pub fn carry(&mut self, parcel: &Parcel, trader: &Trader) -> Result<Vec<String>, Failure> {
        let calls = with_limits(parcel.instructions.clone(), parcel.limits);
        let keys: Vec<_> = parcel.trades.then_some(&trader.key).into_iter().collect();
        let sent = self.x.chain.send_with_tables(&calls, &keys, &parcel.tables);
        match sent {
            Ok((receipt, bytes)) => {
                assert!(bytes <= PACKET, "{bytes} bytes do not fit a packet");
                Ok(receipt.logs)
            }
            Err(failure) => Err(Failure::Refused {
                code: failure.code,
                sentence: failure.to_string(),
            }),
        }
    }
}

impl Member {
    /// What a feed would have told since it told last.
    pub fn feed(&mut self, world: &World) {
        let mut all = Vec::new();
        let keys = world.keys();
        for key in &keys {
            let data = world.x.chain.data(key);
            if data.is_empty() {
                if self.seen.remove(key).is_some() {
                    self.keeper.take(Update::Gone(*key), world.now);
                }
            } else if self.seen.get(key) != Some(&data) {
                self.seen.insert(*key, data.clone());
                all.push((*key, data));
            }
        }
        if self.keeper.state().feed().snapshots == 0 {
            self.keeper.take(Update::Snapshot(all), world.now);
        } else {
            for (key, data) in all {
                self.keeper.take(Update::Account(key, data), world.now);
            }
        }
        let moment = Moment {
            slot: world.x.chain.slot(),
            time: world.x.chain.time(),
        };
        self.keeper.take(Update::Moment(moment), world.now);
    }

    /// What it decides on what it knows.
    pub fn decide(&mut self, world: &World) -> Vec<Launch> {
        self.keeper.round(world.now)
    }

    /// Carries what was decided, and tells the keeper what became of it. Returns how many came through.
    pub fn carry(&mut self, world: &mut World, launches: Vec<Launch>) -> usize {
        let mut through = 0;
        for Launch { ticket, job } in launches {
            let parcel = self.keeper.parcel(&job);
            let outcome = world.carry(&parcel, &self.trader);
            world.carried += 1;
            self.order.push(world.carried);
            let (told, noted) = match outcome {
                Ok(logs) => {
                    through += 1;
                    let receipt = Receipt {
                        signature: world.carried.to_string(),
                        logs: logs.clone(),
                    };
                    (Outcome::Confirmed(receipt), Ok(logs))
                }
                Err(Failure::Refused { code, sentence }) => (
                    Outcome::Failed(Failure::Refused { code, sentence }),
                    Err(code),
                ),
                Err(other) => panic!("{other}"),
            };
            self.keeper.landed(ticket, told, world.now);
            self.sent.push((job, noted));
        }
        through
    }

    /// Hears, decides, and acts once. Returns how many transactions came through.
    pub fn step(&mut self, world: &mut World) -> usize {
        self.feed(world);
        let launches = self.decide(world);
        self.carry(world, launches)
    }

    /// Steps until it has nothing to do. Time stands still on the chain, and passes for the keeper. Returns how many
    /// transactions came through.
    pub fn settle(&mut self, world: &mut World) -> usize {
        let mut all = 0;
        for _ in 0..200 {
            let through = self.step(world);
            all += through;
            if through == 0 {
                return all;
            }
        }
        panic!("it does not come to an end");
    }

    /// Kinds of what came through, in order.
    pub fn kinds(&self) -> Vec<Kind> {
        let through = self.sent.iter().filter(|(_, outcome)| outcome.is_ok());
        through.map(|(job, _)| job.id.kind).collect()
    }

    /// What was refused.
    pub fn refusals(&self) -> Vec<(Kind, Option<u32>)> {
        let refused = self
            .sent
            .iter()
            .filter_map(|(job, outcome)| Some((job.id.kind, (*outcome).as_ref().err()?)));
        refused.map(|(kind, code)| (kind, *code)).collect()
    }
}
