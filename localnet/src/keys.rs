//! Keys of a local network. All of them are made from names, so that they are the same in every run, and anybody
//! can make them: they are worth nothing anywhere else, and nothing of worth may be sent to them.

use anchor_lang::prelude::Pubkey;
use counterweight_simnet::keypair;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Governs the clearinghouse, and may upgrade the program.
pub fn authority() -> Keypair {
    keypair("localnet authority")
}

/// May pause the clearinghouse.
pub fn guardian() -> Keypair {
    keypair("localnet guardian")
}

/// Mints the test tokens, and pays for what the network does by itself.
pub fn faucet() -> Keypair {
    keypair("localnet faucet")
}

/// The keeper's.
pub fn keeper() -> Keypair {
    keypair("localnet keeper")
}

/// Says at which volatility options are marked.
pub fn volatility() -> Keypair {
    keypair("localnet volatility feed")
}

/// The market maker's of a market.
pub fn maker(market: &str) -> Keypair {
    keypair(&format!("localnet maker of {market}"))
}

/// A trader's.
pub fn trader(number: usize) -> Keypair {
    keypair(&format!("localnet trader {number}"))
}

/// The mint of an asset.
pub fn mint(asset: &str) -> Pubkey {
    keypair(&format!("localnet mint of {asset}")).pubkey()
}

/// The price account of an asset.
pub fn price_account(asset: &str) -> Pubkey {
    keypair(&format!("localnet price of {asset}")).pubkey()
}

/// The Pyth feed of an asset whose oracle is of the pull kind.
pub fn feed(asset: &str) -> [u8; 32] {
    keypair(&format!("localnet feed of {asset}"))
        .pubkey()
        .to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_names_differ() {
        let mut keys: Vec<_> = [authority(), guardian(), faucet(), keeper(), volatility()]
            .iter()
            .map(Signer::pubkey)
            .collect();
        keys.extend((0..200).map(|number| trader(number).pubkey()));
        for asset in ["USDC", "SOL", "BTC", "ETH"] {
            keys.extend([mint(asset), price_account(asset), feed(asset).into()]);
            keys.push(maker(&format!("{asset}-PERP")).pubkey());
        }
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
