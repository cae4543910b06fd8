//! `collect_fees`: sweeps what has accrued in a market into the clearinghouse. Anyone may; no value
//! leaves the vault.

use crate::{
    error::{ErrorCode, OrRefuse},
    events::FeesCollected,
    state::{Clearinghouse, Market},
};
use anchor_lang::prelude::*;
use counterweight_risk::QuoteAtoms;

/// Accounts of `collect_fees`.
#[derive(Accounts)]
pub struct CollectFees<'info> {
    /// The clearinghouse.
    #[account(mut)]
    pub clearinghouse: AccountLoader<'info, Clearinghouse>,
    /// The market.
    #[account(mut, has_one = clearinghouse @ ErrorCode::WrongClearinghouse)]
    pub market: AccountLoader<'info, Market>,
}

/// Moves fees, insurance shares and roundings from a market to the clearinghouse's lines.
///
/// # Errors
/// [`ErrorCode::WrongClearinghouse`].
pub(crate) fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
    let mut clearinghouse = ctx.accounts.clearinghouse.load_mut()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let (fees, insurance, residue) = (market.fees, market.insurance, market.residue);
    let add = |line: i64, part: i64| {
        Ok::<_, Error>(QuoteAtoms(line).plus(QuoteAtoms(part)).or_refuse()?.0)
    };
    clearinghouse.fees = add(clearinghouse.fees, fees)?;
    clearinghouse.insurance = add(clearinghouse.insurance, insurance)?;
    clearinghouse.residue = add(clearinghouse.residue, residue)?;
    (market.fees, market.insurance, market.residue) = (0, 0, 0);

    emit!(FeesCollected {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        market: market.index,
        fees,
        insurance,
        residue,
    });
    Ok(())
}
