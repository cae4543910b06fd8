//! The chain, as the keeper's loop needs it: behind a trait, so that the loop runs in tests without a network.

use crate::config::{Config, Signers};
use anchor_lang::{
    prelude::{Pubkey, pubkey},
    solana_program::instruction::Instruction,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use counterweight_link::{Draft, Endpoint, Feed, Link, LinkError, SendError, Update, watch};
use counterweight_sdk::assemble::{AddressLookupTableAccount, Limits};
use serde_json::{Value, json};
use std::{future::Future, str::FromStr, sync::Arc, time::Duration};
use tokio::{sync::mpsc::Receiver, time::timeout};

/// The program that owns lookup tables, and where one names its authority.
const LOOKUP_TABLES: Pubkey = pubkey!("AddressLookupTab1e1111111111111111111111111");
const AT_AUTHORITY: usize = 22;
/// Where the addresses of a table begin.
const AT_ADDRESSES: usize = 56;

/// A transaction, unsigned.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// What it does.
    pub instructions: Vec<Instruction>,
    /// What it says of itself.
    pub limits: Limits,
    /// Lookup tables that may be used.
    pub tables: Arc<[AddressLookupTableAccount]>,
    /// Whether the trader signs besides the payer.
    pub trades: bool,
    /// Whether its log is wanted.
    pub wants_log: bool,
    /// How long it may take until it is signed: what it was decided on grows old.
    pub valid: Duration,
}

/// What became of a transaction that was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Its signature, base58.
    pub signature: String,
    /// Its log, where it was wanted and is to be had.
    pub logs: Vec<String>,
}

/// Why a transaction was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The chain refused it.
    Refused {
        /// The number that the program refused with.
        code: Option<u32>,
        /// What it said.
        sentence: String,
    },
    /// It was not seen in a block in time.
    Expired,
    /// It was sent, and may have been carried out.
    Unknown(String),
    /// It was not sent.
    Unsent(String),
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused { sentence, .. } => f.write_str(sentence),
            Self::Expired => f.write_str("it expired before it was carried out"),
            Self::Unknown(why) => write!(f, "its fate is unknown: {why}"),
            Self::Unsent(why) => write!(f, "nothing was sent: {why}"),
        }
    }
}

/// A lookup table as it is on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its address, and the addresses in it.
    pub account: AddressLookupTableAccount,
    /// Who may extend it.
    pub authority: Option<Pubkey>,
}

impl Table {
    /// Decodes one; none for what is no table, or one that is being closed.
    pub fn decode(key: Pubkey, data: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            data.get(at..at + 8)
                .map(|bytes| bytes.try_into().unwrap_or_default())
        };
        let active = word(4).map(u64::from_le_bytes) == Some(u64::MAX);
        if data.first() != Some(&1) || !active || data.len() < AT_ADDRESSES {
            return None;
        }
        let key_at = |bytes: &[u8]| Pubkey::try_from(bytes).ok();
        let authority = (data[AT_AUTHORITY - 1] == 1)
            .then(|| key_at(&data[AT_AUTHORITY..AT_AUTHORITY + 32]))
            .flatten();
        let addresses = data[AT_ADDRESSES..]
            .chunks_exact(32)
            .filter_map(key_at)
            .collect();
        Some(Self {
            account: AddressLookupTableAccount { key, addresses },
            authority,
        })
    }
}

/// What the keeper's loop needs of a chain.
pub trait Chain: Clone + Send + Sync + 'static {
    /// An account's bytes; none where there is none.
    fn account(&self, key: Pubkey) -> impl Future<Output = Result<Option<Vec<u8>>, String>> + Send;
    /// Everything of the clearinghouse and these accounts besides, as it changes.
    fn watch(&self, extra: Vec<Pubkey>) -> Receiver<Update>;
    /// What was bid lately for transactions that write these accounts, micro-lamports a unit.
    fn recent_fees(
        &self,
        accounts: Vec<Pubkey>,
    ) -> impl Future<Output = Result<Vec<u64>, String>> + Send;
    /// The lookup tables with these addresses, and all that this key may extend.
    fn tables(
        &self,
        named: Vec<Pubkey>,
        authority: Pubkey,
    ) -> impl Future<Output = Result<Vec<Table>, String>> + Send;
    /// Signs, sends, and waits for what becomes of it.
    fn send(&self, parcel: Parcel) -> impl Future<Output = Result<Receipt, Failure>> + Send;
    /// What a transaction would do: its log.
    fn simulate(&self, parcel: Parcel)
    -> impl Future<Output = Result<Vec<String>, Failure>> + Send;
}

/// A cluster.
#[derive(Clone)]
pub struct Cluster {
    link: Link,
    signers: Arc<Signers>,
    feed: Feed,
    preflight: bool,
}

impl Cluster {
    /// The cluster of a configuration.
    pub fn new(config: &Config, clearinghouse: Pubkey, signers: Arc<Signers>) -> Self {
        let cluster = &config.cluster;
        let mut endpoint = Endpoint::of(&cluster.http);
        if !cluster.ws.is_empty() {
            endpoint.ws.clone_from(&cluster.ws);
        }
        let feed = Feed {
            quiet: Duration::from_millis(cluster.quiet_ms),
            verify_every: Duration::from_secs(cluster.verify_seconds),
            ..Feed::new(clearinghouse)
        };
        Self {
            link: Link::new(endpoint, Duration::from_millis(cluster.timeout_ms)),
            signers,
            feed,
            preflight: config.send.preflight,
        }
    }

    fn draft<'a>(&'a self, parcel: &'a Parcel) -> Draft<'a> {
        let mut draft = Draft::new(&self.signers.payer, parcel.instructions.clone(), 0);
        draft.limits = parcel.limits;
        draft.tables = &parcel.tables;
        draft.preflight = self.preflight;
        if parcel.trades {
            draft = draft.signed_by(&[&self.signers.trader]);
        }
        draft
    }

    /// The log of a transaction, where the node has it: what it brought is read from it.
    async fn log(&self, signature: &str) -> Vec<String> {
        let options = json!({
            "encoding": "json", "commitment": "confirmed", "maxSupportedTransactionVersion": 0
        });
        let answer = self
            .link
            .call("getTransaction", json!([signature, options]))
            .await;
        let lines = answer
            .ok()
            .and_then(|found| found["meta"]["logMessages"].as_array().cloned());
        let text = |line: &Value| line.as_str().map(str::to_owned);
        lines.unwrap_or_default().iter().filter_map(text).collect()
    }

    async fn tables_of(&self, authority: Pubkey) -> Result<Vec<Table>, LinkError> {
        let filters = json!([{"memcmp": {"offset": AT_AUTHORITY, "bytes": authority.to_string()}}]);
        let options = json!({"encoding": "base64", "commitment": "confirmed", "filters": filters});
        let params = json!([LOOKUP_TABLES.to_string(), options]);
        let answer = self.link.call("getProgramAccounts", params).await?;
        let found = answer.as_array().cloned().unwrap_or_default();
        let table = |entry: &Value| {
            let key = Pubkey::from_str(entry["pubkey"].as_str()?).ok()?;
            let data = BASE64_STANDARD
                .decode(entry["account"]["data"][0].as_str()?)
                .ok()?;
            Table::decode(key, &data)
        };
        Ok(found.iter().filter_map(table).collect())
    }
}

fn failure(error: SendError) -> Failure {
    match error {
        SendError::Refused(refusal) => Failure::Refused {
            code: refusal.code,
            sentence: refusal.to_string(),
        },
        SendError::Expired(_) => Failure::Expired,
        SendError::Unknown(..) => Failure::Unknown(error.to_string()),
        _ => Failure::Unsent(error.to_string()),
    }
}

fn text(error: LinkError) -> String {
    error.to_string()
}

impl Chain for Cluster {
    async fn account(&self, key: Pubkey) -> Result<Option<Vec<u8>>, String> {
        let found = self.link.account(&key).await.map_err(text)?;
        Ok(found.map(|found| found.data))
    }

    fn watch(&self, extra: Vec<Pubkey>) -> Receiver<Update> {
        let feed = Feed {
            extra,
            ..self.feed.clone()
        };
        watch(self.link.clone(), feed)
    }

    async fn recent_fees(&self, accounts: Vec<Pubkey>) -> Result<Vec<u64>, String> {
        self.link.recent_fees(&accounts).await.map_err(text)
    }

    async fn tables(&self, named: Vec<Pubkey>, authority: Pubkey) -> Result<Vec<Table>, String> {
        let mut tables = Vec::new();
        for (key, found) in named
            .iter()
            .zip(self.link.accounts(&named).await.map_err(text)?)
        {
            let found = found.filter(|found| found.owner == LOOKUP_TABLES);
            let table = found.and_then(|found| Table::decode(*key, &found.data));
            tables.push(
                table.ok_or_else(|| format!("{key} is not a lookup table that can be used"))?,
            );
        }
        for table in self.tables_of(authority).await.map_err(text)? {
            if !named.contains(&table.account.key) {
                tables.push(table);
            }
        }
        Ok(tables)
    }

    async fn send(&self, parcel: Parcel) -> Result<Receipt, Failure> {
        // A node that is slow to give a blockhash must not have an old decision signed: it is young enough after this.
        let young = timeout(parcel.valid, self.link.blockhash()).await;
        young
            .map_err(|_| Failure::Unsent("the decision grew old before it was signed".into()))?
            .map_err(|error| Failure::Unsent(error.to_string()))?;
        let sent = self
            .link
            .send(&self.draft(&parcel))
            .await
            .map_err(failure)?;
        let signature = sent.signature.to_string();
        let logs = if parcel.wants_log {
            self.log(&signature).await
        } else {
            Vec::new()
        };
        Ok(Receipt { signature, logs })
    }

    async fn simulate(&self, parcel: Parcel) -> Result<Vec<String>, Failure> {
        let simulated = self
            .link
            .simulate(&self.draft(&parcel))
            .await
            .map_err(failure)?;
        Ok(simulated.logs)
    }
}
