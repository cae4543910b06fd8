//! Test tokens and lamports for everybody who asks.

use crate::{Error, keys};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use anchor_spl::{
    associated_token::{
        get_associated_token_address, get_associated_token_address_with_program_id,
        spl_associated_token_account::instruction::create_associated_token_account_idempotent,
    },
    // Its instructions are those of the classic program, too.
    token_2022::spl_token_2022::instruction::mint_to,
};
use counterweight_link::{Draft, Link};
use counterweight_simnet::{AssetConfig, Deployment};
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::sync::Arc;

/// What is asked for where lamports are meant: no asset may have this name.
pub const LAMPORTS: &str = "lamports";

/// Gives test tokens. Clones share it.
#[derive(Clone)]
pub struct Faucet {
    link: Link,
    key: Arc<Keypair>,
    deployment: Arc<Deployment>,
}

impl Faucet {
    pub(crate) fn new(link: Link, deployment: Arc<Deployment>) -> Self {
        Self {
            link,
            key: Arc::new(keys::faucet()),
            deployment,
        }
    }

    /// The key that mints, and pays for it.
    pub(crate) fn key(&self) -> &Keypair {
        &self.key
    }

    /// The asset of this name that has a mint.
    ///
    /// # Errors
    /// [`Error::Input`], which names those that have.
    pub fn asset(&self, name: &str) -> Result<&AssetConfig, Error> {
        let tokens = || {
            self.deployment
                .asset
                .iter()
                .filter(|asset| asset.is_collateral())
        };
        tokens().find(|asset| asset.name == name).ok_or_else(|| {
            let names: Vec<_> = tokens().map(|asset| asset.name.as_str()).collect();
            Error::Input(format!(
                "there is no token {name} here: {}, and {LAMPORTS}",
                names.join(", ")
            ))
        })
    }

    fn mint(&self, asset: &str) -> Result<(Pubkey, Pubkey), Error> {
        let asset = self.asset(asset)?;
        let mint = asset.mint.unwrap_or_else(|| keys::mint(&asset.name));
        Ok((mint, asset.token_program.address()))
    }

    /// The associated token account of an owner.
    ///
    /// # Errors
    /// [`Error::Input`] for an asset without a mint.
    pub fn account(&self, owner: &Pubkey, asset: &str) -> Result<Pubkey, Error> {
        let (mint, program) = self.mint(asset)?;
        let account = get_associated_token_address_with_program_id(owner, &mint, &program);
        Ok(account)
    }

    /// What mints atoms into the owner's associated token account, which is opened first where there is none. The
    /// faucet's key pays and signs.
    ///
    /// # Errors
    /// [`Error::Input`] for an asset without a mint.
    pub fn instructions(
        &self,
        owner: &Pubkey,
        asset: &str,
        atoms: u64,
    ) -> Result<Vec<Instruction>, Error> {
        let (mint, program) = self.mint(asset)?;
        let (payer, account) = (self.key.pubkey(), self.account(owner, asset)?);
        let open = create_associated_token_account_idempotent(&payer, owner, &mint, &program);
        let mint = mint_to(&program, &mint, &account, &payer, &[], atoms);
        let mint = mint.map_err(|error| Error::Input(error.to_string()))?;
        Ok(vec![open, mint])
    }

    /// Mints atoms into the owner's associated token account. Returns the account.
    ///
    /// # Errors
    /// [`Error::Input`] for an asset without a mint, [`Error::Refused`].
    pub async fn give(&self, owner: &Pubkey, asset: &str, atoms: u64) -> Result<Pubkey, Error> {
        let draft = Draft::new(&self.key, self.instructions(owner, asset, atoms)?, 0);
        let doing = format!("minting {asset}");
        self.link
            .send(&draft)
            .await
            .map_err(Error::sending(&doing))?;
        self.account(owner, asset)
    }

    /// Adds lamports to an account.
    ///
    /// # Errors
    /// [`Error::Link`], also for fewer than an account has to have.
    pub async fn lamports(&self, owner: &Pubkey, lamports: u64) -> Result<(), Error> {
        let params = json!([owner.to_string(), lamports]);
        let asked = self.link.call("requestAirdrop", params).await;
        asked.map(drop).map_err(Error::asking("giving lamports"))
    }
}

/// The associated token account of an owner for an asset whose mint the deployment leaves to the local network.
pub fn token_account(owner: &Pubkey, asset: &str) -> Pubkey {
    get_associated_token_address(owner, &keys::mint(asset))
}
