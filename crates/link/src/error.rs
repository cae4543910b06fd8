//! What can go wrong on the way to a cluster and back.

use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    request::{RpcError, RpcResponseErrorData},
};
use solana_signature::Signature;
use solana_transaction::{InstructionError, TransactionError};

/// The cluster could not be asked, or its answer was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// No connection, or no answer in time.
    Unreachable(String),
    /// The node answered with an error of its own: its number and message.
    Answered(i64, String),
    /// The answer was not what the method promises.
    Malformed(String),
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unreachable(why) => write!(
                f,
                "the cluster does not answer ({why}): check the address and whether it runs"
            ),
            Self::Answered(code, message) => {
                write!(f, "the node refused the request: {message} ({code})")
            }
            Self::Malformed(what) => write!(f, "the node's answer was not understood: {what}"),
        }
    }
}

impl core::error::Error for LinkError {}

impl From<ClientError> for LinkError {
    fn from(error: ClientError) -> Self {
        match error.kind() {
            ErrorKind::Io(_) | ErrorKind::Reqwest(_) | ErrorKind::Middleware(_) => {
                Self::Unreachable(error.to_string())
            }
            ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => {
                Self::Answered(*code, message.clone())
            }
            // What is said between "error sending" and "no such method" comes as text.
            ErrorKind::RpcError(RpcError::RpcRequestError(message)) => {
                Self::Unreachable(message.clone())
            }
            _ => Self::Malformed(error.to_string()),
        }
    }
}

/// What the chain said to a transaction that it did not carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which instruction refused, where it was one.
    pub instruction: Option<u8>,
    /// The number that a program refused with (`counterweight::error::ErrorCode`, where it was ours).
    pub code: Option<u32>,
    /// The runtime's error.
    pub error: TransactionError,
    /// The log, where the node gave one.
    pub logs: Vec<String>,
}

impl Refusal {
    pub(crate) fn new(error: TransactionError, logs: Vec<String>) -> Self {
        let (instruction, code) = match &error {
            TransactionError::InstructionError(at, InstructionError::Custom(code)) => {
                (Some(*at), Some(*code))
            }
            TransactionError::InstructionError(at, _) => (Some(*at), None),
            _ => (None, None),
        };
        Self {
            instruction,
            code,
            error,
            logs,
        }
    }

    /// The sentence that the program wrote into its log for a trader, where there is one.
    pub fn sentence(&self) -> Option<&str> {
        let line = self
            .logs
            .iter()
            .find(|line| line.contains("Error Message: "))?;
        line.split("Error Message: ")
            .nth(1)
            .map(|text| text.trim_end_matches('.'))
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match (self.sentence(), self.code) {
            (Some(sentence), Some(code)) => write!(f, "{sentence} ({code})"),
            (None, Some(code)) => write!(f, "refused with {code}"),
            _ => write!(f, "{}", self.error),
        }
    }
}

/// Why a transaction did not come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The chain refused it. Nothing was changed.
    Refused(Box<Refusal>),
    /// Its blockhash expired before it was seen in a block. Nothing was changed, nor will be.
    Expired(Signature),
    /// It was sent, and whether it was carried out could not be learnt: it may have been.
    Unknown(Signature, LinkError),
    /// It does not fit a packet: so many bytes, of 1,232.
    TooLarge(usize),
    /// Nothing was sent.
    Unsent(LinkError),
    /// A signature is missing, or an account is named too often: nothing was sent.
    Invalid(String),
}

impl SendError {
    /// The number that the program refused with.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused(refusal) => refusal.code,
            _ => None,
        }
    }
}

impl core::fmt::Display for SendError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "{refusal}"),
            Self::Expired(signature) => write!(
                f,
                "{signature} expired before it was carried out: send it again"
            ),
            Self::Unknown(signature, error) => {
                write!(f, "{signature} was sent, and its fate is unknown: {error}")
            }
            Self::TooLarge(bytes) => {
                write!(
                    f,
                    "the transaction has {bytes} bytes, and 1,232 fit a packet: use a lookup table, or fewer accounts"
                )
            }
            Self::Unsent(error) => write!(f, "nothing was sent: {error}"),
            Self::Invalid(why) => write!(f, "the transaction cannot be signed: {why}"),
        }
    }
}

impl core::error::Error for SendError {}

/// A preflight's refusal is an answer of the chain; anything else is a failure to ask.
pub(crate) fn refused(error: &ClientError) -> Option<Refusal> {
    let ErrorKind::RpcError(RpcError::RpcResponseError { data, .. }) = error.kind() else {
        return None;
    };
    let RpcResponseErrorData::SendTransactionPreflightFailure(result) = data else {
        return None;
    };
    let error = result.err.clone()?;
    Some(Refusal::new(
        error.into(),
        result.logs.clone().unwrap_or_default(),
    ))
}
