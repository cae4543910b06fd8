//! Whether a chain has what the file describes, and holds what it owes.

use crate::{
    error::Error,
    line::Line,
    run::{Who, plan},
};
use counterweight_deploy::{Deployment, Plan};

/// Markets in one audit: as many as fit a packet.
const MARKETS_AT_ONCE: usize = 20;

/// What a verification found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What differs from the file.
    pub plan: Plan,
    /// What was audited, and held.
    pub audited: Vec<String>,
}

/// Plans, and has the program audit its ledger without effects: every collateral, and with the quote token every market.
///
/// # Errors
/// [`Error`]; [`Error::Audit`] where the ledger does not hold.
pub async fn verify(line: &mut impl Line, file: &Deployment, who: &Who) -> Result<Verified, Error> {
    let plan = plan(line, file, who).await?;
    let mut audited = Vec::new();
    let venue = plan.addresses.venue;
    if plan.steps.iter().any(|step| step.is_new()) {
        // What is not there yet cannot be audited.
        return Ok(Verified { plan, audited });
    }
    let markets: Vec<u16> = (0u16..).take(plan.addresses.markets.len()).collect();
    for collateral in &plan.addresses.collaterals {
        let name = &file.asset[usize::from(collateral.asset)].name;
        let chunks: Vec<&[u16]> = match collateral.asset {
            0 if !markets.is_empty() => markets.chunks(MARKETS_AT_ONCE).collect(),
            _ => vec![&[]],
        };
        for chunk in chunks {
            let what = match chunk {
                [] => name.clone(),
                [only] => format!("{name} with market {only}"),
                [first, .., last] => format!("{name} with markets {first} to {last}"),
            };
            let audit = venue.audit(collateral, chunk);
            match line.attempt(vec![audit]).await {
                Ok(()) => audited.push(what),
                Err(why) => return Err(Error::Audit { what, why }),
            }
        }
    }
    Ok(Verified { plan, audited })
}
