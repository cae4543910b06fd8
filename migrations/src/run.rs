//! Planning against a chain, and carrying a plan out.

use crate::{error::Error, line::Line};
use anchor_lang::prelude::Pubkey;
use counterweight_deploy::{Addresses, Context, Deployment, OnChain, Plan, Step};
use std::{collections::BTreeMap, time::Duration};

/// How often the chain is read once more where a confirmed step does not show yet.
const LOOKS: usize = 5;
/// How long is waited before.
const A_LOOK: Duration = Duration::from_millis(400);

/// Who acts, besides the key that signs.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// Who governs, or is to; without, the key that signs.
    pub authority: Option<Pubkey>,
    /// Mints of assets for which the file has none, by name.
    pub mints: BTreeMap<String, Pubkey>,
}

/// What a migration says while it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The step's number, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// The step.
    pub step: &'a Step,
    /// Whether it was carried out, or is about to be.
    pub done: bool,
}

/// Reads what a chain has of a clearinghouse.
///
/// # Errors
/// [`Error::Line`], [`Error::Read`].
pub async fn read(line: &mut impl Line, addresses: &Addresses) -> Result<OnChain, Error> {
    let read = line.read(&addresses.all()).await?;
    Ok(OnChain::decode(addresses, &read)?)
}

/// What is to be done until the chain has what the file describes.
///
/// # Errors
/// [`Error::Line`], [`Error::Read`], [`Error::Plan`].
pub async fn plan(line: &mut impl Line, file: &Deployment, who: &Who) -> Result<Plan, Error> {
    let context = Context {
        authority: who.authority.unwrap_or(line.signer()),
        payer: line.signer(),
        now: line.now().await?,
        mints: who.mints.clone(),
    };
    let chain = read(line, &Addresses::of(file, &context)).await?;
    Ok(counterweight_deploy::plan(file, &context, &chain)?)
}

/// Carries out a plan, step by step; before each, the chain is read again. What was interrupted goes on where the chain
/// stands when a new plan is made and applied.
///
/// # Errors
/// [`Error`]. What was done before stays.
pub async fn apply(
    line: &mut impl Line,
    file: &Deployment,
    who: &Who,
    agreed: &Plan,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<(), Error> {
    let (signer, authority) = (line.signer(), agreed.authority);
    if agreed.needs_authority() && signer != authority {
        return Err(Error::NotAuthority { authority, signer });
    }
    let of = agreed.steps.len();
    for (at, step) in agreed.steps.iter().enumerate() {
        let before = at.checked_sub(1).map(|last| &agreed.steps[last]);
        confirm(line, file, who, before, Some(step)).await?;
        let number = at + 1;
        let mut say = |done| {
            progress(Progress {
                number,
                of,
                step,
                done,
            });
        };
        say(false);
        let instructions = step.instructions(&agreed.addresses, authority, signer);
        if let Err(why) = line.send(instructions).await {
            let what = step.to_string();
            return Err(Error::Step {
                number,
                of,
                what,
                why,
            });
        }
        say(true);
    }
    confirm(line, file, who, agreed.steps.last(), None).await
}

/// Reads the chain until it shows the step before, and holds what is next against what was agreed.
async fn confirm(
    line: &mut impl Line,
    file: &Deployment,
    who: &Who,
    before: Option<&Step>,
    expected: Option<&Step>,
) -> Result<(), Error> {
    for look in 0..LOOKS {
        let now = plan(line, file, who).await?;
        let next = now.steps.first();
        let same = |other: Option<&Step>| match (next, other) {
            (Some(next), Some(other)) => next.is(other, &now.addresses),
            (None, None) => true,
            _ => false,
        };
        if same(expected) {
            return Ok(());
        }
        // A node may answer from before the step.
        if before.is_none() || !same(before) {
            let name = |step: Option<&Step>| step.map_or("nothing".into(), ToString::to_string);
            return Err(Error::Changed {
                expected: name(expected),
                found: name(next),
            });
        }
        if look + 1 < LOOKS {
            tokio::time::sleep(A_LOOK).await;
        }
    }
    let what = before.map(ToString::to_string);
    Err(Error::NoEffect(what.unwrap_or_default()))
}
