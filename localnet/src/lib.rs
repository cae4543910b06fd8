//! A local network with a clearinghouse that lives: the program's real bytecode behind a node's JSON-RPC and
//! websocket, assets and markets from a TOML file, prices in Pyth's own formats, market makers, traders, a faucet, and
//! the keeper. `make localnet` starts one; tests start several in one process:
//!
//! ```no_run
//! # async fn example() -> Result<(), counterweight_localnet::Error> {
//! use counterweight_localnet::{Config, Localnet};
//!
//! let net = Localnet::start(Config::quiet()).await?;
//! net.set_price("SOL", 120 * 100_000_000).await?;
//! net.stop().await
//! # }
//! ```
//!
//! What differs from a cluster is in docs/localnet.md.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod addresses;
mod bots;
mod cheats;
mod cluster;
pub mod config;
mod decimal;
mod error;
mod faucet;
mod furniture;
mod house;
mod http;
mod keeper;
pub mod keys;
mod migrate;
mod options;
pub mod prices;
mod status;

pub use addresses::{Addresses, AssetAddresses, FILE, KeyFile, MarketAddresses};
pub use config::{Config, Keeper, Ports, Source};
pub use error::Error;
pub use faucet::{Faucet, LAMPORTS, token_account};
pub use status::Counted;

use cluster::Cluster;
use counterweight_link::Link;
use counterweight_sdk::{
    assemble::AddressLookupTableAccount,
    instructions::{Collateral, Venue},
};
use furniture::Furniture;
use prices::Publisher;
use std::path::Path;

/// A local network that runs. [`Localnet::stop`] ends it in order; dropping it ends it too, without waiting.
pub struct Localnet {
    // Before the network that it needs: fields are dropped in their order.
    inside: Furniture,
    cluster: Cluster,
}

fn read_program(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::NoProgram(path.into()),
        _ => Error::File(path.into(), error),
    })
}

impl Localnet {
    /// Starts a network. When this returns, everything is there and trades, but for the traders, who come one by one.
    ///
    /// # Errors
    /// [`Error`]. Nothing is left running.
    pub async fn start(config: Config) -> Result<Self, Error> {
        config.check()?;
        let elf = read_program(&config.program)?;
        let faucet = http::bind(config.ports.faucet).await?;
        let slot = u64::try_from(config.slot.as_millis()).unwrap_or(u64::MAX);
        let cluster = Cluster::start(config.ports.rpc, config.ports.ws, slot).await?;
        (config.progress)(&format!(
            "the network answers on {}",
            cluster.endpoint().http
        ));
        match Furniture::new(&config, &cluster, &elf, faucet).await {
            Ok(inside) => Ok(Self { inside, cluster }),
            Err(error) => {
                let _ = cluster.stop().await;
                Err(error)
            }
        }
    }

    /// Where everything is.
    pub fn addresses(&self) -> &Addresses {
        &self.inside.addresses
    }

    /// A line to it.
    pub fn link(&self) -> &Link {
        &self.inside.house.link
    }

    /// The clearinghouse.
    pub fn venue(&self) -> &Venue {
        &self.inside.house.venue
    }

    /// Depositable assets, the quote token first.
    pub fn collaterals(&self) -> &[Collateral] {
        &self.inside.house.collaterals
    }

    /// Its lookup table.
    pub fn tables(&self) -> &[AddressLookupTableAccount] {
        &self.inside.house.tables
    }

    /// What gives test tokens and lamports.
    pub fn faucet(&self) -> &Faucet {
        &self.inside.house.faucet
    }

    /// What publishes prices.
    pub fn publisher(&self) -> &Publisher {
        &self.inside.publisher
    }

    /// Publishes a price, in units of 10^-8 dollars, and keeps it until it is released. The risk book has it when
    /// somebody refreshes it.
    ///
    /// # Errors
    /// As [`Publisher::pin`].
    pub async fn set_price(&self, asset: &str, price: i64) -> Result<(), Error> {
        self.inside.publisher.pin(self.link(), asset, price).await
    }

    /// Brings the risk book up to the price accounts.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub async fn refresh(&self) -> Result<(), Error> {
        self.inside.house.refresh(&self.inside.publisher).await
    }

    /// Whether the keeper has ended: what is known of it, in a sentence. Told once; its chores are done here from then on.
    pub fn keeper_ended(&mut self) -> Option<String> {
        let sentence = self.inside.keeper.as_mut()?.ended()?;
        self.inside.keeper = None;
        self.inside.addresses.keeper = false;
        self.inside.do_chores();
        Some(sentence)
    }

    /// Ends everything: the keeper first, then who trades, then the network. Its ports are free afterwards.
    ///
    /// # Errors
    /// [`Error::Network`] where a port is still held.
    pub async fn stop(self) -> Result<(), Error> {
        self.inside.stop().await;
        self.cluster.stop().await
    }
}
