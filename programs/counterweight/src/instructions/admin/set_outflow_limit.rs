//! `set_outflow_limit`: how much of a token may leave in a window of time. Tighter at once, looser only a
//! day after it was announced; the guardian may only tighten.

use crate::{
    error::{ErrorCode, OrRefuse, refuse},
    events::OutflowLimitSet,
    state::{Clearinghouse, Custody, Layout},
};
use anchor_lang::prelude::*;
use counterweight_risk::{
    OutflowTerms,
    error::within,
    outflow::{MAX_WINDOW, MIN_WINDOW},
};

/// Accounts of `set_outflow_limit`.
#[derive(Accounts)]
pub struct SetOutflowLimit<'info> {
    /// The authority or the guardian.
    pub signer: Signer<'info>,
    /// The clearinghouse.
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// The token's custody.
    #[account(mut, has_one = clearinghouse @ ErrorCode::WrongClearinghouse)]
    pub custody: AccountLoader<'info, Custody>,
}

impl SetOutflowLimit<'_> {
    /// Returns whether the signer may loosen as well.
    fn validate(&self, terms: &OutflowTerms) -> Result<bool> {
        self.custody.load()?.require_version()?;
        let clearinghouse = self.clearinghouse.load()?;
        let governs = self.signer.key() == clearinghouse.authority;
        if !governs {
            let (signer, guardian) = (self.signer.key(), clearinghouse.guardian);
            require_keys_eq!(signer, guardian, ErrorCode::NotGuardian);
        }
        let (window, low, high) = (terms.window.into(), MIN_WINDOW.into(), MAX_WINDOW.into());
        within("window_seconds", window, low, high).or_refuse()?;
        Ok(governs)
    }
}

/// Sets the limit. It replaces what was pending: the guardian stops a loosening by setting what holds.
///
/// # Errors
/// [`ErrorCode::NotGuardian`], [`ErrorCode::GuardianMayOnlyTighten`], a window out of bounds.
pub(crate) fn set_outflow_limit(
    ctx: Context<SetOutflowLimit>,
    limit: u64,
    window_seconds: u32,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let terms = OutflowTerms {
        limit,
        window: window_seconds,
    };
    let governs = accounts.validate(&terms)?;
    let now = Clock::get()?.unix_timestamp;
    let mut custody = accounts.custody.load_mut()?;
    let tightened = custody.outflow.set(now, terms).or_refuse()?;
    if !tightened && !governs {
        let held = custody.outflow.terms();
        let numbers = [
            ("limit", limit.into()),
            ("window", window_seconds.into()),
            ("limit now", held.limit.into()),
            ("window now", held.window.into()),
        ];
        return Err(refuse(ErrorCode::GuardianMayOnlyTighten, &numbers));
    }
    emit!(OutflowLimitSet {
        clearinghouse: accounts.clearinghouse.key(),
        asset: custody.asset,
        limit: custody.outflow.limit,
        window_seconds: custody.outflow.window,
        pending_limit: custody.outflow.pending_limit,
        pending_window_seconds: custody.outflow.pending_window,
        pending_from: custody.outflow.pending_from,
    });
    Ok(())
}
