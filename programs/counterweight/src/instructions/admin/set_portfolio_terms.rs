//! `set_portfolio_terms`: whether portfolio margin is offered, its floor, and which assets are credited against each other.

use super::SetTerms;
use crate::{error::OrRefuse, events::GovernanceChanged, state::RiskBookMut};
use anchor_lang::prelude::*;
use counterweight_risk::portfolio::PortfolioTerms;

/// Sets the terms of portfolio margin. With all of them zero, accounts that chose it are judged by Standard margin.
///
/// # Errors
/// A parameter out of bounds.
pub(crate) fn set_portfolio_terms(ctx: Context<SetTerms>, terms: PortfolioTerms) -> Result<()> {
    let mut book = RiskBookMut::load(&ctx.accounts.risk_book)?;
    terms.check(book.header.asset_count).or_refuse()?;
    book.header.params.portfolio = terms.fold();

    let clearinghouse = ctx.accounts.clearinghouse.load()?;
    emit!(GovernanceChanged {
        clearinghouse: ctx.accounts.clearinghouse.key(),
        authority: clearinghouse.authority,
        nominated: clearinghouse.nominated_authority,
        guardian: clearinghouse.guardian,
        paused: book.header.paused,
    });
    Ok(())
}
