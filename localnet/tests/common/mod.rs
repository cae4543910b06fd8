//! What the tests share: a network of their own, people with money on it, and a look at its accounts.
#![allow(dead_code, reason = "every file of tests uses a part of it")]

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight_link::{Draft, SendError};
use counterweight_localnet::{Config, Localnet, token_account};
use counterweight_sdk::{
    accounts::{self, Margin, RiskTables},
    trading::Actor,
};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Atoms of a USDC.
pub const USDC: u64 = 1_000_000;
/// Units of a dollar in a price.
pub const DOLLAR: i64 = 100_000_000;

/// A quiet network.
pub async fn network() -> Localnet {
    Localnet::start(Config::quiet()).await.expect("it starts")
}

/// Somebody with a margin account.
pub struct Person {
    pub key: Keypair,
    pub margin: Pubkey,
}

impl Person {
    /// One who was given USDC, and has deposited all of them.
    pub async fn with(net: &Localnet, seed: u8, tokens: u64) -> Self {
        let key = Keypair::new_from_array([seed; 32]);
        let margin = net.venue().margin_account(&key.pubkey(), 0);
        let person = Self { key, margin };
        let owner = person.key.pubkey();
        net.faucet()
            .lamports(&owner, 1_000_000_000)
            .await
            .expect("lamports");
        let source = net
            .faucet()
            .give(&owner, "USDC", tokens * USDC)
            .await
            .expect("tokens");
        assert_eq!(source, token_account(&owner, "USDC"));
        let open = net.venue().open_margin_account(owner, 0);
        let deposit =
            net.venue()
                .deposit(owner, margin, &net.collaterals()[0], source, tokens * USDC);
        person
            .send(net, vec![open, deposit])
            .await
            .expect("deposit");
        person
    }

    pub fn actor(&self, market: u16) -> Actor {
        Actor {
            authority: self.key.pubkey(),
            margin_account: self.margin,
            market,
        }
    }

    pub async fn send(
        &self,
        net: &Localnet,
        instructions: Vec<Instruction>,
    ) -> Result<(), SendError> {
        net.link()
            .send(&Draft::new(&self.key, instructions, 8))
            .await
            .map(drop)
    }

    pub async fn account(&self, net: &Localnet) -> Margin {
        let found = net.link().account(&self.margin).await.expect("an answer");
        accounts::margin(&found.expect("a margin account").data).expect("a margin account")
    }
}

/// The risk book.
pub async fn tables(net: &Localnet) -> RiskTables {
    let found = net
        .link()
        .account(&net.venue().risk_book)
        .await
        .expect("an answer");
    accounts::risk_book(&found.expect("a risk book").data).expect("a risk book")
}

/// What a token account holds.
pub async fn balance(net: &Localnet, key: &Pubkey) -> u64 {
    let data = net
        .link()
        .account(key)
        .await
        .expect("an answer")
        .expect("an account")
        .data;
    u64::from_le_bytes(data[64..72].try_into().expect("8 bytes"))
}
