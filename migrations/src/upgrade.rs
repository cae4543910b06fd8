//! Bringing a risk book of an earlier layout to that of this program. Anybody may.

use crate::{error::Error, line::Line};
use anchor_lang::{Discriminator, prelude::Pubkey};
use counterweight::state::{Layout, RiskBook};
use counterweight_sdk::instructions::Venue;

/// Bytes that one call adds at most.
const STEP: usize = 10_240;
/// Attempts: somebody else may migrate the same risk book at the same time.
const ATTEMPTS: usize = 3;

/// What is to be done to a risk book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The risk book.
    pub risk_book: Pubkey,
    /// The version that it has.
    pub from: u8,
    /// The version that it gets.
    pub to: u8,
    /// Its bytes.
    pub bytes: usize,
    /// Its bytes afterwards.
    pub bytes_after: usize,
    /// Calls of `migrate_risk_book`, all in one transaction.
    pub calls: usize,
}

/// What is to be done to the risk book of a clearinghouse; nothing where it has the present layout.
///
/// # Errors
/// [`Error::NoRiskBook`], [`Error::Layout`], [`Error::Line`].
pub async fn upgrade_of(line: &mut impl Line, venue: &Venue) -> Result<Option<Upgrade>, Error> {
    let risk_book = venue.risk_book;
    let read = line.read(&[risk_book]).await?;
    let read = read.into_iter().flatten().next();
    let data = read.filter(|read| read.owner == counterweight::ID);
    let data = data.map(|read| read.data).filter(|data| {
        let kind = RiskBook::DISCRIMINATOR;
        data.len() >= 16 && data.starts_with(kind)
    });
    let Some(data) = data else {
        return Err(Error::NoRiskBook(risk_book));
    };
    let (from, to) = (data[8], RiskBook::VERSION);
    if from == to {
        return Ok(None);
    }
    if from + 1 != to {
        return Err(Error::Layout {
            risk_book,
            version: from,
            known: to,
        });
    }
    let count = |at: usize| usize::from(u16::from_le_bytes([data[at], data[at + 1]]));
    let bytes_after = RiskBook::space(count(12), count(14));
    let missing = bytes_after.saturating_sub(data.len());
    Ok(Some(Upgrade {
        risk_book,
        from,
        to,
        bytes: data.len(),
        bytes_after,
        // A risk book without markets has nothing to grow by, and its version all the same.
        calls: missing.div_ceil(STEP).max(1),
    }))
}

/// Brings the risk book of a clearinghouse to the present layout, and returns what was done: nothing where it had it.
///
/// # Errors
/// [`Error`]; nothing was changed then.
pub async fn upgrade(line: &mut impl Line, venue: &Venue) -> Result<Option<Upgrade>, Error> {
    let first = upgrade_of(line, venue).await?;
    let mut next = first;
    for attempt in 1..=ATTEMPTS {
        let Some(upgrade) = next else {
            return Ok(first);
        };
        let payer = line.signer();
        let calls = vec![venue.migrate_risk_book(payer); upgrade.calls];
        let sent = line.send(calls).await;
        next = upgrade_of(line, venue).await?;
        match sent {
            Err(why) if next.is_some() && attempt == ATTEMPTS => {
                return Err(Error::Step {
                    number: 1,
                    of: 1,
                    what: format!("migrate the risk book {}", upgrade.risk_book),
                    why,
                });
            }
            _ => {}
        }
    }
    match next {
        None => Ok(first),
        Some(upgrade) => Err(Error::NoEffect(format!(
            "migrate the risk book {}",
            upgrade.risk_book
        ))),
    }
}
