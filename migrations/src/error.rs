//! What can stop a migration.

use crate::line::LineError;
use anchor_lang::prelude::Pubkey;
use core::fmt;
use counterweight_deploy::{PlanError, ReadError};

/// What stopped a migration. Nothing is half done: each step is one transaction, and the next run goes on from what
/// the chain then has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The file does not describe a clearinghouse that the chain could have.
    Plan(PlanError),
    /// What was read is not a clearinghouse that this program can act on.
    Read(ReadError),
    /// The chain could not be asked.
    Line(LineError),
    /// A step was not carried out.
    Step {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// What it was to do.
        what: String,
        /// Why it was not done.
        why: LineError,
    },
    /// A step was confirmed, and the chain does not show it.
    NoEffect(String),
    /// What is to be done is no longer what was agreed to.
    Changed {
        /// What was to come next.
        expected: String,
        /// What would come next now.
        found: String,
    },
    /// A step needs another key.
    NotAuthority {
        /// Who governs.
        authority: Pubkey,
        /// Who would sign.
        signer: Pubkey,
    },
    /// The risk book is not there.
    NoRiskBook(Pubkey),
    /// The risk book has a layout that this program does not bring up.
    Layout {
        /// The risk book.
        risk_book: Pubkey,
        /// Its version.
        version: u8,
        /// The version that this program brings it to.
        known: u8,
    },
    /// The ledger does not hold.
    Audit {
        /// What was audited.
        what: String,
        /// What was found.
        why: LineError,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
            Self::Line(error) => error.fmt(f),
            Self::Step {
                number,
                of,
                what,
                why,
            } => write!(
                f,
                "step {number} of {of} ({what}) was not done: {why}\nwhat was done before stays: run it again when this is mended"
            ),
            Self::NoEffect(what) => write!(
                f,
                "\"{what}\" was confirmed, and the chain does not show it: wait until the node has caught up, then run it again"
            ),
            Self::Changed { expected, found } => write!(
                f,
                "somebody else has changed the clearinghouse meanwhile: next was to be \"{expected}\", and now is \"{found}\". Look at the plan again"
            ),
            Self::NotAuthority { authority, signer } => write!(
                f,
                "the authority is {authority}, and {signer} would sign: use the authority's key, or bring this plan to whoever holds it"
            ),
            Self::NoRiskBook(key) => write!(
                f,
                "there is no risk book at {key}: check creator and id of the file, and the cluster's address"
            ),
            Self::Layout {
                risk_book,
                version,
                known,
            } => write!(
                f,
                "the risk book {risk_book} has layout version {version}, and this program brings {} to {known}: use another release of it",
                known - 1
            ),
            Self::Audit { what, why } => write!(f, "the audit of {what} failed: {why}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::Plan(error)
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<LineError> for Error {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}
