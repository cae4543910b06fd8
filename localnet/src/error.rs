//! Why a local network did not start, or could not do what it was asked. Every one says what to do next.

use counterweight_link::{LinkError, SendError};
use std::path::PathBuf;

/// Why something did not work.
#[derive(Debug)]
pub enum Error {
    /// Somebody else listens there: what it is for, and the port.
    PortInUse(&'static str, u16),
    /// There is no program where it was looked for.
    NoProgram(PathBuf),
    /// The network took the program and does not run it.
    ProgramDoesNotRun(String),
    /// The clearinghouse could not be made: a sentence.
    Migration(String),
    /// The program runs, and is not of this source.
    OtherProgram(String),
    /// The network itself did not start.
    Network(String),
    /// The network did not answer: what was being done, and why not.
    Link(String, LinkError),
    /// The network refused a transaction: what was being done, and why not.
    Refused(String, SendError),
    /// Something that was passed in cannot be used: a sentence.
    Input(String),
    /// A file could not be read or written.
    File(PathBuf, std::io::Error),
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::PortInUse(what, port) => write!(
                f,
                "port {port} ({what}) is in use: stop what listens there, perhaps another local network, or choose \
                 another one (--{what}-port, 0 for any that is free)"
            ),
            Self::NoProgram(path) => {
                write!(
                    f,
                    "there is no program at {}: make build-sbf",
                    path.display()
                )
            }
            Self::ProgramDoesNotRun(why) => write!(
                f,
                "the network does not run the program ({why}): build it anew (SBF_FORCE=1 make build-sbf)"
            ),
            Self::Migration(why) => write!(f, "making the clearinghouse: {why}"),
            Self::OtherProgram(why) => write!(
                f,
                "the program was built from another version of the source ({why}): make build-sbf"
            ),
            Self::Network(why) => write!(f, "the network did not start: {why}"),
            Self::Link(doing, error) => write!(f, "{doing}: {error}"),
            Self::Refused(doing, SendError::Refused(refusal)) => {
                write!(f, "{doing}: {refusal}")?;
                refusal
                    .logs
                    .iter()
                    .try_for_each(|line| write!(f, "\n  {line}"))
            }
            Self::Refused(doing, error) => write!(f, "{doing}: {error}"),
            Self::Input(sentence) => write!(f, "{sentence}"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl core::error::Error for Error {}

impl Error {
    /// For `map_err` where the network was asked for something.
    pub(crate) fn asking(doing: &str) -> impl FnOnce(LinkError) -> Self {
        let doing = doing.to_owned();
        move |error| Self::Link(doing, error)
    }

    /// For `map_err` where a transaction was sent.
    pub(crate) fn sending(doing: &str) -> impl FnOnce(SendError) -> Self {
        let doing = doing.to_owned();
        move |error| Self::Refused(doing, error)
    }
}
