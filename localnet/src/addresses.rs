//! Where everything of a local network is, for those who use it.

use crate::{Error, config::Config, house::House, keys, prices::Publisher};
use counterweight_link::Endpoint;
use counterweight_sdk::PROGRAM_ID;
use serde::{Deserialize, Serialize};
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::path::{Path, PathBuf};

/// The file that they are written to, in the network's folder.
pub const FILE: &str = "localnet.json";

/// Where everything is. Addresses are base58.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// JSON-RPC.
    pub rpc: String,
    /// Websocket.
    pub ws: String,
    /// The faucet.
    pub faucet: String,
    /// The program.
    pub program: String,
    /// The clearinghouse.
    pub clearinghouse: String,
    /// Its risk book.
    pub risk_book: String,
    /// A lookup table of what transactions of many people name.
    pub lookup_table: String,
    /// Who governs it.
    pub authority: KeyFile,
    /// Who may pause it.
    pub guardian: KeyFile,
    /// Its assets, in the risk book's order; the first is the quote token.
    pub assets: Vec<AssetAddresses>,
    /// Its markets, in the risk book's order.
    pub markets: Vec<MarketAddresses>,
    /// What decides chance.
    pub seed: u64,
    /// Whether a keeper runs here.
    pub keeper: bool,
}

/// A key, and the file that has it, where one was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// Its address.
    pub address: String,
    /// The file, as Solana's tools read it.
    pub keypair: Option<PathBuf>,
}

/// Where an asset is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetAddresses {
    /// Index in the risk book.
    pub index: u16,
    /// Its name.
    pub name: String,
    /// Decimals of its token.
    pub decimals: u8,
    /// A lot is 10^this units.
    pub lot_exponent: i8,
    /// Its mint, where it can be deposited.
    pub mint: Option<String>,
    /// The vault, where it can be deposited.
    pub vault: Option<String>,
    /// `none`, `pull` or `legacy`.
    pub oracle: String,
    /// Its price account, where it has an oracle.
    pub price_account: Option<String>,
}

/// Where a market is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketAddresses {
    /// Index in the risk book.
    pub index: u16,
    /// Its name.
    pub name: String,
    /// Its underlying.
    pub asset: String,
    /// Its account.
    pub address: String,
    /// Quote atoms per lot and tick.
    pub tick_size: u64,
    /// The margin account of the market maker that runs here; a taker passes it to meet pegged orders.
    pub maker: Option<String>,
}

impl Addresses {
    pub(crate) fn new(
        config: &Config,
        house: &House,
        publisher: &Publisher,
        at: &Endpoint,
        faucet: String,
    ) -> Self {
        let key = |name: &str, key: Keypair| KeyFile {
            address: key.pubkey().to_string(),
            keypair: config
                .folder
                .as_ref()
                .map(|folder| folder.join(format!("{name}.json"))),
        };
        Self {
            rpc: at.http.clone(),
            ws: at.ws.clone(),
            faucet,
            program: PROGRAM_ID.to_string(),
            clearinghouse: house.venue.clearinghouse.to_string(),
            risk_book: house.venue.risk_book.to_string(),
            lookup_table: house
                .tables
                .first()
                .map_or_else(String::new, |table| table.key.to_string()),
            authority: key("authority", keys::authority()),
            guardian: key("guardian", keys::guardian()),
            assets: assets(house, publisher),
            markets: markets(house, config.makers),
            seed: config.seed,
            keeper: config.keeper.is_some(),
        }
    }

    /// Writes them into a folder, with the keys beside them.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(|error| Error::File(folder.into(), error))?;
        write_key(&folder.join("authority.json"), &keys::authority())?;
        write_key(&folder.join("guardian.json"), &keys::guardian())?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        // Whoever waits for the file finds all of it or nothing.
        let (file, half) = (folder.join(FILE), folder.join(".localnet.json"));
        let written =
            std::fs::write(&half, text + "\n").and_then(|()| std::fs::rename(&half, &file));
        written.map_err(|error| Error::File(file, error))
    }
}

/// Writes a key as Solana's tools read it, for its owner's eyes.
pub(crate) fn write_key(path: &Path, key: &Keypair) -> Result<(), Error> {
    let wrong = |error| Error::File(path.into(), error);
    let text = format!("{:?}\n", key.to_bytes().to_vec());
    std::fs::write(path, text).map_err(wrong)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(wrong)?;
    }
    Ok(())
}

fn assets(house: &House, publisher: &Publisher) -> Vec<AssetAddresses> {
    let asset = |(index, config): (u16, &counterweight_simnet::AssetConfig)| {
        let collateral = house.collaterals.iter().find(|c| c.asset == index);
        let feed = publisher.feeds().iter().find(|feed| feed.asset == index);
        AssetAddresses {
            index,
            name: config.name.clone(),
            decimals: config.decimals,
            lot_exponent: config.lot_exponent,
            mint: collateral.map(|c| c.mint.to_string()),
            vault: collateral.map(|c| house.venue.vault(c).to_string()),
            oracle: config.oracle.clone(),
            price_account: feed.map(|feed| feed.account.to_string()),
        }
    };
    (0..).zip(&house.deployment.asset).map(asset).collect()
}

fn markets(house: &House, makers: bool) -> Vec<MarketAddresses> {
    let market = |(index, config): (u16, &counterweight_simnet::MarketConfig)| {
        let maker = house
            .venue
            .margin_account(&keys::maker(&config.name).pubkey(), 0);
        MarketAddresses {
            index,
            name: config.name.clone(),
            asset: config.asset.clone(),
            address: house.venue.market(index).to_string(),
            tick_size: config.tick_size,
            maker: makers.then(|| maker.to_string()),
        }
    };
    (0..).zip(&house.deployment.market).map(market).collect()
}
