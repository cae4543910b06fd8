//! Signing, sending, and learning what became of it.

use crate::{Link, LinkError, SendError, error::Refusal, error::refused};
use anchor_lang::solana_program::instruction::Instruction;
use counterweight_sdk::assemble::{AddressLookupTableAccount, Limits, v0, with_limits};
use solana_hash::Hash;
use solana_keypair::Keypair;
use solana_message::VersionedMessage;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Bytes of a packet.
const PACKET: usize = 1_232;
/// How long a blockhash is used for new transactions: it lives more than ten times as long.
const FRESH: Duration = Duration::from_secs(4);
/// How often it is asked what became of a transaction.
const A_LOOK: Duration = Duration::from_millis(150);
/// How often it is sent again.
const A_RESEND: Duration = Duration::from_secs(2);
/// How long it is asked at all. A blockhash lives for about a minute.
const PATIENCE: Duration = Duration::from_secs(90);
/// Signatures that are remembered, so that nothing is signed into the same transaction twice.
const REMEMBERED: usize = 512;

/// A transaction to be signed.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Pays for it, and signs.
    pub payer: &'a Keypair,
    /// Who signs besides.
    pub signers: Vec<&'a Keypair>,
    /// What it does. What sets its limits is put before.
    pub instructions: Vec<Instruction>,
    /// Lookup tables that may be used.
    pub tables: &'a [AddressLookupTableAccount],
    /// What it says of itself.
    pub limits: Limits,
    /// Whether the node is to try it before: a refusal is known sooner, and costs no fee.
    pub preflight: bool,
}

impl<'a> Draft<'a> {
    /// A transaction of one signer, tried before, for accounts of at most so many positions.
    pub fn new(payer: &'a Keypair, instructions: Vec<Instruction>, positions: u16) -> Self {
        Self {
            payer,
            signers: Vec::new(),
            instructions,
            tables: &[],
            limits: Limits {
                positions,
                ..Limits::default()
            },
            preflight: true,
        }
    }

    /// With others who sign.
    #[must_use]
    pub fn signed_by(mut self, signers: &[&'a Keypair]) -> Self {
        self.signers.extend_from_slice(signers);
        self
    }

    /// The transaction, signed with this blockhash.
    ///
    /// # Errors
    /// [`SendError::TooLarge`], [`SendError::Invalid`].
    pub fn sign(&self, blockhash: Hash) -> Result<VersionedTransaction, SendError> {
        let invalid = |why: String| SendError::Invalid(why);
        let instructions = with_limits(self.instructions.clone(), self.limits);
        let message =
            v0::Message::try_compile(&self.payer.pubkey(), &instructions, self.tables, blockhash)
                .map_err(|error| invalid(error.to_string()))?;
        let mut keys = vec![self.payer];
        for signer in &self.signers {
            if !keys.iter().any(|key| key.pubkey() == signer.pubkey()) {
                keys.push(signer);
            }
        }
        let transaction = VersionedTransaction::try_new(VersionedMessage::V0(message), &keys)
            .map_err(|error| invalid(error.to_string()))?;
        // A signature's length, the signatures, the message.
        let bytes = 1 + 64 * transaction.signatures.len() + transaction.message.serialize().len();
        if bytes > PACKET {
            return Err(SendError::TooLarge(bytes));
        }
        Ok(transaction)
    }
}

/// What became of a transaction that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its signature.
    pub signature: Signature,
    /// The slot of its block.
    pub slot: u64,
}

/// What a transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Compute units.
    pub units: u64,
    /// Its log.
    pub logs: Vec<String>,
    /// Return data of the last instruction that set any.
    pub return_data: Vec<u8>,
}

/// A blockhash that is young enough, and what was signed with it.
#[derive(Default)]
pub(crate) struct Blockhashes {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    latest: Option<(Hash, u64, Instant)>,
    signed: VecDeque<Signature>,
}

impl Link {
    /// A blockhash for a new transaction, and the block height up to which it is good.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn blockhash(&self) -> Result<(Hash, u64), LinkError> {
        let mut state = self.inner.blockhashes.state.lock().await;
        self.young(&mut state, false).await
    }

    async fn young(&self, state: &mut State, renew: bool) -> Result<(Hash, u64), LinkError> {
        if let Some((hash, height, since)) = state.latest
            && !renew
            && since.elapsed() < FRESH
        {
            return Ok((hash, height));
        }
        let rpc = &self.inner.rpc;
        let (hash, height) = rpc
            .get_latest_blockhash_with_commitment(rpc.commitment())
            .await?;
        state.latest = Some((hash, height, Instant::now()));
        Ok((hash, height))
    }

    /// Signs what was not signed before: the same instructions with the same blockhash would be the same
    /// transaction, which is carried out once however often it is sent.
    async fn sign_anew(&self, draft: &Draft<'_>) -> Result<(VersionedTransaction, u64), SendError> {
        let mut state = self.inner.blockhashes.state.lock().await;
        for attempt in 0..20 {
            let (hash, height) = self
                .young(&mut state, attempt > 0)
                .await
                .map_err(SendError::Unsent)?;
            let transaction = draft.sign(hash)?;
            let signature = transaction.signatures[0];
            if !state.signed.contains(&signature) {
                state.signed.push_back(signature);
                if state.signed.len() > REMEMBERED {
                    state.signed.pop_front();
                }
                return Ok((transaction, height));
            }
            tokio::time::sleep(A_LOOK).await;
        }
        Err(SendError::Unsent(LinkError::Malformed(
            "the node gives the same blockhash again and again".into(),
        )))
    }

    /// Signs a transaction, sends it, and again, until it is confirmed or can no longer be.
    ///
    /// # Errors
    /// [`SendError`], which says whether anything can have been changed.
    pub async fn send(&self, draft: &Draft<'_>) -> Result<Sent, SendError> {
        let (transaction, height) = self.sign_anew(draft).await?;
        self.deliver(&transaction, height, draft.preflight).await
    }

    /// Sends what is signed.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub async fn deliver(
        &self,
        transaction: &VersionedTransaction,
        height: u64,
        preflight: bool,
    ) -> Result<Sent, SendError> {
        let rpc = &self.inner.rpc;
        let config = |preflight: bool| RpcSendTransactionConfig {
            skip_preflight: !preflight,
            preflight_commitment: Some(rpc.commitment().commitment),
            ..RpcSendTransactionConfig::default()
        };
        let signature = transaction.signatures[0];
        let mut trouble = None;
        if let Err(error) = rpc
            .send_transaction_with_config(transaction, config(preflight))
            .await
        {
            if let Some(refusal) = refused(&error) {
                return Err(SendError::Refused(Box::new(refusal)));
            }
            // The node may have it all the same: an answer that was lost is no refusal.
            trouble = Some(LinkError::from(error));
        }
        let (began, mut sent) = (Instant::now(), Instant::now());
        while began.elapsed() < PATIENCE {
            tokio::time::sleep(A_LOOK).await;
            match self.fate(&signature).await {
                Ok(Some(fate)) => return fate,
                Ok(None) => {}
                Err(error) => {
                    trouble = Some(error);
                    continue;
                }
            }
            if sent.elapsed() >= A_RESEND {
                sent = Instant::now();
                let expired = rpc.get_block_height().await.is_ok_and(|now| now > height);
                if expired {
                    // Asked after the height: what is not in a block by then never is.
                    return match self.fate(&signature).await {
                        Ok(Some(fate)) => fate,
                        Ok(None) => Err(SendError::Expired(signature)),
                        Err(error) => Err(SendError::Unknown(signature, error)),
                    };
                }
                let _ = rpc
                    .send_transaction_with_config(transaction, config(false))
                    .await;
            }
        }
        let silence = LinkError::Unreachable("no word of it for a minute and a half".into());
        Err(SendError::Unknown(signature, trouble.unwrap_or(silence)))
    }

    /// What became of a transaction; none while it is not known.
    async fn fate(
        &self,
        signature: &Signature,
    ) -> Result<Option<Result<Sent, SendError>>, LinkError> {
        let answer = self
            .inner
            .rpc
            .get_signature_statuses(core::slice::from_ref(signature))
            .await?;
        let Some(Some(status)) = answer.value.into_iter().next() else {
            return Ok(None);
        };
        if let Some(error) = status.err.clone() {
            let refusal = Refusal::new(error, Vec::new());
            return Ok(Some(Err(SendError::Refused(Box::new(refusal)))));
        }
        let confirmed = status.satisfies_commitment(self.inner.rpc.commitment());
        Ok(confirmed.then_some(Ok(Sent {
            signature: *signature,
            slot: status.slot,
        })))
    }

    /// What a transaction would do now.
    ///
    /// # Errors
    /// [`SendError::Refused`] with the log, and what signing or asking can fail with.
    pub async fn simulate(&self, draft: &Draft<'_>) -> Result<Simulated, SendError> {
        let (hash, _) = self.blockhash().await.map_err(SendError::Unsent)?;
        let transaction = draft.sign(hash)?;
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(self.inner.rpc.commitment()),
            ..RpcSimulateTransactionConfig::default()
        };
        let answer = self
            .inner
            .rpc
            .simulate_transaction_with_config(&transaction, config)
            .await;
        let result = answer
            .map_err(|error| SendError::Unsent(error.into()))?
            .value;
        let logs = result.logs.unwrap_or_default();
        if let Some(error) = result.err {
            return Err(SendError::Refused(Box::new(Refusal::new(
                error.into(),
                logs,
            ))));
        }
        let data = result.return_data.map(|data| data.data.0);
        let decode = |text: String| {
            use base64::{Engine, engine::general_purpose::STANDARD};
            STANDARD
                .decode(text)
                .map_err(|_| SendError::Unsent(LinkError::Malformed("return data".into())))
        };
        Ok(Simulated {
            units: result.units_consumed.unwrap_or(0),
            logs,
            return_data: data.map(decode).transpose()?.unwrap_or_default(),
        })
    }
}
