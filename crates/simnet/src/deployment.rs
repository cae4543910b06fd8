//! A clearinghouse from a TOML file, on an embedded chain: what the file leaves to a local network is made from names.

use crate::{Chain, keypair};
use anchor_lang::prelude::Pubkey;
use counterweight_deploy::Deployment;
use solana_signer::Signer;

/// The id of the feed of an asset whose price accounts this crate writes.
pub(crate) fn feed_of(name: &str) -> [u8; 32] {
    keypair(&format!("feed {name}")).pubkey().to_bytes()
}

/// Where this crate writes the price of an asset.
pub(crate) fn price_account_of(name: &str) -> Pubkey {
    keypair(&format!("price {name}")).pubkey()
}

/// The file with the mints, feeds and price accounts that an embedded chain has for its assets, where it names none.
/// Makes the mints.
pub fn completed(mut file: Deployment, chain: &mut Chain) -> Deployment {
    for (at, asset) in file.asset.iter_mut().enumerate() {
        if asset.mint.is_none() && (at == 0 || asset.is_collateral()) {
            asset.mint = Some(chain.create_mint(&asset.name, asset.decimals));
        }
        if asset.oracle != "none" {
            asset.feed.get_or_insert(feed_of(&asset.name));
            asset
                .price_account
                .get_or_insert(price_account_of(&asset.name));
        }
    }
    file
}
