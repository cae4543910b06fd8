//! Reading accounts and the clock.

use crate::{LinkError, send::Blockhashes};
use anchor_lang::{
    AnchorDeserialize,
    prelude::{Pubkey, pubkey},
};
use counterweight_sdk::PROGRAM_ID;
use serde_json::{Value, json};
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding, UiDataSliceConfig};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::reqwest,
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig},
    filter::{Memcmp, RpcFilterType},
};
use std::{str::FromStr, sync::Arc, time::Duration};

/// The account of the chain's clock.
const CLOCK: Pubkey = pubkey!("SysvarC1ock11111111111111111111111111111111");
/// Accounts that a node gives in one answer.
const A_REQUEST: usize = 100;

/// Where a cluster is: its JSON-RPC and its websocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// As `http://127.0.0.1:8899`.
    pub http: String,
    /// As `ws://127.0.0.1:8900`.
    pub ws: String,
}

impl Endpoint {
    /// The endpoint of a JSON-RPC address, with the websocket where nodes have it: the same place, one port up
    /// where a port is named.
    pub fn of(http: &str) -> Self {
        let ws = http.replacen("http", "ws", 1);
        let ws = match ws.rsplit_once(':') {
            Some((place, port)) => match port.trim_end_matches('/').parse::<u16>() {
                Ok(port) => format!("{place}:{}", port.saturating_add(1)),
                Err(_) => ws,
            },
            None => ws,
        };
        Self {
            http: http.into(),
            ws,
        }
    }
}

/// An account as a node has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it holds.
    pub lamports: u64,
    /// The program that it belongs to.
    pub owner: Pubkey,
    /// Its bytes, or the part that was asked for.
    pub data: Vec<u8>,
}

/// The chain's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Slot.
    pub slot: u64,
    /// Unix seconds.
    pub time: i64,
}

/// Which of the program's accounts are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Their type.
    pub discriminator: [u8; 8],
    /// The clearinghouse that they name, and the offset at which they do.
    pub clearinghouse: Option<(usize, Pubkey)>,
    /// The part of them to be returned: offset and length; all of it for none.
    pub slice: Option<(usize, usize)>,
}

impl Filter {
    pub(crate) fn config(&self) -> RpcProgramAccountsConfig {
        let memcmp =
            |offset, bytes: &[u8]| RpcFilterType::Memcmp(Memcmp::new_base58_encoded(offset, bytes));
        let mut filters = vec![memcmp(0, &self.discriminator)];
        if let Some((offset, key)) = self.clearinghouse {
            filters.push(memcmp(offset, key.as_ref()));
        }
        let slice = self
            .slice
            .map(|(offset, length)| UiDataSliceConfig { offset, length });
        RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: account_config(slice),
            ..RpcProgramAccountsConfig::default()
        }
    }
}

pub(crate) fn account_config(slice: Option<UiDataSliceConfig>) -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        data_slice: slice,
        commitment: Some(CommitmentConfig::confirmed()),
        min_context_slot: None,
    }
}

/// A line to one node. Clones share it.
#[derive(Clone)]
pub struct Link {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    pub(crate) rpc: RpcClient,
    http: reqwest::Client,
    pub(crate) blockhashes: Blockhashes,
}

impl core::fmt::Debug for Link {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Link").field(&self.inner.endpoint).finish()
    }
}

impl Link {
    /// A line that waits for an answer for so long. Nothing is asked yet.
    pub fn new(endpoint: Endpoint, timeout: Duration) -> Self {
        let rpc = RpcClient::new_with_timeout_and_commitment(
            endpoint.http.clone(),
            timeout,
            CommitmentConfig::confirmed(),
        );
        let http = reqwest::Client::builder()
            .timeout(timeout)
            .build()
            .unwrap_or_default();
        Self {
            inner: Arc::new(Inner {
                endpoint,
                rpc,
                http,
                blockhashes: Blockhashes::default(),
            }),
        }
    }

    /// Where it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// An account; none where there is none.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn account(&self, key: &Pubkey) -> Result<Option<Found>, LinkError> {
        Ok(self.accounts(core::slice::from_ref(key)).await?.remove(0))
    }

    /// Accounts, in the order of the keys.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<Found>>, LinkError> {
        let mut all = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(A_REQUEST) {
            let answer = self
                .inner
                .rpc
                .get_multiple_ui_accounts_with_config(chunk, account_config(None))
                .await?;
            if answer.value.len() != chunk.len() {
                return Err(LinkError::Malformed(
                    "not as many accounts as were asked for".into(),
                ));
            }
            for account in answer.value {
                all.push(account.as_ref().map(found).transpose()?);
            }
        }
        Ok(all)
    }

    /// The program's accounts that a filter lets through.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn program_accounts(
        &self,
        filter: &Filter,
    ) -> Result<Vec<(Pubkey, Found)>, LinkError> {
        let answer = self
            .inner
            .rpc
            .get_program_ui_accounts_with_config(&PROGRAM_ID, filter.config())
            .await?;
        answer
            .iter()
            .map(|(key, account)| Ok((*key, found(account)?)))
            .collect()
    }

    /// Every account of the program, of all clearinghouses, in one answer: as they were in one slot. What is asked for
    /// type by type is of several slots, and need not add up.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn whole_program(&self) -> Result<Vec<(Pubkey, Found)>, LinkError> {
        let config = RpcProgramAccountsConfig {
            account_config: account_config(None),
            ..RpcProgramAccountsConfig::default()
        };
        let answer = self
            .inner
            .rpc
            .get_program_ui_accounts_with_config(&PROGRAM_ID, config)
            .await?;
        answer
            .iter()
            .map(|(key, account)| Ok((*key, found(account)?)))
            .collect()
    }

    /// The chain's clock.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn clock(&self) -> Result<Moment, LinkError> {
        let account = self.account(&CLOCK).await?;
        let data = account
            .ok_or_else(|| LinkError::Malformed("there is no clock".into()))?
            .data;
        // Slot, start of the epoch, epoch, epoch of the leader schedule, time: 8 bytes each.
        let word = |at: usize| {
            data.get(at..at + 8)
                .and_then(|mut bytes| u64::deserialize(&mut bytes).ok())
        };
        match (word(0), word(32)) {
            (Some(slot), Some(time)) => Ok(Moment {
                slot,
                time: time.cast_signed(),
            }),
            _ => Err(LinkError::Malformed("the clock is too short".into())),
        }
    }

    /// What transactions that wrote these accounts bid of late, in micro-lamports a compute unit. Empty where the
    /// node does not know.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn recent_fees(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, LinkError> {
        // As many as a node accepts.
        let accounts = &accounts[..accounts.len().min(128)];
        let fees = self
            .inner
            .rpc
            .get_recent_prioritization_fees(accounts)
            .await?;
        Ok(fees.into_iter().map(|fee| fee.prioritization_fee).collect())
    }

    /// Any method of the node, as JSON.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, LinkError> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let unreachable = |error: reqwest::Error| LinkError::Unreachable(error.to_string());
        let answer = self
            .inner
            .http
            .post(&self.inner.endpoint.http)
            .json(&request)
            .send()
            .await;
        let mut answer: Value = answer
            .map_err(unreachable)?
            .json()
            .await
            .map_err(unreachable)?;
        if let Some(error) = answer.get("error") {
            let code = error.get("code").and_then(Value::as_i64).unwrap_or(0);
            let message = error
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("no reason");
            return Err(LinkError::Answered(code, message.into()));
        }
        Ok(answer.get_mut("result").map_or(Value::Null, Value::take))
    }
}

pub(crate) fn found(account: &UiAccount) -> Result<Found, LinkError> {
    let malformed = |what: &str| LinkError::Malformed(format!("an account's {what}"));
    Ok(Found {
        lamports: account.lamports,
        owner: Pubkey::from_str(&account.owner).map_err(|_| malformed("owner"))?,
        data: account.data.decode().ok_or_else(|| malformed("data"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_websocket_is_one_port_up() {
        let of = |http| Endpoint::of(http).ws;
        assert_eq!(of("http://127.0.0.1:8899"), "ws://127.0.0.1:8900");
        assert_eq!(of("http://127.0.0.1:8899/"), "ws://127.0.0.1:8900");
        assert_eq!(of("https://node.example"), "wss://node.example");
    }
}
