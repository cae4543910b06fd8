//! A deployed clearinghouse with traders: what tests and the demonstration act on.

use crate::{
    AssetConfig, Chain, Deployment, Failure, LegacyPrice, PullPrice, Receipt, Start, TOKEN_CLASSIC,
    deployment::{feed_of, price_account_of},
    keypair, name16,
};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight::{
    AssetSetup, ClearinghouseSetup, Guards, Leg, LiquidateArgs, MarketSetup, OracleChoice,
    book::Order,
    oracle::{PYTH_LEGACY, PYTH_RECEIVER},
    state::{MARKET_LARGEST, MARKET_ORDERS, MARKET_QUEUE},
};
use counterweight_risk::{
    AssetRiskTerms, OutflowTerms,
    asset::{ORACLE_NONE, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL},
};
use counterweight_sdk::instructions::{self, Collateral, Venue};
use solana_keypair::Keypair;
use solana_signer::Signer;

type Outcome = Result<Receipt, Box<Failure>>;

/// Somebody with a key and a margin account.
pub struct Trader {
    /// The key.
    pub key: Keypair,
    /// The margin account with id 0.
    pub margin: Pubkey,
}

/// A clearinghouse on an embedded chain.
pub struct Exchange {
    /// The chain.
    pub chain: Chain,
    /// What was deployed.
    pub deployment: Deployment,
    /// The clearinghouse's accounts.
    pub venue: Venue,
    /// Its authority.
    pub authority: Keypair,
    /// Its guardian.
    pub guardian: Keypair,
    /// Depositable assets, the quote token first.
    pub collaterals: Vec<Collateral>,
    /// The last price set for each asset, in units of 10^-8 dollars.
    pub prices: Vec<i64>,
}

fn oracle(config: &AssetConfig, price_account: &Pubkey) -> OracleChoice {
    match config.oracle.as_str() {
        "pull" => OracleChoice {
            kind: ORACLE_PYTH_PULL,
            owner: PYTH_RECEIVER,
            feed: feed_of(&config.name),
        },
        "legacy" => OracleChoice {
            kind: ORACLE_PYTH_LEGACY,
            owner: PYTH_LEGACY,
            feed: price_account.to_bytes(),
        },
        _ => OracleChoice {
            kind: ORACLE_NONE,
            ..OracleChoice::default()
        },
    }
}

fn setup_of(config: &AssetConfig, price_account: &Pubkey) -> AssetSetup {
    AssetSetup {
        name: name16(&config.name),
        oracle: oracle(config, price_account),
        lot_exponent: config.lot_exponent,
        decimals: config.decimals,
        terms: config.terms(false),
    }
}

impl Exchange {
    /// Deploys on a new chain. All prices are set and refreshed.
    pub fn new(deployment: Deployment, start: Start) -> Self {
        Self::on(Chain::start(start), deployment, "authority")
    }

    /// Deploys on a chain that may have others already, governed by a key of that name.
    pub fn on(mut chain: Chain, deployment: Deployment, authority: &str) -> Self {
        let guardian = keypair(&format!("{authority} guardian"));
        let authority = keypair(authority);
        chain.fund(&authority.pubkey());
        chain.fund(&guardian.pubkey());
        let quote = &deployment.asset[0];
        let mint = chain.create_mint(&quote.name, quote.decimals);
        let collateral = Collateral {
            asset: 0,
            mint,
            token_program: TOKEN_CLASSIC,
        };
        let prices = deployment
            .asset
            .iter()
            .map(|asset| asset.start_price)
            .collect();
        let mut exchange = Self {
            chain,
            venue: Venue::new(&authority.pubkey(), 0),
            authority,
            guardian,
            collaterals: vec![collateral],
            prices,
            deployment,
        };
        exchange.deploy();
        exchange
    }

    fn deploy(&mut self) {
        let deployment = self.deployment.clone();
        let quote = &deployment.asset[0];
        let setup = ClearinghouseSetup {
            guardian: self.guardian.pubkey(),
            risk: deployment.risk_terms(),
            quote_name: name16(&quote.name),
            quote_oracle: oracle(quote, &self.price_account(0)),
            quote: quote.terms(true),
        };
        let authority = self.authority.pubkey();
        let create = instructions::create_clearinghouse(authority, 0, &self.collaterals[0], setup);
        self.govern(create).expect("create_clearinghouse");
        for asset in deployment.asset.iter().skip(1) {
            self.add_asset(asset).expect("add_asset");
        }
        for index in 0..deployment.market.len() as u16 {
            self.add_market(index).expect("add_market");
        }
        for (asset, config) in (0u16..).zip(&deployment.asset) {
            let terms = config.risk_terms();
            if terms != AssetRiskTerms::default() {
                let set = self.venue.set_asset_risk(authority, asset, terms);
                self.govern(set).expect("set_asset_risk");
            }
        }
        self.refresh_all();
    }

    /// Adds an asset as the next row, with its collateral terms where it has any.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn add_asset(&mut self, config: &AssetConfig) -> Outcome {
        let index = self.tables().header.asset_count;
        let setup = setup_of(config, &self.price_account(index));
        let added = self.govern(self.venue.add_asset(self.authority.pubkey(), setup))?;
        if !config.is_collateral() {
            return Ok(added);
        }
        let mint = self.chain.create_mint(&config.name, config.decimals);
        let collateral = Collateral {
            asset: index,
            mint,
            token_program: TOKEN_CLASSIC,
        };
        let authority = self.authority.pubkey();
        let list = self
            .venue
            .list_collateral(authority, &collateral, config.terms(true));
        self.collaterals.push(collateral);
        self.govern(list)
    }

    /// What `add_asset` is given for the deployment's asset of this index.
    pub fn asset_setup(&self, index: u16) -> AssetSetup {
        let config = &self.deployment.asset[usize::from(index)];
        setup_of(config, &self.price_account(index))
    }

    /// Adds the deployment's market of this index.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn add_market(&mut self, index: u16) -> Outcome {
        let setup = self.market_setup(index);
        let authority = self.authority.pubkey();
        let added = self.govern(self.venue.add_market(authority, index, setup))?;
        let slots = self.deployment.market[usize::from(index)].order_slots;
        let wanted = (MARKET_ORDERS + slots * size_of::<Order>()).min(MARKET_LARGEST);
        // A step adds 10 kB; several fit a transaction.
        let steps = wanted.saturating_sub(MARKET_QUEUE).div_ceil(10_240);
        for chunk in (0..steps).collect::<Vec<_>>().chunks(8) {
            let grow = vec![self.venue.grow_market(authority, index); chunk.len()];
            self.chain.send(&grow, &[&self.authority])?;
        }
        Ok(added)
    }

    /// What `add_market` is given for the deployment's market of this index.
    pub fn market_setup(&self, index: u16) -> MarketSetup {
        let config = &self.deployment.market[usize::from(index)];
        MarketSetup {
            name: name16(&config.name),
            asset: self.asset_named(&config.asset),
            tick_size: config.tick_size,
            kind: config.kind.number(),
            expiry: config.expiry.unwrap_or_default(),
            strike: config.strike.unwrap_or_default(),
            terms: config.terms(10u64.pow(u32::from(self.deployment.asset[0].decimals))),
        }
    }

    /// Index of an asset.
    ///
    /// # Panics
    /// If the deployment has no asset of that name.
    pub fn asset_named(&self, name: &str) -> u16 {
        let at = self
            .deployment
            .asset
            .iter()
            .position(|asset| asset.name == name);
        at.unwrap_or_else(|| panic!("no asset named {name}")) as u16
    }

    /// Runs an instruction that the authority signs.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn govern(&mut self, instruction: Instruction) -> Outcome {
        self.chain.send(&[instruction], &[&self.authority])
    }

    // Prices

    /// The price account of an asset.
    pub fn price_account(&self, asset: u16) -> Pubkey {
        price_account_of(&self.deployment.asset[usize::from(asset)].name)
    }

    /// Publishes a price (units of 10^-8 dollars) with 0.05 % confidence and itself as the average,
    /// now, without refreshing the risk book.
    pub fn publish(&mut self, asset: u16, price: i64) {
        self.publish_with(asset, price, price.unsigned_abs() / 2_000, price);
    }

    /// Publishes a price with this confidence and average, now.
    pub fn publish_with(&mut self, asset: u16, price: i64, confidence: u64, average: i64) {
        let key = self.price_account(asset);
        let config = &self.deployment.asset[usize::from(asset)];
        let (publish_time, slot) = (self.chain.time(), self.chain.slot());
        self.prices[usize::from(asset)] = price;
        match config.oracle.as_str() {
            "pull" => {
                let feed = feed_of(&config.name);
                let update = PullPrice {
                    feed,
                    price,
                    confidence,
                    average,
                    exponent: -8,
                    publish_time,
                    posted_slot: slot,
                    fully_verified: true,
                };
                self.chain.set_pull_price(key, &update);
            }
            "legacy" => {
                let update = LegacyPrice {
                    price,
                    confidence,
                    average,
                    exponent: -8,
                    publish_time,
                    slot,
                    trading: true,
                };
                self.chain.set_legacy_price(key, &update);
            }
            _ => {}
        }
    }

    /// The instruction that refreshes these assets.
    pub fn refresh_instruction(&self, assets: &[u16]) -> Instruction {
        let prices: Vec<_> = assets
            .iter()
            .map(|asset| (*asset, self.price_account(*asset)))
            .collect();
        self.venue.refresh_prices(&prices)
    }

    /// Refreshes assets from their price accounts.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn refresh(&mut self, assets: &[u16]) -> Outcome {
        let instruction = self.refresh_instruction(assets);
        self.chain.send(&[instruction], &[])
    }

    /// Publishes the last price of every asset anew and refreshes them.
    ///
    /// # Panics
    /// If the program refuses a price.
    pub fn refresh_all(&mut self) {
        let assets: Vec<u16> = (0..self.prices.len() as u16)
            .filter(|asset| self.deployment.asset[usize::from(*asset)].oracle != "none")
            .collect();
        // As many as fit a transaction.
        for chunk in assets.chunks(20) {
            for asset in chunk {
                self.publish(*asset, self.prices[usize::from(*asset)]);
            }
            self.refresh(chunk).expect("refresh_prices");
        }
    }

    /// Sets a price and refreshes it a second later.
    ///
    /// # Panics
    /// If the program refuses the price.
    pub fn set_price(&mut self, asset: u16, price: i64) {
        self.chain.advance(1);
        self.publish(asset, price);
        self.refresh(&[asset]).expect("refresh_prices");
    }

    // Traders

    /// A trader with lamports, a margin account (id 0), and no tokens.
    ///
    /// # Panics
    /// If the account cannot be opened.
    pub fn trader(&mut self, name: &str) -> Trader {
        let key = keypair(name);
        self.chain.fund(&key.pubkey());
        let open = self.venue.open_margin_account(key.pubkey(), 0);
        self.chain
            .send(&[open], &[&key])
            .expect("open_margin_account");
        let margin = self.venue.margin_account(&key.pubkey(), 0);
        Trader { key, margin }
    }

    /// A trader who has deposited whole quote tokens.
    ///
    /// # Panics
    /// If the deposit is refused.
    pub fn funded(&mut self, name: &str, quote_tokens: u64) -> Trader {
        let trader = self.trader(name);
        let atoms = quote_tokens * 10u64.pow(u32::from(self.deployment.asset[0].decimals));
        self.deposit(&trader, 0, atoms).expect("deposit");
        trader
    }

    /// What moving this asset's tokens needs.
    ///
    /// # Panics
    /// If the asset is not collateral.
    pub fn collateral(&self, asset: u16) -> Collateral {
        *self
            .collaterals
            .iter()
            .find(|c| c.asset == asset)
            .expect("asset is collateral")
    }

    /// Gives a trader tokens in a token account, in place of what it held. Returns the account.
    pub fn wallet(&mut self, trader: &Trader, asset: u16, atoms: u64) -> Pubkey {
        let collateral = self.collateral(asset);
        let owner = trader.key.pubkey();
        self.chain
            .create_token_account(collateral.token_program, collateral.mint, owner, atoms)
    }

    /// Deposits atoms that the trader is given for it.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn deposit(&mut self, trader: &Trader, asset: u16, atoms: u64) -> Outcome {
        let source = self.wallet(trader, asset, atoms);
        let collateral = self.collateral(asset);
        let owner = trader.key.pubkey();
        let deposit = self
            .venue
            .deposit(owner, trader.margin, &collateral, source, atoms);
        self.chain.send(&[deposit], &[&trader.key])
    }

    /// Withdraws atoms into a new, empty token account.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn withdraw(&mut self, trader: &Trader, asset: u16, atoms: u64, guards: Guards) -> Outcome {
        let destination = self.wallet(trader, asset, 0);
        let collateral = self.collateral(asset);
        let owner = trader.key.pubkey();
        let withdraw = self.venue.withdraw(
            owner,
            trader.margin,
            &collateral,
            destination,
            atoms,
            guards,
        );
        self.chain.send(&[withdraw], &[&trader.key])
    }

    /// Audits a collateral: the quote token with all markets.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn audit(&mut self, asset: u16) -> Outcome {
        let markets = match asset {
            0 => self.tables().header.market_count,
            _ => 0,
        };
        let markets: Vec<_> = (0..markets).collect();
        let audit = self.venue.audit(&self.collateral(asset), &markets);
        self.chain.send(&[audit], &[])
    }

    /// Sets how much of a collateral may leave, as the authority.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn set_outflow_limit(&mut self, asset: u16, limit: u64, window: u32) -> Outcome {
        let (signer, of) = (self.authority.pubkey(), self.collateral(asset));
        let terms = OutflowTerms { limit, window };
        self.govern(self.venue.set_outflow_limit(signer, &of, terms))
    }

    /// Settles a block trade without guards; positive lots are what `first` buys.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn block_trade(&mut self, first: &Trader, second: &Trader, legs: &[Leg]) -> Outcome {
        let guards = Guards::default();
        let instruction = self.venue.settle_block_trade(
            (first.key.pubkey(), first.margin, guards),
            (second.key.pubkey(), second.margin, guards),
            legs,
        );
        self.chain.send(&[instruction], &[&first.key, &second.key])
    }

    /// A leg at the present index, rounded to a tick.
    pub fn leg(&self, market: u16, lots: i64) -> Leg {
        Leg {
            market,
            lots,
            price: self.index_ticks(market),
        }
    }

    /// The index in ticks of a market, rounded down.
    pub fn index_ticks(&self, market: u16) -> u64 {
        let tables = self.tables();
        let row = &tables.markets[usize::from(market)];
        (tables.assets[usize::from(row.asset)].index.0 >> 16) / row.tick_size
    }

    /// Liquidates without limit price or guards.
    ///
    /// # Errors
    /// The program's refusal.
    pub fn liquidate(
        &mut self,
        liquidator: &Trader,
        liquidatee: Pubkey,
        market: u16,
        max_lots: u64,
    ) -> Outcome {
        let args = LiquidateArgs {
            market,
            max_lots,
            ..LiquidateArgs::default()
        };
        let owner = liquidator.key.pubkey();
        let instruction = self
            .venue
            .liquidate(owner, liquidatee, liquidator.margin, args);
        self.chain.send(&[instruction], &[&liquidator.key])
    }
}
