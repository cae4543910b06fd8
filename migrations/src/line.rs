//! What a migration needs of a chain, and a cluster that gives it.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use core::fmt;
use counterweight_deploy::Read;
use counterweight_link::{Draft, Link, SendError};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Why a chain did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineError {
    /// It could not be asked, or the answer was not understood. Nothing was changed.
    Unreachable(String),
    /// It refused. Nothing was changed.
    Refused {
        /// Why, in the program's words where it is the program that refused.
        why: String,
        /// The program's number.
        code: Option<u32>,
        /// The log.
        logs: Vec<String>,
    },
    /// A transaction was sent, and may have been carried out.
    Unknown(String),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => f.write_str(why),
            Self::Refused { why, logs, .. } => {
                write!(f, "refused: {why}")?;
                // The line of the numbers that were found and needed.
                let mut numbers = logs.iter().filter_map(|line| {
                    let line = line.strip_prefix("Program log: ")?;
                    (!line.starts_with("Instruction: ") && line.contains('=')).then_some(line)
                });
                // Without one, whatever the runtime said last of the program that failed.
                let stopped = || logs.iter().rev().find(|line| line.contains(" failed: "));
                match numbers.next().or_else(|| stopped().map(String::as_str)) {
                    Some(line) => write!(f, " [{line}]"),
                    None => Ok(()),
                }
            }
            Self::Unknown(why) => write!(f, "{why}: read the chain again before anything else"),
        }
    }
}

impl core::error::Error for LineError {}

/// A line to a chain.
#[allow(async_fn_in_trait)] // nobody sends these futures between threads
pub trait Line {
    /// Reads accounts, in their order; none where there is nothing.
    ///
    /// # Errors
    /// [`LineError::Unreachable`].
    async fn read(&mut self, keys: &[Pubkey]) -> Result<Vec<Option<Read>>, LineError>;

    /// The chain's time, unix seconds.
    ///
    /// # Errors
    /// [`LineError::Unreachable`].
    async fn now(&mut self) -> Result<i64, LineError>;

    /// Whoever signs and pays.
    fn signer(&self) -> Pubkey;

    /// Carries out a transaction and waits until it is confirmed.
    ///
    /// # Errors
    /// [`LineError`].
    async fn send(&mut self, instructions: Vec<Instruction>) -> Result<(), LineError>;

    /// Tries a transaction without its effects.
    ///
    /// # Errors
    /// [`LineError`].
    async fn attempt(&mut self, instructions: Vec<Instruction>) -> Result<(), LineError>;
}

/// A cluster, and a key that signs and pays.
pub struct Cluster {
    link: Link,
    key: Keypair,
}

impl Cluster {
    /// With a key that governs the clearinghouse, or only pays.
    pub fn new(link: Link, key: Keypair) -> Self {
        Self { link, key }
    }
}

fn failed(error: SendError) -> LineError {
    match error {
        SendError::Refused(refusal) => LineError::Refused {
            why: refusal.to_string(),
            code: refusal.code,
            logs: refusal.logs,
        },
        SendError::Unknown(..) => LineError::Unknown(error.to_string()),
        other => LineError::Unreachable(other.to_string()),
    }
}

impl Line for Cluster {
    async fn read(&mut self, keys: &[Pubkey]) -> Result<Vec<Option<Read>>, LineError> {
        let found = self.link.accounts(keys).await;
        let found = found.map_err(|error| LineError::Unreachable(error.to_string()))?;
        let read = found.into_iter().map(|found| {
            found.map(|found| Read {
                owner: found.owner,
                data: found.data,
            })
        });
        Ok(read.collect())
    }

    async fn now(&mut self) -> Result<i64, LineError> {
        let moment = self.link.clock().await;
        let moment = moment.map_err(|error| LineError::Unreachable(error.to_string()))?;
        Ok(moment.time)
    }

    fn signer(&self) -> Pubkey {
        self.key.pubkey()
    }

    async fn send(&mut self, instructions: Vec<Instruction>) -> Result<(), LineError> {
        let draft = Draft::new(&self.key, instructions, 0);
        self.link.send(&draft).await.map(drop).map_err(failed)
    }

    async fn attempt(&mut self, instructions: Vec<Instruction>) -> Result<(), LineError> {
        let draft = Draft::new(&self.key, instructions, 0);
        self.link.simulate(&draft).await.map(drop).map_err(failed)
    }
}
