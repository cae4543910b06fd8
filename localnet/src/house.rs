//! The clearinghouse: the program, the tokens, the accounts, and a lookup table of them.

use crate::{Config, Error, Faucet, cheats, keys, migrate, prices::Publisher};
use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use counterweight_link::{Draft, Link, SendError};
use counterweight_sdk::{
    PROGRAM_ID, accounts,
    assemble::{AddressLookupTableAccount, create_table, extend_table},
    instructions::{Collateral, Venue},
};
use counterweight_simnet::{Deployment, mint_bytes};
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::sync::Arc;

/// Lamports of everybody who pays for transactions here.
pub(crate) const PURSE: u64 = 1_000_000_000_000;
/// Whole quote tokens in the insurance fund.
const INSURANCE: u64 = 1_000_000;
/// Prices that are refreshed in one transaction: as many as fit a packet.
const PRICES: usize = 20;

/// A clearinghouse on the network.
#[derive(Clone)]
pub(crate) struct House {
    pub link: Link,
    pub deployment: Arc<Deployment>,
    pub venue: Venue,
    pub collaterals: Vec<Collateral>,
    pub tables: Vec<AddressLookupTableAccount>,
    pub faucet: Faucet,
}

/// Atoms of whole tokens of an asset.
pub(crate) fn atoms(tokens: u64, decimals: u8) -> u64 {
    tokens.saturating_mul(10u64.saturating_pow(decimals.into()))
}

impl House {
    /// Puts everything there, on a network that has nothing yet.
    pub(crate) async fn build(
        link: Link,
        deployment: Arc<Deployment>,
        config: &Config,
        elf: &[u8],
        publisher: &Publisher,
    ) -> Result<Self, Error> {
        let addresses = migrate::addresses(&deployment);
        let mut house = Self {
            venue: addresses.venue,
            collaterals: addresses.collaterals,
            tables: Vec::new(),
            faucet: Faucet::new(link.clone(), deployment.clone()),
            link,
            deployment,
        };
        house.prepare(elf).await?;
        (config.progress)("the program and the test tokens are there");
        let published = publisher.publish(&house.link).await;
        published.map_err(Error::asking("publishing prices"))?;
        migrate::create(&house.link, &house.deployment, config).await?;
        (config.progress)("the clearinghouse has its assets and markets");
        house.endow(publisher).await?;
        house.list(publisher).await?;
        (config.progress)("the insurance fund and the lookup table are filled");
        Ok(house)
    }

    /// The program, the mints, and lamports for those who pay.
    async fn prepare(&self, elf: &[u8]) -> Result<(), Error> {
        let authority = keys::authority().pubkey();
        for key in [
            authority,
            keys::guardian().pubkey(),
            keys::faucet().pubkey(),
        ] {
            let set = cheats::set_lamports(&self.link, &key, PURSE).await;
            set.map_err(Error::asking("giving lamports"))?;
        }
        let written = cheats::write_program(&self.link, &PROGRAM_ID, elf, &authority).await;
        written.map_err(Error::asking("deploying the program"))?;
        self.try_program().await?;
        let minter = keys::faucet().pubkey();
        for collateral in &self.collaterals {
            let decimals = self.deployment.asset[usize::from(collateral.asset)].decimals;
            let data = mint_bytes(decimals, Some(&minter));
            let (mint, owner) = (&collateral.mint, &collateral.token_program);
            let set = cheats::set_account(&self.link, mint, owner, &data).await;
            set.map_err(Error::asking("making the test tokens"))?;
        }
        Ok(())
    }

    /// A broken file is taken without a word. A program that runs refuses what is not there with an error of its own.
    async fn try_program(&self) -> Result<(), Error> {
        let nobody = self.venue.margin_view(self.venue.clearinghouse);
        let tried = self
            .link
            .simulate(&Draft::new(self.faucet.key(), vec![nobody], 0))
            .await;
        match tried {
            Err(SendError::Refused(refusal)) if refusal.code.is_some() => Ok(()),
            Err(SendError::Refused(refusal)) => Err(Error::ProgramDoesNotRun(refusal.to_string())),
            Err(error) => Err(Error::Refused("trying the program".into(), error)),
            // What the network puts there until it has a program.
            Ok(_) => Err(Error::ProgramDoesNotRun(
                "it takes the file for no program that it could run".into(),
            )),
        }
    }

    /// Records the first prices, and fills the insurance fund.
    async fn endow(&self, publisher: &Publisher) -> Result<(), Error> {
        self.refresh(publisher).await?;
        let (quote, key) = (&self.deployment.asset[0], self.faucet.key());
        let (payer, tokens) = (key.pubkey(), atoms(INSURANCE, quote.decimals));
        let mut all = self.faucet.instructions(&payer, &quote.name, tokens)?;
        let (quote, source) = (
            &self.collaterals[0],
            self.faucet.account(&payer, &quote.name)?,
        );
        all.push(self.venue.fund_insurance(payer, quote, source, tokens));
        self.send(key, all, "filling the insurance fund").await
    }

    /// Brings the risk book up to the price accounts.
    pub(crate) async fn refresh(&self, publisher: &Publisher) -> Result<(), Error> {
        let feeds = publisher.feeds().iter();
        let prices: Vec<_> = feeds.map(|feed| (feed.asset, feed.account)).collect();
        for prices in prices.chunks(PRICES) {
            let refresh = self.venue.refresh_prices(prices);
            self.send(self.faucet.key(), vec![refresh], "refreshing prices")
                .await?;
        }
        Ok(())
    }

    /// Makes the lookup table of everything that transactions of many people name.
    async fn list(&mut self, publisher: &Publisher) -> Result<(), Error> {
        let doing = "making the lookup table";
        let found = self
            .link
            .account(&self.venue.risk_book)
            .await
            .map_err(Error::asking(doing))?;
        let data = found.map_or_else(Vec::new, |found| found.data);
        let tables = accounts::risk_book(&data)
            .map_err(|error| Error::OtherProgram(format!("its risk book: {error}")))?;
        let prices: Vec<Pubkey> = publisher.feeds().iter().map(|feed| feed.account).collect();
        let addresses = self
            .venue
            .table_addresses(&tables, &self.collaterals, &prices);
        let who = self.faucet.key().pubkey();
        // The slot before this one: the table's program wants to find it among those that are complete.
        let slot = self
            .link
            .clock()
            .await
            .map_err(Error::asking(doing))?
            .slot
            .saturating_sub(1);
        let (key, create) = create_table(who, who, slot);
        let mut steps = vec![create];
        steps.extend(extend_table(key, who, who, &[], &addresses));
        for step in steps {
            self.send(self.faucet.key(), vec![step], doing).await?;
        }
        self.tables = vec![AddressLookupTableAccount { key, addresses }];
        Ok(())
    }

    /// Sends what one key pays for and signs.
    pub(crate) async fn send(
        &self,
        key: &Keypair,
        instructions: Vec<Instruction>,
        doing: &str,
    ) -> Result<(), Error> {
        let draft = Draft::new(key, instructions, 0);
        self.link
            .send(&draft)
            .await
            .map(drop)
            .map_err(Error::sending(doing))
    }
}
